"""Reader of the daily layers of the Institute for the Study of War: what is assessed, and what each side claims.

A Parquet file with columns `date` (YYYYMMDD), `layer` and `geometry` (WKB, longitude and latitude), one row a layer and
day. Layers are put on the theatre's grid where they enter. A settlement whose cell enters a layer is a claim known that
day: of Russian sources, of Ukrainian officials, or of ISW itself where it enters or leaves assessed control. ISW marks
what is claimed beyond what it assesses: the two layers of claims are kept apart from its own word.

What the 1,772 rows of 2022-02-24 to 2022-11-30 and 2023-05-01 to 2023-08-24 showed, and what follows from it:

- Layers carry other names in 2023. What is in a layer on its first day of either spell may be months old: it makes no
  claim.
- Some layers lack a day here and there: the day before stands.
- Outlines are redrawn by a kilometre or two from day to day, so that a settlement at an edge comes and goes: one
  that was in the layer within the last `COME_BACK_DAYS` makes no new claim.
- The assessed layer of 2022-09-29 lacks 26,900 of 111,700 km², back on the day after. The largest real withdrawal, of
  early April 2022, was 14 % of the layer in a day. One that loses more than `BROKEN` at once is left out, with a warning.
- The layer of Ukrainian claims is emptied from time to time (November 2022, May 2023) of what is long settled: leaving a
  layer of claims is no claim.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from rasterio.features import rasterize

from frontcast.errors import InputError
from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.types import ReadWarning
from frontcast.theatre import Grid, Theatre

SOURCE: Final = "ISW control map"
ASSESSED: Final = "assessed"
RUSSIAN: Final = "claimed by Russian sources"
UKRAINIAN: Final = "claimed by Ukrainian officials"
LAYERS: Final = {
    "RussianAssessedCoTinUkraine": ASSESSED,
    "VIEW_RussiaCoTinUkraine_V3": ASSESSED,
    "RussianClaimedCoTinUkraine": RUSSIAN,
    "VIEW_ClaimedRussianTerritoryinUkraine_V2": RUSSIAN,
    "UkrainianClaimedCounterOffensives": UKRAINIAN,
    "VIEW_ClaimedUkrainianCounteroffensives_V2": UKRAINIAN,
}
"""The file's layers that say who controls ground, in either year. Others (advances, partisans) do not."""

SPEAKERS: Final = {ASSESSED: None, RUSSIAN: "Russian sources (ISW)", UKRAINIAN: "Ukrainian officials (ISW)"}
COME_BACK_DAYS: Final = 30
GAP_DAYS: Final = 10
"""A layer missing for longer begins a new spell."""

