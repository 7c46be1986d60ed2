"""The application: the API under /api/v1, the page under /, and what guards both."""

from __future__ import annotations

from fastapi import FastAPI

from frontcast import __version__
from frontcast.serve.routes import evidence, forecasts, questions, record, verification

PREFIX = "/api/v1"


def api() -> FastAPI:
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
        generate_unique_id_function=lambda route: route.name,
    )
    for part in (record, forecasts, evidence, questions, verification):
        app.include_router(part.router, prefix=PREFIX)
    return app
