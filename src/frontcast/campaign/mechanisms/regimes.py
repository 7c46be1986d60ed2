"""M8: an advance is positional until it penetrates, and may then break through and pursue.

Each side has a regime on each stretch. A day's chance of going up is

    positional → penetration:   1 − exp(−enter · activity · exp(openness · (enemy gap − gap_reference) + pull · advantage))

    penetration → breakthrough: 1 − exp(−deepen · exp(−enemy reserves / reserve_density))

    breakthrough → pursuit:     1 − exp(−chase · share of the enemy that is broken)

and of falling back to positional 1 / `last_days`. `initiate` stands for blows where nothing stirred before: an attacker
who has troops there may choose the gap. Above positional the side gains ground at a median of its regime, after the
battles of [CDB90] (`engagement/daily.json`), times a log-normal of `spread`, with no memory from day to day.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import enemy

POSITIONAL, PENETRATION, BREAKTHROUGH, PURSUIT = range(4)


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    enter: float
    initiate: float
    openness: float
    gap_reference: float
    pull: float
    deepen: float
    reserve_density: float
    chase: float
    last_days: float
    penetration_km: float
    breakthrough_km: float
    pursuit_km: float
    spread: float


def develop(
    regime: jax.Array,
    activity: jax.Array,
    free: jax.Array,
    gap: jax.Array,
    advantage: jax.Array,
    reserves: jax.Array,
    broken: jax.Array,
    chance: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> jax.Array:
    """Regimes a day later, (side, stretch) int32.

    Args (all (side, stretch)):
        activity: share of the stretch attacked, 0 to 1. free: how far the side may open an attack there, 0 to 1. gap:
        how open the side's own front is. advantage: log advantage of the side's attack. reserves: the side's
        battalions per km around the stretch. broken: share of the side that is broken. chance: uniform.
    """
    pressure = parameters.openness * (enemy(gap) - parameters.gap_reference) + parameters.pull * advantage
    attacks = activity + parameters.initiate * free * (1.0 - gap)
    rates = jnp.stack(
        [
            parameters.enter * attacks * jnp.exp(jnp.clip(pressure, -4.0, 4.0)),
            parameters.deepen * jnp.exp(-enemy(reserves) / parameters.reserve_density),
            parameters.chase * enemy(broken),
            jnp.zeros_like(activity),
        ]
    )
    up = -jnp.expm1(-jnp.take_along_axis(rates, regime[None], axis=0)[0])
    down = 1.0 / parameters.last_days
    # One number decides both, so that a day goes up, down or on, never both ways.
    higher = jnp.where(chance < up, jnp.minimum(regime + 1, PURSUIT), regime)
    after = jnp.where((chance > 1.0 - down) & (regime > POSITIONAL), POSITIONAL, higher)
    return jnp.where(switch > 0.0, after, POSITIONAL)


def speed(regime: jax.Array, strides: jax.Array, parameters: Parameters) -> jax.Array:
    """Ground gained above the push, (side, stretch) km/day; `strides` standard normal."""
    median = jnp.stack(
        [
            jnp.zeros_like(strides),
            jnp.full_like(strides, parameters.penetration_km),
            jnp.full_like(strides, parameters.breakthrough_km),
            jnp.full_like(strides, parameters.pursuit_km),
        ]
    )
    return jnp.take_along_axis(median, regime[None], axis=0)[0] * jnp.exp(parameters.spread * strides)
