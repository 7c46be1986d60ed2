"""What else a clause tells: movements, strikes, losses, supply, morale, manpower, command, arms, politics.

Every verb group is weighed against the frames of `frames.py`; where one clause lies in another (what was ordered, what it
was for, what went with it) the one that tells more speaks for both. Phrases that name an event without a verb come after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.frames import ClauseParts, KindWords, best, is_weapon_name, kind_words, weigh
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.nominals import phrase_events
from frontcast.observe.reports.setting import PlaceUse, Setting
from frontcast.observe.reports.syntax import (
    CONJUNCTION,
    DATE,
    MARK,
    NOUN,
    PREPOSITION,
    VERB,
    Clauses,
    Item,
    Predicate,
    _first_of_list,
)

NEAR: Final = 12
"""Words that may lie between a subject and its verb for both to be quoted."""

NUMBERS: Final = frozenset(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy eighty"
    " ninety hundred hundreds thousand thousands dozen dozens several scores half third quarter fifth".split()
)
SUFFERING: Final = frozenset("lose die perish suffer bury abandon leave surrender sustain take ditch crash flee mourn".split())
"""Verbs of loss whose subject is the one that it happens to."""

GOALS: Final = frozenset("to toward towards into onto across behind past beyond through over for up down around".split())
"""Prepositions of where a movement goes."""

KILLING: Final = frozenset("kill wound injure maim bury".split())
"""Verbs that tell of the dead and of the blow at once."""

DISTANCES: Final = frozenset("north south east west northward southward eastward westward westwards eastwards kilometres kilometers kilometre km metres meters miles mile yards ground way day night time home".split())
"""What a verb of motion may have beside it without acting on it."""

PRONOUNS: Final = frozenset("they we he us them who those these some others many most all it".split())
"""Words that may stand for those who fight."""

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
    told = {event.predicate for event in control}
    cores = [_core(found, event) for event in control]
    candidates: dict[int, _Candidate] = {}
    for number, predicate in enumerate(found.predicates):
        if number in told or predicate.conditional == "whether" or not predicate.lemma:
            continue
        first, last = _span(found, predicate)
        points, by_verb = weigh(_parts(setting, predicate, (first, last), saying, words.classes["forces"]), words)
        kind = best(points)
        if kind is None:
            continue
        if kind in ("movement", "politics") and (
            any(lo <= predicate.head < hi for lo, hi in cores)
            or any(first <= found.predicates[other].head < last for other in told if other >= 0)
        ):
            continue
        candidates[number] = _Candidate(number, first, last, points, kind, kind in by_verb)
    out: list[Event] = []
    for candidate in _resolved(found, candidates, setting, told):
        predicate = found.predicates[candidate.number]
        span = (candidate.first, candidate.last)
        if candidate.kind == "movement" and _changes_hands(setting, predicate, span, words):
            continue
        for kind in _kinds(candidate, predicate):
            event = _event(setting, actors, predicate, candidate.number, kind, span, words)
            agents = [found.predicates[other].agent for other in candidate.others]
            pressing = [setting.side_of(agent, event.first) for agent in agents if agent >= 0]
            if kind == "manpower" and any(pressing):
                event = replace(event, side=next(side for side in pressing if side))
            out += [event, *_each(setting, event)]
    taken = [(event.first, event.last) for event in control] + [(event.first, event.last) for event in out]
    out += phrase_events(setting, actors, words, taken)
    return sorted(out, key=lambda event: event.first)


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


# -- which clause speaks ---------------------------------------------------------------------------------------


def _carried(found: Clauses, predicate: Predicate, told: set[int]) -> int:
    """Where the words begin that a verb shares with the one above it, which tells nothing by itself."""
    if predicate.parent < 0:
        return predicate.first
    above = found.predicates[predicate.parent]
    if predicate.link == "infinitive":
        return above.first if above.link in ("participle", "relative") else _subject_start(found, above)
    alike = above.subject == predicate.subject or (
        predicate.subject >= 0 and found.words(predicate.subject) in (("much",), ("far",), ("badly",), ("well",))
    )
    joined = predicate.link == "coordinate" and alike and predicate.parent not in told
    if joined and predicate.first - above.last <= NEAR:
        return _subject_start(found, above)
    return _subject_start(found, above) if _seen(found, predicate, above) else predicate.first


def _seen(found: Clauses, predicate: Predicate, above: Predicate) -> bool:
    """Whether one verb only shows what another does: "has seemingly seen them abandoning"."""
    return (
        predicate.form == "participle"
        and above.form == "finite"
        and above.lemma in ("see", "have", "leave", "find", "show", "catch", "witness")
        and 0 <= predicate.first - above.last <= NEAR
        and not any(entry.kind == MARK for entry in found.items[above.item : predicate.item])
    )


def _resolved(
    found: Clauses, candidates: dict[int, _Candidate], setting: Setting, told: set[int]
) -> list[_Candidate]:
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
            same = same and not _begins(found, predicate)
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
        governs = predicate.form == "infinitive" and outer.kind in ("morale", "command") and outer.by_verb
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


def _above(
    found: Clauses, candidates: dict[int, _Candidate], number: int, gone: set[int]
) -> _Candidate | None:
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


def _subject_start(found: Clauses, predicate: Predicate) -> int:
    """Where the subject of a verb begins, where it stands right before it; else the verb."""
    if predicate.subject < 0:
        return predicate.first
    entry = found.items[predicate.subject]
    if not 0 <= predicate.first - entry.last <= NEAR:
        return predicate.first
    return found.items[_first_of_list(found, predicate.subject)].first


def _span(found: Clauses, predicate: Predicate) -> tuple[int, int]:
    """A clause's words: its subject, its verb and what follows up to the next clause."""
    items = found.items
    first = predicate.first
    shared = (
        predicate.link == "coordinate"
        and predicate.parent >= 0
        and found.predicates[predicate.parent].subject == predicate.subject
        and (predicate.subject < 0 or items[predicate.subject].first < found.predicates[predicate.parent].first)
    )
    near = predicate.subject >= 0 and 0 <= first - items[predicate.subject].last <= NEAR
    if predicate.subject >= 0 and not shared and (predicate.link != "infinitive" or near):
        head = _first_of_list(found, predicate.subject)
        between = items[head : predicate.item]
        if 0 < first - items[head].first <= 3 * NEAR and not any(entry.kind == MARK and entry.word in (";", ".") for entry in between):
            first = items[head].first
    if first == predicate.first and not shared and predicate.form == "finite":
        left = [items[k].first for k in _left(found, predicate) if first - items[k].first <= 3 * NEAR]
        first = min([first, *left])  # the subject that the grammar did not see
    before = next((k for k, entry in enumerate(items) if entry.first == first), 0) - 1
    leading = (
        before >= 0 and items[before].kind == VERB and found.predicates[items[before].predicate].form == "participle"
    )
    if leading and (items[before].first == 0 or items[before - 1].kind in (MARK, CONJUNCTION)):
        first = items[before].first  # "getting food to the front has become a problem"
    return _led(found, first), _end(found, predicate)


