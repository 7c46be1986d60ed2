"""A linear model with levels of wars, fitted by restricted maximum likelihood: the part that fits share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

Array = npt.NDArray[np.float64]


class Hierarchy(NamedTuple):
    """y = x · weights + level of the war + error.

    Attributes:
        weights: (column,). covariance: (column, column) of the weights.
        sigma: standard deviation of the errors within wars. sigma_wars: of wars' levels.
        residuals: (battle,) less the wars' levels, as best predicted.
    """

    weights: Array
    covariance: Array
    sigma: float
    sigma_wars: float
    residuals: Array


def fit_hierarchy(x: Array, y: Array, wars: npt.NDArray[Any]) -> Hierarchy:
    """Weights and both spreads of a random-intercept model by restricted maximum likelihood (Laird & Ware 1982).

    Args:
        x: (battle, column), with its own constant. y: (battle,). wars: (battle,) labels.
    """
    groups = [np.flatnonzero(wars == war) for war in np.unique(wars)]

    def solve(share: float) -> tuple[float, Array, Array, float]:
        """For a ratio of variances (wars over errors): the criterion, weights, their precision, sum of squares."""
        precision, moment, squares, log_determinant = np.zeros((x.shape[1],) * 2), np.zeros(x.shape[1]), 0.0, 0.0
        for rows in groups:
            a, b = x[rows], y[rows]
            shrink = share / (1.0 + share * len(rows))
            total_a, total_b = a.sum(axis=0), b.sum()
            precision += a.T @ a - shrink * np.outer(total_a, total_a)
            moment += a.T @ b - shrink * total_a * total_b
            squares += float(b @ b - shrink * total_b**2)
            log_determinant += float(np.log1p(share * len(rows)))
        weights = np.asarray(np.linalg.solve(precision, moment), float)
        rest = squares - float(weights @ moment)
        freedom = len(y) - x.shape[1]
        criterion = float(freedom * np.log(rest / freedom) + log_determinant + np.linalg.slogdet(precision)[1])
        return criterion, weights, precision, rest / freedom

    found = optimize.minimize_scalar(
        lambda log_share: solve(np.exp(log_share))[0], bounds=(-9.0, 4.0), method="bounded"
    )
    share = float(np.exp(found.x))
    _, weights, precision, variance = solve(share)
    residuals = y - x @ weights
    for rows in groups:
        residuals[rows] -= share * residuals[rows].sum() / (1.0 + share * len(rows))
    return Hierarchy(
        weights=weights,
        covariance=np.asarray(variance * np.linalg.inv(precision), float),
        sigma=float(np.sqrt(variance)),
        sigma_wars=float(np.sqrt(share * variance)),
        residuals=residuals,
    )
