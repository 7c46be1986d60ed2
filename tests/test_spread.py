"""Starts here, over a cluster, and after a break: the same bytes, and nothing done twice."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from storekit import small_theatre, time
from test_verify import COLUMNS, LEADS, baseline, record, two_sectors

from frontcast.errors import FrontcastError
from frontcast.theatre import Theatre
from frontcast.verify import Persistence, Setup, init_times, speak, spread
from frontcast.verify.spread import OverDask, Resuming, Task, digest_of, here

STARTS = init_times(time("2022-07-30"), time("2022-08-20"), 7)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)


class Counting:
    """Work here, that counts its starts and breaks off before some."""

    def __init__(self, stop_before: int | None = None) -> None:
        self.done: list[np.datetime64] = []
        self.stop_before = stop_before

    def __call__(self, task: Task, starts: Sequence[np.datetime64]) -> Iterator[bytes]:
        for start in starts:
            if len(self.done) == self.stop_before:
                raise KeyboardInterrupt
            self.done.append(start)
            yield task(start)


def test_a_broken_off_run_goes_on_where_it_was(theatre: Theatre, tmp_path: Path) -> None:
    series = record(two_sectors)
    methods = [baseline("persistence"), baseline("climatology")]
    whole = speak(series, theatre, methods, STARTS, LEADS)
    first, second = Counting(stop_before=2), Counting()
    with pytest.raises(KeyboardInterrupt):
        speak(series, theatre, methods, STARTS, LEADS, work=Resuming(tmp_path, "d", first))
    assert first.done == list(STARTS[:2])
    again = speak(series, theatre, methods, STARTS, LEADS, work=Resuming(tmp_path, "d", second))
    assert second.done == list(STARTS[2:])
    assert list(again.said) == list(whole.said)
    third = Counting()
    speak(series, theatre, methods, STARTS, LEADS, work=Resuming(tmp_path, "other", third))
    assert third.done == list(STARTS), "other choices take nothing from it"


def test_a_half_written_start_is_not_taken_for_a_whole(theatre: Theatre, tmp_path: Path) -> None:
    series, methods = record(two_sectors), [Persistence()]
    speak(series, theatre, methods, STARTS[:1], LEADS, work=Resuming(tmp_path, "d"))
    (file,) = (tmp_path / "d").iterdir()
    content = file.read_bytes()
    file.rename(file.with_suffix(".99.part"))
    counting = Counting()
    speak(series, theatre, methods, STARTS[:1], LEADS, work=Resuming(tmp_path, "d", counting))
    assert len(counting.done) == 1
    assert file.read_bytes() == content


def test_what_decides_what_is_said_decides_the_digest(theatre: Theatre) -> None:
    series = record(two_sectors)
    setup = Setup(LEADS, 10, 0)
    digest = digest_of(series, theatre.fingerprint, ["model"], setup)
    assert digest == digest_of(record(two_sectors), theatre.fingerprint, ["model"], Setup(LEADS, 10, 0))
    assert digest != digest_of(series, theatre.fingerprint, ["booster"], setup)
    assert digest != digest_of(series, theatre.fingerprint, ["model"], replace(setup, members=11))
    assert digest != digest_of(record(two_sectors, days=119), theatre.fingerprint, ["model"], setup)


class Fatal(Persistence):
    """Kills the first worker process that it speaks in."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def hold_probability(self, *arguments: object) -> np.ndarray:  # type: ignore[override]
        if not self.mark.exists():
            self.mark.touch()
            os._exit(1)
        return super().hold_probability(*arguments)  # type: ignore[arg-type]


def test_over_a_cluster_the_same_bytes_and_a_dead_worker_costs_time_only(theatre: Theatre, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    _ = theatre.land, theatre.places  # read here, not by each worker
    series = record(two_sectors)
    alone = speak(series, theatre, [Persistence()], STARTS, LEADS, work=here)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        spread = speak(
            series, theatre, [Fatal(tmp_path / "killed")], STARTS, LEADS, work=OverDask(cluster.scheduler_address)
        )
    assert (tmp_path / "killed").exists()
    assert list(spread.said) == list(alone.said)


def test_no_cluster_is_said_in_a_sentence(theatre: Theatre) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(FrontcastError, match="no Dask scheduler answers"):
        speak(record(two_sectors), theatre, [Persistence()], STARTS, LEADS, work=OverDask("not an address"))


def test_a_scheduler_without_workers_is_said_in_a_sentence(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(spread, "WORKERS_WITHIN_SECONDS", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0", silence_logs=50) as cluster,
        pytest.raises(FrontcastError, match="has no workers"),
    ):
        speak(record(two_sectors), theatre, [Persistence()], STARTS, LEADS, work=OverDask(cluster.scheduler_address))
