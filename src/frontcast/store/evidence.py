"""Which claims are about one event, and which of them are one piece of evidence of it.

Ten papers that print one agency's wire have one piece of evidence between them; two speakers who say the same have
two. Claims are taken in the order they became known, and each joins what is there or begins something new: what
was one event a week ago is one event still, whatever has been claimed since.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from frontcast.spelling import fold, skeleton
from frontcast.store.claims import EARTH_KM, SAME_KM, SAME_POINT_KM

AGREE_DAYS: Final = 2
"""Days that reports of one event may be dated apart: the night between, and the day it was told."""

ALIKE: Final = 0.6
"""Share of the runs of three words that two quotes have in common, from which one is a copy of the other."""

_SHINGLE: Final = 3
_SKETCH: Final = 6
"""Smallest shingles by which near copies are looked up: of quotes `ALIKE`, 1 in 1,000 shares none of its six."""

_CELL: Final = 0.05
"""Degrees; at least `SAME_KM` north to south, and east to west up to 26° from the pole by its neighbours."""

_NOBODY: Final = frozenset(
    ("a", "an", "the", "his", "her", "its", "their", "our", "of", "in", "on", "for", "and", "by")
)
"""Words that name nobody."""


def weigh(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims with three more columns: `place_id`, `event` and `evidence`, each the id of its first claim.

    Args:
        claims: from `Store.claims`: all that are known, or all about one place. With some left out, ids can differ.

    Claims are about one event where kind, place, outcome (the holder; for other kinds the side) and degree
    of certainty (asserted, denied or predicted) are the same and dates agree to `AGREE_DAYS`, or to the month where
    only that is known. Without a place, wording must be alike, too. In one event, claims of one speaker or of
    near-identical wording are one piece of evidence. `place_id` is missing where there is no place.
    """
    found = _Grouping()
    order = claims.sort_values(["known_at", "source", "url", "quote", "id"], kind="stable")
    rows = [found.add(fact) for fact in facts(order)]
    groups = pd.DataFrame(rows, index=order.index, columns=["place_id", "event", "evidence"], dtype="Int64")
    return claims.join(groups)


def speaker(claims: pd.DataFrame) -> pd.Series:
    """Who says so: whom a claim is attributed to or, where nobody is named, whoever published it."""
    return claims["attributed_to"].where(claims["attributed_to"].notna(), claims["source"]).astype(str)


@lru_cache(maxsize=10_000)
def _names(words: str) -> frozenset[str]:
    """The words of a speaker that say who it is, in no particular spelling."""
    plain = re.sub(r"['’ʼ]s?\b", " ", words)
    named = (word for word in fold(plain).split() if word not in _NOBODY)
    return frozenset(word if any(map(str.isdigit, word)) else skeleton(word) for word in named)


@lru_cache(maxsize=100_000)
def same_speaker(one: str, other: str) -> bool:
    """Whether two names stand for one speaker: all words of the shorter are in the longer (Haidai, Serhiy Haidai)."""
    if one == other:
        return True
    few, many = sorted((_names(one), _names(other)), key=len)
    return bool(few) and few <= many


@lru_cache(maxsize=50_000)
def _shingles(quote: str) -> frozenset[tuple[str, ...]]:
    words = fold(quote).split()
    return frozenset(tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1)))


def alike(one: str, other: str) -> bool:
    """Whether two quotes say the same in nearly the same words."""
    first, second = _shingles(one), _shingles(other)
    return len(first & second) >= ALIKE * len(first | second)


class Fact(NamedTuple):
    """One claim as grouping sees it.

    Attributes:
        id: of the claim.
        key, lat, lon: of its place, None where it has none.
        topic: what must be equal in claims about one event, except place and date.
        first, last: days it may be about, counted from 1970; of a claim without a date, its publication.
        who: who says so.
        quote: in which words.
        details: words for what was struck, which unit, what was counted: must not contradict one another.
    """

    id: int
    key: str | None
    lat: float | None
    lon: float | None
    topic: tuple[str | None, ...]
    first: int
    last: int
    who: str
    quote: str
    details: tuple[frozenset[str], ...]


