"""How right it has been, and whether the service is up."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from frontcast.serve.answers import respond
from frontcast.serve.models import Health, TrackRecordAnswer
from frontcast.serve.routes.common import REFUSALS, The

router = APIRouter(tags=["track record"], responses=REFUSALS)


@router.get("/track-record", response_model=TrackRecordAnswer)
async def track_record(request: Request, service: The) -> Response:
    """Scores of hindcasts beside the simplest methods, reliability with counts, and the ledger of forecasts issued."""
    return respond(request, await service.ask("track_record"))


@router.get("/health")
async def health(service: The) -> Health:
    """That the service is up, and how busy."""
    return service.health()
