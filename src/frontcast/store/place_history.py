"""What the maps of one source show of some places, map by map: the measure of what was claimed about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from frontcast.store.series import ControlSeries
from frontcast.theatre import GREY, MASKED, A, B, Grid

NEWEST_DAYS: Final = 14
"""A map older than this no longer says who holds a place: the longest gap in the shipped record."""

CONTESTED_KM: Final = 3.0
"""A place is contested while the line or the grey zone is as near as this, in rows or columns."""

_AROUND: Final = 1
"""Cells around a place's own that vote on its holder: gazetteers and maps are a kilometre off."""


@dataclass(frozen=True)
class PlaceHistory:
    """Who the maps of a source show in some places.

    Attributes:
        source: of the maps.
        days: (map,) datetime64[D], the day each describes, ascending; of each day the last version.
        known_at: (map,) datetime64[s], when it became known.
        holder: (map, place) uint8, A, GREY or B: what most land cells within a cell of the place show, its own
            where they are even; MASKED off the grid or where there is no land.
        contested: (map, place) bool, whether the line or the grey zone is within `CONTESTED_KM`.
    """

    source: str
    days: npt.NDArray[np.datetime64]
    known_at: npt.NDArray[np.datetime64]
    holder: npt.NDArray[np.uint8]
    contested: npt.NDArray[np.bool_]

    def map_on(self, day: np.datetime64) -> int:
        """Index of the map that describes a day, -1 where none of the last `NEWEST_DAYS` does."""
        index = int(np.searchsorted(self.days, day, side="right")) - 1
        return index if index >= 0 and (day - self.days[index]).astype(int) <= NEWEST_DAYS else -1


def place_history(series: ControlSeries, grid: Grid, lon: npt.ArrayLike, lat: npt.ArrayLike) -> PlaceHistory:
    """What a source's maps show of the places at `lon`, `lat` (place,), degrees."""
    order = np.lexsort((series.known_at, series.valid_time))
    described = series.valid_time[order].astype("datetime64[D]")
    last = np.flatnonzero(np.r_[described[1:] != described[:-1], True]) if len(order) else np.empty(0, int)
    maps = order[last]
    row, column = grid.cell_of(np.atleast_1d(lon), np.atleast_1d(lat))
    reach = max(_AROUND, round(CONTESTED_KM / grid.cell_km))
    cells, middle = _window(grid, row, column, reach)
    wide = np.empty((len(maps), *cells.shape), np.uint8)
    for index, number in enumerate(maps):
        lengths, values = series.runs[number]
        ends = np.cumsum(lengths)
        at = np.minimum(np.searchsorted(ends, cells, side="right"), len(values) - 1)
        wide[index] = np.where(cells < 0, np.uint8(MASKED), values[at])
    near = wide[..., middle]
    held = np.stack([(wide == value).any(axis=-1) for value in (A, B)])
    contested = (wide == GREY).any(axis=-1) | held.all(axis=0)
    return PlaceHistory(series.source, described[last], series.known_at[maps], _majority(near), contested)


def _window(
    grid: Grid, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], reach: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Flat indices of the cells around each place, (place, cell), -1 off the grid; which of them vote, own cell first."""
    steps = [(down, right) for down in range(-reach, reach + 1) for right in range(-reach, reach + 1)]
    steps.sort(key=lambda step: max(map(abs, step)))
    down, right = np.array(steps).T
    rows, columns = row[:, None] + down, column[:, None] + right
    inside = (row[:, None] >= 0) & (rows >= 0) & (rows < grid.ny) & (columns >= 0) & (columns < grid.nx)
    return np.where(inside, rows * grid.nx + columns, -1), np.arange((2 * _AROUND + 1) ** 2)


def _majority(near: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The value most cells have, (..., cell) to (...); the first one breaks ties."""
    values = np.array([A, GREY, B], np.uint8)
    votes = np.stack([2 * (near == value).sum(axis=-1) + (near[..., 0] == value) for value in values])
    return np.where(votes.any(axis=0), values[votes.argmax(axis=0)], np.uint8(MASKED))
