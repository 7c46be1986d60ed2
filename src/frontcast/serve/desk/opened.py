"""What the desk has open: the theatre, and the record, opened anew whenever the file has changed.

The store is never held open: whoever pulls new maps into it needs it for itself for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from frontcast.serve.refusal import Refusal
from frontcast.serve.stamps import stamp_of
from frontcast.store import ControlSeries, Store, StoreError
from frontcast.theatre import Theatre, load_theatre

BUSY: Final = Refusal(503, "The store is being written to just now.", retry_s=5)


@dataclass
class Opened:
    """Theatre and record.

    Attributes:
        theatre_name: as given at the start. store: file of the store, None for the record that ships.
    """

    theatre_name: str
    store: Path | None
    _stamp: tuple[int, int] = (0, 0)
    _series: dict[str, ControlSeries] = field(default_factory=dict)

    @property
    def theatre(self) -> Theatre:
        """The theatre."""
        return load_theatre(self.theatre_name)

    @contextmanager
    def open(self) -> Iterator[Store]:
        """The store, for a moment.

        Raises:
            Refusal: where another program is writing to it.
        """
        try:
            held = Store.shipped(self.theatre.name) if self.store is None else Store.open(self.store, read_only=True)
        except StoreError as error:
            if "in use" in str(error):
                raise BUSY from None
            raise
        with held:
            yield held

    def stamp(self) -> tuple[int, int]:
        """What changes when the file does."""
        return (0, 0) if self.store is None else stamp_of(self.store)

    def series(self, source: str) -> ControlSeries:
        """The maps of a source, read once for each state of the file."""
        stamp = self.stamp()
        if stamp != self._stamp:
            self._series.clear()
            self._stamp = stamp
        if source not in self._series:
            with self.open() as held:
                self._series[source] = held.control(source, theatre=self.theatre.name)
        return self._series[source]

    def sources(self) -> list[str]:
        """Names of the sources that have maps."""
        with self.open() as held:
            found = held.sources()
        mine = found[(found["kind"] == "control") & (found["theatre"] == self.theatre.name)]
        return [str(name) for name in mine["source"]]


def end_of_day(date: str) -> np.datetime64:
    """The last second of a day.

    Raises:
        Refusal: where there is no such day.
    """
    try:
        return np.datetime64(date, "D") + np.timedelta64(86_399, "s")
    except ValueError:
        raise Refusal(422, f"{date} is no day.") from None
