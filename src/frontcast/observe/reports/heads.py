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
from frontcast.observe.reports.sheets import Sheet, pair_features

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
        return self.options(hidden, first, last, np.array(sheet.kind, dtype=np.int64))

    def options(self, hidden: Array, first: Any, last: Any, kind: Any) -> tuple[Array, Array]:
        """As `candidates`, from the numbers of their first and last words."""
        z = gelu(self._linear("join", np.concatenate([hidden[first], hidden[last]], axis=1)) + self.w["kind.weight"][kind])
        return z, softmax(self._linear("holder", z))

    def kinds(self, hidden: Array) -> Array:
        """Of each word the probabilities that it is part of a claim of each other kind, shape (words, `OTHERS`)."""
        out: Array = 1.0 / (1.0 + np.exp(-self._linear("kinds", hidden)))
        return out

    def detail(self, sheet: Sheet, hidden: Array, z: Array, span: tuple[int, int], option: int) -> dict[str, Array]:
        """Of one claim: logits "certainty", "side", "place" (each place), "day" (each day, publication, none) and
        "speaker" (each speaker, the document)."""
        y = gelu(self._linear("told", z) + self.w["option.weight"][option])
        out = {"certainty": self._linear("certainty", y), "side": self._linear("acts", y)}
        for name, keys, special in (
            ("place", [(a, b) for a, b, _ in sheet.places], 0),
            ("day", [(a, b) for a, b, _ in sheet.days], 2),
            ("speaker", [(a, b) for a, b, _ in sheet.speakers], 1),
        ):
            query = self._linear(f"ask_{name}", y)
            score = np.zeros(0, dtype=np.float32)
            if keys:
                first = np.array([a for a, _ in keys])
                last = np.array([b - 1 for _, b in keys])
                vectors = self._linear(f"key_{name}", np.concatenate([hidden[first], hidden[last]], axis=1))
                chosen, own = key_features(sheet, name, span, option)
                features = pair_features(sheet, span, first, chosen, own)
                weights = self._linear(f"weigh_{name}", y)
                score = vectors @ query / math.sqrt(len(query)) + features @ weights
            extra = self._linear(f"special_{name}", y) if special else np.zeros(0, dtype=np.float32)
            out[name] = np.concatenate([score, extra]).astype(np.float32)
        return out


def key_features(sheet: Sheet, name: str, span: tuple[int, int], option: int) -> tuple[Array, Array]:
    """Of each place, day or speaker of a sheet: whether the rules chose it for a candidate, and a number of its own."""
    if name == "place":
        meant = {place.key for c in sheet.candidates if (c.first, c.last) == span for place in c.places}
        chosen = [float(use.key in meant) for _, _, use in sheet.places]
        own = [float(use.known) for _, _, use in sheet.places]
    elif name == "day":
        chosen = [float(day.valid is not None) for _, _, day in sheet.days]
        own = [float(day.role == "event") for _, _, day in sheet.days]
    else:
        said = sheet.said[span[0]]
        spoken = {one for one in sheet.said if one}
        chosen = [float(said is not None and (text in said or said in text)) for _, _, text in sheet.speakers]
        own = [float(any(text in one or one in text for one in spoken)) for _, _, text in sheet.speakers]
    return np.array(chosen, dtype=np.float32), np.array(own, dtype=np.float32)
