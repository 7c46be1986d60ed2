"""What a trained reader decides about each candidate, out of the vectors an encoder gives for the words.

Every decision is a small step of its own: whether and for whom a place is held, how sure that is said to be, who acts,
and, each by comparing the candidate with what could be meant, which place, which day and whose word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import erf

from frontcast.observe.reports.claim import KINDS
from frontcast.observe.reports.evidence import SIDES
from frontcast.observe.reports.setting import PlaceUse
from frontcast.observe.reports.sheets import REACH, Sheet, pair_features, traits, ways

Array = np.ndarray[Any, np.dtype[np.float32]]

NONE, FIRST_SIDE, FOUGHT, GONE, OTHER_KIND = 0, 1, 1 + SIDES, 2 + SIDES, 3 + SIDES
"""What a candidate tells: nothing; that a side holds the place (its number, from 1); contested; left; another kind."""

OPTIONS: Final = GONE + 1
OTHERS: Final = tuple(kind for kind in KINDS if kind != "control")


@dataclass(frozen=True, slots=True)
class Decision:
    """What one candidate tells, as the model sees it.

    Attributes:
        candidate: its number on the sheet; -1 for a claim of another kind.
        first, last: its words in the document.
        option: `FIRST_SIDE` and on, `FOUGHT`, `GONE`, or `OTHER_KIND`.
        kind: of the claim.
        probability: that it is told there, 0 to 1.
        certainty: probabilities of each certainty, in the order of `CERTAINTIES`.
        side: number of the side that acts, 0 if none.
        place: what is meant, or None.
        day: number on the sheet of the day, -1 the day of publication, -2 none.
        speaker: number on the sheet of the speaker, -1 the document.
    """

    candidate: int
    first: int
    last: int
    option: int
    kind: str
    probability: float
    certainty: Array
    side: int
    place: PlaceUse | None
    day: int
    speaker: int


def gelu(x: Array) -> Array:
    """The Gaussian error linear unit."""
    out: Array = (0.5 * x * (1.0 + erf(x / math.sqrt(2.0)))).astype(np.float32)
    return out


def softmax(x: Array) -> Array:
    """Probabilities out of logits, along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    out: Array = e / e.sum(axis=-1, keepdims=True)
    return out


NEVER: Final = -1e4
BLOCK: Final = 256
"""Candidates weighed against the mentions of sides at a time."""


def _log_one_plus(scores: Array) -> Array:
    """Logarithm of one and the sum of the exponentials of each row."""
    if not scores.shape[1]:
        return np.zeros(len(scores), dtype=np.float32)
    most = np.maximum(scores.max(axis=1), 0.0)
    out: Array = most + np.log(np.exp(-most) + np.exp(scores - most[:, None]).sum(axis=1))
    return out


