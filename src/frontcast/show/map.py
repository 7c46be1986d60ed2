"""The forecast map: who holds what today, and with what probability ground changes hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import matplotlib
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as DrawnPath
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from shapely.geometry.base import BaseGeometry

from frontcast.errors import FrontcastError
from frontcast.show import shapes, style

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

Look = dict[str, Any]
"""Keyword arguments of matplotlib that say how something is drawn."""

NEAR_KM: Final = 300.0
"""Maps narrower than this have room for villages and all the lines."""

TOP, BOTTOM, MARGIN, GUTTER = 0.86, 2.12, 0.3, 0.16
"""Inches for the title, for the legend and the sources, around everything, and between panels."""

LETTERS: Final = "AB"

BORDERS: Final[dict[str, Look]] = {
    "region": {"color": "#a9a59c", "linewidth": 0.6, "linestyle": (0, (5, 2.5))},
    "country": {"color": "#77736b", "linewidth": 1.3, "linestyle": "solid"},
}

QUANTILE_LINES: Final[dict[float, Look]] = {
    0.5: {"linewidth": 1.3, "linestyle": (0, (4, 1.6))},
    0.1: {"linewidth": 0.8, "linestyle": (0, (1, 1.6))},
    0.9: {"linewidth": 0.8, "linestyle": (0, (1, 1.6))},
}


class _Labels:
    """Text on a map that never lies on other text: each takes the first free spot by its point, or none."""

    def __init__(self, axes: Axes, canvas: FigureCanvasAgg) -> None:
        self.axes = axes
        self.renderer = canvas.get_renderer()
        self.pixels_per_point = canvas.figure.dpi / 72.0
        self.frame = axes.get_window_extent(self.renderer)
        self.taken: list[tuple[float, float, float, float]] = []

    def _free(self, left: float, low: float, right: float, high: float) -> bool:
        frame, pad = self.frame, 3.0
        if left < frame.x0 + pad or right > frame.x1 - pad or low < frame.y0 + pad or high > frame.y1 - pad:
            return False
        return all(left >= r or right <= le or low >= h or high <= lo for le, lo, r, h in self.taken)

    def _square(self, x: float, y: float, points: float) -> tuple[float, float, float, float]:
        px, py = self.axes.transData.transform((x, y))
        half = points * self.pixels_per_point / 2
        return px - half, py - half, px + half, py + half

    def free_for(self, x: float, y: float, points: float) -> bool:
        """Whether a marker of that size would lie on nothing."""
        return self._free(*self._square(x, y, points))

    def reserve(self, x: float, y: float, points: float) -> None:
        """Keep a square of that size around a marker free of text."""
        self.taken.append(self._square(x, y, points))

    def _reserve_text(self, text: Text) -> None:
        box, pad = text.get_window_extent(self.renderer), 4.0 * self.pixels_per_point
        self.taken.append((box.x0 - pad, box.y0 - pad, box.x1 + pad, box.y1 + pad))

    def corner(self, text: str) -> None:
        """A caption in the upper left corner."""
        look: Look = {
            "textcoords": "offset points",
            "va": "top",
            "fontsize": 9,
            "weight": "bold",
            "zorder": 12,
        }
        look["bbox"] = {
            "boxstyle": "square,pad=0.35",
            "facecolor": "white",
            "edgecolor": "none",
            "alpha": 0.9,
        }
        self._reserve_text(self.axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=(5, -5), **look))

    def frame_sector(self, letter: str, sector: shapes.Extent) -> None:
        """The outline of a sector that another panel enlarges, and its letter."""
        west, east, south, north = sector
        look: Look = {"fill": False, "edgecolor": style.INK, "zorder": 11}
        self.axes.add_patch(Rectangle((west, south), east - west, north - south, **look))
        look = {"textcoords": "offset points", "va": "top", "fontsize": 9, "weight": "bold", "zorder": 11}
        self._reserve_text(self.axes.annotate(letter, (west, north), xytext=(4, -4), **look))

    def add(self, x: float, y: float, text: str, *, gap: float, size: float, look: Look, clear: float = 1.2) -> bool:
        """Write `gap` points beside (x, y) or right on it, `clear` of others; False if there is no room."""
        label = self.axes.text(x, y, text, fontsize=size, parse_math=False, clip_on=True, zorder=10, **look)
        label.set_path_effects([withStroke(linewidth=size / 3.4, foreground="white", alpha=0.85)])
        box = label.get_window_extent(self.renderer)
        width, height, pad = box.width, box.height, clear * self.pixels_per_point
        px, py = self.axes.transData.transform((x, y))
        off = gap * self.pixels_per_point
        # Right, left, above, below, then the corners: the order in which readers look for a name.
        spots = [
            (off, -height / 2),
            (-off - width, -height / 2),
            (-width / 2, off),
            (-width / 2, -off - height),
        ]
        spots += [(to, up) for to in (off * 0.7, -off * 0.7 - width) for up in (off * 0.6, -off * 0.6 - height)]
        for to_right, up in spots if gap else [(-width / 2, -height / 2)]:
            left, low = px + to_right, py + up
            around = (left - pad, low - pad, left + width + pad, low + height + pad)
            if self._free(*around):
                self.taken.append(around)
                moved = (px + left - box.x0, py + low - box.y0)
                label.set_position(tuple(self.axes.transData.inverted().transform(moved)))
                return True
        label.remove()
        return False


def _path(shape: BaseGeometry) -> DrawnPath:
    """Polygons as one path."""
    rings = [ring for polygon in shapes.polygons(shape).geoms for ring in (polygon.exterior, *polygon.interiors)]
    pieces = [DrawnPath(shapely.get_coordinates(ring), closed=True) for ring in rings]
    return DrawnPath.make_compound_path(*pieces) if pieces else DrawnPath(np.empty((0, 2)))


def _hatched(patch: PathPatch | Rectangle) -> PathPatch | Rectangle:
    """The look of the grey zone: hatched over whatever colour is below."""
    patch.set(facecolor="none", edgecolor=style.GREY_HATCH, hatch="/////", linewidth=0)
    patch.set_hatch_linewidth(0.5)
    return patch


@dataclass(frozen=True)
class _Spot:
    """A place to mark: position in km, people (0 where unknown), chance of a change where it is at risk."""

    name: str
    x: float
    y: float
    people: float
    chance: float | None = None


@dataclass(frozen=True)
class _Scene:
    """All that the panels of one picture share."""

    ground: shapes.Ground
    bands: dict[str, list[tuple[float, BaseGeometry]]]
    lines: dict[tuple[str, float], BaseGeometry]
    places: pd.DataFrame
    theatre: Theatre
    members: int

    @cached_property
    def gazetteer(self) -> pd.DataFrame:
        """The populous places of the theatre, the most populous first, with x and y in km."""
        table = shapes.with_position(self.theatre.places.table, self.theatre)
        return table[table["population"] >= 1000].sort_values("population", ascending=False)

    def draw(
        self,
        axes: Axes,
        canvas: FigureCanvasAgg,
        extent: shapes.Extent,
        *,
        near: bool,
        caption: str = "",
        boxes: Sequence[shapes.Extent] = (),
    ) -> None:
        """One panel; `near` for an enlarged sector, with room for more; `boxes` are sectors to point out."""
        west, east, south, north = extent
        axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
        axes.set_facecolor(style.OUTSIDE)
        for spine in axes.spines.values():
            spine.set(color=style.MUTED, linewidth=0.8, zorder=12)
        # From here on add_artist: add_patch looks for the limits of shapes, which takes longer than drawing.
        self._territory(axes)
        self._chances(axes)
        self._water(axes, near=near)
        self._borders(axes)
        self._fronts(axes, near=near)
        labels = _Labels(axes, canvas)
        _scale_bar(axes, labels, extent)
        if caption:
            labels.corner(caption)
        for letter, box in zip(LETTERS, boxes, strict=False):
            labels.frame_sector(letter, box)
        self._names(axes, labels, extent, near=near)

    def _territory(self, axes: Axes) -> None:
        for name, side in style.sides(self.theatre).items():
            look: Look = {"facecolor": style.tint(side), "edgecolor": "none", "zorder": 1}
            axes.add_artist(PathPatch(_path(self.ground.held[name]), **look))
        grey = _path(self.ground.held["grey"])
        axes.add_artist(PathPatch(grey, facecolor=style.GREY_ZONE, edgecolor="none", zorder=1.1))
        axes.add_artist(_hatched(PathPatch(grey, zorder=3)))

    def _chances(self, axes: Axes) -> None:
        for name, side in style.sides(self.theatre).items():
            colours = dict(zip(style.BANDS, style.ramp(side), strict=True))
            for edge, shape in self.bands[name]:
                axes.add_artist(PathPatch(_path(shape), facecolor=colours[edge], edgecolor="none", zorder=2))

    def _water(self, axes: Axes, *, near: bool) -> None:
        for lake in shapes.geometries(self.theatre.lakes):
            look: Look = {"facecolor": style.WATER, "edgecolor": "none", "zorder": 4}
            axes.add_artist(PathPatch(_path(shapes.kilometres(lake)), **look))
        rivers = self.theatre.rivers
        rank = rivers["scalerank"].fillna(99.0).to_numpy(float)
        for least, most, width in ((-1.0, 6.0, 1.5), (6.0, 8.0, 0.9), (8.0, 99.0, 0.6)):
            if least < 8.0 or near:
                lines = shapes.geometries(rivers[(rank > least) & (rank <= most)])
                look = {"color": style.WATER, "linewidth": width, "zorder": 4}
                axes.add_artist(LineCollection(shapes.strokes(lines, 1e-3), **look))

    def _borders(self, axes: Axes) -> None:
        borders = self.theatre.borders
        for kind, look in BORDERS.items():
            lines = shapes.geometries(borders[borders["kind"] == kind])
            axes.add_artist(LineCollection(shapes.strokes(lines, 1e-3), zorder=5, **look))

    def _fronts(self, axes: Axes, *, near: bool) -> None:
        for name, side in style.sides(self.theatre).items():
            colour = style.line_colour(side)
            today = LineCollection(shapes.strokes(self.ground.flot[name]), color=colour, zorder=7)
            axes.add_artist(today)
            # Drawn twice as wide and cut to its own ground: where nothing is between them, both lines show.
            today.set(linewidth=2.8 if near else 2.2, clip_path=(_path(self.ground.beyond[name]), axes.transData))
            for quantile, look in QUANTILE_LINES.items():
                line = self.lines.get((name, quantile))
                if line is not None and (quantile == 0.5 or near):
                    axes.add_artist(LineCollection(shapes.strokes(line), color=colour, zorder=6, **look))

    def _names(self, axes: Axes, labels: _Labels, extent: shapes.Extent, *, near: bool) -> None:
        """Places at risk first, then the largest, then whose ground it is, then others and rivers."""
        at_risk = shapes.within(self.places[self.places["p_change"] >= style.BANDS[0]], extent)
        at_risk = at_risk[at_risk["population"] >= (0 if near else 5_000)]
        # A village may be likelier to change hands than the town beside it; readers look for the town.
        weight = -at_risk["p_change"] * np.sqrt(at_risk["population"] + 100.0)
        at_risk = at_risk.iloc[np.argsort(weight, kind="stable")][: 12 if near else 5]
        columns = ["name", "x", "y", "population"]
        risky = [_Spot(*row) for row in at_risk[[*columns, "p_change"]].itertuples(index=False, name=None)]
        known = {spot.name for spot in risky}
        others = shapes.within(self.gazetteer, extent)[columns].itertuples(index=False, name=None)
        towns = [spot for row in others if (spot := _Spot(*row)).name not in known]
        towns = [spot for spot in towns if near or spot.people >= 40_000]
        self._mark(axes, labels, risky, most=12, near=near)
        self._mark(axes, labels, towns[:6], most=6, near=near)
        self._holders(labels, extent, near=near)
        self._mark(axes, labels, towns[6:120], most=12, near=near)
        self._river_names(labels, extent)

    def _mark(self, axes: Axes, labels: _Labels, spots: Sequence[_Spot], *, most: int, near: bool) -> None:
        """Places and their names, as many as find room up to `most`; those at risk with their chance."""
        for spot in spots:
            big, risky = spot.people >= 100_000, spot.chance is not None
            text, marker = spot.name, 4.6 if spot.people >= 300_000 else 3.6 if big else 2.6
            look: Look = {"color": "#3a3f45"}
            if spot.chance is not None:
                text, look = f"{text} {style.percent(spot.chance, self.members)}", {"weight": "bold"}
            size = (7.6 if big else 6.6) + (0.6 if near else 0.0)
            if not (risky or labels.free_for(spot.x, spot.y, marker)):
                continue
            if not labels.add(spot.x, spot.y, text, gap=4.0, size=size, look=look):
                continue
            labels.reserve(spot.x, spot.y, marker)
            face: Look = {"markerfacecolor": "black" if risky else "white", "markeredgecolor": "black"}
            axes.plot(spot.x, spot.y, "o", markersize=marker, markeredgewidth=0.8, zorder=9, **face)
            most -= 1
            if not most:
                return

    def _holders(self, labels: _Labels, extent: shapes.Extent, *, near: bool) -> None:
        """Whose ground it is, written where there is most room."""
        west, east, south, north = extent
        x, y = np.meshgrid(np.linspace(west, east, 15)[1:-1], np.linspace(south, north, 13)[1:-1])
        points = np.asarray(shapely.points(x.ravel(), y.ravel()))
        for name, side in style.sides(self.theatre).items():
            seen = shapes.polygons(shapely.clip_by_rect(self.ground.held[name], west, south, east, north))
            inside = points[shapely.contains(seen, points)]
            room = shapely.distance(inside, seen.boundary)
            text = f"{side.adjective}-held".upper()
            look: Look = {"color": style.line_colour(side), "alpha": 0.75, "weight": "bold"}
            for at in shapely.get_coordinates(inside[np.argsort(-room, kind="stable")][:25]):
                size = 8.5 if near else 9.5
                if labels.add(at[0], at[1], text, gap=0.0, size=size, look=look, clear=9.0):
                    break

    def _river_names(self, labels: _Labels, extent: shapes.Extent) -> None:
        """The names of rivers along them, the largest first."""
        west, east, south, north = extent
        rivers = self.theatre.rivers
        for name in dict.fromkeys(rivers.sort_values("scalerank", kind="stable")["name"]):
            if not isinstance(name, str) or not name:
                continue
            whole = shapely.union_all(shapes.geometries(rivers[rivers["name"] == name]))
            seen = shapely.clip_by_rect(shapely.line_merge(shapes.kilometres(whole)), west, south, east, north)
            pieces = shapely.get_parts(seen.intersection(self.ground.land))
            longest = max(pieces, key=lambda piece: piece.length, default=None)
            if longest is None or longest.length < (east - west) / 6:
                continue
            for share in (0.5, 0.35, 0.65, 0.2, 0.8):
                before, at, ahead = (longest.interpolate(share + step, normalized=True) for step in (-0.03, 0, 0.03))
                turn = np.degrees(np.arctan2(ahead.y - before.y, ahead.x - before.x))
                look: Look = {"color": style.WATER_INK, "style": "italic", "rotation": (turn + 90) % 180 - 90}
                if labels.add(at.x, at.y, name, gap=0.0, size=6.4, look=look):
                    break


def _scale_bar(axes: Axes, labels: _Labels, extent: shapes.Extent) -> None:
    """A bar of a round number of km, about a fifth of the panel, low on the left."""
    west, east, south, north = extent
    length = max(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if step <= max((east - west) / 5, 1))
    x, y, tick = west + (east - west) * 0.03, south + (north - south) * 0.03, (east - west) * 0.008
    ends = ([x, x, x + length, x + length], [y + tick, y, y, y + tick])
    bar: Look = {
        "solid_joinstyle": "miter",
        "path_effects": [withStroke(linewidth=3.5, foreground="white", alpha=0.85)],
    }
    axes.plot(*ends, color=style.INK, linewidth=1.2, zorder=9, **bar)
    labels.add(x + length / 2, y + tick * 2.5, f"{length} km", gap=0.0, size=7.0, look={"color": style.INK})
    for share in np.linspace(0, 1, 7):
        labels.reserve(x + length * share, y, 12.0)


def forecast_map(
    dataset: xr.Dataset,
    lines: gpd.GeoDataFrame,
    places: pd.DataFrame,
    theatre: Theatre,
    *,
    lead_day: int,
    path: Path,
    extent: shapes.Extent | None = None,
    size: tuple[float, float] = (14.0, 10.6),
) -> None:
    """Draw the forecast for one lead as a PNG: the whole front, and the sectors with most change expected.

    Args:
        dataset: the forecast product (forecast.zarr).
        lines: its lines (lines.parquet).
        places: its places (places.parquet).
        theatre: rivers, lakes, borders, places and sides.
        lead_day: which lead, days.
        path: the PNG to write; the same input gives the same bytes.
        extent: (west, east, south, north) in km of the theatre's projection, for one map of just that.
        size: of the picture, inches at 150 dots.

    Raises:
        FrontcastError: where the forecast does not reach that lead.
    """
    if lead_day not in shapes.lead_days(dataset):
        known = ", ".join(map(str, shapes.lead_days(dataset)))
        raise FrontcastError(f"the forecast has no lead of {lead_day} days: choose one of {known}.")
    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure = Figure(figsize=size, dpi=150, facecolor="white")
        ground = shapes.Ground.of(dataset)
        scene = _Scene(
            ground,
            shapes.gain_bands(dataset, ground, lead_day),
            shapes.forecast_lines(lines, theatre, lead_day),
            shapes.with_position(places[places["lead_day"] == lead_day], theatre),
            theatre,
            shapes.members(dataset),
        )
        _compose(figure, scene, dataset, lead_day=lead_day, extent=extent)
        figure.savefig(path, metadata={"Software": None})


def _compose(
    figure: Figure, scene: _Scene, dataset: xr.Dataset, *, lead_day: int, extent: shapes.Extent | None
) -> None:
    """Put title, panels, legend and sources on the figure."""
    canvas = FigureCanvasAgg(figure)
    width, height = figure.get_size_inches()
    wide, tall = width - 2 * MARGIN, height - TOP - BOTTOM - 2 * MARGIN

    def panel(left: float, low: float, across: float, up: float) -> Axes:
        box = (MARGIN + left) / width, (MARGIN + BOTTOM + low) / height, across / width, up / height
        return figure.add_axes(box)

    if extent is not None:
        near = extent[1] - extent[0] < NEAR_KM
        scene.draw(panel(0, 0, wide, tall), canvas, shapes.fit(extent, wide / tall), near=near)
    else:
        side, low = wide * 0.44, (tall - GUTTER) / 2
        found = shapes.sectors(dataset, lead_day, count=2, aspect=side / low)
        up = low if len(found) == 2 else tall
        boxes = [shapes.fit(sector, side / up) for sector in found]
        across = wide - side - GUTTER if found else wide
        whole = shapes.fit(shapes.front_extent(scene.ground), across / tall)
        nothing = "" if found else "Nowhere is much ground expected to change hands"
        scene.draw(panel(0, 0, across, tall), canvas, whole, near=False, caption=nothing, boxes=boxes)
        for index, box in enumerate(boxes):
            axes = panel(across + GUTTER, tall - up - index * (up + GUTTER), side, up)
            expected = style.area(_expected(dataset, lead_day, box))
            caption = f"{LETTERS[index]}   {expected} expected to change hands here"
            scene.draw(axes, canvas, box, near=True, caption=caption)
    _title(figure, scene, dataset, lead_day)
    _legend(figure, scene, dataset, lead_day)


def _expected(dataset: xr.Dataset, lead_day: int, extent: shapes.Extent) -> float:
    """Ground expected to change hands within an extent, km²: the sum of its cells' probabilities."""
    west, east, south, north = (edge * 1000.0 for edge in extent)
    here = shapes.change_at(dataset, lead_day).sel(x=slice(west, east), y=slice(north, south))
    return float(here.sum()) * shapes.cell_area(dataset)


