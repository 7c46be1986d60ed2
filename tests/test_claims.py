"""Claims: kept whole or not at all, never overwritten, weighed as evidence, compared with the maps, told safely."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from storekit import time
from tiny import FRONT, SHAPE, series_of, store_file, theatre_file, tiny_series

from frontcast import cli
from frontcast.cli.claims import TABLE_WIDTH, to_records, to_table
from frontcast.errors import FrontcastError, InputError
from frontcast.observe.reports.claim import Claim, Quantity
from frontcast.observe.reports.document import Document
from frontcast.show.claim_marks import evidence_marks, for_and_against
from frontcast.show.claim_words import printable, shortened, what
from frontcast.show.timeline import timeline
from frontcast.store import ControlSeries, Kept, Store, StoreError, links, place_history, weigh
from frontcast.store.evidence import agree, alike, same_speaker
from frontcast.store.schema import CLAIM_TABLES, CLAIM_VIEWS, SCHEMA_VERSION
from frontcast.theatre import GREY, A, B, Theatre, load_theatre

LOSTWICK = (48.5899, 35.439)
"""Latitude and longitude of the tiny theatre's Lostwick, whose cell b takes on day 35 (2023-02-05)."""

HOSTILE = "Robert'); DROP TABLE claim;-- [bold red]x[/] $\\frac{1}{2}$ \x1b[31m\u202eright\u202c <b>&amp;</b>"


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return load_theatre(theatre_file(tmp_path_factory.mktemp("theatre")))


@pytest.fixture(scope="module")
def maps(theatre: Theatre) -> ControlSeries:
    return tiny_series(theatre)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims.duckdb"


def claim(
    quote: str = "East took Lostwick",
    *,
    holder: str | None = "East",
    side: str | None = "East",
    valid: str | None = "2023-02-05",
    by: str | None = None,
    certainty: str = "claimed",
    place: str | None = "Lostwick",
    at: tuple[float, float] | None = LOSTWICK,
    kind: str = "control",
    **more: object,
) -> Claim:
    lat, lon = (None, None) if at is None or place is None else at
    made = Claim(kind, side, place, lat, lon, holder, valid, by, certainty, None, None, quote, 0, len(quote))
    return replace(made, **more)  # type: ignore[arg-type]


def report(published: str, *claims: Claim, source: str = "wire", title: str = "") -> tuple[Document, list[Claim]]:
    """A document that consists of the quotes of its claims."""
    text, placed = "", []
    for one in claims:
        placed.append(replace(one, start=len(text), end=len(text) + len(one.quote)))
        text += one.quote + "\n"
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Document(text, date.fromisoformat(published), source, title, "", f"{source}.txt", digest), placed


def kept(path: Path, *reports: tuple[Document, list[Claim]], version: int = 1) -> pd.DataFrame:
    with Store.open(path) as store:
        store.append_reports(reports, reader_version=version)
        return store.claims()


# ---- keeping


def test_a_claim_comes_back_as_it_went_in(path: Path) -> None:
    made = claim(
        "forty tanks", holder=None, kind="loss", valid="2023-02", by="a colonel", quantity=Quantity(40, "tanks")
    )
    made = replace(made, unit="4th Division", origin="Westerby", target="a depot", note="hard")
    row = kept(path, report("2023-02-07", made, title="News")).iloc[0]
    expected = made.to_record() | {"start": 0, "end": 11}
    for name in ("kind", "side", "place", "lat", "lon", "holder", "valid", "attributed_to", "certainty", "unit"):
        assert row[name] == expected[name], name
    assert (row["origin"], row["target"], row["note"], row["quote"]) == ("Westerby", "a depot", "hard", "forty tanks")
    assert (row["quantity"], row["quantity_unit"]) == (40.0, "tanks")
    assert (row["quote_start"], row["quote_end"], row["title"], row["file"]) == (0, 11, "News", "wire.txt")
    assert (row["valid_from"], row["valid_to"]) == (pd.Timestamp("2023-02-01"), pd.Timestamp("2023-02-28"))
    assert row["known_at"] == pd.Timestamp("2023-02-07 23:59:59")


def test_what_a_claim_lacks_is_missing(path: Path) -> None:
    row = kept(path, report("2023-02-07", claim(holder=None, side=None, valid=None, place=None))).iloc[0]
    for name in ("side", "place", "place_key", "holder", "valid", "attributed_to", "unit", "quantity_unit", "note"):
        assert row[name] is None, name
    for name in ("lat", "lon", "quantity", "valid_from", "valid_to"):
        assert pd.isna(row[name]), name


def test_the_text_of_a_document_is_not_kept(path: Path) -> None:
    document, claims = report("2023-02-07", claim())
    secret = "every other word belongs to its author"
    with Store.open(path) as store:
        store.append_claims(replace(document, text=document.text + secret), claims, reader_version=1)
    assert secret.encode() not in path.read_bytes()


