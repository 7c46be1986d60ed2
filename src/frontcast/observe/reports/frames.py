"""What makes a clause tell of a movement, a strike, a loss: its verb beside what it is done to and what does it.

The words are in `language/<code>/events.toml`; here they are made ready to look up and weighed against one clause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon

ORDER: Final = ("loss", "strike", "morale", "supply", "manpower", "command", "arms", "movement", "politics")
"""Where a clause could as well be of several kinds, the first of these."""

WEIGHTS: Final = {"of": 0.9, "by": 0.7, "with": 0.5}
"""What each part of a clause that fits adds to the verb alone: what is done to what tells most."""

VERB_ALONE: Final = 2.0
VERB_AND_PARTS: Final = 1.6
PHRASE: Final = 2.3
STRONG: Final = 4.0
NOUN_HAPPENS: Final = 1.9
"""How much a verb that needs nothing beside it, a verb with its parts, a set phrase, and a noun with a verb of happening
weigh. Set by hand on the dispatches that were read; only their order matters."""

LEAST: Final = 1.8
"""Below this a clause is of no kind."""

WITH_OBJECT: Final = frozenset("into on in through over at near from".split())
"""Particles that are as often prepositions."""

_WEAPON_NAME: Final = re.compile(r"[a-z]{1,5}-\d{1,3}[a-z]{0,2}s?$")  # T-72, Su-25SM, F-16s; but M4 is a road


@dataclass(frozen=True, slots=True)
class Part:
    """One slot of a frame: where in the clause (`of`, `by`, `with`, and their `not`), and what may stand there.

    `words` may stand anywhere in it, `heads` (classes) are what its phrases are about: "strikes", not "missile", of
    "missile strikes".
    `marks` are tests on the clause rather than words: "side", "unit", "number", "named", "place",
    "settlement", "weapon_name", "active", "goal".
    """

    slot: str
    words: frozenset[str]
    heads: frozenset[str]
    marks: frozenset[str]
    refuses: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A verb of one kind with what must stand beside it."""

    kind: str
    parts: tuple[Part, ...]
    weight: float


@dataclass(frozen=True, eq=False)
class KindWords:
    """All frames, phrases and nouns of `events.toml`, ready to look up."""

    frames: dict[str, tuple[Frame, ...]]
    phrases: dict[str, tuple[tuple[tuple[str, ...], str, float], ...]]
    nouns: dict[str, str]
    things: dict[str, str]
    leaving: frozenset[str]
    entering: frozenset[str]
    adjectives: dict[str, frozenset[str]]
    classes: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ClauseParts:
    """The words of one clause by what they do in it.

    Attributes:
        phrase, lemma: its verb with and without its particle.
        of, of_heads, by, by_heads: the words, and the heads, of what it is done to and of what does it.
        words: all of them, in order.
        marks: what else is known of a part: pairs of slot and mark.
        light: whether its verb only says that something happens.
    """

    phrase: str
    lemma: str
    of: Collection[str]
    of_heads: Collection[str]
    by: Collection[str]
    by_heads: Collection[str]
    words: tuple[str, ...]
    marks: Callable[[str, str], bool]
    light: bool


@lru_cache(maxsize=4)
def kind_words(lexicon: Lexicon) -> KindWords:
    """The words of each kind in a language."""
    data = lexicon.data["events"]
    classes = {name: _forms(text.split()) for name, text in data["classes"].items()}
    frames: dict[str, list[Frame]] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], str, float]]] = {}
    nouns: dict[str, str] = {}
    things: dict[str, str] = {}
    adjectives: dict[str, frozenset[str]] = {}
    for kind in ORDER:
        entry = data[kind]
        for line in entry["frames"]:
            words_of, _, fixed = line.partition("=")
            verbs, _, rest = words_of.partition(":")
            parts = tuple(_part(text.split(), classes) for text in rest.split(";") if text.strip())
            parts = tuple(part for part in parts if part.words or part.heads or part.marks)
            told = [part for part in parts if not part.refuses]
            weight = VERB_AND_PARTS + sum(WEIGHTS[part.slot] for part in told) if told else VERB_ALONE
            weight = float(fixed) if fixed.strip() else weight
            for verb in verbs.split():
                frames.setdefault(verb.replace("_", " "), []).append(Frame(kind, parts, weight))
        for line in entry.get("phrases", "").splitlines():
            for text in line.split("|"):
                strong = text.strip().startswith("!")
                words = tuple(text.replace("!", " ").split())
                if words:
                    phrases.setdefault(words[0], []).append((words, kind, STRONG if strong else PHRASE))
        for noun in _forms(entry["nouns"].split()):
            nouns.setdefault(noun, kind)
        for thing in _forms(entry.get("things", "").split()):
            things.setdefault(thing, kind)
        adjectives[kind] = frozenset(entry.get("adjectives", "").split())
    return KindWords(
        {verb: tuple(found) for verb, found in frames.items()},
        {word: tuple(found) for word, found in phrases.items()},
        nouns,
        things,
        frozenset(data["movement"]["leaving"].split()),
        frozenset(data["movement"]["entering"].split()),
        adjectives,
        classes,
    )


