"""M20: each side acts on what it believes of the other; a feint moves reserves, and the blow falls elsewhere.

A side believes the enemy's log strength by stretch; belief goes to what is there, and to what is pretended, at
`learn` a day, where it is attacked by a third a day (Dupuy: surprise fades a third a day):

    d belief = rate · (ln density of the enemy + feint − belief)
    surprise = clip(ln own density − enemy's belief, 0, ln 2.2),   advantage = weight · surprise

2.2 is Dupuy's largest factor for surprise. Reserves — units farther than `reserve_km` from the front, and those on
quiet ground — set out with probability `respond` a day for the stretch where what is believed of the enemy exceeds
their own the most, less `patience` by 100 km of the way.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Front, Roster, Stretches, Units, enemy
from frontcast.campaign.view import View, distances, for_units

MOST_SURPRISE = 0.788
"""ln 2.2 (Dupuy 1979)."""

FADES = 1.0 / 3.0

SEEN = 0.05
"""Share of a stretch under attack from which the attack is seen as one."""


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    learn: float
    weight: float
    respond: float
    reserve_km: float
    quiet: float
    patience: float
    threat: float


def learn(
    stretches: Stretches,
    view: View,
    activity: jax.Array,
    feint: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Stretches:
    """Beliefs a day later. `feint` (side, stretch): what the *side* pretends; `activity` its attacks."""
    shown = jnp.log(enemy(view.density)) + switch * enemy(feint)
    rate = jnp.where(enemy(activity) > SEEN, FADES, parameters.learn)
    rate = switch * rate + (1.0 - switch)
    return stretches._replace(belief=stretches.belief + rate * (shown - stretches.belief))


def surprise(stretches: Stretches, view: View) -> jax.Array:
    """How much stronger the side is than the enemy believes, (side, stretch), 0 to ln 2.2."""
    return jnp.clip(jnp.log(view.density) - enemy(stretches.belief), 0.0, MOST_SURPRISE)


def advantage(stretches: Stretches, view: View, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return parameters.weight * surprise(stretches, view)


def send_reserves(
    units: Units,
    roster: Roster,
    view: View,
    front: Front,
    stretches: Stretches,
    station_km: float,
    chance: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Units:
    """Reserves set out for where the enemy is believed strong; `chance` (unit,) uniform."""
    # A threat counts from `threat` on: nobody marches for a balance that is only a little worse than elsewhere.
    demand = stretches.belief - jnp.log(view.density)
    usual = (demand * front.length_km).sum(axis=1, keepdims=True) / jnp.maximum(front.length_km.sum(), 1e-3)
    demand = jnp.where(front.length_km > 0.0, demand - usual, -1e3)
    away = distances(units, stretches.x, stretches.y)
    worth = demand[roster.side] - parameters.patience * away / 100.0
    best = jnp.argmax(worth, axis=1)
    wanted = jnp.take_along_axis(worth, best[:, None], axis=1)[:, 0]
    quiet = jnp.clip(-for_units(view, demand), 0.0, 1.0) * parameters.quiet
    reserve = jnp.where(view.nearest_km > parameters.reserve_km, 1.0, quiet)
    goes = (
        (chance < switch * parameters.respond * reserve)
        & (wanted > parameters.threat)
        & (view.fighting > 0.0)
        & (jnp.take_along_axis(away, best[:, None], axis=1)[:, 0] > station_km * 2.0)
    )
    rearward = jnp.where(roster.side == 0, -station_km, station_km)
    return units._replace(
        goal_x=jnp.where(goes, stretches.x[best] + rearward * front.to_b_x[best], units.goal_x),
        goal_y=jnp.where(goes, stretches.y[best] + rearward * front.to_b_y[best], units.goal_y),
        under_way=jnp.where(goes, 1.0, units.under_way),
    )
