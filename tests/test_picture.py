"""The picture: only what was known, the same from either side, and quick where the line has been quick."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest
from tiny import (
    DAYS,
    FIRST_DAY,
    FRONT,
    INIT,
    SHAPE,
    control_on,
    day,
    poisoned,
    series_of,
    swapped,
    tiny_series,
    tiny_theatre,
)

from frontcast.errors import FrontcastError
from frontcast.forecast import parse_time
from frontcast.picture import History, Picture, flot_distances, load_prior, make_picture
from frontcast.picture.movement import FEATURES, WINDOWS_DAYS
from frontcast.store import ControlSeries, NoObservationError, Store
from frontcast.theatre import GREY, MASKED, A, B, Theatre, load_theatre

START = parse_time(INIT)
MOVED, QUIET = 40, 85
"""A row in the sector where b moves, and one far from it."""


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return tiny_theatre(tmp_path_factory.mktemp("theatre"))


@pytest.fixture(scope="module")
def series(theatre: Theatre) -> ControlSeries:
    return tiny_series(theatre)


@pytest.fixture(scope="module")
def picture(series: ControlSeries, theatre: Theatre) -> Picture:
    return make_picture(series, theatre, START)


def differences(one: Picture, other: Picture) -> list[str]:
    """Names of the attributes in which two pictures of one theatre differ."""
    found = []
    for name in (field.name for field in fields(one)):
        mine, its = getattr(one, name), getattr(other, name)
        same = np.array_equal(mine, its) if isinstance(mine, np.ndarray) else mine == its
        if not same:
            found.append(name)
    return found


# ---- nothing from the future


def test_maps_known_later_change_nothing(series: ControlSeries, theatre: Theatre, picture: Picture) -> None:
    for seed in range(2):
        assert differences(picture, make_picture(poisoned(series, START, seed), theatre, START)) == []


def test_a_map_known_just_in_time_changes_the_picture(
    series: ControlSeries, theatre: Theatre, picture: Picture
) -> None:
    # The check above can fail: one map fewer to hide, and the noise is all over the picture.
    last_known = series.known_by(START).known_at[-2]
    noisy = make_picture(poisoned(series, last_known), theatre, START)
    assert {"control", "flot_a", "flot_b", "advance_a", "advance_b", "tempo"} <= set(differences(picture, noisy))


def test_a_late_correction_is_not_seen_before_it_was_known(theatre: Theatre, series: ControlSeries) -> None:
    known_at = series.known_at.copy()
    correction = len(series.known_by(START)) + 1
    valid_time = series.valid_time.copy()
    valid_time[correction] = valid_time[correction - 3]  # known after the start, of a day before it
    late = replace(series, valid_time=valid_time, known_at=known_at)
    assert differences(make_picture(series, theatre, START), make_picture(late, theatre, START)) == []


def test_noise_after_a_start_changes_nothing_in_the_real_record() -> None:
    theatre = load_theatre("ukraine")
    with Store.shipped("ukraine") as store:
        record = store.control("deepstate")
    # The month of the Kharkiv offensive, as it stood on its third day; a short memory keeps the test quick.
    start = parse_time("2022-09-08")
    known = len(record.known_by(start))
    recent = slice(known - 30, known + 5)
    runs, when = record.runs[recent], record.known_at[recent]
    short = ControlSeries(record.source, record.shape, record.valid_time[recent], when, runs)
    one = make_picture(short, theatre, start)
    other = make_picture(poisoned(short, start), theatre, start)
    assert differences(one, other) == []
    assert (one.flot_a + one.flot_b).min() >= 0
    assert (one.control[~theatre.land] == MASKED).all()
    row, column = theatre.grid.cell_of(37.4, 49.5)  # between Balakliia and Kupiansk
    far = theatre.grid.cell_of(38.0, 47.9)  # Donetsk's line had not moved
    assert one.advance_a[row, column] > 5 * one.advance_a[far]
    assert one.tempo["a"].odds > 1


# ---- one history for many starts


def test_a_shared_history_gives_what_a_fresh_one_gives(series: ControlSeries, theatre: Theatre) -> None:
    starts = [START - np.timedelta64(days, "D") for days in (0, 14, 7, 28, 1)]
    fresh = {start: make_picture(series, theatre, start) for start in starts}
    for order in (starts, starts[::-1], sorted(starts)):
        history = History(series.known_by(order[0]), theatre)
        for start in order:
            history = history.extended(series.known_by(start))
            shared = make_picture(series, theatre, start, history=history)
            assert differences(fresh[start], shared) == [], f"{start} in the order {order}"


def test_the_same_map_a_week_later_is_a_quieter_week(series: ControlSeries, theatre: Theatre) -> None:
    end = series.known_at[-1]
    later = end + np.timedelta64(10, "D")
    history = History(series, theatre)
    first = make_picture(series, theatre, end, history=history)
    second = make_picture(series, theatre, later, history=history.extended(series))
    assert differences(make_picture(series, theatre, later), second) == []
    edge = FRONT - (DAYS - 1) // 7
    assert second.advance_b[MOVED, edge] < first.advance_b[MOVED, edge]


def test_noise_after_the_last_of_many_starts_changes_none(series: ControlSeries, theatre: Theatre) -> None:
    noisy = poisoned(series, START)
    history = History(noisy.known_by(START - np.timedelta64(7, "D")), theatre)
    for days in (7, 0):
        start = START - np.timedelta64(days, "D")
        history = history.extended(noisy.known_by(start))
        found = make_picture(noisy, theatre, start, history=history)
        assert differences(make_picture(series, theatre, start), found) == []


def test_a_history_keeps_its_maps_when_extended(
    series: ControlSeries, theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(series.known_by(START), theatre)
    make_picture(series, theatre, START, history=history)
    asked = []
    distances = Theatre.signed_distance

    def counted(self: Theatre, mask: npt.NDArray[np.bool_], limit_km: float = 200.0) -> npt.NDArray[np.float32]:
        asked.append(limit_km)
        return distances(self, mask, limit_km)

    monkeypatch.setattr(Theatre, "signed_distance", counted)
    make_picture(series, theatre, START, history=history.extended(series.known_by(START)))
    assert len(asked) == 2, "only the two FLOTs of the picture itself are measured anew"


def test_a_history_is_not_extended_by_another_record(series: ControlSeries, theatre: Theatre) -> None:
    history = History(series.known_by(START), theatre)
    with pytest.raises(ValueError, match="not of one record"):
        history.extended(poisoned(series, day(50)))
    later = replace(series, known_at=series.known_at + np.timedelta64(1, "h"))
    with pytest.raises(ValueError, match="not of one record"):
        history.extended(later)


def test_a_history_of_other_maps_is_refused(series: ControlSeries, theatre: Theatre) -> None:
    with pytest.raises(ValueError, match="maps"):
        make_picture(series, theatre, START, history=History(series, theatre))


# ---- what cannot be forecast from


def test_a_stale_map_is_refused(series: ControlSeries, theatre: Theatre) -> None:
    end = series.known_at[-1]
    fortnight = np.timedelta64(14, "D")
    make_picture(series, theatre, end + fortnight)
    with pytest.raises(FrontcastError, match=r"15 days old.*Ingest newer maps or take an earlier --init"):
        make_picture(series, theatre, end + fortnight + np.timedelta64(1, "D"))


def test_no_map_known_yet_is_refused(series: ControlSeries, theatre: Theatre) -> None:
    with pytest.raises(NoObservationError, match=f"the first became known at {FIRST_DAY}"):
        make_picture(series, theatre, FIRST_DAY - np.timedelta64(1, "s"))


def test_the_first_map_alone_makes_a_picture(series: ControlSeries, theatre: Theatre) -> None:
    made = make_picture(series, theatre, FIRST_DAY)
    assert made.vintage == FIRST_DAY
    assert all(tempo.odds == 1 and tempo.pace == 1 for tempo in made.tempo.values())


@pytest.mark.parametrize("holder", [A, B])
def test_no_front_is_refused(theatre: Theatre, holder: int) -> None:
    whole = series_of([np.full(SHAPE, holder, np.uint8)], theatre)
    with pytest.raises(FrontcastError, match="no front"):
        make_picture(whole, theatre, FIRST_DAY)


# ---- the picture itself


def test_the_picture_is_the_newest_map(picture: Picture, series: ControlSeries, theatre: Theatre) -> None:
    newest = len(series.known_by(START)) - 1
    assert picture.vintage == day(newest)
    assert picture.init_time == START
    assert np.array_equal(picture.control[theatre.land], control_on(newest)[theatre.land])
    assert (picture.control[~theatre.land] == MASKED).all()


def test_distances_are_those_to_the_edges(picture: Picture) -> None:
    column = np.arange(SHAPE[1])
    # Far from the sector the edge of b runs along the west of column FRONT, that of a one grey cell further west.
    near = np.abs(column - FRONT) < 20
    assert np.allclose(picture.flot_b[QUIET, near], (FRONT - column - 0.5)[near], atol=0.01)
    assert np.allclose(picture.flot_a[QUIET, near], (column - (FRONT - 1) + 0.5)[near], atol=0.01)


def test_the_lines_never_cross(picture: Picture, theatre: Theatre) -> None:
    assert (picture.flot_a + picture.flot_b).min() >= 0
    noise = np.random.default_rng(3).choice(np.array([A, GREY, B], np.uint8), SHAPE)
    flot_a, flot_b = flot_distances(noise, theatre, 50.0)
    assert (flot_a + flot_b).min() >= 0
    assert np.array_equal(flot_a < 0, theatre.fill_masked(noise) == A)
    assert np.array_equal(flot_b < 0, theatre.fill_masked(noise) == B)


def test_the_line_is_expected_to_move_where_it_has_moved(picture: Picture) -> None:
    at_line = picture.advance_b[MOVED, FRONT - DAYS // 7], picture.advance_b[QUIET, FRONT]
    assert at_line[0] > 3 * at_line[1]
    assert picture.advance_b[MOVED, FRONT] > 3 * picture.advance_a[MOVED, FRONT]
    for chance in (picture.advance_a, picture.advance_b):
        assert chance.dtype == np.float32
        assert 0 < chance.min() <= chance.max() < 1


def test_both_sides_are_seen_alike(theatre: Theatre) -> None:
    # Without a grey zone the two sides' lines are one, and the mirror is exact.
    series = tiny_series(theatre, grey=False)
    one, other = make_picture(series, theatre, START), make_picture(swapped(series), theatre, START)
    assert np.array_equal(one.flot_a, other.flot_b)
    assert np.array_equal(one.flot_b, other.flot_a)
    assert np.allclose(one.advance_a, other.advance_b, rtol=1e-5)
    assert np.allclose(one.advance_b, other.advance_a, rtol=1e-5)
    for side, opposite in (("a", "b"), ("b", "a")):
        assert vars(one.tempo[side]) == pytest.approx(vars(other.tempo[opposite]), rel=1e-5)
    mine, its = (History(s.known_by(START), theatre).movement(START) for s in (series, swapped(series)))
    assert np.array_equal(mine.line, its.line)
    assert np.allclose(mine.features_a, its.features_b, atol=1e-5)
    assert np.allclose(mine.features_b, its.features_a, atol=1e-5)
    assert not np.allclose(mine.features_a, mine.features_b)


def test_features_tell_who_moved_where(series: ControlSeries, theatre: Theatre) -> None:
    movement = History(series.known_by(START), theatre).movement(START)
    rows = np.nonzero(movement.line)[0]
    sector, far = np.abs(rows - MOVED) < 5, rows > QUIET
    assert sector.any()
    assert far.any()
    for days in WINDOWS_DAYS:
        column = FEATURES.index(f"own {days} d, near")
        assert movement.features_b[sector, column].min() > 0.5, days
        assert movement.features_b[far, column].max() < 0.01, days
        assert movement.features_a[:, column].max() < 0.01, days
    enemy = FEATURES.index("enemy 28 d, near")
    assert movement.features_a[sector, enemy].min() > 0.5
    assert movement.features_b[:, enemy].max() < 0.01


# ---- tempo


def test_tempo_is_above_one_for_more_than_expected_and_below_for_none(theatre: Theatre, picture: Picture) -> None:
    still = make_picture(tiny_series(theatre, km_a_week=0), theatre, START)
    assert picture.tempo["b"].odds > 1 > picture.tempo["a"].odds
    assert picture.tempo["b"].seen > picture.tempo["b"].expected
    for side in "ab":
        assert still.tempo[side].seen == 0
        assert 0 < still.tempo[side].odds < 1
        assert still.tempo[side].pace == 1
    assert still.advance_b[QUIET, FRONT] < picture.advance_b[QUIET, FRONT]


def test_chances_are_those_of_the_prior_at_the_tempo_of_the_day(
    picture: Picture, series: ControlSeries, theatre: Theatre
) -> None:
    movement = History(series.known_by(START), theatre).movement(START)
    sides = (("a", movement.features_a, picture.advance_a), ("b", movement.features_b, picture.advance_b))
    for side, features, advance in sides:
        expected = load_prior().probability(features, picture.tempo[side].odds)
        assert np.allclose(advance[movement.line], expected, rtol=1e-5)
        usual = load_prior().probability(features)
        assert (expected > usual).all() == (side == "b"), "b has been quicker than expected, a slower"


def test_pace_follows_the_length_of_moves_up_to_its_limit(theatre: Theatre, picture: Picture) -> None:
    fast_series = tiny_series(theatre, km_a_week=3)
    fast = make_picture(fast_series, theatre, START)
    assert picture.tempo["b"].pace < 1 < fast.tempo["b"].pace <= load_prior().pace_limit
    bounded = make_picture(fast_series, theatre, START, prior=load_prior().model_copy(update={"pace_limit": 1.2}))
    assert bounded.tempo["b"].pace == 1.2
