"""Charts of a track record as SVG: skill by lead, reliability, ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from frontcast.show.track_record_words import Record, method, ordered, score, signed

COLOURS: Final = {
    "model": "#0072b2",
    "line": "#3d3d3d",
    "units": "#56b4e9",
    "booster": "#d55e00",
    "hazard": "#cc79a7",
    "drift": "#009e73",
    "climatology": "#8a8a8a",
    "blend": "#b08900",
}
"""Of methods, from the Okabe-Ito palette, which readers with any kind of colour blindness tell apart."""


def colour(name: str) -> str:
    """The colour of a method."""
    return COLOURS.get(name, "#555555")


def skill_chart(record: Record, within: float = 25.0) -> str:
    """Brier skill against persistence by lead, a mark a method with its interval; without methods too bad to be shown."""
    names = [name for name in ordered(record) if name != "persistence"]
    leads = list(record["lead_days"])
    width, height, left, right, top, low = 860, 360, 58, 20, 16, 46
    found = {(name, lead): score(record, name, lead, within) for name in names for lead in leads}
    values = [one["skill"] for one in found.values() if one is not None and one["skill"] is not None]
    floor = max(-0.3, min([0.0, *values])) - 0.05
    ceiling = max([0.1, *values]) + 0.07

    def y(value: float) -> float:
        return top + (ceiling - min(max(value, floor), ceiling)) / (ceiling - floor) * (height - top - low)

    step = (width - left - right) / len(leads)
    marks = []
    for tick in [round(0.1 * index, 1) for index in range(math.ceil(floor * 10), math.floor(ceiling * 10) + 1)]:
        marks.append(
            f'<path class="{"zero" if tick == 0 else "grid"}" d="M{left} {y(tick):.1f}H{width - right}"/>'
            f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{signed(tick, 1) if tick else 0}</text>'
        )
    for index, lead in enumerate(leads):
        centre = left + (index + 0.5) * step
        words = "1 day" if lead == 1 else f"{lead} days"
        marks.append(f'<text x="{centre:.1f}" y="{height - 20}" text-anchor="middle">{words}</text>')
        for number, name in enumerate(names):
            one = found[name, lead]
            if one is None or one["skill"] is None:
                continue
            x = centre + (number - (len(names) - 1) / 2) * min(22.0, step / (len(names) + 1))
            ink = colour(name)
            lower, upper = one["skill_interval"]
            if lower is not None:
                marks.append(
                    f'<path d="M{x:.1f} {y(lower):.1f}V{y(upper):.1f}" stroke="{ink}" stroke-width="2.4" fill="none"/>'
                )
            if one["skill"] < floor:
                marks.append(
                    f'<text x="{x:.1f}" y="{y(floor) - 3:.1f}" text-anchor="middle" style="fill:{ink}">↓</text>'
                )
            else:
                tip = f"{method(name)}, {words}: {signed(one['skill'])}"
                marks.append(
                    f'<circle cx="{x:.1f}" cy="{y(one["skill"]):.1f}" r="4.6" style="fill:{ink};stroke:none">'
                    f"<title>{escape(tip)}</title></circle>"
                )
    label = "Brier skill against no change, by method and days ahead"
    return (
        f'<svg class="fan" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(marks)}</svg>'
        f"{legend(names)}"
    )


def legend(names: Sequence[str]) -> str:
    """The colours of methods, in words."""
    keys = "".join(
        '<span style="white-space:nowrap;margin-right:1.1rem">'
        f'<b style="color:{colour(name)}">●</b> {escape(method(name))}</span>'
        for name in names
    )
    return f'<p class="note">{keys}</p>'


def reliability_chart(found: Sequence[Any], names: Sequence[str], of: str, label: str) -> str:
    """Chance said against share that came, on logarithmic axes, with consistency bands; marks grow with the count."""
    size, edge = 400, 52
    lowest = -3.4

    def at(value: float) -> float:
        return (max(math.log10(max(value, 1e-9)), lowest) - lowest) / -lowest

    def x(value: float) -> float:
        return edge + at(value) * (size - edge - 30)

    def y(value: float) -> float:
        return size - edge - at(value) * (size - edge - 14)

    marks = [f'<path class="zero" d="M{x(10**lowest):.1f} {y(10**lowest):.1f}L{x(1):.1f} {y(1):.1f}"/>']
    for tick, words in ((0.001, "0.1 %"), (0.01, "1 %"), (0.1, "10 %"), (1.0, "100 %")):
        marks.append(f'<path class="grid" d="M{x(tick):.1f} 14V{size - edge}M{edge} {y(tick):.1f}H{size - 30}"/>')
        marks.append(f'<text x="{x(tick):.1f}" y="{size - edge + 18}" text-anchor="middle">{words}</text>')
        marks.append(f'<text x="{edge - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{words}</text>')
    for number, name in enumerate(names):
        classes: list[Any] = next((one[of] for one in found if one["forecaster"] == name), [])
        ink, shift = colour(name), (number - (len(names) - 1) / 2) * 4
        points = []
        for one in classes:
            if one["chance"] is None or one["chance"] <= 10**lowest:
                continue
            px = x(one["chance"]) + shift
            if one["low"] is not None:
                marks.append(
                    f'<path d="M{px:.1f} {y(one["low"]):.1f}V{y(one["high"]):.1f}" stroke="{ink}" stroke-width="7" '
                    'stroke-opacity="0.22" fill="none"/>'
                )
            weight = f"{one['weight']:,.0f}"
            radius = 2.2 + 0.9 * max(0.0, math.log10(max(one["weight"], 1.0)) - 1)
            points.append(
                f'<circle cx="{px:.1f}" cy="{y(one["share"]):.1f}" r="{radius:.1f}" style="fill:{ink};stroke:none">'
                f"<title>{escape(method(name))}: said {one['chance']:.2%}, came {one['share']:.2%}, of {weight}</title>"
                "</circle>"
            )
        marks += points
    marks.append(f'<text x="{size / 2}" y="{size - 12}" text-anchor="middle">chance said</text>')
    marks.append(
        f'<text x="14" y="{size / 2}" text-anchor="middle" transform="rotate(-90 14 {size / 2})">share that came</text>'
    )
    return _svg(size, size, "26rem", label, marks)


def rank_chart(ranks: Sequence[int], name: str, label: str) -> str:
    """How often what happened fell into each tenth of the members."""
    width, height, edge = 260, 150, 24
    most = max([1, *ranks])
    even = sum(ranks) / max(len(ranks), 1)
    step = (width - 2 * edge) / max(len(ranks), 1)
    bars = []
    for index, count in enumerate(ranks):
        tall = count / most * (height - 2 * edge)
        bars.append(
            f'<rect x="{edge + index * step + 1:.1f}" y="{height - edge - tall:.1f}" width="{step - 2:.1f}" '
            f'height="{tall:.1f}" fill="{colour(name)}"><title>{count} starts</title></rect>'
        )
    level = height - edge - even / most * (height - 2 * edge)
    bars.append(f'<path class="zero" d="M{edge} {level:.1f}H{width - edge}"/>')
    bars.append(f'<text x="{edge}" y="{height - 7}">below all</text>')
    bars.append(f'<text x="{width - edge}" y="{height - 7}" text-anchor="end">above all</text>')
    return _svg(width, height, "17rem", label, bars)


def _svg(width: int, height: int, widest: str, label: str, marks: Sequence[str]) -> str:
    return (
        f'<svg class="fan" style="max-width:{widest}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(marks)}</svg>'
    )
