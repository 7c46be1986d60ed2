"""Rules and model together: of what either reads in a document, the claims that come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np

from frontcast.observe.reports.claim import CERTAINTIES, CONTESTED, Claim, same_fact, where
from frontcast.observe.reports.evidence import KINDS_OF_WORDS, Evidence, Told, event_word
from frontcast.observe.reports.heads import FIRST_SIDE, FOUGHT, GONE, NONE, OTHER_KIND, OTHERS, Array, Heads, softmax
from frontcast.observe.reports.setting import PlaceUse
from frontcast.observe.reports.sheets import Sheet
from frontcast.observe.reports.spans import clause_span


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a claim is told.

    Attributes:
        alone: of a control claim that only the model reads, where nothing else is told.
        agreed: of one that the rules read.
        second: of a further one at the same words.
        other: of a word of another kind that only the model reads.
        other_kept: of a claim of another kind that the rules read.
    """

    alone: float = 0.4
    agreed: float = 0.25
    second: float = 0.3
    other: float = 0.4
    other_kept: float = 0.1


@dataclass(slots=True)
class Reading:
    """What the model makes of a document, before thresholds.

    Attributes:
        sheet: the document.
        hidden: vectors of its words, shape (words, dimensions).
        vectors: of its candidates.
        told: probabilities of what each candidate tells, shape (candidates, `OPTIONS`).
        kinds: of each word, of each other kind.
        keys: places, days and speakers, to be chosen from.
    """

    sheet: Sheet
    hidden: Array
    vectors: Array
    told: Array
    kinds: Array
    keys: dict[str, tuple[Any, Array]]


def reading(heads: Heads, sheet: Sheet, hidden: Array) -> Reading:
    """What a model makes of a document, from the vectors of its words."""
    vectors, told = heads.candidates(sheet, hidden)
    return Reading(sheet, hidden, vectors, told, heads.kinds(hidden), heads.keys(sheet, hidden))


def weighed(heads: Heads, found: Reading, claims: Sequence[Claim], published: date, at: Thresholds) -> list[Claim]:
    """The claims of a document, in the order of their words, each with who found it and how probable the model holds it.

    Args:
        heads: the decisions.
        found: what the model makes of it.
        claims: what the rules read.
        published: the day it was published.
        at: the thresholds.
    """
    ruled = _by_word(found.sheet.evidence, claims)
    out = settled(_control(heads, found, ruled, published, at))
    out += _others(heads, found, [claim for claim in claims if claim.kind != "control"], published, at)
    out.sort(key=lambda claim: (claim.start, claim.end))
    return once(out)


def _by_word(evidence: Evidence, claims: Sequence[Claim]) -> dict[int, list[Claim]]:
    """The rules' control claims, by the word they are told at."""
    kept = {id(claim) for claim in claims}
    out: dict[int, list[Claim]] = {}
    for one in evidence.told:
        for event, claim in one.events:
            if id(claim) in kept:
                out.setdefault(event_word(one, event), []).append(claim)
    return out


def _control(
    heads: Heads,
    found: Reading,
    ruled: dict[int, list[Claim]],
    published: date,
    at: Thresholds,
) -> list[Claim]:
    page = found.sheet
    sides = page.evidence.sides
    out: list[Claim] = []
    judged: set[int] = set()
    for k, one in enumerate(page.candidates):
        here = [claim for word in range(one.first, one.last) for claim in ruled.get(word, ())]
        p = found.told[k]
        told: dict[int, list[Claim]] = {}
        for claim in here:
            option = option_of(claim, sides)
            if option is None:
                continue
            judged.add(id(claim))
            if p[option] >= at.agreed:
                told.setdefault(option, []).append(claim)
        for option in (int(number) for number in np.argsort(-p) if number != NONE):
            if p[option] < (at.second if told else at.alone):
                break
            told.setdefault(option, [])
        for option, agreed in told.items():
            by = "both" if p[option] >= at.alone else "rules"
            probability = round(float(p[option]), 3)
            out += [replace(claim, found_by=by, probability=probability) for claim in agreed]
            added = None if agreed else _claim(heads, found, k, option, published)
            if added is not None:
                out.append(replace(added, found_by="model", probability=probability))
    # What the model cannot judge, for it knows neither the side nor the words, is left to the rules.
    return out + [claim for here in ruled.values() for claim in here if id(claim) not in judged]


def option_of(claim: Claim, sides: Sequence[str]) -> int | None:
    """The number of what a claim tells, None where its holder is no side that is told apart."""
    if claim.holder is None:
        return GONE
    if claim.holder == CONTESTED:
        return FOUGHT
    return FIRST_SIDE + sides.index(claim.holder) if claim.holder in sides else None


