"""M6: headquarters hit by accurate long-range fire; command drops, then recovers.

Each headquarters in range is hit in a day with probability `1 − exp(−hits · share / in range · exposure)` and then
loses `damage` of what works; what does not work comes back at `1 / recovery_days`. With the working fraction c of
those who lead what covers a stretch,

    advantage = weight · ln(c / enemy c)

Free parameters, to be shown with their band: hits on headquarters were reported, their effect was not measured.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Rear, Roster
from frontcast.campaign.view import View, log_advantage, mean_along


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    share: float
    range_km: float
    setback_km: float
    damage: float
    recovery_days: float
    weight: float


def strike(
    rear: Rear,
    roster: Roster,
    view: View,
    hits: jax.Array,
    exposure: jax.Array,
    chance: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Rear:
    """Hits on headquarters and their recovery.

    Args:
        hits: (side,) expected hits on the headquarters of each side today.
        exposure: (headquarters,) from M5. chance: (headquarters,) uniform.
    """
    count = roster.headquarters_side.shape[0]
    led = jax.ops.segment_sum(view.present, roster.headquarters, count)
    behind = jax.ops.segment_sum(view.present * view.nearest_km, roster.headquarters, count) / jnp.maximum(led, 1e-6)
    in_range = ((behind + parameters.setback_km <= parameters.range_km) & (led > 0.0)).astype(jnp.float32)
    targets = jax.ops.segment_sum(in_range, roster.headquarters_side, 2)
    rate = switch * hits[roster.headquarters_side] * in_range * exposure
    rate = rate / jnp.maximum(targets[roster.headquarters_side], 1.0)
    hit = chance < -jnp.expm1(-rate)
    working = rear.working + (1.0 - rear.working) / parameters.recovery_days
    return rear._replace(working=jnp.where(hit, working * (1.0 - parameters.damage), working))


def advantage(
    rear: Rear, roster: Roster, view: View, screen_battalions: jax.Array, parameters: Parameters
) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    command = mean_along(view, rear.working[roster.headquarters], 1.0, screen_battalions)
    return parameters.weight * log_advantage(command)
