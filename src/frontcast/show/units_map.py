"""The order of battle on the map, with the symbols of APP-6 / MIL-STD-2525 (drawn by the `milsymbol` library).

Nothing finer than a brigade is drawn, at the 1 km the record keeps; units that lie too close to tell apart are set
beside their place with a line to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

import milsymbol
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontcast.show import style
from frontcast.theatre import B

if TYPE_CHECKING:
    from frontcast.picture import Picture
    from frontcast.picture.armies import Armies

# Parts of the 20-digit code of MIL-STD-2525D: version, context, affiliation, set 10 (land unit), status, echelon, entity.
AFFILIATION: Final = {"a": "3", "b": "6"}
"""Friend and hostile are colours and frames of the standard, which knows no other two for belligerents; no side is taken."""

ECHELON: Final = {
    "battalion group": "16",
    "battalion": "16",
    "regiment": "17",
    "brigade": "18",
    "division": "21",
    "corps": "22",
    "army": "23",
}
ENTITY: Final = {
    "airborne": "1211000000",
    "mechanised infantry": "1211020000",
    "motorised rifle": "1211020000",
    "motorised infantry": "1211040000",
    "naval infantry": "1211030000",
    "infantry": "1211000000",
    "light infantry": "1211000000",
    "coastal defence": "1211000000",
    "tank": "1205000000",
    "artillery": "1303000000",
    "rocket artillery": "1303000000",
    "reconnaissance": "1213000000",
    "special purpose": "1217000000",
}
MODIFIER: Final = {"airborne": "01", "light infantry": "00"}

WIDTH: Final = 1600
SYMBOL: Final = 15
"""Size of a symbol, pixels of the standard's octagon."""

GAP: Final = 27.0
"""Symbols are set at least this far apart, pixels."""

At = Callable[[npt.ArrayLike, npt.ArrayLike], npt.NDArray[np.float64]]
"""From km east and north on the grid to pixels, (..., 2)."""

MARGIN_KM: Final = 35.0
NEAR_KM: Final = 6.0
OLD_DAYS: Final = 14


def code(side: str, kind: str, echelon: str) -> str:
    """The 20-digit identification code of a unit."""
    staff = kind == "headquarters"
    entity = "0000000000" if staff else ENTITY.get(kind, "1211000000")
    modifier = MODIFIER.get(kind, "00")
    return f"100{AFFILIATION[side]}100{'2' if staff else '0'}{ECHELON.get(echelon, '18')}{entity[:6]}00{modifier}"


def units_map(picture: Picture, armies: Armies, path: Path, *, sides: tuple[str, ...] = ("a", "b")) -> int:
    """Draw the units on the line of the day as SVG; returns how many.

    Args:
        picture: of the day, for the line. armies: from `frontcast.picture.armies`.
        path: SVG file. sides: which to draw.
    """
    theatre = picture.theatre
    units = armies.units[armies.units["side"].isin(sides)].copy()
    # Where both are near: a coast that faces the enemy across the sea is no front to draw.
    near = np.maximum(np.abs(picture.flot_a), np.abs(picture.flot_b)) < NEAR_KM
    front = theatre.land & near
    rows, columns = np.nonzero(front)
    # The ends of the front by all but a hundredth of its cells: a stray islet does not set the frame.
    (left, right), (top, bottom) = (np.quantile(cells, [0.01, 0.99]).astype(int) for cells in (columns, rows))
    west, east = theatre.grid.x[left] / 1e3 - MARGIN_KM, theatre.grid.x[right] / 1e3 + MARGIN_KM
    north, south = theatre.grid.y[top] / 1e3 + MARGIN_KM, theatre.grid.y[bottom] / 1e3 - MARGIN_KM
    inside = units["x_km"].between(west, east) & units["y_km"].between(south, north)
    units = units[inside].reset_index(drop=True)
    scale = WIDTH / (east - west)
    height = round((north - south) * scale)
    head, foot = 84, 96

    def at(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.stack([(np.asarray(x) - west) * scale, head + (north - np.asarray(y)) * scale], axis=-1)

    anchors = at(units["x_km"], units["y_km"])
    places = _spread(anchors, (WIDTH, head, head + height))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {head + height + foot}" '
        f'width="{WIDTH}" height="{head + height + foot}" font-family="DejaVu Sans, Verdana, sans-serif">',
        f'<rect width="{WIDTH}" height="{head + height + foot}" fill="#ffffff"/>',
        f'<clipPath id="map"><rect x="0" y="{head}" width="{WIDTH}" height="{height}"/></clipPath>',
        '<g clip-path="url(#map)">',
        f'<rect y="{head}" width="{WIDTH}" height="{height}" fill="{style.OUTSIDE}"/>',
        *_ground(picture, at, (west, south, east, north)),
        *_towns(picture, at, (west, south, east, north)),
    ]
    day = picture.init_time.astype("datetime64[D]")
    for anchor, place, unit in zip(anchors, places, (row for _, row in units.iterrows()), strict=True):
        age = int((day - np.datetime64(unit["seen"], "D")) / np.timedelta64(1, "D"))
        faint = 0.55 if age > OLD_DAYS or unit["presumed"] else 1.0
        if np.hypot(*(anchor - place)) > 4:
            parts.append(
                f'<line x1="{anchor[0]:.1f}" y1="{anchor[1]:.1f}" x2="{place[0]:.1f}" y2="{place[1]:.1f}" '
                f'stroke="{style.INK}" stroke-width="0.6" opacity="0.45"/>'
            )
            parts.append(
                f'<circle cx="{anchor[0]:.1f}" cy="{anchor[1]:.1f}" r="1.4" fill="{style.INK}" opacity="0.6"/>'
            )
        parts.append(_symbol(unit, place, faint))
    parts.append("</g>")
    parts += _words(picture, armies, len(units), head + height)
    parts.append("</svg>")
    path.write_text("\n".join(parts), "utf-8")
    return len(units)


