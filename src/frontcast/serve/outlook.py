"""What a forecast says of one place, point or box: read off the chances, cell by cell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast.serve.refusal import Refusal
from frontcast.theatre import HOLDERS, MASKED, Theatre

WHOLE: Final = 65_535
"""Chances are kept in parts of it, as uint16."""

Box = tuple[float, float, float, float]
Cells = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def read_json(file: Path) -> Any:
    """A JSON file of a run."""
    return json.loads(file.read_text("utf-8"))


@dataclass(frozen=True)
class ForecastView:
    """A forecast that is done, as it lies in its folder. Chances are mapped, not read: a question touches a few pages."""

    id: str
    folder: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """See `views.forecast_views`."""
        found: dict[str, Any] = read_json(self.folder / "view" / "summary.json")
        return found

    @cached_property
    def places(self) -> list[dict[str, Any]]:
        """Places at risk."""
        found: list[dict[str, Any]] = read_json(self.folder / "view" / "places.json")
        return found

    @cached_property
    def parts(self) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
        """Chance that each cell is in the hands of a and of b, (lead, y, x) each, in parts of `WHOLE`."""
        one, other = (np.load(self.folder / "view" / f"chance_{side}.npy", mmap_mode="r") for side in "ab")
        return one, other

    @cached_property
    def initial(self) -> npt.NDArray[np.uint8]:
        """Control at the start, (y, x)."""
        return np.asarray(np.load(self.folder / "view" / "initial.npy"))

    def chances(self, cells: Cells) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Means over cells: chance of each holder (lead, 3) and of a change (lead,)."""
        held_a, held_b = (parts[:, cells[0], cells[1]].astype(np.float64) / WHOLE for parts in self.parts)
        share = np.stack([held_a, 1.0 - held_a - held_b, held_b]).clip(0.0, 1.0)
        now = self.initial[cells].astype(np.intp)
        stays = np.take_along_axis(share, now[None, None].repeat(share.shape[1], axis=1), axis=0)[0]
        return share.mean(axis=2).T, 1.0 - stays.mean(axis=1)


def cells_of_point(theatre: Theatre, lon: float, lat: float) -> Cells:
    """The cell of a point.

    Raises:
        Refusal: where no land of the theatre is there.
    """
    row, column = theatre.grid.cell_of([lon], [lat])
    if row[0] < 0 or not theatre.land[row[0], column[0]]:
        raise Refusal(404, "There is no land of the theatre at this point.")
    return row.astype(np.intp), column.astype(np.intp)


def cells_of_box(theatre: Theatre, box: Box) -> Cells:
    """The land cells whose centre lies in a box.

    Raises:
        Refusal: where the box is none, or has no land of the theatre in it.
    """
    west, south, east, north = box
    if west >= east or south >= north:
        raise Refusal(422, "A box is west,south,east,north in degrees: 36.5,48.9,37.9,49.9.")
    lon, lat = np.meshgrid(np.linspace(west, east, 9), np.linspace(south, north, 9))
    # What is half a world away projects to nowhere, or onto the theatre from the far side.
    near_lon, near_lat = (field[::64, ::64] for field in theatre.grid.lonlat)
    lon, lat = lon.clip(near_lon.min() - 2, near_lon.max() + 2), lat.clip(near_lat.min() - 2, near_lat.max() + 2)
    x, y = theatre.grid.project(lon, lat)
    side = theatre.grid.cell_km * 1000.0
    margin = np.array([-2, 3])
    columns = np.floor((np.array([x.min(), x.max()]) - theatre.grid.west) / side).astype(int) + margin
    rows = np.floor((theatre.grid.north - np.array([y.max(), y.min()])) / side).astype(int) + margin
    window = tuple(slice(max(0, low), max(0, high)) for low, high in (rows, columns))
    all_lon, all_lat = (field[window] for field in theatre.grid.lonlat)
    inside = theatre.land[window] & (all_lon >= west) & (all_lon <= east) & (all_lat >= south) & (all_lat <= north)
    row, column = np.nonzero(inside)
    if not row.size:
        raise Refusal(404, "There is no land of the theatre in this box.")
    return row + window[0].start, column + window[1].start


def leads_of(view: ForecastView, cells: Cells) -> list[dict[str, Any]]:
    """Chances by lead: `OutlookAtLead` but for its reliability."""
    share, change = view.chances(cells)
    dates = view.summary["valid_dates"]
    return [
        {
            "lead_day": lead,
            "valid_date": date,
            "p_a": round(float(share[at, 0]), 4),
            "p_grey": round(float(share[at, 1]), 4),
            "p_b": round(float(share[at, 2]), 4),
            "p_change": round(float(change[at]), 4),
        }
        for at, (lead, date) in enumerate(zip(view.summary["leads"], dates, strict=True))
    ]


def shares(control: npt.NDArray[np.uint8]) -> dict[str, float]:
    """Share of some cells in each holder's hands."""
    counts = np.bincount(control[control != MASKED], minlength=3)[:3]
    total = max(1, int(counts.sum()))
    return {holder: round(float(count) / total, 4) for holder, count in zip(HOLDERS, counts, strict=True)}
