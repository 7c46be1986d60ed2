"""What a sentence lets a reader understand beyond its clauses taken one by one.

Who has been thrown out of the north; that a town was left while nobody has come; that "that is undeniable" makes a boast a
fact; that "it appears" is the writer's word although another spoke before it; that what a problem "is" is so.
"""

from __future__ import annotations

from dataclasses import replace

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.claim import CONTESTED
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.setting import PlaceUse, Setting
from frontcast.observe.reports.speech import Speakers, Speech
from frontcast.observe.reports.syntax import MARK, NOUN, VERB, Clauses, Predicate


def understood(setting: Setting, actors: Actors, events: list[Event], victor: str | None) -> list[Event]:
    """The control events of a sentence, with what its clauses say together.

    Args:
        setting: the sentence.
        actors: the sides.
        events: those read clause by clause.
        victor: the side that the sentence before gives a victory, or None.
    """
    out = [_not_entered(setting, actors, event) for event in events if not _under_fire(setting, event)]
    return out + _thrown_out(setting, actors, events) + _beyond_doubt(setting, victor)


# -- who holds what --------------------------------------------------------------------------------------------


FIRE = frozenset("fire shelling bombardment bombs shells rockets drones shellfire attack".split())


def _under_fire(setting: Setting, event: Event) -> bool:
    """Whether "came under" goes on with fire, so that nobody's rule is meant."""
    if event.predicate < 0:
        return False
    low = setting.found.sentence.lower
    last = setting.found.predicates[event.predicate].last
    return "under" in low[last - 1 : last + 1] and bool(set(low[last : last + 5]) & FIRE)


def _not_entered(setting: Setting, actors: Actors, event: Event) -> Event:
    """ "They pulled out of the town, 60 km from anywhere the enemy has reached": left, and nobody has come."""
    if event.kind != "leave" or event.side is None or event.denied:
        return event
    low = setting.found.sentence.lower
    measures = frozenset(("km", "kilometres", "kilometers", "miles"))
    for k in range(event.last, min(len(low), event.last + 6)):
        if low[k] in measures and k > 0 and low[k - 1][0].isdigit():
            rest = low[k + 1 : k + 4]
            other = actors.war.other(event.side)
            if ("from" in rest or "of" in rest) and actors.named(low[k:]) == other:
                end = next((j for j in range(k, len(low)) if low[j] in (",", ";", ".", "–", "—")), len(low))
                return replace(event, holder=CONTESTED, last=end)
    return event


def _thrown_out(setting: Setting, actors: Actors, events: list[Event]) -> list[Event]:
    """ "after being ejected from the north of the country": a part of the land, named by the compass, was lost."""
    found = setting.found
    told = {event.predicate for event in events}
    out: list[Event] = []
    for number, predicate in enumerate(found.predicates):
        if (
            number in told
            or not predicate.passive
            or predicate.lemma not in ("eject", "expel", "drive", "throw", "push")
        ):
            continue
        part = next(
            (
                k
                for word, k in predicate.adjuncts
                if word in ("from", "of") and found.words(k)[-1] in found.sets["compass"] and len(found.words(k)) <= 2
            ),
            None,
        )
        loser = _subject_side(setting, predicate)
        taker = actors.war.other(loser)
        if part is None or loser is None or taker is None or any(use.item == part for use in setting.uses):
            continue
        item = found.items[part]
        name = found.sentence.span(item.last - 1, item.last)
        place = PlaceUse(name, "region", None, None, False, name, item.first, item.last, part, part, "head", "from", -1)
        first = found.items[predicate.subject].first if predicate.subject >= 0 else predicate.first
        end = item.last
        if part + 2 < len(found.items) and found.items[part + 1].word == "of":
            end = found.items[part + 2].last
        out.append(Event(loser, taker, place, number, predicate.first, first, end, "lose", loser=loser))
    return out


def _subject_side(setting: Setting, predicate: Predicate) -> str | None:
    """The side that a subject means; "it" is the side that is the subject of the clause above."""
    found = setting.found
    if predicate.subject < 0:
        return None
    words = found.words(predicate.subject)
    if len(words) == 1 and words[0] in ("it", "they"):
        before = [
            p
            for p in found.predicates
            if p.first < predicate.first and p.subject >= 0 and p.subject != predicate.subject
        ]
        sides = [setting.side_of(p.subject, p.first) for p in before]
        return next((side for side in reversed(sides) if side), setting.actors.last)
    return setting.side_of(predicate.subject, predicate.first)


CERTAIN = frozenset("undeniable indisputable undisputed certain true fact doubt incontestable beyond clear".split())
"""What is said of a boast that is granted."""


