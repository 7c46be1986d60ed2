"""Fitting the engagement kernel on CDB90, and scoring it on wars left out, beside baselines on the same rows.

    python -m frontcast.campaign.engagement.fit --from CDB90-patched.csv            # scores, by war left out
    python -m frontcast.campaign.engagement.fit --from CDB90-patched.csv --ship     # and writes kernel.json

All battles from 1600 on are fitted on; those from 1914 on are scored, each war by a fit that has not seen it. Needs
the extra `calibrate` (statsmodels).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from frontcast.campaign.engagement.battles import BEFOREHAND, FEATURES, Battles, read_battles
from frontcast.campaign.engagement.kernel import DIRECT, OUTCOMES, Kernel, Linear, Prediction

Array = npt.NDArray[np.float64]

SCORED_FROM = 1914
TREES = {
    "objective": "regression",
    "num_leaves": 6,
    "learning_rate": 0.03,
    "min_data_in_leaf": 12,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "lambda_l2": 5.0,
    "verbosity": -1,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
}
ROUNDS = 250
WEIGHT_OF_PRIOR = 1.0
"""Standard deviation of a standardised coefficient of the logit before anything is seen."""

LEVELS = (0.5, 0.8, 0.9)

LEVEL_WIDTH = 1.0
"""Width of wars' levels over that of standardised coefficients before anything is seen (prior only)."""


def _standard(features: Array, names: Sequence[str]) -> tuple[Array, Array, Array]:
    columns = features[:, [FEATURES.index(name) for name in names]]
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    return (columns - centre) / spread, centre, spread


def fit_win(battles: Battles) -> tuple[Linear, float]:
    """Logit of the attacker's win with random levels of wars, by variational Bayes; draws are left out."""
    from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

    rows = ~np.isnan(battles.outcomes["win"])
    x, centre, spread = _standard(battles.features[rows], BEFOREHAND)
    design = np.column_stack([np.ones(len(x)), x])
    wars, index = np.unique(battles.war[rows], return_inverse=True)
    levels = np.zeros((len(x), len(wars)))
    levels[np.arange(len(x)), index] = 1.0
    model = BinomialBayesMixedGLM(
        battles.outcomes["win"][rows], design, levels, np.zeros(len(wars), int), vcp_p=1.0, fe_p=WEIGHT_OF_PRIOR
    )
    found = model.fit_vb(verbose=False)
    return (
        Linear(tuple(BEFOREHAND), centre, spread, np.asarray(found.fe_mean[1:]), float(found.fe_mean[0])),
        float(np.exp(found.vcp_mean[0])),
    )


def fit_linear(battles: Battles, outcome: str) -> Linear:
    """Linear model with levels of wars drawn towards zero: the posterior mode of the hierarchical normal model.

    Levels enter as columns of their own under the same normal prior as the standardised coefficients, its width chosen by
    leave-one-out (`RidgeCV`); a war not seen has level zero. (Restricted maximum likelihood gives eras, which differ between
    wars only, to the levels, and then predicts unseen wars badly: RMSE 2.1 for the attacker's losses.)
    """
    from sklearn.linear_model import RidgeCV

    rows = ~np.isnan(battles.outcomes[outcome])
    x, centre, spread = _standard(battles.features[rows], FEATURES)
    wars, index = np.unique(battles.war[rows], return_inverse=True)
    levels = np.zeros((len(x), len(wars)))
    levels[np.arange(len(x)), index] = LEVEL_WIDTH
    found = RidgeCV(np.logspace(0, 4, 13)).fit(np.column_stack([x, levels]), battles.outcomes[outcome][rows])
    return Linear(FEATURES, centre, spread, np.asarray(found.coef_[: len(FEATURES)]), float(found.intercept_))


def fit_trees(battles: Battles, outcome: str) -> str:
    """Boosted trees on the same features, as text."""
    import lightgbm

    rows = ~np.isnan(battles.outcomes[outcome])
    data = lightgbm.Dataset(battles.features[rows], battles.outcomes[outcome][rows])
    return str(lightgbm.train(TREES, data, num_boost_round=ROUNDS).model_to_string())


