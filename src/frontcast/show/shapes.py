"""What a forecast looks like on the ground: today's lines, bands of probability, and where to look first.

All geometry is in km of the theatre's projection (x east, y north), made once here and used by the picture
and by the page alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import contourpy
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import xarray as xr
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from frontcast.show import style
from frontcast.theatre.control import GREY, MASKED, A, B

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Extent = tuple[float, float, float, float]
"""West, east, south, north in km."""
Bands = list[tuple[float, BaseGeometry]]
"""Lower edge of a probability band, and the ground where the chance is at or over it; from `style.BANDS`."""

SPECK_KM: Final = 15.0
"""Pieces of line shorter than this do not decide what a map shows."""

SECTOR_KM: Final = (60.0, 160.0)
"""Least and greatest width of the sectors that are shown enlarged."""

CORNER_SIGMA: Final = 0.6
"""Rounding of the corners of cells, in cells: an edge moves by less than half a cell."""


def lead_days(dataset: xr.Dataset) -> list[int]:
    """The lead times of a forecast in whole days."""
    leads = dataset["lead_time"].values
    if np.issubdtype(leads.dtype, np.timedelta64):
        leads = leads / np.timedelta64(1, "D")
    return [round(float(lead)) for lead in leads]


def init_time(dataset: xr.Dataset) -> np.datetime64:
    """The time the forecast starts from."""
    return np.datetime64(dataset["init_time"].values[0], "s")


def valid_time(dataset: xr.Dataset, lead_day: int) -> np.datetime64:
    """The time a lead is about."""
    return init_time(dataset) + np.timedelta64(lead_day, "D")


def members(dataset: xr.Dataset) -> int:
    """How many members the ensemble has."""
    return int(dataset.sizes["member"])


def cell_area(dataset: xr.Dataset) -> float:
    """Area of one cell, km²."""
    x = dataset["x"].values
    return float((x[1] - x[0]) / 1000.0) ** 2


def change_at(dataset: xr.Dataset, lead_day: int) -> xr.DataArray:
    """Probability that the holder of each cell differs from today's at a lead, (y, x), NaN where masked."""
    return dataset["change_probability"].isel(init_time=0, lead_time=lead_days(dataset).index(lead_day))


def control_at(dataset: xr.Dataset, lead_day: int) -> xr.DataArray:
    """Probability of each holder at a lead, (holder, y, x), NaN where masked."""
    return dataset["control_probability"].isel(init_time=0, lead_time=lead_days(dataset).index(lead_day))


def region(field: npt.NDArray[Any], level: float, x: FloatArray, y: FloatArray) -> BaseGeometry:
    """The ground where a field is at least `level`, the field being linear between cell centres.

    Args:
        field: (y, x).
        level: the least value inside.
        x, y: coordinates of the cell centres; the shape is in their units.
    """
    contours = contourpy.contour_generator(x, y, field, fill_type=contourpy.FillType.OuterOffset)
    filled: Any = contours.filled(level, np.inf)
    rings = [[points[start:stop] for start, stop in pairwise(offsets)] for points, offsets in zip(*filled, strict=True)]
    shape = shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in rings])
    # Two parts may share a side where four cells meet crosswise.
    return shape if shape.is_valid else shapely.make_valid(shape)


def polygons(shape: BaseGeometry) -> shapely.MultiPolygon:
    """Only the polygons of a shape: cuts leave stray points and lines where edges touch."""
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


