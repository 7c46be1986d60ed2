"""Judging: every score by hand on a small ground, and what the maps cannot say left blank."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from storekit import small_theatre, time
from test_verify import COLUMNS, LEADS, ROWS, frozen, record, steady

from frontcast.store import ControlSeries
from frontcast.store.series import encode_runs
from frontcast.theatre import Theatre
from frontcast.verify import Persistence, hindcast, init_times
from frontcast.verify.hindcast import judged, speak
from frontcast.verify.judge import BIN_EDGES, NESTED_MEMBERS, divisions, judge
from frontcast.verify.protocol import protocol
from frontcast.verify.said import Said, Start, gather
from frontcast.verify.sectors import STRETCH_KM, stretches

LINE = 50
"""First column of b; the ground has 40 rows of 1 km."""


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)


def ground(line: int) -> np.ndarray:
    return np.tile(np.where(np.arange(COLUMNS) >= line, 2, 0).astype(np.uint8), (ROWS, 1))


def said(theatre: Theatre, *chances: float) -> Start:
    """Chances of the columns before the line, the nearest first; the same at both leads."""
    hold = (ground(LINE) == 2).astype(np.float32)
    for ahead, chance in enumerate(chances, start=1):
        hold[:, LINE - ahead] = chance
    one = Said(np.stack([hold, hold]))
    initial = ground(LINE)
    return gather({"one": one}, initial, theatre, time("2022-06-01"), LEADS, divisions(initial, theatre))


def value(scores: object, name: str, **at: object) -> float:
    return float(scores[name].sel(forecaster="one", lead_days=1, **at))  # type: ignore[index]


def test_edge_scores_by_hand(theatre: Theatre) -> None:
    """Two columns fall: the first was given 0.9, the second 0.4, the third, which does not, 0.6."""
    scores = judge(said(theatre, 0.9, 0.4, 0.6), [ground(LINE - 2), None], theatre)
    assert value(scores, "sps_km2") == pytest.approx(40 * (0.1**2 + 0.6**2 + 0.6**2), rel=1e-5)
    assert value(scores, "iiee_km2") == 80  # the second missed, the third wrongly given
    assert value(scores, "iiee_extent_km2") == 0
    assert value(scores, "iiee_misplaced_km2") == 80
    length = float(scores["line_km"].sel(lead_days=1))
    assert length == pytest.approx(40 * math.pi / 4)
    assert value(scores, "edge_error_km") == pytest.approx(80 / length)
    assert value(scores, "brier", within_km=10) == pytest.approx(40 * 0.73 / 800, rel=1e-5)
    assert value(scores, "brier", within_km=math.inf) == pytest.approx(40 * 0.73 / 4000, rel=1e-5)
    assert value(scores, "log_score", within_km=math.inf) == pytest.approx(
        -40 * (math.log(0.9) + 2 * math.log(0.4)) / 4000, rel=1e-5
    )


def test_gains_by_hand_without_members(theatre: Theatre) -> None:
    """Nested members: nine in ten hold the first column, four in ten the second as well."""
    scores = judge(said(theatre, 0.9, 0.4), [ground(LINE - 1), None], theatre)
    assert not bool(scores["own_members"])
    assert value(scores, "gain_error_km2") == pytest.approx(40 * 0.3, rel=1e-5)
    areas, shares = np.array([0.0, 40.0, 80.0]), np.array([0.1, 0.5, 0.4])
    crps = (shares * abs(areas - 40)).sum() - 0.5 * (np.outer(shares, shares) * abs(areas[:, None] - areas)).sum()
    assert value(scores, "gain_crps_km2") == pytest.approx(crps, rel=1e-6)
    assert value(scores, "gain_energy_km2") == pytest.approx(crps, rel=1e-6)  # one region
    assert value(scores, "gain_mean_km2") == pytest.approx(40 * 1.3)
    length = 40 * math.pi / 4
    assert value(scores, "displacement_error_km") == pytest.approx(12 / length, rel=1e-5)
    # two stretches of 20 rows each go alike, so the line's CRPS is that of the area, by length
    assert value(scores, "displacement_crps_km") == pytest.approx(crps / length, rel=1e-6)
    assert 100 % NESTED_MEMBERS == 0


def test_gains_of_own_members(theatre: Theatre) -> None:
    start = said(theatre, 0.5)
    members = np.array([0.0, 0.0, 80.0, 120.0], np.float32).reshape(4, 1, 1).repeat(2, axis=1)
    gains = {"region": members, "stretch": np.concatenate([members / 2, members / 2], axis=2)}
    own = Start(start.init_time, start.lead_days, start.initial, start.cells, start.hold, {"one": gains})
    scores = judge(own, [ground(LINE - 1), None], theatre)
    assert bool(scores["own_members"])
    values = members[:, 0, 0]
    crps = abs(values - 40).mean() - abs(values[:, None] - values).mean() / 2
    assert value(scores, "gain_crps_km2") == pytest.approx(crps)
    assert value(scores, "gain_spread_km2") == pytest.approx(values.std(ddof=1))
    assert value(scores, "gain_rank") == 4  # above two of four: the middle of ten classes


def test_the_rank_owns_up_to_the_error_of_the_map(theatre: Theatre) -> None:
    """Members that agree to the km² are as good as the map: told so, the truth is no outlier among them."""
    start = said(theatre, 0.5)
    ranks = {}
    for error in (0.0, 500.0):
        found = []
        for day in range(40):
            gains = np.full((200, 2, 1), 39.0, np.float32)
            parts = {"region": gains, "stretch": np.repeat(gains / 2, 2, axis=2)}
            when = start.init_time + np.timedelta64(day, "D")
            own = Start(when, LEADS, start.initial, start.cells, start.hold, {"one": parts})
            scores = judge(own, [ground(LINE - 1), None], theatre, area_error_km2={1: error})
            found.append(value(scores, "gain_rank"))
        ranks[error] = np.array(found)
    assert (ranks[0.0] == 9).all()
    assert 3 < ranks[500.0].mean() < 6


def test_bins_hold_all_that_was_said_near_the_line(theatre: Theatre) -> None:
    scores = judge(said(theatre, 0.9, 0.4), [ground(LINE - 1), None], theatre)
    bins = scores["cell_bins"].sel(forecaster="one", lead_days=1)
    assert float(bins.sel(sum="weight").sum()) == pytest.approx(2000)
    assert float(bins.sel(sum="chance").sum()) == pytest.approx(40 * 1.3, rel=1e-5)
    assert float(bins.sel(sum="changed").sum()) == 40
    first = bins.isel(bin=int(np.digitize(0.9, BIN_EDGES)))
    assert first.sel(sum="weight") == 40
    assert first.sel(sum="changed") == 40


def test_an_unknown_truth_is_blank_for_that_lead_alone(theatre: Theatre) -> None:
    scores = judge(said(theatre, 0.9), [None, ground(LINE - 1)], theatre)
    assert scores["lead_days"].values.tolist() == list(LEADS)
    for name in ("brier", "sps_km2", "gain_crps_km2", "place_brier", "cell_bins", "changed_km2"):
        assert np.isnan(scores[name].sel(lead_days=1)).all(), name
    assert value(judge(said(theatre, 0.9), [ground(LINE), None], theatre), "gain_error_km2") > 0
    nothing = judge(said(theatre, 0.9), [None, None], theatre)
    assert nothing["brier"].isnull().all()


def test_stretches_share_the_line(theatre: Theatre) -> None:
    found = stretches(ground(LINE), theatre)
    assert len(found) == ROWS // STRETCH_KM
    assert found.length_km.sum() == pytest.approx(ROWS * math.pi / 4)
    near = np.abs(np.arange(COLUMNS) + 0.5 - LINE) < 25
    assert (found.labels[:, near] >= 0).all()
    assert (found.labels[:, ~near] == -1).all()


def other(series: ControlSeries, shift: int) -> ControlSeries:
    """Another map of the same front, with the line drawn some columns off throughout."""
    moved = [np.roll(series.control(index), shift, axis=1) for index in range(len(series))]
    for control in moved:
        control[:, :shift] = 0
    return replace(series, source="other", runs=[encode_runs(control) for control in moved])


def test_another_map_says_what_changed_and_not_where_the_line_is(theatre: Theatre) -> None:
    """Drawn four columns further east, its changes of a week overlap those of the first map by three of seven."""
    starts = init_times(time("2022-06-05"), time("2022-06-12"), 7)
    own = speak(record(steady), theatre, [Persistence()], starts, LEADS)
    by_own, by_other = (judged(own, maps, theatre) for maps in (record(steady), other(record(steady), 4)))
    assert (by_own["changed_km2"].sel(within_km=10) == [[40, 280], [40, 280]]).all()
    # what it shows b gain is partly ground that b has already on the first map
    assert (by_other["changed_km2"].sel(within_km=10) == [[0, 120], [0, 120]]).all()
    assert by_other.attrs["judge"] == "other"
    still = judged(own, replace(record(frozen), source="other"), theatre)
    assert (still["changed_km2"] == 0).all(), "a map that stands still says that nothing changed, wherever its line is"


def test_the_code_holds_to_the_protocol() -> None:
    from frontcast.picture import line
    from frontcast.verify import judge as judging
    from frontcast.verify import scores

    rules = protocol()
    assert rules.cells.within_km == tuple(one for one in judging.WITHIN_KM if math.isfinite(one))
    assert rules.places.within_km == line.NEAR_KM
    assert rules.cells.oldest_map_days == line.NEWEST_DAYS
    assert rules.cells.least_probability == scores.LOG_CLIP
    assert rules.inference.interval == scores.Resampling().level
    assert rules.inference.resamples == scores.Resampling().samples
    assert rules.inference.fewest_blocks == scores.LEAST_BLOCKS
    assert rules.sectors.stretch_km == STRETCH_KM
    splits = list(rules.splits.values())
    for before, after in pairwise(splits):
        assert (after.first - before.last).days == rules.starts.fit_gap_days


def test_methods_that_come_later_are_blank_before(theatre: Theatre) -> None:
    from frontcast.verify import Climatology

    starts = init_times(time("2022-05-05"), time("2022-06-02"), 14)
    methods = [Persistence(), Climatology(LEADS)]
    said_then = speak(record(steady), theatre, methods, starts, LEADS, refit_days=14, skip_unfitted=True)
    assert [str(until)[:10] for until in said_then.fitted_until.values()] == ["2022-05-04", "2022-05-18", "2022-06-01"]
    assert list(said_then.blank) == [("climatology", starts[0])]
    week = judged(said_then, record(steady), theatre)["brier"].sel(lead_days=7, within_km=25)
    assert np.isnan(week.sel(forecaster="climatology")).values.tolist() == [True, False, False]
    assert week.sel(forecaster="persistence").notnull().all()


def test_hindcast_is_speaking_and_judging(theatre: Theatre) -> None:
    starts = init_times(time("2022-06-05"), time("2022-06-12"), 7)
    whole = hindcast(record(steady), theatre, [Persistence()], starts, LEADS)
    parts = judged(speak(record(steady), theatre, [Persistence()], starts, LEADS), record(steady), theatre)
    assert whole.identical(parts)
