"""Why the line moved: contributions of the mechanisms, as they were recorded during the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from frontcast.errors import FrontcastError
from frontcast.forecast.armies_product import ARMIES

LEAST_KM = 0.1
"""A contribution below this in a member is none: a tenth of what a map can show."""

DEFAULT_REACH_KM = 20.0

NOTHING_KM, RARE = 0.005, 0.005
"""A mean movement, and a share of members, that round to nothing."""


@dataclass(frozen=True)
class Explanation:
    """Which mechanisms moved the front somewhere, by how much, in how many members.

    Attributes:
        where: in words. lead_day: by when. stretches, length_km: how much of the front it covers.
        table: one row a mechanism that did anything: mechanism, mean_km (towards b, over all members), low_km, high_km
            (10 and 90 % of members), p_forward, p_back (share of members in which it moved the front by more than
            `LEAST_KM` towards b, towards a), mean_km2.
        total: the same for all together.
        by_stretch: (mechanism, stretch) mean km towards b, for drawing; lon, lat of the stretches.
    """

    where: str
    lead_day: int
    stretches: int
    length_km: float
    table: pd.DataFrame
    total: pd.Series
    by_stretch: xr.DataArray

    @property
    def quiet(self) -> pd.Series:
        """Of each row of `table`, whether it rounds to nothing: a mean below `NOTHING_KM`, and no member in 200."""
        rare = self.table[["p_forward", "p_back"]].max(axis=1) < RARE
        return rare & (self.table["mean_km"].abs() < NOTHING_KM)


def open_armies(run: Path) -> xr.Dataset:
    """What the armies of a forecast did.

    Raises:
        FrontcastError: where the folder is no forecast with armies.
    """
    folder = run / ARMIES
    if not (run / "run.json").is_file():
        raise FrontcastError(f"{run} is no forecast: name the folder `frontcast forecast --out` has written.")
    if not folder.is_dir():
        raise FrontcastError(
            f"{run} is a forecast of the line alone, in which only the push moves it: run it again with --depth units."
        )
    with xr.open_dataset(folder, engine="zarr") as dataset:
        return dataset.load()


def explain(
    armies: xr.Dataset,
    *,
    lead_day: int | None = None,
    near: tuple[float, float] | None = None,
    reach_km: float = DEFAULT_REACH_KM,
    box: tuple[float, float, float, float] | None = None,
    where: str = "the whole front",
) -> Explanation:
    """Contributions of the mechanisms to where the front is on a day.

    Args:
        armies: from `open_armies`.
        lead_day: one of the forecast's leads; the last where none is given.
        near: longitude and latitude; stretches within `reach_km` count, the nearest one in any case.
        box: west, south, east, north in degrees, instead.
        where: what to call it.

    Raises:
        FrontcastError: where the lead was not written, or no front lies there.
    """
    leads = (armies["lead_time"].to_numpy() / np.timedelta64(1, "D")).astype(int)
    day = int(leads[-1]) if lead_day is None else lead_day
    if day not in leads:
        raise FrontcastError(f"lead day {day} was not written: there are {', '.join(map(str, leads))}.")
    chosen = _chosen(armies, near, reach_km, box, where)
    moved = armies["moved_by"].isel(lead_time=int(np.flatnonzero(leads == day)[0])).to_numpy()
    # The front goes towards b by what a's line goes out and by what b's line goes back, half each.
    towards_b = 0.5 * (moved[:, :, 0] - moved[:, :, 1])
    length = armies["stretch_length"].to_numpy()
    weight = np.where(chosen, length, 0.0)
    km = towards_b @ weight / weight.sum()
    names = armies["mechanism"].to_numpy()
    rows = [
        _row(name, km[:, index], weight.sum()) for index, name in enumerate(names) if np.abs(km[:, index]).max() > 1e-4
    ]
    table = pd.DataFrame(rows).sort_values("mean_km", key=np.abs, ascending=False, ignore_index=True)
    means = xr.DataArray(
        towards_b.mean(axis=0)[:, chosen],
        dims=("mechanism", "stretch"),
        coords={
            "mechanism": names,
            "lon": ("stretch", armies["stretch_lon"].to_numpy()[chosen]),
            "lat": ("stretch", armies["stretch_lat"].to_numpy()[chosen]),
        },
    )
    total = pd.Series(_row("all together", km.sum(axis=1), weight.sum()))
    return Explanation(where, day, int(chosen.sum()), float(weight.sum()), table, total, means)


def _row(name: str, km: npt.NDArray[Any], length: float) -> dict[str, Any]:
    low, high = np.quantile(km, [0.1, 0.9])
    return {
        "mechanism": str(name),
        "mean_km": float(km.mean()),
        "low_km": float(low),
        "high_km": float(high),
        "p_forward": float((km > LEAST_KM).mean()),
        "p_back": float((km < -LEAST_KM).mean()),
        "mean_km2": float(km.mean() * length),
    }


def _chosen(
    armies: xr.Dataset,
    near: tuple[float, float] | None,
    reach_km: float,
    box: tuple[float, float, float, float] | None,
    where: str,
) -> npt.NDArray[np.bool_]:
    lon, lat = armies["stretch_lon"].to_numpy(), armies["stretch_lat"].to_numpy()
    if box is not None:
        west, south, east, north = box
        if west >= east or south >= north:
            raise FrontcastError(
                f"a box is west,south,east,north in degrees, not {','.join(f'{value:g}' for value in box)}."
            )
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if not inside.any():
            raise FrontcastError(
                f"no front lies in {where}: it runs from {lon.min():.1f} to {lon.max():.1f} E, {lat.min():.1f} to "
                f"{lat.max():.1f} N."
            )
        return np.asarray(inside)
    if near is None:
        return np.ones(len(lon), bool)
    away = np.hypot((lon - near[0]) * np.cos(np.radians(near[1])), lat - near[1]) * 111.2
    return np.asarray(away <= max(reach_km, float(away.min()) + 1e-6))
