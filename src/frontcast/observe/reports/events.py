"""What else a clause tells: movements, strikes, losses, supply, morale, manpower, command, arms, politics.

Every verb group is weighed against the frames of `frames.py`; where one clause lies in another (what was ordered, what it
was for, what went with it) the one that tells more speaks for both. Phrases that name an event without a verb come after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.frames import KindWords, best, kind_words, weigh
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.nominals import phrase_events
from frontcast.observe.reports.particulars import at_each_place, event_of
from frontcast.observe.reports.parts import clause_parts
from frontcast.observe.reports.setting import Setting
from frontcast.observe.reports.spans import NEAR, clause_span, opens_clause, subject_start
from frontcast.observe.reports.syntax import CONJUNCTION, MARK, Clauses, Predicate

KILLING: Final = frozenset("kill wound injure maim bury".split())
"""Verbs that tell of the dead and of the blow at once."""

DESTINATIONS: Final = frozenset("to toward towards across behind over into beyond past onto".split())


@dataclass(slots=True)
class _Candidate:
    """A clause that tells of something.

    Attributes:
        number: its predicate's.
        first, last: its words.
        points: kind → how well it fits.
        kind: the best of them.
        by_verb: whether its verb makes it so, not only words beside it.
        others: predicates of the clauses that it speaks for as well.
    """

    number: int
    first: int
    last: int
    points: dict[str, float]
    kind: str
    by_verb: bool
    others: tuple[int, ...] = ()

    @property
    def score(self) -> float:
        """How well the best kind fits."""
        return self.points[self.kind]


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
    # A bank of a river is held by nobody: what happens there is told here.
    control = [
        event
        for event in control
        if event.place is None or event.place.kind in ("settlement", "unknown", "region") or event.place.lat is not None
    ]
    told = {event.predicate for event in control}
    cores = [_core(found, event) for event in control]
    candidates: dict[int, _Candidate] = {}
    for number, predicate in enumerate(found.predicates):
        if number in told or predicate.conditional == "whether" or not predicate.lemma:
            continue
        first, last = clause_span(setting, predicate)
        points, by_verb = weigh(clause_parts(setting, predicate, (first, last), saying, words), words)
        kind = best(points)
        if kind is None:
            continue
        if kind in ("movement", "politics") and (
            any(lo <= predicate.head < hi for lo, hi in cores)
            or any(first <= found.predicates[other].head < last for other in told if other >= 0)
        ):
            continue
        if kind not in by_verb and any(event.first < last and first < event.last for event in control):
            continue  # words beside another verb, in a clause that is told already
        candidates[number] = _Candidate(number, first, last, points, kind, kind in by_verb)
    _go_on(found, candidates, told)
    out: list[Event] = []
    for candidate in _resolved(found, candidates, setting, told):
        predicate = found.predicates[candidate.number]
        span = (candidate.first, candidate.last)
        if candidate.kind == "movement" and _changes_hands(setting, predicate, span, words):
            continue
        for kind in _kinds(candidate, predicate):
            event = event_of(setting, actors, predicate, candidate.number, kind, span, words)
            agents = [found.predicates[other].agent for other in candidate.others]
            pressing = [setting.side_of(agent, event.first) for agent in agents if agent >= 0]
            if kind == "manpower" and any(pressing):
                event = replace(event, side=next(side for side in pressing if side))
            out += [event, *at_each_place(setting, event)]
    taken = [(event.first, event.last) for event in control] + [(event.first, event.last) for event in out]
    out += phrase_events(setting, actors, words, taken)
    return sorted(out, key=lambda event: event.first)


def _changes_hands(setting: Setting, predicate: Predicate, span: tuple[int, int], words: KindWords) -> bool:
    """Whether a movement says who holds a town, so that it is none: it was left, or entered."""
    inside = [use for use in setting.uses if span[0] <= use.first < span[1]]
    uses = [use for use in inside if use.kind in ("settlement", "unknown")]
    if not uses:
        low = set(setting.found.sentence.lower[predicate.last : span[1]])
        back = predicate.lemma in words.leaving or (
            predicate.lemma in ("come", "return") and predicate.particle in ("back", "")
        )
        bare = not predicate.objects and not inside and not low & DESTINATIONS and not low & words.classes["ground"]
        bare = bare and "with" not in low
        return (
            back and bare and setting.memory.place is not None and predicate.lemma not in ("flee", "run", "walk", "go")
        )
    ships = words.classes["hull"] & set(setting.found.sentence.lower[span[0] : predicate.first])
    if predicate.lemma in words.leaving and not ships:
        left = [use for use in uses if use.prep in ("from", "of", "") and use.use in ("head", "inside", "partial")]
        outward = predicate.particle in ("out", "back", "away", "") and predicate.lemma not in (
            "push",
            "drive",
            "force",
        )
        goes = any(use.prep in DESTINATIONS for use in setting.uses if span[0] <= use.first < span[1])
        after = any(use.first >= predicate.last for use in left)
        if outward and after and not goes and not set(setting.found.sentence.lower[span[0] : span[1]]) & DESTINATIONS:
            return True
    if predicate.lemma in words.entering and not predicate.objects:
        return any(
            use.prep in ("into", "inside", "in")
            and use.use in ("head", "inside", "partial")
            and use.first >= predicate.last
            for use in uses
        )
    return predicate.lemma == "enter" and any(use.use in ("head", "inside", "partial") for use in uses)


def _go_on(found: Clauses, candidates: dict[int, _Candidate], told: set[int]) -> None:
    """Adds to a clause the bare verb that goes on with it: "needs time to rest and regenerate"."""
    for number, predicate in enumerate(found.predicates):
        before = candidates.get(predicate.parent)
        joined = predicate.item > 0 and found.items[predicate.item - 1].kind == CONJUNCTION
        if before is None or not joined or predicate.link != "coordinate" or number in candidates or number in told:
            continue
        if not predicate.objects and not predicate.adjuncts and predicate.first - before.last <= 1:
            before.last = predicate.last


def _kinds(candidate: _Candidate, predicate: Predicate) -> list[str]:
    """The kinds a clause is told under: shelling that kills is a strike and a loss."""
    kills = predicate.lemma in KILLING and not predicate.passive and predicate.form == "finite"
    if kills and "loss" in candidate.points and "strike" in candidate.points:
        return ["loss", "strike"]
    return [candidate.kind]


def _core(found: Clauses, event: Event) -> tuple[int, int]:
    """The words of a control event from its verb on."""
    if event.predicate < 0:
        return event.first, event.last
    return found.predicates[event.predicate].first, event.last


def _carried(found: Clauses, predicate: Predicate, told: set[int]) -> int:
    """Where the words begin that a verb shares with the one above it, which tells nothing by itself."""
    if predicate.parent < 0:
        return predicate.first
    above = found.predicates[predicate.parent]
    if predicate.link == "infinitive":
        return above.first if above.link in ("participle", "relative") else subject_start(found, above)
    alike = above.subject == predicate.subject or (
        predicate.subject >= 0 and found.words(predicate.subject) in (("much",), ("far",), ("badly",), ("well",))
    )
    joined = predicate.link == "coordinate" and alike and predicate.parent not in told
    if joined and predicate.first - above.last <= NEAR:
        return subject_start(found, above)
    return subject_start(found, above) if _seen(found, predicate, above) else predicate.first


def _seen(found: Clauses, predicate: Predicate, above: Predicate) -> bool:
    """Whether one verb only shows what another does: "has seemingly seen them abandoning"."""
    return (
        predicate.form == "participle"
        and above.form == "finite"
        and above.lemma in ("see", "have", "leave", "find", "show", "catch", "witness")
        and 0 <= predicate.first - above.last <= NEAR
        and not any(entry.kind == MARK for entry in found.items[above.item : predicate.item])
    )


def _resolved(found: Clauses, candidates: dict[int, _Candidate], setting: Setting, told: set[int]) -> list[_Candidate]:
    """The candidates that speak for themselves, in order."""
    gone: set[int] = set()
    for number in sorted(candidates):
        inner = candidates[number]
        predicate = found.predicates[number]
        outer = _above(found, candidates, number, gone)
        if outer is None:
            inner.first = min(inner.first, _carried(found, predicate, told))
            continue
        if predicate.link == "coordinate":
            same = outer.kind == inner.kind and predicate.subject == found.predicates[outer.number].subject
            same = same and not opens_clause(found, predicate)
            if same and not _own_place(setting, inner, outer) and inner.first - outer.last <= 2:
                outer.last = inner.last
                gone.add(number)
            continue
        if not outer.by_verb and _seen(found, predicate, found.predicates[outer.number]):
            inner.first = outer.first
            gone.add(outer.number)
            continue
        apart = predicate.link in ("participle", "relative", "adverbial") and predicate.form != "infinitive"
        if not (outer.first <= inner.first < outer.last or (not apart and inner.first - outer.last <= 1)):
            continue
        if outer.kind == "strike" and predicate.lemma in KILLING and "loss" in inner.points:
            inner.kind = "loss"  # "shells fell on the market, killing seven"
        governs = (
            predicate.form == "infinitive"
            and outer.by_verb
            and (outer.kind in ("morale", "command") or (outer.kind == "manpower" and inner.kind == "movement"))
        )  # what is refused, ordered or wanted is not yet done
        if outer.kind == inner.kind or governs or (not apart and outer.score >= inner.score):
            outer.last = max(outer.last, inner.last)
            outer.points[outer.kind] = max(outer.score, inner.points.get(outer.kind, 0.0))
            outer.others = (*outer.others, number)
            gone.add(number)
        elif not apart:
            inner.first = min(inner.first, outer.first)
            gone.add(outer.number)
        elif found.predicates[outer.number].item < predicate.item:
            start = max(found.predicates[outer.number].last, predicate.first)
            if inner.first <= outer.first:
                inner.first = predicate.first
            outer.last = _trimmed(found, min(outer.last, start))
    return _told_once([candidates[number] for number in sorted(candidates) if number not in gone])


def _told_once(candidates: list[_Candidate]) -> list[_Candidate]:
    """Of two clauses of one kind that share most of their words, the one that tells more, or else the shorter."""
    out: list[_Candidate] = []
    for one in candidates:
        for other in out:
            shared = min(one.last, other.last) - max(one.first, other.first)
            if one.kind != other.kind or shared <= 0.6 * min(one.last - one.first, other.last - other.first):
                continue
            if one.by_verb and other.by_verb:
                # Two verbs with one subject: each is quoted with its own words.
                one.first = max(one.first, other.last) if other.last < one.last else one.first
                continue
            if (one.score, other.last - other.first) > (other.score, one.last - one.first):
                out[out.index(other)] = one
            break
        else:
            out.append(one)
    return out


def _trimmed(found: Clauses, last: int) -> int:
    """A clause's end without the comma or "and" that it would end in."""
    low = found.sentence.lower
    while last > 1 and (not low[last - 1][0].isalnum() or low[last - 1] in ("and", "who", "which", "that")):
        last -= 1
    return last


def _above(found: Clauses, candidates: dict[int, _Candidate], number: int, gone: set[int]) -> _Candidate | None:
    """The candidate that a clause depends on, at most three steps up."""
    seen = {number}
    for _ in range(3):
        number = found.predicates[number].parent
        if number < 0 or number in seen:
            return None
        seen.add(number)
        if number in candidates and number not in gone:
            return candidates[number]
        if found.predicates[number].link not in ("infinitive", "complement", "coordinate"):
            return None
    return None


def _own_place(setting: Setting, inner: _Candidate, outer: _Candidate) -> bool:
    """Whether a clause names a place of its own, and the one before it another."""
    own = any(inner.first <= use.first < inner.last for use in setting.uses)
    return own and any(outer.first <= use.first < outer.last for use in setting.uses)
