"""The line model: what must hold whatever the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest

from frontcast.campaign import (
    SPIN_UP_DAY,
    Forcing,
    Mesh,
    Noise,
    Parameters,
    Purpose,
    State,
    draw_noise,
    key_for,
    lay_mesh,
    load_parameters,
    make_step,
    parameter_table,
    threshold,
)
from frontcast.campaign.contact import line_speeds, separate
from frontcast.campaign.impulse import impulse, persist, push
from frontcast.campaign.level_set import advance, at_neighbours, reinitialise, stable_days
from frontcast.errors import FrontcastError

CELL_KM = 2.0
ROWS, COLUMNS = 60, 60
NEVER = 1e3
"""A threshold that no impulse reaches."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class World:
    """A rectangle of land with a front on it."""

    mesh: Mesh
    state: State
    shape: tuple[int, int]
    counts: tuple[int, int]

    def grid(self, field: jax.Array) -> Array:
        return np.asarray(field)[: self.shape[0] * self.shape[1]].reshape(self.shape)


def centres(rows: int = ROWS, columns: int = COLUMNS) -> tuple[Array, Array]:
    """x and y of the cells, km."""
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    return (x + 0.5) * CELL_KM, (y + 0.5) * CELL_KM


def world(flot_a: Array, flot_b: Array | None = None, line: Array | None = None) -> World:
    """The world with these distances, km; without a grey zone where only a's are given; no impulse at the start."""
    flot_a = flot_a.astype(np.float32)
    flot_b = -flot_a if flot_b is None else flot_b.astype(np.float32)
    if line is None:
        line = np.abs(flot_a) < CELL_KM
    layout = lay_mesh(line, 1e4, CELL_KM)
    counts = layout.fast_count, layout.slow_count
    fields = [jnp.zeros(count) for count in (counts[0], counts[0], counts[1], counts[1])]
    state = State(jnp.asarray(layout.take(flot_a, 999.0)), jnp.asarray(layout.take(flot_b, 999.0)), *fields)
    return World(layout.mesh, state, flot_a.shape, counts)


def wavy(rows: int = ROWS, columns: int = COLUMNS) -> Array:
    """About the distance to a wavy front, km, a in the west."""
    x, y = centres(rows, columns)
    return x - columns * CELL_KM / 2 - 7.0 * np.sin(y / 11.0) - 3.0 * np.sin(y / 4.0 + 1.0)


def circle(radius: float) -> Array:
    """Distance to a circle in the middle, km."""
    x, y = centres()
    return np.hypot(x - ROWS * CELL_KM / 2, y - COLUMNS * CELL_KM / 2) - radius


def forcing_of(mesh: Mesh, a: float | Array = NEVER, b: float | Array = NEVER, pace: float = 1.0) -> Forcing:
    """The same thresholds everywhere."""
    cells = mesh.land_km2.shape
    level_a, level_b = (jnp.broadcast_to(jnp.asarray(level, jnp.float32), cells) for level in (a, b))
    return Forcing(level_a, level_b, jnp.ones(cells), jnp.float32(pace), jnp.float32(pace))


def steady(mesh: Mesh, push_a: float = 0.0, push_b: float = 0.0) -> tuple[Forcing, Parameters]:
    """A forcing under which the sides push at these speeds, km/day, as long as there is no noise."""
    parameters = load_parameters(relaxation_days=1e9, contact_km=1.0)

    def level(speed: float) -> float:
        return -float(np.log1p(speed / parameters.stride_km)) / parameters.stride_growth if speed else NEVER

    return forcing_of(mesh, level(push_a), level(push_b)), parameters


def silence(one: World) -> Callable[[int], Noise]:
    fast, slow = (jnp.zeros(count) for count in one.counts)
    return lambda day: Noise(fast, fast, slow, slow)


_draw = jax.jit(draw_noise, static_argnums=(3, 4))


def weather(one: World, seed: int, member: int = 0) -> Callable[[int], Noise]:
    return lambda day: _draw(seed, member, day, *one.counts)


@jax.jit
def one_day(mesh: Mesh, parameters: Parameters, state: State, forcing: Forcing, noise: Noise, day: jax.Array) -> State:
    """One program for all worlds of one size: compiling is most of the time these tests take."""
    return make_step(parameters, mesh, CELL_KM)(state, forcing, noise, day)


