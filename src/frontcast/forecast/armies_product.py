"""What the armies of a forecast did, as a data set beside the forecast: `armies.zarr`."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import xarray as xr

from frontcast.campaign.mechanism import Mechanism
from frontcast.forecast.armies_run import SERIES
from frontcast.forecast.deployment import Deployment
from frontcast.forecast.ensemble import EnsembleResult
from frontcast.picture import Picture

ARMIES = "armies.zarr"


def armies_record(deployment: Deployment) -> dict[str, Any]:
    """What the armies were, for run.json: when each side's units were last seen, and a fingerprint of where they stood."""
    units = deployment.armies.units
    text = units[["side", "unit", "lon", "lat", "battalions"]].round(3).to_csv(index=False)
    return {
        "known": {side: str(when) for side, when in deployment.armies.known.items()},
        "units": len(units),
        "units_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def armies_dataset(picture: Picture, deployment: Deployment, result: EnsembleResult) -> xr.Dataset:
    """What moved the lines, what became of units, and each side's course.

    Variables:
        moved_by (member, lead_time, mechanism, side, stretch): km each mechanism has moved the side's FLOT outwards by then.
        course (member, lead_day, side, quantity): see `frontcast.forecast.armies_run.SERIES`.
        unit_x, unit_y (member, lead_time, unit): km on the grid. unit_men, unit_broken likewise.
        stretch_lon, stretch_lat, stretch_length (stretch): where the front was cut, degrees and km.
        to_b_east, to_b_north (stretch): unit vector from a to b across the front.
        unit_name, unit_side, unit_kind, unit_echelon, unit_presumed, unit_battalions (unit).
    """
    assert result.armies is not None
    grid, trace = picture.theatre.grid, result.armies
    count, units = deployment.stretches, deployment.armies.units
    lon, lat = grid.unproject(deployment.stretch_x * 1000.0, deployment.stretch_y * 1000.0)
    front = deployment.front
    where = trace.units[:, :, : len(units)]
    by_unit = ("member", "lead_time", "unit")
    return xr.Dataset(
        {
            "moved_by": (
                ("member", "lead_time", "mechanism", "side", "stretch"),
                trace.moved_by[..., :count].astype(np.float32),
                {"units": "km", "long_name": "how far each mechanism has moved the side's FLOT outwards"},
            ),
            "course": (("member", "lead_day", "side", "quantity"), trace.series),
            "unit_x": (by_unit, where[..., 0], {"units": "km"}),
            "unit_y": (by_unit, where[..., 1], {"units": "km"}),
            "unit_men": (by_unit, where[..., 2]),
            "unit_broken": (by_unit, where[..., 3].astype(np.uint8)),
            "stretch_lon": ("stretch", np.asarray(lon), {"units": "degrees_east"}),
            "stretch_lat": ("stretch", np.asarray(lat), {"units": "degrees_north"}),
            "stretch_length": ("stretch", deployment.length_km, {"units": "km"}),
            "to_b_east": ("stretch", np.asarray(front.to_b_x)[:count]),
            "to_b_north": ("stretch", np.asarray(front.to_b_y)[:count]),
            "unit_name": ("unit", units["unit"].to_numpy(str)),
            "unit_side": ("unit", units["side"].to_numpy(str)),
            "unit_kind": ("unit", units["kind"].to_numpy(str)),
            "unit_echelon": ("unit", units["echelon"].to_numpy(str)),
            "unit_presumed": ("unit", units["presumed"].to_numpy(bool)),
            "unit_battalions": ("unit", units["battalions"].to_numpy(float)),
        },
        coords={
            "member": np.arange(result.members),
            "lead_time": np.array(result.lead_days).astype("timedelta64[D]").astype("timedelta64[ns]"),
            "lead_day": np.arange(trace.series.shape[1]),
            "mechanism": [mechanism.label for mechanism in Mechanism],
            "side": ["a", "b"],
            "quantity": list(SERIES),
        },
        attrs={
            "title": f"What moved the lines, {picture.theatre.title}",
            "known": "; ".join(
                f"{side}: {'presumed' if np.isnat(when) else str(when)[:10]}"
                for side, when in deployment.armies.known.items()
            ),
            "comment": "Brigade scale; stretches of some 10 km. Not a targeting aid.",
        },
    )
