"""What lies around every cell near the line, seen from the side that would take it.

A cell is looked at with the eyes of the side that does not hold it, whichever that is, so that both sides are one sample:
what is learnt from one side's advances serves for the other's, and nothing is learnt of who has lately been winning.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from frontcast.picture.hazard.evidence import FRESH_DAYS, Evidence, Sightings
from frontcast.picture.line import DAY, land_distance
from frontcast.picture.squares import SquareSums
from frontcast.store import ControlSeries
from frontcast.theatre import GREY, A, B, Theatre

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

REACH_KM: Final = 9.0
"""Cells deeper than this behind the line are given no chance: in the record one in 30,000 of them changed hands in a
month of a positional front, and a line that collapses is for the campaign model to see."""

WINDOWS_DAYS: Final = (3, 7, 14, 30, 60, 120)
SQUARES_KM: Final = (5, 13, 31, 61)
SHARES_KM: Final = (3, 5, 11, 21, 41)
GREY_KM: Final = (5, 11, 21)
NEAR_DAYS: Final = (7, 28, 90)
SECOND_DAYS: Final = (7, 21)
SECOND_KM: Final = (5, 13, 31)
UNITS_KM: Final = (21, 41)

OLDEST_DAYS: Final = 400
"""How long ago a change of hands is told apart from never: about a year, after which positions are as deep as they get."""

FAR_KM: Final = 40.0
TOWN_PEOPLE: Final = 2000
_KEPT_MAPS: Final = 500

MAPS: Final = (
    "depth",
    *(f"attacker's share, {km} km" for km in SHARES_KM),
    *(
        f"{whose} gains, {days} d, {km} km"
        for whose in ("attacker's", "holder's")
        for days in WINDOWS_DAYS
        for km in SQUARES_KM
    ),
    *(f"line's way, {days} d" for days in WINDOWS_DAYS),
    "days held",
    "days since the change before",
    *(f"to attacker's gains, {days} d" for days in NEAR_DAYS),
    *(f"to holder's gains, {days} d" for days in NEAR_DAYS),
)
TERRAIN: Final = (
    "to a settlement",
    "to a town",
    "people around",
    "to a river",
    "river at the line",
    "to the border",
    "land",
)
GREY_ZONE: Final = ("grey", *(f"grey share, {km} km" for km in GREY_KM), "to a's line", "width of the grey zone")
FORCES: Final = (
    "to a direction of attack",
    "ahead of it",
    "beside it",
    "direction to the line",
    "directions, 21 km",
    *(
        f"{whose} {what}"
        for whose in ("attacker's", "holder's")
        for what in (*(f"units, {km} km" for km in UNITS_KM), "units gained", "headquarters")
    ),
)
SECOND_MAP: Final = (
    "second map: attacker's",
    "second map: depth",
    "second map: ahead",
    *(f"second map: ahead, {km} km" for km in SECOND_KM),
    *(f"second map: gains, {days} d, {km} km" for days in SECOND_DAYS for km in SECOND_KM),
    *(f"second map: line's way, {days} d" for days in SECOND_DAYS),
)

VARIANTS: Final[dict[str, tuple[str, ...]]] = {
    "line": MAPS + TERRAIN,
    "marks": MAPS + TERRAIN + GREY_ZONE + FORCES,
    "all": MAPS + TERRAIN + GREY_ZONE + FORCES + SECOND_MAP,
}
"""Predictors by what is known: the edge of b's ground alone; grey zone and marks of forces with it; a second map as well."""


@dataclass(frozen=True)
class Surroundings:
    """The cells near the line at one time.

    Attributes:
        row, column: (cell,) where they are.
        held: (cell,) bool, whether b holds the cell.
        predictors: by name, (cell,) float32; those of what is not known are not there.
    """

    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    held: Mask
    predictors: dict[str, Floats]

    def table(self, variant: str) -> Floats:
        """The predictors of a variant, (cell, predictor) float32."""
        return np.stack([self.predictors[name] for name in VARIANTS[variant]], axis=1)


def _distance_to(cells: Mask, cell_km: float, limit_km: float = FAR_KM) -> Floats:
    if not cells.any():
        return np.full(cells.shape, limit_km, np.float32)
    return np.minimum(cell_km * np.asarray(distance_transform_edt(~cells), np.float32), np.float32(limit_km))


