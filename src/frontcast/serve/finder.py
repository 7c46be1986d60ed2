"""Finding a place by name: any spelling, or the beginning of one."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError
from frontcast.spelling import fold
from frontcast.theatre import HOLDERS, MASKED, Place, Theatre

MOST_BEGINNINGS: Final = 2000
"""Names that begin alike are looked at up to this many: two letters fit thousands."""

UNKNOWN_PEOPLE: Final = 300.0
"""What a place of unknown size counts as when names that begin alike are put in order."""


class Finder:
    """Places of a theatre by name and by id, with what the newest map shows of each."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        self.places = theatre.places
        table = self.places.table
        self.row = {int(number): at for at, number in enumerate(table["id"])}
        spellings = set()
        for at, (name, local, aliases) in enumerate(
            zip(table["name"], table["local_name"], table["aliases"], strict=True)
        ):
            spellings |= {(fold(one), at) for one in (name, local, *aliases) if one}
        ordered = sorted(spellings)
        self._names = [name for name, _ in ordered]
        self._rows = [at for _, at in ordered]
        self._people = table["population"].fillna(UNKNOWN_PEOPLE).to_numpy(float)
        self.front_km: npt.NDArray[np.float32] = np.full(theatre.grid.shape, np.nan, np.float32)
        self.control = np.full(theatre.grid.shape, MASKED, np.uint8)
        self.places.candidates("")  # makes its index

    def update(self, control: npt.NDArray[np.uint8], front_km: npt.NDArray[np.float32]) -> None:
        """What the newest map shows."""
        self.control, self.front_km = control, front_km

    def find(self, query: str, limit: int) -> tuple[list[dict[str, Any]], list[str]]:
        """Places a query may mean, likeliest first, and spellings near it where nothing fits."""
        known = np.isfinite(self.front_km).all()
        exact = self.places.candidates(query, self.front_km if known else None)
        rows = [self.row[place.id] for place in exact]
        rows += [row for row in self._beginning(fold(query)) if row not in set(rows)]
        if rows:
            return [self.describe(row) for row in rows[:limit]], []
        try:
            self.places.find(query)
        except FrontcastError as error:
            _, _, near = str(error).partition("did you mean ")
            return [], [name for name in near.rstrip("?").split(", ") if name]
        return [], []

    def _beginning(self, query: str) -> list[int]:
        if len(query) < 2:
            return []
        start = bisect_left(self._names, query)
        found: set[int] = set()
        for at in range(start, min(start + MOST_BEGINNINGS, len(self._names))):
            if not self._names[at].startswith(query):
                break
            found.add(self._rows[at])
        rows, columns = self.places.cells

        def worth(at: int) -> float:
            """Large and near the front comes first."""
            away = float(self.front_km[rows[at], columns[at]]) if rows[at] >= 0 else np.nan
            return -self._people[at] / (1.0 + (away if np.isfinite(away) else 300.0) / 30.0)

        return sorted(found, key=lambda at: (worth(at), at))

    def describe(self, row: int) -> dict[str, Any]:
        """A place as readers see it: `PlaceAnswer`."""
        found = self.places.table.iloc[row]
        cell = self.places.cells[0][row], self.places.cells[1][row]
        away = float(self.front_km[cell]) if cell[0] >= 0 else np.nan
        holder = self.control[cell] if cell[0] >= 0 else MASKED
        people = float(found["population"])
        return {
            "id": int(found["id"]),
            **{name: str(found[name]) for name in ("name", "local_name", "region", "kind")},
            "lon": float(found["lon"]),
            "lat": float(found["lat"]),
            "population": None if np.isnan(people) else people,
            "front_km": round(away, 1) if np.isfinite(away) else None,
            "holder_now": None if holder == MASKED else HOLDERS[holder],
        }

    def place(self, number: int) -> Place | None:
        """The place of an id."""
        row = self.row.get(number)
        if row is None:
            return None
        found = self.places.table.iloc[row]
        lon, lat, people = (float(found[name]) for name in ("lon", "lat", "population"))
        return Place(found["name"], lon, lat, people, found["region"], found["local_name"], number)
