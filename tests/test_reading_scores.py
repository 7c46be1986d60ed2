"""Claims read against labels: made-up documents, with the counts worked out by hand beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from frontcast.errors import InputError
from frontcast.observe.reports import Document, read_document
from frontcast.observe.reports.claim import Claim
from frontcast.verify.marked import read_marked_folder
from frontcast.verify.reading import (
    Counts,
    Labels,
    Tally,
    intervals,
    overlap,
    read_labels,
    same_date,
    same_source,
    score,
    tally,
    total,
)


def claim(place: str | None = "Dubky", quote: str = "they took Dubky on Monday", **changes: Any) -> Claim:
    one = Claim(
        kind="control",
        side="A",
        place=place,
        lat=None,
        lon=None,
        holder="A",
        valid="2030-05-06",
        attributed_to=None,
        certainty="stated",
        unit=None,
        quantity=None,
        quote=quote,
        start=-1,
        end=-1,
    )
    return replace(one, **changes)


def labels(*claims: Claim, doc: str = "one", inferred: bool = False) -> Labels:
    return Labels(doc, date(2030, 5, 8), inferred, "", claims)


# ---- which claims match


def control(label: Claim, read: Claim) -> Counts:
    return tally(labels(label), [read]).control


FOUND, LOST = Counts(1, 0, 0), Counts(0, 1, 1)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, FOUND),
        ({"place": "DÚBKY"}, FOUND),  # case and accents aside
        ({"place": "Vyshneve"}, LOST),
        ({"place": "Old Dubky", "lat": 50.04, "lon": 30.0}, FOUND),  # 4.4 km north
        ({"place": "Old Dubky", "lat": 50.05, "lon": 30.0}, LOST),  # 5.6 km north
        ({"holder": "B"}, LOST),
        ({"holder": None}, LOST),
        ({"certainty": "claimed"}, FOUND),  # found, and wrong in certainty
        ({"certainty": "denied"}, LOST),
        ({"certainty": "predicted"}, LOST),
        ({"quote": "quite other words"}, FOUND),  # a later sentence may say the same
        ({"side": "B", "valid": None}, FOUND),
        ({"kind": "movement"}, Counts(0, 1, 0)),
    ],
)
def test_what_counts_as_found(changes: dict[str, Any], counts: Counts) -> None:
    assert control(claim(lat=50.0, lon=30.0), claim(**changes)) == counts


def test_places_without_a_name_match_by_their_points_alone() -> None:
    assert control(claim(None), claim(None)) == LOST
    assert control(claim(None, lat=1.0, lon=2.0), claim(None, lat=1.0, lon=2.0)) == FOUND


def test_a_denial_matches_a_denial() -> None:
    assert control(claim(certainty="denied", holder=None), claim(certainty="denied", holder=None)) == FOUND


def test_a_claim_read_twice_is_found_once() -> None:
    assert tally(labels(claim()), [claim(), claim()]).control == Counts(1, 0, 1)


def test_of_two_candidates_the_one_that_agrees_in_more_is_taken() -> None:
    march, may = claim(valid="2030-03"), claim(certainty="claimed", attributed_to="A")
    counted = tally(labels(march, may), [may, march])
    assert (counted.control, counted.date, counted.certainty, counted.attribution) == (Counts(2, 0, 0), 2, 2, 2)


def test_optional_labels_count_neither_way() -> None:
    disputed = claim(note="optional: no verb", quote="occupied Dubky")
    assert tally(labels(disputed), []).control == Counts()
    assert tally(labels(disputed), [claim()]).control == Counts()
    assert tally(labels(disputed), [claim("Vyshneve", quote="in occupied Dubky")]).control == Counts()
    assert tally(labels(disputed), [claim("Vyshneve", quote="they hold it")]).control == Counts(0, 0, 1)


# ---- what is right in the claims found


@pytest.mark.parametrize(
    ("label", "read", "slack", "right"),
    [
        ("2030-05-06", "2030-05-06", 0, True),
        ("2030-05-06", "2030-05-07", 0, False),
        ("2030-05-06", "2030-05-07", 1, True),
        ("2030-05-06", "2030-05-08", 1, False),
        ("2030-05-31", "2030-06-01", 1, True),
        ("2030-05", "2030-05-31", 0, True),
        ("2030-05-31", "2030-05", 0, True),
        ("2030-05", "2030-06-01", 1, False),
        (None, None, 0, True),
        (None, "2030-05-06", 1, False),
        ("2030-05", None, 1, False),
    ],
)
def test_dates(label: str | None, read: str | None, slack: int, right: bool) -> None:
    assert same_date(label, read, slack) is right


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Ivan Petrenko", "Governor Ivan Petrenko", True),
        ("the General Staff", "General Staff", True),
        ("Petrenko", "Ivanenko", False),
        (None, None, True),
        (None, "", True),
        ("Petrenko", None, False),
        (None, "Petrenko", False),
    ],
)
def test_sources(a: str | None, b: str | None, same: bool) -> None:
    assert same_source(a, b) is same


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("they took Dubky", "On Monday they  took\nDubky at last", True),
        ("one two three four five", "three four five six seven", True),  # 3 of 5
        ("one two three four", "three four five six", False),  # 2 of 4
        ("", "they took Dubky", False),
    ],
)
def test_quotes_overlap(a: str, b: str, same: bool) -> None:
    assert overlap(a, b) is same
    assert overlap(b, a) is same


# ---- a small corpus, counted by hand

LABELLED = (
    labels(
        claim("Dubky", "they took Dubky on Monday"),  # found; all right
        claim(
            "Vyshneve", "he said that Vyshneve fell", attributed_to="Petrenko", certainty="claimed"
        ),  # found; see below
        claim("Lypove", "Lypove was lost in March", valid="2030-03", holder="B"),  # missed: other holder read
        claim(None, "several villages were freed", note="optional: no place named"),
        claim(kind="strike", place=None, holder=None, quote="a depot burned at night"),  # found
        claim(kind="loss", place=None, holder=None, quote="eight lorries were lost"),  # missed
        claim(kind="loss", place=None, holder=None, quote="some men fell", note="optional: vague"),
    ),
    labels(
        claim("Sosnove", "they will be in Sosnove soon", certainty="predicted", valid=None),  # missed: read as stated
        claim("Kruhle", "Kruhle is quiet and held", valid="2030-05-08"),  # found; date a day out, forgiven
        doc="two",
        inferred=True,
    ),
    labels(doc="three"),
)
READ = {
    "one": [
        claim("Dubky", "took Dubky"),
        claim("Vyshneve", "Vyshneve fell", valid="2030-05-07", attributed_to="Ivanenko"),  # all three wrong
        claim("Lypove", "Lypove was lost", valid="2030-03"),  # extra
        claim(None, "several villages were freed"),  # disputed: not counted
        claim(kind="strike", place="Depot", holder=None, quote="a depot burned"),
        claim(kind="loss", place=None, holder=None, quote="wholly unlabelled words"),  # not counted
        claim(kind="supply", place=None, holder=None, quote="a depot burned at night"),  # extra: a labelled clause
        claim(kind="loss", place=None, holder=None, quote="some men fell"),  # optional: not counted
    ],
    "two": [
        claim("Sosnove", "in Sosnove soon", valid=None),  # extra
        claim("Kruhle", "Kruhle is quiet", valid="2030-05-07"),
    ],
    "three": [claim(kind="movement", holder=None, quote="they moved on")],  # nothing labelled: not counted
}


def test_counts_worked_by_hand() -> None:
    one, two, three = score(LABELLED, READ)
    assert (one.control, one.date, one.certainty, one.attribution) == (Counts(2, 1, 1), 1, 1, 1)
    assert one.other == {"strike": Counts(1, 0, 0), "loss": Counts(0, 1, 0), "supply": Counts(0, 0, 1)}
    assert (two.control, two.date, two.certainty, two.attribution) == (Counts(1, 1, 1), 1, 1, 1)
    assert (three.control, three.others) == (Counts(), Counts())

    everything = total([one, two, three])
    assert everything.control == Counts(3, 2, 2)
    assert everything.control.precision == everything.control.recall == everything.control.f1 == pytest.approx(3 / 5)
    assert [everything.share(thing) for thing in ("date", "certainty", "attribution")] == pytest.approx([2 / 3] * 3)
    assert everything.others == Counts(1, 1, 1)
    assert everything.others.f1 == pytest.approx(1 / 2)


def test_what_went_wrong_is_named() -> None:
    faults = total(score(LABELLED, READ)).faults
    told = {(fault.what, fault.doc, (fault.label or fault.read or claim()).place) for fault in faults}
    assert told == {
        ("missed", "one", "Lypove"),
        ("extra", "one", "Lypove"),
        ("date", "one", "Vyshneve"),
        ("certainty", "one", "Vyshneve"),
        ("attribution", "one", "Vyshneve"),
        ("missed", "two", "Sosnove"),
        ("extra", "two", "Sosnove"),
    }
    assert all(fault.label and fault.read for fault in faults if fault.what not in ("missed", "extra"))


def test_a_document_that_was_not_read_is_an_error() -> None:
    with pytest.raises(KeyError):
        score(LABELLED, {"one": [], "two": []})


# ---- intervals


def test_intervals_hold_the_score_and_narrow_with_more_documents() -> None:
    few = score(LABELLED, READ)
    low, high = intervals(few)["precision"]
    assert 0 <= low <= 3 / 5 <= high <= 1
    more_low, more_high = intervals(few * 20)["precision"]
    assert low < more_low < 3 / 5 < more_high < high


def test_documents_that_are_all_alike_leave_no_doubt() -> None:
    alike = [Tally(Counts(3, 1, 0), 3, 3, 3)] * 5
    assert intervals(alike)["recall"] == pytest.approx((0.75, 0.75))
    assert intervals(alike[:1]) == {}


# ---- labels from a file


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


RECORD = {
    "doc": "007",
    "published": "2030-05-08",
    "source": "wire",
    "claims": [
        {
            "quote": "took Dubky",
            "kind": "control",
            "side": "A",
            "place": "Dubky",
            "lat": 50,
            "lon": 30.5,
            "holder": "A",
            "valid": "2030-05",
            "attributed_to": None,
            "certainty": "stated",
            "unit": None,
            "quantity": {"value": 2, "unit": "villages"},
            "note": None,
        }
    ],
}


def test_labels_are_read(tmp_path: Path) -> None:
    (one,) = read_labels(written(tmp_path, json.dumps(RECORD), "")).values()
    assert (one.doc, one.published, one.inferred) == ("007", date(2030, 5, 8), False)
    (label,) = one.claims
    assert (label.place, label.lat, label.lon, label.precision) == ("Dubky", 50.0, 30.5, "month")
    assert label.quantity is not None
    assert label.quantity.value == 2
    with_file = read_labels(written(tmp_path, json.dumps(RECORD | {"file": "seed.txt"})))
    assert with_file["007"].inferred


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("not json", "line 2"),
        ("[]", "line 2"),
        (json.dumps(RECORD | {"doc": "008", "published": "soon"}), "line 2"),
        (json.dumps(RECORD | {"doc": "008", "claims": [{"kind": "weather"}]}), "certainty"),
        (json.dumps(RECORD | {"doc": "008", "claims": [{**RECORD["claims"][0], "kind": "weather"}]}), "weather"),
        (json.dumps(RECORD | {"doc": "008", "claims": [{**RECORD["claims"][0], "valid": "May"}]}), "May"),
        (json.dumps(RECORD), "twice"),
    ],
)
def test_bad_labels_are_named(tmp_path: Path, line: str, names: str) -> None:
    with pytest.raises(InputError, match=names):
        read_labels(written(tmp_path, json.dumps(RECORD), line))


def test_labels_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "none.jsonl")


# ---- the reader on the labelled dispatches of our own


DISPATCHES = Path(__file__).parent / "dispatches"


def test_the_rules_keep_what_they_have_reached() -> None:
    labelled = list(read_labels(DISPATCHES / "gold.jsonl").values())
    read = {}
    for one in labelled:
        text = (
            (DISPATCHES / f"{one.doc}.txt").read_text("utf-8").lstrip().removeprefix(f"date {one.published}").lstrip()
        )
        document = Document(text, one.published, one.doc, "", "", f"{one.doc}.txt", "")
        read[one.doc] = read_document(document, rules=True)
    reached = total(score(labelled, read))
    assert reached.control.precision >= 0.83
    assert reached.control.recall >= 0.63
    assert reached.share("certainty") >= 0.88
    assert reached.share("attribution") >= 0.85


def test_rules_and_model_read_what_they_were_trained_on_better_than_the_rules() -> None:
    marked = list(read_marked_folder(DISPATCHES / "marked"))[::20]
    labels = [one.labels for one in marked]
    alone = total(score(labels, {one.name: read_document(one.document, rules=True) for one in marked})).control
    both = total(score(labels, {one.name: read_document(one.document) for one in marked})).control
    assert both.f1 >= alone.f1 + 0.1
    assert both.recall >= alone.recall
