"""What is wrong with a file is met at the door: an error that names it, or a warning beside a sound rest."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mapfiles as make
import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontcast.errors import InputError
from frontcast.observe import ControlMap, ReadWarning, read_path
from frontcast.observe.archive import Limits, contents, entries
from frontcast.theatre import A, B, Theatre, load_theatre

HELD = make.feature(make.polygon(), make.OCCUPIED)


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return load_theatre("ukraine")


def refusal(path: Path, theatre: Theatre, reader: str | None = None) -> str:
    """The error that reading ends with."""
    with pytest.raises(InputError) as caught:
        list(read_path(path, theatre, reader))
    return str(caught.value)


def held_as(geometry: Any) -> make.Json:
    return make.collection(HELD, make.feature(geometry, make.OCCUPIED))


def spoilt(value: Any) -> make.Json:
    shape = make.polygon(37.0)
    shape["coordinates"][0][1] = value
    return held_as(shape)


TEXT = json.dumps(make.collection(HELD)).encode()
DOCUMENTS: dict[str, tuple[Any, list[str]]] = {
    "truncated": (TEXT[: len(TEXT) // 2], ["line 1 column 1", "not JSON", "truncated"]),
    "empty file": (b"", ["line 1 column 0", "not JSON"]),
    "not JSON": (b"<html>busy</html>", ["line 1 column 1", "not JSON"]),
    "not text": (b'{"type": "\xff\xfe"}', ["line 1 column", "invalid unicode"]),
    "absurdly nested": (b"[" * 100_000, ["recursion limit"]),
    "another document": ({"error": "rate limit"}, ["no FeatureCollection"]),
    "a list": ([1, 2], ["no FeatureCollection but 'list'"]),
    "empty collection": (make.collection(), ["the collection is empty"]),
    "features missing": ({"type": "FeatureCollection"}, ["the collection is empty"]),
    "feature without geometry": (make.collection(HELD, {"type": "Feature"}), ["feature 1", "no geometry"]),
    "null geometry": (make.collection(make.feature(None)), ["feature 0", "no geometry"]),
    "properties no object": (
        make.collection({"geometry": make.polygon(), "properties": 3}),
        ["feature 0", "properties"],
    ),
    "NaN": (spoilt([float("nan"), 48.0]), ["feature 1", "longitude nan", "no place on Earth"]),
    "infinite": (spoilt([37.0, float("inf"), 0]), ["feature 1", "latitude inf"]),
    "out of range": (spoilt([37.0, 480.0]), ["feature 1", "latitude 480.0"]),
    "text for a number": (spoilt(["37.0", 48.0]), ["feature 1", "is no position"]),
    "number missing": (spoilt([37.0]), ["feature 1", "is no position"]),
    "null for a number": (spoilt([None, 48.0]), ["feature 1", "is no position"]),
    "absurdly large number": (spoilt([10**400, 48.0]), ["feature 1", "is no position"]),
    "swapped": (held_as(make.polygon(48.0, 37.0)), ["feature 1", "swapped", "longitude first"]),
    "no coordinates": (held_as({"type": "Polygon"}), ["feature 1", "without coordinates"]),
    "no rings": (held_as({"type": "Polygon", "coordinates": []}), ["feature 1", "without rings"]),
    "no geometry type": (held_as({"coordinates": []}), ["feature 1", "without coordinates"]),
    "nobody holds anything": (
        make.collection(make.feature(make.polygon(), make.GREY)),
        ["no polygon of it shows ground held by Russia"],
    ),
    "a unit nowhere": (
        make.collection(HELD, make.feature(make.point(38.0, 480.0), make.UNIT)),
        ["feature 1", "no place on Earth"],
    ),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_an_unusable_snapshot_is_refused_by_name(case: str, theatre: Theatre, tmp_path: Path) -> None:
    document, expected = DOCUMENTS[case]
    path = make.write(tmp_path / "1656950400.geojson", document)
    message = refusal(path, theatre)
    for text in [path.name, *expected]:
        assert text in message


@pytest.mark.parametrize("case", ["truncated", "empty collection", "NaN", "swapped"])
def test_the_other_map_formats_refuse_the_same(case: str, theatre: Theatre, tmp_path: Path) -> None:
    document, expected = DOCUMENTS[case]
    assert expected[-1] in refusal(make.write(tmp_path / "deepstatemap_data_20240708.geojson", document), theatre)
    if not isinstance(document, bytes):
        shown = {"type": "nochange", "date": "2023-01-01"}
        document = {"value": make.collection(*({**item, "properties": shown} for item in document["features"]))}
    assert expected[-1] in refusal(make.write(tmp_path / "2023-01-02.json", document), theatre)


BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[36.0, 47.2], [37.0, 47.8], [37.0, 47.2], [36.0, 47.8], [36.0, 47.2]]],
}
OUTSIDE_HOLE = {"type": "Polygon", "coordinates": [make.ring(37.0, 48.0, 0.2), make.ring(36.0, 48.0, 0.2)]}
ODD_FEATURES: dict[str, tuple[make.Json, str]] = {
    "self-crossing": (make.feature(BOW_TIE, make.OCCUPIED), "crosses itself"),
    "hole outside": (make.feature(OUTSIDE_HOLE, make.OCCUPIED), "crosses itself"),
    "outside the theatre": (make.feature(make.polygon(64.5, 14.6), make.GREY), "outside the theatre"),
    "unknown fill and name": (
        make.feature(make.polygon(36.0), fill="#fbc02d", name="Новий"),
        "nobody has seen them",
    ),
    "neither fill nor name": (make.feature(make.polygon(36.0)), "nobody has seen them"),
    "unknown fill": (
        make.feature(make.polygon(36.0), make.GREY, fill="#123456"),
        "nobody has seen this fill",
    ),
    "unknown name": (make.feature(make.polygon(36.0), make.GREY, name="Хтозна"), "nobody has seen this name"),
    "a line": (
        make.feature({"type": "LineString", "coordinates": [[36.0, 48.0], [37.0, 48.0]]}, make.OCCUPIED),
        "neither polygon nor point",
    ),
    "a ring of two": (
        make.feature({"type": "Polygon", "coordinates": [[[36.0, 48.0], [37.0, 48.0]]]}, make.OCCUPIED),
        "fewer than 4 positions",
    ),
    "unknown point": (
        make.feature(make.point(), name="?", description="{icon=spaceship}"),
        "of no known kind",
    ),
}


@pytest.mark.parametrize("case", ODD_FEATURES)
def test_a_sound_rest_is_read_with_a_warning(case: str, theatre: Theatre, tmp_path: Path) -> None:
    odd, expected = ODD_FEATURES[case]
    path = make.snapshot(tmp_path, HELD, odd)
    reads = list(read_path(path, theatre))
    (warning,) = [read for read in reads if isinstance(read, ReadWarning)]
    assert warning.place == "feature 1"
    assert warning.file.endswith(path.name)
    assert expected in warning.problem
    (read,) = [read for read in reads if isinstance(read, ControlMap)]
    assert read.control[theatre.grid.cell_of(38.0, 48.0)] == B


def test_a_repaired_polygon_keeps_its_loops_and_no_more(theatre: Theatre, tmp_path: Path) -> None:
    (read,) = _maps(read_path(make.snapshot(tmp_path, make.feature(BOW_TIE, make.OCCUPIED)), theatre))
    values = [
        int(read.control[theatre.grid.cell_of(lon, lat)]) for lon, lat in ((36.1, 47.5), (36.9, 47.5), (36.5, 47.7))
    ]
    assert values == [B, B, A]
    (read,) = _maps(read_path(make.snapshot(tmp_path, make.feature(OUTSIDE_HOLE, make.OCCUPIED)), theatre))
    assert read.control[theatre.grid.cell_of(37.0, 48.0)] == B
    assert read.control[theatre.grid.cell_of(36.0, 48.0)] == B, "as every map on a screen draws it"


def _maps(reads: Any) -> list[ControlMap]:
    return [read for read in reads if isinstance(read, ControlMap)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("4102444800.geojson", "in the future"),  # 2100-01-01
        ("1656950400123.geojson", "no readable date"),  # milliseconds
        ("latest.geojson", "no readable date"),
        ("deepstatemap_data_21000101.geojson", "in the future"),
        ("deepstatemap_data_20240231.geojson", "no readable date"),
        ("2100-01-01.json", "in the future"),
        ("2023-13-01.json", "no readable date"),
    ],
)
def test_a_date_in_the_future_or_unreadable_is_refused_first(
    name: str, expected: str, theatre: Theatre, tmp_path: Path
) -> None:
    if name.startswith("deep"):
        reader, _ = "deepstate-daily", make.daily(tmp_path, "2024-07-08")
    elif name.endswith("geojson"):
        reader, _ = "deepstate-snapshots", make.snapshot(tmp_path)
    else:
        reader, _ = (
            "liveuamap-nzz",
            make.liveuamap(tmp_path, "2023-01-01", "2023-01-01", nochange=make.polygon()),
        )
    make.write(tmp_path / name, b"")
    reads = read_path(tmp_path, theatre, reader)
    with pytest.raises(InputError, match=expected) as caught:
        next(reads)
    assert name in str(caught.value)


@pytest.mark.parametrize("date", ["2023-01-05", "yesterday", None])
def test_a_map_of_no_day_or_a_later_day_than_its_file_is_refused(date: Any, theatre: Theatre, tmp_path: Path) -> None:
    path = make.liveuamap(tmp_path, "2023-01-02", date, nochange=make.polygon())
    message = refusal(path, theatre)
    assert "feature 0" in message
    assert str(date) in message


def test_another_file_beside_the_maps_is_named_and_left(theatre: Theatre, tmp_path: Path) -> None:
    make.snapshot(tmp_path)
    make.write(tmp_path / "README.md", b"maps")
    reads = list(read_path(tmp_path, theatre))
    assert [read.file.endswith("README.md") for read in reads if isinstance(read, ReadWarning)] == [True]
    assert len(_maps(reads)) == 1


@pytest.mark.parametrize("reader", [None, "deepstate-snapshots"])
def test_two_gigabytes_are_refused_unread(reader: str | None, theatre: Theatre, tmp_path: Path) -> None:
    path = tmp_path / "1656950400.geojson"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)  # sparse: nothing on the disk
    assert "2,048 MB" in refusal(path, theatre, reader)


def test_a_file_that_vanishes_midway_is_named(theatre: Theatre, tmp_path: Path) -> None:
    make.snapshot(tmp_path)
    second = make.snapshot(tmp_path, time=make.SNAPSHOT_TIME + 86400)
    reads = read_path(tmp_path, theatre)
    assert isinstance(next(reads), ControlMap)
    second.unlink()
    with pytest.raises(InputError, match="vanished") as caught:
        list(reads)
    assert second.name in str(caught.value)


def test_an_archive_that_is_replaced_midway_is_refused(theatre: Theatre, tmp_path: Path) -> None:
    files = [make.snapshot(tmp_path / "maps", time=make.SNAPSHOT_TIME + day) for day in range(2)]
    path = make.pack(tmp_path / "maps.tar", files)
    listing = entries(path)
    make.pack(path, files[:1])
    found = contents(path, lambda entry: True)
    assert [entry.base for entry, _ in found] == [listing[0].base]


def archive_of(path: Path, *members: tarfile.TarInfo) -> Path:
    """An archive of a sound snapshot and then the members, each of as many zeros as it says."""
    with tarfile.open(path, "w") as archive:
        sound = tarfile.TarInfo("1656950400.geojson")
        sound.size = len(TEXT)
        archive.addfile(sound, io.BytesIO(TEXT))
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)) if member.isreg() else None)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, target
    return info


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (member("../1656950401.geojson"), "leads out"),
        (member("maps/../../1656950401.geojson"), "leads out"),
        (member("/etc/1656950401.geojson"), "leads out"),
        (member("..\\1656950401.geojson"), "leads out"),
        (member("C:\\1656950401.geojson"), "leads out"),
        (member("1656950401.geojson", tarfile.SYMTYPE, target="/etc/passwd"), "a link, a device or sparse"),
        (
            member("1656950401.geojson", tarfile.LNKTYPE, target="1656950400.geojson"),
            "a link, a device or sparse",
        ),
        (member("1656950401.geojson", tarfile.CHRTYPE), "a link, a device or sparse"),
        (member("1656950401.geojson", tarfile.FIFOTYPE), "a link, a device or sparse"),
        (member("1656950400.geojson"), "twice"),
    ],
)
def test_an_unsafe_archive_member_is_refused_by_name(
    odd: tarfile.TarInfo, expected: str, theatre: Theatre, tmp_path: Path
) -> None:
    message = refusal(archive_of(tmp_path / "maps.tar", odd), theatre)
    assert expected in message
    assert odd.name.rpartition("\\")[2] in message


@pytest.mark.parametrize("suffix", [".tar", ".tar.zst"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_truncated_archive_is_refused(suffix: str, share: float, theatre: Theatre, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).uniform(-0.001, 0.001, (5, 500, 2))  # what compression cannot hide
    files = []
    for day, wobble in enumerate(noise):
        shape = make.polygon()
        shape["coordinates"][0][1:1] = (wobble + np.array([37.7, 47.7])).tolist()
        features = [HELD, make.feature(shape, make.LIBERATED)]
        files.append(make.snapshot(tmp_path / "maps", *features, time=make.SNAPSHOT_TIME + day))
    path = make.pack(tmp_path / f"maps{suffix}", files)
    used = len(path.read_bytes().rstrip(b"\0"))
    path.write_bytes(path.read_bytes()[: int(used * share)])
    message = refusal(path, theatre, "deepstate-snapshots")
    assert "truncated or damaged" in message
    assert path.name in message


@pytest.mark.parametrize("place", [0, 700, 1024, 2048])
def test_a_damaged_archive_is_refused(place: int, theatre: Theatre, tmp_path: Path) -> None:
    files = [make.snapshot(tmp_path / "maps", time=make.SNAPSHOT_TIME + day) for day in range(3)]
    path = make.pack(tmp_path / "maps.tar", files)
    data = bytearray(path.read_bytes())
    header = place - place % 512
    data[header : header + 512] = b"\x7f" * 512
    path.write_bytes(data)
    refusal(path, theatre, "deepstate-snapshots")


def test_bombs_are_stopped_by_their_headers(tmp_path: Path) -> None:
    limits = Limits(file_bytes=10_000, files=3, total_bytes=25_000)
    big = archive_of(tmp_path / "big.tar", member("a.json", size=10_001))
    many = archive_of(tmp_path / "many.tar", *(member(f"{number}.json") for number in range(3)))
    much = archive_of(tmp_path / "much.tar", *(member(f"{number}.json", size=9_500) for number in range(2)))
    long = tmp_path / "long.tar.zst"
    header = member("././@PaxHeader", tarfile.XHDTYPE, size=2**30)
    bomb = zstandard.ZstdCompressor().compressobj()
    with long.open("wb") as file:
        file.write(bomb.compress(header.tobuf()))
        for _ in range(8):
            file.write(bomb.compress(bytes(2**20)))
        file.write(bomb.flush())
    for path, expected in ((big, "0 MB"), (many, "3 files"), (long, "absurdly long")):
        with pytest.raises(InputError, match=expected):
            entries(path, limits)
    with pytest.raises(InputError, match=r"holds more than"):
        entries(much, Limits(file_bytes=10_000, files=3, total_bytes=15_000))


def test_what_nobody_recognises_is_refused(theatre: Theatre, tmp_path: Path) -> None:
    path = make.write(tmp_path / "notes.txt", b"hello")
    assert "no reader recognises it" in refusal(path, theatre)
    assert "there is nothing here" in refusal(tmp_path / "missing", theatre)
    assert "deepstate-daily" in refusal(path, theatre, "deepstate")
    assert "holds no map file" in refusal(path, theatre, "deepstate-snapshots")


ROWS: dict[str, tuple[str, list[str]]] = {
    "date": (make.units_row(date="2022-02-31"), ["line 3", "is no date"]),
    "future": (make.units_row(date="2100-01-01"), ["line 3", "in the future"]),
    "future source": (make.units_row(sources="01.01.2100"), ["in the future"]),
    "position": (make.units_row(lat="north"), ["line 3", "lat 'north' is no number"]),
    "NaN": (make.units_row(lat="nan"), ["line 3", "no place on Earth"]),
    "swapped": (make.units_row(lat=38.0, lon=48.0), ["line 3", "swapped"]),
    "truncated": (make.units_row()[:40], ["line 3", "columns", "truncated"]),
    "strength": (make.units_row(groups=("2", "two")), ["line 3", "strength_in_btg_number"]),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_of_the_order_of_battle_is_named(case: str, theatre: Theatre, tmp_path: Path) -> None:
    row, expected = ROWS[case]
    message = refusal(make.units(tmp_path, make.units_row(), row), theatre)
    for text in ["units_all.csv", *expected]:
        assert text in message


def test_an_order_of_battle_with_another_header_is_refused(theatre: Theatre, tmp_path: Path) -> None:
    path = make.units(tmp_path, header="date,latitude,longitude")
    assert "line 1" in refusal(path, theatre, "uawardata")


@pytest.mark.parametrize("row", [make.units_row(country="xx"), make.units_row(kind="Cavalry")])
def test_an_unknown_country_or_kind_is_left_out_with_a_warning(row: str, theatre: Theatre, tmp_path: Path) -> None:
    reads = list(read_path(make.units(tmp_path, make.units_row(), row), theatre))
    assert len(reads) == 2
    assert isinstance(reads[0], ReadWarning)
    assert reads[0].place == "line 3"


def paths_of(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, child in children for found in paths_of(child, (*path, key)))]


SOUND = make.collection(HELD, make.feature(make.polygon(36.0), make.GREY), make.feature(make.point(), make.UNIT))
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.floats(), max_size=4),
    st.dictionaries(st.sampled_from(["type", "coordinates", "geometry"]), st.text(max_size=3)),
)


@given(place=st.sampled_from(paths_of(SOUND)), junk=JUNK)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_junk_anywhere_in_a_map_is_more_than_an_input_error(
    place: tuple[Any, ...], junk: Any, theatre: Theatre, tmp_path: Path
) -> None:
    document = json.loads(json.dumps(SOUND))
    node = {"": document}
    key: Any = ""
    for step in place:
        node, key = node[key], step
    node[key] = junk
    path = make.write(tmp_path / "1656950400.geojson", document if place else junk)
    try:
        (read,) = _maps(read_path(path, theatre))
    except InputError:
        return
    assert read.control.shape == theatre.grid.shape


def test_every_refusal_says_what_would_be_right() -> None:
    checks: list[Callable[[], Any]] = [lambda: entries(Path("missing")), lambda: entries(Path("/dev/null"))]
    for check in checks:
        with pytest.raises(InputError) as caught:
            check()
        assert caught.value.remedy
