"""What a careful reader would list from the two analyses that the project began with, fact by fact.

The analyses belong to their authors and are not kept here: the folder with them is named by FRONTCAST_SEEDS. The facts,
in our own words, are in `seed_facts.toml`.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from frontcast.observe.reports import Claim, Document, read_document

HERE = Path(__file__).parent
FACTS: list[dict[str, Any]] = tomllib.loads(HERE.joinpath("seed_facts.toml").read_text("utf-8"))["fact"]
SEEDS = Path(os.environ.get("FRONTCAST_SEEDS") or HERE.parent.parent / "shared" / "seeds")
ANALYSES = {"july": ("Lysychansk", date(2022, 7, 4)), "september": ("Vostok", date(2022, 9, 11))}
"""A name that only this analysis has, and when it was published; the second is undated: the day after its Saturday."""


@cache
def claims(seed: str) -> tuple[Claim, ...]:
    name, published = ANALYSES[seed]
    found = [text for path in sorted(SEEDS.glob("*.txt")) if name in (text := path.read_text("utf-8"))]
    if not found:
        pytest.skip(f"the {seed} analysis is not in {SEEDS}: name the folder that holds it in FRONTCAST_SEEDS")
    text = found[0].strip().removeprefix(f"date {published}").lstrip()
    return tuple(read_document(Document(text, published, "analysis", "", "", f"{seed}.txt", "")))


def fold(words: str | None) -> str:
    return "".join(letter for letter in (words or "").casefold() if letter.isalnum())


def agrees(key: str, wanted: Any, claim: Claim) -> bool:
    """Whether a claim is right in one thing; see the head of `seed_facts.toml`."""
    if isinstance(wanted, list) and key != "about":
        return any(agrees(key, one, claim) for one in wanted)
    if key == "about":
        return all(word.casefold() in claim.quote.casefold() for word in wanted)
    if key == "quantity":
        return claim.quantity is not None and claim.quantity.value == wanted
    found = getattr(claim, key)
    if key in ("place", "attributed_to", "unit") and wanted:
        return fold(wanted) in fold(found)
    return found == (wanted or None)


def wrong(fact: dict[str, Any], claim: Claim) -> list[str]:
    keys = [key for key in fact if key not in ("id", "seed", "fact", "misses")]
    return [key for key in keys if not agrees(key, fact[key], claim)]


def differences(fact: dict[str, Any], claim: Claim) -> str:
    keys = [key for key in wrong(fact, claim) if key != "about"]
    return (
        ", ".join(f"{key} is {getattr(claim, key)!r} for {fact[key]!r}" for key in keys) or "lacks the words looked for"
    )


def parameters() -> list[Any]:
    missed = pytest.mark.xfail(strict=True, reason="a careful reader would list it; the rules do not find it yet")
    return [
        pytest.param(fact, id=f"{fact['seed']}-{fact['id']}", marks=[missed] if fact.get("misses") else [])
        for fact in FACTS
    ]


@pytest.mark.parametrize("fact", parameters())
def test_a_fact_comes_out_as_a_claim(fact: dict[str, Any]) -> None:
    read = claims(fact["seed"])
    if any(not wrong(fact, claim) for claim in read):
        return
    near = sorted(read, key=lambda claim: ("about" in wrong(fact, claim), len(wrong(fact, claim))))[:3]
    shown = "\n".join(f"  {claim.quote!r}: {differences(fact, claim)}" for claim in near)
    pytest.fail(f"{fact['fact']}: not among {len(read)} claims; the nearest are\n{shown}", pytrace=False)


def test_every_claim_quotes_the_analysis() -> None:
    for seed in ANALYSES:
        for claim in claims(seed):
            assert claim.end - claim.start == len(claim.quote) > 0


def test_no_fact_is_listed_twice() -> None:
    assert len({fact["id"] for fact in FACTS}) == len(FACTS)
    assert {fact["seed"] for fact in FACTS} == set(ANALYSES)
