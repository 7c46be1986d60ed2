"""A forecast's choices and its product: strict at the door, the same bytes each time, nothing left behind on failure."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tiny import FRONT, INIT, SOURCE, poisoned, theatre_file, tiny_series

from frontcast.errors import FrontcastError, InputError
from frontcast.forecast import (
    EnsembleResult,
    ForecastConfig,
    default_leads,
    forecast,
    load_config,
    parse_time,
    to_dataset,
    write_product,
)
from frontcast.forecast import product as product_module
from frontcast.picture import Picture
from frontcast.store import ControlSeries
from frontcast.theatre import HOLDERS, MASKED, Theatre, load_theatre

DAYS, MEMBERS = 3, 20
FILES = {"forecast.zarr", "cells.parquet", "places.parquet", "lines.parquet", "run.json"}
HERE = "the command line"


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return load_theatre(theatre_file(tmp_path_factory.mktemp("theatre")))


@pytest.fixture(scope="module")
def series(theatre: Theatre) -> ControlSeries:
    return tiny_series(theatre)


def choices(theatre: Theatre, **changes: object) -> ForecastConfig:
    given = {"init_time": INIT, "days": DAYS, "members": MEMBERS, "source": SOURCE, "theatre": str(theatre.file)}
    return load_config(None, **{**given, **changes})


def write(folder: Path, series: ControlSeries, theatre: Theatre, **changes: object) -> Path:
    config = choices(theatre, **changes)
    write_product(folder, config, series, *forecast(series, theatre, config))
    return folder


Made = tuple[ForecastConfig, Picture, EnsembleResult]


@pytest.fixture(scope="module")
def made(series: ControlSeries, theatre: Theatre) -> Made:
    config = choices(theatre)
    return config, *forecast(series, theatre, config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, series: ControlSeries, made: Made) -> Path:
    path = tmp_path_factory.mktemp("product") / "forecast"
    config, picture, result = made
    write_product(path, config, series, picture, result)
    return path


@pytest.fixture(scope="module")
def dataset(folder: Path) -> xr.Dataset:
    with xr.open_dataset(folder / "forecast.zarr", engine="zarr", decode_timedelta=True) as opened:
        return opened.load()


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder, by path within it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ---- choices


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"horizon": 3}, "horizon", "The keys are theatre, source, init_time, days"),
        ({"init_time": None}, "init_time", "is missing"),
        ({"init_time": "5 September"}, "init_time", "write it as 2022-09-05"),
        ({"init_time": "2022-02-30"}, "init_time", "write it as 2022-09-05"),
        ({"init_time": "2022-09-05T18:00+03:00"}, "init_time", "not in UTC"),
        ({"days": "soon"}, "days", "integer"),
        ({"days": 2.5}, "days", "integer"),
        ({"days": 0}, "days", "greater than or equal to 1"),
        ({"days": 181}, "days", "less than or equal to 180"),
        ({"lead_days": [3, 1]}, "", "ascending days from 1 to 14"),
        ({"lead_days": [1, 1]}, "", "ascending days from 1 to 14"),
        ({"lead_days": [0, 1]}, "", "ascending days from 1 to 14"),
        ({"lead_days": [1, 15]}, "", "ascending days from 1 to 14"),
        ({"members": 1}, "members", "greater than or equal to 2"),
        ({"members": 100_000}, "members", "less than or equal to 10000"),
        ({"seed": -1}, "seed", "greater than or equal to 0"),
        ({"model_cell_km": 0}, "model_cell_km", "greater than 0"),
        ({"model_cell_km": float("inf")}, "model_cell_km", "finite"),
        ({"parameters": {"stride_km": 1e6}}, "parameters", "stride_km = 1000000.0 is outside"),
        ({"parameters": {"stride_km": float("nan")}}, "parameters", "stride_km = nan is outside"),
        ({"parameters": {"stride_kms": 1.0}}, "parameters", "there are .*stride_km"),
        ({"parameters": {"stride_km": "long"}}, "parameters.stride_km", "number"),
    ],
)
def test_a_wrong_choice_is_named_with_what_would_be_right(changes: dict[str, object], place: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        load_config(None, **{"init_time": INIT, **changes})
    assert caught.value.file == HERE
    assert place in caught.value.place
    assert caught.value.remedy


def test_a_wrong_choice_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f'init_time = "{INIT}"\ndays = 999\n')
    with pytest.raises(InputError, match=re.escape(f"{path}, days: ")):
        load_config(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken.toml", "days = = 3"),
        ("broken.json", "{"),
        ("list.json", "[]"),
        ("other.json", "{}"),
        ("odd.json", '{"config": [1, 2]}'),
        ("odder.json", '{"config": "none"}'),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(str(path))):
        load_config(path)


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            load_config(path)


def test_a_bare_date_is_the_end_of_its_day() -> None:
    assert parse_time("2022-09-05") == np.datetime64("2022-09-05T23:59:59", "s")
    assert parse_time(" 2022-09-05T18:00 ") == np.datetime64("2022-09-05T18:00:00", "s")
    assert parse_time("2022-09-05T18:00Z") == np.datetime64("2022-09-05T18:00:00", "s")
    assert load_config(None, init_time="2022-09-05").time == np.datetime64("2022-09-05T23:59:59", "s")


def test_leads_are_daily_for_two_weeks_and_end_with_the_last_day() -> None:
    assert default_leads(3) == (1, 2, 3)
    assert default_leads(14) == tuple(range(1, 15))
    assert default_leads(40) == (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 40)
    for days in range(1, 181):
        leads = default_leads(days)
        assert leads[-1] == days
        assert list(leads) == sorted(set(leads))


def test_a_file_says_the_same_as_the_command_line_and_is_overruled_by_it(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f'init_time = "{INIT}"\ndays = 7\nmembers = 30\n[parameters]\nstride_km = 2.0\n')
    told = load_config(None, init_time=INIT, days=7, members=30, parameters={"stride_km": 2.0})
    assert load_config(path) == told
    assert load_config(path).digest == told.digest
    changed = load_config(path, days=5, members=None)
    assert (changed.days, changed.members) == (5, 30)
    assert changed.digest != told.digest


def test_a_date_in_toml_needs_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f"init_time = {INIT}\n")
    assert load_config(path) == load_config(None, init_time=INIT)


def test_the_run_of_a_forecast_is_its_configuration(folder: Path, made: Made) -> None:
    again = load_config(folder / "run.json")
    assert again == made[0]
    assert again.digest == made[0].digest == json.loads((folder / "run.json").read_text())["config_sha256"]


# ---- the same again, and nothing from the future


def test_the_same_choices_give_the_same_bytes_and_another_seed_others(
    tmp_path: Path, folder: Path, series: ControlSeries, theatre: Theatre
) -> None:
    expected = contents(folder)
    assert {path.split("/")[0] for path in expected} == FILES
    assert contents(write(tmp_path / "again", series, theatre)) == expected
    other = contents(write(tmp_path / "other", series, theatre, seed=2))
    assert other.keys() == expected.keys()
    # What the seed decides differs; what it does not, is the same.
    probabilities = [path for path in expected if path.startswith("forecast.zarr/control_probability/0")]
    assert any(other[path] != expected[path] for path in probabilities)
    assert all(other[path] == expected[path] for path in expected if "/initial_control/" in path)


def test_maps_known_later_change_not_one_byte(
    tmp_path: Path, folder: Path, series: ControlSeries, theatre: Theatre
) -> None:
    noisy = poisoned(series, parse_time(INIT))
    assert contents(write(tmp_path / "noisy", noisy, theatre)) == contents(folder)


# ---- the data set


def test_the_data_set_follows_cf(dataset: xr.Dataset, theatre: Theatre) -> None:
    assert dataset.attrs["Conventions"].startswith("CF-")
    assert {"title", "institution", "source", "data_vintage"} <= dataset.attrs.keys()
    assert dataset.attrs["data_vintage"] <= INIT + "T23:59:59"
    names = {
        "init_time": "forecast_reference_time",
        "lead_time": "forecast_period",
        "valid_time": "time",
        "y": "projection_y_coordinate",
        "x": "projection_x_coordinate",
        "member": "realization",
    }
    assert {name: dataset[name].attrs["standard_name"] for name in names} == names
    assert dataset["x"].attrs["units"] == dataset["y"].attrs["units"] == "m"
    for name in ("control_probability", "change_probability", "initial_control", "ground_control_probability"):
        mapping = dataset[name].attrs.get("grid_mapping") or dataset[name].encoding["grid_mapping"]
        assert dataset[mapping].attrs["grid_mapping_name"] == "lambert_azimuthal_equal_area"
    assert dataset["initial_control"].attrs["flag_meanings"].split() == list(HOLDERS)
    assert np.array_equal(dataset["x"], theatre.grid.x)
    assert np.array_equal(dataset["y"], theatre.grid.y)
    start = np.datetime64(f"{INIT}T23:59:59", "ns")
    assert dataset["init_time"].values == start
    assert (dataset["lead_time"].values == np.arange(1, DAYS + 1).astype("timedelta64[D]")).all()
    assert (dataset["valid_time"].values == start + dataset["lead_time"].values).all()


def test_probabilities_are_member_counts_on_land_and_nothing_elsewhere(dataset: xr.Dataset, theatre: Theatre) -> None:
    control = dataset["control_probability"]
    assert control.dims == ("init_time", "lead_time", "holder", "y", "x")
    assert list(control["holder"].values) == list(HOLDERS)
    assert control.encoding["dtype"] == np.uint8
    values = control.values
    assert (np.isfinite(values) == theatre.land).all()
    on_land = values[..., theatre.land]
    assert on_land.min() >= 0
    assert on_land.max() <= 1 + 1e-6
    assert np.allclose(on_land.sum(axis=2), 1, atol=1e-5)
    assert np.allclose(on_land * MEMBERS, np.round(on_land * MEMBERS), atol=1e-4)
    ground = dataset["ground_control_probability"]
    assert np.allclose(ground.sum("holder", skipna=False).values[np.isfinite(ground[:, :, 0].values)], 1, atol=1e-5)
    # The map's own error makes the ground less certain than the map.
    doubt = [float((field * (1 - field)).mean()) for field in (control, ground)]
    assert doubt[1] > doubt[0]


def test_change_is_what_the_initial_holder_does_not_keep(dataset: xr.Dataset, theatre: Theatre, made: Made) -> None:
    initial = dataset["initial_control"].values[0]
    assert (initial[~theatre.land] == MASKED).all()
    assert np.array_equal(initial, made[1].control)
    row, column = np.nonzero(theatre.land)
    change = dataset["change_probability"].values[0][:, row, column]
    for lead in range(DAYS):
        kept = dataset["control_probability"].values[0, lead][initial[row, column], row, column]
        assert np.allclose(change[lead], 1 - kept, atol=1e-5)
    assert np.isnan(dataset["change_probability"].values[0][:, ~theatre.land]).all()
    assert change.max() > 0.2, "the sector that moves is not certain"
    assert (np.diff(change.mean(axis=1)) > 0).all(), "the longer the lead, the less is certain"
    far = np.abs(column - FRONT) > 40
    assert change[:, far].max() == 0


def test_held_area_begins_at_the_map(dataset: xr.Dataset, made: Made, theatre: Theatre) -> None:
    area = dataset["held_area"]
    assert area.dims == ("init_time", "lead_day", "member", "holder")
    assert list(area["lead_day"].values) == list(range(DAYS + 1))
    assert area.sizes["member"] == MEMBERS
    start = [(made[1].control == value).sum() * theatre.grid.cell_area_km2 for value in range(3)]
    assert (area.values[0, 0] == np.float32(start)).all()
    assert np.allclose(area.sum("holder"), theatre.land.sum() * theatre.grid.cell_area_km2, rtol=1e-4)
    assert area.sel(holder="b").values[0, -1].std() > 0, "members differ"


def test_more_members_take_no_more_room(series: ControlSeries, theatre: Theatre, made: Made) -> None:
    config = choices(theatre, members=60)
    picture, result = forecast(series, theatre, config)
    few, many = to_dataset(*made[1:]), to_dataset(picture, result)
    for name in few.data_vars:
        if name != "held_area":
            assert many[name].nbytes == few[name].nbytes, name
            assert many[name].encoding.get("dtype") == few[name].encoding.get("dtype"), name
    assert many["held_area"].nbytes == 3 * few["held_area"].nbytes
    assert result.member_control is None
    for name in ("held_a", "held_b", "ground_held_a", "ground_held_b"):
        assert getattr(result, name).nbytes == getattr(made[2], name).nbytes


def test_members_are_kept_where_asked_for(series: ControlSeries, theatre: Theatre, made: Made) -> None:
    config = choices(theatre, keep_members=True)
    picture, result = forecast(series, theatre, config)
    dataset = to_dataset(picture, result)
    assert dataset["member_control"].dims == ("init_time", "member", "lead_time", "model_y", "model_x")
    assert dataset["member_control"].shape == (1, MEMBERS, DAYS, 50, 60)
    assert set(np.unique(dataset["member_control"])) <= {0, 1, 2}
    assert np.array_equal(result.held_b, made[2].held_b), "keeping members does not change them"


@pytest.mark.parametrize("cell_km", [1.5, 0.3, 7.0])
def test_a_model_cell_must_fit_the_record(series: ControlSeries, theatre: Theatre, cell_km: float) -> None:
    with pytest.raises(FrontcastError, match="model_cell_km"):
        forecast(series, theatre, choices(theatre, model_cell_km=cell_km))


# ---- the tables


def test_lines_are_where_the_front_is(folder: Path, theatre: Theatre) -> None:
    lines = gpd.read_parquet(folder / "lines.parquet")
    assert list(lines.columns) == ["lead_day", "side", "quantile", "geometry"]
    assert lines.crs == "EPSG:4326"
    assert len(lines) == DAYS * 2 * 3
    assert set(lines["side"]) == {"a", "b"}
    assert set(lines["quantile"]) == {0.1, 0.5, 0.9}
    assert not lines.geometry.is_empty.any()

    def easting(side: str, quantile: float, lead: int, south: float, north: float) -> np.ndarray:
        chosen = (lines["lead_day"] == lead) & (lines["side"] == side) & (lines["quantile"] == quantile)
        points = lines[chosen].to_crs(theatre.grid.crs).get_coordinates()
        return points["x"].to_numpy()[points["y"].between(south, north)]

    # Far south of the sector nothing stirs: b's line is on x = 0, a's a grey cell further west.
    for side, where in (("b", 0.0), ("a", -1000.0)):
        median = easting(side, 0.5, 1, -45e3, -20e3)
        assert len(median) > 10
        assert np.abs(median - where).max() < 600
    # In the sector b comes west with the quantile: the 0.9 line is as far as it reaches in 90 % of the members.
    reach = [easting("b", quantile, DAYS, 3e3, 17e3).mean() for quantile in (0.1, 0.5, 0.9)]
    assert reach[0] > reach[1] > reach[2]


def test_cells_are_hexagons_with_chances(folder: Path) -> None:
    cells = pd.read_parquet(folder / "cells.parquet")
    assert {"h3", "h3_hex", "lead_day", "holder_now", "p_a", "p_grey", "p_b", "p_change"} <= set(cells.columns)
    assert cells["h3"].dtype == np.uint64
    assert (cells["h3"] == [int(name, 16) for name in cells["h3_hex"]]).all()
    assert all(h3.is_valid_cell(name) for name in cells["h3_hex"].unique())
    chances = cells[["p_a", "p_grey", "p_b", "p_change"]].to_numpy()
    assert np.isfinite(chances).all()
    assert chances.min() >= 0
    assert chances.max() <= 1
    assert np.allclose(chances[:, :3].sum(axis=1), 1)
    assert set(cells["lead_day"]) == set(range(1, DAYS + 1))
    assert not cells.duplicated(["h3", "lead_day"]).any()
    _, lon = h3.cell_to_latlng(cells.loc[cells["p_change"].idxmax(), "h3_hex"])
    assert abs(lon - 35.3) < 0.3, "the most restless cell is by the front"
    assert set(cells["holder_now"]) <= set(HOLDERS)


def test_places_agree_with_the_map(folder: Path, dataset: xr.Dataset, theatre: Theatre) -> None:
    places = pd.read_parquet(folder / "places.parquet")
    assert {"name", "lon", "lat", "population", "holder_now", "lead_day", "p_a", "p_grey", "p_b", "p_change"} <= set(
        places.columns
    )
    assert len(places) >= DAYS
    row, column = theatre.grid.cell_of(places["lon"], places["lat"])
    assert theatre.land[row, column].all()
    holder = dataset["initial_control"].values[0, row, column]
    assert (np.array(HOLDERS)[holder] == places["holder_now"]).all()
    now = places[places["lead_day"] == 1].set_index("name")["holder_now"]
    assert now.to_dict() == {
        "Westerby": "a",
        "Middleham": "grey",
        "Frontford": "grey",
        "Lostwick": "b",
        "Easterby": "b",
        "Farmouth": "b",
    }
    change = places.groupby("name")["p_change"].max()
    assert change["Middleham"] > change["Frontford"]
    assert change[["Westerby", "Easterby", "Farmouth"]].max() == 0
    index = places["lead_day"].to_numpy() - 1
    expected = dataset["control_probability"].values[0, index, :, row, column]
    assert np.allclose(places[["p_a", "p_grey", "p_b"]], expected, atol=1e-5)
    assert np.allclose(places["p_change"], 1 - expected[np.arange(len(holder)), holder], atol=1e-5)


# ---- writing


def test_an_earlier_forecast_is_replaced(tmp_path: Path, series: ControlSeries, made: Made, folder: Path) -> None:
    out = tmp_path / "forecast"
    config, picture, result = made
    write_product(out, config, series, picture, result)
    (out / "map.png").write_text("of the earlier forecast")
    write_product(out, config, series, picture, result)
    assert contents(out) == contents(folder), "nothing of the earlier forecast is left"
    assert os.listdir(tmp_path) == ["forecast"]


def test_an_empty_folder_is_taken(tmp_path: Path, series: ControlSeries, made: Made) -> None:
    (tmp_path / "new").mkdir()
    write_product(tmp_path / "new", made[0], series, *made[1:])
    assert set(os.listdir(tmp_path / "new")) == FILES


@pytest.mark.parametrize("held", ["notes.txt", "run.json"])
def test_what_is_no_forecast_is_left_alone(tmp_path: Path, series: ControlSeries, made: Made, held: str) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / held).write_text("years of work")
    with pytest.raises(FrontcastError, match=r"no earlier forecast.*--out"):
        write_product(out, made[0], series, *made[1:])
    assert (out / held).read_text() == "years of work"
    assert os.listdir(tmp_path) == ["mine"]


def test_a_file_in_the_way_is_left_alone(tmp_path: Path, series: ControlSeries, made: Made) -> None:
    (tmp_path / "taken").write_text("a file")
    for out in (tmp_path / "taken", tmp_path / "taken" / "forecast"):
        with pytest.raises(FrontcastError, match="taken"):
            write_product(out, made[0], series, *made[1:])
    assert (tmp_path / "taken").read_text() == "a file"
    assert os.listdir(tmp_path) == ["taken"]


def test_a_name_too_long_is_refused(tmp_path: Path, series: ControlSeries, made: Made) -> None:
    with pytest.raises(FrontcastError, match="cannot be written"):
        write_product(tmp_path / ("x" * 300), made[0], series, *made[1:])
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path, series: ControlSeries, made: Made) -> None:
    parent = tmp_path / "locked"
    parent.mkdir(mode=0o500)
    with pytest.raises(FrontcastError, match="cannot be written"):
        write_product(parent / "forecast", made[0], series, *made[1:])
    assert os.listdir(parent) == []


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_half_way_leaves_the_earlier_forecast(
    tmp_path: Path, series: ControlSeries, made: Made, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    out = tmp_path / "forecast"
    write_product(out, made[0], series, *made[1:])
    before = contents(out)

    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(product_module, "cells_table", fail)
    kind = FrontcastError if isinstance(trouble, OSError) else KeyboardInterrupt
    with pytest.raises(kind):
        write_product(out, made[0], series, *made[1:])
    assert contents(out) == before
    with pytest.raises(kind):
        write_product(tmp_path / "other", made[0], series, *made[1:])
    assert os.listdir(tmp_path) == ["forecast"]


def test_the_folder_one_is_in_is_refused(
    tmp_path: Path, series: ControlSeries, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To replace it whole would leave the shell in a folder that is gone.
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for out in (Path("."), Path(".."), tmp_path / "here"):
        with pytest.raises(FrontcastError, match="the folder you are in"):
            write_product(out, made[0], series, *made[1:])
    write_product(Path("in-it"), made[0], series, *made[1:])
    assert set(os.listdir("in-it")) == FILES
    assert os.listdir("..") == ["here"]


def test_a_link_to_a_forecast_stays_a_link(tmp_path: Path, series: ControlSeries, made: Made) -> None:
    write_product(tmp_path / "first", made[0], series, *made[1:])
    (tmp_path / "latest").symlink_to("first")
    (tmp_path / "first" / "map.png").write_text("of the earlier forecast")
    write_product(tmp_path / "latest", made[0], series, *made[1:])
    assert (tmp_path / "latest").is_symlink()
    assert set(os.listdir(tmp_path / "first")) == FILES
