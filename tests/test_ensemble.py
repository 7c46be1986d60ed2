"""Running the members: counts add up, and a member is the same in whatever company it runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from storekit import small_theatre, time

from frontcast.campaign import load_parameters
from frontcast.forecast import ensemble
from frontcast.forecast.compilation import cache_folder, enable_compilation_cache
from frontcast.forecast.ensemble import (
    BATCH,
    REACH_KM,
    EnsembleResult,
    _parts,
    _whole,
    prepare,
    refine,
    run_ensemble,
)
from frontcast.picture import Picture, Tempo, load_prior
from frontcast.picture.movement import flot_distances
from frontcast.theatre import GREY, A, B

LEADS = (1, 5)
ROWS, COLUMNS = 40, 100
FRONT = 20


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    """A wavy front in the west of 40 km by 100 km, with a grey zone along its southern half."""
    theatre = small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)
    row, column = np.mgrid[:ROWS, :COLUMNS]
    front = FRONT + np.round(4 * np.sin(row / 5)).astype(int)
    control = np.where(column < front, A, B).astype(np.uint8)
    control[(row > 20) & (column >= front) & (column < front + 3)] = GREY
    flot_a, flot_b = flot_distances(control, theatre, 200.0)
    tempo = Tempo(odds=1.0, pace=1.5, seen=0.0, expected=0.0)
    moment = time("2023-05-01")
    busy = np.full(control.shape, 0.3, np.float32)
    return Picture(
        theatre=theatre,
        source="map",
        init_time=moment,
        vintage=moment,
        control=control,
        flot_a=flot_a,
        flot_b=flot_b,
        advance_a=busy,
        advance_b=busy,
        tempo={"a": tempo, "b": tempo},
        prior=load_prior(),
    )


@pytest.fixture(scope="module")
def forty(picture: Picture) -> EnsembleResult:
    return run_ensemble(picture, lead_days=LEADS, members=2 * BATCH, seed=1)


def test_counts_are_of_members_and_no_cell_is_held_twice(picture: Picture, forty: EnsembleResult) -> None:
    for held_a, held_b in ((forty.held_a, forty.held_b), (forty.ground_held_a, forty.ground_held_b)):
        assert held_a.dtype == held_b.dtype == np.uint16
        assert (held_a.astype(int) + held_b <= forty.members).all()
    assert forty.held_a.shape == (len(LEADS), *picture.control.shape)
    assert forty.ground_held_a.shape == (len(LEADS), ROWS // 2, COLUMNS // 2)
    # The front is busy: near it the members disagree, and more so later.
    split = [((held > 0) & (held < forty.members)).sum() for held in forty.held_a]
    assert 0 < split[0] < split[1]


def test_off_the_mesh_all_members_have_what_the_picture_has(picture: Picture, forty: EnsembleResult) -> None:
    far = np.abs(picture.flot_a) > REACH_KM + 8.0
    assert far.sum() > 100
    for lead in range(len(LEADS)):
        np.testing.assert_array_equal(forty.held_a[lead][far], np.where(picture.flot_a < 0, forty.members, 0)[far])
        np.testing.assert_array_equal(forty.held_b[lead][far], np.where(picture.flot_b < 0, forty.members, 0)[far])


def test_area_starts_at_the_picture_and_always_adds_up(picture: Picture, forty: EnsembleResult) -> None:
    assert forty.area_km2.shape == (forty.members, LEADS[-1] + 1, 3)
    start = [(picture.control == holder).sum() for holder in (A, GREY, B)]
    np.testing.assert_allclose(forty.area_km2[:, 0], np.broadcast_to(start, (forty.members, 3)))
    np.testing.assert_allclose(forty.area_km2.sum(axis=2), ROWS * COLUMNS, rtol=1e-5)
    assert forty.area_km2[:, -1, 0].std() > 1.0


def test_area_and_counts_tell_the_same_story(forty: EnsembleResult) -> None:
    gained = (forty.area_km2[:, LEADS] - forty.area_km2[:, :1]).mean(axis=0)
    for held, side in ((forty.held_a, 0), (forty.held_b, 2)):
        counted = held.sum(axis=(1, 2)) / forty.members - forty.area_km2[0, 0, side]
        np.testing.assert_allclose(counted, gained[:, side], atol=0.01 * ROWS * COLUMNS)


def test_a_member_does_not_depend_on_how_many_run(picture: Picture, forty: EnsembleResult) -> None:
    twenty = run_ensemble(picture, lead_days=LEADS, members=BATCH, seed=1)
    np.testing.assert_array_equal(twenty.area_km2, forty.area_km2[:BATCH])
    # Nor does it matter where a batch ends.
    some = run_ensemble(picture, lead_days=LEADS, members=BATCH + 7, seed=1)
    np.testing.assert_array_equal(some.area_km2, forty.area_km2[: BATCH + 7])
    assert some.held_a.max() == BATCH + 7
    assert (some.held_a >= twenty.held_a).all()
    assert (some.held_a <= forty.held_a).all()


def test_the_same_seed_gives_the_same_result_and_another_does_not(picture: Picture, forty: EnsembleResult) -> None:
    again = run_ensemble(picture, lead_days=LEADS, members=2 * BATCH, seed=1)
    other = run_ensemble(picture, lead_days=LEADS, members=2 * BATCH, seed=2)
    for field in ("held_a", "held_b", "ground_held_a", "ground_held_b", "area_km2"):
        np.testing.assert_array_equal(getattr(again, field), getattr(forty, field))
        assert (getattr(other, field) != getattr(forty, field)).any()


def test_members_side_by_side_are_those_that_run_one_after_another(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an accelerator runs them; rounding may let a member's line fall on the other side of a cell's edge."""
    after = run_ensemble(picture, lead_days=(2, 4), members=7, seed=1)
    monkeypatch.setattr(ensemble, "_side_by_side", lambda: True)
    monkeypatch.setattr(ensemble, "ACCELERATOR_BATCH", 5)
    beside = run_ensemble(picture, lead_days=(2, 4), members=7, seed=1)
    np.testing.assert_allclose(beside.area_km2, after.area_km2, atol=0.5)
    for name in ("held_a", "held_b", "ground_held_a", "ground_held_b"):
        one, other = (getattr(run, name).astype(int) for run in (beside, after))
        assert np.abs(one - other).sum() <= 3, name
    assert np.abs(after.area_km2[:, -1] - after.area_km2[:, 0]).max() > 5


