"""How far two careful maps of the same front differ: the error of any one of them, measured.

What counts is the ground behind the line: all that is not connected with the largest piece of land the side
does not hold. A map that leaves out land far behind the line, as some do, does not differ there, and neither
shores nor borders nor pockets are a front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label
from scipy.spatial import cKDTree

from frontcast.errors import FrontcastError
from frontcast.store.series import ControlSeries
from frontcast.theatre import MASKED, B

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.datetime64]

MAX_LAG_DAYS: Final = 30


@dataclass(frozen=True)
class Difference:
    """How two maps differ in one year, over the days that both describe.

    Attributes:
        year: calendar year.
        days: number of days compared.
        line_km: mean length of the line: edge cells times their side, both maps averaged.
        disagreement_km2: mean area behind the line of one map and not of the other.
        second_ahead_km2: the part of it that is behind the line of the second map only.
        median_km, p90_km, p95_km: quantiles of the distance from each edge cell of either map to the nearest
            one of the other, pooled over days and both directions.
        shift_days: the shift of the second map that agrees best with the first, over all days of the year,
            within `MAX_LAG_DAYS`; positive where the second trails.
        disagreement_at_shift_km2: mean area of disagreement at that shift;
            `disagreement_unshifted_km2` without it, over the same days.
        turned_km2: area that changed hands exactly once that year on each map, in the same direction.
        turn_lag_days: by how many days the second map showed those changes after the first: the median; then
            the 10 % and 90 % quantiles. NaN where nothing turned on both.
    """

    year: int
    days: int
    line_km: float
    disagreement_km2: float
    second_ahead_km2: float
    median_km: float
    p90_km: float
    p95_km: float
    shift_days: int
    disagreement_at_shift_km2: float
    disagreement_unshifted_km2: float
    turned_km2: float
    turn_lag_days: float
    turn_lag_p10_days: float
    turn_lag_p90_days: float


def differences(first: ControlSeries, second: ControlSeries, cell_km: float, side: int = B) -> list[Difference]:
    """How two maps of what `side` holds differ, year by year.

    Days are those of `valid_time`: a map is compared with the other map of the same day, whenever it became
    known. Where a map has several versions of a day, the last one counts; where it has none, the last day it
    has stands in, for the shift and the turns alone.

    Raises:
        FrontcastError: where they have no day in common.
    """
    spans = [chart.valid_time.astype("datetime64[D]") for chart in (first, second)]
    days: DayArray = np.arange(max(span.min() for span in spans), min(span.max() for span in spans) + 1)
    pair = _Pair(_follow(first, days, side), _follow(second, days, side), days, cell_km)
    if not pair.both.any():
        raise FrontcastError(f"the maps of {first.source} and {second.source} have no day in common.")
    years = days.astype("datetime64[Y]")
    return [pair.year(np.flatnonzero(years == year)) for year in np.unique(years[pair.both])]


def behind_line(control: npt.NDArray[np.uint8], side: int = B) -> BoolArray:
    """Ground not connected, edge to edge, with the largest piece that `side` does not hold, (y, x) bool."""
    ground = control != MASKED
    pieces, _ = label(ground & (control != side))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0  # piece 0 is all the rest
    return np.asarray(ground & (pieces != sizes.argmax())) if sizes.any() else ground


def line_cells(behind: BoolArray, ground: BoolArray) -> IntArray:
    """Rows and columns, (n, 2), of the cells behind the line that share a side with ground before it."""
    before = np.pad(ground & ~behind, 1)
    beside = before[:-2, 1:-1] | before[2:, 1:-1] | before[1:-1, :-2] | before[1:-1, 2:]
    return np.argwhere(behind & beside)


def line_distances(one: IntArray, other: IntArray) -> FloatArray:
    """Distance, in cells, from each cell of either line to the nearest of the other; empty where one is."""
    if not len(one) or not len(other):
        return np.empty(0)
    return np.concatenate([cKDTree(there).query(here)[0] for here, there in ((one, other), (other, one))])


@dataclass(frozen=True)
class _Followed:
    """One source followed day by day.

    Attributes:
        row: (day,) which of the maps below is the newest of that day or, where it has none, of days before.
        drawn: (day,) bool, whether that map is of the very day.
        behind: (map, word) uint64, the ground behind the line, a bit for each cell.
        lines: the line's cells on each map.
    """

    row: IntArray
    drawn: BoolArray
    behind: npt.NDArray[np.uint64]
    lines: list[IntArray]


def _follow(chart: ControlSeries, days: DayArray, side: int) -> _Followed:
    order = np.lexsort((chart.known_at, chart.valid_time))
    drawn = chart.valid_time[order].astype("datetime64[D]")
    newest = np.searchsorted(drawn, days, side="right") - 1
    maps, row = np.unique(order[newest], return_inverse=True)
    behind, lines = [], []
    for index in maps:
        control = chart.control(int(index))
        ground = behind_line(control, side)
        behind.append(np.packbits(np.pad(ground.ravel(), (0, -ground.size % 64))).view(np.uint64))
        lines.append(line_cells(ground, control != MASKED))
    return _Followed(row, drawn[newest] == days, np.array(behind), lines)


class _Pair:
    """Two sources on the same days."""

    def __init__(self, first: _Followed, second: _Followed, days: DayArray, cell_km: float) -> None:
        self.first, self.second, self.days, self.cell_km = first, second, days, cell_km
        self.both = first.drawn & second.drawn

    def year(self, days: IntArray) -> Difference:
        """The difference over the days of one year, given by their indices."""
        drawn, area = days[self.both[days]], self.cell_km**2
        lines = [(self.first.lines[self.first.row[day]], self.second.lines[self.second.row[day]]) for day in drawn]
        distances = np.concatenate([line_distances(*pair) for pair in lines])
        quantiles = np.quantile(distances, [0.5, 0.9, 0.95]) if distances.size else np.full(3, np.nan)
        shift, at_shift = self._best_shift(days)
        turned, lags = self._turns(days)
        return Difference(
            year=int(str(self.days[days[0]])[:4]),
            days=len(drawn),
            line_km=float(np.mean([len(line) for pair in lines for line in pair])) * self.cell_km,
            disagreement_km2=self._disagreement(drawn, drawn) * area,
            second_ahead_km2=self._disagreement(drawn, drawn, second_only=True) * area,
            median_km=float(quantiles[0]) * self.cell_km,
            p90_km=float(quantiles[1]) * self.cell_km,
            p95_km=float(quantiles[2]) * self.cell_km,
            shift_days=shift,
            disagreement_at_shift_km2=at_shift * area,
            disagreement_unshifted_km2=self._disagreement(days, days) * area,
            turned_km2=turned * area,
            turn_lag_days=lags[1],
            turn_lag_p10_days=lags[0],
            turn_lag_p90_days=lags[2],
        )

    def _disagreement(self, days: IntArray, then: IntArray, second_only: bool = False) -> float:
        """Mean number of cells behind one line only, the first on `days`, the second on the days `then`."""
        cells = 0
        for here, there in zip(self.first.row[days], self.second.row[then], strict=True):
            one, other = self.first.behind[here], self.second.behind[there]
            cells += int(np.bitwise_count(other & ~one if second_only else other ^ one).sum())
        return cells / len(days)

    def _best_shift(self, days: IntArray) -> tuple[int, float]:
        shifts = sorted(range(-MAX_LAG_DAYS, MAX_LAG_DAYS + 1), key=abs)
        means = [self._disagreement(days, np.clip(days + shift, 0, len(self.days) - 1)) for shift in shifts]
        best = int(np.argmin(means))
        return shifts[best], means[best]

    def _turns(self, days: IntArray) -> tuple[int, tuple[float, float, float]]:
        """Number of cells that turned once, and quantiles of how many days later the second map shows it."""
        if len(days) < 2:
            return 0, (np.nan, np.nan, np.nan)
        maps = [source.behind[source.row[days]] for source in (self.first, self.second)]
        # of 684,000 cells some thousand turn: the words without any are passed over
        moving = [np.bitwise_or.reduce(behind) != np.bitwise_and.reduce(behind) for behind in maps]
        turns = []
        for behind in maps:
            words = np.ascontiguousarray(behind[:, moving[0] & moving[1]])
            bits = np.unpackbits(words.view(np.uint8), axis=1).view(bool)
            changes = bits[1:] != bits[:-1]
            turns.append((np.count_nonzero(changes, axis=0) == 1, bits[-1], changes.argmax(axis=0)))
        (once, ended, day), (other_once, other_ended, other_day) = turns
        alike = once & other_once & (ended == other_ended)
        if not alike.any():
            return 0, (np.nan, np.nan, np.nan)
        low, middle, high = np.quantile((other_day - day)[alike], [0.1, 0.5, 0.9])
        return int(np.count_nonzero(alike)), (float(low), float(middle), float(high))
