"""A small theatre, observations on it and map files for it, for the tests of the store and the record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from frontcast.observe import ControlMap, Provenance, UnitSighting
from frontcast.theatre import Theatre, load_theatre

THEATRE = """
name = "{name}"
title = "A small theatre"
[grid]
crs = "+proj=laea +lat_0=48.5 +lon_0=35.5 +datum=WGS84 +units=m +no_defs"
west = 0
south = 0
east = {east}
north = 40000
cell_km = 1.0
[sides.a]
name = "Ukraine"
adjective = "Ukrainian"
colour = "#0072B2"
[sides.b]
name = "Russia"
adjective = "Russian"
colour = "#D55E00"
[border]
file = "border.geojson"
"""
SHAPE = (40, 60)


def theatre_file(folder: Path, name: str = "small", columns: int = SHAPE[1]) -> Path:
    """A theatre of 40 rows of 1 km cells, all of them land, around 48.68 N, 35.9 E."""
    box = [[35.0, 48.0], [37.0, 48.0], [37.0, 49.5], [35.0, 49.5], [35.0, 48.0]]
    border = {
        "type": "Feature",
        "properties": {"name": "all"},
        "geometry": {"type": "Polygon", "coordinates": [box]},
    }
    (folder / "border.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [border]}))
    path = folder / f"{name}.toml"
    path.write_text(THEATRE.format(name=name, east=columns * 1000))
    return path


def small_theatre(folder: Path, name: str = "small", columns: int = SHAPE[1]) -> Theatre:
    return load_theatre(theatre_file(folder, name, columns))


def time(text: str) -> np.datetime64:
    return np.datetime64(text, "s")


def chart(day: str, known: str = "", held: int = 10, source: str = "map", file: str = "") -> ControlMap:
    """A map valid on `day` on which b holds the `held` easternmost columns."""
    control = np.zeros(SHAPE, np.uint8)
    control[:, SHAPE[1] - held :] = 2
    file = file or f"{source}-{day}-{known}-{held}.json"
    provenance = Provenance(source, file, hashlib.sha256(file.encode()).hexdigest())
    return ControlMap(provenance, time(day), time(known or day), control)


def sighting(day: str, unit: str, source: str = "units", known: str = "", lon: float = 35.9) -> UnitSighting:
    provenance = Provenance(source, f"{source}.csv", hashlib.sha256(source.encode()).hexdigest())
    return UnitSighting(
        provenance, time(day), time(known or day), "b", unit, "brigade", "tank", "", lon, 48.7, float("nan")
    )


def polygon(west: float, south: float, east: float, north: float) -> dict[str, object]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def snapshot(geometry: dict[str, object], fill: str = "#a52714", name: str = "Occupied") -> str:
    """A map file in the form of DeepState's snapshots, with one polygon."""
    feature = {"type": "Feature", "properties": {"fill": fill, "name": name}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


EAST = polygon(36.0, 48.4, 36.4, 49.0)
"""Ground in the east of the small theatre."""


def snapshots(folder: Path, count: int) -> Path:
    """A folder of `count` daily maps from 2022-07-01 on, each with b a little further west."""
    folder.mkdir()
    for day in range(count):
        text = snapshot(polygon(36.2 - 0.01 * day, 48.4, 36.4, 49.0))
        (folder / f"{1656676800 + 86400 * day}.geojson").write_text(text)
    return folder
