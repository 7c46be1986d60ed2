"""The ledger: what was issued is scored as a hindcast would be, and nothing in it changes unnoticed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from storekit import small_theatre, time
from test_verify import COLUMNS, LEADS, ROWS, baseline, record, two_sectors

from frontcast.theatre import Theatre
from frontcast.verify import IssuedForecast, Ledger, LedgerError, hindcast, init_times, running_record
from frontcast.verify.judge import divisions
from frontcast.verify.said import Said, Start, gather

NAMES = ("persistence", "climatology", "booster")
STARTS = init_times(time("2022-07-30"), time("2022-08-20"), 7)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)


def said_at(theatre: Theatre, init_time: np.datetime64) -> Start:
    series = record(two_sectors).known_by(init_time)
    said = {}
    for name in NAMES:
        method = baseline(name)
        until = STARTS[0] - np.timedelta64(1, "D")
        method.fit(series.known_by(until), theatre, until)
        said["forecast" if name == "booster" else name] = Said(
            method.hold_probability(series, theatre, init_time, LEADS)
        )
    rows = np.arange(0, ROWS, 2)
    now = np.arange(COLUMNS // 2) >= 25
    members = np.stack([np.tile(np.arange(COLUMNS // 2) >= 25 - step, (len(rows), 1)) for step in range(3)])
    said["forecast"] = Said(
        said["forecast"].hold, np.repeat(members[:, None], len(LEADS), 1), np.tile(now, (len(rows), 1))
    )
    initial = series.at(init_time)
    return gather(said, initial, theatre, init_time, LEADS, divisions(initial, theatre))


def issued(theatre: Theatre, init_time: np.datetime64, issued_at: np.datetime64 | None = None) -> IssuedForecast:
    return IssuedForecast(
        init_time if issued_at is None else issued_at,
        theatre.name,
        "map",
        said_at(theatre, init_time),
        {"theatre_sha256": theatre.fingerprint},
    )


@pytest.fixture(scope="module")
def kept(theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four forecasts, issued in the second they start from, and scored when the record ends."""
    path = tmp_path_factory.mktemp("ledgers") / "ledger"
    book = Ledger.open(path)
    for start in STARTS:
        book.append(issued(theatre, start))
    book.score_due(record(two_sectors), theatre, time("2022-08-29"))
    return path


@pytest.fixture
def book(kept: Path, tmp_path: Path) -> Ledger:
    """A copy to do harm to."""
    return Ledger.open(shutil.copytree(kept, tmp_path / "ledger"), create=False)


def test_what_is_packed_comes_back(theatre: Theatre) -> None:
    start = said_at(theatre, STARTS[0])
    again = Start.unpack(start.pack())
    assert again.init_time == start.init_time
    assert again.lead_days == start.lead_days
    np.testing.assert_array_equal(again.initial, start.initial)
    np.testing.assert_array_equal(again.cells, start.cells)
    for name, hold in start.hold.items():
        np.testing.assert_allclose(again.hold[name], hold, atol=1e-5)
    np.testing.assert_array_equal(again.gains["forecast"]["stretch"], start.gains["forecast"]["stretch"])
    assert start.pack() == again.pack(), "the same forecasts are the same bytes"


def test_members_gains_are_the_ground_they_gain(theatre: Theatre) -> None:
    """Each member is a column of 2 km further west than the last, over all 40 rows."""
    gains = said_at(theatre, STARTS[0]).gains["forecast"]
    for division in ("region", "stretch"):
        np.testing.assert_allclose(gains[division].sum(axis=-1), np.repeat([[0], [80], [160]], len(LEADS), axis=1))


def test_the_ledger_scores_as_a_hindcast_does(theatre: Theatre, kept: Path) -> None:
    entries = Ledger.open(kept).entries()
    scored = [entry for entry in entries if entry.kind == "scored"]
    assert len(entries) == 4 + len(scored)
    methods = [baseline(name) for name in NAMES]
    past = hindcast(record(two_sectors), theatre, methods, STARTS, LEADS)
    for entry in scored:
        start = time(entries[entry.content["issued"]].content["init_time"].removesuffix("Z"))
        lead = entry.content["lead_days"]
        for name in NAMES:
            said = entry.content["scores"]["forecast" if name == "booster" else name]
            for within in (10, 25):
                for score in ("brier", "log_score"):
                    expected = past[score].sel(forecaster=name, within_km=within, init_time=start, lead_days=lead)
                    assert said[score][str(within)] == pytest.approx(float(expected), rel=1e-3, abs=1e-7)