def _led(found: Clauses, first: int) -> int:
    """A clause's beginning with the date or place set before it: "On Tuesday", "In Dagestan"."""
    items = found.items
    k = next((k for k, entry in enumerate(items) if entry.first == first), 0)
    while k >= 1 and items[k - 1].kind == MARK and items[k - 1].word == ",":
        k -= 1
    start = k
    while k >= 1 and (
        items[k - 1].kind == DATE or (items[k - 1].kind == NOUN and items[k - 1].prep >= 0) or items[k - 1].kind == PREPOSITION
    ):
        k -= 1
    if k == start or not (k == 0 or items[k - 1].kind in (MARK, CONJUNCTION)) or first - items[k].first > NEAR:
        return first
    return items[k].first


def _end(found: Clauses, predicate: Predicate) -> int:
    """Where a clause ends."""
    items = found.items
    last = predicate.last
    for k in range(predicate.item + 1, len(items)):
        entry = items[k]
        nxt = items[k + 1] if k + 1 < len(items) else None
        after = items[k + 2] if k + 2 < len(items) else None
        if entry.kind == VERB:
            other = found.predicates[entry.predicate]
            if _bare_left(found, entry) and predicate.lemma in ("have", "be"):
                last = entry.last  # "has few missiles left"
                continue
            if other.form == "finite" and _begins(found, predicate) and other.subject > predicate.item:
                return _end(found, other)  # "getting food to the front has become a problem"
            if other.form == "finite":
                # Its subject begins the next clause, unless this clause is in the subject ("attempts to advance failed").
                inside = 0 <= other.subject < predicate.item
                if not inside and other.subject > predicate.item and items[other.subject].first < last:
                    last = max(predicate.last, items[_first_of_list(found, other.subject)].first)
                break
            last = entry.last
            continue
        if entry.kind == MARK and entry.word == ":" and k == predicate.item + 1:
            continue  # "Shelled: A, B and C"
        if entry.kind == MARK and entry.word in (",", ";", ":", ".", "—", "–", "(", "!", "?"):
            if entry.word != "," or nxt is None or nxt.kind != NOUN or (after is not None and after.kind == VERB):
                break
            continue
        if entry.word == "so" and entry.kind == "subordinator" and _amount(found, k + 1):
            continue
        if entry.kind in ("subordinator", "relative", "that"):
            break
        if entry.kind == CONJUNCTION:
            if nxt is None or nxt.kind == VERB or (nxt.kind == NOUN and after is not None and after.kind == VERB):
                if nxt is not None and nxt.kind == NOUN and after is not None and _in_subject(found, predicate, after):
                    continue
                break
            continue
        last = entry.last
    return last


