"""Calibration: what is there is kept, and parts of another set-up are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from frontcast.errors import FrontcastError
from frontcast.verify import calibration


def test_simulations_go_on_where_they_were_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = [name for names in calibration.PHASES.values() for name in names]
    ran: list[tuple[str, int]] = []

    def simulate_start(name: str, sets: np.ndarray, first: int) -> np.ndarray:
        if len(ran) == 5:
            raise KeyboardInterrupt
        ran.append((name, first))
        return np.full((len(sets), len(calibration.LEADS), 4), float(first))

    monkeypatch.setattr(calibration, "simulate_start", simulate_start)
    with pytest.raises(KeyboardInterrupt):
        calibration.simulate(tmp_path, 2 * calibration.CHUNK)
    kept = sorted(tmp_path.glob("simulated-*.npy"))
    assert len(kept) == 5
    assert not list(tmp_path.glob("*.part"))
    before = {path: path.stat().st_mtime_ns for path in kept}
    first, ran = list(ran), []
    monkeypatch.setattr(
        calibration, "simulate_start", lambda name, sets, at: (ran.append((name, at)), np.zeros((len(sets), 2, 4)))[1]
    )
    table = calibration.simulate(tmp_path, 2 * calibration.CHUNK)
    assert len(table) == 2 * calibration.CHUNK
    assert len(ran) == 2 * len(starts) - 5
    assert not set(ran) & set(first)
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())


def test_parts_of_another_set_up_are_not_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = []
    for mark in (calibration.set_up, calibration.model_mark):
        work = tmp_path / mark.__name__
        calibration.begin_work(work, mark())
        calibration.begin_work(work, mark())
        marks.append(mark())
        with monkeypatch.context() as changed:
            changed.setattr(calibration, "CELL_KM", 2.0)
            with pytest.raises(FrontcastError, match="name a new folder"):
                calibration.begin_work(work, mark())
    assert marks[0] != marks[1]


def test_shares_and_values_of_parameters_are_inverse() -> None:
    for name in calibration.CALIBRATED:
        shares = np.linspace(0, 1, 5)
        np.testing.assert_allclose(calibration.to_unit(name, calibration.from_unit(name, shares)), shares, atol=1e-9)


def test_who_is_favoured_is_told_by_where_ground_changed_hands() -> None:
    begun = np.array([[0, 0, 2, 2]])
    stronger = np.array([[0.0, -1.0, 1.0, 0.0]])
    land, cell = np.ones((1, 4)), 16.0
    b_gains_where_it_is_strong = np.array([[0, 2, 2, 2]])
    a_gains_where_it_is_strong = np.array([[0, 0, 0, 2]])
    b_gains_where_it_is_weak = calibration.measured(begun, np.array([[2, 0, 2, 2]]), land, cell, -stronger + 1.0)
    for later, gained in ((b_gains_where_it_is_strong, 1), (a_gains_where_it_is_strong, 0)):
        found = calibration.measured(begun, later, land, cell, stronger)
        assert found[gained] == cell
        assert 0.0 < found[3] < 1.0
    assert b_gains_where_it_is_weak[3] < 0.0
    assert calibration.measured(begun, begun, land, cell, stronger).tolist() == [0.0] * 4


def test_summaries_have_a_name_each() -> None:
    count = sum(len(starts) for starts in calibration.PHASES.values())
    outcomes = np.zeros((3, count, len(calibration.LEADS), 4))
    outcomes[:, -1, 1, 1], outcomes[:, -1, 1, 3] = 90.0, 0.8
    found = dict(zip(calibration.summary_names(), calibration.summaries(outcomes).T, strict=True))
    last = len(calibration.PHASES["positional 2023 on"])
    np.testing.assert_allclose(found["positional 2023 on, largest, 30 d, b gains"], np.log(10.0))
    np.testing.assert_allclose(found["positional 2023 on, mean, 30 d, b gains"], np.log(10.0) / last)
    np.testing.assert_allclose(found["positional 2023 on, mean, 30 d, the stronger gains"], 0.8 / last)
    assert sum(float(np.abs(values).sum()) for values in found.values()) == pytest.approx(
        3 * (np.log(10.0) * (1 + 1 / last) + 0.8 / last)
    )