@dataclass(frozen=True)
class _Cells:
    """The cells looked at: where they are, the line cell nearest to each, whether b holds them, and km of line in the
    squares around, by side of square."""

    at: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    line_at: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    held: Mask
    length: dict[int, Floats]

    @property
    def sign(self) -> Floats:
        """1 where b would take the cell, -1 where a would."""
        return np.where(self.held, np.float32(-1), np.float32(1))

    def seen(self, of_b: Floats, of_a: Floats) -> tuple[Floats, Floats]:
        """Attacker's and holder's, of what is b's and what is a's."""
        return np.where(self.held, of_a, of_b), np.where(self.held, of_b, of_a)

    def attackers(self, of_b: Floats) -> Floats:
        """What is known of b alone, where b would take the cell; NaN elsewhere."""
        return np.where(self.held, np.float32(np.nan), of_b)

    def holders(self, of_b: Floats) -> Floats:
        """What is known of b alone, where b holds the cell; NaN elsewhere."""
        return np.where(self.held, of_b, np.float32(np.nan))


class _Terrain:
    """What does not change: water, settlements, borders, as they were before the war."""

    def __init__(self, theatre: Theatre) -> None:
        cell_km, land = theatre.grid.cell_km, theatre.land
        row, column = theatre.places.cells
        on = row >= 0
        people = np.zeros(land.shape, np.float32)
        counted = np.nan_to_num(theatre.places.table["population"].to_numpy(float))
        np.add.at(people, (row[on], column[on]), counted[on].astype(np.float32))
        settled = np.zeros(land.shape, bool)
        settled[row[on], column[on]] = True
        self.settlement = _distance_to(settled, cell_km, np.inf if settled.any() else FAR_KM)
        self.town = _distance_to(people >= TOWN_PEOPLE, cell_km)
        self.people = np.log1p(gaussian_filter(people, 5.0 / cell_km)).astype(np.float32)
        self.river = _distance_to(theatre.mobility < 1, cell_km)
        self.border = _distance_to(~land, cell_km, 60.0)


