"""M15: units break, and breaking spreads along the line and to the rear, 60 km from any enemy.

A unit's chance of breaking in a day is `1 − exp(−base · load · exp(−firmness · (cohesion − ½)))` with the load a sum
over the reasons of McQuie (1987, Battle outcomes: casualty rates as a measure of defeat; 52 cases), weighted by how
often each broke a defence: flank turned or penetrated 0.33, neighbour withdrew 0.13, no reserves 0.12, losses 0.10,
surprise 0.08, terrain 0.06, enemy reinforced 0.04, supply 0.02. "Neighbour withdrew" is the share of broken men among
those around, with weight `exp(−d / spread_km)` up to 60 km, whether or not an enemy is near: that is how it reaches
the rear. Each reason counts 1 where it is as strong as in those battles (`typical`).

The ground of broken units is given up at `speed_km` a day times their share of what stands there, faster than the
enemy clears it (M14); where water lies between the lines and nobody can follow, it is not. They go to the rear, leave
`abandoned` of vehicles, guns, supplies and shells behind (half of the vehicles are taken by the enemy, M22), and rally
at `1 / rally_days` once they are `safe_km` from the front.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Pools, Roster, Units
from frontcast.campaign.view import LEAST, View, for_units

REASONS = ("penetrated", "neighbour withdrew", "no reserves", "losses", "surprise", "terrain", "reinforced", "supply")
SHARES = (0.33, 0.13, 0.12, 0.10, 0.08, 0.06, 0.04, 0.02)
FARTHEST_KM = 60.0


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    base: float
    firmness: float
    spread_km: float
    typical_loss: float
    typical_neighbours: float
    speed_km: float
    abandoned: float
    safe_km: float
    rally_days: float
    shock: float


def neighbours_broken(units: Units, roster: Roster, view: View, parameters: Parameters) -> jax.Array:
    """Share of the men around each unit, of its own side, that is broken, (unit,) 0 to 1."""
    away = jnp.hypot(units.x[:, None] - units.x, units.y[:, None] - units.y)
    same = roster.side[:, None] == roster.side
    others = 1.0 - jnp.eye(units.x.shape[0])
    weight = jnp.where(same & (away <= FARTHEST_KM), jnp.exp(-away / parameters.spread_km), 0.0) * others
    men = units.men * view.present
    return (weight @ (men * units.broken)) / (weight @ men + LEAST)


def load(
    view: View,
    neighbours: jax.Array,
    loss_fraction: jax.Array,
    penetrated: jax.Array,
    gap: jax.Array,
    surprised: jax.Array,
    prepared: jax.Array,
    reinforced: jax.Array,
    supply: jax.Array,
    parameters: Parameters,
) -> jax.Array:
    """Weighted sum of the reasons to break, (unit,); (side, stretch) arguments are the side's own, `supply` is (unit,)."""

    def full(by_stretch: jax.Array) -> jax.Array:
        return jnp.clip(for_units(view, by_stretch), 0.0, 1.0)

    reasons = (
        full(penetrated),
        jnp.clip(neighbours / parameters.typical_neighbours, 0.0, 1.0),
        full(gap),
        jnp.clip(for_units(view, loss_fraction) / parameters.typical_loss, 0.0, 1.0),
        full(surprised),
        full(1.0 - prepared),
        full(reinforced),
        1.0 - supply,
    )
    # Open ground, thin reserves or short supply break nobody whom nobody presses: they count with the first reasons.
    pressed = jnp.clip(reasons[0] + reasons[1] + reasons[3] + reasons[4], 0.0, 1.0)
    weights = [share * (1.0 if index in (0, 1, 3, 4) else pressed) for index, share in enumerate(SHARES)]
    total = jnp.zeros_like(neighbours)
    for weight, reason in zip(weights, reasons, strict=True):
        total = total + weight * reason
    return total


def break_up(
    units: Units,
    roster: Roster,
    view: View,
    pools: Pools,
    load: jax.Array,
    chance: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> tuple[Units, Pools]:
    """Who breaks today, what is left behind, who rallies; `chance` (unit,) uniform."""
    hazard = parameters.base * load * jnp.exp(-parameters.firmness * (units.cohesion - 0.5))
    breaks = (chance < -jnp.expm1(-hazard)) & (units.broken == 0.0) & (view.present > 0.0) & (switch > 0.0)
    rallies = (units.broken > 0.0) & (view.nearest_km > parameters.safe_km) & (chance < 1.0 / parameters.rally_days)
    lost = breaks.astype(jnp.float32) * parameters.abandoned
    left_armour, left_guns = view.sides @ (units.armour * lost), view.sides @ (units.guns * lost)
    left_tons, left_shells = view.sides @ (units.tons * lost), view.sides @ (units.shells * lost)
    taken = 0.5 * left_armour
    units = units._replace(
        armour=units.armour * (1.0 - lost),
        guns=units.guns * (1.0 - lost),
        tons=units.tons * (1.0 - lost),
        shells=units.shells * (1.0 - lost),
        cohesion=jnp.where(breaks, units.cohesion * (1.0 - parameters.shock), units.cohesion),
        broken=jnp.where(breaks, 1.0, jnp.where(rallies, 0.0, units.broken)),
    )
    pools = pools._replace(
        lost_armour=pools.lost_armour + left_armour,
        lost_guns=pools.lost_guns + left_guns,
        vehicles=pools.vehicles + taken[::-1],
        captured=pools.captured + taken[::-1],
        destroyed_tons=pools.destroyed_tons + left_tons,
        destroyed_shells=pools.destroyed_shells + left_shells,
    )
    return units, pools


def share_broken(units: Units, view: View) -> jax.Array:
    """Share of the men covering each stretch who are broken, (side, stretch)."""
    there = view.cover * (units.men * view.present * (1.0 - units.under_way))[:, None]
    broken = (view.sides * units.broken) @ there
    return broken / (view.sides @ there + LEAST)


def given_up(share: jax.Array, parameters: Parameters, switch: jax.Array) -> jax.Array:
    """Ground given up by rout, (side, stretch) km/day. A few stragglers give up none: less than a fifth holds."""
    return switch * parameters.speed_km * jnp.clip((share - 0.2) / 0.8, 0.0, 1.0)


def run(units: Units, view: View, front: Front, parameters: Parameters) -> Units:
    """Broken units go to the rear until they are safe."""
    rearward = jnp.array([[-1.0], [1.0]])
    way_x, way_y = (for_units(view, rearward * way) for way in (front.to_b_x, front.to_b_y))
    norm = jnp.maximum(jnp.hypot(way_x, way_y), LEAST)
    stride = jnp.where((units.broken > 0.0) & (view.nearest_km < parameters.safe_km), parameters.speed_km, 0.0)
    return units._replace(x=units.x + stride * way_x / norm, y=units.y + stride * way_y / norm)
