"""docs/calibration.md and docs/engagements.md, from the records that ship.

python -m benchmarks.campaign_pages
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.depths import table
from frontcast.verify.calibration import CALIBRATED, set_up

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
        f"{found['simulations']} draws from the prior, one member each from twelve starts, on 4 km cells; the posterior given what "
        "happened; simulation-based calibration on "
        f"{found['checked']} simulations not trained on. Everything compared ended by {found['fitted_until']}. On two cores: "
        "simulations 15 minutes, fit 5. An interrupted run goes on where it was; `--dask ADDRESS` spreads the simulations.",
        "",
        "Starts: "
        + "; ".join(f"{phase}: {', '.join(starts)}" for phase, starts in found["starts"].items())
        + ". Compared: ground "
        "gained and lost within 7 and 30 days, by phase the mean over starts and the largest.",
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
    lines += [
        "",
        f"Learnt: {', '.join(f'`{name}`' for name in known)}. Not learnt from this record: the rest, which keep close to their "
        "priors. Ranks of `rout.base` are not uniform (p below 0.01): its posterior is somewhat off, though its intervals "
        "hold. All other parameters are priors, as [the table](mechanisms/README.md) says of each.",
        "",
        "What happened lies outside of nearly all simulations in: "
        + ("; ".join(found["observed_outside"]) or "nothing")
        + ". In "
        "each of them the model gives Russia more small gains within a week than the maps show; half of that is the 4 km grid.",
        "",
        *_out_of_date(found),
        *screening(),
        "## Does the depth with units forecast better?",
        "",
        "    python -m benchmarks.depths --json docs/depths.json",
        "",
        "Measured before three repairs (nobody follows a rout across the Dnipro or the sea any more, men who rout run faster than "
        "the enemy clears, losses are read from the battles; presumed brigades have headquarters by sector). After the first two, 100 "
        "members, CRPS at 30 days: 5 March 2023 158 to 167 km², 5 October 2023 62 to 43, 5 March 2024 127 to 109; the "
        "third and the headquarters are not in these.",
        "",
        table(json.loads((DOCS / "depths.json").read_text("utf-8"))),
        "",
        "Area of b, monthly starts; 100 members; Brier on cells within 25 km of the line. **In autumn 2022, when the front "
        'moved, units beat the line, though not "nothing changes"; where it stood still, they lose to it by far**: a risk of collapse that '
        "one autumn taught them is carried into years without one. "
        "Only starts after June 2024 are out of sample. From October 2022 on no units of Ukraine are known and they are presumed "
        "evenly, so gaps in Russia's record of sightings look like gaps in its line. The line alone remains the default and "
        "the depth that is scored in the [track record](track-record.md).",
        "",
    ]
    return "\n".join(lines)


def _out_of_date(found: dict[str, Any]) -> list[str]:
    """What must be said of a record that was made before parameters, ranges or starts were changed."""
    if found.get("set_up") == set_up():
        return []
    return [
        "**This posterior was fitted before the model was last changed** (values, ranges or parameters in `mechanisms.toml` are "
        "others now: men who rout run faster than the enemy clears, losses are read from the battles), and is used as it "
        "is until the three steps above are run again.",
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
    if found.get("set_up") != set_up():
        lines += ["The screening was run before the model was last changed.", ""]
    return lines


def engagements() -> str:
    """The page of the engagement kernel."""
    found = record("frontcast.campaign.engagement", "evaluation.json")
    names = {
        "accuracy": "wins: accuracy",
        "brier": "wins: Brier",
        "log_loss_attacker": "ln share lost, attacker",
        "log_loss_defender": "ln share lost, defender",
        "log_exchange": "ln exchange",
        "log_advance": "signed ln(1 + km/day)",
    }
    targets = {"accuracy": 0.73, "brier": 0.199, "log_loss_attacker": 0.94, "log_loss_defender": 1.27}
    targets |= {"log_exchange": 1.22, "log_advance": 1.18}
    methods = list(found["scores"])
    lines = [
        "# The engagement kernel",
        "",
        "    frontcast engagements score FILE.csv                                                # any file of CDB90's columns",
        "    python -m frontcast.campaign.engagement.fit --from CDB90-patched.csv [--ship]       # fit and evaluate; one minute",
        "",
        "Fitted on the 585 battles since 1600 with both strengths and a year (CDB90, patched edition, ODC-BY), hierarchical over "
        "wars; scored on battles since 1914, each war by a fit that has not seen it. Baselines ran on the same rows and folds. "
        "Known beforehand: sizes, posture, surprise, air, guns, tanks, width of front, year; and the days a battle took. No "
        "score given in hindsight is used. Draws do not count for who wins.",
        "",
        f"| | to beat | {' | '.join(methods)} |",
        "|---|---|" + "---|" * len(methods),
    ]
    for key, words in names.items():
        values = " | ".join(f"{found['scores'][method][key]:.3f}" for method in methods)
        lines.append(f"| {words} | {targets[key]:g} | {values} |")
    lines += [
        "",
        "RMSE for the last four. *To beat*: figures reached by others on a fuller set, groups by war and theatre, so not the "
        "same rows. **Met: Brier, both losses, advance. Missed: accuracy by half a point (0.725), and the exchange of losses "
        "(1.27), which nothing here predicts much better than its mean.** Against the plain logit and linear models, the kernel "
        "is better for the defender's losses (90 % interval of the difference by resampling wars "
        f"{found['kernel_less']['logit and linear']['log_loss_defender'][0]:+.2f} to "
        f"{found['kernel_less']['logit and linear']['log_loss_defender'][1]:+.2f}) and level with them for the rest.",
        "",
        "Force ratio alone is no better than the constant for any of them but a trace for wins; no rule of three to one is built "
        "in anywhere.",
        "",
        "## Are its intervals right?",
        "",
        "| | inside 50 % | inside 80 % | inside 90 % |",
        "|---|---|---|---|",
    ]
    for key, by in found["coverage"].items():
        lines.append(f"| {names[key]} | {' | '.join(f'{100 * by[level]:.0f} %' for level in ('0.5', '0.8', '0.9'))} |")
    lines += [
        "",
        "Each war with the spread of errors of the other wars.",
        "",
        "## The log law used in the model (M2)",
        "",
        "| losses of | exponent of attackers | exponent of defenders | σ | battles |",
        "|---|---|---|---|---|",
    ]
    for side, one in found["law"].items():
        first, second = one["standard_errors"]
        lines.append(
            f"| {side} | {one['exponent_attackers']:.2f} ± {first:.2f} | {one['exponent_defenders']:.2f} ± {second:.2f} | "
            f"{one['sigma']:.2f} | {one['battles']} |"
        )
    lines += [
        "",
        "DESIGN has 0.61 and 0.44 for attackers, 0.34 and 0.67 for defenders, from a fuller set. The model uses neither pair as typed: "
        "M2 reads exponents, medians by posture, spreads and their correlation from the daily table of the same battles "
        "(`campaign/engagement/daily.json`, written by `python -m frontcast.campaign.engagement.daily_fit`), so a new fit "
        "changes the campaign. What remains a guess is how much of a battle a day on a quiet front amounts to.",
        "",
        "A mixed model by restricted maximum likelihood was tried first and predicts unseen wars badly (RMSE 2.1 for the "
        "attacker's losses): eras differ between wars only, and it gives them to the wars' levels.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Entry point of `python -m benchmarks.campaign_pages`."""
    (DOCS / "calibration.md").write_text(calibration(), "utf-8")
    (DOCS / "engagements.md").write_text(engagements(), "utf-8")


if __name__ == "__main__":
    main()
