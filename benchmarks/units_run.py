"""The campaign with armies: how fast, and beside NumPy and Mesa. Part of `python -m benchmarks.run`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.units_model_mesa import Army, of_the_model, some_days
from benchmarks.units_model_numpy import as_numpy, numpy_campaign
from frontcast.campaign import SPIN_UP_DAY, State, draw_noise, load_parameters
from frontcast.campaign.army import Campaign
from frontcast.campaign.campaign_step import Setting, look, make_campaign_step
from frontcast.campaign.randomness import draw_chance
from frontcast.forecast import default_leads, run_ensemble
from frontcast.forecast.armies_run import as_parameters
from frontcast.forecast.campaign import Musters, raise_forces
from frontcast.forecast.deployment import Forces, begin
from frontcast.forecast.ensemble import ARMIES_REACH_KM, LONGEST_LAG_DAYS, prepare

SEED, CELL_KM, FACTOR = 1, 2.0, 2
DAYS_COMPARED = 10
LINE_KM, MEN_SHARE = 0.02, 1e-3
"""Most that NumPy may differ from the model after `DAYS_COMPARED` days: line, km, at 99.9 % of the cells near it; men."""


def best(work: Callable[[], Any], repeat: int) -> float:
    """Processor seconds of the fastest of `repeat` runs of one thread's work."""
    found = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        jax.block_until_ready(work())
        found = min(found, time.process_time() - start)
    return found


def measure(musters: Musters, members: int, days: int) -> dict[str, float]:
    """All numbers of the table."""
    numbers: dict[str, float] = {"members": members, "days": days}
    leads = default_leads(days)

    def ensemble() -> None:
        forces = raise_forces(musters, days)
        run_ensemble(musters.picture, lead_days=leads, members=members, seed=SEED, model_cell_km=CELL_KM, forces=forces)

    begun = time.perf_counter()
    ensemble()
    numbers["first_run_s"] = time.perf_counter() - begun
    begun, begun_processor = time.perf_counter(), time.process_time()
    ensemble()
    numbers["forecast_wall_s"] = time.perf_counter() - begun
    numbers["forecast_cpu_s"] = time.process_time() - begun_processor
    parameters = load_parameters()
    ground, layout = prepare(musters.picture, parameters, FACTOR, ARMIES_REACH_KM)
    counts = layout.fast_count, layout.slow_count
    forces = raise_forces(musters, days)(layout, FACTOR)
    setting = Setting(
        line=parameters,
        mechanisms=as_parameters(forces.draws[0]),
        on=forces.on,
        mesh=ground.mesh,
        front=forces.front,
        roster=forces.roster,
        cell_km=CELL_KM,
    )
    line = State(ground.flot_a, ground.flot_b, *draw_noise(SEED, 0, SPIN_UP_DAY, *counts))

    @jax.jit
    def start(line: State, forces: Forces, setting: Setting) -> Campaign:
        return begin(line, forces, setting, jnp.uint32(SEED), jnp.int32(0), counts[1])

    first = start(line, forces, setting)
    numbers |= compare_numpy(first, setting, forces, ground.forcing, counts)
    numbers |= compare_mesa(first, setting, days)
    numbers["mesh_cells"] = len(layout.cells)
    return numbers


def compare_numpy(
    first: Campaign, setting: Setting, forces: Forces, forcing: Any, counts: tuple[int, int]
) -> dict[str, float]:
    """One member with the same random numbers in JAX and in NumPy: do they agree, and how long do they take?"""
    sizes = {
        "units": forces.units.x.shape[0],
        "headquarters": forces.roster.headquarters_side.shape[0],
        "depots": forces.roster.depot_side.shape[0],
        "stretches": forces.front.length_km.shape[0],
    }
    noises = [draw_noise(SEED, 0, day, *counts) for day in range(DAYS_COMPARED)]
    chances = [draw_chance(SEED, 0, day, **sizes) for day in range(DAYS_COMPARED)]
    orders = [jax.tree.map(lambda leaf, day=day: leaf[day], forces.orders) for day in range(DAYS_COMPARED)]
    today = jax.tree.map(lambda *leaves: jnp.stack(leaves), *zip(noises, chances, orders, strict=True))

    @jax.jit
    def run_jax(campaign: Campaign, setting: Setting, forcing: Any, today: Any) -> Campaign:
        step = make_campaign_step(setting._replace(cell_km=CELL_KM))

        def day_on(campaign: Campaign, one: Any) -> tuple[Campaign, None]:
            day, (noise, chance, order) = one
            return step(campaign, forcing, order, noise, chance, day), None

        return jax.lax.scan(day_on, campaign, (jnp.arange(DAYS_COMPARED), today))[0]

    plain_setting, plain_first, plain_forcing = as_numpy(setting), as_numpy(first), as_numpy(forcing)
    plain_days = [as_numpy(one) for one in zip(orders, noises, chances, strict=True)]
    step = numpy_campaign().make_campaign_step(plain_setting)

    def run_numpy() -> Campaign:
        campaign = plain_first
        for day, (order, noise, chance) in enumerate(plain_days):
            campaign = step(campaign, plain_forcing, order, noise, chance, np.int32(day))
        return campaign

    ours, theirs = run_jax(first, setting, forcing, today), run_numpy()
    near = np.abs(np.asarray(theirs.line.flot_a)) < 5 * CELL_KM
    line = np.quantile(np.abs(np.asarray(ours.line.flot_a) - theirs.line.flot_a)[near], 0.999)
    men = np.abs(np.asarray(ours.units.men) - theirs.units.men).sum() / np.asarray(ours.units.men).sum()
    if line > LINE_KM or men > MEN_SHARE:
        raise AssertionError(f"the NumPy model differs by {line:.3g} km and by {men:.3g} of the men")
    return {
        "numpy_line_km": float(line),
        "numpy_men_share": float(men),
        "jax_step_ms": best(lambda: run_jax(first, setting, forcing, today), 3) / DAYS_COMPARED * 1e3,
        "numpy_step_ms": best(run_numpy, 2) / DAYS_COMPARED * 1e3,
    }


