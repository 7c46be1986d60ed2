"""How sure a difference is: the Diebold-Mariano test on scores of starts, and Holm's correction over leads."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr
from scores.stats.statistical_tests import diebold_mariano

from frontcast.verify.scores import Floats

LEAST_STARTS = 8
"""With fewer starts, or fewer than two leads' worth of them, the test is not made."""


def p_value(score: Floats, rival: Floats, steps_ahead: int) -> float:
    """Two-sided probability of a mean difference so large, were two methods equally good.

    Diebold-Mariano with the autocovariances of `steps_ahead` − 1 lags and the correction of Harvey, Leybourne and
    Newbold (1997), against Student's t. NaN where there are too few starts, the scores are the same, or the estimated
    variance is not positive.

    Args:
        score, rival: (init_time,) mean scores of each start, in order of time.
        steps_ahead: starts from one to the first whose window does not overlap its own.
    """
    difference = score - rival
    if len(difference) < max(LEAST_STARTS, 2 * steps_ahead) or not difference.any():
        return math.nan
    series = xr.DataArray(difference[None], {"pair": [0], "h": ("pair", [steps_ahead])}, ("pair", "init_time"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a variance that is not positive: the answer is NaN then
        found = diebold_mariano(series, "pair", "h", method="HLN", statistic_distribution="t")
    above = float(found["confidence_gt_0"].item())
    return 2 * min(above, 1 - above)


def holm(values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down correction: each p-value as it stands among all that were looked at; NaN stays NaN."""
    known = [index for index, value in enumerate(values) if not math.isnan(value)]
    corrected, least = list(map(float, values)), 0.0
    for rank, index in enumerate(sorted(known, key=lambda index: values[index])):
        least = max(least, min(1.0, (len(known) - rank) * values[index]))
        corrected[index] = least
    return corrected


def steps_ahead(lead_days: int, every_days: int) -> int:
    """Starts whose windows overlap that of one, itself counted: ceil(lead / every)."""
    return max(1, int(np.ceil(lead_days / every_days)))
