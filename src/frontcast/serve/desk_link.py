"""The way from the service to its desk: one process, asked one thing at a time, the readers' questions first."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from frontcast.errors import FrontcastError
from frontcast.serve.refusal import Refusal, refused

MOST_WAITING: Final = 200
ANSWER_S: Final = 90.0
READER, PREPARING = 0, 1
"""Whose question comes first."""


def desk(link: Connection, theatre: str, store: str | None) -> None:
    """What the desk's process does: answer until there is nobody left to ask."""
    from frontcast.serve.desk import ANSWERS, Opened

    _end_with_parent()
    opened = Opened(theatre, None if store is None else Path(store))
    while True:
        try:
            name, given = link.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Any = ANSWERS[name](opened, *given)
        except Refusal as refusal:
            answer = refusal
        except FrontcastError as error:
            answer = refused(
                error, hide={} if store is None else {str(Path(store).resolve()): "the store", store: "the store"}
            )
        except Exception:
            import traceback

            traceback.print_exc()
            answer = Refusal(500, "This went wrong here; the service's log says where.")
        link.send(answer)


def _end_with_parent() -> None:
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(0)

    threading.Thread(target=look, daemon=True).start()


@dataclass(order=True)
class _Question:
    turn: tuple[int, int]
    name: str = field(compare=False)
    given: tuple[Any, ...] = field(compare=False)
    answer: asyncio.Future[Any] = field(compare=False)


@dataclass(frozen=True)
class _Broken:
    """There is no answer: it took too long (`late`), or the process ended."""

    late: bool


class Desk:
    """Asks the desk. `start` before the first question, `stop` at the end."""

    def __init__(self, theatre: str, store: Path | None) -> None:
        self._theatre, self._store = theatre, store
        self._count = itertools.count()
        self._waiting: asyncio.PriorityQueue[_Question] = asyncio.PriorityQueue()
        self._process: Any = None
        self._link: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to ask; opens the desk where it is not open yet."""
        if self._process is None:
            self.open()
        self._task = asyncio.create_task(self._answer())

    async def stop(self) -> None:
        """Close it."""
        if self._task is not None:
            self._task.cancel()
        self._close()

    async def ask(self, name: str, *given: Any, turn: int = READER) -> Any:
        """An answer.

        Raises:
            Refusal: what the desk says instead, or that too many are waiting.
        """
        if turn == READER and self._waiting.qsize() > MOST_WAITING:
            raise Refusal(503, "Too much is being asked just now.", retry_s=3)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Question((turn, next(self._count)), name, given, answer))
        return await answer

    def open(self) -> None:
        """Start the process. It opens its books while the service opens its own."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        store = None if self._store is None else str(self._store)
        self._process = context.Process(target=desk, args=(theirs, self._theatre, store), daemon=True)
        self._process.start()
        theirs.close()
        self._link = ours

    def _close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._link is not None:
            self._link.close()

    async def _answer(self) -> None:
        while True:
            question = await self._waiting.get()
            if question.answer.done():  # whoever asked has gone
                continue
            found = await self._asked(question)
            if isinstance(found, _Broken) and not found.late:
                found = await self._asked(question)  # perhaps it was not this question that broke it
            if isinstance(found, _Broken):
                found = Refusal(503, "This took too long, or broke off.", retry_s=5)
            if question.answer.done():
                continue
            if isinstance(found, Refusal):
                question.answer.set_exception(found)
            else:
                question.answer.set_result(found)

    async def _asked(self, question: _Question) -> Any:
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._exchange, question), ANSWER_S)
        except (TimeoutError, EOFError, OSError) as error:
            self._close()
            self.open()
            return _Broken(isinstance(error, TimeoutError))

    def _exchange(self, question: _Question) -> Any:
        assert self._link is not None
        self._link.send((question.name, question.given))
        return self._link.recv()
