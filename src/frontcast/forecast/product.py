"""The forecast product: one folder with the probabilities, the tables, the lines and how they were made."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from contourpy import contour_generator
from scipy.ndimage import gaussian_filter

import frontcast
from frontcast.campaign import load_parameters
from frontcast.errors import FrontcastError
from frontcast.forecast.armies_product import ARMIES, armies_dataset, armies_record
from frontcast.forecast.calibrate import calibrate
from frontcast.forecast.campaign import assemble, changed_sets, raise_forces
from frontcast.forecast.config import ForecastConfig
from frontcast.forecast.deployment import Deployment
from frontcast.forecast.ensemble import EnsembleResult, run_ensemble
from frontcast.observe.attribution import attribution
from frontcast.picture import Picture, make_picture
from frontcast.picture.hazard import Evidence, HazardModel, Outlook, gather, shipped_trees
from frontcast.store import ControlSeries, Store
from frontcast.theatre import HOLDERS, MASKED, Theatre

QUANTILES = (0.1, 0.5, 0.9)
"""Of how far a side's FLOT reaches: it is at or behind the 0.9 line in 90 % of the members."""

NEAR_KM = 25.0
LEAST_RISK = 1e-3
"""Cells farther off that are likelier than this to change hands are in the table of cells as well."""

PLACES_WITHIN_KM = 60.0
H3_RESOLUTION = 7  # hexagons of 5 km²; the next finer would be below the 1 km the product keeps to
CALIBRATED_PARTS = 50_000  # calibrated chances are stored in parts of it
CORNER_SIGMA = 0.6  # cells: rounds the corners of a contour and moves it by less than half a cell
VERSIONED = ("frontcast", "jax", "jaxlib", "numpy", "scipy", "xarray", "zarr", "pandas", "pyarrow", "h3", "geopandas")

Array = npt.NDArray[Any]


