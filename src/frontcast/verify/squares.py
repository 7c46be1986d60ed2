"""Sums over squares around cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class SquareSums:
    """Sums of a field over squares around chosen cells, from its summed-area table (Crow 1984).

    Args:
        field: (y, x) whole numbers. cells: (y, x) bool, the cells to sum around. cell_km: side of a cell.
    """

    def __init__(self, field: npt.NDArray[Any], cells: npt.NDArray[np.bool_], cell_km: float) -> None:
        self._table = np.zeros((field.shape[0] + 1, field.shape[1] + 1), np.int64)
        self._table[1:, 1:] = field.cumsum(0, np.int64).cumsum(1)
        self._rows, self._columns = np.nonzero(cells)
        self._cell_km = cell_km

    def __call__(self, side_km: float) -> npt.NDArray[np.float32]:
        """Sums over squares of this side, (cell,) float32; what lies off the grid counts nothing."""
        reach = round((side_km / self._cell_km - 1) / 2)
        last_row, last_column = self._table.shape[0] - 1, self._table.shape[1] - 1
        north, south = np.maximum(self._rows - reach, 0), np.minimum(self._rows + reach + 1, last_row)
        west, east = np.maximum(self._columns - reach, 0), np.minimum(self._columns + reach + 1, last_column)
        table = self._table
        total = table[south, east] - table[north, east] - table[south, west] + table[north, west]
        return np.asarray(total, np.float32)
