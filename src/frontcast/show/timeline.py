"""The timeline of a place: who claimed what about it and when, and below it what the maps showed.

A claim is a mark, never ground: only the band of a map is drawn as fact. How sure a claim is shows in how full its
mark is, and what speaks against another is tied to it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Shape
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextToPath

from frontcast.errors import InputError
from frontcast.observe.reports.claim import CONTESTED
from frontcast.show import style
from frontcast.show.claim_marks import Mark, evidence_marks, for_and_against
from frontcast.show.claim_words import Row, printable, said, shortened, when, who
from frontcast.store.evidence import same_speaker
from frontcast.store.place_history import CONTESTED_KM, PlaceHistory
from frontcast.theatre import GREY, A, B

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

FORMATS: Final = (".png", ".svg")
MOST_ROWS: Final = 14
"""Speakers with a row of their own; those with fewer and later claims share the last."""

MOST_QUOTES: Final = 24
"""Quotes printed below the picture; the rest are in the table."""

WIDTH: Final = 11.0
LEFT: Final = 2.55
RIGHT: Final = 0.35
LANE: Final = 0.235
BAND: Final = 0.21
STRIP: Final = 0.055
AGAINST: Final = "#7a1f5c"
"""Of what ties contradictions: no side's hue."""

OTHER: Final = "#8b9097"
"""Of claims about no side of the theatre."""

CAUTION: Final = "A claim is what was said, not what was so. Not a targeting aid."

_SIZE: Final = 62.0
_NEAR_DAYS: Final = 30
"""A map that turns within this many days of a first claim shows what was claimed."""

_SETTINGS: Final = {"text.parse_math": False, "text.usetex": False, "svg.hashsalt": "frontcast", "hatch.linewidth": 0.9}
_SMALL: Final[dict[str, Any]] = {"fontsize": 6.5, "color": style.INK, "va": "center"}
_HALO: Final = [withStroke(linewidth=1.8, foreground="white")]
_LEFT_HALF, _RIGHT_HALF = Shape.wedge(90, 270), Shape.wedge(270, 450)


