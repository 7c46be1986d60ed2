"""From a document to its claims: sentences, names, clauses, events, and who says them how surely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from frontcast.observe.reports.actors import Actors, Wars, actors
from frontcast.observe.reports.authors import author, interviewed
from frontcast.observe.reports.certainty import judge
from frontcast.observe.reports.claim import CONTESTED, Claim, Quantity, same_fact
from frontcast.observe.reports.control import Event, control_events
from frontcast.observe.reports.corrections import rejection
from frontcast.observe.reports.dates import DateMention, find_dates
from frontcast.observe.reports.document import Document
from frontcast.observe.reports.events import other_events
from frontcast.observe.reports.evidence import Evidence, Told, evidence, told
from frontcast.observe.reports.fragments import Colours, fragments, legend
from frontcast.observe.reports.lexicon import Lexicon, lexicon
from frontcast.observe.reports.places import PlaceFinder, PlaceMention
from frontcast.observe.reports.quantities import QuantityMention, find_quantities
from frontcast.observe.reports.setting import Memory, Setting
from frontcast.observe.reports.speech import Speaker, Speakers, Speech, quoted, speech_at, speeches
from frontcast.observe.reports.syntax import NOUN, Clauses, clauses
from frontcast.observe.reports.tokens import Sentence, sentences
from frontcast.observe.reports.understood import opening_speech, own_words, same_count, understood, victor_of, weighed
from frontcast.observe.reports.units import UnitMention, find_units
from frontcast.observe.reports.wars import wars

READER_VERSION: Final = 6
"""Counts up whenever the rules or the model change what is read, so that a store can tell readings apart."""


LATELY: Final = 12
"""Places kept in mind for "the city" and "the village"."""


class ReportReader:
    """Reads documents in one language. Loading takes a moment; reading keeps nothing between documents.

    Args:
        language: ISO 639-1 code of a folder under `language/`.
        places: finds places; left out, the shipped gazetteers.
    """

    def __init__(self, language: str = "en", places: PlaceFinder | None = None) -> None:
        self.lexicon: Lexicon = lexicon(language)
        self.wars = wars(self.lexicon)
        self.places = places or PlaceFinder()

    def read(self, document: Document) -> list[Claim]:
        """The claims of a document, in the order of their words."""
        found = list(sentences(document.text))
        if not found:
            return []
        return _Reading(self, document, found).claims()

    def evidence(self, document: Document) -> tuple[list[Claim], Evidence | None]:
        """The claims of a document, and what the rules found on the way to them; None where it has no words."""
        found = list(sentences(document.text))
        if not found:
            return [], None
        reading = _Reading(self, document, found, keep=True)
        claims = reading.claims()
        return claims, evidence(reading.told, reading.actors, reading.author)


class _Reading:
    """One document being read."""

    def __init__(
        self, reader: ReportReader, document: Document, found: Sequence[Sentence], *, keep: bool = False
    ) -> None:
        self.keep = keep
        self.told: list[Told] = []
        self.lexicon = reader.lexicon
        self.document = document
        self.sentences = found
        self.mentions = _by_sentence(reader.places.find(found), len(found))
        dates = find_dates(found, document.published)
        self.dates = _by_sentence(dates, len(found))
        self.history = _history(dates, document.published)
        self.units = _by_sentence(find_units(found), len(found))
        self.quantities = _by_sentence(find_quantities(found), len(found))
        countries: Counter[str] = Counter(
            getattr(mention, "country", "")
            for group in self.mentions
            for mention in group
            if getattr(mention, "country", "")
        )
        self.actors: Actors = actors(
            found, self.lexicon, reader.wars, countries, document.published, self.history or document.published
        )
        self.author = author(found, self.lexicon, self.actors)
        answering = interviewed(found, self.lexicon, self.actors)
        self.answers_from = 0
        if answering is not None:
            self.author, self.answers_from = answering
        if self.author is not None and self.author.side is not None:
            self.actors.voice = self.author.side
        whole: Counter[str] = Counter(word for sentence in found for word in sentence.lower)
        self.wars = Wars(reader.wars, whole, self.actors.war, document.published)
        self.speakers = Speakers(self.lexicon, self.actors)
        self.memory = Memory()
        self.carried: Speaker | None = None
        self.paragraph = -1
        self.trail: list[tuple[Claim, Event]] = []
        self.withdrawn: list[Claim | None] = []
        self.victor: str | None = None
        self.counted: str | None = None
        self.occasion: tuple[str, str, int] | None = None  # who was said to act on which day, in which sentence
        self.colours: Colours = {}
        self.answering = True

    def claims(self) -> list[Claim]:
        out: list[Claim] = []
        for number, sentence in enumerate(self.sentences):
            if sentence.lower[:2] in (("if", "true"), ("if", "confirmed"), ("if", "so")):
                out = _doubted(out, self.sentences[number - 1] if number else None)
            out += self._sentence(number, sentence)
        return _once([claim for claim in out if not any(claim is gone for gone in self.withdrawn)])

    def _sentence(self, number: int, sentence: Sentence) -> list[Claim]:
        mentions: list[PlaceMention] = [m for m in self.mentions[number]]
        dates: list[DateMention] = self.dates[number]
        units: list[UnitMention] = self.units[number]
        war = self.wars.of(sentence, Counter(mention.country for mention in mentions if mention.country))
        if war is not self.actors.war:
            # Another war: who was on the move in the last one says nothing here.
            self.actors.war, self.actors.last = war, None
            self.memory.taker = self.memory.after_taking = self.memory.pusher = None
        found = clauses(
            sentence,
            self.lexicon,
            [(m.first, m.last) for m in mentions] + [(u.first, u.last) for u in units],
            [(d.first, d.last) for d in dates],
        )
        self._learn_units(found, units)
        if sentence.paragraph != self.paragraph:
            self.paragraph = sentence.paragraph
            # A quotation runs on into a new paragraph only if that begins with a quotation mark of its own.
            if sentence.words[0] not in ("“", '"', "«"):
                self.carried = None
        spoken = speeches(found, self.speakers)
        more, self.carried = quoted(found, spoken, self.speakers, self.carried)
        spoken += more
        spoken += opening_speech(found, spoken, self.speakers)
        setting = Setting(
            found,
            mentions,
            [(d.first, d.last) for d in dates],
            spoken,
            self.actors,
            self.memory,
            [(u.first, u.last, u.name) for u in units],
            self.lexicon,
            self.colours,
        )
        self.answering = number >= self.answers_from
        question = sentence.words[-1] == "?" or (len(sentence) > 1 and sentence.words[-2] == "?")
        events = [] if question else control_events(setting, self.actors, self.lexicon)
        if not question:
            if not self.colours:
                self.colours = legend(sentence.lower, self.actors, self.lexicon)
            else:
                events += fragments(setting, self.actors, self.lexicon, events, self.colours)
            if not self.colours:
                events += fragments(setting, self.actors, self.lexicon, events, {})
            events = understood(setting, self.actors, events, self.victor)
        out: list[Claim] = []
        kept = None
        if self.keep:
            offset = self.told[-1].offset + len(self.told[-1].sentence) if self.told else 0
            author = self.author if self.answering else None
            kept = told(setting, spoken, dates, units, self.actors, author, offset)
            self.told.append(kept)
        for event in events:
            claim = self._claim(event, setting, spoken, dates, units)
            if claim is not None:
                out.append(claim)
                self.trail.append((claim, event))
                if kept is not None:
                    kept.events.append((event, claim))
        others = [] if question else other_events(setting, self.actors, self.lexicon, events, self.speakers.verbs)
        for event in others:
            claim = self._other(event, setting, spoken, dates, units, self.quantities[number])
            if claim is not None:
                out.append(claim)
        if not question:
            rejected = rejection(
                setting, spoken, self.speakers, self.trail, any(claim.kind == "control" for claim in out)
            )
            if rejected is not None:
                out = [claim for claim in out if claim is not rejected.withdrawn]
                self.withdrawn.append(rejected.withdrawn)
                out.append(rejected.claim)
        self.victor = victor_of(setting, [*events, *others])
        self._note_occasion(found, dates, number)
        self._remember(setting, found, question)
        spoken_of = [
            event.place for event in events if event.place is not None and event.place.kind in ("settlement", "unknown")
        ]
        if spoken_of:
            self.memory.place = replace(spoken_of[-1], first=0, last=0)
        return out

    def _note_occasion(self, found: Clauses, dates: Sequence[DateMention], number: int) -> None:
        """Keeps who did something on a day, for what he says in the next sentence."""
        days = [d for d in dates if d.valid is not None and len(d.valid) == 10 and d.role == "event"]
        main = next((p for p in found.predicates if p.form == "finite" and p.subject >= 0), None)
        leader = main is not None and any(
            word in side.people for word in found.words(main.subject) for side in self.actors.war.sides
        )
        speaker = self.speakers.of_phrase(found, main.subject) if days and main is not None and leader else None
        if speaker is not None and speaker.name is not None:
            self.occasion = (speaker.name, days[0].valid or "", number)
            self.speakers.remember(speaker)

    def _learn_units(self, found: Clauses, units: Sequence[UnitMention]) -> None:
        for unit in units:
            side = unit.side
            if side is None:
                for item in range(len(found.items)):
                    entry = found.items[item]
                    if entry.first <= unit.first < entry.last:
                        side = self.actors.named(found.words(item))
                        before = entry.prep
                        if side is None and before >= 1:
                            side = self.actors.named(found.words(before - 1))
            if side is not None:
                self.actors.units.setdefault(unit.name.casefold(), side)

    def _remember(self, setting: Setting, found: Clauses, question: bool) -> None:
        """Who and what the next sentence may mean by "they" and "the town"."""
        for predicate in found.predicates:
            if predicate.subject >= 0 and predicate.form == "finite":
                words = found.words(predicate.subject)
                side = self.actors.named(words)
                if side is not None:
                    self.actors.last = side
        offensives = found.sets["offensives"]
        for item, entry in enumerate(found.items):
            if entry.kind == NOUN and found.words(item)[-1] in offensives:
                pushing = setting.side_of(item, entry.first)
                self.memory.pusher = pushing or self.memory.pusher
        settlements = [
            use
            for use in setting.uses
            if use.kind in ("settlement", "unknown")
            and not (
                self.actors.named((use.name or "").casefold().split()) is not None
                and use.use == "head"
                and self._speaks(found, use.item)
            )
        ]
        strong = [use for use in settlements if use.use in ("head", "inside", "partial", "possessor")]
        subjects = {p.subject for p in found.predicates}
        chosen = (
            [use for use in strong if use.role in subjects]
            or strong
            or (settlements if self.memory.place is None else [])
        )
        if question and settlements:
            chosen = settlements[-1:]  # the answer is about what was asked
        regions = [use for use in setting.uses if use.kind == "region"]
        if strong:
            self.memory.recent = strong
            self.memory.lately = [*self.memory.lately, *strong][-LATELY:]
        if regions:
            self.memory.region = regions[-1]
        if chosen:
            self.memory.place = chosen[0] if chosen[0].role in subjects else chosen[-1]

    def _speaks(self, found: Clauses, item: int) -> bool:
        return any(p.subject == item and p.lemma in self.speakers.verbs for p in found.predicates)

    def _claim(
        self,
        event: Event,
        setting: Setting,
        spoken: list[Speech],
        dates: Sequence[DateMention],
        units: Sequence[UnitMention],
    ) -> Claim | None:
        speech = speech_at(spoken, event.anchor)
        verdict = judge(event, setting, speech, self.speakers, self.lexicon)
        if not verdict.certainty:
            return None
        holder = event.holder
        if verdict.denied:
            holder = event.stays
        elif (
            holder == CONTESTED
            and event.kind == "enter"
            and event.place is not None
            and self.memory.left.get(event.place.key) == self.actors.war.other(event.side)
            and event.side is not None
        ):
            holder = event.side  # the other side is said to be gone
        elif event.kind == "enter" and holder == CONTESTED and self._stormed(event, setting, speech, dates):
            holder = event.side
        elif holder is None and event.kind != "leave":
            return None  # nobody knows who
        assert event.place is not None
        if event.place.kind not in ("settlement", "unknown", "region", "feature"):
            return None
        if event.place.kind == "feature" and event.place.lat is None:
            return None
        valid = self._valid(event, setting, speech, dates, verdict.certainty)
        self._weigh(event, verdict.certainty, valid)
        return self._told(event, setting, speech, units, verdict.certainty, valid, "control", holder, event.quantity)

    def _stormed(self, event: Event, setting: Setting, speech: Speech | None, dates: Sequence[DateMention]) -> bool:
        """Whether a place was stormed long ago: who tells of that tells that it was taken."""
        if event.predicate < 0 or setting.found.predicates[event.predicate].lemma != "storm" or event.denied:
            return False
        valid = self._valid(event, setting, speech, dates, "stated")
        return valid is not None and self._months_ago(valid) > 1

    def _other(
        self,
        event: Event,
        setting: Setting,
        spoken: list[Speech],
        dates: Sequence[DateMention],
        units: Sequence[UnitMention],
        quantities: Sequence[QuantityMention],
    ) -> Claim | None:
        """A claim that is not about who holds a place."""
        speech = speech_at(spoken, event.anchor)
        own = own_words(setting, event, speech)
        if own:
            speech = None
        verdict = judge(event, setting, speech, self.speakers, self.lexicon)
        if not verdict.certainty:
            return None
        certainty = weighed(verdict.certainty, setting, event, speech, own=own)
        amount = next((q for q in quantities if event.first <= q.first < event.last and q.value is not None), None)
        quantity = Quantity(amount.value, amount.unit) if amount is not None else None
        valid = self._valid(event, setting, speech, dates, certainty)
        if same_count(setting, event):
            valid = self.counted or valid
        elif quantity is not None:
            self.counted = valid
        return self._told(event, setting, speech, units, certainty, valid, event.kind, None, quantity)

    def _told(
        self,
        event: Event,
        setting: Setting,
        speech: Speech | None,
        units: Sequence[UnitMention],
        certainty: str,
        valid: str | None,
        kind: str,
        holder: str | None,
        quantity: Quantity | None,
    ) -> Claim:
        """An event as the claim it makes."""
        sentence = setting.found.sentence
        start, end = sentence.starts[event.first], sentence.ends[event.last - 1]
        place = event.place
        return Claim(
            kind=kind,
            side=event.side,
            place=place.name if place is not None else None,
            lat=place.lat if place is not None else None,
            lon=place.lon if place is not None else None,
            holder=holder,
            valid=valid,
            attributed_to=self._says(speech),
            certainty=certainty,
            unit=next((u.name for u in units if event.first <= u.first < event.last), None),
            quantity=quantity,
            quote=sentence.text[start:end],
            start=start,
            end=end,
            origin=event.origin,
            target=event.target,
        )

    def _says(self, speech: Speech | None) -> str | None:
        """Who says it: the speaker, or whose bulletin or post it is; None where the document itself does."""
        if speech is not None:
            return speech.speaker.name
        return self.author.name if self.author is not None and self.answering else None

    def _weigh(self, event: Event, certainty: str, valid: str | None) -> None:
        """What a claim tells about the sides, for the sentences after it."""
        if event.place is None:
            return
        if certainty in ("denied", "predicted") or event.place is None:
            return
        if event.holder is not None:
            self.memory.holders[event.place.key] = event.holder
        elif event.kind == "leave" and event.side is not None:
            self.memory.left[event.place.key] = event.side
        if event.kind in ("take", "lose") and event.holder not in (None, CONTESTED):
            self.memory.after_taking = event.holder
        if valid is not None and self.history is None and self._months_ago(valid) > 1:
            return  # history says nothing about who is on the move now
        self.memory.previous_event = replace(event)
        if event.kind in ("take", "lose") and event.holder not in (None, CONTESTED):
            self.memory.taker = event.holder
            self.memory.after_taking = event.holder
        elif event.kind == "leave" and event.side is not None:
            self.memory.taker = self.actors.war.other(event.side)
        elif event.kind == "hold" and self.memory.taker is None:
            self.memory.taker = event.side

    def _months_ago(self, valid: str) -> int:
        year, month = int(valid[:4]), int(valid[5:7])
        return (self.document.published.year - year) * 12 + self.document.published.month - month

    def _valid(
        self, event: Event, setting: Setting, speech: Speech | None, dates: Sequence[DateMention], certainty: str
    ) -> str | None:
        published = self.document.published.isoformat()
        found = setting.found
        predicate = found.predicates[event.predicate] if event.predicate >= 0 else None
        own = [d for d in dates if d.role not in ("publication", "age", "duration")]
        inside = [d for d in own if event.first <= d.first < event.last]
        if not inside:
            inside = [d for d in own if self._belongs(d, event, setting, speech)]
        at = predicate.head if predicate is not None else event.anchor
        heads = [other.head for other in found.predicates if other is not predicate and other.form != "infinitive"]
        # "taken in March, lost again in June": each verb has the date that no other verb stands before.
        own_verb = [d for d in inside if not any(min(d.first, at) < head < max(d.first, at) for head in heads)]
        after = [d for d in own_verb if d.first > at]
        chosen = _beside(event, setting, own) or _nearest(after or own_verb or inside, at)
        if certainty == "predicted":
            if chosen is None:
                return None
            return (
                getattr(chosen, "next", None) or chosen.valid if chosen.role in ("event", "deadline", "until") else None
            )
        if chosen is not None:
            return chosen.valid
        clause = found.sentence.lower[max(0, event.first) : event.last]
        if (
            certainty == "denied"
            and "never" in clause
            and not (predicate is not None and predicate.perfect and not predicate.past)
        ):
            return None  # "was never taken": at no time
        if speech is not None and speech.predicate >= 0:
            # Undated: the day of the statement.
            said = [d for d in own if not speech.first <= d.first < speech.last]
            day = _nearest(said, found.predicates[speech.predicate].head)
            if day is not None and day.valid is not None and len(day.valid) == 10:
                return day.valid
            if self.occasion is not None and day is None and speech.speaker.name == self.occasion[0]:
                _, told, number = self.occasion
                if number == setting.found.sentence.index - 1:
                    return told  # what he says at what he was told to have done on that day
        return published

    def _belongs(self, mention: DateMention, event: Event, setting: Setting, speech: Speech | None) -> bool:
        """Whether a date outside a clause's own words still dates it: no other verb and no boundary between."""
        first, last = sorted((mention.first, event.first if mention.first < event.first else event.last - 1))
        if speech is not None and not (speech.first <= mention.first < speech.last):
            return False
        low = setting.found.sentence.lower
        between = low[first:last]
        if {";", ":", "."} & set(between):
            return False
        spoken = {speech.predicate} if speech is not None else set()
        lo, hi = (mention.last, event.first) if mention.first < event.first else (event.last, mention.first)
        for number, predicate in enumerate(setting.found.predicates):
            if number in spoken or number == event.predicate:
                continue
            if lo <= predicate.first < hi and predicate.form == "finite":
                return False
        return True


