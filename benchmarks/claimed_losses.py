"""Losses in the campaign beside those claimed: Russian men a day, man for man.

    python -m benchmarks.claimed_losses --personnel russia_losses_personnel.json --json docs/claimed-losses.json

Claimed are the general staff of Ukraine's cumulative figures, an interested party's; they are divided by the men it or
others said Russia had there (`MEN`), since the order of battle shows a part of them only. What the campaign loses in the
same 30 days is divided by the men it has. Parameters as shipped, not the posterior; starts as in the calibration.
"""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from frontcast.forecast import run_ensemble
from frontcast.forecast.armies_run import SERIES
from frontcast.forecast.campaign import raise_forces
from frontcast.verify.calibration import CELL_KM, PHASES, full_sets, prepare

DAYS, MEMBERS, SIDE_B = 30, 40, 1

MEN: Final[dict[str, tuple[int, str]]] = {
    "2022-02-18": (180_000, "the US envoy to the OSCE: 169,000 to 190,000"),
    "2023-02-01": (326_000, "Ukraine's military intelligence"),
    "2023-09-08": (420_000, "Ukraine's military intelligence"),
    "2024-01-11": (462_000, "Ukraine's military intelligence"),
}
"""Russian men in and around Ukraine, as reported in the press on these days; in between by straight lines."""


def men_at(day: date) -> float:
    """Russian men there on a day, from `MEN`."""
    days = [date.fromisoformat(one).toordinal() for one in MEN]
    counts = [count for count, _ in MEN.values()]
    return float(np.interp(day.toordinal(), days, counts))


def claimed(path: Path) -> dict[date, float]:
    """Cumulative losses of men by day, from the general staff's figures as collected (a list of `date`, `personnel`)."""
    return {date.fromisoformat(row["date"]): float(row["personnel"]) for row in json.loads(path.read_text("utf-8"))}


def compare(losses: dict[date, float]) -> list[dict[str, Any]]:
    """One row a start: shares of men lost a day, claimed and in the campaign (median and 90 % of members)."""
    rows = []
    for start in (name for names in PHASES.values() for name in names):
        first = date.fromisoformat(start)
        said = (losses[first + timedelta(DAYS)] - losses[first]) / DAYS
        musters = prepare(start).musters
        forces = raise_forces(musters, DAYS, draws=full_sets((), np.zeros((MEMBERS, 0))))
        run = run_ensemble(
            musters.picture, lead_days=(DAYS,), members=MEMBERS, seed=1, model_cell_km=CELL_KM, forces=forces
        )
        assert run.armies is not None
        series = run.armies.series[:, :, SIDE_B]
        men, lost = (series[:, :, SERIES.index(name)] for name in ("men", "lost_men"))
        share = (lost[:, -1] - lost[:, 0]) / DAYS / men[:, 0]
        rows.append(
            {
                "start": start,
                "claimed_a_day": said,
                "men_said": round(men_at(first)),
                "claimed_share": said / men_at(first),
                "men_in_model": float(men[:, 0].mean()),
                "share": [float(value) for value in np.quantile(share, [0.05, 0.5, 0.95])],
            }
        )
        print(start, f"claimed {rows[-1]['claimed_share']:.5f}, campaign {rows[-1]['share'][1]:.5f}", flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as Markdown."""
    lines = [
        "| start | claimed, men a day | men said to be there | claimed, % a day | campaign, % a day (90 % of members) | "
        "campaign to claimed |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        low, middle, high = (100 * value for value in row["share"])
        lines.append(
            f"| {row['start']} | {row['claimed_a_day']:,.0f} | {row['men_said']:,} | {100 * row['claimed_share']:.2f} | "
            f"{middle:.2f} ({low:.2f} to {high:.2f}) | {middle / 100 / row['claimed_share']:.2f} |"
        )
    ratios = np.array([row["share"][1] / row["claimed_share"] for row in rows])
    lines += [
        "",
        f"Geometric mean of the last column {np.exp(np.log(ratios).mean()):.2f}, from {ratios.min():.2f} to "
        f"{ratios.max():.2f}.",
    ]
    return lines


def main() -> None:
    """Entry point of `python -m benchmarks.claimed_losses`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claimed_losses", description=__doc__)
    parser.add_argument("--personnel", type=Path, required=True, help="claimed losses of men, JSON")
    parser.add_argument("--json", type=Path, required=True, help="file for the rows")
    asked = parser.parse_args()
    rows = compare(claimed(asked.personnel))
    asked.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
