"""M27: the initiative, measured: who moves the line, and where.

    initiative = Σ own gains / Σ gains of both,   gains smoothed over `days`

weighted by length of front: 1 where only this side moves the line, ½ where both do alike or nobody does. It is
measured and told, and moves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Pools


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    days: float
    floor_km2: float


def measure(pools: Pools, front: Front, advance_km: jax.Array, parameters: Parameters, switch: jax.Array) -> Pools:
    """The index a day later; `advance_km` (side, stretch), what each FLOT went outwards today."""
    gains = jnp.sum(jnp.maximum(advance_km, 0.0) * front.length_km, axis=1) + parameters.floor_km2
    share = gains / gains.sum()
    smoothed = pools.initiative + (share - pools.initiative) / parameters.days
    return pools._replace(initiative=jnp.where(switch > 0.0, smoothed, 0.5))
