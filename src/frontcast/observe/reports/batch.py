"""Reading many documents: on every processor of one machine, or over a Dask cluster."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import Any, Final

from frontcast.errors import FrontcastError
from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.reports.encoder import encoder
from frontcast.observe.reports.reading import read_document
from frontcast.observe.types import ReadWarning

TIME_LIMIT: Final = 20.0
"""Seconds one document may take to be read. A page takes a hundredth of one; a book takes ten."""

BATCH: Final = 16
"""Documents handed over at a time."""

BATCH_CHARACTERS: Final = 200_000
"""Characters handed over at a time, at most, unless one document alone is longer."""

AHEAD: Final = 3
"""Batches a process may be ahead of the one awaited: results keep their order, and memory stays flat."""

Reading = tuple[Document, list[Claim], ReadWarning | None]
"""A document, its claims, and why there are none if it could not be read."""


def read_documents(
    documents: Iterable[Document], processes: int | None = None, *, rules: bool = False
) -> Iterator[Reading]:
    """The claims of each document, in the order the documents come.

    Args:
        documents: any number; only a few at a time are held.
        processes: how many to use; left out, one a processor, and only the calling one for a few documents.
        rules: read by the rules alone, without the model.

    Raises:
        InputError: where the model is wanted and cannot be loaded.
    """
    if not rules:
        encoder()  # what cannot be loaded is told once, not with every document
    batches = _batches(documents)
    first = list(islice(batches, 2))
    count = processes or os.cpu_count() or 1
    if count == 1 or (processes is None and len(first) < 2):
        for batch in first:
            yield from _read_batch(batch, rules)
        for batch in batches:
            yield from _read_batch(batch, rules)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn" if threading.active_count() > 1 else None)) as pool:
        waiting: deque[Future[list[Reading]]] = deque(pool.submit(_read_batch, batch, rules) for batch in first)
        try:
            while waiting:
                for batch in islice(batches, max(0, count * AHEAD - len(waiting))):
                    waiting.append(pool.submit(_read_batch, batch, rules))
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def read_over_dask(documents: Iterable[Document], address: str, *, rules: bool = False) -> Iterator[Reading]:
    """As `read_documents`, over the workers of a Dask cluster.

    Every batch is a task named by what is in it: a worker that dies loses nothing, since its tasks are given to
    another, and nothing is doubled, since a task counts once however often it was tried.

    Args:
        documents: any number; as many as keep the cluster busy are under way at a time.
        address: of the scheduler, such as tcp://127.0.0.1:8786.
        rules: read by the rules alone, without the model.

    Raises:
        FrontcastError: where Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise FrontcastError("--dask needs the package distributed: pip install 'frontcast[dask]'.") from error
    try:
        client: Any = Client(address, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise FrontcastError(f"no Dask scheduler answers at {address}. Start one with: dask scheduler") from error
    with client:
        threads = max(1, sum(client.nthreads().values()))
        waiting: deque[Any] = deque()
        batches = enumerate(_batches(documents))
        while True:
            while len(waiting) < threads * AHEAD * 2 and (entry := next(batches, None)) is not None:
                number, batch = entry
                waiting.append(
                    client.submit(_read_batch, batch, rules, key=_key(number, batch, rules), retries=5, pure=True)
                )
            if not waiting:
                return
            yield from waiting.popleft().result()


def _key(number: int, batch: Sequence[Document], rules: bool) -> str:
    digest = hashlib.sha256(b"rules" if rules else b"")
    for document in batch:
        digest.update(document.text.encode("utf-8", "replace"))
        digest.update(document.published.isoformat().encode())
    return f"frontcast-read-{number}-{digest.hexdigest()[:24]}"


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for document in documents:
        if batch and (len(batch) == BATCH or size + len(document.text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += len(document.text)
    if batch:
        yield batch


def _read_batch(batch: Sequence[Document], rules: bool) -> list[Reading]:
    return [_read(document, rules) for document in batch]


def _read(document: Document, rules: bool) -> Reading:
    try:
        with _limit(TIME_LIMIT):
            return document, read_document(document, rules=rules), None
    except _TooLongError:
        problem = f"it was given up after {TIME_LIMIT:g} s"
    except Exception as error:  # one document that trips a rule must not cost the other thousands
        problem = f"the rules tripped over it ({type(error).__name__}: {error}); please report it"
    return document, [], ReadWarning(document.file, document.title, problem)


class _TooLongError(Exception):
    """A document took longer than its time."""


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Breaks off what runs inside after some seconds, where the system has alarms and this is the main thread."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
