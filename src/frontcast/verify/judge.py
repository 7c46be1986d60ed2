"""Judging one start: what methods said against what the maps then showed, averaged over space.

The same code scores hindcasts and the forecasts of the ledger. Everything here is one number a method, lead and start
(or a few, by sector or bin); means over starts and their uncertainty come later, in `report.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from scores.probability import crps_for_ensemble
from scoringrules import es_ensemble

from frontcast.errors import FrontcastError
from frontcast.picture.line import CLOSE_KM, NEAR_KM, signed_distance
from frontcast.theatre import B, Theatre
from frontcast.verify.said import Start
from frontcast.verify.scores import brier, log_score
from frontcast.verify.sectors import Sectors, regions, stretches

WITHIN_KM: Final = (NEAR_KM, CLOSE_KM, math.inf)
"""Scores of cells are means over the land within these distances of the initial line; infinite: the whole theatre."""

BIN_EDGES: Final = 1 / (1 + np.exp(-np.linspace(-9.5, 9.5, 77)))
"""Chances of change are counted in bins a quarter of a unit of log odds wide; the outermost hold what is surer."""

BIN_SUMS: Final = ("weight", "chance", "changed")
"""Sums kept of each bin: how much lies in it, the chances in it, and what of it changed."""

NESTED_MEMBERS: Final = 50
"""Members made from cell probabilities for a method that has none of its own."""

RANKS: Final = 10
"""Classes of a rank histogram."""

Array = npt.NDArray[Any]


def divisions(initial: npt.NDArray[np.uint8], theatre: Theatre) -> dict[str, Sectors]:
    """The parts of the ground in which gains are counted from a start: the theatre's regions, stretches of the line."""
    return {"region": regions(theatre), "stretch": stretches(initial, theatre)}


def judge(
    start: Start,
    later: Sequence[npt.NDArray[np.uint8] | None],
    theatre: Theatre,
    *,
    area_error_km2: Mapping[int, float] | None = None,
    within_km: Sequence[float] = WITHIN_KM,
) -> xr.Dataset:
    """Scores of every method from one start.

    Args:
        start: what they said.
        later: by lead, (y, x) the map that says what came true; None where none does.
        theatre: the ground.
        area_error_km2: by lead in days, standard deviation of the gain that a map shows about what was gained; added to
            members before they are ranked (Hamill 2001). Without, none is added.
        within_km: distances from the initial line within which cells are scored.

    Returns:
        By forecaster and lead_days, and NaN where the maps do not say what came true or a method has no such number:

        - `brier`, `log_score` (within_km): of "b holds the cell", means weighted by area, the latter in nats;
        - `sps_km2`: spatial probability score, ∫ (P − outcome)² dA over the theatre (Goessling and Jung 2018);
          `iiee_km2`: integrated ice edge error of the line P = 1/2, the area on its wrong side (Goessling et al.
          2016), `iiee_extent_km2` and `iiee_misplaced_km2`: its parts, error of the extent and misplacement;
        - `edge_crps_km`, `edge_error_km`: the two by length of line: how far off the line is, all along it;
        - `gain_crps_km2`, `gain_error_km2`: CRPS of net ground gained by b, and absolute error of its mean;
          `region_crps_km2`: mean over regions near the line; `gain_energy_km2`: energy score over regions;
        - `displacement_crps_km`, `displacement_error_km`, `displacement_median_km`: how far each stretch of the line
          went: CRPS, absolute error of its mean (means over the line), and its median over the line;
        - `gain_mean_km2`, `gain_spread_km2`, `gain_rank`: of the members, and the class of the truth among them;
        - `place_brier`, `place_log`: of "the place changes hands", for settlements within `NEAR_KM`, each alike;
        - `cell_bins`, `place_bins` (bin, sum): chances of change and what came of them, for reliability and the like.

        Without forecaster: `area_km2`, `changed_km2` (within_km), `line_km`, `gained_km2`, `places`,
        `places_changed`. Without lead_days: `own_members`, whether the members are the method's own: those of a
        method without are nested sets of P > u, as if all the line rose and fell together.

    Raises:
        FrontcastError: where b has no line.
    """
    ground = _Ground(start, theatre, within_km)
    rows = [
        _judge_lead(start, ground, index, truth, area_error_km2 or {}) if truth is not None else None
        for index, truth in enumerate(later)
    ]
    leads = np.array(start.lead_days)
    known = [index for index, row in enumerate(rows) if row is not None]
    if known:
        scored = xr.concat([row for row in rows if row is not None], "lead_days").assign_coords(lead_days=leads[known])
    else:  # the shape of what is not known yet
        blank = _judge_lead(start, ground, 0, start.initial, {})
        scored = xr.full_like(blank, np.nan).expand_dims(lead_days=leads[:1])
    own = [name in start.gains for name in start.hold]
    return scored.reindex(lead_days=leads).assign(own_members=("forecaster", own))


