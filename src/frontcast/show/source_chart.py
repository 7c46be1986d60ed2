"""The record of sources as a picture: how often each was right, beside what knowing nothing would have scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from frontcast.errors import InputError
from frontcast.show import style
from frontcast.show.claim_words import printable, shortened
from frontcast.verify.sources import SourceScore

ROW: Final = 0.36
WIDTH: Final = 11.0
LEFT: Final = 3.05
MOST_ROWS: Final = 40
"""Rows of one picture; those with the fewest claims are left out first, and their number is said."""

DOT: Final = "#2f5d8a"
BASE: Final = "#c2410c"
RULE: Final = "#e4e2dc"
FORMATS: Final = (".png", ".svg")
_BELOW: Final = 0.95
_ABOVE: Final = 1.42


def source_chart(scores: Sequence[SourceScore], path: Path, *, title: str, credit: str = "") -> None:
    """Draw the record of sources as a PNG or an SVG; the same scores give the same bytes.

    Args:
        scores: from `frontcast.verify.sources.score`; rows with nothing scored are not drawn.
        path: the file to write; its ending says which format.
        title: of the picture.
        credit: whose the data are, for the foot.

    Raises:
        InputError: where there is nothing to draw, or the path ends in neither .png nor .svg.
    """
    if path.suffix.lower() not in FORMATS:
        remedy = f"Give a file that ends in {' or '.join(FORMATS)}"
        raise InputError(str(path), "", f"the record cannot be drawn as '{path.suffix}'", remedy)
    scored = [one for one in scores if one.true + one.later + one.false]
    if not scored:
        raise InputError(str(path), "", "no claim could be scored: there is nothing to draw", "Leave out --out")
    most = sorted(scored, key=lambda one: -(one.true + one.later + one.false))[:MOST_ROWS]
    shown = [one for one in scored if one in most]
    with matplotlib.rc_context(matplotlib.rcParamsDefault | {"svg.hashsalt": "frontcast", "text.parse_math": False}):
        figure = _draw(shown, len(scored) - len(shown), printable(title), credit)
        dateless = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        figure.savefig(path, format=path.suffix.lower()[1:], metadata=dateless)


def _draw(scores: Sequence[SourceScore], left_out: int, title: str, credit: str) -> Figure:
    height = _ABOVE + ROW * len(scores) + _BELOW
    figure = Figure(figsize=(WIDTH, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    bottom, tall = _BELOW / height, ROW * len(scores) / height
    starts, widths = (LEFT, LEFT + 2.85, LEFT + 5.7), (2.5, 2.5, 1.95)
    right, news, lead = (
        figure.add_axes((start / WIDTH, bottom, width / WIDTH, tall))
        for start, width in zip(starts, widths, strict=True)
    )
    for axes in (right, news, lead):
        _dress(axes, len(scores))
    for axes in (right, news):
        axes.set(xlim=(-0.03, 1.03), xticks=(0, 0.25, 0.5, 0.75, 1.0))
        axes.set_xticklabels(("0", "25", "50", "75", "100 %"))
    for row, one in enumerate(scores):
        count = one.true + one.later + one.false
        _dot(right, row, one.right, one.right_interval, one.repeating, count)
        _dot(news, row, one.news_right, one.news_interval, one.alike, one.news)
        _days(lead, row, one)
        label = shortened(printable(one.source), 42)
        right.annotate(label, (0, row), **_BESIDE, xytext=(-12, 5), color=style.INK, fontsize=8.5)
        right.annotate(
            f"{one.test}, {_claims(count)}", (0, row), **_BESIDE, xytext=(-12, -6), color=style.MUTED, fontsize=7
        )
    lead.axvline(0, color=style.INK, linewidth=0.9, zorder=2)
    limit = max(10.0, *(abs(value) * 1.1 for one in scores for value in _spread(one) if math.isfinite(value)))
    lead.set_xlim(-limit, limit)
    _words(figure, height, title, credit, left_out, starts)
    return figure


_BESIDE: Final[dict[str, Any]] = {
    **{"xycoords": ("axes fraction", "data"), "textcoords": "offset points"},
    **{"ha": "right", "va": "center", "annotation_clip": False},
}


def _claims(count: int) -> str:
    return "1 claim" if count == 1 else f"{count:,} claims"


def _spread(one: SourceScore) -> tuple[float, ...]:
    return (one.lead_days, *one.lead_interval)


def _dress(axes: Axes, rows: int) -> None:
    axes.set(ylim=(rows - 0.5, -0.5), yticks=())
    axes.grid(axis="x", color=RULE, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=style.MUTED, labelsize=8, length=0, pad=4)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row in range(1, rows):
        axes.axhline(row - 0.5, color=RULE, linewidth=0.5, zorder=0)


def _dot(axes: Axes, row: int, share: float, interval: tuple[float, float], base: float, count: int) -> None:
    """A share with its interval, what knowing nothing scores as a tick; hollow where few claims bear it."""
    if not math.isfinite(share):
        return
    axes.plot(interval, (row, row), color=DOT, linewidth=2.0, alpha=0.55, solid_capstyle="butt", zorder=3)
    face = DOT if count >= FEW else "white"
    axes.plot(share, row, marker="o", markersize=6, markerfacecolor=face, markeredgecolor=DOT, zorder=5)
    if math.isfinite(base):
        axes.plot((base, base), (row - 0.27, row + 0.27), color=BASE, linewidth=2.0, zorder=4)


FEW: Final = 10
"""With fewer claims than this a dot is hollow: its place says little, its interval all."""


def _days(axes: Axes, row: int, one: SourceScore) -> None:
    if not math.isfinite(one.lead_days):
        return
    if all(map(math.isfinite, one.lead_interval)):
        axes.plot(one.lead_interval, (row, row), color=DOT, linewidth=2.0, alpha=0.55, solid_capstyle="butt", zorder=3)
    face = DOT if math.isfinite(one.lead_interval[0]) else "white"
    axes.plot(one.lead_days, row, marker="o", markersize=6, markerfacecolor=face, markeredgecolor=DOT, zorder=5)


def _words(figure: Figure, height: float, title: str, credit: str, left_out: int, starts: Sequence[float]) -> None:
    """Title, what each part shows, key and credit, at coordinates in inches."""
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, WIDTH), ylim=(0, height))
    page.axis("off")
    page.set_zorder(-1)

    defaults: dict[str, Any] = {"fontsize": 8.5, "color": style.INK, "va": "center"}

    def write(x: float, y: float, text: str, **look: Any) -> None:
        page.text(x, y, text, **(defaults | look))

    write(0.3, height - 0.36, title, fontsize=14, weight="bold")
    under = "Claims about who holds a place, judged by the maps. Alphabetical: nobody is ranked."
    write(0.3, height - 0.68, under, fontsize=9, color=style.MUTED)
    heads = (
        ("Right at its date", "of the claims scored"),
        ("Right where it was news", "not on the map of the day before"),
        ("Days ahead of the maps", "median of those that came true"),
    )
    for x, (head, what) in zip(starts, heads, strict=True):
        write(x, height - 1.05, head, weight="bold", fontsize=9)
        write(x, height - 1.23, what, fontsize=7.5, color=style.MUTED)
    y = 0.42
    page.plot((0.3, 0.62), (y, y), color=DOT, linewidth=2.0, alpha=0.55)
    page.plot(0.46, y, marker="o", markersize=6, color=DOT)
    write(0.72, y, f"share, 95 % interval; hollow: fewer than {FEW} claims", fontsize=8)
    page.plot((4.2, 4.2), (y - 0.09, y + 0.09), color=BASE, linewidth=2.0)
    write(4.32, y, "knowing nothing: repeating yesterday's map (left); any place alike (middle)", fontsize=8)
    more = f"{left_out} with fewer claims are not drawn. " if left_out else ""
    write(0.3, 0.17, f"{more}A map is not the truth either. {credit}".strip(), fontsize=7, color=style.MUTED)