def _title(figure: Figure, scene: _Scene, dataset: xr.Dataset, lead_day: int) -> None:
    """What, for when, from when, out of what."""
    width, height = figure.get_size_inches()
    start, end = shapes.init_time(dataset), shapes.valid_time(dataset, lead_day)
    days = f"{lead_day} day" + ("s" if lead_day != 1 else "")
    title = f"Chance that ground changes hands by {style.day(end)}"
    under = (
        f"{scene.theatre.title}. Forecast from the end of {style.day(start)}, {days} ahead, "
        f"{scene.members} members. Newest map used: {style.vintage(dataset.attrs)}"
    )
    look: Look = {"va": "top", "parse_math": False}
    left = MARGIN / width
    figure.text(left, 1 - 0.30 / height, title, fontsize=17, weight="bold", color=style.INK, **look)
    line = figure.text(left, 1 - 0.70 / height, under, fontsize=10.5, color=style.MUTED, **look)
    # The theatre's title may be of any length.
    room = (width - 2 * MARGIN) * figure.dpi / line.get_window_extent().width
    line.set_fontsize(10.5 * min(1.0, room))


def _legend(figure: Figure, scene: _Scene, dataset: xr.Dataset, lead_day: int) -> None:
    """What the marks mean, in words, and whose data it is, at coordinates in inches."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, (MARGIN + BOTTOM) / height))
    axes.set(xlim=(0, width), ylim=(0, MARGIN + BOTTOM))
    axes.axis("off")
    right = width - MARGIN
    date = style.day(shapes.valid_time(dataset, lead_day))
    _legend_today(axes, scene, MARGIN, style.day(shapes.init_time(dataset)))
    _legend_chances(axes, scene, MARGIN + 3.75, date)
    _legend_lines(axes, scene, max(MARGIN + 9.85, right - 3.6), date)
    axes.plot([MARGIN, right], [0.56, 0.56], color="#d5d2ca", linewidth=0.8)
    _write(axes, MARGIN, 0.36, style.CAUTION, weight="bold", fontsize=9)
    source = f"Source: {dataset.attrs.get('source', 'not stated')}"
    _write(axes, right, 0.36, source, ha="right", fontsize=7.8, color=style.MUTED)


ROWS: Final = (1.92, 1.64, 1.36, 1.08)
"""Heights of the legend's rows, inches."""


