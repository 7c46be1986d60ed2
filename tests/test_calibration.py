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
        return np.full((len(sets), len(calibration.LEADS), 3), float(first))

    monkeypatch.setattr(calibration, "simulate_start", simulate_start)
    with pytest.raises(KeyboardInterrupt):
        calibration.simulate(tmp_path, 2 * calibration.CHUNK)
    kept = sorted(tmp_path.glob("simulated-*.npy"))
    assert len(kept) == 5
    assert not list(tmp_path.glob("*.part"))
    before = {path: path.stat().st_mtime_ns for path in kept}
    first, ran = list(ran), []
    monkeypatch.setattr(
        calibration, "simulate_start", lambda name, sets, at: (ran.append((name, at)), np.zeros((len(sets), 2, 3)))[1]
    )
    table = calibration.simulate(tmp_path, 2 * calibration.CHUNK)
    assert len(table) == 2 * calibration.CHUNK
    assert len(ran) == 2 * len(starts) - 5
    assert not set(ran) & set(first)
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())


def test_parts_of_another_set_up_are_not_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibration.begin_work(tmp_path)
    calibration.begin_work(tmp_path)
    monkeypatch.setattr(calibration, "CELL_KM", 2.0)
    with pytest.raises(FrontcastError, match="name a new folder"):
        calibration.begin_work(tmp_path)


def test_shares_and_values_of_parameters_are_inverse() -> None:
    for name in calibration.CALIBRATED:
        shares = np.linspace(0, 1, 5)
        np.testing.assert_allclose(calibration.to_unit(name, calibration.from_unit(name, shares)), shares, atol=1e-9)
