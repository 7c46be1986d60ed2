"""The runs: journal, queue and worker. What has been accepted is on disk before it is answered, and is never lost.

A run is a folder named by what it is: the same order on the same record is the same run. `state.json` in it is written
whole or not at all. A run that was going on when the service was stopped is queued again when it is back.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from frontcast.errors import InputError
from frontcast.serve.refusal import Refusal
from frontcast.serve.settings import Settings

FORM: Final = 2
"""Of what a run leaves for readers. Runs of another form, left by an earlier version, are forgotten."""

STATE: Final = "state.json"
MOST_ATTEMPTS: Final = 3
INTERRUPTED: Final = "The service was stopped while this ran; it is run again."
HEARTBEAT_S: Final = 15.0
LIVE: Final = ("queued", "running")


@dataclass
class RunRecord:
    """A run as it is kept. `asked` is what the worker is given, `shown` what readers see of it."""

    id: str
    kind: str
    title: str
    asked: dict[str, Any]
    shown: dict[str, Any]
    is_default: bool
    number: int
    submitted_at: str
    state: str = "queued"
    started_at: str | None = None
    ended_at: str | None = None
    attempt: int = 1
    note: str = ""
    problems: list[dict[str, str]] = field(default_factory=list)
    form: int = FORM


@dataclass
class Progress:
    """How far a run is; not kept on disk."""

    stage: str = ""
    done: int = 0
    total: int = 0


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RunBook:
    """All runs of a service."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._limits = settings, settings.limits
        self._folder = settings.keep / "runs"
        self._records: dict[str, RunRecord] = {}
        self._progress: dict[str, Progress] = {}
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._worker: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None
        self.current: str | None = None
        self._cancelled: str | None = None

    # ---- the journal

    def open(self) -> None:
        """Read the journal; what was going on is queued again.

        Raises:
            InputError: where the folder cannot be used, or another service uses it.
        """
        keep = self._settings.keep
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = (keep / "lock").open("w", encoding="ascii")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(str(keep), "", "another frontcast serve keeps its runs there", "Give --keep") from None
        except OSError as error:
            raise InputError(str(keep), "", f"cannot be written ({error.strerror})", "Give --keep") from None
        for folder in sorted(self._folder.iterdir()):
            with suppress(OSError, ValueError, TypeError):  # a folder that was being made, or is no run's
                told = {"form": 1} | json.loads((folder / STATE).read_text("utf-8"))
                record = RunRecord(**told)
                if record.id == folder.name and record.form == FORM:
                    self._records[record.id] = record
                elif record.id == folder.name:
                    shutil.rmtree(folder, ignore_errors=True)
        for record in self._records.values():
            if record.state == "running":
                self._take_up(record)

    def _take_up(self, record: RunRecord) -> None:
        if record.attempt >= MOST_ATTEMPTS:
            problem = f"the service was stopped {record.attempt} times while it ran"
            record.state, record.ended_at = "failed", now()
            record.problems = [{"place": "", "problem": problem, "remedy": "Ask for fewer members or days"}]
        else:
            record.state, record.attempt, record.note = "queued", record.attempt + 1, INTERRUPTED
        self._write(record)

    def _write(self, record: RunRecord) -> None:
        folder = self._folder / record.id
        folder.mkdir(exist_ok=True)
        fresh = folder / f"{STATE}.part"
        with fresh.open("w", encoding="utf-8") as out:
            json.dump(asdict(record), out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(folder / STATE)
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # ---- what readers ask

    def __len__(self) -> int:
        return len(self._records)

    def all(self) -> list[RunRecord]:
        """All runs, newest first."""
        return sorted(self._records.values(), key=lambda record: -record.number)

    def get(self, run: str) -> RunRecord:
        """A run.

        Raises:
            Refusal: where there is none of that name.
        """
        record = self._records.get(run)
        if record is None:
            raise Refusal(404, "There is no such run.")
        return record

    def folder(self, record: RunRecord) -> Path:
        """Where its files are."""
        return self._folder / record.id

    def progress(self, record: RunRecord) -> Progress:
        """How far it is."""
        return self._progress.get(record.id, Progress())

    def ahead(self, record: RunRecord) -> int:
        """How many runs come before it."""
        if record.state != "queued":
            return 0
        return sum(other.state == "running" for other in self._records.values()) + self._queue().index(record)

    def _queue(self) -> list[RunRecord]:
        waiting = (record for record in self._records.values() if record.state == "queued")
        return sorted(waiting, key=lambda record: record.number)

    def waiting(self) -> int:
        """How many runs wait."""
        return len(self._queue())

    async def follow(self, run: str) -> AsyncIterator[RunRecord | None]:
        """The run at each change of it, None where nothing has changed for a while; ends with the run."""
        last: tuple[Any, ...] = ()
        while True:
            record, changed = self.get(run), self._changed
            seen = (record.state, record.attempt, self.ahead(record), *asdict(self.progress(record)).values())
            if seen != last:
                last = seen
                yield record
            if record.state not in LIVE:
                return
            try:
                await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield None

    # ---- orders

    def submit(
        self, run: str, kind: str, title: str, asked: dict[str, Any], shown: dict[str, Any], is_default: bool = False
    ) -> RunRecord:
        """Take an order; one that is known already is what it was, unless it failed or was cancelled.

        Raises:
            Refusal: where too many are waiting.
        """
        known = self._records.get(run)
        if known is not None:
            return self.again(run) if known.state in ("failed", "cancelled") else known
        self._refuse_full()
        number = 1 + max((record.number for record in self._records.values()), default=0)
        record = RunRecord(run, kind, title, asked, shown, is_default, number, now())
        self._records[run] = record
        self._write(record)
        self._prune()
        self._wake.set()
        return record

    def again(self, run: str) -> RunRecord:
        """Queue a run again that failed or was cancelled.

        Raises:
            Refusal: where too many are waiting, or it is none of those.
        """
        record = self.get(run)
        if record.state not in ("failed", "cancelled"):
            raise Refusal(409, f"It is {record.state}: only what failed or was cancelled is run again.")
        self._refuse_full()
        number = 1 + max(other.number for other in self._records.values())
        record.state, record.number, record.attempt, record.note, record.problems = "queued", number, 1, "", []
        record.started_at = record.ended_at = None
        self._write(record)
        self._wake.set()
        return record

    def _refuse_full(self) -> None:
        if self.waiting() >= self._limits.queue:
            raise Refusal(503, f"{self.waiting()} runs are waiting already.", retry_s=60)

    async def cancel(self, run: str) -> RunRecord:
        """Cancel a run that waits or is going on; for the latter, its worker is killed."""
        record = self.get(run)
        if record.state == "queued":
            self._end(record, "cancelled", [])
        elif record.state == "running":
            self._cancelled = run
            await self._kill()
            while self.get(run).state == "running":
                await self._changed.wait()
        return record

    def _end(self, record: RunRecord, state: str, problems: list[dict[str, str]]) -> None:
        record.state, record.ended_at, record.problems = state, now(), problems
        self._progress.pop(record.id, None)
        self._write(record)

    def _prune(self) -> None:
        """Remove the oldest ended runs beyond those that are kept; the newest forecast of the day stays."""
        ended = [record for record in self.all() if record.state not in LIVE]
        newest = next((record for record in ended if record.is_default and record.state == "done"), None)
        for record in ended[self._limits.kept :]:
            if record is not newest:
                del self._records[record.id]
                shutil.rmtree(self._folder / record.id, ignore_errors=True)

    # ---- the worker

    @property
    def worker_state(self) -> str:
        """What the worker does, in one word."""
        if self._task is None or self._task.done():
            return "stopped"
        if self.current is not None:
            return "running" if self._worker is not None else "starting"
        return "idle"

    async def start(self) -> None:
        """Begin to work through the queue."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop at once. The journal still says that the run is going on: it is taken up when the service is back."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._kill()
        if self._lock is not None:
            self._lock.close()

    async def _kill(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            with suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()

    async def _work(self) -> None:
        while True:
            queue = self._queue()
            if not queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            record = queue[0]
            self.current = record.id
            record.state, record.started_at = "running", now()
            self._progress[record.id] = Progress("Starting")
            self._write(record)
            try:
                state, problems = await self._run(record)
            finally:
                self.current = None
            self._end(record, state, problems)

    async def _run(self, record: RunRecord) -> tuple[str, list[dict[str, str]]]:
        """Have a run done, and how it ended."""
        try:
            return await asyncio.wait_for(self._have_done(record), self._limits.seconds)
        except TimeoutError:
            await self._kill()
            problem = f"it took longer than the {self._limits.seconds:,} s that a run may take"
            return "failed", [{"place": "", "problem": problem, "remedy": "Ask for fewer members or days"}]

    async def _have_done(self, record: RunRecord) -> tuple[str, list[dict[str, str]]]:
        self._cancelled = None
        broken = [
            {"place": "", "problem": "the worker broke off", "remedy": "Run it again; the service's log says more"}
        ]
        try:
            worker = await self._worker_ready()
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write((json.dumps(self._job(record)) + "\n").encode())
            await worker.stdin.drain()
            while line := await worker.stdout.readline():
                told = json.loads(line)
                if told.get("run") != record.id:
                    continue
                if "ended" in told:
                    if told["ended"] == "failed":
                        await self._kill()  # whatever it was, the next run begins afresh
                    return told["ended"], told["problems"]
                progress = self._progress[record.id]
                for name in ("stage", "done", "total"):
                    setattr(progress, name, told.get(name, getattr(progress, name)))
                self._tell()
        except (ConnectionError, ValueError) as error:
            broken[0]["problem"] = f"the worker broke off ({type(error).__name__})"
        if self._cancelled == record.id:
            return "cancelled", []
        await self._kill()
        return "failed", broken

    async def _worker_ready(self) -> asyncio.subprocess.Process:
        if self._worker is None or self._worker.returncode is not None:
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "frontcast.serve.worker",
                str(self._settings.niceness),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=2**20,
            )
        return self._worker

    def _job(self, record: RunRecord) -> dict[str, Any]:
        return {
            "run": record.id,
            "kind": record.kind,
            "folder": str(self._folder / record.id),
            "asked": record.asked,
            "theatre": self._settings.theatre,
            "store": None if self._settings.store is None else str(self._settings.store.resolve()),
            "limits": asdict(self._limits),
        }
