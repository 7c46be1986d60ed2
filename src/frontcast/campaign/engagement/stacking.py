"""How much of each model to believe, found on wars left out within the battles that are fitted on.

Nothing is chosen on the wars that a score is computed on: for every fold left out, `fit_stacked` sees the others only,
leaves parts of those out in turn, and weighs the models by their errors there.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize

from frontcast.campaign.engagement.battles import Battles
from frontcast.campaign.engagement.kernel import OUTCOMES, Linear
from frontcast.campaign.engagement.models import MODELS, combine, fit_model, sizes_ratio

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.str_]

INNER: Final = 4
"""Parts into which the wars fitted on are dealt."""

WEIGHT_WIDTH: Final = 0.2
"""Prior standard deviation of a model's weight around an equal share (prior only): a few wars cannot tell models apart."""

IMPLIED: Final = "both losses"
"""For the exchange one more: what the models of both sides' losses imply."""


def fit_stacked(battles: Battles, wars: Labels, folds: Labels) -> tuple[dict[str, Linear], dict[str, dict[str, float]]]:
    """One linear predictor per outcome, and the weights of the models in it.

    Args:
        battles: all to fit on. wars: (battle,) whose levels differ. folds: (battle,) what is left out together, "" for
            battles that are never left out.
    """
    parts = _deal(folds)
    inner: dict[str, dict[str, Array]] = {outcome: {} for outcome in ("win", *OUTCOMES)}
    for part in parts:
        there = np.isin(folds, part)
        rest, left = np.flatnonzero(~there), np.flatnonzero(there)
        for outcome, one in _all_models(battles.chosen(rest), wars[rest]).items():
            for name, linear in one.items():
                inner[outcome].setdefault(name, np.full(len(battles), np.nan))[left] = linear(battles.chosen(left))
    whole = _all_models(battles, wars)
    found, weights = {}, {}
    for outcome, models in whole.items():
        happened = battles.outcomes[outcome]
        rows = np.flatnonzero(~np.isnan(happened) & (folds != ""))
        expected = np.column_stack([inner[outcome][name][rows] for name in models])
        trust = _one_a_war(folds[rows])
        if outcome == "win":
            share = _weigh_chances(expected, happened[rows], trust)
            intercept = 0.0
        else:
            middle = float(happened[rows].mean())
            share = _weigh_means(expected - middle, happened[rows] - middle, trust)
            intercept = (1.0 - float(share.sum())) * middle
        found[outcome] = combine([(float(w), models[name]) for w, name in zip(share, models, strict=True)], intercept)
        weights[outcome] = {name: float(w) for w, name in zip(share, models, strict=True)}
    return found, weights


def _all_models(battles: Battles, wars: Labels) -> dict[str, dict[str, Linear]]:
    out = {
        outcome: {name: fit_model(model, battles, wars, outcome) for name, model in MODELS.items()}
        for outcome in ("win", *OUTCOMES)
    }
    share = 1.0 / len(MODELS)
    attackers, defenders = out["log_loss_attacker"], out["log_loss_defender"]
    out["log_exchange"][IMPLIED] = combine(
        [(share, one) for one in attackers.values()]
        + [(-share, one) for one in defenders.values()]
        + [(1.0, sizes_ratio())]
    )
    return out


def _deal(folds: Labels) -> list[list[str]]:
    """Folds dealt into parts of about the same number of battles, the largest first."""
    names, counts = np.unique(folds[folds != ""], return_counts=True)
    parts: list[list[str]] = [[] for _ in range(min(INNER, len(names)))]
    filled = np.zeros(len(parts))
    for index in np.argsort(-counts, kind="stable"):
        smallest = int(np.argmin(filled))
        parts[smallest].append(str(names[index]))
        filled[smallest] += counts[index]
    return parts


def _one_a_war(folds: Labels) -> Array:
    """Weights of battles, (battle,), by which each war counts as one observation: its battles err together."""
    _, index, counts = np.unique(folds, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[index], float)


def _weigh_means(expected: Array, happened: Array, trust: Array) -> Array:
    """Weights of models, (model,), none below zero and together at most one: least squares and the prior."""
    equal = 1.0 / expected.shape[1]
    variance = float(np.average((happened - expected.mean(axis=1)) ** 2, weights=trust))
    strength, root = np.sqrt(variance) / WEIGHT_WIDTH, np.sqrt(trust)
    x = np.vstack([root[:, None] * expected, strength * np.eye(expected.shape[1])])
    y = np.concatenate([root * happened, np.full(expected.shape[1], strength * equal)])
    weights = np.asarray(optimize.nnls(x, y)[0], float)
    return weights / max(1.0, float(weights.sum()))


def _weigh_chances(logits: Array, won: Array, trust: Array) -> Array:
    """The same for logits: log likelihood and the prior; less than one in all where the models were too sure."""
    equal = 1.0 / logits.shape[1]

    def criterion(weights: Array) -> float:
        linear = logits @ weights
        surprise = trust @ (np.logaddexp(0.0, linear) - won * linear)
        return float(surprise + 0.5 * (((weights - equal) / WEIGHT_WIDTH) ** 2).sum())

    start = np.full(logits.shape[1], equal)
    bounds = [(0.0, 1.0)] * len(start)
    return np.asarray(optimize.minimize(criterion, start, bounds=bounds, method="L-BFGS-B").x, float)
