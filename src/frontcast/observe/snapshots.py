"""Reader of the DeepState snapshot archive: `UNIXTIME.geojson`, one map with units for each day.

Each file is one FeatureCollection as the map's site served it at that second: polygons, whose fill and name
say who holds the ground, and points (`snapshot_units`). One pass gives a `ControlMap` and the
`UnitSighting`s.

What the 1,089 files of 2022-04-03 to 2025-06-30 showed, and what follows from it:

- Names came in Ukrainian, from 2022-05-13 as `Ukrainian /// English`, from 2024-03-23 with a translation
  key as a third part. Some have a letter broken into U+FFFD by the archiver; patterns allow for that
  anywhere.
- Fills are steadier than names, and a fill with one meaning (`FILLS`) decides over the name. Where the two
  disagree (some 60 polygons, such as grey ground still named "liberated"), the neighbouring days side with
  the fill.
- Four fills have no meaning of their own; there the name decides (`NAMES`): ground held since before 2022
  was black, then `#880e4f`, as was Transnistria; `#ff5252` marks what the map calls occupied in other
  countries and never touches Ukraine's land; `#ce93d8` was drawn on one day, 2023-06-24, in Russia.
- Statuses do not overlap: occupied and grey share at most 16 cells of 1 km² on any day, occupied and
  liberated at most 6, liberated and grey 2, all along shared edges. So the order of painting hardly
  matters; grey goes on top, and liberated ground is simply not painted.
- No day is broken: the largest change that is undone by the next maps is 310 km² (2022-05-19 to 21),
  against 7,187 km² for the largest real one (2022-04-07). Early April 2022 does swing: the grey zone was
  redrawn twice within five days (5,702, 1,264, 6,274 km²).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from frontcast.observe import snapshot_units
from frontcast.observe.archive import DatedFile, dated_files, names_match
from frontcast.observe.polygons import UNPAINTED, Json, features_of, outlines_of, paint, parse_json
from frontcast.observe.types import ControlMap, Read, ReadWarning
from frontcast.theatre import GREY, A, B, Theatre

PATTERN: Final = re.compile(r"(\d{9,11})\.geojson")
ELSEWHERE: Final = UNPAINTED
"""Status of ground outside the theatre that the map is known to colour."""

FILLS: Final = {
    "#a52714": B,
    "#bcaaa4": GREY,
    "#bdbdbd": GREY,
    "#757575": GREY,
    "#0f9d58": A,
    "#0288d1": A,
    "#01579b": A,
}
"""Fills with one meaning: occupied; unknown or contested; liberated (long ago, lately, in Russia)."""
NAMED_FILLS: Final = ("#000000", "#880e4f", "#ff5252", "#ce93d8")
"""Fills known to take their meaning from the name."""


class Name(NamedTuple):
    """A status and the word stems, in lower case, that say it in a polygon's name."""

    status: int
    stems: tuple[str, ...]


NAMES: Final = (
    Name(
        ELSEWHERE,
        (
            *("придністров", "transnistria", "абхаз", "abkhazia", "петсамо", "petsamo", "салла", "salla"),
            *("печорськ", "pechorsky", "цхінвал", "tskhinval", "курильськ", "kuril", "латві", "latvia"),
            *("естоні", "estonia", "східна прус", "prussia", "карелі", "karelia", "ічкері", "ichkeria"),
            *("вагнер", "wagner"),
        ),
    ),
    Name(B, ("ордло", "cadr", "крим", "crimea", "тузла", "tuzla")),
    Name(
        GREY,
        ("під питанням", "contes", "contens", "in doubt", "невідом", "unknown", "сіра зона", "gray area"),
    ),
    Name(GREY, ("відступність", "відстуність", "відхід орків", "фактично контролюється")),
    Name(A, ("звільнен", "liberated", "taken back", "recaptured", "dismissed", "орки відсутні", "відбиті")),
    Name(A, ("відкинуто", "pushed back", "під контролем зсу")),
    Name(B, ("окупован", "occupied", "захоплено", "зайняті", "occupation")),
)
"""What names say, the first match of all; stems seen in the archive, those of other lands first."""

UNSAYING: Final = ("багатокутник", "зміїний", "snake island", "тростянець-суми", "24.03", "вологі мрії")
"""Known names that tell nothing: the drawing tool's own, an island, a road, a date, a jest."""


def _damaged(stems: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for any of the stems, each letter of which may have been broken into U+FFFD."""
    return re.compile("|".join("".join(f"(?:{re.escape(letter)}|\ufffd+)" for letter in stem) for stem in stems))


_NAMES: Final = tuple((name.status, _damaged(name.stems)) for name in NAMES)
_UNSAYING: Final = _damaged(UNSAYING)


class Status(NamedTuple):
    """What a polygon's fill and name say: a control value or `UNPAINTED`, and what was strange about them."""

    holder: int
    problem: str


@lru_cache(maxsize=4096)  # the same pairs come back on every day
def status_of(fill: str, name: str) -> Status:
    """Control value of a polygon with this fill and name."""
    fill, words = fill.strip().lower(), " ".join(name.lower().split())
    said = next((status for status, pattern in _NAMES if pattern.search(words)), None)
    known = said is not None or _UNSAYING.search(words) is not None
    shown = f"fill {fill!r} and name {name.strip()[:60]!r}"
    if fill in FILLS:
        return Status(FILLS[fill], "" if known else f"{shown}: nobody has seen this name; the fill decides")
    if said is None:
        return Status(UNPAINTED, f"{shown}: nobody has seen them; the polygon is left out")
    return Status(said, "" if fill in NAMED_FILLS else f"{shown}: nobody has seen this fill; the name decides")


class Snapshots:
    """Reader of DeepState snapshots: a file, a folder or an archive of `UNIXTIME.geojson`."""

    name = "deepstate-snapshots"
    source = "deepstate"

    def recognises(self, path: Path) -> bool:
        """Whether files of the path are named `UNIXTIME.geojson`."""
        return names_match(path, PATTERN)

    def read(self, path: Path, theatre: Theatre) -> Iterator[Read]:
        """A control map and the sightings of each file, in time order; valid and known at the file's time.

        Raises:
            InputError: where a file cannot be used at all.
        """
        remedy = "Snapshots are named UNIXTIME.geojson, the time in seconds."
        for file in dated_files(path, self.source, PATTERN, lambda text: np.datetime64(int(text), "s"), remedy):
            if isinstance(file, ReadWarning):
                yield file
            else:
                yield from _read(file, theatre)


def _read(file: DatedFile, theatre: Theatre) -> Iterator[Read]:
    features = features_of(parse_json(file.data, file.label), file.label)
    holders = []
    for index, feature in enumerate(features):
        holder = UNPAINTED
        if feature["geometry"].get("type") != "Point":
            properties: Json = feature["properties"]
            holder, problem = status_of(str(properties.get("fill") or ""), str(properties.get("name") or ""))
            if problem:
                yield ReadWarning(file.label, f"feature {index}", problem)
        holders.append(UNPAINTED if holder == A else holder)
    outlines = outlines_of(features, holders, file.label)
    control, warnings = paint(outlines, theatre)
    yield from outlines.warnings
    yield from warnings
    yield ControlMap(file.provenance, file.time, file.time, control)
    yield from snapshot_units.sightings(features, file)
