"""Climatology of distance: how often ground so far from the line changed hands in the past."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, NEAR_KM, signed_distance, truth_index
from frontcast.store.series import ControlSeries
from frontcast.theatre import B, Theatre
from frontcast.verify.forecaster import past_starts

Floats = npt.NDArray[np.float64]


class DistanceTable:
    """P(b holds a cell later | its signed distance now), in bins of 1 km to `NEAR_KM`; beyond, the outermost.

    Half a cell of either outcome is added to each bin (the Jeffreys prior): nothing is ever quite certain.
    """

    def __init__(self) -> None:
        self._bins = 2 * int(NEAR_KM)
        self.cells = np.zeros(self._bins)
        self.held = np.zeros(self._bins)

    def _bin(self, distance: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
        return np.asarray(np.clip(np.floor(distance + NEAR_KM), 0, self._bins - 1), np.intp)

    def add(
        self, distance: npt.NDArray[np.floating], held: npt.NDArray[np.bool_], weight: Floats | None = None
    ) -> None:
        """Count cells: distance in km, whether b held them later, and how much each counts; all (cell,)."""
        bins = self._bin(distance)
        weight = np.ones(len(bins)) if weight is None else weight
        self.cells += np.bincount(bins, weight, self._bins)
        self.held += np.bincount(bins, weight * held, self._bins)

    def probability(self, distance: npt.NDArray[np.floating]) -> Floats:
        """P(b holds later) of cells at these distances in km, of the same shape."""
        table = (self.held + 0.5) / (self.cells + 1)
        probability: Floats = table[self._bin(distance)]
        return probability


class Climatology:
    """Forecasts from the signed distance of a cell alone, one table for each lead."""

    name = "climatology"

    def __init__(self, lead_days: tuple[int, ...]) -> None:
        self.lead_days = lead_days
        self.tables: dict[int, DistanceTable] = {}

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Count, over past starts, the cells near the line that b held after each lead.

        Raises:
            FrontcastError: where no past start has a truth known by `until`.
        """
        self.tables = {lead: DistanceTable() for lead in self.lead_days}
        for start in past_starts(series, until):
            distance = signed_distance(series.at(start), theatre)
            band = (np.abs(distance) < NEAR_KM) & theatre.land
            for lead in self.lead_days:
                truth = truth_index(series, start + lead * DAY)
                if truth is not None:
                    self.tables[lead].add(distance[band], series.control(truth)[band] == B)
        empty = [lead for lead, table in self.tables.items() if not table.cells.any()]
        if empty:
            raise FrontcastError(
                f"climatology cannot learn {empty[0]}-day leads from maps known by {until}: they are too few."
            )

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """The share of past cells at the same distance that b held after each lead, (lead_time, y, x)."""
        distance = signed_distance(series.at(init_time), theatre)
        return np.stack(
            [np.where(theatre.land, self.tables[lead].probability(distance), np.nan) for lead in lead_days]
        ).astype(np.float32)