def compare_mesa(first: Campaign, setting: Setting, days: int) -> dict[str, float]:
    """Four mechanisms of single units in the model and by agents: do they end alike, and how long do they take?"""
    view = look(first, setting, jnp.float32(0.0))
    events = some_days(days, first.units.x.shape[0], SEED)
    run = jax.jit(of_the_model)
    arguments = (first.units, setting.roster, view, first.pools, events, setting.mechanisms)
    ours = run(*arguments)
    plain = jax.tree.map(np.asarray, (first.units, setting.roster, view))
    army = Army(*plain, jax.tree.map(float, setting.mechanisms))
    start = time.process_time()
    for day in range(days):
        army.step_with(jax.tree.map(lambda leaf, day=day: leaf[day], events))
    seconds = time.process_time() - start
    numbers = army.numbers
    for name in ("broken", "readiness", "cohesion", "tons", "shells", "guns"):
        of_agents = np.array([float(getattr(unit, name)) for unit in army.list])
        np.testing.assert_allclose(np.asarray(getattr(ours, name))[numbers], of_agents, rtol=2e-3, atol=2e-3)
    return {
        "mesa_agents": len(army.list),
        "mesa_broken": float(np.asarray(ours.broken)[numbers].sum()),
        "jax_units_ms": best(lambda: run(*arguments), 3) / days * 1e3,
        "mesa_units_ms": seconds / days * 1e3,
    }


def show(numbers: dict[str, float]) -> None:
    """Print the table."""
    n = numbers
    table = Table(
        title=f"With armies: {n['members']:.0f} members, {n['days']:.0f} days, {CELL_KM:g} km, "
        f"{n['mesh_cells']:,.0f} cells, {n['mesa_agents']:.0f} units",
        caption="NumPy: the same functions worked out by NumPy, whole step, all mechanisms; after "
        f"{DAYS_COMPARED} days on the same random numbers the lines differ by {1000 * n['numpy_line_km']:.1f} m. Mesa: four "
        "mechanisms of single units only (supplies used, readiness, cohesion, breaking with neighbours), one agent a unit; "
        f"both end with the same {n['mesa_broken']:.0f} units broken. Processor time of one thread.",
    )
    table.add_column("")
    for name in ("frontcast", "NumPy", "Mesa", "ratio"):
        table.add_column(name, justify="right")
    rows = (
        ("the step, one member, ms/day", "jax_step_ms", "numpy_step_ms", None),
        ("four mechanisms of units, ms/day", "jax_units_ms", None, "mesa_units_ms"),
    )
    for words, ours, by_numpy, by_mesa in rows:
        other = n[str(by_numpy or by_mesa)]
        cells = [f"{n[name]:.2f}" if name else "" for name in (ours, by_numpy, by_mesa)]
        table.add_row(words, *cells, f"{other / n[ours]:.1f}")
    member_days = n["members"] * (n["days"] + LONGEST_LAG_DAYS)
    table.add_row("whole forecast after compilation, s", f"{n['forecast_wall_s']:.1f}")
    table.add_row("processor seconds of that", f"{n['forecast_cpu_s']:.1f}")
    table.add_row("member-days per processor second", f"{member_days / n['forecast_cpu_s']:.0f}")
    table.add_row("the first run, compiling included, s", f"{n['first_run_s']:.1f}")
    table.add_row("most memory, GB", f"{n['peak_gb']:.2f}")
    Console(width=max(110, Console().width)).print(table)
