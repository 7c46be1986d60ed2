"""The hazard of cells near the line: what it looks at, what it must not see, and what it is worth."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from frontcast.errors import FrontcastError
from frontcast.forecast import ForecastConfig, forecast
from frontcast.forecast.config import parse_time
from frontcast.picture.hazard import (
    VARIANTS,
    Evidence,
    HazardModel,
    Sightings,
    Surveyor,
    Trees,
    gather,
    grow,
    shipped_trees,
)
from frontcast.picture.hazard.hazard import LEADS_DAYS, changes
from frontcast.picture.line import DAY, signed_distance, truth_index
from frontcast.store import Store
from frontcast.store.series import ControlSeries, encode_runs
from frontcast.theatre import A, B, load_theatre

TIME = parse_time("2024-10-01")
THEATRE = load_theatre()


@cache
def evidence() -> Evidence:
    with Store.shipped() as store:
        return gather(store, store.control("deepstate"), THEATRE)


def recent(series: ControlSeries, days: int = 480) -> ControlSeries:
    """Maps of the time before `TIME`, which is all that is looked at."""
    known = series.known_by(TIME)
    first = int(np.searchsorted(known.known_at, TIME - days * DAY))
    return replace(known, valid_time=known.valid_time[first:], known_at=known.known_at[first:], runs=known.runs[first:])


def test_all_predictors_are_known_where_the_record_has_all_sources() -> None:
    around = Surveyor(THEATRE).look(evidence(), TIME)
    assert set(around.predictors) == set(VARIANTS["all"])
    distance = signed_distance(evidence().maps.at(TIME), THEATRE)
    assert np.allclose(around.predictors["depth"], np.abs(distance[around.row, around.column]))
    for values in around.predictors.values():
        assert not np.isinf(values).any()
    # marks are of side b's forces: what is known of an attacker where b attacks is known of the holder where b holds
    assert np.isnan(around.predictors["attacker's units, 21 km"][around.held]).all()
    assert np.isnan(around.predictors["holder's units, 21 km"][~around.held]).all()


def test_both_sides_are_looked_at_with_the_same_eyes() -> None:
    """With the sides exchanged every cell has the predictors that it had, seen from the same attacker."""
    maps = recent(evidence().maps)

    def exchanged(runs: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        lengths, values = runs
        flat = np.repeat(values, lengths).reshape(maps.shape)
        held = (flat == B) & THEATRE.land
        return encode_runs(np.where(held, A, B).astype(np.uint8))

    mirrored = replace(maps, source="mirrored", runs=[exchanged(runs) for runs in maps.runs])
    surveyor = Surveyor(THEATRE)
    one, other = (surveyor.look(Evidence(series), TIME) for series in (maps, mirrored))
    assert np.array_equal(one.row, other.row)
    assert np.array_equal(one.held, ~other.held)
    for name in VARIANTS["line"]:
        assert np.allclose(one.predictors[name], other.predictors[name], atol=1e-4, equal_nan=True), name


def test_nothing_known_later_is_looked_at() -> None:
    """With the future of every source corrupted the outlook is the same to the bit."""
    known = evidence()
    noise = np.random.default_rng(0)

    def spoilt(series: ControlSeries) -> ControlSeries:
        late = series.known_at > TIME
        assert late.any()
        runs = [
            (lengths, noise.integers(0, 3, len(values)).astype(np.uint8)) if later else (lengths, values)
            for (lengths, values), later in zip(series.runs, late, strict=True)
        ]
        return replace(series, runs=runs)

    assert known.second is not None
    assert known.sightings is not None
    marks = known.sightings
    late = marks.known_at > TIME
    poisoned = Evidence(
        spoilt(known.maps),
        spoilt(known.second),
        replace(marks, row=np.where(late, 3, marks.row).astype(np.float32), heading=np.where(late, 1, marks.heading)),
    )
    wrong = [
        replace(tree, fitted_until=TIME + DAY, base={lead: 9 + base for lead, base in tree.base.items()})
        for tree in shipped_trees("ukraine", TIME)
    ]
    clean, fouled = (
        HazardModel(THEATRE, [*shipped_trees("ukraine", TIME), *more]).outlook(given, TIME)
        for given, more in ((known, []), (poisoned, wrong))
    )
    assert clean is not None
    assert fouled is not None
    assert clean.chance.tobytes() == fouled.chance.tobytes()
    assert clean.pace == fouled.pace


@pytest.mark.parametrize(
    ("day", "vintage"),
    [("2023-06-29", None), ("2024-06-29", "2023-06-30"), ("2024-06-30", "2024-06-30"), ("2026-01-01", "2025-06-30")],
)
def test_trees_never_know_more_than_was_known(day: str, vintage: str | None) -> None:
    found = shipped_trees("ukraine", parse_time(day))
    assert {str(tree.fitted_until)[:10] for tree in found} == ({vintage} if vintage else set())
    assert not shipped_trees("nowhere", TIME)


def test_without_other_sources_the_line_alone_is_looked_at() -> None:
    full = HazardModel(THEATRE, shipped_trees("ukraine", TIME)).outlook(evidence(), TIME)
    plain = recent(evidence().maps)
    plain = replace(
        plain, runs=[(lengths, np.where(values == B, B, A).astype(np.uint8)) for lengths, values in plain.runs]
    )
    alone = HazardModel(THEATRE, shipped_trees("ukraine", TIME)).outlook(Evidence(plain), TIME)
    assert full is not None
    assert alone is not None
    assert full.variants == ("line", "marks", "all")
    assert alone.variants == ("line",)


def test_chances_grow_with_the_lead_and_pass_through_those_of_the_trees() -> None:
    outlook = HazardModel(THEATRE, shipped_trees("ukraine", TIME)).outlook(evidence(), TIME)
    assert outlook is not None
    said = outlook.at(tuple(range(1, 61)))
    assert ((said >= 0) & (said <= 1)).all()
    assert (np.diff(said, axis=0) >= -1e-6).all()
    at_trees = said[[lead - 1 for lead in LEADS_DAYS]]
    assert np.allclose(at_trees, np.maximum.accumulate(outlook.chance, axis=0), atol=2e-5)
    assert np.allclose(said[30:], said[29], atol=1e-6)  # beyond the last lead what was said of it holds


def test_it_is_worth_something_and_does_not_cry_wolf() -> None:
    """Seven starts of the chosen year: a floor far below the track record, for a fault to fall through."""
    model = HazardModel(THEATRE, shipped_trees("ukraine", parse_time("2024-06-30")))
    starts = np.arange(parse_time("2024-09-02"), parse_time("2024-10-15"), 7 * DAY)
    wrong, changed, expected = np.zeros(5), np.zeros(5), np.zeros(5)
    for start in starts:
        outlook = model.outlook(evidence(), start)
        assert outlook is not None
        for index, lead in enumerate(LEADS_DAYS):
            seen = changes(outlook.around, evidence().maps, start, lead)
            assert seen is not None
            wrong[index] += ((outlook.chance[index] - seen) ** 2).sum()
            changed[index] += seen.sum()
            expected[index] += outlook.chance[index].sum()
    skill = dict(zip(LEADS_DAYS, 1 - wrong / changed, strict=True))
    assert skill[7] > 0.12, skill
    assert skill[30] > 0.25, skill
    assert ((expected / changed > 0.5) & (expected / changed < 2)).all(), expected / changed


def test_trees_survive_being_written_and_sent() -> None:
    trees = shipped_trees("ukraine", TIME)[0]
    again = Trees.load(trees.dump())
    around = Surveyor(THEATRE).look(evidence(), TIME)
    assert {k: v.tobytes() for k, v in again.log_odds(around).items()} == {
        k: v.tobytes() for k, v in trees.log_odds(around).items()
    }
    sent = pickle.loads(pickle.dumps(HazardModel(THEATRE, [trees])))
    assert sent.trees[0].variant == trees.variant


def test_too_short_a_past_is_refused() -> None:
    with pytest.raises(FrontcastError, match="nothing can be learnt"):
        grow(evidence(), THEATRE, parse_time("2022-08-01"), ["line"])


def test_a_forecast_takes_the_hazard_near_the_line_and_the_members_elsewhere() -> None:
    config = ForecastConfig(init_time="2024-10-01", days=7, lead_days=(7,), members=20)
    with Store.shipped() as store:
        series = store.control("deepstate")
        picture, said = forecast(series, THEATRE, config, store=store)
        _, raw = forecast(series, THEATRE, config.model_copy(update={"calibrate": False}), store=store)
    assert said.outlook is not None
    assert raw.outlook is None
    around = said.outlook.around
    near = np.zeros(THEATRE.land.shape, bool)
    near[around.row, around.column] = True
    assert np.array_equal(said.probability_b[0][~near], raw.probability_b[0][~near])
    chance = said.outlook.at((7,))[0]
    assert np.allclose(said.probability_b[0][near], np.where(around.held, 1 - chance, chance), atol=1e-6)
    total = said.probability_a + said.probability_b
    assert (total <= 1 + 1e-6).all()
    assert truth_index(series, picture.init_time + 7 * DAY) is not None


def test_marks_too_old_are_not_taken_for_todays() -> None:
    marks = evidence().sightings
    assert marks is not None
    cut = marks.known_by(TIME - 30 * DAY)
    assert isinstance(cut, Sightings)
    assert cut.newest(TIME) == slice(0, 0)
    around = Surveyor(THEATRE).look(replace(evidence(), sightings=cut), TIME)
    assert not set(VARIANTS["marks"]) <= set(around.predictors)
