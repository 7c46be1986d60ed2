"""Carrying out the starts of a run: here, over a Dask cluster, and going on where a run was broken off.

A start is a piece of work that depends on nothing but what was known then, so starts can be done in any order, anywhere
and twice, and the same bytes come out.
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from frontcast.errors import FrontcastError
from frontcast.store.series import ControlSeries

Task = Callable[[np.datetime64], bytes]
"""What is said from a start."""

Work = Callable[[Task, Sequence[np.datetime64]], Iterator[bytes]]
"""Carries out a task for each start and gives what comes out in their order."""


def here(task: Task, starts: Sequence[np.datetime64]) -> Iterator[bytes]:
    """One start after another in this process; members of an ensemble use all its processors."""
    return map(task, starts)


@dataclass(frozen=True)
class OverDask:
    """Spreads starts over the workers of a Dask cluster.

    A worker that dies costs the time of the starts it had: they are given to others. Workers need this version of
    frontcast, and the files of a store or theatre of one's own under the same path.

    Attributes:
        address: of the scheduler, such as tcp://127.0.0.1:8786.
    """

    address: str

    def __call__(self, task: Task, starts: Sequence[np.datetime64]) -> Iterator[bytes]:
        """See `Work`.

        Raises:
            FrontcastError: where Dask is not installed, or no scheduler answers.
        """
        try:
            from distributed import Client
        except ImportError as error:
            raise FrontcastError("--dask needs the package distributed: pip install 'frontcast[dask]'.") from error
        try:
            client: Any = Client(self.address, timeout=10, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise FrontcastError(
                f"no Dask scheduler answers at {self.address}. Start one with: dask scheduler"
            ) from error
        with client:
            yield from _spread(client, task, starts)


ATTEMPTS: Final = 5
"""Times that a start is handed out anew after all workers that had the task died at once."""


WORKERS_WITHIN_SECONDS: Final = 60
"""How long a first worker, or one that takes the place of a dead one, is waited for."""


def _spread(client: Any, task: Task, starts: Sequence[np.datetime64]) -> Iterator[bytes]:
    """Results in order. The task (maps, ground, fits) lies on every worker; starts lost with the last copy begin anew."""
    from distributed import CancelledError, KilledWorker

    name = f"frontcast-{uuid.uuid4().hex}"
    done: dict[np.datetime64, bytes] = {}
    for attempt in range(ATTEMPTS):
        missing = [start for start in starts if start not in done]
        try:
            client.wait_for_workers(1, timeout=WORKERS_WITHIN_SECONDS)
        except TimeoutError as error:
            raise FrontcastError(
                f"the Dask scheduler at {client.scheduler.address} has no workers. Start some with: dask worker "
                f"{client.scheduler.address}"
            ) from error
        shared = client.scatter(task, broadcast=True, hash=False)
        futures = {
            start: client.submit(_one_at_a_time, shared, start, pure=False, retries=10, key=f"{name}-{attempt}-{start}")
            for start in missing
        }
        for start in starts:
            if start not in done:
                try:
                    done[start] = futures[start].result()
                except (CancelledError, KilledWorker):
                    if attempt == ATTEMPTS - 1:
                        raise
                    break
            if start in done and start in futures:
                yield done[start]
        else:
            return


_LOCK = threading.Lock()


def _one_at_a_time(task: Task, start: np.datetime64) -> bytes:
    """A start uses all of a worker's processors; two of its threads would only be in each other's way."""
    with _LOCK:
        return task(start)


@dataclass(frozen=True)
class Resuming:
    """Keeps what was said in a folder, and takes from there what an earlier run left.

    Attributes:
        folder: where; one file a start, in a folder named by the digest of everything that decides what is said.
        digest: see `digest_of`.
        work: what carries out the starts that are missing.
    """

    folder: Path
    digest: str
    work: Work = here

    def __call__(self, task: Task, starts: Sequence[np.datetime64]) -> Iterator[bytes]:
        """See `Work`.

        Raises:
            FrontcastError: where the folder cannot be written.
        """
        place = self.folder / self.digest[:32]
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FrontcastError(f"{place} cannot be made: {error.strerror or error}.") from error
        names = {start: place / f"{str(start).replace(':', '')}.npz" for start in starts}
        done = {start for start, file in names.items() if file.is_file()}
        missing = self.work(task, [start for start in starts if start not in done])
        for start in starts:
            if start in done:
                yield names[start].read_bytes()
                continue
            content = next(missing)
            fresh = names[start].with_suffix(f".{os.getpid()}.part")
            try:
                fresh.write_bytes(content)
                fresh.replace(names[start])
            except OSError as error:
                raise FrontcastError(f"{fresh} cannot be written: {error.strerror or error}.") from error
            yield content


def digest_of(series: ControlSeries, *choices: object) -> str:
    """SHA-256 of the maps, of choices as they print, and of frontcast's own code and numbers.

    A changed line of code is another digest: what an earlier version said is never taken for what this one says.
    """
    digest = hashlib.sha256(repr(choices).encode())
    digest.update(series.known_at.astype("datetime64[s]").astype(np.int64).tobytes())
    for lengths, values in series.runs:
        digest.update(lengths.tobytes() + values.tobytes())
    digest.update(code_digest().encode())
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_digest() -> str:
    """SHA-256 over the files of the package that decide what a forecast says: code, parameters, fits."""
    root = Path(str(files("frontcast")))
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.suffix in {".py", ".toml", ".json", ".parquet", ".npz", ".trees", ".txt", ".gz"} and _decides(
            file, root
        ):
            digest.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return digest.hexdigest()


def _decides(file: Path, root: Path) -> bool:
    """Whether a file can change what is said; pages, verbs and the scores themselves cannot."""
    part = file.relative_to(root).parts
    return part[0] not in {"show", "cli", "serve"} and file.name not in {"track_record.json", "source_record.json"}
