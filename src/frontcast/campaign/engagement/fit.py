"""Fitting the engagement kernel on CDB90, and scoring it on wars left out, beside baselines on the same rows.

    python -m frontcast.campaign.engagement.fit --from CDB90-patched.csv --work DIR            # scores, by war left out
    python -m frontcast.campaign.engagement.fit --from CDB90-patched.csv --work DIR --ship     # writes kernel.json too

All battles from 1600 on are fitted on; those from 1914 on are scored, each war and theatre by a fit that has not seen
it, the weights of models and the widths of intervals included. `battles.csv` must be beside the file: it says which
war and theatre each battle was in. What a fold gave is kept in DIR, and an interrupted run goes on from there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from frontcast.campaign.engagement.baselines import BASELINES
from frontcast.campaign.engagement.battles import Battles, read_battles
from frontcast.campaign.engagement.groups import folds_of, wars_and_theatres
from frontcast.campaign.engagement.kernel import OUTCOMES, Kernel, Prediction
from frontcast.campaign.engagement.models import SINCE
from frontcast.campaign.engagement.stacking import fit_stacked

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.str_]
Found = dict[str, Array]
Predict = Callable[[Battles, Battles, npt.NDArray[np.intp]], Found]

LEVELS: Final = (0.5, 0.8, 0.9)
RESAMPLES: Final = 1000
MOST_FREEDOM: Final = 200.0


def left_out(battles: Battles, folds: Labels, predict: Predict, work: Path) -> Found:
    """Predictions for the battles scored, each fold by a fit without it; NaN for the others.

    Args:
        battles: all. folds: (battle,) "" where not scored.
        predict: given what to fit on, what to predict and the rows fitted on, predictions by outcome, "win" a chance.
        work: folder where each fold's predictions are kept.
    """
    work.mkdir(parents=True, exist_ok=True)
    out = {name: np.full(len(battles), np.nan) for name in ("win", *OUTCOMES)}
    for number, fold in enumerate(np.unique(folds[folds != ""])):
        there = folds == fold
        kept = work / f"{number:02d}.npz"
        if not kept.exists():
            rest = np.flatnonzero(~there)
            np.savez(kept, **predict(battles.chosen(rest), battles.chosen(np.flatnonzero(there)), rest))  # type: ignore[arg-type]
        with np.load(kept) as found:
            for name, values in out.items():
                values[there] = found[name]
    return out


def scores(happened: Found, found: Found) -> dict[str, float]:
    """Accuracy and Brier score of who wins, RMSE of the others, on rows where both are known."""
    out: dict[str, float] = {}
    rows = ~np.isnan(happened["win"]) & ~np.isnan(found["win"])
    if rows.any():
        out["accuracy"] = float(((found["win"][rows] > 0.5) == happened["win"][rows]).mean())
        out["brier"] = float(((found["win"][rows] - happened["win"][rows]) ** 2).mean())
    for name in OUTCOMES:
        rows = ~np.isnan(happened[name]) & ~np.isnan(found[name])
        if rows.any():
            out[name] = float(np.sqrt(((found[name][rows] - happened[name][rows]) ** 2).mean()))
    return out


def _cut(values: Found, rows: npt.NDArray[Any]) -> Found:
    return {name: one[rows] for name, one in values.items()}


def errors_of(battles: Battles, found: Found, rows: npt.NDArray[np.bool_]) -> tuple[dict[str, float], dict[str, float]]:
    """Scale and freedom of a Student t for errors on wars left out, by maximum likelihood, on some rows."""
    scale, freedom = {}, {}
    for name in OUTCOMES:
        known = rows & ~np.isnan(battles.outcomes[name]) & ~np.isnan(found[name])
        df, _, width = stats.t.fit(battles.outcomes[name][known] - found[name][known], floc=0.0)
        scale[name], freedom[name] = float(width), float(min(df, MOST_FREEDOM))
    return scale, freedom


def inside(battles: Battles, found: Found, folds: Labels) -> dict[str, pd.DataFrame]:
    """Whether each outcome lies inside each level's interval, whose width is that of errors in the other folds.

    By outcome, a table of the rows known: fold, and a column of 0 or 1 by level.
    """
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in OUTCOMES}
    for fold in np.unique(folds[folds != ""]):
        there = folds == fold
        scale, freedom = errors_of(battles, found, ~there)
        prediction = Prediction(found["win"], {name: found[name] for name in OUTCOMES}, scale, freedom)
        for name in OUTCOMES:
            happened = battles.outcomes[name]
            known = there & ~np.isnan(happened) & ~np.isnan(found[name])
            columns: dict[str, Any] = {"fold": np.repeat(fold, known.sum())}
            for level in LEVELS:
                low, high = prediction.interval(name, level)
                columns[str(level)] = ((happened >= low) & (happened <= high))[known].astype(float)
            tables[name].append(pd.DataFrame(columns))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


def resampled(battles: Battles, methods: dict[str, Found], folds: Labels) -> dict[str, Any]:
    """90 % intervals by resampling wars: of the kernel's scores, and of them less each other method's."""
    names = np.unique(folds[folds != ""])
    rows = {fold: np.flatnonzero(folds == fold) for fold in names}
    rng = np.random.default_rng(0)
    drawn: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    for _ in range(RESAMPLES):
        picked = np.concatenate([rows[fold] for fold in rng.choice(names, len(names))])
        happened = _cut(battles.outcomes, picked)
        for method, found in methods.items():
            drawn[method].append(scores(happened, _cut(found, picked)))
    tables = {name: pd.DataFrame(one) for name, one in drawn.items()}
    kernel = tables.pop("kernel")

    def interval(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
        return {str(name): (float(table[name].quantile(0.05)), float(table[name].quantile(0.95))) for name in table}

    return {"kernel": interval(kernel), "kernel_less": {name: interval(kernel - one) for name, one in tables.items()}}


def evaluate(battles: Battles, wars: Labels, work: Path) -> tuple[dict[str, Any], Found]:
    """All methods on wars left out: the record that ships, and the kernel's predictions."""
    folds = folds_of(wars, battles.year, SINCE)

    def kernel(fit: Battles, wanted: Battles, rows: npt.NDArray[np.intp]) -> Found:
        linear, _ = fit_stacked(fit, wars[rows], folds[rows])
        prediction = Kernel(linear, {}, {}, {}).predict(wanted)
        return {"win": prediction.p_win, **prediction.mean}

    methods = {"kernel": left_out(battles, folds, kernel, work / "kernel")}
    for name, baseline in BASELINES.items():

        def predict(fit: Battles, wanted: Battles, _: npt.NDArray[np.intp], one: Any = baseline) -> Found:
            return dict(one(fit, wanted))

        methods[name] = left_out(battles, folds, predict, work / name.replace(" ", "-"))
    tables = inside(battles, methods["kernel"], folds)
    levels = [str(level) for level in LEVELS]
    by_fold = {
        str(fold): {"battles": float(len(rows))}
        | scores(_cut(battles.outcomes, rows), _cut(methods["kernel"], rows))
        | {
            f"inside_80_{name}": float(table.loc[table["fold"] == fold, "0.8"].mean())
            for name, table in tables.items()
            if (table["fold"] == fold).any()
        }
        for fold in np.unique(folds[folds != ""])
        for rows in [np.flatnonzero(folds == fold)]
    }
    record = {
        "battles": len(battles),
        "scored": int((folds != "").sum()),
        "noted": battles.noted,
        "nations": _nations(battles, folds != ""),
        "scores": {name: scores(battles.outcomes, found) for name, found in methods.items()},
        "intervals": resampled(battles, methods, folds),
        "coverage": {name: {level: float(table[level].mean()) for level in levels} for name, table in tables.items()},
        "coverage_mean_of_wars": {
            name: {level: float(table.groupby("fold")[level].mean().mean()) for level in levels}
            for name, table in tables.items()
        },
        "wars": by_fold,
    }
    return record, methods["kernel"]


