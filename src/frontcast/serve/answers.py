"""Answers as bytes: made once, packed once, and handed out with ETag, ranges and compression."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"

PACK_FROM: Final = 1024
"""Bytes below which packing an answer gains nothing."""

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)$")


@dataclass(frozen=True)
class Body:
    """What is answered: the bytes, the same packed (None where that gains nothing), their fingerprint and media type."""

    data: bytes
    packed: bytes | None
    etag: str
    media: str

    @classmethod
    def of(cls, data: bytes, media: str = JSON) -> Body:
        """Bytes made ready to be answered."""
        packed = (
            gzip.compress(data, 6, mtime=0) if len(data) >= PACK_FROM and not media.startswith("image/png") else None
        )
        if packed is not None and len(packed) > 0.9 * len(data):
            packed = None
        return cls(data, packed, hashlib.sha256(data).hexdigest()[:24], media)

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""
        return len(self.data) + len(self.packed or b"")


def respond(request: Request, body: Body, *, seconds: int = 0, name: str | None = None) -> Response:
    """An answer to a request: whole, packed where the reader takes that, a part of it, or "you have it already".

    Args:
        request: what was asked. body: the answer.
        seconds: how long a reader may keep it without asking again; 0: it asks each time, and is told if it has it.
        name: offered as a file of this name.
    """
    wanted = request.headers.get("range")
    packed = body.packed is not None and wanted is None and _takes_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{body.etag}{"-gz" if packed else ""}"'
    headers = {
        "etag": etag,
        "cache-control": f"private, max-age={seconds}" if seconds else "private, no-cache",
        "vary": "accept-encoding",
        "accept-ranges": "bytes",
    }
    if name is not None:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    known = request.headers.get("if-none-match")
    if known is not None and (known.strip() == "*" or body.etag in {_bare(one) for one in known.split(",")}):
        return Response(status_code=304, headers=headers)
    if packed and body.packed is not None:
        return Response(body.packed, media_type=body.media, headers=headers | {"content-encoding": "gzip"})
    if wanted is not None and _same(request.headers.get("if-range"), body):
        part = _part(wanted, len(body.data))
        if part is None:
            return Response(status_code=416, headers=headers | {"content-range": f"bytes */{len(body.data)}"})
        if part != (0, 0):
            first, last = part
            headers["content-range"] = f"bytes {first}-{last - 1}/{len(body.data)}"
            return Response(body.data[first:last], 206, media_type=body.media, headers=headers)
    return Response(body.data, media_type=body.media, headers=headers)


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"').removesuffix("-gz")


def _same(condition: str | None, body: Body) -> bool:
    """Whether a part may be given: a reader that has the beginning of another answer needs all of this one."""
    return condition is None or condition.strip() == f'"{body.etag}"'


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.split(","):
        name, _, weight = one.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; (0, 0) for what is no single range, and all is given; None where outside."""
    found = _RANGE.match(wanted.strip())
    if found is None or found.group(0) == "bytes=-":
        return 0, 0
    # Numbers of absurd length are outside anything.
    first, last = (int(text) if text and len(text) < 16 else (10**15 if text else None) for text in found.groups())
    if first is None:
        assert last is not None
        return (max(0, size - last), size) if last else None
    if first >= size or (last is not None and last < first):
        return None
    return first, size if last is None else min(size, last + 1)


@dataclass
class Shelf:
    """Answers kept in memory up to a number of bytes, the least lately asked for going first; each is made once.

    Readers who ask for one that is being made wait for it together.
    """

    most_bytes: int
    _kept: OrderedDict[tuple[object, ...], Body] = field(default_factory=OrderedDict)
    _making: dict[tuple[object, ...], asyncio.Task[Body]] = field(default_factory=dict)
    _bytes: int = 0

    def get(self, key: tuple[object, ...]) -> Body | None:
        """The answer of that key where it is kept."""
        body = self._kept.get(key)
        if body is not None:
            self._kept.move_to_end(key)
        return body

    def put(self, key: tuple[object, ...], body: Body) -> Body:
        """Keep an answer."""
        old = self._kept.pop(key, None)
        self._bytes += body.size - (old.size if old else 0)
        self._kept[key] = body
        while self._bytes > self.most_bytes and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= gone.size
        return body

    def drop(self, wanted: Callable[[tuple[object, ...]], bool]) -> None:
        """Forget the answers of some keys."""
        for key in [key for key in self._kept if wanted(key)]:
            self._bytes -= self._kept.pop(key).size

    async def made(self, key: tuple[object, ...], make: Callable[[], Awaitable[Body]]) -> Body:
        """The answer of that key, made where it is not kept. A reader that goes away does not stop the making."""
        if (body := self.get(key)) is not None:
            return body
        task = self._making.get(key)
        if task is None:

            async def run() -> Body:
                try:
                    return self.put(key, await make())
                finally:
                    self._making.pop(key, None)

            task = self._making[key] = asyncio.create_task(run())
        return await asyncio.shield(task)
