"""The line model in NumPy: the formulas of `frontcast.campaign` on the same mesh, one member at a time, one thread.

Written as one would write it in NumPy, with whole-array operations in float32 and shifts where the mesh allows them.
`run_member` does the work of one member of `run_ensemble`: noise, step, area on every day, counts at the leads with the
map's error and lag. Only the random numbers differ: NumPy's own generator, which is the faster one here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from frontcast.campaign import Forcing, Mesh, Noise, Parameters, State
from frontcast.campaign.level_set import CFL
from frontcast.campaign.step import NEAR_LINE_CELLS
from frontcast.forecast.ensemble import LONGEST_LAG_DAYS, Ground

Array = npt.NDArray[Any]
SWEEPS = 4


def neighbours(field: Array, mesh: Mesh) -> tuple[Array, Array, Array, Array]:
    _, _, no_west, no_east = mesh.bounded
    north, south = mesh.neighbours
    west, east = np.roll(field, 1), np.roll(field, -1)
    return field[north], field[south], np.where(no_west, field, west), np.where(no_east, field, east)


def upwind_gradient(phi: Array, outward: Array, mesh: Mesh, cell_km: float) -> Array:
    north, south, west, east = neighbours(phi, mesh)
    no_north, no_south, no_west, no_east = mesh.bounded
    sign = np.where(outward, np.float32(1), np.float32(-1))
    square = np.zeros_like(phi)
    for before, after, no_before, no_after in ((north, south, no_north, no_south), (west, east, no_west, no_east)):
        back, ahead = phi - before, after - phi
        back, ahead = np.where(no_before, ahead, back), np.where(no_after, back, ahead)
        square += np.maximum(np.maximum(sign * back, 0), np.maximum(-sign * ahead, 0)) ** 2
    return np.sqrt(square) / np.float32(cell_km)


def reinitialise(phi: Array, mesh: Mesh, cell_km: float) -> Array:
    inside = phi < 0
    next_to_line = np.zeros_like(inside)
    for other in neighbours(inside, mesh):
        next_to_line |= inside != other
    sign = np.sign(phi)
    current = phi
    for _ in range(SWEEPS):
        gradient = upwind_gradient(current, sign > 0, mesh, cell_km)
        moved = current - np.float32(0.5 * cell_km) * sign * (gradient - 1)
        moved = np.where(sign * moved > 0, moved, current)
        current = np.where(next_to_line, phi, moved)
    return current


def separate(flot_a: Array, flot_b: Array) -> tuple[Array, Array]:
    overlap = np.minimum(flot_a + flot_b, 0)
    flot_a = flot_a - np.float32(0.5) * overlap
    return flot_a, np.where(overlap < 0, -flot_a, flot_b)


def along_line(nodes: Array, index: Array, weights: Array) -> Array:
    total: Array = (nodes[index] * weights).sum(axis=0)
    return total


def push(fast: Array, slow: Array, level: Array, pace: float, mesh: Mesh, p: Parameters, day: int) -> Array:
    share = p.slow_weight
    line = np.float32((1 - share**2) ** 0.5) * along_line(fast, mesh.fast_nodes, mesh.fast_weights)
    line += np.float32(share) * along_line(slow, mesh.slow_nodes, mesh.slow_weights)
    quiet, fading = np.float32(p.quiet_threshold), np.float32(np.exp(-day / p.relaxation_days))
    excess = np.maximum(line[mesh.nearest] - (quiet + (level - quiet) * fading), 0)
    speed = np.float32(pace * p.stride_km) * (np.exp(np.float32(p.stride_growth) * excess) - 1)
    return np.minimum(speed, np.float32(p.speed_limit))


def step(state: State, forcing: Forcing, noise: Noise, day: int, mesh: Mesh, p: Parameters, cell_km: float) -> State:
    """One day of one member, as `frontcast.campaign.make_step` has it; all arrays are NumPy's."""
    keep_fast, keep_slow = p.fast_persistence, float(np.exp(-1 / p.slow_days))
    fields = [
        np.float32(keep) * field + np.float32((1 - keep**2) ** 0.5) * fresh
        for field, fresh, keep in zip(state[2:], noise, (keep_fast, keep_fast, keep_slow, keep_slow), strict=True)
    ]
    push_a = push(fields[0], fields[2], forcing.threshold_a, float(forcing.pace_a), mesh, p, day)
    push_b = push(fields[1], fields[3], forcing.threshold_b, float(forcing.pace_b), mesh, p, day)
    a, b = state.flot_a, state.flot_b
    touch = np.exp(-np.maximum(a + b, 0) / np.float32(p.contact_km))
    speed_a, speed_b = forcing.mobility * (push_a - touch * push_b), forcing.mobility * (push_b - touch * push_a)
    near = NEAR_LINE_CELLS * cell_km
    bound = max(
        float(np.where(np.abs(flot) < near, np.abs(speed), 0).max()) for flot, speed in ((a, speed_a), (b, speed_b))
    )
    if bound > 0:
        speed_a, speed_b = np.clip(speed_a, -bound, bound), np.clip(speed_b, -bound, bound)
        steps = int(np.ceil(2**0.5 * max(bound, 1e-6) / (CFL * cell_km)))
        days = np.float32(1 / steps)
        for _ in range(steps):
            a, b = separate(
                a - days * speed_a * upwind_gradient(a, speed_a > 0, mesh, cell_km),
                b - days * speed_b * upwind_gradient(b, speed_b > 0, mesh, cell_km),
            )
    if (day + 1) % p.reinitialise_every == 0:
        a, b = separate(reinitialise(a, mesh, cell_km), reinitialise(b, mesh, cell_km))
    return State(a, b, *fields)


