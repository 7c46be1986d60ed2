"""What the rules make of sentences, and that it holds together whatever it is given."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontcast.observe.reports import CERTAINTIES, KINDS, Claim, Document, read_document

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "reading_cases.toml").read_text("utf-8"))["case"]


def read(text: str, published: date = date(2022, 9, 11)) -> list[Claim]:
    return read_document(Document(text, published, "test", "", "", "test.txt", ""), rules=True)


def control(text: str, published: date = date(2022, 9, 11)) -> list[Claim]:
    return [claim for claim in read(text, published) if claim.kind == "control"]


def parameters() -> list[Any]:
    missed = pytest.mark.xfail(strict=True, reason="a reader would find it; the rules do not yet")
    return [pytest.param(case, id=case["text"][:60], marks=[missed] if case.get("misses") else []) for case in CASES]


@pytest.mark.parametrize("case", parameters())
def test_who_holds_what(case: dict[str, Any]) -> None:
    wanted = sorted(tuple(claim) for claim in case["claims"])
    found = sorted(
        (
            claim.place or "",
            claim.holder or "",
            claim.certainty,
            "*" if any("*" in one for one in wanted) else claim.attributed_to or "",
        )
        for claim in control(case["text"], case["published"])
    )
    assert found == wanted


def one(text: str, kind: str) -> Claim:
    found = [claim for claim in read(text) if claim.kind == kind]
    assert found, [claim.kind for claim in read(text)]
    return found[0]


@pytest.mark.parametrize(
    ("text", "kind", "side"),
    [
        ("Ukrainian rockets hit an ammunition depot in Nova Kakhovka on Friday.", "strike", "Ukraine"),
        ("Russia has lost forty tanks since Monday.", "loss", "Russia"),
        ("The Russian garrison is running out of ammunition.", "supply", "Russia"),
        ("Russian conscripts refused orders to attack.", "morale", "Russia"),
        ("Russia has called up 300,000 reservists.", "manpower", "Russia"),
        ("General Alexander Dvornikov, the Russian commander, has been sacked.", "command", "Russia"),
        ("Washington will deliver twelve more HIMARS launchers to Ukraine.", "arms", "Ukraine"),
        ("Ukrainian troops are advancing towards Svatove.", "movement", "Ukraine"),
        ("Russia announced a ceasefire for Christmas.", "politics", "Russia"),
    ],
)
def test_other_kinds_of_claim(text: str, kind: str, side: str) -> None:
    assert one(text, kind).side == side


def test_a_movement_says_where_from_and_where_to() -> None:
    claim = one("Russia has moved three battalions from Kherson to Melitopol.", "movement")
    assert (claim.origin, claim.place, claim.quantity and claim.quantity.value) == ("Kherson", "Melitopol", 3)


def test_a_strike_says_on_what() -> None:
    claim = one("Ukrainian rockets hit an ammunition depot in Nova Kakhovka on Friday.", "strike")
    assert (claim.target, claim.place, claim.valid) == ("an ammunition depot", "Nova Kakhovka", "2022-09-09")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("Russian troops captured Izium in March.", "2022-03"),
        ("Ukrainian troops freed Izium on Saturday.", "2022-09-10"),
        ("Ukrainian troops freed Izium yesterday.", "2022-09-10"),
        ("Ukrainian troops have freed Izium.", "2022-09-11"),
        ("On Thursday the army said its troops had freed Izium on Tuesday.", "2022-09-06"),
        ("Ukrainian troops will free Izium.", None),
    ],
)
def test_the_day_of_a_claim(text: str, valid: str | None) -> None:
    assert [claim.valid for claim in control(text)] == [valid]


def test_villages_of_one_name_are_told_apart_by_the_places_beside_them() -> None:
    (near_bakhmut,) = control("Ukraine's army has recaptured Andriivka, south of Bakhmut.", date(2023, 9, 15))
    (near_lyman,) = [
        c for c in control("Russian troops took Andriivka and Dibrova near Kreminna.") if c.place == "Andriivka"
    ]
    assert near_bakhmut.lat == pytest.approx(48.50, abs=0.05)
    assert near_lyman.lat is not None
    assert near_lyman.lat != pytest.approx(48.50, abs=0.05)


def test_old_and_foreign_spellings_are_the_same_place() -> None:
    points = {
        (c.lat, c.lon)
        for name in ("Bakhmut", "Artyomovsk", "Artemivsk")
        for c in control(f"Russian troops have taken {name}.")
    }
    assert len(points) == 1


def test_every_quote_is_where_it_says() -> None:
    text = "Kyiv said on Friday that its troops had freed Izium.\n\n- Lyman, too, was “completely liberated”.\n- Who knows?\n"
    found = read(text)
    assert found
    for claim in found:
        assert text[claim.start : claim.end] == claim.quote
        assert claim.kind in KINDS
        assert claim.certainty in CERTAINTIES


def test_a_record_is_plain_json_with_its_precision() -> None:
    record = control("Russian troops captured Izium in March.")[0].to_record()
    assert record["precision"] == "month"
    assert list(record)[:3] == ["kind", "side", "place"]


@pytest.mark.parametrize("text", ["", " ", "...", "?", "\u200b", "42", "Who holds Lyman?", "He laughed. " * 50])
def test_text_without_claims_gives_none(text: str) -> None:
    assert control(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The siege of El Fasher goes on. This month's storming of Zamzam, which the RSF overran on the 13th, tightened the noose.",
        "Q: Colonel, on Sunday Moscow announced the taking of Torske. Is it true?\n\n“Torske, yes: we withdrew.”\n\n"
        "Q: So the defence of Lyman is failing?\n\n“No. Lyman we hold.”\n\nQ: And if Yampil falls as well?\n\n“Then you will hear.”",
    ],
)
def test_questions_and_possessives_without_a_name_are_read(text: str) -> None:
    assert isinstance(read(text), list)


def test_a_sentence_without_end_does_not_take_for_ever() -> None:
    assert isinstance(read("Russia took Izium and " * 40_000), list)


words = st.sampled_from(
    'Russian Ukraine troops took Izium fell on Saturday , . ; : " “ ” ( ) that said who which Kyiv not no is has been was by the of from it and but if will'
    " - — 's lost captured village 72nd Brigade 20,000 its they had to in under control".split()
)


@settings(max_examples=150, deadline=None)
@given(st.lists(words, max_size=40))
def test_any_order_of_words_is_read(sentence: list[str]) -> None:
    text = " ".join(sentence)
    for claim in read(text):
        assert text[claim.start : claim.end] == claim.quote


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for claim in read(text):
        assert text[claim.start : claim.end] == claim.quote
