"""The picture of a what-if: the paired difference in ground by day, in places, and in what it costs."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from frontcast.show import style

if TYPE_CHECKING:
    from frontcast.forecast.whatif import WhatIf
    from frontcast.theatre import Theatre

VARIANT_COLOURS: Final = ("#7a4fa3", "#2a8c7c", "#b0662b", "#4c5056")
BANDS: Final = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.30))
PLACES: Final = 10

LEAST_PRINTED = 5e-4
"""Differences below it would be printed as nothing."""


def whatif_chart(found: WhatIf, theatre: Theatre, path: Path) -> None:
    """Draw a what-if.

    Args:
        found: from `frontcast.forecast.whatif`.
        theatre: for names.
        path: PNG or SVG.
    """
    measures = _measures(found.differences)
    height = 7.2 + 0.27 * max(0, len(measures) - 10)
    figure = Figure(figsize=(13.0, height), dpi=140, facecolor="white")
    FigureCanvasAgg(figure)
    head = found.scenario.head
    figure.text(0.03, 1 - 0.45 / height, head.title, fontsize=15, fontweight="bold", color=style.INK)
    lines = textwrap.fill(head.question, 150)
    figure.text(0.03, 1 - 0.75 / height, lines, fontsize=10.5, color=style.MUTED, va="top")
    top = 1 - 1.35 / height
    ground = figure.add_axes((0.065, 0.56, 0.38, top - 0.56))
    places = figure.add_axes((0.135, 0.10, 0.31, 0.335))
    costs = figure.add_axes((0.665, 0.10, 0.12, top - 0.13))
    _ground(ground, found, theatre)
    _places(places, found, theatre)
    _costs(costs, found, measures)
    figure.text(
        0.03,
        0.018,
        f"Same {found.base.result.members} members, same random numbers, from {style.day(found.scenario.init_time)}; "
        f"{head.days} days. Conditional on the model: not a forecast, not scored. {style.CAUTION}",
        fontsize=8.5,
        color=style.MUTED,
    )
    figure.savefig(path)


def _clean(axes: Axes) -> None:
    for spine in ("top", "right"):
        axes.spines[spine].set_visible(False)
    axes.tick_params(labelsize=9)


def _ground(axes: Axes, found: WhatIf, theatre: Theatre) -> None:
    """Difference in the ground b holds, by day."""
    base = found.base.result.area_km2[:, :, 2]
    days = np.arange(base.shape[1])
    for variant, colour in zip(found.variants, VARIANT_COLOURS, strict=False):
        difference = variant.result.area_km2[:, :, 2] - base
        for low, high, alpha in BANDS:
            axes.fill_between(
                days, *np.quantile(difference, [low, high], axis=0), color=colour, alpha=alpha, linewidth=0
            )
        axes.plot(days, difference.mean(axis=0), color=colour, linewidth=2.0, label=variant.name)
    axes.axhline(0, color=style.INK, linewidth=0.9)
    axes.set_xlim(0, days[-1])
    name = theatre.sides["b"].name
    axes.set_title(f"Ground held by {name}: changed less as it was, km²", fontsize=10.5, loc="left", color=style.INK)
    axes.set_xlabel("days; line: mean, bands: 50 and 90 % of members", fontsize=9, color=style.MUTED)
    axes.yaxis.set_major_formatter(lambda value, _: style.signed(value))
    if len(found.variants) > 1:
        axes.legend(fontsize=9, frameon=False, loc="upper left")
    axes.grid(axis="y", color="#e4e4e2", linewidth=0.7)
    _clean(axes)


def _places(axes: Axes, found: WhatIf, theatre: Theatre) -> None:
    """Places whose chance changes, as it was and changed."""
    table = found.places.copy()
    name = theatre.sides["b"].name
    axes.set_title(f"Chance that {name} holds a place at the end, %", fontsize=10.5, loc="left", color=style.INK)
    # Towns before villages where both change: they are what people know.
    table["rank"] = np.abs(table["difference"]) + 0.03 * np.log10(
        table["population"].fillna(300.0).clip(lower=300.0) / 300.0
    )
    names = list(dict.fromkeys(table.sort_values("rank", ascending=False)["name"]))[:PLACES][::-1]
    if not names:
        axes.text(0.5, 0.5, "no place changes by 2 % or more", ha="center", fontsize=10, color=style.MUTED)
        axes.set_axis_off()
        return
    for row, place in enumerate(names):
        for variant, colour in zip(found.variants, VARIANT_COLOURS, strict=False):
            entry = table[(table["name"] == place) & (table["variant"] == variant.name)].head(1)
            if entry.empty:
                continue
            before, after = 100 * entry["p_b_base"].iloc[0], 100 * entry["p_b_changed"].iloc[0]
            axes.plot([before, after], [row, row], color=colour, linewidth=2.0, zorder=2)
            axes.plot([before], [row], "o", color="white", markeredgecolor=style.INK, markersize=6.5, zorder=3)
            axes.plot([after], [row], "o", color=colour, markersize=7, zorder=4)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlim(-3, 103)
    axes.set_xlabel("open: as it was; filled: changed", fontsize=9, color=style.MUTED)
    axes.grid(axis="x", color="#e4e4e2", linewidth=0.7)
    _clean(axes)


def _measures(differences: pd.DataFrame) -> list[tuple[str, str]]:
    """Measures that change in some member by more than is printed, in order, with their units."""
    size = differences[["low", "high", "difference"]].abs().max(axis=1)
    moved = differences[((differences["p_lower"] + differences["p_higher"]) > 0.02) & (size >= LEAST_PRINTED)]
    return list(dict.fromkeys(zip(moved["measure"], moved["unit"], strict=True)))


def _costs(axes: Axes, found: WhatIf, measures: list[tuple[str, str]]) -> None:
    """Mean differences with their 90 % intervals, each on its own scale, and the numbers beside."""
    axes.set_title("What else changes: mean difference, 90 % interval", fontsize=10.5, loc="right", color=style.INK)
    axes.title.set_position((1.9, 1.0))
    rows = np.arange(len(measures))[::-1]
    axes.axvline(0, color=style.INK, linewidth=0.9)
    spread = 0.5 / max(1, len(found.variants))
    for row, (measure, unit) in zip(rows, measures, strict=True):
        entries = found.differences[found.differences["measure"] == measure]
        scale = float(np.nanmax(np.abs(entries[["low", "high", "difference"]].to_numpy()))) or 1.0
        for number, variant in enumerate(found.variants):
            entry = entries[entries["variant"] == variant.name]
            if entry.empty:
                continue
            at = row - spread * (number - 0.5 * (len(found.variants) - 1))
            colour = VARIANT_COLOURS[number % len(VARIANT_COLOURS)]
            low, mean, high = (float(entry[key].iloc[0]) / scale for key in ("low", "difference", "high"))
            axes.hlines([at], low, high, color=colour, linewidth=2.2)
            axes.plot([mean], [at], "o", color=colour, markersize=5)
            axes.text(1.25, at, _number(entry, unit), fontsize=8.5, va="center", color=style.INK)
    axes.set_yticks(rows, [f"{measure}" for measure, _ in measures], fontsize=9)
    axes.set_xlim(-1.12, 1.12)
    axes.set_ylim(-0.7, len(measures) - 0.3)
    axes.set_xticks([])
    axes.set_xlabel("less   |   more\n(each row on its own scale)", fontsize=8.5, color=style.MUTED)
    for spine in ("top", "right", "left"):
        axes.spines[spine].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _number(entry: pd.DataFrame, unit: str) -> str:
    values = [float(entry[key].iloc[0]) for key in ("difference", "low", "high")]
    size = max(abs(value) for value in values)
    mean, low, high = (_form(value, size) for value in values)
    return f"{mean}  ({low} to {high})  {'' if unit == '0 to 1' else unit}"


def _form(value: float, size: float) -> str:
    """As many digits as a difference of this size deserves."""
    if size >= 20:
        return style.signed(value)
    text = f"{value:+.1f}" if size >= 1 else f"{value:+.3f}"
    return text.replace("-", "\N{MINUS SIGN}")
