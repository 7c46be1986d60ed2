"""Predictions of the engagement kernel from its shipped coefficients.

Each outcome has one linear predictor: features of the battle, and an effect of each nation as attacker and as
defender. It is the weighted mean of hierarchical models (fit.py) in which wars have levels and nations effects drawn
to zero by how much they differ, so that a war or a nation not seen has none. Who wins is a logit; losses, their
exchange and the advance have errors in a Student t as wide as for wars left out. Scored in docs/engagements.md.
Battles: CDB90 (ODC-BY).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from frontcast.campaign.engagement.battles import Battles
from frontcast.campaign.engagement.features import FEATURES

Array = npt.NDArray[np.float64]

OUTCOMES: Final = ("log_loss_attacker", "log_loss_defender", "log_exchange", "log_advance")
"""What is predicted beside who wins ("win")."""


@dataclass(frozen=True)
class Prediction:
    """What is expected of battles.

    Attributes:
        p_win: (battle,) probability that the attacker wins, given that somebody does.
        mean: by outcome, (battle,). scale, freedom: by outcome, of the Student t around it.
    """

    p_win: Array
    mean: dict[str, Array]
    scale: dict[str, float]
    freedom: dict[str, float]

    def interval(self, outcome: str, level: float) -> tuple[Array, Array]:
        """Bounds of the central interval that holds `level` (0 to 1) of the outcomes."""
        half = float(stats.t.ppf(0.5 + level / 2.0, self.freedom[outcome])) * self.scale[outcome]
        return self.mean[outcome] - half, self.mean[outcome] + half

    def log_score(self, outcome: str, happened: Array) -> Array:
        """Negative log density of what happened, (battle,)."""
        return np.asarray(-stats.t.logpdf(happened, self.freedom[outcome], self.mean[outcome], self.scale[outcome]))

    def pit(self, outcome: str, happened: Array) -> Array:
        """Probability below what happened, (battle,): uniform where intervals are calibrated."""
        return np.asarray(stats.t.cdf(happened, self.freedom[outcome], self.mean[outcome], self.scale[outcome]))


@dataclass(frozen=True)
class Linear:
    """A linear predictor: `intercept + features · weights + effect of attacking nation + effect of defending nation`.

    Attributes:
        intercept: number. weights: (feature,) of `FEATURES`, as they are.
        attacking, defending: effect by nation; others have none.
    """

    intercept: float
    weights: Array
    attacking: dict[str, float]
    defending: dict[str, float]

    def __call__(self, battles: Battles) -> Array:
        """(battle,)."""
        attacking = np.array([self.attacking.get(nation, 0.0) for nation in battles.nation_attacker])
        defending = np.array([self.defending.get(nation, 0.0) for nation in battles.nation_defender])
        return np.asarray(self.intercept + battles.features @ self.weights + attacking + defending)

    def parts(self, battles: Battles, groups: dict[str, tuple[str, ...]]) -> dict[str, Array]:
        """What each group of features and the nations add, (battle,) each; with `intercept` they add up to the whole."""
        out = {}
        for group, names in groups.items():
            columns = [FEATURES.index(name) for name in names]
            out[group] = battles.features[:, columns] @ self.weights[columns]
        nations = Linear(0.0, np.zeros(len(self.weights)), self.attacking, self.defending)
        return out | {"nations": nations(battles)}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Linear:
        """From the JSON that ships."""
        weights = np.array([record["weights"].get(name, 0.0) for name in FEATURES])
        return cls(float(record["intercept"]), weights, record["attacking"], record["defending"])

    def record(self) -> dict[str, Any]:
        """For the JSON that ships."""

        def short(values: dict[str, float]) -> dict[str, float]:
            return {name: float(f"{value:.5g}") for name, value in sorted(values.items()) if abs(value) > 1e-4}

        return {
            "intercept": round(self.intercept, 6),
            "weights": {
                name: float(f"{value:.6g}") for name, value in zip(FEATURES, self.weights, strict=True) if value
            },
            "attacking": short(self.attacking),
            "defending": short(self.defending),
        }


@dataclass(frozen=True)
class Kernel:
    """The fitted model.

    Attributes:
        linear: by outcome of `OUTCOMES` and "win" (the logit).
        scale, freedom: by outcome, of the errors for unseen wars.
        constants: what the simplest baseline says: win rate, and mean of each outcome since 1914.
    """

    linear: dict[str, Linear]
    scale: dict[str, float]
    freedom: dict[str, float]
    constants: dict[str, float]

    def predict(self, battles: Battles) -> Prediction:
        """What is expected of battles of wars the kernel has not seen."""
        p_win = 1.0 / (1.0 + np.exp(-self.linear["win"](battles)))
        return Prediction(p_win, {name: self.linear[name](battles) for name in OUTCOMES}, self.scale, self.freedom)


@cache
def load_kernel() -> Kernel:
    """The kernel that ships."""
    record = json.loads(files("frontcast.campaign.engagement").joinpath("kernel.json").read_text("utf-8"))
    return Kernel(
        linear={name: Linear.from_record(one) for name, one in record["linear"].items()},
        scale=record["scale"],
        freedom=record["freedom"],
        constants=record["constants"],
    )
