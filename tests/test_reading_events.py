"""Claims that are not about who holds a place: sentences of our own about many wars, and what must come out of each."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from frontcast.observe.reports import Claim, Document, read_document

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "reading_cases.toml").read_text("utf-8"))["event"]


def parameters() -> list[Any]:
    missed = pytest.mark.xfail(strict=True, reason="a reader would find it; the rules do not yet")
    return [pytest.param(case, id=case["text"][:60], marks=[missed] if case.get("misses") else []) for case in CASES]


def fits(claim: Claim, kind: str, side: str, place: str) -> bool:
    return (
        claim.kind == kind
        and side in ("*", claim.side or "")
        and (place == "*" or place.casefold() in (claim.place or "").casefold())
        and (place != "" or claim.place is None)
    )


@pytest.mark.parametrize("case", parameters())
def test_what_else_is_told(case: dict[str, Any]) -> None:
    text = case["text"]
    read = read_document(Document(text, case.get("published", date(2024, 9, 11)), "test", "", "", "test.txt", ""))
    told = [(claim.kind, claim.side, claim.place) for claim in read]
    for kind, side, place in case["claims"]:
        found = [claim for claim in read if fits(claim, kind, side, place)]
        assert found, told
        if (kind, side, place) == tuple(case["claims"][0]):
            for key in ("quantity", "unit", "origin", "target"):
                values = [getattr(claim, key) for claim in found]
                values = [value.value if key == "quantity" and value is not None else value for value in values]
                assert key not in case or case[key] in values, (key, values)
    for kind in case.get("none", []):
        assert kind not in {claim.kind for claim in read}, told
