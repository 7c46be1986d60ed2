"""The wars the rules know, with their sides, as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from frontcast.observe.reports.lexicon import Lexicon


@dataclass(frozen=True)
class Side:
    """One side of one war, as words."""

    name: str
    phrases: dict[str, list[tuple[str, ...]]]
    capitals: frozenset[str]
    people: frozenset[str]
    roles: dict[str, list[tuple[str, ...]]]
    voice: tuple[tuple[str, ...], ...]
    colours: tuple[str, ...] = ()
    called: tuple[tuple[str, frozenset[str]], ...] = ()
    spellings: tuple[str, ...] = ()
    camp: str = ""


@dataclass(frozen=True)
class War:
    """The sides of one war.

    `countries`: ISO 3166 codes of where its places lie; `markers`: words that speak for it, weighed; `attacker`:
    the side that takes places where a report does not say who does, until the first of `turns`; `ended`: the year it
    did, if it is long over; `began`: the year it did; `aggressor`: the attacker of the whole war, whatever its turns."""

    name: str
    countries: frozenset[str]
    markers: dict[str, float]
    sides: tuple[Side, ...]
    attacker: str | None = None
    ended: int | None = None
    began: int = 0
    turns: tuple[tuple[str, str], ...] = ()
    liberator: str | None = None
    aggressor: str | None = None

    def fought(self, published: int, told: int | None = None) -> bool:
        """Whether a report of that year may be about it; `told` is the earliest year that it names."""
        return self.began <= published and (
            self.ended is None or min(published, published if told is None else told) <= self.ended + 1
        )

    def attacking(self, day: str) -> str | None:
        """The side on the move on a day, YYYY-MM-DD, as far as the rules know."""
        side = self.attacker
        for since, now in self.turns:
            if day >= since:
                side = now
        return side

    def other(self, side: str | None) -> str | None:
        """The side that fights this one: of more than two, the first of another camp."""
        if side is None:
            return None
        camp = next((one.camp for one in self.sides if one.name == side), "")
        for candidate in self.sides:
            if candidate.name != side and not (camp and candidate.camp == camp):
                return candidate.name
        return None


def wars(lexicon: Lexicon) -> tuple[War, ...]:
    """All wars that the rules of a language list."""
    found = tuple(_war(entry) for entry in lexicon.data["sides"]["war"])
    for war in found:
        for side in war.sides:
            for index in side.phrases.values():
                for phrase in index:
                    if len(phrase) == 1:
                        war.markers.setdefault(phrase[0], 0.5)
    for war in found:
        for marker, weight in war.markers.items():
            # A marker that is also a name in other wars tells less: "Russian" in Syria.
            elsewhere = sum(
                marker in other.markers
                or any(
                    marker in phrase for side in other.sides for phrases in side.phrases.values() for phrase in phrases
                )
                for other in found
                if other is not war and other.ended is None
            )
            war.markers[marker] = weight / (1 + elsewhere)
    return found


def phrase_index(names: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """Names as lower-case words, by the first, the longest first."""
    index: dict[str, list[tuple[str, ...]]] = {}
    for name in names:
        words = tuple(
            word if len(word) == 2 and word.isupper() else word.casefold() for word in name.replace("'s", " 's").split()
        )
        index.setdefault(words[0], []).append(words)
    for entries in index.values():
        entries.sort(key=len, reverse=True)
    return index


def _war(entry: dict[str, Any]) -> War:
    return War(
        entry["name"],
        frozenset(entry["countries"]),
        dict.fromkeys(entry["markers"].split(), 1.0),
        tuple(
            Side(
                side["name"],
                phrase_index(side["names"]),
                frozenset(name.casefold() for name in side["capitals"]),
                frozenset(name.casefold() for name in side["people"]),
                phrase_index(side["roles"]),
                tuple(tuple(phrase.casefold().split()) for phrase in side["voice"]),
                tuple(side.get("colours", ())),
                tuple((name, frozenset(said.split())) for name, said in side.get("called", {}).items()),
                tuple(side.get("spellings", ())),
                side.get("camp", ""),
            )
            for side in entry["side"]
        ),
        entry.get("attacker"),
        entry.get("ended"),
        entry.get("began", 0),
        tuple((since, side) for since, side in entry.get("turns", ())),
        entry.get("liberator"),
        entry.get("attacker"),
    )


def match(index: dict[str, list[tuple[str, ...]]], words: Sequence[str], i: int) -> bool:
    """Whether one of the phrases of an index stands at word i."""
    return any(tuple(words[i : i + len(phrase)]) == phrase for phrase in index.get(words[i], ()))
