"""M28: can gains be held? Runs to 180 days, with a spread that widens as honestly as the unknown does.

A side's tempo takes a random walk that forgets with `days`: `d tempo = −tempo / days + spread · √(2 / days) · z`,
from 0 at the start, so the spread grows with the lead to `spread` and not beyond. It is added to the log advantage
everywhere:

    advantage = tempo − 0 (own only)

It stands for what no order of battle shows: mobilisations, deliveries not announced, exhaustion. `held_share` is the
measure asked of a forecast: how much of the ground gained by one day is still held on a later one.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from frontcast.campaign.army import Pools


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    spread: float
    days: float


def drift(pools: Pools, noise: jax.Array, parameters: Parameters, switch: jax.Array) -> Pools:
    """Tempo a day later; `noise` (side,) standard normal."""
    step = parameters.spread * jnp.sqrt(2.0 / parameters.days) * noise
    return pools._replace(tempo=switch * (pools.tempo * (1.0 - 1.0 / parameters.days) + step))


def advantage(pools: Pools, stretches: int) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch): the same everywhere."""
    return jnp.broadcast_to(pools.tempo[:, None], (2, stretches))


def held_share(start: npt.NDArray[np.bool_], gained: npt.NDArray[np.bool_], later: npt.NDArray[np.bool_]) -> float:
    """Share of the ground gained between `start` and `gained` that is still held `later`; NaN where none was gained.

    Args:
        start, gained, later: same shape, where the side holds the ground at three times.
    """
    new = gained & ~start
    return float((later & new).sum() / new.sum()) if new.any() else float("nan")
