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


class Shrunken(NamedTuple):
    """A linear predictor whose coefficients are drawn to zero by group, each group by a variance of its own.

    Attributes:
        weights: (column,). variances: (group,) of the prior, as estimated. scale: of the errors (1 for the logit).
    """

    weights: Array
    variances: Array
    scale: float


STEPS = 15
NEWTON_FIRST, NEWTON_LATER = 8, 1
PRIOR_WEIGHTS, PRIOR_VARIANCE = 2.0, 0.02
"""Inverse-gamma prior of a group's variance, worth two coefficients of variance 0.02 (prior only): steadies lone groups."""


def fit_shrunken(
    x: Array, y: Array, groups: npt.NDArray[np.intp], *, logit: bool = False, freedom: float | None = None
) -> Shrunken:
    """Hierarchical linear model by empirical Bayes: EM on the variances of groups and of the errors.

        y = x · weights + error,   weights of group k ~ Normal(0, variance_k)

    Levels of wars and of nations are groups of indicator columns, so they are random effects. Errors are Student t of
    `freedom` where given (EM with weights; Lange, Little & Taylor 1989), else normal. With `logit`, y is 0 or 1 and
    the posterior is Laplace's (MacKay 1992).

    Args:
        x: (battle, column). y: (battle,). groups: (column,) group of each column, −1 for those not shrunk.
        logit: y is who won. freedom: degrees of freedom of the errors.
    """
    number = int(groups.max()) + 1
    variances, scale = np.full(number, 0.1), 1.0 if logit else float(np.var(y))
    trust, weights = np.ones(len(y)), np.zeros(x.shape[1])
    covariance = np.zeros((x.shape[1],) * 2)
    for step in range(STEPS):
        prior = np.diag(np.where(groups < 0, 1e-6, 1.0 / np.maximum(variances[groups], 1e-6)))
        if logit:
            for _ in range(NEWTON_FIRST if step == 0 else NEWTON_LATER):
                linear = x @ weights
                chance = 1.0 / (1.0 + np.exp(-linear))
                curve = chance * (1.0 - chance) + 1e-9
                precision = (x * curve[:, None]).T @ x + prior
                weights = np.asarray(np.linalg.solve(precision, x.T @ (curve * linear + y - chance)), float)
            covariance = np.asarray(np.linalg.inv(precision), float)
        else:
            covariance = np.asarray(np.linalg.inv((x * trust[:, None]).T @ x / scale + prior), float)
            weights = np.asarray(covariance @ (x.T @ (trust * y)) / scale, float)
            squares = (y - x @ weights) ** 2 + ((x @ covariance) * x).sum(axis=1)
            if freedom is not None:
                trust = (freedom + 1.0) / (freedom + squares / scale)
            scale = float((trust * squares).mean())
        spread = weights**2 + np.diag(covariance)
        for group in range(number):
            there = groups == group
            variances[group] = (spread[there].sum() + PRIOR_WEIGHTS * PRIOR_VARIANCE) / (there.sum() + PRIOR_WEIGHTS)
    return Shrunken(weights, variances, float(np.sqrt(scale)))
