"""Random numbers by counter: a pure function of (seed, member, day, purpose), whatever the order or the batch."""

from __future__ import annotations

from enum import IntEnum

import jax

from frontcast.campaign.army import Chance
from frontcast.campaign.types import Noise


class Purpose(IntEnum):
    """What a random field is for; the value enters the key, so adding one leaves the others as they were."""

    FAST_A = 0
    FAST_B = 1
    SLOW_A = 2
    SLOW_B = 3
    MAP_ERROR = 4
    MAP_LAG = 5
    HIDDEN = 6
    BREAKS = 7
    MOVES = 8
    REGIMES = 9
    STRIDES = 10
    LOSSES = 11
    STRIKES_HEADQUARTERS = 12
    STRIKES_DEPOTS = 13
    TEMPO = 14


SPIN_UP_DAY = -1
"""The 'day' of the fields a member starts with."""


def key_for(seed: jax.Array | int, member: jax.Array | int, day: jax.Array | int, purpose: Purpose) -> jax.Array:
    """Threefry key of one purpose on one day of one member."""
    key = jax.random.key(seed, impl="threefry2x32")
    # fold_in takes unsigned numbers: day -1 is the start.
    return jax.random.fold_in(jax.random.fold_in(jax.random.fold_in(key, member), day + 1), int(purpose))


def draw_noise(
    seed: jax.Array | int,
    member: jax.Array | int,
    day: jax.Array | int,
    fast_count: int,
    slow_count: int,
) -> Noise:
    """One day's standard normal fields for one member, as many as there are nodes."""

    def normal(purpose: Purpose, count: int) -> jax.Array:
        return jax.random.normal(key_for(seed, member, day, purpose), (count,))

    return Noise(
        fast_a=normal(Purpose.FAST_A, fast_count),
        fast_b=normal(Purpose.FAST_B, fast_count),
        slow_a=normal(Purpose.SLOW_A, slow_count),
        slow_b=normal(Purpose.SLOW_B, slow_count),
    )


def draw_chance(
    seed: jax.Array | int,
    member: jax.Array | int,
    day: jax.Array | int,
    *,
    units: int,
    headquarters: int,
    depots: int,
    stretches: int,
) -> Chance:
    """One day's random numbers of one member's armies."""

    def key(purpose: Purpose) -> jax.Array:
        return key_for(seed, member, day, purpose)

    return Chance(
        breaks=jax.random.uniform(key(Purpose.BREAKS), (units,)),
        moves=jax.random.uniform(key(Purpose.MOVES), (units,)),
        regimes=jax.random.uniform(key(Purpose.REGIMES), (2, stretches)),
        strides=jax.random.normal(key(Purpose.STRIDES), (2, stretches)),
        losses=jax.random.normal(key(Purpose.LOSSES), (2, stretches)),
        strikes_headquarters=jax.random.uniform(key(Purpose.STRIKES_HEADQUARTERS), (headquarters,)),
        strikes_depots=jax.random.uniform(key(Purpose.STRIKES_DEPOTS), (depots,)),
        tempo=jax.random.normal(key(Purpose.TEMPO), (2,)),
    )
