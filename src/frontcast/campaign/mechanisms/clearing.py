"""M14: a line can collapse faster than the other side can clear the ground.

The ground a side gives up is entered at most at `clearing_km` a day; the rest stays grey and is entered on the days
after:

    entered = min(given up + vacated, clearing_km),   vacated' = vacated + given up − entered

 Taken out, whoever gives up ground hands it over at once.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    clearing_km: float


def follow(given_up: jax.Array, vacated_km: jax.Array, parameters: Parameters, switch: jax.Array) -> jax.Array:
    """Ground a side enters behind the other today, km/day.

    Args:
        given_up: any shape, km/day, by the other side today.
        vacated_km: the same shape, what it left on earlier days and nobody has entered.
    """
    left = given_up + vacated_km
    return jnp.where(switch > 0.0, jnp.minimum(left, parameters.clearing_km), left)
