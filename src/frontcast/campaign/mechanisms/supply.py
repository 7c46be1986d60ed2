"""M22: supply flows from rail to depot to road to unit; depots burn, and days later the guns fall silent.

A man needs 30 kg a day (the staff planner's figure), a gun `shells_a_day` shells of 45 kg in full fight. Units ask
for what brings them to `days_held` days, from the depots near them (weight `exp(−d / 60 km)`). A depot gives what it
has, at most what its lorries carry: full capacity up to 48 km, then as 1 / distance, a third of it at 145 km, which
is as far as a lorry comes in a day from the railhead (Vershinin 2021, Feeding the Bear). Rail brings each depot
`rail` times its usual demand. Enemy fire reaches depots within `range_km` of the front: a hit costs `damage` of the
throughput and as much of the stock. Once struck, a side moves its depots from 30 to `moved_km` km back, `move_days`
later. What is short:

    supply = clip(days in hand / short_days, 0, 1),   advantage = weight · ln(supply / enemy supply)

Every ton and shell is on an account: received = in depots + in units + used + destroyed.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Pools, Rear, Roster, Stretches, Units
from frontcast.campaign.view import View, log_advantage, mean_along

TONS_A_MAN = 0.03
TONS_A_SHELL = 0.045
FULL_KM = 48.0

ORDINARY_FIRE = 0.35
"""Share of a day of full fire that is shot on an ordinary day: what lorries, rail and depots are sized for (prior only)."""


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    days_held: float
    short_days: float
    near_km: float
    lorries: float
    rail: float
    depot_days: float
    range_km: float
    damage: float
    recovery_days: float
    moved_km: float
    move_days: float
    weight: float


def need(units: Units, shells_a_day: jax.Array | float) -> tuple[jax.Array, jax.Array]:
    """What a unit uses in a day of full fight: tons, and shells, (unit,) each."""
    return units.men * TONS_A_MAN, units.guns * shells_a_day


def days_in_hand(units: Units) -> jax.Array:
    """Days of supply in a unit's hands, (unit,)."""
    return units.tons / jnp.maximum(units.men * TONS_A_MAN, 1e-3)


def supplied(units: Units, parameters: Parameters, switch: jax.Array) -> jax.Array:
    """How well each unit is supplied, (unit,) 0 to 1; 1 where the mechanism is taken out."""
    return jnp.where(switch > 0.0, jnp.clip(days_in_hand(units) / parameters.short_days, 0.0, 1.0), 1.0)


def depot_places(roster: Roster, pools: Pools, front: Front, stretches: Stretches) -> tuple[jax.Array, jax.Array]:
    """Where depots lie, (depot,) km each: behind their stretch."""
    behind = jnp.where(roster.depot_side == 0, -1.0, 1.0) * pools.depots_km[roster.depot_side]
    at = roster.depot_stretch
    return stretches.x[at] + behind * front.to_b_x[at], stretches.y[at] + behind * front.to_b_y[at]


def depot_weights(
    units: Units, roster: Roster, pools: Pools, front: Front, stretches: Stretches, parameters: Parameters
) -> tuple[jax.Array, jax.Array]:
    """Share of each unit's supply that comes from each depot of its side, (unit, depot), and how far it is, km."""
    x, y = depot_places(roster, pools, front, stretches)
    away = jnp.hypot(units.x[:, None] - x, units.y[:, None] - y)
    ours = roster.side[:, None] == roster.depot_side
    # A unit far from all depots is still supplied, by whichever is its side's.
    weight = jnp.where(ours, jnp.exp(-away / parameters.near_km) + 1e-6, 0.0)
    return weight / jnp.maximum(weight.sum(axis=1, keepdims=True), 1e-9), away


def usual_demand(
    units: Units, roster: Roster, front: Front, stretches: Stretches, pools: Pools, parameters: Parameters
) -> jax.Array:
    """Share of each unit's demand on each depot, (depot, unit)."""
    return depot_weights(units, roster, pools, front, stretches, parameters)[0].T


def use(
    units: Units, view: View, pools: Pools, exposure: jax.Array, shells_a_day: jax.Array | float, switch: jax.Array
) -> tuple[Units, Pools]:
    """What is eaten, burnt and fired today; `exposure` (unit,) 0 to 1."""
    tons = jnp.minimum(units.men * TONS_A_MAN * (0.7 + 0.3 * exposure), units.tons) * view.present * switch
    shells = jnp.minimum(units.guns * shells_a_day * (0.2 + 0.8 * exposure), units.shells) * view.present * switch
    return units._replace(tons=units.tons - tons, shells=units.shells - shells), pools._replace(
        consumed_tons=pools.consumed_tons + view.sides @ tons, fired_shells=pools.fired_shells + view.sides @ shells
    )