def timeline(
    claims: pd.DataFrame,
    links: pd.DataFrame,
    theatre: Theatre,
    *,
    title: str,
    path: Path,
    maps: Sequence[PlaceHistory] = (),
) -> None:
    """Draw what was claimed about a place through time as a PNG or an SVG; the same input gives the same bytes.

    Args:
        claims: from `weigh`, at least one.
        links: from `links`.
        theatre: for the names and colours of its sides.
        title: of the picture: the place.
        path: the file to write; its ending says which format.
        maps: what maps show of the place, one place each.

    Raises:
        InputError: where the path ends in neither .png nor .svg.
    """
    if path.suffix.lower() not in FORMATS:
        remedy = f"Give a file that ends in {' or '.join(FORMATS)}"
        raise InputError(str(path), "", f"a timeline cannot be drawn as '{path.suffix}'", remedy)
    with matplotlib.rc_context(matplotlib.rcParamsDefault | _SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a quote may be in any script
        figure = _draw(claims, links, theatre, printable(title), maps)
        dateless = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        figure.savefig(path, format=path.suffix.lower()[1:], metadata=dateless)


def _draw(
    claims: pd.DataFrame, links: pd.DataFrame, theatre: Theatre, title: str, maps: Sequence[PlaceHistory]
) -> Figure:
    marks = evidence_marks(claims)
    names = _rows(marks)
    low, high = _span(marks)
    per_inch = (high - low) / (WIDTH - LEFT - RIGHT)
    lanes = _lanes(marks, len(names), per_inch)
    heights = [count * LANE + 0.13 for count in lanes]
    quotes = marks[:MOST_QUOTES]
    above, between, below = 1.42, 0.30, 0.52
    bands = len(maps) * (BAND + 0.24)
    listed = 0.42 + 0.185 * (len(quotes) + (len(marks) > len(quotes)))
    height = above + sum(heights) + (between + bands if maps else 0.0) + below + listed + 0.42
    figure = Figure(figsize=(WIDTH, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, WIDTH), ylim=(0, height))
    page.axis("off")
    drawn = sum(heights) + (between + bands if maps else 0.0)
    axes = figure.add_axes(
        (LEFT / WIDTH, (height - above - drawn) / height, (WIDTH - LEFT - RIGHT) / WIDTH, drawn / height)
    )
    axes.set(xlim=(low, high), ylim=(drawn, 0))
    _frame(axes)
    _rules(axes, page, names, heights, height - above, marks)
    _place(marks, heights)
    if maps:
        _bands(axes, page, maps, sum(heights) + between, height - above, (low, high), marks, theatre)
    _ties(axes, marks, claims, links)
    for mark in marks:
        _mark(axes, mark, theatre, per_inch)
    _heading(page, height, title, marks, theatre)
    _quotes(page, quotes, len(marks), claims, links, height - above - drawn - below)
    page.text(0.25, 0.16, CAUTION, fontsize=7.5, weight="bold", color=style.INK)
    return figure


# ---- what is drawn where


def _rows(marks: Sequence[Mark]) -> list[str]:
    """The speakers, in order of their first claim; sets the row of each mark."""
    names: list[str] = []
    for mark in marks:
        name = who(mark.claim)
        row = next((at for at, other in enumerate(names) if same_speaker(other, name)), len(names))
        if row == len(names):
            names.append(name)
        elif len(name) > len(names[row]):
            names[row] = name  # the fuller name tells more
        mark.row = row
    if len(names) > MOST_ROWS:
        counts = np.bincount([mark.row for mark in marks], minlength=len(names))
        kept = sorted(np.argsort(-counts, kind="stable")[: MOST_ROWS - 1].tolist())
        new = {row: at for at, row in enumerate(kept)}
        for mark in marks:
            mark.row = new.get(mark.row, len(kept))
        names = [names[row] for row in kept] + [f"{len(names) - len(kept)} others"]
    return names


def _span(marks: Sequence[Mark]) -> tuple[float, float]:
    low, high = min(mark.first for mark in marks), max(mark.last for mark in marks)
    room = max(3.0, 0.06 * (high - low))
    return low - room, high + room


def _lanes(marks: Sequence[Mark], rows: int, per_inch: float) -> list[int]:
    """Lanes that each row needs so that no two marks touch; sets the lane of each mark."""
    ends: list[list[float]] = [[] for _ in range(rows)]
    for mark in marks:
        left, right = mark.first - 0.11 * per_inch, mark.last + 0.11 * per_inch
        right = max(right, mark.x + (0.36 if mark.times > 1 else 0.28) * per_inch)
        free = [lane for lane, end in enumerate(ends[mark.row]) if end <= left]
        mark.lane = free[0] if free else len(ends[mark.row])
        ends[mark.row][mark.lane : mark.lane + 1] = [right]
    return [max(1, len(lanes)) for lanes in ends]


def _place(marks: Sequence[Mark], heights: Sequence[float]) -> None:
    tops = np.r_[0.0, np.cumsum(heights)]
    for mark in marks:
        mark.y = float(tops[mark.row]) + 0.065 + (mark.lane + 0.5) * LANE


# ---- ink


def _frame(axes: Axes) -> None:
    axes.patch.set_alpha(0)
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=10))
    ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, _dates(ticks))
    axes.tick_params(axis="x", colors=style.MUTED, labelsize=8.5, length=3, pad=4)
    axes.set_yticks([])
    axes.grid(axis="x", color="#e9e7e1", linewidth=0.8, zorder=0)
    for place, spine in axes.spines.items():
        spine.set_visible(place == "bottom")
        spine.set_color("#b9b6ae")


def _dates(ticks: Sequence[float]) -> list[str]:
    """Dates for the axis: the day where days matter, the year where it is new."""
    stamps = [pd.Timestamp(np.datetime64(int(tick), "D")) for tick in ticks]
    daily = any(stamp.day != 1 for stamp in stamps)
    words = []
    for at, stamp in enumerate(stamps):
        new = at == 0 or stamp.year != stamps[at - 1].year
        words.append((f"{stamp.day} " if daily else "") + f"{stamp:%b}" + (f"\n{stamp.year}" if new else "\n "))
    return words