def _symbol(unit: pd.Series, place: npt.NDArray[np.float64], opacity: float) -> str:
    symbol = milsymbol.Symbol(code(str(unit["side"]), str(unit["kind"]), str(unit["echelon"])), size=SYMBOL)
    width, height = (float(symbol.get_size()[key]) for key in ("width", "height"))
    body = re.sub(r"^<\?xml[^>]*\?>", "", symbol.as_svg()).strip()
    title = f"{unit['unit']}, {unit['echelon']}, {unit['kind']}; seen {str(unit['seen'])[:10]}"
    inner = body.replace("<svg ", f'<svg x="{place[0] - width / 2:.1f}" y="{place[1] - height / 2:.1f}" ', 1)
    return f'<g opacity="{opacity}"><title>{escape(title)}</title>{inner}</g>'


def _spread(anchors: npt.NDArray[np.float64], bounds: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Symbols pushed apart until none covers another, and drawn back to their places."""
    places = anchors.copy()
    if not len(places):
        return places
    # Coincident symbols need a way to part: each its own, the same on every run.
    angle = np.arange(len(places)) * 2.399963
    places += 0.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for _ in range(400):
        way = places[:, None] - places
        # A symbol is wider than high.
        away = np.hypot(way[..., 0], 1.25 * way[..., 1]) + np.eye(len(places)) * 1e9
        push = np.maximum(GAP - away, 0.0) / np.maximum(away, 1e-6)
        places = places + 0.25 * (push[..., None] * way).sum(axis=1) + 0.01 * (anchors - places)
        places[:, 0] = np.clip(places[:, 0], 20, bounds[0] - 20)
        places[:, 1] = np.clip(places[:, 1], bounds[1] + 16, bounds[2] - 16)
    return places


def _ground(picture: Picture, at: At, box: tuple[float, float, float, float]) -> list[str]:
    """The land each side holds, water, and the line, as paths."""
    from contourpy import contour_generator

    theatre = picture.theatre
    grid = theatre.grid
    out = []
    filled = theatre.fill_masked(picture.control)
    fills = ((0, style.tint(theatre.sides["a"])), (B, style.tint(theatre.sides["b"])), (1, style.GREY_ZONE))
    for value, colour in fills:
        share = np.where(theatre.land, filled == value, 0.0)
        contours = contour_generator(grid.x / 1e3, grid.y / 1e3, share, fill_type="OuterOffset")
        found: Any = contours.filled(0.5, 2.0)
        rings = [
            _path(outline[first:last], at)
            for outline, ends in zip(*found, strict=True)
            for first, last in pairwise(ends)
        ]
        out.append(f'<path d="{"".join(rings)}" fill="{colour}" fill-rule="evenodd"/>')
    clip = shapely.box(1000.0 * box[0], 1000.0 * box[1], 1000.0 * box[2], 1000.0 * box[3])
    for shape in theatre.rivers.geometry.intersection(clip):
        for line in shapely.get_parts(shape):
            if line.geom_type == "LineString":
                out.append(
                    f'<path d="{_path(np.asarray(line.coords)[:, :2] / 1e3, at, closed=False)}" fill="none" '
                    f'stroke="{style.WATER}" stroke-width="1"/>'
                )
    for shape in theatre.lakes.geometry.intersection(clip):
        for area in shapely.get_parts(shape):
            if area.geom_type == "Polygon":
                out.append(
                    f'<path d="{_path(np.asarray(area.exterior.coords)[:, :2] / 1e3, at)}" fill="{style.WATER}"/>'
                )
    edge = np.where(theatre.land, picture.flot_b, np.nan)
    line = contour_generator(grid.x / 1e3, grid.y / 1e3, np.ma.masked_invalid(edge)).lines(0.0)
    paths = "".join(_path(np.asarray(points), at, closed=False) for points in line)
    out.append(f'<path d="{paths}" fill="none" stroke="{style.line_colour(theatre.sides["b"])}" stroke-width="1.8"/>')
    return out


def _path(points: npt.NDArray[np.float64], at: At, *, closed: bool = True) -> str:
    where = at(points[:, 0], points[:, 1])
    body = "L".join(f"{x:.1f} {y:.1f}" for x, y in where)
    return f"M{body}{'Z' if closed else ''}"


def _towns(picture: Picture, at: At, box: tuple[float, float, float, float]) -> list[str]:
    table = picture.theatre.places.table
    big = table[(table["population"] >= 45_000)]
    x, y = picture.theatre.grid.project(big["lon"].to_numpy(), big["lat"].to_numpy())
    out = []
    taken: list[tuple[float, float]] = []
    order = np.argsort(-big["population"].to_numpy())
    for index in order:
        px, py = at(x[index] / 1e3, y[index] / 1e3)
        if not (box[0] < x[index] / 1e3 < box[2] and box[1] < y[index] / 1e3 < box[3]):
            continue
        if any(abs(px - tx) < 95 and abs(py - ty) < 15 for tx, ty in taken):
            continue
        taken.append((float(px), float(py)))
        out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.4" fill="{style.MUTED}"/>')
        words = escape(str(big["name"].iloc[index]))
        halo = 'stroke="#ffffff" stroke-width="3" paint-order="stroke"'
        out.append(f'<text x="{px + 5:.1f}" y="{py + 4:.1f}" font-size="12" fill="{style.MUTED}" {halo}>{words}</text>')
    return out


def _words(picture: Picture, armies: Armies, drawn: int, bottom: int) -> list[str]:
    theatre = picture.theatre
    known = []
    for side, when in armies.known.items():
        name = theatre.sides["a" if side == "a" else "b"].name
        known.append(f"{name} {'presumed, not known' if np.isnat(when) else 'as seen by ' + style.day(when)}")
    a, b = theatre.sides["a"].name, theatre.sides["b"].name
    sources = ", ".join(sorted(set(armies.units["source"])))
    lines = (
        f"Blue, rectangular frame: {a}. Red, diamond frame: {b}; frames of the standard, no side is taken. {drawn} units of "
        "battalion to division, none drawn finer than its brigade's ground.",
        f"Fainter: last seen more than {OLD_DAYS} days before, or presumed. Lines lead to the place where a symbol had to "
        "make room. Ukrainian positions are coarse on purpose.",
        f"Order of battle: {'; '.join(known)}. Sources: {sources}. Not a targeting aid.",
    )
    title = f"{theatre.title}; the line as {picture.source} drew it"
    out = [
        f'<text x="24" y="40" font-size="24" font-weight="bold" fill="{style.INK}">Order of battle, '
        f"{style.day(picture.init_time)}</text>",
        f'<text x="24" y="66" font-size="14" fill="{style.MUTED}">{escape(title)}</text>',
    ]
    out += [
        f'<text x="24" y="{bottom + 26 + 22 * number}" font-size="13.5" fill="{style.MUTED}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]
    return out
