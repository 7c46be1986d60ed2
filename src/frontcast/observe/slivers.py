"""Strips that a map left unpainted by accident: along shores, borders and rivers, where two outlines do not meet.

A map's polygons of held ground end short of the country's border, the coast or a river by a kilometre here and there. On
the grid that leaves thin strips "held" by the other side deep behind the front: a false front hundreds of kilometres
long, on which nothing ever happens. A strip is taken for such where it is nowhere three cells wide, touches ground that
is masked, and borders on b far more than on a's own ground.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from frontcast.theatre import MASKED, A, B

BoolArray = npt.NDArray[np.bool_]

_SIDES = 4.0
"""A strip is closed where it has this many times as many neighbours held by b as held by a."""


def _spread(mask: BoolArray, axis: int) -> BoolArray:
    """Cells in the mask or one step from it along an axis."""
    wide = mask.copy()
    ahead, behind = np.moveaxis(wide, axis, 0), np.moveaxis(mask, axis, 0)
    ahead[1:] |= behind[:-1]
    ahead[:-1] |= behind[1:]
    return wide


def _blocks(mask: BoolArray) -> BoolArray:
    """The part of a mask that 3 x 3 cells fit into (its morphological opening)."""
    inner = ~_spread(_spread(~mask, 0), 1)
    return _spread(_spread(inner, 0), 1) & mask


def close_slivers(control: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The map with such strips given to b, (y, x) uint8; a pocket of 3 x 3 km or more always stays.

    Args:
        control: (y, x) uint8, values of `frontcast.theatre.control`.
    """
    rows, columns = (np.flatnonzero((control == B).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return control
    # Only where b holds anything can a strip be b's; two cells of margin for neighbours.
    window = tuple(slice(max(int(i[0]) - 2, 0), int(i[-1]) + 3) for i in (rows, columns))
    part = control[window]
    held_a = part == A
    body = _blocks(held_a)
    strips, count = label(held_a & ~body)
    if not count:
        return control

    row, column = np.nonzero(strips)
    number = strips[row, column]

    def touching(kind: BoolArray) -> npt.NDArray[np.int64]:
        """Cells of each strip beside cells of a kind, (strip + 1,)."""
        wide = np.pad(kind, 1)
        beside = wide[row, column + 1] | wide[row + 2, column + 1] | wide[row + 1, column] | wide[row + 1, column + 2]
        return np.bincount(number[beside], minlength=count + 1)

    near_b = touching(part == B)
    false = (touching(part == MASKED) > 0) & (near_b > 0) & (near_b >= _SIDES * touching(body))
    closed = control.copy()
    shut = false[number]
    closed[window][row[shut], column[shut]] = B
    return closed
