"""The address a service listens on."""

from __future__ import annotations

import socket
from typing import Final

from frontcast.errors import InputError

LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "[::1]"))
"""Names of this machine to itself."""


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address.

    Raises:
        InputError: where the address is not one of this machine, or in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # said to be TCP, or asyncio leaves on the delay that waits for more to send: 40 ms an answer
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError("--host, --port", f"{host}:{port}", problem, "Give another --port or --host") from None
    bound.listen(1024)  # who comes while the rest is being opened waits and is not turned away
    return bound
