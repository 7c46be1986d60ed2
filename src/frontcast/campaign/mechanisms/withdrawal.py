"""M1: a defender cedes ground slowly, makes each mile dear, and gets out without being fixed.

Epstein's adaptive model (1985, The Calculus of Conventional War): the withdrawal rate W grows once the daily loss
fraction α exceeds what is tolerated, and shrinks below it,

    W' = max(0, W + (fastest − W) · (α − tolerated) / (1 − tolerated))   where α > tolerated, else W · α / tolerated

To it is added the threat of envelopment: a stretch that lies `salient` km farther forward than the front on its
flanks gives up `envelopment · (salient − free_km)₊ · p` km a day, p being how much of the flanks the enemy holds with
troops, at most `ordered_km`; and ground ordered to be given up, at `ordered_km` a day, until it is. A side that
withdraws loses what a delaying defence lost in the battles, less than one that stays (M2).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Stretches, enemy


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    tolerated: float
    fastest_km: float
    envelopment: float
    free_km: float
    ordered_km: float


def adapt(stretches: Stretches, loss_fraction: jax.Array, parameters: Parameters, switch: jax.Array) -> Stretches:
    """The rate after a day's losses, `loss_fraction` (side, stretch)."""
    rate = stretches.withdrawal
    over = rate + (parameters.fastest_km - rate) * (loss_fraction - parameters.tolerated) / (1.0 - parameters.tolerated)
    under = rate * loss_fraction / parameters.tolerated
    adapted = jnp.where(loss_fraction > parameters.tolerated, over, under)
    return stretches._replace(withdrawal=switch * jnp.clip(adapted, 0.0, parameters.fastest_km))


def given_up(
    stretches: Stretches, front: Front, gap: jax.Array, parameters: Parameters, switch: jax.Array
) -> jax.Array:
    """Ground each side gives up today of its own will, (side, stretch) km/day; `gap` as in M16."""
    flanks = front.kernel @ stretches.moved_km
    ahead = stretches.moved_km - flanks
    salient = jnp.stack([ahead, -ahead])
    held = enemy((1.0 - gap) @ front.kernel.T)
    threatened = parameters.envelopment * jnp.maximum(salient - parameters.free_km, 0.0) * held
    threatened = jnp.minimum(threatened, parameters.ordered_km)
    ordered = jnp.minimum(stretches.fall_back_km, parameters.ordered_km)
    return switch * jnp.maximum(jnp.maximum(stretches.withdrawal, threatened), ordered)


def order(stretches: Stretches, fall_back_km: jax.Array, parameters: Parameters, switch: jax.Array) -> Stretches:
    """Orders to fall back that are given today are added; what went today by order is taken off, (side, stretch) km."""
    left = jnp.maximum(stretches.fall_back_km - parameters.ordered_km, 0.0)
    return stretches._replace(fall_back_km=switch * (left + fall_back_km))
