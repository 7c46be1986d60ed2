"""What people are shown says what the forecast says, and a page does nothing that it should not."""

import io
import json
import re
import shutil
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console
from scipy import ndimage

from frontcast.errors import FrontcastError, InputError
from frontcast.show import fan_chart, forecast_brief, forecast_map, forecast_page, shapes, style
from frontcast.show.brief import outlook, place_sentence, risks
from frontcast.show.fan import fan_quantiles
from frontcast.show.map import _Labels
from frontcast.theatre import GREY, MASKED, A, B, Theatre, load_theatre

NASTY = "<script>alert(1)</script>"
MEMBERS, DAYS, ROWS, COLUMNS = 40, 3, 110, 140
LINE = 70
"""Column of side a's forward line; b's is two further east."""
HOT = (30, 90)
"""Row and column of the middle of the ground likeliest to change hands."""


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    """A country 110 by 140 km with a lake, a river, two regions and a few places."""
    folder = tmp_path_factory.mktemp("theatre")
    crs = "+proj=laea +lat_0=48 +lon_0=35 +datum=WGS84 +units=m +no_defs"
    layers = {
        "border": [shapely.box(-65e3, -50e3, 65e3, 50e3)],
        "regions": [shapely.box(-65e3, -50e3, 0, 50e3), shapely.box(0, -50e3, 65e3, 50e3)],
        "lakes": [shapely.box(30e3, -30e3, 40e3, -20e3)],
        "rivers": [shapely.LineString([(-65e3, 20e3), (0, 10e3), (65e3, 25e3)])],
    }
    for name, geometry in layers.items():
        names = [f"{name} {index}" for index in range(len(geometry))]
        frame = gpd.GeoDataFrame({"name": names, "scalerank": 5.0}, geometry=geometry, crs=crs)
        frame.to_parquet(folder / f"{name}.parquet")
    spots = {  # name: x and y in km, people
        NASTY: (12, 26, 30_000),
        "Bigtown": (-40, 10, 400_000),
        'O\'Hara "[bold]" & Sons': (20, 25, 5_000),
        "Hamlet": (16, 22, None),
        "Far": (55, -40, 2_000),
    }
    points = gpd.GeoSeries([shapely.Point(x * 1e3, y * 1e3) for x, y, _ in spots.values()], crs=crs).to_crs(4326)
    pd.DataFrame(
        {
            "name": list(spots),
            "lon": points.x.to_numpy(),
            "lat": points.y.to_numpy(),
            "population": [float(people) if people else np.nan for _, _, people in spots.values()],
            "aliases": "",
            "id": range(len(spots)),
        }
    ).to_parquet(folder / "places.parquet")
    (folder / "theatre.toml").write_text(
        f"""
        name = "toy"
        title = "Toyland & <its> front"
        [grid]
        crs = "{crs}"
        west = -70_000
        south = -55_000
        east = 70_000
        north = 55_000
        cell_km = 1.0
        [sides.a]
        name = "Aland"
        adjective = "Alish"
        colour = "#0072B2"
        [sides.b]
        name = "Bland"
        adjective = "Blish"
        colour = "#D55E00"
        [border]
        file = "border.parquet"
        regions = "regions.parquet"
        [places]
        file = "places.parquet"
        [terrain]
        rivers = "rivers.parquet"
        lakes = "lakes.parquet"
        """
    )
    return load_theatre(folder / "theatre.toml")


def initial_control(theatre: Theatre, *, grey: bool = True) -> np.ndarray:
    column = np.broadcast_to(np.arange(COLUMNS), (ROWS, COLUMNS))
    value = np.where(column < LINE, A, np.where((column < LINE + 2) & grey, GREY, B))
    return np.where(theatre.land, value, MASKED).astype(np.uint8)


