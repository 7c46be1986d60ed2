"""The readers on sound files: every vintage, geometry and container gives the same observations."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import mapfiles as make
import numpy as np
import pytest

from frontcast.observe import READERS, ControlMap, Read, ReadWarning, UnitSighting, read_path
from frontcast.observe.liveuamap import held_before_2022
from frontcast.observe.snapshot_units import unit_of
from frontcast.observe.snapshots import status_of
from frontcast.theatre import GREY, MASKED, A, B, Theatre, load_theatre


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return load_theatre("ukraine")


def maps(reads: list[Read]) -> list[ControlMap]:
    return [read for read in reads if isinstance(read, ControlMap)]


def warnings(reads: list[Read]) -> list[ReadWarning]:
    return [read for read in reads if isinstance(read, ReadWarning)]


def sightings(reads: list[Read]) -> list[UnitSighting]:
    return [read for read in reads if isinstance(read, UnitSighting)]


def holder(control: np.ndarray[Any, Any], theatre: Theatre, lon: float, lat: float) -> int:
    row, column = theatre.grid.cell_of(lon, lat)
    return int(control[row, column])


VINTAGES = {
    "Ukrainian": ("Окуповано", "Під питанням", "Звільнено 02.04.2022", "ОРДЛО", "Придністров'я"),
    "Ukrainian and English": (
        "Окуповано /// Occupied\n",
        "Статус невідомий /// Unknown status",
        "Звільнено ///Taken back\n",
        "Окупований Крим ///\xa0Occupied Crimea",
        "Окупована Абхазія.\n///\nOccupied Abkhazia.",
    ),
    "with keys": (
        "Окуповано /// Occupied\xa0/// geoJSON.status.occupied\n",
        "Статус невідомий /// Unknown status /// geoJSON.status.unknown",
        "Звільнено /// Liberated\xa0/// geoJSON.status.dismissed_at {{at:19.09}}",
        "Острів Тузла /// Occupied Tuzla Island\xa0/// geoJSON.territories.tuzla",
        "Окупована область Салла\n///\nOccupied Salla\n/// geoJSON.territories.salla",
    ),
    "with broken letters": (
        "О\ufffd\ufffdуповано",
        "Під пи\ufffd\ufffdанням",
        "Звільнен\ufffd\ufffd 01.04",
        "О\ufffd\ufffdДЛО",
        "Придніст\ufffd\ufffdов'я",
    ),
}
FILLS = ("#a52714", "#BCAAA4", "#0f9d58", "#880e4f", "#ff5252")


@pytest.mark.parametrize("vintage", VINTAGES)
def test_a_snapshot_reads_the_same_in_every_vintage(vintage: str, theatre: Theatre, tmp_path: Path) -> None:
    places = (38.0, 48.0), (36.0, 47.5), (36.5, 50.0), (39.0, 48.5), (40.9, 43.0)
    features = [
        make.feature(make.polygon(*place, 0.2), fill=fill, name=name)
        for place, fill, name in zip(places, FILLS, VINTAGES[vintage], strict=True)
    ]
    reads = list(read_path(make.snapshot(tmp_path, *features), theatre))
    assert warnings(reads) == []
    (read,) = maps(reads)
    assert [holder(read.control, theatre, *place) for place in places[:4]] == [B, GREY, A, B]
    assert read.valid_time == read.known_at == np.datetime64("2022-07-04T16:00:00")
    assert np.array_equal(read.control == MASKED, ~theatre.land)


@pytest.mark.parametrize(
    ("fill", "name", "expected"),
    [
        ("#000000", "Під питанням", GREY),  # black, but contested: 2022-04-28
        ("#000000", "Окупований Крим", B),
        ("#bcaaa4", "Звільнено /// Liberated", GREY),  # where they disagree, the fill decides
        ("#a52714", "Під питанням", B),
        ("#0288d1", "Зміїний /// Snake Island", A),
        ("#a52714", "Зміїний", B),
        ("#880e4f", "Придністров'я /// Transnistria", -1),
        ("#ff5252", "Тимчасово окупована східна Пруссія", -1),
        ("#ce93d8", "Під контролем пвк вагнер", -1),
    ],
)
def test_fill_and_name_say_who_holds(fill: str, name: str, expected: int) -> None:
    assert status_of(fill, name) == (expected, "")


def test_a_square_has_its_area_and_a_hole_is_not_held(theatre: Theatre, tmp_path: Path) -> None:
    shape = make.polygon(38.0, 48.0, 0.3)
    shape["coordinates"].append(make.ring(38.0, 48.0, 0.1)[::-1])
    (read,) = maps(list(read_path(make.snapshot(tmp_path, make.feature(shape, make.OCCUPIED)), theatre)))
    square = 111.2**2 * math.cos(math.radians(48))  # km² of a square degree
    assert np.count_nonzero(read.control == B) == pytest.approx(square * (0.36 + -0.04 * 1.0), rel=0.02)
    assert holder(read.control, theatre, 38.0, 48.0) == A
    assert holder(read.control, theatre, 38.2, 48.0) == B


def test_nested_collections_and_heights_are_painted_alike(theatre: Theatre, tmp_path: Path) -> None:
    west, east = make.polygon(37.0, 48.0, 0.2), make.polygon(38.0, 48.0, 0.2)
    high = {"type": "Polygon", "coordinates": [[[*position, 0] for position in east["coordinates"][0]]]}
    both = {"type": "MultiPolygon", "coordinates": [west["coordinates"], east["coordinates"]]}
    nested = {
        "type": "GeometryCollection",
        "geometries": [west, {"type": "GeometryCollection", "geometries": [make.point(), high]}],
    }
    plain = [make.feature(west, make.OCCUPIED), make.feature(east, make.OCCUPIED)]
    controls = []
    for number, features in enumerate(
        (plain, [make.feature(both, make.OCCUPIED)], [make.feature(nested, make.OCCUPIED)])
    ):
        path = make.snapshot(tmp_path / str(number), *features)
        controls += [read.control for read in maps(list(read_path(path, theatre)))]
    assert np.count_nonzero(controls[0] == B) > 1000
    assert np.array_equal(controls[0], controls[1])
    assert np.array_equal(controls[0], controls[2])


def test_grey_goes_over_held_whatever_the_order(theatre: Theatre, tmp_path: Path) -> None:
    grey = make.feature(make.polygon(38.1, 48.0, 0.2), make.GREY)
    held = make.feature(make.polygon(38.0, 48.0, 0.3), make.OCCUPIED)
    controls = [
        maps(list(read_path(make.snapshot(tmp_path, *features), theatre)))[0].control
        for features in ((grey, held), (held, grey))
    ]
    assert np.array_equal(*controls)
    assert holder(controls[0], theatre, 38.1, 48.0) == GREY


def test_file_folder_and_archives_give_the_same_in_time_order(theatre: Theatre, tmp_path: Path) -> None:
    times = [make.SNAPSHOT_TIME + 86400 * day for day in range(5)]
    files = [
        make.snapshot(tmp_path / "maps", make.feature(make.polygon(36.0 + day), make.OCCUPIED), time=time)
        for day, time in enumerate(times)
    ]
    make.write(tmp_path / "maps" / ".hidden", b"not a map")
    shuffled = [files[i] for i in (3, 0, 4, 2, 1)]
    names = [f"./geojsons/{file.name}" for file in shuffled]
    paths = [
        tmp_path / "maps",
        make.pack(tmp_path / "maps.tar", shuffled, names),
        make.pack(tmp_path / "maps.tar.zst", shuffled, names),
    ]
    expected = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    alone = [read for file in files for read in maps(list(read_path(file, theatre)))]
    for path in paths:
        found = maps(list(read_path(path, theatre)))
        assert [int(read.known_at.astype(int)) for read in found] == times
        assert [read.provenance.sha256 for read in found] == expected
        assert [read.provenance for read in found] == [read.provenance for read in alone]
        assert all(np.array_equal(a.control, b.control) for a, b in zip(found, alone, strict=True))


def test_units_of_a_snapshot_in_every_vintage(theatre: Theatre, tmp_path: Path) -> None:
    def marked(name: str, icon: str, lon: float = 38.123456) -> make.Json:
        return make.feature(make.point(lon, 48.987654), name=name, description=f"note<br>{{icon={icon}}}")

    path = make.snapshot(
        tmp_path,
        make.feature(make.polygon(), make.OCCUPIED),
        marked("71-й мотострілецький полк\n", "enemy"),
        marked("58-а загальновійськова армія ///\xa058th All-Army (RF)\n", "headquarter"),
        marked(
            "143-й мотострілецький полк (в/ч 21634) зі складу 127-ї МСД ///\xa0143rd Motorized Rifle Regiment"
            " from the 127th\xa0MRD\xa0/// geoJSON.units.regiment.143-motorized-rifle",
            "enemy",
        ),
        marked("Напрямок удару /// Direction of attack", "arrow_12"),
        marked("Напрямок удару", "arrow_16,size=32"),
        marked("Київ /// Kyiv", "ukrainecapital", 30.5),
        make.feature(make.point(), name="3-я мотострілецька дивізія\n"),  # as on 2022-04-05, with no icon
    )
    reads = list(read_path(path, theatre))
    assert warnings(reads) == []
    found = sightings(reads)
    assert [(unit.unit, unit.echelon, unit.kind, unit.parent) for unit in found] == [
        ("71st motorised rifle regiment", "regiment", "motorised rifle", ""),
        ("58th All-Army (RF)", "army", "headquarters", ""),
        ("143rd Motorized Rifle Regiment", "regiment", "motorised rifle", "127th MRD"),
        ("", "", "direction of attack", ""),
        ("", "", "direction of attack", ""),
        ("3rd motorised rifle division", "division", "motorised rifle", ""),
    ]
    assert [unit.heading for unit in found[3:5]] == [270.0, 0.0]
    assert math.isnan(found[0].heading)
    assert math.isnan(found[0].strength)
    assert {unit.side for unit in found} == {"b"}
    assert (found[0].lon, found[0].lat) == (38.12, 48.99)


@pytest.mark.parametrize(
    ("name", "echelon", "kind"),
    [
        ("10-й ОТБ ///\xa010-й ОТБ\xa0 /// geoJSON.units.battalion.10-tank", "battalion", "tank"),
        ("4th separate motorized rifle brigade (2st Army Corps)", "brigade", "motorised rifle"),
        ("9th Marine Corps Brigade", "brigade", "naval infantry"),
        ("22-й армійський корпус /// 22nd Army Corps", "corps", ""),
        ("БАРС-13 /// 13nd squad BARS", "detachment", "volunteer"),
        ("18-та кулеметно-артилерійська дивізія", "division", "machine gun artillery"),
        ("1-а гвардійська танкова армія /// 1st Guards Panzer Army(RF)", "army", "tank"),
        ("Мурашник", "", ""),
        ("", "", ""),
    ],
)
def test_a_units_name_tells_echelon_and_kind(name: str, echelon: str, kind: str) -> None:
    assert unit_of(name)[1:3] == (echelon, kind)


def test_daily_maps_are_of_the_end_of_their_day(theatre: Theatre, tmp_path: Path) -> None:
    make.daily(tmp_path, "2024-07-09", make.polygon(37.0))
    make.daily(tmp_path, "2024-07-08", make.polygon(37.0), make.polygon(38.0))
    found = maps(list(read_path(tmp_path, theatre)))
    assert [str(read.known_at) for read in found] == ["2024-07-08T23:59:59", "2024-07-09T23:59:59"]
    assert [holder(read.control, theatre, 38.0, 48.0) for read in found] == [B, A]
    assert {int(value) for read in found for value in np.unique(read.control)} == {A, B, MASKED}


def test_liveuamap_is_nochange_and_gains_known_when_published(theatre: Theatre, tmp_path: Path) -> None:
    path = make.liveuamap(
        tmp_path,
        "2023-01-10",
        "2023-01-08",
        nochange=make.polygon(37.0, 47.5, 0.6),
        gains=make.polygon(37.8, 47.5, 0.1),
        losses=make.polygon(36.0, 47.5, 0.1),
    )
    (read,) = maps(list(read_path(path, theatre)))
    assert str(read.valid_time) == "2023-01-08T23:59:59"
    assert str(read.known_at) == "2023-01-10T23:59:59"
    assert [holder(read.control, theatre, lon, 47.5) for lon in (37.0, 37.8, 36.0)] == [B, B, A]
    assert not (read.control == GREY).any()


def test_liveuamap_never_shows_ground_held_since_before_2022_as_liberated(theatre: Theatre, tmp_path: Path) -> None:
    parts = held_before_2022(theatre.grid)
    areas = {name: int(np.count_nonzero(part & theatre.land)) for name, part in parts.items()}
    published = {"Crimea": 26_000, "parts of Donetsk and Luhansk regions": 16_900}  # km², lagoons not counted
    assert areas == pytest.approx(published, rel=0.05)
    for day in (14, 15):
        make.liveuamap(tmp_path, f"2024-03-{day}", f"2024-03-{day}", nochange=make.polygon(36.0, 47.0))
    reads = list(read_path(tmp_path, theatre))
    told = [warning.problem for warning in warnings(reads)]
    assert len(told) == 2, "once for each part, not for each file"
    assert all(name in text for name, text in zip(parts, told, strict=True))
    for read in maps(reads):
        assert all((read.control[part & theatre.land] == B).all() for part in parts.values())
        assert np.count_nonzero(read.control == B) < sum(areas.values()) + 4000


def test_liveuamap_is_trusted_where_it_shows_the_ground(theatre: Theatre, tmp_path: Path) -> None:
    donbas = make.polygon(38.6, 48.1, 0.5)
    path = make.liveuamap(tmp_path, "2022-03-01", "2022-03-01", nochange=donbas)
    reads = list(read_path(path, theatre))
    assert [warning.problem.split(",")[0] for warning in warnings(reads)] == ["it leaves out Crimea"]
    assert holder(maps(reads)[0].control, theatre, 38.2, 47.4) == A


def test_a_map_that_gives_up_more_than_it_keeps_is_left_out(theatre: Theatre, tmp_path: Path) -> None:
    make.liveuamap(tmp_path, "2023-12-08", "2023-12-07", nochange=make.polygon(38.0, 48.0, 0.5))
    make.liveuamap(
        tmp_path,
        "2023-12-09",
        "2023-12-08",
        nochange=make.polygon(38.0, 48.0, 0.2),
        losses=make.polygon(37.0, 47.5, 0.6),
    )
    reads = list(read_path(tmp_path, theatre))
    assert [str(read.valid_time)[:10] for read in maps(reads)] == ["2023-12-07"]
    assert "broken map, left out" in warnings(reads)[-1].problem


def test_the_order_of_battle_is_known_when_its_sources_were(theatre: Theatre, tmp_path: Path) -> None:
    make.units(
        tmp_path,
        make.units_row(date="2022-09-11", sources="07.09.2022, 13.09.2022", country="ua", groups=("n/a", "0.0")),
        make.units_row(date="2022-09-11"),
        make.units_row(date="2022-07-05", kind="VDV", groups=("<1", "1.0")),
    )
    header = b"date,lat,lng,unit,type_of_btg,country\n"
    make.write(tmp_path / "btgs_all.csv", header + b"2022-04-03,48.123456,38.5,26th Tank Regiment,tank,ru\n")
    found = sightings(list(read_path(tmp_path, theatre)))
    assert [(str(unit.valid_time)[:10], str(unit.known_at)[:10]) for unit in found] == [
        ("2022-04-03", "2022-04-03"),
        ("2022-07-05", "2022-07-05"),
        ("2022-09-11", "2022-09-13"),
        ("2022-09-11", "2022-09-13"),  # the rows of one date come from one map
    ]
    assert [unit.side for unit in found] == ["b", "b", "a", "b"]
    assert [unit.kind for unit in found] == ["tank", "airborne", "motorised rifle", "motorised rifle"]
    assert [unit.strength for unit in found if unit.side == "b"] == [1.0, 1.0, 2.0]
    assert math.isnan(found[2].strength), "n/a is not nought"
    assert [unit.echelon for unit in found] == ["battalion group", "regiment", "regiment", "regiment"]
    assert [unit.provenance.source for unit in found] == ["uawardata-groups"] + ["uawardata"] * 3
    assert {(unit.lon, unit.lat) for unit in found} == {(38.5, 48.12)}


def test_each_reader_recognises_its_own_files_only(tmp_path: Path) -> None:
    files = {
        "deepstate-snapshots": make.snapshot(tmp_path / "1"),
        "deepstate-daily": make.daily(tmp_path / "2", "2024-07-08"),
        "liveuamap-nzz": make.liveuamap(tmp_path / "3", "2023-01-01", "2023-01-01", nochange=make.polygon()),
        "uawardata": make.units(tmp_path / "4"),
    }
    assert set(files) == set(READERS)
    for name, file in files.items():
        packed = make.pack(file.with_name("packed.tar.zst"), [file])
        for path in (file, packed):
            assert [key for key, reader in READERS.items() if reader.recognises(path)] == [name]
