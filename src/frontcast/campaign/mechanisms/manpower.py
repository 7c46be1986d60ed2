"""M23: of those called up some come, after training; contracts, prisoners and mercenaries come sooner.

    shown = called · show rate        (an order; 130,000 called at a fifth gives 26,000)
    trained `training_days` later     (recruits by contract after `recruit_days`)

Trained men, vehicles and guns from the parks go to units out of the fight, at most `rate` of full strength a day:
strength comes back only so. Men are on an account: in units + in training + trained − replaced = at start + shown −
lost.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Pools, Roster, Units
from frontcast.campaign.view import View

LONGEST_TRAINING_DAYS = 120


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    training_days: float
    recruit_days: float
    rate: float


def call_up(
    pools: Pools,
    called: jax.Array,
    shown: jax.Array,
    recruits: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Pools:
    """The day's call-up joins those in training, and who is trained joins the pool; arguments (side,) men."""
    trained = pools.trainees[:, 0]
    left = jnp.concatenate([pools.trainees[:, 1:], jnp.zeros_like(pools.trainees[:, :1])], axis=1)

    def due(days: float) -> jax.Array:
        return jnp.clip(jnp.round(days) - 1.0, 0, LONGEST_TRAINING_DAYS - 1).astype(jnp.int32)

    left = left.at[:, due(parameters.training_days)].add(switch * shown)
    left = left.at[:, due(parameters.recruit_days)].add(switch * recruits)
    return pools._replace(
        trainees=left,
        manpower=pools.manpower + trained,
        called=pools.called + switch * called,
        shown=pools.shown + switch * (shown + recruits),
    )


def replace(
    units: Units,
    roster: Roster,
    view: View,
    pools: Pools,
    exposure: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> tuple[Units, Pools]:
    """Replacements for units out of the fight; `exposure` (unit,) 0 to 1."""
    free = switch * view.present * (1.0 - units.broken) * (1.0 - exposure)

    def fill(now: jax.Array, full: jax.Array, pool: jax.Array) -> tuple[jax.Array, jax.Array]:
        wanted = jnp.clip(full - now, 0.0, parameters.rate * full) * free
        asked = view.sides @ wanted
        part = jnp.minimum(1.0, pool / jnp.maximum(asked, 1e-6))
        given = wanted * part[roster.side]
        return now + given, pool - view.sides @ given

    men, manpower = fill(units.men, roster.men, pools.manpower)
    armour, vehicles = fill(units.armour, roster.armour, pools.vehicles)
    guns, gun_pool = fill(units.guns, roster.guns, pools.gun_pool)
    return units._replace(men=men, armour=armour, guns=guns), pools._replace(
        manpower=manpower, vehicles=vehicles, gun_pool=gun_pool
    )
