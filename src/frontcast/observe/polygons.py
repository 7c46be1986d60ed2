"""GeoJSON polygons onto the theatre's grid: parsed, checked, projected and painted, a whole file at a time.

A cell takes the value of the polygon that covers its centre. Whatever is wrong with a polygon is met here:
a file that is no GeoJSON, coordinates that are no coordinates or are swapped, rings that cross themselves,
polygons outside the theatre.
"""

from __future__ import annotations

import gc
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pydantic_core import from_json
from rasterio.features import rasterize

from frontcast.errors import InputError
from frontcast.observe.slivers import close_slivers
from frontcast.observe.types import ReadWarning
from frontcast.theatre import GREY, MASKED, A, B, Grid, Theatre

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Json = dict[str, Any]
Polygon = list[list[Any]]
"""Rings of positions as GeoJSON has them: the outline, then the holes."""

UNPAINTED: Final = -1
"""In place of a control value: features whose polygons are not looked at."""
DEEPEST: Final = 8
"""Collections within collections; real maps have one level."""


def parse_json(data: bytes, file: str) -> Any:
    """The JSON document in `data`, by the parser that pydantic brings: twice as fast as the standard one.

    Raises:
        InputError: where it is none, naming the line and column at which it stops being one.
    """
    collecting = gc.isenabled()
    gc.disable()  # the collector would walk every coordinate again and again: half the time of parsing
    try:
        return from_json(data.removeprefix(BOM_UTF8), cache_strings="keys")
    except ValueError as error:
        problem, _, place = str(error).rpartition(" at ")
        raise InputError(file, place, f"it is not JSON: {problem}", "It may be truncated: fetch it again.") from error
    finally:
        if collecting:
            gc.enable()


def features_of(collection: Any, file: str, place: str = "") -> list[Json]:
    """Features of a FeatureCollection, each with `properties` and `geometry` objects.

    Raises:
        InputError: where it is no such collection, or an empty one.
    """
    remedy = "A map is a GeoJSON FeatureCollection with at least one feature."
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        found = collection.get("type") if isinstance(collection, dict) else type(collection).__name__
        raise InputError(file, place, f"it is no FeatureCollection but {found!r}", remedy)
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise InputError(file, place, "the collection is empty", remedy)
    for index, feature in enumerate(features):
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
            raise InputError(file, f"feature {index}", "it has no geometry", "Each feature needs one.")
        if not isinstance(feature.setdefault("properties", {}), dict):
            raise InputError(file, f"feature {index}", "its properties are no object", "Give an object.")
    return features


@dataclass(frozen=True)
class Outlines:
    """Polygons of a file as flat arrays.

    Attributes:
        file: how messages call the file.
        feature: (polygons,) feature each polygon belongs to, counted from 0.
        holder: (polygons,) control value each is to be painted with.
        rings: (polygons,) number of rings of each; the first is the outline, the others are holes.
        lengths: (rings,) number of positions of each ring.
        lonlat: (positions, 2) degrees.
        warnings: geometries left out.
    """

    file: str
    feature: IntArray
    holder: IntArray
    rings: IntArray
    lengths: IntArray
    lonlat: FloatArray
    warnings: list[ReadWarning]


def outlines_of(features: Sequence[Json], holders: Sequence[int], file: str) -> Outlines:
    """All polygons of the features whose holder is not `UNPAINTED`; points are passed over.

    Args:
        features: of the file, as `features_of` gives them.
        holders: (features,) control value of each, or `UNPAINTED`.
        file: how messages call the file.

    Raises:
        InputError: where a coordinate is missing, not finite, or no degrees, naming the feature.
    """
    warnings: list[ReadWarning] = []
    polygons: list[Polygon] = []
    owners: list[int] = []
    for index in np.flatnonzero(np.asarray(holders) != UNPAINTED).tolist():
        place = f"feature {index}"
        for polygon in _polygons(features[index]["geometry"], file, place, warnings):
            if any(len(ring) < 4 for ring in polygon):
                problem = "a ring of fewer than 4 positions: the polygon is left out"
                warnings.append(ReadWarning(file, place, problem))
                continue
            owners.append(index)
            polygons.append(polygon)
    rings = list(chain.from_iterable(polygons))
    lengths = np.fromiter(map(len, rings), np.int64, len(rings))
    counts = np.fromiter(map(len, polygons), np.int64, len(polygons))
    feature = np.asarray(owners, np.int64)
    owner = np.repeat(np.repeat(feature, counts), lengths)
    lonlat = positions_of(list(chain.from_iterable(rings)), owner, file)
    return Outlines(file, feature, np.asarray(holders)[feature], counts, lengths, lonlat, warnings)


