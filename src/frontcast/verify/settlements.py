"""What the maps show of places, day by day: the judge of what was claimed about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from frontcast.errors import FrontcastError
from frontcast.store.place_history import NEWEST_DAYS
from frontcast.store.series import ControlSeries
from frontcast.theatre import GREY, MASKED, A, B, Grid

FAR_KM: Final = 30.0
"""Distances to the line are not told apart beyond this."""

_AROUND: Final = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1))

Days = npt.NDArray[np.datetime64]
UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class History:
    """Who the maps show in each of some places, on every calendar day from the first map to the last.

    Attributes:
        days: (day,) datetime64[D].
        map_of: (day,) index of the map that describes the day, -1 where none of the last `NEWEST_DAYS` does.
        holder: (map, place) uint8, A, GREY or B: what most land cells within one cell of the place show, its own
            cell where they are even; MASKED where there is no land.
        line_km: (map, place) float32, distance of the place to the nearest cell of the line or the grey zone, at
            most `FAR_KM`.
        cell: (place, 2) row and column of each place, -1 off the grid.
    """

    days: Days
    map_of: npt.NDArray[np.int64] = field(repr=False)
    holder: UInt8 = field(repr=False)
    line_km: npt.NDArray[np.float32] = field(repr=False)
    cell: npt.NDArray[np.int64] = field(repr=False)

    def day(self, date: np.datetime64) -> int:
        """Index of a date in `days`; it may lie outside them."""
        return int((date.astype("datetime64[D]") - self.days[0]).astype(int))

    def map_on(self, day: int) -> int:
        """Index of the map that describes a day, -1 where none does."""
        return int(self.map_of[day]) if 0 <= day < len(self.days) else -1


def history(
    maps: Sequence[ControlSeries],
    grid: Grid,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    *,
    since: np.datetime64 | None = None,
    until: np.datetime64 | None = None,
) -> History:
    """What the maps show of some places.

    Args:
        maps: the judges, the first in the lead: the second counts only for the days before the first begins, and
            so on.
        grid: of the maps.
        lon, lat: (place,) degrees.
        since: days before this are not looked at.
        until: maps that became known after this moment are not looked at.

    Raises:
        FrontcastError: where no map is left.
    """
    chosen = [one for one in chosen_maps(maps, until) if since is None or one[2] >= since.astype("datetime64[D]")]
    if not chosen:
        raise FrontcastError("there is no map to judge claims by: no map describes a day on which one could be true.")
    row, column = grid.cell_of(lon, lat)
    around = [_cells(grid, row + down, column + right, row >= 0) for down, right in _AROUND]
    points = np.stack([row, column], axis=1).astype(float)
    holder = np.empty((len(chosen), len(row)), np.uint8)
    line_km = np.empty((len(chosen), len(row)), np.float32)
    for index, (series, number, _) in enumerate(chosen):
        if index and (before := chosen[index - 1])[0] is series and _same(series, before[1], number):
            holder[index], line_km[index] = holder[index - 1], line_km[index - 1]
            continue
        control = series.control(number)
        flat = np.append(control.ravel(), np.uint8(MASKED))
        holder[index] = _majority(np.stack([flat[cells] for cells in around]))
        line_km[index] = _line_distance(control, points, FAR_KM / grid.cell_km) * grid.cell_km
    described = np.array([day for *_, day in chosen], "datetime64[D]")
    days = np.arange(described[0], described[-1] + 1)
    map_of = np.searchsorted(described, days, side="right") - 1
    map_of[(days - described[map_of]).astype(int) > NEWEST_DAYS] = -1
    return History(days, map_of, holder, np.minimum(line_km, FAR_KM), np.stack([row, column], axis=1))


def chosen_maps(
    maps: Sequence[ControlSeries], until: np.datetime64 | None = None
) -> list[tuple[ControlSeries, int, np.datetime64]]:
    """The maps used (series, index, day), in order of the day they describe: of each day the version known first."""
    chosen: dict[np.datetime64, tuple[ControlSeries, int, np.datetime64]] = {}
    begins = np.datetime64("9999-12-31")
    for series in maps:
        seen = series if until is None else series.known_by(until)
        described = seen.valid_time.astype("datetime64[D]")
        for number, day in enumerate(described):
            if day < begins:
                chosen.setdefault(day, (series, number, day))
        begins = min([begins, *described[:1]])
    return [chosen[day] for day in sorted(chosen)]


def _same(series: ControlSeries, first: int, second: int) -> bool:
    (lengths, values), (other_lengths, other_values) = series.runs[first], series.runs[second]
    return np.array_equal(lengths, other_lengths) and np.array_equal(values, other_values)


def _cells(
    grid: Grid, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Flat index of each cell; one past the end, where a masked cell waits, for those off the grid."""
    inside = known & (row >= 0) & (row < grid.ny) & (column >= 0) & (column < grid.nx)
    return np.where(inside, row * grid.nx + column, grid.ny * grid.nx)


