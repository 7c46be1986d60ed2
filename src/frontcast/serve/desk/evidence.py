"""What was reported: claims with who, when and how sure, and units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date  # noqa: N812
from typing import Any, Final

import numpy as np
import pandas as pd

from frontcast.observe.reports.claim import KINDS
from frontcast.picture.armies import newest_of_side
from frontcast.serve.desk.opened import Opened, end_of_day
from frontcast.serve.refusal import Flaw, Refusal
from frontcast.show.claim_words import printable, shortened, what, who
from frontcast.show.units_map import code
from frontcast.store import links, weigh
from frontcast.theatre import Place

MOST_LINKED: Final = 2000
"""Claims up to which what confirms and contradicts them is worked out."""

LONGEST_QUOTE: Final = 600
NO_CLAIMS: Final = (
    "There are no reports in this store. The record that ships has none, as third parties' words are not shipped: "
    "read some into a store of your own with `frontcast read FILES --store STORE`, and serve that."
)


def claims(
    opened: Opened,
    place: Mapping[str, Any] | None,
    box: tuple[float, float, float, float] | None,
    first: str | None,
    last: str | None,
    as_of: str | None,
    kind: str | None,
    limit: int,
) -> dict[str, Any]:
    """See `Claims`. `place` has the fields of `frontcast.theatre.Place`."""
    if kind is not None and kind not in KINDS:
        raise Refusal(422, "No such kind.", [Flaw("kind", "no such kind", f"Give one of {', '.join(KINDS)}")])
    moment = None if as_of is None else end_of_day(as_of)
    since, until = (None if day is None else _date(day) for day in (first, last))
    with opened.open() as held:
        meant = Place(**place) if place is not None else None
        # All about a place are weighed before any is left out: what is one event must not hang on what is shown.
        found = held.claims(meant, as_of=moment)
        any_at_all = len(found) or int(held.sql("SELECT count(*) AS n FROM current_claim")["n"].iloc[0])
    if not any_at_all:
        return {"total": 0, "claims": [], "note": NO_CLAIMS}
    shown = _between(found, since, until)
    if kind is not None:
        shown = shown[shown["kind"] == kind]
    if box is not None:
        west, south, east, north = box
        shown = shown[shown["lon"].between(west, east) & shown["lat"].between(south, north)]
    if kind == "strike" and place is None:
        shown = shown[shown["lat"].notna()]
    weighed = weigh(found) if len(found) <= MOST_LINKED else weigh(shown)
    linked = None
    if meant is not None and len(found) <= MOST_LINKED:
        maps = [opened.series(source) for source in opened.sources()]
        linked = links(weighed, opened.theatre, maps, as_of=moment)
    total = len(shown)
    shown = weighed.loc[shown.index].tail(limit)
    return {
        "total": total,
        "claims": [_claim(row, linked) for row in shown.to_dict("records")],
        "note": "" if total <= limit else f"The last {limit} of {total}: give days, a kind or a place to see others.",
    }


def _date(day: str) -> Date:
    try:
        return Date.fromisoformat(day)
    except ValueError:
        raise Refusal(422, f"{day} is no day.") from None


def _between(found: pd.DataFrame, first: Date | None, last: Date | None) -> pd.DataFrame:
    """Claims about these days; of one without a date, its publication counts."""
    day = found["known_at"].dt.normalize()
    kept = pd.Series(True, index=found.index)
    if first is not None:
        kept &= found["valid_to"].fillna(day) >= pd.Timestamp(first)
    if last is not None:
        kept &= found["valid_from"].fillna(day) <= pd.Timestamp(last)
    return found[kept]


def _claim(row: Mapping[Any, Any], linked: pd.DataFrame | None) -> dict[str, Any]:
    mine = [] if linked is None else linked[linked["claim"] == row["id"]].to_dict("records")
    return {
        "id": int(row["id"]),
        "evidence": int(row["evidence"]),
        "who": shortened(who(row), 200),
        "what": shortened(what(row), 300),
        "quote": shortened(printable(str(row["quote"])), LONGEST_QUOTE),
        "title": shortened(printable(str(row["title"])), 300),
        "url": web_address(row["url"]),
        "known_at": f"{pd.Timestamp(row['known_at']).isoformat()}Z",
        "lon": _number(row["lon"]),
        "lat": _number(row["lat"]),
        "links": [
            {
                "link": str(link["link"]),
                "by": str(link["by"]),
                "source": None if pd.isna(link["source"]) else printable(str(link["source"])),
                "other": None if pd.isna(link["other"]) else int(link["other"]),
                "date": None if pd.isna(link["date"]) else str(link["date"])[:10],
                "lag_days": _number(link["lag_days"]),
            }
            for link in mine
        ],
        **{name: _text(row[name]) for name in ("attributed_to", "side", "holder", "place", "valid", "target")},
        **{name: str(_text(row[name]) or "") for name in ("kind", "source", "certainty")},
    }


def web_address(text: Any) -> str | None:
    """An address that is safe to link to: http or https, in plain characters; else none."""
    plain = "" if text is None else str(text).strip()
    fine = plain.lower().startswith(("http://", "https://")) and plain.isascii() and plain.isprintable()
    return plain if fine and not set(plain) & set(" \"'<>`\\") and len(plain) <= 2000 else None


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else shortened(printable(str(value)), 300)


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def units(opened: Opened, date: str, side: str | None) -> dict[str, Any]:
    """See `Units`."""
    time = end_of_day(date)
    with opened.open() as held:
        sightings = held.units(time, theatre=opened.theatre.name)
    seen: dict[str, str | None] = {}
    rows: list[dict[str, Any]] = []
    for letter in ("a", "b"):
        mine, when = newest_of_side(sightings, letter, time)
        seen[letter] = None if np.isnat(when) else str(when)[:10]
        if side in (None, letter):
            rows += [_unit(row) for row in mine.to_dict("records")]
    names = opened.theatre.sides
    unknown = [names[letter].name for letter in names if seen[letter] is None]
    note = f"No order of battle of {' and '.join(unknown)} is known then." if unknown else ""
    return {"date": date, "seen": seen, "units": rows, "note": note}


def _unit(row: Mapping[Any, Any]) -> dict[str, Any]:
    sidc = code(str(row["side"]), str(row["kind"]), str(row["echelon"]))
    return {
        **{name: printable(str(row[name])) for name in ("side", "unit", "echelon", "kind", "parent", "source")},
        "lon": round(float(row["lon"]), 2),
        "lat": round(float(row["lat"]), 2),
        "strength": _number(row["strength"]),
        "seen": str(row["valid_time"])[:10],
        "sidc": sidc,
        "symbol": f"/api/v1/symbols/{sidc}.svg",
    }
