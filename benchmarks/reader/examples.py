"""Labelled dispatches as examples to learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from frontcast.observe.reports import Claim, Document, ReportReader
from frontcast.observe.reports.claim import CERTAINTIES
from frontcast.observe.reports.evidence import KINDS_OF_WORDS
from frontcast.observe.reports.heads import OPTIONS, OTHER_KIND, OTHERS, key_features
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.sheets import Sheet, pair_features, sheet, traits, ways
from frontcast.observe.reports.weighing import option_of
from frontcast.verify.marked import Marked
from frontcast.verify.reading import Labels, fold, read_labels, same_date, same_source

SPAN: Final = len(KINDS_OF_WORDS)
"""Number of the kind of words that a claim of another kind is quoted by."""


@dataclass(slots=True)
class Target:
    """What a candidate, or the words of a claim of another kind, should be read as; empty where nothing is to be learnt."""

    first: int
    last: int
    kind: int
    option: int
    certainty: int
    side: int
    places: list[int]
    days: list[int]
    speakers: list[int]
    features: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Example:
    """A document to learn from.

    Attributes:
        holder: of each candidate, the shares of what it tells, shape (n, `OPTIONS`); `weight`, whether it counts.
        kinds: of each word, whether it is part of a claim of each other kind, shape (words, `OTHERS`).
        way, traits: how mentions of sides lie to candidates, and what goes with candidates and sides.
        honest: whether no rule was written with this text at hand, so that what the rules read there can be learnt from.
    """

    name: str
    sheet: Sheet
    labels: Labels
    document: Document
    claims: list[Claim]
    holder: np.ndarray[Any, Any]
    weight: np.ndarray[Any, Any]
    kinds: np.ndarray[Any, Any]
    targets: list[Target]
    way: np.ndarray[Any, Any]
    traits: np.ndarray[Any, Any]
    honest: bool


def example(
    name: str,
    document: Document,
    labels: Labels,
    marks: Sequence[tuple[Claim, int, int]],
    reader: ReportReader,
    pieces: Pieces,
    honest: bool,
) -> Example | None:
    """A labelled document as an example; None where it has no words."""
    claims, found = reader.evidence(document)
    if found is None:
        return None
    page = sheet(found, pieces)
    starts = np.array([at for one in found.told for at in one.sentence.starts])
    ends = np.array([at for one in found.told for at in one.sentence.ends])
    n = len(page.candidates)
    holder, weight = np.zeros((n, OPTIONS), dtype=np.float32), np.ones(n, dtype=np.float32)
    kinds = np.zeros((len(found.words), len(OTHERS)), dtype=np.float32)
    numbers = {side: k + 1 for k, side in enumerate(found.sides)}
    targets: list[Target] = []
    for claim, start, end in marks:
        if claim.kind != "control":
            inside = np.flatnonzero((starts < end) & (ends > start))
            if len(inside):
                kinds[inside, OTHERS.index(claim.kind)] = 1.0
                targets.append(
                    _target(page, document, claim, int(inside[0]), int(inside[-1]) + 1, SPAN, OTHER_KIND, numbers)
                )
            continue
        at = _candidate(page, claim, start, end, starts, ends)
        if at is None:
            continue
        if claim.note:
            weight[at] = 0.0
            continue
        option = option_of(claim, found.sides)
        if option is None:
            weight[at] = 0.0
            continue
        holder[at, option] += 1.0
        one = page.candidates[at]
        targets.append(_target(page, document, claim, one.first, one.last, page.kind[at], option, numbers))
    empty = holder.sum(axis=1) == 0
    holder[empty, 0] = 1.0
    holder /= holder.sum(axis=1, keepdims=True)
    way = ways(page, np.array([c.first for c in page.candidates], dtype=np.int64), page.mentions[:, 0])
    return Example(name, page, labels, document, claims, holder, weight, kinds, targets, way, traits(page), honest)


def _candidate(page: Sheet, claim: Claim, start: int, end: int, starts: Any, ends: Any) -> int | None:
    """The candidate that marked characters belong to: a name that is the place's, else what overlaps most."""
    best, score = None, 0.0
    for k, one in enumerate(page.candidates):
        shared = min(end, ends[one.last - 1]) - max(start, starts[one.first])
        if shared <= 0:
            continue
        named = any(fold(place.name) == fold(claim.place) for place in one.places)
        value = shared / (end - start) + (2.0 if named and one.kind in ("name", "loose") else 0.5 if named else 0.0)
        value += 0.3 * (one.kind != "clause")
        if value > score:
            best, score = k, value
    return best


