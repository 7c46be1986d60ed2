"""Bad input to `frontcast ingest`: a clear message, a non-zero exit, not one byte of the store changed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from rich.progress import Progress
from storekit import EAST, polygon, snapshot, snapshots, theatre_file, time
from typer.testing import CliRunner

from frontcast.cli import ingest as module
from frontcast.observe import Read
from frontcast.store import Store

NAME = "1657281600.geojson"  # 2022-07-08T12:00:00

app = typer.Typer()
app.command()(module.ingest)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store that holds three maps already."""
    theatre_file(tmp_path)
    result = run(snapshots(tmp_path / "before", 3), store=tmp_path / "war.duckdb")
    assert result.exit_code == 0, result.output
    return tmp_path / "war.duckdb"


def run(*paths: Path, store: Path, reader: str = "") -> Result:
    options = ["--store", str(store), "--theatre", str(store.parent / "small.toml")]
    return CliRunner().invoke(app, [*map(str, paths), *options, *(["--reader", reader] if reader else [])])


def refused(*paths: Path, store: Path, reader: str = "") -> str:
    """What is said of paths that must be refused with the store unchanged."""
    before = store.read_bytes()
    result = run(*paths, store=store, reader=reader)
    assert result.exit_code != 0
    assert store.read_bytes() == before
    assert sorted(file.name for file in store.parent.glob("war*")) == ["war.duckdb"]
    return f"{result.output} {result.exception}"


def file(store: Path, content: str | bytes, name: str = NAME) -> Path:
    path = store.parent / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


GOOD = snapshot(EAST)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[: len(GOOD) // 2], "truncated"),
        ("<html>502 Bad Gateway</html>", "it is not"),
        (b"\xff\xfe\x00\x01", "it is not"),
        ("", "it is not"),
        ('{"type": "FeatureCollection", "features": []}', "empty"),
        ('{"type": "Feature"}', "FeatureCollection"),
        (GOOD.replace("36.4", "NaN"), "nan"),
        (GOOD.replace("36.4", "null"), "None"),
        (snapshot(polygon(48.6, 35.8, 48.8, 36.1)), "swapped"),
    ],
    ids=["truncated", "html", "bytes", "nothing", "empty", "no collection", "NaN", "null", "swapped"],
)
def test_a_file_that_cannot_be_used(store: Path, content: str | bytes, message: str) -> None:
    said = refused(file(store, content), store=store)
    assert NAME in said
    assert message in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("32503680000.geojson", "future"),  # the year 3000
        ("deepstatemap_data_20221345.geojson", "date"),
        ("2022-02-30.json", "date"),
        ("notes.txt", "reader"),
    ],
)
def test_a_date_that_cannot_be(store: Path, name: str, message: str) -> None:
    said = refused(file(store, GOOD, name), store=store)
    assert name in said
    assert message in said


def test_one_bad_file_among_good_ones_stops_them_all(store: Path) -> None:
    folder = snapshots(store.parent / "more", 6)
    (folder / NAME).write_text(GOOD[:-20])
    assert NAME in refused(folder, store=store)
    assert NAME in refused(snapshots(store.parent / "good", 5), folder, store=store)


def test_sound_files_with_unsound_parts_are_warned_of_and_kept(store: Path) -> None:
    """Self-crossing, outside the theatre, a fill nobody has seen: named, counted, and the rest is used."""
    bow = {
        "type": "Polygon",
        "coordinates": [[[36.0, 48.5], [36.4, 48.9], [36.4, 48.5], [36.0, 48.9], [36.0, 48.5]]],
    }
    parts = [
        snapshot(EAST),
        snapshot(bow),
        snapshot(polygon(20.0, 48.0, 21.0, 49.0)),
        snapshot(EAST, "#123456", "?"),
    ]
    features = [part[part.index('{"type": "Feature",') : -2] for part in parts]
    text = '{"type": "FeatureCollection", "features": [' + ", ".join(features) + "]}"
    result = run(file(store, text), store=store)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    for warning in ("crosses itself", "outside the theatre", "#123456"):
        assert warning in said
    assert NAME in said
    assert "warning, 1 times" in said
    assert "added 1 maps" in said
    with Store.open(store, read_only=True) as held:
        (source,) = held.sources()["source"]
        assert (held.control(source).at(time("2022-07-09")) == 2).any()