def test_the_same_document_again_adds_nothing(path: Path) -> None:
    one = report("2023-02-07", claim(), claim("and Middleham", place="Middleham"))
    with Store.open(path) as store:
        assert store.append_claims(*one, reader_version=1) == Kept(reports=1, claims=2)
        assert store.append_claims(*one, reader_version=1) == Kept(known=1)
        assert store.append_reports([one, one], reader_version=1) == Kept(known=2)
        assert len(store.claims()) == 2


def test_the_same_entry_in_another_file_is_the_same_document(path: Path) -> None:
    document, claims = report("2023-02-07", claim())
    with Store.open(path) as store:
        store.append_claims(document, claims, reader_version=1)
        again = replace(document, file="feed-tomorrow.xml", sha256="f" * 64)
        assert store.append_claims(again, claims, reader_version=1).known == 1
        other = replace(document, source="another paper")
        assert store.append_claims(other, claims, reader_version=1).reports == 1


def test_newer_rules_supersede_and_overwrite_nothing(path: Path) -> None:
    document, claims = report("2023-02-07", claim(certainty="stated"))
    better = [replace(claims[0], certainty="unconfirmed")]
    with Store.open(path) as store:
        store.append_claims(document, claims, reader_version=1)
        assert store.append_claims(document, better, reader_version=2) == Kept(reread=1, claims=1)
        assert list(store.claims()["certainty"]) == ["unconfirmed"]
        assert list(store.sql("SELECT certainty FROM claim ORDER BY id")["certainty"]) == ["stated", "unconfirmed"]
        assert store.append_claims(document, claims, reader_version=1).known == 1, "older rules do not come back"
        store.append_claims(document, [], reader_version=3)
        assert store.claims().empty, "newer rules may find nothing"
        assert len(store.sql("SELECT * FROM report")) == 1


def test_left_out_the_version_is_that_of_the_rules(path: Path) -> None:
    from frontcast.observe.reports.reader import READER_VERSION

    with Store.open(path) as store:
        store.append_claims(*report("2023-02-07", claim()))
        assert list(store.claims()["reader_version"]) == [READER_VERSION]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "weather"}, "weather"),
        ({"certainty": "sure"}, "sure"),
        ({"valid": "soon"}, "soon"),
        ({"valid": "2023-02-30"}, "2023-02-30"),
        ({"valid": "2023-13"}, "2023-13"),
        ({"lat": 91.0}, "position"),
        ({"lat": None}, "position"),
        ({"lon": float("nan")}, "position"),
        ({"quantity": Quantity(float("inf"), "tanks")}, "quantity"),
        ({"quote": "other words"}, "quote"),
        ({"start": -3}, "quote"),
    ],
)
def test_one_impossible_claim_keeps_out_all(path: Path, wrong: dict[str, object], says: str) -> None:
    document, claims = report("2023-02-07", claim())
    bad = [claims[0], replace(claims[0], **wrong)]  # type: ignore[arg-type]
    with Store.open(path) as store, pytest.raises(InputError, match=says):
        store.append_reports([report("2023-02-06", claim("fine")), (document, bad)], reader_version=1)
    assert not path.exists(), "a new store that received nothing is not left behind"


def test_a_document_from_the_future_is_refused(path: Path) -> None:
    with Store.open(path) as store, pytest.raises(InputError, match="future"):
        store.append_claims(*report("2999-01-01", claim()), reader_version=1)


def test_a_failure_halfway_through_writing_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(path, report("2023-02-06", claim("first")))
    insert = Store._insert

    def fails(self: Store, table: str, *rest: object) -> int:
        if table == "claim":
            raise duckdb.IOException("IO Error: no space left on device")
        return insert(self, table, *rest)  # type: ignore[arg-type]

    with Store.open(path) as store:
        monkeypatch.setattr(Store, "_insert", fails)
        with pytest.raises(StoreError, match="nothing was kept"):
            store.append_claims(*report("2023-02-07", claim("second")), reader_version=1)
        counts = [len(store.sql(f"SELECT * FROM {table}")) for table in CLAIM_TABLES]
    assert counts == [1, 1, 1]


def test_a_store_that_is_read_only_keeps_nothing(path: Path) -> None:
    kept(path, report("2023-02-06", claim()))
    with Store.open(path, read_only=True) as store, pytest.raises(StoreError, match="read only"):
        store.append_claims(*report("2023-02-07", claim()), reader_version=1)


def test_hostile_words_are_only_words(path: Path) -> None:
    made = claim(HOSTILE, by=HOSTILE, place=HOSTILE, side=HOSTILE, holder=HOSTILE)
    document, claims = report("2023-02-07", made, source=HOSTILE, title=HOSTILE)
    found = kept(path, (document, claims))
    assert found.iloc[0]["quote"] == HOSTILE
    with Store.open(path, read_only=True) as store:
        assert len(store.claims(HOSTILE)) == 1
        assert len(store.claims(source=HOSTILE)) == 1
        assert store.claims("x' OR 'a'='a").empty
        assert len(store.sql("SELECT * FROM claim")) == 1


