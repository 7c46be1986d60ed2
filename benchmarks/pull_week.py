"""A week of `frontcast pull`, replayed: the daily archive served on this machine, a round a day, seven forecasts issued.

    python -m benchmarks.pull_week deepstate-daily.tar.zst [--first 2025-06-16] [--members 100] [--out DIR]

Every round is the command itself, in a process of its own, with `--now` at 06:00 UTC of its day. The server breaks the
first download of each day off half-way, so that each map is taken up where it broke off. At the end the ledger must
hold seven forecasts, unbroken, and the score of every lead that has fallen due.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from frontcast.observe.archive import contents
from frontcast.observe.daily import PATTERN
from frontcast.store import Store
from frontcast.theatre import load_theatre
from frontcast.verify import Ledger, running_record

LEADS = (1, 2, 3, 5)
ROUNDS = 7


class Archive(ThreadingHTTPServer):
    """The archive's files by name, those of the week broken off once."""

    def __init__(self, files: dict[str, bytes], week: set[str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.torn, self.ranges = files, week, 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Archive

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        body = self.server.files.get(name)
        if body is None:
            self.send_error(404)
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and self.headers.get("If-Range") == etag else 0
        self.server.ranges += start > 0
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        torn = name in self.server.torn
        self.server.torn.discard(name)
        self.wfile.write(body[: len(body) // 2] if torn else body[start:])
        self.close_connection = torn

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    """Replay, and fail where the ledger is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 6, 16))
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--history", type=int, default=300, help="days of maps before")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        replay(given.archive, given.first, given.members, given.history, given.out or Path(scratch))


def replay(archive: Path, first: date, members: int, history: int, folder: Path) -> None:
    """Seven rounds from `first` on; the maps of the days before are pulled at once."""
    last = first + timedelta(days=ROUNDS - 1)
    files = {
        entry.base: data
        for entry, data in contents(archive, lambda entry: PATTERN.fullmatch(entry.base) is not None)
        if entry.base <= f"deepstatemap_data_{last:%Y%m%d}.geojson"
    }
    server = Archive(files, {name for name in files if name >= f"deepstatemap_data_{first:%Y%m%d}.geojson"})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    store, ledger = folder / "my.duckdb", folder / "ledger"
    url = f"http://127.0.0.1:{server.server_port}/deepstatemap_data_{{date:%Y%m%d}}.geojson"
    leads = ", ".join(map(str, LEADS))
    map_only = f'[map]\nreader = "deepstate-daily"\nurl = "{url}"\n'
    issuing = f'ledger = "ledger"\n{map_only}[issue]\ndays = {max(LEADS)}\nmembers = {members}\nlead_days = [{leads}]\n'
    (folder / "before.toml").write_text(map_only)
    (folder / "pull.toml").write_text(issuing)
    started = time.monotonic()
    said = pull(folder / "before.toml", store, first, "--since", str(first - timedelta(days=history)))
    print(f"before, {time.monotonic() - started:.0f} s: {' | '.join(said.splitlines())}", flush=True)
    for number in range(ROUNDS):
        started = time.monotonic()
        day = first + timedelta(days=number)
        said = pull(folder / "pull.toml", store, day + timedelta(days=1))
        print(f"{day}, {time.monotonic() - started:.0f} s: {' | '.join(said.splitlines())}", flush=True)
    book = Ledger.open(ledger, create=False)
    entries, problems = book.entries(), book.check()
    issued = [entry for entry in entries if entry.kind == "issued"]
    scored = [entry for entry in entries if entry.kind == "scored"]
    due = sum(max(0, ROUNDS - lead) for lead in LEADS)
    with Store.open(store, read_only=True) as held:
        maps = len(held.control("deepstate-daily", theatre=load_theatre().name))
    record = [
        {"lead_days": one.lead_days, "starts": one.starts, "brier": one.brier, "ahead": one.ahead}
        for one in running_record(entries)
    ]
    told = {"maps": maps, "taken_up": server.ranges, "issued": len(issued), "scored": len(scored), "due": due}
    print(json.dumps(told | {"problems": problems, "record": record}, indent=1))
    if (len(issued), len(scored), problems) != (ROUNDS, due, []):
        sys.exit("the ledger is not as it must be")


def pull(config: Path, store: Path, day: date, *more: str) -> str:
    """One round, at six in the morning."""
    words = ["pull", "--config", str(config), "--store", str(store), "--now", f"{day}T06:00", *more]
    done = subprocess.run(
        [sys.executable, "-m", "frontcast", *words], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode:
        sys.exit(f"pull ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