def test_a_file_far_too_large(store: Path) -> None:
    path = store.parent / NAME
    with path.open("wb") as sparse:
        sparse.truncate(2 * 2**30)
    assert NAME in refused(path, store=store)


def test_a_file_that_vanishes_midway(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = snapshots(store.parent / "more", 6)
    last = max(folder.iterdir())

    def vanishing(reads: Iterable[Read], label: str, progress: Progress) -> Iterator[Read]:
        for read in reads:
            last.unlink(missing_ok=True)
            yield read

    monkeypatch.setattr(module, "watched", vanishing)
    said = refused(folder, store=store)
    assert last.name in said
    assert "vanished" in said


@pytest.mark.parametrize("name", ["../escape.geojson", "/etc/1657281600.geojson", "maps/../../1657281600.geojson"])
def test_an_archive_that_climbs_out(store: Path, name: str) -> None:
    path = store.parent / "maps.tar"
    with tarfile.open(path, "w") as archive:
        for member in (NAME, name):
            info = tarfile.TarInfo(member)
            info.size = len(GOOD)
            archive.addfile(info, io.BytesIO(GOOD.encode()))
    said = refused(path, store=store, reader="deepstate-snapshots")
    assert "leads out" in said
    assert not (store.parent.parent / "escape.geojson").exists()


def test_a_truncated_archive(store: Path) -> None:
    path = store.parent / "maps.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(snapshots(store.parent / "more", 6))
    path.write_bytes(path.read_bytes()[:3000])
    assert "maps.tar" in refused(path, store=store, reader="deepstate-snapshots")


def test_paths_and_readers_that_do_not_exist(store: Path) -> None:
    assert "nowhere" in refused(store.parent / "nowhere", store=store)
    said = refused(file(store, GOOD), store=store, reader="crystal-ball")
    assert "crystal-ball" in said
    assert "liveuamap-nzz" in said, "it says which readers there are"


def test_a_new_store_that_gets_only_bad_input_is_not_left_behind(store: Path) -> None:
    new = store.parent / "new.duckdb"
    assert run(file(store, GOOD[:-9]), store=new).exit_code != 0
    assert not new.exists()


def test_the_same_files_again_change_nothing(store: Path) -> None:
    before = store.read_bytes()
    result = run(store.parent / "before", store=store)
    assert result.exit_code == 0
    assert "added 0 maps" in result.output
    assert "3 maps" in result.output
    assert store.read_bytes() == before


SLOW = """
import resource, sys, time
import typer
from frontcast.cli import ingest as module

limit = int(sys.argv.pop(1))
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
watched = module.watched

def slow(reads, label, progress):
    for read in watched(reads, label, progress):
        yield read
        if not limit:
            print("reading", flush=True)
            time.sleep(60)

module.watched = slow
typer.run(module.ingest)
"""


def slow_ingest(store: Path, limit: int = 0) -> subprocess.Popen[str]:
    """An ingest in a program of its own: stuck after its first map, or short of disk space."""
    arguments = [limit, store.parent / "more", "--store", store, "--theatre", store.parent / "small.toml"]
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_ingest_is_told_of_the_first_and_ctrl_c_stops_that_with_nothing_added(store: Path) -> None:
    snapshots(store.parent / "more", 6)
    before = store.read_bytes()
    with slow_ingest(store) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "reading\n"
        second = run(store.parent / "more", store=store)
        assert second.exit_code != 0
        assert f"PID {first.pid}" in str(second.exception)
        first.send_signal(signal.SIGINT)
        _, said = first.communicate()
    assert first.returncode == 130
    assert "Nothing was added" in said
    assert "Traceback" not in said
    assert store.read_bytes() == before
    assert run(store.parent / "more", store=store).exit_code == 0


def test_killed_while_reading_the_store_is_as_it_was(store: Path) -> None:
    snapshots(store.parent / "more", 6)
    before = store.read_bytes()
    with slow_ingest(store) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "reading\n"
        first.kill()
    assert store.read_bytes() == before
    assert "added 3 maps" in run(store.parent / "more", store=store).output


def test_a_full_disk(store: Path) -> None:
    snapshots(store.parent / "more", 6)
    before = store.read_bytes()
    with slow_ingest(store, limit=1000) as first:
        _, said = first.communicate()
    assert first.returncode != 0
    assert "nothing was added" in said
    assert store.read_bytes() == before
    assert "added 3 maps" in run(store.parent / "more", store=store).output
