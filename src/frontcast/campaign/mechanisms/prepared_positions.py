"""M10: positions prepared beforehand slow an advance and tilt its price.

On its ground a side has positions prepared over time: those of the map (age of the line, the line of 2014) and those
dug where the line stands still, `d dug = (1 − dug) / build_days`, lost as the line moves: `dug · exp(−|moved| /
depth_km)`. With p the larger of both where the line is,

    advantage of the attacker = −weight · ln(1 + (strongest − 1) · p of the enemy)

strongest = 1.6 is Dupuy's multiplier of a fortified defence (hasty 1.3, prepared 1.5). Losses: see M2.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Stretches, enemy
from frontcast.campaign.types import State


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    strongest: float
    weight: float
    build_days: float
    depth_km: float


def on_the_line(line: State, front: Front, stretches: Stretches, cell_km: float, switch: jax.Array) -> jax.Array:
    """How well prepared each side stands where its line is now, (side, stretch) 0 to 1."""
    count = front.length_km.shape[0]
    depth = 4.0 * cell_km

    def under(flot: jax.Array, fortified: jax.Array) -> jax.Array:
        weight = ((flot < 0.0) & (flot > -depth)).astype(jnp.float32)
        sums = jax.ops.segment_sum(jnp.stack([weight, weight * fortified], axis=1), front.stretch, count)
        return sums[:, 1] / jnp.maximum(sums[:, 0], 1.0)

    standing = jnp.stack([under(line.flot_a, front.fortified[0]), under(line.flot_b, front.fortified[1])])
    return switch * jnp.maximum(standing, stretches.dug_in)


def dig(stretches: Stretches, moved_km: jax.Array, parameters: Parameters) -> Stretches:
    """Positions dug on the line a day later; `moved_km` (stretch,) of the front today."""
    kept = stretches.dug_in * jnp.exp(-jnp.abs(moved_km) / parameters.depth_km)
    return stretches._replace(dug_in=kept + (1.0 - kept) / parameters.build_days)


def advantage(prepared: jax.Array, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return -parameters.weight * jnp.log1p((parameters.strongest - 1.0) * enemy(prepared))
