"""Maps to learn from where a source begins too late: the same map's earlier export, brought to the same form."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from frontcast.errors import FrontcastError
from frontcast.picture.line import DAY
from frontcast.store import Store
from frontcast.store.series import ControlSeries
from frontcast.theatre import GREY, A, Theatre

EARLIER: Final = {"deepstate-daily": "deepstate"}
"""Sources whose maps are an export of another source's, with the one that ships."""

ENOUGH_DAYS: Final = 730
"""A record that goes back so far before the first start is enough for every method."""


def backfilled(series: ControlSeries, theatre: Theatre, first: np.datetime64) -> tuple[ControlSeries, str | None]:
    """The maps, with those of the same map that ship before them where they begin too late; and in words what was done.

    The daily export shows occupied ground alone, so the grey zone of the earlier maps is given to a, as the export
    does: what methods learn there is true of the form that they will see.

    Args:
        series: the maps. theatre: their ground. first: the first start.

    Returns:
        The series as it came, and None, where it is long enough or no other export of it ships.
    """
    earlier = EARLIER.get(series.source)
    if earlier is None or not len(series) or first - series.known_at[0] >= ENOUGH_DAYS * DAY:
        return series, None
    try:
        with Store.shipped(theatre.name) as store:
            before = store.control(earlier, theatre=theatre.name)
    except FrontcastError:
        return series, None  # a theatre of one's own ships no record
    if before.shape != series.shape:
        return series, None
    before = before.known_by(series.known_at[0] - np.timedelta64(1, "s"))
    if not len(before):
        return series, None
    runs = [(lengths, np.where(values == GREY, np.uint8(A), values)) for lengths, values in before.runs]
    joined = replace(
        series,
        valid_time=np.concatenate([before.valid_time, series.valid_time]),
        known_at=np.concatenate([before.known_at, series.known_at]),
        runs=[*runs, *series.runs],
    )
    return joined, (
        f"{len(before)} maps of {earlier} that ship, {str(before.known_at[0])[:10]} to {str(before.known_at[-1])[:10]}, go "
        "before its own, their grey zone given to a"
    )