def _rules(
    axes: Axes, page: Axes, names: Sequence[str], heights: Sequence[float], top: float, marks: Sequence[Mark]
) -> None:
    """Names of the speakers, where they said it, and a faint stripe under every other row."""
    tops = np.r_[0.0, np.cumsum(heights)]
    low, high = axes.get_xlim()
    for row, name in enumerate(names):
        if row % 2 == 0:
            axes.add_patch(
                Rectangle((low, tops[row]), high - low, heights[row], color="#f7f6f3", linewidth=0, zorder=-1)
            )
        middle = top - (tops[row] + tops[row + 1]) / 2
        papers = list(dict.fromkeys(printable(mark.claim["source"]) for mark in marks if mark.row == row))
        told = "" if papers == [name] or name.endswith(" others") else ", ".join(papers)
        up = 0.065 if told else 0.0
        _text(page, LEFT - 0.14, middle + up, name, LEFT - 0.4, 8.5, ha="right", color=style.INK)
        if told:
            _text(page, LEFT - 0.14, middle - 0.075, told, LEFT - 0.4, 6.5, ha="right", color=style.MUTED)


def _colours(claim: Row, theatre: Theatre) -> tuple[str, ...]:
    """The colour of what is claimed: of the holder, of both sides where it is fought over, of the side that acts or left."""
    sides = {side.name: side.colour for side in theatre.sides.values()}
    if claim["holder"] == CONTESTED:
        return theatre.sides["a"].colour, theatre.sides["b"].colour
    named = claim["holder"] if isinstance(claim["holder"], str) else claim["side"]
    return (sides.get(str(named), OTHER),)


def _mark(axes: Axes, mark: Mark, theatre: Theatre, per_inch: float) -> None:
    claim, colours = mark.claim, _colours(mark.claim, theatre)
    if mark.last > mark.first:  # a month: a bar as long as it may mean
        axes.plot([mark.first, mark.last], [mark.y] * 2, color=colours[-1], linewidth=2.2, alpha=0.35, zorder=3)
    known = float(np.datetime64(claim["known_at"], "D").astype(float))
    if known - mark.last > 0.3 * per_inch:  # told later, by more than the mark's own label is wide
        axes.plot([mark.x, known], [mark.y] * 2, color=style.MUTED, linewidth=0.7, linestyle=(0, (1, 2)), zorder=2)
        axes.plot([known], [mark.y], marker="|", markersize=5, color=style.MUTED, markeredgewidth=0.9, zorder=2)
    _sign(axes, mark.x, mark.y, claim["kind"], claim["holder"], claim["certainty"], colours)
    label = f"{mark.number}" + (f" ×{mark.times}" if mark.times > 1 else "")
    axes.text(
        mark.x + 0.085 * per_inch,
        mark.y,
        label,
        fontsize=6.5,
        color=style.INK,
        va="center",
        zorder=7,
        path_effects=_HALO,
    )


def _sign(
    axes: Axes, x: float, y: float, kind: str, holder: str | None, certainty: str, colours: Sequence[str]
) -> None:
    """The mark itself: shape says what, fill says how sure."""
    casing: dict[str, Any] = {"linewidths": 0, "zorder": 4, "color": "white"}
    if certainty == "denied":
        axes.scatter([x], [y], s=_SIZE * 0.8, marker="x", linewidths=4.2, color="white", zorder=4)
        axes.scatter([x], [y], s=_SIZE * 0.7, marker="x", linewidths=2.1, color=colours[-1], zorder=6)
        return
    shape: Any = "s" if kind != "control" else "v" if not isinstance(holder, str) else "o"
    size = _SIZE * (0.55 if shape == "s" else 1.0)
    axes.scatter([x], [y], s=size * 1.75, marker=shape, **casing)
    halves = (
        ((_LEFT_HALF, colours[0]), (_RIGHT_HALF, colours[1]))
        if len(colours) == 2 and shape == "o"
        else ((shape, colours[0]),)
    )
    for outline, colour in halves:
        fill = {"stated": colour, "claimed": _half(colour)}.get(certainty, "white")
        hatch = "//////" if certainty == "predicted" else None
        # a wedge is measured from its own extent, a letter marker from its circle: both come out as wide
        axes.scatter(
            [x], [y], s=size, marker=outline, facecolors=fill, edgecolors=colour, linewidths=1.3, hatch=hatch, zorder=6
        )