def test_names_that_utf8_cannot_hold_are_kept_escaped(path: Path) -> None:
    document, claims = report("2023-02-07", claim())
    found = kept(path, (replace(document, file="caf\udce9.txt"), claims))
    assert found.iloc[0]["file"] == "caf\\udce9.txt"


# ---- stores of before


def first_version(path: Path, theatre: Theatre) -> None:
    """A store as frontcast made them before there were reports."""
    store_file(path, theatre, tiny_series(theatre, 3))
    with duckdb.connect(str(path)) as connection:
        for view in CLAIM_VIEWS:
            connection.execute(f"DROP VIEW {view}")
        for table in CLAIM_TABLES:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE schema_version SET version = 1")


def test_a_store_of_schema_1_can_be_read_as_it_is(path: Path, theatre: Theatre) -> None:
    first_version(path, theatre)
    before = path.read_bytes()
    with Store.open(path, read_only=True) as store:
        assert store.claims().empty
        assert len(store.control("sketch")) == 3
    assert path.read_bytes() == before


def test_a_store_of_schema_1_takes_claims_and_keeps_its_maps(path: Path, theatre: Theatre) -> None:
    first_version(path, theatre)
    assert len(kept(path, report("2023-02-07", claim()))) == 1
    with Store.open(path, read_only=True) as store:
        assert len(store.control("sketch")) == 3
        assert list(store.sql("SELECT version FROM schema_version ORDER BY 1")["version"]) == [1, SCHEMA_VERSION]


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(
    path: Path, theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_version(path, theatre)
    with monkeypatch.context() as patch:
        patch.setitem(CLAIM_VIEWS, "broken", "SELECT * FROM no_such_table")
        with pytest.raises(StoreError, match="schema 1"):
            Store.open(path)
    with Store.open(path, read_only=True) as store:
        assert store.sql("SELECT max(version) AS newest FROM schema_version")["newest"].tolist() == [1]


def test_the_record_that_ships_holds_no_claims() -> None:
    with Store.shipped() as store:
        assert store.claims().empty


# ---- asking


@pytest.fixture
def asked(path: Path) -> pd.DataFrame:
    reports = [
        report("2023-02-05", claim()),
        report("2023-02-06", claim("Lostvick is lost", place="Lostvick", valid="2023-02-06")),
        report("2023-02-08", claim("in January", valid="2023-01"), source="Gazette"),
        report("2023-02-09", claim("no date", valid=None)),
        report("2023-02-10", claim("elsewhere", place="Middleham", at=(48.5943, 35.2895))),
        report("2023-02-11", claim("hit", kind="strike", holder=None, at=None)),
        report("2023-02-12", claim("old name", place="Stalinwick", at=(LOSTWICK[0] + 0.004, LOSTWICK[1]))),
        report("2023-02-13", claim("next village", place="Nextby", at=(LOSTWICK[0] + 0.02, LOSTWICK[1]))),
        report("2023-02-14", claim("a homonym", at=(LOSTWICK[0] + 1, LOSTWICK[1]))),
    ]
    return kept(path, *reports)


def quotes(found: pd.DataFrame) -> set[str]:
    return set(found["quote"])


def test_claims_are_asked_for_by_place_day_kind_and_source(asked: pd.DataFrame, path: Path, theatre: Theatre) -> None:
    named = {"East took Lostwick", "Lostvick is lost", "in January", "no date", "hit"}
    with Store.open(path, read_only=True) as store:
        assert quotes(store.claims("LOSTWICK")) == named | {"a homonym"}
        place = theatre.places.find("Lostwick")
        assert quotes(store.claims(place)) == named | {"old name"}
        near = store.claims(near=(place.lon, place.lat), radius_km=5)
        assert quotes(near) == named - {"hit"} | {"old name", "next village"}
        assert quotes(store.claims(since=date(2023, 2, 7))) >= {"no date"}
        assert quotes(store.claims(until=date(2023, 1, 31))) == {"in January"}
        assert quotes(store.claims(until=date(2023, 2, 9), since=date(2023, 2, 9))) == {"no date"}
        assert quotes(store.claims(kind="strike")) == {"hit"}
        assert quotes(store.claims(source="gazette")) == {"in January"}
        assert quotes(store.claims(as_of=time("2023-02-06T12:00:00"))) == {"East took Lostwick"}
    assert len(asked) == 9


# ---- evidence


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Haidai", "Serhiy Haidai", True),
        ("the governor, Serhiy Haidai", "Haidai", True),
        ("Sergei Shoigu", "Sergey Shoygu", True),
        ("Hanna Maliar", "Yuriy Sak", False),
        ("Russia's Defence Ministry", "Ukraine's Defence Ministry", False),
        ("the", "a mayor", False),
    ],
)
def test_one_speaker_under_several_names(one: str, other: str, same: bool) -> None:
    assert same_speaker(one, other) is same_speaker(other, one) is same


