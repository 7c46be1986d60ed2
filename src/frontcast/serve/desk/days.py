"""Days of the record: the time bar, who held what on a day, and a year of lines."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from frontcast.serve.desk.opened import Opened, end_of_day
from frontcast.serve.geometry import compact, feature, geometry
from frontcast.serve.refusal import Refusal
from frontcast.show import shapes
from frontcast.store import ControlSeries
from frontcast.theatre import GREY, MASKED, A, B, Theatre

DAY: Final = np.timedelta64(1, "D")
SCALE: Final = 2000
"""Steps to a degree in the lines of a year: 40 to 60 m."""

SPECK_KM2: Final = 1.5
"""Grey specks and islets smaller than this are left out of the lines of a year."""


def _days(series: ControlSeries) -> npt.NDArray[np.datetime64]:
    """Every day from the one the first map was known on to that of the last."""
    first, last = (series.known_at[at].astype("datetime64[D]") for at in (0, -1))
    return np.arange(first, last + DAY)


def _map_of_day(series: ControlSeries) -> tuple[npt.NDArray[np.datetime64], list[int]]:
    days = _days(series)
    return days, [series.index_at(day.astype("datetime64[s]") + np.timedelta64(86_399, "s")) for day in days]


def timeline(opened: Opened, source: str) -> dict[str, Any]:
    """See `Timeline`."""
    series, land = opened.series(source), opened.theatre.land
    days, maps = _map_of_day(series)
    area = opened.theatre.grid.cell_area_km2
    held = {number: np.bincount(series.control(number)[land], minlength=3)[:3] * area for number in set(maps)}
    rows = [
        {
            "date": str(day),
            "map": number,
            "valid_time": f"{series.valid_time[number]}Z",
            "a": float(held[number][A]),
            "grey": float(held[number][GREY]),
            "b": float(held[number][B]),
        }
        for day, number in zip(days, maps, strict=True)
    ]
    return {"source": source, "first": str(days[0]), "last": str(days[-1]), "days": rows}


def _shapes_of(control: npt.NDArray[np.uint8], theatre: Theatre) -> shapes.Ground:
    masked = np.where(theatre.land, control, MASKED).astype(np.uint8)
    return shapes.Ground(masked, theatre.grid.x / 1e3, theatre.grid.y / 1e3)


def control(opened: Opened, date: str, source: str) -> dict[str, Any]:
    """See `Control`."""
    series, theatre = opened.series(source), opened.theatre
    time = end_of_day(date)
    if time < series.known_at[0] or time > series.known_at[-1].astype("datetime64[D]") + 2 * DAY:
        days = _days(series)
        raise Refusal(404, f"{source} has maps from {days[0]} to {days[-1]}, none of {date}.")
    number = series.index_at(time)
    ground = _shapes_of(series.control(number), theatre)
    area = np.bincount(series.control(number)[theatre.land], minlength=3)[:3] * theatre.grid.cell_area_km2
    features = []
    for holder, value in (("a", A), ("grey", GREY), ("b", B)):
        shape = geometry(ground.held[holder], theatre.grid)
        if shape is not None:
            kind = "grey_zone" if holder == "grey" else "held"
            features.append(feature(shape, kind=kind, side=holder, area_km2=float(area[value])))
    for side, line in ground.flot.items():
        shape = geometry(shapely.line_merge(line), theatre.grid)
        if shape is not None:
            features.append(feature(shape, kind="flot", side=side, area_km2=None))
    return {
        "type": "FeatureCollection",
        "date": date,
        "source": source,
        "valid_time": f"{series.valid_time[number]}Z",
        "known_at": f"{series.known_at[number]}Z",
        "features": features,
    }


def map_numbers(opened: Opened, year: int, source: str) -> dict[str, Any]:
    """First day and, for each day of a year, the number of its map; none before the first."""
    series = opened.series(source)
    days, maps = _map_of_day(series)
    chosen = [(day, number) for day, number in zip(days, maps, strict=True) if str(day)[:4] == f"{year:04d}"]
    if not chosen:
        raise Refusal(404, f"{source} has maps from {days[0]} to {days[-1]}, none of {year}.")
    return {"first": str(chosen[0][0]), "maps": [number for _, number in chosen]}


def map_lines(opened: Opened, source: str, numbers: list[int]) -> list[dict[str, Any]]:
    """See `MapLines`, for some maps."""
    series, theatre = opened.series(source), opened.theatre
    found = []
    for number in numbers:
        ground = _shapes_of(series.control(number), theatre)
        parts = {name: _without_specks(ground.held[name]) for name in ("b", "grey")}
        lines = {side: shapely.line_merge(line) for side, line in ground.flot.items()}
        found.append(
            {
                "valid_time": f"{series.valid_time[number]}Z",
                "a": compact(lines["a"], theatre.grid, SCALE),
                "b": compact(lines["b"], theatre.grid, SCALE),
                "held_b": compact(parts["b"], theatre.grid, SCALE),
                "grey": compact(parts["grey"], theatre.grid, SCALE),
            }
        )
    return found


def _without_specks(shape: Any) -> Any:
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.area >= SPECK_KM2])


def newest(opened: Opened, source: str) -> dict[str, Any]:
    """The newest map as arrays: control (y, x), distance of the front (y, x) km, the day it was known on."""
    series, theatre = opened.series(source), opened.theatre
    drawn = np.where(theatre.land, series.control(len(series) - 1), MASKED).astype(np.uint8)
    day = str(series.known_at[-1].astype("datetime64[D]"))
    return {"control": drawn, "front_km": front_distance(drawn, theatre), "day": day}


def front_distance(drawn: npt.NDArray[np.uint8], theatre: Theatre) -> npt.NDArray[np.float32]:
    """Distance to the nearer of both forward lines, (y, x) float32 km."""
    filled = theatre.fill_masked(drawn)
    edges = (theatre.signed_distance(filled == value, limit_km=2000.0) for value in (A, B))
    return np.minimum(*(np.abs(edge) for edge in edges))


def vintage(opened: Opened, source: str, date: str) -> str:
    """A fingerprint of all that was known of a source at the end of a day."""
    known = opened.series(source).known_by(end_of_day(date))
    digest = hashlib.sha256(known.known_at.astype("datetime64[s]").astype(np.int64).tobytes())
    for lengths, values in known.runs:
        digest.update(lengths.tobytes() + values.tobytes())
    return digest.hexdigest()


def afterwards(opened: Opened, source: str, date: str, leads: list[int]) -> npt.NDArray[np.uint8] | None:
    """What the maps showed at the leads that the record reaches, (lead, y, x) uint8; None where it reaches none."""
    series, theatre = opened.series(source), opened.theatre
    times = [end_of_day(date) + lead * DAY for lead in leads]
    reached = [time for time in times if time <= series.known_at[-1].astype("datetime64[D]") + DAY]
    if not reached:
        return None
    return np.stack([np.where(theatre.land, series.at(time), MASKED).astype(np.uint8) for time in reached])
