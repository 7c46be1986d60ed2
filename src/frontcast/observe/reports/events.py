"""What else a clause tells: movements, strikes, losses, supply, morale, manpower, command, arms, politics.

A clause is of a kind by its verb, by its verb beside certain nouns, or by a noun that something is said of; the words
are in `language/<code>/events.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.setting import PlaceUse, Setting
from frontcast.observe.reports.syntax import DATE, MARK, NOUN, VERB, Clauses, Predicate, _first_of_list

ORDER: Final = ("loss", "strike", "supply", "morale", "manpower", "command", "movement", "arms", "politics")
"""Where a clause could be of several kinds, the first of these that fits best."""


@dataclass(frozen=True)
class KindWords:
    """Words that make a clause of one kind."""

    verbs: frozenset[str]
    beside: dict[str, frozenset[str]]
    nouns: frozenset[str]
    suffers: bool
    quiet: bool
    adjectives: frozenset[str] = frozenset()


@lru_cache(maxsize=4)
def kind_words(lexicon: Lexicon) -> dict[str, KindWords]:
    """The words of each kind."""
    found = {}
    for kind in ORDER:
        entry = lexicon.data["events"][kind]
        beside: dict[str, set[str]] = {}
        for line in entry["with"]:
            verbs, nouns = line.split(":")
            for verb in verbs.split():
                beside.setdefault(verb, set()).update(nouns.split())
        found[kind] = KindWords(
            frozenset(part.strip() for line in entry["verbs"].splitlines() for part in line.split("|") if part.strip()),
            {verb: frozenset(nouns) for verb, nouns in beside.items()},
            frozenset(entry["nouns"].split()),
            bool(entry.get("suffers")),
            bool(entry.get("quiet")),
            frozenset(entry.get("adjectives", "").split()),
        )
    return found


def other_events(
    setting: Setting, actors: Actors, lexicon: Lexicon, control: list[Event], saying: frozenset[str]
) -> list[Event]:
    """The events of a sentence that are not about who holds a place, in the order of their words.

    Args:
        setting: the sentence.
        actors: the sides.
        lexicon: of its language.
        control: its control events: their clauses are told already.
        saying: verbs that only report what others say.
    """
    words = kind_words(lexicon)
    found = setting.found
    told = {event.predicate for event in control}
    out: list[Event] = []
    taken: list[tuple[int, int]] = [(event.first, event.last) for event in control]
    for number, predicate in enumerate(found.predicates):
        if number in told or predicate.conditional == "whether":
            continue
        span = _span(found, predicate)
        kind = _kind(found, predicate, span, words, saying)
        if kind is None or _covered(span, taken):
            continue
        event = _event(setting, actors, predicate, number, kind, span, words[kind])
        if event is not None:
            out += [event, *_each(setting, event)]
            taken.append(span)
    out += _phrases(setting, actors, words, taken)
    return sorted(out, key=lambda event: event.first)


def _each(setting: Setting, event: Event) -> list[Event]:
    """The same event at the other places of a list: "shelled A, B and C" is three."""
    if event.kind not in ("strike", "movement") or event.place is None or event.place.first < 0:
        return []
    others = [
        use
        for use in setting.uses
        if use.role == event.place.role
        or (use.item != event.place.item and use.prep == event.place.prep and use.over == event.place.over >= 0)
    ]
    inside = [use for use in others if event.first <= use.first < event.last and use.first != event.place.first]
    return [replace(event, place=use) for use in inside]


def _phrases(
    setting: Setting, actors: Actors, words: dict[str, KindWords], taken: list[tuple[int, int]]
) -> list[Event]:
    """What a phrase tells by itself: "exhausted troops", "the blast in the Kremenchuk mall"."""
    found = setting.found
    out: list[Event] = []
    for k, item in enumerate(found.items):
        if item.kind != NOUN:
            continue
        tokens = set(found.words(k))
        kind = None
        places = [use for use in setting.uses if use.over == k and use.prep in ("in", "at", "on", "near")]
        if tokens & actors.forces and tokens & words["morale"].adjectives:
            kind = "morale"
        elif tokens & actors.forces and tokens & words["manpower"].adjectives:
            kind = "manpower"
        elif found.words(k)[-1] in words["strike"].nouns and (places or _dated(found, k)):
            kind = "strike"
        if kind is None:
            continue
        last = max([item.last, *(use.last for use in places)]) if kind == "strike" else item.last
        if kind == "strike" and _covered((item.first, last), taken):
            continue
        side = setting.side_of(k, item.first) or actors.last
        place = places[0] if kind == "strike" and places else None
        if kind == "strike":
            side = actors.named(found.words(k)) or actors.last
        out.append(Event(side, None, place, -1, item.first, item.first, last, kind))
    return out


def _dated(found: Clauses, k: int) -> bool:
    """Whether a phrase is dated at once: "a chain of explosions on Tuesday"."""
    return any(entry.kind == DATE for entry in found.items[k + 1 : k + 3])


def _covered(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in taken)


def _span(found: Clauses, predicate: Predicate) -> tuple[int, int]:
    """A clause's words: its subject, its verb and what follows up to the next clause."""
    items = found.items
    first = predicate.first
    near = predicate.subject >= 0 and first - items[predicate.subject].last <= 12
    if predicate.subject >= 0 and (predicate.link != "infinitive" or near) and items[predicate.subject].first < first:
        head = _first_of_list(found, predicate.subject)
        if not any(entry.kind == MARK and entry.word in (";", ".") for entry in items[head : predicate.item]):
            first = items[head].first
    before = next((k for k, entry in enumerate(items) if entry.first == first), 0) - 1
    leading = (
        before >= 0 and items[before].kind == VERB and found.predicates[items[before].predicate].form == "participle"
    )
    if leading and (items[before].first == 0 or items[before - 1].kind in (MARK, "conjunction")):
        first = items[before].first  # "getting food to the front has become a problem"
    last = predicate.last
    for k in range(predicate.item + 1, len(items)):
        entry = items[k]
        if entry.kind == VERB:
            other = found.predicates[entry.predicate]
            if other.form == "finite":
                # Its subject begins the next clause.
                if other.subject > predicate.item and items[other.subject].first < last:
                    last = max(predicate.last, items[_first_of_list(found, other.subject)].first)
                break
            last = entry.last
            continue
        if entry.kind == MARK and entry.word in (",", ";", ":", ".", "—", "–", "(", "!", "?"):
            nxt = items[k + 1] if k + 1 < len(items) else None
            if entry.word != "," or nxt is None or nxt.kind != NOUN or k + 2 >= len(items) or items[k + 2].kind == VERB:
                break
            continue
        if entry.kind in ("subordinator", "relative", "that"):
            break
        if entry.kind == "conjunction":
            nxt = items[k + 1] if k + 1 < len(items) else None
            after = items[k + 2] if k + 2 < len(items) else None
            if nxt is None or nxt.kind == VERB or (nxt.kind == NOUN and after is not None and after.kind == VERB):
                break
            continue
        last = entry.last
    return first, last


