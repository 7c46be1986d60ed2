"""Observations on their way into the store: checked one by one, written all together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from frontcast.errors import InputError
from frontcast.observe.types import ControlMap, Provenance, Read, ReadWarning, UnitSighting
from frontcast.store.schema import MARKED
from frontcast.store.series import encode_runs
from frontcast.theatre import Theatre

MapKey = tuple[str, np.datetime64, np.datetime64]
"""Source, valid_time and known_at of a map: there is one map for each."""

_CLOCK_SLACK: Final = np.timedelta64(1, "D")  # a daily map is known at the end of its day: perhaps tonight


@dataclass
class Ingested:
    """What one ingest did.

    Attributes:
        files: files that brought anything new.
        maps, sightings: rows added.
        maps_known, sightings_known: rows the store held already, or that were given twice.
        warnings: what the readers and the store left out.
    """

    files: int = 0
    maps: int = 0
    maps_known: int = 0
    sightings: int = 0
    sightings_known: int = 0
    warnings: list[ReadWarning] = field(default_factory=list)


class Batch:
    """Observations of one ingest, checked as they come, until all of them can be written at once."""

    def __init__(self, theatre: Theatre, held: dict[MapKey, str], first_file_id: int) -> None:
        self.done = Ingested()
        self._theatre, self._held, self._first_file_id = theatre, held, first_file_id
        self._now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "s")
        self._file_ids: dict[Provenance, int] = {}
        self._maps: list[tuple[Any, ...]] = []
        self._sightings: list[tuple[Any, ...]] = []

    def add(self, read: Read) -> None:
        """Take one observation, or keep one warning. Raises InputError where an observation is impossible."""
        if isinstance(read, ReadWarning):
            self.done.warnings.append(read)
            return
        if read.known_at < read.valid_time:
            problem = f"known at {read.known_at}, before the time it describes, {read.valid_time}"
            raise InputError(read.provenance.file, "", problem, "A source cannot know what is still to come")
        if read.known_at > self._now + _CLOCK_SLACK:
            problem = f"the date {read.known_at} lies in the future"
            raise InputError(read.provenance.file, "", problem, "Check the file's date and this machine's clock")
        if isinstance(read, ControlMap):
            self._add_map(read)
        else:
            self._add_sighting(read)

    def _add_map(self, chart: ControlMap) -> None:
        provenance, shape = chart.provenance, self._theatre.grid.shape
        if chart.control.shape != shape:
            problem = f"a map of {chart.control.shape} cells"
            raise InputError(provenance.file, "", problem, f"The grid of {self._theatre.name} has {shape}")
        key = (provenance.source, chart.valid_time, chart.known_at)
        held = self._held.get(key)
        if held is None:
            self._held[key] = provenance.sha256
            self._maps.append((*key, *encode_runs(chart.control), self._file_id(provenance)))
        elif held == provenance.sha256:
            self.done.maps_known += 1
        else:
            problem = f"another map of {provenance.source} for {chart.valid_time} is held already; left out"
            self.done.warnings.append(ReadWarning(provenance.file, "", problem))

    def _add_sighting(self, seen: UnitSighting) -> None:
        if seen.side not in ("a", "b"):
            raise InputError(seen.provenance.file, seen.unit, f"the side '{seen.side}'", "A side is a or b")
        marked = [getattr(seen, column) for column in MARKED]
        known = [None if isinstance(value, float) and np.isnan(value) else value for value in marked]
        when = (seen.provenance.source, seen.valid_time, seen.known_at)
        self._sightings.append((*when, *known, self._file_id(seen.provenance)))

    def _file_id(self, provenance: Provenance) -> int:
        return self._file_ids.setdefault(provenance, self._first_file_id + len(self._file_ids))

    def maps(self) -> pa.Table:
        """Rows for `control_map`."""
        names = ("source", "valid_time", "known_at", "run_length", "run_value", "file_id")
        return self._table(names, self._maps)

    def sightings(self) -> pa.Table:
        """Rows for `unit_sighting`."""
        return self._table(("source", "valid_time", "known_at", *MARKED, "file_id"), self._sightings)

    def files(self) -> pa.Table:
        """Rows for `source_file`."""
        rows = [(number, file.source, file.file, file.sha256, self._now) for file, number in self._file_ids.items()]
        return self._table(("id", "source", "file", "sha256", "ingested_at"), rows)

    def _table(self, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> pa.Table:
        columns = [pa.array(column) for column in zip(*rows, strict=True)] or [pa.nulls(0)] * len(names)
        return pa.table([pa.array([self._theatre.name] * len(rows)), *columns], names=["theatre", *names])
