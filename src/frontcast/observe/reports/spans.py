"""Where the words of a clause begin and end, so that the shortest that carries what it tells can be quoted."""

from __future__ import annotations

from typing import Final

from frontcast.observe.reports.parts import bare_left, only_an_amount, phrases_before
from frontcast.observe.reports.setting import Setting
from frontcast.observe.reports.syntax import (
    CONJUNCTION,
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

PLACING: Final = frozenset("on at near in toward towards along around among including outside".split())
"""Prepositions that go on with a clause's places after a comma."""


def clause_span(setting: Setting, predicate: Predicate) -> tuple[int, int]:
    """A clause's words: its subject, its verb and what follows up to the next clause."""
    found = setting.found
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
        if 0 < first - items[head].first <= 3 * NEAR and not any(
            entry.kind == MARK and entry.word in (";", ".") for entry in between
        ):
            first = items[head].first
    if first == predicate.first and not shared and predicate.form == "finite":
        left = [items[k].first for k in phrases_before(found, predicate) if first - items[k].first <= 3 * NEAR]
        first = min([first, *left])  # the subject that the grammar did not see
    before = next((k for k, entry in enumerate(items) if entry.first == first), 0) - 1
    leading = (
        before >= 0 and items[before].kind == VERB and found.predicates[items[before].predicate].form == "participle"
    )
    if leading and (items[before].first == 0 or items[before - 1].kind in (MARK, CONJUNCTION)):
        first = items[before].first  # "getting food to the front has become a problem"
    return _led(setting, first), _end(found, predicate)


def subject_start(found: Clauses, predicate: Predicate) -> int:
    """Where the subject of a verb begins, where it stands right before it; else the verb."""
    if predicate.subject < 0:
        return predicate.first
    entry = found.items[predicate.subject]
    if not 0 <= predicate.first - entry.last <= NEAR:
        return predicate.first
    return found.items[_first_of_list(found, predicate.subject)].first


def _led(setting: Setting, first: int) -> int:
    """A clause's beginning with the place set before it: "In Dagestan crowds blocked a road"."""
    items = setting.found.items
    k = next((k for k, entry in enumerate(items) if entry.first == first), 0)
    start = k
    while k >= 1 and ((items[k - 1].kind == NOUN and items[k - 1].prep >= 0) or items[k - 1].kind == PREPOSITION):
        k -= 1
    if k == start or not (k == 0 or items[k - 1].kind in (MARK, CONJUNCTION)) or first - items[k].first > NEAR:
        return first
    named = any(items[k].first <= use.first < first and use.use in ("head", "inside") for use in setting.uses)
    return items[k].first if named else first


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
            if bare_left(found, entry) and predicate.lemma in ("have", "be"):
                last = entry.last  # "has few missiles left"
                continue
            if other.form == "finite" and opens_clause(found, predicate) and other.subject > predicate.item:
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
            placed = (
                entry.word == ","
                and nxt is not None
                and nxt.kind == PREPOSITION
                and nxt.word in PLACING
                and after is not None
                and after.kind == NOUN
            )  # ", on Pervomaiskyi", ", among them Orikhiv"
            if placed:
                continue
            if entry.word != "," or nxt is None or nxt.kind != NOUN or (after is not None and after.kind == VERB):
                break
            continue
        if entry.word == "so" and entry.kind == "subordinator" and only_an_amount(found, k + 1):
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


def opens_clause(found: Clauses, predicate: Predicate) -> bool:
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
