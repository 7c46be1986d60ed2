"""What the track record counts beside Brier and log score: each measure with its unit and what it asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import xarray as xr


@dataclass(frozen=True)
class Measure:
    """One score of a method, lower is better.

    Attributes:
        name: as in the JSON. variable: of the scores that `judged` gives; within_km: which distance of it, None where it
        has none. unit: of its values. asks: what it looks at, for people. from_members: whether it looks at members, so
        that those of a method without are nested sets.
    """

    name: str
    variable: str
    within_km: float | None
    unit: str
    asks: str
    from_members: bool = False
    proper: bool = True

    def of(self, scores: xr.Dataset) -> xr.DataArray:
        """Its values, (forecaster, init_time, ...)."""
        values = scores[self.variable]
        return values if self.within_km is None else values.sel(within_km=self.within_km)


MEASURES: Final = (
    Measure("brier_theatre", "brier", math.inf, "1", "who holds each cell of the whole theatre, Brier"),
    Measure("log_theatre", "log_score", math.inf, "nat", "the same, log score"),
    Measure(
        "edge_crps", "edge_crps_km", None, "km", "where the line is, all along it: spatial probability score by length"
    ),
    Measure(
        "edge_error", "edge_error_km", None, "km", "the same for the likeliest line: integrated edge error by length"
    ),
    Measure("gain_crps", "gain_crps_km2", None, "km²", "net ground gained in all, CRPS", True),
    Measure("region_crps", "region_crps_km2", None, "km²", "net ground gained in each region, CRPS", True),
    Measure(
        "gain_energy", "gain_energy_km2", None, "km²", "net ground gained in all regions together, energy score", True
    ),
    Measure(
        "displacement_crps", "displacement_crps_km", None, "km", "how far each stretch of the line goes, CRPS", True
    ),
    Measure(
        "displacement_median",
        "displacement_median_km",
        None,
        "km",
        "median over the line of how far off its expected way is",
        proper=False,
    ),
    Measure("place_brier", "place_brier", None, "1", "which settlements change hands, Brier"),
    Measure("place_log", "place_log", None, "nat", "the same, log score"),
)
"""In the order of the tables. The measure that is not proper rewards a cautious middle: it is there to be read, not won."""
