"""Numbers of a track record (`frontcast verify`'s JSON) as words and rows, for the page, the docs and the README alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from frontcast.verify.measures import MEASURES

Record = Mapping[str, Any]
"""What `frontcast verify` wrote."""

METHODS: Final = {
    "model": "frontcast",
    "line": "its members alone",
    "units": "frontcast with armies",
    "booster": "gradient boosting",
    "hazard": "logistic hazard",
    "drift": "damped drift",
    "climatology": "distance climatology",
    "persistence": "nothing changes",
    "blend": "blend",
}
"""Words for methods, in the order of the tables."""

MINUS: Final = "\N{MINUS SIGN}"
RIVAL: Final = "booster"


def method(name: str) -> str:
    """A method in words: those without one of their parts as well."""
    whole, _, part = name.partition("-without-")
    words = METHODS.get(whole, whole)
    return f"{words} without {part.replace('_', ' ').replace('-', ' ')}" if part else words


def ordered(record: Record) -> list[str]:
    """The methods of a record in the order of the tables, those without a part left to their own table."""
    names = [name for name in record["methods"] if "-without-" not in name]
    known = list(METHODS)
    return sorted(names, key=lambda name: known.index(name) if name in known else len(known))


def signed(value: float | None, digits: int = 3) -> str:
    """A number with its sign, "–" where there is none."""
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", MINUS)


def plain(value: float | None, digits: int) -> str:
    """A number without, "–" where there is none."""
    return "–" if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def between(interval: Sequence[float | None], digits: int = 3) -> str:
    """An interval as "from to", "" where there is none."""
    low, high = interval
    return "" if low is None or high is None else f"{signed(low, digits)} to {signed(high, digits)}"


def score(record: Record, name: str, lead: int, within: float = 25.0) -> Record | None:
    """Brier and log score of a method at a lead, None where it has none."""
    for one in record["scores"]:
        if (one["forecaster"], one["lead_days"], one["within_km"]) == (name, lead, within):
            return dict(one)
    return None


def ahead(record: Record, name: str, lead: int, within: float = 25.0, rival: str = RIVAL) -> Record | None:
    """How far a method is ahead of a rival, None where they were not compared."""
    for one in record["differences"]:
        if (one["forecaster"], one["rival"], one["lead_days"], one["within_km"]) == (name, rival, lead, within):
            return dict(one)
    return None


def measured(record: Record, measure: str, name: str, lead: int) -> Record | None:
    """Another measure of a method at a lead."""
    for one in record["measures"]:
        if (one["measure"], one["forecaster"], one["lead_days"]) == (measure, name, lead):
            return dict(one)
    return None


HEADS: Final = (
    *("days ahead", "method", "Brier score", "skill", "90 % interval", "log score"),
    *("ahead of gradient boosting", "90 % interval", "p", "log score by its"),
)


def score_rows(record: Record, within: float = 25.0) -> list[list[str]]:
    """A row for each lead and method, under `HEADS`; p corrected for the number of leads."""
    rows = []
    for lead in record["lead_days"]:
        first = True
        for name in ordered(record):
            one = score(record, name, lead, within)
            if one is None:
                continue
            other = ahead(record, name, lead, within)
            less = [""] * 4
            if other is not None:
                p = other["p_holm"]
                less = [
                    signed(other["skill_difference"]),
                    between(other["interval"]),
                    "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
                    plain(other["log_ratio"], 2),
                ]
            skill = "0" if name == "persistence" else signed(one["skill"])
            interval = "" if name == "persistence" else between(one["skill_interval"])
            days = str(lead) if first else ""
            rows.append([days, method(name), f"{one['brier']:.5f}", skill, interval, f"{one['log_score']:.4f}", *less])
            first = False
    return rows


def measure_rows(record: Record, lead: int) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of all other measures at a lead: a row a measure, a column a method; * where sets are nested."""
    names = ordered(record)
    rows = []
    for one in MEASURES:
        cells = []
        for name in names:
            found = measured(record, one.name, name, lead)
            if found is None:
                cells.append("")
                continue
            star = "*" if found["nested"] else ""
            cells.append(
                f"{_significant(found['mean'])}{star}"
                + ("" if name == "persistence" else f" ({signed(found['skill'], 2)})")
            )
        rows.append([f"{one.asks}, {one.unit}" if one.unit != "1" else one.asks, *cells])
    return ["", *map(method, names)], rows


def _significant(value: float) -> str:
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def part_rows(record: Record) -> list[list[str]]:
    """What each part is worth: skill of the whole less skill without the part, a row a part, a column a lead."""
    rows = []
    for name in record["methods"]:
        whole, _, part = name.partition("-without-")
        if part:
            found = [ahead(record, whole, lead, rival=name) for lead in record["lead_days"]]
            cells = [
                "–"
                if one is None
                else f"{signed(one['skill_difference'])} ({between(one['interval']) or 'too few starts'})"
                for one in found
            ]
            rows.append([f"{method(whole)}: {part.replace('_', ' ').replace('-', ' ')}", *cells])
    return rows


def by_month(record: Record, lead: int, within: float = 25.0) -> list[list[str]]:
    """Month, starts, ground that changed hands, then the Brier skill of each method against persistence."""
    names = [name for name in ordered(record) if name != "persistence"]
    months: dict[str, list[Record]] = {}
    for start in record["starts"]:
        if start["lead_days"] == lead and start["truth_known_at"] is not None:
            (inside,) = [one for one in start["within"] if one["km"] == within]
            months.setdefault(start["init_time"][:7], []).append(inside)
    rows = []
    for month, found in months.items():
        cells = []
        for name in names:
            both = [one for one in found if one["brier"][name] is not None]
            reference = sum(one["brier"]["persistence"] for one in both)
            cells.append(
                signed(1 - sum(one["brier"][name] for one in both) / reference, 2) if both and reference else "–"
            )
        changed = sum(one["changed_km2"] for one in found) / len(found)
        rows.append([month, str(len(found)), f"{changed:,.0f}", *cells])
    return rows


def left_out(record: Record) -> str:
    """Which starts were left out, in words."""
    parts = [f"{one['left_out']} at {one['lead_days']} days" for one in record["leads"] if one["left_out"]]
    return (
        f"Left out, as the maps do not say what came true: {', '.join(parts)}." if parts else "No start was left out."
    )
