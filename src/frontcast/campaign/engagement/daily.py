"""What a day of battle costs and gains, for the campaign: a small table fitted on CDB90, and functions that JAX can trace.

    from frontcast.campaign.engagement.daily import load_daily, loss_medians, loss_noise, advance_median, hazards

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


class Daily(NamedTuple):
    """The table. Sides in pairs are attacker, defender; postures are `POSTURES`, regimes `REGIMES`.

    Attributes:
        reference_men: men on a side for which `share` holds.
        share: (side, posture) median share of men lost a day at the reference size. share_delay: (side,) in delay.
        exponents: (side, 2) of attackers' and of defenders' men in each side's losses.
        sigma: (side,) of the log within wars. sigma_wars: (side,) of wars' levels. correlation: of the sides' errors.
        advance: (posture,) median km/day. advance_delay: in delay.
        regime_km: (regime,) median km/day. regime_spread: (regime,) standard deviation of ln km/day where it advanced.
        onward: (3,) chance a day, as a rate, of going from each regime to the next while a battle lasts.
        gives_way: (regime,) rate a day at which defenders leave the field in any way (withdraw, break, are destroyed).
        breaks: (regime,) rate a day at which they withdraw with heavy losses or are destroyed.
    """

    reference_men: float
    share: tuple[tuple[float, ...], tuple[float, ...]]
    share_delay: tuple[float, float]
    exponents: tuple[tuple[float, float], tuple[float, float]]
    sigma: tuple[float, float]
    sigma_wars: tuple[float, float]
    correlation: float
    advance: tuple[float, ...]
    advance_delay: float
    regime_km: tuple[float, ...]
    regime_spread: tuple[float, ...]
    onward: tuple[float, ...]
    gives_way: tuple[float, ...]
    breaks: tuple[float, ...]


def record() -> dict[str, Any]:
    """The whole record that ships, with numbers of battles and intervals."""
    text = files("frontcast.campaign.engagement").joinpath("daily.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def load_daily() -> Daily:
    """The table that ships, as plain numbers: usable as static values or as leaves of a traced function."""
    found = record()
    postures, law = found["postures"], found["law"]
    sides = ("attacker", "defender")

    def pair(name: str) -> tuple[float, float]:
        return law["attacker"][name], law["defender"][name]

    first, second = (tuple(law[side]["share"][posture] for posture in POSTURES) for side in sides)
    powers, other = ((law[side]["exponent_attackers"], law[side]["exponent_defenders"]) for side in sides)
    regimes = [found["regimes"][name] for name in REGIMES]
    return Daily(
        reference_men=found["reference_men"],
        share=(first, second),
        share_delay=(law["attacker"]["share"]["delay"], law["defender"]["share"]["delay"]),
        exponents=(powers, other),
        sigma=pair("sigma"),
        sigma_wars=pair("sigma_wars"),
        correlation=found["correlation"],
        advance=tuple(postures[name]["km_per_day"] for name in POSTURES),
        advance_delay=postures["delay"]["km_per_day"],
        regime_km=tuple(one["km_per_day"] for one in regimes),
        regime_spread=tuple(one["spread"] for one in regimes),
        onward=tuple(one["onward"] for one in regimes[:-1]),
        gives_way=tuple(one["gives_way"] for one in regimes),
        breaks=tuple(one["breaks"] for one in regimes),
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


def advance_median(daily: Daily, prepared: jax.Array, delaying: jax.Array | float) -> jax.Array:
    """Median km gained in a day of battle, (...); all outcomes together, repulses included."""
    held = jnp.interp(prepared, jnp.array(PREPARED), jnp.array(daily.advance))
    return (1.0 - delaying) * held + delaying * daily.advance_delay


def hazards(daily: Daily, regime: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Rates a day of going a regime up, of the defence giving way, of its breaking, (...) each.

    A chance in `days` is `1 − exp(−rate · days)`.

    Args:
        daily: the table.
        regime: (...) int, index into `REGIMES`.
    """
    onward = jnp.array((*daily.onward, 0.0))
    return onward[regime], jnp.array(daily.gives_way)[regime], jnp.array(daily.breaks)[regime]
