"""The track record that ships: the scores of the chosen year, as `frontcast verify` wrote them."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def shipped_track_record() -> dict[str, Any] | None:
    """What `frontcast verify` wrote for the chosen year with this version, or None where none ships."""
    path = files("frontcast.verify").joinpath("track_record.json")
    return json.loads(path.read_text("utf-8")) if path.is_file() else None
