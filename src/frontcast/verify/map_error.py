"""How far two careful maps differ in the ground they show gained: the error of observation of a gain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY, NEAR_KM, signed_distance, truth_index
from frontcast.store.series import ControlSeries, NoObservationError
from frontcast.theatre import B, Theatre

LOOKED_BACK_DAYS = 365
"""Starts of the year before the period are looked at, one a week."""


def area_error(
    series: ControlSeries, other: ControlSeries, theatre: Theatre, until: np.datetime64, lead_days: tuple[int, ...]
) -> dict[int, float]:
    """Standard deviation of the error of the net gain within a lead that one map shows, km², by lead.

    Two maps of the same front; where neither is better, each bears half the variance of their difference. Only land
    within 25 km of the first map's line counts, where the second shows no ground that others held long ago.

    Args:
        series, other: the maps. until: what became known later is not looked at. lead_days: leads, days.

    Raises:
        FrontcastError: where the two share no start.
    """
    known, beside = series.known_by(until), other.known_by(until)
    apart: dict[int, list[float]] = {lead: [] for lead in lead_days}
    for start in np.arange(until - LOOKED_BACK_DAYS * DAY, until, 7 * DAY):
        try:
            ground = known.at(start)
        except NoObservationError:
            continue
        near = (np.abs(signed_distance(ground, theatre)) < NEAR_KM) & theatre.land
        first = [_held(one, start, near) for one in (known, beside)]
        for lead in lead_days:
            then = [_held(one, start + lead * DAY, near) for one in (known, beside)]
            if all(one is not None for one in (*first, *then)):
                gains = [after - before for before, after in zip(first, then, strict=True)]  # type: ignore[operator]
                apart[lead].append(gains[0] - gains[1])
    found = {
        lead: float(np.std(values) / np.sqrt(2) * theatre.grid.cell_area_km2)
        for lead, values in apart.items()
        if len(values) > 1
    }
    if not found:
        raise FrontcastError(f"{series.source} and {other.source} share no start before {until} to be compared at.")
    return found


def _held(series: ControlSeries, time: np.datetime64, near: npt.NDArray[np.bool_]) -> int | None:
    """Cells near the line that b holds on the map that says what was true then."""
    index = truth_index(series, time)
    return None if index is None else int((series.control(index)[near] == B).sum())