def test_what_is_due_is_scored_once_and_what_is_not_due_waits(theatre: Theatre, tmp_path: Path) -> None:
    book = Ledger.open(tmp_path / "ledger")
    book.append(issued(theatre, STARTS[0]))
    series = record(two_sectors)
    assert book.score_due(series, theatre, STARTS[0]) == []
    assert [e.content["lead_days"] for e in book.score_due(series, theatre, time("2022-08-02"))] == [1]
    assert book.score_due(series, theatre, time("2022-08-02")) == []
    assert [e.content["lead_days"] for e in book.score_due(series, theatre, time("2022-08-20"))] == [7]
    assert book.check() == []


def test_maps_known_later_than_now_are_not_looked_at(theatre: Theatre, tmp_path: Path) -> None:
    book = Ledger.open(tmp_path / "ledger")
    book.append(issued(theatre, STARTS[0]))
    behind = record(two_sectors).known_by(time("2022-07-30T18:00"))
    assert book.score_due(behind, theatre, time("2022-08-20")) == []


def test_a_gap_in_the_maps_is_said_and_not_scored(theatre: Theatre, tmp_path: Path) -> None:
    book = Ledger.open(tmp_path / "ledger")
    book.append(issued(theatre, STARTS[0]))
    gap = record(two_sectors, skip=tuple(range(88, 110)))  # 2022-07-28 on
    added = book.score_due(gap, theatre, time("2022-08-29"))
    assert [(entry.content["lead_days"], entry.content["truth_known_at"]) for entry in added] == [
        (1, "2022-07-27T12:00:00Z"),
        (7, None),
    ]
    assert added[1].content["scores"] == {}
    assert [(one.lead_days, one.starts, one.left_out) for one in running_record(book.entries())] == [
        (1, 1, 0),
        (7, 0, 1),
    ]


def test_the_running_record_keeps_hindcasts_apart(theatre: Theatre, tmp_path: Path) -> None:
    book = Ledger.open(tmp_path / "ledger")
    book.append(issued(theatre, STARTS[0]))
    book.append(issued(theatre, STARTS[1], issued_at=time("2022-08-09T00:00")))
    book.score_due(record(two_sectors), theatre, time("2022-08-29"))
    counted = {(one.lead_days, one.ahead): one.starts for one in running_record(book.entries())}
    assert counted == {(1, True): 1, (1, False): 1, (7, True): 2}


def test_skill_is_against_what_stood_beside_it(kept: Path) -> None:
    entries = Ledger.open(kept).entries()
    week = next(one for one in running_record(entries) if one.lead_days == 7)
    scores = [e.content["scores"] for e in entries if e.kind == "scored" and e.content["lead_days"] == 7]
    ours, theirs = (np.mean([one[name]["brier"]["25"] for one in scores]) for name in ("forecast", "persistence"))
    assert week.starts == len(scores)
    assert week.skill["persistence"][0] == pytest.approx(1 - ours / theirs)
    assert week.skill["persistence"][0] > 0.3


# ---- nothing changes unnoticed


def lines(book: Ledger) -> list[str]:
    return (book.path / "ledger.jsonl").read_text().splitlines()


def put(book: Ledger, changed: list[str]) -> None:
    (book.path / "ledger.jsonl").write_text("".join(line + "\n" for line in changed))


def test_an_untouched_ledger_is_whole(book: Ledger) -> None:
    assert book.check() == []
    assert book.check(book.entries()[1].sha256) == []


