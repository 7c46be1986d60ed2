"""Formations in text: the 36th Motorised Rifle Brigade, 1st Guards Tank Army, Wagner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon, lexicon
from frontcast.observe.reports.tokens import Sentence

ORDINALS: Final = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth twentieth".split()
)
LONGEST: Final = 7


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
        return None
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