def _beyond_doubt(setting: Setting, victor: str | None) -> list[Event]:
    """ "He will declare victory. Over the oblast, that is undeniable": what was claimed is granted for one place."""
    found = setting.found
    low = found.sentence.lower
    if victor is None or not found.items or low[0] not in ("over", "in", "for", "as"):
        return []
    for number, predicate in enumerate(found.predicates):
        after = low[predicate.last : predicate.last + 3]
        before = low[max(0, predicate.first - 1) : predicate.first]
        if (
            predicate.lemma != "be"
            or predicate.negated
            or not set(after) & CERTAIN
            or before not in (("that",), ("this",), ("it",))
        ):
            continue
        granted = [
            use for use in setting.uses if 0 <= use.first < predicate.first and use.use in ("head", "inside", "near")
        ]
        return [
            Event(
                victor,
                victor,
                replace(use, use="head"),
                number,
                predicate.first,
                0,
                predicate.last + len(after),
                "hold",
            )
            for use in granted[:1]
        ]
    return []


def victor_of(setting: Setting, events: list[Event]) -> str | None:
    """The side that a sentence gives a victory: it declares, wins or claims one."""
    for event in events:
        words = setting.found.sentence.lower[event.first : event.last]
        if "victory" in words and event.side is not None:
            return event.side
    return None


# -- whose word, and how sure ----------------------------------------------------------------------------------


def own_words(setting: Setting, event: Event, speech: Speech | None) -> bool:
    """Whether "and it appears" after what another said makes the rest the writer's own."""
    if speech is None or speech.predicate < 0:
        return False
    found = setting.found
    for predicate in found.predicates:
        if predicate.lemma not in ("appear", "seem") or not speech.first <= predicate.first <= event.anchor:
            continue
        subject = predicate.first - 1
        if (
            subject >= 1
            and found.sentence.lower[subject] == "it"
            and found.sentence.lower[subject - 1] in ("and", "but")
        ):
            return True
    return False


def weighed(certainty: str, setting: Setting, event: Event, speech: Speech | None, *, own: bool) -> str:
    """A certainty, mended by what stands around the clause.

    Args:
        certainty: by the clause and its speaker alone.
        setting: the sentence.
        event: the clause.
        speech: whose word it is.
        own: whether the writer takes over with "it appears".
    """
    if certainty in ("stated", "claimed") and (own or _only_appears(setting, event)):
        return "unconfirmed"
    if certainty == "unconfirmed" and _presupposed(setting.found, event):
        third = speech is None or speech.speaker.third or speech.speaker.side is None
        return "stated" if third else "claimed"
    return certainty


def _only_appears(setting: Setting, event: Event) -> bool:
    """Whether a clause goes on what pictures appear to show: "videos appear to show X, with one clip capturing Y"."""
    low = setting.found.sentence.lower
    evidence = setting.found.sets["evidence"]
    for k in range(1, event.first):
        if (
            low[k] in ("appear", "appears", "appeared", "seem", "seems", "seemed")
            and set(low[max(0, k - 5) : k]) & evidence
        ):
            return not {";", ".", "“"} & set(low[k : event.first])
    return False


PRESUPPOSING = frozenset("challenge problem trouble difficulty fact reason result danger truth point irony".split())
"""What "is that" something takes it for granted, whatever is said of the challenge itself."""


def _presupposed(found: Clauses, event: Event) -> bool:
    """Whether a clause is what a problem is said to be: "the main challenge appears to be that the lines give way"."""
    if event.predicate < 0:
        return False
    predicate = found.predicates[event.predicate]
    k = (predicate.subject if 0 <= predicate.subject < predicate.item else predicate.item) - 1
    if k < 1 or found.items[k].kind != "that" or found.items[k - 1].kind != VERB:
        return False
    copula = found.predicates[found.items[k - 1].predicate]
    if copula.lemma != "be":
        return False
    heads = [
        found.words(j)[-1] for j in range(k - 1, -1, -1) if found.items[j].kind == NOUN and found.items[j].prep < 0
    ]
    low = found.sentence.lower[event.first : event.last]
    return any(head in PRESUPPOSING for head in heads[:3]) and "seemingly" not in low and "apparently" not in low


def opening_speech(found: Clauses, spoken: list[Speech], who: Speakers) -> list[Speech]:
    """ "Claiming that X, he declared Y": what stands first is said by the subject of the main verb."""
    if not found.predicates or found.predicates[0].first != 0 or found.predicates[0].lemma not in who.verbs:
        return []
    opening = found.predicates[0]
    if opening.form not in ("gerund", "participle") or any(one.predicate == 0 for one in spoken):
        return []
    commas = [item for item in found.items if item.kind == MARK and item.word == "," and item.first > opening.last]
    for comma in commas:
        main = next(
            (p for p in found.predicates if p.subject >= 0 and found.items[p.subject].first == comma.last), None
        )
        if main is not None and main.form == "finite":
            speaker = who.of_phrase(found, main.subject)
            if speaker is not None:
                return [Speech(opening.last, comma.first, speaker, opening.lemma, False, 0)]
    return []


def same_count(setting: Setting, event: Event) -> bool:
    """Whether a clause counts a part of what was counted before it: "a fifth of that number"."""
    low = setting.found.sentence.lower[event.first : event.last]
    return any(
        low[k : k + 2] in (("that", "number"), ("that", "figure"), ("those", "numbers")) for k in range(len(low))
    )
