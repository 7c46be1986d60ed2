"""M4: guided munitions are a finite stock; what takes their place hits less.

A mission of deep fires takes `per_mission` guided munitions where the stock has them. Hits by mission are

    hits = accurate · hit_guided + (1 − accurate) · hit_substitute,   accurate = used / wanted

and the stock falls by what was used. Taken out, the stock never ends.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Pools


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    missions_a_day: float
    per_mission: float
    hit_guided: float
    hit_substitute: float


def fire(pools: Pools, parameters: Parameters, switch: jax.Array) -> tuple[Pools, jax.Array]:
    """A day of deep fires: the stocks after it, and the expected hits of each side, (side,)."""
    missions = pools.launchers * parameters.missions_a_day
    wanted = missions * parameters.per_mission
    used = jnp.minimum(wanted, pools.guided)
    accurate = jnp.where(wanted > 0.0, used / jnp.maximum(wanted, 1e-6), 0.0)
    accurate = switch * accurate + (1.0 - switch)
    hits = missions * (accurate * parameters.hit_guided + (1.0 - accurate) * parameters.hit_substitute)
    return pools._replace(guided=pools.guided - switch * used), hits
