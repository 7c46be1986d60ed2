"""The drawings of the page, as SVG for its style sheet: the map with a layer for each day, the fan chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from shapely.geometry.base import BaseGeometry

from frontcast.show import shapes, style
from frontcast.show.brief import PlaceAtRisk, shown_leads
from frontcast.show.fan import INTERVALS, LEAST_KM2, Fan, Series, fan_quantiles, happened
from frontcast.theatre.control import HOLDERS, MASKED

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

UNIT: Final = 10.0
"""Units of the map in a km: whole numbers of 100 m keep the paths short, and are a tenth of a cell."""

SIMPLER_KM: Final = 0.2
"""How far an outline may stray from the true one."""

TOWNS: Final = 400
"""The most populous places of the theatre, drawn to find one's way by."""


def when(dataset: xr.Dataset, lead_day: int) -> str:
    """A lead in words, "7 days ahead: 12 September 2022"."""
    days = "1 day" if lead_day == 1 else f"{lead_day} days"
    return f"{days} ahead: {style.day(shapes.valid_time(dataset, lead_day))}"


def path_data(shape: BaseGeometry, tolerance: float = SIMPLER_KM) -> str:
    """Polygons and lines (km) as path data in whole map units, each point as a step from the one before."""
    pieces = []
    for part in shapely.get_parts(shapely.simplify(shape, tolerance)):
        if part.geom_type == "Polygon":
            pieces += [_walk(ring, closed=True) for ring in (part.exterior, *part.interiors)]
        elif part.geom_type in ("LineString", "LinearRing"):
            pieces.append(_walk(part, closed=False))
    return "".join(pieces)


def _walk(line: BaseGeometry, *, closed: bool) -> str:
    at = np.round(shapely.get_coordinates(line) * (UNIT, -UNIT)).astype(int)
    steps = np.diff(at, axis=0)
    steps = steps[np.any(steps != 0, axis=1)]
    if closed:
        steps = steps[:-1]
    if len(steps) < (2 if closed else 1):
        return ""
    walk = " ".join(f"{x} {y}" for x, y in steps.tolist()).replace(" -", "-")
    return f"M{at[0, 0]} {at[0, 1]}l{walk}{'z' if closed else ''}"


def _path(look: str, data: str, more: str = "") -> str:
    return f'<path class="{look}"{more} d="{data}"/>' if data else ""


@dataclass(frozen=True)
class Mark:
    """A place on the map.

    Attributes:
        name: as the gazetteer has it.
        x, y: position in map units, y down.
        people: before the war, 0 where unknown.
        held: who holds it today, "a", "grey" or "b".
        chances: probability at each lead that its holder changes; None where only to find one's way by.
    """

    name: str
    x: int
    y: int
    people: int
    held: str
    chances: list[float] | None