class Heads:
    """The decisions, by their weights.

    Args:
        weights: name → array, as the training script saves them.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.w = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}

    def _linear(self, name: str, x: Array) -> Array:
        out: Array = x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]
        return out

    def candidates(self, sheet: Sheet, hidden: Array) -> tuple[Array, Array]:
        """Of each candidate its vector, shape (n, z), and the probabilities of what it tells, shape (n, `OPTIONS`)."""
        first = np.array([c.first for c in sheet.candidates], dtype=np.int64)
        last = np.array([c.last - 1 for c in sheet.candidates], dtype=np.int64)
        z = self.vectors(hidden, first, last, np.array(sheet.kind, dtype=np.int64))
        other = self._linear("other", z)  # nothing, contested, left, and what any side begins with
        sides = other[:, 3:] + np.einsum("nst,nt->ns", traits(sheet), self._linear("trait", z))
        sides[:, len(sheet.evidence.sides) :] = NEVER
        for begin in range(0, len(first), BLOCK):
            part = slice(begin, begin + BLOCK)
            sides[part] += self._by_mentions(sheet, hidden, z[part], first[part])
        logits = np.concatenate([other[:, :1], sides, other[:, 1:3]], axis=1)
        return z, softmax(logits)

    def _by_mentions(self, sheet: Sheet, hidden: Array, z: Array, first: Any) -> Array:
        """What the mentions of sides speak for at some candidates: of each side its own, and those of all others."""
        near = (sheet.mentions[:, 0] >= first.min() - REACH) & (sheet.mentions[:, 0] <= first.max() + REACH)
        mentions = sheet.mentions[near]
        out = np.zeros((len(z), SIDES), dtype=np.float32)
        if not len(mentions):
            return out
        way = ways(sheet, first, mentions[:, 0])
        vectors = np.concatenate([hidden[mentions[:, 0]], hidden[mentions[:, 1]]], axis=1)
        for name, own in (("gains", True), ("loses", False)):
            query = self._linear(f"ask_{name}", z)
            score = query @ self._linear(f"key_{name}", vectors).T / math.sqrt(query.shape[1])
            score = score + np.take_along_axis(self._linear(f"way_{name}", z), np.maximum(way, 0), axis=1)
            score = np.where(way >= 0, score, NEVER)
            for side in range(1, SIDES + 1):
                chosen = (mentions[:, 2] == side) if own else (mentions[:, 2] != side)
                out[:, side - 1] += _log_one_plus(score[:, chosen])
        return out

    def vectors(self, hidden: Array, first: Any, last: Any, kind: Any) -> Array:
        """Vectors of some words, by the numbers of the first and the last and of their kind."""
        joined = self._linear("join", np.concatenate([hidden[first], hidden[last]], axis=1))
        return gelu(joined + self.w["kind.weight"][kind])

    def kinds(self, hidden: Array) -> Array:
        """Of each word the probabilities that it is part of a claim of each other kind, shape (words, `OTHERS`)."""
        out: Array = (1.0 / (1.0 + np.exp(-self._linear("kinds", hidden)))).astype(np.float32)
        return out

    def keys(self, sheet: Sheet, hidden: Array) -> dict[str, tuple[Any, Array]]:
        """Of the places, days and speakers of a document their first words and their vectors."""
        out = {}
        for name, spans in (("place", sheet.places), ("day", sheet.days), ("speaker", sheet.speakers)):
            first = np.array([span[0] for span in spans], dtype=np.int64)
            last = np.array([span[1] - 1 for span in spans], dtype=np.int64)
            out[name] = first, self._linear(f"key_{name}", np.concatenate([hidden[first], hidden[last]], axis=1))
        return out

    def detail(
        self, sheet: Sheet, keys: Mapping[str, tuple[Any, Array]], z: Array, span: tuple[int, int], option: int
    ) -> dict[str, Array]:
        """Of one claim: logits "certainty", "side", "place" (each place), "day" (each day, publication, none) and
        "speaker" (each speaker, the document)."""
        y = gelu(self._linear("told", z) + self.w["option.weight"][shared(option)])
        out = {"certainty": self._linear("certainty", y), "side": self._linear("acts", y)}
        for name, (first, vectors) in keys.items():
            score = np.zeros(0, dtype=np.float32)
            if len(first):
                query = self._linear(f"ask_{name}", y)
                features = pair_features(sheet, span, first, *key_features(sheet, name, span))
                score = vectors @ query / math.sqrt(len(query)) + features @ self._linear(f"weigh_{name}", y)
            special = self._linear(f"special_{name}", y) if name != "place" else np.zeros(0, dtype=np.float32)
            out[name] = np.concatenate([score, special]).astype(np.float32)
        return out


def shared(option: int) -> int:
    """The number of an option as far as the details go: what is said of a holder does not depend on which side it is."""
    return FIRST_SIDE if FIRST_SIDE <= option < FOUGHT else option


def key_features(sheet: Sheet, name: str, span: tuple[int, int]) -> tuple[Array, Array]:
    """Of each place, day or speaker of a sheet: whether the rules chose it for a candidate, and a number of its own."""
    if name == "place":
        meant = sheet.meant.get(span, frozenset())
        return np.array([float(use.key in meant) for _, _, use in sheet.places], dtype=np.float32), sheet.own[name]
    if name == "day":
        return sheet.dated, sheet.own[name]
    said = sheet.said[span[0]]
    return np.array(
        [float(said is not None and (text in said or said in text)) for _, _, text in sheet.speakers], dtype=np.float32
    ), sheet.own[name]
