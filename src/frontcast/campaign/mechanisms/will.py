"""M24: defeat must be sold at home: will falls with losses and with ground, and limits what a side can ask.

    d will = −losses · men lost / men − ground · km² lost / 1000 + recover · (1 − will)   [per day]
    advantage = weight · ln(will / enemy will at the start …): own will only

Will also scales what a call-up yields (`shown · will`). Priors only.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Pools


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    losses: float
    ground: float
    recover: float
    weight: float


def fall(
    pools: Pools,
    lost_share: jax.Array,
    lost_km2: jax.Array,
    parameters: Parameters,
    switch: jax.Array,
) -> Pools:
    """Will a day later; (side,) each: share of the side's men lost today, ground lost today."""
    change = (
        parameters.recover * (1.0 - pools.will)
        - parameters.losses * lost_share
        - parameters.ground * jnp.maximum(lost_km2, 0.0) / 1000.0
    )
    return pools._replace(will=jnp.where(switch > 0.0, jnp.clip(pools.will + change, 0.05, 1.0), pools.will))


def advantage(pools: Pools, stretches: int, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch): its own will, the same everywhere."""
    return jnp.broadcast_to(parameters.weight * jnp.log(pools.will)[:, None], (2, stretches))
