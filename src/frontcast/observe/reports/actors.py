"""Which war a document is about, and which side a phrase means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.parties import strange, unlisted
from frontcast.observe.reports.tokens import Sentence
from frontcast.observe.reports.voices import voice_of
from frontcast.observe.reports.wars import Side, War, match


@dataclass
class Actors:
    """Sides as one document speaks of them; remembers who was spoken of last.

    Attributes:
        war: the war it is about.
        voice: the side whose bulletin or post it is, or None.
        last: the side last spoken of as acting.
        units: unit name → side, as the document has told.
    """

    war: War
    lexicon: Lexicon
    voice: str | None = None
    last: str | None = None
    units: dict[str, str] = field(default_factory=dict)

    def named(self, words: Sequence[str]) -> str | None:
        """The side that words name outright, the first if several; None if none."""
        for i, word in enumerate(words):
            for side in self.war.sides:
                if match(side.phrases, words, i) or (word in side.people and len(word) > 2):
                    return side.name
        for i, word in enumerate(words):
            for side in self.war.sides:
                if word in side.capitals and (len(words) - i <= 2 or (i + 1 < len(words) and words[i + 1] == "'s")):
                    return side.name
                two = " ".join(words[i : i + 2])
                if two in side.capitals:
                    return side.name
        return None

    def by_role(self, words: Sequence[str]) -> str | None:
        """The side that a word means in this war only: "the rebels", "the regime"."""
        for i in range(len(words)):
            for side in self.war.sides:
                if match(side.roles, words, i):
                    return side.name
        return None

    def side(self, words: Sequence[str], speaker: str | None = None, unit: str | None = None) -> str | None:
        """The side a phrase means.

        Args:
            words: the phrase, in lower case.
            speaker: the side of whoever says it, for "we", "its troops" and "the enemy".
            unit: a formation named in it.
        """
        found = self.named(words)
        if found:
            return found
        if unit is not None and unit.casefold() in self.units:
            return self.units[unit.casefold()]
        own = speaker or self.voice
        heads = set(words)
        if heads & self.lexicon.words["other"]:
            return self.war.other(own) if own else self.war.other(self.last)
        if heads & self.lexicon.words["self"]:
            return own or self.last
        forces = self.forces
        if words and words[0] in ("its", "his", "her", "their") and len(words) > 1 and (own or self.last):
            return own or self.last
        found = self.by_role(words)
        if found:
            return found
        if heads & self.lexicon.words["they"] and len(words) == 1:
            return own or self.last
        if heads & forces:
            return self.last
        return None

    def besieger(self, place: str | None) -> str | None:
        """The side that a capital would fall to: the other one; None for places that are no side's capital."""
        name = (place or "").casefold()
        if name == "the capital":
            return self.war.aggressor
        return next((self.war.other(side.name) for side in self.war.sides if name in side.capitals), None)

    @property
    def colours(self) -> dict[str, str | None]:
        """What colours mean on maps of this war where no legend says."""
        return {colour: side.name for side in self.war.sides for colour in side.colours}

    @property
    def forces(self) -> frozenset[str]:
        """Words for soldiers of any side."""
        return _forces(self.lexicon)


_FORCES: dict[int, frozenset[str]] = {}


def _forces(lexicon: Lexicon) -> frozenset[str]:
    key = id(lexicon)
    if key not in _FORCES:
        _FORCES[key] = frozenset(lexicon.data["sides"]["words"]["forces"].split())
    return _FORCES[key]


class Wars:
    """Which of several wars a sentence is about, where a document tells of more than one.

    Args:
        known: the wars listed.
        whole: the words of the whole document.
        chosen: the war it is mostly about.
        published: the day it was published.
    """

    def __init__(self, known: tuple[War, ...], whole: Counter[str], chosen: War, published: date) -> None:
        year, told = published.year, earliest(whole, published.year)
        day = published.isoformat()
        self.told = [
            chosen if war.name == chosen.name else replace(war, attacker=war.attacking(day))
            for war in known
            if war.name == chosen.name or (_score(war, whole) >= SEVERAL and war.fought(year, told))
        ]
        if not chosen.name:
            self.told = [chosen]  # a war that nobody lists: what is listed is another
        self.now = chosen

    def of(self, sentence: Sentence, countries: Counter[str]) -> War:
        """The war a sentence is about: the one its words name, else that of the sentence before."""
        if len(self.told) < 2:
            return self.now
        words = Counter(sentence.lower)
        scores = {
            war.name: _score(war, words) + 0.7 * sum(countries[code] for code in war.countries) for war in self.told
        }
        best = max(self.told, key=lambda war: scores[war.name])
        if scores[best.name] > max(1.5 * scores[self.now.name], 0.9):
            self.now = best
        return self.now


SEVERAL: Final = 1.0
"""Marks of a war that a document must bear to be about it as well."""


