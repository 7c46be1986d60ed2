"""The maps of one source through time, as the rest of the path reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError


class NoObservationError(FrontcastError):
    """Nothing was known yet at the time asked for."""


def encode_runs(control: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Run lengths and run values of a map read row by row, (n,) each."""
    flat = control.ravel()
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
    return np.diff(np.r_[starts, flat.size]).astype(np.uint32), flat[starts]


def decode_runs(
    lengths: npt.NDArray[np.uint32], values: npt.NDArray[np.uint8], shape: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """The map that `encode_runs` took apart, (y, x) uint8."""
    return np.repeat(values, lengths).reshape(shape)


Runs = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class ControlSeries:
    """Control maps of one source in the order they became known.

    Attributes:
        source: name of the source.
        shape: (ny, nx) of each map.
        valid_time, known_at: (n,) datetime64[s], UTC; `known_at` ascending.
        runs: run-length code of each map, decoded when read.
    """

    source: str
    shape: tuple[int, int]
    valid_time: npt.NDArray[np.datetime64]
    known_at: npt.NDArray[np.datetime64]
    runs: list[Runs] = field(repr=False)

    def __len__(self) -> int:
        return len(self.runs)

    def control(self, index: int) -> npt.NDArray[np.uint8]:
        """Map number `index`, (y, x) uint8 of control values."""
        return decode_runs(*self.runs[index], self.shape)

    def index_at(self, time: np.datetime64) -> int:
        """Index of the newest map known at `time`: the latest `valid_time`, and of that the latest version.

        Raises:
            NoObservationError: where no map was known yet.
        """
        known = self.valid_time[: int(np.searchsorted(self.known_at, time, side="right"))]
        if not known.size:
            first = f"the first became known at {self.known_at[0]}" if len(self) else "it holds none at all"
            raise NoObservationError(f"no map of {self.source} was known at {time}: {first}.")
        # a late correction of an old map is known last, yet the newest map stays the newest
        return known.size - 1 - int(np.argmax(known[::-1]))

    def at(self, time: np.datetime64) -> npt.NDArray[np.uint8]:
        """The newest map known at `time`, (y, x) uint8."""
        return self.control(self.index_at(time))

    def known_by(self, time: np.datetime64) -> ControlSeries:
        """Only what was known at `time`: all that a forecast from then may see."""
        n = int(np.searchsorted(self.known_at, time, side="right"))
        return ControlSeries(self.source, self.shape, self.valid_time[:n], self.known_at[:n], self.runs[:n])
