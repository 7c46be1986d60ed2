"""How likely each side's line is to move, given what has been moving: a log-odds model, and the tempo of the day.

Two layers, kept apart because they age differently. *Where* the line moves is a matter of causes that last: it moves
where it has been moving, beside a grey zone, where the ground bulges. The coefficients for that are fitted once, on
both sides alike (`python -m frontcast.picture.fit`). *How much* it moves overall changes with the war's phases, so it is
never fitted: each picture compares the last twelve weeks with what the coefficients would have expected of them, and
scales the odds by the ratio (a gamma-Poisson update: `(seen + k) / (expected + k)`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from frontcast.picture.movement import FEATURES, MOVED_KM, FloatArray, History

HORIZON_DAYS = 7


class PushPrior(BaseModel):
    """Fitted and assumed numbers of the picture; see `push_prior.toml` for their sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fitted_until: str
    source: str
    intercept: float
    coefficients: dict[str, float]
    tempo_weeks: int
    tempo_weight: float
    stride_km: float
    stride_weight: float
    pace_limit: float
    map_error_km: float
    map_error_length_km: float
    map_lag_days: float

    def probability(self, features: FloatArray, tempo: float = 1.0) -> FloatArray:
        """Probability that the side's line moves on by 1 km or more within a week, (cell,), odds scaled by `tempo`."""
        weights = np.array([self.coefficients[name] for name in FEATURES], np.float32)
        log_odds = self.intercept + features @ weights + np.log(tempo)
        return (1.0 / (1.0 + np.exp(-log_odds))).astype(np.float32)


@cache
def load_prior() -> PushPrior:
    """The numbers shipped with the package."""
    text = files("frontcast.picture").joinpath("push_prior.toml").read_text("utf-8")
    return PushPrior.model_validate(tomllib.loads(text))


@dataclass(frozen=True)
class Tempo:
    """One side's recent tempo.

    Attributes:
        odds: factor on the odds of moving, 1 where the last weeks went as the coefficients expect.
        pace: mean length of a week's move, relative to the positional norm.
        seen, expected: line cells that moved in the weeks looked at, and how many were expected.
    """

    odds: float
    pace: float
    seen: float
    expected: float


def moved_km(history: History, line: npt.NDArray[np.bool_], start: np.datetime64, days: int) -> FloatArray:
    """How far b's line went forward between `start` and `days` later, at the cells of `line`, (cell,) km."""
    end = history.index_at(start + np.timedelta64(days, "D"))
    moved: FloatArray = (history.distance(history.index_at(start)) - history.distance(end))[line]
    return moved


def tempo(history: History, init_time: np.datetime64, prior: PushPrior) -> dict[str, Tempo]:
    """Tempo of both sides ("a", "b") over the weeks before `init_time`, from maps known at `init_time`."""
    seen, expected, length = dict.fromkeys("ab", 0.0), dict.fromkeys("ab", 0.0), dict.fromkeys("ab", 0.0)
    begin = history.series.known_at[0] if len(history.series) else init_time
    weeks = (np.timedelta64(week * HORIZON_DAYS, "D") for week in range(1, prior.tempo_weeks + 1))
    starts = [init_time - back for back in weeks if init_time - back >= begin]
    history.prepare([init_time, *starts])
    for start in starts:
        movement = history.movement(start)
        forward_b = moved_km(history, movement.line, start, HORIZON_DAYS)
        for side, forward, features in (
            ("a", -forward_b, movement.features_a),
            ("b", forward_b, movement.features_b),
        ):
            moved = forward >= MOVED_KM
            seen[side] += float(moved.sum())
            length[side] += float(forward[moved].sum())
            expected[side] += float(prior.probability(features).sum())
    k, norm = prior.tempo_weight, prior.stride_km
    return {
        side: Tempo(
            odds=(seen[side] + k) / (expected[side] + k),
            pace=min(
                (length[side] + prior.stride_weight * norm) / (seen[side] + prior.stride_weight) / norm,
                prior.pace_limit,
            ),
            seen=seen[side],
            expected=expected[side],
        )
        for side in "ab"
    }
