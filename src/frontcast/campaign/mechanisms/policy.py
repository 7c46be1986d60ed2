"""M11: stop and regenerate, or grind on? A side's policy is an order, by day, to be compared in a what-if.

    advantage = weight · ln(effort),   effort = ordered effort, or `rest_effort` where the side regenerates

Effort 1 is what the picture saw of the weeks before; the effort also scales how much of the front is attacked (M2, M9).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    weight: float
    rest_effort: float


def effort(ordered: jax.Array, regenerate: jax.Array, parameters: Parameters, switch: jax.Array) -> jax.Array:
    """Effort of attack of each side, (side,), 1 as it was."""
    wanted = jnp.where(regenerate > 0.0, jnp.minimum(ordered, parameters.rest_effort), ordered)
    return switch * wanted + (1.0 - switch)


def advantage(effort: jax.Array, stretches: int, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch): the same everywhere."""
    one = parameters.weight * jnp.log(jnp.maximum(effort, 1e-2))
    return jnp.broadcast_to(one[:, None], (2, stretches))
