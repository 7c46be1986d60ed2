"""Armies laid on the mesh: the front cut into stretches, units and depots as arrays, and a member as it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.campaign.army import Campaign, Front, Orders, Pools, Rear, Roster, Stretches, Units
from frontcast.campaign.campaign_step import Setting, advantages, look
from frontcast.campaign.impulse import along_line
from frontcast.campaign.mechanism import COUNT
from frontcast.campaign.mechanisms import manpower, supply
from frontcast.campaign.mesh import Layout
from frontcast.campaign.randomness import SPIN_UP_DAY, Purpose, key_for
from frontcast.campaign.types import State
from frontcast.campaign.view import MEN_TO_A_BATTALION
from frontcast.picture import Picture
from frontcast.picture.armies import (
    DEPOT_EVERY,
    KERNEL_KM,
    KERNEL_REACH_KM,
    STRETCH_KM,
    VALUE_DECAY_KM,
    VALUE_KM,
    Armies,
    worth,
)
from frontcast.theatre import GREY, A, B

Array = npt.NDArray[Any]

STRETCH_PADDING, UNIT_PADDING, HEADQUARTERS_PADDING, DEPOT_PADDING = 64, 64, 32, 16
LLOYD_ROUNDS = 8
ORDERED_MOVES = 3
"""Moves that one unit can be ordered to make in a run."""

PASSABLE = 0.1
"""Mobility below which ground is no way for an army: the Dnipro, lakes, the sea (prior only)."""

FAR_AWAY_KM = 1.0e5


class Forces(NamedTuple):
    """What a run with armies needs beside the ground, as device arrays.

    Attributes:
        front, roster: see `campaign.army`.
        units: as they start, in full; supply and shells are filled by the member's own parameters.
        pools: (side,) at the start.
        believed: (side, stretch) float32. Log of what feints before the start make each side believe of the enemy.
        orders: by day, see `campaign.army.Orders`.
        on: (mechanism,) switches.
        draws: (draw, parameter) float32, parameter sets; each member takes one of them.
    """

    front: Front
    roster: Roster
    units: Units
    pools: Pools
    believed: jax.Array
    orders: Orders
    on: jax.Array
    draws: jax.Array


@dataclass(frozen=True)
class Deployment:
    """Where everything lies, for orders and for telling: numpy, without padding.

    Attributes:
        armies: as mustered.
        stretch_x, stretch_y: (stretch,) km on the grid. length_km: (stretch,).
        front, roster, units, pools: arrays as they start.
    """

    armies: Armies
    stretch_x: Array
    stretch_y: Array
    length_km: Array
    front: Front
    roster: Roster
    units: Units
    pools: Pools

    @property
    def stretches(self) -> int:
        """How many stretches there are, padding not counted."""
        return len(self.length_km)


def _pad(values: Array, multiple: int, idle: float = 0.0) -> Array:
    length = -(-max(len(values), 1) // multiple) * multiple
    out = np.full((length, *values.shape[1:]), idle, values.dtype)
    out[: len(values)] = values
    return out


def _cut(picture: Picture, layout: Layout, factor: int) -> dict[str, Array]:
    """The front cut into stretches: of line cells, of mesh cells, and where they are."""
    theatre = picture.theatre
    grid = theatre.grid.coarsen(factor)
    ways = np.where(theatre.land, np.maximum(theatre.mobility, 1e-3), 1e-3)
    rows, columns = ways.shape
    # The slowest part of a cell is what stops an army.
    ground = ways.reshape(rows // factor, factor, columns // factor, factor).min(axis=(1, 3))

    def coarse(field: Array) -> Array:
        rows, columns = field.shape
        means: Array = field.reshape(rows // factor, factor, columns // factor, factor).mean(axis=(1, 3))
        return means

    middle = 0.5 * (coarse(picture.flot_a) - coarse(picture.flot_b))
    up, right = (np.asarray(slope) for slope in np.gradient(middle, grid.cell_km))
    x_km, y_km = (axis / 1000.0 for axis in np.meshgrid(grid.x, grid.y))
    at = layout.line_cells
    line_x, line_y = x_km.ravel()[at], y_km.ravel()[at]
    line_stretch, centre_x, centre_y = _divide(line_x, line_y)
    count = len(centre_x)
    nearest = np.asarray(layout.mesh.nearest)
    stretch = line_stretch[np.minimum(nearest, len(line_stretch) - 1)]
    near = np.abs(middle.ravel()[layout.cells]) < grid.cell_km
    of_cells = stretch[: len(layout.cells)][near]
    weight = np.bincount(of_cells, minlength=count).astype(float)

    def mean(values: Array, fallback: Array) -> Array:
        total = np.bincount(of_cells, values.ravel()[layout.cells][near], minlength=count)
        return np.where(weight > 0, total / np.maximum(weight, 1), fallback)

    start_x, start_y = mean(x_km, centre_x), mean(y_km, centre_y)
    # Rows go south: the gradient towards b has its sign turned in y.
    to_x, to_y = mean(right, np.zeros(count)), mean(-up, np.zeros(count))
    size = np.maximum(np.hypot(to_x, to_y), 1e-6)
    return {
        "line_stretch": line_stretch,
        "stretch": stretch,
        "length_km": weight * grid.cell_km / 2.0,
        "start_x": start_x,
        "start_y": start_y,
        "to_b_x": to_x / size,
        "to_b_y": to_y / size,
        "passable": mean((ground > PASSABLE).astype(float), np.zeros(count)),
        "cell_x": x_km.ravel()[layout.cells],
        "cell_y": y_km.ravel()[layout.cells],
    }


def _divide(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Points of a line, km, divided into stretches of some `STRETCH_KM`: of each point its stretch, and their middles.

    Middles are set as far from each other as they go until none is missing, then moved to the middle of what is nearest to
    them (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5; Lloyd 1982). Both edges of the line fall to one stretch.
    """
    chosen = [int(np.lexsort((x, y))[0])]
    away = np.hypot(x - x[chosen[0]], y - y[chosen[0]])
    while away.max() > 0.6 * STRETCH_KM:
        chosen.append(int(np.argmax(away)))
        away = np.minimum(away, np.hypot(x - x[chosen[-1]], y - y[chosen[-1]]))
    middle_x, middle_y = x[chosen], y[chosen]
    for _ in range(LLOYD_ROUNDS):
        mine = np.argmin(np.hypot(x[:, None] - middle_x, y[:, None] - middle_y), axis=1)
        size = np.bincount(mine, minlength=len(chosen))
        full = size > 0
        middle_x = np.where(full, np.bincount(mine, x, minlength=len(chosen)) / np.maximum(size, 1), middle_x)
        middle_y = np.where(full, np.bincount(mine, y, minlength=len(chosen)) / np.maximum(size, 1), middle_y)
    mine = np.argmin(np.hypot(x[:, None] - middle_x, y[:, None] - middle_y), axis=1)
    kept, mine = np.unique(mine, return_inverse=True)
    return mine, middle_x[kept], middle_y[kept]