def run(
    one: World, forcing: Forcing, parameters: Parameters, days: int, noise: Callable[[int], Noise]
) -> tuple[State, State]:
    """The state at the end, and the distances after each day (day, cell)."""
    state = one.state
    flot_a, flot_b = [], []
    for day in range(days):
        state = one_day(one.mesh, parameters, state, forcing, noise(day), jnp.int32(day))
        flot_a.append(np.asarray(state.flot_a))
        flot_b.append(np.asarray(state.flot_b))
    return state, state._replace(flot_a=np.array(flot_a), flot_b=np.array(flot_b))


def spun_up(one: World, seed: int, member: int = 0) -> World:
    fields = _draw(seed, member, SPIN_UP_DAY, *one.counts)
    return World(one.mesh, State(one.state.flot_a, one.state.flot_b, *fields), one.shape, one.counts)


def beside_line(one: World, flot: jax.Array) -> Array:
    inside = flot < 0
    return np.asarray(jnp.stack([inside != other for other in at_neighbours(inside, one.mesh)]).any(axis=0))


# --- holding ground ---


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("gap_km", [0.0, 5.0])
def test_no_cell_is_ever_held_by_both(seed: int, gap_km: float) -> None:
    one = spun_up(world(wavy() + gap_km / 2, -wavy() + gap_km / 2), seed)
    generator = np.random.default_rng(seed)
    level_a, level_b = generator.uniform(0.5, 2.5, (2, *one.mesh.land_km2.shape))
    forcing = forcing_of(one.mesh, level_a, level_b, pace=2.0)
    _, history = run(one, forcing, load_parameters(), 60, weather(one, seed))
    assert not ((history.flot_a < 0) & (history.flot_b < 0)).any()
    held = np.asarray(history.flot_a < 0).sum(axis=1)
    assert len(np.unique(held)) > 30, "nothing moved: this proves nothing"


def test_separate_leaves_no_overlap_and_touches_nothing_else() -> None:
    generator = np.random.default_rng(0)
    flot_a, flot_b = generator.normal(0, 3, (2, 100_000)).astype(np.float32)
    none = jnp.zeros(1)
    apart = separate(State(jnp.asarray(flot_a), jnp.asarray(flot_b), none, none, none, none))
    assert not ((apart.flot_a < 0) & (apart.flot_b < 0)).any()
    assert float((apart.flot_a + apart.flot_b).min()) >= 0
    clear = flot_a + flot_b >= 0
    np.testing.assert_array_equal(np.asarray(apart.flot_a)[clear], flot_a[clear])
    np.testing.assert_array_equal(np.asarray(apart.flot_b)[clear], flot_b[clear])
    # The common line is where the two lines were equally deep in the other's ground.
    np.testing.assert_allclose(np.asarray(apart.flot_a)[~clear], (flot_a - flot_b)[~clear] / 2, atol=1e-5)


@pytest.mark.parametrize("gap_km", [0.0, 6.0])
def test_a_line_without_push_stays_exactly_where_it_is(gap_km: float) -> None:
    one = spun_up(world(wavy() + gap_km / 2, -wavy() + gap_km / 2), seed=4)
    end, history = run(one, forcing_of(one.mesh), load_parameters(quiet_threshold=NEVER), 180, weather(one, 4))
    for flot, start in ((history.flot_a, one.state.flot_a), (history.flot_b, one.state.flot_b)):
        np.testing.assert_array_equal(np.asarray(flot < 0), np.broadcast_to(start < 0, flot.shape))
    for flot, start in ((end.flot_a, one.state.flot_a), (end.flot_b, one.state.flot_b)):
        beside = beside_line(one, start)
        np.testing.assert_array_equal(np.asarray(flot)[beside], np.asarray(start)[beside])


# --- moving at the right speed ---


@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, 200.0])
@pytest.mark.parametrize("speed", [0.4, 3.7])
def test_a_straight_line_moves_at_exactly_the_speed_of_the_push(angle: float, speed: float) -> None:
    days = 20
    x, y = centres(80, 80)
    along, across = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    middle = 80 * CELL_KM / 2
    distance = (x - middle) * along + (y - middle) * across + days * speed / 2
    one = world(distance)
    forcing, parameters = steady(one.mesh, push_a=speed)
    end, _ = run(one, forcing, parameters, days, silence(one))
    moved = distance - one.grid(end.flot_a)
    near = np.abs(one.grid(end.flot_a)) < 10.0
    assert near.any()
    np.testing.assert_allclose(moved[near], days * speed, atol=1e-3)
    np.testing.assert_allclose(one.grid(end.flot_b)[near], -one.grid(end.flot_a)[near], atol=1e-4)


