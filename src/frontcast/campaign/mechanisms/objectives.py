"""M13: ground of little military value can be politically dear, and orders go where the value is.

    advantage = gain · value

with the value of what lies within some 25 km ahead of a stretch, standardised over the front: the log of the
inhabitants of towns the enemy holds, and more for a region's capital and for places named as goals in a scenario.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from frontcast.campaign.army import Front


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    gain: float


def advantage(front: Front, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return parameters.gain * front.value
