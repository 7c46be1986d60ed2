"""The campaign with armies agrees with NumPy's working-out of it, and four of its mechanisms with agents."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from battlefield import Battlefield, _begin, _setting, make_armies, make_picture


def test_the_model_numpy_and_agents_end_alike(tmp_path: Path) -> None:
    """`compare_numpy` and `compare_mesa` raise where they do not."""
    pytest.importorskip("mesa")
    sys.path.insert(0, str(Path(__file__).parents[1]))
    try:
        units_run = importlib.import_module("benchmarks.units_run")
    finally:
        sys.path.pop(0)
    picture = make_picture(tmp_path, advance=0.3)
    field = Battlefield(picture, make_armies(picture))
    forces = field.forces(rout__base=0.15, regimes__enter=0.1)
    setting, first = _setting(forces, field.ground), _begin(forces, field.ground, field.layout, 1)
    counts = field.layout.fast_count, field.layout.slow_count
    found = units_run.compare_numpy(first, setting, forces, field.ground.forcing, counts)
    assert found["numpy_line_km"] < units_run.LINE_KM
    found = units_run.compare_mesa(first, setting, 12)
    assert found["mesa_agents"] == len(field.armies.units)
    assert 0 < found["mesa_broken"] < found["mesa_agents"]
