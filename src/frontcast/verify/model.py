"""The line model as a method to be scored: the same code that makes a forecast, run on what was known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError
from frontcast.forecast import EnsembleResult, run_ensemble
from frontcast.picture import History, Picture, PushPrior, load_prior, make_picture
from frontcast.picture.fit import FIRST_START_DAYS, fit
from frontcast.picture.line import DAY
from frontcast.store.series import ControlSeries
from frontcast.theatre import Theatre
from frontcast.verify.forecaster import Setup
from frontcast.verify.said import Said, said_by_members

LEAST_WEEKS = 8
"""Weekly starts that the coefficients of the push are fitted on at the least."""


@dataclass(frozen=True)
class _Last:
    """The last ensemble: methods that differ in what is made of the members share them, one start after another."""

    known: ControlSeries
    theatre: Theatre
    prior: PushPrior
    asked: tuple[object, ...]
    picture: Picture
    result: EnsembleResult

    kept: ClassVar[_Last | None] = None

    def serves(self, known: ControlSeries, theatre: Theatre, prior: PushPrior, asked: tuple[object, ...]) -> bool:
        """Whether it is of the very same maps, not only of maps that look alike, and of the same choices."""
        same = len(known) == len(self.known) and all(
            one is other for one, other in zip(known.runs, self.known.runs, strict=True)
        )
        return same and theatre is self.theatre and prior == self.prior and asked == self.asked


class LineModel:
    """The members of the line model alone: pictures and ensembles as `frontcast forecast` makes them, uncalibrated.

    The shipped coefficients of the push know the record up to a date. Where the period to be scored begins before that
    date, they are fitted anew on what was known before it; the other scalars are those that ship.
    """

    def __init__(self, setup: Setup) -> None:
        self.name = "line"
        self.setup = setup
        self.prior: PushPrior = load_prior()
        self._history: History | None = None

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Use the shipped coefficients, or fit them anew where they know more than was known at `until`.

        Raises:
            FrontcastError: where the past is too short for that.
        """
        self.prior = load_prior()
        if until >= np.datetime64(self.prior.fitted_until, "D"):
            return
        weeks = ((until - series.known_at[0]) / DAY - FIRST_START_DAYS) / 7 if len(series) else 0.0
        if weeks < LEAST_WEEKS:
            raise FrontcastError(
                f"{self.name} cannot be fitted on what was known at {until}: it needs {FIRST_START_DAYS} days of maps and "
                f"{LEAST_WEEKS} weeks more. Start later, or leave it out: --without {self.name}."
            )
        intercept, coefficients, _ = fit(series, theatre, until)
        self.prior = self.prior.model_copy(
            update={"intercept": intercept, "coefficients": coefficients, "fitted_until": str(until)[:10]}
        )

    def history(self, known: ControlSeries, theatre: Theatre) -> History:
        """What the line has been doing; starts share most of the maps they look back on."""
        found = History(known, theatre) if self._history is None else self._history.extended(known)
        self._history = found
        return found

    def say(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Said:
        """See `Forecaster`; the share of members in which b holds the cell, and the members."""
        known = series.known_by(init_time)
        picture, result = self._run(known, theatre, init_time, lead_days)
        return said_by_members(self.calibrated(known, theatre, picture, result), picture)

    def _run(
        self, known: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> tuple[Picture, EnsembleResult]:
        asked = (init_time, lead_days, self.setup.members, self.setup.seed)
        last = _Last.kept
        if last is None or not last.serves(known, theatre, self.prior, asked):
            picture = make_picture(known, theatre, init_time, history=self.history(known, theatre), prior=self.prior)
            result = run_ensemble(
                picture, lead_days=lead_days, members=self.setup.members, seed=self.setup.seed, keep_members=True
            )
            last = _Last.kept = _Last(known, theatre, self.prior, asked, picture, result)
        return last.picture, last.result

    def calibrated(
        self, series: ControlSeries, theatre: Theatre, picture: Picture, result: EnsembleResult
    ) -> EnsembleResult:
        """What the members did, as it is."""
        return result

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """See `Forecaster`; the share of members in which b holds the cell."""
        return self.say(series, theatre, init_time, lead_days).hold
