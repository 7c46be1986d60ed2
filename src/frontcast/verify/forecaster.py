"""What a forecasting method must offer to be scored beside the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from frontcast.picture.line import DAY, end_of_day
from frontcast.store.series import ControlSeries
from frontcast.theatre import Theatre

FIT_EVERY_DAYS: Final = 6
"""Days between the past starts that a method learns from; not a week, so that no weekday is favoured."""


class Forecaster(Protocol):
    """One way to say who will hold what."""

    @property
    def name(self) -> str:
        """Short name, as in the tables of scores."""
        ...

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Learn from the past: `series` holds only what was known at `until`.

        Raises:
            FrontcastError: where that past is too short to learn from.
        """
        ...

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """P(the map will show the cell as held by side b), (lead_time, y, x) float32; NaN off the land.

        `series` holds only what was known at `init_time`. `fit` was called before, with an earlier time.

        A method with members may offer, beside this, `say` with the same arguments: it gives a `Said`, the probabilities
        and the members together, and is called instead.
        """
        ...


@dataclass(frozen=True)
class Setup:
    """What a method is made from: the leads it will be asked for, in days; ensemble members; seed; and where the order
    of battle is, a store's file, or None for the record that ships.

    Methods that need no members, no chance or no armies pass over them.
    """

    lead_days: tuple[int, ...]
    members: int
    seed: int
    store: Path | None = None


Factory = Callable[[Setup], Forecaster]


def past_starts(series: ControlSeries, until: np.datetime64) -> Iterator[np.datetime64]:
    """Starts to learn from, every `FIT_EVERY_DAYS` from the first map of the series to `until`, ascending."""
    if len(series):
        yield from np.arange(end_of_day(series.known_at[0]), until, FIT_EVERY_DAYS * DAY)
