"""Claims that are not about who holds a place: sentences of our own about many wars, and what must come out of each."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from frontcast.observe.reports import Claim, Document, read_document
from frontcast.observe.reports.quantities import find_quantities
from frontcast.observe.reports.tokens import Sentence, sentences
from frontcast.observe.reports.units import find_units

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
    document = Document(text, case.get("published", date(2024, 9, 11)), "test", "", "", "test.txt", "")
    read = read_document(document, rules=True)
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


def first_words(text: str) -> list[Sentence]:
    return list(sentences(text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "The 4th Guards Tank Division relieved two companies of the 36th brigade.",
            ["4th Guards Tank Division", "36th brigade"],
        ),
        ("Men of BARS-13 and the Akhmat detachment stayed.", ["BARS-13", "Akhmat"]),
        ("The II Corps and the Golani Brigade crossed the river.", ["II Corps", "Golani Brigade"]),
        ("The Eighth Army met the Drina Corps nowhere.", ["Eighth Army", "Drina Corps"]),
        ("Border Guard Police No. 5 battalion laid down its arms.", ["No. 5 battalion"]),
        ("A Ukrainian brigade and a Russian battalion fought over it.", []),
    ],
)
def test_formations_by_number_and_name(text: str, names: list[str]) -> None:
    assert [unit.name for unit in find_units(first_words(text))] == names


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Half a dozen tanks and a couple of drones were lost.", [(6, "tanks"), (2, "drones")]),
        ("Between 300 and 400 men died; two to three battalions left.", [(300, "men"), (2, "battalions")]),
        ("Thirty-four of 40 drones were brought down.", [(34, "drones")]),
        ("A hundred and twenty fighters surrendered with 14 Leopard 2 tanks.", [(120, "fighters"), (14, "tanks")]),
        ("On 3 May 25 people were hurt.", [(25, "people")]),
        ("By evening 130 had been killed.", [(130, "killed")]),
        ("Several hundred recruits came at 5.30.", []),
        (
            "About 130,000 conscripts were due; a fifth of that number came.",
            [(130000, "conscripts"), (26000, "conscripts")],
        ),
    ],
)
def test_amounts_and_what_is_counted(text: str, amounts: list[tuple[float, str]]) -> None:
    found = [(amount.value, amount.unit) for amount in find_quantities(first_words(text))]
    assert [unit for _, unit in found] == [unit for _, unit in amounts]
    assert [value for value, _ in found] == pytest.approx([value for value, _ in amounts])
