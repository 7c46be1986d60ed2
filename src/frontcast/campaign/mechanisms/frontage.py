"""M16: units cover frontage, orders move them, and a gap raises penetration there and nowhere else.

A unit at distance d from a stretch covers it with weight `exp(−(d / reach_km)²)`, the weights of a unit adding up to
at most one. Battalions per km follow, and from them for the side that attacks

    advantage = elasticity · ln(density / enemy density) + gap_gain · (gap_enemy − gap_reference),
    gap = exp(−density / full_density)

The elasticity is small on purpose: force ratio alone has no held-out skill in [CDB90]. What counts is ground nobody
holds.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Roster, Stretches, Units, enemy
from frontcast.campaign.view import LEAST, MEN_TO_A_BATTALION, View, by_side, distances, for_units


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    reach_km: float
    screen_density: float
    full_density: float
    elasticity: float
    gap_gain: float
    gap_reference: float
    march_km: float
    station_km: float


def look(
    units: Units,
    roster: Roster,
    front: Front,
    stretches: Stretches,
    available: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> View:
    """Who covers what today.

    Args:
        available: (unit,) float32, 0 or 1, from M19.
        switch: 0 takes the mechanism out: each side is then spread evenly along the front.
    """
    away = distances(units, stretches.x, stretches.y)
    real = (front.length_km > 0.0).astype(jnp.float32)
    near = jnp.exp(-jnp.square(away / parameters.reach_km)) * real
    # A unit far from the front covers none of it: the constant stands for the ground it would rather look after.
    near = near / (near.sum(axis=1, keepdims=True) + 0.05)
    even = jnp.broadcast_to(front.length_km / (front.length_km.sum() + LEAST), near.shape)
    cover = switch * near + (1.0 - switch) * even
    present = available * (units.men > 0.0)
    fighting = present * (1.0 - units.broken) * (1.0 - units.under_way)
    weights = cover * (fighting * units.men / MEN_TO_A_BATTALION)[:, None]
    sides = by_side(roster)
    battalions = (sides @ weights) * jnp.exp(stretches.hidden)
    density = battalions / jnp.maximum(front.length_km, LEAST) + parameters.screen_density
    nearest = jnp.min(jnp.where(real > 0.0, away, 1e6), axis=1)
    return View(cover, present, fighting, sides, weights, battalions, density, nearest)


def gap(view: View, parameters: Parameters) -> jax.Array:
    """How open each side's stretch is, (side, stretch), 1 where nobody stands, 0 where it is fully held."""
    return jnp.exp(-view.density / parameters.full_density)


def advantage(view: View, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    ratio = jnp.log(view.density / enemy(view.density))
    return parameters.elasticity * ratio + parameters.gap_gain * (
        enemy(gap(view, parameters)) - parameters.gap_reference
    )


def march(
    units: Units,
    roster: Roster,
    view: View,
    front: Front,
    advance_km: jax.Array,
    day: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Units:
    """Units go with their line, and where they are ordered to.

    Args:
        advance_km: (side, stretch). How far each side's FLOT went outwards today.
    """
    outward = jnp.array([[1.0], [-1.0]])
    towards_b = advance_km * outward
    along_x, along_y = (for_units(view, towards_b * way) for way in (front.to_b_x, front.to_b_y))
    ordered = roster.order_day == day.astype(jnp.float32)
    any_order = (ordered.any(axis=0) & (switch > 0.0)).astype(jnp.float32) * view.present
    goal_x = jnp.where(any_order > 0, jnp.sum(jnp.where(ordered, roster.order_x, 0.0), axis=0), units.goal_x)
    goal_y = jnp.where(any_order > 0, jnp.sum(jnp.where(ordered, roster.order_y, 0.0), axis=0), units.goal_y)
    under_way = jnp.maximum(units.under_way, any_order)
    left = jnp.hypot(goal_x - units.x, goal_y - units.y)
    stride = jnp.minimum(left, parameters.march_km) / jnp.maximum(left, LEAST) * under_way
    arrived = left <= parameters.march_km
    return units._replace(
        x=units.x + stride * (goal_x - units.x) + (1.0 - under_way) * along_x,
        y=units.y + stride * (goal_y - units.y) + (1.0 - under_way) * along_y,
        goal_x=goal_x,
        goal_y=goal_y,
        under_way=jnp.where(arrived, 0.0, under_way),
    )