def _half(colour: str) -> str:
    """The colour on its way to white."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * 0.42):02x}" for part in parts)


def _ties(axes: Axes, marks: Sequence[Mark], claims: pd.DataFrame, links: pd.DataFrame) -> None:
    """A line between any two pieces of evidence of which one contradicts the other."""
    by_evidence = {int(mark.claim["evidence"]): mark for mark in marks}
    evidence = dict(zip(claims["id"].tolist(), claims["evidence"].tolist(), strict=True))
    against = links[(links["by"] == "claim") & (links["link"] == "contradicted")]
    pairs = {
        tuple(sorted((int(evidence[one]), int(evidence[int(other)]))))
        for one, other in zip(against["claim"], against["other"], strict=True)
        if one in evidence and int(other) in evidence
    }
    for first, second in sorted(pairs):
        one, other = by_evidence[first], by_evidence[second]
        one, other = sorted((one, other), key=lambda mark: mark.y)
        axes.annotate(
            "",
            (one.x, one.y),
            (other.x, other.y),
            arrowprops={
                "arrowstyle": "-",
                "color": AGAINST,
                "linewidth": 1.0,
                "alpha": 0.75,
                "connectionstyle": "arc3,rad=-0.22",  # to the left: the numbers are on the right
                "shrinkA": 5,
                "shrinkB": 5,
            },
            zorder=3,
        )


def _bands(
    axes: Axes,
    page: Axes,
    maps: Sequence[PlaceHistory],
    start: float,
    top: float,
    span: tuple[float, float],
    marks: Sequence[Mark],
    theatre: Theatre,
) -> None:
    """What each map shows, day by day; below each turn, how long after the first claim of it."""
    per_inch = (span[1] - span[0]) / (WIDTH - LEFT - RIGHT)
    page.plot([0.25, WIDTH - RIGHT], [top - start + 0.16] * 2, color="#d8d5cd", linewidth=0.8)
    for number, shown in enumerate(maps):
        y = start + number * (BAND + 0.24)
        name = f"map: {printable(shown.source)}"
        _text(page, LEFT - 0.14, top - y - BAND / 2, name, LEFT - 0.4, 8.5, ha="right", color=style.INK)
        for first, last in _near_spells(shown, span):
            strip = Rectangle((first, y + BAND - STRIP), last - first, STRIP, color=style.INK, linewidth=0, zorder=4)
            axes.add_patch(strip)
        taken = -np.inf
        for spell in _spells(shown, span):
            _band(axes, spell, y, per_inch, theatre)
            lag = _lag(marks, spell.first, _held(spell.holder, theatre)[1]) if spell.turned else None
            if lag is not None:
                taken = _turn(axes, spell.first, y + BAND, lag, per_inch, taken)


def _band(axes: Axes, spell: _Spell, y: float, per_inch: float, theatre: Theatre) -> None:
    """One stretch of a band, with the holder's name where there is room."""
    colour, name = _held(spell.holder, theatre)
    width = spell.last - spell.first
    box = Rectangle((spell.first, y), width, BAND, facecolor=colour, edgecolor="white", linewidth=0.8, zorder=3)
    if spell.holder == GREY:
        box.set(hatch="////", edgecolor=style.GREY_HATCH)
    axes.add_patch(box)
    if width / per_inch > _width(name, 7) + 0.1:
        ink = style.INK if spell.holder == GREY else "white"
        middle = spell.first + width / 2
        axes.text(middle, y + (BAND - STRIP) / 2, name, fontsize=7, color=ink, ha="center", va="center", zorder=5)