def test_against_each_other_the_line_moves_at_the_difference() -> None:
    x, _ = centres()
    one = world(x - 60.0)
    forcing, parameters = steady(one.mesh, push_a=1.0, push_b=2.5)
    end, _ = run(one, forcing, parameters, 20, silence(one))
    np.testing.assert_allclose(one.grid(end.flot_a)[:, 10:40], (x - 30.0)[:, 10:40], atol=1e-3)


def test_mobility_scales_the_speed_and_nothing_stops_at_it() -> None:
    x, _ = centres()
    one = world(x - 60.0)
    forcing, parameters = steady(one.mesh, push_a=2.0)
    half = forcing._replace(mobility=0.5 * forcing.mobility)
    end, _ = run(one, half, parameters, 20, silence(one))
    np.testing.assert_allclose(one.grid(end.flot_a)[:, 30:50], (x - 80.0)[:, 30:50], atol=1e-3)
    water = forcing._replace(mobility=jnp.asarray(np.r_[np.where(x.ravel() > 80, 0, 1), np.ones(8192 - x.size)]))
    end, _ = run(one, water, parameters, 20, silence(one))
    np.testing.assert_array_equal(one.grid(end.flot_a) < 0, x < 80)


@pytest.mark.parametrize(("start", "push_a", "push_b"), [(15.0, 2.0, 0.0), (45.0, 0.0, 2.0)])
def test_a_circle_grows_and_shrinks_at_the_speed_of_the_push(start: float, push_a: float, push_b: float) -> None:
    one = world(circle(start))
    forcing, parameters = steady(one.mesh, push_a, push_b)
    end, _ = run(one, forcing, parameters, 15, silence(one))
    inside = one.grid(end.flot_a) < 0
    radius = np.sqrt(inside.sum() * CELL_KM**2 / np.pi)
    assert radius == pytest.approx(start + 15 * (push_a - push_b), rel=0.05)


def test_the_stable_step_makes_no_new_extremes() -> None:
    # A line on a rough field, everywhere at the fastest speed allowed: monotone schemes keep the range.
    generator = np.random.default_rng(5)
    one = world(generator.normal(0, 2, (ROWS, COLUMNS)))
    speed = jnp.asarray(generator.choice([-8.0, 8.0], one.mesh.land_km2.shape))
    days = stable_days(jnp.float32(8.0), CELL_KM)
    rough = one.grid(one.state.flot_a)
    smooth = one.grid(advance(one.state.flot_a, speed, days, one.mesh, CELL_KM))
    assert smooth[1:-1, 1:-1].min() >= rough.min() - 1e-4
    assert smooth[1:-1, 1:-1].max() <= rough.max() + 1e-4
    assert np.abs(smooth - rough).max() > 0.5


# --- symmetry ---


def corner_order(name: str) -> list[int]:
    """Which of a cell's four nodes, row by row, takes the place of each when the map is turned over."""
    return {"flipud": [2, 3, 0, 1], "fliplr": [1, 0, 3, 2], "transpose": [0, 2, 1, 3]}[name]