def test_wording() -> None:
    wire = "Eastern troops had taken full control of Lostwick and of a string of villages around it"
    assert alike(wire, wire.upper() + "!")
    assert alike(wire, wire + " late")
    assert not alike(wire, "Lostwick fell to Eastern troops, who now hold the villages around it")


def test_dates_agree_to_two_days_or_the_month() -> None:
    day = (100, 100)
    assert agree(day, (102, 102))
    assert not agree(day, (103, 103))
    assert agree(day, (90, 120))
    assert not agree(day, (101, 130))


def groups(found: pd.DataFrame, column: str) -> list[set[str]]:
    """The groups as sets of quotes, in order of the first claim."""
    return [set(group["quote"]) for _, group in found.groupby(column, sort=True)]


WIRE = "Eastern troops had taken full control of Lostwick on Sunday morning"


def test_one_event_and_how_many_speak_for_it(path: Path) -> None:
    found = kept(
        path,
        report("2023-02-05", claim(WIRE, by="Colonel Ivan Ost")),
        report("2023-02-06", claim("the town is ours", by="Ost"), source="other paper"),
        report("2023-02-06", claim(f"{WIRE}, it said", valid="2023-02-05"), source="third paper"),
        report("2023-02-07", claim("we have left it to them", by="a Western captain", valid="2023-02-07")),
        report("2023-02-20", claim("still theirs", by="Ost", valid="2023-02-20")),
        report("2023-02-06", claim("it has not fallen", by="the mayor", certainty="denied", holder=None)),
        report("2023-02-06", claim("it will fall", by="Ost", certainty="predicted", valid="2023-02-06")),
    )
    weighed = weigh(found).set_index("quote")
    event = weighed["event"]
    taken = [WIRE, "the town is ours", f"{WIRE}, it said", "we have left it to them"]
    assert event[taken].nunique() == 1
    assert event.drop(taken).nunique() == 3
    assert set(event.drop(taken)).isdisjoint(event[taken])
    evidence = weighed["evidence"]
    assert evidence[taken[:3]].nunique() == 1, "one speaker, and his words in a third paper"
    assert evidence["we have left it to them"] != evidence[WIRE], "another speaker is other evidence"
    assert weighed["place_id"].nunique() == 1


def test_neighbours_in_one_list_are_different_events(path: Path) -> None:
    words = "took Lostwick and Nextby"
    nextby = (LOSTWICK[0] + 0.018, LOSTWICK[1])
    found = weigh(kept(path, report("2023-02-05", claim(words), claim(words, place="Nextby", at=nextby))))
    assert found["event"].nunique() == found["place_id"].nunique() == 2


def test_homonyms_far_apart_are_different_places_and_new_names_the_same(path: Path) -> None:
    far, same = (LOSTWICK[0] + 0.5, LOSTWICK[1]), (LOSTWICK[0] + 0.004, LOSTWICK[1])
    found = kept(
        path,
        report("2023-02-05", claim("here")),
        report("2023-02-05", claim("there", at=far), source="b"),
        report("2023-02-05", claim("renamed", place="Stalinwick", at=same), source="c"),
    )
    assert groups(weigh(found), "place_id") in ([{"here", "renamed"}, {"there"}], [{"there"}, {"here", "renamed"}])


def test_without_a_place_only_the_same_words_are_one_event(path: Path) -> None:
    told = "General Ost said forty thousand men had answered the call so far this winter"
    drafted = {"kind": "manpower", "place": None, "holder": None}
    found = kept(
        path,
        report("2023-02-05", claim(told, **drafted)),  # type: ignore[arg-type]
        report("2023-02-06", claim(f"{told}, he said", **drafted), source="b"),  # type: ignore[arg-type]
        report("2023-02-06", claim("hardly anyone came", **drafted), source="c"),  # type: ignore[arg-type]
    )
    weighed = weigh(found)
    assert sorted(map(len, groups(weighed, "event"))) == [1, 2]
    assert weighed["place_id"].isna().all()


def test_different_targets_are_different_events(path: Path) -> None:
    hit = {"kind": "strike", "holder": None}
    found = kept(
        path,
        report("2023-02-05", claim("a bridge was hit", target="the rail bridge", **hit)),  # type: ignore[arg-type]
        report("2023-02-05", claim("the bridge is down", target="rail bridge", **hit), source="b"),  # type: ignore[arg-type]
        report("2023-02-05", claim("a depot burns", target="a depot", **hit), source="c"),  # type: ignore[arg-type]
    )
    assert sorted(map(len, groups(weigh(found), "event"))) == [1, 2]