def _nations(battles: Battles, rows: npt.NDArray[np.bool_]) -> dict[str, int]:
    """Battles of each nation on either side."""
    names, counts = np.unique([*battles.nation_attacker[rows], *battles.nation_defender[rows]], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True) if name}


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `python -m frontcast.campaign.engagement.fit`."""
    parser = argparse.ArgumentParser(prog="python -m frontcast.campaign.engagement.fit", description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="CDB90-patched.csv")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for what each fold gives; empty it to start anew"
    )
    parser.add_argument("--ship", action="store_true", help="write kernel.json and evaluation.json beside this file")
    asked = parser.parse_args(arguments)
    battles = read_battles(asked.source)
    wars = wars_and_theatres(battles, asked.source)
    record, found = evaluate(battles, wars, asked.work)
    if asked.ship:
        folds = folds_of(wars, battles.year, SINCE)
        linear, record["weights"] = fit_stacked(battles, wars, folds)
        scale, freedom = errors_of(battles, found, folds != "")
        recent = battles.year >= SINCE
        shipped = {
            "source": "CDB90, patched edition, ODC-BY; coefficients only, no battle is in this file",
            "fitted_on": len(battles),
            "linear": {name: one.record() for name, one in linear.items()},
            "scale": scale,
            "freedom": freedom,
            "constants": {name: float(np.nanmean(values[recent])) for name, values in battles.outcomes.items()},
        }
        folder = Path(__file__).parent
        (folder / "kernel.json").write_text(json.dumps(shipped, indent=1) + "\n", "utf-8")
        (folder / "evaluation.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
