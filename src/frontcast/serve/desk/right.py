"""How right it has been: the track record that ships, with its reliability."""

from __future__ import annotations

from typing import Any

from frontcast.serve.desk.opened import Opened


def track_record(opened: Opened) -> dict[str, Any]:
    """See `TrackRecordAnswer`."""
    from frontcast.show.page import METHODS
    from frontcast.verify import shipped_track_record

    record = shipped_track_record() or {}
    return {
        "record": record,
        "reliability": record.get("reliability", []),
        "method_words": {"model": "frontcast", **METHODS},
        "ledger": [],
    }
