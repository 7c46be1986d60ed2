"""The armies at init_time: units, headquarters and depots on a cut-up front, from the order of battle known by then.

Where a side has a report of its units of the last `NEWEST_DAYS`, its units are those; the newest source that shows
the side wins. Where it has none, brigades are *presumed* evenly along its line, and every product says so. Strengths,
kinds of troops and pools come from `armies.toml`, which names its sources.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import distance_transform_edt

from frontcast.picture.picture import Picture
from frontcast.store import ControlSeries
from frontcast.theatre import A, B

FloatArray = npt.NDArray[np.float32]

NEWEST_DAYS = 75
"""A report of units older than this is no order of battle of the day; that of Ukraine has a gap of 46 days in 2022."""

STRETCH_KM = 10.0
KERNEL_KM, KERNEL_REACH_KM = 20.0, 40.0
VALUE_KM, VALUE_DECAY_KM = 25.0, 12.0
DEPOT_EVERY = 5
"""Stretches to a depot: some 50 km of front, an army's."""

AGE_DAYS, AGE_NEAR_KM, AGE_YEARS = 120.0, 6.0, 2.0
OLD_LINE_KM = 6.0
"""Half-width over which the line of before the war counts as fortified (prior only)."""

BRIGADES_TO_A_COMMAND = 5
"""Presumed brigades are led by sector, a corps each: one headquarters for all would be one target for all (prior only)."""

COARSE = 4
COMMANDS = ("army", "corps", "division")
COUNTED = ("brigade", "regiment", "division", "battalion", "battalion group")


@dataclass(frozen=True)
class Armies:
    """Both sides' units and headquarters, and where the front is cut.

    Attributes:
        units: one row a unit: side ("a", "b"), unit, echelon, kind, headquarters (index into `headquarters`), lon, lat,
            x_km, y_km, battalions, quality, steadiness, vehicles, guns, source, seen (datetime64), presumed (bool).
        headquarters: one row each: side, name.
        known: by side, when its order of battle was last seen; NaT where its units are presumed.
        fortified: (2, y, x) float32, 0 to 1, on the record's grid: positions prepared on each side's ground.
    """

    units: pd.DataFrame
    headquarters: pd.DataFrame
    known: dict[str, np.datetime64]
    fortified: FloatArray


@cache
def worth() -> dict[str, Any]:
    """`armies.toml` as read."""
    return tomllib.loads(files("frontcast.picture").joinpath("armies.toml").read_text("utf-8"))


def newest_of_side(sightings: pd.DataFrame, side: str, init_time: np.datetime64) -> tuple[pd.DataFrame, np.datetime64]:
    """The newest order of battle that shows a side, and when it was seen."""
    mine = sightings[(sightings["side"] == side) & (sightings["kind"] != "direction of attack")]
    mine = mine[mine["echelon"].isin([*COUNTED, *COMMANDS]) & (mine["source"] != "uawardata-groups")]
    oldest = init_time - np.timedelta64(NEWEST_DAYS, "D")
    mine = mine[mine["valid_time"].to_numpy().astype("datetime64[s]") >= oldest.astype("datetime64[s]")]
    if mine.empty:
        return mine, np.datetime64("NaT")
    newest = mine.groupby("source")["valid_time"].max().idxmax()
    mine = mine[mine["source"] == newest]
    return mine, mine["valid_time"].to_numpy()[0].astype("datetime64[s]")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _kind(side: str, kind: str) -> dict[str, float]:
    kinds = worth()["kinds"][side]
    return dict(kinds.get(kind, kinds["other"]))


def _battalions(side: str, echelon: str, given: float) -> float:
    if given > 0:  # and not NaN
        return float(given)
    return float(worth()["battalions"][echelon][side])


def appraise(units: pd.DataFrame, side: str) -> pd.DataFrame:
    """Worth of each unit by its kind and its troops."""
    rows = []
    for unit in _records(units):
        values = _kind(side, str(unit["kind"]))
        for troops in worth()["troops"]:
            if troops["side"] == side and any(word in f"{unit['unit']} {unit['parent']}" for word in troops["words"]):
                values |= {"quality": troops["quality"], "steadiness": troops["steadiness"]}
        battalions = _battalions(side, str(unit["echelon"]), float(unit["strength"]))
        rows.append(
            {
                "battalions": battalions,
                "quality": values["quality"],
                "steadiness": values["steadiness"],
                "vehicles": values["vehicles"] * battalions,
                "guns": values["guns"] * battalions,
            }
        )
    return pd.concat([units.reset_index(drop=True), pd.DataFrame(rows)], axis=1)


