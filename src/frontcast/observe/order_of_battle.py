"""Reader of the uawardata order of battle: `units_all.csv` and `btgs_all.csv`.

`units_all.csv` has units of both sides, `btgs_all.csv` battalion groups of Russia; a row is one on one of
23 dates from 2022-03-27 to 2022-09-11. Positions of Ukrainian units are coarse on purpose, to 0.1 degree;
all are rounded to 0.01 here. Strengths count battalion groups; those of headquarters include the units
below them, so they must not be added up.

A map of a date rests on sources up to four days later (`sources_date`): the one of 2022-09-11 places 60
Ukrainian brigades by a map of 2022-09-13. So a date's rows are known at the end of the latest day they
cite, never before the end of their own. Where none is cited (before 2022-08-20), the date itself is the
best there is.

Rows of `btgs_all.csv` are battalion groups of the unit they name: echelon "battalion group", strength 1,
under a source of their own (`uawardata-groups`), because `units_all.csv` counts the same groups again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from frontcast.errors import InputError
from frontcast.observe.archive import contents, end_of_day, entries, refuse_future
from frontcast.observe.polygons import positions_in
from frontcast.observe.types import Provenance, Read, ReadWarning, UnitSighting
from frontcast.theatre import Theatre

COUNTRIES: Final = {"ru": "Russia", "ua": "Ukraine"}
"""Codes of the files and the names of the sides they stand for."""
KINDS: Final = {
    "airborne": "airborne",
    "armor": "tank",
    "artillery": "artillery",
    "headquarters": "headquarters",
    "infantry": "infantry",
    "infantry airborne": "airborne",
    "light infantry": "light infantry",
    "marine": "naval infantry",
    "mechanized infantry": "mechanised infantry",
    "motor_rifle": "motorised rifle",
    "motorized infantry": "motorised infantry",
    "motorized rifle": "motorised rifle",
    "naval infantry": "naval infantry",
    "recon": "reconnaissance",
    "rocket artillery": "rocket artillery",
    "special purpose": "special purpose",
    "tank": "tank",
    "vdv": "airborne",
}
"""The files' types, without the vehicles some list in brackets, in plain words."""
DECIMALS: Final = 2
_PLAIN_STRENGTH: Final = re.compile(r"<?\d+\??")
_DAY: Final = re.compile(r"\d{2}\.\d{2}\.\d{4}")


class Layout(NamedTuple):
    """One of the two files: the source of its rows, its column of kinds, the columns it must have."""

    source: str
    kind: str
    columns: frozenset[str]


UNITS: Final = Layout(
    "uawardata",
    "type",
    frozenset(
        (
            *("date", "lat", "lng", "type", "strength", "strength_in_btg_text", "strength_in_btg_number"),
            *("unit", "subordinate_to", "sources_date", "country"),
        )
    ),
)
GROUPS: Final = Layout(
    "uawardata-groups", "type_of_btg", frozenset(("date", "lat", "lng", "unit", "type_of_btg", "country"))
)


class OrderOfBattle:
    """Reader of the uawardata CSV files: one, a folder or an archive with both."""

    name = source = "uawardata"

    def recognises(self, path: Path) -> bool:
        """Whether one of the first files of the path is a CSV whose header has the columns of either file."""
        names = {entry.name for entry in entries(path, first=20) if entry.base.endswith(".csv")}
        found = contents(path, lambda entry: entry.name in names) if names else iter(())
        return any(_layout(data.partition(b"\n")[0].decode("utf-8-sig", "replace")) for _, data in found)

    def read(self, path: Path, theatre: Theatre) -> Iterator[Read]:
        """The sightings of all rows in the order they became known, after the warnings for rows left out.

        Raises:
            InputError: where a file is no such CSV, or a row has no readable date or position.
        """
        warnings: list[ReadWarning] = []
        sightings: list[UnitSighting] = []
        for entry, data in contents(path, lambda entry: True):
            if not entry.base.endswith(".csv"):
                warnings.append(ReadWarning(entry.label, "", "is no CSV: left out"))
                continue
            provenance = Provenance(self.source, entry.base, hashlib.sha256(data).hexdigest())
            for read in _read(data, entry.label, provenance, theatre):
                if isinstance(read, ReadWarning):
                    warnings.append(read)
                else:
                    sightings.append(read)
        yield from warnings
        yield from sorted(sightings, key=lambda sighting: (sighting.known_at, sighting.valid_time))


