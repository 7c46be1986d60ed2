"""Damped drift: the line goes on as it has been going, ever more slowly, and how far off that was tells the doubt."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, NEAR_KM, signed_distance, truth_index
from frontcast.store.series import ControlSeries, NoObservationError
from frontcast.theatre import B, Theatre
from frontcast.verify.climatology import DistanceTable
from frontcast.verify.forecaster import past_starts

LOOKED_BACK_DAYS: Final = 28
SMOOTH_KM: Final = 6.0
"""Over which way along the line its speed is averaged; four times as far, nothing counts."""

DAMPING: Final = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0)
"""Shares of the undamped way that are tried for each lead."""

HISTORY_DAYS: Final = 730
HALF_LIFE_DAYS: Final = 90.0
"""As for the booster: a past start counts half as much as one so many days later, and not at all after two years."""

Floats = npt.NDArray[np.float32]


class Drift:
    """Each stretch of line goes on at the speed of the last four weeks, times a share that the past chose by lead.

    P(b holds) is how often, in the past, b held a cell at such a signed distance from where the line was expected.
    """

    name = "drift"

    def __init__(self, lead_days: tuple[int, ...]) -> None:
        self.lead_days = lead_days
        self.tables: dict[int, DistanceTable] = {}
        self.share: dict[int, float] = {}

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Choose the damping by the log score of the table it makes, on the past itself: one number a lead.

        Raises:
            FrontcastError: where no past start has a truth known by `until`.
        """
        tables = {lead: {share: DistanceTable() for share in DAMPING} for lead in self.lead_days}
        for start in past_starts(series, until):
            if until - start > HISTORY_DAYS * DAY:
                continue
            weight = 0.5 ** (float((until - start) / DAY) / HALF_LIFE_DAYS)
            truths = {lead: truth_index(series, start + lead * DAY) for lead in self.lead_days}
            if all(truth is None for truth in truths.values()):
                continue
            distance = signed_distance(series.at(start), theatre)
            band = (np.abs(distance) < NEAR_KM) & theatre.land
            speed = _speed(series, theatre, start, distance)[band]
            for lead, truth in truths.items():
                if truth is not None:
                    held = series.control(truth)[band] == B
                    for share, table in tables[lead].items():
                        table.add(distance[band] - share * lead * speed, held, np.full(len(held), weight))
        for lead, tried in tables.items():
            if not tried[0.0].cells.any():
                raise FrontcastError(
                    f"the drift cannot learn {lead}-day leads from maps known by {until}: they are too few."
                )
            self.share[lead] = min(tried, key=lambda share: _log_score(tried[share]))
            self.tables[lead] = tried[self.share[lead]]

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Floats:
        """P(b holds), (lead_time, y, x)."""
        distance = signed_distance(series.at(init_time), theatre)
        speed = _speed(series, theatre, init_time, distance)
        layers = []
        for lead in lead_days:
            expected = distance - self.share[lead] * lead * speed
            layers.append(np.where(theatre.land, self.tables[lead].probability(expected), np.nan))
        return np.stack(layers).astype(np.float32)


def _log_score(table: DistanceTable) -> float:
    """Sum of −ln P over the cells counted, in nats."""
    chance = (table.held + 0.5) / (table.cells + 1)
    return float(-(table.held * np.log(chance) + (table.cells - table.held) * np.log1p(-chance)).sum())


def _speed(series: ControlSeries, theatre: Theatre, time: np.datetime64, distance: Floats) -> Floats:
    """How fast the line of b near each cell has been going forward, (y, x) float32 in km a day; 0 far from it.

    Ground gained less ground lost around a cell, by the length of line there and the days since.
    """
    speed = np.zeros(distance.shape, np.float32)
    try:
        before = series.known_by(time - LOOKED_BACK_DAYS * DAY)
        then = before.control(len(before) - 1) if len(before) else series.control(0)
        since = min(float((time - series.known_at[0]) / DAY), LOOKED_BACK_DAYS)
    except NoObservationError:
        return speed
    if since < 1:
        return speed
    cell_km = theatre.grid.cell_km
    gained = ((series.at(time) == B).astype(np.float32) - (then == B)) * theatre.land
    line = ((np.abs(distance) < cell_km) & theatre.land).astype(np.float32) / 2
    near = np.abs(distance) < NEAR_KM
    rows, columns = (np.flatnonzero(near.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return speed
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = SMOOTH_KM / cell_km
    gain, length = (gaussian_filter(field[window], width, truncate=4) for field in (gained, line))
    speed[window] = np.where(length > 1e-4, gain / np.maximum(length, 1e-4), 0.0) * cell_km / since
    limit = np.float32(NEAR_KM / LOOKED_BACK_DAYS)  # faster, and it left the ground that is looked at
    return np.clip(speed, -limit, limit)