def _packed(parts: Array, whole: int, land: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
    """Probabilities from `parts` of a `whole`, NaN off the land, and the packing that stores them as they are."""
    small = whole < np.iinfo(np.uint8).max
    probability = np.where(land, parts / np.float32(whole), np.float32(np.nan)).astype(np.float32)
    return probability, {
        "dtype": "uint8" if small else "uint16",
        "scale_factor": 1.0 / whole,
        "_FillValue": np.iinfo(np.uint8 if small else np.uint16).max,
    }


def _by_holder(held_a: Array, held_b: Array, whole: int) -> Array:
    """Parts of `whole` for a, for neither, for b: (lead, holder, y, x)."""
    return np.stack([held_a, np.maximum(whole - held_a.astype(np.int32) - held_b, 0), held_b], axis=1)


def to_dataset(picture: Picture, result: EnsembleResult) -> xr.Dataset:
    """The forecast as a CF data set, on the record's grid.

    Variables:
        control_probability (init_time, lead_time, holder, y, x): P(the reference map will show the cell as held by a,
            by neither, by b), calibrated or the share of members. NaN off the land. This is what is scored.
        change_probability (init_time, lead_time, y, x): P(the holder differs from the initial one).
        ground_control_probability (init_time, lead_time, holder, model_y, model_x): the same as control_probability
            with the map's own error and lag added: who holds the ground, as far as such a map can tell.
        initial_control (init_time, y, x): 0 a, 1 grey, 2 b, 255 not part of the forecast.
        held_area (init_time, lead_day, member, holder): km².
        member_control (init_time, member, lead_time, model_y, model_x): each member's control, where it was kept.
    """
    theatre, members = picture.theatre, result.members
    grid, model = theatre.grid, theatre.grid.coarsen(round(result.model_cell_km / theatre.grid.cell_km))
    land = theatre.land

    if result.chance_b is None:
        whole, parts = members, _by_holder(result.held_a, result.held_b, members)
    else:
        whole = CALIBRATED_PARTS
        of_a, of_b = (
            np.round(chance * whole).astype(np.int32) for chance in (result.probability_a, result.probability_b)
        )
        parts = _by_holder(of_a, of_b, whole)
    control, packing = _packed(parts, whole, land)
    initial = np.where(picture.control == MASKED, 0, picture.control)
    stays = np.take_along_axis(parts, initial[None, None].astype(np.intp), axis=1)[:, 0]
    change, _ = _packed(whole - stays, whole, land)
    factor = round(model.cell_km / grid.cell_km)
    model_land = np.asarray(land.reshape(model.ny, factor, model.nx, factor).any(axis=(1, 3)))
    ground, ground_packing = _packed(
        _by_holder(result.ground_held_a, result.ground_held_b, members), members, model_land
    )

    init_time = picture.init_time.astype("datetime64[ns]")
    lead_time = np.array(result.lead_days).astype("timedelta64[D]").astype("timedelta64[ns]")
    mapping = {"grid_mapping": "spatial_ref"}
    probability = {**mapping, "units": "1", "valid_min": 0.0, "valid_max": 1.0}
    variables: dict[str, Any] = {
        "control_probability": (
            ("init_time", "lead_time", "holder", "y", "x"),
            control[None],
            {**probability, "long_name": "probability that the reference map shows the cell as held by the holder"},
        ),
        "change_probability": (
            ("init_time", "lead_time", "y", "x"),
            change[None],
            {**probability, "long_name": "probability that the holder differs from the initial one"},
        ),
        "ground_control_probability": (
            ("init_time", "lead_time", "holder", "model_y", "model_x"),
            ground[None],
            {**probability, "long_name": "probability of each holder with the map's own error and lag added"},
        ),
        "initial_control": (
            ("init_time", "y", "x"),
            picture.control[None],
            {
                **mapping,
                "flag_values": [0, 1, 2],
                "flag_meanings": "a grey b",
                "comment": "255: not land of the theatre",
            },
        ),
        "held_area": (
            ("init_time", "lead_day", "member", "holder"),
            result.area_km2.transpose(1, 0, 2)[None],
            {"units": "km2", "long_name": "land held"},
        ),
        "spatial_ref": ((), np.int8(0), _grid_mapping(grid.crs)),
    }
    if result.member_control is not None:
        kept = (("init_time", "member", "lead_time", "model_y", "model_x"), result.member_control[None])
        variables["member_control"] = (*kept, {**mapping, "flag_values": [0, 1, 2], "flag_meanings": "a grey b"})
    dataset = xr.Dataset(
        variables,
        coords={
            "init_time": ("init_time", [init_time], {"standard_name": "forecast_reference_time"}),
            "lead_time": ("lead_time", lead_time, {"standard_name": "forecast_period"}),
            "valid_time": (("init_time", "lead_time"), (init_time + lead_time)[None], {"standard_name": "time"}),
            "holder": ("holder", list(HOLDERS)),
            "member": ("member", np.arange(members), {"standard_name": "realization"}),
            "lead_day": ("lead_day", np.arange(result.area_km2.shape[1])),
            "y": ("y", grid.y, {"standard_name": "projection_y_coordinate", "units": "m"}),
            "x": ("x", grid.x, {"standard_name": "projection_x_coordinate", "units": "m"}),
            "model_y": ("model_y", model.y, {"standard_name": "projection_y_coordinate", "units": "m"}),
            "model_x": ("model_x", model.x, {"standard_name": "projection_x_coordinate", "units": "m"}),
        },
        attrs={
            "Conventions": "CF-1.11",
            "title": f"Forecast of control, {theatre.title}",
            "institution": f"frontcast {frontcast.__version__}",
            "source": attribution(picture.source),
            "data_vintage": str(picture.vintage),
            "references": theatre.attribution,
            "comment": "Public sources, 1 km and days. Not a targeting aid.",
        },
    )
    for name in ("control_probability", "change_probability"):
        dataset[name].encoding = dict(packing)
    dataset["ground_control_probability"].encoding = ground_packing
    return dataset


def _grid_mapping(crs: str) -> dict[str, Any]:
    from pyproj import CRS

    attributes = CRS.from_user_input(crs).to_cf()
    return {key: value for key, value in attributes.items() if value is not None}


def places_table(picture: Picture, result: EnsembleResult) -> pd.DataFrame:
    """Chances of each place near the front, one row a place and lead.

    Columns: name, local_name, kind, region, lon, lat, population (before the war), holder_now, lead_day, p_a, p_grey,
    p_b, p_change.
    """
    theatre, chances = picture.theatre, (result.probability_a, result.probability_b)
    gazetteer = theatre.places
    row, column = gazetteer.cells
    near = np.minimum(np.abs(picture.flot_a), np.abs(picture.flot_b)) < PLACES_WITHIN_KM
    known = (row >= 0) & near[row, column] & theatre.land[row, column]
    table = gazetteer.table[known].reset_index(drop=True)
    row, column = row[known], column[known]
    holder = picture.control[row, column]
    tables = []
    for index, lead in enumerate(result.lead_days):
        p_a, p_b = (chance[index][row, column].astype(float) for chance in chances)
        share = np.stack([p_a, 1.0 - p_a - p_b, p_b]).clip(0, 1)
        kept = [name for name in ("name", "local_name", "kind", "region", "lon", "lat", "population") if name in table]
        tables.append(
            table[kept].assign(
                holder_now=np.array(HOLDERS)[holder],
                lead_day=np.int32(lead),
                p_a=share[0],
                p_grey=share[1],
                p_b=share[2],
                p_change=1.0 - share[holder, np.arange(len(holder))],
            )
        )
    return pd.concat(tables, ignore_index=True)


def cells_table(picture: Picture, result: EnsembleResult) -> pd.DataFrame:
    """Means over hexagons near the front or at risk, one row a hexagon and lead.

    Columns: h3 (uint64), h3_hex, lead_day, holder_now (by most of its ground), p_a, p_grey, p_b, p_change.
    """
    theatre, chances = picture.theatre, (result.probability_a, result.probability_b)
    distance = np.minimum(np.abs(picture.flot_a), np.abs(picture.flot_b))
    initial = [picture.control == value for value in range(3)]
    last_a, last_b = (chance[-1] for chance in chances)
    stays = np.select(initial, [last_a, 1 - last_a - last_b, last_b], 1.0)
    moved = stays < 1 - LEAST_RISK
    chosen = theatre.land & ((distance < NEAR_KM) | moved)
    lon, lat = (field[chosen] for field in theatre.grid.lonlat)
    hexes = np.array(
        [h3.str_to_int(h3.latlng_to_cell(*at, H3_RESOLUTION)) for at in zip(lat, lon, strict=True)], np.uint64
    )
    ids, group = np.unique(hexes, return_inverse=True)
    size = np.bincount(group)

    def mean(values: Array) -> Array:
        return np.bincount(group, weights=values) / size

    now = np.argmax([mean(held[chosen].astype(float)) for held in initial], axis=0)
    names = [h3.int_to_str(int(cell)) for cell in ids]
    tables = []
    for index, lead in enumerate(result.lead_days):
        p_a, p_b = (chance[index][chosen].astype(float) for chance in chances)
        p_grey = 1.0 - p_a - p_b
        stays = np.select([held[chosen] for held in initial], [p_a, p_grey, p_b])
        tables.append(
            pd.DataFrame(
                {
                    "h3": ids,
                    "h3_hex": names,
                    "lead_day": np.int32(lead),
                    "holder_now": np.array(HOLDERS)[now],
                    "p_a": mean(p_a),
                    "p_grey": mean(p_grey).clip(0, 1),
                    "p_b": mean(p_b),
                    "p_change": mean(1.0 - stays).clip(0, 1),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def lines_table(picture: Picture, result: EnsembleResult) -> gpd.GeoDataFrame:
    """Median and 10/90 % lines of each side's FLOT by lead, EPSG:4326.

    Columns: lead_day, side, quantile (see `QUANTILES`), geometry (MultiLineString, empty where there is no such line).
    """
    theatre = picture.theatre
    grid = theatre.grid
    rows = []
    for index, lead in enumerate(result.lead_days):
        for side, shares in (("a", result.probability_a), ("b", result.probability_b)):
            chance = gaussian_filter(theatre.fill_masked(shares[index]), CORNER_SIGMA)
            contours = contour_generator(grid.x, grid.y, np.ma.masked_array(chance, ~theatre.land))
            for quantile in QUANTILES:
                found: Any = contours.lines(1.0 - quantile)
                lines = [np.column_stack(grid.unproject(*line.T)).round(4) for line in found]
                shape = shapely.MultiLineString([line for line in lines if len(line) > 1])
                rows.append({"lead_day": lead, "side": side, "quantile": quantile, "geometry": shape})
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326").astype({"lead_day": np.int32})


def observed_area(series: ControlSeries, theatre: Theatre, init_time: np.datetime64, days: int) -> pd.DataFrame | None:
    """What happened, as the maps had it: columns lead_day, a, grey, b (km²); None where the record ends before.

    For drawing beside a forecast of the past; nothing of it goes into one.
    """
    times = init_time + np.arange(days + 1) * np.timedelta64(1, "D")
    if series.known_at[-1] < times[-1]:
        return None
    rows: list[dict[str, float]] = []
    for day, time in enumerate(times):
        held = np.bincount(series.at(time)[theatre.land], minlength=3)[:3] * theatre.grid.cell_area_km2
        rows.append({"lead_day": day, **dict(zip(HOLDERS, held.tolist(), strict=True))})
    return pd.DataFrame(rows)


def run_record(
    config: ForecastConfig, picture: Picture, series: ControlSeries, result: EnsembleResult | None = None
) -> dict[str, Any]:
    """What it takes to make the same forecast again, for run.json."""
    known = series.known_by(picture.init_time)
    digest = hashlib.sha256(known.known_at.astype("datetime64[s]").astype(np.int64).tobytes())
    for lengths, values in known.runs:
        digest.update(lengths.tobytes() + values.tobytes())
    return {
        "config": config.model_dump(mode="json"),
        "config_sha256": config.digest,
        "init_time": config.init_time,
        "data_vintage": str(picture.vintage),
        "maps_known": len(known),
        "maps_sha256": digest.hexdigest(),
        "theatre_sha256": picture.theatre.fingerprint,
        "push_prior": picture.prior.model_dump(mode="json"),
        "tempo": {side: vars(tempo) for side, tempo in picture.tempo.items()},
        "calibration": None if result is None or result.outlook is None else _calibration(result.outlook),
        **({"armies": armies_record(result.deployment)} if result is not None and result.deployment else {}),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
    }


def _calibration(outlook: Outlook) -> dict[str, Any]:
    return {
        "predictors": list(outlook.variants),
        "fitted_until": str(outlook.fitted_until),
        "pace": {f"{lead} d": dict(zip("ba", values, strict=True)) for lead, values in outlook.pace.items()},
    }


def forecast(
    series: ControlSeries,
    theatre: Theatre,
    config: ForecastConfig,
    *,
    store: Store | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Picture, EnsembleResult]:
    """Make the picture, run the members, and calibrate what they say.

    Args:
        series: the maps. theatre: their theatre. config: all choices.
        store: where the order of battle is, for depth "units"; and, for depth "line", a second map and marks of forces,
            without which less is known near the line.
        progress: called with members done and members in all.

    Raises:
        FrontcastError: where the picture cannot be made, the grids do not divide, or depth "units" has no store.
    """
    picture = make_picture(series, theatre, config.time)
    factor = config.model_cell_km / theatre.grid.cell_km
    if factor != round(factor):
        raise FrontcastError(
            f"model_cell_km = {config.model_cell_km} is no multiple of the {theatre.grid.cell_km} km cells of the record: "
            "1 and 2 fit the theatre that ships."
        )
    try:
        theatre.grid.coarsen(round(factor))
    except ValueError as error:
        raise FrontcastError(f"model_cell_km = {config.model_cell_km}: {error}.") from None
    deployed: list[Deployment] = []
    forces = None
    if config.depth == "units":
        if store is None:
            raise FrontcastError("a forecast with units needs the store its order of battle is in.")
        draws = changed_sets(config.mechanisms)
        musters = assemble(store, series, picture)
        forces = raise_forces(musters, config.days, without=config.without, draws=draws, told=deployed.append)
    elif config.mechanisms or config.without:
        raise FrontcastError('mechanisms and without are for depth = "units": the line alone has none.')
    result = run_ensemble(
        picture,
        lead_days=config.leads,
        members=config.members,
        seed=config.seed,
        model_cell_km=config.model_cell_km,
        parameters=load_parameters(**config.parameters),
        keep_members=config.keep_members,
        progress=progress,
        forces=forces,
    )
    if deployed:
        result = replace(result, deployment=deployed[-1])
    elif config.calibrate and (trees := shipped_trees(theatre.name, config.time)):
        evidence = Evidence(series) if store is None else gather(store, series, theatre)
        outlook = HazardModel(theatre, trees).outlook(evidence, config.time)
        if outlook is not None:
            result = calibrate(picture, result, outlook)
    return picture, result


def check_folder(folder: Path) -> Path:
    """The folder to write a forecast to, with links followed, once it is sure that nothing else is lost by it.

    Raises:
        FrontcastError: where it holds something other than an earlier forecast, or is the one you are in.
    """
    folder = folder.resolve()  # through a link, and "." by its name
    if Path.cwd().is_relative_to(folder):
        raise FrontcastError(f"{folder} is the folder you are in: name another one, such as one in it, with --out.")
    try:
        earlier = (folder / "run.json").is_file() and (folder / "forecast.zarr").is_dir()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not earlier:
            raise FrontcastError(f"{folder} exists and is no earlier forecast: name another folder with --out.")
    except OSError as error:
        raise FrontcastError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return folder


def write_product(
    folder: Path, config: ForecastConfig, series: ControlSeries, picture: Picture, result: EnsembleResult
) -> xr.Dataset:
    """Write forecast.zarr, cells.parquet, places.parquet, lines.parquet and run.json; with armies, armies.zarr.

    Everything is written beside the folder first and moved there whole, so that no half-written forecast is left behind.
    The same configuration, record and versions give the same bytes.

    Raises:
        FrontcastError: where `folder` holds something other than an earlier forecast, or cannot be written.
    """
    folder = check_folder(folder)
    fresh = folder.with_name(folder.name + ".part")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        dataset = to_dataset(picture, result)
        dataset.to_zarr(fresh / "forecast.zarr", zarr_format=2, consolidated=True)
        places_table(picture, result).to_parquet(fresh / "places.parquet", index=False)
        cells_table(picture, result).to_parquet(fresh / "cells.parquet", index=False)
        lines_table(picture, result).to_parquet(fresh / "lines.parquet", index=False)
        if result.deployment is not None:
            armies = armies_dataset(picture, result.deployment, result)
            armies.to_zarr(fresh / ARMIES, zarr_format=2, consolidated=True)
        run = json.dumps(run_record(config, picture, series, result), indent=1, sort_keys=True)
        (fresh / "run.json").write_text(run + "\n", "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except OSError as error:
        raise FrontcastError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return dataset
