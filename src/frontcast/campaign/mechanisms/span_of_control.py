"""M17: command cannot coordinate huge numbers along a huge front.

What a headquarters leads is worth `1 / (1 + (led / span)² )^½ · 1 / (1 + front_km / front_span_km)` each, with `led`
the units it leads and `front_km` the front of the side by headquarters:

    advantage = weight · ln(effect / enemy effect)
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Roster
from frontcast.campaign.view import View, log_advantage, mean_along


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    span: float
    front_span_km: float
    weight: float


def effect(roster: Roster, view: View, front: Front, parameters: Parameters) -> jax.Array:
    """What is left of each unit's effect, (unit,) 0 to 1."""
    count = roster.headquarters_side.shape[0]
    led = jax.ops.segment_sum(view.present, roster.headquarters, count)
    active = (led > 0.0).astype(jnp.float32)
    headquarters = jnp.maximum(jax.ops.segment_sum(active, roster.headquarters_side, 2), 1.0)
    front_km = front.length_km.sum() / headquarters
    by_led = jax.lax.rsqrt(1.0 + jnp.square(led / parameters.span))
    by_front = 1.0 / (1.0 + front_km / parameters.front_span_km)
    return by_led[roster.headquarters] * by_front[roster.side]


def advantage(
    roster: Roster, view: View, front: Front, screen_battalions: jax.Array, parameters: Parameters
) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    worth = mean_along(view, effect(roster, view, front, parameters), 1.0, screen_battalions)
    return parameters.weight * log_advantage(worth)