def _claim(heads: Heads, found: Reading, k: int, option: int, published: date) -> Claim | None:
    """What the model reads at a candidate where the rules read nothing of the kind."""
    page = found.sheet
    one = page.candidates[k]
    detail = heads.detail(page, found.keys, found.vectors[k], (one.first, one.last), option)
    certainty = CERTAINTIES[int(np.argmax(detail["certainty"]))]
    place = one.places[0] if one.kind in ("name", "loose") else None
    if place is None:
        if not page.places:
            return None
        place = page.places[int(np.argmax(detail["place"]))][2]
    sides = page.evidence.sides
    if not place.known and place.name in sides:  # "still in Tajik hands": an unknown name may be a party's
        return None
    holder = sides[option - FIRST_SIDE] if option < FOUGHT else CONTESTED if option == FOUGHT else None
    acts = holder if option < FOUGHT else _side(detail["side"], page)
    valid = _day(detail["day"], page, certainty, published)
    name = _speaker(detail["speaker"], page)
    told = page.evidence.told[one.sentence]
    first, last = _clause(told, one.first - told.offset, one.last - told.offset)
    return _worded(told, first, last, "control", acts, place, holder, valid, name, certainty)


def _worded(
    told: Told,
    first: int,
    last: int,
    kind: str,
    side: str | None,
    place: PlaceUse | None,
    holder: str | None,
    valid: str | None,
    name: str | None,
    certainty: str,
) -> Claim:
    sentence = told.sentence
    start, end = sentence.starts[first], sentence.ends[last - 1]
    return Claim(
        kind=kind,
        side=side,
        place=place.name if place is not None else None,
        lat=place.lat if place is not None else None,
        lon=place.lon if place is not None else None,
        holder=holder,
        valid=valid,
        attributed_to=name,
        certainty=certainty,
        unit=next((unit.name for unit in told.units if first <= unit.first < last), None),
        quantity=None,
        quote=sentence.text[start:end],
        start=start,
        end=end,
    )


def _side(logits: Array, page: Sheet) -> str | None:
    """The side that likeliest acts, None where none does."""
    number, sides = int(np.argmax(logits)), page.evidence.sides
    return sides[number - 1] if 0 < number <= len(sides) else None


def _speaker(logits: Array, page: Sheet) -> str | None:
    """Who likeliest says so, None where the document itself does."""
    number = int(np.argmax(logits))
    return page.speakers[number][2] if number < len(page.speakers) else None


def _day(logits: Array, page: Sheet, certainty: str, published: date) -> str | None:
    """The day or month that is likeliest: readings of one day count together."""
    p = softmax(logits)
    shares: dict[str | None, float] = {}
    for k, value in enumerate(p):
        if k < len(page.days):
            mention = page.days[k][2]
            day = (mention.next or mention.valid) if certainty == "predicted" else mention.valid
        else:
            day = published.isoformat() if k == len(page.days) else None
        shares[day] = shares.get(day, 0.0) + float(value)
    return max(shares, key=lambda day: shares[day])


def _clause(told: Told, first: int, last: int) -> tuple[int, int]:
    """The words of the clause around a candidate."""
    best: tuple[int, int] | None = None
    for predicate in told.setting.found.predicates:
        a, b = clause_span(told.setting, predicate)
        if a <= first and last <= b and (best is None or b - a < best[1] - best[0]):
            best = (a, b)
    if best is not None:
        return best
    low = told.sentence.lower
    a, b = first, last
    while a > 0 and low[a - 1] not in STOPS:
        a -= 1
    while b < len(low) and low[b] not in STOPS:
        b += 1
    return a, b


STOPS: Final = frozenset((",", ";", ":", ".", "!", "?", "|", "—", "–", "(", ")"))


def _others(heads: Heads, found: Reading, ruled: Sequence[Claim], published: date, at: Thresholds) -> list[Claim]:
    page = found.sheet
    out: list[Claim] = []
    covered: dict[str, list[tuple[int, int]]] = {}
    starts = np.array([at for one in page.evidence.told for at in one.sentence.starts], dtype=np.int64)
    for claim in ruled:
        words = np.flatnonzero((starts >= claim.start) & (starts < claim.end))
        p = float(found.kinds[words, OTHERS.index(claim.kind)].max()) if len(words) else 0.0
        if p >= at.other_kept:
            out.append(replace(claim, found_by="both" if p >= at.other else "rules", probability=round(p, 3)))
            covered.setdefault(claim.kind, []).append((claim.start, claim.end))
    for one in page.evidence.told:
        part = found.kinds[one.offset : one.offset + len(one.sentence)]
        for number, kind in enumerate(OTHERS):
            for first, last in _runs(part[:, number], at.other):
                start, end = one.sentence.starts[first], one.sentence.ends[last - 1]
                if any(start < b and a < end for a, b in covered.get(kind, ())):
                    continue
                out.append(
                    _other(heads, found, one, first, last, kind, published, float(part[first:last, number].max()))
                )
    return out