def refine(increment: Array, mesh: Mesh, factor: int) -> Array:
    if factor != 2:
        return np.tile(increment, (factor**2, 1))
    north, south, west, east = neighbours(increment, mesh)
    half, quarter = np.float32(0.5), np.float32(0.25)
    return np.stack(
        [half * increment + quarter * (up_down + sideways) for up_down in (north, south) for sideways in (west, east)]
    )


def run_member(
    ground: Ground,
    p: Parameters,
    lead_days: tuple[int, ...],
    counts: tuple[int, int],
    cell_km: float,
    factor: int,
    generator: np.random.Generator,
) -> tuple[Array, list[Array]]:
    """Area by day (day, 3) km² and the four counts at each lead of one member."""
    mesh = ground.mesh

    def draw() -> Noise:
        fast, slow = counts
        return Noise(*(generator.standard_normal(count, np.float32) for count in (fast, fast, slow, slow)))

    def area(state: State) -> list[float]:
        held_a, held_b = (
            float((np.clip(0.5 - flot / np.float32(cell_km), 0, 1) * mesh.land_km2).sum())
            for flot in (state.flot_a, state.flot_b)
        )
        return [held_a, float(mesh.land_km2.sum()) - held_a - held_b, held_b]

    state = State(ground.flot_a, ground.flot_b, *draw())
    nodes = generator.standard_normal(counts[1], np.float32)
    error = float(ground.map_error_km) * along_line(nodes, mesh.slow_nodes, mesh.slow_weights)[mesh.nearest]
    lag = int(np.clip(np.round(generator.exponential(float(ground.map_lag_days))), 0, LONGEST_LAG_DAYS))
    areas, held = [area(state)], []
    for day in range(lead_days[-1] + LONGEST_LAG_DAYS):
        state = step(state, ground.forcing, draw(), day, mesh, p, cell_km)
        areas.append(area(state))
        if day + 1 in lead_days:
            now_a = ground.fine_a + refine(state.flot_a - ground.flot_a, mesh, factor)
            now_b = ground.fine_b + refine(state.flot_b - ground.flot_b, mesh, factor)
            held += [(now_a < 0) & (now_b >= 0), (now_b < 0) & (now_a >= 0)]
        if day + 1 - lag in lead_days:
            held += [state.flot_a - error < 0, state.flot_b + error < 0]
    return np.array(areas), held