@dataclass(frozen=True)
class Ground:
    """Who holds what at the start, as shapes.

    Attributes:
        control: (y, x) uint8 control at init_time.
        x, y: cell centres in km, `y` decreasing.
    """

    control: npt.NDArray[np.uint8]
    x: FloatArray
    y: FloatArray

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Ground:
        """The ground under a forecast."""
        control = dataset["initial_control"].isel(init_time=0).fillna(MASKED).values.astype(np.uint8)
        return cls(control, dataset["x"].values / 1000.0, dataset["y"].values / 1000.0)

    @cached_property
    def _nearest(self) -> tuple[npt.NDArray[np.intp], ...] | None:
        """Index of the nearest cell that counts, for masked cells: shapes reach the border squarely."""
        masked = self.control == MASKED
        if not masked.any() or masked.all():
            return None
        return tuple(ndimage.distance_transform_edt(masked, return_distances=False, return_indices=True))

    def rounded(self, cells: BoolArray) -> FloatArray:
        """Some cells as a field, (y, x): 1 inside, 0 outside, 0.5 along their edge with its corners rounded.

        Masked cells take the value of the nearest cell that is not.
        """
        whole = (cells if self._nearest is None else cells[self._nearest]).astype(float)
        return np.asarray(ndimage.gaussian_filter(whole, CORNER_SIGMA, mode="nearest"))

    @property
    def extent(self) -> Extent:
        """The whole grid, from cell centre to cell centre."""
        return float(self.x.min()), float(self.x.max()), float(self.y.min()), float(self.y.max())

    @cached_property
    def land(self) -> BaseGeometry:
        """All ground that counts: inside the country, not sea or lake."""
        return region((self.control != MASKED).astype(float), 0.5, self.x, self.y)

    @cached_property
    def beyond(self) -> dict[str, BaseGeometry]:
        """Ground of each holder ("a", "grey", "b"), running on beyond the border."""
        values = {"a": A, "grey": GREY, "b": B}
        return {
            name: region(self.rounded(self.control == value), 0.5, self.x, self.y) for name, value in values.items()
        }

    @cached_property
    def held(self) -> dict[str, BaseGeometry]:
        """Ground of each holder ("a", "grey", "b")."""
        return {name: polygons(shape.intersection(self.land)) for name, shape in self.beyond.items()}

    @cached_property
    def flot(self) -> dict[str, BaseGeometry]:
        """Each side's forward line today: the edge of its ground, without the border and the coast."""
        lines = {}
        for name, value in (("a", A), ("b", B)):
            contours = contourpy.contour_generator(self.x, self.y, self.rounded(self.control == value))
            edges: Any = contours.lines(0.5)
            lines[name] = shapely.MultiLineString([edge for edge in edges if len(edge) > 1]).intersection(self.land)
        return lines


def gain_bands(dataset: xr.Dataset, ground: Ground, lead_day: int) -> dict[str, Bands]:
    """Where each side may hold, at a lead, ground that it does not hold today.

    Returns:
        For "a" and "b" the bands that are not empty, each within the one before. In today's grey zone, where
        both may gain, the likelier of the two is kept.
    """
    at_lead = control_at(dataset, lead_day)
    chance = {name: at_lead.sel(holder=name).values.astype(float) for name in ("a", "b")}
    found = {}
    for name, other, lost_by in (("a", "b", B), ("b", "a", A)):
        wins_grey = (ground.control == GREY) & (chance[name] > chance[other])
        found[name] = _bands(chance[name], (ground.control == lost_by) | wins_grey, ground)
    return found


def _bands(chance: FloatArray, gainable: BoolArray, ground: Ground) -> Bands:
    """The bands of one side among the cells it can gain."""
    rows, columns = np.nonzero(gainable & (chance >= style.BANDS[0]))
    if not rows.size:
        return []
    # Only the part of the map where something is coloured: cutting shapes is what takes time.
    window = (
        slice(max(0, rows.min() - 4), rows.max() + 5),
        slice(max(0, columns.min() - 4), columns.max() + 5),
    )
    x, y = ground.x[window[1]], ground.y[window[0]]
    where = region(ground.rounded(gainable)[window], 0.5, x, y)
    where = polygons(where.intersection(region((ground.control[window] != MASKED).astype(float), 0.5, x, y)))
    # A side's own ground, where its chance is near 1, must not raise it in the half cell beyond its line.
    nearest = ndimage.distance_transform_edt(~gainable[window], return_distances=False, return_indices=True)
    reach = chance[window][tuple(nearest)]
    found: Bands = []
    for edge in style.BANDS:
        where = polygons(region(reach, edge, x, y).intersection(where))
        if where.is_empty:
            break
        found.append((edge, where))
    return found


def forecast_lines(lines: gpd.GeoDataFrame, theatre: Theatre, lead_day: int) -> dict[tuple[str, float], BaseGeometry]:
    """The forecast lines (lines.parquet) of a lead in km, by side and quantile."""
    at_lead = lines[lines["lead_day"] == lead_day]
    found = {}
    for side, quantile, line in zip(at_lead["side"], at_lead["quantile"], geometries(at_lead), strict=True):
        if line is not None and not line.is_empty:
            projected = shapely.transform(line, lambda at: np.c_[theatre.grid.project(*at.T)] / 1000.0)
            found[str(side), round(float(quantile), 3)] = projected
    return found


def front_extent(ground: Ground, *, margin: float = 40.0) -> Extent:
    """A box around both lines and a margin in km, within the grid; the whole grid where there is no line."""
    whole = ground.extent
    # Specks of a map (an islet, a cell on the coast) would pull the box out to the sea.
    edges = [line for flot in ground.flot.values() for line in shapely.get_parts(shapely.line_merge(flot))]
    edges = [line for line in edges if line.length > SPECK_KM]
    if not edges:
        return whole
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(np.array(edges)))
    low = (max(west - margin, whole[0]), max(south - margin, whole[2]))
    high = (min(east + margin, whole[1]), min(north + margin, whole[3]))
    return low[0], high[0], low[1], high[1]