def _write(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    defaults: Look = {"fontsize": 8.6, "va": "center", "color": style.INK, "parse_math": False}
    axes.text(x, y, text, **(defaults | look))


def _stroke(axes: Axes, x: float, y: float, look: Look) -> None:
    axes.plot([x, x + 0.42], [y, y], solid_capstyle="butt", **look)


def _legend_today(axes: Axes, scene: _Scene, x: float, date: str) -> None:
    _write(axes, x, 2.2, f"Today, {date}", weight="bold")
    for row, side in zip(ROWS, style.sides(scene.theatre).values(), strict=False):
        patch = Rectangle((x, row - 0.09), 0.42, 0.18, facecolor=style.tint(side), edgecolor="none")
        axes.add_patch(patch)
        _stroke(axes, x, row + 0.09, {"color": style.line_colour(side), "linewidth": 1.6})
        _write(axes, x + 0.54, row, f"Held by {side.name}, and its forward line")
    box = (x, ROWS[2] - 0.09), 0.42, 0.18
    axes.add_patch(Rectangle(*box, facecolor=style.GREY_ZONE, edgecolor="none"))
    axes.add_patch(_hatched(Rectangle(*box)))
    _write(axes, x + 0.54, ROWS[2], "Grey zone: held by neither")
    _stroke(axes, x, ROWS[3] + 0.05, BORDERS["country"])
    _stroke(axes, x, ROWS[3] - 0.06, BORDERS["region"])
    _write(axes, x + 0.54, ROWS[3], "Border of the country; of its regions")


def _legend_chances(axes: Axes, scene: _Scene, x: float, date: str) -> None:
    _write(axes, x, 2.2, f"Chance on {date} of holding ground not held today", weight="bold")
    step = 0.86
    for row, side in zip((1.88, 1.50), style.sides(scene.theatre).values(), strict=True):
        for index, colour in enumerate(style.ramp(side)):
            look: Look = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.6}
            axes.add_patch(Rectangle((x + index * step, row - 0.15), step, 0.30, **look))
        _write(axes, x + 5 * step + 0.12, row, f"{side.name} holds it")
    small: Look = {"fontsize": 7.8, "color": style.MUTED}
    for index, words in enumerate(style.BAND_WORDS):
        _write(axes, x + (index + 0.5) * step, 1.22, words, ha="center", **small)
    _write(axes, x, 0.98, "Not coloured: under 5 %, which is not the same as impossible.", **small)
    _write(axes, x, 0.80, "No chance is ever 0 or 100 %: an ensemble cannot know that.", **small)


def _legend_lines(axes: Axes, scene: _Scene, x: float, date: str) -> None:
    _write(axes, x, 2.2, f"On {date}", weight="bold")
    rows = ((0.5, "Forward lines, middle of the forecast"), (0.1, "1 in 10 chance of lying beyond these"))
    for row, (quantile, words) in zip(ROWS, rows, strict=False):
        for offset, side in zip((0.045, -0.045), style.sides(scene.theatre).values(), strict=True):
            _stroke(axes, x, row + offset, {"color": style.line_colour(side)} | QUANTILE_LINES[quantile])
        _write(axes, x + 0.54, row, words)
    axes.plot(x + 0.06, ROWS[2], "o", markersize=3.6, color="black")
    _write(axes, x + 0.14, ROWS[2], "34 %", weight="bold", fontsize=7.6)
    _write(axes, x + 0.54, ROWS[2], "Chance that the place changes hands")
