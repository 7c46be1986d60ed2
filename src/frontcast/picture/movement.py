"""What the line has been doing: distances to it through time, and how far each side moved it where, lately.

Everything here is computed from maps known at the time asked about, so a value for one time never changes when later
maps arrive, and one history can serve a whole run of hindcasts.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from frontcast.store.series import ControlSeries, NoObservationError
from frontcast.theatre import GREY, A, B, Theatre

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

WINDOWS_DAYS = (7, 28, 84)
"""How far back movement is looked at. Multiples of a week, so that weekly forecasts share their maps."""

NEAR_KM, WIDE_KM = 3.0, 12.0
"""Half-widths of the two neighbourhoods: a village's surroundings, and a brigade group's sector."""

SHARE_KM = 6.0
MOVED_KM = 1.0
"""A shift of less than one record cell is not told from none."""

SIDE_MARGIN_KM = 45
_DISTANCE_LIMIT_KM = 63.0  # half-kilometres in int8
_CACHED_MAPS = 64
_FEATURE_SCALE_KM = 0.1  # movement well below a cell on average over a neighbourhood still tells an active sector


FEATURES = (
    "own 7 d, near",
    "own 7 d, wide",
    "own 28 d, near",
    "own 28 d, wide",
    "own 84 d, near",
    "own 84 d, wide",
    "enemy 28 d, near",
    "enemy 84 d, near",
    "grey zone, near",
    "grey zone, wide",
    "own share of the ground",
)
"""Names of the columns of `Movement.features_a` and `features_b`."""


@dataclass(frozen=True)
class Movement:
    """The line of b at one time, and what has been moving it.

    Attributes:
        line: (y, x) bool, land cells within 1 km of the edge of b's ground.
        features_a, features_b: (cell, feature) float32 on the cells of `line`, in its row order; columns `FEATURES`,
            seen from each side.
    """

    line: BoolArray
    features_a: FloatArray
    features_b: FloatArray


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class History:
    """Distances to the line and movement at any time of a series of maps.

    Args:
        series: maps of one source.
        theatre: the theatre they are of.
    """

    def __init__(self, series: ControlSeries, theatre: Theatre) -> None:
        self.series, self.theatre = series, theatre
        self._distances: OrderedDict[int, npt.NDArray[np.int8]] = OrderedDict()
        self._movements: dict[tuple[int, int], Movement] = {}

    def extended(self, series: ControlSeries) -> History:
        """The same history over a series that agrees with this one as far as both go; keeps what was computed.

        Raises:
            ValueError: where the two series differ in a map that both hold.
        """
        shared = min(len(series), len(self.series))
        same = all(
            np.array_equal(mine[:shared], its[:shared])
            for mine, its in ((series.known_at, self.series.known_at), (series.valid_time, self.series.valid_time))
        ) and all(
            one is other or (np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1]))
            for one, other in zip(series.runs[:shared], self.series.runs[:shared], strict=True)
        )
        if not same:
            raise ValueError("the two series are not of one record")
        history = History(series, self.theatre)
        history._distances = OrderedDict((i, d) for i, d in self._distances.items() if i < len(series))
        history._movements = {k: m for k, m in self._movements.items() if k[0] < len(series)}
        return history

    def index_at(self, time: np.datetime64) -> int:
        """Index of the newest map known at `time`, or of the first map where none was known yet."""
        try:
            return self.series.index_at(time)
        except NoObservationError:
            if not len(self.series):
                raise
            return 0

    def prepare(self, times: Sequence[np.datetime64]) -> None:
        """Work out the movement at several times at once, on all processors; the results are those of `movement`."""
        back = [np.timedelta64(days, "D") for days in (0, *WINDOWS_DAYS)]
        maps = sorted({self.index_at(time - days) for time in times for days in back} - set(self._distances))
        if len(maps) + len(self._distances) > _CACHED_MAPS:
            return  # some would be forgotten before they are used
        with ThreadPoolExecutor(processors()) as pool:
            # The filters and distance transforms release the interpreter's lock.
            self._distances.update(zip(maps, pool.map(self._distance, maps), strict=True))
            list(pool.map(self.movement, times))

    def _distance(self, index: int) -> npt.NDArray[np.int8]:
        control = self.theatre.fill_masked(self.series.control(index))
        distance = self.theatre.signed_distance(control == B, limit_km=_DISTANCE_LIMIT_KM)
        return np.round(distance * 2).astype(np.int8)

    def distance(self, index: int) -> FloatArray:
        """Signed distance to the edge of b's ground in map `index`, (y, x) km to half a km, negative inside.

        Masked cells count as held by whoever holds the nearest land, so that a front meets coasts and borders squarely.
        """
        if index not in self._distances:
            self._distances[index] = self._distance(index)
            while len(self._distances) > _CACHED_MAPS:
                self._distances.popitem(last=False)
        self._distances.move_to_end(index)
        return self._distances[index].astype(np.float32) / np.float32(2)

    def movement(self, time: np.datetime64) -> Movement:
        """Where the line is at `time` and what has been moving it, from maps known at `time`."""
        now = self.index_at(time)
        # The time is part of the key: the same map a week later is a quieter week.
        key = (now, int(time.astype("datetime64[s]").astype(np.int64)))
        if key not in self._movements:
            past = [self.index_at(time - np.timedelta64(days, "D")) for days in WINDOWS_DAYS]
            self._movements[key] = self._movement(now, past)
        return self._movements[key]

    def _movement(self, now: int, past: list[int]) -> Movement:
        cell_km = self.theatre.grid.cell_km
        distance = self.distance(now)
        line = (np.abs(distance) < cell_km) & self.theatre.land
        window = _window(line, int(SIDE_MARGIN_KM / cell_km))
        near_line, distance = line[window], distance[window]

        def around(field: FloatArray, width_km: float) -> FloatArray:
            smooth: FloatArray = gaussian_filter(field, width_km / cell_km, truncate=3)
            return smooth

        weight = near_line.astype(np.float32)
        total = {width: around(weight, width)[near_line] + 1e-4 for width in (NEAR_KM, WIDE_KM)}

        def along_line(field: FloatArray, width_km: float) -> FloatArray:
            """Mean over line cells of the neighbourhood, at each line cell."""
            return np.log1p(around(field * weight, width_km)[near_line] / total[width_km] / _FEATURE_SCALE_KM)

        gains: dict[tuple[str, int, float], FloatArray] = {}
        for days, then in zip(WINDOWS_DAYS, past, strict=True):
            moved = np.clip(self.distance(then)[window] - distance, -40, 40)
            for side, forward in (("a", -moved), ("b", moved)):
                gain = np.where(forward >= MOVED_KM, forward, 0).astype(np.float32)
                for width in (NEAR_KM, WIDE_KM):
                    gains[side, days, width] = along_line(gain, width)
        control = self.series.control(now)[window]
        grey = [around((control == GREY).astype(np.float32), width)[near_line] for width in (NEAR_KM, WIDE_KM)]
        share_b = around((distance < 0).astype(np.float32), SHARE_KM)[near_line] - 0.5

        def seen_from(own: str, enemy: str, share: FloatArray) -> FloatArray:
            movement = [gains[own, days, width] for days in WINDOWS_DAYS for width in (NEAR_KM, WIDE_KM)]
            against = [gains[enemy, days, NEAR_KM] for days in WINDOWS_DAYS[1:]]
            return np.stack([*movement, *against, *grey, share], axis=1).astype(np.float32)

        return Movement(line, seen_from("a", "b", -share_b), seen_from("b", "a", share_b))


def _window(line: BoolArray, margin: int) -> tuple[slice, slice]:
    """The smallest window of rows and columns that holds the line and `margin` cells around it."""
    if not line.any():
        return slice(0, line.shape[0]), slice(0, line.shape[1])
    rows, columns = np.flatnonzero(line.any(axis=1)), np.flatnonzero(line.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )


def flot_distances(control: npt.NDArray[np.uint8], theatre: Theatre, limit_km: float) -> tuple[FloatArray, FloatArray]:
    """Signed distance to each side's FLOT, (y, x) km, a and b, from one map; the sum is never negative."""
    filled = theatre.fill_masked(control)
    flot_a = theatre.signed_distance(filled == A, limit_km=limit_km)
    flot_b = theatre.signed_distance(filled == B, limit_km=limit_km)
    return flot_a, flot_b