def _values(picture: Picture, cut: dict[str, Array]) -> Array:
    """Worth of what lies ahead of each side on each stretch, standardised over the front, (side, stretch)."""
    theatre = picture.theatre
    table = theatre.places.table
    row, column = theatre.places.cells
    held = np.where(row >= 0, picture.control[row, column], 255)
    x, y = theatre.grid.project(table["lon"].to_numpy(), table["lat"].to_numpy())
    x, y = x / 1000.0, y / 1000.0
    people = np.nan_to_num(table["population"].to_numpy(float)) if "population" in table else np.zeros(len(table))
    # A village counts as one of a few hundred people where no number is known.
    people = np.maximum(people, 200.0)
    length = cut["length_km"]
    values = np.zeros((2, len(length)))
    for side, other in ((0, B), (1, A)):
        there = (held == other) | (held == GREY)
        away = np.hypot(cut["start_x"][:, None] - x[there], cut["start_y"][:, None] - y[there])
        worth_of = np.where(away < VALUE_KM, np.exp(-away / VALUE_DECAY_KM), 0.0) @ people[there]
        logs = np.log(worth_of + 1000.0)
        weight = length / max(length.sum(), 1e-6)
        mean = (weight * logs).sum()
        spread = np.sqrt((weight * (logs - mean) ** 2).sum()) + 1e-6
        values[side] = np.clip((logs - mean) / spread, -2.5, 2.5)
    return values


