"""One download: asked for only if it changed, taken up where it broke off, checked, and whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import httpx

from frontcast import __version__
from frontcast.errors import InputError

ATTEMPTS: Final = 4
FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 60.0
"""From one attempt to the next, twice as long each time; a server that names a longer time is asked at another run."""

CONNECT_S: Final = 10.0
SILENCE_S: Final = 20.0
WHOLE_S: Final = 600.0
"""Until a connection must stand, between two pieces, and for all of one download."""

REDIRECTS: Final = 5
_RANGE: Final = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})$")
_SHA256: Final = re.compile(r"\b([0-9a-fA-F]{64})\b")


class FetchError(InputError):
    """A download that failed, after all attempts. Nothing of it is kept but what may be taken up again."""


class NotThereError(FetchError):
    """The server says that there is no such file."""


class _AgainError(Exception):
    """An attempt that failed in a way that another may not: what happened, and how long the server asks to wait."""

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Fetched:
    """A download.

    Attributes:
        url: as asked for. data: all of it. sha256: of it. fresh: whether it is other than at the last time.
        etag, last_modified: as the server gave them. at: when it was got, UTC.
    """

    url: str
    data: bytes
    sha256: str
    fresh: bool
    etag: str | None
    last_modified: str | None
    at: str


class Fetcher:
    """Gets files over HTTP and remembers, in a folder, what it has had from where.

    Args:
        folder: for what is remembered and what broke off.
        contact: an address that is told to servers, so that their keepers can write to you; "" for none.
        client: to use another than the usual one. sleep, clock: to wait and tell the time, s.
    """

    def __init__(
        self,
        folder: Path,
        contact: str = "",
        client: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._folder, self._sleep, self._clock = folder, sleep, clock
        told = f"frontcast/{__version__}" + (f" (+{contact})" if contact else "")
        self._client = client or httpx.Client(
            headers={"user-agent": told, "accept-encoding": "identity"},
            timeout=httpx.Timeout(silence_s, connect=CONNECT_S),
            follow_redirects=False,
            max_redirects=REDIRECTS,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, url: str, *, largest: int, checksum_url: str | None = None, force: bool = False) -> Fetched:
        """The file at an address.

        Args:
            url: http or https. largest: bytes; more is refused.
            checksum_url: of a text that holds the SHA-256 the file must have.
            force: ask for it even where it has not changed.

        Raises:
            NotThereError: where the server has no such file.
            FetchError: where it could not be had whole.
        """
        kept = _Kept(self._folder, url)
        memory = kept.memory()
        not_before = float(memory.get("not_before", 0.0))
        if self._clock() < not_before:
            when = datetime.fromtimestamp(not_before, UTC).strftime("%Y-%m-%d %H:%M UTC")
            raise FetchError(url, "", f"the server asked not to be asked before {when}", "Pull again after that")
        wait, problems = FIRST_WAIT_S, list[str]()
        deadline = time.monotonic() + WHOLE_S
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
            try:
                found = self._attempt(url, kept, memory, largest, force, deadline)
            except _AgainError as error:
                problems.append(str(error))
                if error.wait_s is not None and error.wait_s > wait:
                    if error.wait_s > LONGEST_WAIT_S:
                        kept.remember({**memory, "not_before": self._clock() + error.wait_s})
                        break
                    wait = error.wait_s
                continue
            if found.fresh and checksum_url is not None:
                self._check(found, checksum_url, kept)
            kept.keep(found)
            return found
        told = "; then ".join(dict.fromkeys(problems))
        raise FetchError(url, "", f"could not be had in {len(problems)} attempts: {told}", "Pull again later")

    def forget(self, url: str) -> None:
        """Forget a file that will not be asked for again."""
        _Kept(self._folder, url).forget()

    def _check(self, found: Fetched, checksum_url: str, kept: _Kept) -> None:
        told = self.fetch(checksum_url, largest=65_536, force=True)
        match = _SHA256.search(told.data.decode("ascii", "replace"))
        if match is None:
            raise FetchError(checksum_url, "", "it holds no SHA-256", "Mend `checksum` in the configuration")
        if match[1].lower() != found.sha256:
            kept.forget_part()
            problem = f"its SHA-256 is {found.sha256}, and {checksum_url} says {match[1].lower()}"
            raise FetchError(found.url, "", problem, "Pull again; if it stays so, do not trust the source")

    def _attempt(
        self, url: str, kept: _Kept, memory: Mapping[str, Any], largest: int, force: bool, deadline: float
    ) -> Fetched:
        headers: dict[str, str] = {}
        part = kept.part()
        if part is not None:
            headers = {"range": f"bytes={part.size}-", "if-range": part.mark}
        elif not force and kept.body() is not None:
            if memory.get("etag"):
                headers["if-none-match"] = memory["etag"]
            if memory.get("last_modified"):
                headers["if-modified-since"] = memory["last_modified"]
        try:
            return self._receive(url, headers, kept, memory, part, largest, deadline)
        except httpx.TimeoutException:
            raise _AgainError("the server did not answer in time") from None
        except httpx.TransportError as error:
            raise _AgainError(f"the connection failed ({str(error) or type(error).__name__})") from None
        except httpx.InvalidURL as error:
            raise FetchError(url, "", f"is no address ({error})", "Mend it in the configuration") from None

    def _receive(
        self,
        url: str,
        headers: dict[str, str],
        kept: _Kept,
        memory: Mapping[str, Any],
        part: _Part | None,
        largest: int,
        deadline: float,
    ) -> Fetched:
        at = url
        for _ in range(REDIRECTS + 1):
            with self._client.stream("GET", _allowed(at, url), headers=headers) as answer:
                if answer.has_redirect_location:
                    at = str(answer.url.join(answer.headers.get("location", "")))
                    continue
                return self._take(url, answer, kept, memory, part, largest, deadline)
        raise FetchError(url, "", f"it leads on to other addresses more than {REDIRECTS} times", "Check the address")

    def _take(
        self,
        url: str,
        answer: httpx.Response,
        kept: _Kept,
        memory: Mapping[str, Any],
        part: _Part | None,
        largest: int,
        deadline: float,
    ) -> Fetched:
        """What an answer holds."""
        status = answer.status_code
        if status == 304 and (body := kept.body()) is not None:
            etag, modified = memory.get("etag"), memory.get("last_modified")
            return Fetched(url, body, hashlib.sha256(body).hexdigest(), False, etag, modified, self._now())
        if status in (404, 410):
            raise NotThereError(url, "", f"the server has no such file ({status})", "Check the address, or wait for it")
        if status == 416:
            kept.forget_part()
            raise _AgainError("what had broken off could not be taken up")
        if status == 429 or status >= 500:
            raise _AgainError(f"the server answered {status}", _retry_after(answer, self._clock()))
        if status not in (200, 206):
            raise FetchError(url, "", f"the server answered {status}", "Check the address")
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise FetchError(url, "", "it came packed, which was not asked for", "Give an address that serves it plain")
        start = _start(answer, part) if status == 206 else 0
        if status == 206 and (part is None or start != part.size):
            kept.forget_part()
            raise _AgainError("the server gave another part than was asked for")
        expected = _expected(answer, start)
        if expected is not None and expected > largest:
            problem = f"it has {expected:,} bytes; no more than {largest:,} are taken"
            raise FetchError(url, "", problem, "Raise largest_mb if that is right")
        self._write(url, answer, kept, start, largest, expected, deadline)
        data = kept.whole()
        if expected is not None and len(data) != expected:
            raise _AgainError(f"it broke off at {len(data):,} of {expected:,} bytes")
        digest = hashlib.sha256(data).hexdigest()
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        known = kept.body()
        fresh = known is None or hashlib.sha256(known).hexdigest() != digest
        return Fetched(url, data, digest, fresh, etag, modified, self._now())

    def _write(
        self,
        url: str,
        answer: httpx.Response,
        kept: _Kept,
        start: int,
        largest: int,
        expected: int | None,
        deadline: float,
    ) -> None:
        """Pieces into the file of what is not whole yet."""
        size = start
        with kept.writing(start, _mark(answer), expected) as out:
            try:
                for piece in answer.iter_raw():
                    size += len(piece)
                    if size > largest:
                        kept.forget_part()
                        raise FetchError(
                            url, "", f"it has more than {largest:,} bytes", "Raise largest_mb if that is right"
                        )
                    if time.monotonic() > deadline:
                        raise _AgainError(f"it took more than {WHOLE_S:g} s")
                    out.write(piece)
            except httpx.RemoteProtocolError:
                told = f" of {expected:,}" if expected is not None else ""
                raise _AgainError(f"it broke off at {size:,}{told} bytes") from None

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _allowed(at: str, url: str) -> str:
    """An address that may be asked: the web's, and never unsafe where safe was asked for."""
    form = at.partition(":")[0].lower()
    if form not in ("http", "https") or (form == "http" and url.lower().startswith("https:")):
        raise FetchError(url, "", f"it leads to {at[:200]}", "Only http and https are followed, and https stays https")
    return at


