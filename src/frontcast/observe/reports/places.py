"""Places in text: which capitalised words name one, and which of its namesakes is meant.

General name recognisers take villages for people, so names are looked up in a gazetteer and judged by the words around
them; a name no gazetteer knows is a place where the words around it say so ("the village of X").
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.gazetteer import Named, Names, shipped_names
from frontcast.observe.reports.lexicon import Lexicon, lexicon
from frontcast.observe.reports.tokens import Sentence
from frontcast.observe.reports.wars import War, wars
from frontcast.spelling import fold

LONGEST: Final = 5
_ARTICLED: Final = re.compile(r"(?:al|el|ar|as|at|ad|an|ash|az|ez|es|et|ed)-[A-ZÀ-Ý]", re.IGNORECASE)
ARTICLES: Final = frozenset("al el ar as at ad an ash el- al-".split())
HONOURED: Final = frozenset("sheikh sheik king imam father saint".split())
"""Titles that names of places begin with as often as names of people."""

FAR_KM: Final = 150.0
"""A namesake this much farther from the other places of a document than another counts as much less likely."""

LEAST: Final = 0.5
"""Marks of a war that a document must bear before its countries are those of the names in it."""

IN_WAR: Final = 4.0
"""How many times likelier a place in the country of the war is than a namesake elsewhere, in natural logarithms."""


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place named in words [first, last) of a sentence.

    Attributes:
        name: as written.
        kind: "settlement", "region", "river", "feature" (a bridge, an airport, a road), "country" or "unknown".
        lat, lon: decimal degrees of a settlement; None where no gazetteer knows it, and for other kinds.
        known: whether a gazetteer has it.
        key: the same for every mention of one place in a document.
        country: ISO 3166, "" where unknown.
        population: people, -1 where unknown.
    """

    sentence: int
    first: int
    last: int
    name: str
    kind: str
    lat: float | None
    lon: float | None
    known: bool
    key: str
    country: str = ""
    population: float = -1.0


@dataclass(frozen=True, eq=False)
class PlaceWords:
    """Words of `places.toml`."""

    region: frozenset[str]
    feature: frozenset[str]
    settlement: frozenset[str]
    prepositions: frozenset[str]
    strong: frozenset[str]
    titles: frozenset[str]
    held: frozenset[str]
    regions: frozenset[str]
    rivers: frozenset[str]
    common: frozenset[str]
    given: frozenset[str]
    taking: frozenset[str]
    moving: frozenset[str]
    endings: tuple[str, ...]
    speaking: frozenset[str]
    sides: frozenset[str]
    calendar: frozenset[str]
    wars: tuple[War, ...]


@lru_cache(maxsize=4)
def _words(rules: Lexicon) -> PlaceWords:
    data = rules.data["places"]

    def bars(text: str) -> frozenset[str]:
        return frozenset(fold(part) for line in text.splitlines() for part in line.split("|") if part.strip())

    taking = set()
    for frame in ("take", "lose", "leave", "hold", "enter"):
        taking |= {
            part.strip()
            for line in rules.data["control"]["frames"][frame]["verbs"].splitlines()
            for part in line.split("|")
        }
    forms = frozenset(form for form, verb in rules.verbs.items() if verb.lemma in taking)
    speaking = set(rules.data["speakers"]["verbs"]["neutral"].split())
    listed = wars(rules)
    sides = {
        word
        for war in listed
        for side in war.sides
        for index in (side.phrases,)
        for phrases in index.values()
        for phrase in phrases
        for word in phrase
        if len(phrase) == 1
    }
    sides |= {
        name.casefold()
        for names in rules.data["parties"]["countries"].values()
        for name in names.split("|")
        if " " not in name
    }
    capitals = {name for war in listed for side in war.sides for name in side.capitals} | {
        "tbilisi",
        "ankara",
        "tehran",
        "cairo",
        "beijing",
        "paris",
        "warsaw",
        "delhi",
    }
    return PlaceWords(
        frozenset(data["region"].split()),
        frozenset(data["feature"].split()),
        frozenset(data["settlement"].split()),
        frozenset(data["prepositions"].split()),
        frozenset(data["strong"].split()),
        frozenset(data["titles"].split()),
        frozenset(data["held"].split()),
        bars(data["regions"]),
        bars(data["rivers"]),
        frozenset(word.casefold() for word in data["common"].split()),
        frozenset(word.casefold() for word in data["given"].split()),
        forms,
        frozenset(
            form
            for form, verb in rules.verbs.items()
            if verb.lemma in ("take", "fall", "hold", "lose", "leave", "seize")
        ),
        tuple(data["endings"].split()),
        frozenset(form for form, verb in rules.verbs.items() if verb.lemma in speaking),
        frozenset(sides - capitals) | frozenset(data["demonyms"].split()),
        frozenset(rules.data["dates"]["months"].split()) | frozenset(rules.data["dates"]["weekdays"].split()),
        listed,
    )


