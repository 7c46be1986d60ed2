"""Choices of a service: what it serves, where it keeps its runs, and how much may be asked of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

FIRST_MEMBERS = 200
FIRST_DAYS = 30
"""Of the day's forecast, which is made unasked."""


@dataclass(frozen=True)
class RunLimits:
    """The most that one run may take, and how many may wait.

    Attributes:
        members, days: of one run. member_days: their product, times the futures of a what-if.
        memory_mb: of the worker. seconds: until a run is broken off.
        queue: runs that may wait. kept: ended runs that are kept; the oldest go first.
        body_bytes: of a request.
    """

    members: int = 2_000
    days: int = 180
    member_days: int = 60_000
    memory_mb: int = 6_000
    seconds: int = 3_600
    queue: int = 20
    kept: int = 100
    body_bytes: int = 65_536


@dataclass(frozen=True)
class Settings:
    """Choices of a service.

    Attributes:
        theatre: name or path, as the library takes it. store: file of the store, None for the record that ships.
        keep: folder for runs and prepared answers. source: whose maps are shown where none is named.
        ledger: folder of the ledger whose scores are shown, if any.
        hosts: names under which it may be addressed; empty: any.
        token_hash: of the token that is asked for (see `frontcast.serve.tokens`); None: no token.
        first_forecast: whether the day's forecast is made unasked. prepare: whether the years' lines are.
        readers: connections at a time. niceness: how far runs give way to everything else on the machine, 0 to 19.
    """

    theatre: str = "ukraine"
    store: Path | None = None
    keep: Path = field(default_factory=lambda: default_keep("ukraine", None))
    source: str = "deepstate"
    ledger: Path | None = None
    hosts: frozenset[str] = frozenset()
    token_hash: str | None = None
    limits: RunLimits = RunLimits()
    first_forecast: bool = True
    prepare: bool = True
    readers: int = 1_000
    niceness: int = 10


def default_keep(theatre: str, store: Path | None) -> Path:
    """Where runs are kept: a folder for each store, below `$XDG_STATE_HOME/frontcast` or `~/.local/state/frontcast`."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    told = theatre if store is None else f"{theatre} {store.resolve()}"
    name = hashlib.sha256(told.encode()).hexdigest()[:12]
    return state / "frontcast" / f"serve-{name}"