def _amount(found: Clauses, k: int) -> bool:
    """Whether "so" before phrase k only says how much or since when: "so few", "so far"."""
    return k < len(found.items) and found.items[k].word in ("few", "little", "many", "much", "far")


def _bare_left(found: Clauses, verb: Item) -> bool:
    """Whether a verb is only the "left" of what remains."""
    other = found.predicates[verb.predicate]
    after = found.items[other.item + 1] if other.item + 1 < len(found.items) else None
    return other.lemma == "leave" and other.first == other.head and (after is None or after.kind != NOUN)


def _begins(found: Clauses, predicate: Predicate) -> bool:
    """Whether an -ing form opens a clause and so can be the subject of the next verb."""
    before = found.items[predicate.item - 1] if predicate.item else None
    ing = found.sentence.lower[predicate.head].endswith("ing") and predicate.form in ("gerund", "participle")
    return ing and (before is None or before.kind == CONJUNCTION or (before.kind == MARK and predicate.item == 1))


def _in_subject(found: Clauses, predicate: Predicate, verb: Item) -> bool:
    """Whether a clause lies inside the subject of a later verb: "attempts to break through at A and B were stopped"."""
    verbs = [other for other in found.predicates if other.form == "finite" and other.item < predicate.item]
    return (
        predicate.form == "infinitive"
        and verb.predicate >= 0
        and all(other.lemma in ("attempt", "try") for other in verbs)
    )


# -- what stands where -----------------------------------------------------------------------------------------


def _chain(found: Clauses, k: int) -> list[int]:
    """A phrase with what hangs on it: "two brigades of marines", "vehicles such as tanks", "fewer than 900 men"."""
    items = found.items
    out = [k]
    while (
        k + 2 < len(items)
        and items[k + 1].kind == PREPOSITION
        and items[k + 1].word in ("of", "like", "including", "than")
        and items[k + 2].kind == NOUN
    ):
        k += 2
        out.append(k)
    return out


