"""Gradient boosting on distance to the line and recent movement: the baseline to beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, near_line, signed_distance, truth_index
from frontcast.picture.squares import sums_around
from frontcast.store.series import ControlSeries
from frontcast.theatre import GREY, B, Theatre
from frontcast.verify.climatology import DistanceTable
from frontcast.verify.forecaster import past_starts

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

SHARE_KM: Final = (5, 11, 21)
"""Sides of the squares around a cell in which the ground held by b, and held by neither, is counted."""

MOVEMENT_KM: Final = (5, 13, 31)
"""Sides of the squares over which movement of the line is averaged."""

MOVEMENT_DAYS: Final = (3, 7, 14, 30)
"""Stretches of the past over which movement is measured."""

HALF_LIFE_DAYS: Final = 90.0
"""A past start counts half as much as one so many days later: a front has phases."""

HISTORY_DAYS: Final = 730
"""Older starts would count less than 0.4 % and are left out."""

TREES: Final = 100
PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,  # with more, every split on a busy machine waits for the slowest
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""Chosen, like the constants above, on the Ukrainian starts of 2023-07 to 2024-06, fitted on what lay
before. The day of the year and movement over more than 30 days made those forecasts worse: with few years to
learn from, they tell past offensives apart by date."""

DENSE_KM: Final = 8.0
KEPT_DENSE: Final = 0.25
KEPT_FAR: Final = 0.1
"""Shares of the cells closer and farther than `DENSE_KM` that are drawn to learn from, whatever became of
them. A cell drawn stands for 1 / share cells, so that probabilities stay calibrated."""


@dataclass(frozen=True)
class Examples:
    """Cells of one past start: features (cell, feature); distance in km, weight, outcome by lead (cell,)."""

    features: Floats
    distance: Floats
    weight: npt.NDArray[np.float64]
    held: dict[int, Mask]


class Booster:
    """One LightGBM model a lead, that corrects the climatology of distance by what the line did of late.

    The correction is added to the log odds. Beyond `NEAR_KM` of the line, where nothing is learnt, whoever
    holds a cell keeps it.
    """

    name = "booster"

    def __init__(self, lead_days: tuple[int, ...], seed: int) -> None:
        self.lead_days = lead_days
        self.seed = seed
        self.tables: dict[int, DistanceTable] = {}
        self.models: dict[int, lightgbm.Booster] = {}

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Learn from cells drawn near the line at past starts.

        Raises:
            FrontcastError: where no past start has a truth known by `until`.
        """
        starts = [start for start in past_starts(series, until) if until - start <= HISTORY_DAYS * DAY]
        past = [self._examples(series, theatre, start, until) for start in starts]
        for lead in self.lead_days:
            judged = [examples for examples in past if lead in examples.held]
            if not judged:
                raise FrontcastError(
                    f"the booster cannot learn {lead}-day leads from maps known by {until}: they are too few."
                )
            distance = np.concatenate([examples.distance for examples in judged])
            weight = np.concatenate([examples.weight for examples in judged])
            held = np.concatenate([examples.held[lead] for examples in judged])
            table = DistanceTable()
            table.add(distance, held, weight)
            data = lightgbm.Dataset(
                np.concatenate([examples.features for examples in judged]),
                held.astype(np.float32),
                weight=weight,
                init_score=logit(table.probability(distance)),
            )
            self.tables[lead] = table
            self.models[lead] = lightgbm.train(PARAMETERS | {"seed": self.seed}, data, TREES)

    def _examples(
        self, series: ControlSeries, theatre: Theatre, start: np.datetime64, until: np.datetime64
    ) -> Examples:
        distance = signed_distance(series.at(start), theatre)
        share = np.where(np.abs(distance) < DENSE_KM, KEPT_DENSE, KEPT_FAR)
        chance = np.random.default_rng([self.seed, int(start.astype(np.int64))])
        drawn = near_line(distance, theatre) & (chance.random(distance.shape) < share)
        truths = {lead: truth_index(series, start + lead * DAY) for lead in self.lead_days}
        return Examples(
            features(series, theatre, start, distance, drawn),
            distance[drawn],
            0.5 ** (float((until - start) / DAY) / HALF_LIFE_DAYS) / share[drawn],
            {lead: series.control(i)[drawn] == B for lead, i in truths.items() if i is not None},
        )

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Floats:
        """P(b holds), (lead_time, y, x)."""
        control = series.at(init_time)
        distance = signed_distance(control, theatre)
        band = near_line(distance, theatre)
        inputs = features(series, theatre, init_time, distance, band)
        now = np.where(theatre.land, control == B, np.nan).astype(np.float32)
        probability = np.repeat(now[None], len(lead_days), axis=0)
        for layer, lead in zip(probability, lead_days, strict=True):
            climate = logit(self.tables[lead].probability(distance[band]))
            layer[band] = expit(climate + np.asarray(self.models[lead].predict(inputs, raw_score=True, num_threads=1)))
        return probability


def features(series: ControlSeries, theatre: Theatre, time: np.datetime64, distance: Floats, cells: Mask) -> Floats:
    """What the booster looks at in each of the cells, (cell, feature) float32; nothing known after `time`.

    In order: signed `distance` at that time in km; 1 where the cell is grey; shares of the land held by b,
    then by neither, in squares of `SHARE_KM`; and for each of `MOVEMENT_DAYS` before, in squares of
    `MOVEMENT_KM`, how far the line of b went forward in km: ground gained less ground lost, by the length
    of line there now. NaN where the record does not go back so far.
    """
    control = series.at(time)
    cell_km = theatre.grid.cell_km
    grey = (control == GREY) & theatre.land
    held = (control == B) & theatre.land

    def sums(field: npt.NDArray[Any]) -> Callable[[float], Floats]:
        return sums_around(field, cells, cell_km)

    land_in, held_in, grey_in = sums(theatre.land), sums(held), sums(grey)
    columns = [distance[cells], grey[cells]]
    for side in SHARE_KM:
        land = np.maximum(land_in(side), 1)
        columns += [held_in(side) / land, grey_in(side) / land]
    # cells that touch the line lie on both sides of it, so the line is about half as many cells long
    line_in = sums((np.abs(distance) < cell_km) & theatre.land)
    line = {side: np.maximum(line_in(side) / 2, 1) for side in MOVEMENT_KM}
    for days in MOVEMENT_DAYS:
        earlier = series.known_by(time - days * DAY)
        if not len(earlier):
            columns += [np.full(int(cells.sum()), np.nan)] * len(MOVEMENT_KM)
            continue
        before = (earlier.control(len(earlier) - 1) == B) & theatre.land
        gained_in = sums(held.astype(np.int8) - before.astype(np.int8))
        columns += [gained_in(side) / line[side] * cell_km for side in MOVEMENT_KM]
    return np.stack(columns, axis=1).astype(np.float32)
