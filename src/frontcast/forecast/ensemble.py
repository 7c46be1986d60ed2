"""Running the members: from a picture to counts of who holds what, member by member within a fixed memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from frontcast.campaign import (
    SPIN_UP_DAY,
    Forcing,
    Layout,
    Mesh,
    Parameters,
    Purpose,
    State,
    draw_noise,
    key_for,
    lay_mesh,
    load_parameters,
    make_step,
    threshold,
)
from frontcast.campaign.army import Campaign, Orders
from frontcast.campaign.impulse import along_line, at_cells
from frontcast.campaign.level_set import at_neighbours
from frontcast.forecast.armies_run import ArmiesTrace, muster_member, where_units_are
from frontcast.forecast.compilation import enable_compilation_cache
from frontcast.forecast.deployment import Deployment, Forces
from frontcast.picture import Picture, processors
from frontcast.picture.hazard import Outlook
from frontcast.theatre import GREY, A, B

REACH_KM = 60.0
"""How far from today's line cells are run. A member whose line comes that far stops counting there; Kharkiv, September
2022, came farther, and no member of the line model does."""

ARMIES_REACH_KM = 120.0
"""The same for a campaign with armies, whose lines can collapse."""

LONGEST_LAG_DAYS = 3
BATCH = 20
"""Members to a batch. Fixed, so that the number of members does not change the compiled program."""

ACCELERATOR_BATCH = 100
"""The same on an accelerator, which runs them side by side: enough to fill it, little enough for its memory."""

FAR_KM = 999.0
"""Distance given to idle cells: no line comes near them."""

LEAST_MOBILITY = 1e-3
"""Stands for zero where times are averaged."""

FloatArray = npt.NDArray[np.float32]


class Ground(NamedTuple):
    """What is the same for all members of a forecast, as device arrays.

    Attributes:
        mesh: the cells that are run.
        flot_a, flot_b: (cell,) initial signed distances, km.
        forcing: see `Forcing`.
        fine_a, fine_b: (part, cell) the initial distances of the record cells that make up each mesh cell, km.
        map_error_km, map_lag_days: scalars.
    """

    mesh: Mesh
    flot_a: jax.Array
    flot_b: jax.Array
    forcing: Forcing
    fine_a: jax.Array
    fine_b: jax.Array
    map_error_km: jax.Array
    map_lag_days: jax.Array


class Tally(NamedTuple):
    """Members that had each cell in each side's hands, by lead.

    Attributes:
        mapped_a, mapped_b: (lead, part, cell) uint16 on record cells, as the map will show it.
        ground_a, ground_b: (lead, cell) uint16 on mesh cells, with the map's own error and lag.
    """

    mapped_a: jax.Array
    mapped_b: jax.Array
    ground_a: jax.Array
    ground_b: jax.Array


@dataclass(frozen=True)
class EnsembleResult:
    """What the members did.

    Attributes:
        lead_days: the leads counted, days.
        members: how many ran.
        held_a, held_b: (lead, Y, X) uint16, members with the cell in the side's hands, as the map will show it.
        chance_a, chance_b: (lead, Y, X) float32, P(the map will show it so) where it was calibrated; else None.
        outlook: what it was calibrated with.
        ground_held_a, ground_held_b: the same on the model's grid with the map's error and lag added.
        area_km2: (member, day, 3) float32, land held by a, by neither, by b, on days 0 to the last lead.
        member_control: (member, lead, y, x) uint8 control of each member on the model's grid, where it was kept.
        armies: what the armies did, in a campaign with armies; deployment: how they stood at the start.
        model_cell_km: side of a model cell.
    """

    lead_days: tuple[int, ...]
    members: int
    held_a: npt.NDArray[np.uint16]
    held_b: npt.NDArray[np.uint16]
    ground_held_a: npt.NDArray[np.uint16]
    ground_held_b: npt.NDArray[np.uint16]
    area_km2: FloatArray
    model_cell_km: float
    member_control: npt.NDArray[np.uint8] | None = None
    armies: ArmiesTrace | None = None
    deployment: Deployment | None = None
    chance_a: FloatArray | None = None
    chance_b: FloatArray | None = None
    outlook: Outlook | None = None

    @property
    def probability_a(self) -> FloatArray:
        """P(the map will show the cell as a's), (lead, Y, X): calibrated, or the share of members."""
        return np.asarray(self.held_a / np.float32(self.members)) if self.chance_a is None else self.chance_a

    @property
    def probability_b(self) -> FloatArray:
        """P(the map will show the cell as b's), (lead, Y, X): calibrated, or the share of members."""
        return np.asarray(self.held_b / np.float32(self.members)) if self.chance_b is None else self.chance_b


def _parts(field: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """Record cells grouped by the model cell they are in: (Y, X) -> (part, y, x), parts row by row."""
    rows, columns = field.shape
    blocks = field.reshape(rows // factor, factor, columns // factor, factor)
    return blocks.transpose(1, 3, 0, 2).reshape(factor**2, rows // factor, columns // factor)


def _whole(parts: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """The inverse of `_parts`, with any leading dimensions: (..., part, y, x) -> (..., Y, X)."""
    *lead, _, rows, columns = parts.shape
    blocks = parts.reshape(*lead, factor, factor, rows, columns)
    return np.moveaxis(blocks, (-4, -3), (-3, -1)).reshape(*lead, rows * factor, columns * factor)


def prepare(picture: Picture, parameters: Parameters, factor: int, reach_km: float = REACH_KM) -> tuple[Ground, Layout]:
    """The picture on the mesh of the cells within `reach_km` of its lines, `factor` record cells to a model cell."""
    theatre = picture.theatre
    cell_km = theatre.grid.cell_km * factor

    def mean(field: npt.NDArray[Any]) -> FloatArray:
        return _parts(field, factor).mean(axis=0).astype(np.float32)

    flot_a, flot_b, land_share = mean(picture.flot_a), mean(picture.flot_b), mean(theatre.land.astype(np.float32))
    line = (np.minimum(np.abs(flot_a), np.abs(flot_b)) < cell_km) & (land_share > 0)
    layout = lay_mesh(line, reach_km, cell_km, land_share)
    pace = {side: jnp.float32(picture.tempo[side].pace) for side in "ab"}

    def on_mesh(field: FloatArray, idle: float = FAR_KM) -> jax.Array:
        return jnp.asarray(layout.take(field, idle))

    def fine(field: FloatArray) -> jax.Array:
        return jnp.stack([on_mesh(part) for part in _parts(field, factor)])

    ground = Ground(
        mesh=layout.mesh,
        flot_a=on_mesh(flot_a),
        flot_b=on_mesh(flot_b),
        forcing=Forcing(
            threshold_a=threshold(on_mesh(mean(picture.advance_a), 0.0), pace["a"], parameters),
            threshold_b=threshold(on_mesh(mean(picture.advance_b), 0.0), pace["b"], parameters),
            # Times add up along a way, so a coarse cell is as slow as the harmonic mean of its parts.
            mobility=1.0 / on_mesh(mean(1.0 / np.maximum(theatre.mobility, LEAST_MOBILITY)), 1.0 / LEAST_MOBILITY),
            pace_a=pace["a"],
            pace_b=pace["b"],
        ),
        fine_a=fine(picture.flot_a),
        fine_b=fine(picture.flot_b),
        map_error_km=jnp.float32(picture.prior.map_error_km),
        map_lag_days=jnp.float32(picture.prior.map_lag_days),
    )
    return ground, layout


def refine(increment: jax.Array, mesh: Mesh, factor: int) -> jax.Array:
    """A mesh field at the record cells that make up each mesh cell, (cell,) -> (part, cell).

    Linear in the three mesh cells nearest to each part for a factor of two; the mesh cell's own value otherwise.
    """
    if factor != 2:
        return jnp.tile(increment, (factor**2, 1))
    north, south, west, east = at_neighbours(increment, mesh)
    return jnp.stack(
        [0.5 * increment + 0.25 * (vertical + sideways) for vertical in (north, south) for sideways in (west, east)]
    )


Trace = tuple[jax.Array, jax.Array, jax.Array, jax.Array] | tuple[()]
Kept = tuple[jax.Array, jax.Array, Trace]
"""By member: areas (member, day, 3); control (member, day, cell) uint8, without cells where it is not kept; and of the
armies their series by day, what moved the lines and where units were at the leads, and the parameter set."""

BatchFn = Callable[[jax.Array, jax.Array, Ground, Parameters, jax.Array, Forces | None], tuple[Tally, Kept]]


@lru_cache(maxsize=8)
def _compiled(
    cell_km: float,
    factor: int,
    lead_days: tuple[int, ...],
    fast_count: int,
    slow_count: int,
    keep: bool,
    together: bool = False,
) -> BatchFn:
    """The program that runs one batch of members and adds them up.

    On a processor one member after another, which keeps a member's fields in its cache; `together`, on an accelerator, side
    by side, so that each of the many small operations of a day is one large one. The counts are integers, so the order in
    which members and batches finish does not matter.
    """
    last_day = lead_days[-1]
    none = len(lead_days)
    slots = jnp.full(last_day + LONGEST_LAG_DAYS + 1, none, jnp.int32).at[jnp.array(lead_days)].set(jnp.arange(none))
    at_leads = np.array(lead_days) - 1

    def run_batch(
        seed: jax.Array,
        members: jax.Array,
        ground: Ground,
        parameters: Parameters,
        active: jax.Array,
        forces: Forces | None,
    ) -> tuple[Tally, Kept]:
        mesh = ground.mesh
        step = make_step(parameters, mesh, cell_km)

        def area(state: State) -> jax.Array:
            """Land held by a, neither, b, km²; the line may cut a cell."""
            held_a, held_b = (
                (jnp.clip(0.5 - flot / cell_km, 0.0, 1.0) * mesh.land_km2).sum()
                for flot in (state.flot_a, state.flot_b)
            )
            return jnp.stack([held_a, mesh.land_km2.sum() - held_a - held_b, held_b])

        def control(state: State) -> jax.Array:
            holder = jnp.where(state.flot_a < 0, A, jnp.where(state.flot_b < 0, B, GREY)).astype(jnp.uint8)
            return holder if keep else holder[:0]

        def run_member(tally: Tally, member_active: tuple[jax.Array, jax.Array]) -> tuple[Tally, Kept]:
            member, counts = member_active
            one = counts.astype(jnp.uint16)
            fields = draw_noise(seed, member, SPIN_UP_DAY, fast_count, slow_count)
            start = State(ground.flot_a, ground.flot_b, *fields)
            nodes = jax.random.normal(key_for(seed, member, SPIN_UP_DAY, Purpose.MAP_ERROR), (slow_count,))
            error = ground.map_error_km * at_cells(along_line(nodes, mesh.slow_nodes, mesh.slow_weights), mesh)
            wait = jax.random.exponential(key_for(seed, member, SPIN_UP_DAY, Purpose.MAP_LAG)) * ground.map_lag_days
            lag = jnp.clip(jnp.round(wait), 0, LONGEST_LAG_DAYS).astype(jnp.int32)

            def count_mapped(tally: Tally, state: State, slot: jax.Array) -> Tally:
                # Only the change since the start comes from the mesh: where nothing moves, the line stays where the
                # record has it, to the cell.
                now_a = ground.fine_a + refine(state.flot_a - ground.flot_a, mesh, factor)
                now_b = ground.fine_b + refine(state.flot_b - ground.flot_b, mesh, factor)
                # Rounding between the grids must not give a cell to both: then it is neither's.
                held_a, held_b = (now_a < 0) & (now_b >= 0), (now_b < 0) & (now_a >= 0)
                return tally._replace(
                    mapped_a=tally.mapped_a.at[slot].add(held_a.astype(jnp.uint16) * one),
                    mapped_b=tally.mapped_b.at[slot].add(held_b.astype(jnp.uint16) * one),
                )

            def count_ground(tally: Tally, state: State, slot: jax.Array) -> Tally:
                return tally._replace(
                    ground_a=tally.ground_a.at[slot].add((state.flot_a - error < 0).astype(jnp.uint16) * one),
                    ground_b=tally.ground_b.at[slot].add((state.flot_b + error < 0).astype(jnp.uint16) * one),
                )

            def count_day(tally: Tally, state: State, day: jax.Array) -> Tally:
                mapped_slot = slots[day + 1]
                ground_slot = jnp.where(day + 1 >= lag, slots[jnp.maximum(day + 1 - lag, 0)], none)
                tally = jax.lax.cond(mapped_slot < none, lambda: count_mapped(tally, state, mapped_slot), lambda: tally)
                return jax.lax.cond(ground_slot < none, lambda: count_ground(tally, state, ground_slot), lambda: tally)

            days = jnp.arange(last_day + LONGEST_LAG_DAYS)
            if forces is None:

                def run_day(
                    carry: tuple[Tally, State], day: jax.Array
                ) -> tuple[tuple[Tally, State], tuple[jax.Array, jax.Array]]:
                    tally, state = carry
                    noise = draw_noise(seed, member, day, fast_count, slow_count)
                    state = step(state, ground.forcing, noise, day)
                    return (count_day(tally, state, day), state), (area(state), control(state))

                (tally, _), (areas, controls) = jax.lax.scan(run_day, (tally, start), days)
                return tally, (jnp.concatenate([area(start)[None], areas[:last_day]]), controls, ())

            first, run_armies, summary, draw = muster_member(
                seed, member, start, ground.forcing, mesh, parameters, forces, cell_km, fast_count, slow_count
            )

            def run_campaign_day(
                carry: tuple[Tally, Campaign], today: tuple[jax.Array, Orders]
            ) -> tuple[tuple[Tally, Campaign], tuple[jax.Array, ...]]:
                tally, campaign = carry
                day, orders = today
                campaign = run_armies(campaign, orders, day)
                line = campaign.line
                kept = (area(line), control(line), summary(campaign), campaign.moved_by, where_units_are(campaign))
                return (count_day(tally, line, day), campaign), kept

            (tally, _), (areas, controls, series, moved_by, units) = jax.lax.scan(
                run_campaign_day, (tally, first), (days, forces.orders)
            )
            areas = jnp.concatenate([area(start)[None], areas[:last_day]])
            trace = (
                jnp.concatenate([summary(first)[None], series[:last_day]]),
                moved_by[at_leads],
                units[at_leads],
                draw,
            )
            return tally, (areas, controls, trace)

        mapped = jnp.zeros((none, *ground.fine_a.shape), jnp.uint16)
        on_ground = jnp.zeros((none, *ground.flot_a.shape), jnp.uint16)
        return _run_all(run_member, Tally(mapped, mapped, on_ground, on_ground), (members, active), together)

    return jax.jit(run_batch)


def _run_all(
    run_member: Callable[[Tally, tuple[jax.Array, jax.Array]], tuple[Tally, Kept]],
    nobody: Tally,
    members: tuple[jax.Array, jax.Array],
    together: bool,
) -> tuple[Tally, Kept]:
    """The members of a batch one after another, or side by side, with their counts added up."""
    if not together:
        return jax.lax.scan(run_member, nobody, members)
    tallies, kept = jax.vmap(lambda *one: run_member(nobody, one))(*members)
    return jax.tree.map(lambda counts: counts.sum(axis=0, dtype=counts.dtype), tallies), kept


def run_ensemble(
    picture: Picture,
    *,
    lead_days: Sequence[int],
    members: int,
    seed: int,
    model_cell_km: float = 2.0,
    parameters: Parameters | None = None,
    keep_members: bool = False,
    progress: Callable[[int, int], None] | None = None,
    forces: Callable[[Layout, int], Forces] | None = None,
) -> EnsembleResult:
    """Run `members` of the model from a picture: of the line alone, or of a campaign with armies.

    Args:
        picture: what is known at the start. lead_days: leads to count at, ascending whole days. members: how many; 1
        to 65535. seed: of all random numbers. The same seed gives the same result whatever the number of threads.
        model_cell_km: side of a model cell, a whole number of record cells. parameters: other scalars than the
        shipped ones. keep_members: keep each member's control at the leads as well. progress: called with members
        done and members in all. forces: what makes the armies for the mesh that is laid, given how many record cells
        make a model cell. Without, the
            line runs alone.

    Raises:
        ValueError: where leads are not ascending positive days, or the grids do not divide.
    """
    leads = tuple(int(day) for day in lead_days)
    if not leads or leads[0] < 1 or any(b <= a for a, b in pairwise(leads)):
        raise ValueError(f"lead days must be ascending whole numbers from 1, not {leads}")
    if not 1 <= members <= np.iinfo(np.uint16).max:
        raise ValueError(f"members must be 1 to {np.iinfo(np.uint16).max}, not {members}")
    factor = round(model_cell_km / picture.theatre.grid.cell_km)
    model_grid = picture.theatre.grid.coarsen(factor)
    parameters = parameters or load_parameters()
    enable_compilation_cache()
    ground, layout = prepare(picture, parameters, factor, REACH_KM if forces is None else ARMIES_REACH_KM)
    armies = None if forces is None else forces(layout, factor)
    together = _side_by_side()
    size = ACCELERATOR_BATCH if together else BATCH
    counts = layout.fast_count, layout.slow_count
    run_batch = _compiled(model_grid.cell_km, factor, leads, *counts, keep_members, together)
    batches = -(-members // size)

    def run(batch: int) -> tuple[Tally, Kept]:
        ids = np.arange(batch * size, (batch + 1) * size)
        done = run_batch(jnp.uint32(seed), jnp.asarray(ids), ground, parameters, jnp.asarray(ids < members), armies)
        return jax.block_until_ready(done)

    total: list[npt.NDArray[np.uint16]] | None = None
    areas, controls, traces = [], [], []
    with ThreadPoolExecutor(_workers()) as pool:
        for done, (tally, (batch_areas, batch_control, trace)) in enumerate(pool.map(run, range(batches)), start=1):
            added = [np.asarray(field) for field in tally]
            total = added if total is None else [a + b for a, b in zip(total, added, strict=True)]
            areas.append(np.asarray(batch_areas))
            controls.append(np.asarray(batch_control)[:, np.array(leads) - 1])
            traces.append([np.asarray(part) for part in trace])
            if progress is not None:
                progress(min(done * size, members), members)
    assert total is not None
    cells = layout.cells

    def on_record(counts: npt.NDArray[np.uint16], flot: FloatArray) -> npt.NDArray[np.uint16]:
        """Counts by record cell; off the mesh all members have what the picture has."""
        everywhere = np.where(_parts(flot, factor) < 0, members, 0).astype(np.uint16).reshape(factor**2, -1)
        fields = np.repeat(everywhere[None], len(leads), axis=0)
        fields[:, :, cells] = counts[:, :, : len(cells)]
        return _whole(fields.reshape(len(leads), factor**2, *layout.shape), factor)

    def on_model(counts: npt.NDArray[np.uint16], flot: FloatArray) -> npt.NDArray[np.uint16]:
        everywhere = np.where(_parts(flot, factor).mean(axis=0) < 0, members, 0).astype(np.uint16).ravel()
        fields = np.repeat(everywhere[None], len(leads), axis=0)
        fields[:, cells] = counts[:, : len(cells)]
        return fields.reshape(len(leads), *layout.shape)

    # The mesh sees only part of the land, and cuts cells; the change is the model's, the level is the record's.
    member_area = np.concatenate(areas)[:members]
    start_area = np.array([(picture.control == holder).sum() for holder in (A, GREY, B)]) * (
        picture.theatre.grid.cell_area_km2
    )
    return EnsembleResult(
        lead_days=leads,
        members=members,
        held_a=on_record(total[0], picture.flot_a),
        held_b=on_record(total[1], picture.flot_b),
        ground_held_a=on_model(total[2], picture.flot_a),
        ground_held_b=on_model(total[3], picture.flot_b),
        area_km2=(start_area + member_area - member_area[:, :1]).astype(np.float32),
        model_cell_km=model_grid.cell_km,
        member_control=_on_grid(np.concatenate(controls)[:members], picture, layout, factor) if keep_members else None,
        armies=None
        if forces is None
        else ArmiesTrace(*(np.concatenate(parts)[:members] for parts in zip(*traces, strict=True))),
    )


def start_control(picture: Picture, factor: int) -> npt.NDArray[np.uint8]:
    """Who holds each cell of the model's grid at the start, (y, x)."""
    start_a, start_b = (_parts(flot, factor).mean(axis=0) < 0 for flot in (picture.flot_a, picture.flot_b))
    return np.where(start_a, A, np.where(start_b, B, GREY)).astype(np.uint8)


def _on_grid(control: npt.NDArray[np.uint8], picture: Picture, layout: Layout, factor: int) -> npt.NDArray[np.uint8]:
    """Members' control from the mesh to the model's grid, (member, lead, y, x); off the mesh it is the picture's."""
    start = start_control(picture, factor).ravel()
    fields = np.broadcast_to(start, (*control.shape[:2], start.size)).copy()
    fields[:, :, layout.cells] = control[:, :, : len(layout.cells)]
    return fields.reshape(*control.shape[:2], *layout.shape)


def _side_by_side() -> bool:
    """Whether the members of a batch run side by side: on an accelerator."""
    return jax.default_backend() != "cpu"


def _workers() -> int:
    """Batches in flight: one for each processor on a CPU, one on an accelerator, which is full with one."""
    if jax.default_backend() != "cpu":
        return 1
    return processors()