def _left(found: Clauses, predicate: Predicate) -> list[int]:
    """The phrases before a verb that can be its subject, nearest first: no other clause's, none set off by a preposition."""
    items = found.items
    out: list[int] = []
    joined = -1  # how many phrases stand after the nearest comma or "and"
    k = predicate.item - 1
    while k >= 0:
        entry = items[k]
        if entry.kind == VERB:
            other = found.predicates[entry.predicate]
            if other.form == "finite" and k == predicate.item - 1 and other.lemma in found.sets["copulas"] | {"have", "be"}:
                k -= 1
                continue  # "lie burned out", "has got through"
            if other.form == "finite":
                opener = _relative_opener(found, k)
                if opener < 0 or not out:
                    # What stands before "and" belongs to the verb before: "were paid a wage, and convicts were brought in".
                    return out[:joined] if joined > 0 else out
                k = opener - 1  # "soldiers who ran away are being pursued"
                continue
        elif entry.word == "so" and entry.kind == "subordinator" and _amount(found, k + 1):
            pass  # "so few shells", "so far"
        elif entry.kind in ("subordinator", "relative", "that") or (entry.kind == MARK and entry.word in ";:.?!"):
            break
        elif entry.kind == CONJUNCTION and k + 1 < len(items) and items[k + 1].kind not in (NOUN, PREPOSITION, "adverb"):
            break
        elif entry.kind == CONJUNCTION or (entry.kind == MARK and entry.word == ","):
            joined = joined if joined > 0 else len(out)
        elif entry.kind == NOUN and (entry.prep < 0 or items[entry.prep].word in ("of", "than", "including")):
            out.append(k)
        elif entry.kind == NOUN and items[entry.prep].first > 0 and found.sentence.lower[items[entry.prep].first - 1] == "up":
            out.append(k)  # "up to sixty men"
        k -= 1
    return out


def _relative_opener(found: Clauses, verb: int) -> int:
    """The relative pronoun right before a verb, past adverbs; -1 if there is none."""
    k = verb - 1
    while k >= 0 and found.items[k].kind in ("adverb", DATE):
        k -= 1
    return k if k >= 0 and found.items[k].kind == "relative" else -1


def _right(found: Clauses, predicate: Predicate) -> list[int]:
    """The phrases a verb acts on: its objects, or those of the preposition that comes with it ("asked for shells")."""
    items = found.items
    out: list[int] = []
    for k in predicate.objects:
        listed = k > predicate.item and items[k - 1].kind in (CONJUNCTION, MARK)
        if listed and items[k - 2].kind == NOUN and items[k - 2].prep > predicate.item:
            continue  # "near Semyhiria and Vershyna"
        out += _chain(found, k)
    k = predicate.item + 1
    while k < len(items) and (items[k].kind == "adverb" or items[k].word == "so"):
        k += 1
    if not out and k + 1 < len(items) and items[k].kind == NOUN and items[k + 1].kind == VERB and _bare_left(found, items[k + 1]):
        return _chain(found, k)  # "has few missiles left"
    if not out and k + 1 < len(items) and items[k].kind == PREPOSITION and items[k + 1].kind == NOUN:
        if items[k].word in ("for", "on", "at", "against", "with", "of", "from", "to", "than", "into", "onto", "through") or predicate.particle:
            out += _chain(found, k + 1)
    return out


