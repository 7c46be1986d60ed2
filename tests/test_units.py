"""The order of battle: known on a day, presumed where it is not, drawn, and checked where it is the user's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from frontcast.errors import ManyInputError
from frontcast.forecast import parse_time
from frontcast.forecast.campaign import assemble, known_armies
from frontcast.observe.order_of_battle_file import COLUMNS, read_order_of_battle
from frontcast.picture import Picture, make_picture
from frontcast.picture.armies import NEWEST_DAYS, Armies, from_units
from frontcast.show.units_map import code, units_map
from frontcast.store import Store
from frontcast.theatre import Theatre, load_theatre

DAY = "2022-09-05"


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return load_theatre("ukraine")


def mustered(theatre: Theatre, day: str) -> tuple[Picture, Armies]:
    with Store.shipped("ukraine") as store:
        series = store.control("deepstate", theatre="ukraine")
        picture = make_picture(series, theatre, parse_time(day))
        return picture, assemble(store, series, picture).armies


@pytest.fixture(scope="module")
def september(theatre: Theatre) -> tuple[Picture, Armies]:
    return mustered(theatre, DAY)


def test_units_are_those_known_then_and_none_seen_later(september: tuple[Picture, Armies]) -> None:
    picture, armies = september
    assert set(armies.units["side"]) == {"a", "b"}
    seen = armies.units["seen"].to_numpy()
    assert (seen <= picture.init_time).all()
    assert (seen >= picture.init_time - np.timedelta64(NEWEST_DAYS, "D")).all()
    assert not armies.units["presumed"].any()
    assert armies.units["battalions"].between(0.5, 8).all()


def test_where_no_order_of_battle_is_known_brigades_are_presumed_and_it_is_said(theatre: Theatre) -> None:
    _, armies = mustered(theatre, "2024-05-01")
    assert armies.units[armies.units["side"] == "a"]["presumed"].all()
    assert not armies.units[armies.units["side"] == "b"]["presumed"].any()
    assert np.isnat(armies.known["a"])
    assert "presumed" in known_armies(armies, theatre)
    # Led by sector: one headquarters for all would be one target for all.
    led = armies.units[armies.units["side"] == "a"].groupby("headquarters").size()
    assert len(led) >= 8
    assert led.max() <= 25


def test_proxy_troops_are_told_from_regulars(september: tuple[Picture, Armies]) -> None:
    _, armies = september
    units = armies.units.set_index("unit")
    proxy = units.loc["100th Separate Motorized Rifle Brigade (DPR)"]
    regular = units.loc["27th Separate Guards Motorized Rifle Brigade"]
    assert proxy["steadiness"] < regular["steadiness"]
    assert proxy["quality"] < regular["quality"]


def test_codes_are_of_the_standard() -> None:
    import milsymbol

    for side in "ab":
        for kind in ("tank", "motorised rifle", "airborne", "artillery", "whatever"):
            found = code(side, kind, "brigade")
            assert len(found) == 20
            assert found.startswith("1003" if side == "a" else "1006")
            assert milsymbol.Symbol(found).is_valid()


def test_the_map_is_sound_svg_with_a_symbol_for_each_unit(september: tuple[Picture, Armies], tmp_path: Path) -> None:
    picture, armies = september
    drawn = units_map(picture, armies, tmp_path / "map.svg")
    root = ElementTree.parse(tmp_path / "map.svg").getroot()
    titles = [
        title.text for title in root.iter("{http://www.w3.org/2000/svg}title") if title.text and "; seen" in title.text
    ]
    assert len(titles) == drawn > 100
    one = units_map(picture, armies, tmp_path / "one.svg", sides=("b",))
    assert 0 < one < drawn


def lines(*rows: str) -> str:
    return "\n".join([",".join(COLUMNS), *rows]) + "\n"


def test_an_order_of_battle_of_ones_own_takes_the_place_of_the_record(
    september: tuple[Picture, Armies], theatre: Theatre, tmp_path: Path
) -> None:
    picture, armies = september
    path = tmp_path / "own.csv"
    path.write_text(
        lines(
            "Ukraine,Group North,corps,headquarters,,36.5,49.4,,2022-09-01",
            "Ukraine,1st brigade,brigade,tank,Group North,36.8,49.4,2,2022-09-01",
        ),
        "utf-8",
    )
    own = from_units(read_order_of_battle(path, theatre, picture.init_time), armies, picture.init_time)
    mine = own.units[own.units["side"] == "a"]
    assert list(mine["unit"]) == ["1st brigade"]
    assert own.headquarters["name"].iloc[int(mine["headquarters"].iloc[0])] == "Group North"
    theirs = own.units[own.units["side"] == "b"]
    assert len(theirs) == (armies.units["side"] == "b").sum()
    names = own.headquarters["name"].to_numpy()[theirs["headquarters"].to_numpy(int)]
    before = armies.units[armies.units["side"] == "b"]
    assert list(names) == list(armies.headquarters["name"].to_numpy()[before["headquarters"].to_numpy(int)])


def test_everything_wrong_with_an_order_of_battle_is_told_at_once(theatre: Theatre, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        lines(
            "Ukraine,1st brigade,brigade,tank,Group North,36.8,49.4,2,2022-09-01",
            "Ukraine,Group North,corps,headquarters,Group South,36.5,49.4,,2022-09-01",
            "Ukraine,Group South,corps,headquarters,Group North,36.5,49.4,,2022-09-01",
            "Ukraine,1st brigade,brigade,tank,,10.0,49.4,-2,2022-09-31",
            "Rusia,3rd,squad,tank,Nobody,36.6,50.6,x,2023-01-01",
            "Ukraine,4th,brigade,elephants,,36.8,inf,nan,2022-09-01",
        ),
        "utf-8",
    )
    with pytest.raises(ManyInputError) as caught:
        read_order_of_battle(path, theatre, parse_time(DAY))
    told = str(caught.value)
    for expected in (
        "line 5, unit",
        "line 5, lon: 10, 49.4 is off the map",
        "line 5, battalions: -2",
        'line 5, seen: "2022-09-31"',
        "line 6, side",
        "line 6, echelon",
        "line 6, lon: 36.6, 50.6 is across the border",
        "line 6, battalions",
        "line 6, seen: 2023-01-01 lies after",
        "line 6, parent",
        "commands go round",
        "line 7, kind",
        'line 7, lat: "inf"',
        'line 7, battalions: "nan"',
    ):
        assert expected in told, f"{expected} is missing in:\n{told}"
    at = [int(error.place.removeprefix("line ").split(",")[0]) for error in caught.value.errors]
    assert at == sorted(at)


def test_the_verb_lists_units_and_says_what_is_wrong() -> None:
    def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "frontcast", "units", *arguments], capture_output=True, text=True, check=False
        )

    found = ran("--as-of", DAY, "--side", "Russia", "--json")
    assert found.returncode == 0
    assert '"unit": "90th Guards Tank Division"' in found.stdout
    assert '"side": "a"' not in found.stdout
    for arguments, problem in (
        (("--as-of", "1999-01-01"), "no map"),
        (("--as-of", "yesterday"), "not a date"),
        (("--as-of", DAY, "--side", "Narnia"), "no side"),
        (("--as-of", DAY, "--out", "map.bmp"), "SVG"),
    ):
        found = ran(*arguments)
        assert found.returncode == 1, arguments
        assert problem.casefold() in found.stderr.casefold(), found.stderr
        assert "Traceback" not in found.stderr
