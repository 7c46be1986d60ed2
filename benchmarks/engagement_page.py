"""docs/engagements.md, from the records that ship: every number on the page comes from them.

python -m benchmarks.engagement_page
"""

from __future__ import annotations

from typing import Any

from benchmarks.campaign_pages import DOCS, record

PACKAGE = "frontcast.campaign.engagement"
NAMES = {
    "accuracy": "wins: accuracy",
    "brier": "wins: Brier",
    "log_loss_attacker": "ln share lost, attacker",
    "log_loss_defender": "ln share lost, defender",
    "log_exchange": "ln exchange",
    "log_advance": "signed ln(1 + km/day)",
}
TO_BEAT = {"accuracy": 0.73, "brier": 0.199, "log_loss_attacker": 0.94, "log_loss_defender": 1.27}
TO_BEAT |= {"log_exchange": 1.22, "log_advance": 1.18}
"""Reached by logit, linear models and random forests on the full set, grouped by war and theatre."""

LEVELS = ("0.5", "0.8", "0.9")
FEWEST = 8
"""Battles of a nation, for its row in the table of effects."""


def met(key: str, value: float) -> bool:
    """Whether a score is better than the figure to beat; accuracy is better where higher."""
    return value > TO_BEAT[key] if key == "accuracy" else value < TO_BEAT[key]


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def scores_table(found: dict[str, Any]) -> list[str]:
    """Methods side by side, the kernel with its interval."""
    methods = list(found["scores"])
    lines = [
        f"| | to beat | {' | '.join(methods)} | kernel, 90 % |",
        "|---|---|" + "---|" * (len(methods) + 1),
    ]
    for key, words in NAMES.items():
        values = [f"{found['scores'][method][key]:.3f}" for method in methods]
        low, high = found["intervals"]["kernel"][key]
        lines.append(f"| {words} | {TO_BEAT[key]:g} | {' | '.join(values)} | {low:.2f} to {high:.2f} |")
    return lines


def differences_table(found: dict[str, Any]) -> list[str]:
    """The kernel's scores less the others', with intervals."""
    others = list(found["intervals"]["kernel_less"])
    lines = [f"| kernel less | {' | '.join(others)} |", "|---|" + "---|" * len(others)]
    for key, words in NAMES.items():
        cells = []
        for other in others:
            low, high = found["intervals"]["kernel_less"][other][key]
            sure = low > 0 or high < 0
            cell = f"{low:+.3f} to {high:+.3f}"
            cells.append(f"**{cell}**" if sure else cell)
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return lines


def wars_table(found: dict[str, Any]) -> list[str]:
    """Each war and theatre left out."""
    lines = [
        f"| left out | battles | {' | '.join(NAMES.values())} | inside 80 %: attacker / defender / exchange / "
        f"advance |",
        "|---|---|" + "---|" * (len(NAMES) + 1),
    ]
    for fold, one in found["wars"].items():
        values = [f"{one[key]:.2f}" if key in one else "" for key in NAMES]
        inside = [_percent(one[f"inside_80_{key}"]) for key in list(NAMES)[2:] if f"inside_80_{key}" in one]
        lines.append(f"| {fold} | {one['battles']:.0f} | {' | '.join(values)} | {' / '.join(inside)} |")
    return lines


def coverage_table(found: dict[str, Any]) -> list[str]:
    """Share inside intervals, over battles and as the mean of wars."""
    lines = ["| | inside 50 % | inside 80 % | inside 90 % |", "|---|---|---|---|"]
    for key in found["coverage"]:
        cells = [
            f"{_percent(found['coverage'][key][level])} ({_percent(found['coverage_mean_of_wars'][key][level])})"
            for level in LEVELS
        ]
        lines.append(f"| {NAMES[key]} | {' | '.join(cells)} |")
    return lines


def weights_table(found: dict[str, Any]) -> list[str]:
    """How much of each model is believed."""
    models = list(dict.fromkeys(name for one in found["weights"].values() for name in one))
    lines = [f"| | {' | '.join(models)} |", "|---|" + "---|" * len(models)]
    for outcome, one in found["weights"].items():
        cells = [f"{one[name]:.2f}" if name in one else "" for name in models]
        lines.append(f"| {NAMES.get(outcome, 'wins (logit)')} | {' | '.join(cells)} |")
    return lines


