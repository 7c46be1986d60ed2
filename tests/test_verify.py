"""Verification: no method sees the future, and every score is what it says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
import xarray as xr
from storekit import small_theatre, time
from typer.testing import CliRunner

from frontcast.cli.verify import parse_leads, verify
from frontcast.errors import FrontcastError, InputError
from frontcast.picture.line import end_of_day, truth_index
from frontcast.store import ControlSeries, NoObservationError
from frontcast.store.series import encode_runs
from frontcast.theatre import Theatre
from frontcast.verify import (
    FORECASTERS,
    Booster,
    Climatology,
    Forecaster,
    Persistence,
    Resampling,
    Setup,
    hindcast,
    init_times,
    signed_distance,
    summarise,
    to_json,
)
from frontcast.verify.booster import MOVEMENT_DAYS, MOVEMENT_KM, features
from frontcast.verify.scores import (
    LOG_CLIP,
    block_length,
    block_samples,
    brier,
    log_score,
    pooled_skill,
    skill,
    skill_interval,
)

ROWS, COLUMNS = 40, 100
DAYS = 120
LEADS = (1, 7)
BASELINES = ("persistence", "climatology", "booster")
Column = Callable[[int, np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)


def record(line: Column, days: int = DAYS, skip: tuple[int, ...] = ()) -> ControlSeries:
    """A map every noon from 2022-05-01; b holds every column from `line(day, row)` on."""
    dates = [day for day in range(days) if day not in skip]
    rows = np.arange(ROWS)
    maps = [np.where(np.arange(COLUMNS) >= line(day, rows)[:, None], 2, 0).astype(np.uint8) for day in dates]
    known_at = np.array([time("2022-05-01T12:00") + np.timedelta64(day, "D") for day in dates])
    return ControlSeries("map", (ROWS, COLUMNS), known_at, known_at, [encode_runs(one) for one in maps])


def frozen(day: int, row: np.ndarray) -> np.ndarray:
    return np.full(row.shape, 50)


def steady(day: int, row: np.ndarray) -> np.ndarray:
    """Everywhere forward by a column a day."""
    return np.full(row.shape, COLUMNS - 1 - day)


def two_sectors(day: int, row: np.ndarray) -> np.ndarray:
    """Forward in the north, back in the south, a column every four days; distance alone cannot tell which."""
    return np.where(row < ROWS // 2, 50 - day // 4, 50 + day // 4)


def poisoned(series: ControlSeries, after: np.datetime64) -> ControlSeries:
    """The same record with every map that became known after a time replaced by noise."""
    noise = np.random.default_rng(3)
    runs = [
        encode_runs(noise.choice(np.array([0, 1, 2], np.uint8), series.shape)) if known > after else run
        for known, run in zip(series.known_at, series.runs, strict=True)
    ]
    return ControlSeries(series.source, series.shape, series.valid_time, series.known_at, runs)


def baseline(name: str) -> Forecaster:
    return FORECASTERS[name](Setup(LEADS, members=10, seed=1))


# ---- nobody sees the future


class Watched:
    """A method that keeps what it was shown and what it said; `shown` replaces what it forecasts from."""

    def __init__(self, inner: Forecaster, shown: ControlSeries | None = None) -> None:
        self.inner, self.shown, self.name = inner, shown, inner.name
        self.newest_fitted = self.newest_seen = np.datetime64("NaT", "s")
        self.said: list[np.ndarray] = []

    def fit(self, series: ControlSeries, theatre: Theatre, until: np.datetime64) -> None:
        self.newest_fitted = series.known_at[-1]
        self.inner.fit(series, theatre, until)

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> np.ndarray:
        self.newest_seen = series.known_at[-1]
        said = self.inner.hold_probability(self.shown or series, theatre, init_time, lead_days)
        self.said.append(said)
        return said


@pytest.mark.parametrize("name", BASELINES)
def test_noise_after_the_start_changes_no_forecast(name: str, theatre: Theatre) -> None:
    series = record(two_sectors)
    starts = init_times(time("2022-07-30"), time("2022-07-30"), 7)
    said, scored = [], []
    for maps in (series, poisoned(series, starts[0])):
        watched = Watched(baseline(name))
        scored.append(hindcast(maps, theatre, [watched], starts, LEADS)["brier"].values)
        said.append(watched.said[0])
        assert watched.newest_seen == time("2022-07-30T12:00")
        assert watched.newest_fitted == time("2022-07-29T12:00")
    np.testing.assert_array_equal(*said)
    assert (scored[1] > scored[0] + 0.1).all(), "the poison must bite where it may: in the truth"


@pytest.mark.parametrize("name", BASELINES)
def test_noise_after_the_past_changes_no_fit(name: str, theatre: Theatre) -> None:
    series = record(two_sectors)
    starts = init_times(time("2022-07-30"), time("2022-07-30"), 7)
    said = []
    for maps in (series, poisoned(series, starts[0] - np.timedelta64(1, "D"))):
        watched = Watched(baseline(name), shown=series.known_by(starts[0]))
        hindcast(maps, theatre, [watched], starts, LEADS)
        said.append(watched.said[0])
    np.testing.assert_array_equal(*said)


def test_the_poison_would_be_tasted(theatre: Theatre) -> None:
    """Fitted on a past with noise in it, the methods that learn do say something else."""
    series, until = record(two_sectors), end_of_day(time("2022-07-30"))
    for name in ("climatology", "booster"):
        said = []
        for past in (series, poisoned(series, until - np.timedelta64(30, "D"))):
            method = baseline(name)
            method.fit(past.known_by(until), theatre, until)
            said.append(method.hold_probability(series.known_by(until), theatre, until, LEADS))
        assert np.abs(said[0] - said[1]).max() > 0.05


# ---- the ground that is scored, and what came true on it


def test_distance_to_a_straight_line(theatre: Theatre) -> None:
    distance = signed_distance(record(frozen).control(0), theatre)
    np.testing.assert_allclose(distance, np.tile(49.5 - np.arange(COLUMNS), (ROWS, 1)))


def test_distance_where_nobody_or_everybody_is_b(theatre: Theatre) -> None:
    assert (signed_distance(np.zeros((ROWS, COLUMNS), np.uint8), theatre) == np.inf).all()
    assert (signed_distance(np.full((ROWS, COLUMNS), 2, np.uint8), theatre) == -np.inf).all()


def test_truth_is_the_newest_map_and_none_beyond_the_record_or_in_a_gap() -> None:
    series = record(steady, days=40, skip=tuple(range(10, 20)))
    day = [end_of_day(series.known_at[0]) + np.timedelta64(n, "D") for n in range(60)]
    assert truth_index(series, day[9]) == 9
    assert truth_index(series, day[15]) == 9  # six days and a half old
    assert truth_index(series, day[17]) is None
    assert truth_index(series, day[20]) == 10
    assert truth_index(series, day[39]) == len(series) - 1
    assert truth_index(series, day[40]) is None
    assert truth_index(series, day[0] - np.timedelta64(1, "D")) is None


def test_bare_dates_are_the_ends_of_days() -> None:
    starts = init_times(time("2022-09-05"), time("2022-09-19"), 7)
    assert [str(start) for start in starts] == [
        "2022-09-05T23:59:59",
        "2022-09-12T23:59:59",
        "2022-09-19T23:59:59",
    ]
    with pytest.raises(InputError, match="before --from"):
        init_times(time("2022-09-05"), time("2022-09-04"), 7)


# ---- scores


def cells(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="cell")


def test_scores_by_hand() -> None:
    probability, held = cells(0.9, 0.2, 0.5), cells(1, 1, 0) == 1
    even, uneven = cells(1, 1, 1), cells(1, 2, 1)
    assert float(brier(probability, held, even)) == pytest.approx((0.01 + 0.64 + 0.25) / 3)
    assert float(brier(probability, held, uneven)) == pytest.approx((0.01 + 2 * 0.64 + 0.25) / 4)
    by_hand = -(math.log(0.9) + 2 * math.log(0.2) + math.log(0.5)) / 4
    assert float(log_score(probability, held, uneven)) == pytest.approx(by_hand)


def test_certain_and_wrong_costs_the_clip() -> None:
    wrong = log_score(cells(0.0, 1.0), cells(1, 0) == 1, cells(1, 1))
    assert float(wrong) == pytest.approx(-math.log(LOG_CLIP))
    assert float(log_score(cells(0.0, 1.0), cells(0, 1) == 1, cells(1, 1))) == 0


def test_persistence_by_hand_on_a_moving_line(theatre: Theatre) -> None:
    """The line moves a column a day and 25 are scored on either side: 1 in 50 is wrong after a day."""
    starts = init_times(time("2022-06-05"), time("2022-06-12"), 7)
    scores = hindcast(record(steady), theatre, [Persistence()], starts, LEADS)
    expected = np.array([[1, 7]]) / np.array([[50], [20], [100]])  # within 25 km, within 10 km, everywhere
    for start in starts:
        at_start = scores.sel(init_time=start, forecaster="persistence")
        np.testing.assert_allclose(at_start["brier"], expected)
        np.testing.assert_allclose(at_start["log_score"], -math.log(LOG_CLIP) * expected)
        np.testing.assert_allclose(at_start["changed_km2"], [[40, 280]] * 3)
        np.testing.assert_allclose(at_start["area_km2"], [[2000, 2000], [800, 800], [4000, 4000]])


def test_persistence_is_perfect_where_nothing_moves(theatre: Theatre) -> None:
    starts = init_times(time("2022-06-05"), time("2022-07-24"), 7)
    scores = hindcast(record(frozen), theatre, [Persistence(), Climatology(LEADS)], starts, LEADS)
    assert (scores.sel(forecaster="persistence")[["brier", "log_score"]] == 0).all().to_array().all()
    summary = summarise(scores, 7, Resampling(samples=50))
    assert all(math.isnan(score.skill) for score in summary.scores)
    text = json.dumps(to_json(scores, summary), allow_nan=False)
    assert json.loads(text)["scores"][0]["skill"] is None


def test_starts_without_truth_are_left_out_of_that_lead_only(theatre: Theatre) -> None:
    starts = init_times(time("2022-08-10"), time("2022-08-24"), 7)  # the record ends on 2022-08-28
    scores = hindcast(record(two_sectors), theatre, [Persistence()], starts, LEADS)
    assert scores["truth_known_at"].notnull().values.tolist() == [[True, True], [True, True], [True, False]]
    assert bool(np.isnan(scores["brier"].sel(init_time=starts[2], lead_days=7)).all())
    leads = summarise(scores, 7, Resampling(samples=50)).leads
    assert [(lead.starts, lead.left_out) for lead in leads] == [(3, 0), (2, 1)]


def test_a_start_before_the_record_is_an_error(theatre: Theatre) -> None:
    with pytest.raises(NoObservationError):
        hindcast(
            record(frozen),
            theatre,
            [Persistence()],
            init_times(time("2022-04-01"), time("2022-04-01"), 7),
            LEADS,
        )


def test_a_map_without_a_line_is_an_error(theatre: Theatre) -> None:
    starts = init_times(time("2022-06-05"), time("2022-06-05"), 7)
    with pytest.raises(FrontcastError, match="no line to score"):
        hindcast(record(lambda day, row: np.full(row.shape, COLUMNS)), theatre, [Persistence()], starts, LEADS)


class Silent(Persistence):
    name = "silent"

    def hold_probability(
        self, series: ControlSeries, theatre: Theatre, init_time: np.datetime64, lead_days: tuple[int, ...]
    ) -> np.ndarray:
        said = super().hold_probability(series, theatre, init_time, lead_days)
        said[:, 20, 50] = np.nan
        return said


def test_a_method_that_says_nothing_of_a_cell_is_not_averaged_over(theatre: Theatre) -> None:
    starts = init_times(time("2022-06-05"), time("2022-06-05"), 7)
    with pytest.raises(FrontcastError, match="silent gave 2 cells"):
        hindcast(record(frozen), theatre, [Silent()], starts, LEADS)


# ---- how sure


@pytest.mark.parametrize(
    ("lead", "every", "length"), [(1, 7, 1), (7, 7, 1), (8, 7, 2), (14, 7, 2), (30, 7, 5), (30, 1, 30)]
)
def test_blocks_are_as_long_as_the_lead(lead: int, every: int, length: int) -> None:
    assert block_length(lead, every) == length


def test_blocks_are_runs_of_neighbours_round_the_end() -> None:
    drawn = block_samples(starts=11, length=3, samples=400, seed=0)
    assert drawn.shape == (400, 11)
    steps = np.diff(drawn, axis=1) % 11
    assert (steps[:, [0, 1, 3, 4, 6, 7, 9]] == 1).all()
    assert not (steps[:, [2, 5, 8]] == 1).all()
    np.testing.assert_allclose(np.bincount(drawn.ravel()) / drawn.size, 1 / 11, atol=0.02)


def test_skill_by_hand() -> None:
    score, reference = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 8.0])
    assert skill(score, reference) == pytest.approx(0.5)
    assert pooled_skill(score, reference, np.array([1.0, 1.0, 0.0])) == pytest.approx(0.25)
    assert math.isnan(skill(score, np.zeros(3)))


def test_intervals() -> None:
    rng = np.random.default_rng(5)
    reference = rng.gamma(2.0, size=60)
    score = 0.8 * reference
    resampling = Resampling(samples=500)
    assert skill_interval(score, reference, 5, resampling, score) == (0, 0)
    np.testing.assert_allclose(skill_interval(score, reference, 5, resampling), 0.2)
    noisy = reference + rng.normal(0, 0.3, 60) - 0.1
    low, high = skill_interval(noisy, reference, 5, resampling)
    assert low < skill(noisy, reference) < high
    ahead = skill_interval(score, reference, 5, resampling, noisy)
    behind = skill_interval(noisy, reference, 5, resampling, score)
    np.testing.assert_allclose(ahead, [-behind[1], -behind[0]])
    assert skill_interval(noisy, reference, 5, resampling) == (low, high), "the same seed gives the same interval"
    assert all(map(math.isnan, skill_interval(score, reference, 16, resampling))), "three blocks are too few"


def test_longer_blocks_own_up_to_dependence() -> None:
    """Scores that keep to one level for eight starts: single starts make the interval too narrow."""
    rng = np.random.default_rng(6)
    reference = np.ones(80)
    score = 0.9 + np.repeat(rng.normal(0, 0.2, 10), 8)
    short, long = (np.diff(skill_interval(score, reference, length, Resampling())) for length in (1, 8))
    assert long > 1.7 * short


# ---- the methods


def test_climatology_counts_the_past(theatre: Theatre) -> None:
    """A column a day: all cells within the lead in km fall, none beyond, and half a cell of doubt remains."""
    series, until = record(steady), end_of_day(time("2022-06-29"))
    method = Climatology(LEADS)
    method.fit(series.known_by(until), theatre, until)
    said = method.hold_probability(series.known_by(until), theatre, until, LEADS)
    line = int(steady(59, np.zeros(1))[0])
    for lead, layer in zip(LEADS, said, strict=True):
        starts = [day for day in range(0, 60, 6) if day + lead < 60]
        counted = ROWS * sum(COLUMNS - 1 - day - 3 >= 0 for day in starts)  # the bin 2 to 3 km before the line
        taken = lead > 2.5
        assert layer[0, line - 3] == pytest.approx((taken * counted + 0.5) / (counted + 1), rel=1e-6)
        assert (layer[:, line - lead : line + 1] > 0.99).all()
        assert (layer[:, : line - lead] < 0.01).all()


def test_learners_say_so_where_the_past_is_too_short(theatre: Theatre) -> None:
    starts = init_times(time("2022-05-05"), time("2022-05-05"), 7)
    for method in (Climatology(LEADS), Booster(LEADS, seed=0)):
        with pytest.raises(FrontcastError, match="cannot learn 7-day leads"):
            hindcast(record(steady), theatre, [method], starts, LEADS)


def test_movement_is_measured_in_km_of_line(theatre: Theatre) -> None:
    series, now = record(two_sectors), end_of_day(time("2022-05-21"))  # twenty days after the first map
    control = series.at(now)
    cells = np.zeros((ROWS, COLUMNS), bool)
    cells[10, 45] = cells[30, 54] = True  # on the line of either sector
    made = features(series, theatre, now, signed_distance(control, theatre), cells)
    movement = made[:, -len(MOVEMENT_DAYS) * len(MOVEMENT_KM) :].reshape(2, len(MOVEMENT_DAYS), len(MOVEMENT_KM))
    assert np.abs(made[:, 0]).max() == 0.5
    # 1, 2 and 4 columns in 3, 7 and 14 days; the smallest square reaches over 3 columns of the ground taken
    np.testing.assert_allclose(movement[0, :3, 0], [1, 2, 3])
    np.testing.assert_allclose(movement[1, :3, 0], [-1, -2, -3])
    assert np.isnan(movement[:, MOVEMENT_DAYS.index(30)]).all(), "the record does not go back so far"


def test_booster_sees_what_distance_cannot(theatre: Theatre) -> None:
    starts = init_times(time("2022-07-30"), time("2022-08-13"), 7)
    methods = [Persistence(), Climatology(LEADS), Booster(LEADS, seed=0)]
    scores = hindcast(record(two_sectors), theatre, methods, starts, LEADS)
    week = scores["brier"].sel(lead_days=7, within_km=25).mean("init_time")
    held = float(week.sel(forecaster="persistence"))
    assert float(week.sel(forecaster="climatology")) < held
    assert float(week.sel(forecaster="booster")) < 0.6 * float(week.sel(forecaster="climatology"))


def test_booster_repeats_itself(theatre: Theatre) -> None:
    series, until = record(two_sectors), end_of_day(time("2022-07-30"))

    def said(seed: int) -> np.ndarray:
        method = Booster((7,), seed)
        method.fit(series.known_by(until), theatre, until)
        return method.hold_probability(series.known_by(until), theatre, until, (7,))

    np.testing.assert_array_equal(said(0), said(0))
    assert (said(0) != said(1)).any()


def test_far_from_the_line_the_booster_persists(theatre: Theatre) -> None:
    series, until = record(two_sectors), end_of_day(time("2022-06-29"))
    method = Booster((7,), seed=0)
    method.fit(series.known_by(until), theatre, until)
    said = method.hold_probability(series.known_by(until), theatre, until, (7,))[0]
    distance = signed_distance(series.at(until), theatre)
    assert (said[distance > 25] == 0).all()
    assert (said[distance < -25] == 1).all()
    assert (said[distance > 15] < 0.02).all()
    assert (said[distance < -15] > 0.98).all()
    assert ((said[np.abs(distance) < 25] > 0) & (said[np.abs(distance) < 25] < 1)).all()


# ---- the command line


app = typer.Typer()
app.command()(verify)
runner = CliRunner()


def test_command_on_the_shipped_record(tmp_path: Path) -> None:
    others = [
        word for name in FORECASTERS if name not in {"persistence", "climatology"} for word in ("--without", name)
    ]
    arguments = ["--from", "2022-05-16", "--to", "2022-05-30", "--leads", "7,1", *others]
    written = []
    for out in (tmp_path / "scores.json", tmp_path / "again.json"):
        done = runner.invoke(app, [*arguments, "--out", str(out)], catch_exceptions=False, env={"COLUMNS": "160"})
        assert done.exit_code == 0
        assert "climatology" in done.stdout
        written.append(out.read_text().replace(out.name, "scores.json"))
    assert written[0] == written[1]
    scores = json.loads(written[0])
    assert scores["fitted_until"] == "2022-05-15T23:59:59Z"
    assert scores["command"].startswith("frontcast verify --from 2022-05-16 --to 2022-05-30 --every 7 --leads 1,7")
    assert [(lead["lead_days"], lead["starts"], lead["left_out"]) for lead in scores["leads"]] == [
        (1, 3, 0),
        (7, 3, 0),
    ]
    persistence = {
        lead["lead_days"]: lead
        for lead in scores["scores"]
        if lead["forecaster"] == "persistence" and lead["within_km"] == 25
    }
    assert 0 < persistence[1]["brier"] < persistence[7]["brier"] < 0.05
    for start in scores["starts"]:
        for within in start["within"]:
            assert within["brier"]["persistence"] == pytest.approx(within["changed_km2"] / within["area_km2"])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--leads", "1,x"], "'x' is not a lead"),
        (["--leads", "0"], "'0' is not a lead"),
        (["--without", "oracle"], "no method 'oracle'"),
        (["--with", "oracle"], "no method 'oracle'"),
        (["--split", "future"], "no split 'future'"),
        (["--split", "choose"], "2022-05-16 is outside the split choose"),
        (["--judge", "rumour"], "rumour"),
        (["--without", "persistence"], "skill is counted from persistence"),
        (["--to", "2022-05-01"], "before --from"),
        (["--source", "rumour"], "rumour"),
        (["--out", "no/such/folder/scores.json"], "no folder no/such/folder"),
    ],
)
def test_wrong_options_are_explained(options: list[str], problem: str, tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    done = runner.invoke(app, ["--from", "2022-05-16", "--to", "2022-05-30", "--out", str(out), *options])
    assert isinstance(done.exception, FrontcastError)
    assert problem in str(done.exception)
    assert not out.exists()


def test_leads_are_sorted_and_counted_once() -> None:
    assert parse_leads("30, 1,7,1") == (1, 7, 30)
