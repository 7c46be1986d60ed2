"""The record of sources: outcomes known by hand, shares and intervals, no look beyond the end, what ships, the verb."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from scipy.stats import binomtest
from tiny import day, poisoned, store_file, theatre_file, tiny_series

from frontcast import cli
from frontcast.errors import FrontcastError, InputError
from frontcast.observe.claimed_layers import ASSESSED, SOURCE, Layer, read_claimed_layers
from frontcast.observe.reports.claim import CONTESTED, Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.town_control import read_town_control
from frontcast.observe.types import ReadWarning
from frontcast.show.source_chart import source_chart
from frontcast.store import ControlSeries, Store
from frontcast.theatre import B, Theatre, load_theatre
from frontcast.verify.claimed_area import claimed_areas
from frontcast.verify.settlements import history, map_lag
from frontcast.verify.source_record import MAPS, read_comments, shipped_source_record, to_markdown
from frontcast.verify.sources import (
    COLUMNS,
    HORIZON_DAYS,
    OUTCOMES,
    TESTS,
    TOLERANCE_DAYS,
    SourceScore,
    control_claims,
    effective_number,
    first_said,
    judge,
    map_claims,
    median_interval,
    score,
    share_interval,
    wilson,
)

PLACES = {"Lostwick": (48.5899, 35.439), "Easterby": (48.3177, 36.0391), "Frontford": (48.2257, 35.4933)}
"""Latitude and longitude. The map of day 35 is the first on which East holds Lostwick; from day 28 West does not."""

TURN = 35
NAN = math.nan


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return load_theatre(theatre_file(tmp_path_factory.mktemp("theatre")))


@pytest.fixture(scope="module")
def maps(theatre: Theatre) -> ControlSeries:
    return tiny_series(theatre, 240)


def claim(
    said: int,
    place: str = "Lostwick",
    holder: str | None = "East",
    *,
    about: int | tuple[int, int] | None = None,
    side: str | None = "East",
    certainty: str = "claimed",
    source: str = "wire",
    by: str | None = None,
) -> dict[str, object]:
    """A claim made on day `said`, about that day or `about`; a prediction has no day unless one is given."""
    first, last = about if isinstance(about, tuple) else (about, about)
    if about is None and certainty != "predicted":
        first = last = said
    lat, lon = PLACES.get(place, (NAN, NAN))
    dates = (np.datetime64("NaT") if one is None else day(one).astype("datetime64[D]") for one in (first, last))
    return dict(zip(COLUMNS, (source, by, place, lat, lon, side, holder, *dates, day(said), certainty), strict=True))


def frame(*claims: dict[str, object]) -> pd.DataFrame:
    made = pd.DataFrame(claims, columns=list(COLUMNS))
    return made.astype(dict.fromkeys(("valid_from", "valid_to", "known_at"), "datetime64[s]"))


def judged(theatre: Theatre, maps: ControlSeries, *claims: dict[str, object]) -> pd.DataFrame:
    return judge(frame(*claims), theatre, [maps])


# ---- outcomes


@pytest.mark.parametrize(
    ("made", "outcome", "lead", "later"),
    [
        pytest.param(claim(33), "true", 2, NAN, id="two days before the map"),
        pytest.param(claim(TURN - TOLERANCE_DAYS), "true", 7, NAN, id="as early as the tolerance allows"),
        pytest.param(claim(TURN - TOLERANCE_DAYS - 1), "later", 8, 8, id="a day earlier than that"),
        pytest.param(claim(40, about=35), "true", -5, NAN, id="five days after the map"),
        pytest.param(claim(65), "true", -30, NAN, id="a month after the map"),
        pytest.param(claim(66), "known", NAN, NAN, id="what the map has shown for longer"),
        pytest.param(claim(80, about=36), "known", NAN, NAN, id="history"),
        pytest.param(claim(40, holder="West", side="West"), "false", NAN, NAN, id="taken back, which never was"),
        pytest.param(claim(20, "Easterby", "West", side="West"), "false", NAN, NAN, id="never true"),
        pytest.param(claim(27, holder=None, side="West"), "true", 1, NAN, id="left, taken by nobody yet"),
        pytest.param(claim(5, holder=CONTESTED, side=None), "true", 2, NAN, id="line three km off from day 7"),
        pytest.param(claim(20, "Easterby", CONTESTED, side=None), "false", NAN, NAN, id="far from the line"),
        pytest.param(claim(33, certainty="unconfirmed"), "true", 2, NAN, id="not confirmed by its source"),
        pytest.param(claim(33, about=(20, 40)), "true", 2, NAN, id="some day of a span"),
    ],
)
def test_outcome(
    theatre: Theatre, maps: ControlSeries, made: dict[str, object], outcome: str, lead: float, later: float
) -> None:
    row = judged(theatre, maps, made).iloc[0]
    assert row["outcome"] == outcome
    assert row["lead_days"] == pytest.approx(lead, nan_ok=True)
    assert row["days_later"] == pytest.approx(later, nan_ok=True)


@pytest.mark.parametrize(
    ("made", "outcome", "later"),
    [
        pytest.param(claim(20, holder=None), "later", 15, id="right, overtaken on day 35"),
        pytest.param(claim(TURN - 8, holder=None), "later", 8, id="the map shows it just beyond the tolerance"),
        pytest.param(claim(TURN - 7, holder=None), "false", NAN, id="the map shows it within the tolerance"),
        pytest.param(claim(60, holder=None), "false", NAN, id="the map has shown it all along"),
        pytest.param(claim(40, "Easterby", "East"), "true", NAN, id="not lost, and never is"),
        pytest.param(claim(40, "Easterby", None, side="West"), "true", NAN, id="not taken, and never is"),
    ],
)
def test_denial_is_right_where_the_maps_do_not_show_it(
    theatre: Theatre, maps: ControlSeries, made: dict[str, object], outcome: str, later: float
) -> None:
    row = judged(theatre, maps, made | {"certainty": "denied"}).iloc[0]
    assert (row["test"], row["outcome"]) == ("denied", outcome)
    assert row["days_later"] == pytest.approx(later, nan_ok=True)


@pytest.mark.parametrize(
    ("said", "about", "test", "outcome"),
    [
        pytest.param(10, 36, "predicted by a date", "true", id="in time"),
        pytest.param(10, 28, "predicted by a date", "true", id="within the lag of the map"),
        pytest.param(10, 27, "predicted by a date", "later", id="late"),
        pytest.param(40, 60, "predicted by a date", "known", id="foretold when it was so"),
        pytest.param(10, None, "predicted", "true", id="within the horizon"),
        pytest.param(40, None, "predicted", "known", id="no day, and so already"),
    ],
)
def test_prediction_is_scored_when_due(
    theatre: Theatre, maps: ControlSeries, said: int, about: int | None, test: str, outcome: str
) -> None:
    row = judged(theatre, maps, claim(said, about=about, certainty="predicted")).iloc[0]
    assert (row["test"], row["outcome"]) == (test, outcome)


def test_prediction_without_a_day_is_wrong_after_the_horizon(theatre: Theatre, maps: ControlSeries) -> None:
    made = claim(10, "Easterby", "West", side="West", certainty="predicted")
    assert judged(theatre, maps, made)["outcome"].tolist() == ["false"]
    last = len(maps) - 1
    due = [
        claim(last - HORIZON_DAYS, "Easterby", "West", certainty="predicted"),
        claim(last - HORIZON_DAYS + 1, "Easterby", "West", certainty="predicted"),
    ]
    assert judged(theatre, maps, *due)["outcome"].tolist() == ["false", "open"]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        pytest.param(claim(20, "Nowhere"), "no place on the map", id="no point"),
        pytest.param(claim(20) | {"lat": 10.0}, "outside the theatre", id="another continent"),
        pytest.param(claim(20, holder="Elsewhere"), "no side of the theatre", id="another war"),
        pytest.param(claim(20, holder=None, side=None), "no side of the theatre", id="nobody left"),
        pytest.param(claim(20, about=-40), "before the maps begin, or in a gap", id="too long ago"),
    ],
)
def test_what_cannot_be_judged_says_why(
    theatre: Theatre, maps: ControlSeries, made: dict[str, object], reason: str
) -> None:
    row = judged(theatre, maps, made).iloc[0]
    assert (row["outcome"], row["reason"]) == ("unjudged", reason)


def test_a_gap_of_the_maps_judges_nobody(theatre: Theatre, maps: ControlSeries) -> None:
    kept = [index for index in range(len(maps)) if not 20 <= index < 60]
    gap = replace(
        maps, valid_time=maps.valid_time[kept], known_at=maps.known_at[kept], runs=[maps.runs[i] for i in kept]
    )
    assert judged(theatre, gap, claim(40))["reason"].tolist() == ["before the maps begin, or in a gap"]


def test_no_map_at_all_is_said(theatre: Theatre, maps: ControlSeries) -> None:
    with pytest.raises(FrontcastError, match="no map to judge"):
        judge(frame(claim(20)), theatre, [maps.known_by(day(-5))])


# ---- nothing beyond the end


MANY = tuple(
    claim(said, place, holder, certainty=certainty, side="East")
    for said in range(1, 110, 9)
    for place in PLACES
    for holder in ("East", "West", None, CONTESTED)
    for certainty in ("claimed", "denied", "predicted")
)


def test_maps_after_the_end_change_nothing(theatre: Theatre, maps: ControlSeries) -> None:
    end = day(160)
    honest = judge(frame(*MANY), theatre, [maps], until=end)
    poison = judge(frame(*MANY), theatre, [poisoned(maps, end)], until=end)
    pd.testing.assert_frame_equal(honest, poison)
    assert {"open", "true", "false", "later"} <= set(honest["outcome"])
    assert not honest.equals(judge(frame(*MANY), theatre, [poisoned(maps, day(20))], until=end))  # the poison works


def test_what_is_settled_stays_settled(theatre: Theatre, maps: ControlSeries) -> None:
    early = judge(frame(*MANY), theatre, [maps], until=day(160))
    late = judge(frame(*MANY), theatre, [maps])
    settled = early["outcome"] != "open"
    pd.testing.assert_frame_equal(early[settled], late[settled])


def test_claims_made_after_the_end_are_not_looked_at(theatre: Theatre, maps: ControlSeries) -> None:
    assert len(judge(frame(claim(20), claim(50)), theatre, [maps], until=day(30))) == 1


def test_the_second_map_judges_only_before_the_first_begins(theatre: Theatre, maps: ControlSeries) -> None:
    late = replace(maps, valid_time=maps.valid_time[30:], known_at=maps.known_at[30:], runs=maps.runs[30:])
    at = {"lon": [PLACES["Lostwick"][1]], "lat": [PLACES["Lostwick"][0]]}
    both = history([late, poisoned(maps, day(29))], theatre.grid, **at)
    pd.testing.assert_frame_equal(pd.DataFrame(both.holder), pd.DataFrame(history([maps], theatre.grid, **at).holder))


# ---- scores


def test_who_repeats_the_map_gets_no_credit(theatre: Theatre, maps: ControlSeries) -> None:
    [one] = score(judged(theatre, maps, *(claim(said) for said in range(36, 60, 2))))
    assert (one.right, one.repeating, one.news) == (1.0, 1.0, 0)
    assert math.isnan(one.news_right)
    assert one.lead_days == -12


def test_news_stands_beside_what_places_alike_did(theatre: Theatre, maps: ControlSeries) -> None:
    # on the eve Lostwick is grey, and so is Frontford, outside the sector in which the line moves
    row = judged(theatre, maps, claim(33)).iloc[0]
    assert (row["repeats"], row["alike"]) == (False, 0.0)
    # on the eve of day 27 it is West's: so are Westerby and Middleham, which East never takes in that time
    assert judged(theatre, maps, claim(27, holder=None, side="West")).iloc[0]["alike"] == 0.0
    # that West does not hold Lostwick by then is not true of them; that it does, is
    assert judged(theatre, maps, claim(33, holder="West", certainty="denied")).iloc[0]["alike"] == 0.0


def test_counts_add_up_and_nobody_is_ranked(theatre: Theatre, maps: ControlSeries) -> None:
    speakers = {"zulu": 33, "Alpha": 20, "mike": 40}
    found = score(judged(theatre, maps, *(claim(said, by=who) for who, said in speakers.items()), *MANY))
    assert [one.source for one in found if one.source != "wire"] == ["Alpha", "mike", "zulu"]
    assert [one.test for one in found if one.source == "wire"] == ["control", "contested", "denied", "predicted"]
    for one in found:
        assert one.claims == one.known + one.open + one.unjudged + one.true + one.later + one.false
    assert SourceScore.from_record(json.loads(json.dumps(found[0].to_record()))) is not None


def test_score_record_round_trip(theatre: Theatre, maps: ControlSeries) -> None:
    for one in score(judged(theatre, maps, *MANY)):
        record = one.to_record()
        assert SourceScore.from_record(json.loads(json.dumps(record, allow_nan=False))).to_record() == record


@pytest.mark.parametrize(("hits", "n"), [(0, 4), (1, 1), (3, 10), (50, 80), (7, 7)])
def test_wilson_is_that_of_scipy(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits / n, n) == pytest.approx((expected.low, expected.high))


def test_claims_of_one_week_stand_and_fall_together() -> None:
    right = np.array([True, False] * 20)
    apart = np.arange(40)
    assert effective_number(right, apart) == pytest.approx(40)
    together = np.repeat(np.arange(4), 10)
    block = np.repeat([True, False], 20)
    assert effective_number(block, together) == pytest.approx(4 * 3 / 4 / (39 / 40) * 39 / 40, rel=0.15)
    assert effective_number(np.ones(40, bool), together) == 4
    wide, narrow = (high - low for low, high in (share_interval(block, together), share_interval(right, apart)))
    assert wide > 2 * narrow
    assert all(math.isnan(end) for end in share_interval(np.empty(0, bool), np.empty(0, int)))


def test_interval_of_a_median_needs_some_weeks() -> None:
    assert all(math.isnan(end) for end in median_interval(np.arange(9.0), np.zeros(9, int)))
    days = np.arange(60.0)
    low, high = median_interval(days, np.arange(60))
    assert low < 29.5 < high
    assert 8 < high - low < 30
    assert median_interval(days, np.arange(60)) == (low, high)


def test_what_is_said_again_counts_once() -> None:
    first = frame(
        claim(1),
        claim(5),  # again
        claim(8, holder="West"),  # something else
        claim(9),  # news again
        claim(20, by="colonel"),  # another speaker
        claim(45),  # after more than a month
        claim(50, "Easterby"),  # another place
    )
    assert first_said(first).index.tolist() == [0, 2, 3, 4, 5, 6]
    assert first_said(first.iloc[::-1]).index.tolist() == [6, 5, 4, 3, 2, 0]


# ---- maps as sources, and the lag between them


def test_a_map_judged_by_itself_is_right(theatre: Theatre, maps: ControlSeries) -> None:
    claims = map_claims(maps, theatre, "the map")
    assert claims[["place", "holder"]].to_numpy().tolist() == [["Lostwick", "East"], ["Middleham", "East"]]
    # the gazetteer's point lies in the next cell to the west of the claims', which turns a week later
    assert claims["valid_from"].iloc[0] == pd.Timestamp(day(TURN + 7)).normalize()
    [one] = score(judge(claims, theatre, [maps]))
    assert (one.true, one.later, one.false, one.lead_days) == (2, 0, 0, 0)


def test_lag_between_two_maps_is_measured(theatre: Theatre, maps: ControlSeries) -> None:
    three = np.timedelta64(3, "D")
    slow = replace(maps, valid_time=maps.valid_time + three, known_at=maps.known_at + three)
    at = np.array([PLACES["Lostwick"][1]]), np.array([PLACES["Lostwick"][0]])
    lag = map_lag(maps, slow, theatre.grid, *at, within_days=2)
    assert (lag.settlements, lag.median_days, lag.apart_days[0.5], lag.share_within) == (1, 3, 3, 0)
    assert map_lag(maps, slow, theatre.grid, *at, within_days=3).share_within == 1


def test_claimed_ground_runs_ahead(theatre: Theatre, maps: ControlSeries) -> None:
    # east claims rows 30 to 49 of column 55 from day 20; the map shows them as east's from day 35
    empty = np.zeros(theatre.grid.shape, bool)
    claimed = empty.copy()
    claimed[30:50, 55] = True
    layers = [
        Layer(pd.Timestamp(day(number)).date(), name, claimed if number >= 20 and name != ASSESSED else empty)
        for number in range(60)
        for name in (ASSESSED, "claimed by Russian sources", "claimed by Ukrainian officials")
    ]
    found = {(area.layer.split()[2], area.judge): area for area in claimed_areas(layers, theatre, [maps])}
    russian = found["Russian", "sketch"]
    assert (russian.entered_km2, russian.shown_km2, russian.median_days) == (20, 20, 15)
    assert russian.claimed_km2 == pytest.approx(20 * 40 / 60)
    assert russian.ahead_km2 == pytest.approx(20 * 15 / 60)
    assert found["Russian", "assessed"].shown_km2 == 0
    assert found["Ukrainian", "assessed"].ahead_km2 == 0


# ---- readers


TOWNS = """snapshot_date,name,held_by,as_of,more_information,source_link,lat,lon,prev_held_by,ambiguous_name
2022-03-01,Izium,Ukraine,,,https://example.org,49.2238,37.2915,,False
2022-03-10,Izium,Ukraine,,see text,,49.2238,37.2915,Ukraine,False
2022-04-02,Izium,Russia,1\u00a0April\u00a02022[3],,,49.2238,37.2915,Ukraine,False
2022-04-24,Izium,Luhansk PR,1 April 2022,,,49.2238,37.2915,Russia,False
2022-05-01,Izium,Unknown,,,,49.2238,37.2915,Russia,False
2022-05-02,Izium,Russia,,,,49.2238,37.2915,Unknown,False
2022-09-10,Izium,Ukraine?,4 Mar 2022,,,49.2238,37.2915,Russia,False
2022-09-10,Lyman,Contested,9 Sep 2022,,,48.9861,37.8111,,False
2022-09-11,Pokrovske,Russia,,,,48,36,Ukraine,True
2022-09-12,Nowhereville,Gray zone,,,,,,,False
"""


@pytest.fixture(scope="module")
def ukraine() -> Theatre:
    return load_theatre("ukraine")


def towns(tmp_path: Path, theatre: Theatre, text: str = TOWNS) -> list[tuple[Document, list[Claim]] | ReadWarning]:
    path = tmp_path / "towns.csv"
    path.write_text(text, "utf-8")
    return list(read_town_control(path, theatre))


def test_town_table_makes_claims_of_changes_only(tmp_path: Path, ukraine: Theatre) -> None:
    read = towns(tmp_path, ukraine)
    assert [isinstance(one, ReadWarning) for one in read] == [True, False, False, False]
    assert "Pokrovske" in read[0].problem
    reports = [one for one in read if not isinstance(one, ReadWarning)]
    made = [(str(document.published), one) for document, claims in reports for one in claims]
    assert [(known, one.place, one.holder, one.valid, one.certainty) for known, one in made] == [
        ("2022-04-02", "Izium", "Russia", "2022-04-01", "stated"),
        ("2022-09-10", "Izium", "Ukraine", "2022-09-10", "unconfirmed"),  # the date given is too old to be meant
        ("2022-09-10", "Lyman", CONTESTED, "2022-09-09", "stated"),
        ("2022-09-12", "Nowhereville", CONTESTED, "2022-09-12", "stated"),
    ]
    assert made[-1][1].lat is None
    for document, claims in reports:
        assert all(document.text[one.start : one.end] == one.quote for one in claims)
    assert all("example.org" not in document.text for document, _ in reports)
    rows = control_claims(reports)
    assert rows["known_at"].iloc[0] == pd.Timestamp("2022-04-02 23:59:59")
    assert list(rows.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param(TOWNS.replace("held_by", "holder"), "line 1", "held_by", id="another header"),
        pytest.param(TOWNS.replace("2022-04-02", "2.4.22"), "line 4", "no date", id="another date"),
        pytest.param(TOWNS.replace("48.9861", "N48"), "Lyman", "no position", id="another position"),
    ],
)
def test_town_table_errors_say_where(tmp_path: Path, ukraine: Theatre, text: str, place: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        towns(tmp_path, ukraine, text)
    assert error.value.place == place


def test_town_table_must_be_a_file_of_text(tmp_path: Path, ukraine: Theatre) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read_town_control(tmp_path, ukraine))
    path = tmp_path / "towns.csv"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match="no CSV"):
        list(read_town_control(path, ukraine))


def square(west: float, south: float, side: float = 0.2) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(west, south, west + side, south + side)))


def layer_file(tmp_path: Path, rows: list[tuple[str, str, bytes]]) -> Path:
    path = tmp_path / "layers.parquet"
    dates, layers, shapes = zip(*rows, strict=True)
    pq.write_table(pa.table({"date": dates, "layer": layers, "geometry": pa.array(shapes, pa.binary())}), path)
    return path


RUSSIAN, UKRAINIAN = "RussianClaimedCoTinUkraine", "UkrainianClaimedCounterOffensives"
CONTROL = "RussianAssessedCoTinUkraine"


def test_claimed_layers_make_claims_of_what_enters(tmp_path: Path, ukraine: Theatre) -> None:
    izium, lyman = square(37.2, 49.1), square(37.7, 48.9)
    rows = [
        ("20220601", RUSSIAN, izium),
        ("20220602", RUSSIAN, lyman),
        ("20220603", RUSSIAN, izium),  # comes back: no new claim
        ("20220601", UKRAINIAN, izium),
        ("20220602", UKRAINIAN, lyman),
        ("20220603", "RussianAssessedAdvanceinUkraine", lyman),
    ]
    reports = [
        one for one in read_claimed_layers(layer_file(tmp_path, rows), ukraine) if not isinstance(one, ReadWarning)
    ]
    claims = control_claims(reports)
    assert set(claims["source"]) == {SOURCE}
    found = claims.groupby(["attributed_to", "holder"]).size()
    assert set(found.index) == {("Russian sources (ISW)", "Russia"), ("Ukrainian officials (ISW)", "Ukraine")}
    assert "Lyman" in set(claims["place"])
    assert "Izium" not in set(claims["place"])
    assert set(claims["known_at"]) == {pd.Timestamp("2022-06-02 23:59:59")}
    assert set(claims["certainty"]) == {"claimed"}


def test_assessed_ground_is_isws_own_word_both_ways(tmp_path: Path, ukraine: Theatre) -> None:
    whole, smaller = square(36.0, 48.0, 1.0), bytes(shapely.to_wkb(shapely.box(36.0, 48.0, 36.9, 49.0)))
    path = layer_file(
        tmp_path, [("20220601", CONTROL, whole), ("20220602", CONTROL, smaller), ("20220603", CONTROL, whole)]
    )
    [(document, claims)] = [one for one in read_claimed_layers(path, ukraine) if not isinstance(one, ReadWarning)]
    assert str(document.published) == "2022-06-02"  # that it comes back on the third day is no news
    assert {(one.holder, one.attributed_to, one.certainty) for one in claims} == {("Ukraine", None, "stated")}


def test_broken_layer_is_left_out(tmp_path: Path, ukraine: Theatre) -> None:
    rows = [
        ("20220601", CONTROL, square(36, 48, 1)),
        ("20220602", CONTROL, square(36, 48, 0.5)),
        ("20220603", CONTROL, square(36, 48, 1)),
    ]
    [warning] = read_claimed_layers(layer_file(tmp_path, rows), ukraine)
    assert isinstance(warning, ReadWarning)
    assert "2022-06-02" in warning.place


@pytest.mark.parametrize(
    ("row", "words"),
    [(("today", RUSSIAN, square(37, 49)), "no date"), (("20220601", RUSSIAN, b"\x01\x02"), "no WKB")],
)
def test_claimed_layers_errors_say_where(
    tmp_path: Path, ukraine: Theatre, row: tuple[str, str, bytes], words: str
) -> None:
    with pytest.raises(InputError, match=words) as error:
        list(read_claimed_layers(layer_file(tmp_path, [row]), ukraine))
    assert RUSSIAN in error.value.place


def test_claimed_layers_must_be_such_a_file(tmp_path: Path, ukraine: Theatre) -> None:
    path = tmp_path / "layers.parquet"
    with pytest.raises(InputError):
        list(read_claimed_layers(path, ukraine))
    path.write_bytes(b"not a Parquet file at all")
    with pytest.raises(InputError, match="no such file"):
        list(read_claimed_layers(path, ukraine))


def test_comments_are_documents(tmp_path: Path) -> None:
    path = tmp_path / "comments.jsonl"
    path.write_text('{"date": "2022-07-03T23:49:00.000Z", "comment": "Lysychansk is captured"}\n')
    [document] = read_comments(path)
    assert (document.text, document.published) == ("Lysychansk is captured", date(2022, 7, 3))
    path.write_text('{"date": "2022-07-03T23:49:00.000Z", "comment": "x"}\n{"date": "soon"}\n')
    with pytest.raises(InputError, match="no dated comment") as error:
        list(read_comments(path))
    assert error.value.place == "line 2"


# ---- what ships, and the verb


def test_the_shipped_record_is_of_these_rules() -> None:
    record = shipped_source_record()
    assert record is not None
    assert record["rules"]["tolerance_days"] == TOLERANCE_DAYS
    assert record["rules"]["horizon_days"] == HORIZON_DAYS
    assert record["until"] == "2025-06-30T23:59:59Z"
    assert tuple(record["maps"]) == MAPS
    assert 0.7 < record["map_lag"]["share_within_tolerance"] < 0.85  # what the tolerance rests on
    assert len({one["source"] for one in record["scores"]}) == 5
    claims = sum(one["claims"] for one in record["scores"])
    assert claims <= sum(archive["claims"] for archive in record["archives"])
    months = sum(one["true"] + one["later"] + one["false"] for one in record["by_month"])
    assert months == sum(one[name] for one in record["scores"] if one["test"] == "control" for name in OUTCOMES[:3])
    for one in [*record["scores"], *record["scores_by_second_map"], *record["another_map"]]:
        assert one["test"] in TESTS
        assert one["claims"] == sum(one[name] for name in OUTCOMES)
        score_of = SourceScore.from_record(one)
        if not math.isnan(score_of.right):
            assert score_of.right_interval[0] <= score_of.right <= score_of.right_interval[1]


def test_the_docs_have_the_table_of_the_record() -> None:
    page = (Path(__file__).parent.parent / "docs/sources.md").read_text("utf-8")
    record = shipped_source_record()
    assert record is not None
    assert to_markdown(record) in page


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run_main(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["frontcast", "sources", *words])
        capfd.readouterr()
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = int(end.code or 0)
        return status, *capfd.readouterr()

    return run_main


def test_verb_prints_the_published_record(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    status, out, _ = run()
    assert status == 0
    assert "Russian sources (ISW)" in out
    status, out, _ = run("--json", "--out", str(tmp_path / "record.png"))
    assert status == 0
    assert json.loads(out) == {"published": shipped_source_record(), "store": None}
    assert (tmp_path / "record.png").read_bytes().startswith(b"\x89PNG")


def test_verb_scores_the_sources_of_a_store(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, theatre: Theatre, maps: ControlSeries
) -> None:
    path = store_file(tmp_path / "store.duckdb", theatre, maps)
    hostile = "[red]General[/] \x1b[31m"
    quote = "East took Lostwick"
    lat, lon = PLACES["Lostwick"]
    made = Claim(
        "control", "East", "Lostwick", lat, lon, "East", "2023-02-03", hostile, "claimed", None, None, quote, 0, 18
    )
    document = Document(quote, date(2023, 2, 3), "wire", "", "", "wire.txt", "0" * 64)
    options = ("--store", str(path), "--theatre", str(theatre.file))
    status, out, _ = run(*options)
    assert status == 0
    assert "holds no claim" in out
    with Store.open(path) as store:
        store.append_claims(document, [made], reader_version=1)
    status, out, _ = run(*options)
    assert status == 0
    assert "[red]General[/]" in out
    assert "\x1b[31m" not in out
    assert "1/0/0" in out
    status, out, _ = run(*options, "--json")
    [one] = json.loads(out)["store"]
    assert (one["true"], one["news"], one["lead_days"], one["alike"]) == (1, 1, 2.0, 0.0)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        pytest.param(("--out", "nowhere/record.png"), "no folder", id="no folder"),
        pytest.param(("--out", "record.txt"), "cannot be drawn", id="no picture"),
        pytest.param(("--store", "nothing.duckdb"), "no such store", id="no store"),
        pytest.param(("--theatre", "atlantis"), "no theatre", id="no theatre"),
    ],
)
def test_verb_errors_are_one_line(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    problem: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, error = run(*words)
    assert status == 1
    assert problem in error
    assert "Traceback" not in error


def test_chart_is_the_same_every_time(tmp_path: Path, theatre: Theatre, maps: ControlSeries) -> None:
    scores = score(judged(theatre, maps, *MANY, claim(33, by="$x_1$ \u202eright")))
    for suffix in (".png", ".svg"):
        pictures = []
        for name in ("one", "two"):
            source_chart(scores, tmp_path / f"{name}{suffix}", title="How often right")
            pictures.append((tmp_path / f"{name}{suffix}").read_bytes())
        assert pictures[0] == pictures[1]
    with pytest.raises(InputError, match="nothing to draw"):
        source_chart([], tmp_path / "none.png", title="")


def test_nothing_claimed_gives_no_record(theatre: Theatre, maps: ControlSeries) -> None:
    assert score(judge(frame(), theatre, [maps])) == []
    assert (history([maps], theatre.grid, [PLACES["Easterby"][1]], [PLACES["Easterby"][0]]).holder == B).all()
