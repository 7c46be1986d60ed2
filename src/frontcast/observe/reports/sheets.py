"""A document as numbers: what an encoder is fed with, and what it decides between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from frontcast.observe.reports.evidence import FIRST_HOLDER, KINDS_OF_WORDS, PLACES, SIDES, Candidate, Evidence
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.setting import PlaceUse

WINDOW: Final = 256
"""Pieces read together; a longer document is read in several windows."""

BEFORE: Final = 64
"""Pieces of what went before that a window begins with, at most."""

CHANNELS: Final = ("side", "speaker", "part", "read", "sure")

DISTANCES: Final = 6
"""Ways two words can lie: one sentence and before, one sentence and after, the sentence before, two or three before,
farther before, in a later sentence."""

FEATURES: Final = DISTANCES + 3
"""Numbers that go with a pair: its `DISTANCES`, how many words lie between, whether the rules chose it, one of its own."""


NAMED: Final = frozenset((PLACES["settlement"], PLACES["region"]))
"""Parts whose words the encoder does not get to see: what became of one place says nothing about another."""

REACH: Final = 300
"""Words between a candidate and the mention of a side that may have to do with it, at most."""

WAYS: Final = 10
"""How the mention of a side lies to a candidate: before it in its sentence by up to 3, up to 10, or more words; after it
likewise; in the sentence before; two or three before; farther before; in a later sentence."""

TRAITS: Final = 8
"""Numbers that go with a candidate and a side, see `traits`."""


@dataclass(slots=True)
class Window:
    """Pieces read together.

    Attributes:
        pieces: numbers of the pieces, the first that of the beginning.
        channels: shape (pieces, `CHANNELS`), what the rules found, 0 for the beginning but for voice and attacker.
        words: numbers of the document's words that are read here, and `at`, the piece each begins with.
    """

    pieces: np.ndarray[Any, np.dtype[np.int64]]
    channels: np.ndarray[Any, np.dtype[np.int64]]
    words: np.ndarray[Any, np.dtype[np.int64]]
    at: np.ndarray[Any, np.dtype[np.int64]]


@dataclass(slots=True)
class Sheet:
    """A document as numbers.

    Attributes:
        evidence: what the rules found.
        windows: what the encoder reads; each word of the document is read in one of them.
        candidates: where a claim may be told; `kind`: number of each one's kind.
        places: words [first, last) that name a place, and the place.
        days: of `days`: words [first, last) and the mention.
        speakers: words [first, last) and the name.
        sentence: of each word, the number of its sentence; `said`: who says it by the rules, or None.
        meant: words [first, last) of a candidate → keys of the places that the rules take it for.
        mentions: of sides: first word, last word, number of the side; shape (mentions, 3).
        dated: of each day, whether it is one; `own`: a number of each place (known to a gazetteer), day (of the event
            itself) and speaker (one by the rules).
    """

    evidence: Evidence
    windows: list[Window]
    candidates: list[Candidate]
    kind: list[int]
    places: list[tuple[int, int, PlaceUse]]
    days: list[tuple[int, int, Any]]
    speakers: list[tuple[int, int, str]]
    sentence: np.ndarray[Any, np.dtype[np.int64]]
    said: list[str | None]
    meant: dict[tuple[int, int], frozenset[str]]
    mentions: np.ndarray[Any, np.dtype[np.int64]]
    dated: np.ndarray[Any, np.dtype[np.float32]]
    own: dict[str, np.ndarray[Any, np.dtype[np.float32]]]


def sheet(evidence: Evidence, pieces: Pieces) -> Sheet:
    """A document as numbers."""
    places, days, speakers, said = [], [], [], []
    for one in evidence.told:
        for candidate in one.candidates:
            if candidate.kind in ("name", "loose"):
                places.append((candidate.first, candidate.last, candidate.places[0]))
        days += [(one.offset + day.first, one.offset + day.last, day) for day in one.dates]
        speakers += one.phrases
        said += [speaker.name if speaker is not None else None for speaker in one.speaker]
    bounds = evidence.bounds
    sentence = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    kind = [KINDS_OF_WORDS.index(candidate.kind) for candidate in evidence.candidates]
    spoken = {one for one in said if one}
    own = {
        "place": [use.known for _, _, use in places],
        "day": [day.role == "event" for _, _, day in days],
        "speaker": [any(text in one or one in text for one in spoken) for _, _, text in speakers],
    }
    return Sheet(
        evidence,
        _windows(evidence, pieces),
        evidence.candidates,
        kind,
        places,
        days,
        speakers,
        sentence,
        said,
        {(c.first, c.last): frozenset(place.key for place in c.places) for c in evidence.candidates},
        _mentions(evidence),
        np.array([day.valid is not None for _, _, day in days], dtype=np.float32),
        {name: np.array(values, dtype=np.float32) for name, values in own.items()},
    )


def _mentions(evidence: Evidence) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Words that mean a side, those beside each other together."""
    side = np.array([0, *evidence.side, 0])
    change = np.flatnonzero(side[1:] != side[:-1])
    out = [(a, b - 1, side[a + 1]) for a, b in pairwise(change) if side[a + 1]]
    return np.array(out, dtype=np.int64).reshape(-1, 3)