def many(count: int, seed: int = 0) -> list[tuple[Document, list[Claim]]]:
    """Made-up claims about a few dozen places over a year."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        site = int(random.integers(40))
        day = np.datetime64("2023-01-01") + int(random.integers(300))
        words = f"{random.choice(['troops', 'units'])} hold site {site} after day {int(random.integers(5))}"
        one = claim(
            words,
            holder=str(random.choice(["East", "West"])),
            place=f"Site {site}",
            at=(40 + site * 0.2, 30.0),
            valid=[str(day), str(day)[:7], None][int(random.integers(3))],
            by=[None, "Ost", "West", "a mayor"][int(random.integers(4))],
        )
        made.append(report(str(day + int(random.integers(4))), one, source=f"paper {number % 7}", title=str(number)))
    return made


def test_what_is_one_event_stays_one_whatever_comes_later(path: Path) -> None:
    found = kept(path, *many(600))
    whole = weigh(found).set_index("id")
    cutoff = found["known_at"].quantile(0.5)
    early = weigh(found[found["known_at"] <= cutoff]).set_index("id")
    columns = ["place_id", "event", "evidence"]
    pd.testing.assert_frame_equal(early[columns], whole.loc[early.index, columns])
    shuffled = weigh(found.sample(frac=1, random_state=1)).set_index("id")
    pd.testing.assert_frame_equal(shuffled[columns].sort_index(), whole[columns].sort_index())
    assert whole["event"].nunique() < len(whole)


def test_nothing_to_weigh() -> None:
    with Store.shipped() as store:
        weighed = weigh(store.claims())
        assert weighed.empty
        assert links(weighed, load_theatre("ukraine")).empty


# ---- links


def linked(
    path: Path, theatre: Theatre, *reports: tuple[Document, list[Claim]], series: ControlSeries | None = None
) -> dict[str, list[tuple[str, str, float]]]:
    """Of each quote the links: what, who says so, lag in days."""
    found = kept(path, *reports)
    made = links(found, theatre, [] if series is None else [series])
    quote = dict(zip(found["id"], found["quote"], strict=True))
    answer: dict[str, list[tuple[str, str, float]]] = {text: [] for text in quote.values()}
    for row in made.itertuples():
        answer[quote[row.claim]].append((row.link, row.source, row.lag_days))
    return answer


def test_claims_confirm_and_contradict_each_other(path: Path, theatre: Theatre) -> None:
    found = linked(
        path,
        theatre,
        report("2023-02-05", claim("it is ours", by="Ost")),
        report("2023-02-05", claim("they hold no part of it", by="the mayor", certainty="denied", holder=None)),
        report("2023-02-05", claim("we are still in it", by="a captain", holder="West", side="West")),
        report("2023-02-06", claim("our men have left", by="an aide", holder=None, side="West", valid="2023-02-06")),
        report("2023-02-06", claim("it may be theirs", by="a blog", certainty="unconfirmed", valid="2023-02-06")),
    )
    ours = found["it is ours"]
    assert ("contradicted", "the mayor", 0.0) in ours
    assert ("contradicted", "a captain", 0.0) in ours
    assert ("confirmed", "an aide", 1.0) in ours
    assert [link for link in ours if link[1] == "a blog"] == [], "what is unconfirmed confirms nothing"
    assert ("contradicted", "Ost", 0.0) in found["they hold no part of it"]
    assert ("confirmed", "a captain", 0.0) in found["they hold no part of it"]
    assert ("confirmed", "Ost", -1.0) in found["it may be theirs"]


def test_one_speaker_and_copied_words_confirm_nothing(path: Path, theatre: Theatre) -> None:
    found = linked(
        path,
        theatre,
        report("2023-02-05", claim(WIRE, by="Ivan Ost")),
        report("2023-02-06", claim("as I said", by="Ost", valid="2023-02-06"), source="b"),
        report("2023-02-06", claim(WIRE), source="c"),
    )
    assert found == {WIRE: [], "as I said": []}


def test_a_change_of_hands_is_no_contradiction(path: Path, theatre: Theatre) -> None:
    found = linked(
        path,
        theatre,
        report("2023-02-03", claim("we hold it", by="a captain", holder="West", side="West", valid="2023-02-03")),
        report("2023-02-05", claim("we took it", by="Ost")),
    )
    assert list(found.values()) == [[], []]


def test_a_prediction_is_confirmed_by_what_comes_and_confirms_nothing(path: Path, theatre: Theatre) -> None:
    found = linked(
        path,
        theatre,
        report("2023-01-20", claim("it will be ours", by="Ost", certainty="predicted", valid=None)),
        report("2023-02-05", claim("it is theirs", by="a captain")),
    )
    assert found["it will be ours"] == [("confirmed", "a captain", 16.0)]
    assert found["it is theirs"] == []


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (claim(valid="2023-02-05"), [("confirmed", 0.0)]),
        (claim(valid="2023-02-01"), [("confirmed", 4.0)]),
        (claim(valid="2023-01-20"), [("confirmed", 16.0), ("contradicted", None)]),
        (claim(valid="2023-01-02"), [("contradicted", None)]),
        (claim(valid="2023-01"), [("confirmed", 5.0)]),
        (claim(holder="West", side="West", valid="2023-01-15"), [("confirmed", 0.0)]),
        (claim(holder="West", side="West", valid="2023-03-15"), [("contradicted", None)]),
        (claim(holder=None, side="West", valid="2023-02-05"), [("confirmed", 0.0)]),
        (claim(holder="contested", valid="2023-02-04"), [("confirmed", 0.0)]),
        (claim(certainty="denied", holder=None, valid="2023-01-10"), [("confirmed", 0.0)]),
        (claim(certainty="denied", holder=None, valid="2023-02-04"), [("contradicted", 1.0)]),
        (claim(certainty="denied", holder=None, valid="2023-02-01"), []),
        (claim(certainty="denied", holder="West", side="West", valid="2023-02-20"), [("contradicted", 0.0)]),
        (claim(valid="2023-04-28"), [("confirmed", 0.0)]),
        (claim(holder="West", side="West", valid="2023-04-28"), []),
        (claim(at=None), []),
        (claim(at=(10.0, 10.0)), []),
        (claim(holder="Elsewhere", side="Elsewhere"), []),
    ],
)
def test_maps_judge_claims(
    path: Path, theatre: Theatre, maps: ControlSeries, made: Claim, expected: list[tuple[str, float | None]]
) -> None:
    (found,) = linked(path, theatre, report("2023-06-01", made), series=maps).values()
    assert [(link, None if np.isnan(lag) else lag) for link, _, lag in found] == expected
    assert {source for _, source, _ in found} <= {"sketch"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (claim(certainty="predicted", valid="2023-02-10"), [("confirmed", 15.0)]),
        (claim(certainty="predicted", valid="2023-01-25"), [("contradicted", None)]),
        (claim(certainty="predicted", valid=None), [("confirmed", 15.0)]),
        (claim(certainty="predicted", valid=None, holder="West"), [("contradicted", None)]),
    ],
)
def test_maps_judge_predictions_when_due(
    path: Path, theatre: Theatre, maps: ControlSeries, made: Claim, expected: list[tuple[str, float | None]]
) -> None:
    (found,) = linked(path, theatre, report("2023-01-21", made), series=maps).values()
    assert [(link, None if np.isnan(lag) else lag) for link, _, lag in found] == expected


def test_nothing_known_later_is_looked_at(path: Path, theatre: Theatre, maps: ControlSeries) -> None:
    found = kept(
        path,
        report("2023-02-01", claim("it is ours", by="Ost", valid="2023-02-01")),
        report("2023-02-08", claim("it was not so", by="a mayor", certainty="denied", holder=None, valid="2023-02-01")),
    )
    early = links(found, theatre, [maps], as_of=time("2023-02-04T23:59:59"))
    assert early.empty
    later = links(found, theatre, [maps], as_of=time("2023-02-05T23:59:59"))
    assert list(zip(later["link"], later["by"], strict=True)) == [("confirmed", "map")]
    assert (later["known_at"] <= pd.Timestamp("2023-02-05T23:59:59")).all()
    assert set(links(found, theatre, [maps])["by"]) == {"map", "claim"}


def test_place_history_reads_the_maps(theatre: Theatre) -> None:
    control = np.full(SHAPE, A, np.uint8)
    control[:, FRONT:] = B
    lone = control.copy()
    lone[40, 30] = B
    series = series_of([control, lone], theatre)
    lon, lat = theatre.grid.lonlat
    where = [(40, 30), (40, FRONT + 20), (40, FRONT - 2)]
    shown = place_history(series, theatre.grid, [lon[at] for at in where], [lat[at] for at in where])
    assert shown.holder.tolist() == [[A, B, A], [A, B, A]], "one cell among eight others is not the place"
    assert shown.contested.tolist() == [[False, False, True], [True, False, True]]
    assert shown.map_on(np.datetime64("2023-01-10")) == 1
    assert shown.map_on(np.datetime64("2023-02-10")) == -1
    assert GREY not in shown.holder


# ---- in words


def test_printable_words_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[31mb\u202ec\u200bd\n\te\x07") == "a[31mbcd e"
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abc", 3) == "abc"


def test_claims_are_told_in_words(path: Path) -> None:
    made = [
        claim("1"),
        claim("2", holder="contested"),
        claim("3", holder=None),
        claim("4", holder=None, certainty="denied"),
        claim("5", holder="West", side="West", certainty="denied"),
        claim("6", certainty="predicted"),
        claim("7", kind="loss", holder=None, quantity=Quantity(8, "tanks")),
        claim("8", kind="strike", holder=None, target="a depot"),
        claim("9", kind="politics", holder=None, side=None),
    ]
    found = kept(path, report("2023-02-07", *made)).sort_values("quote")
    assert [what(row) for row in found.to_dict("records")] == [
        "East holds it",
        "fought over",
        "East is not there any more",
        "East does not hold it",
        "West has not lost it",
        "East will hold it",
        "loss of East: 8 tanks",
        "strike by East: a depot",
        "politics",
    ]


# ---- the picture


def drawn(path: Path, theatre: Theatre, maps: ControlSeries, out: Path) -> bytes:
    found = kept(
        path,
        report("2023-02-01", claim("it is ours", by="Ost", valid="2023-02-01"), source=HOSTILE),
        report("2023-02-02", claim("not so", by=HOSTILE, certainty="denied", holder=None, valid="2023-02-01")),
        report("2023-02-03", claim(HOSTILE, certainty="predicted", valid="2023-03"), source="a"),
        report("2023-02-03", claim("in the streets", holder="contested", valid=None), source="b"),
        report("2023-03-20", claim("we left", holder=None, side="West"), source="c"),
        report("2023-02-03", claim("a hit", kind="strike", holder=None, side="Elsewhere"), source="d"),
        report("2023-02-03", claim("a rumour", certainty="unconfirmed"), source="e"),
    )
    weighed = weigh(found)
    made = links(weighed, theatre, [maps])
    place = theatre.places.find("Lostwick")
    at = place_history(maps, theatre.grid, place.lon, place.lat)
    timeline(weighed, made, theatre, title=HOSTILE, path=out, maps=[at])
    return out.read_bytes()


def test_the_timeline_is_a_png_and_the_same_each_time(
    path: Path, theatre: Theatre, maps: ControlSeries, tmp_path: Path
) -> None:
    first = drawn(path, theatre, maps, tmp_path / "one.png")
    assert first.startswith(b"\x89PNG")
    assert first == drawn(path, theatre, maps, tmp_path / "two.png")


def test_the_timeline_is_a_harmless_svg(path: Path, theatre: Theatre, maps: ControlSeries, tmp_path: Path) -> None:
    first = drawn(path, theatre, maps, tmp_path / "one.svg")
    assert first == drawn(path, theatre, maps, tmp_path / "two.svg")
    root = ElementTree.fromstring(first)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {
        *(
            "svg",
            "metadata",
            "RDF",
            "Work",
            "type",
            "format",
            "creator",
            "Agent",
            "title",
            "defs",
            "style",
            "g",
            "path",
        ),
        *("use", "clipPath", "rect", "pattern"),
    }
    assert "<b>" not in first.decode()


def test_a_timeline_of_another_format_is_refused(path: Path, theatre: Theatre, tmp_path: Path) -> None:
    weighed = weigh(kept(path, report("2023-02-01", claim())))
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        timeline(weighed, links(weighed, theatre), theatre, title="x", path=tmp_path / "x.gif")


def test_a_crowd_of_speakers_fits_the_timeline(path: Path, theatre: Theatre, tmp_path: Path) -> None:
    crowd = [report("2023-02-05", claim(f"word number {n} of many", by=f"Speaker{n}")) for n in range(40)]
    weighed = weigh(kept(path, *crowd))
    timeline(weighed, links(weighed, theatre), theatre, title="x", path=tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 10_000
    assert len(evidence_marks(weighed)) == 40


def test_for_and_against_names_maps_and_numbers_claims(path: Path, theatre: Theatre, maps: ControlSeries) -> None:
    weighed = weigh(
        kept(
            path,
            report("2023-02-04", claim("ours", by="Ost", valid="2023-02-04")),
            report("2023-02-04", claim("no", by="a mayor", certainty="denied", holder=None, valid="2023-02-04")),
        )
    )
    told = for_and_against(
        int(weighed.set_index("quote")["evidence"]["ours"]), weighed, links(weighed, theatre, [maps])
    )
    assert told == "− claim 2   + sketch +1 d"


# ---- the command

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def run_main(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["frontcast", *words])
        monkeypatch.setenv("COLUMNS", "160")
        capfd.readouterr()
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        return status, *capfd.readouterr()

    return run_main


@pytest.fixture
def filled(path: Path, theatre: Theatre, maps: ControlSeries) -> list[str]:
    """Options that name a store with maps and claims, and its theatre."""
    store_file(path, theatre, maps)
    kept(
        path,
        report("2023-02-05", claim("it is ours", by="Ost")),
        report("2023-02-06", claim(HOSTILE, by="the mayor", certainty="denied", holder=None)),
        report("2023-03-06", claim("a depot burns", kind="strike", holder=None, valid="2023-03-05")),
        report("2023-03-07", claim("Faraway fell", place="Faraway", at=(10.0, 10.0), valid="2023-03-05")),
    )
    return ["--store", str(path), "--theatre", str(theatre.file)]


def test_claims_are_shown_as_a_table(run: Run, filled: list[str]) -> None:
    status, told, error = run("claims", "--place", "lostvick", *filled)
    assert (status, error) == (0, "")
    assert "What was claimed about Lostwick" in told
    assert "− claim 2" in told
    assert "+ sketch" in told
    assert "[bold red]" in told, "markup of a document is not read as markup"
    assert "\x1b[31m" not in told
    assert "\u202e" not in told


def test_the_table_is_whole_where_the_terminal_is_narrow(path: Path, theatre: Theatre, maps: ControlSeries) -> None:
    full = "word " * 30 + "end"
    rivals = [report("2023-02-05", claim(f"{n} {full}", by=f"{n} Speaker of long standing")) for n in range(12)]
    denial = report("2023-02-05", claim("no", by="a mayor", certainty="denied", holder=None), source="a" * 40)
    weighed = weigh(kept(path, *rivals, denial))
    lines = Console(width=TABLE_WIDTH, file=io.StringIO(), record=True)
    lines.print(to_table(weighed, links(weighed, theatre, [maps]), "Lostwick"))
    told = lines.export_text()
    assert told.count("end”") == 12
    assert told.count("claim 13") == 12
    assert "…" not in told, "a name that is too long is folded, not cut"


def test_claims_are_shown_for_programs(run: Run, filled: list[str]) -> None:
    status, told, _ = run("claims", "--place", "Lostwick", "--json", *filled)
    records = [json.loads(line) for line in told.splitlines()]
    assert status == 0
    assert [record["quote"] for record in records] == ["it is ours", HOSTILE, "a depot burns"]
    first = records[0]
    assert (first["valid"], first["known_at"], first["quantity"]) == ("2023-02-05", "2023-02-05T23:59:59", None)
    assert {(link["link"], link["source"]) for link in first["links"]} == {
        ("confirmed", "sketch"),
        ("contradicted", "the mayor"),
    }


def test_days_kinds_and_as_of_leave_claims_out(run: Run, filled: list[str]) -> None:
    def shown(*words: str) -> list[str]:
        _, told, _ = run("claims", "--place", "Lostwick", "--json", *words, *filled)
        return [json.loads(line)["quote"] for line in told.splitlines()]

    assert shown("--kind", "strike") == ["a depot burns"]
    assert shown("--from", "2023-02-06") == ["a depot burns"]
    assert shown("--to", "2023-02-28") == ["it is ours", HOSTILE]
    assert shown("--as-of", "2023-02-05") == ["it is ours"]


def test_the_timeline_is_drawn_beside_the_table(run: Run, filled: list[str], tmp_path: Path) -> None:
    out = tmp_path / "timeline.png"
    status, told, error = run("claims", "--place", "Lostwick", "--out", str(out), *filled)
    assert (status, error) == (0, "")
    assert f"Written to {out}" in told
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_place_of_another_war_is_found_by_its_name(run: Run, filled: list[str], tmp_path: Path) -> None:
    out = tmp_path / "timeline.svg"
    status, told, _ = run("claims", "--place", "Faraway", "--out", str(out), *filled)
    assert status == 0
    assert "Faraway fell" in told
    assert out.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--place", "Lostwig"], ["No place is called", "Lostwick"]),
        (["--place", "Lostwick", "--kind", "weather"], ["weather", "control"]),
        (["--place", "Lostwick", "--from", "2023-03-01", "--to", "2023-02-01"], ["--to", "before"]),
        (["--place", "Lostwick", "--out", "nowhere/x.png"], ["nowhere"]),
        (["--place", "Lostwick", "--out", "x.gif"], [".png or .svg"]),
        (["--place", "Easterby", "--out", "x.png"], ["no claim to draw"]),
    ],
)
def test_what_the_user_can_mend_is_said(run: Run, filled: list[str], words: list[str], says: list[str]) -> None:
    status, _, error = run("claims", *words, *filled)
    assert status != 0
    assert "Traceback" not in error
    assert [word for word in says if word not in " ".join(error.split())] == []


def test_a_place_nobody_spoke_of_is_told(run: Run, filled: list[str]) -> None:
    status, told, _ = run("claims", "--place", "Easterby", *filled)
    assert status == 0
    assert "holds no such claim about Easterby" in told


def test_records_are_plain_values(path: Path, theatre: Theatre) -> None:
    weighed = weigh(kept(path, report("2023-02-07", claim(valid=None, place=None))))
    (record,) = to_records(weighed, links(weighed, theatre))
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["place_id"] is None


def test_an_unknown_place_is_a_frontcast_error(theatre: Theatre) -> None:
    with pytest.raises(FrontcastError, match="Lostwick"):
        theatre.places.find("Lostwig")
