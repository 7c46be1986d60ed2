"""The picture: everything a forecast starts from, made only of what was known at `init_time`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from frontcast.errors import FrontcastError
from frontcast.picture.movement import FloatArray, History, flot_distances
from frontcast.picture.prior import PushPrior, Tempo, load_prior, tempo
from frontcast.store import ControlSeries
from frontcast.theatre import MASKED, Theatre

STALE_AFTER_DAYS = 14
"""A map older than this is no longer a picture of the day: a forecast from it is refused."""


@dataclass(frozen=True)
class Picture:
    """The analysis at one time, on the record's grid.

    Attributes:
        theatre: the theatre.
        source: the source whose maps it rests on.
        init_time: the time it is for, UTC.
        vintage: `known_at` of the newest map used.
        control: (y, x) uint8, as that map has it.
        flot_a, flot_b: (y, x) float32, km, signed distance to each side's FLOT, negative inside.
        advance_a, advance_b: (y, x) float32, probability that the side moves the line nearest to the cell forward by
            1 km or more within a week.
        tempo: of each side, "a" and "b".
        prior: the numbers it was made with, the map's own error and lag among them.
    """

    theatre: Theatre
    source: str
    init_time: np.datetime64
    vintage: np.datetime64
    control: npt.NDArray[np.uint8]
    flot_a: FloatArray
    flot_b: FloatArray
    advance_a: FloatArray
    advance_b: FloatArray
    tempo: dict[str, Tempo]
    prior: PushPrior


def make_picture(
    series: ControlSeries,
    theatre: Theatre,
    init_time: np.datetime64,
    *,
    history: History | None = None,
    prior: PushPrior | None = None,
) -> Picture:
    """The picture at `init_time` from the maps known by then.

    Args:
        series: maps of one source; later ones are not looked at.
        theatre: the theatre.
        init_time: UTC.
        history: of exactly the maps known at `init_time`, to save work from one picture to the next
            (`History.extended`).
        prior: other numbers than the shipped ones.

    Raises:
        NoObservationError: where no map was known yet.
        FrontcastError: where the newest map is older than two weeks, one side holds nothing, or the maps are on
            another grid than the theatre.
    """
    if series.shape != theatre.grid.shape:
        raise FrontcastError(
            f"the maps of {series.source} are on a grid of {series.shape[0]} x {series.shape[1]} cells, that of "
            f"{theatre.title} has {theatre.grid.ny} x {theatre.grid.nx}: ingest them anew into a new store."
        )
    known = series.known_by(init_time)
    if history is None:
        history = History(known, theatre)
    elif len(history.series) != len(known):
        raise ValueError(f"the history has {len(history.series)} maps, {len(known)} were known at {init_time}")
    prior = prior or load_prior()
    index = series.index_at(init_time)  # of all maps: where none was known yet, it can say when the first was
    vintage = known.known_at[index]
    age_days = (init_time - vintage) / np.timedelta64(1, "D")
    if age_days > STALE_AFTER_DAYS:
        raise FrontcastError(
            f"the newest map of {known.source} known at {init_time} is of {vintage}, {age_days:.0f} days old: "
            f"a forecast needs one of the last {STALE_AFTER_DAYS} days. Ingest newer maps or take an earlier --init."
        )
    control = known.control(index)
    limit_km = theatre.grid.cell_km * sum(theatre.grid.shape)
    flot_a, flot_b = flot_distances(control, theatre, limit_km)
    movement = history.movement(init_time)
    if not movement.line.any():
        raise FrontcastError(f"the map of {known.source} of {vintage} has no front: one side holds all of the land.")
    tempos = tempo(history, init_time, prior)
    nearest = distance_transform_edt(~movement.line, return_distances=False, return_indices=True)

    def spread(features: FloatArray, side: str) -> FloatArray:
        """Values along the line, given to every cell by its nearest line cell."""
        field = np.zeros(control.shape, np.float32)
        field[movement.line] = prior.probability(features, tempos[side].odds)
        return field[tuple(nearest)]

    return Picture(
        theatre=theatre,
        source=known.source,
        init_time=init_time,
        vintage=vintage,
        control=np.where(theatre.land, control, MASKED).astype(np.uint8),
        flot_a=flot_a,
        flot_b=flot_b,
        advance_a=spread(movement.features_a, "a"),
        advance_b=spread(movement.features_b, "b"),
        tempo=tempos,
        prior=prior,
    )