@pytest.mark.parametrize("name", ["flipud", "fliplr", "transpose"])
def test_a_mirrored_map_gives_the_mirrored_run(name: str) -> None:
    turn = getattr(np, name)
    seed = 6
    # All cells count as line, so that none is as near to one line cell as to another.
    everywhere = np.ones((ROWS, COLUMNS), bool)
    first = spun_up(world(wavy(), line=everywhere), seed)
    second = world(turn(wavy()), line=everywhere)
    order = corner_order(name)
    number = turn(np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)).ravel()

    def same_node(of_first: jax.Array, of_second: jax.Array, count: int) -> jax.Array:
        """For each node of the second mesh, the first's that it is the image of."""
        image = np.zeros(count, np.int64)
        cells = np.arange(ROWS * COLUMNS)
        image[np.asarray(of_second)[:, cells]] = np.asarray(of_first)[np.array(order)[:, None], number]
        return jnp.asarray(image)

    fast = same_node(first.mesh.fast_nodes, second.mesh.fast_nodes, second.counts[0])
    slow = same_node(first.mesh.slow_nodes, second.mesh.slow_nodes, second.counts[1])

    def mirrored(noise: Noise) -> Noise:
        return Noise(noise.fast_a[fast], noise.fast_b[fast], noise.slow_a[slow], noise.slow_b[slow])

    fields = mirrored(Noise(*first.state[2:]))
    second = World(second.mesh, State(*second.state[:2], *fields), second.shape, second.counts)
    draw = weather(first, seed)
    forcing, parameters = forcing_of(first.mesh, 1.6, 1.8), load_parameters()
    end_first, _ = run(first, forcing, parameters, 40, draw)
    end_second, _ = run(second, forcing, parameters, 40, lambda day: mirrored(draw(day)))
    moved = np.abs(first.grid(end_first.flot_a) - wavy())
    assert moved.max() > 4.0
    for of_first, of_second in ((end_first.flot_a, end_second.flot_a), (end_first.flot_b, end_second.flot_b)):
        expected = turn(first.grid(of_first))
        # Two corners of the mesh are held still, and they are not each other's image.
        near = np.abs(expected) < 25.0
        np.testing.assert_allclose(second.grid(of_second)[near], expected[near], atol=0.01)


def test_swapped_sides_give_the_swapped_run() -> None:
    def swap_state(state: State) -> State:
        return State(state.flot_b, state.flot_a, state.fast_b, state.fast_a, state.slow_b, state.slow_a)

    one = spun_up(world(wavy() + 1.5, -wavy() + 1.5), seed=7)
    other = World(one.mesh, swap_state(one.state), one.shape, one.counts)
    draw = weather(one, 7)

    def swapped(day: int) -> Noise:
        noise = draw(day)
        return Noise(noise.fast_b, noise.fast_a, noise.slow_b, noise.slow_a)

    end, _ = run(one, forcing_of(one.mesh, 1.5, 1.9), load_parameters(), 40, draw)
    back, _ = run(other, forcing_of(one.mesh, 1.9, 1.5), load_parameters(), 40, swapped)
    np.testing.assert_allclose(end.flot_a, back.flot_b, atol=0.01)
    np.testing.assert_allclose(end.flot_b, back.flot_a, atol=0.01)


# --- long runs ---


def test_free_runs_of_half_a_year_stay_bounded() -> None:
    parameters = load_parameters()
    base = world(wavy())
    land = base.mesh.land_km2
    forcing = forcing_of(base.mesh, *(float(threshold(p, 1.0, parameters)) for p in (0.12, 0.15)))
    areas = []
    for member in range(6):
        one = spun_up(base, 8, member)
        end, history = run(one, forcing, parameters, 180, weather(one, 8, member))
        for flot in (history.flot_a, history.flot_b):
            assert np.isfinite(flot).all()
            assert np.abs(base.grid(flot[-1])).max() < 1.5 * np.hypot(ROWS, COLUMNS) * CELL_KM
        for field in end[2:]:
            assert np.abs(field).max() < 6.0
        held_a, held_b = (np.asarray((flot < 0) * land).sum(axis=1) for flot in (history.flot_a, history.flot_b))
        assert (held_a + held_b <= land.sum() + 1e-3).all()
        assert min(held_a.min(), held_b.min()) >= 0.0
        areas.append(held_a)
    gained = (np.array(areas) - float((base.state.flot_a < 0) @ land)) / (ROWS * CELL_KM)
    spread = gained.std(axis=0)
    # Kilometres of line; a march of 180 days at a constant push would be in the hundreds.
    assert 0.1 < spread[29] < 10.0
    assert spread[29] < spread[179] < 6 * spread[29]
    assert np.abs(gained).max() < 40.0


# --- grey zone, pockets, merging ---


