"""A tiny theatre with a made-up record: a straight front that b moves west, 1 km a week, in one sector."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from frontcast.observe import ControlMap, Provenance
from frontcast.store import ControlSeries, Store
from frontcast.store.series import encode_runs
from frontcast.theatre import GREY, MASKED, A, B, Theatre, load_theatre

THEATRE = """
name = "tiny"
title = "A tiny theatre"
[grid]
crs = "+proj=laea +lat_0=48.5 +lon_0=35.5 +datum=WGS84 +units=m +no_defs"
west = -60000
south = -50000
east = 60000
north = 50000
cell_km = 1.0
[sides.a]
name = "West"
adjective = "Western"
colour = "#0072B2"
[sides.b]
name = "East"
adjective = "Eastern"
colour = "#D55E00"
[border]
file = "border.geojson"
[places]
file = "places.parquet"
"""
SOURCE = "sketch"
SHAPE = (100, 120)
FRONT = 60
"""First column of b at the start; the column west of it is grey where the front is quiet."""

SECTOR = slice(30, 50)
"""Rows in which b moves."""

FIRST_DAY = np.datetime64("2023-01-01T12:00:00", "s")
DAYS = 120
PLACES = (
    ("Westerby", -40e3, 20e3),
    ("Middleham", -15.5e3, 10.5e3),
    ("Frontford", -0.5e3, -30.5e3),
    ("Lostwick", -5e3, 10e3),
    ("Easterby", 40e3, -20e3),
    ("Farmouth", 59e3, 45e3),
)
"""Names, eastings and northings, m: on either side, on the line and in the grey zone, and one in a far corner."""

INIT = "2023-04-20"
"""A start with 15 weeks of maps behind it and ten days of maps after it."""


def day(number: int) -> np.datetime64:
    return FIRST_DAY + np.timedelta64(number, "D")


def control_on(number: int, *, km_a_week: int = 1, grey: bool = True) -> npt.NDArray[np.uint8]:
    """The map of day `number`, (y, x) uint8, with nothing masked."""
    control = np.full(SHAPE, A, np.uint8)
    column = np.arange(SHAPE[1])
    edge = np.full((SHAPE[0], 1), FRONT)
    edge[SECTOR] -= number // 7 * km_a_week
    control[column >= edge] = B
    if grey:
        control[column == edge - 1] = GREY
    return control


def theatre_file(folder: Path) -> Path:
    """Files of the theatre: 100 rows of 120 cells around 48.5 N, 35.5 E; the four westernmost columns or so are abroad."""
    ring = [[34.75, 47.8], [37.0, 47.8], [37.0, 49.2], [34.75, 49.2], [34.75, 47.8]]
    border = {"type": "Feature", "properties": {"name": "all"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "border.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [border]}))
    names, east, north = zip(*PLACES, strict=True)
    crs = tomllib.loads(THEATRE)["grid"]["crs"]
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(east, north)
    population = [1000.0 * (number + 1) for number in range(len(PLACES))]
    places = {"name": names, "lon": lon, "lat": lat, "population": population, "aliases": "", "id": range(len(PLACES))}
    pd.DataFrame(places).to_parquet(folder / "places.parquet")
    path = folder / "tiny.toml"
    path.write_text(THEATRE)
    return path


def tiny_theatre(folder: Path) -> Theatre:
    return load_theatre(theatre_file(folder))


def series_of(maps: list[npt.NDArray[np.uint8]], theatre: Theatre) -> ControlSeries:
    """A record of daily maps, each known the moment it describes."""
    times = np.array([day(number) for number in range(len(maps))], "datetime64[s]")
    masked = [np.where(theatre.land, control, MASKED).astype(np.uint8) for control in maps]
    return ControlSeries(SOURCE, SHAPE, times, times, [encode_runs(control) for control in masked])


def tiny_series(theatre: Theatre, days: int = DAYS, *, km_a_week: int = 1, grey: bool = True) -> ControlSeries:
    return series_of([control_on(number, km_a_week=km_a_week, grey=grey) for number in range(days)], theatre)


def swapped(series: ControlSeries) -> ControlSeries:
    """The same record with a and b in each other's place."""
    swap = np.arange(256, dtype=np.uint8)
    swap[[A, B]] = B, A
    runs = [(lengths, swap[values]) for lengths, values in series.runs]
    return ControlSeries(series.source, series.shape, series.valid_time, series.known_at, runs)


def poisoned(series: ControlSeries, after: np.datetime64, seed: int = 0) -> ControlSeries:
    """The same record with every map that became known after `after` replaced by noise."""
    noise = np.random.default_rng(seed)
    runs = [
        encode_runs(noise.choice(np.array([A, GREY, B], np.uint8), series.shape)) if known > after else run
        for known, run in zip(series.known_at, series.runs, strict=True)
    ]
    return ControlSeries(series.source, series.shape, series.valid_time, series.known_at, runs)


def store_file(path: Path, theatre: Theatre, series: ControlSeries) -> Path:
    """The record in a store."""

    def maps() -> list[ControlMap]:
        found = []
        for number, (valid, known) in enumerate(zip(series.valid_time, series.known_at, strict=True)):
            file = f"{number}.geojson"
            provenance = Provenance(series.source, file, hashlib.sha256(file.encode()).hexdigest())
            found.append(ControlMap(provenance, valid, known, series.control(number)))
        return found

    with Store.open(path) as store:
        store.append(theatre, maps())
    return path