class MapSvg:
    """The page's map: the ground below, a layer for each day, places on top.

    Args:
        dataset, lines: the forecast product.
        theatre: rivers, lakes, borders, places and sides.
        listed: the places in the page's table, in its order, with their chance at every lead.
    """

    def __init__(
        self, dataset: xr.Dataset, lines: gpd.GeoDataFrame, theatre: Theatre, listed: list[PlaceAtRisk]
    ) -> None:
        self.dataset, self.lines, self.theatre = dataset, lines, theatre
        self.leads = shapes.lead_days(dataset)
        self.ground = shapes.Ground.of(dataset)
        self.extent = shapes.front_extent(self.ground)
        self.sectors = shapes.sectors(dataset, self.leads[-1], count=2, aspect=4 / 3)
        self.marks = self._marks(listed)

    def _marks(self, listed: list[PlaceAtRisk]) -> list[Mark]:
        grid = self.theatre.grid
        east, north = grid.project([place.lon for place in listed], [place.lat for place in listed])
        marks = [
            Mark(
                place.name,
                round(x / 1000.0 * UNIT),
                round(-y / 1000.0 * UNIT),
                int(np.nan_to_num(place.population)),
                place.holder_now,
                [round(place.change[lead], 3) for lead in self.leads],
            )
            for place, x, y in zip(listed, east, north, strict=True)
        ]
        towns = shapes.with_position(self.theatre.places.table.nlargest(TOWNS, "population"), self.theatre)
        rows, columns = grid.cell_of(towns["lon"], towns["lat"])
        holders = np.where(rows >= 0, self.ground.control[rows, columns], MASKED)
        # A gazetteer may have a town twice, and a product may keep positions in single precision.
        known = {(mark.name, mark.people) for mark in marks}
        table = towns[["name", "x", "y", "population"]].itertuples(index=False, name=None)
        for (name, x, y, people), holder in zip(table, holders, strict=True):
            if holder != MASKED and (name, int(people)) not in known:
                known.add((name, int(people)))
                marks.append(Mark(name, round(x * UNIT), round(-y * UNIT), int(people), HOLDERS[holder], None))
        return marks

    def data(self) -> dict[str, Any]:
        """What the script needs to know."""
        views = {"home": self.extent} | {str(index): box for index, box in enumerate(self.sectors)}
        return {
            "leads": self.leads,
            "days": int(self.dataset["lead_day"].values[-1]),
            "shown": shown_leads(self.dataset),
            "members": shapes.members(self.dataset),
            "bands": list(style.BAND_WORDS),
            "holders": style.holder_words(self.theatre),
            "when": [when(self.dataset, lead) for lead in self.leads],
            "grid": _box(self.ground.extent),
            "views": {name: _box(box) for name, box in views.items()},
            "places": [
                {
                    "name": mark.name,
                    "x": mark.x,
                    "y": mark.y,
                    "people": mark.people,
                    "held": mark.held,
                    "p": mark.chances,
                }
                for mark in self.marks
            ],
        }

    def sector_buttons(self) -> str:
        """Buttons to go where most ground is expected to change hands, named after the largest town there."""
        buttons = []
        for index, sector in enumerate(self.sectors):
            west, east, top, low = _box(sector)
            inside = [mark for mark in self.marks if west <= mark.x <= east and top <= mark.y <= low]
            name = max(inside, key=lambda mark: mark.people).name if inside else f"sector {index + 1}"
            buttons.append(f'<button type="button" data-view="{index}">around {escape(name)}</button>')
        return "".join(buttons)

    def svg(self) -> str:
        """The map, showing the last day until a script says otherwise."""
        west, east, top, low = _box(self.extent)
        title = f"Map of the front with chances of change; {when(self.dataset, self.leads[-1])}"
        # Units to a pixel, on a screen some 900 pixels wide.
        scale = f"{(east - west) / 900:.2f}"
        grey = path_data(self.ground.held["grey"])
        bands = "".join(self._bands(index, lead) for index, lead in enumerate(self.leads))
        lines = "".join(self._lines(index, lead) for index, lead in enumerate(self.leads))
        return (
            f'<svg id="map" viewBox="{west} {top} {east - west} {low - top}" role="img" '
            f'aria-label="{escape(title)}" style="--k:{scale}"><defs>'
            '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45) scale({scale})"><path d="M0 0V6" stroke-width="1.6"/></pattern>'
            f"{self._clips()}</defs>{self._territory()}{_path('grey', grey)}<g>{bands}</g>"
            f"{_path('hatch', grey)}{self._water()}{self._borders()}"
            f'<g id="days-lines">{lines}</g>{self._today()}{self._side_names()}'
            f'<g>{self._places()}</g><path id="scale" class="scale"/>'
            '<text id="scale-words" class="scale-words"></text></svg>'
        )

    def _clips(self) -> str:
        return "".join(
            f'<clipPath id="own-{name}"><path d="{path_data(self.ground.beyond[name], 0.1)}"/></clipPath>'
            for name in ("a", "b")
        )

    def _territory(self) -> str:
        return "".join(_path(f"held-{name}", path_data(self.ground.held[name])) for name in ("a", "b"))

    def _day(self, index: int, inside: str) -> str:
        hidden = "" if index == len(self.leads) - 1 else ' style="display:none"'
        return f'<g class="day" data-day="{index}"{hidden}>{inside}</g>'

    def _bands(self, index: int, lead_day: int) -> str:
        paths = [
            _path(f"{name}{step}", path_data(shape), f' data-band="{name}{step}"')
            for name, bands in shapes.gain_bands(self.dataset, self.ground, lead_day).items()
            for step, (_, shape) in enumerate(bands)
        ]
        return self._day(index, "".join(paths))

    def _lines(self, index: int, lead_day: int) -> str:
        found = shapes.forecast_lines(self.lines, self.theatre, lead_day)
        paths = [
            _path(f"{'mid' if quantile == 0.5 else 'edge'} line-{side}", path_data(line))
            for (side, quantile), line in sorted(found.items())
        ]
        return self._day(index, "".join(paths))

    def _today(self) -> str:
        # Each is cut to its own ground, so that where nothing is between them the two lines lie side by side.
        return "".join(
            _path(f"flot line-{name}", path_data(self.ground.flot[name], 0.1), f' clip-path="url(#own-{name})"')
            for name in ("a", "b")
        )

    def _seen(self, look: str, layer: gpd.GeoDataFrame, tolerance: float) -> str:
        """A layer of the theatre, as far as it is on the map."""
        west, east, south, north = self.ground.extent
        whole = shapes.kilometres(shapely.union_all(shapes.geometries(layer)))
        shape = shapely.clip_by_rect(whole, west - 60, south - 60, east + 60, north + 60)
        return _path(look, path_data(shape, tolerance))

    def _water(self) -> str:
        rivers = self.theatre.rivers
        big = rivers["scalerank"].fillna(99.0) <= 6.0
        return (
            self._seen("river", rivers[~big], 0.4)
            + self._seen("river big", rivers[big], 0.4)
            + self._seen("lake", self.theatre.lakes, 0.3)
        )

    def _borders(self) -> str:
        kind = self.theatre.borders["kind"]
        return self._seen("region", self.theatre.borders[kind == "region"], 0.4) + self._seen(
            "border", self.theatre.borders[kind == "country"], 0.4
        )

    def _side_names(self) -> str:
        """Whose ground it is, where there is most room in the first view."""
        west, east, south, north = self.extent
        across, up = (east - west) / 10, (north - south) / 25
        names = []
        for name, side in style.sides(self.theatre).items():
            # Room for the words themselves: they are about a fifth of the map wide.
            inner = (west + across, south + up, east - across, north - up)
            clipped = shapes.polygons(shapely.clip_by_rect(self.ground.held[name], *inner))
            if clipped.is_empty:
                continue
            middle: Any = shapely.maximum_inscribed_circle(clipped, tolerance=2.0)
            x, y = middle.coords[0]
            words = escape(f"{side.adjective}-held".upper())
            at = f'x="{x * UNIT:.0f}" y="{-y * UNIT:.0f}"'
            names.append(f'<text class="side side-{name}" {at}>{words}</text>')
        return "".join(names)

    def _places(self) -> str:
        """A dot and a name for each place; without scripts only names far enough apart are shown."""
        shown: list[Mark] = []
        drawn = []
        for index, mark in enumerate(self.marks):
            risk = mark.chances is not None and mark.chances[-1] >= style.BANDS[0]
            apart = all(abs(other.x - mark.x) > 70 * UNIT or abs(other.y - mark.y) > 15 * UNIT for other in shown)
            on = apart and mark.people >= 10_000 and (risk or mark.people >= 100_000)
            if on:
                shown.append(mark)
            look = "place" + (" risk" if risk else "") + (" on" if on else "")
            hidden = "" if on else ' style="display:none"'
            drawn.append(
                f'<g class="{look}" id="p{index}"{hidden}><circle cx="{mark.x}" cy="{mark.y}" r="20"/>'
                f'<text x="{mark.x + 40}" y="{mark.y + 25}">{escape(mark.name)}</text></g>'
            )
        return "".join(drawn)


