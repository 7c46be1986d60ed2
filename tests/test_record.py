"""The shipped record against history, how it is built, and how far its two maps differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from storekit import SHAPE, chart, small_theatre, snapshots, theatre_file, time
from typer.testing import CliRunner

from frontcast.cli.record import app
from frontcast.errors import FrontcastError, InputError
from frontcast.store import ControlSeries, Store, StoreError
from frontcast.store.compare import behind_line, differences, line_cells, line_distances
from frontcast.store.record import METADATA_KEY, build, load_recipe, metadata
from frontcast.store.schema import TABLES
from frontcast.store.series import encode_runs
from frontcast.store.store import shipped_folder
from frontcast.theatre import MASKED, A, B, load_theatre


@pytest.fixture(scope="module")
def record() -> dict[str, ControlSeries]:
    with Store.shipped() as store:
        return {source: store.control(source) for source in ("deepstate", "liveuamap-nzz")}


# ---- the shipped record


PLACES = {
    "Kyiv": (30.52, 50.45),
    "Donetsk": (37.80, 48.00),
    "Kherson": (32.62, 46.64),
    "Izium": (37.25, 49.21),
    "Kupiansk": (37.62, 49.71),
    "Lyman": (37.81, 48.98),
    "Sievierodonetsk": (38.49, 48.95),
    "Bakhmut": (38.00, 48.595),
    "Avdiivka": (37.745, 48.14),
    "Robotyne": (35.84, 47.44),
    "Vuhledar": (37.25, 47.78),
    "Simferopol": (34.10, 44.95),
}
"""City centres, degrees east and north."""


@pytest.mark.parametrize(
    ("place", "day", "holder"),
    [
        ("Kyiv", "2022-04-10", A),
        ("Kyiv", "2025-06-01", A),
        ("Donetsk", "2022-04-10", B),
        ("Donetsk", "2025-06-01", B),
        ("Simferopol", "2024-06-01", B),
        ("Kherson", "2022-09-01", B),
        ("Kherson", "2022-11-20", A),
        ("Izium", "2022-08-01", B),
        ("Izium", "2022-09-20", A),
        ("Kupiansk", "2022-09-01", B),
        ("Kupiansk", "2022-09-20", A),
        ("Lyman", "2022-09-01", B),
        ("Lyman", "2022-10-10", A),
        ("Sievierodonetsk", "2022-05-01", A),
        ("Sievierodonetsk", "2022-07-10", B),
        ("Bakhmut", "2022-10-01", A),
        ("Bakhmut", "2023-06-30", B),
        ("Robotyne", "2023-05-01", B),
        ("Robotyne", "2023-09-30", A),
        ("Avdiivka", "2023-12-01", A),
        ("Avdiivka", "2024-03-01", B),
        ("Vuhledar", "2024-08-01", A),
        ("Vuhledar", "2024-10-15", B),
    ],
)
@pytest.mark.parametrize("source", ["deepstate", "liveuamap-nzz"])
def test_both_maps_agree_with_history(
    record: dict[str, ControlSeries], source: str, place: str, day: str, holder: int
) -> None:
    row, column = load_theatre("ukraine").grid.cell_of(*PLACES[place])
    assert record[source].at(time(f"{day}T23:59:59"))[row, column] == holder


def test_the_record_covers_its_time_on_the_theatres_ground(record: dict[str, ControlSeries]) -> None:
    theatre = load_theatre("ukraine")
    deepstate = record["deepstate"]
    assert len(deepstate) == 1089
    assert str(deepstate.known_at[0])[:10] == "2022-04-03"
    assert str(deepstate.known_at[-1])[:10] == "2025-06-30"
    for series in record.values():
        assert series.shape == theatre.grid.shape
        assert (series.known_at >= series.valid_time).all()
        assert (np.diff(series.known_at) >= np.timedelta64(0)).all()
        for index in (0, len(series) // 2, len(series) - 1):
            np.testing.assert_array_equal(series.control(index) == MASKED, ~theatre.land)


def test_no_day_of_the_record_is_broken(record: dict[str, ControlSeries]) -> None:
    """No map swings away and straight back, as a damaged or half-drawn one would (real changes stay)."""
    for source, series in record.items():
        areas = np.array([np.count_nonzero(series.control(index) == B) for index in range(len(series))])
        there, back = np.diff(areas)[:-1], np.diff(areas)[1:]
        undone = np.where(np.sign(there) != np.sign(back), np.minimum(np.abs(there), np.abs(back)), 0)
        assert undone.max() < 2000, (source, series.valid_time[undone.argmax() + 1])


def test_units_are_where_history_has_them() -> None:
    with Store.shipped() as store:
        units = store.units(time("2022-09-05T23:59:59"))
        late = store.units(time("2024-06-01T23:59:59"), source="deepstate")
    oob = units[units["source"] == "uawardata"]
    assert set(oob["side"]) == {"a", "b"}
    assert (oob["valid_time"] == oob["valid_time"].max()).all()
    assert oob["valid_time"].max().isoformat() <= "2022-09-05T23:59:59"
    assert len(late) > 100
    assert set(late["side"]) == {"b"}


def test_the_record_is_small_and_says_whose_it_is() -> None:
    folder = shipped_folder("ukraine")
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 5_000_000
    described = metadata("ukraine")
    assert described["data_vintage"] == "2025-06-30T23:59:59Z"
    assert all(source["attribution"] and source["terms"] for source in described["sources"])
    for table in TABLES:
        schema = pq.read_schema(folder / f"{table}.parquet")
        assert json.loads(schema.metadata[METADATA_KEY]) == described
    with Store.shipped() as store:
        files = store.sql("SELECT count(*) AS n, count(DISTINCT sha256) AS d, count(ingested_at) AS c FROM source_file")
        orphans = store.sql("SELECT count(*) AS n FROM control_map ANTI JOIN source_file ON file_id = id")
    assert files["n"][0] > 2000
    assert files["d"][0] > 1500, "some days' files repeat the day before, byte for byte"
    assert files["c"][0] == 0, "the clock of the machine that built it is left out"
    assert orphans["n"][0] == 0


def test_there_is_none_for_a_theatre_nobody_recorded() -> None:
    with pytest.raises(StoreError, match="ukraine"):
        Store.shipped("atlantis")


# ---- building it


RECIPE = """
title = "A small record"
[[source]]
path = "maps"
reader = "deepstate-snapshots"
title = "maps"
attribution = "nobody"
terms = "none"
"""


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    theatre = small_theatre(tmp_path)
    snapshots(tmp_path / "maps", 5)
    (tmp_path / "record.toml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "record.toml")
    made = [build(tmp_path, tmp_path / name, theatre, recipe) for name in ("one", "two")]
    for table in TABLES:
        one, two = ((tmp_path / name / f"{table}.parquet").read_bytes() for name in ("one", "two"))
        assert one == two
        assert made[0].sizes[table] == len(one)
    assert made[0].ingested.maps == 5
    areas = pq.read_table(tmp_path / "one" / "control_map.parquet")
    assert areas.num_rows == 5


def test_a_recipe_or_data_folder_that_is_wrong_is_named(tmp_path: Path) -> None:
    theatre = small_theatre(tmp_path)
    file = tmp_path / "record.toml"
    for text, message in (
        ("title = ", "not TOML"),
        ('titel = "x"', "title"),
        (RECIPE + 'colour = "red"', "colour"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=message):
            load_recipe(file)
    file.write_text(RECIPE)
    with pytest.raises(InputError, match="maps is not there"):
        build(tmp_path, tmp_path / "out", theatre, load_recipe(file))
    assert not (tmp_path / "out").exists()


# ---- how far two maps differ


def column_map(held: int) -> np.ndarray:
    """All land; b holds the `held` easternmost columns."""
    control = np.zeros(SHAPE, np.uint8)
    control[:, SHAPE[1] - held :] = B
    return control


def series(maps: list[np.ndarray], first_day: str = "2022-07-01", source: str = "one") -> ControlSeries:
    times = np.datetime64(first_day, "s") + np.arange(len(maps)) * np.timedelta64(1, "D")
    return ControlSeries(source, SHAPE, times, times, [encode_runs(control) for control in maps])


def test_lines_a_known_way_apart() -> None:
    one, other = series([column_map(20)] * 4), series([column_map(23)] * 4)
    (year,) = differences(one, other, cell_km=2.0)
    assert (year.year, year.days) == (2022, 4)
    assert (year.median_km, year.p90_km, year.p95_km) == (6.0, 6.0, 6.0)
    assert year.disagreement_km2 == year.second_ahead_km2 == 3 * 40 * 4.0
    assert year.line_km == 80.0
    assert year.shift_days == 0


@pytest.mark.parametrize("delay", [3, -2])
def test_a_delay_is_found(delay: int) -> None:
    advance = [column_map(10 + day // 2) for day in range(60)]
    late = [advance[int(np.clip(day - delay, 0, 59))] for day in range(60)]
    (year,) = differences(series(advance), series(late), cell_km=1.0)
    assert year.shift_days == delay
    assert year.disagreement_at_shift_km2 < 0.3 * year.disagreement_unshifted_km2
    assert year.turn_lag_days == delay
    assert year.turned_km2 > 0


def test_land_left_out_behind_the_line_is_no_difference() -> None:
    whole = column_map(30)
    gap = whole.copy()
    gap[10:20, -10:] = A  # held by a on this map, but behind the line of b
    (year,) = differences(series([whole] * 3), series([gap] * 3), cell_km=1.0)
    assert year.disagreement_km2 == 0
    assert year.p95_km == 0


def test_shores_and_borders_are_no_line() -> None:
    control = column_map(30)
    control[:, 40:45] = MASKED
    control[:, 5:9] = MASKED
    cells = line_cells(behind_line(control), control != MASKED)
    assert set(cells[:, 1]) == {SHAPE[1] - 30}


def test_a_line_against_no_line_has_no_distance() -> None:
    cells = np.argwhere(column_map(3) == B)
    assert line_distances(cells, cells[:0]).size == 0
    (year,) = differences(series([column_map(0)]), series([column_map(5)]), cell_km=1.0)
    assert np.isnan(year.median_km)
    assert year.disagreement_km2 == 200.0


def test_maps_without_a_common_day_cannot_be_compared() -> None:
    with pytest.raises(FrontcastError, match="no day in common"):
        differences(series([column_map(9)]), series([column_map(9)], "2023-01-01", "two"), cell_km=1.0)


def test_the_last_version_of_a_day_counts() -> None:
    one = series([column_map(20), column_map(20)])
    corrected = replace(one, valid_time=one.valid_time[[0, 0]], runs=[encode_runs(column_map(n)) for n in (35, 20)])
    (year,) = differences(one, corrected, cell_km=1.0)
    assert year.days == 1
    assert year.disagreement_km2 == 0


def test_the_two_shipped_maps_are_some_km_apart(record: dict[str, ControlSeries]) -> None:
    """The published numbers, on their last weeks; the whole table is `frontcast record check`."""
    recent = []
    for maps in record.values():
        start = int(np.searchsorted(maps.known_at, time("2025-06-01")))
        times = maps.valid_time[start:], maps.known_at[start:]
        recent.append(ControlSeries(maps.source, maps.shape, *times, maps.runs[start:]))
    (year,) = differences(recent[0], recent[1], cell_km=1.0)
    assert year.days >= 15
    assert 1.0 <= year.median_km <= 2.0
    assert 3.0 <= year.p90_km <= 6.0
    assert 1000 < year.disagreement_km2 < 2500


# ---- the command


def test_info_names_sources_and_terms() -> None:
    runner = CliRunner()
    said = runner.invoke(app, ["info", "--json"])
    assert said.exit_code == 0, said.output
    info = json.loads(said.stdout)
    assert {row["source"] for row in info["held"]} >= {"deepstate", "liveuamap-nzz", "uawardata"}
    plain = runner.invoke(app, ["info"])
    assert "DeepState" in plain.stdout
    assert "non-commercial" in " ".join(plain.stdout.split())


def test_build_by_command(tmp_path: Path) -> None:
    theatre = theatre_file(tmp_path)
    snapshots(tmp_path / "maps", 3)
    (tmp_path / "record.toml").write_text(RECIPE)
    out = tmp_path / "out"
    options = ["--from", tmp_path, "--out", out, "--theatre", theatre, "--recipe", tmp_path / "record.toml"]
    said = CliRunner().invoke(app, ["build", *map(str, options)])
    assert said.exit_code == 0, said.output
    assert "3 maps" in said.stdout
    assert sorted(file.stem for file in out.iterdir()) == sorted(TABLES)
    said = CliRunner().invoke(app, ["build", *map(str, ["--from", out, *options[2:]])])
    assert said.exit_code != 0
    assert "maps is not there" in str(said.exception)


def test_check_by_command(tmp_path: Path) -> None:
    path = tmp_path / "war.duckdb"
    with Store.open(path) as store:
        one = [chart(f"2022-07-0{day}", held=20) for day in range(1, 6)]
        other = [chart(f"2022-07-0{day}", held=24, source="atlas") for day in range(1, 6)]
        store.append(small_theatre(tmp_path), [*one, *other])
    options = ["--store", path, "--theatre", tmp_path / "small.toml", "--maps", "map", "atlas"]
    runner = CliRunner()
    said = runner.invoke(app, ["check", "--json", *map(str, options)])
    assert said.exit_code == 0, said.output
    (year,) = json.loads(said.stdout)["years"]
    assert (year["days"], year["median_km"], year["disagreement_km2"]) == (5, 4.0, 160.0)
    table = runner.invoke(app, ["check", *map(str, options)])
    assert table.exit_code == 0, table.output
    assert "4.0" in table.stdout