def _turn(axes: Axes, day: float, y: float, lag: int, per_inch: float, taken: float) -> float:
    """How long after the first claim a map turned; where the words end, so that the next do not run into them."""
    axes.plot([day, day], [y, y + 0.07], color=style.INK, linewidth=0.9, zorder=4)
    axes.plot([day - lag, day], [y + 0.07] * 2, color=style.INK, linewidth=0.9, zorder=4)
    words = f"{lag:+d} d after the first claim" if lag else "the day of the first claim"
    left = day + 0.04 * per_inch
    right = left + (_width(words, 6.5) + 0.1) * per_inch
    if left < taken:
        return taken
    fits = right <= axes.get_xlim()[1]
    axes.text(left if fits else day - lag - 0.04 * per_inch, y + 0.08, words, ha="left" if fits else "right", **_SMALL)
    return right


class _Spell(NamedTuple):
    """A stretch of days on which a map shows one holder; `turned` where it showed another just before."""

    first: float
    last: float
    holder: int
    turned: bool


def _spells(shown: PlaceHistory, span: tuple[float, float]) -> list[_Spell]:
    """What a map shows in a span of days; nothing where no map describes the day."""
    days = np.arange(int(np.floor(span[0])), int(np.ceil(span[1])))
    holder = [int(shown.holder[at, 0]) if at >= 0 else -1 for at in _maps_of(shown, days)]
    turns = [0, *(at for at in range(1, len(days)) if holder[at] != holder[at - 1]), len(days)]
    found = []
    for first, last in pairwise(turns):
        if holder[first] in (A, GREY, B):
            begin, end = max(span[0], float(days[0] + first)), min(span[1], float(days[0] + last))
            found.append(_Spell(begin, end, holder[first], first > 0 and holder[first - 1] in (A, GREY, B)))
    return found


def _near_spells(shown: PlaceHistory, span: tuple[float, float]) -> list[tuple[float, float]]:
    """First day, and day after the last, of each time that the line is near the place."""
    days = np.arange(int(np.floor(span[0])), int(np.ceil(span[1])))
    near = np.array([at >= 0 and bool(shown.contested[at, 0]) for at in _maps_of(shown, days)], bool)
    turns = np.flatnonzero(np.diff(np.r_[False, near, False].astype(int)))
    return [
        (max(span[0], float(days[0] + first)), min(span[1], float(days[0] + last)))
        for first, last in zip(turns[::2], turns[1::2], strict=True)
    ]


def _maps_of(shown: PlaceHistory, days: npt.NDArray[np.int64]) -> list[int]:
    """The map that describes each day, -1 where there is none or none has come yet."""
    past = int(shown.days[-1].astype(int)) if len(shown.days) else -(10**9)
    return [shown.map_on(np.datetime64(int(day), "D")) if day <= past else -1 for day in days]


def _held(holder: int, theatre: Theatre) -> tuple[str, str]:
    """Colour and name of who holds it."""
    if holder == GREY:
        return style.GREY_ZONE, "grey zone"
    side = theatre.sides["a" if holder == A else "b"]
    return side.colour, side.name


def _lag(marks: Sequence[Mark], day: float, holder: str) -> int | None:
    """Days from the first assertion that a side holds it to the day a map shows it; None where there is none near."""
    asserted = [
        mark.first
        for mark in marks
        if mark.claim["kind"] == "control"
        and mark.claim["holder"] == holder
        and mark.claim["certainty"] not in ("denied", "predicted")
        and mark.first == mark.last
        and 0 <= day - mark.first <= _NEAR_DAYS
    ]
    return int(day - min(asserted)) if asserted else None