def positions_of(positions: Sequence[Any], owner: npt.ArrayLike, file: str) -> FloatArray:
    """GeoJSON positions, with or without a height, as (n, 2) longitudes and latitudes in degrees.

    Args:
        positions: (n,) lists of two or three numbers.
        owner: (n,) number of the feature each belongs to, or what messages call its place instead.
        file: how messages call the file.

    Raises:
        InputError: where one is no position on Earth.
    """
    if not len(positions):
        return np.empty((0, 2))
    owners = np.asarray(owner)
    try:
        table = np.array(positions)  # fast, where all positions have as many numbers
    except ValueError:
        table = np.empty(0, object)
    if table.ndim != 2 or table.shape[1] not in (2, 3) or table.dtype.kind not in "if":
        pairs = zip(positions, owners, strict=True)
        table = np.array([_position(position, _place(of), file) for position, of in pairs])
    lonlat = table[:, :2].astype(np.float64)
    wrong = ~(np.isfinite(lonlat).all(axis=1) & (np.abs(lonlat) <= [180.0, 90.0]).all(axis=1))
    if wrong.any():
        at = int(np.argmax(wrong))
        problem = f"longitude {lonlat[at, 0]}, latitude {lonlat[at, 1]} is no place on Earth"
        raise InputError(file, _place(owners[at]), problem, "Coordinates are degrees, longitude first (WGS 84).")
    return lonlat


def positions_in(grid: Grid, positions: Sequence[Any], places: Sequence[str], file: str) -> FloatArray:
    """As `positions_of`, for a table of points; also refuses those in the theatre only when swapped.

    Raises:
        InputError: naming the first of `places` at fault.
    """
    lonlat = positions_of(positions, places, file)
    _refuse_swapped(lonlat, lonlat, places, grid, file)
    return lonlat


def paint(outlines: Outlines, theatre: Theatre) -> tuple[npt.NDArray[np.uint8], list[ReadWarning]]:
    """The map on the theatre's grid, and a warning for each polygon that was mended or lies outside.

    Where polygons overlap, grey goes over b: ground that one map calls both held and unknown is not surely
    held. Polygons that cross themselves are repaired so that ground inside any of their loops is kept, holes
    stay holes, and a hole drawn outside its outline counts as ground, as a screen shows it. Cells that no
    polygon covers are a's, but for slivers (`close_slivers`); cells that are not land are masked.

    Args:
        outlines: the polygons of the file.
        theatre: its `grid`, `land` and `sides` are used.

    Returns:
        (y, x) uint8 values of `frontcast.theatre.control`.

    Raises:
        InputError: where a polygon lies in the theatre only when longitude and latitude are swapped, or
            nothing is left to paint as b: such a map is broken, not a victory.
    """
    inside, warnings = _inside(outlines, theatre.grid)
    if not (outlines.holder[inside] == B).any():
        problem = f"no polygon of it shows ground held by {theatre.sides['b'].name}"
        raise InputError(outlines.file, "", problem, "A map without any is taken for a broken file.")
    east, north = theatre.grid.project(*outlines.lonlat.T)
    shapes = _shapes(outlines, east, north)
    crossed = np.flatnonzero(inside & ~shapely.is_valid(shapes))
    geometries = _mappings(outlines, east, north)
    for at in crossed:
        reason = shapely.is_valid_reason(shapes[at]).partition("[")[0].lower()
        problem = f"the polygon crosses itself ({reason}): repaired"
        warnings.append(ReadWarning(outlines.file, _place(outlines.feature[at]), problem))
        mended = shapely.make_valid(shapes[at], method="structure", keep_collapsed=False)
        geometries[at] = mended
        inside[at] = not shapely.is_empty(mended)
    order = [at for at in np.argsort(outlines.holder == GREY, kind="stable") if inside[at]]
    control = rasterize(
        [(geometries[at], outlines.holder[at]) for at in order],
        out_shape=theatre.grid.shape,
        transform=theatre.grid.transform,
        fill=A,
        dtype=np.uint8,
    )
    return close_slivers(np.where(theatre.land, control, np.uint8(MASKED))), warnings


def shapes_of(outlines: Outlines, grid: Grid) -> npt.NDArray[np.object_]:
    """The polygons as shapely polygons in the grid's CRS, (polygons,)."""
    return _shapes(outlines, *grid.project(*outlines.lonlat.T))


