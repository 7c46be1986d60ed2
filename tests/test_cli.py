"""The command line: every verb explains itself, errors are one line, and an interrupted run leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from storekit import small_theatre
from tiny import FIRST_DAY, INIT, SOURCE, store_file, theatre_file, tiny_series
from typer.testing import CliRunner

import frontcast
from frontcast import cli
from frontcast.cli import forecast as forecast_verb
from frontcast.store import Store
from frontcast.theatre import Theatre, load_theatre

Run = Callable[..., tuple[int, str, str]]

PRODUCT = {"forecast.zarr", "cells.parquet", "places.parquet", "lines.parquet", "run.json"}
PICTURES = {"map.png", "fan.png", "page.html"}
MODULE = [sys.executable, "-m", "frontcast"]
BROKEN_PIPE = "Traceback", "BrokenPipeError", "Exception ignored"


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return load_theatre(theatre_file(tmp_path_factory.mktemp("theatre")))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, theatre: Theatre) -> Path:
    return store_file(tmp_path_factory.mktemp("store") / "tiny.duckdb", theatre, tiny_series(theatre))


@pytest.fixture(scope="module")
def tiny(theatre: Theatre, store: Path) -> list[str]:
    """Options that say to work on the tiny theatre and its store."""
    return ["--theatre", str(theatre.file), "--source", SOURCE, "--store", str(store)]


SMALL = ["--init", INIT, "--days", "3", "--members", "20"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the program in this process as its entry point does: exit status, standard output and error."""

    def run_main(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["frontcast", *words])
        capfd.readouterr()
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        return status, *capfd.readouterr()

    return run_main