def _heading(page: Axes, height: float, title: str, marks: Sequence[Mark], theatre: Theatre) -> None:
    """Title and key."""
    days = [mark.claim["known_at"] for mark in marks]
    said_by = len({who(mark.claim) for mark in marks})
    many = sum(mark.times for mark in marks)
    page.text(0.25, height - 0.40, title, fontsize=15, weight="bold", color=style.INK, va="center")
    under = (
        f"{many} claim{'s' if many > 1 else ''} by {said_by} speaker{'s' if said_by > 1 else ''}, published "
        f"{style.day(np.datetime64(min(days)))} to {style.day(np.datetime64(max(days)))}"
    )
    page.text(0.25, height - 0.67, under, fontsize=9, color=style.MUTED, va="center")
    a, b = theatre.sides["a"], theatre.sides["b"]
    shapes: tuple[tuple[str, Callable[[float, float], None]], ...] = (
        (f"{a.name} holds it", lambda x, y: _sign(page, x, y, "control", a.name, "stated", [a.colour])),
        (f"{b.name} holds it", lambda x, y: _sign(page, x, y, "control", b.name, "stated", [b.colour])),
        ("fought over", lambda x, y: _sign(page, x, y, "control", CONTESTED, "stated", [a.colour, b.colour])),
        ("a side is gone", lambda x, y: _sign(page, x, y, "control", None, "stated", [a.colour])),
        ("other news", lambda x, y: _sign(page, x, y, "strike", None, "stated", [OTHER])),
    )
    grades: tuple[tuple[str, Callable[[float, float], None]], ...] = tuple(
        (words, lambda x, y, grade=grade: _sign(page, x, y, "control", b.name, grade, [b.colour]))  # type: ignore[misc]
        for words, grade in (
            ("stated", "stated"),
            ("claimed by a party", "claimed"),
            ("unconfirmed", "unconfirmed"),
            ("predicted", "predicted"),
            ("denied", "denied"),
        )
    )
    for row, key in enumerate((shapes, grades)):
        x, y = 0.34, height - 0.95 - 0.23 * row
        for words, draw in key:
            draw(x, y)
            page.text(x + 0.13, y, words, fontsize=8, color=style.INK, va="center")
            x += 0.42 + _width(words, 8)
        if row:
            page.plot([x - 0.06, x + 0.2], [y, y], color=AGAINST, linewidth=1.2)
            page.text(x + 0.28, y, "contradicts", fontsize=8, color=style.INK, va="center")
            x += 0.6 + _width("contradicts", 8)
            page.plot([x - 0.06, x + 0.2], [y, y], color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
            page.plot([x + 0.2], [y], marker="|", markersize=5, color=style.MUTED)
            page.text(x + 0.28, y, "published later", fontsize=8, color=style.INK, va="center")
            x += 0.6 + _width("published later", 8)
            page.add_patch(Rectangle((x - 0.06, y - STRIP / 2), 0.26, STRIP, color=style.INK, linewidth=0))
            near = f"a map's line within {CONTESTED_KM:.0f} km"
            page.text(x + 0.28, y, near, fontsize=8, color=style.INK, va="center")


def _quotes(
    page: Axes, marks: Sequence[Mark], count: int, claims: pd.DataFrame, links: pd.DataFrame, top: float
) -> None:
    """Who said it in which words, and what speaks for and against it."""
    columns = ((0.25, 0.25), (0.52, 0.95), (1.50, 1.85), (3.42, 3.8), (7.35, WIDTH - 0.2 - 7.35))
    heads = ("", "about", "who", "in which words", "against (−) and for (+)")
    y = top - 0.12
    for (x, _), head in zip(columns, heads, strict=True):
        page.text(x, y, head, fontsize=7, color=style.MUTED, va="center")
    for mark in marks:
        y -= 0.185
        about = when(mark.claim) or f"({said(mark.claim)})"
        voices = for_and_against(int(mark.claim["evidence"]), claims, links)
        words = (str(mark.number), about, who(mark.claim), f"“{printable(mark.claim['quote'])}”", voices)
        for (x, room), text in zip(columns, words, strict=True):
            _text(page, x, y, text, room, 7, color=style.INK)
    if count > len(marks):
        page.text(0.52, y - 0.185, f"and {count - len(marks)} more", fontsize=7, color=style.MUTED, va="center")


def _width(text: str, points: float) -> float:
    """Width of text in inches."""
    found, _, _ = TextToPath().get_text_width_height_descent(text, FontProperties(size=points), False)
    return 1.02 * float(found) / 72  # letters snap to whole pixels when drawn


def _text(page: Axes, x: float, y: float, text: str, room: float, points: float, **look: Any) -> None:
    """Text that ends in an ellipsis where it would take more than `room` inches."""
    text = shortened(text, 400)
    if _width(text, points) > room:
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _width(f"{text[:middle].rstrip()}…", points) <= room else (low, middle - 1)
        text = f"{text[:low].rstrip()}…"
    page.text(x, y, text, fontsize=points, va="center", **look)