def test_the_grey_zone_is_crossed_by_who_pushes_and_the_other_stands_until_then() -> None:
    x, _ = centres()
    one = world(x - 40.0, 60.0 - x, line=np.abs(x - 50.0) < 10.0)
    forcing, parameters = steady(one.mesh, push_b=1.0)
    _, history = run(one, forcing, parameters, 40, silence(one))
    # Where each line is, km, by day.
    line_a = np.array([x[30, 5] - one.grid(flot)[30, 5] for flot in history.flot_a])
    line_b = np.array([x[30, 5] + one.grid(flot)[30, 5] for flot in history.flot_b])
    gap = line_b - line_a
    assert (gap > -1e-3).all()
    np.testing.assert_allclose(line_b[:10], 60.0 - np.arange(1, 11), atol=0.01)
    np.testing.assert_allclose(line_a[:10], 40.0, atol=0.01)
    # Once in contact the two lines go on as one.
    assert gap[-1] < 3.0
    assert line_a[-1] - line_a[-6] == pytest.approx(-5.0, rel=0.1)
    assert line_b[-1] == pytest.approx(20.0, abs=0.05)


def test_in_contact_the_two_speeds_are_one() -> None:
    generator = np.random.default_rng(9)
    flot = jnp.asarray(generator.normal(0, 20, 1000))
    none = jnp.zeros(1)
    push_a, push_b = jnp.asarray(generator.exponential(2, (2, 1000)))
    forcing = Forcing(none, none, jnp.ones(1000), jnp.float32(1), jnp.float32(1))
    parameters = load_parameters()
    speed_a, speed_b = line_speeds(State(flot, -flot, none, none, none, none), push_a, push_b, forcing, parameters)
    np.testing.assert_array_equal(speed_a, -speed_b)
    apart = State(flot, 1e4 - flot, none, none, none, none)
    far_a, far_b = line_speeds(apart, push_a, push_b, forcing, parameters)
    np.testing.assert_allclose(far_a, push_a)
    np.testing.assert_allclose(far_b, push_b)


def test_a_pocket_shrinks_and_is_gone() -> None:
    one = world(circle(9.0))
    forcing, parameters = steady(one.mesh, push_b=1.5)
    _, history = run(one, forcing, parameters, 30, silence(one))
    held = np.asarray(history.flot_a < 0).sum(axis=1)
    assert (np.diff(held) <= 0).all()
    assert held[3] > 0
    assert held[8] == held[-1] == 0
    b_grid = one.grid(history.flot_b[-1])
    assert (b_grid < 0).all()
    assert np.isfinite(np.asarray(history.flot_a)).all()


def test_two_fronts_merge() -> None:
    x, _ = centres()
    strip = 12.0 - np.abs(x - 60.0)
    one = world(strip)
    forcing, parameters = steady(one.mesh, push_a=2.0)
    _, history = run(one, forcing, parameters, 12, silence(one))
    held_b = np.asarray(history.flot_b < 0).sum(axis=1)
    assert held_b[3] > 0
    assert held_b[-1] == 0
    assert (one.grid(history.flot_a[-1]) < 0).all()


# --- repairing the distance ---


def test_repair_leaves_the_line_and_mends_the_distance() -> None:
    exact = circle(30.0)
    x, y = centres()
    # Steep here, flat there; true within a cell or two of the line.
    warp = 1.0 + 0.5 * np.sin(x / 9.0) * np.cos(y / 9.0) * np.clip(np.abs(exact) / 4.0 - 1.0, 0.0, 1.0)
    one = world(exact * warp)
    warped = one.state.flot_a
    few = reinitialise(warped, one.mesh, CELL_KM)
    many = reinitialise(warped, one.mesh, CELL_KM, sweeps=80)
    beside = beside_line(one, warped)
    for mended in (few, many):
        np.testing.assert_array_equal(np.asarray(mended < 0), np.asarray(warped < 0))
        np.testing.assert_array_equal(np.asarray(mended)[beside], np.asarray(warped)[beside])

    def steepness(phi: jax.Array) -> float:
        grid = one.grid(phi)
        slope = np.hypot(*np.gradient(grid, CELL_KM))[np.abs(exact) < 12.0]
        return float(np.abs(slope - 1.0).mean())

    assert steepness(few) < 0.7 * steepness(warped)
    assert steepness(many) < 0.05
    ring = (np.abs(exact) > 6.0) & (np.abs(exact) < 20.0)
    assert (np.abs(one.grid(warped) - exact) / np.abs(exact))[ring].max() > 0.3
    assert (np.abs(one.grid(many) - exact) / np.abs(exact))[ring].max() < 0.1
    assert (np.abs(one.grid(many) - exact) / np.abs(exact))[ring].mean() < 0.04