def _shapes(outlines: Outlines, east: FloatArray, north: FloatArray) -> npt.NDArray[np.object_]:
    owner = np.repeat(np.arange(len(outlines.lengths)), outlines.lengths)
    rings = np.asarray(shapely.linearrings(np.column_stack([east, north]), indices=owner))
    polygon = np.repeat(np.arange(len(outlines.rings)), outlines.rings)
    return np.asarray(shapely.polygons(rings, indices=polygon))


def _mappings(outlines: Outlines, east: FloatArray, north: FloatArray) -> list[Any]:
    """The polygons as GeoJSON: rasterio takes these twice as fast as shapely's polygons."""
    positions = iter(zip(east.tolist(), north.tolist(), strict=True))
    rings = iter([list(islice(positions, length)) for length in outlines.lengths])
    return [{"type": "Polygon", "coordinates": list(islice(rings, count))} for count in outlines.rings]


def _polygons(geometry: Any, file: str, place: str, warnings: list[ReadWarning], depth: int = 0) -> Iterator[Polygon]:
    """Ring lists of all polygons of a geometry, however nested."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    children = geometry.get("geometries" if kind == "GeometryCollection" else "coordinates") if kind else None
    if not isinstance(children, list) or depth > DEEPEST:
        problem = "nested too deeply" if depth > DEEPEST else "without coordinates"
        remedy = "Give Polygon, MultiPolygon, Point, or a GeometryCollection of them."
        raise InputError(file, place, f"a geometry ({kind}) {problem}", remedy)
    if kind == "GeometryCollection":
        for child in children:
            yield from _polygons(child, file, place, warnings, depth + 1)
    elif kind in ("Polygon", "MultiPolygon"):
        for polygon in [children] if kind == "Polygon" else children:
            if not (isinstance(polygon, list) and polygon and all(isinstance(r, list) for r in polygon)):
                raise InputError(file, place, "a polygon without rings", "A polygon is a list of rings.")
            yield polygon
    elif kind != "Point":
        warnings.append(ReadWarning(file, place, f"{kind} is neither polygon nor point: left out"))


def _place(owner: Any) -> str:
    return owner if isinstance(owner, str) else f"feature {owner}"


def _position(position: Any, place: str, file: str) -> list[float]:
    try:
        lon, lat = (float(number) for number in position[:2] if not isinstance(number, str))
    except (TypeError, ValueError, OverflowError) as error:
        problem = f"{str(position)[:60]} is no position"
        raise InputError(file, place, problem, "A position is [longitude, latitude].") from error
    return [lon, lat]


def _inside(outlines: Outlines, grid: Grid) -> tuple[BoolArray, list[ReadWarning]]:
    """Which polygons touch the theatre, judged by boxes in degrees; a warning for each that does not."""
    if not len(outlines.rings):
        return np.zeros(0, bool), []
    ends = np.cumsum(outlines.lengths)[np.cumsum(outlines.rings) - 1]
    starts = np.r_[0, ends[:-1]]
    low, high = np.minimum.reduceat(outlines.lonlat, starts), np.maximum.reduceat(outlines.lonlat, starts)
    outside = _refuse_swapped(low, high, outlines.feature, grid, outlines.file)
    problem = "the polygon lies outside the theatre: left out"
    places = [_place(feature) for feature in outlines.feature[outside]]
    return ~outside, [ReadWarning(outlines.file, place, problem) for place in places]


def _refuse_swapped(low: FloatArray, high: FloatArray, owner: npt.ArrayLike, grid: Grid, file: str) -> BoolArray:
    """Which boxes (south-west and north-east corners, degrees) miss the theatre's own box.

    Raises:
        InputError: where one misses it as it stands and lies within it when the two are swapped.
    """
    west_south, east_north = _box(grid)
    outside = (high < west_south).any(axis=1) | (low > east_north).any(axis=1)
    fits = (low[:, ::-1] >= west_south).all(axis=1) & (high[:, ::-1] <= east_north).all(axis=1)
    for at in np.flatnonzero(outside & fits)[:1]:
        problem = f"longitude {low[at, 0]}, latitude {low[at, 1]} lies in the theatre only when the two are swapped"
        raise InputError(file, _place(np.asarray(owner)[at]), problem, "Put longitude first.")
    return np.asarray(outside)


@lru_cache(maxsize=4)
def _box(grid: Grid) -> tuple[FloatArray, FloatArray]:
    """South-west and north-east corner in degrees of the box around the grid."""
    x, y = np.meshgrid(np.linspace(grid.x[0], grid.x[-1], 64), np.linspace(grid.y[0], grid.y[-1], 64))
    lonlat = np.column_stack([degrees.ravel() for degrees in grid.unproject(x, y)])
    return lonlat.min(axis=0), lonlat.max(axis=0)
