"""Points of the DeepState snapshots: units, headquarters and directions of attack, all of side b.

The map marks only the enemy's order of battle: of its 293,489 points, `{icon=enemy}` in the description are
units and `{icon=headquarter}` headquarters. `{icon=arrow_N}` is a direction of attack, heading N x 22.5
degrees clockwise from north: against the direction from b's ground to a's on the map of the day, the
headings agree to within 20 degrees for the common arrows 8 to 16. Airfields, capitals, Belarusian camps, a
sunk cruiser and two politicians are passed over.

Names are `Ukrainian /// English /// key` in the vintages of `snapshots`. The English is kept as the map
spells it; where there is none, the name is made of number, kind and echelon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from frontcast.observe.archive import DatedFile
from frontcast.observe.polygons import Json, positions_of
from frontcast.observe.types import Read, ReadWarning, UnitSighting

DECIMALS: Final = 2
"""Positions are rounded to 0.01 degree, about 1 km, where they enter: nothing finer is ever kept."""

PASSED_OVER: Final = frozenset(
    (
        "airport",
        "clown",
        "eblorussia",
        "iblorussia",
        "kerchbridge",
        "moscow_ship",
        "russiacapital",
        "ukrainecapital",
    )
)

ECHELONS: Final = (
    ("division", r"division|дивізія"),
    ("brigade", r"brigade|бригада"),
    ("regiment", r"regiment|полк\b"),
    ("battalion", r"battalion|батальйон|\bотб\b"),
    ("company", r"\bcompany\b|\bрота\b"),
    ("corps", r"\bcorps\b|корпус"),
    ("army", r"\barmy\b|армі[яї]"),
    ("base", r"military base|військова база"),
    ("detachment", r"\bbars\b|squad|detachment|загін|\bunit\b"),
)
"""Echelons and the patterns that name them, the first match in the name without its parent."""

KINDS: Final = (
    ("headquarters", r"\bштаб"),
    ("control", r"control|керування"),
    ("motorised rifle", r"motor(?:i[sz]ed)? ?(?:rifle|infantry)|мотостріл"),
    ("machine gun artillery", r"machine gun artillery|кулеметно-артилерійськ"),
    ("tank", r"\btank\b|panzer|танков|\bотб\b"),
    ("naval infantry", r"marine|naval infantry|морськ"),
    ("airborne", r"air ?borne|air assault|parachute|paratrooper|десант|парашут"),
    ("combined arms", r"combined.arms|all-army|загальновійськов"),
    ("rocket artillery", r"rocket|ракетн"),
    ("artillery", r"artillery|артилерійськ"),
    ("coastal defence", r"coastal|берегової"),
    ("special purpose", r"special purpose|spetsnaz|спеціального призначення"),
    ("reconnaissance", r"reconnaissance|intelligence|розвід"),
    ("engineer", r"engineer|sapper|сапер"),
    ("territorial defence", r"territorial def|територіальної оборони"),
    ("national guard", r"rosgu?ard|росгвардії|operational assignment|akhmat|ахмат"),
    ("rifle", r"\brifle\b|стріле?ць?к|стрілков"),
    ("assault", r"storm|шторм|assault|штурмов"),
    ("volunteer", r"\bbars\b|барс|volunt|добровольч"),
    ("private military company", r"wagner|вагнер|\bpmc\b"),
)
"""Arms and the patterns that name them, the first match in the name without its parent."""

_ECHELONS: Final = tuple((word, re.compile(pattern)) for word, pattern in ECHELONS)
_KINDS: Final = tuple((word, re.compile(pattern)) for word, pattern in KINDS)
_ICON: Final = re.compile(r"\{icon=([a-z]+(?:_[a-z]+)*)(?:_(\d+))?[,}]")
_PARENT: Final = re.compile(
    r"\(?\b(?:from|rom|under|according to)\b(?: the)?(?: composition of)? *([^)]*)\)?.*|зі складу.*"
)
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_NUMBER: Final = re.compile(r"\b(\d+)-?")


class Unit(NamedTuple):
    """What a unit's name says of it; "" where it says nothing."""

    name: str
    echelon: str
    kind: str
    parent: str


@lru_cache(maxsize=4096)  # the same names come back on every day
def unit_of(name: str) -> Unit:
    """Name in English, echelon, kind and parent formation of a unit the map names so."""
    parts = [" ".join(part.replace("\ufffd", "").split()) for part in re.split("/{2,}", name)]
    parts = [part for part in parts if part and not part.lower().startswith("geojson.")]
    english = next((part for part in parts if not _CYRILLIC.search(part)), "")
    own = [_PARENT.sub("", part).strip() for part in parts]
    text = " | ".join(own).lower()
    echelon = next((word for word, pattern in _ECHELONS if pattern.search(text)), "")
    kind = next((word for word, pattern in _KINDS if pattern.search(text)), "")
    parent = _PARENT.search(english)
    number = _NUMBER.match(own[0]) if own else None
    if english:
        shown = _PARENT.sub("", english).strip()
    elif number and echelon:
        shown = " ".join(word for word in (_ordinal(int(number[1])), kind, echelon) if word)
    else:
        shown = own[0] if own else ""
    return Unit(shown, echelon, kind, (parent[1] or "").strip() if parent else "")


def sightings(features: Sequence[Json], file: DatedFile) -> Iterator[Read]:
    """Units, headquarters and directions of attack among the features; a warning for any other point.

    Raises:
        InputError: where a point is no place on Earth.
    """
    points = [index for index, feature in enumerate(features) if feature["geometry"].get("type") == "Point"]
    positions = [features[index]["geometry"].get("coordinates") for index in points]
    for index, (lon, lat) in zip(points, positions_of(positions, points, file.label).round(DECIMALS), strict=True):
        properties = features[index]["properties"]
        name = str(properties.get("name") or "")
        marked = _ICON.search(str(properties.get("description") or ""))
        icon = marked[1] if marked else ""
        if icon in PASSED_OVER:
            continue
        unit, heading = unit_of(name), float("nan")
        if icon == "headquarter":
            unit = unit._replace(kind="headquarters")
        elif icon == "arrow" and marked and marked[2]:
            fleeing = "втечі" in name
            unit = Unit("", "", "direction of withdrawal" if fleeing else "direction of attack", "")
            heading = int(marked[2]) * 22.5 % 360.0
        elif icon != "enemy" and not (icon == "" and unit.echelon):  # before 2022-04-18 some units had no icon
            problem = f"a point of no known kind (icon {icon!r}, name {name.strip()[:60]!r}): left out"
            yield ReadWarning(file.label, f"feature {index}", problem)
            continue
        yield UnitSighting(
            provenance=file.provenance,
            valid_time=file.time,
            known_at=file.time,
            side="b",
            unit=unit.name,
            echelon=unit.echelon,
            kind=unit.kind,
            parent=unit.parent,
            lon=float(lon),
            lat=float(lat),
            strength=float("nan"),
            heading=heading,
        )


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
