"""What was reported: claims, strikes, and units with the standard's symbols."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from frontcast.serve.answers import Body, respond
from frontcast.serve.models import Claims, Units
from frontcast.serve.routes.common import REFUSALS, BoxQuery, DayPath, DayQuery, The
from frontcast.serve.routes.record import LONG

router = APIRouter(tags=["evidence"], responses=REFUSALS)

Limit = Annotated[int, Query(ge=1, le=2000)]


@router.get("/claims", response_model=Claims)
async def claims(
    request: Request,
    service: The,
    place: Annotated[int | None, Query(ge=0, le=2**53, description="Id of a place.")] = None,
    box: BoxQuery = None,
    first: DayQuery = None,
    last: DayQuery = None,
    as_of: DayQuery = None,
    kind: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 200,
) -> Response:
    """What has been claimed about a place, in a box, or anywhere, from `first` to `last`, as known at the end of `as_of`."""
    return respond(request, await service.claims(place, box, first, last, as_of, kind, limit))


@router.get("/strikes", response_model=Claims)
async def strikes(
    request: Request,
    service: The,
    first: DayQuery = None,
    last: DayQuery = None,
    as_of: DayQuery = None,
    limit: Limit = 500,
) -> Response:
    """Claimed strikes on depots, headquarters, bridges and the like that have a place."""
    return respond(request, await service.claims(None, None, first, last, as_of, "strike", limit))


@router.get("/units/{date}", response_model=Units)
async def units(request: Request, service: The, date: DayPath, side: Literal["a", "b"] | None = None) -> Response:
    """The order of battle known at the end of a day, each unit with its symbol's code and address."""
    return respond(request, await service.ask("units", date, side))


@router.get(
    "/symbols/{sidc}.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
async def symbol(request: Request, service: The, sidc: Annotated[str, Path(pattern=r"^\d{20}$")]) -> Response:
    """The symbol of a 20-digit code of MIL-STD-2525D, as SVG."""
    body: Body = service.symbol(sidc)
    return respond(request, body, seconds=LONG)