def make_dataset(theatre: Theatre, *, grey: bool = True, still: bool = False) -> xr.Dataset:
    """A forecast in which a may gain around HOT, b a little in the south; or one in which nothing moves."""
    control = initial_control(theatre, grey=grey)
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    rng = np.random.default_rng(0)
    rough = ndimage.gaussian_filter(rng.standard_normal((ROWS, COLUMNS)), 3)
    probability = np.zeros((DAYS, 3, ROWS, COLUMNS))
    for day in range(DAYS):
        reach = np.exp(-((row - HOT[0]) ** 2 + (column - HOT[1]) ** 2) / 2 / 14**2) * (day + 1) / DAYS
        gain_a = np.clip(1.05 * reach + 2.0 * rough * reach, 0, 1)
        gain_b = np.clip(0.6 * np.exp(-((row - 80) ** 2 + (column - 60) ** 2) / 2 / 8**2), 0, 1) * (day + 1) / DAYS
        if still:
            gain_a, gain_b = np.zeros_like(gain_a), np.zeros_like(gain_b)
        chance_a = np.where(control == A, 1 - gain_b, gain_a)
        chance_b = np.where(control == A, gain_b, np.where(control == B, 1 - gain_a, 0.1 * (1 - gain_a)))
        probability[day] = np.stack([chance_a, 1 - chance_a - chance_b, chance_b])
    now = np.stack([control == value for value in (A, GREY, B)])
    change = 1 - (probability * now).sum(axis=1)
    masked = control == MASKED
    probability[:, :, masked] = np.nan
    change[:, masked] = np.nan
    if still:
        change[:, ~masked] = 0.0
    held = np.stack([(control == value).sum() for value in (A, GREY, B)]).astype(float)
    area = np.tile(held, (DAYS + 1, MEMBERS, 1))
    if not still:
        moved = np.arange(DAYS + 1)[:, None] * np.arange(MEMBERS)[None, :] * 1.0
        area[:, :, 0] += moved
        area[:, :, 2] -= moved
    init_time = np.datetime64("2022-09-05T23:59:59", "ns")
    grid = theatre.grid
    return xr.Dataset(
        {
            "control_probability": (("init_time", "lead_time", "holder", "y", "x"), probability[None]),
            "change_probability": (("init_time", "lead_time", "y", "x"), change[None]),
            "initial_control": (("init_time", "y", "x"), control[None]),
            "held_area": (("init_time", "lead_day", "member", "holder"), area[None]),
        },
        coords={
            "init_time": [init_time],
            "lead_time": np.arange(1, DAYS + 1).astype("timedelta64[D]").astype("timedelta64[ns]"),
            "holder": ["a", "grey", "b"],
            "lead_day": np.arange(DAYS + 1),
            "member": np.arange(MEMBERS),
            "y": grid.y,
            "x": grid.x,
        },
        attrs={"source": f"A map {NASTY}", "data_vintage": "2022-09-05T21:40:00"},
    )


def make_places(theatre: Theatre, dataset: xr.Dataset) -> pd.DataFrame:
    table = theatre.places.table
    row, column = theatre.grid.cell_of(table["lon"], table["lat"])
    now = dataset["initial_control"].values[0][row, column]
    frames = []
    for index in range(DAYS):
        chance = dataset["control_probability"].values[0, index][:, row, column]
        change = dataset["change_probability"].values[0, index][row, column]
        columns = {"holder_now": np.array(["a", "grey", "b"])[now], "lead_day": index + 1, "p_change": change}
        columns |= dict(zip(("p_a", "p_grey", "p_b"), chance, strict=True))
        frames.append(table[["name", "lon", "lat", "population"]].assign(**columns))
    return pd.concat(frames, ignore_index=True)


def make_lines(theatre: Theatre) -> gpd.GeoDataFrame:
    rows = []
    for day in range(1, DAYS + 1):
        for side in ("a", "b"):
            for quantile in (0.1, 0.5, 0.9):
                x = (day * quantile + (side == "b") * 2) * 1e3
                lon, lat = theatre.grid.unproject([x, x + 3e3, x], [-48e3, 0, 48e3])
                line = shapely.LineString(np.c_[lon, lat])
                rows.append({"lead_day": day, "side": side, "quantile": quantile, "geometry": line})
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4326)


def write_product(folder: Path, theatre: Theatre, dataset: xr.Dataset) -> Path:
    folder.mkdir()
    encoding = {"initial_control": {"_FillValue": np.uint8(MASKED)}}
    dataset.to_zarr(folder / "forecast.zarr", zarr_format=3, consolidated=False, encoding=encoding)
    make_places(theatre, dataset).to_parquet(folder / "places.parquet")
    make_lines(theatre).to_parquet(folder / "lines.parquet")
    (folder / "run.json").write_text(json.dumps({"seed": 7, "note": "</pre></script><img src=http://x.test>"}))
    return folder


