"""M7: a commander is sacked: a cost at once, then perhaps another policy.

`transition` rises by `cost` on the day and fades with `days`; the side's command is worth `1 − transition` meanwhile:

    advantage = ln((1 − transition) / (1 − enemy transition))

The other policy, where there is one, is an order of its own (M11). Priors only.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Pools
from frontcast.campaign.view import log_advantage


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    cost: float
    days: float


def change(pools: Pools, sacked: jax.Array, parameters: Parameters, switch: jax.Array) -> Pools:
    """The day's changes of command, `sacked` (side,) 0 or 1."""
    fading = pools.transition * jnp.exp(-1.0 / parameters.days)
    return pools._replace(transition=jnp.minimum(fading + switch * parameters.cost * sacked, 0.9))


def advantage(pools: Pools, stretches: int) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch): the same everywhere."""
    return jnp.broadcast_to(log_advantage(1.0 - pools.transition)[:, None], (2, stretches))
