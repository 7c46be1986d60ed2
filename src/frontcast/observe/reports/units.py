"""Formations in text: the 36th Motorised Rifle Brigade, 1st Guards Tank Army, Wagner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon, lexicon
from frontcast.observe.reports.tokens import Sentence

ORDINALS: Final = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth".split()
)
LONGEST: Final = 7

_NUMBERED: Final = re.compile(r"(?:[IVX]{1,5}|[A-Z]{3,5}-\d{1,3})$")  # II Corps, BARS-13
_NATIONS: Final = ("an", "ans", "ese", "ish", "aqi", "eri", "azi", "eni", "jani", "stani", "ian", "lese")
"""How words end that say whose a formation is rather than which."""


@dataclass(frozen=True, slots=True)
class UnitMention:
    """Words [first, last) of a sentence that name a formation; `side` where the name alone tells it."""

    sentence: int
    first: int
    last: int
    name: str
    side: str | None


@dataclass(frozen=True, eq=False)
class UnitWords:
    """Words of `units.toml`."""

    echelons: frozenset[str]
    titled: frozenset[str]
    prefixes: frozenset[str]
    branches: frozenset[str]
    named: dict[str, tuple[tuple[tuple[str, ...], str], ...]]


@lru_cache(maxsize=4)
def unit_words(rules: Lexicon) -> UnitWords:
    """The unit words of a language."""
    data = rules.data["units"]
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, side in data["named"].items():
        words = tuple(name.split())
        index.setdefault(words[0], []).append((words, side))
    return UnitWords(
        frozenset(data["echelons"].split()),
        frozenset(data["titled"].split()),
        frozenset(data["prefixes"].split()),
        frozenset(data["branches"].split()),
        {word: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for word, found in index.items()},
    )


def find_units(sentences: Sequence[Sentence], rules: Lexicon | None = None) -> list[UnitMention]:
    """All formations of a document, in order."""
    words = unit_words(rules or lexicon())
    out: list[UnitMention] = []
    for number, sentence in enumerate(sentences):
        i = 0
        while i < len(sentence):
            found = _at(sentence, i, number, words)
            if found is None:
                i += 1
                continue
            out.append(found)
            i = found.last
    return out


def _at(s: Sentence, i: int, number: int, words: UnitWords) -> UnitMention | None:
    word = s.words[i]
    for name, side in words.named.get(word, ()):
        if s.words[i : i + len(name)] == name:
            last = i + len(name)
            # "Azov Brigade"
            while last < len(s) and s.words[last][0].isupper() and s.lower[last] in words.echelons | words.branches:
                last += 1
            return UnitMention(number, i, last, s.span(i, last), side or None)
    low = s.lower[i]
    ordinal = (word[0].isdigit() and low.endswith(("st", "nd", "rd", "th")) and low[:-2].isdigit()) or (
        low in ORDINALS and word[0].isupper()
    )
    if not ordinal:
        return _titled(s, i, number, words)
    best = 0
    for j in range(i + 1, min(i + LONGEST, len(s))):
        low = s.lower[j]
        if low in words.echelons:
            best = j + 1
            # "36th Army" may go on: "1st Guards Tank Army Corps"
            if not (j + 1 < len(s) and s.lower[j + 1] in words.echelons):
                break
            continue
        if not (low in words.branches or s.words[j][0].isupper() or low == "-"):
            break
    return UnitMention(number, i, best, s.span(i, best), None) if best else None


def _titled(s: Sentence, i: int, number: int, words: UnitWords) -> UnitMention | None:
    """A formation with a name or a number that is no ordinal: the Golani Brigade, II Corps, BARS-13, No. 5 battalion."""
    word, low = s.words[i], s.lower[i]
    following = s.lower[i + 1] if i + 1 < len(s) else ""
    if word[0].isupper() and _NUMBERED.match(word):
        if word.partition("-")[0].casefold() in words.prefixes:
            return UnitMention(number, i, i + 1, word, None)
        return UnitMention(number, i, i + 2, s.span(i, i + 2), None) if following in words.titled else None
    if low == "no" and s.lower[i + 1 : i + 2] == (".",) and i + 3 < len(s) and s.words[i + 2].isdigit():
        return UnitMention(number, i, i + 4, s.span(i, i + 4), None) if s.lower[i + 3] in words.titled else None
    named = (
        word[0].isupper()
        and len(word) > 3
        and following in words.titled
        and not low.endswith(_NATIONS)
        and low not in words.branches
        and low not in words.echelons
        and (i > 0 and s.words[i - 1][0].isalpha())
    )
    return UnitMention(number, i, i + 2, s.span(i, i + 2), None) if named else None
