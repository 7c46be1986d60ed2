"""Forecasts: to order one, and to ask what it says."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response, status

from frontcast.serve.answers import GEOJSON, respond
from frontcast.serve.models import (
    Bands,
    ForecastAnswer,
    ForecastRequest,
    Forecasts,
    Mechanisms,
    Outlook,
    PlacesAtRisk,
    Run,
)
from frontcast.serve.routes.common import REFUSALS, BoxQuery, ForecastId, The, geojson

router = APIRouter(tags=["forecasts"], responses=REFUSALS)

Lead = Annotated[int | None, Query(ge=1, le=180, description="Lead, days; left out, the last.")]
PlaceQuery = Annotated[int | None, Query(ge=0, le=2**53, description="Id of a place.")]
Lon = Annotated[float | None, Query(ge=-180, le=180)]
Lat = Annotated[float | None, Query(ge=-90, le=90)]


@router.get("/forecasts")
async def forecasts(service: The) -> Forecasts:
    """The forecasts kept here, newest start first."""
    return service.forecasts()


@router.post("/forecasts", status_code=status.HTTP_202_ACCEPTED)
async def order_forecast(service: The, asked: ForecastRequest) -> Run:
    """Order a forecast. The same order again is the same run."""
    return await service.order_forecast(asked)


@router.get("/forecasts/{forecast}", response_model=ForecastAnswer)
async def forecast(request: Request, service: The, forecast: ForecastId) -> Response:
    """What a forecast says in words and km², and how it was made. 404 until one is done."""
    return respond(request, await service.forecast(forecast, "summary"))


@router.get("/forecasts/{forecast}/bands", response_model=Bands, responses=geojson("Bands"))
async def bands(request: Request, service: The, forecast: ForecastId, lead: Lead = None) -> Response:
    """Bands of probability and forecast lines at a lead, as GeoJSON."""
    return respond(request, await service.bands(forecast, lead))


@router.get("/forecasts/{forecast}/places")
async def places_at_risk(
    service: The,
    forecast: ForecastId,
    limit: Annotated[int, Query(ge=1, le=2000)] = 100,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> PlacesAtRisk:
    """Places with a chance of changing hands, likeliest first."""
    return await service.places_at_risk(forecast, limit, offset)


@router.get("/forecasts/{forecast}/at")
async def outlook(
    service: The,
    forecast: ForecastId,
    place: PlaceQuery = None,
    lon: Lon = None,
    lat: Lat = None,
    box: BoxQuery = None,
) -> Outlook:
    """Who may hold a place, a point or a box over the days of a forecast, and how often such chances came true.

    One of `place`, `lon` with `lat`, and `box` is given.
    """
    return await service.outlook(forecast, place, lon, lat, box)


@router.get("/forecasts/{forecast}/mechanisms", response_model=Mechanisms)
async def mechanisms(
    request: Request,
    service: The,
    forecast: ForecastId,
    place: PlaceQuery = None,
    lon: Lon = None,
    lat: Lat = None,
    box: BoxQuery = None,
    reach_km: Annotated[float, Query(ge=1, le=300)] = 20.0,
    lead: Lead = None,
) -> Response:
    """Which mechanisms push the front near a place or in a box, or everywhere: of a forecast with depth `units`."""
    return respond(request, await service.mechanisms(forecast, place, lon, lat, box, reach_km, lead))


FILES = Literal["map.png", "fan.png", "places.csv", "cells.csv", "lines.geojson", "bands.geojson", "run.zip"]


@router.get(
    "/forecasts/{forecast}/export/{file}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in ("image/png", "text/csv", GEOJSON, "application/zip")}}},
)
async def export_forecast(
    request: Request, service: The, forecast: ForecastId, file: FILES, lead: Lead = None
) -> Response:
    """A forecast as a file: picture, table, lines, or the whole run."""
    body, name = await service.export_forecast(forecast, file, lead)
    return respond(request, body, name=name)
