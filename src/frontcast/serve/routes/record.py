"""The theatre and its record: ground, places, days, and who held what on each."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from frontcast.serve.answers import GEOJSON, respond
from frontcast.serve.models import (
    Control,
    GroundLayer,
    PlaceAnswer,
    PlacesFound,
    TheatreAnswer,
    Timeline,
    YearLines,
)
from frontcast.serve.routes.common import REFUSALS, DayPath, PlaceId, Source, Text, The, geojson

router = APIRouter(tags=["record"], responses=REFUSALS)

LONG = 86_400
"""Seconds that a reader may keep what does not change while a version of the package is installed."""


@router.get("/theatre", response_model=TheatreAnswer)
async def theatre(request: Request, service: The) -> Response:
    """The war that is served: area, grid, sides, colours, sources, limits."""
    return respond(request, await service.ask("theatre"))


@router.get("/ground/{layer}", response_model=GroundLayer, responses=geojson("GroundLayer"))
async def ground(request: Request, service: The, layer: Literal["borders", "regions", "rivers", "lakes"]) -> Response:
    """Borders of the country, of its regions, rivers or lakes, as GeoJSON."""
    return respond(request, await service.ask("ground", layer, media=GEOJSON), seconds=LONG)


@router.get("/timeline", response_model=Timeline)
async def timeline(request: Request, service: The, source: Source = None) -> Response:
    """Every day of the record with the area each side held."""
    return respond(request, await service.ask("timeline", await service.source(source)))


@router.get("/control/{date}", response_model=Control, responses=geojson("Control"))
async def control(request: Request, service: The, date: DayPath, source: Source = None) -> Response:
    """Who held what at the end of a day: ground of both, grey zone, forward lines, as GeoJSON."""
    return respond(request, await service.ask("control", date, await service.source(source), media=GEOJSON))


@router.get("/lines/{year}", response_model=YearLines)
async def lines(
    request: Request, service: The, year: Annotated[int, Path(ge=1900, le=2100)], source: Source = None
) -> Response:
    """All lines of a year in one compact answer, for a time bar that is dragged."""
    return respond(request, await service.year(year, await service.source(source)))


@router.get("/places")
async def places(service: The, q: Text, limit: Annotated[int, Query(ge=1, le=50)] = 10) -> PlacesFound:
    """What a name in any spelling, old or new, Latin or Cyrillic, may mean; also the beginning of a name."""
    return await service.find_places(q, limit)


@router.get("/places/{place}")
async def place(service: The, place: PlaceId) -> PlaceAnswer:
    """One place."""
    return await service.place(place)
