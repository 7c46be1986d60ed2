"""Nobody sees the future: with every input's future corrupted, every forecast is the same to the bit.

On the record that ships, from the last day before Kharkiv: what became known later of the maps of both sources, of the
units of all sources, of claims and of facts is noise here, and so are the coefficients that ship, which know later days.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from frontcast.forecast import campaign as forecast_campaign
from frontcast.forecast.config import parse_time
from frontcast.forecast.scenario import known_facts, read_facts
from frontcast.picture import load_prior
from frontcast.store import Store
from frontcast.store.record import shipped_folder
from frontcast.store.schema import TABLES
from frontcast.theatre import Gazetteer, Theatre, load_theatre
from frontcast.verify import ABLATIONS, FORECASTERS, Setup, speak
from frontcast.verify import model as verify_model
from frontcast.verify.backfill import backfilled

INIT = parse_time("2022-09-05")
UNTIL = INIT - np.timedelta64(86_400, "s")
LEADS = (1, 7)
MEMBERS = 4
SLOW = ("blend",)
"""Made of others in the list, and of a past that 2022 does not have."""


@pytest.fixture(scope="module")
def poisoned_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped record as a store of one's own, with everything that became known after `INIT` corrupted."""
    path = tmp_path_factory.mktemp("poison") / "record.duckdb"
    with Store.open(path) as store, Store.shipped() as shipped:
        assert shipped.control("deepstate").known_at[-1] > INIT
        assert store.sources().empty
        store._leave_no_trace = None
    connection = duckdb.connect(str(path))
    for table in TABLES:
        file = str(shipped_folder("ukraine") / f"{table}.parquet")
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet('{file}')")
    later = f"known_at > TIMESTAMP '{INIT}'"
    connection.execute(
        "UPDATE control_map SET run_value = list_transform(run_value, lambda v: CASE WHEN v > 2 THEN v ELSE (v + 1) % 3 END) "
        f"WHERE {later}"
    )
    connection.execute(
        "UPDATE unit_sighting SET lon = lon + 1.5, lat = lat - 0.5, strength = 9, unit = unit || ' ghost', "
        f"side = CASE side WHEN 'a' THEN 'b' ELSE 'a' END WHERE {later}"
    )
    connection.execute(
        "INSERT INTO report VALUES (0, 'd', 'rumour', '', '', 'f', 's', DATE '2022-09-12', TIMESTAMP '2022-09-12 23:59:59', "
        "TIMESTAMP '2022-09-13')"
    )
    connection.execute("INSERT INTO reading VALUES (0, 1, 1, TIMESTAMP '2022-09-13')")
    connection.execute(
        "INSERT INTO claim BY NAME SELECT 0 AS id, 0 AS report_id, 1 AS reader_version, 'control' AS kind, 'b' AS side, "
        "'Kharkiv' AS place, 'a' AS holder, DATE '2022-09-01' AS valid_from, TIMESTAMP '2022-09-12 23:59:59' AS known_at, "
        "'confirmed' AS certainty, 'all of it' AS quote, 0 AS quote_start, 9 AS quote_end"
    )
    connection.close()
    return path


def forecasts(store: Path | None, names: tuple[str, ...]) -> dict[str, bytes]:
    theatre = load_theatre()
    with Store.shipped() if store is None else Store.open(store, read_only=True) as opened:
        series = opened.control("deepstate", theatre=theatre.name)
        second = opened.control("liveuamap-nzz", theatre=theatre.name)
    if store is not None:
        now = series.known_by(INIT).at(INIT)
        assert (series.control(len(series) - 1) != now).mean() > 0.5, "the poison must be there to be tasted"
        assert second.known_at[-1] > INIT
    said = {}
    for name in names:
        method = (FORECASTERS | ABLATIONS)[name](Setup(LEADS, MEMBERS, 3, store))
        said[name] = speak(series, theatre, [method], np.array([INIT]), LEADS).said[0]
    return said


def poison_what_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts known later are about something else; the coefficients fitted on later days are nonsense."""
    facts = read_facts("ukraine")
    known = known_facts(facts, INIT)
    later = [one for one in facts if one not in known]
    assert later, "there must be facts to poison"
    strange = [replace(one, event=one.event.model_copy(update={"known": INIT.astype(object).date()})) for one in later]
    assert len(known_facts(strange, INIT)) == len(strange), "a fact that was known would be taken"
    turned = [replace(one, event=later[-1 - number].event) for number, one in enumerate(later)]
    monkeypatch.setattr(forecast_campaign, "read_facts", lambda name: (*known, *turned))
    prior = load_prior()
    assert np.datetime64(prior.fitted_until) > INIT
    wrong = dict.fromkeys(prior.coefficients, -3.0)
    monkeypatch.setattr(
        verify_model, "load_prior", lambda: prior.model_copy(update={"intercept": 2.0, "coefficients": wrong})
    )


@pytest.mark.parametrize("name", [name for name in FORECASTERS if name not in SLOW])
def test_no_forecast_tastes_the_future(name: str, poisoned_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean = forecasts(None, (name,))
    poison_what_ships(monkeypatch)
    assert forecasts(poisoned_store, (name,)) == clean


def test_no_member_of_the_line_looks_at_names_or_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gazetteer has no date: its populations are of before the war, and nothing of it moves a line."""
    names = ("persistence", "climatology", "line")
    clean = forecasts(None, names)
    theatre = load_theatre()
    table = theatre.places.table
    shuffled = table.assign(population=table["population"].to_numpy()[::-1], name=table["name"].to_numpy()[::-1])
    other = Gazetteer(shuffled, theatre.grid, theatre.land, theatre.places.language)
    monkeypatch.setitem(theatre.__dict__, "places", other)
    assert forecasts(None, names) == clean


def test_the_ground_is_of_before_the_war() -> None:
    """Every file of the ground says of when it is, and none is of after the first map."""
    theatre: Theatre = load_theatre()
    vintages = theatre.config.vintages
    named = {theatre.config.border.file, theatre.config.border.regions, theatre.config.places.file}
    named |= {theatre.config.terrain.rivers, theatre.config.terrain.lakes}
    assert set(vintages) == {name for name in named if name}
    with Store.shipped() as store:
        first = store.control("deepstate").known_at[0]
    for name, vintage in vintages.items():
        assert np.datetime64(vintage.shows, "D") <= first, f"{name} shows the ground of {vintage.shows}"


def test_maps_that_go_before_are_known_before(poisoned_store: Path) -> None:
    """The export that fills in for a late one ends where it begins."""
    theatre = load_theatre()
    with Store.shipped() as store:
        whole = store.control("deepstate")
    cut = int(np.searchsorted(whole.known_at, INIT))
    daily = replace(
        whole,
        source="deepstate-daily",
        valid_time=whole.valid_time[cut:],
        known_at=whole.known_at[cut:],
        runs=whole.runs[cut:],
    )
    joined, words = backfilled(daily, theatre, INIT)
    assert words is not None
    assert len(joined) == len(whole)
    assert (np.diff(joined.known_at) >= np.timedelta64(0, "s")).all()
    assert set(np.unique(joined.control(cut - 1))) <= {0, 2, 255}
    np.testing.assert_array_equal(joined.control(cut), whole.control(cut))
