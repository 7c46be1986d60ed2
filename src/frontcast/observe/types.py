"""Typed observations: what every reader hands on, whatever format it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from frontcast.theatre import Theatre


@dataclass(frozen=True)
class Provenance:
    """Where an observation came from: source, file (or archive member), SHA-256 of that file's bytes."""

    source: str
    file: str
    sha256: str


@dataclass(frozen=True)
class ControlMap:
    """One map of who holds what.

    Attributes:
        provenance: source and file.
        valid_time: the time the map describes, UTC, seconds.
        known_at: when the source published it, UTC, seconds. Never before `valid_time`.
        control: (y, x) uint8 on the theatre's grid, values of `frontcast.theatre.control`. Maps are put on
            the 1 km grid where they enter: nothing finer is ever kept.
    """

    provenance: Provenance
    valid_time: np.datetime64
    known_at: np.datetime64
    control: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class UnitSighting:
    """One unit at one place on one date, as a source marked it.

    Attributes:
        provenance: source and file.
        valid_time, known_at: UTC, seconds.
        side: "a" or "b".
        unit: its name in English where the source gives one.
        echelon: army, division, brigade, regiment, battalion, ... or "" where unknown.
        kind: arm or branch ("motorised rifle", "tank", "headquarters", ...) or "". A "direction of attack"
            is a marked arrow, with no unit's name.
        parent: the formation it belongs to, or "".
        lon, lat: degrees, rounded to 0.01 (about 1 km) where they enter.
        strength: battalion groups, NaN where unknown.
        heading: where it is heading, degrees clockwise from north, NaN where unknown.
    """

    provenance: Provenance
    valid_time: np.datetime64
    known_at: np.datetime64
    side: str
    unit: str
    echelon: str
    kind: str
    parent: str
    lon: float
    lat: float
    strength: float
    heading: float = float("nan")


@dataclass(frozen=True)
class ReadWarning:
    """A part of a file that was left out, mended or filled in, with why; the rest of the file is sound."""

    file: str
    place: str
    problem: str


Observation = ControlMap | UnitSighting
Read = Observation | ReadWarning


class Reader(Protocol):
    """One source format. Instances are registered by name in `frontcast.observe.READERS`."""

    name: str
    source: str

    def recognises(self, path: Path) -> bool:
        """Whether the path looks like this format, by names and first bytes. InputError where unreadable."""
        ...

    def read(self, path: Path, theatre: Theatre) -> Iterator[Read]:
        """Observations and warnings, in the order they became known. Raises InputError for unusable files."""
        ...
