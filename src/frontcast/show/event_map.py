"""One forecast of the past beside what came: the chance that ground changes hands, and the line a week later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib
import numpy as np
import numpy.typing as npt
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from frontcast.show import style
from frontcast.theatre import B

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

Mask = npt.NDArray[np.bool_]

LABELLED: Final = 9
"""Towns named on a panel at most."""


def event_map(
    said: Mapping[str, npt.NDArray[np.float32]],
    now: npt.NDArray[np.uint8],
    later: npt.NDArray[np.uint8],
    theatre: Theatre,
    *,
    centre: tuple[float, float],
    reach_km: float,
    title: str,
    words: str,
    path: Path,
) -> None:
    """Draw what methods said around a place, a panel each.

    Args:
        said: by method in words, (y, x) P(b will hold the cell).
        now, later: (y, x) uint8, the maps at the start and when the lead was over.
        theatre: places, borders and sides.
        centre: longitude and latitude of the middle. reach_km: from there to the edges.
        title, words: above the panels and below them.
        path: the PNG; the same input gives the same bytes.
    """
    grid = theatre.grid
    (east,), (north,) = grid.project([centre[0]], [centre[1]])
    west, east, south, north = (
        east - reach_km * 1e3,
        east + reach_km * 1e3,
        north - reach_km * 1e3,
        north + reach_km * 1e3,
    )
    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure = Figure(figsize=(6.4 * len(said), 8.1), dpi=110, facecolor="white")
        FigureCanvasAgg(figure)
        panels = figure.subplots(
            1,
            len(said),
            squeeze=False,
            gridspec_kw={"left": 0.02, "right": 0.98, "top": 0.87, "bottom": 0.16, "wspace": 0.04},
        )[0]
        for axes, (name, hold) in zip(panels, said.items(), strict=True):
            _panel(axes, hold, now, later, theatre, (west, east, south, north))
            axes.set_title(name, loc="left", fontsize=12)
        figure.text(0.02, 0.945, title, fontsize=15, fontweight="bold", color=style.INK)
        figure.text(0.02, 0.018, words, fontsize=10, color=style.MUTED, linespacing=1.5)
        figure.legend(
            handles=_keys(theatre),
            loc="lower left",
            bbox_to_anchor=(0.012, 0.082),
            ncols=4,
            frameon=False,
            fontsize=9.5,
            handlelength=1.8,
            columnspacing=1.4,
        )
        figure.savefig(path, metadata={"Software": None})


def _panel(
    axes: Axes,
    hold: npt.NDArray[np.float32],
    now: npt.NDArray[np.uint8],
    later: npt.NDArray[np.uint8],
    theatre: Theatre,
    extent: tuple[float, float, float, float],
) -> None:
    grid, land = theatre.grid, theatre.land
    picture = np.ones((*grid.shape, 3))
    picture[:] = to_rgb(style.OUTSIDE)
    held = (now == B) & land
    picture[land] = to_rgb(style.tint(theatre.sides["a"]))
    picture[held] = to_rgb(style.tint(theatre.sides["b"]))
    # ground that may change is in the colour of who may gain it
    for side, mine, chance in (("b", ~held & land, hold), ("a", held, 1 - hold)):
        shades = style.ramp(theatre.sides["b" if side == "b" else "a"])
        for low, high, shade in zip(style.BANDS, (*style.BANDS[1:], 1.01), shades, strict=True):
            picture[mine & (chance >= low) & (chance < high)] = to_rgb(shade)
    west, east, south, north = extent
    box = (
        grid.x[0] - 500 * grid.cell_km,
        grid.x[-1] + 500 * grid.cell_km,
        grid.y[-1] - 500 * grid.cell_km,
        grid.y[0] + 500 * grid.cell_km,
    )
    axes.imshow(picture, extent=box, interpolation="nearest", zorder=0)
    water = theatre.lakes.cx[west:east, south:north]
    if len(water):
        water.plot(ax=axes, color=style.WATER, zorder=1)
    rivers = theatre.rivers.cx[west:east, south:north]
    if len(rivers):
        rivers.plot(ax=axes, color=style.WATER, linewidth=1.2, zorder=1)
    country = theatre.borders[theatre.borders["kind"] == "country"]
    country.plot(ax=axes, color="#77736b", linewidth=1.2, zorder=2)
    for control, look in ((now, {"linewidth": 1.6}), (later, {"linewidth": 2.0, "linestyle": (0, (3, 1.4))})):
        field = theatre.fill_masked((control == B).astype(float))
        lines: Any = contour_generator(grid.x, grid.y, np.ma.masked_array(field, ~land)).lines(0.5)
        axes.add_collection(LineCollection(lines, colors=style.INK, zorder=3, **look))
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal")
    _towns(axes, theatre, extent)


def _towns(axes: Axes, theatre: Theatre, extent: tuple[float, float, float, float]) -> None:
    """The largest settlements, each well apart from those named before it."""
    table = theatre.places.table
    x, y = theatre.grid.project(table["lon"].to_numpy(), table["lat"].to_numpy())
    west, east, south, north = extent
    margin = 0.05 * (east - west)
    inside = (x > west + margin) & (x < east - 3 * margin) & (y > south + margin) & (y < north - margin)
    people = table["population"].fillna(0).to_numpy()
    taken: list[tuple[float, float]] = []
    for index in np.argsort(-np.where(inside, people, -1), kind="stable")[:60]:
        far = all(
            abs(x[index] - a) > 0.2 * (east - west) or abs(y[index] - b) > 0.05 * (north - south) for a, b in taken
        )
        if not inside[index] or not far or len(taken) == LABELLED:
            continue
        taken.append((float(x[index]), float(y[index])))
        axes.plot(x[index], y[index], "o", markersize=4, color=style.INK, markeredgecolor="white", zorder=4)
        axes.annotate(
            str(table["name"].iloc[index]),
            (x[index], y[index]),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=9.5,
            color=style.INK,
            zorder=5,
            path_effects=[withStroke(linewidth=2.6, foreground="white")],
        )


def _keys(theatre: Theatre) -> list[Line2D | Patch]:
    keys: list[Line2D | Patch] = [
        Line2D([], [], color=style.INK, linewidth=1.6, label="the line at the start"),
        Line2D([], [], color=style.INK, linewidth=2.0, linestyle=(0, (3, 1.4)), label="the line that came"),
    ]
    # a column holds a pair, so that each side has a row of its own
    for band in (0, 2, 4):
        for side in (theatre.sides["a"], theatre.sides["b"]):
            words = style.BAND_WORDS[band] if band else f"{side.name} may gain, {style.BAND_WORDS[band]}"
            keys.append(Patch(color=style.ramp(side)[band], label=words))
    return keys
