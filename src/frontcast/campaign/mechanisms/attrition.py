"""M2: ground is gained at a price. Losses near the log law, by posture, with wide noise.

Where a share s of a stretch is attacked, attackers A lose and defenders D lose in a day

    ln loss_a = ln(f_a · N) + 0.61 ln(A/N) + 0.44 ln(D/N),   ln loss_d = ln(f_d · N) + 0.34 ln(A/N) + 0.67 ln(D/N)

each times s and a log-normal of mean 1 with σ = 1.0 and 1.15: own size dominates. [CDB90, battles since 1914]. f are
the median daily fractions there: against hasty, prepared, fortified positions 0.037, 0.024, 0.022 for attackers and
0.047, 0.071, 0.079 for defenders, in delay 0.008 and 0.046. N = `reference_men` is the middle of those battles.
Shelling costs both sides `standing` a day everywhere. Vehicles and guns go in proportion.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Pools, Units, enemy
from frontcast.campaign.view import MEN_TO_A_BATTALION, View, for_units

EXPONENTS_ATTACKER = (0.61, 0.44)
EXPONENTS_DEFENDER = (0.34, 0.67)
SIGMA = (1.0, 1.15)
PREPARED = (0.0, 0.5, 1.0)
FRACTION_ATTACKER = (0.037, 0.024, 0.022)
FRACTION_DEFENDER = (0.047, 0.071, 0.079)
"""[CDB90], median losses a day by posture of the defence."""


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    intensity: float
    reference_men: float
    standing: float
    most: float
    vehicle_share: float
    gun_share: float


def loss_fractions(
    view: View,
    activity: jax.Array,
    prepared: jax.Array,
    withdrawing: jax.Array,
    shielded: jax.Array | float,
    noise: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> jax.Array:
    """Share of each side's men on a stretch that is lost today, (side, stretch).

    Args (all (side, stretch)):
        activity: share of the stretch that the side attacks.
        prepared: how well prepared the side stands. withdrawing: 0 or 1.
        noise: standard normal.
        shielded: share of losses that a withdrawing side is spared.
    """
    men = jnp.maximum(view.battalions * MEN_TO_A_BATTALION, 10.0) / parameters.reference_men

    def mean_one(sigma: float) -> jax.Array:
        return jnp.exp(sigma * noise - 0.5 * sigma**2)

    def law(own: jax.Array, other: jax.Array, exponents: tuple[float, float]) -> jax.Array:
        return jnp.exp(exponents[0] * jnp.log(own) + exponents[1] * jnp.log(other)) / own

    attacking = (
        jnp.interp(enemy(prepared), jnp.array(PREPARED), jnp.array(FRACTION_ATTACKER))
        * law(men, enemy(men), EXPONENTS_ATTACKER)
        * mean_one(SIGMA[0])
        * activity
    )
    # The exponents of the defender are given as (attacker, defender) in the source.
    defending = (
        jnp.interp(prepared, jnp.array(PREPARED), jnp.array(FRACTION_DEFENDER))
        * law(men, enemy(men), EXPONENTS_DEFENDER[::-1])
        * mean_one(SIGMA[1])
        * enemy(activity)
        * (1.0 - shielded * withdrawing)
    )
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
