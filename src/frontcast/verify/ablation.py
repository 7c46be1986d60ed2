"""Taking the model apart: the same without one of its parts or sources, to see what that is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from frontcast.campaign.mechanism import Mechanism
from frontcast.picture import PushPrior
from frontcast.store.series import ControlSeries
from frontcast.theatre import Theatre
from frontcast.theatre.theatre import MobilityConfig
from frontcast.verify.calibrated import CalibratedModel
from frontcast.verify.forecaster import Factory, Setup
from frontcast.verify.model import LineModel
from frontcast.verify.said import Said
from frontcast.verify.units import UnitsModel

NEVER_MOVED: Final = 1e12
"""A weight of what is expected against which no line counts."""


def _no_tempo(prior: PushPrior) -> PushPrior:
    return prior.model_copy(update={"tempo_weight": NEVER_MOVED, "stride_weight": NEVER_MOVED})


def _without(*beginnings: str) -> Callable[[PushPrior], PushPrior]:
    """A prior whose coefficients with such names are nought."""

    def change(prior: PushPrior) -> PushPrior:
        kept = {name: 0.0 if name.startswith(beginnings) else value for name, value in prior.coefficients.items()}
        return prior.model_copy(update={"coefficients": kept})

    return change


PARTS: Final[dict[str, Callable[[PushPrior], PushPrior] | None]] = {
    "tempo": _no_tempo,
    "movement": _without("own 7", "own 28", "own 84", "enemy"),
    "grey-zone": _without("grey zone"),
    "share": _without("own share"),
    "rivers": None,
}
"""Parts of the line model: how the pace of the last weeks scales the odds; recent movement near and wide; the grey
zone; how much of the ground around is one's own; and that rivers hold a line up, which is in the ground."""


class LineModelWithout(LineModel):
    """The line model without one of `PARTS`; the others stay as they were fitted with it."""

    def __init__(self, setup: Setup, part: str) -> None:
        super().__init__(setup)
        self.part = part
        self.name = f"line-without-{part}"
        self._open: Theatre | None = None

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        """As the whole model, then take the part out."""
        super().fit(series, theatre, until)
        change = PARTS[self.part]
        if change is not None:
            self.prior = change(self.prior)

    def say(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> Said:
        """See `LineModel`."""
        if self.part != "rivers":
            return super().say(series, theatre, init_time, lead_days)
        if self._open is None:
            flat = MobilityConfig(source="open ground everywhere", lakes=theatre.config.mobility.lakes)
            self._open = replace(theatre, config=theatre.config.model_copy(update={"mobility": flat}))
        return super().say(series, self._open, init_time, lead_days)


def _line(part: str) -> Factory:
    return lambda setup: LineModelWithout(setup, part)


def _units(mechanism: str) -> Factory:
    return lambda setup: UnitsModel(setup, (mechanism,))


_MECHANISMS: Final = tuple(
    one.name.lower()
    for one in Mechanism
    if one not in (Mechanism.PUSH, Mechanism.REPORTED_FORECASTS, Mechanism.CLAIMS)  # no parts of the model
)


def _model(name: str, *variants: str, paced: bool = True) -> Factory:
    return lambda setup: CalibratedModel(setup, variants or None, paced=paced, name=name)


_SOURCES: Final = {
    "model-without-second-map": ("marks", "line"),
    "model-without-other-sources": ("line",),
}
"""Predictors that are left to the model where a source is taken away. The sets are nested: what marks of forces and the
grey zone are worth is the difference between the two."""

ABLATIONS: Final[dict[str, Factory]] = {
    **{name: _model(name, *variants) for name, variants in _SOURCES.items()},
    "model-without-pace": _model("model-without-pace", paced=False),
    **{f"line-without-{part}": _line(part) for part in PARTS},
    **{f"units-without-{name}": _units(name) for name in _MECHANISMS},
}
"""Methods that are another without one of its parts; for `frontcast verify --with`."""