def _parts(
    setting: Setting, predicate: Predicate, span: tuple[int, int], saying: frozenset[str], forces: frozenset[str]
) -> ClauseParts:
    """A clause as its parts."""
    found = setting.found
    low = found.sentence.lower
    items = found.items
    left = _left(found, predicate)
    if predicate.subject >= 0 and predicate.subject not in left:
        # Shared with the verb before, or an antecedent.
        left = [*_chain(found, predicate.subject)] if predicate.form != "gerund" or not left else left
    right = _right(found, predicate)
    after = items[predicate.item + 1] if predicate.item + 1 < len(items) else None
    parent = found.predicates[predicate.parent] if predicate.parent >= 0 else None
    shared = (
        predicate.link == "coordinate"
        and parent is not None
        and (parent.passive or low[max(0, predicate.first - 2) : predicate.first] == ("all", "but"))
        and predicate.first == predicate.head
        and not predicate.objects
    )  # "were withdrawn and sent to the east"
    passive = (predicate.passive or shared) and not (
        predicate.form == "participle" and after is not None and after.kind == NOUN and bool(left)
    )  # "Moscow moved armour" may look like "the armour moved by Moscow"
    agent = _chain(found, predicate.agent) if predicate.agent >= 0 else []
    direct = [k for k in right if k in predicate.objects]
    of, by = ([*left, *direct] or right, agent) if passive else (right, left)
    phrase = f"{predicate.lemma} {predicate.particle}" if predicate.particle else predicate.lemma
    if not predicate.particle and predicate.last < len(low) and low[predicate.last] in found.sets["particles"]:
        phrase = f"{predicate.lemma} {low[predicate.last]}"  # "broke through its lines"
    elif not predicate.particle:
        # "set the depot on fire", "threw the attackers back"
        late = [low[items[k].last] for k in predicate.objects if items[k].last < min(len(low), span[1])]
        phrase = next((f"{predicate.lemma} {word}" for word in late if word in found.sets["particles"]), phrase)
    inside = range(span[0], span[1])

    def marks(slot: str, mark: str) -> bool:
        if mark == "active":
            return not passive
        if mark == "passive":
            return passive
        if mark == "bare":
            after_verb = [k for k in predicate.objects if k > predicate.item]
            return not after_verb or bool(_heads(found, after_verb) & DISTANCES)
        if mark == "goal":
            return any(
                entry.kind == NOUN and entry.prep > predicate.item and items[entry.prep].word in GOALS and entry.first in inside
                for entry in items
            )
        there = of if slot == "of" else by if slot == "by" else [k for k, e in enumerate(items) if e.first in inside]
        if mark == "side":
            return any(items[k].kind == NOUN and _fights(setting, k, predicate.first, forces) for k in there)
        if mark == "unit":
            return any(setting.unit_in(k) is not None for k in there)
        if mark == "named":
            return any(_counted_name(setting, k) for k in there)
        words = [word for k in there for word in found.words(k)]
        if mark == "number":
            return any((word[0].isdigit() and word[-1].isdigit()) or word in NUMBERS for word in words)
        if mark == "weapon_name":
            return any(is_weapon_name(word) for word in words)
        named = [use for use in setting.uses if use.item in there or use.role in there]
        return any(mark == "place" or use.kind in ("settlement", "unknown") for use in named)

    return ClauseParts(
        phrase,
        predicate.lemma,
        _words(found, of),
        _heads(found, of),
        _words(found, by),
        _heads(found, by),
        low[span[0] : span[1]],
        marks,
        predicate.form == "finite" and (predicate.lemma in found.sets["light"] or predicate.lemma in saying),
    )


def _words(found: Clauses, phrases: Sequence[int]) -> set[str]:
    return {word for k in phrases for word in found.words(k)}


def _heads(found: Clauses, phrases: Sequence[int]) -> set[str]:
    """What phrases are about: the last word of each, before "left" or a possessive."""
    out = set()
    for k in phrases:
        words = [word for word in found.words(k) if word not in ("'s", "'", "’", "left", "themselves", "itself", "alone", "worth")]
        if not words:
            continue
        out.add(words[-1])
        entry = found.items[k]
        written = found.sentence.words[entry.first : entry.last]
        common = [word for word in written if word.islower() and word[0].isalpha()]
        if written[-1][0].isupper() and common:
            out.add(common[-1])  # "the landing ship Novocherkassk"
    return out


def _counted_name(setting: Setting, item: int) -> bool:
    """Whether a phrase counts things called by a name: "six Strykers"."""
    entry = setting.found.items[item]
    words = setting.found.sentence.words[entry.first : entry.last]
    if len(words) < 2 or any(use.item == item for use in setting.uses):
        return False
    counted = words[0].casefold() in NUMBERS or words[0][0].isdigit()
    return counted and words[-1][0].isupper() and words[-1].endswith("s")


def _fights(setting: Setting, item: int, word: int, forces: frozenset[str]) -> bool:
    """Whether a phrase means somebody who fights: a side, its soldiers, "they"; not what is only said to be theirs."""
    found = setting.found
    actors = setting.actors
    words = [one for one in found.words(item) if one not in ("'s", "'", "’")]
    if not words:
        return False
    head = words[-1]
    if head in forces or head in actors.forces or head in found.sets["other"] or setting.unit_in(item) is not None:
        return True
    if len(words) == 1 and head in PRONOUNS:
        return setting.side_of(item, word) is not None or actors.last is not None
    entry = found.items[item]
    written = found.sentence.words[entry.first : entry.last]
    if written[-1][0].isupper() or written[-1][0].isdigit():
        return setting.side_of(item, word) is not None
    return actors.named([head]) is not None or actors.by_role([head]) is not None


