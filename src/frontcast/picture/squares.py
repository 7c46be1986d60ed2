"""Sums over squares around cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]


class SquareSums:
    """Sums of a field over squares around cells, from its summed-area table (Crow 1984).

    Args:
        field: (y, x) numbers. cell_km: side of a cell.
    """

    def __init__(self, field: npt.NDArray[Any], cell_km: float) -> None:
        self._table = np.zeros((field.shape[0] + 1, field.shape[1] + 1), np.float64)
        self._table[1:, 1:] = field.cumsum(0, dtype=np.float64).cumsum(1)
        self._cell_km = cell_km

    def __call__(self, row: Rows, column: Rows, side_km: float) -> npt.NDArray[np.float32]:
        """Sums over squares of this side around the cells in these rows and columns, (cell,) float32.

        What lies off the grid counts nothing.
        """
        reach = round((side_km / self._cell_km - 1) / 2)
        last_row, last_column = self._table.shape[0] - 1, self._table.shape[1] - 1
        north, south = np.maximum(row - reach, 0), np.minimum(row + reach + 1, last_row)
        west, east = np.maximum(column - reach, 0), np.minimum(column + reach + 1, last_column)
        table = self._table
        total = table[south, east] - table[north, east] - table[south, west] + table[north, west]
        return np.asarray(total, np.float32)


def sums_around(
    field: npt.NDArray[Any], cells: npt.NDArray[np.bool_], cell_km: float
) -> Callable[[float], npt.NDArray[np.float32]]:
    """`SquareSums` of a field around fixed cells: a function of the side of the squares in km; `cells`: (y, x) bool."""
    of = SquareSums(field, cell_km)
    row, column = np.nonzero(cells)
    return lambda side_km: of(row, column, side_km)