def _layout(header: str) -> Layout | None:
    columns = set(next(csv.reader([header.strip()]), []))
    return next((layout for layout in (UNITS, GROUPS) if layout.columns <= columns), None)


def _read(data: bytes, file: str, provenance: Provenance, theatre: Theatre) -> Iterator[UnitSighting | ReadWarning]:
    layout, rows = _rows(data, file)
    provenance = Provenance(layout.source, provenance.file, provenance.sha256)
    sides = {side.name: letter for letter, side in theatre.sides.items()}
    valid = [_date(row["date"], "%Y-%m-%d", file, place) for place, row in rows]
    known: dict[np.datetime64, np.datetime64] = {}
    for (place, row), date in zip(rows, valid, strict=True):
        cited = [_date(day, "%d.%m.%Y", file, place) for day in _DAY.findall(row.get("sources_date", ""))]
        known[date] = max([date, known.get(date, date), *cited])
    for place, row in rows:
        refuse_future(known[_date(row["date"], "%Y-%m-%d", file, place)], file, place)
    positions = [[_number(row[axis], axis, file, place) for axis in ("lng", "lat")] for place, row in rows]
    lonlat = positions_in(theatre.grid, positions, [place for place, _ in rows], file).round(DECIMALS)
    for (place, row), date, (lon, lat) in zip(rows, valid, lonlat, strict=True):
        side = sides.get(COUNTRIES.get(row["country"], ""))
        kind = KINDS.get(row[layout.kind].partition("(")[0].strip().lower())
        if side is None or kind is None:
            what = f"country {row['country']!r}" if side is None else f"type {row[layout.kind]!r}"
            yield ReadWarning(file, place, f"{what}: nobody has seen it; the row is left out")
            continue
        echelon, strength = "battalion group", 1.0
        if layout is UNITS:
            echelon, strength = row["strength"].lower().replace("unknown", ""), float("nan")
            if _PLAIN_STRENGTH.fullmatch(row["strength_in_btg_text"]):  # "n/a" and lists of units are no counts
                strength = _number(row["strength_in_btg_number"], "strength_in_btg_number", file, place)
        yield UnitSighting(
            provenance=provenance,
            valid_time=date,
            known_at=known[date],
            side=side,
            unit=" ".join(row["unit"].split()),
            echelon=echelon,
            kind=kind,
            parent=row.get("subordinate_to", ""),
            lon=float(lon),
            lat=float(lat),
            strength=strength,
        )


def _rows(data: bytes, file: str) -> tuple[Layout, Sequence[tuple[str, dict[str, str]]]]:
    """The file's layout, and its rows by column with the line each begins on."""
    try:
        text = data.decode("utf-8-sig")
        layout = _layout(text.partition("\n")[0])
        if layout is None:
            missing = ", ".join(sorted(UNITS.columns))
            raise InputError(file, "line 1", "the header has not the columns of either file", f"It needs {missing}.")
        reader = csv.reader(io.StringIO(text, newline=""))
        header, rows = next(reader), []
        for cells in reader:
            place = f"line {reader.line_num}"
            if len(cells) != len(header):
                problem = f"the row has {len(cells)} of {len(header)} columns"
                raise InputError(file, place, problem, "It may be truncated: fetch it again.")
            rows.append((place, dict(zip(header, cells, strict=True))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(file, "", f"it is no CSV: {error}", "Give the file as published, in UTF-8.") from error
    if not rows:
        raise InputError(file, "", "it holds no rows", "Give the file as published.")
    return layout, rows


def _date(text: str, pattern: str, file: str, place: str) -> np.datetime64:
    """End of the UTC day the text names."""
    try:
        return end_of_day(datetime.strptime(text, pattern).strftime("%Y-%m-%d"))
    except ValueError as error:
        raise InputError(file, place, f"{text!r} is no date", "Dates read YYYY-MM-DD.") from error


def _number(text: str, column: str, file: str, place: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(file, place, f"{column} {text!r} is no number", "Give a number.") from error
