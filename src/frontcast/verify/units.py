"""The campaign with armies as a method to be scored: `frontcast forecast --depth units`, run on what was known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from frontcast.forecast import run_ensemble
from frontcast.forecast.campaign import assemble, raise_forces
from frontcast.picture import make_picture
from frontcast.store import ControlSeries, Store
from frontcast.theatre import Theatre
from frontcast.verify.forecaster import Setup
from frontcast.verify.model import LineModel
from frontcast.verify.said import Said, said_by_members


@dataclass(frozen=True)
class StorePlace:
    """Where the order of battle is: a store's file, or None for the record that ships with a theatre."""

    path: Path | None
    theatre: str

    def open(self) -> Store:
        """The store, read only."""
        return Store.shipped(self.theatre) if self.path is None else Store.open(self.path, read_only=True)


class UnitsModel(LineModel):
    """Armies, supply and command behind the line, with the order of battle known at each start.

    Where none is known, brigades are presumed along the line, as in a forecast. The parameters of the mechanisms that
    ship were fitted on the record to 2024-06-30; they are not fitted anew for earlier starts, which they flatter.
    """

    def __init__(self, setup: Setup, without: Iterable[str] = ()) -> None:
        super().__init__(setup)
        self.without = tuple(without)
        self.name = "-without-".join(("units", *self.without))

    def say(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Said:
        """See `Forecaster`; the share of members in which b holds the cell, and the members."""
        known = series.known_by(init_time)
        picture = make_picture(known, theatre, init_time, history=self.history(known, theatre), prior=self.prior)
        with StorePlace(self.setup.store, theatre.name).open() as store:
            musters = assemble(store, known, picture)
        result = run_ensemble(
            picture,
            lead_days=lead_days,
            members=self.setup.members,
            seed=self.setup.seed,
            keep_members=True,
            forces=raise_forces(musters, max(lead_days), without=self.without),
        )
        return said_by_members(result, picture)

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> npt.NDArray[np.float32]:
        """See `Forecaster`; the share of members in which b holds the cell."""
        return self.say(series, theatre, init_time, lead_days).hold
