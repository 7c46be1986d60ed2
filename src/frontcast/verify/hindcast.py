"""Rolling hindcasts: forecasts of the past, each made only from what was known then, and how right they were.

`speak` cuts the series before it hands it to any method, for fitting as for forecasting: no method could see the
future if it tried. What was said is kept in a small form and judged apart, so that it can be judged by several maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import xarray as xr

from frontcast.errors import FrontcastError, InputError
from frontcast.picture.line import DAY, end_of_day, truth_map
from frontcast.store.series import ControlSeries
from frontcast.theatre import Theatre
from frontcast.verify.forecaster import Forecaster
from frontcast.verify.judge import WITHIN_KM, divisions, judge
from frontcast.verify.said import Said, Start, gather
from frontcast.verify.spread import Work, here

__all__ = ["WITHIN_KM", "Advance", "Hindcasts", "hindcast", "init_times", "judged", "speak"]

Advance = Callable[[str], None]
"""Told what was just done, once for each method fitted and each start forecast."""

Starts = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Hindcasts:
    """What methods said from the starts of a period.

    Attributes:
        source: whose maps they were made from.
        starts: (init_time,) datetime64[s]. lead_days: leads, days. forecasters: names, in order.
        said: by start, `Start.pack`.
        fitted_until: what the methods could learn from, by the start from which it holds.
        blank: why a method was not fitted, by name and the start from which that holds.
    """

    source: str
    starts: Starts
    lead_days: tuple[int, ...]
    forecasters: tuple[str, ...]
    said: Sequence[bytes] = field(repr=False)
    fitted_until: Mapping[np.datetime64, np.datetime64]
    blank: Mapping[tuple[str, np.datetime64], str]


def init_times(first: np.datetime64, last: np.datetime64, every_days: int) -> Starts:
    """Starts from one date to another, both included: the end of each UTC day, (init_time,) datetime64[s].

    Raises:
        InputError: where `last` is before `first` or `every_days` is not positive.
    """
    if last < first:
        raise InputError("--to", "", f"{last} is before --from {first}", "Give the later date as --to")
    if every_days < 1:
        raise InputError("--every", "", f"{every_days} is not a number of days", "Give 1 or more")
    return np.arange(end_of_day(first), end_of_day(last) + np.timedelta64(1, "s"), every_days * DAY)


def speak(
    series: ControlSeries,
    theatre: Theatre,
    forecasters: Sequence[Forecaster],
    starts: Starts,
    lead_days: tuple[int, ...],
    *,
    refit_days: int | None = None,
    skip_unfitted: bool = False,
    work: Work = here,
    advance: Advance = lambda done: None,
) -> Hindcasts:
    """Fit every method on the past of the period and let it speak from every start.

    Args:
        series: maps of one source; may hold any future, no method sees it.
        theatre: the ground.
        forecasters: the methods.
        starts: (init_time,) datetime64[s], ascending.
        lead_days: leads in days.
        refit_days: fit anew at the first start that is so many days after the last fit; without, only at the first.
            A fit sees what was known at the end of the day before its start.
        skip_unfitted: go on without a method while it cannot be fitted.
        work: what carries the starts out, see `frontcast.verify.spread`.
        advance: called after each piece of work, for a progress bar.

    Raises:
        FrontcastError: where a method cannot be fitted, or leaves land without a probability.
        NoObservationError: where no map was known at the first start.
    """
    said: list[bytes] = []
    fitted_until: dict[np.datetime64, np.datetime64] = {}
    blank: dict[tuple[str, np.datetime64], str] = {}
    for group in _groups(starts, refit_days):
        until = group[0] - DAY
        fitted_until[group[0]] = until
        known = series.known_by(until)
        fitted: list[Forecaster] = []
        for forecaster in forecasters:
            try:
                forecaster.fit(known, theatre, until)
            except FrontcastError as error:
                if not skip_unfitted:
                    raise
                blank[forecaster.name, group[0]] = str(error)
            else:
                fitted.append(forecaster)
            advance(f"{forecaster.name} fitted")
        for start, content in zip(group, work(_Speech(series, theatre, fitted, lead_days), list(group)), strict=True):
            said.append(content)
            advance(f"{start.astype('datetime64[D]')} forecast")
    names = tuple(forecaster.name for forecaster in forecasters)
    return Hindcasts(series.source, starts, lead_days, names, said, fitted_until, blank)


def judged(
    hindcasts: Hindcasts,
    series: ControlSeries,
    theatre: Theatre,
    *,
    area_error_km2: Mapping[int, float] | None = None,
) -> xr.Dataset:
    """Score what was said by the maps of a source, its own or another.

    Args:
        hindcasts: what was said. series: the maps that say what came true; another map than the one forecast from says
            only what changed on it (`truth_map`). theatre: the ground.
        area_error_km2: see `frontcast.verify.judge.judge`.

    Returns:
        What `judge` returns with a dim init_time, and `truth_known_at` (init_time, lead_days), the map that said what
        came true, NaT where none. Attributes: `fitted_until`, what the methods could learn from at the first start, and
        `judge`, the source of the maps.

    Raises:
        FrontcastError: where there is no line.
    """
    rows = []
    for start_time, content in zip(hindcasts.starts, hindcasts.said, strict=True):
        start = Start.unpack(content)
        own = series.source == hindcasts.source
        found = [
            truth_map(series, start_time, start_time + lead * DAY, start.initial, own=own)
            for lead in hindcasts.lead_days
        ]
        later, known_at = [truth for truth, _ in found], [known for _, known in found]
        row = judge(start, later, theatre, area_error_km2=area_error_km2)
        rows.append(row.assign(truth_known_at=("lead_days", known_at)))
    scores = xr.concat(rows, "init_time", join="outer", data_vars="all", coords="minimal", compat="override")
    scores = scores.reindex(forecaster=list(hindcasts.forecasters)).assign_coords(init_time=hindcasts.starts)
    order = ("forecaster", "within_km", "init_time", "lead_days", "bin", "sum")
    first = str(next(iter(hindcasts.fitted_until.values())))
    return scores.transpose(*order).assign_attrs(fitted_until=first, judge=series.source)


def hindcast(
    series: ControlSeries,
    theatre: Theatre,
    forecasters: Sequence[Forecaster],
    starts: Starts,
    lead_days: tuple[int, ...],
    *,
    advance: Advance = lambda done: None,
) -> xr.Dataset:
    """Fit every method on the past of the period, forecast from every start, and score by the maps it was made from.

    `speak` and `judged` in one; see there for what is returned and raised.
    """
    said = speak(series, theatre, forecasters, starts, lead_days, advance=advance)
    return judged(said, series, theatre)


def _groups(starts: Starts, refit_days: int | None) -> list[Starts]:
    """Starts that share one fit."""
    if refit_days is None:
        return [starts]
    groups, first = [], 0
    for index in range(1, len(starts) + 1):
        if index == len(starts) or starts[index] - starts[first] >= refit_days * DAY:
            groups.append(starts[first:index])
            first = index
    return groups


@dataclass(frozen=True)
class _Speech:
    """All it takes to let methods speak from a start, here or in another process."""

    series: ControlSeries
    theatre: Theatre
    forecasters: Sequence[Forecaster]
    lead_days: tuple[int, ...]

    def __call__(self, start: np.datetime64) -> bytes:
        known = self.series.known_by(start)
        initial = known.at(start)
        said = {}
        for forecaster in self.forecasters:
            say = getattr(forecaster, "say", None)
            if say is None:
                said[forecaster.name] = Said(forecaster.hold_probability(known, self.theatre, start, self.lead_days))
            else:
                said[forecaster.name] = say(known, self.theatre, start, self.lead_days)
        parts = divisions(initial, self.theatre)
        return gather(said, initial, self.theatre, start, self.lead_days, parts).pack()
