"""A service on the tiny theatre, in processes of its own as a user would start it, for the tests of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.tiny import SOURCE

START_S = 90.0
RUN_S = 120.0


@dataclass
class Served:
    """A service that is up: its client, process, first words and folder."""

    client: httpx.Client
    process: subprocess.Popen[str]
    said: str
    keep: Path

    def wait(self, run: str, seconds: float = RUN_S) -> dict[str, Any]:
        """A run that has ended."""
        return self.until(f"/runs/{run}", lambda told: told["state"] not in ("queued", "running"), seconds)

    def until(self, path: str, fine: Any, seconds: float = RUN_S) -> dict[str, Any]:
        """An answer that is as it should be."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.client.get(path)
            if answer.status_code == 200 and fine(answer.json()):
                found: dict[str, Any] = answer.json()
                return found
            time.sleep(0.1)
        raise AssertionError(f"{path} after {seconds} s: {answer.status_code} {answer.text[:500]}")

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(theatre: Path, store: Path, keep: Path, *more: str) -> Iterator[Served]:
    """`frontcast serve` on a free port."""
    words = ["serve", "--port", "0", "--theatre", str(theatre), "--source", SOURCE, "--store", str(store)]
    process = subprocess.Popen(
        [sys.executable, "-m", "frontcast", *words, "--keep", str(keep), *more],
        stdout=subprocess.PIPE,
        stderr=(keep.parent / f"{keep.name}.log").open("a"),
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+:(\d+)/", said)
        assert found, said + (keep.parent / f"{keep.name}.log").read_text()
        with httpx.Client(base_url=f"http://127.0.0.1:{found[1]}/api/v1", timeout=60) as client:
            _wait_up(client, process)
            yield Served(client, process, said, keep)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_up(client: httpx.Client, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if client.get("/symbols/10031000180000000000.svg").status_code in (200, 404):
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the service did not come up")