@pytest.fixture(scope="module")
def dataset(theatre: Theatre) -> xr.Dataset:
    return make_dataset(theatre)


@pytest.fixture(scope="module")
def still(theatre: Theatre) -> xr.Dataset:
    """No grey zone, and nothing that could change."""
    return make_dataset(theatre, grey=False, still=True)


@pytest.fixture(scope="module")
def product(theatre: Theatre, dataset: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_product(tmp_path_factory.mktemp("show") / "product", theatre, dataset)


@pytest.fixture(scope="module")
def page(product: Path, theatre: Theatre, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "page.html"
    forecast_page(product, path, theatre)
    return path.read_text(encoding="utf-8")


def render(item: object) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(item)
    return console.export_text().replace(style.NO_BREAK, " ")


# ---- bands


@pytest.mark.parametrize("lead_day", [1, DAYS])
def test_bands_cover_the_cells_whose_chance_they_name(theatre: Theatre, dataset: xr.Dataset, lead_day: int) -> None:
    ground = shapes.Ground.of(dataset)
    bands = shapes.gain_bands(dataset, ground, lead_day)
    control = ground.control
    x, y = np.meshgrid(ground.x, ground.y)
    for side, lost_by in (("a", B), ("b", A)):
        chance = dataset["control_probability"].values[0, lead_day - 1, {"a": 0, "b": 2}[side]]
        # One cell from a line its rounded corners may cut.
        inner = ndimage.binary_erosion(control == lost_by, iterations=2)
        for edge in style.BANDS:
            shape = dict(bands[side]).get(edge, shapely.MultiPolygon())
            covered = shapely.contains_xy(shape, x[inner], y[inner])
            decided = np.abs(chance[inner] - edge) > 1e-9
            assert np.array_equal(covered[decided], (chance[inner] >= edge)[decided])
            assert not shapely.contains_xy(shape, x[control == MASKED], y[control == MASKED]).any()
    assert len(bands["a"]) >= 2
    assert bands["b"]


def test_bands_lie_within_one_another_and_the_sides_do_not_overlap(dataset: xr.Dataset) -> None:
    ground = shapes.Ground.of(dataset)
    bands = shapes.gain_bands(dataset, ground, DAYS)
    for side in ("a", "b"):
        for (_, outer), (_, inner) in pairwise(bands[side]):
            assert inner.difference(outer).area < 1e-6
    assert bands["a"][0][1].intersection(bands["b"][0][1]).area < 0.5
    # What a may gain in the grey zone is coloured too.
    assert bands["a"][0][1].intersection(ground.held["grey"]).area > 5


def test_a_sides_own_ground_does_not_raise_the_band_beside_it(dataset: xr.Dataset, still: xr.Dataset) -> None:
    control = still["initial_control"].values[0]
    chance = still["control_probability"].copy(deep=True)
    # Next to ground that a is sure to hold, b's ground is a's with a chance of 0.3 everywhere.
    chance[0, :, 0] = np.where(control == B, 0.3, chance[0, 0, 0])
    chance[0, :, 2] = np.where(control == B, 0.7, chance[0, 0, 2])
    bands = shapes.gain_bands(still.assign(control_probability=chance), shapes.Ground.of(still), 1)
    assert [edge for edge, _ in bands["a"]] == [0.05, 0.25]
    assert bands["b"] == []


def test_leads_are_told_apart(dataset: xr.Dataset) -> None:
    assert np.array_equal(
        shapes.change_at(dataset, 2).values, dataset["change_probability"].values[0, 1], equal_nan=True
    )
    assert shapes.valid_time(dataset, 2) == np.datetime64("2022-09-07T23:59:59")


def test_masked_cells_may_be_stored_as_missing(dataset: xr.Dataset, product: Path) -> None:
    with xr.open_dataset(product / "forecast.zarr", engine="zarr", consolidated=False) as stored:
        assert stored["initial_control"].isnull().any()
        assert np.array_equal(shapes.Ground.of(stored).control, dataset["initial_control"].values[0])


def test_a_sides_own_ground_does_not_leak_over_its_line(still: xr.Dataset) -> None:
    bands = shapes.gain_bands(still, shapes.Ground.of(still), DAYS)
    assert bands == {"a": [], "b": []}


def test_forward_lines_leave_out_border_and_lake(theatre: Theatre, dataset: xr.Dataset) -> None:
    ground = shapes.Ground.of(dataset)
    for side, x in (("a", 0.0), ("b", 2.0)):
        line = ground.flot[side]
        assert line.length == pytest.approx(100, abs=1.5)
        west, _, east, _ = line.bounds
        assert west == pytest.approx(x, abs=0.6)
        assert east == pytest.approx(x, abs=0.6)


def test_first_sector_is_where_most_change_is_expected(dataset: xr.Dataset, still: xr.Dataset) -> None:
    (west, east, south, north), *others = shapes.sectors(dataset, DAYS, count=2, aspect=1.5)
    x, y = HOT[1] - 70 + 0.5, 55 - HOT[0] - 0.5
    assert west < x < east
    assert south < y < north
    assert (east - west) / (north - south) == pytest.approx(1.5)
    assert not any(shapely.box(west, south, east, north).overlaps(shapely.box(a, c, b, d)) for a, b, c, d in others)
    assert shapes.sectors(still, DAYS, count=2, aspect=1.5) == []


def test_sectors_are_small_where_only_the_edge_of_the_line_is_in_play(dataset: xr.Dataset) -> None:
    column = np.broadcast_to(np.arange(COLUMNS), (ROWS, COLUMNS))
    for depth, width in ((2, 60.0), (40, 160.0)):
        chance = np.where((column >= LINE) & (column < LINE + depth), 0.5, 0.0)
        forecast = dataset.assign(change_probability=dataset["change_probability"] * 0 + chance)
        west, east, *_ = shapes.sectors(forecast, DAYS, count=1, aspect=1.5)[0]
        assert east - west == pytest.approx(width)


def test_forecast_lines_come_back_in_km(theatre: Theatre) -> None:
    lines = shapes.forecast_lines(make_lines(theatre), theatre, 2)
    assert set(lines) == {(side, quantile) for side in "ab" for quantile in (0.1, 0.5, 0.9)}
    assert np.asarray(lines["b", 0.5].coords)[0] == pytest.approx([3.0, -48.0], abs=1e-6)


# ---- words and colours


@pytest.mark.parametrize(
    ("probability", "members", "words"),
    [
        (0.0, 100, "<1 %"),
        (1.0, 100, ">99 %"),
        (0.01, 100, "1 %"),
        (0.99, 100, "99 %"),
        (0.004, 500, "<1 %"),
        (0.996, 500, ">99 %"),
        (0.345, 200, "34 %"),
        (0.0, 20, "<5 %"),
        (0.05, 20, "5 %"),
        (1.0, 20, ">95 %"),
        (0.95, 20, "95 %"),
    ],
)
def test_percent(probability: float, members: int, words: str) -> None:
    assert style.percent(probability, members) == words.replace(" ", style.NO_BREAK)


@given(st.floats(0, 1), st.integers(1, 2000))
def test_percent_never_claims_certainty(probability: float, members: int) -> None:
    words = style.percent(probability, members)
    assert not re.fullmatch(rf"(0|100){style.NO_BREAK}%", words) or members < 3
    assert "-" not in words


@pytest.mark.parametrize(
    ("square_km", "words"),
    [(0.0, "0"), (0.3, "0"), (-0.2, "0"), (7.6, "+8"), (-1234.0, "−1,200"), (996.0, "+1,000"), (84.4, "+84")],
)
def test_area(square_km: float, words: str) -> None:
    assert style.area(square_km, signed=True) == f"{words}{style.NO_BREAK}km²"


def luminance(colour: str) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return float(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def test_ramps_keep_their_order_in_grey_and_stand_off_from_the_tints(theatre: Theatre) -> None:
    for side in style.sides(theatre).values():
        light = [luminance(colour) for colour in style.ramp(side)]
        assert all(later < 0.8 * earlier for earlier, later in pairwise(light))
        dark = [luminance(colour) for colour in style.ramp(side, dark=True)]
        assert all(later > 1.25 * earlier for earlier, later in pairwise(dark))
        assert luminance(style.tint(side)) > 1.2 * light[0]
        assert luminance(style.tint(side, dark=True)) < 0.8 * dark[0]


# ---- fan chart


def test_fan_quantiles(dataset: xr.Dataset) -> None:
    fan = fan_quantiles(dataset, "b")
    # Member m loses m km² a day.
    assert fan.on(0) == dict.fromkeys(fan.area, 0.0)
    for day in (1, DAYS):
        for quantile, value in fan.on(day).items():
            assert value == pytest.approx(-day * np.quantile(np.arange(MEMBERS), 1 - quantile))
    grey = fan_quantiles(dataset, "grey", change=False)
    assert grey.on(2)[0.5] == (dataset["initial_control"].values == GREY).sum()


def test_fan_chart_is_deterministic_and_takes_what_happened(
    theatre: Theatre, dataset: xr.Dataset, still: xr.Dataset, tmp_path: Path
) -> None:
    observed = pd.DataFrame({"lead_day": [0, 1, 2], "b": [900.0, 700.0, 650.0]})
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "observed", "still")]
    fan_chart(dataset, theatre, path=paths[0])
    fan_chart(dataset, theatre, path=paths[1])
    fan_chart(dataset, theatre, path=paths[2], observed=observed)
    fan_chart(still, theatre, path=paths[3])
    one, two, seen, _ = (path.read_bytes() for path in paths)
    assert one == two
    assert one != seen
    assert b"Software" not in one
    assert b"tIME" not in one


# ---- map


def test_map_is_deterministic_and_differs_by_lead(theatre: Theatre, dataset: xr.Dataset, tmp_path: Path) -> None:
    lines, places = make_lines(theatre), make_places(theatre, dataset)
    drawn = []
    for name, lead_day in (("one", DAYS), ("two", DAYS), ("three", 1)):
        path = tmp_path / f"{name}.png"
        forecast_map(dataset, lines, places, theatre, lead_day=lead_day, path=path)
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert b"Software" not in drawn[0]


def test_map_of_nothing_and_of_one_sector(
    theatre: Theatre, dataset: xr.Dataset, still: xr.Dataset, tmp_path: Path
) -> None:
    lines, places = make_lines(theatre), make_places(theatre, still)
    for name, forecast, some, extent in (
        ("still", still, lines[:0], None),
        ("near", dataset, lines, (0.0, 60.0, 0.0, 50.0)),
    ):
        path = tmp_path / f"{name}.png"
        forecast_map(forecast, some, places[:0], theatre, lead_day=1, path=path, extent=extent)
        assert path.read_bytes().startswith(b"\x89PNG")


def test_map_refuses_a_lead_that_was_not_forecast(theatre: Theatre, dataset: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(FrontcastError, match="choose one of 1, 2, 3"):
        forecast_map(
            dataset,
            make_lines(theatre),
            make_places(theatre, dataset),
            theatre,
            lead_day=9,
            path=tmp_path / "x.png",
        )


def test_labels_never_touch() -> None:
    figure = Figure(figsize=(4, 3), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 10), ylim=(0, 10))
    labels = _Labels(axes, canvas)
    points = np.random.default_rng(0).uniform(0, 10, (60, 2))
    placed = [labels.add(x, y, f"Place {i}", gap=4.0, size=8.0, look={}) for i, (x, y) in enumerate(points)]
    assert 15 < sum(placed) < 60
    assert len(axes.texts) == sum(placed)
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in axes.texts]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


