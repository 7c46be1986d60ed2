"""How well claims are read: those found in labelled documents, counted against the labels.

A control claim is found where document, place (the same name, or points within `NEAR_KM`) and holder agree; `denied` and
`predicted` only where the certainty agrees as well. Claims of other kinds are found where the kind agrees and the quotes
overlap; since only the clear ones are labelled, an extra one counts only where it quotes a labelled clause. What a label
calls optional counts neither as found nor as missed. Documents, not claims, are what was sampled: intervals resample them.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Final

import numpy as np

from frontcast.errors import InputError
from frontcast.observe.reports.claim import CERTAINTIES, KINDS, Claim, Quantity

NEAR_KM: Final = 5.0
SHARED_WORDS: Final = 0.6
"""Two quotes overlap where one lies in the other, or they share this part of the words of the shorter."""

OPTIONAL: Final = "optional:"
"""How the note of a label begins that two careful readers could dispute."""

LEVEL: Final = 0.95
SAMPLES: Final = 2000
EARTH_KM: Final = 6371.0
HARD: Final = frozenset({"denied", "predicted"})
OTHER: Final = tuple(kind for kind in KINDS if kind != "control")
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Labels:
    """What is claimed in one document, by hand.

    Attributes:
        doc: its name, unique among the labelled documents.
        published: as in the document, or as inferred from it.
        inferred: whether the day of publication was inferred, so that dates may be a day out.
        file: where the text is, or "" where it is named after `doc`.
        claims: without offsets: `start` and `end` are -1.
    """

    doc: str
    published: date
    inferred: bool
    file: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Found, missed and extra claims."""

    found: int = 0
    missed: int = 0
    extra: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.found + other.found, self.missed + other.missed, self.extra + other.extra)

    @property
    def precision(self) -> float:
        """Found among all that was read; 0 where nothing was."""
        return self.found / max(1, self.found + self.extra)

    @property
    def recall(self) -> float:
        """Found among all that is labelled; 0 where nothing is."""
        return self.found / max(1, self.found + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are."""
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.extra)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing read wrongly: `what` is "missed", "extra", "date", "certainty" or "attribution"."""

    what: str
    doc: str
    label: Claim | None
    read: Claim | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one document, or of many.

    Attributes:
        control: found, missed and extra control claims.
        date, certainty, attribution: how many of the control claims found are right in it.
        other: counts of each other kind that is labelled or read.
        faults: what went wrong, control claims only.
    """

    control: Counts = Counts()
    date: int = 0
    certainty: int = 0
    attribution: int = 0
    other: Mapping[str, Counts] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def __add__(self, more: Tally) -> Tally:
        kinds = {
            kind: self.other.get(kind, Counts()) + more.other.get(kind, Counts())
            for kind in OTHER
            if kind in self.other or kind in more.other
        }
        return Tally(
            self.control + more.control,
            self.date + more.date,
            self.certainty + more.certainty,
            self.attribution + more.attribution,
            kinds,
            self.faults + more.faults,
        )

    @property
    def others(self) -> Counts:
        """All kinds but control together."""
        return sum(self.other.values(), Counts())

    def share(self, thing: str) -> float:
        """Share of the control claims found that are right in "date", "certainty" or "attribution"."""
        return float(getattr(self, thing)) / max(1, self.control.found)


def read_labels(path: Path) -> dict[str, Labels]:
    """The labels of a JSON-lines file, one document a line, by name.

    Raises:
        InputError: where the file cannot be read, or a line is no labelled document.
    """
    labels: dict[str, Labels] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"it cannot be read ({error})", "Give a file of labels, UTF-8.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            claims = tuple(_claim(record) for record in one["claims"])
            file = str(one.get("file", ""))
            label = Labels(str(one["doc"]), date.fromisoformat(one["published"]), bool(file), file, claims)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problem = f"it is no labelled document ({type(error).__name__}: {error})"
            remedy = 'Lines read {"doc": "001", "published": "2022-06-24", "claims": [...]}.'
            raise InputError(str(path), f"line {number}", problem, remedy) from error
        if label.doc in labels:
            raise InputError(str(path), f"line {number}", f"document {label.doc} is there twice", "Keep one of them.")
        labels[label.doc] = label
    return labels


def score(labels: Iterable[Labels], read: Mapping[str, Sequence[Claim]]) -> list[Tally]:
    """One tally a labelled document, in their order; `read` has the claims read, by name of the document.

    Raises:
        KeyError: where a document has labels and was not read.
    """
    return [tally(one, read[one.doc]) for one in labels]


def total(tallies: Iterable[Tally]) -> Tally:
    """All documents together: every claim weighs the same."""
    return reduce(Tally.__add__, tallies, Tally())


def tally(labels: Labels, read: Sequence[Claim]) -> Tally:
    """One document."""
    wanted = [claim for claim in labels.claims if claim.kind == "control"]
    found = [claim for claim in read if claim.kind == "control"]
    counts, pairs, faults = _compare(labels, wanted, found, _same_control, lambda extra: not _disputed(extra, wanted))
    right = {"date": 0, "certainty": 0, "attribution": 0}
    for label, claim in pairs:
        agrees = {
            "date": same_date(label.valid, claim.valid, slack_days=int(labels.inferred)),
            "certainty": label.certainty == claim.certainty,
            "attribution": same_source(label.attributed_to, claim.attributed_to),
        }
        for thing, good in agrees.items():
            right[thing] += good
            if not good:
                faults.append(Fault(thing, labels.doc, label, claim))
    other = {
        kind: _compare(
            labels,
            [claim for claim in labels.claims if claim.kind == kind],
            [claim for claim in read if claim.kind == kind],
            lambda label, claim: overlap(label.quote, claim.quote),
            lambda extra: any(overlap(extra.quote, label.quote) for label in labels.claims),
        )[0]
        for kind in OTHER
        if any(claim.kind == kind for claim in (*labels.claims, *read))
    }
    return Tally(counts, right["date"], right["certainty"], right["attribution"], other, tuple(faults))


def intervals(tallies: Sequence[Tally], seed: int = 0) -> dict[str, Interval]:
    """How far the scores would move had other documents of the same sort been labelled.

    Percentile bootstrap over documents, `SAMPLES` draws, level `LEVEL`. Keys: "precision", "recall", "f1" of control
    claims, "date", "certainty", "attribution", and "other f1"; none where there are fewer than two documents.
    """
    if len(tallies) < 2:
        return {}
    rows = np.array(
        [[*astuple(one.control), one.date, one.certainty, one.attribution, *astuple(one.others)] for one in tallies],
        dtype=np.float64,
    )
    draws = np.random.default_rng(seed).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=SAMPLES) @ rows
    found, missed, extra, dated, certain, attributed, other, other_missed, other_extra = draws.T
    samples = {
        "precision": found / np.maximum(1, found + extra),
        "recall": found / np.maximum(1, found + missed),
        "f1": 2 * found / np.maximum(1, 2 * found + missed + extra),
        "date": dated / np.maximum(1, found),
        "certainty": certain / np.maximum(1, found),
        "attribution": attributed / np.maximum(1, found),
        "other f1": 2 * other / np.maximum(1, 2 * other + other_missed + other_extra),
    }
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return {name: (float(low), float(high)) for name, (low, high) in _quantiles(samples, ends)}


def same_place(a: Claim, b: Claim) -> bool:
    """The same name, spelling marks and case aside, or points within `NEAR_KM`."""
    return bool(a.place and fold(a.place) == fold(b.place)) or _distance_km(a, b) <= NEAR_KM


def same_date(label: str | None, claim: str | None, slack_days: int = 0) -> bool:
    """The same day; the same month where one names no day; none where the other has none."""
    if not label or not claim:
        return label == claim
    if 7 in (len(label), len(claim)):
        return label[:7] == claim[:7]
    return abs((date.fromisoformat(label) - date.fromisoformat(claim)).days) <= slack_days


def same_source(a: str | None, b: str | None) -> bool:
    """One named within the other ("Sak", "Yuriy Sak"), or none in both."""
    one, two = fold(a), fold(b)
    return one == two or bool(one and two and (one in two or two in one))


@lru_cache(maxsize=65536)
def overlap(a: str, b: str) -> bool:
    """Whether two quotes carry the same clause: see `SHARED_WORDS`."""
    one, two = a.split(), b.split()
    if not one or not two:
        return False
    if " ".join(one) in " ".join(two) or " ".join(two) in " ".join(one):
        return True
    few, many = sorted((set(one), set(two)), key=len)
    return len(few & many) >= SHARED_WORDS * len(few)


@lru_cache(maxsize=65536)
def fold(name: str | None) -> str:
    """A name without case, accents, spaces and marks."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", (name or "").casefold()) if sign.isalnum())


