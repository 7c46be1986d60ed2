"""Persistence: whoever holds a cell now will hold it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontcast.store.series import ControlSeries
from frontcast.theatre import B, Theatre


class Persistence:
    """The line stays where it is: the method that all others are measured against."""

    name = "persistence"

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Nothing to learn."""

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """1 where b holds the cell now, 0 elsewhere on land, (lead_time, y, x)."""
        now = np.where(theatre.land, series.at(init_time) == B, np.nan).astype(np.float32)
        return np.repeat(now[None], len(lead_days), axis=0)
