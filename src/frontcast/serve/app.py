"""The application: the API under /api/v1, the page under /, and what guards both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from frontcast import __version__
from frontcast.serve.desk_link import Desk
from frontcast.serve.guard import Guard
from frontcast.serve.page_files import PageFiles
from frontcast.serve.refusal import Refusal
from frontcast.serve.routes import evidence, forecasts, questions, record, towns, verification
from frontcast.serve.settings import Settings

PREFIX = "/api/v1"


def api(**more: Any) -> FastAPI:
    """The API alone, for its document."""
    app = FastAPI(
        title="frontcast",
        version=__version__,
        description=(
            "Weather forecasting for a front line: who will hold what, with what probability, 1 to 30 days ahead. "
            "Public sources, brigade scale, 1 km and days. Not a targeting aid.\n\n"
            "Where the service runs with a token, send `Authorization: Bearer TOKEN` with every request but those for "
            "the page's own files and `/symbols`; there are no cookies. Browsers' EventSource sends no headers: read "
            "`/runs/{run}/events` with fetch. Answers carry an ETag, and all but progress can be asked for in parts."
        ),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # their pages fetch scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_name_of,
        **more,
    )
    for part in (record, towns, forecasts, evidence, questions, verification):
        app.include_router(part.router, prefix=PREFIX)
    return app


def _name_of(route: APIRoute) -> str:
    return route.name


def create_app(settings: Settings, desk: Desk | None = None) -> FastAPI:
    """The whole application: run it with any ASGI server, or `frontcast.serve.server.run`. A desk that is open already saves
    a second."""
    from frontcast.serve.service import Service

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service = Service(settings, desk)
        await service.start()
        app.state.service = service
        try:
            yield
        finally:
            await service.stop()

    app = api(lifespan=life)
    page = PageFiles()
    app.add_exception_handler(Refusal, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_plain)
    app.add_exception_handler(Exception, _broke)
    app.add_middleware(Guard, settings=settings)

    @app.get("/{path:path}", include_in_schema=False)
    async def page_file(request: Request) -> Response:
        return page.answer(request)

    return app


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    headers = {} if error.retry_s is None else {"retry-after": str(error.retry_s)}
    return _problem(error.status, error.detail, [asdict(flaw) for flaw in error.flaws], headers)


async def _refuse_form(request: Request, error: Exception) -> Response:
    """What is wrong with the form of a request. What was sent is not sent back."""
    assert isinstance(error, RequestValidationError)
    flaws = []
    for one in error.errors()[:20]:
        place = ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0])
        flaws.append({"place": place[:100], "problem": str(one["msg"])[:300], "remedy": "See the API's document"})
    return _problem(422, "What was asked is not in the form it must have.", flaws)


async def _refuse_plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _broke(request: Request, error: Exception) -> Response:
    return _problem(500, "This went wrong here; the service's log says where.")


def _problem(
    status: int, detail: str, problems: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse({"detail": detail, "problems": problems or []}, status, headers=headers)
