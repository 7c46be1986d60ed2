"""M9: tired armies must rest and refit: readiness falls in combat and recovers in rest, strength only by replacement.

    d readiness = −wear · exposure · relief + recover · (1 − readiness) · rest · supply   [per day]
    advantage = weight · ln(readiness / enemy readiness)

with exposure the share of the unit's ground that is fought over, rest = 1 − exposure (twice that where the side
regenerates, M11), relief from M5.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Units
from frontcast.campaign.view import View, log_advantage, mean_along


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    wear: float
    recover: float
    weight: float
    least: float
    start: float


def tire(
    units: Units,
    exposure: jax.Array,
    relief: jax.Array,
    supply: jax.Array,
    resting: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Units:
    """Readiness a day later; all arguments (unit,): exposure 0 to 1, relief 0 to 1, supply 0 to 1, resting 0 or 1."""
    lost = parameters.wear * exposure * relief
    gained = parameters.recover * (1.0 - units.readiness) * (1.0 - exposure) * (1.0 + resting) * supply
    ready = jnp.clip(units.readiness + switch * (gained - lost), parameters.least, 1.0)
    return units._replace(readiness=ready)


def advantage(units: Units, view: View, screen_battalions: jax.Array, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return parameters.weight * log_advantage(mean_along(view, units.readiness, parameters.start, screen_battalions))
