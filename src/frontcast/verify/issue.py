"""Issuing a forecast: what it says and what simpler methods say beside it, as an entry for the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from frontcast.errors import FrontcastError
from frontcast.forecast import EnsembleResult, ForecastConfig
from frontcast.forecast.product import run_record
from frontcast.picture import Picture
from frontcast.picture.line import DAY
from frontcast.store.series import ControlSeries
from frontcast.verify.forecaster import Factory, Setup
from frontcast.verify.judge import divisions
from frontcast.verify.ledger import OURS, IssuedForecast
from frontcast.verify.said import Said, gather, said_by_members

BESIDE: Final = ("persistence", "climatology", "booster")
"""Methods that stand beside every issued forecast."""


def issue(
    series: ControlSeries,
    picture: Picture,
    config: ForecastConfig,
    result: EnsembleResult,
    issued_at: np.datetime64,
    methods: Mapping[str, Factory],
) -> IssuedForecast:
    """A forecast with the simpler methods beside it.

    Args:
        series: the maps; what became known after the start is not looked at.
        picture, config, result: of the forecast, as `frontcast.forecast.forecast` makes them.
        issued_at: datetime64[s] UTC.
        methods: `FORECASTERS`, from which those of `BESIDE` are made, fitted on what was known a day before the start.
    """
    theatre, init_time, leads = picture.theatre, picture.init_time, result.lead_days
    known = series.known_by(init_time)
    said = {OURS: said_by_members(result, picture)}
    left_out = {}
    setup = Setup(leads, config.members, config.seed)
    for name in BESIDE:
        method = methods[name](setup)
        try:
            method.fit(series.known_by(init_time - DAY), theatre, init_time - DAY)
            said[name] = Said(method.hold_probability(known, theatre, init_time, leads))
        except FrontcastError as error:
            left_out[name] = str(error)
    initial = known.at(init_time)
    start = gather(said, initial, theatre, init_time, leads, divisions(initial, theatre))
    # what is the same for any number of them does not belong into each entry
    made_from = {key: value for key, value in run_record(config, picture, series).items() if key != "push_prior"}
    return IssuedForecast(issued_at, theatre.name, series.source, start, made_from, left_out)


def with_members(config: ForecastConfig) -> ForecastConfig:
    """The same forecast with each member's control kept, which the scores of area need; its numbers are the same."""
    return config.model_copy(update={"keep_members": True})


def without_members(result: EnsembleResult) -> EnsembleResult:
    """The same ensemble without each member's control."""
    return replace(result, member_control=None)