def fit_kernel(battles: Battles) -> Kernel:
    """All parts; errors are those of the fit until `calibrated`."""
    win, spread = fit_win(battles)
    exchange = battles.outcomes["log_exchange"]
    constants = {"win": (float(np.nanmean(battles.outcomes["win"])), 0.0)}
    constants |= {
        name: (float(np.nanmean(battles.outcomes[name])), float(np.nanstd(battles.outcomes[name]))) for name in OUTCOMES
    }
    return Kernel(
        win=win,
        spread_of_wars=spread,
        linear={name: fit_linear(battles, name) for name in DIRECT},
        trees={name: fit_trees(battles, name) for name in DIRECT},
        exchange_mean=float(np.nanmean(exchange)),
        exchange_share=1.0,
        scale=dict.fromkeys(OUTCOMES, 1.0),
        freedom=dict.fromkeys(OUTCOMES, 5.0),
        constants=constants,
    )


def left_out(battles: Battles, predict: Callable[[Battles, Battles], dict[str, Array]]) -> dict[str, Array]:
    """Predictions for the battles scored, each war by a fit without it; NaN for the others.

    Args:
        battles: all.
        predict: given what to fit on and what to predict, predictions by outcome, "win" as a probability.
    """
    scored = battles.year >= SCORED_FROM
    out = {name: np.full(len(battles), np.nan) for name in ("win", *OUTCOMES)}
    for war in np.unique(battles.war[scored]):
        there = battles.war == war
        for name, values in predict(
            battles.chosen(np.flatnonzero(~there)), battles.chosen(np.flatnonzero(there))
        ).items():
            out[name][there] = values
    return {name: np.where(scored, values, np.nan) for name, values in out.items()}


def _kernel(fit: Battles, wanted: Battles) -> dict[str, Array]:
    found = fit_kernel(fit).predict(wanted)
    return {"win": found.p_win, **found.mean}


def _constant(fit: Battles, wanted: Battles) -> dict[str, Array]:
    recent = fit.chosen(np.flatnonzero(fit.year >= SCORED_FROM))
    return {name: np.full(len(wanted), np.nanmean(recent.outcomes[name])) for name in ("win", *OUTCOMES)}


def _ratio(fit: Battles, wanted: Battles) -> dict[str, Array]:
    """Force ratio alone: a logit and lines on ln(attackers / defenders)."""
    return _sklearn(fit, wanted, trees=False, ratio=True)


def _linear(fit: Battles, wanted: Battles) -> dict[str, Array]:
    return _sklearn(fit, wanted, trees=False)


def _forest(fit: Battles, wanted: Battles) -> dict[str, Array]:
    return _sklearn(fit.chosen(np.flatnonzero(fit.year >= SCORED_FROM)), wanted, trees=True)


def _sklearn(fit: Battles, wanted: Battles, *, trees: bool, ratio: bool = False) -> dict[str, Array]:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def features(battles: Battles, names: Sequence[str]) -> Array:
        if ratio:
            return np.log(battles.attackers / battles.defenders)[:, None]
        return battles.features[:, [FEATURES.index(name) for name in names]]

    out: dict[str, Array] = {}
    for name in ("win", *OUTCOMES):
        names = BEFOREHAND if name == "win" else FEATURES
        rows = ~np.isnan(fit.outcomes[name])
        x, y = features(fit, names)[rows], fit.outcomes[name][rows]
        if name == "win":
            model: Any = (
                RandomForestClassifier(400, min_samples_leaf=8, max_features=0.4, random_state=0)
                if trees
                else make_pipeline(StandardScaler(), LogisticRegression(C=0.05))
            )
            out[name] = model.fit(x, y.astype(int)).predict_proba(features(wanted, names))[:, 1]
        else:
            model = (
                RandomForestRegressor(400, min_samples_leaf=3, max_features=0.4, random_state=0)
                if trees
                else make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 4, 13)))
            )
            out[name] = model.fit(x, y).predict(features(wanted, names))
    return out