def _changes_hands(setting: Setting, predicate: Predicate, span: tuple[int, int], words: KindWords) -> bool:
    """Whether a movement says who holds a town, so that it is none: it was left, or entered."""
    inside = [use for use in setting.uses if span[0] <= use.first < span[1]]
    uses = [use for use in inside if use.kind in ("settlement", "unknown")]
    if not uses:
        low = set(setting.found.sentence.lower[predicate.last : span[1]])
        back = predicate.lemma in words.leaving or (predicate.lemma in ("come", "return") and predicate.particle in ("back", ""))
        bare = not predicate.objects and not inside and not low & DESTINATIONS and not low & words.classes["ground"]
        return back and bare and setting.memory.place is not None and predicate.lemma not in ("flee", "run", "walk", "go")
    ships = words.classes["hull"] & set(setting.found.sentence.lower[span[0] : predicate.first])
    if predicate.lemma in words.leaving and not ships:
        left = [use for use in uses if use.prep in ("from", "of", "") and use.use in ("head", "inside", "partial")]
        outward = predicate.particle in ("out", "back", "away", "") and predicate.lemma not in ("push", "drive", "force")
        goes = any(use.prep in DESTINATIONS for use in setting.uses if span[0] <= use.first < span[1])
        after = any(use.first >= predicate.last for use in left)
        if outward and after and not goes and not set(setting.found.sentence.lower[span[0] : span[1]]) & DESTINATIONS:
            return True
    if predicate.lemma in words.entering and not predicate.objects:
        return any(
            use.prep in ("into", "inside", "in") and use.use in ("head", "inside", "partial") and use.first >= predicate.last
            for use in uses
        )
    return predicate.lemma == "enter" and any(use.use in ("head", "inside", "partial") for use in uses)


# -- from a clause to an event ---------------------------------------------------------------------------------


def _each(setting: Setting, event: Event) -> list[Event]:
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
    return last > first and all(
        entry.kind in (CONJUNCTION, PREPOSITION, "adverb")
        or (entry.kind == MARK and entry.word == ",")
        or first + 1 + k in names
        for k, entry in enumerate(between)
    ) and any(entry.kind in (CONJUNCTION, MARK) for entry in between)


def _event(
    setting: Setting,
    actors: Actors,
    predicate: Predicate,
    number: int,
    kind: str,
    span: tuple[int, int],
    words: KindWords,
) -> Event:
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


def _side(
    setting: Setting, actors: Actors, predicate: Predicate, kind: str, span: tuple[int, int], words: KindWords
) -> str | None:
    """The side that moves, strikes, suffers the loss, lacks supplies, is given arms."""
    found = setting.found
    left = _left(found, predicate)
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
        hurt = _words(found, [j for k in predicate.objects for j in _chain(found, k)])
        if not direct and not predicate.passive and predicate.lemma not in SUFFERING and hurt & words.classes["civilian"]:
            return None  # nobody's soldiers
        side = (subject if predicate.lemma in SUFFERING else None) or direct or actors.war.other(subject)
    elif kind == "movement" and predicate.lemma in ("repel", "repulse", "fend", "beat", "throw", "hold", "ward", "rebuff"):
        side = direct if direct and direct != subject else actors.war.other(subject)
    elif kind == "movement" and predicate.passive:
        side = direct or subject
    elif kind == "strike":
        side = subject or actors.war.other(direct)
    elif kind in ("supply", "morale", "manpower", "command"):
        side = subject if kind == "supply" and predicate.lemma in ("cut", "sever", "block", "interdict") else direct or subject
        side = side or subject
    if side is None and kind == "movement" and _heads(found, [*left, *predicate.objects]) & words.classes["attack"]:
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
        if use is not None:
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