def facts(claims: pd.DataFrame) -> Iterator[Fact]:
    """The claims, one by one, in their order."""
    known = claims["known_at"].to_numpy("datetime64[D]")
    first = claims["valid_from"].to_numpy("datetime64[D]")
    last = claims["valid_to"].to_numpy("datetime64[D]")
    first, last = (np.where(np.isnat(days), known, days).astype("datetime64[D]").astype(int) for days in (first, last))
    columns = ("id", "place_key", "lat", "lon", "kind", "side", "holder", "certainty", "quote", "target", "unit")
    values = zip(*(claims[name].tolist() for name in columns), claims["quantity_unit"].tolist(), strict=True)
    for row, begin, end, who in zip(values, first.tolist(), last.tolist(), speaker(claims).tolist(), strict=True):
        number, key, lat, lon, kind, side, holder, certainty, quote, target, unit, counted = row
        degree = certainty if certainty in ("denied", "predicted") else "asserted"
        outcome = (holder, side if holder is None or degree == "denied" else None) if kind == "control" else (side,)
        lat, lon = (None, None) if math.isnan(lat) or math.isnan(lon) else (lat, lon)
        numbers = frozenset(re.findall(r"\d+", unit or ""))
        details = (_names(target) if target else frozenset(), numbers, frozenset([counted] if counted else []))
        yield Fact(int(number), key, lat, lon, (kind, degree, *outcome), begin, end, who, quote, details)


@dataclass
class _Lookup:
    """Finds the numbers of quotes that may be near copies of a quote, without looking at all of them."""

    _by_shingle: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def candidates(self, quote: str) -> list[int]:
        """Numbers in the order they were added."""
        return sorted({number for key in self._sketch(quote) for number in self._by_shingle.get(key, ())})

    def add(self, quote: str, number: int) -> None:
        for key in self._sketch(quote):
            self._by_shingle[key].append(number)

    @staticmethod
    def _sketch(quote: str) -> list[int]:
        return sorted(zlib.crc32(" ".join(words).encode("utf-8", "replace")) for words in _shingles(quote))[:_SKETCH]


@dataclass
class _Event:
    first: Fact
    pieces: list[Fact] = field(default_factory=list)
    by_name: dict[str, int] = field(default_factory=dict)
    by_words: _Lookup = field(default_factory=_Lookup)

    def evidence(self, fact: Fact) -> int:
        """The piece of evidence that a claim is, the first claim of it."""
        piece = self.by_name.get(fact.who)
        if piece is None:
            spoken = (at for at, other in enumerate(self.pieces) if same_speaker(other.who, fact.who))
            copied = (at for at in self.by_words.candidates(fact.quote) if alike(self.pieces[at].quote, fact.quote))
            piece = next(spoken, None)
            piece = next(copied, None) if piece is None else piece
        if piece is None:
            piece = len(self.pieces)
            self.pieces.append(fact)
            self.by_words.add(fact.quote, piece)
        self.by_name.setdefault(fact.who, piece)
        return self.pieces[piece].id


