"""What the kernel must beat, on the same battles and folds: the constant, force ratio alone, linear models, trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast.campaign.engagement.battles import Battles
from frontcast.campaign.engagement.features import FEATURES, GROUPS
from frontcast.campaign.engagement.kernel import OUTCOMES
from frontcast.campaign.engagement.models import SINCE

Array = npt.NDArray[np.float64]

KNOWN: Final = tuple(
    name
    for group in ("size", "length", "posture", "surprise", "air", "era", "terrain", "weather", "arms", "arms_unknown")
    for name in GROUPS[group]
)
"""Size, duration, environment, surprise and air, arms: what the published baselines had, and more."""


def constant(fit: Battles, wanted: Battles) -> dict[str, Array]:
    """The mean of battles since 1914."""
    recent = fit.chosen(np.flatnonzero(fit.year >= SINCE))
    return {name: np.full(len(wanted), np.nanmean(recent.outcomes[name])) for name in ("win", *OUTCOMES)}


def force_ratio(fit: Battles, wanted: Battles) -> dict[str, Array]:
    """A logit and lines on ln(attackers / defenders) alone."""
    return _learnt(fit, wanted, _ratio, _logit, _line)


def linear(fit: Battles, wanted: Battles) -> dict[str, Array]:
    """A logit and ridge regressions on what is known beforehand."""
    return _learnt(fit, wanted, _known, _logit, _line)


def forest(fit: Battles, wanted: Battles) -> dict[str, Array]:
    """Random forests on the same."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    settings: dict[str, Any] = {"max_features": 0.4, "random_state": 0, "n_estimators": 100}
    return _learnt(
        fit,
        wanted,
        _known,
        lambda: RandomForestClassifier(min_samples_leaf=8, **settings),
        lambda: RandomForestRegressor(min_samples_leaf=3, **settings),
    )


def boosting(fit: Battles, wanted: Battles) -> dict[str, Array]:
    """Gradient-boosted trees on the same."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    settings: dict[str, Any] = {
        **{"n_estimators": 250, "learning_rate": 0.03, "num_leaves": 6, "min_child_samples": 12, "reg_lambda": 5.0},
        **{"subsample": 0.7, "subsample_freq": 1, "colsample_bytree": 0.5},
        **{"random_state": 0, "n_jobs": 1, "verbosity": -1, "deterministic": True},
    }
    return _learnt(fit, wanted, _known, lambda: LGBMClassifier(**settings), lambda: LGBMRegressor(**settings))


BASELINES: Final[dict[str, Callable[[Battles, Battles], dict[str, Array]]]] = {
    "constant": constant,
    "force ratio alone": force_ratio,
    "logit and linear": linear,
    "random forest": forest,
    "boosted trees": boosting,
}


def _ratio(battles: Battles) -> Array:
    return np.log(battles.attackers / battles.defenders)[:, None]


def _known(battles: Battles) -> Array:
    return battles.features[:, [FEATURES.index(name) for name in KNOWN]]


def _logit() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.05))


def _line() -> Any:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 4, 13)))


def _learnt(
    fit: Battles,
    wanted: Battles,
    features: Callable[[Battles], Array],
    chances: Callable[[], Any],
    means: Callable[[], Any],
) -> dict[str, Array]:
    recent = fit.chosen(np.flatnonzero(fit.year >= SINCE))
    x, asked = features(recent), features(wanted)
    out: dict[str, Array] = {}
    for name in ("win", *OUTCOMES):
        rows = ~np.isnan(recent.outcomes[name])
        y = recent.outcomes[name][rows]
        if name == "win":
            out[name] = chances().fit(x[rows], y.astype(int)).predict_proba(asked)[:, 1]
        else:
            out[name] = means().fit(x[rows], y).predict(asked)
    return out
