"""M3: troops and equipment of different worth, tanks and crews of the 1960s beside modern kit.

    advantage = weight · ln(quality / enemy quality)

with the quality of what covers a stretch, 1 for modern regular troops. Historical armies differed by factors of 1.2
to 2.0 (Dupuy 1979, Numbers, Predictions and War).
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from frontcast.campaign.army import Roster
from frontcast.campaign.view import View, log_advantage, mean_along


class Parameters(NamedTuple):
    """See `mechanisms.toml`."""

    weight: float
    screen: float


def advantage(roster: Roster, view: View, screen_battalions: jax.Array, parameters: Parameters) -> jax.Array:
    """Log advantage of each side's attack, (side, stretch)."""
    return parameters.weight * log_advantage(mean_along(view, roster.quality, parameters.screen, screen_battalions))
