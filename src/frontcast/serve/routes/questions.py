"""What if: scenarios, runs with their queue and progress, and the paired difference."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from frontcast.serve.answers import respond
from frontcast.serve.models import (
    Bands,
    Changeable,
    Checked,
    Run,
    Runs,
    Scenarios,
    ScenarioText,
    ScenarioUpload,
    WhatIfAnswer,
    WhatIfRequest,
)
from frontcast.serve.routes.common import REFUSALS, DayPath, RunId, The, geojson
from frontcast.serve.routes.forecasts import Lead

router = APIRouter(tags=["what if"], responses=REFUSALS)


@router.get("/scenarios", response_model=Scenarios)
async def scenarios(request: Request, service: The) -> Response:
    """The questions that ship."""
    return respond(request, await service.ask("scenarios"))


@router.get("/scenarios/{name}", response_model=ScenarioText)
async def scenario(request: Request, service: The, name: str) -> Response:
    """One of them, with its file."""
    return respond(request, await service.ask("scenario", name[:100]))


@router.get("/changeable/{date}", response_model=Changeable)
async def changeable(request: Request, service: The, date: DayPath) -> Response:
    """Units that could be moved on a day, and deliveries that could be delayed."""
    return respond(request, await service.ask("changeable", date))


@router.post("/scenarios/check")
async def check_scenario(service: The, upload: ScenarioUpload) -> Checked:
    """Whether a scenario of one's own can be run, and all that is wrong with it."""
    return await service.check_scenario(upload.toml)


@router.post("/whatifs", status_code=status.HTTP_202_ACCEPTED)
async def ask_what_if(service: The, asked: WhatIfRequest) -> Run:
    """Ask a question. The same question again is the same run."""
    return await service.order_what_if(asked)


@router.get("/whatifs/{run}", response_model=WhatIfAnswer)
async def what_if(request: Request, service: The, run: RunId) -> Response:
    """Both futures and their paired difference, once the run is done."""
    return respond(request, await service.what_if(run))


@router.get("/whatifs/{run}/bands", response_model=Bands, responses=geojson("Bands"))
async def what_if_bands(
    request: Request,
    service: The,
    run: RunId,
    future: Annotated[int, Query(ge=0, le=20, description="Index into `futures`; 0 is as it was.")] = 0,
    lead: Lead = None,
) -> Response:
    """Bands of probability of one of the futures at a lead, as GeoJSON."""
    return respond(request, await service.what_if_bands(run, future, lead))


@router.get(
    "/whatifs/{run}/export/{file}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in ("image/png", "text/csv", "application/zip")}}},
)
async def export_what_if(
    request: Request,
    service: The,
    run: RunId,
    file: Literal["whatif.png", "differences.csv", "places.csv", "scenario.toml", "run.zip"],
) -> Response:
    """A what-if as a file."""
    body, name = await service.export_what_if(run, file)
    return respond(request, body, name=name)


@router.get("/runs")
async def runs(service: The) -> Runs:
    """Runs, newest first."""
    return service.all_runs()


@router.get("/runs/{run}")
async def run(service: The, run: RunId) -> Run:
    """Where a run stands."""
    return service.run(run)


@router.delete("/runs/{run}")
async def cancel_run(service: The, run: RunId) -> Run:
    """Cancel a run that waits or is going on. One that has ended stays as it is."""
    return await service.cancel(run)


@router.post("/runs/{run}/again", status_code=status.HTTP_202_ACCEPTED)
async def run_again(service: The, run: RunId) -> Run:
    """Run one again that failed or was cancelled."""
    return await service.again(run)


@router.get(
    "/runs/{run}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def run_events(service: The, run: RunId) -> StreamingResponse:
    """Progress as server-sent events: each `data` is a `Run`; the stream ends when the run has."""
    service.may_follow(run)  # before the stream begins: afterwards nothing can be refused
    return StreamingResponse(
        service.progress(run),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
