"""Whether a new map can be believed: a torn export or a slip of its author shows as land that changes hands overnight."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontcast.theatre import HOLDERS, Theatre

LOST_SHARE = 0.10
"""Share of what a side holds that may be lost from one map to the next. On the record the largest loss in a day is 6.0 %
(Liveuamap, 25 to 26 March 2022; of DeepState's 1,088 steps 3.0 %, 10 to 11 September 2022). The withdrawal from the
north, 20 % over three days without a map, would have been held back for a person to confirm."""

LEAST_KM2 = 500.0
"""Ground below which no share says anything."""


def doubts(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], theatre: Theatre, lost_share: float = LOST_SHARE
) -> list[str]:
    """Why a map should be looked at by a person before it is believed, a sentence each; none where it need not be.

    Args:
        before, after: control (y, x) of the map held last and of the new one.
        lost_share: share of a holder's ground that may be lost from one to the other.
    """
    land = theatre.land
    names = {"a": theatre.sides["a"].name, "b": theatre.sides["b"].name}
    area = theatre.grid.cell_area_km2
    found = []
    for value, holder in enumerate(HOLDERS):
        if holder == "grey":
            continue  # a grey zone comes and goes with the pen
        held = land & (before == value)
        lost = float((held & (after != value)).sum()) * area
        had = float(held.sum()) * area
        if had and lost > max(LEAST_KM2, lost_share * had):
            found.append(f"{names[holder]} would lose {lost:,.0f} of the {had:,.0f} km² it held on the map before")
    return found