def _majority(around: UInt8) -> UInt8:
    """The value most cells have, (cell, place) to (place,); the middle one breaks ties."""
    values = np.array([A, GREY, B], np.uint8)
    votes = (around[None] == values[:, None, None]).sum(axis=1) * 2
    votes += around[len(around) // 2] == values[:, None]
    return np.where(votes.any(axis=0), values[votes.argmax(axis=0)], np.uint8(MASKED))


def _line_distance(control: UInt8, points: npt.NDArray[np.float64], far: float) -> npt.NDArray[np.float32]:
    """Cells from each (row, column) to the nearest cell that is grey or has the other side beside it; inf beyond far."""
    line = control == GREY
    for axis in (0, 1):
        here, there = (control[:-1], control[1:]) if axis == 0 else (control[:, :-1], control[:, 1:])
        meet = ((here == A) & (there == B)) | ((here == B) & (there == A))
        if axis == 0:
            line[:-1] |= meet
            line[1:] |= meet
        else:
            line[:, :-1] |= meet
            line[:, 1:] |= meet
    cells = np.argwhere(line)
    if not len(cells):
        return np.full(len(points), np.inf, np.float32)
    return np.asarray(cKDTree(cells).query(points, distance_upper_bound=far)[0], np.float32)


@dataclass(frozen=True)
class MapLag:
    """How far apart in time two maps show the same settlements change hands.

    Attributes:
        settlements: settlements that came into a side's hands exactly once on each map, into the same side's.
        median_days: by how many days the second map trails the first; negative where it is ahead.
        apart_days: quantiles of the number of days between them, whichever is first.
        share_within: share of the settlements that the maps show within `within_days` of each other.
        within_days: see `share_within`.
    """

    settlements: int
    median_days: float
    apart_days: dict[float, float]
    within_days: int
    share_within: float


def map_lag(
    first: ControlSeries,
    second: ControlSeries,
    grid: Grid,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    *,
    within_days: int,
    until: np.datetime64 | None = None,
) -> MapLag:
    """Measure the lag between two maps over the settlements at `lon`, `lat`, on the days that both describe."""
    seen = [history([series], grid, lon, lat, until=until) for series in (first, second)]
    begin, end = max(one.days[0] for one in seen), min(one.days[-1] for one in seen)
    lags = []
    for side in (A, B):
        turns = []
        for one in seen:
            span = one.map_of[one.day(begin) : one.day(end) + 1]
            held = one.holder[np.maximum(span, 0)] == side
            entered = ~held[:-1] & held[1:]
            turns.append((entered.sum(axis=0) == 1, entered.argmax(axis=0)))
        (once, when), (other_once, other_when) = turns
        both = once & other_once
        lags.append((other_when - when)[both])
    lag = np.concatenate(lags)
    apart = np.abs(lag)
    return MapLag(
        len(lag),
        float(np.median(lag)) if len(lag) else float("nan"),
        {q: float(np.quantile(apart, q)) if len(lag) else float("nan") for q in (0.5, 0.75, 0.8, 0.9, 0.95)},
        within_days,
        float((apart <= within_days).mean()) if len(lag) else float("nan"),
    )
