"""Dispatches with their labels in the text: what is read out of the marks, and what is said of bad ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from frontcast.errors import InputError
from frontcast.verify.marked import read_marked, read_marked_folder

HEAD = "date 2022-09-11\nsource: agency wire\n\n"


def written(folder: Path, body: str, head: str = HEAD) -> Path:
    path = folder / "X001.txt"
    path.write_text(head + body, "utf-8")
    return path


def test_marks_become_claims_and_leave_the_text(tmp_path: Path) -> None:
    body = (
        "Kyiv's troops took [Izium]{Ukraine; 2022-09-10; claimed; by=a major; unit=25th Brigade} and left [it]{-; -; denied;"
        " side=Ukraine; place=Izium; opt} alone.\nThen <<strike; Russia; 2022-09-11; stated; place=Lyman; qty=1,200 shells:"
        " [Lyman]{contested; 2022-09; unconfirmed; side=Russia} was shelled>>."
    )
    found = read_marked(written(tmp_path, body))
    assert found.text == "Kyiv's troops took Izium and left it alone.\nThen Lyman was shelled."
    assert (found.name, found.published, found.source) == ("X001", date(2022, 9, 11), "agency wire")
    assert [found.text[mark.start : mark.end] for mark in found.marks] == ["Izium", "it", "Lyman was shelled", "Lyman"]
    izium, it, strike, lyman = (mark.claim for mark in found.marks)
    assert (izium.side, izium.holder, izium.valid, izium.attributed_to, izium.unit) == (
        *("Ukraine", "Ukraine", "2022-09-10", "a major"),
        "25th Brigade",
    )
    assert (it.side, it.holder, it.place, it.valid, it.certainty, it.note) == (
        *("Ukraine", None, "Izium", None, "denied"),
        "optional:",
    )
    assert strike.quantity is not None
    assert (strike.kind, strike.side, strike.place, strike.quantity.value, strike.quantity.unit) == (
        *("strike", "Russia", "Lyman", 1200),
        "shells",
    )
    assert (lyman.side, lyman.holder, lyman.valid) == ("Russia", "contested", "2022-09")
    assert all(claim.quote in found.text for claim in (izium, it, strike, lyman))


def test_two_braces_are_two_claims_and_two_names_are_two_places(tmp_path: Path) -> None:
    body = "[Izium]{Russia; 2022-04-01; stated}{Ukraine; 2022-09-10; stated}; [Sviatohirsk, Oskil and Lyman]{Ukraine; 2022-09; claimed}."
    claims = [mark.claim for mark in read_marked(written(tmp_path, body)).marks]
    assert [(claim.place, claim.holder) for claim in claims] == [
        *(("Izium", "Russia"), ("Izium", "Ukraine")),
        *(("Sviatohirsk", "Ukraine"), ("Oskil", "Ukraine"), ("Lyman", "Ukraine")),
    ]


@pytest.mark.parametrize(
    ("head", "body", "place", "problem"),
    [
        ("2022-09-11\nsource: x\n\n", "a", "line 1", "day of publication"),
        ("date 2022-13-11\nsource: x\n\n", "a", "line 1", "day of publication"),
        ("date 2022-09-11\n\nText", "a", "line 2", "source"),
        (HEAD, "One.\n[Izium]{Ukraine; 2022-09-10}", "line 5", "lacks holder, valid or certainty"),
        (HEAD, "[Izium]{Ukraine; 2022-9-10; stated}", "line 4", "no day and no month"),
        (HEAD, "[Izium]{Ukraine; 2022-09-10; sure}", "line 4", "no certainty"),
        (HEAD, "[Izium]{Ukraine; 2022-09-10; stated; who=me}", "line 4", "no field"),
        (HEAD, "[Izium] is free", "line 4", "stray"),
        (HEAD, "<<raid; Russia; -; stated: a raid>>", "line 4", "lacks kind"),
        (HEAD, "<<strike; Russia; -; stated: a raid", "line 4", "is no mark"),
    ],
)
def test_a_bad_mark_is_told_with_its_line(tmp_path: Path, head: str, body: str, place: str, problem: str) -> None:
    path = written(tmp_path, body, head)
    with pytest.raises(InputError) as raised:
        read_marked(path)
    assert raised.value.file == str(path)
    assert raised.value.place == place
    assert problem in raised.value.problem
    assert raised.value.remedy


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "X001.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        list(read_marked_folder(tmp_path))
