"""How long a battle was fought, from the active periods of CDB90."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]

PERIODS: Final = 10
"""Active periods that CDB90 has columns for."""

COLUMNS: Final = tuple(
    f"ATP{end}{part}{number}" for number in range(1, PERIODS + 1) for end in "BE" for part in ("YR", "MN", "DA", "HR")
)


def days_and_hours(numbers: pd.DataFrame) -> tuple[Array, Array]:
    """Days of fighting begun and hours of fighting, (battle,) each; NaN where no active period is dated.

    A day begun counts as one, periods add up, and there are never more days than the calendar has between the first and
    the last. Where hours are not given, whole days count. Hours from 5000 on are how CDB90 writes a length without a
    time of day (5000 to 5430 are four and a half hours). The publisher's own table of durations ends at two days for
    battles without hours and is not used.
    """
    begun, hours = np.zeros(len(numbers)), np.zeros(len(numbers))
    first, last = np.full(len(numbers), np.inf), np.full(len(numbers), -np.inf)
    for period in range(1, PERIODS + 1):
        start, end = _moment(numbers, "ATPB", period, 0.0), _moment(numbers, "ATPE", period, 24.0)
        there = end > start
        begun[there] += np.ceil((end - start)[there] - 1e-6)
        hours[there] += 24.0 * (end - start)[there]
        first, last = np.where(there, np.fmin(first, start), first), np.where(there, np.fmax(last, end), last)
    dated = begun > 0
    with np.errstate(invalid="ignore"):
        calendar = np.ceil(last - 1e-6) - np.floor(first)
    return np.where(dated, np.minimum(begun, calendar), np.nan), np.where(dated, hours, np.nan)


def _moment(numbers: pd.DataFrame, prefix: str, period: int, unknown_hour: float) -> Array:
    """A beginning or end of an active period, days; NaN where not given."""
    year, month, day, clock = (numbers[f"{prefix}{part}{period}"].to_numpy(float) for part in ("YR", "MN", "DA", "HR"))
    out = np.full(len(numbers), np.nan)
    for row in np.flatnonzero((year > 1000) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)):
        hour = clock[row] % 5000.0
        known = 0.0 <= clock[row] < 7500.0 and hour <= 2400.0
        hours = hour // 100 + (hour % 100) / 60 if known else unknown_hour
        out[row] = date(int(year[row]), int(month[row]), 1).toordinal() + day[row] - 1 + hours / 24
    return out