# ---- help


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        (["forecast"], ["--init", "--days", "--members", "--seed", "--config", "--out", "--store", "--no-pictures"]),
        (["picture"], ["--init", "--theatre", "--source", "--store", "--json"]),
        (["verify"], ["--from", "--to", "--split", "--every", "--leads", "--without", "--with", "--judge", "--out"]),
        (["verify"], ["--refit", "--dask", "--work", "--ledger", "--head"]),
        (["ingest"], ["--store", "--theatre", "--reader", "PATHS"]),
        (["record"], ["build", "info", "check"]),
        (["record", "build"], ["--from", "--out", "--recipe"]),
        (["record", "info"], ["--theatre", "--json"]),
        (["record", "check"], ["--maps", "--store", "--json"]),
        ([], ["--version", "forecast", "picture", "verify", "ingest", "record"]),
    ],
)
def test_every_verb_explains_itself(verb: list[str], options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    done = CliRunner().invoke(cli.app, [*verb, "--help"])
    assert done.exit_code == 0
    assert [option for option in options if option not in done.output] == []


def test_the_help_says_what_it_is_not(run: Run) -> None:
    status, told, _ = run("--help")
    assert status == 0
    assert "Not a targeting aid" in told


# ---- forecast


def test_forecast_writes_and_says_where(run: Run, tiny: list[str], tmp_path: Path) -> None:
    out = tmp_path / "forecast"
    status, told, error = run("forecast", *SMALL, *tiny, "--no-pictures", "--out", str(out))
    assert (status, error.strip()) == (0, "")
    assert set(os.listdir(out)) == PRODUCT
    assert f"Written to {out}/" in told.replace("\n", " ")
    assert "map.png" not in told
    assert "Western" in told or "West" in told


def test_a_forecast_is_issued_and_scored_and_an_edit_is_found(run: Run, tiny: list[str], tmp_path: Path) -> None:
    book = tmp_path / "book"
    options = [*SMALL, *tiny, "--no-pictures", "--ledger", str(book)]
    status, told, _ = run("forecast", *options, "--out", str(tmp_path / "issued"))
    assert status == 0
    assert f"Issued as entry 0 of {book}" in told
    published = told.split("can be checked: ")[1].split()[0]
    plain = tmp_path / "plain"
    assert run("forecast", *SMALL, *tiny, "--no-pictures", "--out", str(plain))[0] == 0
    assert (plain / "places.parquet").read_bytes() == (tmp_path / "issued" / "places.parquet").read_bytes()
    status, told, _ = run("verify", "--ledger", str(book), *tiny, "--head", published)
    assert status == 0
    assert "Leads scored now: 3" in told
    assert "afterwards" in told
    assert f"holds the published hash {published}" in told
    assert "Leads scored now: 0" in run("verify", "--ledger", str(book), *tiny)[1]
    file = book / "ledger.jsonl"
    file.write_text(file.read_text().replace('"lead_days": 2', '"lead_days": 1'))
    status, told, error = run("verify", "--ledger", str(book), *tiny)
    assert status == 1
    assert told == ""
    assert "was edited" in error
    assert "cannot be trusted" in error


def test_forecast_draws_unless_told_not_to_and_by_default_beside_the_day(
    run: Run, tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, told, _ = run("forecast", *SMALL, *tiny)
    assert status == 0
    out = tmp_path / "out" / f"forecast-{INIT}"
    assert set(os.listdir(out)) == PRODUCT | PICTURES
    assert "page.html" in told
    for name in ("map.png", "fan.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    page = (out / "page.html").read_text("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert "A tiny theatre" in page


def test_an_earlier_run_is_done_again_from_its_record(run: Run, tiny: list[str], store: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    assert run("forecast", *SMALL, *tiny, "--seed", "7", "--no-pictures", "--out", str(first))[0] == 0
    config = ["--config", str(first / "run.json"), "--store", str(store)]
    assert run("forecast", *config, "--no-pictures", "--out", str(again))[0] == 0
    assert (again / "run.json").read_bytes() == (first / "run.json").read_bytes()
    assert (again / "cells.parquet").read_bytes() == (first / "cells.parquet").read_bytes()


# ---- what the user can mend


def refused(result: tuple[int, str, str], *says: str) -> None:
    status, told, error = result
    assert status != 0
    assert "Traceback" not in error + told
    assert told.strip() == ""
    one_line = " ".join(error.split())
    assert [words for words in says if words not in one_line] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["forecast", "--init", "yesterday"], ["frontcast: ", "init_time", "2022-09-05"]),
        (["forecast"], ["frontcast: ", "init_time", "missing"]),
        (["picture", "--init", "2022-13-01"], ["frontcast: ", "init_time", "2022-09-05"]),
        (["forecast", "--init", INIT, "--days", "0"], ["days", "1"]),
        (["forecast", "--init", INIT, "--days", "many"], ["--days", "integer"]),
        (["forecast", "--init", INIT, "--theatre", "atlantis"], ["atlantis", "ukraine"]),
        (["forecast", "--init", INIT, "--source", "nobody"], ["nobody", "It has:", "deepstate"]),
        (["picture", "--init", "2021-01-01"], ["no map of deepstate was known", "the first became known at"]),
        (["forecast", "--init", INIT, "--store", "none.duckdb"], ["none.duckdb", "no such store", "frontcast ingest"]),
        (["forecast", "--init", INIT, "--config", "none.toml"], ["none.toml", "cannot be read"]),
        (["ingest", "none.zip", "--store", "new.duckdb"], ["none.zip"]),
        (["record", "info", "--theatre", "atlantis"], ["atlantis", "ukraine"]),
        (["retreat"], ["retreat"]),
        (["picture"], ["--init"]),
    ],
)
def test_what_the_user_can_mend_is_said_in_one_line(
    run: Run, words: list[str], says: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    refused(run(*words), *says)
    assert os.listdir(tmp_path) == []


def test_a_day_after_the_newest_maps_is_refused(run: Run, tiny: list[str], tmp_path: Path) -> None:
    out = tmp_path / "late"
    refused(run("forecast", "--init", "2023-09-01", *tiny, "--out", str(out)), "days old", "earlier --init")
    assert not out.exists()


def test_a_file_that_is_no_store_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a store " * 1000)
    refused(run("picture", "--init", INIT, "--store", str(tmp_path / "notes.txt")), "not a store")


def test_a_theatre_of_another_grid_than_its_store_is_refused(
    run: Run, store: Path, theatre: Theatre, tmp_path: Path
) -> None:
    moved = theatre.file.read_text().replace("east = 60000", "east = 50000")
    (tmp_path / "tiny.toml").write_text(moved)
    (tmp_path / "border.geojson").write_bytes((theatre.file.parent / "border.geojson").read_bytes())
    options = ["--theatre", str(tmp_path / "tiny.toml"), "--source", SOURCE, "--store", str(store)]
    refused(run("picture", "--init", INIT, *options), "grid")


def test_a_store_of_two_theatres_is_read_for_the_one_named(run: Run, theatre: Theatre, tmp_path: Path) -> None:
    path = store_file(tmp_path / "both.duckdb", theatre, tiny_series(theatre))
    other = small_theatre(tmp_path)
    with Store.open(path) as both:
        both.append(other, [])
        assert len(both.sql("SELECT * FROM theatre")) == 2
    options = ["--source", SOURCE, "--store", str(path)]
    status, told, _ = run("picture", "--init", INIT, "--theatre", str(theatre.file), *options, "--json")
    assert status == 0
    assert json.loads(told)["vintage"] == f"{INIT}T12:00:00"
    refused(run("picture", "--init", INIT, "--theatre", str(other.file), *options), "small")


# ---- picture


def test_picture_prints_json_for_programs(run: Run, tiny: list[str], theatre: Theatre) -> None:
    status, told, error = run("picture", "--init", INIT, *tiny, "--json")
    assert (status, error) == (0, "")
    facts = json.loads(told)
    assert facts["init_time"] == f"{INIT}T23:59:59"
    assert facts["source"] == SOURCE
    areas = [facts["holders"][holder]["area_km2"] for holder in ("a", "grey", "b")]
    assert sum(areas) == theatre.land.sum()
    assert areas[1] == 100
    assert facts["holders"]["b"]["odds"] > 1 > facts["holders"]["a"]["odds"]
    assert facts["holders"]["b"]["restless_km2"] > facts["holders"]["a"]["restless_km2"]


def test_picture_prints_a_table_for_people(run: Run, tiny: list[str]) -> None:
    status, told, _ = run("picture", "--init", INIT, *tiny)
    assert status == 0
    assert "A tiny theatre" in told
    assert "West" in told
    assert "East" in told


def test_picture_of_the_first_day(run: Run, tiny: list[str]) -> None:
    status, told, _ = run("picture", "--init", str(FIRST_DAY)[:10], *tiny, "--json")
    assert status == 0
    assert json.loads(told)["holders"]["b"]["odds"] == 1


def test_record_info_is_json_for_programs(run: Run) -> None:
    status, told, _ = run("record", "info", "--json")
    assert status == 0
    assert any(row["source"] == "deepstate" for row in json.loads(told)["held"])


# ---- interrupted


@pytest.mark.parametrize("at", ["run_forecast", "write_product"])
def test_an_interrupted_forecast_leaves_no_folder(
    run: Run, tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(forecast_verb, at, interrupt)
    status, told, error = run("forecast", *SMALL, *tiny, "--out", str(tmp_path / "forecast"))
    assert status != 0
    assert "Traceback" not in error + told
    assert os.listdir(tmp_path) == []


ANNOUNCED = """
import sys
import frontcast.forecast.product as product
run_ensemble = product.run_ensemble
def announced(*args, **kwargs):
    print("members are running", flush=True)
    return run_ensemble(*args, **kwargs)
product.run_ensemble = announced
from frontcast.cli import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_ctrl_c_stops_a_forecast_and_leaves_nothing(tiny: list[str], tmp_path: Path) -> None:
    words = ["forecast", "--init", INIT, "--days", "3", "--members", "10000", *tiny, "--out", str(tmp_path / "long")]
    with subprocess.Popen(
        [sys.executable, "-c", ANNOUNCED, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "members are running\n"
        process.send_signal(signal.SIGINT)
        told, error = process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    assert "Traceback" not in error
    assert "Written" not in told
    assert os.listdir(tmp_path) == []


# ---- as a program


def test_it_runs_as_a_module_and_tells_its_version() -> None:
    done = subprocess.run([*MODULE, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"frontcast {frontcast.__version__}"
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_reader_that_has_seen_enough_is_no_error(tiny: list[str], as_json: bool) -> None:
    # As `frontcast picture ... | head` when head is already gone.
    reading, writing = os.pipe()
    os.close(reading)
    words = ["picture", "--init", INIT, *tiny, *(["--json"] if as_json else [])]
    try:
        done = subprocess.run([*MODULE, *words], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert [word for word in BROKEN_PIPE if word in done.stderr] == []
