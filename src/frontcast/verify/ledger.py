"""The ledger: every forecast that was issued, before it was known how right it would be, and later how right it was.

A folder with one JSON line an entry (`ledger.jsonl`), the forecasts themselves named by their SHA-256
(`forecasts/`), and the last entry's (`head`). Each entry holds the SHA-256 of the one before and of itself, so that an
edit, a deletion, a new order and a cut at the end all show. Whoever can write the folder could make the whole of it
anew: publish the head (it is printed at each issue), and `check` finds whether it is still in the chain.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import xarray as xr

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, truth_map
from frontcast.store.series import ControlSeries
from frontcast.theatre import Theatre
from frontcast.verify.judge import judge
from frontcast.verify.said import Start

ENTRIES: Final = "ledger.jsonl"
HEAD: Final = "head"
FORECASTS: Final = "forecasts"
FORMAT: Final = 1
NOTHING: Final = "0" * 64
"""The hash before the first entry."""

OURS: Final = "forecast"
"""Name of the issued forecast among the methods of an entry; the others are what stood beside it."""


class LedgerError(FrontcastError):
    """The ledger cannot be read or added to, or is not what it was."""


@dataclass(frozen=True, eq=False)
class IssuedForecast:
    """A forecast as it is issued.

    Attributes:
        issued_at: datetime64[s] UTC, when; the caller's clock, the ledger has none.
        theatre: name of the theatre. source: whose maps it starts from, and will be scored by.
        start: what it says (`OURS`), and what simpler methods say beside it.
        made_from: how it was made, as plain JSON: configuration, data vintage, digests, versions.
        left_out: why a method that should stand beside it does not, by name.
    """

    issued_at: np.datetime64
    theatre: str
    source: str
    start: Start = field(repr=False)
    made_from: Mapping[str, Any] = field(repr=False)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One entry: its number, what it is, its content as plain JSON, its hash and that of the one before."""

    number: int
    kind: Literal["issued", "scored"]
    content: dict[str, Any] = field(repr=False)
    previous: str
    sha256: str

    @property
    def written_at(self) -> np.datetime64:
        """When its writer says it was added, datetime64[s]."""
        return _time(self.content["issued_at" if self.kind == "issued" else "scored_at"])


