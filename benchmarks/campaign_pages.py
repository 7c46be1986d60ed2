"""docs/calibration.md, from the record that ships.

python -m benchmarks.campaign_pages
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.claimed_losses import table as losses_table
from benchmarks.depths import table
from frontcast.verify.calibration import CALIBRATED, model_mark, set_up

DOCS = Path(__file__).resolve().parents[1] / "docs"


def record(package: str, name: str) -> dict[str, Any]:
    """A JSON record of a package."""
    found: dict[str, Any] = json.loads(files(package).joinpath(name).read_text("utf-8"))
    return found


def calibration() -> str:
    """The page of the calibration."""
    found = record("frontcast.verify", "calibration.json")
    lines = [
        "# Calibration of the campaign with armies",
        "",
        "    pip install '.[calibrate]'",
        "    python -m frontcast.verify.calibration screen   --work DIR    # Morris screening of all parameters (SALib)",
        "    python -m frontcast.verify.calibration simulate --work DIR --draws 1200",
        "    python -m frontcast.verify.calibration fit      --work DIR    # neural posterior, checks (BayesFlow on JAX)",
        "",
        f"{found['simulations']} draws from the prior, one member each from {sum(map(len, found['starts'].values()))} starts, on 4 km "
        "cells; the posterior given what "
        "happened; simulation-based calibration on "
        f"{found['checked']} simulations not trained on. Everything compared ended by {found['fitted_until']}. On two cores: "
        "simulations 15 minutes, fit 5. An interrupted run goes on where it was; `--dask ADDRESS` spreads the simulations.",
        "",
        "Starts: "
        + "; ".join(f"{phase}: {', '.join(starts)}" for phase, starts in found["starts"].items())
        + ". Compared: ground "
        "gained and lost within 7 and 30 days, by phase the mean over starts and the largest; and whether it was gained where the "
        "order of battle shows the gaining side the stronger within 20 km, in standard deviations along that day's line.",
        "",
        "## What could be identified, and what not",
        "",
        "Contraction is how much narrower the posterior is than the prior: 1 known, 0 nothing learnt, below 0 wider in shares of "
        "the range. The third column says how much is learnt on average where the truth is known. Coverage: how often 50, 80, "
        "90 % intervals held the truth; p: uniformity of its ranks.",
        "",
        "| parameter | prior | posterior mean (90 %) | contraction | on simulations | coverage | p |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found["parameters"].items():
        low, high = one["posterior_90"]
        inside = " / ".join(f"{100 * share:.0f}" for share in one["coverage"].values())
        lines.append(
            f"| `{name}` | {one['prior'][0]:g} to {one['prior'][1]:g} | {one['posterior_mean']:.2g} ({low:.2g} to {high:.2g}) | "
            f"{one['contraction']:.2f} | {one['contraction_simulated']:.2f} | {inside} % | {one['rank_uniformity_p']:.2f} |"
        )
    known = [name for name, one in found["parameters"].items() if one["contraction_simulated"] >= 0.25]
    off = [name for name, one in found["parameters"].items() if one["rank_uniformity_p"] < 0.01]
    lines += [
        "",
        f"Learnt: {', '.join(f'`{name}`' for name in known)}. Not learnt from this record: the rest, which keep close to their "
        + ("priors. Ranks are uniform by the test for all of them. " if not off else "priors. ")
        + (
            f"Ranks of {', '.join(f'`{name}`' for name in off)} are not uniform (p below 0.01): that posterior is somewhat off. "
            if off
            else ""
        )
        + "All other parameters are priors, as [the table](mechanisms/README.md) says of each.",
        "",
        "What happened lies outside of nearly all simulations in: "
        + ("; ".join(found["observed_outside"]) or "nothing")
        + ".",
        "",
        *_out_of_date(found),
        *screening(),
        *claimed_losses(),
        "## Does the depth with units forecast better?",
        "",
        "    python -m benchmarks.depths --json docs/depths.json",
        "",
        table(json.loads((DOCS / "depths.json").read_text("utf-8"))),
        "",
        "Area of b, monthly starts; 100 members; Brier on cells within 25 km of the line. Only starts after June 2024 are out of "
        "sample. **Where the front stood still, units now forecast as well as the line, with intervals that hold more often; in "
        'autumn 2022, when it moved, better, though not than "nothing changes".** An earlier calibration, on four quiet starts '
        "instead of eight and with cells that flipped before the first day, lost to the line by a factor of two on quiet fronts (30 days: "
        "132 km² in 2023, 182 out of sample). From October 2022 on no units of Ukraine are known and they are presumed "
        "evenly. The line alone remains the default and the depth that is scored in the [track record](track-record.md): units "
        "cost more, and do not win where it can be tested.",
        "",
    ]
    return "\n".join(lines)


def _out_of_date(found: dict[str, Any]) -> list[str]:
    """What must be said of a record that was made before parameters, ranges or starts were changed."""
    if found.get("set_up") == set_up():
        return []
    return [
        "**This posterior was fitted before the model was last changed** (values, ranges or parameters in `mechanisms.toml` are "
        "others now), and is used as it is until the three steps above are run again.",
        "",
    ]


def claimed_losses() -> list[str]:
    """Losses in the campaign beside those claimed."""
    rows = json.loads((DOCS / "claimed-losses.json").read_text("utf-8"))
    return [
        "## Does the army lose as many as is claimed?",
        "",
        "    python -m benchmarks.claimed_losses --personnel russia_losses_personnel.json --json docs/claimed-losses.json",
        "",
        "Russian men lost in 30 days, by the general staff of Ukraine (an interested party) and in the campaign, each by the men there: "
        "the order of battle shows a part of the army only. Men said to be there are press reports of estimates by the US "
        "envoy to the OSCE (February 2022) and Ukraine's military intelligence, in between by straight lines.",
        "",
        *losses_table(rows),
        "",
        "Claims rose since autumn 2022 while the line stood; in the campaign losses follow the moving of the line, beside what shelling "
        "costs everywhere. So claims ask for a small `attrition.intensity`, and tell little else of it.",
        "",
    ]


def screening() -> list[str]:
    """What the screening of all parameters found, beside the ten that are calibrated."""
    lines = ["## Which parameters matter at all", ""]
    shipped = files("frontcast.verify").joinpath("screening.json")
    if not shipped.is_file():
        return [
            *lines,
            "The ten parameters were chosen by judgement of what moves the areas that are compared. The screening step is written, "
            "goes on where it was interrupted, and has not been run to its end on this model: that is a gap. When it has, "
            "copy `screening.json` from its folder to `src/frontcast/verify/` and make this page again.",
            "",
        ]
    found: dict[str, Any] = json.loads(shipped.read_text("utf-8"))
    rows = found["parameters"]
    first = [row["parameter"] for row in rows[: len(CALIBRATED)]]
    missed, weak = [name for name in first if name not in CALIBRATED], [n for n in CALIBRATED if n not in first]
    nothing = [row["parameter"] for row in rows if row["mu_star"] == 0.0]
    lines += [
        f"Morris screening: {found['trajectories']} trajectories through all {len(rows)} parameters, {found['points']} points, "
        f"{found['members']} members each with the same luck, from {', '.join(found['starts'])}. μ* is the mean change of "
        "ln(1 + km²/10), km² being all ground that changes hands within 30 days, when a parameter goes through its whole "
        "range. Luck spreads through a campaign, so nearly any change moves some ground: small values are that noise.",
        "",
        f"| | parameter | μ* (± half a 95 % interval) | σ | {' | '.join(found['starts'])} | calibrated |",
        "|---|---|---|---|" + "---|" * (len(found["starts"]) + 1),
    ]
    for rank, row in enumerate(rows, start=1):
        if rank > 25 and row["parameter"] not in CALIBRATED:
            continue
        by_start = " | ".join(f"{row[start]:.2f}" for start in found["starts"])
        chosen = "yes" if row["parameter"] in CALIBRATED else ""
        lines.append(
            f"| {rank} | `{row['parameter']}` | {row['mu_star']:.2f} ± {row['mu_star_conf']:.2f} | {row['sigma']:.2f} | "
            f"{by_start} | {chosen} |"
        )
    lines += [
        "",
        f"Of the {len(CALIBRATED)} strongest, {len(CALIBRATED) - len(missed)} are calibrated. Strong and not calibrated: "
        f"{', '.join(f'`{name}`' for name in missed) or 'none'}. Calibrated and not among the strongest: "
        f"{', '.join(f'`{name}`' for name in weak) or 'none'}. Of no effect at all: {len(nothing)} parameters.",
        "",
    ]
    if found.get("model") != model_mark():
        lines += ["The screening was run before the model was last changed.", ""]
    return lines


def main() -> None:
    """Entry point of `python -m benchmarks.campaign_pages`."""
    (DOCS / "calibration.md").write_text(calibration(), "utf-8")


if __name__ == "__main__":
    main()