GAP: Final = 2
LEAST_WORDS: Final = 2


def _runs(p: Array, least: float) -> list[tuple[int, int]]:
    """Stretches of words that are likely enough, over gaps of a word or two."""
    out: list[tuple[int, int]] = []
    for i in np.flatnonzero(p >= least):
        if out and i - out[-1][1] <= GAP:
            out[-1] = (out[-1][0], int(i) + 1)
        else:
            out.append((int(i), int(i) + 1))
    return [(a, b) for a, b in out if b - a >= LEAST_WORDS]


def _other(
    heads: Heads, found: Reading, told: Told, first: int, last: int, kind: str, published: date, p: float
) -> Claim:
    page = found.sheet
    a, b = told.offset + first, told.offset + last
    z = heads.vectors(found.hidden, np.array([a]), np.array([b - 1]), np.array([len(KINDS_OF_WORDS)]))
    detail = heads.detail(page, found.keys, z[0], (a, b), OTHER_KIND)
    certainty = CERTAINTIES[int(np.argmax(detail["certainty"]))]
    inside = [use for x, y, use in page.places if a <= x and y <= b and use.known]
    claim = _worded(
        told,
        first,
        last,
        kind,
        _side(detail["side"], page),
        inside[-1] if inside else None,
        None,
        _day(detail["day"], page, certainty, published),
        _speaker(detail["speaker"], page),
        certainty,
    )
    return replace(claim, found_by="model", probability=round(p, 3))


AFFIRMED: Final = frozenset(("stated", "claimed", "unconfirmed"))
"""Certainties with which something is said to be so, or to have been."""

TRUSTED: Final = 0.6
"""How much more probable the model must hold its own reading than the rules' before it takes the place of theirs."""

REPEATED: Final = 0.5
"""From which probability on the model alone may say again, of another speaker or less surely, what has been read."""


def settled(claims: Sequence[Claim]) -> list[Claim]:
    """Control claims without those of the model that contradict or repeat a likelier one, in the order given.

    Where rules and model read two holders of one place, on one day, of one speaker, in the same words, the likelier stays.
    """
    together: dict[tuple[Any, ...], list[int]] = {}
    for k, claim in enumerate(claims):
        if claim.certainty in AFFIRMED and claim.holder is not None:
            together.setdefault((where(claim, (claim.place or "").casefold()), claim.valid), []).append(k)
    kept: set[int] = set(range(len(claims)))
    for group in together.values():
        better: list[Claim] = []
        for k in sorted(group, key=lambda k: -_weight(claims[k])):
            if any(_repeats(claims[k], one) or _contradicts(claims[k], one) for one in better):
                kept.discard(k)
            else:
                better.append(claims[k])
    return [claim for k, claim in enumerate(claims) if k in kept]


def _repeats(claim: Claim, likelier: Claim) -> bool:
    return claim.holder == likelier.holder and claim.found_by == "model" and _weight(claim) < REPEATED


def _contradicts(claim: Claim, likelier: Claim) -> bool:
    """Whether one is the rules' and one the model's, with two holders from one speaker in the same words."""
    return (
        claim.holder != likelier.holder
        and claim.attributed_to == likelier.attributed_to
        and (claim.found_by == "model") != (likelier.found_by == "model")
        and claim.start < likelier.end
        and likelier.start < claim.end
    )


def _weight(claim: Claim) -> float:
    return (claim.probability or 0.0) + (0.0 if claim.found_by == "model" else TRUSTED)


def once(claims: Sequence[Claim]) -> list[Claim]:
    """The same fact from the same speaker at the same certainty and date is one claim: the rules', else the likeliest."""
    best: dict[tuple[Any, ...], Claim] = {}
    out: list[Claim] = []
    for claim in claims:
        if claim.kind != "control":
            out.append(claim)
            continue
        key = same_fact(claim, (claim.place or "").casefold())
        if key in best:
            if best[key].found_by == "model" and (
                claim.found_by != "model" or (claim.probability or 0.0) > (best[key].probability or 0.0)
            ):
                out[out.index(best[key])] = claim
                best[key] = claim
            continue
        best[key] = claim
        out.append(claim)
    return out
