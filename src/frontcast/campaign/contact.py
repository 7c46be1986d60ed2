"""How the two lines act on each other: in contact they move as one, apart they move alone (M14)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from frontcast.campaign.types import Forcing, Parameters, Speeds, State


def line_speeds(state: State, push_a: jax.Array, push_b: jax.Array, forcing: Forcing, parameters: Parameters) -> Speeds:
    """Outward speed of each FLOT, (cell,) km/day.

    A side gains by its own push and loses by the enemy's, the latter the less the wider the grey zone between them:
    `F_a = push_a − exp(−gap / contact_km) · push_b`, and the same with a and b swapped. With no gap `F_a = −F_b`
    exactly: one common line, which moves at the difference of the pushes. Across a gap the two
    speeds differ: a side clears the grey zone while the other stands. A push is never negative, so a side gives up
    ground only to the enemy's push; withdrawal of its own will is no part of the line model.
    """
    gap = jnp.maximum(state.flot_a + state.flot_b, 0.0)
    touch = jnp.exp(-gap / parameters.contact_km)
    return forcing.mobility * (push_a - touch * push_b), forcing.mobility * (push_b - touch * push_a)


def separate(state: State) -> State:
    """Where both sides would hold a cell, split the difference: no ground is held by both."""
    overlap = jnp.minimum(state.flot_a + state.flot_b, 0.0)
    # b is derived from a where they overlap, so that rounding cannot leave both negative.
    flot_a = state.flot_a - 0.5 * overlap
    flot_b = jnp.where(overlap < 0.0, -flot_a, state.flot_b)
    return state._replace(flot_a=flot_a, flot_b=flot_b)
