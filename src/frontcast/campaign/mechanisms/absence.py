"""M19: forces that are elsewhere until a date.

A unit takes part from `available_day` on: `available = 1 if day ≥ available_day else 0`. Before, it covers nothing,
loses nothing and eats at home. Taken out, everybody is there from the start.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Roster


def available(roster: Roster, day: jax.Array, switch: jax.Array) -> jax.Array:
    """(unit,) float32, 1 where the unit takes part on `day`."""
    return jnp.where(switch > 0.0, (day >= roster.available_day).astype(jnp.float32), 1.0)