# ---- brief


def test_brief_says_what_the_forecast_says(theatre: Theatre, dataset: xr.Dataset) -> None:
    places = make_places(theatre, dataset)
    text = render(forecast_brief(dataset, places, theatre))
    flat = " ".join(text.split())
    assert "from 5 September 2022 to 8 September 2022" in flat
    assert "became known on 5 September 2022, 21:40 UTC" in flat
    assert 'O\'Hara "[bold]" & Sons' in text
    assert "Hamlet" not in text  # fewer people than a town, as far as known
    assert style.CAUTION in flat
    found = outlook(dataset)
    control = dataset["initial_control"].values[0]
    chance = dataset["control_probability"].values[0, -1]
    assert found.taken["a"] == pytest.approx(np.nansum(chance[0][control != A]))
    # Member 0 keeps all its ground, the others lose some.
    assert found.chance_of_less == {"a": 0.0, "b": (MEMBERS - 1) / MEMBERS}
    assert found.change["b"][0.5] == pytest.approx(-DAYS * (MEMBERS - 1) / 2)
    row = next(line for line in text.splitlines() if line.strip().startswith(NASTY))
    at_risk = risks(places, [1, 2, 3])
    place = next(place for place in at_risk if place.name == NASTY)
    wanted = [style.percent(place.change[lead], MEMBERS).replace(style.NO_BREAK, " ") for lead in (1, 3)]
    assert re.findall(r"[<>]?\d+ %", row) == wanted
    assert wanted[1] == ">98 %"
    assert [place.risk for place in at_risk] == sorted((place.risk for place in at_risk), reverse=True)