def _target(
    page: Sheet,
    document: Document,
    claim: Claim,
    first: int,
    last: int,
    kind: int,
    option: int,
    numbers: dict[str, int],
) -> Target:
    places = [k for k, (_, _, use) in enumerate(page.places) if claim.place and fold(use.name) == fold(claim.place)]
    days = [k for k, (_, _, day) in enumerate(page.days) if claim.valid and same_date(claim.valid, _reads(day, claim))]
    if claim.valid is None:
        days.append(len(page.days) + 1)
        days += [k for k, (_, _, day) in enumerate(page.days) if _reads(day, claim) is None]
    elif same_date(claim.valid, document.published.isoformat()) and len(claim.valid) == 10:
        days.append(len(page.days))
    if claim.attributed_to is None:
        speakers = [len(page.speakers)]
    else:
        speakers = [k for k, (_, _, name) in enumerate(page.speakers) if same_source(claim.attributed_to, name)]
    target = Target(
        first,
        last,
        kind,
        option,
        CERTAINTIES.index(claim.certainty),
        numbers.get(claim.side or "", 0),
        places,
        days,
        speakers,
    )
    for name, keys in (("place", page.places), ("day", page.days), ("speaker", page.speakers)):
        at = np.array([key[0] for key in keys], dtype=np.int64)
        chosen, own = key_features(page, name, (first, last))
        target.features[name] = pair_features(page, (first, last), at, chosen, own)
    return target


def _reads(day: Any, claim: Claim) -> str | None:
    return (day.next or day.valid) if claim.certainty == "predicted" else day.valid


def from_marked(one: Marked, reader: ReportReader, pieces: Pieces) -> Example | None:
    marks = [(mark.claim, mark.start, mark.end) for mark in one.marks]
    return example(one.name, one.document, one.labels, marks, reader, pieces, True)


def from_gold(gold: Path, reader: ReportReader, pieces: Pieces) -> Iterable[Example]:
    """Documents whose labels quote them; rules have been written with them at hand."""
    for name, labels in read_labels(gold).items():
        path = gold.parent / (labels.file or f"{name}.txt")
        if not path.is_file():
            continue
        text = path.read_text("utf-8").lstrip().removeprefix(f"date {labels.published}").lstrip()
        document = Document(text, labels.published, name, "", "", path.name, "")
        marks = []
        for claim in labels.claims:
            start = text.find(claim.quote)
            if start < 0:
                continue
            end = start + len(claim.quote)
            at = text.find(claim.place, start, end) if claim.kind == "control" and claim.place else -1
            marks.append((claim, at, at + len(claim.place)) if at >= 0 and claim.place else (claim, start, end))
        found = example(f"{gold.parent.name}/{name}", document, labels, marks, reader, pieces, False)
        if found is not None:
            yield found


def vocabulary_of(tokenizer: Path) -> list[str]:
    numbers: dict[str, int] = json.loads(tokenizer.read_text("utf-8"))["model"]["vocab"]
    return sorted(numbers, key=lambda piece: numbers[piece])


def kept_pieces(vocabulary: Sequence[str], most: int) -> list[int]:
    """The pieces that ship: the first of the vocabulary, which is in order of frequency, and all that go on a word."""

    def latin(piece: str) -> bool:
        return all(sign.isascii() for sign in piece) or piece in ("’", "“", "”", "–", "—", "…", "«", "»", "„", "‘")

    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    out = []
    for number, piece in enumerate(vocabulary):
        if piece.startswith("[unused") or not latin(piece):
            continue
        if piece in special or len(piece.removeprefix("##")) == 1 or piece.startswith("##") or number < most:
            out.append(number)
    return out