class Surveyor:
    """Looks around at any time of a record; remembers the maps it has decoded, which never change.

    Args:
        theatre: the theatre of the maps.
    """

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        self._packed: OrderedDict[tuple[str, int, int], npt.NDArray[np.uint8]] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def _terrain(self) -> _Terrain:
        return _Terrain(self.theatre)

    @cached_property
    def _land_in(self) -> SquareSums:
        return SquareSums(self.theatre.land, self.theatre.grid.cell_km)

    def __getstate__(self) -> dict[str, Any]:
        return {"theatre": self.theatre}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["theatre"])  # type: ignore[misc]

    def held(self, maps: ControlSeries, index: int) -> Mask:
        """Land that b holds on a map, (y, x) bool."""
        # a correction of an old map moves those after it, so the place in the series alone does not tell a map
        key = (maps.source, index, int(maps.known_at[index].astype("datetime64[s]").astype(np.int64)))
        with self._lock:
            packed = self._packed.get(key)
        if packed is None:
            packed = np.packbits((maps.control(index) == B) & self.theatre.land)
            with self._lock:
                self._packed[key] = packed
                while len(self._packed) > _KEPT_MAPS:
                    self._packed.popitem(last=False)
        rows, columns = maps.shape
        return np.unpackbits(packed, count=rows * columns).reshape(rows, columns).view(bool)

    def look(self, evidence: Evidence, time: np.datetime64) -> Surroundings:
        """The surroundings of every cell up to `REACH_KM` from the line at `time`; nothing known later is looked at.

        Raises:
            NoObservationError: where no map was known at `time`.
        """
        evidence = evidence.known_by(time)
        maps, land, cell_km = evidence.maps, self.theatre.land, self.theatre.grid.cell_km
        index = maps.index_at(time)
        control = maps.control(index)
        held = (control == B) & land
        distance = land_distance(held, self.theatre)
        row, column = np.nonzero((np.abs(distance) < REACH_KM) & land)
        line = (np.abs(distance) < cell_km) & land
        line_in = SquareSums(line, cell_km)
        length = {km: np.maximum(line_in(row, column, km) / 2, 1) for km in SQUARES_KM}
        nearest = distance_transform_edt(~line, return_distances=False, return_indices=True)
        line_at = nearest[0][row, column], nearest[1][row, column]
        cells = _Cells((row, column), line_at, held[row, column], length)

        found: dict[str, Floats] = {"depth": np.abs(distance[cells.at])}
        area = {km: np.maximum(self._land_in(row, column, km), 1) for km in {*SHARES_KM, *GREY_KM}}
        held_in = SquareSums(held, cell_km)
        for km in SHARES_KM:
            share = held_in(row, column, km) / area[km]
            found[f"attacker's share, {km} km"] = np.where(cells.held, 1 - share, share)
        self._movement(found, maps, time, held, distance, cells)
        self._ages(found, maps, index, time, held, cells)
        self._ground(found, cells)
        if (control == GREY).any():
            grey = (control == GREY) & land
            found["grey"] = grey[cells.at].astype(np.float32)
            grey_in = SquareSums(grey, cell_km)
            for km in GREY_KM:
                found[f"grey share, {km} km"] = np.asarray(grey_in(row, column, km) / area[km], np.float32)
            to_a = np.clip(land_distance((control == A) & land, self.theatre), -30, 30)[cells.at]
            found["to a's line"] = cells.attackers(to_a)
            found["width of the grey zone"] = cells.holders(to_a + distance[cells.at])
        if evidence.sightings is not None:
            self._forces(found, evidence.sightings, time, cells)
        if evidence.second is not None:
            self._second(found, evidence.second, time, held, distance, cells)
        return Surroundings(row, column, cells.held, {name: value.astype(np.float32) for name, value in found.items()})

    def _movement(
        self,
        found: dict[str, Floats],
        maps: ControlSeries,
        time: np.datetime64,
        held: Mask,
        distance: Floats,
        cells: _Cells,
    ) -> None:
        cell_km = self.theatre.grid.cell_km
        for days in WINDOWS_DAYS:
            earlier = maps.known_by(time - days * DAY)
            if not len(earlier):
                unknown = np.full(len(cells.held), np.nan, np.float32)
                for km in SQUARES_KM:
                    for whose in ("attacker's", "holder's"):
                        found[f"{whose} gains, {days} d, {km} km"] = unknown
                found[f"line's way, {days} d"] = unknown
                continue
            before = self.held(maps, earlier.index_at(time - days * DAY))
            gained, lost = SquareSums(held & ~before, cell_km), SquareSums(before & ~held, cell_km)
            for km in SQUARES_KM:
                both = cells.seen(
                    *(of(*cells.at, km) / cells.length[km] * np.float32(cell_km) for of in (gained, lost))
                )
                for whose, gains in zip(("attacker's", "holder's"), both, strict=True):
                    found[f"{whose} gains, {days} d, {km} km"] = gains
            then = land_distance(before, self.theatre)
            found[f"line's way, {days} d"] = cells.sign * np.clip(then - distance, -40, 40)[cells.at]

    def _ages(
        self,
        found: dict[str, Floats],
        maps: ControlSeries,
        index: int,
        time: np.datetime64,
        held: Mask,
        cells: _Cells,
    ) -> None:
        """Days since each cell last came to b, and since it last left b, from the maps of `OLDEST_DAYS`."""
        came, left = (np.full(held.shape, OLDEST_DAYS, np.float32) for _ in range(2))
        order = np.argsort(maps.valid_time[: index + 1], kind="stable")[::-1]
        newer, newer_age = held, float((time - maps.known_at[index]) / DAY)
        for older in order[order != index]:
            if newer_age > OLDEST_DAYS:
                break
            before = self.held(maps, int(older))
            changed = before != newer
            if changed.any():
                to_b = changed & newer
                came[to_b] = np.minimum(came[to_b], newer_age)
                from_b = changed & before
                left[from_b] = np.minimum(left[from_b], newer_age)
            newer, newer_age = before, float((time - maps.known_at[older]) / DAY)
        since_to_attacker, since_to_holder = cells.seen(came[cells.at], left[cells.at])
        found["days held"], found["days since the change before"] = since_to_holder, since_to_attacker
        land = self.theatre.land
        for days in NEAR_DAYS:
            near = [_distance_to((age <= days) & land, self.theatre.grid.cell_km)[cells.at] for age in (came, left)]
            of_attacker, of_holder = cells.seen(near[0], near[1])
            found[f"to attacker's gains, {days} d"], found[f"to holder's gains, {days} d"] = of_attacker, of_holder

    def _ground(self, found: dict[str, Floats], cells: _Cells) -> None:
        terrain = self._terrain
        found["to a settlement"], found["to a town"] = terrain.settlement[cells.at], terrain.town[cells.at]
        found["people around"], found["to a river"] = terrain.people[cells.at], terrain.river[cells.at]
        found["river at the line"] = terrain.river[cells.line_at]
        found["to the border"] = terrain.border[cells.at]
        found["land"] = self._land_in(*cells.at, 11) / np.float32(121)

    def _forces(self, found: dict[str, Floats], sightings: Sightings, time: np.datetime64, cells: _Cells) -> None:
        now = sightings.newest(time)
        before = sightings.newest(time - 30 * DAY)
        if now.stop == 0 or before.stop == 0:
            return
        cell_km = self.theatre.grid.cell_km
        names = ("to a direction of attack", "ahead of it", "beside it", "direction to the line", "directions, 21 km")
        attack = sightings.kind[now] == Sightings.ATTACK
        values: tuple[Floats, ...]
        if attack.any():
            tip_row, tip_column = sightings.row[now][attack], sightings.column[now][attack]
            heading = np.deg2rad(np.nan_to_num(sightings.heading[now][attack]))
            tree = cKDTree(np.c_[tip_row, tip_column])
            away, nearest = tree.query(np.column_stack(cells.at))
            down, across = cells.at[0] - tip_row[nearest], cells.at[1] - tip_column[nearest]
            east, north = np.sin(heading[nearest]), np.cos(heading[nearest])
            values = (
                np.minimum(away * cell_km, 60),
                np.clip((across * east - down * north) * cell_km, -60, 60),
                np.clip(np.abs(across * north + down * east) * cell_km, 0, 60),
                np.minimum(tree.query(np.column_stack(cells.line_at))[0] * cell_km, 60),
                SquareSums(self._count(tip_row, tip_column), cell_km)(*cells.at, 21),
            )
        else:
            values = (np.full(len(cells.held), np.nan, np.float32),) * len(names)
        for name, value in zip(names, values, strict=True):
            found[name] = cells.attackers(value)

        def density(of: slice, kind: int, km: int) -> Floats:
            chosen = sightings.kind[of] == kind
            marks = self._count(sightings.row[of][chosen], sightings.column[of][chosen])
            return SquareSums(marks, cell_km)(*cells.line_at, km)

        length = {near: cells.length[far] for near, far in zip(UNITS_KM, (31, 61), strict=True)}
        units = {km: density(now, Sightings.UNIT, km) / length[km] for km in UNITS_KM}
        wide = UNITS_KM[-1]
        of_b = {f"units, {km} km": units[km] for km in UNITS_KM} | {
            "units gained": units[wide] - density(before, Sightings.UNIT, wide) / length[wide],
            "headquarters": density(now, Sightings.STAFF, wide),
        }
        for name, value in of_b.items():
            found[f"attacker's {name}"], found[f"holder's {name}"] = cells.attackers(value), cells.holders(value)

    def _count(self, row: Floats, column: Floats) -> Floats:
        marks = np.zeros(self.theatre.land.shape, np.float32)
        np.add.at(marks, (row.astype(np.intp), column.astype(np.intp)), 1)
        return marks

    def _second(
        self,
        found: dict[str, Floats],
        second: ControlSeries,
        time: np.datetime64,
        held: Mask,
        distance: Floats,
        cells: _Cells,
    ) -> None:
        if not len(second) or not len(second.known_by(time - SECOND_DAYS[-1] * DAY)):
            return
        index = second.index_at(time)
        if time - second.valid_time[index] > FRESH_DAYS * DAY:
            return
        cell_km = self.theatre.grid.cell_km
        now = self.held(second, index)
        there = land_distance(now, self.theatre)
        found["second map: attacker's"] = (now[cells.at] != held[cells.at]).astype(np.float32)
        found["second map: depth"] = cells.sign * np.clip(there, -40, 40)[cells.at]
        found["second map: ahead"] = cells.sign * np.clip(there - distance, -20, 20)[cells.at]
        ahead = SquareSums(now.astype(np.int8) - held.astype(np.int8), cell_km)
        for km in SECOND_KM:
            found[f"second map: ahead, {km} km"] = cells.sign * ahead(*cells.at, km) / np.float32(km**2)
        for days in SECOND_DAYS:
            before = self.held(second, second.index_at(time - days * DAY))
            gains = SquareSums(now.astype(np.int8) - before.astype(np.int8), cell_km)
            for km in SECOND_KM:
                found[f"second map: gains, {days} d, {km} km"] = (
                    cells.sign * gains(*cells.at, km) / cells.length[km] * np.float32(cell_km)
                )
            then = land_distance(before, self.theatre)
            found[f"second map: line's way, {days} d"] = cells.sign * np.clip(then - there, -20, 20)[cells.at]
