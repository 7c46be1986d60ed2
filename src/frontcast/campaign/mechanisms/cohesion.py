"""M21: cohesion differs by kind of troops; men refuse before they run.

    refusal = clip((refuse_below − cohesion) / refuse_below, 0, 1)
    d cohesion = −loss · loss fraction − hunger · (1 − supply) + recover · (steadiness − cohesion)   [per day]
    advantage = weight · ln((1 − refusal) / (1 − enemy refusal))

A refusing man neither attacks nor holds as he should, but stays: the rout is M15's. Steadiness by kind is set where
the order of battle is read (`picture/armies.py`).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Roster, Units
from frontcast.campaign.view import View, log_advantage, mean_along


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    refuse_below: float
    loss: float
    hunger: float
    recover: float
    weight: float


def refusal(units: Units, parameters: Parameters) -> jax.Array:
    """Share of each unit that refuses, (unit,) 0 to 1."""
    return jnp.clip((parameters.refuse_below - units.cohesion) / parameters.refuse_below, 0.0, 1.0)


def wear(
    units: Units,
    roster: Roster,
    loss_fraction: jax.Array,
    supply: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Units:
    """Cohesion a day later; `loss_fraction`, `supply` (unit,)."""
    change = (
        parameters.recover * (roster.steadiness - units.cohesion)
        - parameters.loss * loss_fraction
        - parameters.hunger * (1.0 - supply)
    )
    return units._replace(cohesion=jnp.clip(units.cohesion + switch * change, 0.02, 1.0))


def advantage(units: Units, view: View, screen_battalions: jax.Array, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    willing = mean_along(view, 1.0 - 0.9 * refusal(units, parameters), 1.0, screen_battalions)
    return parameters.weight * log_advantage(willing)
