"""Scores: first a mean over space for each start, then a mean over starts, then how sure that mean is.

Cells of one start rise and fall together, so they count as one; starts whose forecasts overlap are not
independent either, so uncertainty is estimated by resampling blocks of starts at least as long as the lead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from scores.probability import brier_score

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

LOG_CLIP: Final = 1e-4
"""Smallest probability in the log score: a cell that was certain and wrong costs 9.2 nats, not infinity."""

LEAST_BLOCKS: Final = 4
"""With fewer blocks of starts than this, resampling says little about the spread: no interval is given."""


def brier(probability: xr.DataArray, held: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """Brier score, mean over dim `cell` of (P − outcome)², weighted; 0 is perfect.

    Brier, G. W. (1950), Monthly Weather Review 78, 1-3.
    """
    return xr.DataArray(brier_score(probability, held.astype(float), reduce_dims=["cell"], weights=weight))


def log_score(probability: xr.DataArray, held: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """Log score, mean over dim `cell` of −ln P(what happened) in nats, weighted; 0 is perfect.

    P is not taken as smaller than `LOG_CLIP`.

    Good, I. J. (1952), Journal of the Royal Statistical Society B 14, 107-114.
    """
    credited = probability.where(held, 1 - probability).clip(min=LOG_CLIP)
    return xr.DataArray(-np.log(credited)).weighted(weight).mean("cell")


def skill(score: Floats, reference: Floats) -> float:
    """Share of the reference's mean score that a method does away with: 1 perfect, 0 no better.

    NaN where the reference is perfect.
    """
    return float(1 - score.mean() / reference.mean()) if reference.any() else math.nan


def pooled_skill(score: Floats, reference: Floats, area: Floats) -> float:
    """Skill where every km² of every start counts alike; `area`: km² that each start scored, (init_time,)."""
    return skill(score * area, reference * area)


def block_length(lead_days: int, every_days: int) -> int:
    """Starts in a block, so that a block is at least as long as the lead: ceil(lead / every)."""
    return max(1, math.ceil(lead_days / every_days))


def block_samples(starts: int, length: int, samples: int, seed: int) -> npt.NDArray[np.intp]:
    """Indices of `samples` circular block resamples of `starts` starts, (sample, init_time).

    Politis, D. N. and Romano, J. P. (1992), in Exploring the Limits of Bootstrap, 263-270. The resampling
    of the `scores` package draws from NumPy's global generator, so it cannot be repeated on its own.
    """
    first = np.random.default_rng(seed).integers(starts, size=(samples, math.ceil(starts / length)))
    indices = (first[..., None] + np.arange(length)) % starts
    return indices.reshape(samples, -1)[:, :starts]


@dataclass(frozen=True)
class Resampling:
    """How intervals are made: number of resamples, seed, and the share of resamples inside the interval."""

    samples: int = 2000
    seed: int = 0
    level: float = 0.9


def skill_interval(
    score: Floats, reference: Floats, length: int, resampling: Resampling, rival: Floats | None = None
) -> tuple[float, float]:
    """Interval of the skill of a method or, with a rival, of its skill minus the rival's.

    Args:
        score, reference, rival: (init_time,) mean scores of each start, in order of time.
        length: starts in a block.
        resampling: number of resamples, seed and level.
        rival: another method to compare with.

    Returns:
        Lower and upper end; NaN where the starts make fewer than `LEAST_BLOCKS` blocks, or the reference is perfect
        in all or in many resamples.
    """
    if len(score) < LEAST_BLOCKS * length or not reference.any():
        return math.nan, math.nan
    nothing, better = (1.0, -score) if rival is None else (0.0, rival - score)
    drawn = block_samples(len(score), length, resampling.samples, resampling.seed)
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample may hold only starts where nothing moved
        values = nothing + better[drawn].sum(1) / reference[drawn].sum(1)
    tail = (1 - resampling.level) / 2
    finite = np.isfinite(values)
    if finite.mean() < 1 - tail:
        return math.nan, math.nan
    low, high = np.quantile(values[finite], [tail, 1 - tail])
    return float(low), float(high)