def _kind(
    found: Clauses, predicate: Predicate, span: tuple[int, int], words: dict[str, KindWords], saying: frozenset[str]
) -> str | None:
    lemma = predicate.lemma
    phrase = f"{lemma} {predicate.particle}" if predicate.particle else lemma
    if not lemma:
        return None
    low = found.sentence.lower
    if not predicate.particle and predicate.last < len(low) and low[predicate.last] in found.sets["particles"]:
        phrase = f"{lemma} {low[predicate.last]}"  # "broke through its lines"
    tokens = set(low[span[0] : span[1]])
    best, score = None, 0.0
    roles: set[str] = set()
    for item in [*predicate.objects, *([predicate.subject] if predicate.subject >= 0 else [])]:
        roles.update(found.words(item))
    for kind in ORDER:
        entry = words[kind]
        points = 0.0
        if phrase in entry.verbs or (
            lemma in entry.verbs and (not predicate.particle or f"{lemma} {predicate.particle}" in entry.verbs)
        ):
            points = 2.0
        beside = entry.beside.get(phrase) or entry.beside.get(lemma)
        if beside is not None and tokens & beside:
            points = max(points, 2.5 if roles & beside else 1.7)
        if entry.nouns & roles and not entry.quiet and lemma in found.sets["light"]:
            points = max(points, 1.5)
        elif entry.nouns & roles and not entry.quiet and lemma not in saying:
            points = max(points, 1.2)
        if points > score:
            best, score = kind, points
    return best if score >= 1.2 else None


def _event(
    setting: Setting,
    actors: Actors,
    predicate: Predicate,
    number: int,
    kind: str,
    span: tuple[int, int],
    words: KindWords,
) -> Event | None:
    found = setting.found
    subject = setting.side_of(predicate.subject, predicate.first) if predicate.subject >= 0 else None
    direct = next(
        (side for side in (setting.side_of(item, predicate.first) for item in predicate.objects) if side), None
    )
    agent = setting.side_of(predicate.agent, predicate.first) if predicate.agent >= 0 else None
    if predicate.passive:
        subject, direct = agent, subject
    side = subject or direct
    if kind == "loss":
        side = (
            direct
            or (
                subject
                if predicate.lemma in ("lose", "die", "perish", "suffer", "bury", "abandon", "leave")
                else actors.war.other(subject)
            )
            or subject
        )
    elif kind == "movement" and predicate.lemma in ("repel", "repulse", "fend", "beat", "throw"):
        side = direct if direct and direct != subject else actors.war.other(subject)
    elif kind == "movement" and predicate.passive:
        side = direct or subject
    elif kind == "strike":
        side = subject or actors.war.other(direct)
    elif kind in ("supply", "morale", "manpower", "command"):
        side = direct or subject
    if side is None:
        side = _side_nearby(setting, actors, predicate, kind, span)
    if kind in ("manpower", "arms") and agent is not None:
        side = agent  # "pressed into service by the authorities"
    place, origin = _where(setting, span)
    denied = predicate.negated or any(
        found.words(item)[0] in ("no", "nobody", "none")
        for item in [predicate.subject, *predicate.objects]
        if item >= 0
    )
    return Event(
        side,
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
        if setting.actors.named(setting.found.words(use.item)) is not None and not use.prep:
            continue
        if use.prep == "from":
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
    return place, origin


def _target(found: Clauses, predicate: Predicate, words: KindWords) -> str | None:
    """What was struck, as written."""
    nouns = frozenset().union(*words.beside.values())
    for item in [
        *predicate.objects,
        *([predicate.subject] if predicate.passive and predicate.subject >= 0 else []),
        *(item for _, item in predicate.adjuncts),
    ]:
        if set(found.words(item)) & nouns:
            return found.text(item)
    return None
