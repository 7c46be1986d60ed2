"""M2: ground is gained at a price. Losses near the log law, by posture, with wide noise.

Where a share s of a stretch is attacked, A attackers and D defenders lose in a day of battle, as shares of themselves,

    share_a = f_a(p) · (A/N)^(α−1) · (D/N)^β,   share_d = f_d(p) · (A/N)^γ · (D/N)^(δ−1)

each times s, `intensity` and a log-normal of mean 1, the two correlated. p is how prepared the defence is (M10), or
that it only delays (M1), which costs both sides less. Own size dominates. Every number of the law is read from the
engagement kernel's table, fitted on the battles of CDB90 since 1914 (`campaign/engagement/daily.py`); `intensity` is
how much of such a day of battle a day on this front amounts to. Shelling costs both sides `standing` a day everywhere.
Vehicles and guns go in proportion.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Pools, Units, enemy
from frontcast.campaign.engagement.daily import load_daily, loss_medians, loss_noise
from frontcast.campaign.view import MEN_TO_A_BATTALION, View, for_units


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    intensity: float
    standing: float
    most: float
    vehicle_share: float
    gun_share: float


def loss_fractions(
    view: View,
    activity: jax.Array,
    prepared: jax.Array,
    withdrawing: jax.Array,
    noise: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> jax.Array:
    """Share of each side's men on a stretch that is lost today, (side, stretch).

    Args (all (side, stretch)):
        activity: share of the stretch that the side attacks.
        prepared: how well prepared the side stands. withdrawing: 0 or 1, it gives ground up.
        noise: standard normal.
    """
    daily = load_daily()
    men = jnp.maximum(view.battalions * MEN_TO_A_BATTALION, 10.0)
    of_attackers, of_defenders = loss_medians(daily, enemy(prepared), enemy(withdrawing), men, enemy(men))
    luck = loss_noise(daily, jnp.stack([noise, enemy(noise)]))
    # By who attacks: what the attack costs him, and what it costs the enemy on the same stretch.
    attacking = activity * of_attackers * luck[0]
    defending = enemy(activity * of_defenders * luck[1])
    return switch * jnp.clip(parameters.intensity * (attacking + defending) + parameters.standing, 0.0, parameters.most)


def suffer(units: Units, view: View, fractions: jax.Array, pools: Pools, parameters: Parameters) -> tuple[Units, Pools]:
    """Units and accounts after the day's losses."""
    # Units that are broken or on the road are not in the fight, but lose as they are caught.
    share = jnp.minimum(for_units(view, fractions), parameters.most) * view.present
    men = units.men * share
    armour = units.armour * jnp.minimum(parameters.vehicle_share * share, 1.0)
    guns = units.guns * jnp.minimum(parameters.gun_share * share, 1.0)
    return (
        units._replace(men=units.men - men, armour=units.armour - armour, guns=units.guns - guns),
        pools._replace(
            lost_men=pools.lost_men + view.sides @ men,
            lost_armour=pools.lost_armour + view.sides @ armour,
            lost_guns=pools.lost_guns + view.sides @ guns,
        ),
    )
