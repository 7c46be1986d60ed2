"""What stands before every request: names, origin, token, size and time of what is sent; and the headers of every answer."""

from __future__ import annotations

import asyncio
import json
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontcast.serve.settings import Settings
from frontcast.serve.tokens import Gate

BODY_S: Final = 10.0
"""Until all of a request's body must have come."""

PIECE: Final = 65_536
"""Bytes of an answer handed to the network at once: more would wait in memory for a reader that is slow."""

WRONG_TOKEN_S: Final = 0.5
"""What a wrong token costs whoever tries; one is looked at at a time."""

API: Final = "/api/"
OPEN: Final = ("/api/v1/symbols/", "/api/v1/openapi.json")
"""Below these no token is asked for: an image in a page cannot send one, and neither says anything about the war."""

SECURITY: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self' blob:; child-src blob:; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=()",
}
"""A page may load from here and nowhere else, run no script that is written in it, and be shown in no other page. Maps
need workers made from a blob."""


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._gate = None if settings.token_hash is None else Gate(settings.token_hash)
        self._one_at_a_time = asyncio.Semaphore(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        out = _with_headers(send)
        headers = Headers(scope=scope)
        problem = self._stranger(headers, scope["method"])
        if problem is not None:
            await _refuse(out, 403, problem)
            return
        if not await self._known(scope["path"], headers):
            await _refuse(out, 401, "Send the token: Authorization: Bearer TOKEN.", {"www-authenticate": "Bearer"})
            return
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self._app(scope, receive, out)
            return
        try:
            body = await asyncio.wait_for(self._body(headers, receive), BODY_S)
        except TimeoutError:
            await _refuse(out, 408, f"What is sent must have come within {BODY_S:g} s.", {"connection": "close"})
            return
        if body is None:
            most = self._settings.limits.body_bytes
            await _refuse(out, 413, f"At most {most:,} bytes can be sent.", {"connection": "close"})
            return
        await self._app(scope, _replay(body, receive), out)

    def _stranger(self, headers: Headers, method: str) -> str | None:
        """What is wrong with where a request comes from or goes to; None where nothing is."""
        hosts = self._settings.hosts
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if hosts and name.lower() not in hosts:
            return "This service is not reached by that name."  # another site's name that leads to this machine
        if method in ("GET", "HEAD", "OPTIONS"):
            return None
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "Another site may not order runs here."
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return "Another site may not order runs here."
        return None

    async def _known(self, path: str, headers: Headers) -> bool:
        if self._gate is None or not path.startswith(API) or path.startswith(OPEN):
            return True
        form, _, token = headers.get("authorization", "").partition(" ")
        if form.lower() != "bearer" or not token:
            return False
        if self._gate.quick(token):
            return True
        async with self._one_at_a_time:
            right = await asyncio.to_thread(self._gate.slow, token)
            if not right:
                await asyncio.sleep(WRONG_TOKEN_S)
            return right

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """All that is sent; None where it is too much."""
        most = self._settings.limits.body_bytes
        told = headers.get("content-length", "0")
        if not told.isascii() or not told.isdigit() or len(told) > 12 or int(told) > most:
            return None
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > most:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _with_headers(send: Send) -> Send:
    """Sends with the headers of safety, large bodies piece by piece."""

    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
        elif message["type"] == "http.response.body" and len(message.get("body", b"")) > PIECE:
            body, more = message["body"], message.get("more_body", False)
            for start in range(0, len(body), PIECE):
                last = start + PIECE >= len(body)
                piece = body[start : start + PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": more or not last})
            return
        await send(message)

    return out


async def _refuse(send: Send, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
    body = json.dumps({"detail": detail, "problems": []}).encode()
    told = {"content-type": "application/json", "content-length": str(len(body))} | (headers or {})
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
