"""The theatre: area, sides, colours, and the layers of its ground."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from frontcast import __version__
from frontcast.observe.attribution import attribution
from frontcast.serve.desk.opened import Opened
from frontcast.serve.geometry import DIGITS, as_geojson, feature
from frontcast.show import shapes, style
from frontcast.theatre import Grid, Side, Theatre

Corners = tuple[float, float, float, float]


def theatre(opened: Opened, default_source: str, limits: dict[str, int]) -> dict[str, Any]:
    """See `TheatreAnswer`."""
    ground = opened.theatre
    grid = ground.grid
    with opened.open() as held:
        summary = held.sources()
        claims = int(held.sql("SELECT count(*) AS n FROM current_claim")["n"].iloc[0])
    maps = summary[(summary["kind"] == "control") & (summary["theatre"] == ground.name)]
    series = opened.series(default_source)
    newest = shapes.Ground(series.control(len(series) - 1), grid.x / 1e3, grid.y / 1e3)
    west, east, south, north = shapes.front_extent(newest)
    sources = [
        {
            "name": row["source"],
            "first": str(row["first"])[:10],
            "last": str(row["last"])[:10],
            "maps": int(row["rows"]),
            "attribution": attribution(str(row["source"])),
        }
        for row in maps.to_dict("records")
    ]
    mine = next(source for source in sources if source["name"] == default_source)
    return {
        "name": ground.name,
        "title": ground.title,
        "bounds": corners(grid, shapes.Ground(newest.control, newest.x, newest.y).extent),
        "front_bounds": corners(grid, (west, east, south, north)),
        "grid": {name: getattr(grid, name) for name in ("crs", "west", "north", "cell_km", "nx", "ny")},
        "sides": {letter: _side(side) for letter, side in ground.sides.items()},
        "holder_words": style.holder_words(ground),
        "bands": list(style.BANDS),
        "band_words": list(style.BAND_WORDS),
        "first": mine["first"],
        "last": mine["last"],
        "default_source": default_source,
        "sources": sources,
        "attribution": ground.attribution,
        "caution": style.CAUTION,
        "holds_claims": claims > 0,
        "limits": limits,
        "version": __version__,
    }


def corners(grid: Grid, extent: shapes.Extent) -> Corners:
    """West, south, east, north in degrees of a box in km."""
    west, east, south, north = extent
    x = np.r_[np.linspace(west, east, 9), np.full(9, west), np.full(9, east), np.linspace(west, east, 9)]
    y = np.r_[np.full(9, south), np.linspace(south, north, 9), np.linspace(south, north, 9), np.full(9, north)]
    lon, lat = grid.unproject(1000.0 * x, 1000.0 * y)
    low_lon, low_lat, high_lon, high_lat = (float(value) for value in (lon.min(), lat.min(), lon.max(), lat.max()))
    return round(low_lon, DIGITS), round(low_lat, DIGITS), round(high_lon, DIGITS), round(high_lat, DIGITS)


def _side(side: Side) -> dict[str, Any]:
    looks = {
        look: {
            "ramp": list(style.ramp(side, dark=dark)),
            "tint": style.tint(side, dark=dark),
            "line": style.line_colour(side, dark=dark),
        }
        for look, dark in (("light", False), ("dark", True))
    }
    return {"name": side.name, "adjective": side.adjective, "colour": side.colour, **looks}


def layer(opened: Opened, name: Literal["borders", "regions", "rivers", "lakes"]) -> dict[str, Any]:
    """See `GroundLayer`."""
    rows = []
    for row in _table(opened.theatre, name).to_crs("EPSG:4326").itertuples():
        shape = as_geojson(row.geometry)
        if shape is None:
            continue
        size = getattr(row, "scalerank", None)
        rows.append(
            feature(
                shape,
                name=str(row.name or ""),
                kind=getattr(row, "kind", {"rivers": "river", "lakes": "lake"}.get(name, "country")),
                scalerank=None if size is None or np.isnan(size) else float(size),
            )
        )
    return {"type": "FeatureCollection", "features": rows}


def _table(ground: Theatre, name: str) -> Any:
    if name in ("borders", "regions"):
        borders = ground.borders
        return borders[borders["kind"] == ("country" if name == "borders" else "region")]
    return getattr(ground, name)
