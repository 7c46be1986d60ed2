"""Orders, facts, scenarios and what-ifs: what they do, and what is said of those that are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from frontcast.errors import FrontcastError, ManyInputError
from frontcast.forecast import ForecastConfig, forecast, write_product
from frontcast.forecast.armies_product import ARMIES
from frontcast.forecast.armies_run import PARAMETER_NAMES, SERIES
from frontcast.forecast.campaign import posterior
from frontcast.forecast.explain import explain, open_armies
from frontcast.forecast.scenario import known_facts, load_scenario, read_facts, shipped_scenarios
from frontcast.forecast.whatif import answer, days_until_lost, interval, open_scenario
from frontcast.store import Store
from frontcast.theatre import Theatre, load_theatre

INIT = "2022-09-05"


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return load_theatre("ukraine")


@pytest.fixture(scope="module")
def store() -> Store:
    return Store.shipped("ukraine")


def written(folder: Path, text: str) -> str:
    path = folder / "question.toml"
    path.write_text(text, "utf-8")
    return str(path)


HEAD = f"""[scenario]
title = "T"
question = "Q?"
init_time = {INIT}
days = 5
"""


def test_at_least_eight_scenarios_ship_and_each_can_be_read() -> None:
    names = shipped_scenarios()
    assert len(names) >= 8
    for name in names:
        scenario = load_scenario(name)
        assert scenario.head.question.endswith("?")
        assert scenario.variants


@pytest.mark.parametrize("name", list(shipped_scenarios()))
def test_everything_a_shipped_scenario_names_exists(name: str, store: Store, theatre: Theatre) -> None:
    open_scenario(name, store, theatre, "deepstate")


def test_facts_are_taken_only_once_they_were_known() -> None:
    facts = read_facts("ukraine")
    for one in known_facts(facts, np.datetime64("2022-07-04T23:59:59")):
        assert str(one.event.known) <= "2022-07-04"
    early = {one.event.name for one in known_facts(facts, np.datetime64("2022-07-04T23:59:59"))}
    assert "overall commander replaced" in early
    assert "spring draft" not in early
    assert all(one.event.source for one in facts)


def test_all_that_is_wrong_is_told_at_once_with_its_line(tmp_path: Path, store: Store, theatre: Theatre) -> None:
    text = (
        HEAD.replace("days = 5", "dayz = 5")
        + """[[change]]
kind = "move_unit"
side = "Russia"
unit = "9999th brigade"
to = "Kupiansk"
date = 2022-09-06

[[change]]
kind = "move_unit"
side = "Rusia"
unit = "36th Separate Guards Motorized Rifle Brigade"
to = "Atlantis"
date = 2022-09-06

[[change]]
cancel = "what never was"

[[change]]
kind = "policy"
side = "Russia"
start = 2022-09-20
end = 2022-09-10

