"""The pieces of evidence about a place, numbered alike in the table and in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frontcast.show.claim_words import Row, linked


@dataclass
class Mark:
    """One piece of evidence.

    Attributes:
        number: in the picture and below it, from 1.
        claim: its first claim.
        first, last: days as matplotlib counts them.
        times: how many claims it is.
        row, lane, y: where it is drawn, y in inches from the top.
    """

    number: int
    claim: Row
    first: float
    last: float
    times: int
    row: int = 0
    lane: int = 0
    y: float = 0.0

    @property
    def x(self) -> float:
        """Where it is drawn."""
        return (self.first + self.last) / 2


def evidence_marks(claims: pd.DataFrame) -> list[Mark]:
    """One mark for each piece of evidence, in order of the day it is about."""
    known = claims["known_at"].to_numpy("datetime64[D]")
    first, last = (
        np.where(np.isnat(days), known, days).astype("datetime64[D]").astype(float)
        for days in (claims[name].to_numpy("datetime64[D]") for name in ("valid_from", "valid_to"))
    )
    placed = claims.assign(_first=first, _last=last)
    found = []
    for _, group in placed.sort_values(["known_at", "id"]).groupby("evidence", sort=False):
        claim: dict[str, Any] = {str(key): value for key, value in group.iloc[0].items()}
        found.append(Mark(0, claim, claim["_first"], claim["_last"], len(group)))
    found.sort(key=lambda mark: (mark.x, mark.claim["known_at"], mark.claim["id"]))
    for number, mark in enumerate(found, 1):
        mark.number = number
    return found


def for_and_against(evidence: int, claims: pd.DataFrame, links: pd.DataFrame) -> str:
    """What contradicts (−) and confirms (+) a piece of evidence: maps by name, claims by their numbers."""
    numbers = {int(mark.claim["evidence"]): mark.number for mark in evidence_marks(claims)}
    pieces = dict(zip(claims["id"].tolist(), claims["evidence"].tolist(), strict=True))
    mine = links[links["claim"].map(pieces) == evidence]
    parts = []
    for kind, sign in (("contradicted", "−"), ("confirmed", "+")):
        found = mine[mine["link"] == kind]
        maps = found[found["by"] == "map"].sort_values(["source", "date"], kind="stable")
        voices = list(dict.fromkeys(linked({str(k): v for k, v in row.items()}) for row in maps.to_dict("records")))
        others = sorted({numbers[int(pieces[int(other)])] for other in found["other"].dropna() if int(other) in pieces})
        if others:
            voices.append(f"{'claims' if len(others) > 1 else 'claim'} {', '.join(map(str, others))}")
        if voices:
            parts.append(f"{sign} {', '.join(voices)}")
    return "   ".join(parts)
