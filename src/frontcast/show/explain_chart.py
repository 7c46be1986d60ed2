"""The picture of why the line moved: what each mechanism did, over the members."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from frontcast.show import style

if TYPE_CHECKING:
    from frontcast.forecast.explain import Explanation
    from frontcast.theatre import Theatre

MOST_ROWS = 14
"""Mechanisms drawn; the rest did less than these."""


def explain_chart(explanation: Explanation, theatre: Theatre, start: str, path: Path) -> None:
    """Draw the contributions as bars of the mean with whiskers from 10 to 90 % of the members.

    Args:
        explanation: from `frontcast.forecast.explain`.
        theatre: for names and colours.
        start: the day of the forecast, in words.
        path: PNG or SVG.
    """
    table = explanation.table[~explanation.quiet].head(MOST_ROWS).iloc[::-1]
    a, b = theatre.sides["a"], theatre.sides["b"]
    figure = Figure(figsize=(10.5, 1.9 + 0.36 * (len(table) + 1)), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.215, 0.17, 0.56, 0.83 - 1.15 / figure.get_figheight()))
    rows = np.arange(len(table)) + 1.3
    means = table["mean_km"].to_numpy()
    colours = [style.line_colour(a if mean > 0 else b) for mean in means]
    axes.barh(rows, means, height=0.62, color=colours, alpha=0.8, zorder=2)
    axes.hlines(rows, table["low_km"], table["high_km"], color=style.INK, linewidth=1.2, zorder=3)
    total = explanation.total
    axes.barh([0], [total["mean_km"]], height=0.7, color=style.INK, alpha=0.75, zorder=2)
    axes.hlines([0], total["low_km"], total["high_km"], color=style.MUTED, linewidth=1.6, zorder=3)
    axes.axvline(0, color=style.INK, linewidth=0.9)
    axes.set_yticks([0, *rows], ["all together", *table["mechanism"]], fontsize=9.5)
    axes.set_ylim(-0.7, len(table) + 1.0)
    reach = 1.12 * max(
        0.5,
        float(np.abs([table["low_km"], table["high_km"], table["mean_km"]]).max()) if len(table) else 0.0,
        abs(total["low_km"]),
        abs(total["high_km"]),
    )
    axes.set_xlim(-reach, reach)
    axes.set_xlabel(
        f"km the front moved: to the left, ground gained by {b.name}; to the right, by {a.name}.\n"
        "Bars: mean of the members; lines: 10 to 90 % of them.",
        fontsize=9,
        color=style.MUTED,
    )
    for spine in ("top", "right", "left"):
        axes.spines[spine].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e4e4e2", linewidth=0.7, zorder=0)
    shares = [(0.0, total), *zip(rows, (row for _, row in table.iterrows()), strict=True)]
    axes.text(
        1.03, len(table) + 1.2, f"members in which it\nhelped {a.name} / {b.name}", **_side_note(axes), fontsize=8.5
    )
    for row, entry in shares:
        text = f"{100 * entry['p_forward']:.0f} %  /  {100 * entry['p_back']:.0f} %"
        axes.text(1.03, row, text, **_side_note(axes), fontsize=9.5)
    figure.text(
        0.02,
        1 - 0.42 / figure.get_figheight(),
        f"Why the front moves: {explanation.where}",
        fontsize=13.5,
        fontweight="bold",
        color=style.INK,
    )
    figure.text(
        0.02,
        1 - 0.68 / figure.get_figheight(),
        f"Forecast of {start}, by day {explanation.lead_day}; {explanation.length_km:.0f} km of front in "
        f"{explanation.stretches} stretches. Recorded during the run. True of the model, not shown to be true of the war.",
        fontsize=9.5,
        color=style.MUTED,
    )
    figure.savefig(path)


def _side_note(axes: Axes) -> dict[str, Any]:
    return {"transform": axes.get_yaxis_transform(), "va": "center", "color": style.INK}