class _Ground:
    """What is the same for all leads of a start."""

    def __init__(self, start: Start, theatre: Theatre, within_km: Sequence[float]) -> None:
        self.theatre = theatre
        self.distance = np.abs(signed_distance(start.initial, theatre))
        self.within_km = list(within_km)
        self.land = theatre.land
        if not np.isfinite(self.distance).all() or not (self.land & (self.distance < NEAR_KM)).any():
            raise FrontcastError(f"side b has no line to score on the map known at {start.init_time}.")
        self.divisions = divisions(start.initial, theatre)
        self.line_km = float(self.divisions["stretch"].length_km.sum())
        row, column = theatre.places.cells
        seen = row >= 0
        self.place_cells = row[seen] * theatre.grid.nx + column[seen]
        near = self.land & (self.distance < NEAR_KM)
        self.place_cells = self.place_cells[near.ravel()[self.place_cells]]


def _judge_lead(
    start: Start, ground: _Ground, lead: int, truth: npt.NDArray[np.uint8], area_error_km2: Mapping[int, float]
) -> xr.Dataset:
    names = list(start.hold)
    land, area = ground.land.ravel(), ground.theatre.grid.cell_area_km2
    now, then = start.initial.ravel() == B, truth.ravel() == B
    # elsewhere all methods are sure that nothing changes, and nothing does
    kept = land & (now != then)
    kept[start.cells] = True
    cells = np.flatnonzero(kept)
    hold = np.repeat(now[cells][None].astype(np.float32), len(names), axis=0)
    hold[:, np.searchsorted(cells, start.cells)] = [start.hold[name][lead] for name in names]
    before, outcome = now[cells], then[cells]
    changed = before != outcome
    distance = ground.distance.ravel()
    inside = np.stack([distance[cells] < limit for limit in ground.within_km])
    rest = [
        (land & (distance < limit)).sum() - part.sum() for limit, part in zip(ground.within_km, inside, strict=True)
    ]

    # one more cell stands for all the rest
    probability = _array(np.pad(hold, ((0, 0), (0, 1)), constant_values=1.0), forecaster=names, cell=None)
    held = _array(np.append(outcome, True), cell=None)
    weight = _array(np.column_stack([inside, rest]) * area, within_km=ground.within_km, cell=None)
    out: dict[str, Any] = {
        "brier": brier(probability, held, weight),
        "log_score": log_score(probability, held, weight),
        "area_km2": weight.sum("cell"),
        "changed_km2": _array((inside * changed).sum(axis=1) * area, within_km=ground.within_km),
        "line_km": _array(np.float64(ground.line_km)),
    }

    def each(values: Any, **coordinates: Any) -> xr.DataArray:
        return _array(np.asarray(values, np.float64), forecaster=names, **coordinates)

    wrong = (hold - outcome) ** 2
    over = ((hold > 0.5) & ~outcome).sum(axis=1) * area
    under = ((hold <= 0.5) & outcome).sum(axis=1) * area
    sps = wrong.sum(axis=1, dtype=np.float64) * area
    out |= {
        "sps_km2": each(sps),
        "iiee_km2": each(over + under),
        "iiee_extent_km2": each(np.abs(over - under)),
        "iiee_misplaced_km2": each(2 * np.minimum(over, under)),
        "edge_crps_km": each(sps / ground.line_km),
        "edge_error_km": each((over + under) / ground.line_km),
    }
    out |= _gains(start, ground, lead, cells, hold, outcome.astype(np.int8) - before, area_error_km2)

    chance = np.abs(hold - before)
    near = inside[ground.within_km.index(NEAR_KM)]
    out["cell_bins"] = each([_bins(one[near], changed[near], area) for one in chance], bin=None, sum=list(BIN_SUMS))
    at = np.searchsorted(cells, ground.place_cells)  # all near the line, so all are kept
    place_changed = changed[at]
    place_chance = chance[:, at]
    out["place_bins"] = each([_bins(one, place_changed, 1.0) for one in place_chance], bin=None, sum=list(BIN_SUMS))
    out["places"] = _array(np.float64(len(at)))
    out["places_changed"] = _array(np.float64(place_changed.sum()))
    one_each = _array(np.ones(len(at)), cell=None)
    if len(at):
        came = _array(place_changed, cell=None)
        asked = _array(place_chance, forecaster=names, cell=None)
        out["place_brier"], out["place_log"] = brier(asked, came, one_each), log_score(asked, came, one_each)
    else:
        out["place_brier"] = out["place_log"] = each(np.full(len(names), np.nan))
    return xr.Dataset(out)