def _presumed(picture: Picture, side: Literal["a", "b"]) -> pd.DataFrame:
    """Brigades along a side's line where nothing is known of its units."""
    theatre = picture.theatre
    flot = picture.flot_a if side == "a" else picture.flot_b
    other = picture.flot_b if side == "a" else picture.flot_a
    behind = theatre.land & (flot < -4.0) & (flot > -7.0) & (other < 40.0)
    rows, columns = np.nonzero(behind)
    spacing = worth()["presumed"]["spacing_km"] / theatre.grid.cell_km
    # One to each square of that side that the strip behind the line crosses.
    boxes = pd.DataFrame({"row": rows, "column": columns})
    boxes["box"] = (rows // spacing).astype(int) * 10_000 + (columns // spacing).astype(int)
    middle = boxes.groupby("box")[["row", "column"]].median().round().astype(int)
    lon, lat = (field[middle["row"], middle["column"]] for field in theatre.grid.lonlat)
    count = len(middle)
    wide = spacing * BRIGADES_TO_A_COMMAND
    sector = (middle["row"] // wide).astype(int).astype(str) + "/" + (middle["column"] // wide).astype(int).astype(str)
    command = pd.factorize(sector)[0] + 1
    return pd.DataFrame(
        {
            "side": side,
            "unit": [f"presumed brigade {number + 1} of {theatre.sides[side].name}" for number in range(count)],
            "echelon": "brigade",
            "kind": "presumed",
            "parent": [f"presumed command {number} of {theatre.sides[side].name}" for number in command],
            "lon": lon,
            "lat": lat,
            "strength": np.nan,
            "source": "presumed",
            "valid_time": picture.init_time,
        }
    )


def _headquarters(sightings: pd.DataFrame, units: pd.DataFrame, side: str) -> tuple[list[str], list[int]]:
    """Names of a side's headquarters and which of them leads each unit: the parent named, else the nearest army or corps."""
    commands = sightings[sightings["echelon"].isin(COMMANDS)]
    names: list[str] = []
    leads: list[int] = []
    for unit in _records(units):
        name = str(unit["parent"])
        if not name and not commands.empty:
            high = commands[commands["echelon"].isin(("army", "corps"))]
            near = high if not high.empty else commands
            lon, lat = float(unit["lon"]), float(unit["lat"])
            away = np.hypot(
                (near["lon"].to_numpy(float) - lon) * np.cos(np.radians(lat)), near["lat"].to_numpy(float) - lat
            )
            name = str(near["unit"].iloc[int(np.argmin(away))])
        name = name or f"command of {side}"
        if name not in names:
            names.append(name)
        leads.append(names.index(name))
    return names, leads


def fortified_ground(series: ControlSeries, picture: Picture, before_war: npt.NDArray[np.uint8] | None) -> FloatArray:
    """Prepared positions of each side, (2, y, x) 0 to 1.

    The longer a line has stood near, the better prepared the ground; the line of before the war most of all.

    Args:
        series: maps; only those known at the picture's time are used.
        before_war: (y, x) control before the war, or None where no map shows it.
    """
    theatre = picture.theatre
    known = series.known_by(picture.init_time)
    first = picture.init_time - np.timedelta64(round(365 * AGE_YEARS), "D")
    times = np.arange(max(first, known.known_at[0]), picture.init_time, np.timedelta64(14, "D"))
    thin = (slice(COARSE // 2, None, COARSE),) * 2
    age = np.zeros(picture.control[thin].shape, np.float32)
    near = AGE_NEAR_KM / (theatre.grid.cell_km * COARSE)
    for index in sorted({known.index_at(time) for time in times}):
        control = theatre.fill_masked(known.control(index))[thin]
        age += 14.0 * _near_line(control, near)
    strength = 1.0 - np.exp(-age / AGE_DAYS)
    if before_war is not None:
        old = theatre.fill_masked(before_war)[thin]
        away = distance_transform_edt(~_edge(old)) * theatre.grid.cell_km * COARSE
        strength = np.maximum(strength, 0.95 * np.exp(-away / OLD_LINE_KM))
    full = np.repeat(np.repeat(strength, COARSE, axis=0), COARSE, axis=1)[: theatre.grid.ny, : theatre.grid.nx]
    control = theatre.fill_masked(picture.control)
    return np.stack([np.where(control != B, full, 0.0), np.where(control != A, full, 0.0)]).astype(np.float32)


def _edge(control: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    held = control == B
    edge = np.zeros_like(held)
    edge[:, 1:] |= held[:, 1:] != held[:, :-1]
    edge[1:] |= held[1:] != held[:-1]
    return edge


def _near_line(control: npt.NDArray[np.uint8], cells: float) -> npt.NDArray[np.bool_]:
    edge = _edge(control)
    if not edge.any():
        return edge
    near: npt.NDArray[np.bool_] = distance_transform_edt(~edge) <= cells
    return near


def from_units(units: pd.DataFrame, armies: Armies, init_time: np.datetime64) -> Armies:
    """Armies of the units of a user's own order of battle, on the ground of others.

    Args:
        units: columns as `Store.units` has them; sides it does not have stay as they are in `armies`.
        armies: as mustered from the store. init_time: the day.
    """
    tables: list[pd.DataFrame] = []
    commands: list[pd.DataFrame] = []
    known = dict(armies.known)
    sides: tuple[Literal["a"], Literal["b"]] = ("a", "b")
    for side in sides:
        seen = units[units["side"] == side]
        offset = sum(len(table) for table in commands)
        led = seen[(seen["kind"] != "headquarters") & ~seen["echelon"].isin(("army", "corps"))]
        if led.empty:
            own = armies.units[armies.units["side"] == side].copy()
            names = armies.headquarters[armies.headquarters["side"] == side].reset_index(drop=True)
            own["headquarters"] = own["headquarters"] - int(own["headquarters"].min()) + offset
            tables.append(own)
            commands.append(names)
            continue
        names_of, leads = _headquarters(seen, led, side)
        own = appraise(led, side).assign(headquarters=np.array(leads, int) + offset, presumed=False)
        tables.append(own.rename(columns={"valid_time": "seen"}))
        commands.append(pd.DataFrame({"side": side, "name": names_of}))
        known[side] = seen["valid_time"].max().to_datetime64() if len(seen) else init_time
    return Armies(
        units=pd.concat(tables, ignore_index=True),
        headquarters=pd.concat(commands, ignore_index=True),
        known=known,
        fortified=armies.fortified,
    )


def muster(
    sightings: pd.DataFrame,
    picture: Picture,
    series: ControlSeries,
    before_war: npt.NDArray[np.uint8] | None = None,
) -> Armies:
    """The armies at the picture's time.

    Args:
        sightings: what `Store.units(init_time)` gives: the newest order of battle of each source known then.
        picture: of the same time.
        series: the maps, for the age of the line.
        before_war: control before the war where a map shows it.
    """
    theatre = picture.theatre
    tables: list[pd.DataFrame] = []
    commands: list[pd.DataFrame] = []
    known: dict[str, np.datetime64] = {}
    sides: tuple[Literal["a"], Literal["b"]] = ("a", "b")
    for side in sides:
        seen, when = newest_of_side(sightings, side, picture.init_time)
        known[side] = when
        led = seen[(seen["kind"] != "headquarters") & seen["echelon"].isin(COUNTED)]
        if led.empty:
            known[side] = np.datetime64("NaT")
            led = _presumed(picture, side)
        names, leads = _headquarters(seen, led, side)
        offset = sum(len(table) for table in commands)
        units = appraise(led, side).assign(headquarters=np.array(leads, int) + offset)
        tables.append(units)
        commands.append(pd.DataFrame({"side": side, "name": names}))
    units = pd.concat(tables, ignore_index=True)
    x, y = theatre.grid.project(units["lon"].to_numpy(), units["lat"].to_numpy())
    # Kilometres from the corner of the grid, east and north, as the model's cells have them.
    units["x_km"], units["y_km"] = np.asarray(x) / 1000.0, np.asarray(y) / 1000.0
    units["presumed"] = units["source"] == "presumed"
    units = units.rename(columns={"valid_time": "seen"})
    columns = ["side", "unit", "echelon", "kind", "parent", "headquarters", "lon", "lat", "x_km", "y_km", "battalions"]
    columns += ["quality", "steadiness", "vehicles", "guns", "source", "seen", "presumed"]
    return Armies(
        units=units[columns].copy(),
        headquarters=pd.concat(commands, ignore_index=True),
        known=known,
        fortified=fortified_ground(series, picture, before_war),
    )