def sectors(dataset: xr.Dataset, lead_day: int, *, count: int, aspect: float) -> list[Extent]:
    """The boxes where most ground is expected to change hands, most first; all of one size, with no overlap.

    They are small where only the edge of the line is in play, and large where a whole region is.

    Args:
        dataset: the forecast product.
        lead_day: at which lead.
        count: how many at most; there are fewer where less than 1 km² is expected to change hands in one.
        aspect: width of a box over its height.
    """
    chance = np.nan_to_num(change_at(dataset, lead_day).values.astype(float))
    # Faint chances along a thousand km of line would otherwise outweigh the place where something is afoot.
    chance[chance < style.BANDS[0]] = 0.0
    x, y = dataset["x"].values / 1000.0, dataset["y"].values / 1000.0
    first = _fullest(chance, x, y, (SECTOR_KM[1], SECTOR_KM[1] / aspect))
    if first is None:
        return []
    west, east, south, north = first
    inside = (chance > 0) & (y[:, None] > south) & (y[:, None] < north) & (x > west) & (x < east)
    # Depth of the ground in play along a line that crosses the box; the box is eight times as wide.
    depth = inside.sum() * cell_area(dataset) / SECTOR_KM[1]
    width = float(np.clip(8.0 * depth, *SECTOR_KM))
    found: list[Extent] = []
    while len(found) < count and (box := _fullest(chance, x, y, (width, width / aspect))) is not None:
        found.append(box)
        middle = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
        # Another box of this size must be a whole box away.
        near = (np.abs(x - middle[0]) < width) & (np.abs(y[:, None] - middle[1]) < width / aspect)
        chance = np.where(near, 0.0, chance)
    return found


def _fullest(chance: FloatArray, x: FloatArray, y: FloatArray, size: tuple[float, float]) -> Extent | None:
    """The box of that size, km, with most ground expected to change hands; None where that is under 1 km²."""
    cell = abs(x[1] - x[0])
    window = (max(1, round(size[1] / cell)), max(1, round(size[0] / cell)))
    share = ndimage.uniform_filter(chance, window, mode="constant")
    row, column = np.unravel_index(int(share.argmax()), share.shape)
    if share[row, column] * window[0] * window[1] * cell**2 < 1.0:
        return None
    # The window as found only needs to hold the ground; centred on it, it also reads well.
    near = (np.abs(y[:, None] - y[row]) < size[1] / 2) & (np.abs(x - x[column]) < size[0] / 2)
    weight = np.where(near, chance, 0.0)
    east = float((weight.sum(axis=0) * x).sum() / weight.sum())
    north = float((weight.sum(axis=1) * y).sum() / weight.sum())
    return east - size[0] / 2, east + size[0] / 2, north - size[1] / 2, north + size[1] / 2


def fit(extent: Extent, aspect: float) -> Extent:
    """The extent widened one way to a width-to-height ratio, about its middle."""
    west, east, south, north = extent
    width, height = max(east - west, (north - south) * aspect), max(north - south, (east - west) / aspect)
    x, y = (west + east) / 2, (south + north) / 2
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


def with_position(table: pd.DataFrame, theatre: Theatre) -> pd.DataFrame:
    """Places with their position x, y in km; unknown populations count as none."""
    east, north = theatre.grid.project(table["lon"], table["lat"])
    return table.assign(x=east / 1000.0, y=north / 1000.0, population=table["population"].fillna(0.0))


def within(table: pd.DataFrame, extent: Extent) -> pd.DataFrame:
    """The places (from `with_position`) inside an extent."""
    west, east, south, north = extent
    return table[table["x"].between(west, east) & table["y"].between(south, north)]


def geometries(table: gpd.GeoDataFrame) -> Sequence[BaseGeometry]:
    """The shapes of a table."""
    return list(table.geometry)


def strokes(shapes: BaseGeometry | Sequence[BaseGeometry], scale: float = 1.0) -> list[FloatArray]:
    """The lines in some shapes, each an array of points (n, 2) times `scale`."""
    parts = shapely.get_parts(shapely.get_parts(np.asarray(shapes, dtype=object)))
    return [shapely.get_coordinates(part) * scale for part in parts if part.geom_type in ("LineString", "LinearRing")]


def kilometres(shape: BaseGeometry) -> BaseGeometry:
    """A shape of the theatre (m) in km."""
    return shapely.transform(shape, lambda at: at / 1000.0)