def _gains(
    start: Start,
    ground: _Ground,
    lead: int,
    cells: npt.NDArray[np.int64],
    hold: Array,
    change: Array,
    area_error_km2: Mapping[int, float],
) -> dict[str, xr.DataArray]:
    """Scores of net ground gained by b, in all, by region and by stretch of the line."""
    names, area = list(start.hold), ground.theatre.grid.cell_area_km2
    before = hold.dtype.type(1) * (start.initial.ravel()[cells] == B)
    region, stretch = ground.divisions["region"], ground.divisions["stretch"]
    scores: dict[str, list[Any]] = {name: [] for name in _GAIN_SCORES}
    seen = {key: part.total(change * area, cells) for key, part in (("region", region), ("stretch", stretch))}
    chosen = np.unique(region.labels.ravel()[cells])
    chosen = chosen[chosen >= 0]
    length = stretch.length_km
    for index, name in enumerate(names):
        if name in start.gains:
            members = {key: start.gains[name][key][:, lead] for key in seen}
        else:
            members = _nested(hold[index], before, cells, {"region": region, "stretch": stretch}, area)
        expected = {
            key: part.total((hold[index] - before) * area, cells)
            for key, part in (("region", region), ("stretch", stretch))
        }
        total, gained = members["region"].sum(axis=1), float(seen["region"].sum())
        of_region, was = members["region"][:, chosen], seen["region"][chosen]
        scores["gain_crps_km2"].append(_crps(total[:, None], np.array([gained]))[0])
        scores["gain_error_km2"].append(abs(expected["region"].sum() - gained))
        scores["region_crps_km2"].append(_crps(of_region, was).mean())
        scores["gain_energy_km2"].append(es_ensemble(was, of_region.astype(np.float64), backend="numpy"))
        went, missed = seen["stretch"], np.abs(expected["stretch"] - seen["stretch"])
        scores["displacement_crps_km"].append(_crps(members["stretch"], went).sum() / length.sum())
        scores["displacement_error_km"].append(missed.sum() / length.sum())
        scores["displacement_median_km"].append(_weighted_median(missed / length, length))
        scores["gain_mean_km2"].append(total.mean())
        scores["gain_spread_km2"].append(total.std(ddof=1))
        scores["gain_rank"].append(_rank(total, gained, area_error_km2.get(start.lead_days[lead], 0.0), start, lead))
    out = {name: _array(np.array(values, np.float64), forecaster=names) for name, values in scores.items()}
    return out | {"gained_km2": _array(np.float64(seen["region"].sum()))}


_GAIN_SCORES: Final = (
    *("gain_crps_km2", "gain_error_km2", "region_crps_km2", "gain_energy_km2", "displacement_crps_km"),
    *("displacement_error_km", "displacement_median_km", "gain_mean_km2", "gain_spread_km2", "gain_rank"),
)


def _nested(
    hold: Array, before: Array, cells: npt.NDArray[np.int64], parts: Mapping[str, Sectors], area: float
) -> dict[str, Array]:
    """Gains of members in which b holds the cells with P > u, u evenly spread over 0 to 1, (member, sector) each."""
    at = (np.arange(NESTED_MEMBERS) + 0.5) / NESTED_MEMBERS
    doubted = np.flatnonzero(hold != before)
    # the member from which on the cell is no longer held
    lost = np.searchsorted(at, hold[doubted], side="left")
    gains = {}
    for key, sectors in parts.items():
        labels = sectors.labels.ravel()[cells[doubted]]
        inside = labels >= 0
        steps = np.zeros((NESTED_MEMBERS + 1, len(sectors)))
        base = np.bincount(labels[inside], 1.0 - before[doubted][inside], len(sectors)) if inside.any() else 0.0
        np.add.at(steps, (lost[inside], labels[inside]), 1.0)
        gains[key] = (base - np.cumsum(steps, axis=0)[:-1]) * area
    return gains


def _crps(members: Array, truth: Array) -> Array:
    """CRPS of each column of members, (member, n) and (n,) to (n,), in their unit."""
    found = crps_for_ensemble(
        _array(members, member=None, n=None), _array(truth, n=None), "member", method="ecdf", preserve_dims="all"
    )
    return np.asarray(found.values)


def _weighted_median(values: Array, weight: Array) -> float:
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)])


def _rank(members: Array, truth: float, error: float, start: Start, lead: int) -> float:
    """Class 0 to `RANKS` − 1 of the truth among members that were given the error of the map; ties are drawn."""
    chance = np.random.default_rng([int(start.init_time.astype(np.int64)), lead])
    blurred = members + chance.normal(0, 1, len(members)) * error
    below, level = (blurred < truth).sum(), (blurred == truth).sum()
    return float(np.floor((below + chance.integers(level + 1)) * RANKS / (len(members) + 1)))


def _bins(chance: Array, changed: Array, weight: float) -> Array:
    """Sums by bin of chance, (bin, sum): see `BIN_SUMS`."""
    index = np.digitize(chance, BIN_EDGES)
    count = len(BIN_EDGES) + 1
    return np.stack(
        [weight * np.bincount(index, one, count) for one in (np.ones(len(chance)), chance, changed)], axis=1
    )


def _array(values: Any, **coordinates: Any) -> xr.DataArray:
    labelled = {name: labels for name, labels in coordinates.items() if labels is not None}
    return xr.DataArray(values, labelled, tuple(coordinates))
