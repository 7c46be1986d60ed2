"""Parts of the ground that are counted apart: the theatre's regions, and stretches of the line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from frontcast.picture.line import NEAR_KM, signed_distance
from frontcast.theatre import B, Theatre

STRETCH_KM: Final = 20.0
"""Line cells in one square of a lattice so wide make one stretch: about the front of a corps, and longer than the
kilometres over which neighbouring cells move together."""

EVERYWHERE: Final = "everywhere"
"""The one sector of a theatre whose gazetteer knows no regions."""

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Sectors:
    """A division of the ground.

    Attributes:
        names: of the sectors.
        labels: (y, x) int32, the sector each cell is in, -1 for none.
        length_km: (sector,) km of the line of b in each, where the division follows the line; else empty.
    """

    names: tuple[str, ...]
    labels: Labels
    length_km: Floats

    def __len__(self) -> int:
        return len(self.names)

    def total(self, values: npt.NDArray[Any], cells: npt.NDArray[np.int64]) -> Floats:
        """Sums over sectors of values at flat cells, (..., cell) to (..., sector)."""
        labels = self.labels.ravel()[cells]
        flat = np.asarray(values, np.float64).reshape(-1, len(cells))[:, labels >= 0]
        labels = labels[labels >= 0]
        sums = np.stack([np.bincount(labels, row, len(self)) for row in flat]) if len(flat) else flat
        return np.asarray(sums.reshape(*np.shape(values)[:-1], len(self)))


@lru_cache(maxsize=4)
def regions(theatre: Theatre) -> Sectors:
    """The theatre's regions: each land cell is in the region of the settlement nearest to it.

    The gazetteer says of each of its settlements which region it is in; outlines of regions ship as lines for maps
    and do not close. A name tells nothing about the war.
    """
    table = theatre.places.table
    known = (table["region"] != "").to_numpy() if len(table) else np.zeros(0, bool)
    labels = np.full(theatre.grid.shape, -1, np.int32)
    if not known.any():
        labels[theatre.land] = 0
        return Sectors((EVERYWHERE,), labels, np.empty(0))
    names, of_place = np.unique(table["region"].to_numpy(str)[known], return_inverse=True)
    east, north = theatre.grid.project(table["lon"].to_numpy()[known], table["lat"].to_numpy()[known])
    rows, columns = np.nonzero(theatre.land)
    at = np.column_stack([theatre.grid.x[columns], theatre.grid.y[rows]])
    nearest = cKDTree(np.column_stack([east, north])).query(at)[1]
    labels[theatre.land] = of_place[nearest]
    return Sectors(tuple(map(str, names)), labels, np.empty(0))


def stretches(initial: npt.NDArray[np.uint8], theatre: Theatre) -> Sectors:
    """Stretches of the line of b on a map: the land within `NEAR_KM` of it, by the stretch it is nearest to.

    Net ground that b gains in the catchment of a stretch, by the length of the stretch, is how far the line went
    forward there. The length is π/4 times the edges between cells of b and other land cells (Cauchy-Crofton: right on
    average over directions of the line).
    """
    held = (initial == B) & theatre.land
    distance = signed_distance(initial, theatre)
    near = np.abs(distance) < NEAR_KM
    near &= theatre.land
    labels = np.full(theatre.grid.shape, -1, np.int32)
    edges = np.zeros(theatre.grid.shape)
    for axis in (0, 1):
        here, there = _neighbours(held, axis)
        both = np.logical_and(*_neighbours(theatre.land, axis))
        meet = (here != there) & both
        for half in _neighbours(edges, axis):
            np.add(half, meet / 2, out=half)
    line = edges > 0
    if not line.any():
        return Sectors((), labels, np.empty(0))
    square = round(STRETCH_KM / theatre.grid.cell_km)
    row, column = (index // square for index in np.nonzero(line))
    names, of_line = np.unique(row * 100_000 + column, return_inverse=True)
    on_line = np.full(line.shape, -1, np.int32)
    on_line[line] = of_line
    nearest = distance_transform_edt(~line, return_distances=False, return_indices=True)
    labels[near] = on_line[tuple(nearest)][near]
    length = np.bincount(of_line, edges[line], len(names)) * np.pi / 4 * theatre.grid.cell_km
    return Sectors(tuple(f"{name // 100_000}.{name % 100_000}" for name in names), labels, length)


def _neighbours(field: npt.NDArray[Any], axis: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Views of each cell and of the next one along an axis."""
    return (field[:-1], field[1:]) if axis == 0 else (field[:, :-1], field[:, 1:])