@dataclass
class _Site:
    id: int
    key: str
    lat: float | None
    lon: float | None

    def holds(self, fact: Fact) -> bool:
        if fact.lat is None or fact.lon is None or self.lat is None or self.lon is None:
            return fact.key == self.key
        return distance_km(self.lat, self.lon, fact.lat, fact.lon) <= (
            SAME_KM if fact.key == self.key else SAME_POINT_KM
        )


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance between two points in degrees, km."""
    north, east = np.radians(other_lat - lat) / 2, np.radians(other_lon - lon) / 2
    share = np.sin(north) ** 2 + np.cos(np.radians(lat)) * np.cos(np.radians(other_lat)) * np.sin(east) ** 2
    return float(2 * EARTH_KM * np.arcsin(np.sqrt(min(1.0, share))))


class _Grouping:
    """Sites, events and evidence so far."""

    def __init__(self) -> None:
        self._sites: list[_Site] = []
        self._sites_at: dict[Hashable, list[int]] = defaultdict(list)
        self._events: dict[Hashable, list[_Event]] = defaultdict(list)
        self._placeless: dict[Hashable, tuple[list[_Event], _Lookup]] = {}

    def add(self, fact: Fact) -> tuple[int | None, int, int]:
        """Ids of the place, event and evidence of the next claim."""
        site = self._site(fact)
        event = self._without_place(fact) if site is None else self._at(site, fact)
        return (None if site is None else site.id), event.first.id, event.evidence(fact)

    def _site(self, fact: Fact) -> _Site | None:
        if not fact.key:
            return None
        near: list[int] = list(self._sites_at.get(fact.key, ()))
        cell = None if fact.lat is None or fact.lon is None else (int(fact.lat // _CELL), int(fact.lon // _CELL))
        if cell is not None:
            around = ((cell[0] + down, cell[1] + right) for down in (-1, 0, 1) for right in (-1, 0, 1))
            near += [number for one in around for number in self._sites_at.get(one, ())]
        fitting = [number for number in sorted(set(near)) if self._sites[number].holds(fact)]
        named = [number for number in fitting if self._sites[number].key == fact.key]
        if fitting:
            number = (named or fitting)[0]
        else:
            number = len(self._sites)
            self._sites.append(_Site(fact.id, fact.key, None, None))
            self._sites_at[fact.key].append(number)
        site = self._sites[number]
        if cell is not None and site.lat is None:
            site.lat, site.lon = fact.lat, fact.lon
            self._sites_at[cell].append(number)
        return site

    def _at(self, site: _Site, fact: Fact) -> _Event:
        block = (site.id, *fact.topic)
        for when in _dates(fact):
            for event in self._events.get((block, when), ()):
                if not _contradict(event.first, fact):
                    return event
        event = _Event(fact)
        month = _months(fact.first)
        self._events[block, (fact.first, fact.last)].append(event)
        self._events[block, ("in", month)].append(event)
        return event

    def _without_place(self, fact: Fact) -> _Event:
        events, words = self._placeless.setdefault(fact.topic, ([], _Lookup()))
        for number in words.candidates(fact.quote):
            first = events[number].first
            if agree((first.first, first.last), (fact.first, fact.last)) and alike(first.quote, fact.quote):
                return events[number]
        events.append(_Event(fact))
        words.add(fact.quote, len(events) - 1)
        return events[-1]


def _dates(fact: Fact) -> list[Hashable]:
    """Where events are looked up that a claim's date agrees with, the best agreement first."""
    if fact.first != fact.last:
        return [(fact.first, fact.last), ("in", _months(fact.first))]
    days: list[Hashable] = [(fact.first + apart, fact.first + apart) for apart in _NEAREST]
    return [*days, _whole_month(fact.first)]


_NEAREST: Final = sorted(range(-AGREE_DAYS, AGREE_DAYS + 1), key=lambda apart: (abs(apart), apart))


def _months(day: int) -> int:
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(int))


def _whole_month(day: int) -> tuple[int, int]:
    month = np.datetime64(_months(day), "M")
    return int(month.astype("datetime64[D]").astype(int)), int((month + 1).astype("datetime64[D]").astype(int)) - 1


def agree(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two dates, each its first and last day, may be of one event."""
    apart = max(one[0], other[0]) - min(one[1], other[1])
    return apart <= (AGREE_DAYS if one[0] == one[1] and other[0] == other[1] else 0)


def _contradict(one: Fact, other: Fact) -> bool:
    """Whether two claims name different things: other targets, units of other numbers, other things counted."""
    details: Sequence[tuple[Any, Any]] = list(zip(one.details, other.details, strict=True))
    return any(mine and theirs and not mine & theirs for mine, theirs in details)