METHODS: dict[str, Callable[[Battles, Battles], dict[str, Array]]] = {
    "constant": _constant,
    "force ratio alone": _ratio,
    "logit and linear": _linear,
    "random forest": _forest,
    "kernel": _kernel,
}


def with_share(found: dict[str, Array], share: Array | float, mean: float) -> Array:
    """Log exchange drawn towards the mean."""
    return np.asarray(mean + share * (found["log_exchange"] - mean))


def choose_share(battles: Battles, found: dict[str, Array]) -> tuple[float, Array]:
    """How much of the implied exchange to believe: for all, and for each battle without its own war."""
    happened, mean = battles.outcomes["log_exchange"], float(np.nanmean(battles.outcomes["log_exchange"]))
    rows = ~np.isnan(happened) & ~np.isnan(found["log_exchange"])

    def best(chosen: npt.NDArray[np.bool_]) -> float:
        x, y = found["log_exchange"][chosen] - mean, happened[chosen] - mean
        return float(np.clip((x @ y) / (x @ x), 0.0, 1.0))

    nested = np.ones(len(battles))
    for war in np.unique(battles.war[rows]):
        nested[battles.war == war] = best(rows & (battles.war != war))
    return best(rows), nested


def scores(battles: Battles, found: dict[str, Array]) -> dict[str, float]:
    """Accuracy and Brier score of who wins, RMSE of the others, on rows with both."""
    out: dict[str, float] = {}
    happened = battles.outcomes["win"]
    rows = ~np.isnan(happened) & ~np.isnan(found["win"])
    out["n"] = float(rows.sum())
    out["accuracy"] = float(((found["win"][rows] > 0.5) == happened[rows]).mean())
    out["brier"] = float(((found["win"][rows] - happened[rows]) ** 2).mean())
    for name in OUTCOMES:
        rows = ~np.isnan(battles.outcomes[name]) & ~np.isnan(found[name])
        if not rows.any():
            continue
        out[name] = float(np.sqrt(((found[name][rows] - battles.outcomes[name][rows]) ** 2).mean()))
    return out


def errors_of(battles: Battles, found: dict[str, Array]) -> tuple[dict[str, float], dict[str, float]]:
    """Scale and freedom of a Student t for the errors on wars left out, by maximum likelihood."""
    scale, freedom = {}, {}
    for name in OUTCOMES:
        rows = ~np.isnan(battles.outcomes[name]) & ~np.isnan(found[name])
        df, _, width = stats.t.fit(battles.outcomes[name][rows] - found[name][rows], floc=0.0)
        scale[name], freedom[name] = float(width), float(min(df, 200.0))
    return scale, freedom


def coverage(battles: Battles, found: dict[str, Array]) -> dict[str, dict[str, float]]:
    """Share of outcomes inside the intervals, each war with the errors of the others."""
    inside: dict[str, dict[str, list[float]]] = {name: {str(level): [] for level in LEVELS} for name in OUTCOMES}
    for war in np.unique(battles.war[~np.isnan(found["win"])]):
        there = battles.war == war
        others = {name: np.where(there, np.nan, values) for name, values in found.items()}
        scale, freedom = errors_of(battles, others)
        mean = {name: found[name][there] for name in OUTCOMES}
        prediction = Prediction(found["win"][there], mean, scale, freedom)
        for name in OUTCOMES:
            happened = battles.outcomes[name][there]
            for level in LEVELS:
                low, high = prediction.interval(name, level)
                known = ~np.isnan(happened) & ~np.isnan(mean[name])
                inside[name][str(level)] += list(((happened >= low) & (happened <= high))[known])
    return {name: {level: float(np.mean(kept)) for level, kept in by.items()} for name, by in inside.items()}


