"""One run: the line model, then the campaign with armies, each against the same work in NumPy and in Mesa.

python -m benchmarks.run [--quick] [--units-only] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import line_model_numpy, units_run
from benchmarks.line_model_mesa import FrontModel
from frontcast.campaign import SPIN_UP_DAY, Layout, State, draw_noise, load_parameters, make_step
from frontcast.forecast import default_leads
from frontcast.forecast.campaign import assemble
from frontcast.forecast.compilation import enable_compilation_cache
from frontcast.forecast.ensemble import BATCH, LONGEST_LAG_DAYS, Ground, _compiled, prepare, run_ensemble
from frontcast.picture import Picture, make_picture
from frontcast.store import Store
from frontcast.theatre import load_theatre

INIT_TIME = np.datetime64("2022-09-05T23:59:59")
"""The eve of the Kharkiv counter-offensive: a long front, and the demo's."""

SEED = 1
CELL_KM = 2.0
FACTOR = 2
AGREEMENT_KM = 0.01
"""Most that the NumPy model may differ from the JAX model near the line, on the same noise, in the days compared."""


def timed(work: Callable[[], Any], repeat: int = 1) -> float:
    """Wall seconds of the fastest of `repeat` runs."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        jax.block_until_ready(work())
        best = min(best, time.perf_counter() - start)
    return best


def cpu_name() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def machine() -> dict[str, Any]:
    """What it was run on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": cpu_name(),
        "cores": cores,
        "load_before": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "jax_backend": jax.default_backend(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("frontcast", "jax", "numpy", "mesa")},
    }