def nations_table(kernel: dict[str, Any], battles: dict[str, int]) -> list[str]:
    """Effects of nations with enough battles."""
    lines = [
        "| | battles | attacks: ln odds of winning | ln exchange | defends: ln odds of its enemy's winning | ln "
        "exchange |"
    ]
    lines.append("|---|---|---|---|---|---|")
    win, exchange = kernel["linear"]["win"], kernel["linear"]["log_exchange"]
    for nation, number in sorted(battles.items(), key=lambda one: -one[1]):
        if number >= FEWEST:
            values = [one[side].get(nation, 0.0) for side in ("attacking", "defending") for one in (win, exchange)]
            lines.append(f"| {nation} | {number} | {' | '.join(f'{value:+.2f}' for value in values)} |")
    return lines


def daily_tables(daily: dict[str, Any]) -> list[str]:
    """What `daily.py` hands to the campaign."""

    def with_interval(one: dict[str, Any], key: str, factor: float, form: str) -> str:
        low, high = one[f"{key}_90"]
        return f"{factor * one[key]:{form}} ({factor * low:{form}} to {factor * high:{form}})"

    lines = [
        "| defence | battles | attackers lost, %/day | defenders lost, %/day | km/day | attackers lost per km | "
        "at equal sizes, wars allowed for: attackers, defenders, %/day |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in daily["postures"].items():
        cells = [
            with_interval(one, "attacker_share", 100.0, ".2g"),
            with_interval(one, "defender_share", 100.0, ".2g"),
            with_interval(one, "km_per_day", 1.0, ".2g"),
            with_interval(one, "attackers_lost_per_km", 1.0, ".0f"),
        ]
        equal = ", ".join(f"{100 * daily['law'][side]['share'][name]:.1f}" for side in ("attacker", "defender"))
        lines.append(f"| {name} | {one['battles']} | {' | '.join(cells)} | {equal} |")
    lines += [
        "",
        "| losses a day of | exponent of attackers | exponent of defenders | σ | σ of wars | battles |",
        "|---|---|---|---|---|---|",
    ]
    for side, one in daily["law"].items():
        first, second = one["standard_errors"]
        lines.append(
            f"| {side} | {one['exponent_attackers']:.2f} ± {first:.2f} | {one['exponent_defenders']:.2f} ± "
            f"{second:.2f} | "
            f"{one['sigma']:.2f} | {one['sigma_wars']:.2f} | {one['battles']} |"
        )
    lines += [
        "",
        f"The errors of both sides are correlated by {daily['correlation']:.2f}.",
        "",
        "| highest regime reached | battles | km/day | spread of ln km/day | onward, a day | defence gives way, "
        "a day | "
        "breaks, a day |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in daily["regimes"].items():
        onward = with_interval(one, "onward", 1.0, ".2g") if "onward" in one else ""
        speed = with_interval(one, "km_per_day", 1.0, ".2g")
        lines.append(
            f"| {name} | {one['battles']} | {speed} | {one['spread']:.2f} | {onward} | {one['gives_way']:.3f} | "
            f"{one['breaks']:.3f} |"
        )
    return lines


def page() -> str:
    """The page of the engagement kernel."""
    found, kernel = record(PACKAGE, "evaluation.json"), record(PACKAGE, "kernel.json")
    daily = record(PACKAGE, "daily.json")
    reached = [words for key, words in NAMES.items() if met(key, found["scores"]["kernel"][key])]
    missed = [words for key, words in NAMES.items() if not met(key, found["scores"]["kernel"][key])]
    constant, ratio = found["scores"]["constant"], found["scores"]["force ratio alone"]
    gains = {key: 1.0 - ratio[key] / constant[key] for key in NAMES if key != "accuracy"}
    traces = [NAMES[key] for key, gain in gains.items() if gain > 0.0]
    largest = max(0.0, *gains.values())
    lines = [
        "# The engagement kernel",
        "",
        "    frontcast engagements score FILE.csv   # any file of CDB90's columns",
        "    python -m frontcast.campaign.engagement.fit --from CDB90-patched.csv --work DIR --ship   # fits, evaluates",
        "    python -m frontcast.campaign.engagement.daily_fit --from CDB90-patched.csv --ship   # a day of battle",
        "    python -m benchmarks.engagement_page   # this page",
        "",
        f"Fitted on the {found['battles']} battles since 1600 with both strengths and a year (CDB90, patched "
        f"edition, ODC-BY); "
        f"scored on the {found['scored']} since 1914, each war and theatre by a fit that has not seen it: "
        f"coefficients, weights of "
        "models and widths of intervals. Baselines ran on the same rows and folds. The war's label in the file "
        "is not enough: it "
        "parts one theatre into several wars, and would score a battle by a fit that saw its twin.",
        "",
        *scores_table(found),
        "",
        "RMSE for the last four; draws do not count for who wins. *To beat*: figures reached by others on a "
        "fuller set, so not the "
        f"same rows. Better than them: {', '.join(reached) or 'none'}. Not better: "
        f"{', '.join(missed) or 'none'}. The last row is not "
        "on their scale: they took days from the publisher's table, which ends at two for battles without "
        "hours; here days are "
        "those of fighting.",
        "",
        "By resampling wars, 90 % intervals of the kernel's score less another's; bold where all on one side of zero:",
        "",
        *differences_table(found),
        "",
        f"Force ratio alone does better than the constant for {', '.join(traces) or 'nothing'}, by at most "
        f"{_percent(largest)}; no rule of three to one is built in anywhere.",
        "",
        "## What it is",
        "",
        "Five hierarchical models fitted by likelihood (empirical Bayes: EM on the variances of groups of "
        "coefficients; Student t "
        "errors, a logit for who wins). Wars have levels, nations an effectiveness, in attack as in defence, "
        "and in one "
        "model habits of their own; all are drawn to zero by how much they are found to differ, so an unseen "
        "war or nation has "
        "none. The five are added up with weights found on wars left out *within* the wars fitted on. A sum of linear "
        "predictors is one: the kernel that ships is a table of coefficients, and `Linear.parts` says what each "
        "group of "
        "features adds to a prediction.",
        "",
        *weights_table(found),
        "",
        "Weights stay near equal shares because each war counts as one observation: its battles err together. Coefficients, "
        "variances, weights and widths are found without the war that is scored, but two choices were made with scores on "
        "wars left out in sight, which flatters them by something: which groups of features the five models have, and the "
        "rule for weights. With each battle counting, they gave accuracy 0.752, Brier 0.181, losses 0.815 and 1.260, "
        "exchange 1.236, advance 0.781. The exchange is below the figure to beat by much less than its uncertainty.",
        "",
        "*Both losses* is the exchange that the models of the two sides' losses imply; weights of means may add "
        "up to less than one, "
        "the rest being the mean of all.",
        "",
        "Known beforehand: sizes, posture, surprise, air, ground, weather, guns, tanks, sorties, width of "
        "front, the attacker's "
        "plan, whose armies, year; and the days a battle took. None of the scores given in hindsight is looked at.",
        "",
        "### Whose army",
        "",
        *nations_table(kernel, found["nations"]),
        "",
        "These are residues of these battles, not verdicts: they hold what the columns do not (air, supply, "
        "which battles were "
        "recorded). What helps on unseen wars is that they recur.",
        "",
        "## Each war left out",
        "",
        *wars_table(found),
        "",
        "## Are its intervals right?",
        "",
        "Over battles, and in brackets the mean of wars, each war with the width of errors in the others:",
        "",
        *coverage_table(found),
        "",
        "They hold over all wars and not in each: the table above has wars in which the losses of a side lie apart as a "
        "whole (garrisons that fought to the last man in the Pacific, German defenders in Italy), and no width taken from "
        "other wars covers that.",
        "",
        "## A day of battle, for the campaign",
        "",
        "`frontcast.campaign.engagement.daily`, recomputed from battles since 1914; 90 % intervals by resampling wars.",
        "",
        *daily_tables(daily),
        "",
        "Regimes are the highest that the attacker's recorded outcome names. Rates take a battle's days as time "
        "at risk. They are of "
        "battles that were worth recording: on a quiet front they are upper bounds.",
        "",
        "## What is wrong in the data",
        "",
        "- The advance (KMDA) is kilometres in all, not a day: First Somme has 12 in 116 days. An earlier "
        "kernel took it as a day's.",
        "- The publisher's table of durations ends at two days where no hours are given. Days here add up the "
        "active periods.",
        f"- {len(found['noted'])} battles lost more men than a side is said to have had (reinforced as they went on); all "
        "of them are counted: " + ", ".join(line.split(" lost ")[0].split(": ")[1] for line in found["noted"]) + ".",
        "- 35 battles are parts of others in the set. Parts and wholes are always in the same war and theatre, "
        "so no fit sees one "
        "and is scored on the other.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Entry point of `python -m benchmarks.engagement_page`."""
    (DOCS / "engagements.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
