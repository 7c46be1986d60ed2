"""Shapes of the theatre's projection (km) as GeoJSON and as the compact lines of a time bar, both WGS 84."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from frontcast.theatre import Grid

DIGITS: Final = 4
"""Decimals of a degree that are given: 10 m, well below the 1 km of the record."""

SIMPLER_KM: Final = 0.15
"""How far simplified shapes may stray. The record's cells are 1 km; without it every cell's corner is a point."""


SLIVER_KM2: Final = 0.02
"""Parts of ground smaller than this are what cutting along cells leaves over."""


def degrees(shape: BaseGeometry, grid: Grid) -> BaseGeometry:
    """A shape in km of the projection, in degrees."""
    return shapely.transform(shape, lambda at: np.column_stack(grid.unproject(*(1000.0 * at.T))))


def geometry(shape: BaseGeometry, grid: Grid, *, simpler_km: float = SIMPLER_KM) -> dict[str, Any] | None:
    """GeoJSON of a shape in km, simplified; None where nothing of it is left."""
    simple = shape.simplify(simpler_km) if simpler_km else shape
    if simple.geom_type in ("Polygon", "MultiPolygon"):
        simple = shapely.MultiPolygon([part for part in shapely.get_parts(simple) if part.area >= SLIVER_KM2])
    return as_geojson(degrees(simple, grid))


def as_geojson(shape: BaseGeometry) -> dict[str, Any] | None:
    """GeoJSON of a shape in degrees; None where it is empty. Collections are given as what they mostly are."""
    if shape.is_empty:
        return None
    if shape.geom_type == "GeometryCollection":
        parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
        shape = shapely.union_all(parts) if parts else shapely.get_parts(shape)[0]
    mapping = shapely.geometry.mapping(shape)
    return {"type": mapping["type"], "coordinates": _rounded(mapping["coordinates"])}


def _rounded(part: Any) -> Any:
    if isinstance(part[0], float):
        return [round(float(part[0]), DIGITS), round(float(part[1]), DIGITS)]
    return [_rounded(one) for one in part]


def feature(shape: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "geometry": shape, "properties": properties}


def compact(shape: BaseGeometry, grid: Grid, scale: int, simpler_km: float = SIMPLER_KM) -> list[list[int]]:
    """Lines and rings of a shape in km as flat lists: a first point in degrees times `scale`, then differences."""
    found = []
    for part in shapely.get_parts(shape.simplify(simpler_km)):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            if ring.geom_type in ("LineString", "LinearRing"):
                line = _steps(shapely.get_coordinates(ring), grid, scale)
                if len(line) > 2:
                    found.append(line)
    return found


def _steps(points: npt.NDArray[np.float64], grid: Grid, scale: int) -> list[int]:
    lonlat = np.column_stack(grid.unproject(*(1000.0 * points.T)))
    whole = np.rint(lonlat * scale).astype(np.int64)
    moved = np.any(np.diff(whole, axis=0) != 0, axis=1)
    whole = whole[np.r_[True, moved]]
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    return [int(value) for value in steps.ravel()]
