"""The fan chart: how the area held may change day by day, and how sure the forecast is of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from frontcast.show import shapes, style

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

INTERVALS: Final = {95: (0.025, 0.975), 80: (0.10, 0.90), 50: (0.25, 0.75)}
"""Share of members (percent) inside each band, widest first, and the quantiles that bound it."""

QUANTILES: Final = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)

LEAST_KM2: Final = 10.0
"""The charts show at least this much either way: a forecast of hardly any change must look like one."""

GREYS: Final = ("#dcdddf", "#bfc1c4", "#a1a4a8", "#7d8187", "#4c5056")
HAPPENED: Final[dict[str, Any]] = {
    "linewidth": 1.2,
    "marker": "o",
    "markersize": 4,
    "markerfacecolor": "white",
}
NO_CHANGE: Final[dict[str, Any]] = {"color": style.INK, "linewidth": 1.0, "linestyle": (0, (5, 3))}


@dataclass(frozen=True)
class Series:
    """An area through time.

    Attributes:
        days: (day,) lead days.
        area: (day,) km².
    """

    days: npt.NDArray[np.int64]
    area: shapes.FloatArray


@dataclass(frozen=True)
class Fan:
    """Quantiles of an area by lead day.

    Attributes:
        days: (day,) lead days, from 0.
        area: (day,) km² for each of `QUANTILES`.
    """

    days: npt.NDArray[np.int64]
    area: dict[float, shapes.FloatArray]

    def on(self, lead_day: int) -> dict[float, float]:
        """The quantiles on one day."""
        index = int(np.flatnonzero(self.days == lead_day)[0])
        return {quantile: float(area[index]) for quantile, area in self.area.items()}


def fan_quantiles(dataset: xr.Dataset, holder: str, *, change: bool = True) -> Fan:
    """Quantiles over members of the area one holder has, by lead day.

    Args:
        dataset: the forecast product.
        holder: "a", "grey" or "b".
        change: whether to count from each member's own day 0, or give the area itself.
    """
    held = dataset["held_area"].isel(init_time=0).sel(holder=holder).transpose("lead_day", "member")
    area = held.values.astype(float)
    if change:
        area = area - area[:1]
    quantiles = np.quantile(area, QUANTILES, axis=1)
    return Fan(held["lead_day"].values.astype(np.int64), dict(zip(QUANTILES, quantiles, strict=True)))


def happened(observed: pd.DataFrame | None, holder: str, last: int, *, change: bool = True) -> Series | None:
    """What happened to the area a holder has, up to a lead day; None where it is not known.

    Args:
        observed: columns lead_day (from 0) and the area held by `holder`, km²; None where it is not known.
        holder: "a", "grey" or "b".
        last: the last lead day wanted.
        change: as in `fan_quantiles`.
    """
    if observed is None or holder not in observed:
        return None
    known = observed[observed["lead_day"] <= last]
    area = known[holder].to_numpy(float)
    return Series(known["lead_day"].to_numpy(np.int64), area - area[0] if change else area)


def fan_chart(
    dataset: xr.Dataset,
    theatre: Theatre,
    *,
    path: Path,
    observed: pd.DataFrame | None = None,
    holder: str = "b",
) -> None:
    """Draw the fan chart of the area a side holds as a PNG; below it, the area of the grey zone.

    Args:
        dataset: the forecast product.
        theatre: for the names and colours of the sides.
        path: the PNG to write; the same input gives the same bytes.
        observed: what happened, where it is known: columns lead_day (from 0), and the area held in km² by
            `holder` and, if known, "grey".
        holder: the side, "a" or "b".
    """
    change, grey = fan_quantiles(dataset, holder), fan_quantiles(dataset, "grey", change=False)
    last = int(change.days[-1])
    side = style.sides(theatre)[holder]
    colours = style.ramp(side)
    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure = Figure(figsize=(9.6, 6.9), dpi=150, facecolor="white")
        FigureCanvasAgg(figure)
        upper = figure.add_axes((0.09, 0.365, 0.735, 0.405))
        lower = figure.add_axes((0.09, 0.155, 0.735, 0.135), sharex=upper)
        _fan(upper, change, colours, happened(observed, holder, last))
        _fan(lower, grey, GREYS, happened(observed, "grey", last, change=False))
        upper.axhline(0, zorder=3, **NO_CHANGE)
        _frame(upper, lower, dataset, side.name)
        _end_labels(upper, change)
        _words(figure, dataset, side.name, colours, observed is not None)
        figure.savefig(path, metadata={"Software": None})


def _fan(axes: Axes, fan: Fan, colours: Sequence[str], seen: Series | None) -> None:
    for (low, high), colour in zip(INTERVALS.values(), colours, strict=False):
        axes.fill_between(fan.days, fan.area[low], fan.area[high], color=colour, linewidth=0, zorder=2)
    axes.plot(fan.days, fan.area[0.50], color=colours[4], linewidth=2.0, zorder=4)
    if seen is not None:
        axes.plot(seen.days, seen.area, color="white", linewidth=3.4, zorder=5)
        axes.plot(seen.days, seen.area, color="black", zorder=6, clip_on=False, **HAPPENED)


def _frame(upper: Axes, lower: Axes, dataset: xr.Dataset, name: str) -> None:
    """Axes in plain dress: dates below, areas with thousands separators on the left, light lines across."""
    days = dataset["lead_day"].values.astype(int)
    step = next(step for step in (1, 2, 5, 7, 14, 30) if len(days) / step <= 9 or step == 30)
    for axes, ticks in ((upper, 7), (lower, 3)):
        axes.set_xlim(days[0], days[-1])
        axes.set_xticks(days[::step])
        axes.yaxis.set_major_locator(MaxNLocator(ticks, integer=True))
        axes.grid(axis="y", color="#e4e2dc", linewidth=0.8, zorder=0)
        axes.tick_params(colors=style.MUTED, labelsize=8.5, length=0, pad=5)
        for place, spine in axes.spines.items():
            spine.set_visible(place == "bottom" and axes is lower)
            spine.set_color("#b9b6ae")
    upper.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.signed(value)))
    lower.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    lower.set_ylim(bottom=0)
    low, high = upper.get_ylim()
    upper.set_ylim(min(low, -LEAST_KM2), max(high, LEAST_KM2))
    upper.tick_params(labelbottom=False)
    dates = [pd.Timestamp(shapes.valid_time(dataset, int(day))) for day in days[::step]]
    words = [f"{day}\n{date.day} {date:%b}" for day, date in zip(days[::step], dates, strict=True)]
    lower.set_xticklabels(words)
    lower.set_xlabel("Days ahead, and date", fontsize=8.5, color=style.MUTED)
    look: dict[str, Any] = {"loc": "left", "fontsize": 9, "color": style.INK, "pad": 7, "parse_math": False}
    upper.set_title(f"Change in the area {name} holds, km²", **look)
    lower.set_title("Area of the grey zone, km²", **look)


def _end_labels(axes: Axes, change: Fan) -> None:
    """The last day's numbers, right of the fan, pushed apart where they would touch."""
    last = int(change.days[-1])
    area = change.on(last)
    low, high = axes.get_ylim()
    apart, middle = (high - low) * 0.125, area[0.50]
    rows = (
        (max(area[0.90], middle + apart), area[0.90], "1 in 10 above", "normal"),
        (middle, middle, "middle", "bold"),
        (min(area[0.10], middle - apart), area[0.10], "1 in 10 below", "normal"),
    )
    look: dict[str, Any] = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    for y, value, words, weight in rows:
        text = f"{style.area(value, signed=True)}\n{words}"
        axes.annotate(text, (last, y), xytext=(8, 0), color=style.INK, weight=weight, fontsize=8.5, **look)


