"""How far claimed ground runs ahead: in km², of what the Institute for the Study of War assesses and of the maps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast.observe.claimed_layers import ASSESSED, COME_BACK_DAYS, GAP_DAYS, RUSSIAN, UKRAINIAN, Layer
from frontcast.store.series import ControlSeries
from frontcast.theatre import A, B, Theatre
from frontcast.verify.settlements import chosen_maps

WITHIN_DAYS: Final = 30
"""Days within which claimed ground must be shown; a spell of ISW's layers is too short for a longer wait."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ClaimedArea:
    """How one layer of claims compares with one judge.

    Attributes:
        layer: the claims.
        judge: "assessed", or the name of the first map.
        days: days on which both are known.
        claimed_km2: mean area of the layer.
        ahead_km2: mean part of it that the judge does not show in the claimant's hands that day.
        entered_km2: ground that came into the layer before the judge showed it, and could be followed `WITHIN_DAYS`.
        shown_km2: the part of it that the judge showed within `WITHIN_DAYS`.
        median_days: median days until then; NaN where there is none.
    """

    layer: str
    judge: str
    days: int
    claimed_km2: float
    ahead_km2: float
    entered_km2: float
    shown_km2: float
    median_days: float

    def to_record(self) -> dict[str, Any]:
        """As plain JSON values, areas in whole km²."""
        values = {key: round(value) if key.endswith("km2") else value for key, value in vars(self).items()}
        return values | {"median_days": None if math.isnan(self.median_days) else self.median_days}


def claimed_areas(layers: Iterable[Layer], theatre: Theatre, maps: Sequence[ControlSeries]) -> list[ClaimedArea]:
    """How far each layer of claims is ahead of the assessed layer, and of the maps (the first leads)."""
    held = list(layers)
    any_claim = np.zeros(theatre.grid.shape, bool)
    for layer in held:
        if layer.name != ASSESSED:
            any_claim |= layer.cells
    cells = np.flatnonzero((any_claim & theatre.land).ravel())
    first, last = min(layer.day for layer in held), max(layer.day for layer in held)
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    known = {name: _by_day([layer for layer in held if layer.name == name], days, cells) for name in _NAMES}
    shown_a, shown_b, mapped = _maps(maps, days, cells)
    _, assessed_b = known[ASSESSED]
    assessed = known[ASSESSED][0]
    judges = {
        RUSSIAN: ((ASSESSED, assessed, assessed_b), (maps[0].source, mapped, shown_b)),
        UKRAINIAN: ((ASSESSED, assessed, ~assessed_b), (maps[0].source, mapped, shown_a)),
    }
    area = theatre.grid.cell_area_km2
    return [
        _compare(name, judge, known[name], (when, shown), area)
        for name, pairs in judges.items()
        for judge, when, shown in pairs
    ]


_NAMES: Final = (ASSESSED, RUSSIAN, UKRAINIAN)


def _by_day(
    layers: Sequence[Layer], days: npt.NDArray[np.datetime64], cells: npt.NDArray[np.int64]
) -> tuple[BoolArray, BoolArray]:
    """On which days the layer is known, (day,), and what it covers, (day, cell); the day before stands in a gap."""
    known, covers = np.zeros(len(days), bool), np.zeros((len(days), len(cells)), bool)
    at = 0
    for layer in layers:
        day = int((np.datetime64(layer.day) - days[0]).astype(int))
        if known.any() and 1 < day - at <= GAP_DAYS:
            known[at:day], covers[at:day] = True, covers[at]
        known[day], covers[day], at = True, layer.cells.ravel()[cells], day
    return known, covers


def _maps(
    maps: Sequence[ControlSeries], days: npt.NDArray[np.datetime64], cells: npt.NDArray[np.int64]
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """What the maps show in the hands of a and of b, (day, cell) each, and the days on which they do, (day,)."""
    chosen = chosen_maps(maps)
    described = np.array([day for *_, day in chosen], "datetime64[D]")
    held_a, held_b = (np.zeros((len(days), len(cells)), bool) for _ in range(2))
    index = np.searchsorted(described, days, side="right") - 1
    for day, number in enumerate(index):
        if number >= 0:
            series, which, _ = chosen[number]
            control = series.control(which).ravel()[cells]
            held_a[day], held_b[day] = control == A, control == B
    return held_a, held_b, index >= 0


def _compare(
    name: str, judge: str, claims: tuple[BoolArray, BoolArray], judged: tuple[BoolArray, BoolArray], area: float
) -> ClaimedArea:
    (known, claimed), (judging, shown) = claims, judged
    both = np.flatnonzero(known & judging)
    entered = followed = 0
    waits: list[npt.NDArray[np.int64]] = []
    for day in both:
        begin, end = day - COME_BACK_DAYS, day + WITHIN_DAYS
        if day == 0 or not known[day - 1] or end >= len(known) or not judging[day : end + 1].all():
            continue
        new = np.flatnonzero(claimed[day] & ~claimed[max(begin, 0) : day].any(axis=0) & ~shown[day])
        coming = shown[day : end + 1, new]
        entered, followed = entered + len(new), followed + int(coming.any(axis=0).sum())
        waits.append(coming.argmax(axis=0)[coming.any(axis=0)])
    wait = np.concatenate(waits) if waits else np.empty(0)
    return ClaimedArea(
        name,
        judge,
        len(both),
        float(claimed[both].sum(axis=1).mean() * area),
        float((claimed[both] & ~shown[both]).sum(axis=1).mean() * area),
        entered * area,
        followed * area,
        float(np.median(wait)) if len(wait) else math.nan,
    )