def test_members_differ_from_each_other(forty: EnsembleResult) -> None:
    assert len(np.unique(forty.area_km2[:, -1, 0])) == forty.members


def test_idle_cells_never_matter(picture: Picture) -> None:
    ground, layout = prepare(picture, load_parameters(), 2)
    count, length = len(layout.cells), len(ground.flot_a)
    assert count < length
    assert float(ground.mesh.land_km2[count:].sum()) == 0
    assert np.asarray(ground.mesh.bounded[:, count:]).all()
    np.testing.assert_array_equal(ground.mesh.neighbours[:, count:], np.tile(np.arange(count, length), (2, 1)))
    assert np.asarray(ground.mesh.neighbours[:, :count]).max() < count
    assert min(float(ground.flot_a[count:].min()), float(ground.fine_b[:, count:].min())) > REACH_KM


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_no_change_is_no_change_on_the_record_too(picture: Picture, factor: int) -> None:
    ground, _ = prepare(picture, load_parameters(), 2)
    refined = refine(jnp.zeros_like(ground.flot_a), ground.mesh, factor)
    assert refined.shape == (factor**2, len(ground.flot_a))
    assert not refined.any()


def test_refining_a_slope_is_exact_off_the_edge(picture: Picture) -> None:
    ground, layout = prepare(picture, load_parameters(), 2)
    row, column = np.mgrid[: layout.shape[0], : layout.shape[1]]
    slope = (3.0 * column - 2.0 * row).astype(np.float32)
    refined = np.asarray(refine(jnp.asarray(layout.take(slope, 0.0)), ground.mesh, 2))[:, : len(layout.cells)]
    inner = ~np.asarray(ground.mesh.bounded).any(axis=0)[: len(layout.cells)]
    fine_row, fine_column = (np.mgrid[: 2 * layout.shape[0], : 2 * layout.shape[1]] - 0.5) / 2
    exact = _parts(3.0 * fine_column - 2.0 * fine_row, 2).reshape(4, -1)[:, layout.cells]
    np.testing.assert_allclose(refined[:, inner], exact[:, inner], atol=1e-4)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_parts_and_whole_are_inverse(factor: int) -> None:
    field = np.arange(12 * 18).reshape(12, 18)
    parts = _parts(field, factor)
    assert parts.shape == (factor**2, 12 // factor, 18 // factor)
    np.testing.assert_array_equal(parts[:, 0, 0], field[:factor, :factor].ravel())
    np.testing.assert_array_equal(_whole(parts, factor), field)
    np.testing.assert_array_equal(_whole(np.stack([parts, parts + 1]), factor), np.stack([field, field + 1]))


@pytest.mark.parametrize("leads", [(), (0, 1), (3, 2), (2, 2)])
def test_leads_must_ascend_from_one(picture: Picture, leads: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="lead days must be ascending"):
        run_ensemble(picture, lead_days=leads, members=1, seed=1)


@pytest.mark.parametrize("members", [0, 65536])
def test_members_must_fit_their_counter(picture: Picture, members: int) -> None:
    with pytest.raises(ValueError, match="members must be 1 to 65535"):
        run_ensemble(picture, lead_days=(1,), members=members, seed=1)


# --- keeping compiled programs ---


@pytest.fixture
def no_cache_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """JAX without a cache, and what it is then told."""
    told: dict[str, object] = {}

    class Config:
        values: ClassVar = {"jax_compilation_cache_dir": None}

        def update(self, key: str, value: object) -> None:
            told[key] = value

    monkeypatch.setattr("frontcast.forecast.compilation.jax.config", Config())
    enable_compilation_cache.cache_clear()
    yield told
    enable_compilation_cache.cache_clear()


def test_compiled_programs_are_kept_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_cache_yet: dict[str, object]
) -> None:
    monkeypatch.setenv("FRONTCAST_CACHE_DIR", str(tmp_path / "kept"))
    assert enable_compilation_cache() == tmp_path / "kept" / "xla"
    assert no_cache_yet["jax_compilation_cache_dir"] == str(tmp_path / "kept" / "xla")
    monkeypatch.delenv("FRONTCAST_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "frontcast" / "xla"


def test_a_cache_that_cannot_be_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_cache_yet: dict[str, object]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FRONTCAST_CACHE_DIR", str(tmp_path / "file"))
    assert enable_compilation_cache() is None
    assert no_cache_yet == {}


# --- benchmarks ---


def test_the_benchmarks_run_and_the_three_models_agree(picture: Picture) -> None:
    """`measure` raises where NumPy differs from JAX or the agents move another order of ground."""
    pytest.importorskip("mesa")
    sys.path.insert(0, str(Path(__file__).parents[1]))
    try:
        run = importlib.import_module("benchmarks.run")
    finally:
        sys.path.pop(0)
    numbers = run.measure(picture, members=BATCH, days=3, others=2)
    assert numbers["numpy_difference_km"] < 1e-3
    assert min(numbers.values()) >= 0
    run.show(numbers, run.machine())
