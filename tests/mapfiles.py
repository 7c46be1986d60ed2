"""Small map files in the formats the readers know, valid and not, for the tests of readers and store."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zstandard

Json = dict[str, Any]
Ring = list[list[float]]

OCCUPIED = {"fill": "#a52714", "name": "Окуповано /// Occupied /// geoJSON.status.occupied"}
GREY = {"fill": "#bcaaa4", "name": "Статус невідомий /// Unknown status /// geoJSON.status.unknown"}
LIBERATED = {"fill": "#0f9d58", "name": "Звільнено /// Liberated /// geoJSON.status.dismissed"}
UNIT = {"name": "71st Guards Motorized Rifle Regiment", "description": "{icon=enemy}"}
SNAPSHOT_TIME = 1656950400
"""2022-07-04T16:00:00 UTC."""
UNITS_HEADER = (
    "date,lat,lng,icon,type,strength,strength_in_btg_text,strength_in_btg_number,unit,unitnumber,"
    "subordinate_to,sources_url,sources_date,notes,country,stacked,icon15"
)


def ring(lon: float, lat: float, half: float = 0.3) -> Ring:
    """A closed square of sides 2 `half` degrees around a point."""
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [[lon + half * i, lat + half * j] for i, j in corners]


def polygon(lon: float = 38.0, lat: float = 48.0, half: float = 0.3) -> Json:
    return {"type": "Polygon", "coordinates": [ring(lon, lat, half)]}


def point(lon: float = 38.0, lat: float = 48.0) -> Json:
    return {"type": "Point", "coordinates": [lon, lat, 0]}


def feature(geometry: Any, properties: Json | None = None, **more: Any) -> Json:
    return {"type": "Feature", "geometry": geometry, "properties": {**(properties or {}), **more}}


def collection(*features: Any) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


def write(path: Path, document: Any) -> Path:
    """A document, or bytes as they are, in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return path


def snapshot(folder: Path, *features: Any, time: int = SNAPSHOT_TIME) -> Path:
    """A DeepState snapshot; of one occupied square where no features are given."""
    return write(folder / f"{time}.geojson", collection(*(features or [feature(polygon(), OCCUPIED)])))


def daily(folder: Path, date: str, *polygons: Json) -> Path:
    """A DeepState daily file of the day YYYY-MM-DD."""
    shapes = [shape["coordinates"] for shape in polygons or [polygon()]]
    geometry = {"type": "MultiPolygon", "coordinates": shapes}
    return write(folder / f"deepstatemap_data_{date.replace('-', '')}.geojson", collection(feature(geometry)))


def liveuamap(folder: Path, name: str, date: str, **geometries: Json) -> Path:
    """A Liveuamap file named after the day `name` that shows the day `date`; geometries by type."""
    features = [feature(geometry, type=kind, date=date) for kind, geometry in geometries.items()]
    return write(folder / f"{name}.json", {"value": collection(*features)})


def units_row(
    *,
    date: str = "2022-07-05",
    lat: float | str = 48.123456,
    lon: float | str = 38.5,
    kind: str = "Motorized Rifle (BMP-2, T-72B3)",
    unit: str = "102nd Motorized Rifle Regiment",
    groups: tuple[str, str] = ("2", "2.0"),
    sources: str = "",
    country: str = "ru",
) -> str:
    """A row of `units_all.csv`."""
    parent = "150th Motorized Rifle Division"
    cells = (date, lat, lon, "X", f'"{kind}"', "Regiment", *groups, unit, 102, parent)
    return ",".join(map(str, (*cells, "", f'"{sources}"', "", country, False, "X")))


def units(folder: Path, *rows: str, header: str = UNITS_HEADER) -> Path:
    """An order of battle `units_all.csv`."""
    return write(folder / "units_all.csv", "\n".join([header, *(rows or [units_row()])]).encode() + b"\n")


def pack(target: Path, files: Sequence[Path], names: Sequence[str] | None = None) -> Path:
    """A .tar or .tar.zst of files, in this order, under these names."""
    plain = target.with_name("plain.tar")
    with tarfile.open(plain, "w", format=tarfile.GNU_FORMAT) as archive:
        for file, name in zip(files, names or [file.name for file in files], strict=True):
            archive.add(file, name)
    if target.suffix == ".zst":
        target.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
        plain.unlink()
    else:
        plain.rename(target)
    return target
