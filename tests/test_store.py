"""The store: append-only, bitemporal, and unharmed by whatever goes wrong."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time as clock
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from storekit import SHAPE, chart, sighting, small_theatre, time

from frontcast.errors import InputError
from frontcast.observe import Read, ReadWarning
from frontcast.store import NoObservationError, Store, StoreError
from frontcast.store.series import decode_runs, encode_runs
from frontcast.theatre import Theatre


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return small_theatre(tmp_path_factory.mktemp("theatre"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "war.duckdb"


def fill(path: Path, theatre: Theatre, *reads: Read) -> None:
    with Store.open(path) as store:
        store.append(theatre, reads)


def held(control: np.ndarray) -> int:
    """Number of columns that b holds."""
    return int((control[0] == 2).sum())


# ---- the run-length code


@settings(deadline=None)  # the machine may be busy
@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1, 2, 255])))
def test_runs_give_back_the_map(control: np.ndarray) -> None:
    lengths, values = encode_runs(control)
    assert lengths.sum() == control.size
    assert (values[1:] != values[:-1]).all()
    np.testing.assert_array_equal(decode_runs(lengths, values, control.shape), control)


# ---- what was true when, and known when


def test_maps_come_back_as_they_went_in(path: Path, theatre: Theatre) -> None:
    noise = np.random.default_rng(1).choice(np.array([0, 1, 2, 255], np.uint8), SHAPE)
    maps = [replace(chart("2022-07-02"), control=noise), chart("2022-07-03", held=12)]
    fill(path, theatre, *maps)
    with Store.open(path, read_only=True) as store:
        series = store.control("map")
        files = store.sql("SELECT file, sha256 FROM source_file ORDER BY file")
    assert series.shape == SHAPE
    np.testing.assert_array_equal(series.valid_time, [m.valid_time for m in maps])
    for index, given_map in enumerate(maps):
        np.testing.assert_array_equal(series.control(index), given_map.control)
    assert list(files["sha256"]) == [m.provenance.sha256 for m in maps]


def test_a_map_counts_from_the_time_it_was_known(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01", held=10), chart("2022-07-02", known="2022-07-05", held=20))
    with Store.open(path) as store:
        series = store.control("map")
        early = store.control("map", as_of=time("2022-07-04"))
    assert held(series.at(time("2022-07-04T23:59:59"))) == 10
    assert held(series.at(time("2022-07-05"))) == 20
    assert len(early) == 1
    with pytest.raises(NoObservationError, match="2022-06-30"):
        series.at(time("2022-06-30"))


def test_a_correction_replaces_its_own_day_only_and_only_from_then_on(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01", held=10), chart("2022-07-02", held=20))
    fill(path, theatre, chart("2022-07-02", known="2022-07-03", held=22))
    fill(path, theatre, chart("2022-07-01", known="2022-07-09", held=11))
    with Store.open(path) as store:
        series = store.control("map")
    assert held(series.at(time("2022-07-02T12:00:00"))) == 20
    assert held(series.at(time("2022-07-04"))) == 22
    assert held(series.at(time("2022-07-10"))) == 22, "an old day, corrected late, is not the newest map"
    assert len(series.known_by(time("2022-07-08"))) == 3


def test_units_are_those_of_the_newest_report_known(path: Path, theatre: Theatre) -> None:
    first = [sighting("2022-07-01", unit) for unit in ("1st", "2nd")]
    second = [sighting("2022-07-08", "1st", known="2022-07-10", lon=36.1)]
    other = [sighting("2022-07-02", "3rd", source="other")]
    fill(path, theatre, *first, *second, *other)
    with Store.open(path) as store:
        before, after = store.units(time("2022-07-09")), store.units(time("2022-07-10"))
        one = store.units(time("2022-07-10"), source="other")
        none = store.units(time("2022-06-01"))
    assert sorted(before["unit"]) == ["1st", "2nd", "3rd"]
    assert sorted(after["unit"]) == ["1st", "3rd"]
    assert after.set_index("unit").loc["1st", "lon"] == pytest.approx(36.1)
    assert list(one["unit"]) == ["3rd"]
    assert none.empty
    assert after["strength"].isna().all()


def test_sources_and_held_area_can_be_asked_for(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01", held=10), chart("2022-07-02"), sighting("2022-07-01", "1st"))
    with Store.open(path, read_only=True) as store:
        sources = store.sources().set_index("kind")
        area = store.sql("SELECT holder, area_km2 FROM held_area WHERE valid_time = '2022-07-01' ORDER BY holder")
    assert sources.loc["control", "rows"] == 2
    assert sources.loc["units", "source"] == "units"
    assert area["area_km2"].tolist() == [50 * 40.0, 10 * 40.0]


# ---- nothing twice, nothing changed


def test_the_same_again_changes_nothing(path: Path, theatre: Theatre) -> None:
    reads = [chart("2022-07-01"), sighting("2022-07-01", "1st"), sighting("2022-07-01", "2nd")]
    with Store.open(path) as store:
        first = store.append(theatre, reads)
    before = path.read_bytes()
    with Store.open(path) as store:
        again = store.append(theatre, reads)
        counts = store.sources()["rows"].tolist()
    assert (first.files, first.maps, first.sightings) == (2, 1, 2)
    assert (again.files, again.maps, again.sightings) == (0, 0, 0)
    assert (again.maps_known, again.sightings_known) == (1, 2)
    assert counts == [1, 2]
    assert path.read_bytes() == before


def test_the_same_twice_in_one_ingest_counts_once(path: Path, theatre: Theatre) -> None:
    reads = [chart("2022-07-01"), sighting("2022-07-01", "1st")]
    with Store.open(path) as store:
        done = store.append(theatre, [*reads, *reads])
    assert (done.maps, done.maps_known, done.sightings, done.sightings_known) == (1, 1, 1, 1)


def test_the_past_is_not_overwritten_by_another_map_of_the_same_time(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01", held=10))
    with Store.open(path) as store:
        done = store.append(theatre, [chart("2022-07-01", held=30), chart("2022-07-02", held=31)])
        series = store.control("map")
    assert done.maps == 1
    (warning,) = done.warnings
    assert warning.file == "map-2022-07-01--30.json"
    assert [held(series.control(index)) for index in range(2)] == [10, 31]


@pytest.mark.parametrize("query", ["DELETE FROM control_map", "SELECT 1; DROP TABLE control_map", "UPDATE x SET y = 1"])
def test_sql_can_only_ask(path: Path, theatre: Theatre, query: str) -> None:
    fill(path, theatre, chart("2022-07-01"))
    with Store.open(path) as store:
        with pytest.raises(StoreError):
            store.sql(query)
        assert len(store.control("map")) == 1


# ---- what goes wrong leaves the store as it was


def broken(*reads: Read) -> Iterator[Read]:
    yield from reads
    raise InputError("third.json", "line 1", "it is not JSON", "Fetch it again")


def test_an_error_midway_leaves_the_store_as_it_was(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01"))
    before = path.read_bytes()
    with Store.open(path) as store:
        with pytest.raises(InputError, match=r"third\.json"):
            store.append(theatre, broken(chart("2022-07-02"), sighting("2022-07-02", "1st")))
        assert len(store.control("map")) == 1
    assert path.read_bytes() == before


def test_a_new_store_that_received_nothing_is_not_left_behind(path: Path, theatre: Theatre) -> None:
    with Store.open(path) as store, pytest.raises(InputError):
        store.append(theatre, broken(chart("2022-07-02")))
    assert list(path.parent.iterdir()) == []


def test_warnings_are_handed_on(path: Path, theatre: Theatre) -> None:
    warning = ReadWarning("a.json", "feature 3", "outside the theatre")
    with Store.open(path) as store:
        assert store.append(theatre, [warning, chart("2022-07-02")]).warnings == [warning]


@pytest.mark.parametrize(
    ("observation", "message"),
    [
        (chart("2022-07-02", known="2022-07-01"), "before the time it describes"),
        (chart("2999-01-01"), "future"),
        (replace(chart("2022-07-02"), control=np.zeros((3, 3), np.uint8)), "cells"),
        (replace(sighting("2022-07-02", "1st"), side="c"), "side"),
    ],
)
def test_impossible_observations_are_refused(path: Path, theatre: Theatre, observation: Read, message: str) -> None:
    fill(path, theatre, chart("2022-07-01"))
    with Store.open(path) as store:
        with pytest.raises(InputError, match=message):
            store.append(theatre, [chart("2022-07-03"), observation])
        assert len(store.control("map")) == 1


def test_another_grid_needs_another_store(path: Path, theatre: Theatre, tmp_path: Path) -> None:
    fill(path, theatre, chart("2022-07-01"))
    other = small_theatre(tmp_path, columns=50)
    wide = replace(chart("2022-07-02"), control=np.zeros((40, 50), np.uint8))
    with Store.open(path) as store:
        with pytest.raises(StoreError, match="grid"):
            store.append(other, [wide])
        assert len(store.control("map")) == 1


def test_two_theatres_in_one_store_are_kept_apart(path: Path, theatre: Theatre, tmp_path: Path) -> None:
    other = small_theatre(tmp_path, name="other")
    fill(path, theatre, chart("2022-07-01", held=10))
    fill(path, other, chart("2022-07-01", held=20), chart("2022-07-02", held=21))
    with Store.open(path) as store:
        assert len(store.control("map", theatre="small")) == 1
        assert len(store.control("map", theatre="other")) == 2
        with pytest.raises(StoreError, match="other, small"):
            store.control("map")
        with pytest.raises(StoreError, match="It has: map"):
            store.control("atlas", theatre="small")


def test_what_is_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database " * 1000)
    with pytest.raises(StoreError, match="not a store"):
        Store.open(text)
    foreign = tmp_path / "foreign.duckdb"
    duckdb.connect(str(foreign)).execute("CREATE TABLE other (a INTEGER)").close()
    with pytest.raises(StoreError, match="not a frontcast store"):
        Store.open(foreign)
    for path, read_only in ((tmp_path, False), (tmp_path / "none" / "x", False), (tmp_path / "none", True)):
        with pytest.raises(StoreError, match=str(path)):
            Store.open(path, read_only=read_only)


def test_a_newer_store_is_not_touched(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01"))
    duckdb.connect(str(path)).execute("UPDATE schema_version SET version = 99").close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="schema 99"):
        Store.open(path)
    assert path.read_bytes() == before


def test_read_only_means_it(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01"))
    with Store.open(path, read_only=True) as store, pytest.raises(StoreError, match="read only"):
        store.append(theatre, [chart("2022-07-02")])
    with Store.shipped() as store, pytest.raises(StoreError, match="read only"):
        store.append(theatre, [chart("2022-07-02")])


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = Path("/proc")  # where not even root can make a file; elsewhere a folder without permission
    if not folder.is_dir():
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(folder / "war.duckdb")


CHILD = """
import resource, sys
from pathlib import Path
import numpy as np
from storekit import SHAPE, chart, small_theatre
from dataclasses import replace
from frontcast.store import Store, StoreError

