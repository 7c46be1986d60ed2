"""What lies behind a score: are chances true, do they tell events apart, is the spread of members honest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.stats import binom
from sklearn.metrics import average_precision_score, roc_auc_score

from frontcast.verify.judge import BIN_EDGES, RANKS
from frontcast.verify.scores import Resampling, block_length, block_samples

Floats = npt.NDArray[np.float64]

SHOWN: Final = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Chances of change are shown in classes between these: finer where most of the ground is."""

LEVEL: Final = 0.9

MOST_CASES: Final = 1e9
"""Where more independent cases than this would be needed for so little scatter, there is none to go by."""


@dataclass(frozen=True)
class Class:
    """One class of chances of change.

    Attributes:
        chance, share: mean chance and share that did change. weight: km², or settlements.
        low, high: where the share would lie with 90 % probability were the chances true (Bröcker and Smith 2007), for as
            many independent cases as the scatter between starts says there are; NaN where it says nothing.
    """

    chance: float
    share: float
    weight: float
    low: float
    high: float


@dataclass(frozen=True)
class Diagnosis:
    """One method at one lead.

    Attributes:
        forecaster, lead_days: which. own_members: whether ranks and spread are of its own members.
        cells, places: reliability of the chance that a cell within 25 km, a settlement, changes hands.
        cell_auc, place_auc: area under the ROC curve. cell_precision, place_precision: average precision.
        place_base, cell_base: share that changed, the average precision of no skill.
        ranks: starts by class of the area gained among the members, 0 where it is below all.
        spread_km2, error_km2: root mean square of the spread of the area gained among members, and of the error of their
            mean: alike in an honest ensemble.
    """

    forecaster: str
    lead_days: int
    own_members: bool
    cells: list[Class]
    places: list[Class]
    cell_auc: float
    place_auc: float
    cell_precision: float
    place_precision: float
    cell_base: float
    place_base: float
    ranks: list[int]
    spread_km2: float
    error_km2: float


def diagnoses(scores: xr.Dataset, every_days: int, resampling: Resampling) -> Iterator[Diagnosis]:
    """A diagnosis of each method and lead, from the scores that `frontcast.verify.hindcast.judged` gives."""
    for lead in scores["lead_days"].values.tolist():
        at_lead = scores.sel(lead_days=lead)
        for name in scores["forecaster"].values:
            here = at_lead.sel(forecaster=name)
            here = here.isel(init_time=np.flatnonzero(here["brier"].notnull().all("within_km").values))
            if not here.sizes["init_time"]:
                continue
            length = block_length(lead, every_days)
            cells, places = (
                here["cell_bins"].transpose("init_time", ...),
                here["place_bins"].transpose("init_time", ...),
            )
            rank = here["gain_rank"].values
            missed = here["gain_mean_km2"].values - here["gained_km2"].values
            yield Diagnosis(
                str(name),
                lead,
                bool(np.nan_to_num(here["own_members"].values.astype(float)).all()),
                _classes(cells.values, length, resampling),
                _classes(places.values, length, resampling),
                *_told_apart(cells.values, places.values),
                [int((rank == one).sum()) for one in range(RANKS)],
                float(np.sqrt((here["gain_spread_km2"].values ** 2).mean())),
                float(np.sqrt((missed**2).mean())),
            )


def _told_apart(cells: Floats, places: Floats) -> tuple[float, float, float, float, float, float]:
    of_cells, of_places = (_discrimination(bins.sum(axis=0)) for bins in (cells, places))
    return of_cells[0], of_places[0], of_cells[1], of_places[1], of_cells[2], of_places[2]


def _discrimination(bins: Floats) -> tuple[float, float, float]:
    """Area under the ROC curve, average precision and base rate, from sums by bin (bin, sum)."""
    weight, _, changed = bins.T
    if changed.sum() <= 0 or changed.sum() >= weight.sum():
        return math.nan, math.nan, math.nan
    outcome = np.repeat([0, 1], len(weight))
    chance, sums = np.tile(np.arange(len(weight)), 2), np.concatenate([weight - changed, changed])
    kept = sums > 0
    outcome, chance, sums = outcome[kept], chance[kept], sums[kept]
    return (
        float(roc_auc_score(outcome, chance, sample_weight=sums)),
        float(average_precision_score(outcome, chance, sample_weight=sums)),
        float(changed.sum() / weight.sum()),
    )


def _classes(bins: Floats, length: int, resampling: Resampling) -> list[Class]:
    """Classes of chance from sums by start and bin, (init_time, bin, sum)."""
    middle = np.concatenate([[0.0], (BIN_EDGES[1:] + BIN_EDGES[:-1]) / 2, [1.0]])
    of_bin = np.clip(np.searchsorted(SHOWN, middle, side="right") - 1, 0, len(SHOWN) - 2)
    found = []
    drawn = block_samples(len(bins), length, resampling.samples, resampling.seed)
    for one in range(len(SHOWN) - 1):
        sums = bins[:, of_bin == one].sum(axis=1)
        weight, chance, changed = sums.sum(axis=0)
        if weight <= 0:
            continue
        mean, share = chance / weight, changed / weight
        found.append(Class(mean, share, weight, *_band(sums, mean, drawn)))
    return found


def _band(sums: Floats, mean: float, drawn: npt.NDArray[np.intp]) -> tuple[float, float]:
    """Where the share would be were the chances true.

    Neighbouring cells change together, so they are not as many cases as there are cells. Resampling starts in blocks
    says how far the difference between share and chance scatters; as many independent cases as scatter so much are
    taken to be there.
    """
    resampled = sums[drawn].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (resampled[:, 2] - resampled[:, 1]) / resampled[:, 0]
    scatter = float(np.nanvar(off)) if np.isfinite(off).any() else 0.0
    if not 0 < mean < 1 or scatter < mean * (1 - mean) / MOST_CASES:
        return math.nan, math.nan
    cases = max(1, round(mean * (1 - mean) / scatter))
    low, high = (float(binom.ppf(end, cases, mean)) / cases for end in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return low, high


def to_plain(found: list[Diagnosis]) -> list[dict[str, Any]]:
    """As plain values for JSON."""
    return [
        vars(one) | {"cells": [vars(c) for c in one.cells], "places": [vars(c) for c in one.places]} for one in found
    ]
