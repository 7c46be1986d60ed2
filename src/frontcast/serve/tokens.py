"""The token of a service that others can reach: kept as a hash, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from frontcast.errors import InputError

ROUNDS: Final = 2**14
"""Cost of the hash (scrypt N). A token made here has 256 bits and needs no slow hash; one made by a person may."""

LEAST_LENGTH: Final = 24
_FORM: Final = "scrypt"


def new_token() -> str:
    """A fresh token of 256 random bits."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is kept of a token: form, salt and hash."""
    salt = secrets.token_bytes(16)
    return f"{_FORM}${salt.hex()}${_digest(token, salt).hex()}"


def _digest(token: str, salt: bytes) -> bytes:
    return hashlib.scrypt(token.encode("utf-8", "surrogateescape"), salt=salt, n=ROUNDS, r=8, p=1, dklen=32)


class Gate:
    """Tells whether a token is the right one. Those seen are remembered by a keyed hash, as the slow one takes 50 ms."""

    def __init__(self, kept: str) -> None:
        form, salt, digest = kept.split("$")
        if form != _FORM:
            raise ValueError(form)
        self._salt, self._digest = bytes.fromhex(salt), bytes.fromhex(digest)
        self._key = secrets.token_bytes(32)
        self._right: bytes | None = None

    def quick(self, token: str) -> bool:
        """Whether it is the token that was right before; compared in constant time."""
        return self._right is not None and hmac.compare_digest(self._quick(token), self._right)

    def slow(self, token: str) -> bool:
        """Whether it is the right token."""
        right = hmac.compare_digest(_digest(token, self._salt), self._digest)
        if right:
            self._right = self._quick(token)
        return right

    def _quick(self, token: str) -> bytes:
        return hmac.digest(self._key, token.encode("utf-8", "surrogateescape"), "sha256")


def read_or_make(file: Path) -> tuple[str, str | None]:
    """The hash in a token file, and the token itself where it was made just now.

    A file that holds a token in plain is given its hash instead: what lies at rest is never the token.

    Raises:
        InputError: where the file cannot be read or written, or its token is short.
    """
    try:
        if not file.exists():
            token = new_token()
            _write(file, hashed(token))
            return hashed_in(file), token
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(file), "", f"it cannot be read or made ({error})", "Name a file for the token") from None
    if text.startswith(f"{_FORM}$") and text.count("$") == 2:
        return hashed_in(file), None
    if len(text) < LEAST_LENGTH or not text.isascii() or any(one.isspace() for one in text):
        problem = "its token is short, or not plain letters and figures"
        raise InputError(str(file), "", problem, f"Give {LEAST_LENGTH} or more, or remove the file: one is made then")
    _write(file, hashed(text))
    return hashed_in(file), None


def hashed_in(file: Path) -> str:
    """The hash in a token file, checked."""
    text = file.read_text("utf-8").strip()
    try:
        Gate(text)
    except ValueError:
        raise InputError(str(file), "", "it holds no token's hash", "Remove the file: one is made then") from None
    return text


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text + "\n")
    fresh.replace(file)
