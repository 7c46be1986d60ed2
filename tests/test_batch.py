"""Many documents: the same claims on one processor, on several, and over a cluster that loses a worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import date

import pytest

from frontcast.errors import FrontcastError
from frontcast.observe.reports import Claim, Document, batch
from frontcast.observe.reports.batch import read_documents, read_over_dask

DAYS = 28


def documents(count: int) -> Iterator[Document]:
    for number in range(count):
        text = (
            f"Ukrainian troops freed Izium on Saturday. Report {number}: Russia has lost {number + 2} tanks near Lyman."
        )
        yield Document(text, date(2022, 9, 1 + number % DAYS), "test", f"note {number}", "", f"{number}.txt", "")


def told(readings: Iterator[batch.Reading]) -> list[tuple[str, list[Claim]]]:
    return [(document.title, claims) for document, claims, _ in readings]


def test_several_processes_give_what_one_gives_in_the_same_order() -> None:
    one = told(read_documents(documents(100), 1))
    assert [title for title, _ in one] == [f"note {number}" for number in range(100)]
    assert all(claims for _, claims in one)
    assert told(read_documents(documents(100), 2)) == one


def test_no_documents() -> None:
    assert told(read_documents(iter(()))) == []


def test_a_document_that_takes_too_long_is_given_up_and_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(document: Document, *, rules: bool) -> list[Claim]:
        time.sleep(5)
        return []

    monkeypatch.setattr(batch, "read_document", slow)
    monkeypatch.setattr(batch, "TIME_LIMIT", 0.05)
    ((_, claims, warning),) = read_documents(documents(1), 1)
    assert claims == []
    assert warning is not None
    assert "given up" in warning.problem


def test_no_scheduler_at_the_address() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(FrontcastError, match="scheduler"):
        list(read_over_dask(documents(1), "tcp://127.0.0.1:9"))


def test_a_cluster_that_loses_a_worker_loses_and_doubles_nothing() -> None:
    distributed = pytest.importorskip("distributed")
    wanted = told(read_documents(documents(600), 1))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        readings = read_over_dask(documents(600), cluster.scheduler_address)
        found = []
        for number, (document, claims, _) in enumerate(readings):
            found.append((document.title, claims))
            if number == 40:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        assert found == wanted
