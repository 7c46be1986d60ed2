"""A calibrated blend: what other methods say, weighted by how they did in hindcasts of the year before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, NEAR_KM, signed_distance, truth_index
from frontcast.store.series import ControlSeries
from frontcast.theatre import B, Theatre
from frontcast.verify.forecaster import Factory, Forecaster, Setup

LEARNT_FROM_DAYS: Final = 365
EVERY_DAYS: Final = 28
"""The weights are learnt from hindcasts so far back and so far apart, by methods fitted before the first of them."""

LEAST_STARTS: Final = 4
CLIP: Final = 1e-4
"""Chances are not taken as surer than this before their log odds are added."""


class Blend:
    """Log odds of several methods, added with weights that a logistic regression found for each lead.

    There is no constant: the blend may be surer or less sure than its parts, and trust one more than the other, but it
    has no favourite side. Where all parts are certain of the same, so is the blend.
    """

    name = "blend"

    def __init__(self, setup: Setup, parts: Mapping[str, Factory]) -> None:
        self.setup = setup
        self.parts: list[Forecaster] = [make(setup) for make in parts.values()]
        self.weights: dict[int, npt.NDArray[np.float64]] = {}

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Fit the parts on what was known a year ago, let them forecast since, weigh them, and fit them anew.

        Raises:
            FrontcastError: where the past is too short for that.
        """
        starts = np.arange(until - LEARNT_FROM_DAYS * DAY, until, EVERY_DAYS * DAY)
        before = starts[0] - DAY
        if not len(series.known_by(before)):
            raise FrontcastError(
                f"the blend cannot be fitted on what was known at {until}: it needs maps of more than {LEARNT_FROM_DAYS} "
                "days. Start later, or leave it out: --without blend."
            )
        for part in self.parts:
            part.fit(series.known_by(before), theatre, before)
        odds: dict[int, list[npt.NDArray[np.float32]]] = {lead: [] for lead in self.setup.lead_days}
        held: dict[int, list[npt.NDArray[np.bool_]]] = {lead: [] for lead in self.setup.lead_days}
        for start in starts:
            truths = {lead: truth_index(series, start + lead * DAY) for lead in self.setup.lead_days}
            known = series.known_by(start)
            band = (np.abs(signed_distance(known.at(start), theatre)) < NEAR_KM) & theatre.land
            said = self._said(known, theatre, start, self.setup.lead_days, band)
            for index, (lead, truth) in enumerate(truths.items()):
                if truth is not None:
                    odds[lead].append(said[:, index].T)
                    held[lead].append(series.control(truth)[band] == B)
        for lead in self.setup.lead_days:
            if len(odds[lead]) < LEAST_STARTS:
                raise FrontcastError(
                    f"the blend cannot learn {lead}-day leads from maps known by {until}: they are too few."
                )
            model = LogisticRegression(fit_intercept=False, C=1e6, max_iter=200)
            model.fit(np.concatenate(odds[lead]), np.concatenate(held[lead]))
            self.weights[lead] = model.coef_[0]
        for part in self.parts:
            part.fit(series, theatre, until)

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """P(b holds), (lead_time, y, x)."""
        layers = np.stack([part.hold_probability(series, theatre, init_time, lead_days) for part in self.parts])
        probability = layers[0].copy()
        for index, lead in enumerate(lead_days):
            doubted = theatre.land & ~((layers[:, index] == 0).all(axis=0) | (layers[:, index] == 1).all(axis=0))
            probability[index][doubted] = expit(self.weights[lead] @ _odds(layers[:, index][:, doubted]))
        return probability

    def _said(
        self,
        series: ControlSeries,
        theatre: Theatre,
        start: np.datetime64,
        lead_days: Sequence[int],
        cells: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.float32]:
        """Log odds of the parts, (part, lead_time, cell)."""
        leads = tuple(lead_days)
        return np.stack([_odds(part.hold_probability(series, theatre, start, leads)[:, cells]) for part in self.parts])


def _odds(chance: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(logit(np.clip(chance, CLIP, 1 - CLIP)), np.float32)