def weigh(clause: ClauseParts, words: KindWords) -> tuple[dict[str, float], frozenset[str]]:
    """How well a clause fits each kind, and the kinds that its verb fits; kinds that it does not fit are left out."""
    points: dict[str, float] = {}
    frames = words.frames.get(clause.phrase) or words.frames.get(clause.lemma, ())
    if (
        clause.phrase != clause.lemma
        and clause.phrase.rpartition(" ")[2] in WITH_OBJECT
        and clause.phrase in words.frames
    ):
        frames = (*frames, *words.frames.get(clause.lemma, ()))  # "slammed into a house" is slamming too
    for frame in frames:
        if frame.weight > points.get(frame.kind, 0.0) and all(_fits(part, clause) for part in frame.parts):
            points[frame.kind] = frame.weight
    by_verb = frozenset(points)
    if not points:
        for head in clause.by_heads:
            kind = words.nouns.get(head)
            if kind is not None:
                points[kind] = LEAST  # "a shortage of rounds hampers them"
    low = clause.words
    for i, word in enumerate(low):
        for phrase, kind, weight in words.phrases.get(word, ()):
            if low[i : i + len(phrase)] == phrase:
                points[kind] = max(points.get(kind, 0.0) + 0.3, weight)
    if clause.light:
        for head in (*clause.of_heads, *clause.by_heads):
            noun_kind = words.nouns.get(head) or words.things.get(head)
            if noun_kind is not None:
                points[noun_kind] = max(points.get(noun_kind, 0.0), NOUN_HAPPENS)
    return {kind: value for kind, value in points.items() if value >= LEAST}, by_verb


def best(points: dict[str, float]) -> str | None:
    """The kind that fits best."""
    return max(points, key=lambda kind: (points[kind], -ORDER.index(kind)), default=None)


def is_weapon_name(word: str) -> bool:
    """Whether a word is a type of arm by its look: T-72, Su-25, F-16s."""
    return _WEAPON_NAME.match(word) is not None


def _fits(part: Part, clause: ClauseParts) -> bool:
    there: Collection[str]
    heads: Collection[str]
    if part.slot == "of":
        there, heads = clause.of, clause.of_heads
    elif part.slot == "by":
        there, heads = clause.by, clause.by_heads
    else:
        there = heads = clause.words
    met = (
        any(word in part.words for word in there)
        or any(head in part.heads for head in heads)
        or any(clause.marks(part.slot, mark) for mark in part.marks)
    )
    return met != part.refuses


def _part(text: list[str], classes: dict[str, frozenset[str]]) -> Part:
    slot, *members = text
    heads: set[str] = set()
    marks: set[str] = set()
    plain = [member for member in members if not member.startswith("@")]
    for member in members:
        if member.startswith("@") and member[1:] in classes:
            heads |= classes[member[1:]]
        elif member.startswith("@"):
            marks.add(member[1:])
    refuses = slot.startswith("not")
    slot = {"not": "with"}.get(slot, slot.removeprefix("not_"))
    return Part(slot, _forms(plain), frozenset(heads), frozenset(marks), refuses)


def _forms(nouns: list[str]) -> frozenset[str]:
    """Nouns with their plurals."""
    found = set(nouns)
    for noun in nouns:
        if noun.endswith("y") and noun[-2:-1] not in "aeiou":
            found.add(noun[:-1] + "ies")
        elif noun.endswith(("s", "x", "ch", "sh")):
            found.add(noun + "es")
        else:
            found.add(noun + "s")
    return frozenset(found)
