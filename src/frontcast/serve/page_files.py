"""The page's files, read once at the start: no path from a request is ever looked up on disk."""

from __future__ import annotations

import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

from frontcast.serve.answers import Body, respond
from frontcast.serve.refusal import Refusal

LARGEST = 16 * 2**20
YEAR_S = 365 * 86_400


class PageFiles:
    """Answers with the page and what it needs, by exact name."""

    def __init__(self) -> None:
        self._files = dict(_walk(files("frontcast.serve").joinpath("static"), ""))

    @property
    def has_page(self) -> bool:
        """Whether the page was built into this package."""
        return "index.html" in self._files

    def answer(self, request: Request) -> Response:
        """The file of that name; the page itself for `/`.

        Raises:
            Refusal: where there is none.
        """
        name = request.url.path.removeprefix("/") or "index.html"
        body = self._files.get(name)
        if body is None:
            missing = "The page is not part of this package: build it with `make page`." if name == "index.html" else ""
            raise Refusal(404, missing or "There is no such file.")
        # names of built files hold their fingerprint
        return respond(request, body, seconds=YEAR_S if name.startswith("assets/") else 0)


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Body]]:
    found = []
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        else:
            data = entry.read_bytes()
            if len(data) <= LARGEST:
                media = TYPES.get(entry.name.rpartition(".")[2]) or mimetypes.guess_type(entry.name)[0]
                found.append((f"{prefix}{entry.name}", Body.of(data, media or "application/octet-stream")))
    return found


TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
    "pbf": "application/x-protobuf",
    "webmanifest": "application/manifest+json",
    "txt": "text/plain; charset=utf-8",
}
"""What machines' own tables of types disagree about."""