def test_a_true_distance_stays_true() -> None:
    one = world(circle(30.0))
    mended = one.grid(reinitialise(one.state.flot_a, one.mesh, CELL_KM, sweeps=40))
    assert np.abs(mended - circle(30.0))[np.abs(circle(30.0)) < 15.0].max() < 0.25 * CELL_KM


# --- push ---


def stretches(count: int) -> Mesh:
    """Places far apart, each with nodes of its own."""
    own = np.tile(np.arange(count, dtype=np.uint32), (4, 1))
    first = np.zeros((4, count), np.float32)
    first[0] = 1.0
    return Mesh(
        neighbours=jnp.asarray(own[:2]),
        bounded=jnp.ones((4, count), bool),
        nearest=jnp.asarray(own[0]),
        fast_nodes=jnp.asarray(own),
        fast_weights=jnp.asarray(first),
        slow_nodes=jnp.asarray(own),
        slow_weights=jnp.asarray(first),
        land_km2=jnp.ones(count),
    )


def pushes(count: int, days: int, level: float, parameters: Parameters, seed: int = 0) -> Array:
    """Push of side a, (day, place) km/day, from the stationary state."""
    mesh = stretches(count)
    forcing = forcing_of(mesh, level)
    none = jnp.zeros(count)

    def day_on(state: State, day: jax.Array) -> tuple[State, jax.Array]:
        state = persist(state, draw_noise(seed, 0, day, count, count), parameters)
        return state, push(state, forcing, mesh, parameters, day)[0]

    start = State(none, none, *draw_noise(seed, 0, SPIN_UP_DAY, count, count))
    return np.asarray(jax.jit(lambda: jax.lax.scan(day_on, start, jnp.arange(days))[1])())


@pytest.mark.parametrize("probability", [0.01, 0.05, 0.2])
def test_the_line_moves_as_often_as_the_picture_says(probability: float) -> None:
    parameters = load_parameters()
    level = float(threshold(jnp.float32(probability), jnp.float32(1.0), parameters))
    gained = pushes(400_000, 7, level, parameters).sum(axis=0)
    assert (gained >= 1.0).mean() == pytest.approx(probability, rel=0.1)


def test_threshold_is_finite_at_the_ends_and_falls_with_probability_and_pace() -> None:
    parameters = load_parameters()
    levels = np.asarray(threshold(jnp.linspace(0.0, 1.0, 50), jnp.float32(1.0), parameters))
    assert np.isfinite(levels).all()
    assert (np.diff(levels) < 0).all()
    assert threshold(jnp.float32(0.1), jnp.float32(2.0), parameters) > threshold(
        jnp.float32(0.1), jnp.float32(1.0), parameters
    )


def test_push_is_rare_and_heavy_tailed() -> None:
    parameters = load_parameters()
    speed = pushes(100_000, 7, float(threshold(jnp.float32(0.1), jnp.float32(1.0), parameters)), parameters)
    assert (speed >= 0).all()
    assert speed.max() <= parameters.speed_limit
    assert (speed == 0).mean() > 0.9
    kurtosis = ((speed - speed.mean()) ** 4).mean() / speed.var() ** 2
    assert kurtosis > 30
    moving = speed[speed > 0]
    assert np.quantile(moving, 0.99) > 4 * np.median(moving)


def test_push_is_never_above_the_limit() -> None:
    parameters = load_parameters()
    assert pushes(1000, 2, -10.0, parameters).max() == parameters.speed_limit


def test_impulse_persists_and_keeps_unit_variance() -> None:
    parameters, count = load_parameters(), 4000
    mesh = stretches(count)
    far_off = State(*(jnp.full(count, 5.0) for _ in range(6)))

    def day_on(state: State, day: jax.Array) -> tuple[State, jax.Array]:
        state = persist(state, draw_noise(11, 0, day, count, count), parameters)
        return state, impulse(state.fast_a, state.slow_a, mesh, parameters)

    _, series = jax.jit(lambda: jax.lax.scan(day_on, far_off, jnp.arange(1000)))()
    late = np.asarray(series)[600:]
    assert np.asarray(series)[0].mean() > 2.0
    assert late.mean() == pytest.approx(0.0, abs=0.03)
    assert late.var() == pytest.approx(1.0, abs=0.03)

    def correlation(lag: int) -> float:
        return float((late[lag:] * late[:-lag]).mean())

    fast, slow, share = parameters.fast_persistence, np.exp(-1 / parameters.slow_days), parameters.slow_weight**2
    for lag in (1, 3, 14, 120):
        expected = (1 - share) * fast**lag + share * slow**lag
        assert correlation(lag) == pytest.approx(expected, abs=0.02)