class Ledger:
    """An append-only record of issued forecasts. `open` it; nothing is kept in memory between calls."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: str | Path, *, create: bool = True) -> Ledger:
        """The ledger in a folder, made anew where there is none and `create` says so.

        Raises:
            LedgerError: where there is something else, or nothing, or it cannot be made.
        """
        path = Path(path)
        if not (path / ENTRIES).is_file():
            if path.is_file() or (path.is_dir() and any(path.iterdir())):
                raise LedgerError(f"{path} exists and is no ledger: name another folder.")
            if not create:
                raise LedgerError(f"{path}: there is no ledger here. `frontcast forecast --ledger {path}` begins one.")
            try:
                (path / FORECASTS).mkdir(parents=True, exist_ok=True)
                (path / ENTRIES).touch()
                (path / HEAD).write_text(f"0 {NOTHING}\n", "ascii")
            except OSError as error:
                raise LedgerError(f"{path} cannot be made: {error.strerror or error}.") from error
        return cls(path)

    # ---- reading

    def entries(self) -> list[Entry]:
        """All entries in order.

        Raises:
            LedgerError: where the ledger is not what it was (see `check`).
        """
        entries, problems = self._read()
        if problems:
            raise LedgerError(problems[0])
        return entries

    def start(self, entry: Entry) -> Start:
        """The forecasts of an issued entry.

        Raises:
            LedgerError: where they are missing or were changed.
        """
        file = self._file(entry.content["forecast_sha256"])
        if (problem := _changed(file)) is not None:
            raise LedgerError(f"{self.path}, entry {entry.number}: {problem}.")
        return Start.unpack(file.read_bytes())

    def head(self) -> tuple[int, str]:
        """Number of entries, and the hash of the last: what to publish."""
        entries = self.entries()
        return len(entries), entries[-1].sha256 if entries else NOTHING

    def check(self, head: str | None = None) -> list[str]:
        """What is wrong with the ledger, a sentence each; empty where it is what it was.

        Args:
            head: a hash that was published earlier; it must still be that of an entry.
        """
        entries, problems = self._read()
        for before, entry in pairwise(entries):
            if entry.written_at < before.written_at:
                problems.append(
                    f"{self.path / ENTRIES}, entry {entry.number}: says {entry.written_at}, which is before entry "
                    f"{before.number} ({before.written_at})"
                )
        named = set()
        for entry in entries:
            if entry.kind == "issued":
                file = self._file(entry.content["forecast_sha256"])
                named.add(file.name)
                if (problem := _changed(file)) is not None:
                    problems.append(f"{self.path}, entry {entry.number}: {problem}")
        if head is not None and head not in {NOTHING, *(entry.sha256 for entry in entries)}:
            problems.append(f"{self.path / ENTRIES}: no entry has the published hash {head}; the record was made anew")
        return problems

    def _read(self) -> tuple[list[Entry], list[str]]:
        file = self.path / ENTRIES
        try:
            # the head first: what is added meanwhile is then more than it knows, never less
            count, last = (self.path / HEAD).read_text("ascii").split()
            expected = int(count)
            lines = file.read_text("utf-8").splitlines(keepends=True)
        except (OSError, ValueError) as error:
            return [], [f"{self.path}: cannot be read as a ledger ({error})"]
        if lines and not lines[-1].endswith("\n"):
            if len(lines) <= expected:
                return [], [f"{file}, line {len(lines)}: is cut short"]
            lines.pop()  # an append that was broken off before it counted
        entries: list[Entry] = []
        previous = NOTHING
        for number, line in enumerate(lines):
            entry = _follow(line, number, previous)
            if isinstance(entry, str):
                return entries, [f"{file}, line {number + 1}: {entry}"]
            entries.append(entry)
            previous = entry.sha256
        if len(entries) < expected or (expected and entries[expected - 1].sha256 != last):
            return entries, [
                f"{file}: {self.path / HEAD} knows {expected} entries up to {last[:12]}…, but there are {len(entries)}: "
                "the end was cut off or written anew"
            ]
        return entries, []

    def _file(self, digest: str) -> Path:
        return self.path / FORECASTS / f"{digest}.npz"

    # ---- adding

    def append(self, issued: IssuedForecast) -> Entry:
        """Add a forecast.

        Raises:
            LedgerError: where the ledger is not what it was, its last entry is later than `issued_at`, or it cannot
                be written; nothing is added then.
        """
        content = issued.start.pack()
        digest = hashlib.sha256(content).hexdigest()
        start = issued.start
        with self._locked():
            file = self._file(digest)
            if not file.exists():
                _write(file, content)
            (entry,) = self._add(
                "issued",
                [
                    {
                        "issued_at": _text(issued.issued_at),
                        "init_time": _text(start.init_time),
                        "lead_days": list(start.lead_days),
                        "theatre": issued.theatre,
                        "source": issued.source,
                        "methods": list(start.hold),
                        "left_out": dict(issued.left_out),
                        "forecast_sha256": digest,
                        "made_from": dict(issued.made_from),
                    }
                ],
            )
            return entry

    def score_due(self, series: ControlSeries, theatre: Theatre, now: np.datetime64) -> list[Entry]:
        """Score what has come due and was not scored by these maps before; the scores are added as entries.

        A lead is due when it lies at or before `now` and `series`, as known at `now`, reaches its day. Where the
        maps have a gap then, the entry says so and holds no scores.

        Args:
            series: maps of any source. Those of another source than a forecast is made from say only what
                changed on them (`frontcast.verify.line.truth_map`).
            theatre: the ground; forecasts of other theatres are passed over.
            now: datetime64[s] UTC; maps that became known later are not looked at.

        Raises:
            LedgerError: where the ledger is not what it was, or the ground is not the one that was forecast.
        """
        found: list[dict[str, Any]] = []
        with self._locked():
            entries = self.entries()
            known = series.known_by(now)
            done = {
                (entry.content["issued"], entry.content["lead_days"], entry.content["judge"])
                for entry in entries
                if entry.kind == "scored"
            }
            for entry in entries:
                if entry.kind != "issued" or entry.content["theatre"] != theatre.name:
                    continue
                init_time = _time(entry.content["init_time"])
                due = [
                    lead
                    for lead in entry.content["lead_days"]
                    if (entry.number, lead, series.source) not in done and _reaches(known, init_time + lead * DAY, now)
                ]
                if not due:
                    continue
                if entry.content["made_from"].get("theatre_sha256", theatre.fingerprint) != theatre.fingerprint:
                    raise LedgerError(
                        f"{self.path}, entry {entry.number}: it was made on another version of the ground of "
                        f"{theatre.name}. Score it with the frontcast that issued it."
                    )
                start = self.start(entry)
                own = entry.content["source"] == series.source
                truths = {
                    lead: truth_map(known, init_time, init_time + lead * DAY, start.initial, own=own) for lead in due
                }
                maps = [truths[lead][0] if lead in truths else None for lead in start.lead_days]
                scores = judge(start, maps, theatre)
                for lead in due:
                    truth, known_at = truths[lead]
                    found.append(
                        {
                            "scored_at": _text(now),
                            "issued": entry.number,
                            "lead_days": lead,
                            "judge": series.source,
                            "truth_known_at": None if truth is None else _text(known_at),
                            "scores": {} if truth is None else plain_scores(scores.sel(lead_days=lead)),
                        }
                    )
            return self._add("scored", found)

    def _add(self, kind: Literal["issued", "scored"], contents: Sequence[dict[str, Any]]) -> list[Entry]:
        """Write entries at the end, all of them or none."""
        entries = self.entries()
        before, added, lines = entries[-1] if entries else None, [], []
        for number, content in enumerate(contents, start=len(entries)):
            frame = {"format": FORMAT, "number": number, "kind": kind}
            raw = frame | {"previous": NOTHING if before is None else before.sha256} | content
            raw["sha256"] = _digest(raw)
            line = json.dumps(raw, sort_keys=True, allow_nan=False) + "\n"
            entry = _entry(raw)
            if before is not None and entry.written_at < before.written_at:
                raise LedgerError(
                    f"{self.path}: nothing can be added with the time {entry.written_at}, which is before that of the "
                    f"last entry ({before.written_at})."
                )
            added.append(entry)
            lines.append(line)
            before = entry
        if before is None or not added:
            return []
        try:
            with (self.path / ENTRIES).open("r+b") as file:
                kept = sum(len(one) + 1 for one in file.read().split(b"\n")[: len(entries)])
                file.seek(kept)
                file.truncate()  # what an append left that was broken off
                file.write("".join(lines).encode())
                file.flush()
                os.fsync(file.fileno())
            _write(self.path / HEAD, f"{before.number + 1} {before.sha256}\n".encode())
        except OSError as error:
            raise LedgerError(f"{self.path} cannot be written: {error.strerror or error}.") from error
        return added

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, on one machine."""
        try:
            with (self.path / ENTRIES).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise LedgerError(f"{self.path} cannot be written: {error.strerror or error}.") from error