def bootstrap(battles: Battles, one: dict[str, Array], other: dict[str, Array]) -> dict[str, tuple[float, float]]:
    """90 % interval of the difference in scores, one less other, by resampling wars."""
    wars = np.unique(battles.war[~np.isnan(one["win"])])
    rows = {war: np.flatnonzero(battles.war == war) for war in wars}
    rng = np.random.default_rng(0)
    drawn: list[dict[str, float]] = []
    for _ in range(400):
        picked = np.concatenate([rows[war] for war in rng.choice(wars, len(wars))])
        some = battles.chosen(picked)
        first, second = ({name: values[picked] for name, values in found.items()} for found in (one, other))
        a, b = scores(some, first), scores(some, second)
        drawn.append({name: a[name] - b[name] for name in a if name != "n"})
    table = pd.DataFrame(drawn)
    return {str(name): (float(table[name].quantile(0.05)), float(table[name].quantile(0.95))) for name in table}


def law(battles: Battles) -> dict[str, Any]:
    """The log law of losses, for M2: ln losses on both sizes with levels of wars, battles since 1914."""
    import warnings

    from statsmodels.regression.mixed_linear_model import MixedLM

    recent = battles.chosen(np.flatnonzero(battles.year >= SCORED_FROM))
    out = {}
    for side, own in (("attacker", recent.attackers), ("defender", recent.defenders)):
        lost = recent.outcomes[f"log_loss_{side}"] + np.log(own)
        rows = ~np.isnan(lost)
        design = np.column_stack([np.ones(rows.sum()), np.log(recent.attackers[rows]), np.log(recent.defenders[rows])])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = MixedLM(lost[rows], design, groups=recent.war[rows]).fit(reml=True, method="lbfgs")
        out[side] = {
            "exponent_attackers": float(found.fe_params[1]),
            "exponent_defenders": float(found.fe_params[2]),
            "standard_errors": [float(value) for value in np.asarray(found.bse_fe)[1:]],
            "sigma": float(np.sqrt(found.scale)),
            "sigma_wars": float(np.sqrt(np.asarray(found.cov_re).item())),
            "battles": int(rows.sum()),
        }
    return out


def evaluate(battles: Battles) -> tuple[dict[str, Any], dict[str, Array], float]:
    """All methods on wars left out: the record, the kernel's predictions, and the share of the exchange believed."""
    found = {name: left_out(battles, method) for name, method in METHODS.items()}
    share, nested = choose_share(battles, found["kernel"])
    mean = float(np.nanmean(battles.outcomes["log_exchange"]))
    found["kernel"]["log_exchange"] = with_share(found["kernel"], nested, mean)
    record = {
        "scores": {name: scores(battles, one) for name, one in found.items()},
        "kernel_less": {name: bootstrap(battles, found["kernel"], found[name]) for name in METHODS if name != "kernel"},
        "coverage": coverage(battles, found["kernel"]),
        "wars": {
            str(war): scores(battles.chosen(rows), {name: values[rows] for name, values in found["kernel"].items()})
            for war in np.unique(battles.war[battles.year >= SCORED_FROM])
            if len(rows := np.flatnonzero((battles.war == war) & (battles.year >= SCORED_FROM))) >= 8
        },
        "law": law(battles),
    }
    return record, found["kernel"], share


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `python -m frontcast.campaign.engagement.fit`."""
    parser = argparse.ArgumentParser(prog="python -m frontcast.campaign.engagement.fit", description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="CDB90-patched.csv")
    parser.add_argument("--ship", action="store_true", help="write kernel.json and evaluation.json beside this file")
    asked = parser.parse_args(arguments)
    battles = read_battles(asked.source)
    record, found, share = evaluate(battles)
    print(json.dumps(record, indent=1))
    if asked.ship:
        scale, freedom = errors_of(battles, found)
        kernel = fit_kernel(battles)
        shipped = {
            "source": "CDB90, patched edition, ODC-BY; coefficients only, no battle is in this file",
            "fitted_on": len(battles),
            "win": kernel.win.record(),
            "spread_of_wars": kernel.spread_of_wars,
            "linear": {name: one.record() for name, one in kernel.linear.items()},
            "trees": kernel.trees,
            "exchange_mean": kernel.exchange_mean,
            "exchange_share": share,
            "scale": scale,
            "freedom": freedom,
            "constants": kernel.constants,
        }
        folder = Path(__file__).parent
        (folder / "kernel.json").write_text(json.dumps(shipped) + "\n", "utf-8")
        (folder / "evaluation.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
