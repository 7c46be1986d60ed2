"""M18: arms that fight one at a time are worth as much as the weakest of them.

On a stretch a side has men, armour with fuel and guns with shells, each measured by what a full battalion group has;
with least and mean over the three

    together = floor + (1 − floor) · least / mean,   advantage = weight · ln(together / enemy together)
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Units
from frontcast.campaign.view import MEN_TO_A_BATTALION, View, log_advantage

VEHICLES_TO_A_BATTALION = 50.0
"""Ten tanks and 40 infantry fighting vehicles (Grau & Bartles 2016)."""

GUNS_TO_A_BATTALION = 12.0
"""Two or three batteries of six (the same)."""


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    floor: float
    weight: float


def together(units: Units, view: View, fuel: jax.Array, shells: jax.Array, parameters: Parameters) -> jax.Array:
    """How well the arms work together, (side, stretch) `floor` to 1; `fuel`, `shells` (unit,) 0 to 1."""
    standing = view.present * (1.0 - units.broken)

    def arm(amount: jax.Array) -> jax.Array:
        return (view.sides * (amount * standing)) @ view.cover

    arms = jnp.stack(
        [
            arm(units.men / MEN_TO_A_BATTALION),
            arm(units.armour * fuel / VEHICLES_TO_A_BATTALION),
            arm(units.guns * shells / GUNS_TO_A_BATTALION),
        ]
    )
    # A constant keeps a stretch without units at even.
    arms = arms + 0.1
    return parameters.floor + (1.0 - parameters.floor) * arms.min(axis=0) / arms.mean(axis=0)


def advantage(together: jax.Array, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return parameters.weight * log_advantage(together)