def plain_scores(scores: xr.Dataset) -> dict[str, Any]:
    """The scores of one start and lead as plain JSON: by method, numbers by name, those of cells by distance in km."""
    return {
        str(name): {
            str(key): (
                {
                    _km(within): _number(one)
                    for within, one in zip(scores["within_km"].values, value.values, strict=True)
                }
                if "within_km" in value.dims
                else _number(value.item())
            )
            for key, value in scores.sel(forecaster=name).drop_vars("own_members").data_vars.items()
            if "forecaster" in scores[key].dims and "bin" not in value.dims
        }
        for name in scores["forecaster"].values
    } | {
        "ground": {
            str(key): (
                {
                    _km(within): _number(one)
                    for within, one in zip(scores["within_km"].values, value.values, strict=True)
                }
                if "within_km" in value.dims
                else _number(value.item())
            )
            for key, value in scores.data_vars.items()
            if "forecaster" not in value.dims
        }
    }


def _km(within: float) -> str:
    return "all" if math.isinf(within) else f"{within:g}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _reaches(series: ControlSeries, valid_time: np.datetime64, now: np.datetime64) -> bool:
    return bool(
        valid_time <= now
        and len(series)
        and series.known_at[-1].astype("datetime64[D]") >= valid_time.astype("datetime64[D]")
    )


def _digest(raw: Mapping[str, Any]) -> str:
    content = {key: value for key, value in raw.items() if key != "sha256"}
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    ).hexdigest()


def _follow(line: str, number: int, previous: str) -> Entry | str:
    """The entry in a line, or what is wrong with it, given its number and the hash of the one before."""
    try:
        raw = json.loads(line)
        whole = raw["sha256"] == _digest(raw)
    except (ValueError, KeyError, TypeError) as error:
        return f"is no entry ({error})"
    if not whole:
        return "was edited, its hash is not that of its content"
    if raw["previous"] != previous or raw["number"] != number:
        return "does not follow the line before it: entries were deleted, added or put in another order"
    if raw["format"] != FORMAT:
        return f"is of format {raw['format']}, this frontcast reads {FORMAT}"
    return _entry(raw)


def _entry(raw: Mapping[str, Any]) -> Entry:
    content = {key: value for key, value in raw.items() if key not in _FRAME}
    return Entry(raw["number"], raw["kind"], content, raw["previous"], raw["sha256"])


_FRAME: Final = ("format", "number", "kind", "previous", "sha256")


def _changed(file: Path) -> str | None:
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return f"its forecast {file.name} cannot be read ({error.strerror})"
    return None if digest == file.stem else f"its forecast {file.name} was changed: its content has another hash"


def _write(file: Path, content: bytes) -> None:
    """A whole file or none."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with fresh.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def _text(time: np.datetime64) -> str:
    return f"{time.astype('datetime64[s]')}Z"


def _time(text: str) -> np.datetime64:
    return np.datetime64(text.removesuffix("Z"), "s")