def _score(war: War, words: Counter[str]) -> float:
    """How often the words name this war and no other."""
    return sum(words[marker] for marker, weight in war.markers.items() if weight == 1.0 and marker in words)


def earliest(words: Counter[str], published: int) -> int:
    """The earliest year of the last hundred or so that a document names, that of its publication at the latest."""
    years = [int(word) for word in words if len(word) == 4 and word.isdigit() and OLDEST <= int(word) <= published]
    return min(years, default=published)


OLDEST: Final = 1914
LEAST: Final = 0.1
"""Marks that a document must bear to be about a war."""


def actors(
    sentences: Sequence[Sentence],
    lexicon: Lexicon,
    known: tuple[War, ...],
    countries: Counter[str],
    published: date,
    told: date,
) -> Actors:
    """Who fights in a document.

    Args:
        sentences: the document.
        lexicon: of its language.
        known: the wars listed.
        countries: ISO code → how many of its places the document names.
        published: the day it was published.
        told: the day of what it tells.
    """
    words: Counter[str] = Counter()
    for sentence in sentences:
        words.update(sentence.lower)
    best, score = None, 0.0
    oldest = earliest(words, published.year)
    for war in (war for war in known if war.fought(published.year, oldest)):
        count = sum(words[marker] * weight for marker, weight in war.markers.items() if marker in words) + 0.7 * sum(
            all(word in words for word in phrase)
            for side in war.sides
            for index in side.phrases.values()
            for phrase in index
            if len(phrase) > 1
        )
        count += 0.7 * sum(countries[code] for code in war.countries)
        if war.ended is not None and oldest > war.ended + 1:
            count = 0.0
        if count > score and count >= LEAST:
            best, score = war, count
    if best is None or strange(best, sentences, lexicon):
        best = unlisted(sentences, lexicon, countries)
    chosen = best
    voice = voice_of(sentences, chosen, lexicon)
    chosen = replace(chosen, attacker=chosen.attacking(told.isoformat()))
    war = _as_told(chosen, sentences, lexicon)
    if voice is not None and voice not in {side.name for side in war.sides}:
        spoken = next(side for side in chosen.sides if side.name == voice)
        voice = next(side.name for side in war.sides if side.phrases is spoken.phrases)
    return Actors(war, lexicon, voice=voice)


REACH: Final = 6
"""Words between a side and the verb of taking that is counted for it."""


def _as_told(war: War, sentences: Sequence[Sentence], lexicon: Lexicon) -> War:
    """The war as one document tells it: its sides by how often it names them, its attacker the one it shows taking.

    A war has its tides: Iraq's army was driven back in 2014 and went forward in 2016.
    """
    named: Counter[str] = Counter()
    takes: Counter[str] = Counter()
    taking = _taking(lexicon)
    for sentence in sentences:
        low = sentence.lower
        for i in range(len(low)):
            side = next(
                (side.name for side in war.sides if match(side.phrases, low, i) or match(side.roles, low, i)), None
            )
            if side is None:
                continue
            named[side] += 1
            before = low[max(0, i - 3) : i]
            if "by" in before:
                takes[side] += any(word in taking for word in low[max(0, i - 8) : i])
                continue
            for word in low[i + 1 : i + 1 + REACH]:
                if word in ("by", "from", ",", ";", ".", "denied", "not", "failed"):
                    break
                if word in taking:
                    takes[side] += 1
                    break
    order = sorted(war.sides, key=lambda side: -named[side.name])
    renamed = {side.name: _as_called(side, sentences) for side in order if side.called}
    first = takes.most_common(2)
    attacker = war.attacker
    if first and first[0][1] >= 2 and (len(first) < 2 or first[0][1] >= 2 * first[1][1]):
        attacker = first[0][0]
    if not renamed:
        return replace(war, sides=tuple(order), attacker=attacker)
    return replace(
        war,
        sides=tuple(replace(side, name=renamed.get(side.name, side.name)) for side in order),
        attacker=renamed.get(attacker or "", attacker),
        liberator=renamed.get(war.liberator or "", war.liberator),
    )


def _as_called(side: Side, sentences: Sequence[Sentence]) -> str:
    """The name of a side that a document prefers, of those it goes by."""
    count = {name: sum(word in said for s in sentences for word in s.lower) for name, said in side.called}
    best = max(count, key=lambda name: count[name])
    return best if count[best] > count.get(side.name, 0) else side.name


@lru_cache(maxsize=4)
def _taking(lexicon: Lexicon) -> frozenset[str]:
    """Forms of the verbs of taking ground that nobody uses of losing it."""
    verbs = frozenset(lexicon.data["sides"]["words"]["taking"].split())
    return frozenset(form for form, verb in lexicon.verbs.items() if verb.lemma in verbs and "base" not in verb.forms)
