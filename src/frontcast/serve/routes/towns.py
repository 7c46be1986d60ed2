"""The towns that a map names."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response

from frontcast.serve.answers import GEOJSON, respond
from frontcast.serve.models import Answer, Geometry
from frontcast.serve.routes.common import REFUSALS, The
from frontcast.serve.routes.record import LONG

router = APIRouter(tags=["record"], responses=REFUSALS)


class TownProperties(Answer):
    """A town: its id in the gazetteer, name, kind ("" where unknown), and people before the war, null where unknown."""

    id: int
    name: str
    kind: str
    population: float | None


class TownFeature(Answer):
    """A town."""

    type: Literal["Feature"]
    geometry: Geometry
    properties: TownProperties


class Towns(Answer):
    """GeoJSON of the towns, most people first."""

    type: Literal["FeatureCollection"]
    features: list[TownFeature]


@router.get("/towns", response_model=Towns)
async def towns(request: Request, service: The) -> Response:
    """Places of 2,000 people or more, and all cities and towns, for a map to name."""
    return respond(request, await service.ask("towns", media=GEOJSON), seconds=LONG)
