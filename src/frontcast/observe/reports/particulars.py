"""Whose event a clause tells, where it happened, where a movement began and what a strike hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.frames import KindWords
from frontcast.observe.reports.parts import DISTANCES, GOALS, chain, heads_of, phrases_before, words_of
from frontcast.observe.reports.setting import PlaceUse, Setting
from frontcast.observe.reports.spans import NEAR
from frontcast.observe.reports.syntax import CONJUNCTION, MARK, NOUN, PREPOSITION, Clauses, Predicate

SUFFERING: Final = frozenset(
    "lose die perish suffer bury abandon leave surrender sustain take ditch crash flee mourn".split()
)
"""Verbs of loss whose subject is the one that it happens to."""


def event_of(
    setting: Setting,
    actors: Actors,
    predicate: Predicate,
    number: int,
    kind: str,
    span: tuple[int, int],
    words: KindWords,
) -> Event:
    """The event that a clause tells: its kind with its side, its place, where it began and what it hit."""
    found = setting.found
    place, origin = _where(setting, span)
    denied = predicate.negated or any(
        found.words(item)[0] in ("no", "nobody", "none")
        for item in [predicate.subject, *predicate.objects]
        if item >= 0
    )
    return Event(
        _side(setting, actors, predicate, kind, span, words),
        None,
        place,
        number,
        predicate.first,
        span[0],
        setting.with_date(span[1]),
        kind,
        denied=denied and kind in ("strike", "loss", "supply"),
        origin=origin,
        target=_target(found, predicate, words) if kind == "strike" else None,
    )


def at_each_place(setting: Setting, event: Event) -> list[Event]:
    """The same event at the other places of a list: "shelled A, B and C" is three."""
    if event.kind not in ("strike", "movement") or event.place is None or event.place.first < 0:
        return []
    others = [
        use
        for use in setting.uses
        if use.role == event.place.role
        or (use.item != event.place.item and use.prep == event.place.prep and use.over == event.place.over >= 0)
        or _listed_with(setting, event.place, use)
    ]
    inside = [use for use in others if event.first <= use.first < event.last and use.first != event.place.first]
    return [replace(event, place=use) for use in inside]


def _listed_with(setting: Setting, place: PlaceUse, use: PlaceUse) -> bool:
    """Whether only commas, "and" and other names stand between two places."""
    items = setting.found.items
    first, last = sorted((place.item, use.item))
    between = items[first + 1 : last]
    names = {other.item for other in setting.uses}
    return (
        last > first
        and all(
            entry.kind in (CONJUNCTION, PREPOSITION, "adverb")
            or (entry.kind == MARK and entry.word == ",")
            or first + 1 + k in names
            for k, entry in enumerate(between)
        )
        and any(entry.kind in (CONJUNCTION, MARK) for entry in between)
    )


def _side(
    setting: Setting, actors: Actors, predicate: Predicate, kind: str, span: tuple[int, int], words: KindWords
) -> str | None:
    """The side that moves, strikes, suffers the loss, lacks supplies, is given arms."""
    found = setting.found
    left = phrases_before(found, predicate)
    doer = predicate.subject if predicate.subject in left or not left or predicate.form != "participle" else left[0]
    subject = setting.side_of(doer, predicate.first) if doer >= 0 else None
    if subject is None and predicate.subject not in left:
        subject = next((side for side in (actors.named(found.words(k)) for k in left) if side), None)
    direct = next(
        (side for side in (setting.side_of(item, predicate.first) for item in predicate.objects) if side), None
    )
    agent = setting.side_of(predicate.agent, predicate.first) if predicate.agent >= 0 else None
    if predicate.passive:
        subject, direct = agent, subject
    side = subject or direct
    if kind == "loss":
        hurt = words_of(found, [j for k in predicate.objects for j in chain(found, k)])
        if (
            not direct
            and not predicate.passive
            and predicate.lemma not in SUFFERING
            and hurt & words.classes["civilian"]
        ):
            return None  # nobody's soldiers
        side = (subject if predicate.lemma in SUFFERING else None) or direct or actors.war.other(subject)
    elif kind == "movement" and predicate.lemma in (
        "repel",
        "repulse",
        "fend",
        "beat",
        "throw",
        "hold",
        "ward",
        "rebuff",
    ):
        side = direct if direct and direct != subject else actors.war.other(subject)
    elif kind == "movement" and predicate.passive:
        side = direct or subject
    elif kind == "strike":
        side = subject or actors.war.other(direct)
    elif kind in ("supply", "morale", "manpower", "command"):
        side = (
            subject
            if kind == "supply" and predicate.lemma in ("cut", "sever", "block", "interdict")
            else direct or subject
        )
        side = side or subject
    if side is None and kind == "movement" and heads_of(found, [*left, *predicate.objects]) & words.classes["attack"]:
        side = setting.memory.pusher or setting.memory.taker  # whose offensive: who has been on the move
    if side is None:
        side = _side_nearby(setting, actors, predicate, kind, span)
    if kind in ("manpower", "arms") and agent is not None:
        side = agent  # "pressed into service by the authorities"
    return side


def _side_nearby(
    setting: Setting, actors: Actors, predicate: Predicate, kind: str, span: tuple[int, int]
) -> str | None:
    """The side of a clause that names none as its subject or object: named elsewhere in it, or by the clause above."""
    found = setting.found
    low = found.sentence.lower
    entry = found.items[predicate.subject] if predicate.subject >= 0 else None
    target = actors.named(low[entry.first : entry.last]) if entry is not None else None
    beside = actors.named(low[predicate.last : span[1]]) if predicate.passive else actors.named(low[span[0] : span[1]])
    if kind == "strike":
        struck = target if predicate.passive else actors.named(low[span[0] : span[1]])
        if struck is None and predicate.passive:
            return beside
        return actors.war.other(struck)
    side = target or beside
    above = found.predicates[predicate.parent] if side is None and predicate.parent >= 0 else None
    if above is not None and above.subject >= 0:
        side = setting.side_of(above.subject, above.first)
    if side is None and kind != "politics":
        side = actors.last
    return side


def _where(setting: Setting, span: tuple[int, int]) -> tuple[PlaceUse | None, str | None]:
    """The place of an event, and where a movement came from."""
    place: PlaceUse | None = None
    origin: str | None = None
    for use in setting.uses:
        if not span[0] <= use.first < span[1]:
            continue
        if setting.actors.named(setting.found.words(use.item)) is not None and not use.prep and use.role == use.item:
            continue
        if use.prep == "from" and not _distance(setting, use):
            origin = origin or use.name
        elif use.use in ("head", "inside", "partial", "near", "possessor", "modifier") and (
            place is None or (use.prep in setting.found.sets["toward"] and place.use == "modifier")
        ):
            place = use
    if place is None:
        # "to the south of Izium": the nearest name there is.
        place = next(
            (
                use
                for use in setting.uses
                if span[0] <= use.first < span[1] and use.use == "edge" and use.prep != "from"
            ),
            None,
        )
    if place is None and "there" in setting.found.sentence.lower[span[0] : span[1]]:
        before = [use for use in setting.uses if 0 <= use.first < span[0] and use.kind == "settlement"]
        place = before[-1] if before else setting.memory.place
    return place or _meant(setting, span), origin


def _distance(setting: Setting, use: PlaceUse) -> bool:
    """Whether "from" gives how far off a place is: "barely 20 km from Goma"."""
    items = setting.found.items
    k = items[use.item].prep - 1
    return k >= 0 and items[k].kind == NOUN and setting.found.words(k)[-1] in DISTANCES


def _meant(setting: Setting, span: tuple[int, int]) -> PlaceUse | None:
    """The place that "the city" stands for, in a clause or in what its sentence goes on with."""
    items = setting.found.items
    towns = setting.found.sets["towns"] | {"island"}
    for k, item in enumerate(items):
        words = setting.found.words(k)
        if item.kind != NOUN or item.first < span[0] or words[0] != "the" or len(words) != 2 or words[1] not in towns:
            continue
        taken_up = item.prep > 0 and items[item.prep].word in GOALS and items[item.prep - 1].kind == CONJUNCTION
        if item.first >= span[1] and not taken_up and (item.first - span[1] > NEAR or item.prep >= 0):
            continue
        named = [
            use
            for use in setting.uses
            if 0 <= use.first < item.first
            and use.kind == "settlement"
            and setting.actors.named(setting.found.words(use.item)) is None
        ]
        use = named[-1] if named else setting.pronoun(k)
        if use is not None and not (use.name or "the ").casefold().startswith("the "):
            return replace(use, first=-1, last=-1)
    return None


def _target(found: Clauses, predicate: Predicate, words: KindWords) -> str | None:
    """What was struck, as written."""
    struck: Sequence[int] = [
        *predicate.objects,
        *([predicate.subject] if predicate.passive and predicate.subject >= 0 else []),
        *(item for _, item in predicate.adjuncts),
    ]
    things = words.classes["installation"] | words.classes["hull"] | words.classes["formation"]
    return next((found.text(item) for item in struck if set(found.words(item)) & things), None)