[[change]]
kind = "flood"
"""
    )
    # A head that is wrong hides what can only be checked against a day; what can be seen is all told.
    with pytest.raises(ManyInputError) as caught:
        open_scenario(written(tmp_path, text), store, theatre, "deepstate")
    told = str(caught.value)
    for expected in ("line 5, dayz: is no key", "line 21, cancel", "line 23: it ends", "line 30, kind"):
        assert expected in told, told
    with pytest.raises(ManyInputError) as caught:
        open_scenario(written(tmp_path, text.replace("dayz", "days")), store, theatre, "deepstate")
    told = str(caught.value)
    for expected in ("line 9, unit", "line 15, side", "line 17, to: No place", "line 21, cancel", "line 30, kind"):
        assert expected in told, told
    assert len(told.splitlines()) == len(caught.value.errors) >= 6


def test_dates_the_run_never_comes_to_and_what_hides_behind_other_faults_are_told(
    tmp_path: Path, store: Store, theatre: Theatre
) -> None:
    text = HEAD.replace("days = 5", "days = 500") + (
        '[[change]]\nkind = "move_unit"\nside = "Russia"\nunit = "36th Separate Guards"\nto = "Kupiansk"\ndate = 2022-07-01\n'
        '[[change]]\nkind = "reinforce"\nside = "Russia"\nunit = "new"\nbattalions = 2\nat = "Kupiansk"\ndate = 2023-09-06\n'
        '[[change]]\nkind = "fall_back"\nside = "Russia"\nnear = "Izium"\nkm = 5\ndate = 2022-09-05\n'
        '[[change]]\nkind = "policy"\nside = "Russia"\nstart = 2022-08-01\nend = 2022-08-20\n'
        '[[change]]\ncancel = "what never was"\n'
        '[[variant]]\nname = "v"\nwithout = ["M99"]\n'
    )
    with pytest.raises(ManyInputError) as caught:
        open_scenario(written(tmp_path, text), store, theatre, "deepstate")
    told = [str(error).split(", ", 1)[1] for error in caught.value.errors]
    expected = (
        ("line 5, days", "less than or equal to 180"),
        ("line 6", "outside of a variant"),
        ("line 11, date", "before the run begins"),
        ("line 18, date", "after the run's end"),
        ("line 24, date", "before the run begins"),
        ("line 29, end", "before the run begins"),
        ("line 31, cancel", "no event called"),
        ("line 34, without", "M99"),
    )
    assert len(told) == len(expected), told
    for line, (place, problem) in zip(told, expected, strict=True):
        assert line.startswith(place), told
        assert problem in line


def test_an_amendment_may_put_a_fact_off_beyond_the_run(tmp_path: Path, store: Store, theatre: Theatre) -> None:
    text = HEAD + '[[change]]\namend = "launchers of August"\ndate = 2023-01-01\n'
    scenario, _ = open_scenario(written(tmp_path, text), store, theatre, "deepstate")
    assert scenario.variants[0].events != scenario.base


def test_orders_to_nowhere_and_across_the_border_are_refused(tmp_path: Path, store: Store, theatre: Theatre) -> None:
    for where, problem in (
        ("[44.0, 56.3]", "off the map"),
        ("[36.6, 50.6]", "across the border"),
        ("[200, 0]", "off the map"),
    ):
        text = HEAD + (
            '[[change]]\nkind = "move_unit"\nside = "Russia"\nunit = "36th Separate Guards"\ndate = 2022-09-06\n'
            f"to = {where}\n"
        )
        with pytest.raises(ManyInputError, match=problem):
            open_scenario(written(tmp_path, text), store, theatre, "deepstate")


def test_a_scenario_that_changes_nothing_is_no_question(tmp_path: Path) -> None:
    with pytest.raises(ManyInputError, match="nothing is changed"):
        load_scenario(written(tmp_path, HEAD))
    with pytest.raises(FrontcastError, match="no scenario"):
        load_scenario("no-such-scenario")


def test_what_is_not_changed_stays_the_same_to_the_last_bit(tmp_path: Path, store: Store, theatre: Theatre) -> None:
    """A change on the third day leaves the days before alone: the same members, the same luck."""
    text = HEAD + '[[change]]\nkind = "policy"\nside = "Russia"\nstart = 2022-09-09\nend = 2022-09-30\neffort = 0.0\n'
    scenario, musters = open_scenario(written(tmp_path, text), store, theatre, "deepstate")
    found = answer(scenario, musters, members=20, model_cell_km=4.0)
    base, changed = found.base.result, found.variants[0].result
    np.testing.assert_array_equal(base.area_km2[:, :4], changed.area_km2[:, :4])
    assert not np.array_equal(base.area_km2[:, -1], changed.area_km2[:, -1])
    assert base.armies is not None
    assert changed.armies is not None
    ready = SERIES.index("readiness")
    assert (changed.armies.series[:, -1, 1, ready] >= base.armies.series[:, -1, 1, ready]).all()
    row = found.differences.set_index("measure").loc["readiness of Russia"]
    assert row["low"] > 0
    assert row["members"] == 20


def test_the_interval_of_a_paired_difference_holds_its_mean() -> None:
    values = np.random.default_rng(1).normal(1.0, 1.0, 400)
    low, high = interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.645 / 20, rel=0.15)


def test_days_until_ground_is_lost_are_counted_and_capped() -> None:
    area = np.array([[100.0, 90.0, 80.0], [100.0, 100.0, 99.0]], np.float32)
    np.testing.assert_array_equal(days_until_lost(area, 15.0), [2.0, 3.0])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, store: Store, theatre: Theatre) -> Path:
    """A short forecast with armies, written."""
    folder = tmp_path_factory.mktemp("run") / "forecast"
    config = ForecastConfig(init_time=INIT, days=5, members=20, depth="units", model_cell_km=4.0)
    series = store.control("deepstate", theatre="ukraine")
    picture, result = forecast(series, theatre, config, store=store)
    write_product(folder, config, series, picture, result)
    return folder


def test_a_forecast_with_armies_writes_the_same_product_and_what_moved_it(run: Path) -> None:
    for name in ("forecast.zarr", "places.parquet", "cells.parquet", "lines.parquet", "run.json", ARMIES):
        assert (run / name).exists()
    armies = open_armies(run)
    assert set(armies.sizes) >= {"member", "lead_time", "mechanism", "side", "stretch", "unit", "quantity"}
    assert float(armies["stretch_length"].sum()) > 1000
    assert np.isfinite(armies["moved_by"]).all()


def test_the_explanation_adds_up(run: Path) -> None:
    found = explain(open_armies(run), near=(37.25, 49.21), where="near Izium")
    assert found.table["mean_km"].sum() == pytest.approx(found.total["mean_km"], abs=1e-3)
    assert "push" in set(found.table["mechanism"])
    everywhere = explain(open_armies(run))
    assert everywhere.stretches > found.stretches
    boxed = explain(open_armies(run), box=(36.0, 48.5, 38.0, 50.0), where="a box")
    assert found.stretches <= boxed.stretches < everywhere.stretches


def test_what_cannot_be_explained_is_said(run: Path, tmp_path: Path) -> None:
    armies = open_armies(run)
    with pytest.raises(FrontcastError, match="lead day 77"):
        explain(armies, lead_day=77)
    with pytest.raises(FrontcastError, match="no front lies"):
        explain(armies, box=(20.0, 40.0, 21.0, 41.0), where="the box")
    with pytest.raises(FrontcastError, match="no forecast"):
        open_armies(tmp_path)
    (tmp_path / "run.json").write_text("{}", "utf-8")
    with pytest.raises(FrontcastError, match="--depth units"):
        open_armies(tmp_path)


def test_members_take_parameter_sets_in_turn(run: Path) -> None:
    del run
    draws = posterior()
    assert draws.shape[1] == len(PARAMETER_NAMES)
    table = pd.DataFrame(draws, columns=list(PARAMETER_NAMES))
    assert table["rout.base"].nunique() > 50
    assert table["withdrawal.tolerated"].nunique() == 1


def test_the_same_configuration_gives_the_same_armies(
    run: Path, tmp_path: Path, store: Store, theatre: Theatre
) -> None:
    config = ForecastConfig(init_time=INIT, days=5, members=20, depth="units", model_cell_km=4.0)
    series = store.control("deepstate", theatre="ukraine")
    picture, result = forecast(series, theatre, config, store=store)
    write_product(tmp_path / "again", config, series, picture, result)
    first, second = open_armies(run), open_armies(tmp_path / "again")
    np.testing.assert_array_equal(first["moved_by"], second["moved_by"])
    text = [re.sub(r"\s", "", (folder / "run.json").read_text("utf-8")) for folder in (run, tmp_path / "again")]
    assert text[0] == text[1]


def test_mechanisms_are_for_the_depth_that_has_them(store: Store, theatre: Theatre) -> None:
    config = ForecastConfig(init_time=INIT, days=2, members=2, without=("M15",))
    with pytest.raises(FrontcastError, match="depth"):
        forecast(store.control("deepstate", theatre="ukraine"), theatre, config, store=store)