def carry(
    units: Units,
    rear: Rear,
    roster: Roster,
    view: View,
    pools: Pools,
    front: Front,
    stretches: Stretches,
    shells_a_day: jax.Array | float,
    parameters: Parameters,
    switch: jax.Array,
) -> tuple[Units, Rear, Pools]:
    """A day of supply from rail to units."""
    weight, away = depot_weights(units, roster, pools, front, stretches, parameters)
    tons_a_day, full_shells = need(units, shells_a_day)
    wanted_tons = jnp.maximum(parameters.days_held * tons_a_day - units.tons, 0.0) * view.present
    wanted_shells = jnp.maximum(parameters.days_held * full_shells - units.shells, 0.0) * view.present
    load = tons_a_day + TONS_A_SHELL * ORDINARY_FIRE * full_shells
    usual = (weight * (load * view.present)[:, None]).sum(axis=0)
    haul = (weight * (load * view.present)[:, None] * away).sum(axis=0) / jnp.maximum(usual, 1e-6)
    lorries = parameters.lorries * usual * FULL_KM / jnp.maximum(haul, FULL_KM) * rear.depot_working
    asked_tons = (weight * wanted_tons[:, None]).sum(axis=0)
    asked_shells = (weight * wanted_shells[:, None]).sum(axis=0)
    room = jnp.minimum(1.0, lorries / jnp.maximum(asked_tons + TONS_A_SHELL * asked_shells, 1e-6))
    give_tons = switch * jnp.minimum(asked_tons * room, rear.depot_tons)
    give_shells = switch * jnp.minimum(asked_shells * room, rear.depot_shells)
    part_tons = give_tons / jnp.maximum(asked_tons, 1e-6)
    part_shells = give_shells / jnp.maximum(asked_shells, 1e-6)
    to_units_tons = wanted_tons * (weight @ part_tons)
    to_units_shells = wanted_shells * (weight @ part_shells)
    # Rail fills depots up to what they hold; the accounts take what came.
    usual_tons = (weight * (tons_a_day * view.present)[:, None]).sum(axis=0)
    usual_shells = ORDINARY_FIRE * (weight * (full_shells * view.present)[:, None]).sum(axis=0)
    tons = rear.depot_tons - (weight * (wanted_tons)[:, None] * part_tons).sum(axis=0)
    shells = rear.depot_shells - (weight * (wanted_shells)[:, None] * part_shells).sum(axis=0)
    tons_in = switch * jnp.clip(parameters.depot_days * usual_tons - tons, 0.0, parameters.rail * usual_tons)
    shells_in = switch * jnp.clip(parameters.depot_days * usual_shells - shells, 0.0, parameters.rail * usual_shells)
    of_side = jnp.stack([roster.depot_side == 0, roster.depot_side == 1]).astype(jnp.float32)
    return (
        units._replace(tons=units.tons + to_units_tons, shells=units.shells + to_units_shells),
        rear._replace(depot_tons=tons + tons_in, depot_shells=shells + shells_in),
        pools._replace(
            received_tons=pools.received_tons + of_side @ tons_in,
            received_shells=pools.received_shells + of_side @ shells_in,
        ),
    )


def strike(
    rear: Rear,
    roster: Roster,
    pools: Pools,
    hits: jax.Array,
    ordered_km: jax.Array,
    chance: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> tuple[Rear, Pools]:
    """Hits on depots, and where a side puts its depots because of them.

    Args:
        hits: (side,) expected hits on the depots of each side today.
        ordered_km: (side,) distance ordered from outside, 0 for none. chance: (depot,) uniform.
    """
    in_range = (pools.depots_km <= parameters.range_km).astype(jnp.float32)
    count = jax.ops.segment_sum(jnp.ones_like(rear.depot_working), roster.depot_side, 2)
    rate = switch * (hits * in_range / jnp.maximum(count, 1.0))[roster.depot_side]
    hit = (chance < -jnp.expm1(-rate)).astype(jnp.float32)
    lost = hit * parameters.damage
    of_side = jnp.stack([roster.depot_side == 0, roster.depot_side == 1]).astype(jnp.float32)
    struck = (of_side @ hit > 0.0) | (pools.since_struck > 0.0)
    since = jnp.where(struck, pools.since_struck + 1.0, 0.0)
    moved = jnp.where(since > parameters.move_days, jnp.maximum(parameters.moved_km, pools.depots_km), pools.depots_km)
    moved = jnp.where(ordered_km > 0.0, ordered_km, moved)
    working = rear.depot_working + (1.0 - rear.depot_working) / parameters.recovery_days
    return rear._replace(
        depot_working=working * (1.0 - lost),
        depot_tons=rear.depot_tons * (1.0 - lost),
        depot_shells=rear.depot_shells * (1.0 - lost),
    ), pools._replace(
        destroyed_tons=pools.destroyed_tons + of_side @ (rear.depot_tons * lost),
        destroyed_shells=pools.destroyed_shells + of_side @ (rear.depot_shells * lost),
        since_struck=since,
        depots_km=moved,
    )


def advantage(supplied: jax.Array, view: View, screen_battalions: jax.Array, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return parameters.weight * log_advantage(mean_along(view, 0.1 + 0.9 * supplied, 1.0, screen_battalions))