def test_every_edit_of_every_line_is_found(book: Ledger) -> None:
    whole = lines(book)
    for number, line in enumerate(whole):
        raw = json.loads(line)
        for key in raw:
            changed = dict(raw)
            changed[key] = 7 if raw[key] != 7 else 8
            put(book, [*whole[:number], json.dumps(changed, sort_keys=True), *whole[number + 1 :]])
            assert book.check(), f"an edit of {key} in line {number + 1} went unnoticed"
    put(book, whole)
    assert book.check() == []


def test_a_better_score_with_a_fresh_hash_breaks_the_chain(book: Ledger) -> None:
    from frontcast.verify.ledger import _digest

    whole = lines(book)
    raw = json.loads(whole[4])
    raw["scores"]["forecast"]["brier"]["25"] = 0.0
    raw["sha256"] = _digest(raw)
    put(book, [*whole[:4], json.dumps(raw, sort_keys=True), *whole[5:]])
    assert "does not follow" in book.check()[0]


def test_deletion_and_new_order_are_found(book: Ledger) -> None:
    whole = lines(book)
    for number in range(len(whole)):
        put(book, whole[:number] + whole[number + 1 :])
        assert book.check(), f"line {number + 1} was deleted unnoticed"
    for number in range(len(whole) - 1):
        put(book, [*whole[:number], whole[number + 1], whole[number], *whole[number + 2 :]])
        assert book.check(), f"lines {number + 1} and {number + 2} changed places unnoticed"
    put(book, [*whole, whole[-1]])
    assert book.check()
    put(book, [])
    assert book.check()


def test_a_record_made_anew_lacks_the_published_head(book: Ledger, theatre: Theatre, tmp_path: Path) -> None:
    _, published = book.head()
    anew = Ledger.open(tmp_path / "anew")
    for start in STARTS[1:]:  # the first forecast was an embarrassment
        anew.append(issued(theatre, start))
    assert anew.check() == []
    assert "made anew" in anew.check(published)[0]


def test_a_changed_or_lost_forecast_is_found(book: Ledger) -> None:
    file = sorted((book.path / "forecasts").iterdir())[0]
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "was changed" in book.check()[0]
    file.unlink()
    assert "cannot be read" in book.check()[0]


def test_a_changed_ledger_is_not_added_to(book: Ledger, theatre: Theatre) -> None:
    whole = lines(book)
    put(book, whole[1:])
    with pytest.raises(LedgerError, match="does not follow"):
        book.append(issued(theatre, STARTS[0], time("2022-09-01")))
    with pytest.raises(LedgerError, match="does not follow"):
        book.score_due(record(two_sectors), theatre, time("2022-09-01"))
    assert lines(book) == whole[1:]


def test_nothing_is_dated_back(book: Ledger, theatre: Theatre) -> None:
    with pytest.raises(LedgerError, match="before that of the last entry"):
        book.append(issued(theatre, STARTS[0], time("2022-08-01")))
    assert book.check() == []


def test_an_append_that_was_broken_off_costs_itself_only(book: Ledger, theatre: Theatre) -> None:
    whole = lines(book)
    with (book.path / "ledger.jsonl").open("a") as file:
        file.write('{"format": 1, "number": ')
    assert book.check() == []
    book.append(issued(theatre, STARTS[0], time("2022-09-01")))
    assert lines(book)[: len(whole)] == whole
    assert len(lines(book)) == len(whole) + 1
    assert book.check() == []


def test_what_is_no_ledger_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("Dear")
    with pytest.raises(LedgerError, match="is no ledger"):
        Ledger.open(tmp_path / "letters")
    with pytest.raises(LedgerError, match="there is no ledger here"):
        Ledger.open(tmp_path / "nothing", create=False)
    assert not (tmp_path / "nothing").exists()


def test_reading_while_another_adds_is_no_false_alarm(
    book: Ledger, theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something is added between the reading of the head and that of the entries."""
    before = len(lines(book))
    read_text, added = Path.read_text, []

    def read(path: Path, *arguments: str, **options: str) -> str:
        found = read_text(path, *arguments, **options)
        if not added:
            added.append(True)
            Ledger(book.path).append(issued(theatre, STARTS[0], time("2022-09-01")))
        return found

    monkeypatch.setattr(Path, "read_text", read)
    assert book.check() == []
    assert len(lines(book)) == before + 1