def test_brief_where_nothing_is_at_risk(theatre: Theatre, still: xr.Dataset) -> None:
    text = render(forecast_brief(still, make_places(theatre, still), theatre))
    assert "No place has a chance of 5 % or more of changing hands within 3 days." in text
    assert not re.search(r"(?<![\d.])(0|100) %", text)
    assert place_sentence([], MEMBERS, 1).replace(style.NO_BREAK, " ").endswith("within 1 day.")


# ---- page


class Reader(HTMLParser):
    """Elements, ids, references to them, and the text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._silent = tag in ("script", "style")
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("for", "aria-labelledby", "aria-describedby"):
                self.references.append(value or "")
            elif name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def test_page_shows_names_as_text_and_never_runs_them(page: str) -> None:
    reader = read(page)
    assert NASTY in reader.text
    assert "<script>alert" not in page
    assert reader.tags.count("script") == 2
    assert reader.tags.count("pre") == 1
    assert "img" not in reader.tags
    assert "Toyland & <its> front" in reader.text
    raw = re.search(r'id="data">(.*?)</script>', page, re.S)[1]
    assert "<" not in raw
    data = json.loads(raw)
    assert NASTY in {place["name"] for place in data["places"]}


def test_page_fetches_nothing(page: str) -> None:
    reader = read(page)
    assert all(link.startswith("#") for link in reader.links)
    assert "default-src 'none'" in page
    own = page.replace(escape("<img src=http://x.test>"), "")
    assert own != page
    assert not re.search(r"(src|href)\s*=\s*[\"']?\s*(https?:)?//|url\(\s*[\"']?(?!#)|@import|\bfetch\(|XMLHttp", own)


def test_page_is_whole_and_points_only_at_what_is_there(page: str) -> None:
    reader = read(page)
    assert "{{" not in page
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.references) <= set(reader.ids)
    assert {"says", "where", "area", "places", "read", "record", "not-for", "sources"} <= set(reader.ids)
    script = page[page.rindex("<script>") :]
    wanted = set(re.findall(r'\$\("([\w-]+)"\)', script)) | set(re.findall(r'getElementById\("([\w-]+)"\)', script))
    assert wanted <= set(reader.ids)
    assert page.count('class="day"') == 2 * DAYS
    # Without scripts the last day is shown, and only that.
    assert page.count(f'class="day" data-day="{DAYS - 1}">') == 2
    assert page.count('style="display:none"><path class="a0"') == DAYS - 1
    for words in ("On average over the members, Aland holds", style.CAUTION, "It is not a targeting aid"):
        assert words in reader.text


def test_page_has_the_chances_of_every_place_listed(page: str, theatre: Theatre, dataset: xr.Dataset) -> None:
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])
    assert data["leads"] == [1, 2, 3]
    places = make_places(theatre, dataset)
    for place in data["places"]:
        if place["p"] is not None:
            known = places[places["name"] == place["name"]].sort_values("lead_day")["p_change"]
            assert place["p"] == pytest.approx(known.to_list(), abs=5e-4)
    listed = sum(place["p"] is not None for place in data["places"])
    assert listed == (places[places["lead_day"] == DAYS]["p_change"] >= 0.01).sum() > 1
    assert page.count('class="name"') == listed


def test_page_is_deterministic_and_light(page: str, product: Path, theatre: Theatre, tmp_path: Path) -> None:
    forecast_page(product, tmp_path / "again.html", theatre)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page
    assert len(page) < 300_000


def test_page_without_change_or_grey_zone(theatre: Theatre, still: xr.Dataset, tmp_path: Path) -> None:
    product = write_product(tmp_path / "product", theatre, still)
    forecast_page(product, tmp_path / "page.html", theatre)
    text = read((tmp_path / "page.html").read_text(encoding="utf-8")).text.replace(style.NO_BREAK, " ")
    assert "No place has a chance of 5 % or more" in text
    assert "No place has a chance of change that these members can tell from none." in text


def test_page_tells_the_track_record_or_that_there_is_none(
    page: str, product: Path, theatre: Theatre, tmp_path: Path
) -> None:
    assert "No track record came with this forecast." in page
    rows = [
        # lead, method, distance, Brier score, skill, interval
        (30, "climatology", 25.0, 0.03, 0.01, [-0.02, 0.04]),
        (7, "persistence", 25.0, 0.02, 0.0, [0.0, 0.0]),
        (7, "model <b>", 25.0, 0.0176, 0.12, [0.05, 0.2]),
        (7, "booster", 25.0, 0.0206, -0.031, [-0.05, -0.01]),
        (30, "model <b>", 25.0, 0.02, 0.25, [None, None]),
        (7, "booster", 10.0, 0.9, -9.0, [-10.0, -8.0]),
    ]
    keys = ("lead_days", "forecaster", "within_km", "brier", "skill", "skill_interval")
    record = {
        "scores": [dict(zip(keys, row, strict=True)) | {"starts": 51} for row in rows],
        "starts": [{"init_time": "2024-07-08T23:59:59Z"}, {"init_time": "2024-07-01T23:59:59Z"}],
        "command": "frontcast verify --from 2024-07-01",
        "resampling": {"level": 0.9},
    }
    observed = pd.DataFrame({"lead_day": [0, 1], "b": [900.0, 700.0], "grey": [10.0, 12.0]})
    forecast_page(product, tmp_path / "page.html", theatre, track_record=record, observed=observed)
    text = read((tmp_path / "page.html").read_text(encoding="utf-8")).text
    assert "90 % interval" in text
    assert "7no change0.02000––" in text
    assert "7model <b>0.01760+0.120+0.050 to +0.200better" in text
    assert "7gradient boosting0.02060−0.031−0.050 to −0.010worse" in text
    assert "30climatology of distance0.03000+0.010−0.020 to +0.040no clear difference" in text
    assert "30model <b>0.02000+0.250–better" in text
    assert "9.000" not in text
    assert "up to 51 starts, from 2024-07-01 to 2024-07-08" in text
    assert "frontcast verify --from 2024-07-01" in text
    assert "dots are what happened" in text


def test_page_of_half_a_product_says_which_half(product: Path, theatre: Theatre, tmp_path: Path) -> None:
    shutil.copytree(product, tmp_path / "half")
    (tmp_path / "half" / "lines.parquet").unlink()
    with pytest.raises(InputError, match=r"lines\.parquet"):
        forecast_page(tmp_path / "half", tmp_path / "page.html", theatre)
    assert not (tmp_path / "page.html").exists()


def test_brief_lists_a_town_of_unknown_size_and_no_such_hamlet(product: Path, theatre: Theatre) -> None:
    dataset = xr.open_dataset(product / "forecast.zarr", engine="zarr", consolidated=False)
    places = pd.read_parquet(product / "places.parquet")
    base = places.sort_values("lead_day").drop_duplicates("lead_day").assign(population=np.nan, p_change=0.6)
    unknown = pd.concat(
        [base.assign(name="Uncounted", kind="town"), base.assign(name="Crossroads", kind="hamlet", lon=1.0)]
    )
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(forecast_brief(dataset, unknown, theatre))
    text = console.export_text()
    assert "Uncounted" in text
    assert "Crossroads" not in text
