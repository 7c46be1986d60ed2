"""Predictions of the engagement kernel from its shipped coefficients.

Who wins: a logit with the wars' own levels as random effects; an unseen war has the mean of all, with the spread of
wars. Losses and advance: the mean of a linear model with random effects of wars and of boosted trees, errors in a
Student t whose width is that of predictions for wars left out. Losses exchanged come from both sides' losses, drawn
towards the mean of all battles. Fitted by `python -m frontcast.campaign.engagement.fit`, scored in docs/engagements.md.
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

from frontcast.campaign.engagement.battles import FEATURES, Battles

Array = npt.NDArray[np.float64]

OUTCOMES: Final = ("log_loss_attacker", "log_loss_defender", "log_exchange", "log_advance")
"""What is predicted beside who wins."""

DIRECT: Final = ("log_loss_attacker", "log_loss_defender", "log_advance")
"""Those with a model of their own."""


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
    """A linear model on standardised features: `intercept + ((x − centre) / spread) · weights`."""

    names: tuple[str, ...]
    centre: Array
    spread: Array
    weights: Array
    intercept: float

    def __call__(self, features: Array) -> Array:
        """The linear predictor, (battle,), of `Battles.features`."""
        columns = [FEATURES.index(name) for name in self.names]
        return np.asarray(self.intercept + ((features[:, columns] - self.centre) / self.spread) @ self.weights)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Linear:
        """From the JSON that ships."""
        arrays = {key: np.array(record[key], float) for key in ("centre", "spread", "weights")}
        return cls(names=tuple(record["names"]), intercept=float(record["intercept"]), **arrays)

    def record(self) -> dict[str, Any]:
        """For the JSON that ships."""
        rounded = {key: [round(float(v), 6) for v in getattr(self, key)] for key in ("centre", "spread", "weights")}
        return {"names": list(self.names), "intercept": round(self.intercept, 6), **rounded}


@dataclass(frozen=True)
class Kernel:
    """The fitted model.

    Attributes:
        win: linear predictor of the logit. spread_of_wars: standard deviation of wars' levels in it.
        linear, trees: by outcome of `DIRECT`; trees are LightGBM models as text.
        exchange_mean, exchange_share: mean log exchange, and how much of what the losses imply is believed.
        scale, freedom: by outcome, of the errors for unseen wars.
        constants: what the simplest baseline says: win rate, and mean and spread of each outcome.
    """

    win: Linear
    spread_of_wars: float
    linear: dict[str, Linear]
    trees: dict[str, str]
    exchange_mean: float
    exchange_share: float
    scale: dict[str, float]
    freedom: dict[str, float]
    constants: dict[str, tuple[float, float]]

    def predict(self, battles: Battles) -> Prediction:
        """What is expected of battles of wars the kernel has not seen."""
        eta = self.win(battles.features)
        # The logit averaged over wars' levels (MacKay 1992: probit approximation of the integral).
        p_win = 1.0 / (1.0 + np.exp(-eta / np.sqrt(1.0 + np.pi * self.spread_of_wars**2 / 8.0)))
        mean = {name: 0.5 * (self.linear[name](battles.features) + self._trees(name, battles)) for name in DIRECT}
        implied = (
            mean["log_loss_attacker"]
            - mean["log_loss_defender"]
            + np.log(battles.attackers)
            - np.log(battles.defenders)
        )
        mean["log_exchange"] = self.exchange_mean + self.exchange_share * (implied - self.exchange_mean)
        return Prediction(p_win, mean, self.scale, self.freedom)

    def _trees(self, name: str, battles: Battles) -> Array:
        import lightgbm

        booster = lightgbm.Booster(model_str=self.trees[name])
        return np.asarray(booster.predict(battles.features, num_threads=1))


@cache
def load_kernel() -> Kernel:
    """The kernel that ships."""
    folder = files("frontcast.campaign.engagement")
    record = json.loads(folder.joinpath("kernel.json").read_text("utf-8"))
    return Kernel(
        win=Linear.from_record(record["win"]),
        spread_of_wars=record["spread_of_wars"],
        linear={name: Linear.from_record(one) for name, one in record["linear"].items()},
        trees=record["trees"],
        exchange_mean=record["exchange_mean"],
        exchange_share=record["exchange_share"],
        scale=record["scale"],
        freedom=record["freedom"],
        constants={name: (values[0], values[1]) for name, values in record["constants"].items()},
    )
