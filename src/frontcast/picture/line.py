"""The ground a score looks at: how far each cell lies from the line, and which map says what came true."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from frontcast.store.series import ControlSeries
from frontcast.theatre import B, Theatre

NEAR_KM: Final = 25.0
"""Land nearer than this to the initial line is scored, and learnt from."""

CLOSE_KM: Final = 10.0
"""Land nearer than this is scored apart as well."""

NEWEST_DAYS: Final = 7
"""A map older than this no longer says what is true: the record has a gap there."""

DAY: Final = np.timedelta64(86_400, "s")


def end_of_day(date: np.datetime64) -> np.datetime64:
    """The last second of a UTC day: what a bare date means as an `init_time`."""
    start: np.datetime64 = date.astype("datetime64[D]").astype("datetime64[s]")
    return start + DAY - np.timedelta64(1, "s")


def land_distance(held: npt.NDArray[np.bool_], theatre: Theatre) -> npt.NDArray[np.float32]:
    """Distance of every cell to the edge of what is held, (y, x) float32 in km, negative where held.

    The line runs half-way between the centres of cells that are held and land cells that are not. Infinite where
    nothing is held, minus infinite where all is.
    """
    held = held & theatre.land
    others = theatre.land & ~held
    outside, inside = (
        np.asarray(distance_transform_edt(~cells), np.float32)
        if cells.any()
        else np.full(cells.shape, np.inf, np.float32)
        for cells in (held, others)
    )
    return np.asarray(theatre.grid.cell_km * np.where(held, 0.5 - inside, outside - 0.5), np.float32)


def signed_distance(control: npt.NDArray[np.uint8], theatre: Theatre) -> npt.NDArray[np.float32]:
    """Distance of every cell to the line of side b, (y, x) float32 in km, negative where b holds; see `land_distance`."""
    return land_distance(control == B, theatre)


def near_line(distance: npt.NDArray[np.float32], theatre: Theatre) -> npt.NDArray[np.bool_]:
    """Land nearer than `NEAR_KM` to the line, (y, x) bool, from signed distances in km."""
    return (np.abs(distance) < NEAR_KM) & theatre.land


def truth_index(series: ControlSeries, valid_time: np.datetime64) -> int | None:
    """Index of the map that says what was true: the newest known at `valid_time`.

    None where the record ends before that day, has not begun, or has no map of the last `NEWEST_DAYS`.
    """
    if not len(series) or series.known_at[-1].astype("datetime64[D]") < valid_time.astype("datetime64[D]"):
        return None
    index = int(np.searchsorted(series.known_at, valid_time, side="right")) - 1
    return index if index >= 0 and valid_time - series.known_at[index] <= NEWEST_DAYS * DAY else None


def truth_map(
    series: ControlSeries,
    init_time: np.datetime64,
    valid_time: np.datetime64,
    initial: npt.NDArray[np.uint8],
    *,
    own: bool,
) -> tuple[npt.NDArray[np.uint8] | None, np.datetime64]:
    """The map that says what came true by `valid_time`, (y, x) uint8, and when it was known; None and NaT where none does.

    Two careful maps differ all along the line, from the start on; that is no change. So another map than the one a
    forecast started from says only what changed, on it, between the start and then: elsewhere the initial map stands.

    Args:
        series: maps of the judge. init_time, valid_time: start and end of the lead.
        initial: (y, x) the newest map known at the start, from which the forecast was made.
        own: whether that is a map of the same series.
    """
    nothing = np.datetime64("NaT", "s")
    index = truth_index(series, valid_time)
    if index is None:
        return None, nothing
    then, known_at = series.control(index), series.known_at[index].astype("datetime64[s]")
    if own:
        return then, known_at
    before = truth_index(series, init_time)
    if before is None:
        return None, nothing
    changed = (series.control(before) == B) != (then == B)
    return np.where(changed, then, initial), known_at
