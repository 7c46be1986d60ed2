"""Counted and measured amounts in text: forty tanks, 20 kilometres, a fifth of that number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon, lexicon
from frontcast.observe.reports.tokens import Sentence

CURRENCIES: Final = {"£": "pounds", "$": "dollars", "€": "euros"}


@dataclass(frozen=True, slots=True)
class QuantityMention:
    """Words [first, last) of a sentence that give an amount.

    Attributes:
        value: the number; of a fraction of an amount told before, the product.
        unit: what is counted, as written.
        approximate: whether "about", "at least" or the like stands before it.
    """

    sentence: int
    first: int
    last: int
    value: float
    unit: str
    approximate: bool


@dataclass(frozen=True, eq=False)
class NumberWords:
    """Words of `quantities.toml`."""

    numbers: dict[str, float]
    multiples: dict[str, float]
    fractions: dict[str, float]
    approximate: frozenset[str]
    skip: frozenset[str]
    between: frozenset[str]
    after: frozenset[str]
    copulas: frozenset[str]
    months: frozenset[str]


@lru_cache(maxsize=4)
def number_words(rules: Lexicon) -> NumberWords:
    """The number words of a language."""
    data = rules.data["quantities"]
    numbers = {word: float(i) for i, word in enumerate(data["units"].split())}
    for i, ten in enumerate(data["tens"].split()):
        numbers[ten] = 20.0 + 10 * i
        numbers |= {f"{ten}-{word}": 20.0 + 10 * i + k for k, word in enumerate(data["units"].split()) if 0 < k < 10}
    words = data["words"]
    return NumberWords(
        numbers,
        {word: float(value) for word, value in data["multiples"].items()},
        data["fractions"],
        frozenset(words["approximate"].split()),
        frozenset(words["skip"].split()),
        frozenset(words["between"].split()),
        frozenset(words["nouns_after_killed"].split()),
        rules.words["be"] | rules.words["have"],
        frozenset(rules.data["dates"]["months"].split()) | frozenset(rules.data["dates"]["abbreviations"]),
    )


def find_quantities(sentences: Sequence[Sentence], rules: Lexicon | None = None) -> list[QuantityMention]:
    """All amounts of a document, in order. Dates, times, years and the numbers of units are none."""
    words = number_words(rules or lexicon())
    out: list[QuantityMention] = []
    for number, sentence in enumerate(sentences):
        i = 0
        while i < len(sentence):
            found = _at(sentence, i, number, words)
            if found is None:
                i += 1
                continue
            if found.value < 1 and found.unit.split()[-1] in ("number", "them", "those") and out:
                found = replace(found, value=round(found.value * out[-1].value), unit=out[-1].unit)
            out.append(found)
            i = found.last
    return out


def _at(s: Sentence, i: int, number: int, words: NumberWords) -> QuantityMention | None:
    low = s.lower
    start = i
    unit = ""
    if low[i] in CURRENCIES and i + 1 < len(s) and low[i + 1][0].isdigit():
        unit = CURRENCIES[low[i]]
        i += 1
    value, last = _number(low, i, words)
    if value is None:
        return None
    if low[last : last + 1] in (("to",), ("and",), ("or",)) and last + 1 < len(low) and not unit:
        upper, end = _number(low, last + 1, words)
        last = end if upper is not None else last  # "two to three battalions": the lesser number
    elif low[last : last + 1] == ("of",) and value >= 1 and last + 1 < len(low):
        whole, end = _number(low, last + 1, words)
        last = end if whole is not None and whole >= value else last  # "34 of 40 drones"
    if not unit:
        found = _noun(s, last, words)
        if found is None:
            return None
        unit, last = found
    approximate = any(word in words.approximate for word in low[max(0, start - 2) : start])
    return QuantityMention(number, start, last, value, unit, approximate)


def _number(low: tuple[str, ...], i: int, words: NumberWords) -> tuple[float | None, int]:
    word = low[i]
    value: float | None = None
    last = i + 1
    if low[i : i + 3] == ("half", "a", "dozen"):
        return words.multiples["dozen"] / 2, i + 3
    if low[i : i + 3] == ("a", "couple", "of"):
        return 2.0, i + 3
    if word[0].isdigit():
        plain = word.replace(",", "")
        try:
            value = float(plain)
        except ValueError:
            head, _, unit = plain.partition("-")
            return (float(head), last) if head.isdigit() and unit in ("strong",) else (None, i)
    elif word in words.numbers:
        value = words.numbers[word]
    elif word in words.multiples and i and low[i - 1] == "a":
        more = words.numbers.get(low[last + 1]) if low[last : last + 1] == ("and",) and last + 1 < len(low) else None
        return words.multiples[word] + (more or 0.0), last + (2 if more else 0)  # "a hundred and twenty"
    elif word in words.fractions and last < len(low) and (low[last] == "of" or word == "half"):
        return words.fractions[word], last
    if value is None:
        return None, i
    while last < len(low) and low[last] in words.multiples:
        value *= words.multiples[low[last]]
        last += 1
    if last < len(low) and low[last] in ("in",) and last + 1 < len(low) and low[last + 1] in words.numbers:
        return None, i
    return value, last


def _noun(s: Sentence, last: int, words: NumberWords) -> tuple[str, int] | None:
    """What is counted: the words after the number up to a plural noun."""
    low = s.lower
    if last < len(s) and low[last] in ("%", "percent"):
        return "per cent", last + 1
    if low[last : last + 2] == ("per", "cent"):
        return "per cent", last + 2
    j = last
    parts: list[str] = []
    while j < len(s) and j - last < 6:
        word = low[j]
        if j > last and word.isdigit() and s.words[j - 1][0].isupper():
            j += 1
            continue  # a type of arm: "14 Leopard 2 tanks"
        named = s.words[j][0].isupper()
        if word in words.skip or not word[0].isalpha():
            return None
        if word in words.months and named:
            return None
        if word in words.after:
            return word, j + 1
        if word in words.copulas:
            # "130 had been killed"
            told = next((low[k] for k in range(j + 1, min(j + 4, len(s))) if low[k] in words.after), None)
            return (told, j) if told is not None and j == last else None
        if word in ("and", "or") and j > last:
            j += 1
            continue
        if word in (
            "km",
            "kilometres",
            "kilometers",
            "miles",
            "metres",
            "meters",
            "people",
            "men",
            "women",
            "troops",
            "infantry",
            "personnel",
            "aircraft",
            "number",
            "crew",
            "artillery",
            "children",
        ):
            return _joined(parts, word), j + 1
        if (
            (word.endswith("s") or (word.endswith("men") and len(word) > 4))
            and len(word) > 3
            and word not in ("his", "its", "this", "was", "has", "across", "villages'")
        ):
            return _joined(parts, word), j + 1
        if word not in words.between and j > last and not (named or (s.words[j].islower() and len(parts) < 2)):
            return None
        if word not in words.between and not named:
            parts.append(word)
        j += 1
    return None


def _joined(parts: list[str], head: str) -> str:
    return " ".join([*parts[-1:], head])