def ways(
    sheet: Sheet, words: np.ndarray[Any, Any], mentions: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How each mention lies to each candidate (`WAYS`), -1 where it is out of `REACH`: shape (words, mentions).

    Args:
        sheet: the document.
        words: first word of each candidate.
        mentions: first word of each mention.
    """
    apart = sheet.sentence[words][:, None] - sheet.sentence[mentions][None, :]
    far = words[:, None] - mentions[None, :]
    size = np.abs(far)
    near = np.where(size <= 3, 0, np.where(size <= 10, 1, 2))
    out = np.select(
        [(apart == 0) & (far >= 0), apart == 0, apart == 1, (apart > 1) & (apart <= 3), apart > 3],
        [near, 3 + near, 6, 7, 8],
        9,
    )
    return np.where(size <= REACH, out, -1)


def traits(sheet: Sheet) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What goes with each candidate and each side, shape (candidates, `SIDES`, `TRAITS`): whether the rules read the side
    as holder there, whether its words they are, whether the document is its own, whether it is on the move, whether it
    was the last named before, its share of the mentions, whether it is mentioned, whether it is the first."""
    evidence = sheet.evidence
    n = len(sheet.candidates)
    out = np.zeros((n, SIDES, TRAITS), dtype=np.float32)
    if not n:
        return out
    first = np.array([c.first for c in sheet.candidates], dtype=np.int64)
    number = np.arange(1, SIDES + 1)
    read = np.array([max(evidence.read[c.first : c.last], default=0) for c in sheet.candidates])
    speaker = np.array(evidence.speaker)[first]
    out[:, :, 0] = read[:, None] == number + FIRST_HOLDER - 1
    out[:, :, 1] = speaker[:, None] == number
    out[:, :, 2] = number == evidence.voice
    out[:, :, 3] = number == evidence.attacker
    if len(sheet.mentions):
        before = np.searchsorted(sheet.mentions[:, 0], first) - 1
        last = np.where(before >= 0, sheet.mentions[np.maximum(before, 0), 2], 0)
        out[:, :, 4] = last[:, None] == number
        counts = np.bincount(sheet.mentions[:, 2], minlength=SIDES + 1)[1:]
        out[:, :, 5] = counts / counts.sum()
        out[:, :, 6] = counts > 0
    out[:, 0, 7] = 1.0
    return out


def _windows(evidence: Evidence, pieces: Pieces) -> list[Window]:
    of = [
        (pieces.covered,) if part in NAMED else pieces.of(word)
        for word, part in zip(evidence.words, evidence.part, strict=True)
    ]
    lengths = np.array([len(one) for one in of], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    channels = np.array(
        [evidence.side, evidence.speaker, evidence.part, evidence.read, evidence.sure], dtype=np.int64
    ).T
    out: list[Window] = []
    first = 0
    bounds = evidence.bounds
    while first < len(of):
        start = _back(first, ends, bounds)
        room = WINDOW - 1 - int(ends[first] - ends[start])
        last = first
        for bound in bounds:
            if bound > first and ends[bound] - ends[first] <= room:
                last = bound
        if last == first:  # one sentence longer than a window
            last = max(first + 1, int(np.searchsorted(ends, ends[first] + room, "right")) - 1)
        out.append(_window(of, lengths, channels, start, first, last, evidence, pieces.begin))
        first = last
    return out


def _back(first: int, ends: np.ndarray[Any, Any], bounds: list[int]) -> int:
    """The word that what went before begins with: a whole number of sentences, `BEFORE` pieces at most."""
    fitting = [bound for bound in bounds if bound <= first and ends[first] - ends[bound] <= BEFORE]
    return min(fitting, default=first)


def _window(
    of: list[tuple[int, ...]],
    lengths: np.ndarray[Any, Any],
    channels: np.ndarray[Any, Any],
    start: int,
    first: int,
    last: int,
    evidence: Evidence,
    begin: int,
) -> Window:
    flat = [begin, *(number for word in of[start:last] for number in word)][:WINDOW]
    spread = np.repeat(channels[start:last], lengths[start:last], axis=0)
    head = np.zeros((1, channels.shape[1]), dtype=np.int64)
    head[0, 0], head[0, 1] = evidence.attacker, evidence.voice
    at = 1 + np.concatenate([[0], np.cumsum(lengths[start:last])])[:-1]
    own = slice(first - start, last - start)
    return Window(
        np.array(flat, dtype=np.int64),
        np.concatenate([head, spread])[: len(flat)],
        np.arange(first, last),
        np.minimum(at[own], len(flat) - 1),
    )


def pair_features(
    sheet: Sheet,
    candidate: tuple[int, int],
    keys: np.ndarray[Any, Any],
    chosen: np.ndarray[Any, Any],
    own: np.ndarray[Any, Any],
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What goes with each pair of a candidate and a key: shape (keys, `FEATURES`).

    Args:
        sheet: the document.
        candidate: its words [first, last).
        keys: first word of each key.
        chosen: whether the rules chose the key.
        own: a further number of each key.
    """
    word = candidate[0]
    out = np.zeros((len(keys), FEATURES), dtype=np.float32)
    if not len(keys):
        return out
    apart = sheet.sentence[word] - sheet.sentence[keys]
    way = np.select(
        [(apart == 0) & (keys <= word), apart == 0, apart == 1, (apart > 1) & (apart <= 3), apart > 3],
        [0, 1, 2, 3, 4],
        5,
    )
    out[np.arange(len(keys)), way] = 1.0
    out[:, DISTANCES] = np.log1p(np.abs(keys - word)) / math.log(100)
    out[:, DISTANCES + 1] = chosen
    out[:, DISTANCES + 2] = own
    return out
