"""Readers and a run at once: how long map tiles, place queries and the like take while a forecast computes.

    python -m benchmarks.service_load [--readers 200] [--seconds 30] [--pause 1.0] [--hasty] [--keep DIR]

Starts `frontcast serve` on a free port of this machine's loopback, waits until the day's forecast is there, orders a
long run, and lets READERS connections ask, each for something else about every PAUSE seconds (as someone who pans,
clicks and drags the time bar does; `--hasty`: without any pause, which measures throughput). Prints quantiles by kind of
question, in milliseconds, and fails where a p99 is over 100.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

MOST_READERS = 400
MOST_SECONDS = 120
LIMIT_MS = 100.0
PLACES = ("Pokrovsk", "Artemovsk", "Kostiantynivka", "Vovchansk", "Huliaipole", "Izium", "Lyman", "Kupiansk")


class Reader:
    """One connection that is kept, asked one thing at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, etag: str | None = None) -> tuple[int, bytes, str | None]:
        """Status, body as sent, and ETag."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        source, sink = self.streams
        more = f"If-None-Match: {etag}\r\n" if etag else ""
        sink.write(f"GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n{more}\r\n".encode())
        head = (await source.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        found = re.search(r"(?i)content-length: (\d+)", head)
        body = await source.readexactly(int(found[1])) if found and status != 304 else b""
        tag = re.search(r"(?i)etag: (\S+)", head)
        return status, body, tag[1] if tag else None


def main() -> None:
    """Start, load, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--hasty", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    given.readers, given.seconds = min(given.readers, MOST_READERS), min(given.seconds, MOST_SECONDS)
    with tempfile.TemporaryDirectory() as scratch:
        keep = given.keep or Path(scratch)
        process = subprocess.Popen(
            [sys.executable, "-m", "frontcast", "serve", "--port", "0", "--keep", str(keep)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found
            told = asyncio.run(load(int(found[1]), given.readers, given.seconds, 0.0 if given.hasty else given.pause))
        finally:
            process.terminate()
            process.wait(30)
    print(json.dumps(told, indent=1))
    slow = {kind: row["p99_ms"] for kind, row in told["kinds"].items() if row["p99_ms"] > LIMIT_MS}
    if slow and not given.hasty:
        sys.exit(f"p99 over {LIMIT_MS:g} ms: {slow}")


async def load(port: int, readers: int, seconds: float, pause: float) -> dict[str, Any]:
    """Quantiles by kind of question."""
    first = Reader(port)
    latest = await _until(first, "/forecasts/latest", 900)
    leads, name = latest["leads"], latest["id"]
    years = sorted({latest["init_time"][:4]})
    for year in years:
        await _until(first, f"/lines/{year}", 900)
    places = [(await _json(first, f"/places?q={place}"))["places"][0]["id"] for place in PLACES]
    questions = {
        "tile": [f"/forecasts/{name}/bands?lead={lead}" for lead in leads],
        "place": [f"/forecasts/{name}/at?place={place}" for place in places],
        "search": [f"/places?q={place[:length]}" for place in PLACES for length in (3, 5)],
        "box": [f"/forecasts/{name}/at?box={west},48,{west + 1},49" for west in (35, 36, 37)],
        "day": [f"/control/{latest['init_time']}"],
        "risk": [f"/forecasts/{name}/places?limit=50"],
        "start": ["/theatre", "/timeline", "/forecasts/latest", "/ground/rivers"],
        "year": [f"/lines/{year}" for year in years],
    }
    for paths in questions.values():  # as the first reader of the day would
        for path in paths:
            await _json(first, path)
    run = await _order(port, {"init_time": latest["init_time"], "days": 30, "members": 2000, "seed": int(time.time())})
    while (await _json(first, f"/runs/{run}"))["done"] == 0:
        await asyncio.sleep(0.2)
    taken: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    moments: list[tuple[float, float]] = []
    weights = [
        ("tile", 30),
        ("place", 30),
        ("search", 15),
        ("box", 5),
        ("day", 8),
        ("risk", 5),
        ("start", 5),
        ("year", 2),
    ]
    kinds = [kind for kind, weight in weights for _ in range(weight)]
    begun = time.monotonic()

    async def read(number: int) -> None:
        chance, reader, tags = random.Random(number), Reader(port), dict[str, str | None]()
        await asyncio.sleep(chance.uniform(0, max(pause, 0.2)))
        while time.monotonic() - begun < seconds:
            kind = chance.choice(kinds)
            path = chance.choice(questions[kind])
            started = time.perf_counter()
            status, _, tag = await reader.ask(path, tags.get(path))
            taken[kind].append(1000 * (time.perf_counter() - started))
            moments.append((time.monotonic() - begun, taken[kind][-1]))
            tags[path] = tag
            failed[kind] += status not in (200, 304)
            await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)

    await asyncio.gather(*(read(number) for number in range(readers)))
    lasted = time.monotonic() - begun
    told = await _json(first, f"/runs/{run}")
    await _request(port, "DELETE", f"/runs/{run}", b"")
    every = [one for times in taken.values() for one in times]
    return {
        "readers": readers,
        "seconds": round(lasted, 1),
        "asked_a_second": round(len(every) / lasted, 1),
        "run_meanwhile": f"{told['state']}, {told['done']} of {told['total']} members",
        "load_average": os.getloadavg()[0],
        "kinds": {kind: _row(times, failed[kind]) for kind, times in sorted(taken.items())},
        "slow_seconds": sorted({int(at) for at, ms in moments if ms > LIMIT_MS}),
        "all": _row(every, sum(failed.values())),
    }


def _row(times: list[float], failed: int) -> dict[str, float]:
    ordered = sorted(times)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    return {
        "asked": len(times),
        "failed": failed,
        "p50_ms": at(0.5),
        "p90_ms": at(0.9),
        "p99_ms": at(0.99),
        "worst_ms": at(1),
    }


async def _json(reader: Reader, path: str) -> Any:
    import gzip

    status, body, _ = await reader.ask(path)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {body[:200]!r}")
    return json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)


async def _until(reader: Reader, path: str, seconds: float) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            return await _json(reader, path)
        except (RuntimeError, OSError, asyncio.IncompleteReadError):
            reader.streams = None
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.5)


async def _order(port: int, order: dict[str, Any]) -> str:
    answer = await _request(port, "POST", "/forecasts", json.dumps(order).encode())
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["id"])


async def _request(port: int, method: str, path: str, body: bytes) -> bytes:
    source, sink = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    sink.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    answer = await source.read()
    sink.close()
    return answer


if __name__ == "__main__":
    main()
