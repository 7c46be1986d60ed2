"""The campaign model as a method to be scored: the same code that makes a forecast, run on what was known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError
from frontcast.forecast import run_ensemble
from frontcast.picture import History, PushPrior, load_prior, make_picture
from frontcast.picture.fit import FIRST_START_DAYS, fit
from frontcast.store.series import ControlSeries
from frontcast.theatre import Theatre
from frontcast.verify.forecaster import Setup
from frontcast.verify.line import DAY
from frontcast.verify.said import Said, said_by_members

LEAST_WEEKS = 8
"""Weekly starts that the coefficients of the push are fitted on at the least."""


class LineModel:
    """The line model: pictures and ensembles as `frontcast forecast` makes them.

    The shipped coefficients of the push know the record up to a date. Where the period to be scored begins before that
    date, they are fitted anew on what was known before it; the other scalars are those that ship.
    """

    name = "model"

    def __init__(self, setup: Setup) -> None:
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
                f"the model cannot be fitted on what was known at {until}: it needs {FIRST_START_DAYS} days of maps and "
                f"{LEAST_WEEKS} weeks more. Start later, or leave it out: --without model."
            )
        intercept, coefficients, _ = fit(series, theatre, until)
        self.prior = self.prior.model_copy(
            update={"intercept": intercept, "coefficients": coefficients, "fitted_until": str(until)[:10]}
        )

    def say(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Said:
        """See `Forecaster`; the share of members in which b holds the cell, and the members."""
        known = series.known_by(init_time)
        # Starts share most of the maps they look back on.
        history = History(known, theatre) if self._history is None else self._history.extended(known)
        self._history = history
        picture = make_picture(known, theatre, init_time, history=history, prior=self.prior)
        result = run_ensemble(
            picture, lead_days=lead_days, members=self.setup.members, seed=self.setup.seed, keep_members=True
        )
        return said_by_members(result, picture)

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """See `Forecaster`; the share of members in which b holds the cell."""
        return self.say(series, theatre, init_time, lead_days).hold
