"""Who holds a cell: the three values of control, and the one that says the cell is nobody's ground."""

from __future__ import annotations

from typing import Final

A: Final = 0
GREY: Final = 1
B: Final = 2
MASKED: Final = 255
"""Outside the country, sea or lake: never part of a forecast or a score."""

HOLDERS: Final = ("a", "grey", "b")
"""Names of the values 0, 1, 2, in this order."""
