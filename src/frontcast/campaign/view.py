"""The front as the armies see it on one day: where its stretches are, who covers them, with what."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Roster, Stretches, Units
from frontcast.campaign.types import State

MEN_TO_A_BATTALION = 700.0
"""Men in a battalion group: 700 to 900 at full strength (Grau & Bartles 2016, The Russian Way of War, ch. 2)."""

LEAST = 1e-6


class View(NamedTuple):
    """What the mechanisms look at; made once a day.

    Attributes:
        cover: (unit, stretch) float32. Share of the unit that stands on each stretch; rows add up to at most one.
        present: (unit,) float32, 0 or 1. The unit takes part. fighting: and it stands: neither broken nor on the road.
        sides: (side, unit) float32, 0 or 1.
        weights: (side, unit, stretch)-like product kept as (unit, stretch): battalions each unit has on each stretch.
        battalions: (side, stretch) float32. Fighting battalions, those the order of battle does not show included.
        density: (side, stretch) float32, battalions per km, with the screen that stands where no unit is known.
        nearest_km: (unit,) float32. Distance of each unit to the nearest stretch.
    """

    cover: jax.Array
    present: jax.Array
    fighting: jax.Array
    sides: jax.Array
    weights: jax.Array
    battalions: jax.Array
    density: jax.Array
    nearest_km: jax.Array


def by_side(roster: Roster) -> jax.Array:
    """(side, unit) float32, 1 where the unit is the side's."""
    return jnp.stack([roster.side == 0, roster.side == 1]).astype(jnp.float32)


def mean_along(view: View, values: jax.Array, screen: jax.Array | float, screen_battalions: jax.Array) -> jax.Array:
    """Mean of a unit's property over what covers each stretch, (unit,) -> (side, stretch); the screen has `screen`."""
    total = (view.sides * values) @ view.weights + screen * screen_battalions
    return total / (view.sides @ view.weights + screen_battalions + LEAST)


def for_units(view: View, by_stretch: jax.Array) -> jax.Array:
    """What a side's stretches give each of its units, (side, stretch) -> (unit,), by its cover."""
    return jnp.einsum("su,uk,sk->u", view.sides, view.cover, by_stretch)


def log_advantage(factor: jax.Array) -> jax.Array:
    """Log of a side's factor over the enemy's, (side, stretch)."""
    logs = jnp.log(jnp.maximum(factor, 1e-3))
    return logs - logs[::-1]


def locate(line: State, front: Front, stretches: Stretches, cell_km: float) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Middle of the front by stretch, (stretch,) km each, and whether it has one: the mean of the cells between the lines.

    Where a stretch has no front left (a pocket closed), it stays where it was.
    """
    middle = 0.5 * jnp.abs(line.flot_a - line.flot_b)
    weight = jnp.maximum(1.0 - middle / (1.5 * cell_km), 0.0) * front.real
    count = front.length_km.shape[0]
    sums = jax.ops.segment_sum(
        jnp.stack([weight, weight * front.x, weight * front.y], axis=1),
        front.stretch,
        count,
        indices_are_sorted=False,
    )
    there = sums[:, 0] > 1.0
    total = jnp.maximum(sums[:, 0], 1.0)
    return (
        jnp.where(there, sums[:, 1] / total, stretches.x),
        jnp.where(there, sums[:, 2] / total, stretches.y),
        there.astype(jnp.float32),
    )


def distances(units: Units, x: jax.Array, y: jax.Array) -> jax.Array:
    """(unit, stretch) km between units and the middles of stretches."""
    return jnp.hypot(units.x[:, None] - x, units.y[:, None] - y)
