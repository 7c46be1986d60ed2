"""The figures of a day of battle, from CDB90, battles since 1914: medians, log law, regimes, rates of giving way.

    python -m frontcast.campaign.engagement.daily_fit --from CDB90-patched.csv            # prints
    python -m frontcast.campaign.engagement.daily_fit --from CDB90-patched.csv --ship     # and writes daily.json

Regimes are the highest that the attacker's record of the outcome names (RESOA1 to 3): penetration, breakthrough,
pursuit; positional where it names none of them. Rates take a battle's days as time at risk and are maximum likelihood
for a chain in which each regime is left at a rate of its own. Intervals resample wars.
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
from scipy import optimize

from frontcast.campaign.engagement.battles import Battles, read_battles
from frontcast.campaign.engagement.daily import REGIMES
from frontcast.campaign.engagement.hierarchy import Hierarchy, fit_hierarchy

Array = npt.NDArray[np.float64]

SINCE = 1914
REFERENCE_MEN = 20_000.0
"""Near the middle of both sides' sizes (median 21,000 and 8,000)."""

CODES = {"hasty": "HD", "prepared": "PD", "fortified": "FD", "delay": "DL"}
RISES = ("PP", "BB", "PS")
"""Codes of an outcome that name penetration, breakthrough, pursuit."""

RESAMPLES = 400