def test_impulse_is_alike_along_the_line_and_independent_far_off() -> None:
    x, _ = centres(150, 20)
    one = world(x - 20.0)
    parameters = load_parameters()

    def draw(member: jax.Array) -> jax.Array:
        noise = draw_noise(12, member, 0, *one.counts)
        return impulse(noise.fast_a, noise.slow_a, one.mesh, parameters)

    fields = np.asarray(jax.jit(jax.vmap(draw))(jnp.arange(2000)))[:, : 150 * 20].reshape(-1, 150, 20)
    on_line = fields[:, :, 10]
    np.testing.assert_allclose(on_line.var(axis=0), 1.0, atol=0.15)

    def correlation(cells: int) -> float:
        return float(np.mean(on_line[:, cells:] * on_line[:, :-cells]))

    assert correlation(1) > 0.8
    assert 0.2 < correlation(3) < correlation(1)
    assert abs(correlation(40)) < 0.05
    # A cell far from the line takes the impulse of its stretch of line.
    np.testing.assert_array_equal(fields[:, :, 0], fields[:, :, 9])


def test_both_sides_draw_their_own() -> None:
    noise = draw_noise(1, 2, 3, 4096, 4096)
    for one, other in ((noise.fast_a, noise.fast_b), (noise.slow_a, noise.slow_b), (noise.fast_a, noise.slow_a)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.06


# --- random numbers ---


def test_every_seed_member_day_and_purpose_has_a_key_of_its_own() -> None:
    keys = {
        tuple(np.asarray(jax.random.key_data(key_for(seed, member, day, purpose))).tolist())
        for seed in (0, 1)
        for member in range(5)
        for day in range(-1, 4)
        for purpose in Purpose
    }
    assert len(keys) == 2 * 5 * 5 * len(Purpose)


def test_noise_depends_on_nothing_but_its_key() -> None:
    alone = draw_noise(3, 17, 5, 256, 128)
    together = jax.jit(jax.vmap(lambda member: draw_noise(3, member, 5, 256, 128)))(jnp.arange(16, 20))
    for one, many in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, many[1])


# --- mesh and parameters ---


def test_the_mesh_knows_its_neighbours_and_its_edge() -> None:
    shape = (30, 40)
    line = np.zeros(shape, bool)
    line[5:20, 18] = line[20, 10:18] = True
    layout = lay_mesh(line, 20.0, CELL_KM)
    row, column = np.divmod(layout.cells, shape[1])
    count = len(row)
    assert count < line.size
    place = jnp.asarray(layout.take(np.arange(line.size, dtype=np.float32).reshape(shape), -1.0))
    on_mesh = np.zeros((shape[0] + 2, shape[1] + 2), bool)
    on_mesh[row + 1, column + 1] = True
    for side, (down, right) in enumerate(((-1, 0), (1, 0), (0, -1), (0, 1))):
        there = on_mesh[row + 1 + down, column + 1 + right]
        expected = np.where(there, (row + down) * shape[1] + column + right, layout.cells)
        np.testing.assert_array_equal(at_neighbours(place, layout.mesh)[side][:count], expected)
        np.testing.assert_array_equal(layout.mesh.bounded[side][:count], ~there)
    assert float(layout.mesh.land_km2.sum()) == count * CELL_KM**2


def test_no_line_no_mesh() -> None:
    with pytest.raises(ValueError, match="no line"):
        lay_mesh(np.zeros((5, 5), bool), 20.0, CELL_KM)


def test_every_parameter_has_a_source_and_a_value_within_its_range() -> None:
    table = parameter_table()
    assert set(table) == set(Parameters._fields)
    for scalar in table.values():
        assert scalar.source
        assert scalar.range[0] <= scalar.value <= scalar.range[1]


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(FrontcastError, match="no parameter is called strid_km"):
        load_parameters(strid_km=1.0)
