"""Fit the coefficients of the push prior on a record and print them as TOML.

`python -m frontcast.picture.fit --until 2024-06-30` reproduces the coefficients of `push_prior.toml` from the shipped
record; only maps known by that date are used, targets included.
"""

from __future__ import annotations

import argparse

import numpy as np

from frontcast.picture.movement import FEATURES, MOVED_KM, History
from frontcast.picture.prior import HORIZON_DAYS, moved_km
from frontcast.store import ControlSeries, Store
from frontcast.theatre import Theatre, load_theatre

FIRST_START_DAYS = 84  # a full set of windows behind the first start
REGULARISATION = 0.05  # inverse strength of the L2 penalty; movement features overlap strongly


def fit(series: ControlSeries, theatre: Theatre, until: np.datetime64) -> tuple[float, dict[str, float], int]:
    """Intercept, coefficients by feature, and number of (cell, side, start) rows, from maps known by `until`.

    Both sides enter as one sample, each seen from its own side, so that the model has no favourite.
    """
    from sklearn.linear_model import LogisticRegression  # a development tool: not needed to run forecasts

    history = History(series.known_by(until), theatre)
    start = history.series.known_at[0] + np.timedelta64(FIRST_START_DAYS, "D")
    features, moved = [], []
    while start + np.timedelta64(HORIZON_DAYS, "D") <= until:
        movement = history.movement(start)
        forward_b = moved_km(history, movement.line, start, HORIZON_DAYS)
        features += [movement.features_a, movement.features_b]
        moved += [-forward_b >= MOVED_KM, forward_b >= MOVED_KM]
        start += np.timedelta64(HORIZON_DAYS, "D")
    rows, target = np.concatenate(features), np.concatenate(moved)
    model = LogisticRegression(C=REGULARISATION, max_iter=1000).fit(rows, target)
    return float(model.intercept_[0]), dict(zip(FEATURES, map(float, model.coef_[0]), strict=True)), len(target)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--until", default="2024-06-30")
    parser.add_argument("--source", default="deepstate")
    parser.add_argument("--store", help="a store of your own; without it the shipped record")
    options = parser.parse_args()
    theatre = load_theatre("ukraine")
    with Store.open(options.store, read_only=True) if options.store else Store.shipped("ukraine") as store:
        intercept, coefficients, rows = fit(
            store.control(options.source), theatre, np.datetime64(f"{options.until}T23:59:59")
        )
    print(
        f'fitted_until = "{options.until}"\n# {rows} rows of one line cell, one side, one week\nintercept = {intercept:.3f}'
    )
    print("\n[coefficients]")
    for name, value in coefficients.items():
        print(f'"{name}" = {value:.3f}')


if __name__ == "__main__":
    main()
