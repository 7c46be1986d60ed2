"""What the rules found in a document, word by word: what a trained reader sees besides the words themselves.

Which words mean which side, whose words they are, where places, days and formations are named, which places "it", "the
town" and a verb without a place may mean, and what the rules themselves read there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.claim import CERTAINTIES, CONTESTED, Claim
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.dates import DateMention
from frontcast.observe.reports.parties import parties, parties_in
from frontcast.observe.reports.setting import PlaceUse, Setting
from frontcast.observe.reports.speech import Speaker, Speech, speech_at
from frontcast.observe.reports.syntax import ADVERB, DATE, NOUN, PREPOSITION, VERB
from frontcast.observe.reports.tokens import Sentence
from frontcast.observe.reports.units import UnitMention

SIDES: Final = 6
"""Sides of a document that are told apart; a seventh is no side to the trained reader."""

NOBODY, THIRD, VAGUE = 0, SIDES + 1, SIDES + 2
"""Whose words: a document's own, a side's (its number, from 1), those of no party to the war, those nobody vouches for."""

PLACES: Final = {"settlement": 1, "unknown": 1, "region": 2, "feature": 3, "river": 3, "country": 3}
DAY, FORMATION, LOOSE = 4, 5, 6
"""What a word is part of, besides names of places: a date, a formation, a capitalised name nobody knows."""

HELD: Final = frozenset(("settlement", "unknown", "region"))
"""Kinds of places that somebody can hold; a feature only where it has a point."""

KINDS_OF_WORDS: Final = ("name", "loose", "stands", "clause")
TELLING: Final = frozenset((NOUN, VERB, DATE, ADVERB))
"""Kinds of phrases that may carry a claim where no place is named."""

CALM: Final = frozenset(
    "the a an this that these those it its his her their our we they he she i you and but or so if in on".split()
)

HANGING: Final = frozenset("of in for from at with".split())
NO_NAMES: Final = frozenset("it they we he she i you them us him her this that these those who which what".split())

UNREAD, SILENT, FIRST_HOLDER, FOUGHT_OVER, GONE = 0, 1, 2, 2 + SIDES, 3 + SIDES
"""What the rules read at a place: not known; nothing; the number of a side, from 2; contested; no longer held."""


@dataclass(slots=True)
class Candidate:
    """Words [first, last) of a document that may say who holds a place.

    Attributes:
        sentence: its number.
        kind: one of `KINDS_OF_WORDS`: a name, a "loose" name that no gazetteer knows, what "stands" for one ("it", "the
            town"), or another phrase of the clause.
        places: what is meant: one, or more for "both"; none where nothing was named before.
        anchor: a word of the sentence, for whose words it is.
    """

    sentence: int
    first: int
    last: int
    kind: str
    places: tuple[PlaceUse, ...]
    anchor: int


@dataclass(slots=True)
class Told:
    """A sentence as the rules understood it.

    Attributes:
        offset: number of its first word in the document.
        side: of each word, the name of the side it means, or None.
        speaker: of each word, who says it, or None.
        phrases: words [first, last) of the document that may name who speaks, and the name.
        events: the control events read in it, and the claims they became.
    """

    offset: int
    setting: Setting
    spoken: list[Speech]
    dates: Sequence[DateMention]
    units: Sequence[UnitMention]
    side: list[str | None]
    speaker: list[Speaker | None]
    candidates: list[Candidate]
    phrases: list[tuple[int, int, str]]
    events: list[tuple[Event, Claim]] = field(default_factory=list)
    others: list[Claim] = field(default_factory=list)

    @property
    def sentence(self) -> Sentence:
        """The sentence itself."""
        return self.setting.found.sentence


@dataclass(slots=True)
class Evidence:
    """A document, word by word.

    Attributes:
        words: all words, sentence after sentence.
        bounds: number of the first word of each sentence, and the number of words at the end.
        sides: names of the sides, in the order of their first mention, then as the war lists them; at most `SIDES`.
        side, speaker, part: of each word: number of the side it means (from 1; 0 none); whose words it is in (`NOBODY`,
            a side's number, `THIRD`, `VAGUE`); of which name it is part (`PLACES`, `DAY`, `FORMATION`, `LOOSE`, 0 none).
        read, sure: of each word: what the rules read of the place there (`SILENT` and on), and how sure (number of the
            certainty, from 1; 0 none).
        voice, attacker: numbers of the sides whose words the document is, and who is on the move; 0 none.
    """

    words: list[str]
    bounds: list[int]
    sides: tuple[str, ...]
    side: list[int]
    speaker: list[int]
    part: list[int]
    read: list[int]
    sure: list[int]
    voice: int
    attacker: int
    candidates: list[Candidate]
    told: list[Told]


def told(
    setting: Setting,
    spoken: list[Speech],
    dates: Sequence[DateMention],
    units: Sequence[UnitMention],
    actors: Actors,
    author: Speaker | None,
    offset: int,
) -> Told:
    """A sentence as the rules understand it, before its own claims are remembered.

    Args:
        setting: the sentence in its document.
        spoken: whose words its parts are.
        dates: its dates.
        units: its formations.
        actors: the sides.
        author: whose words the document is, or None.
        offset: number of its first word in the document.
    """
    sentence = setting.found.sentence
    speaker: list[Speaker | None] = []
    for i in range(len(sentence)):
        speech = speech_at(spoken, i) if spoken else None
        speaker.append(speech.speaker if speech is not None else author)
    side = _side_words(setting, actors, speaker)
    candidates = _candidates(setting, dates, units, side, offset)
    return Told(offset, setting, spoken, dates, units, side, speaker, candidates, _phrases(setting, spoken, offset))


def _phrases(setting: Setting, spoken: Sequence[Speech], offset: int) -> list[tuple[int, int, str]]:
    """Phrases that may name a speaker, with what hangs on them by "of", "in", "for" or "from"."""
    found = setting.found
    items = found.items
    out: list[tuple[int, int, str]] = []
    for k, item in enumerate(items):
        if item.kind != NOUN or (
            item.prep >= 0 and items[item.prep].word in HANGING and k >= 2 and items[k - 2].kind == NOUN
        ):
            continue
        last, j = item.last, k
        while j + 2 < len(items) and items[j + 1].kind == PREPOSITION and items[j + 1].word in HANGING:
            if items[j + 2].kind != NOUN:
                break
            j += 2
            last = items[j].last
        first = item.first
        words = found.sentence.lower
        if last - first == 1 and words[first] in NO_NAMES:
            continue
        out.append((offset + first, offset + last, found.sentence.span(first, last)))
    return out


def _side_words(setting: Setting, actors: Actors, speaker: Sequence[Speaker | None]) -> list[str | None]:
    low = setting.found.sentence.lower
    out: list[str | None] = [None] * len(low)
    ours, theirs = setting.lexicon.words["self"], setting.lexicon.words["other"]
    for i, word in enumerate(low):
        if out[i] is not None:
            continue
        said = speaker[i]
        own = (said.side if said is not None else None) or actors.voice
        if word in ours:
            out[i] = own
        elif word in theirs:
            out[i] = actors.war.other(own) if own else None
        if out[i] is not None:
            continue
        for one in actors.war.sides:
            length = _length(one.phrases, low, i) or _length(one.roles, low, i)
            if not length and ((word in one.people and len(word) > 2) or word in one.capitals):
                length = 1
            if not length and " ".join(low[i : i + 2]) in one.capitals:
                length = 2
            if length:
                out[i : i + length] = [one.name] * length
                break
    for first, last, name in parties_in(setting.found.sentence, parties(setting.lexicon)):
        if not any(out[first:last]):
            out[first:last] = [name] * (last - first)
    for first, last, name in setting.units:
        known = actors.units.get(name.casefold())
        for i in range(first, last):
            out[i] = out[i] or known
    return out


def _length(index: dict[str, list[tuple[str, ...]]], words: Sequence[str], i: int) -> int:
    for phrase in index.get(words[i], ()):
        if tuple(words[i : i + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _candidates(
    setting: Setting,
    dates: Sequence[DateMention],
    units: Sequence[UnitMention],
    side: Sequence[str | None],
    offset: int,
) -> list[Candidate]:
    found = setting.found
    sentence = found.sentence
    number = sentence.index
    out: list[Candidate] = []
    taken = [False] * len(sentence)
    named = [False] * len(sentence)

    def put(first: int, last: int, kind: str, places: tuple[PlaceUse, ...]) -> None:
        out.append(Candidate(number, offset + first, offset + last, kind, places, first))
        for i in range(first, last):
            taken[i] = True

    for use in setting.uses:
        if use.first >= 0 and (use.kind in HELD or use.lat is not None):
            put(use.first, use.last, "name", (use,))
    for k, item in enumerate(found.items):
        if item.kind != NOUN or any(taken[item.first : item.last]):
            continue
        if sentence.lower[item.first] in ("both", "these", "those", "all"):
            several = setting.both(k)
            if several:
                put(item.first, item.last, "stands", tuple(several))
                continue
        meant = setting.pronoun(k)
        if meant is not None and meant.name is not None:
            put(item.first, item.last, "stands", (meant,))
    for i, word in enumerate(sentence.lower):
        if word in ("there", "here") and not taken[i]:
            meant = setting.spoken_of(_item_at(setting, i))
            if meant is not None:
                put(i, i + 1, "stands", (meant,))
    for day in dates:
        named[day.first : day.last] = [True] * (day.last - day.first)
    for unit in units:
        named[unit.first : unit.last] = [True] * (unit.last - unit.first)
    i = 0
    while i < len(sentence):
        last = i
        while last < len(sentence) and not named[last] and _loose(setting, last, taken, side):
            last += 1
        if last > i:
            name = sentence.span(i, last)
            at = _item_at(setting, i)
            use = PlaceUse(name, "unknown", None, None, False, name.casefold(), i, last, at, at, "head", "", -1)
            put(i, last, "loose", (use,))
        i = max(last, i + 1)
    for k, item in enumerate(found.items):
        at = found.predicates[item.predicate].head if item.kind == VERB else item.first
        if item.kind not in TELLING or any(taken[item.first : item.last]):
            continue
        meant = setting.spoken_of(k)
        put(at if item.kind == VERB else item.first, item.last, "clause", (meant,) if meant is not None else ())
    out.sort(key=lambda candidate: candidate.first)
    return out


def _loose(setting: Setting, i: int, taken: Sequence[bool], side: Sequence[str | None]) -> bool:
    """Whether a word is capitalised and nothing else that is known."""
    sentence = setting.found.sentence
    word, low = sentence.words[i], sentence.lower[i]
    if taken[i] or side[i] is not None or not word[:1].isupper() or len(word) < 3 or low in CALM:
        return False
    if low in setting.lexicon.words["titles"]:
        return False
    return i > 0 or not (low in setting.lexicon.verbs or low in setting.lexicon.words["adverbs"])


def _item_at(setting: Setting, word: int) -> int:
    items = setting.found.items
    return next((k for k, item in enumerate(items) if item.last > word), len(items) - 1)


def evidence(told: list[Told], actors: Actors, author: Speaker | None) -> Evidence:
    """A document, word by word, out of its sentences."""
    order: dict[str, int] = {}
    for one in told:
        for name in one.side:
            if name is not None:
                order.setdefault(name, 0)
        for event, _ in one.events:
            for name in (event.side, event.holder):
                if name is not None and name != CONTESTED:
                    order.setdefault(name, 0)
    for side in actors.war.sides:
        order.setdefault(side.name, 0)
    sides = tuple(order)[:SIDES]
    numbers = {name: k + 1 for k, name in enumerate(sides)}
    words: list[str] = []
    bounds = [0]
    marked: list[int] = []
    speaker: list[int] = []
    part: list[int] = []
    candidates: list[Candidate] = []
    for one in told:
        sentence = one.sentence
        words += sentence.words
        bounds.append(len(words))
        marked += [numbers.get(name, 0) if name else 0 for name in one.side]
        speaker += [_whose(said, numbers) for said in one.speaker]
        parts = [0] * len(sentence)
        for candidate in one.candidates:
            if candidate.kind == "loose":
                for i in range(candidate.first - one.offset, candidate.last - one.offset):
                    parts[i] = LOOSE
        for use in one.setting.uses:
            for i in range(max(0, use.first), use.last):
                parts[i] = PLACES.get(use.kind, 0)
        for unit in one.units:
            parts[unit.first : unit.last] = [FORMATION] * (unit.last - unit.first)
        for day in one.dates:
            parts[day.first : day.last] = [DAY] * (day.last - day.first)
        part += parts
        candidates += one.candidates
    read, sure = [SILENT] * len(words), [0] * len(words)
    for one in told:
        for event, claim in one.events:
            at = event_word(one, event)
            read[at] = _holder_number(claim, numbers)
            sure[at] = CERTAINTIES.index(claim.certainty) + 1
    voice = numbers.get(actors.voice or "", 0)
    return Evidence(
        words,
        bounds,
        sides,
        marked,
        speaker,
        part,
        read,
        sure,
        voice,
        numbers.get(actors.war.attacker or "", 0),
        candidates,
        told,
    )


def event_word(told: Told, event: Event) -> int:
    """The word of the document at which an event is told: that of its place, else of what stands for it, else its verb."""
    place = event.place
    if place is not None and place.first >= 0:
        return told.offset + place.first
    if place is not None and place.item >= 0:
        item = told.setting.found.items[place.item]
        first, last = told.offset + item.first, told.offset + item.last
        for candidate in told.candidates:
            if candidate.first < last and first < candidate.last:
                return candidate.first
    if event.predicate >= 0:
        return told.offset + told.setting.found.predicates[event.predicate].head
    return told.offset + min(event.anchor, len(told.sentence) - 1)


def _holder_number(claim: Claim, numbers: dict[str, int]) -> int:
    if claim.holder is None:
        return GONE
    if claim.holder == CONTESTED:
        return FOUGHT_OVER
    at = numbers.get(claim.holder)
    return SILENT if at is None else FIRST_HOLDER + at - 1


def _whose(speaker: Speaker | None, numbers: dict[str, int]) -> int:
    if speaker is None:
        return NOBODY
    if speaker.hedged:
        return VAGUE
    if speaker.side is not None and speaker.side in numbers:
        return numbers[speaker.side]
    return THIRD
