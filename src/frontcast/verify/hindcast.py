"""Rolling hindcasts: forecasts of the past, each made only from what was known then, and how right they were.

`hindcast` cuts the series before it hands it to any method, for fitting as for forecasting: no method could
see the future if it tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from frontcast.errors import FrontcastError, InputError
from frontcast.picture.line import CLOSE_KM, DAY, NEAR_KM, end_of_day, signed_distance, truth_index
from frontcast.store.series import ControlSeries
from frontcast.theatre import B, Theatre
from frontcast.verify.forecaster import Forecaster
from frontcast.verify.scores import brier, log_score

WITHIN_KM: Final = (NEAR_KM, CLOSE_KM)
"""Scores are means over the land within these distances of the initial line."""

Advance = Callable[[str], None]
"""Told what was just done, once for each method fitted and each start forecast."""


def init_times(first: np.datetime64, last: np.datetime64, every_days: int) -> npt.NDArray[np.datetime64]:
    """Starts from one date to another, both included: the end of each UTC day, (init_time,) datetime64[s].

    Raises:
        InputError: where `last` is before `first` or `every_days` is not positive.
    """
    if last < first:
        raise InputError("--to", "", f"{last} is before --from {first}", "Give the later date as --to")
    if every_days < 1:
        raise InputError("--every", "", f"{every_days} is not a number of days", "Give 1 or more")
    return np.arange(end_of_day(first), end_of_day(last) + np.timedelta64(1, "s"), every_days * DAY)


def hindcast(
    series: ControlSeries,
    theatre: Theatre,
    forecasters: Sequence[Forecaster],
    starts: npt.NDArray[np.datetime64],
    lead_days: tuple[int, ...],
    *,
    advance: Advance = lambda done: None,
) -> xr.Dataset:
    """Fit every method on the past of the period, forecast from every start, and score in space.

    Methods are fitted once, on what was known at the end of the day before the first start.

    Args:
        series: maps of one source; may hold any future, no method sees it.
        theatre: the ground.
        forecasters: the methods.
        starts: (init_time,) datetime64[s], ascending.
        lead_days: leads in days.
        advance: called after each piece of work, for a progress bar.

    Returns:
        Means over cells, weighted by area; NaN where the record cannot say what came true:

        - `brier`, `log_score` (forecaster, within_km, init_time, lead_days), the latter in nats;
        - `area_km2` (within_km, init_time, lead_days): ground scored;
        - `changed_km2` (within_km, init_time, lead_days): of it, ground that b gained or lost;
        - `truth_known_at` (init_time, lead_days): the map that said so, NaT where none.

        Attribute `fitted_until`: what the methods could learn from.

    Raises:
        FrontcastError: where a method cannot be fitted, or leaves land near the line without a probability, or
            there is no line.
        NoObservationError: where no map was known at the first start.
    """
    until = starts[0] - DAY
    for forecaster in forecasters:
        forecaster.fit(series.known_by(until), theatre, until)
        advance(f"{forecaster.name} fitted")
    rows = []
    for start in starts:
        rows.append(_score_start(series, theatre, forecasters, start, lead_days))
        advance(f"{start.astype('datetime64[D]')} forecast and scored")
    scores = xr.concat(rows, "init_time").transpose("forecaster", "within_km", "init_time", "lead_days")
    return scores.assign_coords(init_time=starts).assign_attrs(fitted_until=str(until))


def _score_start(
    series: ControlSeries,
    theatre: Theatre,
    forecasters: Sequence[Forecaster],
    start: np.datetime64,
    lead_days: tuple[int, ...],
) -> xr.Dataset:
    known = series.known_by(start)
    initial = known.at(start)
    distance = np.abs(signed_distance(initial, theatre))
    band = (distance < max(WITHIN_KM)) & theatre.land
    if not band.any():
        raise FrontcastError(f"side b has no line to score on the map of {known.source} known at {start}.")
    truths = [truth_index(series, start + lead * DAY) for lead in lead_days]
    later = [initial if truth is None else series.control(truth) for truth in truths]
    names = [forecaster.name for forecaster in forecasters]
    said = [
        _checked(forecaster.hold_probability(known, theatre, start, lead_days)[:, band], forecaster, start)
        for forecaster in forecasters
    ]
    probability = xr.DataArray(
        np.stack(said),
        {"forecaster": names, "lead_days": list(lead_days)},
        ("forecaster", "lead_days", "cell"),
    )
    held = xr.DataArray([control[band] == B for control in later], dims=("lead_days", "cell"))
    changed = held != xr.DataArray(initial[band] == B, dims="cell")
    inside = [distance[band] < limit for limit in WITHIN_KM]
    within = xr.DataArray(inside, {"within_km": list(WITHIN_KM)}, ("within_km", "cell"))
    area = within * theatre.grid.cell_area_km2
    judged = xr.DataArray([truth is not None for truth in truths], dims="lead_days")
    no_map = np.datetime64("NaT", "s")
    return (
        xr.Dataset(
            {
                "brier": brier(probability, held, area),
                "log_score": log_score(probability, held, area),
                "area_km2": area.sum("cell"),
                "changed_km2": (changed * area).sum("cell"),
            }
        )
        .where(judged)
        .assign(
            truth_known_at=(
                "lead_days",
                [no_map if truth is None else series.known_at[truth].astype("M8[s]") for truth in truths],
            )
        )
    )


def _checked(
    probability: npt.NDArray[np.float32], forecaster: Forecaster, start: np.datetime64
) -> npt.NDArray[np.float32]:
    wrong = ~((probability >= 0) & (probability <= 1))  # catches NaN as well
    if wrong.any():
        raise FrontcastError(
            f"{forecaster.name} gave {int(wrong.sum())} cells near the line no probability at {start}."
        )
    return probability
