"""The theatre's projected grid: square cells, rows from north to south, areas exact (equal-area CRS)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyproj
from rasterio.transform import Affine

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A regular grid of square cells in a projected coordinate system.

    Arrays on it have dims (y, x): row 0 is the northernmost, column 0 the westernmost. Coordinates are metres
    in `crs`; `cell_km` is the side of a cell in km.
    """

    crs: str
    west: float
    north: float
    cell_km: float
    nx: int
    ny: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, (ny, nx)."""
        return self.ny, self.nx

    @property
    def cell_area_km2(self) -> float:
        """Area of one cell in km²."""
        return self.cell_km**2

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) corners to projected metres, as rasterio uses it."""
        side = self.cell_km * 1000.0
        return Affine(side, 0.0, self.west, 0.0, -side, self.north)

    @cached_property
    def x(self) -> FloatArray:
        """Easting of cell centres, (nx,) m."""
        return self.west + (np.arange(self.nx, dtype=np.float64) + 0.5) * self.cell_km * 1000.0

    @cached_property
    def y(self) -> FloatArray:
        """Northing of cell centres, (ny,) m, decreasing."""
        return self.north - (np.arange(self.ny, dtype=np.float64) + 0.5) * self.cell_km * 1000.0

    @cached_property
    def _forward(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    @cached_property
    def _inverse(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)

    def project(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Projected (easting, northing) in m of WGS 84 longitudes and latitudes in degrees."""
        east, north = self._forward.transform(np.asarray(lon, float), np.asarray(lat, float))
        return np.asarray(east), np.asarray(north)

    def unproject(self, east: npt.ArrayLike, north: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """WGS 84 (longitude, latitude) in degrees of projected metres."""
        lon, lat = self._inverse.transform(np.asarray(east, float), np.asarray(north, float))
        return np.asarray(lon), np.asarray(lat)

    @cached_property
    def lonlat(self) -> tuple[FloatArray, FloatArray]:
        """Longitude and latitude of every cell centre, two (y, x) arrays in degrees."""
        return self.unproject(*np.meshgrid(self.x, self.y))

    def cell_of(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Row and column of the cell that holds each point; -1, -1 where the point is off the grid."""
        east, north = self.project(lon, lat)
        side = self.cell_km * 1000.0
        column, row = np.floor((east - self.west) / side), np.floor((self.north - north) / side)
        inside = (column >= 0) & (column < self.nx) & (row >= 0) & (row < self.ny)
        return np.where(inside, row, -1).astype(np.int64), np.where(inside, column, -1).astype(np.int64)

    def coarsen(self, factor: int) -> Grid:
        """The grid of cells `factor` times as wide that covers the same ground.

        Raises ValueError where the grid does not divide evenly.
        """
        if self.nx % factor or self.ny % factor:
            raise ValueError(f"a grid of {self.ny} x {self.nx} cells does not divide by {factor}")
        return Grid(self.crs, self.west, self.north, self.cell_km * factor, self.nx // factor, self.ny // factor)
