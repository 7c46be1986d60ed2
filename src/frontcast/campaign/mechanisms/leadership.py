"""M5: generals who go forward push tired troops on, and expose themselves.

With a share `forward` of commanders at the front where readiness is low,

    forward = drive · (1 − mean readiness of those led)
    readiness lost in combat × (1 − relief · forward)
    rate of hits on the headquarters × (1 + exposure · forward)

All three numbers are priors only.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Roster, Units


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    drive: float
    relief: float
    exposure: float


def forward(units: Units, roster: Roster, present: jax.Array, parameters: Parameters, switch: jax.Array) -> jax.Array:
    """Share of each headquarters' commanders that is at the front, (headquarters,) 0 to 1."""
    count = roster.headquarters_side.shape[0]
    led = jax.ops.segment_sum(present, roster.headquarters, count)
    ready = jax.ops.segment_sum(present * units.readiness, roster.headquarters, count) / jnp.maximum(led, 1e-6)
    return switch * jnp.where(led > 0.0, jnp.clip(parameters.drive * (1.0 - ready), 0.0, 1.0), 0.0)


def relief(forward: jax.Array, roster: Roster, parameters: Parameters) -> jax.Array:
    """What is left of the readiness lost in combat, (unit,) 0 to 1."""
    return 1.0 - parameters.relief * forward[roster.headquarters]


def exposure(forward: jax.Array, parameters: Parameters) -> jax.Array:
    """How much likelier each headquarters is to be hit, (headquarters,) from 1."""
    return 1.0 + parameters.exposure * forward