def _box(extent: shapes.Extent) -> list[int]:
    """West, east, top and bottom in map units."""
    west, east, south, north = extent
    return [round(west * UNIT), round(east * UNIT), round(-north * UNIT), round(-south * UNIT)]


@dataclass(frozen=True)
class _Axis:
    """Where on the chart a value lies."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: Any) -> Any:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def fan_svg(
    dataset: xr.Dataset,
    theatre: Theatre,
    *,
    observed: pd.DataFrame | None,
    size: tuple[int, int],
    look: str,
    label: str,
) -> str:
    """The fan chart of the area b holds, the grey zone below it.

    Args:
        dataset, theatre: the forecast product, and the names of the sides.
        observed: what happened, as in `frontcast.show.fan.fan_chart`.
        size: width and height in units; text is 13 of them high.
        look: a class for the style sheet.
        label: what the chart says, in words.
    """
    width, height = size
    change, grey = fan_quantiles(dataset, "b"), fan_quantiles(dataset, "grey", change=False)
    last = int(change.days[-1])
    left, right, split = 62, width - 24, round(height * 0.68)
    along = _Axis(0.0, max(float(last), 1.0), left, right)
    upper = _panel(change, happened(observed, "b", last), along, (34, split), moves=True)
    seen = happened(observed, "grey", last, change=False)
    lower = _panel(grey, seen, along, (split + 44, height - 44), moves=False)
    most = 8 if width > 600 else 4
    step = next(step for step in (1, 2, 5, 7, 14, 30, 60) if last / step <= most or step == 60)
    dates = []
    for day in range(0, last + 1, step):
        date = pd.Timestamp(shapes.valid_time(dataset, day))
        for words, y in ((str(day), height - 26), (f"{date.day} {date:%b}", height - 9)):
            dates.append(f'<text x="{along(day):.1f}" y="{y}" text-anchor="middle">{words}</text>')
    name = escape(style.sides(theatre)["b"].name)
    return (
        f'<svg class="fan {look}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f'<text class="title" x="{left}" y="16">Change in the area {name} holds, km²</text>{upper}'
        f'<text class="title" x="{left}" y="{split + 32}">Area of the grey zone, km²</text>{lower}'
        f'<line class="now" style="display:none" data-x0="{left}" data-x1="{right}" x1="{left}" x2="{left}" '
        f'y1="26" y2="{height - 44}"/>{"".join(dates)}</svg>'
    )


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round values across a range, about `most` of them."""
    raw = (high - low) / most
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return [float(step * index) for index in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def _panel(fan: Fan, seen: Series | None, along: _Axis, span: tuple[int, int], *, moves: bool) -> str:
    """Bands, middle, value lines and what happened between two heights; `moves` for a change, up or down."""
    values = np.concatenate([*fan.area.values(), *([] if seen is None else [seen.area])])
    low = min(float(values.min()), -LEAST_KM2) if moves else 0.0
    height = _Axis(low, max(float(values.max()), LEAST_KM2), span[1], span[0])
    x, kind = along(fan.days), "f" if moves else "g"

    def run(points: Iterable[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points)

    marks = []
    for value in _ticks(height.low, height.high, 6 if moves else 2):
        words, at = style.signed(value) if moves else f"{value:,.0f}", height(value)
        marks.append(f'<path class="grid" d="M{along.start} {at:.1f}H{along.end}"/>')
        marks.append(f'<text x="{along.start - 8}" y="{at + 4.5:.1f}" text-anchor="end">{words}</text>')
    for step, (lower, upper) in enumerate(INTERVALS.values()):
        up, down = height(fan.area[upper]), height(fan.area[lower])
        around = [*zip(x, up, strict=True), *zip(x[::-1], down[::-1], strict=True)]
        marks.append(f'<path class="{kind}{step}" d="{run(around)}z"/>')
    if moves:
        marks.append(f'<path class="zero" d="M{along.start} {height(0.0):.1f}H{along.end}"/>')
    marks.append(f'<path class="{kind}-middle" d="{run(zip(x, height(fan.area[0.5]), strict=True))}"/>')
    if seen is not None:
        points = list(zip(along(seen.days), height(seen.area), strict=True))
        marks.append(f'<path class="seen" d="{run(points)}"/>')
        marks += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.4"/>' for px, py in points]
    return "".join(marks)
