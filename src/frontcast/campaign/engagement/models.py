"""The hierarchical models of which the kernel is the weighted mean, and how each is fitted and read as coefficients.

Each is `hierarchy.fit_shrunken` on some groups of features, with levels of wars (by theatre) and effects of nations: a
nation's effectiveness raises what it does and lowers what is done to it, whether it attacks or defends, and it may have
a habit of its own in attack and in defence. All are drawn to zero, by variances that are estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from frontcast.campaign.engagement.battles import Battles
from frontcast.campaign.engagement.features import FEATURES, GROUPS
from frontcast.campaign.engagement.hierarchy import fit_shrunken
from frontcast.campaign.engagement.kernel import Linear

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.str_]

SINCE: Final = 1914
FREEDOM: Final = 4.0
"""Of the Student t of errors in fitting: heavy tails, so that a misrecorded battle pulls little (prior only)."""

LEAST_SPREAD: Final = 0.2
"""Features that hardly vary are not blown up: a battle in a town among 300 is not twenty deviations from the rest."""


@dataclass(frozen=True)
class Model:
    """Which battles, which groups of features, which effects of nations a model has.

    Attributes:
        groups: of `GROUPS`. since: first year fitted on. nations: effectiveness enters. habits: and habits do.
    """

    groups: tuple[str, ...]
    since: int
    nations: bool
    habits: bool = False


_CORE = ("size", "length", "posture", "surprise", "air", "era")
MODELS: Final = {
    "without nations": Model(_CORE, SINCE, nations=False),
    "core": Model((*_CORE, "modern"), 0, nations=True),
    "arms": Model(("size", "posture", "surprise", "terrain", "arms"), SINCE, nations=True),
    "core and arms": Model((*_CORE, "terrain", "arms", "arms_unknown"), SINCE, nations=True),
    "everything": Model(tuple(GROUPS), 1800, nations=True, habits=True),
}
"""Which groups they have was settled with first scores on the wars left out in sight, so those scores flatter them by
something; coefficients, variances and how much of each model is believed are found without those wars."""


def fit_model(model: Model, battles: Battles, wars: Labels, outcome: str) -> Linear:
    """Coefficients of one model for one outcome, as a linear predictor for unseen wars.

    Args:
        model: which. battles: to fit on; those before its first year are not used. wars: (battle,) whose levels differ.
        outcome: key of `Battles.outcomes`; "win" is a logit, the others have Student t errors.
    """
    rows = np.flatnonzero(~np.isnan(battles.outcomes[outcome]) & (battles.year >= model.since))
    some, y = battles.chosen(rows), battles.outcomes[outcome][rows]
    names = [name for group in model.groups for name in GROUPS[group]]
    columns = [FEATURES.index(name) for name in names]
    raw = some.features[:, columns]
    modern = raw[some.year >= SINCE]
    centre, spread = modern.mean(axis=0), np.maximum(raw.std(axis=0), LEAST_SPREAD)
    blocks = [np.ones((len(y), 1)), (raw - centre) / spread]
    labels = [-1, *(number for number, group in enumerate(model.groups) for _ in GROUPS[group])]
    last = len(model.groups)

    def add(block: Array) -> None:
        nonlocal last
        blocks.append(block)
        labels.extend([last] * block.shape[1])
        last += 1

    add(_indicators(wars[rows], np.unique(wars[rows])))
    nations = np.unique([*some.nation_attacker, *some.nation_defender]) if model.nations else np.array([], str)
    nations = nations[nations != ""]
    attack, defend = _indicators(some.nation_attacker, nations), _indicators(some.nation_defender, nations)
    if model.nations:
        add(attack - defend)
    if model.habits:
        add(attack)
        add(defend)
    freedom = None if outcome == "win" else FREEDOM
    found = fit_shrunken(np.hstack(blocks), y, np.array(labels), logit=outcome == "win", freedom=freedom).weights
    slopes = found[1 : 1 + len(names)] / spread
    weights = np.zeros(len(FEATURES))
    weights[columns] = slopes
    effects = found[len(found) - len(nations) * (1 + 2 * model.habits) :] if model.nations else found[:0]
    by_nation = effects.reshape(-1, len(nations)) if model.nations else np.zeros((1, 0))
    attacking, defending = by_nation[0].copy(), -by_nation[0]
    if model.habits:
        attacking, defending = attacking + by_nation[1], defending + by_nation[2]
    return Linear(
        intercept=float(found[0] - slopes @ centre),
        weights=weights,
        attacking={str(nation): float(value) for nation, value in zip(nations, attacking, strict=True)},
        defending={str(nation): float(value) for nation, value in zip(nations, defending, strict=True)},
    )


def combine(parts: list[tuple[float, Linear]], intercept: float = 0.0) -> Linear:
    """Weighted sum of linear predictors and a constant: a linear predictor again."""
    total = Linear(intercept, np.zeros(len(FEATURES)), {}, {})
    for share, part in parts:
        sides = []
        for mine, theirs in ((total.attacking, part.attacking), (total.defending, part.defending)):
            nations = sorted({*mine, *theirs})
            sides.append({nation: mine.get(nation, 0.0) + share * theirs.get(nation, 0.0) for nation in nations})
        total = Linear(total.intercept + share * part.intercept, total.weights + share * part.weights, *sides)
    return total


def sizes_ratio() -> Linear:
    """ln(attackers / defenders): turns the shares lost by both sides into the exchange of losses."""
    weights = np.zeros(len(FEATURES))
    weights[FEATURES.index("log_attackers")], weights[FEATURES.index("log_defenders")] = 1.0, -1.0
    return Linear(0.0, weights, {}, {})


def _indicators(labels: Labels, levels: Labels) -> Array:
    return (labels[:, None] == levels[None, :]).astype(float)
