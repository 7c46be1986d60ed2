"""All that is known around a line at a time: the maps it is forecast on, a second map, and where forces were seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast.picture.line import DAY
from frontcast.store import ControlSeries, Store, StoreError
from frontcast.theatre import Theatre

SECOND_SOURCES: Final = ("liveuamap-nzz", "deepstate")
"""Maps that can stand beside the one that is forecast, the first that the store holds."""

SIGHTINGS_OF: Final = {"deepstate": "deepstate"}
"""Whose marks of units and directions of attack go with whose maps. Such marks are drawn with the map, daily; orders of
battle published every other week do not go with any."""

FRESH_DAYS: Final = 10
"""A second map, or marks, older than this say nothing of today."""

DIRECTIONS: Final = ("direction of attack", "direction of withdrawal")
HEADQUARTERS: Final = "headquarters"


@dataclass(frozen=True)
class Sightings:
    """Marks on maps of the forces of side b, in the order they became known.

    Attributes:
        known_at: (sighting,) datetime64[s], ascending; marks of one map share it.
        row, column: (sighting,) float32, place on the theatre's grid in cells.
        heading: (sighting,) float32, degrees from north, NaN where none.
        kind: (sighting,) uint8: `UNIT`, `STAFF` or `ATTACK`.
    """

    UNIT = 0
    STAFF = 1
    ATTACK = 2

    known_at: npt.NDArray[np.datetime64]
    row: npt.NDArray[np.float32]
    column: npt.NDArray[np.float32]
    heading: npt.NDArray[np.float32]
    kind: npt.NDArray[np.uint8]

    def known_by(self, time: np.datetime64) -> Sightings:
        """Only what was known at `time`."""
        n = int(np.searchsorted(self.known_at, time, side="right"))
        return Sightings(self.known_at[:n], self.row[:n], self.column[:n], self.heading[:n], self.kind[:n])

    def newest(self, time: np.datetime64) -> slice:
        """The marks of the newest map known at `time`; an empty slice where none is fresh."""
        end = int(np.searchsorted(self.known_at, time, side="right"))
        if not end or time - self.known_at[end - 1] > FRESH_DAYS * DAY:
            return slice(0, 0)
        return slice(int(np.searchsorted(self.known_at, self.known_at[end - 1], side="left")), end)


@dataclass(frozen=True)
class Evidence:
    """What a forecast of the line may look at.

    Attributes:
        maps: of the source that is forecast.
        second: of another source, or None.
        sightings: marks of forces, or None.
    """

    maps: ControlSeries
    second: ControlSeries | None = field(default=None)
    sightings: Sightings | None = field(default=None)

    def known_by(self, time: np.datetime64) -> Evidence:
        """Only what was known at `time`, of every source."""
        return Evidence(
            self.maps.known_by(time),
            None if self.second is None else self.second.known_by(time),
            None if self.sightings is None else self.sightings.known_by(time),
        )

    def of(self, maps: ControlSeries) -> Evidence:
        """The same beside other maps of the same source."""
        return replace(self, maps=maps)


def gather(store: Store, maps: ControlSeries, theatre: Theatre) -> Evidence:
    """The maps, and what the store holds beside them: a second map and marks of forces, where there are any."""
    second = None
    for source in SECOND_SOURCES:
        if source != maps.source and not maps.source.startswith(source):
            try:
                second = store.control(source, theatre=theatre.name)
                break
            except StoreError:
                continue
    return Evidence(maps, second, _sightings(store, maps.source, theatre))


def _sightings(store: Store, source: str, theatre: Theatre) -> Sightings | None:
    if source not in SIGHTINGS_OF:
        return None
    found: Any = store.sql(
        "SELECT known_at, kind, echelon, lon, lat, heading FROM unit_sighting "
        "WHERE theatre = $theatre AND source = $source AND side = 'b' ORDER BY known_at, kind, lon, lat, heading",
        {"theatre": theatre.name, "source": SIGHTINGS_OF[source]},
    )
    if found.empty:
        return None
    grid = theatre.grid
    x, y = grid.project(found["lon"].to_numpy(), found["lat"].to_numpy())
    row = (grid.north - y) / (1000 * grid.cell_km)
    column = (x - grid.west) / (1000 * grid.cell_km)
    attack, staff = found["kind"] == DIRECTIONS[0], found["kind"] == HEADQUARTERS
    unit = ~found["kind"].isin([*DIRECTIONS, HEADQUARTERS]) & (found["echelon"] != "")
    inside = (row >= 0) & (row < grid.ny) & (column >= 0) & (column < grid.nx) & (attack | staff | unit).to_numpy()
    kind = np.select([attack, staff], [Sightings.ATTACK, Sightings.STAFF], Sightings.UNIT)
    return Sightings(
        found["known_at"].to_numpy("datetime64[s]")[inside],
        row[inside].astype(np.float32),
        column[inside].astype(np.float32),
        found["heading"].to_numpy(np.float32)[inside],
        kind[inside].astype(np.uint8),
    )