def peak_gb() -> float:
    """Most memory this process has held, GB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def measure(picture: Picture, members: int, days: int, others: int) -> dict[str, float]:
    """All numbers of the table.

    Args:
        picture: to start from.
        members, days: of the forecast.
        others: members that NumPy and Mesa run; their time is scaled to `members`.
    """
    numbers: dict[str, float] = {}
    parameters = load_parameters()
    ground, layout = prepare(picture, parameters, FACTOR)
    counts = layout.fast_count, layout.slow_count
    leads = default_leads(days)
    numbers["mesh_cells"] = len(layout.cells)

    def compiled() -> Any:
        program = _compiled(CELL_KM, FACTOR, leads, *counts, False)
        return program.lower(  # type: ignore[attr-defined]
            jnp.uint32(SEED), jnp.arange(BATCH), ground, parameters, jnp.ones(BATCH, bool), None
        ).compile()

    numbers["compile_first_s"] = timed(compiled)
    jax.clear_caches()
    _compiled.cache_clear()
    numbers["compile_cached_s"] = timed(compiled)

    def ensemble() -> Any:
        return run_ensemble(picture, lead_days=leads, members=members, seed=SEED, model_cell_km=CELL_KM)

    ensemble()  # the first run after compiling fills caches
    start = time.process_time()
    numbers["forecast_wall_s"] = timed(ensemble)
    numbers["forecast_cpu_s"] = time.process_time() - start
    numbers["peak_gb"] = peak_gb()
    member_days = members * (days + LONGEST_LAG_DAYS)
    numbers["jax_member_days_s"] = member_days / numbers["forecast_wall_s"]
    numbers["jax_member_days_cpu_s"] = member_days / numbers["forecast_cpu_s"]

    numbers |= compare_step(ground, counts, max(days, parameters.reinitialise_every))
    numbers |= compare_members(ground, layout, leads, others)
    numbers["members"], numbers["days"], numbers["others"] = members, days, others
    return numbers


def compare_step(ground: Ground, counts: tuple[int, int], days: int) -> dict[str, float]:
    """One member with the same noise in JAX and in NumPy: do they agree, and how long do they take?"""
    numbers: dict[str, float] = {}
    parameters = load_parameters()
    plain = jax.tree.map(np.asarray, ground)
    noises = [draw_noise(SEED, 0, day, *counts) for day in range(days)]
    plain_noises = [jax.tree.map(np.asarray, noise) for noise in noises]
    spin_up = draw_noise(SEED, 0, SPIN_UP_DAY, *counts)
    begin = State(ground.flot_a, ground.flot_b, *spin_up)
    plain_begin = jax.tree.map(np.asarray, begin)
    stacked = jax.tree.map(lambda *fields: jnp.stack(fields), *noises)

    @jax.jit
    def run_jax(state: State, forcing: Any, mesh: Any) -> State:
        step = make_step(parameters, mesh, CELL_KM)

        def day_on(state: State, noise_day: Any) -> tuple[State, None]:
            noise, day = noise_day
            return step(state, forcing, noise, day), None

        return jax.lax.scan(day_on, state, (stacked, jnp.arange(len(noises))))[0]

    def run_numpy() -> State:
        state = plain_begin
        for day, noise in enumerate(plain_noises):
            state = line_model_numpy.step(state, plain.forcing, noise, day, plain.mesh, parameters, CELL_KM)
        return state

    ours, theirs = run_jax(begin, ground.forcing, ground.mesh), run_numpy()
    difference = np.abs(np.asarray(ours.flot_a) - theirs.flot_a)[np.abs(theirs.flot_a) < 5 * CELL_KM]
    # Rounding may let a cell here and there pass a threshold of the scheme a step earlier or later.
    if np.quantile(difference, 0.999) > AGREEMENT_KM:
        raise AssertionError(f"the NumPy model differs by {np.quantile(difference, 0.999):.3g} km")
    numbers["numpy_difference_km"] = float(np.quantile(difference, 0.999))
    numbers["jax_step_ms"] = timed(lambda: run_jax(begin, ground.forcing, ground.mesh), 5) / len(noises) * 1e3
    numbers["numpy_step_ms"] = timed(run_numpy, 2) / len(noises) * 1e3
    return numbers


def compare_members(ground: Ground, layout: Layout, leads: tuple[int, ...], others: int) -> dict[str, float]:
    """Whole members in NumPy and in Mesa, and how much ground changes hands in a member of Mesa's and of ours."""
    numbers: dict[str, float] = {}
    parameters, days = load_parameters(), leads[-1]
    counts = layout.fast_count, layout.slow_count
    plain = jax.tree.map(np.asarray, ground)
    generator = np.random.default_rng(SEED)

    def members_numpy() -> None:
        for _ in range(others):
            line_model_numpy.run_member(plain, parameters, leads, counts, CELL_KM, FACTOR, generator)

    other_days = others * (days + LONGEST_LAG_DAYS)
    start = time.process_time()
    numbers["numpy_member_days_s"] = other_days / timed(members_numpy)
    numbers["numpy_member_days_cpu_s"] = other_days / (time.process_time() - start)

    changed = 0.0
    seconds = processor_seconds = 0.0
    for member in range(others):
        # Making the agents is not counted: a long run would make them once.
        model = FrontModel(
            plain, parameters, jax.device_get(draw_noise(SEED, member, SPIN_UP_DAY, *counts)), len(layout.cells)
        )
        draws = [jax.device_get(draw_noise(SEED, member, day, *counts)) for day in range(days + LONGEST_LAG_DAYS)]
        start, start_processor = time.perf_counter(), time.process_time()
        for noise in draws:
            model.step_with(noise)
        seconds += time.perf_counter() - start
        processor_seconds += time.process_time() - start_processor
        changed += float(((model.held[0] != (plain.flot_a < 0)) * plain.mesh.land_km2).sum()) / others
    numbers["mesa_agents"] = len(model.agents)
    numbers["mesa_member_days_s"] = other_days / seconds
    numbers["mesa_member_days_cpu_s"] = other_days / processor_seconds
    numbers["mesa_changed_km2"] = changed

    step = jax.jit(
        lambda state, noise, day, forcing, mesh: make_step(parameters, mesh, CELL_KM)(state, forcing, noise, day)
    )
    ours_changed = 0.0
    for member in range(others):
        state = State(ground.flot_a, ground.flot_b, *draw_noise(SEED, member, SPIN_UP_DAY, *counts))
        for day in range(days + LONGEST_LAG_DAYS):
            noise = draw_noise(SEED, member, day, *counts)
            state = step(state, noise, jnp.int32(day), ground.forcing, ground.mesh)
        flipped = (state.flot_a < 0) != (ground.flot_a < 0)
        ours_changed += float((flipped * ground.mesh.land_km2).sum()) / others
    numbers["jax_changed_km2"] = ours_changed
    if not 1 / 3 < changed / ours_changed < 3:
        raise AssertionError(f"not the same moves: agents flip {changed:.0f} km², the model {ours_changed:.0f} km²")
    return numbers


