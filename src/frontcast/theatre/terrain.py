"""Land, water and how hard they are to cross: shapes put on the grid, and distances on it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from rasterio.features import rasterize
from scipy.ndimage import distance_transform_edt

from frontcast.errors import InputError
from frontcast.theatre.grid import Grid

if TYPE_CHECKING:
    import geopandas


class _Mobility(Protocol):
    @property
    def lakes(self) -> float: ...

    @property
    def rivers(self) -> dict[str, float]: ...


def read_layer(path: Path, grid: Grid) -> geopandas.GeoDataFrame:
    """The shapes in a GeoParquet, GeoJSON or other vector file, in the CRS of the grid; WGS 84 where it names
    none.

    Raises:
        InputError: where the file cannot be read or its shapes cannot be projected.
    """
    import geopandas

    remedy = "It must be GeoJSON, GeoParquet or another vector format with longitude before latitude, in degrees"
    try:
        layer = geopandas.read_parquet(path) if path.suffix == ".parquet" else geopandas.read_file(path)
    except Exception as error:  # each driver raises its own kind
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(str(path), "", f"it cannot be read as shapes ({problem})", remedy) from error
    if not isinstance(layer, geopandas.GeoDataFrame):
        raise InputError(str(path), "", "it holds no shapes", remedy)
    layer = layer[~(layer.geometry.isna() | layer.geometry.is_empty)]
    layer = (layer if layer.crs else layer.set_crs("EPSG:4326")).to_crs(grid.crs)
    if not np.isfinite(layer.total_bounds).all() and len(layer):
        raise InputError(str(path), "", "some coordinates are not places on Earth", remedy)
    return layer.set_geometry(layer.geometry.make_valid())


def empty_layer(crs: str) -> geopandas.GeoDataFrame:
    """A layer of nothing."""
    import geopandas

    return geopandas.GeoDataFrame({"name": [], "scalerank": []}, geometry=[], crs=crs)


def with_columns(layer: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """The layer with columns name ("" where unnamed), scalerank (NaN where unknown) and geometry, only."""
    layer = layer.reindex(columns=["name", "scalerank", "geometry"])
    return layer.assign(name=layer["name"].fillna("").astype(str), scalerank=layer["scalerank"].astype(float))


def outlines(country: geopandas.GeoDataFrame, regions: geopandas.GeoDataFrame, title: str) -> geopandas.GeoDataFrame:
    """Outlines of the country and its regions, as lines: name, kind ("country", "region"), geometry."""
    import geopandas

    whole = country.geometry.union_all()
    names = [title, *regions.reindex(columns=["name"])["name"].fillna("")]
    kinds = ["country"] + ["region"] * len(regions)
    shapes = [whole, *regions.geometry]
    lines = [shape.boundary if shape.geom_type.endswith("Polygon") else shape for shape in shapes]
    return geopandas.GeoDataFrame({"name": names, "kind": kinds}, geometry=lines, crs=country.crs)


def rasterise(shapes: Iterable[Any], grid: Grid, *, all_touched: bool = False) -> npt.NDArray[np.bool_]:
    """Cells whose centre is in a shape, or with `all_touched` that a shape touches at all, (y, x) bool."""
    shapes = list(shapes)
    if not shapes:
        return np.zeros(grid.shape, bool)
    burnt: npt.NDArray[np.uint8] = rasterize(
        shapes,
        out_shape=grid.shape,
        transform=grid.transform,
        dtype="uint8",
        default_value=1,
        all_touched=all_touched,
    )
    return burnt.astype(bool)


def mobility(
    rivers: geopandas.GeoDataFrame, water: npt.NDArray[np.bool_], config: _Mobility, grid: Grid
) -> npt.NDArray[np.float32]:
    """How fast a line may cross each cell, (y, x) float32 in 0..1; where rivers meet, the harder counts."""
    crossing = np.ones(grid.shape, np.float32)
    for name, value in config.rivers.items():
        # Every touched cell: a river drawn by cell centres has gaps for a line to slip through.
        on_river = rasterise(rivers.geometry[rivers["name"] == name], grid, all_touched=True)
        crossing[on_river] = np.minimum(crossing[on_river], np.float32(value))
    crossing[water] = config.lakes
    return crossing


def nearest(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """For each cell, the flat index of the nearest cell of `mask` (itself where in it), (y * x,) int64."""
    row, column = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return np.asarray(row.astype(np.int64) * mask.shape[1] + column).ravel()


def signed_distance(mask: npt.NDArray[np.bool_], cell_km: float, limit_km: float) -> npt.NDArray[np.float32]:
    """Distance to the edge of `mask`, (y, x) float32 km; negative inside. See `Theatre.signed_distance`."""
    if not mask.any():
        return np.full(mask.shape, limit_km, np.float32)
    if mask.all():
        return np.full(mask.shape, -limit_km, np.float32)
    # The transform measures to the nearest cell centre beyond the edge, and the edge is half a cell before
    # it.
    outside, inside = distance_transform_edt(~mask), distance_transform_edt(mask)
    distance = np.where(mask, 0.5 - inside, outside - 0.5) * cell_km
    return np.clip(distance, -limit_km, limit_km).astype(np.float32)
