"""What `frontcast forecast` says, as a method to be scored: the members of the line, calibrated near it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import numpy as np

from frontcast.errors import FrontcastError
from frontcast.forecast import EnsembleResult
from frontcast.forecast.calibrate import calibrate
from frontcast.picture import Picture
from frontcast.picture.hazard import VARIANTS, Evidence, HazardModel, gather, grow, shipped_trees
from frontcast.picture.line import DAY
from frontcast.store import ControlSeries
from frontcast.theatre import Theatre
from frontcast.verify.forecaster import Setup
from frontcast.verify.model import LineModel
from frontcast.verify.units import StorePlace

FRESH_DAYS: Final = 60
"""Trees that ship are not grown anew for hindcasts that begin up to so many days after what they know."""


class CalibratedModel(LineModel):
    """The line model with the chances of the hazard near the line.

    The trees of the hazard that ship know the record up to a date. Those that know more than was known at the end of the
    day before the first start are not used. Where they know less by more than `FRESH_DAYS`, trees are grown on what was
    known, as the rivals are fitted on it; where that is too little, the members speak uncalibrated, as in a forecast.

    Args:
        setup: as for all methods.
        variants: predictors that may be used; left out, all that are known on the day.
        paced: whether the pace of the last weeks is looked up.
        name: in the tables.
    """

    def __init__(
        self, setup: Setup, variants: tuple[str, ...] | None = None, *, paced: bool = True, name: str = "model"
    ) -> None:
        super().__init__(setup)
        self.variants, self.paced, self.name = variants, paced, name
        self._hazard: HazardModel | None = None
        self._beside: Evidence | None = None

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """Take the trees that know nothing later than `until`, or grow some.

        Raises:
            FrontcastError: where the past is too short for the line model.
        """
        super().fit(series, theatre, until)
        with StorePlace(self.setup.store, theatre.name).open() as store:
            self._beside = gather(store, series, theatre)
        wanted = self.variants
        trees = [one for one in shipped_trees(theatre.name, until) if wanted is None or one.variant in wanted]
        if not trees or until - max(one.fitted_until for one in trees) > FRESH_DAYS * DAY:
            with suppress(FrontcastError):  # where too little is known, what ships, if anything does, must do
                trees = list(grow(self._beside.of(series), theatre, until, wanted or tuple(VARIANTS)).values())
        self._hazard = HazardModel(theatre, trees, paced=self.paced) if trees else None

    def calibrated(
        self, series: ControlSeries, theatre: Theatre, picture: Picture, result: EnsembleResult
    ) -> EnsembleResult:
        """The members' chances, calibrated where the hazard can say something."""
        if self._hazard is None or self._beside is None:
            return result
        outlook = self._hazard.outlook(self._beside.of(series), picture.init_time)
        return result if outlook is None else calibrate(picture, result, outlook)