def deploy(picture: Picture, armies: Armies, layout: Layout, factor: int) -> Deployment:
    """Armies on the mesh, as they stand in the picture."""
    cut = _cut(picture, layout, factor)
    count = len(cut["length_km"])
    away = np.hypot(cut["start_x"][:, None] - cut["start_x"], cut["start_y"][:, None] - cut["start_y"])
    kernel = np.where((away < KERNEL_REACH_KM) & ~np.eye(count, dtype=bool), np.exp(-((away / KERNEL_KM) ** 2)), 0.0)
    kernel *= cut["length_km"]
    kernel /= np.maximum(kernel.sum(axis=1, keepdims=True), 1e-9)
    padded = -(-count // STRETCH_PADDING) * STRETCH_PADDING
    big_kernel = np.zeros((padded, padded), np.float32)
    big_kernel[:count, :count] = kernel
    line_count = np.bincount(cut["line_stretch"], minlength=count)
    mesh_size, line_length = layout.mesh.land_km2.shape[0], layout.mesh.fast_weights.shape[1]

    def by_stretch(name: str) -> jax.Array:
        return jnp.asarray(_pad(cut[name].astype(np.float32), STRETCH_PADDING))

    def to_mesh(values: Array, idle: float = 0.0) -> Array:
        out = np.full(mesh_size, idle, np.float32)
        out[: len(values)] = values
        return out

    def to_line(values: Array, idle: float = 0.0) -> Array:
        out = np.full(line_length, idle, values.dtype)
        out[: len(values)] = values
        return out

    place = np.searchsorted(layout.cells, layout.line_cells)
    rows, columns = picture.control.shape
    fortified = armies.fortified.reshape(2, rows // factor, factor, columns // factor, factor).mean(axis=(2, 4))
    fortified = np.stack([to_mesh(one.ravel()[layout.cells]) for one in fortified])
    values = np.zeros((2, padded), np.float32)
    values[:, :count] = _values(picture, cut)
    front = Front(
        stretch=jnp.asarray(cut["stretch"], jnp.uint32),
        x=jnp.asarray(to_mesh(cut["cell_x"], FAR_AWAY_KM)),
        y=jnp.asarray(to_mesh(cut["cell_y"], FAR_AWAY_KM)),
        real=jnp.asarray(to_mesh(np.ones(len(layout.cells)))),
        line_cell=jnp.asarray(to_line(place), jnp.uint32),
        line_stretch=jnp.asarray(to_line(cut["line_stretch"]), jnp.uint32),
        line_share=jnp.asarray(to_line((1.0 / line_count[cut["line_stretch"]]).astype(np.float32))),
        length_km=by_stretch("length_km"),
        kernel=jnp.asarray(big_kernel),
        start_x=by_stretch("start_x"),
        start_y=by_stretch("start_y"),
        to_b_x=by_stretch("to_b_x"),
        to_b_y=by_stretch("to_b_y"),
        passable=by_stretch("passable"),
        value=jnp.asarray(values),
        fortified=jnp.asarray(fortified),
    )
    table, commands = armies.units, armies.headquarters
    side = (table["side"] == "b").to_numpy().astype(np.int32)

    def column(name: str, scale: float = 1.0) -> Array:
        return _pad((table[name].to_numpy(float) * scale).astype(np.float32), UNIT_PADDING)

    men, armour, guns = column("battalions", MEN_TO_A_BATTALION), column("vehicles"), column("guns")
    units_length = len(men)
    led = np.bincount(table["headquarters"], minlength=len(commands))
    depots = _depots(cut)
    never = np.full((ORDERED_MOVES, units_length), np.inf, np.float32)
    nowhere = np.zeros((ORDERED_MOVES, units_length), np.float32)
    roster = Roster(
        side=jnp.asarray(_pad(side, UNIT_PADDING)),
        quality=jnp.asarray(column("quality")),
        steadiness=jnp.asarray(column("steadiness")),
        headquarters=jnp.asarray(_pad(table["headquarters"].to_numpy(np.int32), UNIT_PADDING)),
        available_day=jnp.full(units_length, -1.0),
        men=jnp.asarray(men),
        armour=jnp.asarray(armour),
        guns=jnp.asarray(guns),
        order_day=jnp.asarray(never),
        order_x=jnp.asarray(nowhere),
        order_y=jnp.asarray(nowhere),
        headquarters_side=jnp.asarray(
            _pad((commands["side"] == "b").to_numpy().astype(np.int32), HEADQUARTERS_PADDING)
        ),
        led=jnp.asarray(_pad(led.astype(np.float32), HEADQUARTERS_PADDING)),
        # Padding is neither side's.
        depot_side=jnp.asarray(_pad(np.repeat([0, 1], len(depots)).astype(np.int32), DEPOT_PADDING, 2)),
        depot_stretch=jnp.asarray(_pad(np.tile(depots, 2).astype(np.int32), DEPOT_PADDING)),
    )
    x = _pad(table["x_km"].to_numpy(np.float32), UNIT_PADDING, FAR_AWAY_KM)
    y = _pad(table["y_km"].to_numpy(np.float32), UNIT_PADDING, FAR_AWAY_KM)
    zero = jnp.zeros(units_length)
    units = Units(
        x=jnp.asarray(x),
        y=jnp.asarray(y),
        men=jnp.asarray(men),
        armour=jnp.asarray(armour),
        guns=jnp.asarray(guns),
        readiness=zero,
        cohesion=jnp.asarray(column("steadiness")),
        tons=zero,
        shells=zero,
        broken=zero,
        goal_x=jnp.asarray(x),
        goal_y=jnp.asarray(y),
        under_way=zero,
    )
    return Deployment(
        armies=armies,
        stretch_x=cut["start_x"],
        stretch_y=cut["start_y"],
        length_km=cut["length_km"],
        front=front,
        roster=roster,
        units=units,
        pools=_pools(table),
    )


def _depots(cut: dict[str, Array]) -> Array:
    """Stretches behind which depots lie: one to some 50 km of front."""
    wide = STRETCH_KM * DEPOT_EVERY
    box = np.floor(cut["start_x"] / wide).astype(int) * 10_000 + np.floor(cut["start_y"] / wide).astype(int)
    chosen = []
    for name in np.unique(box):
        members = np.flatnonzero(box == name)
        x, y = cut["start_x"][members], cut["start_y"][members]
        chosen.append(members[np.argmin(np.hypot(x - x.mean(), y - y.mean()))])
    return np.array(chosen, int)


def _pools(table: pd.DataFrame) -> Pools:
    """Each side's pools at the start, by the shares in `armies.toml`."""
    shares = worth()["pools"]
    by_side = [table[table["side"] == side] for side in "ab"]

    def of(name: str) -> jax.Array:
        return jnp.asarray([float(shares[name][side]) for side in "ab"], jnp.float32)

    def times(name: str, column: str, scale: float = 1.0) -> jax.Array:
        totals = [float(units[column].sum()) * scale for units in by_side]
        return of(name) * jnp.asarray(totals, jnp.float32)

    zero = jnp.zeros(2)
    return Pools(
        manpower=times("manpower", "battalions", MEN_TO_A_BATTALION),
        trainees=jnp.zeros((2, manpower.LONGEST_TRAINING_DAYS)),
        vehicles=times("vehicles", "vehicles"),
        gun_pool=times("guns", "guns"),
        guided=of("guided"),
        launchers=of("launchers"),
        will=jnp.ones(2),
        depots_km=of("depots_km"),
        transition=zero,
        since_struck=zero,
        lost_men=zero,
        lost_armour=zero,
        lost_guns=zero,
        captured=zero,
        called=zero,
        shown=zero,
        consumed_tons=zero,
        destroyed_tons=zero,
        received_tons=zero,
        fired_shells=zero,
        destroyed_shells=zero,
        received_shells=zero,
        tempo=zero,
        initiative=jnp.full(2, 0.5),
    )


def no_orders(days: int, stretches: int) -> Orders:
    """Orders for `days` in which nothing is ordered, delivered or called up, numpy arrays to be filled in."""
    by_side = np.zeros((days, 2), np.float32)
    by_stretch = np.zeros((days, 2, stretches), np.float32)
    return Orders(
        effort=np.ones((days, 2), np.float32),  # type: ignore[arg-type]
        **{
            name: (by_stretch if name in ("feint", "fall_back") else by_side).copy()  # type: ignore[arg-type]
            for name in Orders._fields
            if name != "effort"
        },
    )


def begin(
    line: State, forces: Forces, setting: Setting, seed: jax.Array, member: jax.Array, slow_count: int
) -> Campaign:
    """A member as it starts: what the order of battle does not show is drawn, stocks are filled, beliefs are formed."""
    front, roster, p = forces.front, forces.roster, setting.mechanisms
    count = front.length_km.shape[0]

    def hidden(side: int) -> jax.Array:
        key = jax.random.fold_in(key_for(seed, member, SPIN_UP_DAY, Purpose.HIDDEN), side)
        nodes = jax.random.normal(key, (slow_count,))
        on_line = along_line(nodes, setting.mesh.slow_nodes, setting.mesh.slow_weights)
        return jax.ops.segment_sum(front.line_share * on_line, front.line_stretch, count)

    stretches = Stretches(
        x=front.start_x,
        y=front.start_y,
        moved_km=jnp.zeros(count),
        vacated_km=jnp.zeros((2, count)),
        withdrawal=jnp.zeros((2, count)),
        fall_back_km=jnp.zeros((2, count)),
        regime=jnp.zeros((2, count), jnp.int32),
        dug_in=jnp.full((2, count), 0.2),
        belief=jnp.zeros((2, count)),
        hidden=p.response.unseen * jnp.stack([hidden(0), hidden(1)]),
        activity=jnp.zeros((2, count)),
    )
    tons_a_day, shells = supply.need(forces.units, p.deliveries.shells_a_day)
    units = forces.units._replace(
        readiness=jnp.full_like(forces.units.men, p.readiness.start),
        tons=p.supply.days_held * tons_a_day,
        shells=p.supply.days_held * shells,
    )
    depots = roster.depot_side.shape[0]
    share = supply.usual_demand(units, roster, front, stretches, forces.pools, p.supply)
    rear = Rear(
        working=jnp.ones(roster.headquarters_side.shape[0]),
        depot_working=jnp.ones(depots),
        depot_tons=p.supply.depot_days * (share @ tons_a_day),
        depot_shells=p.supply.depot_days * supply.ORDINARY_FIRE * (share @ shells),
    )
    campaign = Campaign(
        line=line,
        units=units,
        rear=rear,
        pools=forces.pools,
        stretches=stretches,
        advantage=jnp.zeros((COUNT, 2, count)),
        moved_by=jnp.zeros((COUNT, 2, count)),
    )
    day = jnp.float32(0.0)
    seen = look(campaign, setting, day)
    # Each side believes what the order of battle shows, and what it has been made to believe.
    shown = jnp.log(seen.density) - stretches.hidden
    campaign = campaign._replace(stretches=stretches._replace(belief=shown[::-1] + forces.believed))
    first = jax.tree.map(lambda field: field[0], forces.orders)
    calm = first._replace(effort=jnp.ones(2), regenerate=jnp.zeros(2))
    return campaign._replace(advantage=advantages(campaign, seen, calm, setting).by_mechanism)