def _compare(
    labels: Labels,
    wanted: Sequence[Claim],
    found: Sequence[Claim],
    same: Callable[[Claim, Claim], bool],
    counts_as_extra: Callable[[Claim], bool],
) -> tuple[Counts, list[tuple[Claim, Claim]], list[Fault]]:
    pairs = _match(wanted, found, same)
    taken, given = {i for i, _ in pairs}, {j for _, j in pairs}
    right = [(wanted[i], found[j]) for i, j in pairs if not _optional(wanted[i])]
    missed = [claim for i, claim in enumerate(wanted) if i not in taken and not _optional(claim)]
    extra = [claim for j, claim in enumerate(found) if j not in given and counts_as_extra(claim)]
    faults = [Fault("missed", labels.doc, claim, None) for claim in missed]
    faults += [Fault("extra", labels.doc, None, claim) for claim in extra]
    return Counts(len(right), len(missed), len(extra)), right, faults


def _match(
    wanted: Sequence[Claim], found: Sequence[Claim], same: Callable[[Claim, Claim], bool]
) -> list[tuple[int, int]]:
    """One to one, the pairs that agree in most things first; of equal ones, the last in the text."""
    likely = [
        (_alike(label, claim), i, j)
        for i, label in enumerate(wanted)
        for j, claim in enumerate(found)
        if same(label, claim)
    ]
    taken: dict[int, int] = {}
    given: set[int] = set()
    for _, i, j in sorted(likely, reverse=True):
        if i not in taken and j not in given:
            taken[i] = j
            given.add(j)
    return list(taken.items())