BROKEN: Final = 0.2
"""Share of the assessed ground that nobody loses in a day."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Layer:
    """One layer on one day.

    Attributes:
        day: the day it describes, and was published.
        name: `ASSESSED`, `RUSSIAN` or `UKRAINIAN`.
        cells: (y, x) bool, cells whose centre it covers.
    """

    day: date
    name: str
    cells: BoolArray


def read_layers(path: str | Path, grid: Grid) -> Iterator[Layer]:
    """The layers of `LAYERS` in order of day.

    Raises:
        InputError: where the file is no such Parquet, or a date or geometry in it cannot be read.
    """
    table = _table(Path(path))
    kept: dict[str, tuple[bytes, BoolArray]] = {}
    for row in sorted(table.to_pylist(), key=lambda entry: (entry["date"], entry["layer"])):
        name = LAYERS.get(row["layer"])
        if name is None:
            continue
        place = f"{row['layer']} of {row['date']}"
        day = _day(row["date"], str(path), place)
        shape = bytes(row["geometry"] or b"")
        if name not in kept or kept[name][0] != shape:  # most days repeat the day before
            kept[name] = shape, _cells(shape, grid, str(path), place)
        yield Layer(day, name, kept[name][1])


def read_claimed_layers(path: str | Path, theatre: Theatre) -> Iterator[tuple[Document, list[Claim]] | ReadWarning]:
    """The claims of each day and layer that makes any, as a document of one line a settlement, in order of day.

    Raises:
        InputError: as `read_layers`.
    """
    file, digest = Path(path).name, _digest(Path(path))
    places = theatre.places
    row, column = places.cells
    known = row >= 0
    table, row, column = places.table[known].reset_index(drop=True), row[known], column[known]
    seen: dict[str, tuple[date, BoolArray, dict[bool, npt.NDArray[np.int64]]]] = {}
    for layer in read_layers(path, theatre.grid):
        inside = layer.cells[row, column]
        ordinal = layer.day.toordinal()
        before = seen.get(layer.name)
        if before is None or (layer.day - before[0]).days > GAP_DAYS:
            never = np.full(len(row), -(10**6))
            seen[layer.name] = layer.day, inside, {state: np.where(inside == state, ordinal, never) for state in _BOTH}
            continue
        _, was, last = before
        if layer.name == ASSESSED and np.count_nonzero(was & ~inside) > BROKEN * np.count_nonzero(was):
            lost = f"{np.count_nonzero(was & ~inside):,} of {np.count_nonzero(was):,} places lost at once"
            yield ReadWarning(file, f"{layer.name} of {layer.day}", f"{lost}: a broken layer, left out")
            continue
        for state in _BOTH:
            if state is False and layer.name != ASSESSED:
                continue
            new = np.flatnonzero((inside == state) & (was != state) & (ordinal - last[state] > COME_BACK_DAYS))
            if len(new):
                yield _document(layer, state, table.iloc[new], theatre, file, digest)
        for state in _BOTH:
            last[state] = np.where(inside == state, ordinal, last[state])
        seen[layer.name] = layer.day, inside, last


_BOTH: Final = (True, False)


def _document(
    layer: Layer, entered: bool, places: object, theatre: Theatre, file: str, digest: str
) -> tuple[Document, list[Claim]]:
    """One line and one claim for each place that entered the layer that day, or left it."""
    ukrainian = (layer.name == UKRAINIAN) if entered else True
    holder = theatre.sides["a" if ukrainian else "b"].name
    text, claims = "", []
    for place in places.itertuples():  # type: ignore[attr-defined]
        quote = f"{place.name} ({place.id}): {'enters' if entered else 'leaves'} {_WORDS[layer.name]}"
        claims.append(
            Claim(
                kind="control",
                side=holder,
                place=place.name,
                lat=float(place.lat),
                lon=float(place.lon),
                holder=holder,
                valid=layer.day.isoformat(),
                attributed_to=SPEAKERS[layer.name],
                certainty="stated" if layer.name == ASSESSED else "claimed",
                unit=None,
                quantity=None,
                quote=quote,
                start=len(text),
                end=len(text) + len(quote),
            )
        )
        text += quote + "\n"
    return Document(text, layer.day, SOURCE, _WORDS[layer.name], "", file, digest), claims


_WORDS: Final = {
    ASSESSED: "the ground assessed as Russian",
    RUSSIAN: "the ground claimed by Russian sources",
    UKRAINIAN: "the ground claimed by Ukrainian officials",
}


def _cells(shape: bytes, grid: Grid, file: str, place: str) -> BoolArray:
    try:
        geometry = shapely.make_valid(shapely.from_wkb(shape))
    except (shapely.errors.ShapelyError, TypeError) as error:
        raise InputError(file, place, f"its geometry is no WKB ({error})", "Give the file as published.") from error
    if geometry is None or geometry.is_empty:
        return np.zeros(grid.shape, bool)
    projected = shapely.transform(geometry, lambda lonlat: np.stack(grid.project(*lonlat.T), axis=1))
    burnt = rasterize([(projected, 1)], out_shape=grid.shape, transform=grid.transform, dtype=np.uint8)
    return np.asarray(burnt, bool)


def _table(path: Path) -> pa.Table:
    remedy = "Give the Parquet file of the layers, with columns date, layer and geometry."
    try:
        return pq.read_table(path, columns=["date", "layer", "geometry"])
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror or error})", remedy) from error
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        raise InputError(str(path), "", f"it is no such file: {error}", remedy) from error


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", "Give a readable file.") from error


def _day(text: str, file: str, place: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except (TypeError, ValueError) as error:
        raise InputError(file, place, f"{text!r} is no date", "Dates read YYYYMMDD.") from error
