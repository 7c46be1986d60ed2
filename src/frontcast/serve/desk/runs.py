"""What is asked of runs that are done and takes thought: why the line moves, and files to take away."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any, Final

import pandas as pd

from frontcast.errors import FrontcastError
from frontcast.serve.desk.opened import Opened
from frontcast.serve.refusal import refused

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Date of every file in an archive: the same run gives the same bytes."""

Point = tuple[float, float]
Box = tuple[float, float, float, float]


def mechanisms(
    opened: Opened, folder: Path, near: Point | None, box: Box | None, where: str, reach_km: float, lead: int | None
) -> dict[str, Any]:
    """See `Mechanisms`."""
    from frontcast.forecast.explain import explain, open_armies

    try:
        found = explain(open_armies(folder), lead_day=lead, near=near, reach_km=reach_km, box=box, where=where)
    except FrontcastError as error:
        raise refused(error, 404) from None
    return {
        "where": found.where,
        "lead_day": found.lead_day,
        "length_km": round(found.length_km, 1),
        "total": _contribution(found.total),
        "mechanisms": [_contribution(row) for _, row in found.table.iterrows()],
    }


def _contribution(row: pd.Series) -> dict[str, Any]:
    numbers = ("mean_km", "low_km", "high_km", "p_forward", "p_back", "mean_km2")
    return {"mechanism": str(row["mechanism"]), **{name: round(float(row[name]), 4) for name in numbers}}


def export_forecast(opened: Opened, folder: Path, file: str, lead: int) -> bytes:
    """A forecast as a file."""
    import geopandas as gpd
    import xarray as xr

    from frontcast.show import fan_chart, forecast_map

    if file == "run.zip":
        return packed(
            folder, ("forecast.zarr", "armies.zarr", "places.parquet", "cells.parquet", "lines.parquet", "run.json")
        )
    if file.endswith(".csv"):
        table = pd.read_parquet(folder / f"{file.removesuffix('.csv')}.parquet")
        return table.drop(columns=[name for name in ("h3",) if name in table]).to_csv(index=False).encode()
    lines = gpd.read_parquet(folder / "lines.parquet")
    if file == "lines.geojson":
        return lines[~lines.geometry.is_empty].to_json(drop_id=True).encode()
    places = pd.read_parquet(folder / "places.parquet")
    drawn = folder / f".{file}"
    with xr.open_dataset(folder / "forecast.zarr", engine="zarr") as dataset:
        if file == "map.png":
            forecast_map(dataset, lines, places, opened.theatre, lead_day=lead, path=drawn)
        else:
            fan_chart(dataset, opened.theatre, path=drawn)
    data = drawn.read_bytes()
    drawn.unlink()
    return data


def export_what_if(opened: Opened, folder: Path, file: str) -> bytes:
    """A what-if as a file."""
    if file == "run.zip":
        names = ("whatif.json", "whatif.png", "scenario.toml", "differences.parquet", "places.parquet")
        return packed(folder, names)
    if file.endswith(".csv"):
        return pd.read_parquet(folder / f"{file.removesuffix('.csv')}.parquet").to_csv(index=False).encode()
    return (folder / file).read_bytes()


def packed(folder: Path, names: tuple[str, ...]) -> bytes:
    """Some files of a folder, and all in some folders of it, as a zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names:
            start = folder / name
            files = sorted(start.rglob("*")) if start.is_dir() else [start]
            for file in files:
                if file.is_file():
                    entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), EPOCH)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, file.read_bytes(), compresslevel=1)
        archive.writestr(zipfile.ZipInfo("README.txt", EPOCH), _README)
    return target.getvalue()


_README: Final = (
    "A run of frontcast. run.json or whatif.json says how it was made: the same choices on the same record give the same\n"
    "bytes. Probabilities from an ensemble of public data, 1 km and days. Not a targeting aid.\n"
)
