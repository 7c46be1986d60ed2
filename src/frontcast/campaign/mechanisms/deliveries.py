"""M12: arms delivered by date and kind take effect once crews are trained and the tail is there.

Launchers and guided munitions add to the side's deep fires (M4), guns to its park and from there to units (M23). Guns
count by what they can fire, so a stretch with fires f (guns with shells) has

    advantage = weight · ln((f + base) / (enemy f + base))

An order says when arms come into action: delivery plus training. Taken out, nothing arrives and guns do not count.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Pools, Units, enemy
from frontcast.campaign.view import View


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    weight: float
    base_density: float
    shells_a_day: float


def arrive(pools: Pools, launchers: jax.Array, guided: jax.Array, guns: jax.Array, switch: jax.Array) -> Pools:
    """The day's deliveries, (side,) each."""
    return pools._replace(
        launchers=pools.launchers + switch * launchers,
        guided=pools.guided + switch * guided,
        gun_pool=pools.gun_pool + switch * guns,
    )


def shell_days(units: Units, parameters: Parameters) -> jax.Array:
    """Days of fire in a unit's hands, (unit,)."""
    return units.shells / jnp.maximum(units.guns * parameters.shells_a_day, 1e-3)


def advantage(units: Units, view: View, front: Front, parameters: Parameters, switch: jax.Array) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    firing = units.guns * jnp.clip(shell_days(units, parameters), 0.0, 1.0) * view.present * (1.0 - units.broken)
    density = (view.sides * firing) @ view.cover / jnp.maximum(front.length_km, 1e-3)
    logs = jnp.log(density + parameters.base_density)
    return switch * parameters.weight * (logs - enemy(logs))