def _mark(answer: httpx.Response) -> str | None:
    """What tells one version from another for taking it up again: a strong ETag, else the time of the last change."""
    etag: str | None = answer.headers.get("etag")
    if etag is not None and not etag.startswith("W/"):
        return etag
    return answer.headers.get("last-modified")


def _start(answer: httpx.Response, part: _Part | None) -> int:
    found = _RANGE.match(answer.headers.get("content-range", ""))
    return int(found[1]) if found and part is not None and part.expected in (None, int(found[3])) else -1


def _expected(answer: httpx.Response, start: int) -> int | None:
    """Bytes that the whole has, as far as the server says."""
    told = answer.headers.get("content-length", "")
    return start + int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None


def _retry_after(answer: httpx.Response, now: float) -> float | None:
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit() and len(told) < 9:
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


@dataclass(frozen=True)
class _Part:
    """What broke off: bytes had, what tells its version, bytes of the whole."""

    size: int
    mark: str
    expected: int | None


class _Kept:
    """What is remembered of one address."""

    def __init__(self, folder: Path, url: str) -> None:
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        self._memory, self._body = folder / f"{name}.json", folder / f"{name}.body"
        self._part, self._part_told = folder / f"{name}.part", folder / f"{name}.part.json"
        folder.mkdir(parents=True, exist_ok=True)

    def memory(self) -> dict[str, Any]:
        """What the server said last time."""
        return _json(self._memory)

    def remember(self, told: Mapping[str, Any]) -> None:
        """Remember it."""
        whole(self._memory, json.dumps(told).encode())

    def body(self) -> bytes | None:
        """The file as it was had last; None where it was not, or is not what it was."""
        try:
            data = self._body.read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == self.memory().get("sha256") else None

    def keep(self, found: Fetched) -> None:
        """Keep a whole file, and forget the parts of it."""
        if found.fresh or self.body() is None:
            whole(self._body, found.data)
        self.remember({key: value for key, value in asdict(found).items() if key not in ("data", "fresh")})
        self.forget_part()

    def part(self) -> _Part | None:
        """What broke off and can be taken up."""
        told = _json(self._part_told)
        size = self._part.stat().st_size if self._part.is_file() else 0
        mark, expected = told.get("mark"), told.get("expected")
        if not size or not mark or (expected is not None and size >= expected):
            return None
        return _Part(size, mark, expected)

    def writing(self, start: int, mark: str | None, expected: int | None) -> Any:
        """The file of what is not whole yet, from a byte on."""
        whole(self._part_told, json.dumps({"mark": mark, "expected": expected}).encode())
        out = self._part.open("r+b" if start else "wb")
        out.seek(start)
        out.truncate()
        return out

    def whole(self) -> bytes:
        """All that has been had."""
        return self._part.read_bytes()

    def forget(self) -> None:
        """Forget all of it."""
        for file in (self._memory, self._body):
            file.unlink(missing_ok=True)
        self.forget_part()

    def forget_part(self) -> None:
        """Forget what broke off."""
        for file in (self._part, self._part_told):
            file.unlink(missing_ok=True)


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def whole(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
