"""Which war a document is about, and which side a phrase means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.tokens import Sentence


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


@dataclass(frozen=True)
class War:
    """The sides of one war.

    `countries`: ISO 3166 codes of where its places lie; `markers`: words that speak for it, weighed; `attacker`:
    the side that takes places where a report does not say who does, until the first of `turns`; `ended`: the year it
    did, if it is long over; `began`: the year it did."""

    name: str
    countries: frozenset[str]
    markers: dict[str, float]
    sides: tuple[Side, ...]
    attacker: str | None = None
    ended: int | None = None
    began: int = 0
    turns: tuple[tuple[str, str], ...] = ()
    liberator: str | None = None

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
        """The side that fights this one: of more than two, the first other."""
        if side is None:
            return None
        for candidate in self.sides:
            if candidate.name != side:
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
                if other is not war
            )
            war.markers[marker] = weight / (1 + elsewhere)
    return found


def _phrase_index(names: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
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
                _phrase_index(side["names"]),
                frozenset(name.casefold() for name in side["capitals"]),
                frozenset(name.casefold() for name in side["people"]),
                _phrase_index(side["roles"]),
                tuple(tuple(phrase.casefold().split()) for phrase in side["voice"]),
                tuple(side.get("colours", ())),
                tuple((name, frozenset(said.split())) for name, said in side.get("called", {}).items()),
            )
            for side in entry["side"]
        ),
        entry.get("attacker"),
        entry.get("ended"),
        entry.get("began", 0),
        tuple((since, side) for since, side in entry.get("turns", ())),
        entry.get("liberator"),
    )


def country_war(words: Counter[str], lexicon: Lexicon) -> War:
    """A war the rules do not list: its sides are the countries most spoken of."""
    found = []
    for country, forms in lexicon.data["sides"]["countries"].items():
        names = [country, *forms.split()]
        count = sum(words[name.casefold()] for name in names)
        if count:
            found.append((count, country, names))
    found.sort(key=lambda entry: (-entry[0], entry[1]))
    sides = [Side(country, _phrase_index(names), frozenset(), frozenset(), {}, ()) for _, country, names in found[:2]]
    roles = {
        "rebels": ["rebel", "rebels", "insurgents", "insurgent", "guerrillas"],
        "government": ["government", "army", "regime"],
    }
    for name, members in roles.items():
        if len(sides) < 2:
            sides.append(Side(name, _phrase_index(members), frozenset(), frozenset(), {}, ()))
    return War("", frozenset(), {}, tuple(sides))


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
                if _match(side.phrases, words, i) or (word in side.people and len(word) > 2):
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
                if _match(side.roles, words, i):
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


def _match(index: dict[str, list[tuple[str, ...]]], words: Sequence[str], i: int) -> bool:
    return any(tuple(words[i : i + len(phrase)]) == phrase for phrase in index.get(words[i], ()))


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
        if scores[best.name] > max(scores[self.now.name], 0.4):
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
LEAST: Final = 0.6
"""Marks that a document must bear to be about a war."""


def actors(
    sentences: Sequence[Sentence], lexicon: Lexicon, known: tuple[War, ...], countries: Counter[str], published: date
) -> Actors:
    """Who fights in a document.

    Args:
        sentences: the document.
        lexicon: of its language.
        known: the wars listed.
        countries: ISO code → how many of its places the document names.
        published: the day it was published.
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
    chosen = best or country_war(words, lexicon)
    voice = _voice(sentences, chosen, words)
    chosen = replace(chosen, attacker=chosen.attacking(published.isoformat()))
    told = _as_told(chosen, sentences, lexicon)
    if voice is not None and voice not in {side.name for side in told.sides}:
        spoken = next(side for side in chosen.sides if side.name == voice)
        voice = next(side.name for side in told.sides if side.phrases is spoken.phrases)
    return Actors(told, lexicon, voice=voice)


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
            side = next((side.name for side in war.sides if _match(side.phrases, low, i)), None)
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


def _voice(sentences: Sequence[Sentence], war: War, words: Counter[str]) -> str | None:
    """The side whose own words the document is, told by how it speaks of itself and of the other."""
    outside = Counter[str]()
    phrases: Counter[str] = Counter()
    quoted = False
    for sentence in sentences:
        for word, text in zip(sentence.lower, sentence.words, strict=True):
            if text in ("“", "«") or (text == '"' and not quoted):
                quoted = True
            elif text in ("”", "»", '"'):
                quoted = False
            elif not quoted:
                outside[word] += 1
        line = " ".join(sentence.lower)
        for side in war.sides:
            for phrase in side.voice:
                if f" {' '.join(phrase)} " in f" {line} ":
                    phrases[side.name] += 1
        quoted = quoted and not sentence.words[-1].endswith((".", "!", "?"))
    ours = outside["our"] + outside["ours"] + outside["lads"] + outside["comrades"] + 0.5 * outside["we"]
    enemy = outside["enemy"] + outside["enemy's"]
    if enemy:
        ours += 0.5 * (outside["i"] + outside["me"] + outside["my"])
    own = ours + enemy + sum(phrases.values())
    # A newspaper may quote such words; a bulletin is made of them.
    if own < 2 or own < 0.25 * len(sentences):
        return None
    if phrases:
        return phrases.most_common(1)[0][0]
    if (not ours or not enemy or ours + enemy < 2) and enemy < 2:
        return None
    del words
    return _by_opponent(sentences, war)


def _by_opponent(sentences: Sequence[Sentence], war: War) -> str | None:
    """The side whose soldiers are spoken of warmly: named beside "our", or not named beside "enemy"."""
    score: Counter[str] = Counter()
    for sentence in sentences:
        low = sentence.lower
        for side in war.sides:
            for i in range(len(low)):
                if _match(side.phrases, low, i):
                    near = low[max(0, i - 3) : i + 4]
                    if "our" in near:
                        score[side.name] += 2
                    elif "enemy" in near or "enemy's" in near:
                        score[war.other(side.name) or ""] += 1
                    else:
                        # A bulletin names the enemy by nation more often than itself.
                        score[war.other(side.name) or ""] += 0.25  # type: ignore[assignment]
    if war.attacker is not None:
        # Who is always attacked defends; who tells of his own advance attacks.
        for sentence in sentences:
            low = sentence.lower
            for i, word in enumerate(low):
                near = low[i + 1 : i + 5]
                if word == "enemy" and any(
                    form.startswith(
                        (
                            "attack",
                            "shell",
                            "storm",
                            "tried",
                            "launch",
                            "fire",
                            "advanc",
                            "struck",
                            "strik",
                            "unsuccess",
                            "bomb",
                            "assault",
                        )
                    )
                    for form in near
                ):
                    score[war.other(war.attacker) or ""] += 1
                elif word in ("defenders", "defender") and i and low[i - 1] == "our":
                    score[war.other(war.attacker) or ""] += 2
    if score:
        return score.most_common(1)[0][0]
    # Nobody is named, as among friends: the side whose bloggers the war knows best.
    return war.sides[-1].name if war.sides else None