def _alike(label: Claim, claim: Claim) -> int:
    return (
        (label.certainty == claim.certainty)
        + (label.valid == claim.valid)
        + (label.side == claim.side)
        + overlap(label.quote, claim.quote)
    )


def _same_control(label: Claim, claim: Claim) -> bool:
    return (
        same_place(label, claim)
        and fold(label.holder) == fold(claim.holder)
        and (label.certainty == claim.certainty or not HARD & {label.certainty, claim.certainty})
    )


def _disputed(claim: Claim, labels: Iterable[Claim]) -> bool:
    """Whether a claim quotes what a label calls optional."""
    return any(_optional(label) and overlap(label.quote, claim.quote) for label in labels)


def _optional(claim: Claim) -> bool:
    return (claim.note or "").startswith(OPTIONAL)


def _distance_km(a: Claim, b: Claim) -> float:
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return math.inf
    y1, x1, y2, x2 = (math.radians(degrees) for degrees in (a.lat, a.lon, b.lat, b.lon))
    h = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def _quantiles(samples: Mapping[str, Any], ends: list[float]) -> Iterable[tuple[str, Any]]:
    return ((name, np.quantile(values, ends)) for name, values in samples.items())


def _claim(record: Mapping[str, Any]) -> Claim:
    kind, certainty = record["kind"], record["certainty"]
    if kind not in KINDS or certainty not in CERTAINTIES:
        raise ValueError(f"kind {kind!r} or certainty {certainty!r} is none of the schema")
    valid = record.get("valid")
    if valid is not None:
        date.fromisoformat(valid if len(valid) != 7 else f"{valid}-01")
    quantity = record.get("quantity")
    words: dict[str, Any] = {
        name: record.get(name) for name in ("side", "place", "holder", "attributed_to", "unit", "note")
    }
    lat, lon = (None if (value := record.get(name)) is None else float(value) for name in ("lat", "lon"))
    return Claim(
        kind=kind,
        certainty=certainty,
        valid=valid,
        lat=lat,
        lon=lon,
        quantity=None if quantity is None else Quantity(quantity["value"], quantity["unit"]),
        quote=record["quote"],
        start=-1,
        end=-1,
        **words,
    )
