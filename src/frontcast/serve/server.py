"""Runs the application: one process that reads, its desk and its worker; slow clients are cut off."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from frontcast.serve.app import create_app
from frontcast.serve.desk_link import Desk
from frontcast.serve.settings import Settings

HEADERS_S: Final = 10.0
"""Until the headers of a request must have come."""

STALLED_S: Final = 30.0
"""How long a reader may take no bytes."""

KEEP_ALIVE_S: Final = 30


class Patient(H11Protocol):
    """HTTP with a limit to patience: with headers that trickle in, and with readers that do not read."""

    _headers_timer: asyncio.TimerHandle | None = None
    _stalled_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A reader has come."""
        super().connection_made(transport)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._expect_headers()
        else:
            self._stop_headers_timer()

    def _expect_headers(self) -> None:
        if self._headers_timer is None:
            self._headers_timer = self.loop.call_later(HEADERS_S, self._give_up)

    def _stop_headers_timer(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _give_up(self) -> None:
        self._headers_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def pause_writing(self) -> None:
        """The reader does not keep up."""
        super().pause_writing()
        self._stalled_timer = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
            self._stalled_timer = None

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while: close, and do not wait long for a reader that has not read the last answer."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(HEADERS_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The reader is gone."""
        self._stop_headers_timer()
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
        super().connection_lost(exc)


def run(settings: Settings, bound: socket.socket, desk: Desk) -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    config = uvicorn.Config(
        create_app(settings, desk),
        http=Patient,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.readers,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=16_384,
    )
    uvicorn.Server(config).run(sockets=[bound])