@lru_cache(maxsize=65536)
def _folded(word: str) -> str:
    return fold(word)


class PlaceFinder:
    """Finds places in documents.

    Args:
        names: the gazetteer; left out, the one that ships.
        rules: of the language; left out, English.
    """

    def __init__(self, names: Names | None = None, rules: Lexicon | None = None) -> None:
        self.names = names or shipped_names()
        self.rules = rules or lexicon()
        self.words = _words(self.rules)

    def find(self, sentences: Sequence[Sentence]) -> list[PlaceMention]:
        """The places of a document, in order."""
        people = self._people(sentences)
        countries = self._countries(sentences)
        found: list[PlaceMention] = []
        for number, sentence in enumerate(sentences):
            found += self._sentence(number, sentence, people, countries)
        found = self._again(sentences, found)
        return self._resolve(sentences, found, countries)

    # -- what is a name of a place ------------------------------------------------------------------------

    def _countries(self, sentences: Sequence[Sentence]) -> frozenset[str]:
        """Where the document's war is fought."""
        count: Counter[str] = Counter()
        for sentence in sentences:
            count.update(sentence.lower)
        best, score = frozenset[str](), 0.0
        for war in self.words.wars:
            points = sum(count[marker] * weight for marker, weight in war.markers.items() if marker in count)
            least = LEAST if war.ended is None else 3 * LEAST
            if points > score and points >= least:
                best, score = war.countries, points
        return best

    def _people(self, sentences: Sequence[Sentence]) -> frozenset[str]:
        """Surnames of people the document introduces: "Serhiy Haidai", "Gen. Lyman"."""
        out: set[str] = set()
        w = self.words
        for s in sentences:
            for i in range(len(s) - 1):
                word = s.words[i]
                if not word[0].isupper():
                    continue
                low = s.lower[i]
                titled = (
                    i > 0
                    and s.lower[i - 1] not in HONOURED
                    and (s.lower[i - 1] in w.titles or (s.words[i - 1] == "." and i > 1 and s.lower[i - 2] in w.titles))
                )
                follows = s.words[i + 1]
                if low in w.given and follows[0].isupper() and s.lower[i + 1] not in w.region:
                    out.add(s.lower[i + 1])
                    if i + 2 < len(s) and s.words[i + 2][0].isupper():
                        out.add(s.lower[i + 2])
                elif titled and low not in w.titles:
                    out.add(s.lower[i + 1] if follows[0].isupper() else low)
        return frozenset(out)

    def _again(self, sentences: Sequence[Sentence], found: list[PlaceMention]) -> list[PlaceMention]:
        """The mentions, with every other mention of a name that was once plainly a place no gazetteer knows."""
        names = {tuple(m.name.split()): m for m in found if not m.known and m.kind in ("settlement", "unknown")}
        if not names:
            return found
        taken = {(m.sentence, i) for m in found for i in range(m.first, m.last)}
        firsts: dict[str, list[tuple[str, ...]]] = {}
        for words in names:
            firsts.setdefault(words[0], []).append(words)
        more = []
        for number, s in enumerate(sentences):
            for i, word in enumerate(s.words):
                for words in firsts.get(word, ()):
                    last = i + len(words)
                    free = not any((number, k) in taken for k in range(i, last))
                    longer = last < len(s) and s.words[last][0].isupper()
                    if free and s.words[i:last] == words and not longer:
                        more.append(replace(names[words], sentence=number, first=i, last=last))
        return sorted([*found, *more], key=lambda m: (m.sentence, m.first))

    def _sentence(
        self, number: int, s: Sentence, people: frozenset[str], countries: frozenset[str]
    ) -> list[PlaceMention]:
        out: list[PlaceMention] = []
        i = 0
        while i < len(s):
            if not self._may_begin(s, i):
                i += 1
                continue
            mention = self._longest(number, s, i, people, countries, out)
            if mention is None:
                i += 1
                continue
            out.append(mention)
            i = mention.last
        return out

    def _may_begin(self, s: Sentence, i: int) -> bool:
        word = s.words[i]
        return word[0].isupper() or (
            word[:3].lower() in ("al-", "el-", "ar-", "as-", "at-", "ad-", "an-")
            and len(word) > 3
            and word[3].isupper()
        )

    def _longest(
        self,
        number: int,
        s: Sentence,
        i: int,
        people: frozenset[str],
        countries: frozenset[str],
        before: list[PlaceMention],
    ) -> PlaceMention | None:
        w = self.words
        parts: list[str] = []
        best: tuple[int, str, str] | None = None
        for j in range(i, min(i + LONGEST, len(s))):
            word = s.words[j]
            if j > i and not (
                word[0].isupper() or "-" in word or (s.lower[j] in ("al", "el", "de", "ez", "on", "du", "na", "dar"))
            ):
                break
            parts.append(_folded(word))
            name = " ".join(parts)
            if name in w.regions:
                best = j + 1, name, "region"
            elif name in w.rivers and (self._river(s, i) or name not in self.names):
                best = j + 1, name, "river"
            elif name in self.names:
                best = j + 1, name, "settlement"
        if best is None:
            return self._unknown(number, s, i, people, before)
        last, name, kind = best
        if s.lower[i].endswith(("'s",)):
            return None
        if kind == "settlement" and last < len(s) and _ARTICLED.match(s.words[last]) and last - i < LONGEST:
            # "Busra al-Harir" where only Busra is known
            name, last = _folded(s.span(i, last + 1)), last + 1
            return self._mention(number, s, i, last, "settlement", name, False)
        following = s.lower[last] if last < len(s) else ""
        if following in w.region and kind in ("settlement", "region"):
            if s.lower[i] in w.sides and last - i == 1:
                return None
            return self._mention(number, s, i, last + 1, "region", name + " region", True)
        if kind == "settlement":
            if not self._settled(s, i, last, name, people, countries, before):
                return (
                    self._unknown(number, s, i, people, before) if last - i == 1 and s.lower[i] not in people else None
                )
            at = self._feature(s, last)
            if at > last and s.lower[at - 1] not in ("road", "highway", "axis", "square"):
                kind = "unknown" if s.lower[at - 1] in w.held else "feature"
                if kind == "feature" or s.lower[at - 1] not in ("base", "camp") or s.words[at - 1][0].isupper():
                    return self._mention(number, s, i, at, kind, _folded(s.span(i, at)), False)
        return self._mention(number, s, i, last, kind, name, True)

    def _feature(self, s: Sentence, i: int) -> int:
        """The word after the works or the land that a name is of: "Chernobyl nuclear plant"; i where it is of none."""
        j = i
        while (
            j < len(s)
            and j - i < 3
            and s.lower[j] in ("nuclear", "power", "air", "military", "thermal", "international", "naval")
        ):
            j += 1
        return j + 1 if j < len(s) and s.lower[j] in self.words.feature else i

    def _river(self, s: Sentence, i: int) -> bool:
        return i > 0 and (s.lower[i - 1] in ("the", "river") or (i > 1 and s.lower[i - 2] == "the"))

    def _settled(
        self,
        s: Sentence,
        i: int,
        last: int,
        name: str,
        people: frozenset[str],
        countries: frozenset[str],
        before: list[PlaceMention],
    ) -> bool:
        """Whether a name of the gazetteer is meant as a place here."""
        w = self.words
        low = s.lower[i]
        previous = s.lower[i - 1] if i else ""
        following = s.lower[last] if last < len(s) else ""
        single = last - i == 1
        located = (
            previous in w.strong
            or (previous == "of" and i > 1 and s.lower[i - 2] in w.settlement)
            or previous in w.settlement
        )
        if single and (low in w.sides or low in w.calendar):
            return False
        if single and low in w.common and not located:
            return False
        if single and low in w.given and (following[:1].isupper() or (last < len(s) and s.words[last][0].isupper())):
            return False
        if low in people and not located and single:
            return False
        if (
            i
            and (previous in w.titles or (s.words[i - 1] == "." and i > 1 and s.lower[i - 2] in w.titles))
            and not located
        ):
            return False
        if i and s.lower[i - 1] in w.given and single and s.words[i - 1][0].isupper():
            return False
        # Part of a longer name: a capital before or after that is no adjective of place or side.
        neighbours = []
        if i and s.words[i - 1][0].isupper() and i - 1 > 0:
            neighbours.append(previous)
        if i == 1 and s.words[0][0].isupper() and previous not in w.prepositions and previous not in w.common:
            neighbours.append(previous)
        if last < len(s) and s.words[last][0].isupper() and following not in w.region:
            neighbours.append(following)
        for word in neighbours:
            if word in w.sides or word in w.common or word in w.settlement or (before and before[-1].last == i):
                continue
            if (
                word
                in (
                    "district",
                    "city",
                    "town",
                    "village",
                    "front",
                    "axis",
                    "direction",
                    "sector",
                    "brigade",
                    "division",
                )
                or _folded(word) in self.names
            ):
                continue
            if not located or word == following:
                return False
        if last < len(s) and s.lower[last] in ("brigade", "division", "regiment", "corps", "battalion") and not located:
            return False
        candidates = self.names.candidates(name)
        here = not countries or any(place.country in countries for place in candidates)
        if here:
            return (
                not (i == 0 and single and (low in self.rules.verbs or low in self.rules.words["adverbs"])) or located
            )
        # Elsewhere in the world: only where it is plainly a place.
        return (
            located
            or (previous in w.prepositions and max(place.population for place in candidates) >= 100_000)
            or max(place.population for place in candidates) >= 500_000
        )

    def _unknown(
        self, number: int, s: Sentence, i: int, people: frozenset[str], before: list[PlaceMention]
    ) -> PlaceMention | None:
        """A name that no gazetteer knows, where the words around it say that it is a place."""
        w = self.words
        if i == 0 and s.lower[0] in w.common | self.rules.words["determiners"] | self.rules.words["adverbs"]:
            return None
        before_word = s.lower[i - 1] if i else ""
        last = i
        while (
            last < len(s)
            and (self._may_begin(s, last) or (last > i and s.lower[last] in ("al", "el", "de", "ez")))
            and last - i < 4
        ):
            titled = s.lower[last] in w.titles and not (
                s.lower[last] in HONOURED and before_word in w.taking | w.strong
            )
            if s.lower[last] in w.sides or titled or (s.lower[last] in w.common and last == i):
                break
            if last > i and s.lower[last] in w.region:
                return self._mention(number, s, i, last + 1, "region", _folded(s.span(i, last)), False)
            last += 1
        if last == i:
            return None
        low = s.lower[i]
        previous = s.lower[i - 1] if i else ""
        following = s.lower[last] if last < len(s) else ""
        name = _folded(s.span(i, last))
        if "-" in low and (
            low.split("-")[0] in w.sides
            or low.endswith(("-held", "-led", "-backed", "-controlled", "-installed", "-aligned", "-occupied"))
        ):
            return None
        if len(name) < 3 or (not s.words[i][1:2].islower() and "-" not in s.words[i]):
            return None
        if (
            low in w.given
            or previous in w.titles
            or (previous == "." and i > 1 and s.lower[i - 2] in w.titles)
            or low in people
            or s.lower[last - 1] in people
        ):
            return None
        if low in self.rules.verbs and i == 0:
            return None
        if (
            low in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
            or low in w.common
            or low[0].isdigit()
            or low in w.regions
        ):
            return None
        if following in w.region:
            return self._mention(number, s, i, last + 1, "region", name, False)
        at = self._feature(s, last)
        if at > last:
            kind = "unknown" if s.lower[at - 1] in w.held else "feature"
            return self._mention(number, s, i, at, kind, _folded(s.span(i, at)), False)
        if s.lower[last - 1] in w.held and last - i > 1 and s.lower[last - 1] not in ("camp", "base", "station"):
            return self._mention(number, s, i, last, "unknown", name, False)
        if (
            last - i == 1
            and low.endswith(w.endings)
            and not low.endswith(("'s",))
            and (
                previous in w.prepositions
                or i == 0
                or following in (",", ".", ":", "?", "and", "is", "was", "has")
                or previous in (",", "and", ".")
            )
        ):
            return self._mention(number, s, i, last, "settlement", name, False)
        if (
            last - i <= 3
            and following == ","
            and s.lower[last + 1 : last + 2] in (("which",), ("where",), ("that",))
            and any(word in w.taking or word in w.moving for word in s.lower[last + 2 : last + 8])
        ):
            return self._mention(number, s, i, last, "settlement", name, False)
        if i == self._cell(s) and following in ("|", ";") and last - i <= 3 and s.lower.count(following) >= 2:
            return self._mention(number, s, i, last, "settlement", name, False)
        if following in ("river",) or (previous == "the" and following not in w.settlement):
            return None
        if following in w.speaking or (
            following == ","
            and last + 1 < len(s)
            and s.lower[last + 1] in ("who", "the", "a", "an")
            and previous not in w.prepositions
        ):
            return None
        if (
            previous == "of"
            and i > 1
            and s.lower[i - 2].removesuffix("s")
            in w.settlement
            | {
                "village",
                "citie",
                "hamlet",
                "center",
                "centre",
                "outskirt",
                "district",
                "suburb",
                "control",
                "approache",
                "west",
                "east",
                "north",
                "south",
            }
        ) or previous in w.settlement:
            return self._mention(number, s, i, last, "settlement", name, False)
        if (
            before
            and before[-1].kind in ("settlement", "unknown")
            and s.lower[before[-1].last : i] in ((",",), ("and",), (",", "and"), ("or",))
        ):
            return self._mention(number, s, i, last, "settlement", name, False)
        if before and previous in (",", "and", ";") and last - i <= 3 and self._dated(s, last):
            return self._mention(number, s, i, last, "settlement", name, False)
        if previous == "of" and i > 1 and s.lower[i - 2] == "out":
            return self._mention(number, s, i, last, "settlement", name, False)
        if (
            following in ("and", ",", "or")
            and last + 1 < len(s)
            and self._may_begin(s, last + 1)
            and (following == "and" or previous in w.strong or previous in ("from", "of", "to") or previous in w.taking)
        ):
            after = _folded(s.words[last + 1])
            two = f"{after} {_folded(s.words[last + 2])}" if last + 2 < len(s) else after
            if (
                (after in self.names or two in self.names)
                and s.lower[last + 1] not in w.common
                and s.lower[last + 1] not in w.sides
            ):
                return self._mention(number, s, i, last, "settlement", name, False)
        if previous in w.taking and last - i <= 2:
            return self._mention(number, s, i, last, "settlement", name, False)
        if following in w.settlement:
            return self._mention(number, s, i, last, "settlement", name, False)
        if self._falls(s, self._past_insertion(s, last)) and (
            i == 0 or previous in (",", "and", "that", "but", "if", "once", "should", "when", ";", ":", "“", '"')
        ):
            return self._mention(number, s, i, last, "settlement", name, False)
        if (
            previous in w.strong
            or previous in ("from", "to", "at")
            or (i == 1 and previous in w.prepositions and following == ",")
        ):
            return self._mention(number, s, i, last, "unknown", name, False)
        return None

    def _dated(self, s: Sentence, i: int) -> bool:
        """Whether only words of time follow: "on the 21st", "in March", "two days later"."""
        low = s.lower[i : i + 4]
        if len(low) < 2:
            return False
        if low[0] in ("on", "in", "by") and len(low) > 1:
            after = low[2] if low[1] == "the" and len(low) > 2 else low[1]
            return after[0].isdigit() or after in self.words.calendar
        return low[1] in ("days", "day", "weeks", "week", "hours", "months") and low[-1] in (
            "later",
            "earlier",
            "after",
            "before",
        )

    def _cell(self, s: Sentence) -> int:
        """The word that a row of a table begins with, past a bar."""
        return 1 if s.words[0] == "|" else 0

    def _past_insertion(self, s: Sentence, i: int) -> int:
        """Past words set off by commas: "Salahuddin, beyond the citadel, is"; past a second name: "A and B were"."""
        if i + 1 < len(s) and s.lower[i] in ("and", "or") and self._may_begin(s, i + 1):
            j = i + 1
            while j < len(s) and j - i <= 3 and self._may_begin(s, j):
                j += 1
            return self._past_insertion(s, j) if j < len(s) and s.lower[j] == "," else j
        if i < len(s) and s.lower[i] == ",":
            for j in range(i + 2, min(i + 14, len(s))):
                if s.lower[j] == ",":
                    return j + 1
        return i

    def _falls(self, s: Sentence, i: int) -> bool:
        """Whether the words from i on tell what becomes of a place: "has been captured", "fell", "is under"."""
        j = i
        passive = False
        while (
            j < len(s)
            and j - i < 5
            and (
                s.lower[j] in self.rules.words["be"]
                or s.lower[j] in self.rules.words["have"]
                or s.lower[j] in self.rules.words["adverbs"]
                or s.lower[j] in self.rules.words["modals"]
                or s.lower[j] in ("not", "reportedly")
            )
        ):
            passive |= s.lower[j] in self.rules.words["be"]
            j += 1
        if j >= len(s):
            return False
        if passive:
            form = self.rules.verbs.get(s.lower[j])
            return (
                (s.lower[j] in self.words.taking and form is not None and "pp" in form.forms)
                or s.lower[j : j + 2] in (("under", "the"), ("in", "the"))
                or s.lower[j]
                in ("ours", "theirs", "contested", "under", "free", "next", "lost", "gone", "encircled", "surrounded")
                or (s.lower[j] == "in" and s.lower[j + 2 : j + 3] in (("hands",), ("control",)))
            )
        form = self.rules.verbs.get(s.lower[j])
        if form is None:
            return False
        if form.lemma == "change":
            return "hands" in s.lower[j + 1 : j + 2]
        return form.lemma == "fall" or (
            form.lemma in ("remain", "stay")
            and s.lower[j + 1 : j + 2] in (("in",), ("under",), ("ours",), ("with",), ("contested",))
        )

    def _mention(
        self, number: int, s: Sentence, first: int, last: int, kind: str, key: str, known: bool
    ) -> PlaceMention:
        return PlaceMention(number, first, last, s.span(first, last), kind, None, None, known, key)

    # -- which of its namesakes -----------------------------------------------------------------------------

    def _resolve(
        self, sentences: Sequence[Sentence], found: list[PlaceMention], countries: frozenset[str]
    ) -> list[PlaceMention]:
        """Gives settlements their points: the namesakes that lie best together, where the document's war is."""
        keys = {m.key: self.names.candidates(m.key) for m in found if m.kind == "settlement" and m.known}
        if not keys:
            return found
        hints = self._hints(sentences, found)
        anchors = [places[0] for places in keys.values() if _alone(places, countries)]
        chosen: dict[str, Named] = {}
        order = sorted(keys, key=lambda key: (len(keys[key]), key))
        for key in order:
            best = max(keys[key], key=lambda place: _fit(place, anchors, countries, hints.get(key, "")))
            chosen[key] = best
            if len(keys[key]) > 1:
                anchors.append(best)
        out = []
        for mention in found:
            place = chosen.get(mention.key) if mention.kind == "settlement" and mention.known else None
            out.append(
                mention
                if place is None
                else replace(
                    mention,
                    lat=round(place.lat, 4),
                    lon=round(place.lon, 4),
                    country=place.country,
                    population=place.population,
                    key=f"{place.lat:.3f} {place.lon:.3f}",
                )
            )
        return out

    def _hints(self, sentences: Sequence[Sentence], found: list[PlaceMention]) -> dict[str, str]:
        """Of each key, the region named beside it."""
        hints: dict[str, str] = {}
        for mention in found:
            if mention.kind != "settlement":
                continue
            for other in found:
                if (
                    other.kind == "region"
                    and other.sentence == mention.sentence
                    and 0 <= other.first - mention.last <= 6
                ):
                    hints.setdefault(mention.key, _folded(other.name).split()[0])
        del sentences
        return hints


def _alone(places: list[Named], countries: frozenset[str]) -> bool:
    here = [place for place in places if place.country in countries] if countries else places
    return len(here) == 1 or (
        bool(here)
        and here[0].population >= 20_000
        and (len(here) < 2 or here[0].population > 10 * (here[1].population + 1))
    )


def _fit(place: Named, anchors: list[Named], countries: frozenset[str], hint: str) -> float:
    """How well a namesake fits: its country, its region, its size, and how near the document's other places lie."""
    score = 0.35 * math.log1p(place.population) / 2.3
    if countries:
        score += IN_WAR if place.country in countries else 0.0
    if hint and place.region and hint in fold(place.region):
        score += 5.0
    gaps = sorted(_km(place, anchor) for anchor in anchors if anchor is not place)[:3]
    if gaps:
        score -= 2.0 * math.log1p(sum(gaps) / len(gaps) / 20.0)
    return score


def _km(a: Named, b: Named) -> float:
    x = (a.lon - b.lon) * math.cos(math.radians((a.lat + b.lat) / 2)) * 111.2
    return math.hypot(x, (a.lat - b.lat) * 111.2)