def outcomes_named(source: Path, rows: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Posture and both sides' records of the outcome as CDB90 codes them, for lines of the file."""
    table = pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8", encoding_errors="replace")
    table.columns = [str(column).strip().upper() for column in table.columns]
    wanted = ["POST1", *(f"RESO{side}{number}" for side in "AD" for number in (1, 2, 3))]
    return table[wanted].iloc[rows].apply(lambda column: column.str.strip()).reset_index(drop=True)


def regimes_reached(named: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Highest regime of each battle, (battle,); −1 where no outcome is recorded."""
    codes = named[["RESOA1", "RESOA2", "RESOA3"]].to_numpy()
    reached = np.zeros(len(named), np.intp)
    for regime, code in enumerate(RISES, start=1):
        reached[(codes == code).any(axis=1)] = regime
    return np.where(codes[:, 0] == "00", -1, reached)


def rates_onward(reached: npt.NDArray[np.intp], days: Array) -> Array:
    """Rates a day of leaving positional, penetration and breakthrough upwards, (3,), by maximum likelihood."""
    lengths, index = np.unique(days, return_inverse=True)

    def criterion(log_rates: Array) -> float:
        rates = np.exp(log_rates)
        # The chain's matrix has its rates on the diagonal and is solved by its eigenvectors; equal rates have too few.
        rates += 1e-6 * np.arange(3)
        values, vectors = np.linalg.eig(np.diag(np.append(-rates, 0.0)) + np.diag(rates, 1))
        chance = (vectors[0] * np.exp(np.outer(lengths, values))) @ np.linalg.inv(vectors)
        return -float(np.log(np.maximum(chance[index, reached], 1e-12)).sum())

    return np.exp(optimize.minimize(criterion, np.log([0.5, 0.1, 0.5]), method="Nelder-Mead").x)


def fit_law(battles: Battles, named: pd.DataFrame) -> tuple[dict[str, Any], float]:
    """The log law of a day's losses of both sides, and the correlation of their errors."""
    kinds = np.column_stack([(named["POST1"] == code).to_numpy(float) for code in CODES.values()])
    sizes = np.log(np.column_stack([battles.attackers, battles.defenders]) / REFERENCE_MEN)
    fits: dict[str, tuple[Hierarchy, npt.NDArray[np.intp]]] = {}
    for side, own in (("attacker", battles.attackers), ("defender", battles.defenders)):
        lost = battles.outcomes[f"log_loss_{side}"] + np.log(own / battles.days)
        rows = np.flatnonzero(~np.isnan(lost) & (kinds.sum(axis=1) == 1))
        fits[side] = (fit_hierarchy(np.column_stack([kinds, sizes])[rows], lost[rows], battles.war[rows]), rows)
    law = {}
    for side, (fit, rows) in fits.items():
        errors = np.sqrt(np.diag(fit.covariance))
        law[side] = {
            "share": {
                name: float(np.exp(value) / REFERENCE_MEN) for name, value in zip(CODES, fit.weights, strict=False)
            },
            "share_log_error": {name: float(value) for name, value in zip(CODES, errors, strict=False)},
            "exponent_attackers": float(fit.weights[-2]),
            "exponent_defenders": float(fit.weights[-1]),
            "standard_errors": [float(value) for value in errors[-2:]],
            "sigma": fit.sigma,
            "sigma_wars": fit.sigma_wars,
            "battles": len(rows),
        }
    (first, rows_a), (second, rows_d) = fits["attacker"], fits["defender"]
    both = np.intersect1d(rows_a, rows_d)
    errors_a, errors_d = first.residuals[np.searchsorted(rows_a, both)], second.residuals[np.searchsorted(rows_d, both)]
    return law, float(np.corrcoef(errors_a, errors_d)[0, 1])


def by_posture(battles: Battles, named: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Medians by posture of the defence, as they are in the battles, sizes and wars not allowed for."""
    loss_a, loss_d = (np.exp(battles.outcomes[f"log_loss_{side}"]) / battles.days for side in ("attacker", "defender"))
    km = _km_per_day(battles)
    with np.errstate(all="ignore"):
        per_km = np.where(km > 0, loss_a * battles.attackers / km, np.nan)
    out = {}
    for name, code in CODES.items():
        rows = np.flatnonzero(named["POST1"] == code)
        values = {
            "attacker_share": loss_a,
            "defender_share": loss_d,
            "km_per_day": km,
            "attackers_lost_per_km": per_km,
        }
        out[name] = {"battles": len(rows)} | _with_intervals(
            battles.war[rows], {key: value[rows] for key, value in values.items()}
        )
    return out


def by_regime(battles: Battles, named: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Speeds, rates onward, rates of giving way and breaking, by the highest regime reached."""
    reached, km = regimes_reached(named), _km_per_day(battles)
    codes = named[["RESOD1", "RESOD2", "RESOD3"]].to_numpy()
    recorded = codes[:, 0] != "00"
    breaks = np.isin(codes, ("WL", "AA")).any(axis=1)
    gives_way = np.isin(codes, ("WD", "WL", "AA")).any(axis=1)
    there = reached >= 0
    onward = rates_onward(reached[there], battles.days[there])
    spreads = _resampled(battles.war[there], lambda rows: rates_onward(reached[there][rows], battles.days[there][rows]))
    out = {}
    for regime, name in enumerate(REGIMES):
        rows = np.flatnonzero(reached == regime)
        forward = km[rows][km[rows] > 0]
        known = np.flatnonzero((reached == regime) & recorded)
        out[name] = {
            "battles": len(rows),
            "days": float(battles.days[rows].sum()),
            "spread": float(np.std(np.log(forward))),
            **_with_intervals(battles.war[rows], {"km_per_day": km[rows]}),
        }
        for key, event in (("gives_way", gives_way), ("breaks", breaks)):
            days, happened = battles.days[known], np.asarray(event)[known]
            # A half event spread over all keeps a rate above zero where none was seen (Jeffreys' prior of a rate).
            out[name][key] = float((happened.sum() + 0.5) / days.sum())
        if regime < len(onward):
            out[name]["onward"] = float(onward[regime])
            out[name]["onward_90"] = [float(value) for value in np.quantile(spreads[:, regime], (0.05, 0.95))]
    return out


def _km_per_day(battles: Battles) -> Array:
    signed = battles.outcomes["log_advance"]
    return np.asarray(np.sign(signed) * np.expm1(np.abs(signed)))


def _resampled(
    wars: npt.NDArray[np.str_], statistic: Callable[[npt.NDArray[np.intp]], Array], number: int = RESAMPLES
) -> Array:
    """A statistic of rows, for wars drawn anew with replacement, (draw, ...)."""
    rng = np.random.default_rng(0)
    groups = [np.flatnonzero(wars == war) for war in np.unique(wars)]
    return np.array(
        [
            statistic(np.concatenate([groups[one] for one in rng.integers(0, len(groups), len(groups))]))
            for _ in range(number)
        ]
    )


def _with_intervals(wars: npt.NDArray[np.str_], values: dict[str, Array]) -> dict[str, Any]:
    """Medians and their 90 % intervals by resampling wars."""
    columns = np.column_stack(list(values.values()))
    with np.errstate(all="ignore"):
        drawn = _resampled(wars, lambda rows: np.nanmedian(columns[rows], axis=0))
    out: dict[str, Any] = {}
    for index, name in enumerate(values):
        out[name] = float(np.nanmedian(columns[:, index]))
        out[f"{name}_90"] = [float(value) for value in np.nanquantile(drawn[:, index], (0.05, 0.95))]
    return out


def fit_daily(source: Path) -> dict[str, Any]:
    """The record of `daily.json`."""
    battles = read_battles(source)
    rows = np.flatnonzero((battles.year >= SINCE) & ~np.isnan(battles.days))
    battles = battles.chosen(rows)
    named = outcomes_named(source, battles.names["LINE"].to_numpy() - 2)
    law, correlation = fit_law(battles, named)
    return {
        "source": f"CDB90, patched edition, ODC-BY; {len(battles)} battles since {SINCE}",
        "command": "python -m frontcast.campaign.engagement.daily_fit --from CDB90-patched.csv --ship",
        "battles": len(battles),
        "reference_men": REFERENCE_MEN,
        "median_attackers": float(np.median(battles.attackers)),
        "median_defenders": float(np.median(battles.defenders)),
        "postures": by_posture(battles, named),
        "law": law,
        "correlation": correlation,
        "regimes": by_regime(battles, named),
    }


def rounded(value: Any) -> Any:
    """Numbers to four significant digits, throughout a record."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `python -m frontcast.campaign.engagement.daily_fit`."""
    parser = argparse.ArgumentParser(prog="python -m frontcast.campaign.engagement.daily_fit", description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="CDB90-patched.csv")
    parser.add_argument("--ship", action="store_true", help="write daily.json beside this file")
    asked = parser.parse_args(arguments)
    text = json.dumps(rounded(fit_daily(asked.source)), indent=1) + "\n"
    print(text, end="")
    if asked.ship:
        Path(__file__).with_name("daily.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
