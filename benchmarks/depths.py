"""The two depths side by side on past starts: the line alone, and the campaign with armies.

    python -m benchmarks.depths --json depths.json        # monthly starts, 2022-04 to 2025-05; some 20 minutes

Scored is the change of the area b holds, 7 and 30 days ahead: CRPS in km², whether the 80 % interval held it, and the Brier
score of the cells within 25 km of the line at 30 days, beside persistence. Parameters of the mechanisms know the record to
2024-06-30, so only starts after that are out of sample, and the posterior was not chosen on them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scores.probability import crps_for_ensemble

from frontcast.forecast import run_ensemble
from frontcast.forecast.campaign import assemble, raise_forces
from frontcast.forecast.config import parse_time
from frontcast.picture import make_picture
from frontcast.store import Store
from frontcast.theatre import load_theatre

LEADS = (7, 30)
NEAR_KM = 25.0
MEMBERS = 100
STARTS = (
    *(f"2022-{month:02d}-05" for month in range(4, 13)),
    *(f"2023-{month:02d}-05" for month in range(1, 13)),
    *(f"2024-{month:02d}-05" for month in range(1, 13)),
    *(f"2025-{month:02d}-05" for month in range(1, 6)),
)
PHASES = {
    "2022, April to August": ("2022-04", "2022-08"),
    "2022, September to December": ("2022-09", "2022-12"),
    "2023": ("2023-01", "2023-12"),
    "2024, January to May": ("2024-01", "2024-05"),
    "2024, June to 2025, May": ("2024-06", "2025-05"),
}


def crps(members: np.ndarray, happened: float) -> float:
    """Continuous ranked probability score of an ensemble, in its unit."""
    ensemble = xr.DataArray(members, dims="member")
    return float(crps_for_ensemble(ensemble, xr.DataArray(happened), "member", method="ecdf"))


def score(start: str) -> list[dict[str, Any]]:
    """Both depths from one start: one row a depth and lead."""
    theatre = load_theatre("ukraine")
    init = parse_time(start)
    rows = []
    with Store.shipped("ukraine") as store:
        series = store.control("deepstate")
        picture = make_picture(series, theatre, init)
        musters = assemble(store, series, picture)
    near = theatre.land & (np.minimum(np.abs(picture.flot_a), np.abs(picture.flot_b)) < NEAR_KM)
    held = (series.at(init) == 2) & theatre.land
    for depth in ("line", "units"):
        forces = None if depth == "line" else raise_forces(musters, max(LEADS))
        result = run_ensemble(picture, lead_days=LEADS, members=MEMBERS, seed=1, forces=forces)
        for index, lead in enumerate(LEADS):
            later = (series.at(init + np.timedelta64(lead, "D")) == 2) & theatre.land
            change = (result.area_km2[:, lead, 2] - result.area_km2[:, 0, 2]).astype(float)
            happened = float(later.sum()) - float(held.sum())
            low, middle, high = np.quantile(change, [0.1, 0.5, 0.9])
            p = result.held_b[index] / MEMBERS
            rows.append(
                {
                    "start": start,
                    "depth": depth,
                    "lead": lead,
                    "happened_km2": happened,
                    "low": float(low),
                    "median": float(middle),
                    "high": float(high),
                    "crps_km2": crps(change, happened),
                    "crps_persistence_km2": abs(happened),
                    "inside_80": bool(low <= happened <= high),
                    "brier": float(((p - later)[near] ** 2).mean()),
                    "brier_persistence": float(((held.astype(float) - later)[near] ** 2).mean()),
                    "presumed": [side for side, when in musters.armies.known.items() if np.isnat(when)],
                }
            )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table by phase and lead."""
    heads = ("starts", "lead", "CRPS km²: line", "units", "nothing changes", "80 % interval holds: line", "units")
    out = [f"| {' | '.join((*heads, 'Brier skill: line', 'units'))} |"]
    out.append("|---|---|---|---|---|---|---|---|---|")
    for phase, (first, last) in PHASES.items():
        for lead in LEADS:
            some = [row for row in rows if row["lead"] == lead and first <= row["start"][:7] <= last]
            if not some:
                continue
            by = {depth: [row for row in some if row["depth"] == depth] for depth in ("line", "units")}

            def mean(depth: str, key: str, by: dict[str, list[dict[str, Any]]] = by) -> float:
                return float(np.mean([row[key] for row in by[depth]]))

            skill = {depth: 1 - mean(depth, "brier") / mean(depth, "brier_persistence") for depth in by}
            count = len(by["line"])
            inside = {depth: sum(row["inside_80"] for row in by[depth]) for depth in by}
            out.append(
                f"| {phase} | {lead} d | {mean('line', 'crps_km2'):.0f} | {mean('units', 'crps_km2'):.0f} | "
                f"{mean('line', 'crps_persistence_km2'):.0f} | {inside['line']} of {count} | {inside['units']} of {count} | "
                f"{skill['line']:+.3f} | {skill['units']:+.3f} |"
            )
    return "\n".join(out)


def main() -> None:
    """Entry point of `python -m benchmarks.depths`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.depths", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for all rows; starts that are in it are kept")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if asked.json and asked.json.exists():
        rows = json.loads(asked.json.read_text("utf-8"))
    for start in STARTS:
        if any(row["start"] == start for row in rows):
            continue
        rows += score(start)
        print(start, {row["depth"]: round(row["crps_km2"]) for row in rows[-4:] if row["lead"] == 30}, flush=True)
        if asked.json:
            asked.json.write_text(json.dumps(rows, indent=1), "utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