path, task = Path(sys.argv[1]), sys.argv[2]
theatre = small_theatre(path.parent)

def noise(first, count):
    for day in range(first, first + count):
        control = np.random.default_rng(day).integers(0, 3, SHAPE).astype(np.uint8)
        yield replace(chart(str(np.datetime64("2000-01-01") + day)), control=control)

store = Store.open(path)
if task == "hold":
    print("holding", flush=True)
    sys.stdin.read()
elif task == "fill the disk":
    limit = int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        store.append(theatre, noise(5000, 400))
    except StoreError as error:
        print(error)
        store.close()
        sys.exit(1)
    store.close()
elif task == "add":
    batch = int(sys.argv[3])
    while True:
        store.append(theatre, noise(batch * 20, 20))
        print(batch, flush=True)
        batch += 1
"""


def child(path: Path, *arguments: object) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parent), *sys.path]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_ingest_waits_its_turn(path: Path, theatre: Theatre) -> None:
    fill(path, theatre, chart("2022-07-01"))
    with child(path, "hold") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "holding\n"
        with pytest.raises(StoreError, match=rf"in use by .*{other.pid}"):
            Store.open(path)
        other.communicate()
    with Store.open(path) as store:
        assert len(store.control("map")) == 1


@pytest.mark.parametrize("room", [0, 100_000, 400_000])
def test_a_full_disk_leaves_the_store_as_it_was(path: Path, theatre: Theatre, room: int) -> None:
    fill(path, theatre, chart("2022-07-01"))
    before = path.read_bytes()
    with child(path, "fill the disk", len(before) + room if room else 1) as other:
        said, _ = other.communicate()
    assert other.returncode == 1
    assert "nothing was added" in said
    assert path.read_bytes() == before
    with Store.open(path, read_only=True) as store:
        assert len(store.control("map")) == 1
    with Store.open(path) as store:
        assert store.append(theatre, [chart("2022-07-02")]).maps == 1


def test_killed_at_any_moment_it_holds_what_was_acknowledged(path: Path) -> None:
    """Twenty maps at a time: each number printed is twenty that must be there, and never a part of twenty."""
    chance = random.Random(5)
    batch = 0
    for _ in range(3):
        with child(path, "add", batch) as other:
            assert other.stdout is not None
            acknowledged = int(other.stdout.readline())
            clock.sleep(chance.uniform(0.0, 0.5))
            other.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, other.stdout.read().split())])
        with Store.open(path) as store:
            maps, files = len(store.control("map")), len(store.table("source_file"))
        assert maps == files
        assert maps in (20 * (acknowledged + 1), 20 * (acknowledged + 2)), "the last may have had no time to print"
        batch = maps // 20


def test_interrupted_it_adds_nothing(path: Path, theatre: Theatre) -> None:
    def stopped() -> Iterator[Read]:
        yield chart("2022-07-02")
        raise KeyboardInterrupt

    fill(path, theatre, chart("2022-07-01"))
    before = path.read_bytes()
    with Store.open(path) as store, pytest.raises(KeyboardInterrupt):
        store.append(theatre, stopped())
    assert path.read_bytes() == before