def _history(dates: Sequence[DateMention], published: date) -> date | None:
    """The day in the middle of what a document tells, if all of it is long past; else None."""
    days = sorted(
        date.fromisoformat(d.valid if len(d.valid) == 10 else f"{d.valid}-01")
        for d in dates
        if d.valid is not None and d.role not in ("publication", "age")
    )
    if len(days) < 2 or (published - days[-1]).days < RECENT_DAYS:
        return None
    return days[len(days) // 2]


RECENT_DAYS: Final = 62
"""A document with nothing in it younger than this tells a history."""


def _doubted(claims: list[Claim], before: Sentence | None) -> list[Claim]:
    """The claims with those of the sentence before "If true" made unconfirmed."""
    if before is None:
        return claims
    first = before.starts[0]
    return [
        replace(claim, certainty="unconfirmed")
        if claim.start >= first and claim.certainty in ("stated", "claimed")
        else claim
        for claim in claims
    ]


def _beside(event: Event, setting: Setting, dates: Sequence[DateMention]) -> DateMention | None:
    """The date right behind a place that shares its verb with others: "freed A on Sunday, B two days earlier"."""
    place = event.place
    if place is None or place.first < 0 or len(dates) < 2:
        return None
    others = [use.first for use in setting.uses if use.first >= 0 and use.role != place.role]
    found = next((d for d in dates if 0 <= d.first - place.last <= 2), None)
    if found is None or not any(event.first <= first < event.last for first in others):
        return None
    between = range(place.last, found.first)
    heads = {predicate.head for predicate in setting.found.predicates}
    return None if any(i in heads or setting.found.sentence.lower[i] == "," for i in between) else found


def _nearest(mentions: Sequence[DateMention], word: int) -> DateMention | None:
    return min(mentions, key=lambda d: (abs(d.first - word), d.first), default=None)


def _by_sentence(mentions: Sequence[Any], count: int) -> list[list[Any]]:
    grouped: list[list[Any]] = [[] for _ in range(count)]
    for mention in mentions:
        grouped[mention.sentence].append(mention)
    for group in grouped:
        group.sort(key=lambda mention: mention.first)
    return grouped


def _once(claims: Sequence[Claim]) -> list[Claim]:
    """The same fact from the same speaker at the same certainty and date is one claim: its first mention."""
    seen: set[tuple[Any, ...]] = set()
    out = []
    for claim in claims:
        if claim.kind != "control":
            out.append(claim)
            continue
        key = same_fact(claim, claim.place)
        if key in seen:
            continue
        seen.add(key)
        out.append(claim)
    return out


def parse_published(text: str) -> date:
    """A day written YYYY-MM-DD."""
    return date.fromisoformat(text)
