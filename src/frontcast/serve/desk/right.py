"""How right it has been: the track record that ships, with its reliability, and the ledger's scores."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from frontcast.serve.desk.opened import Opened

OURS: Final = "model"
"""The method of the track record that the forecasts served here are made by."""

SHOWN: Final = (OURS, "booster", "climatology", "persistence")
"""Methods that the page has a mark for; the docs have a row for every method and part."""

OF: Final = "settlements within 25 km of the line changing hands"


def track_record(opened: Opened, ledger: Path | None) -> dict[str, Any]:
    """See `TrackRecordAnswer`."""
    from frontcast.show.page import METHODS
    from frontcast.show.track_record_words import METHODS as MORE
    from frontcast.verify import shipped_track_record

    record = shipped_track_record() or {}
    return {
        "record": of_methods_shown(record),
        "reliability": list(reliability(record)),
        "method_words": {**METHODS, **MORE},
        "ledger": [] if ledger is None else running(ledger),
    }


def of_methods_shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """A track record of the methods `SHOWN` alone."""
    kept = dict(record)
    kept["methods"] = [name for name in record.get("methods", []) if name in SHOWN]
    for table in ("scores", "differences", "diagnoses", "measures"):
        if table in record:
            kept[table] = [row for row in record[table] if {row["forecaster"], row.get("rival", OURS)} <= {*SHOWN}]
    return kept


def reliability(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The classes of chances of a change of hands in a track record, and how often they came true: `ReliabilityBin`."""
    from frontcast.verify.diagnosis import SHOWN as EDGES

    starts = {one["lead_days"]: one["starts"] for one in record.get("leads", [])}
    for one in record.get("diagnoses", []):
        if one["forecaster"] != OURS:
            continue
        for found in one["places"]:
            at = min(bisect_right(EDGES, found["chance"] + 1e-6), len(EDGES) - 1)
            yield {
                "of": OF,
                "lead_day": int(one["lead_days"]),
                "low": EDGES[at - 1],
                "high": EDGES[at],
                "forecasts": round(found["weight"]),
                "starts": int(starts.get(one["lead_days"], 0)),
                "mean_forecast": found["chance"],
                "came_true": found["share"],
            }


def running(ledger: Path) -> list[dict[str, Any]]:
    """The running record of a ledger, a row a lead."""
    from frontcast.verify import Ledger, running_record

    rows = running_record(Ledger.open(ledger, create=False).entries())
    return [_without_nan(asdict(row)) for row in rows]


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
