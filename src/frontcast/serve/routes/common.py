"""What all addresses share: the service behind them, and how parameters look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Path, Query, Request

from frontcast.serve.models import Problem

if TYPE_CHECKING:
    from frontcast.serve.service import Service
else:
    Service = Any


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    return request.app.state.service


The = Annotated[Service, Depends(service_of)]

DAY: Final = r"^(19|20)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
DayPath = Annotated[str, Path(pattern=DAY, description="A day, 2022-09-05: as known at its end, UTC.")]
DayQuery = Annotated[str | None, Query(pattern=DAY, description="A day, 2022-09-05.")]
Source = Annotated[
    str | None, Query(max_length=64, description="Whose maps; left out, those of the theatre's default source.")
]
RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{16,64}$", description="Of a run or forecast.")]
ForecastId = Annotated[
    str, Path(pattern=r"^(latest|[0-9a-f]{16,64})$", description="A forecast, or `latest`: the day's by default.")
]
PlaceId = Annotated[int, Path(ge=0, le=2**53, description="Of a place in the gazetteer.")]
Text = Annotated[str, Query(min_length=1, max_length=100)]
BoxQuery = Annotated[
    str | None,
    Query(
        pattern=r"^-?\d{1,3}(\.\d{1,8})?(,-?\d{1,3}(\.\d{1,8})?){3}$",
        description="west,south,east,north in degrees: 36.5,48.9,37.9,49.9.",
    ),
]

_SAID: Final = {
    400: "What was sent is no JSON.",
    401: "A token is asked for.",
    403: "Another site asks, or by another name.",
    404: "There is no such thing.",
    408: "What was sent took too long to come.",
    409: "It is not in a state to be asked that.",
    413: "What was sent is too large.",
    422: "What was asked cannot be; `problems` says why.",
    503: "Too much is being asked just now; `Retry-After` says when to come back.",
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": words} for status, words in _SAID.items()
}


def geojson(model: str) -> dict[int | str, dict[str, Any]]:
    """That an answer is sent as GeoJSON, which is JSON too."""
    return {200: {"content": {"application/geo+json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}}
