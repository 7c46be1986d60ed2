"""What a day of battle costs and gains, for the campaign: a small table fitted on CDB90, and functions that JAX can trace.

    from frontcast.campaign.engagement.daily import load_daily, loss_medians, loss_noise

Of a battle day, attackers and defenders lose in the median, with p how prepared the defence is (0 hasty, 0.5 prepared,
1 fortified; a delaying defence has figures of its own), A and D men and N = `reference_men`

    share_attacker = f_a(p) · (A/N)^(α−1) · (D/N)^β        share_defender = f_d(p) · (A/N)^γ · (D/N)^(δ−1)

times a log-normal: σ within a war, and σ of wars besides; the errors of both sides are correlated. Every number is in
`daily.json`, written by `python -m frontcast.campaign.engagement.daily_fit --from CDB90-patched.csv --ship` (ODC-BY),
none is typed here. They hold for battles that historians found worth recording, fought by all who were there: a quiet
day of a long front costs a small part of it (`attrition.intensity`).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp

POSTURES: Final = ("hasty", "prepared", "fortified")
PREPARED: Final = (0.0, 0.5, 1.0)
"""How prepared each of `POSTURES` is, on the campaign's scale."""

REGIMES: Final = ("positional", "penetration", "breakthrough", "pursuit")
"""Of `record()["regimes"]`: what M8's speeds are set by."""


class Daily(NamedTuple):
    """The table of losses. Sides in pairs are attacker, defender; postures are `POSTURES`.

    Attributes:
        reference_men: men on a side for which `share` holds.
        share: (side, posture) median share of men lost a day at the reference size. share_delay: (side,) in delay.
        exponents: (side, 2) of attackers' and of defenders' men in each side's losses.
        sigma: (side,) of the log within wars. sigma_wars: (side,) of wars' levels. correlation: of the sides' errors.
    """

    reference_men: float
    share: tuple[tuple[float, ...], tuple[float, ...]]
    share_delay: tuple[float, float]
    exponents: tuple[tuple[float, float], tuple[float, float]]
    sigma: tuple[float, float]
    sigma_wars: tuple[float, float]
    correlation: float


def record() -> dict[str, Any]:
    """The whole record that ships, with numbers of battles and intervals."""
    text = files("frontcast.campaign.engagement").joinpath("daily.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def load_daily() -> Daily:
    """The table that ships, as plain numbers: usable as static values or as leaves of a traced function."""
    found = record()
    law = found["law"]
    sides = ("attacker", "defender")

    def pair(name: str) -> tuple[float, float]:
        return law["attacker"][name], law["defender"][name]

    first, second = (tuple(law[side]["share"][posture] for posture in POSTURES) for side in sides)
    powers, other = ((law[side]["exponent_attackers"], law[side]["exponent_defenders"]) for side in sides)
    return Daily(
        reference_men=found["reference_men"],
        share=(first, second),
        share_delay=(law["attacker"]["share"]["delay"], law["defender"]["share"]["delay"]),
        exponents=(powers, other),
        sigma=pair("sigma"),
        sigma_wars=pair("sigma_wars"),
        correlation=found["correlation"],
    )


def loss_medians(
    daily: Daily,
    prepared: jax.Array,
    delaying: jax.Array | float,
    attackers: jax.Array,
    defenders: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Median share of attackers and of defenders lost in a day of battle, (...) each.

    Args:
        daily: the table.
        prepared: (...) how prepared the defence is, 0 to 1. delaying: (...) 0 to 1, how far it fights to delay only.
        attackers, defenders: (...) men there, above 0.
    """
    log_a, log_d = (jnp.log(men / daily.reference_men) for men in (attackers, defenders))

    def side(index: int, own: jax.Array) -> jax.Array:
        held = jnp.interp(prepared, jnp.array(PREPARED), jnp.log(jnp.array(daily.share[index])))
        level = (1.0 - delaying) * held + delaying * jnp.log(daily.share_delay[index])
        first, second = daily.exponents[index]
        return jnp.exp(level + first * log_a + second * log_d - own)

    return side(0, log_a), side(1, log_d)


def loss_noise(daily: Daily, normals: jax.Array, *, mean_one: bool = True) -> jax.Array:
    """Factors on the losses of a day, (2, ...), from standard normals of that shape; log-normal, correlated.

    With `mean_one` the mean is one, else the median.
    """
    second = daily.correlation * normals[0] + (1.0 - daily.correlation**2) ** 0.5 * normals[1]
    sigma = jnp.array(daily.sigma).reshape((2,) + (1,) * (normals.ndim - 1))
    shift = 0.5 * sigma**2 if mean_one else 0.0
    return jnp.exp(sigma * jnp.stack([normals[0], second]) - shift)