def _words(figure: Figure, dataset: xr.Dataset, name: str, colours: Sequence[str], seen: bool) -> None:
    """Title, key and sources, at coordinates in inches."""
    start, last = shapes.init_time(dataset), int(dataset["lead_day"].values[-1])
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")

    defaults: dict[str, Any] = {"fontsize": 8.5, "color": style.INK, "va": "center", "parse_math": False}

    def write(x: float, y: float, text: str, **look: Any) -> None:
        axes.text(x, y, text, **(defaults | look))

    left = 0.09 * width
    write(left, height - 0.42, f"How much ground {name} may gain or lose", fontsize=15, weight="bold")
    under = f"Forecast from {style.day(start)}, {last} days ahead; {shapes.members(dataset)} members"
    write(left, height - 0.75, under, fontsize=9.5, color=style.MUTED)
    x, y = left, height - 1.10
    for share, colour in zip(INTERVALS, colours, strict=False):
        axes.add_patch(Rectangle((x, y - 0.08), 0.3, 0.16, facecolor=colour, edgecolor="none"))
        write(x + 0.38, y, f"{share} %")
        x += 0.86
    write(x - 0.04, y, "of members")
    x += 1.0
    axes.plot([x, x + 0.32], [y, y], color=colours[4], linewidth=2.0)
    write(x + 0.4, y, "middle")
    x += 1.1
    axes.plot([x, x + 0.36], [y, y], **NO_CHANGE)
    write(x + 0.44, y, "no change")
    if seen:
        x += 1.4
        axes.plot([x, x + 0.18, x + 0.36], [y, y, y], color="black", **HAPPENED)
        write(x + 0.46, y, "what happened")
    write(left, 0.2, style.CAUTION, weight="bold", fontsize=8)
    source = f"Source: {dataset.attrs.get('source', 'not stated')}"
    write(width - 0.2, 0.2, source, ha="right", fontsize=7, color=style.MUTED)
