"""Logistic hazard: the log odds that a cell changes hands as a sum of what the booster looks at, and nothing cleverer."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, near_line, signed_distance, truth_index
from frontcast.picture.squares import sums_around
from frontcast.store.series import ControlSeries
from frontcast.theatre import GREY, B, Theatre
from frontcast.verify.forecaster import past_starts

Floats = npt.NDArray[np.float32]

HISTORY_DAYS: Final = 730
MOVEMENT_DAYS: Final = (7, 28, 84)
MOVEMENT_KM: Final = (9, 25)
SHARE_KM: Final = (5, 21)
KEPT: Final = 0.1
"""Share of the cells near the line that is learnt from, drawn whatever became of them."""

PENALTY: Final = 0.1
"""Inverse strength of the L2 penalty, on standardised columns."""

LEAST_CHANGES: Final = 30
"""With fewer cells that changed hands one way among those drawn, nothing is fitted."""


class Hazard:
    """Two logistic regressions a lead: that b takes a cell it has not, and that it loses one it has.

    Columns: log of the distance to the line and its square; whether the cell is grey; shares of b and of grey ground
    around; recent movement of the line over three windows and two widths, as signed square roots, and whether it
    moved at all. Beyond `NEAR_KM` of the line whoever holds a cell keeps it.
    """

    name = "hazard"

    def __init__(self, lead_days: tuple[int, ...], seed: int) -> None:
        self.lead_days = lead_days
        self.seed = seed
        self.models: dict[tuple[int, bool], Pipeline] = {}

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Learn from cells drawn near the line at the starts of the last two years.

        Raises:
            FrontcastError: where too little changed hands within a lead by `until`.
        """
        rows, before, after = [], [], []
        for start in past_starts(series, until):
            if until - start > HISTORY_DAYS * DAY:
                continue
            distance = signed_distance(series.at(start), theatre)
            chance = np.random.default_rng([self.seed, int(start.astype(np.int64))])
            drawn = near_line(distance, theatre) & (chance.random(distance.shape) < KEPT)
            truths = [truth_index(series, start + lead * DAY) for lead in self.lead_days]
            rows.append(_columns(series, theatre, start, distance, drawn))
            before.append(distance[drawn] < 0)
            after.append(
                [
                    np.full(int(drawn.sum()), np.nan) if truth is None else series.control(truth)[drawn] == B
                    for truth in truths
                ]
            )
        if not rows:
            raise FrontcastError(f"the hazard cannot learn from maps known by {until}: there are none before it.")
        columns, held = np.concatenate(rows), np.concatenate(before)
        outcome = np.concatenate([np.array(one, np.float32) for one in after], axis=1)
        for lead, came in zip(self.lead_days, outcome, strict=True):
            for side in (False, True):
                chosen = (held == side) & np.isfinite(came)
                changed = came[chosen] != side
                if changed.sum() < LEAST_CHANGES:
                    raise FrontcastError(
                        f"the hazard cannot learn {lead}-day leads from maps known by {until}: they are too few, or too "
                        "little changed hands."
                    )
                model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=500))
                self.models[lead, side] = model.fit(columns[chosen], changed)

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Floats:
        """P(b holds), (lead_time, y, x)."""
        control = series.at(init_time)
        distance = signed_distance(control, theatre)
        band = near_line(distance, theatre)
        columns = _columns(series, theatre, init_time, distance, band)
        held = distance[band] < 0
        now = np.where(theatre.land, control == B, np.nan).astype(np.float32)
        probability = np.repeat(now[None], len(lead_days), axis=0)
        for layer, lead in zip(probability, lead_days, strict=True):
            hold = np.empty(len(held), np.float32)
            for side in (False, True):
                chance = self.models[lead, side].predict_proba(columns[held == side])[:, 1]
                hold[held == side] = 1 - chance if side else chance
            layer[band] = hold
        return probability


def _columns(
    series: ControlSeries, theatre: Theatre, time: np.datetime64, distance: Floats, cells: npt.NDArray[np.bool_]
) -> Floats:
    """What the regression looks at, (cell, column) float32; nothing known after `time`."""
    control, cell_km = series.at(time), theatre.grid.cell_km
    grey, held = (control == GREY) & theatre.land, (control == B) & theatre.land
    away = np.log1p(np.abs(distance[cells]))
    columns = [away, away**2, grey[cells]]
    land_in, held_in, grey_in = (sums_around(field, cells, cell_km) for field in (theatre.land, held, grey))
    for side in SHARE_KM:
        land = np.maximum(land_in(side), 1)
        columns += [held_in(side) / land, grey_in(side) / land]
    line_in = sums_around((np.abs(distance) < cell_km) & theatre.land, cells, cell_km)
    for days in MOVEMENT_DAYS:
        earlier = series.known_by(time - days * DAY)
        before = series.control(max(len(earlier) - 1, 0))  # where the record does not go back so far, its first map
        moved_in = sums_around(held.astype(np.int8) - ((before == B) & theatre.land), cells, cell_km)
        for side in MOVEMENT_KM:
            way = moved_in(side) / np.maximum(line_in(side) / 2, 1) * cell_km
            columns += [np.sign(way) * np.sqrt(np.abs(way)), way != 0]
    return np.stack(columns, axis=1).astype(np.float32)