def show(numbers: dict[str, float], where: dict[str, Any]) -> None:
    """Print the table."""
    n = numbers
    table = Table(
        title=f"{n['members']:.0f} members, {n['days']:.0f} days, {CELL_KM:g} km, {n['mesh_cells']:,.0f} cells run",
        caption=(
            f"{where['cpu']}, {where['cores']} cores, load {where['load_before']} before; JAX {where['jax']} on "
            f"{where['jax_backend']}, NumPy {where['numpy']}, Mesa {where['mesa']}, Python {where['python']}. "
            f"NumPy and Mesa: one thread, {n['others']:.0f} members timed. "
            f"Mesa: {n['mesa_agents']:,.0f} agents, {n['mesa_changed_km2']:.0f} km² change hands in a member "
            f"({n['jax_changed_km2']:.0f} in the model)."
        ),
    )
    table.add_column("")
    for name in ("frontcast", "NumPy", "ratio", "Mesa", "ratio"):
        table.add_column(name, justify="right")
    table.add_row(
        "the step, one member, ms/day",
        f"{n['jax_step_ms']:.2f}",
        f"{n['numpy_step_ms']:.1f}",
        f"{n['numpy_step_ms'] / n['jax_step_ms']:.1f}",
        "",
        "",
    )
    # On a busy machine the second row is the one to compare: waiting for a processor does not count there.
    for name, unit in (
        ("whole forecast, member-days/s", "member_days_s"),
        ("per processor second", "member_days_cpu_s"),
    ):
        ours, by_numpy, by_mesa = (n[f"{code}_{unit}"] for code in ("jax", "numpy", "mesa"))
        table.add_row(
            name,
            f"{ours:.0f}",
            f"{by_numpy:.1f}",
            f"{ours / by_numpy:.1f}",
            f"{by_mesa:.1f}",
            f"{ours / by_mesa:.1f}",
        )
    work = n["members"] * (n["days"] + LONGEST_LAG_DAYS)
    table.add_row(
        "whole forecast, s",
        f"{n['forecast_wall_s']:.1f}",
        f"{work / n['numpy_member_days_s']:.0f}",
        "",
        f"{work / n['mesa_member_days_s']:.0f}",
        "",
    )
    table.add_row("processor seconds of that", f"{n['forecast_cpu_s']:.1f}", "", "", "", "")
    table.add_row("most memory, GB", f"{n['peak_gb']:.2f}", "", "", "", "")
    table.add_row("compiling the first time, s", f"{n['compile_first_s']:.1f}", "", "", "", "")
    table.add_row("compiling from the cache, s", f"{n['compile_cached_s']:.1f}", "", "", "", "")
    Console(width=max(110, Console().width)).print(table)


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 members for 3 days: does it run?")
    parser.add_argument("--units-only", action="store_true", help="only the campaign with armies")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    arguments = parser.parse_args()
    members, days, others = (20, 3, 1) if arguments.quick else (200, 30, 2)
    where = machine()
    store = Store.shipped("ukraine")
    series = store.control("deepstate")
    picture = make_picture(series, load_theatre(), INIT_TIME)
    numbers: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as empty:
        os.environ["FRONTCAST_CACHE_DIR"] = empty
        enable_compilation_cache()
        if not arguments.units_only:
            numbers = measure(picture, members, days, others)
            show(numbers, where)
        with_armies = units_run.measure(assemble(store, series, picture), members, days) | {"peak_gb": peak_gb()}
    units_run.show(with_armies)
    if arguments.json is not None:
        record = {"machine": where, **numbers, "units": with_armies}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
