"""A claim: who says what happened where and when, and how sure they are. Read from text, kept apart from fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

KINDS: Final = (
    "control",
    "movement",
    "strike",
    "loss",
    "supply",
    "morale",
    "manpower",
    "command",
    "arms",
    "politics",
)
"""What a claim can be about."""

CERTAINTIES: Final = ("stated", "claimed", "unconfirmed", "denied", "predicted")
"""How sure its author is, or how far the author can be trusted: see `docs/reading.md`."""

CONTESTED: Final = "contested"
"""The holder of a place that is fought over, or held in part."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A counted or measured amount: 8 tanks, 20 kilometres, 2 battalion groups."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim.

    Attributes:
        kind: one of `KINDS`.
        side: the side that acts: takes, holds, leaves or loses; attacks; strikes; suffers the loss. None if none.
        place: as written; where the clause has a pronoun, the name it stands for. None if no place.
        lat, lon: decimal degrees, WGS 84; None for regions, rivers, bridges and places no gazetteer knows.
        holder: control only: who holds the place if the claim is right: a side, `CONTESTED`, or None where it
            only says who does not.
        valid: day (YYYY-MM-DD) or month (YYYY-MM) of the thing itself; None where the text gives none.
        attributed_to: who says so, as written; None where the document itself does.
        certainty: one of `CERTAINTIES`.
        unit: the formation named, or None.
        quantity: how many or how far, or None.
        quote: the clause that carries the claim, an exact part of the document's text.
        start, end: where the quote lies in the document's text, in characters; `text[start:end] == quote`.
        origin: movement only: the place the move started from, as written, or None.
        target: strike only: what was struck (a depot, a bridge, a headquarters), as written, or None.
        note: what made it hard, or None.
        found_by: "rules", "model" or "both".
        probability: that it is told there, as the model sees it, 0 to 1; None where the rules read alone.
    """

    kind: str
    side: str | None
    place: str | None
    lat: float | None
    lon: float | None
    holder: str | None
    valid: str | None
    attributed_to: str | None
    certainty: str
    unit: str | None
    quantity: Quantity | None
    quote: str
    start: int
    end: int
    origin: str | None = None
    target: str | None = None
    note: str | None = None
    found_by: str = "rules"
    probability: float | None = None

    @property
    def precision(self) -> str:
        """How precisely `valid` is known: "day", "month" or "none"."""
        return "none" if self.valid is None else "month" if len(self.valid) == 7 else "day"

    def to_record(self) -> dict[str, Any]:
        """The claim as plain JSON values, in the order of the attributes, `precision` after `valid`."""
        record: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        record["quantity"] = (
            None if self.quantity is None else {"value": self.quantity.value, "unit": self.quantity.unit}
        )
        at = list(record).index("valid") + 1
        items = list(record.items())
        return dict([*items[:at], ("precision", self.precision), *items[at:]])


_FIELDS: Final = tuple(Claim.__dataclass_fields__)


def where(claim: Claim, place: str | None) -> tuple[float, float] | str | None:
    """What two claims share that are about one place: its point, else its name as `same_fact` is given it."""
    return (round(claim.lat, 3), round(claim.lon or 0.0, 3)) if claim.lat is not None else place


def same_fact(claim: Claim, place: str | None) -> tuple[Any, ...]:
    """What two control claims share that tell one fact: place, holder, speaker, certainty and date, and who left.

    Args:
        claim: of control. place: its name, as names are to be compared where there is no point.
    """
    return (
        where(claim, place),
        claim.holder,
        claim.attributed_to,
        claim.certainty,
        claim.valid,
        claim.side if claim.holder is None else None,
    )
