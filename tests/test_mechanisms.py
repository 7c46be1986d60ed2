"""Each mechanism does what the reports describe, and taking it out undoes that and nothing else."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from battlefield import DAYS, Battlefield, Course, make_armies, make_picture

from frontcast.campaign.campaign_step import Setting, advantages, look
from frontcast.campaign.engagement.daily import REGIMES, load_daily, record
from frontcast.campaign.mechanism import Mechanism, switches
from frontcast.campaign.mechanism_parameters import Entry, load_mechanisms, mechanism_table
from frontcast.campaign.mechanisms import (
    attrition,
    clearing,
    combined_arms,
    endurance,
    munitions,
    regimes,
    rout,
)
from frontcast.errors import FrontcastError
from frontcast.picture import Picture

M = Mechanism


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    return make_picture(tmp_path_factory.mktemp("battlefield"))


@pytest.fixture(scope="module")
def field(picture: Picture) -> Battlefield:
    return Battlefield(picture, make_armies(picture))


@pytest.fixture(scope="module")
def plain(field: Battlefield) -> Course:
    """A run in which nothing is ordered."""
    return field.run(field.forces())


def last(course: Course) -> Any:
    return jax.tree.map(lambda leaf: np.asarray(leaf[-1]), course.days)


def by_side(field: Battlefield, values: Any) -> np.ndarray:
    """Sums of a unit's property by side."""
    side, men = np.asarray(field.deployment.roster.side), np.asarray(field.deployment.units.men)
    return np.array([np.asarray(values)[..., (side == number) & (men > 0)].sum(axis=-1) for number in (0, 1)])


def day_advantage(field: Battlefield, course: Any, forces: Any, day: int) -> np.ndarray:
    """Every mechanism's advantage on a day, (mechanism, side, stretch)."""
    from battlefield import _setting

    setting: Setting = _setting(forces, field.ground)
    campaign = jax.tree.map(lambda leaf: leaf[day], course.days)
    view = look(campaign, setting, jnp.float32(day))
    orders = jax.tree.map(lambda leaf: leaf[day], forces.orders)
    return np.asarray(advantages(campaign, view, orders, setting).by_mechanism)


# What must hold of all of them.


def test_with_all_mechanisms_out_the_day_is_that_of_the_line_model(field: Battlefield) -> None:
    from frontcast.campaign import draw_noise, make_step

    out = tuple(f"M{number}" for number in range(1, 29) if number not in (25, 26))
    course = field.run(field.forces(without=out))
    step = jax.jit(make_step(field.line, field.ground.mesh, 2.0))
    line = course.first.line
    for day in range(8):
        noise = draw_noise(1, 0, day, field.layout.fast_count, field.layout.slow_count)
        line = step(line, field.ground.forcing, noise, jnp.int32(day))
    cells = len(field.layout.cells)
    np.testing.assert_allclose(course.days.line.flot_a[7][:cells], line.flot_a[:cells], atol=2e-3)
    np.testing.assert_allclose(course.days.line.flot_b[7][:cells], line.flot_b[:cells], atol=2e-3)


def test_nothing_is_ever_lost_in_the_numbers(plain: Course) -> None:
    for path, leaf in jax.tree_util.tree_leaves_with_path(plain.days):
        assert np.isfinite(np.asarray(leaf)).all(), jax.tree_util.keystr(path)


def test_no_ground_is_held_by_both(field: Battlefield, plain: Course) -> None:
    cells = len(field.layout.cells)
    line = plain.days.line
    assert (np.asarray(line.flot_a)[:, :cells] + np.asarray(line.flot_b)[:, :cells] > -1e-3).all()


def test_people_are_neither_made_nor_lost(field: Battlefield) -> None:
    orders = field.orders()
    orders.called[3], orders.shown[3], orders.recruits[5] = 20_000, 4_000, 500  # type: ignore[index]
    forces = field.forces(orders, manpower__training_days=14.0)
    course = field.run(forces)
    pools, units = course.days.pools, course.days.units
    now = by_side(field, units.men) + np.asarray(pools.manpower + pools.trainees.sum(axis=-1) + pools.lost_men).T
    start = by_side(field, course.first.units.men) + np.asarray(course.first.pools.manpower)
    np.testing.assert_allclose(now - np.asarray(pools.shown).T, np.broadcast_to(start[:, None], now.shape), rtol=2e-5)
    assert (np.asarray(pools.lost_men)[-1] > 100).all()


def test_vehicles_and_guns_are_neither_made_nor_lost(field: Battlefield) -> None:
    orders = field.orders()
    orders.guns[2] = 30  # type: ignore[index]
    forces = field.forces(orders, rout__base=1.0)
    course = field.run(forces, start=lambda campaign: penetrated(campaign, field, 0.0))
    pools, units = course.days.pools, course.days.units
    armour = by_side(field, units.armour) + np.asarray(pools.vehicles + pools.lost_armour - pools.captured).T
    guns = by_side(field, units.guns) + np.asarray(pools.gun_pool + pools.lost_guns).T
    np.testing.assert_allclose(
        armour[:, -1], by_side(field, course.first.units.armour) + course.first.pools.vehicles, rtol=2e-5
    )
    before = by_side(field, course.first.units.guns) + course.first.pools.gun_pool
    np.testing.assert_allclose(guns[:, -1], before + 30, rtol=2e-5)
    assert np.asarray(pools.captured)[-1].sum() > 0


def test_shells_and_tons_are_neither_made_nor_lost(field: Battlefield) -> None:
    orders = field.orders()
    orders.strike_depots[5:15] = 3.0  # type: ignore[index]
    course = field.run(field.forces(orders))
    pools, rear, side = course.days.pools, course.days.rear, np.asarray(field.deployment.roster.depot_side)
    for held, stock, got, used, gone in (
        ("tons", "depot_tons", "received_tons", "consumed_tons", "destroyed_tons"),
        ("shells", "depot_shells", "received_shells", "fired_shells", "destroyed_shells"),
    ):

        def depots(rear: Any, stock: str = stock) -> np.ndarray:
            return np.array([np.asarray(getattr(rear, stock))[..., side == number].sum(axis=-1) for number in (0, 1)])

        have = by_side(field, getattr(course.days.units, held)) + depots(rear)
        had = by_side(field, getattr(course.first.units, held)) + depots(course.first.rear)
        change = np.asarray(getattr(pools, got) - getattr(pools, used) - getattr(pools, gone)).T
        np.testing.assert_allclose(have, had[:, None] + change, rtol=1e-4)
        assert np.asarray(getattr(pools, gone))[-1].min() > 0


@pytest.mark.parametrize("mechanism", [m for m in Mechanism if m not in (M.PUSH, M.REPORTED_FORECASTS, M.CLAIMS)])
def test_a_mechanism_taken_out_moves_nothing(field: Battlefield, plain: Course, mechanism: Mechanism) -> None:
    del plain
    course = field.run(field.forces(without=(f"M{int(mechanism)}",)))
    assert np.abs(np.asarray(course.days.moved_by)[-1, int(mechanism)]).max() == 0.0


def test_what_moved_the_line_adds_up_to_how_far_it_moved(field: Battlefield) -> None:
    """Within the coarseness of the stretches, the record of the mechanisms is the movement."""
    orders = field.orders()
    orders.fall_back[0, 1, :] = 12.0  # type: ignore[index]
    course = field.run(field.forces(orders, response__sensitivity=0.03))
    told = np.asarray(course.days.moved_by)[9].sum(axis=0)
    went = np.asarray(course.days.stretches.moved_km)[9]
    count = field.deployment.stretches
    inner = slice(1, count - 1)
    assert went[inner].mean() == pytest.approx(12.0, abs=1.0)
    assert 0.5 * (told[0] - told[1])[inner].mean() == pytest.approx(went[inner].mean(), abs=1.0)


def test_members_of_one_seed_meet_the_same_luck_whatever_is_changed(field: Battlefield, plain: Course) -> None:
    orders = field.orders()
    orders.sacked[40] = 1.0  # type: ignore[index]
    other = field.run(field.forces(orders))
    for before, after in zip(jax.tree.leaves(plain.days.units), jax.tree.leaves(other.days.units), strict=True):
        np.testing.assert_array_equal(np.asarray(before)[:40], np.asarray(after)[:40])


# M1


def test_withdrawal_grows_only_above_the_tolerated_loss(field: Battlefield) -> None:
    from frontcast.campaign.mechanisms import withdrawal

    p = load_mechanisms().withdrawal
    stretches = field.run(field.forces()).first.stretches
    count = field.stretches
    light, heavy = (jnp.full((2, count), share) for share in (0.02, 0.15))
    assert float(withdrawal.adapt(stretches, light, p, jnp.float32(1)).withdrawal.max()) == 0.0
    once = withdrawal.adapt(stretches, heavy, p, jnp.float32(1))
    # Epstein's formula, first day: W_max (α − α_T) / (1 − α_T).
    assert float(once.withdrawal.max()) == pytest.approx(20.0 * 0.10 / 0.95, rel=1e-4)
    twice = withdrawal.adapt(once, heavy, p, jnp.float32(1))
    calm = withdrawal.adapt(twice, light, p, jnp.float32(1))
    assert float(calm.withdrawal.max()) < float(once.withdrawal.max()) < float(twice.withdrawal.max()) < 20.0


def test_a_side_that_withdraws_loses_less(field: Battlefield) -> None:
    p, forces = load_mechanisms(), field.forces()
    course = field.run(forces)
    view = field.view(course.first, forces, 0)
    count = field.stretches
    full, none = jnp.ones((2, count)), jnp.zeros((2, count))
    fixed, free = (
        attrition.loss_fractions(view, full, none, leaving, none, p.attrition, jnp.float32(1))
        for leaving in (none, full)
    )
    assert (np.asarray(free) < np.asarray(fixed)).all()


def test_ordered_ground_is_given_up_at_the_pace_of_a_delay(field: Battlefield) -> None:
    orders = field.orders()
    orders.fall_back[0, 0, :] = 10.0  # type: ignore[index]
    course = field.run(field.forces(orders, response__sensitivity=0.03))
    went = np.asarray(course.days.stretches.moved_km)[:, : field.deployment.stretches].mean(axis=1)
    assert went[0] == pytest.approx(-5.0, abs=1.0)
    assert went[4] == pytest.approx(-10.0, abs=1.5)


# M2


def test_losses_follow_the_log_law(field: Battlefield) -> None:
    """Own size dominates: twice the attackers cost the attacker 2^α as much, α being what the battles say, not twice."""
    daily = load_daily()
    (own, _), (others, _) = daily.exponents
    assert 0.0 < others < own < 1.0
    p, forces = load_mechanisms().attrition, field.forces()
    view = field.view(field.run(forces).first, forces, 0)
    count = field.stretches
    zero, attack = jnp.zeros((2, count)), jnp.zeros((2, count)).at[0].set(1.0)
    kept = slice(1, field.deployment.stretches - 1)
    p = p._replace(standing=0.0)

    def lost(battalions: jax.Array) -> np.ndarray:
        fractions = attrition.loss_fractions(
            view._replace(battalions=battalions), attack, zero, zero, zero, p, jnp.float32(1)
        )
        return np.asarray(fractions * battalions)[:, kept]

    few, many = lost(view.battalions), lost(view.battalions.at[0].multiply(2.0))
    np.testing.assert_allclose(many[0] / few[0], 2.0**own, rtol=1e-3)
    np.testing.assert_allclose(many[1] / few[1], 2.0**others, rtol=1e-3)


# M3


def test_better_troops_have_the_advantage_where_they_stand(picture: Picture) -> None:
    def old(units: pd.DataFrame) -> pd.DataFrame:
        units.loc[(units["side"] == "b") & (units["y_km"] > 0), "quality"] = 0.5
        return units

    field = Battlefield(picture, make_armies(picture, old))
    forces = field.forces()
    found = np.asarray(field.run(forces).first.advantage)[M.QUALITY]
    assert found[0, field.near(60.0)] == pytest.approx(np.log(2.0), abs=0.15)
    assert found[1, field.near(60.0)] == pytest.approx(-np.log(2.0), abs=0.15)
    assert found[0, field.near(-60.0)] == pytest.approx(0.0, abs=0.02)


# M4


def test_guided_munitions_run_out_and_what_follows_hits_less(field: Battlefield) -> None:
    p = load_mechanisms().munitions
    pools = field.deployment.pools._replace(guided=jnp.array([30.0, 0.0]), launchers=jnp.array([10.0, 10.0]))
    hits = []
    for _ in range(4):
        pools, today = munitions.fire(pools, p, jnp.float32(1))
        hits.append(np.asarray(today))
    found = np.array(hits)
    assert float(pools.guided[0]) == 0.0
    assert found[0, 0] == pytest.approx(10 * p.missions_a_day * p.hit_guided)
    assert found[-1, 0] == found[0, 1] == pytest.approx(10 * p.missions_a_day * p.hit_substitute)
    _, endless = munitions.fire(pools, p, jnp.float32(0))
    assert float(endless[0]) == pytest.approx(found[0, 0])


# M5 and M6


def test_generals_forward_spare_readiness_and_are_hit_more(field: Battlefield) -> None:
    orders = field.orders()
    orders.strike_headquarters[10:] = 1.0  # type: ignore[index]
    # Everybody attacks and tires, so generals go forward.
    strong = {"attrition__intensity": 0.02, "readiness__wear": 0.3, "regimes__enter": 0.001}
    with_them = last(field.run(field.forces(orders, **strong)))
    without = last(field.run(field.forces(orders, without=("M5",), **strong)))
    present = np.asarray(field.deployment.units.men) > 0
    assert with_them.units.readiness[present].mean() > without.units.readiness[present].mean()
    led = np.asarray(field.deployment.roster.led) > 0
    assert with_them.rear.working[led].mean() < without.rear.working[led].mean()


def test_a_headquarters_hit_drops_and_recovers(field: Battlefield) -> None:
    orders = field.orders()
    orders.strike_headquarters[5, 1] = 100.0  # type: ignore[index]
    forces = field.forces(orders)
    course = field.run(forces)
    led = (np.asarray(field.deployment.roster.led) > 0) & (np.asarray(field.deployment.roster.headquarters_side) == 1)
    working = np.asarray(course.days.rear.working)[:, led].mean(axis=1)
    assert working[4] == pytest.approx(1.0)
    assert working[5] == pytest.approx(0.5, abs=0.01)
    assert working[12] > working[5] + 0.2
    assert working[-1] > 0.95
    assert day_advantage(field, course, forces, 5)[M.HEADQUARTERS, 0].max() > 0.3
    assert day_advantage(field, course, forces, 4)[M.HEADQUARTERS].max() == pytest.approx(0.0, abs=1e-5)


# M7


def test_a_sacked_commander_costs_at_once_and_fades(field: Battlefield) -> None:
    orders = field.orders()
    orders.sacked[5, 1] = 1.0  # type: ignore[index]
    transition = np.asarray(field.run(field.forces(orders)).days.pools.transition)
    assert (transition[:5] == 0).all()
    assert transition[5, 1] == pytest.approx(0.1)
    assert transition[19, 1] == pytest.approx(0.1 * np.exp(-1), rel=1e-3)
    assert (transition[:, 0] == 0).all()


# M8


def test_regimes_go_up_one_at_a_time_and_only_through_gaps() -> None:
    p = load_mechanisms().regimes
    shape = (2, 20_000)
    zero, one = jnp.zeros(shape), jnp.ones(shape)
    chance = jax.random.uniform(jax.random.key(1), shape)

    def share(regime: int, gap: float, reserves: float, broken: float) -> tuple[float, ...]:
        after = regimes.develop(
            jnp.full(shape, regime, jnp.int32),
            one,
            one,
            one * gap,
            zero,
            one * reserves,
            one * broken,
            chance,
            p,
            jnp.float32(1),
        )
        return tuple(float((after == level).mean()) for level in range(4))

    held, open_ground = share(0, 0.05, 0.3, 0.0), share(0, 1.0, 0.3, 0.0)
    assert held[2] == held[3] == open_ground[2] == open_ground[3] == 0
    assert open_ground[1] > 5 * held[1]
    assert share(1, 0.5, 0.0, 0.0)[2] > 3 * share(1, 0.5, 0.5, 0.0)[2]
    assert share(2, 0.5, 0.0, 0.0)[3] == 0
    assert share(2, 0.5, 0.0, 1.0)[3] > 0.2
    assert share(1, 0.5, 0.5, 0.0)[0] == pytest.approx(1 / p.last_days, abs=0.02)


def test_regimes_advance_at_the_medians_of_the_battles() -> None:
    p = load_mechanisms().regimes
    strides = jax.random.normal(jax.random.key(2), (2, 20_001))
    battles = record()["regimes"]
    speeds = [
        float(jnp.median(regimes.speed(jnp.full(strides.shape, regime, jnp.int32), strides, p)))
        for regime in range(len(REGIMES))
    ]
    assert speeds[0] == 0.0
    for name, speed in zip(REGIMES[1:], speeds[1:], strict=True):
        low, high = battles[name]["km_per_day_90"]
        assert 0.97 * low <= speed <= 1.03 * high, name
    # Battles that only penetrated or pursued held that pace; those that broke through had slower days before.
    assert speeds[1] == pytest.approx(battles["penetration"]["km_per_day"], rel=0.03)
    assert speeds[2] >= battles["breakthrough"]["km_per_day"]
    assert speeds[3] == pytest.approx(battles["pursuit"]["km_per_day"], rel=0.03)


# M9


def test_rest_brings_readiness_back_and_not_strength(field: Battlefield) -> None:
    orders = field.orders()
    orders.effort[:] = 0.0  # type: ignore[index]

    def worn(campaign: Any) -> Any:
        units = campaign.units
        return campaign._replace(
            units=units._replace(readiness=units.readiness * 0.4, men=units.men * 0.6),
            pools=campaign.pools._replace(manpower=jnp.zeros(2)),
        )

    course = field.run(field.forces(orders), start=worn)
    present = np.asarray(field.deployment.units.men) > 0
    assert np.asarray(course.first.units.readiness)[present].mean() == pytest.approx(0.3)
    assert last(course).units.readiness[present].mean() > 0.85
    men = np.asarray(course.days.units.men)[:, present].sum(axis=1)
    assert (np.diff(men) <= 0).all()


# M10


def test_prepared_positions_are_dug_in_time_and_hold_an_attack_up(field: Battlefield) -> None:
    orders = field.orders()
    orders.effort[:] = 0.0  # type: ignore[index]
    forces = field.forces(orders, endurance__spread=0.1)
    course = field.run(forces)
    kept = slice(2, field.deployment.stretches - 2)
    dug = np.asarray(course.days.stretches.dug_in)[:, :, kept]
    assert dug[-1].mean() > dug[0].mean() + 0.2
    early, late = (day_advantage(field, course, forces, day)[M.PREPARED_POSITIONS, :, kept] for day in (0, DAYS - 1))
    assert late.mean() < early.mean() < 0


def test_ground_fortified_beforehand_counts_when_the_line_comes_to_it(field: Battlefield) -> None:
    front = field.deployment.front
    fortified = jnp.where((jnp.abs(front.x + 14.0) < 8.0)[None] & jnp.array([[True], [False]]), 0.95, 0.0)
    orders = field.orders()
    orders.fall_back[0, 0, :] = 12.0  # type: ignore[index]
    forces = field.forces(orders, front=front._replace(fortified=fortified))
    course = field.run(forces)
    kept = slice(2, field.deployment.stretches - 2)
    before = np.asarray(course.first.advantage)[M.PREPARED_POSITIONS, 1, kept].mean()
    after = day_advantage(field, course, forces, 8)[M.PREPARED_POSITIONS, 1, kept].mean()
    assert after < before - 0.2


# M11


def test_a_side_that_regenerates_gains_less_ground_and_more_readiness(field: Battlefield) -> None:
    orders = field.orders()
    orders.regenerate[:, 1] = 1.0  # type: ignore[index]
    runs = [[field.run(field.forces(o), seed=seed) for seed in range(4)] for o in (field.orders(), orders)]
    side = np.asarray(field.deployment.roster.side)
    b = (side == 1) & (np.asarray(field.deployment.units.men) > 0)
    grind, rest = ([last(run) for run in some] for some in runs)
    gained = [
        np.mean([-run.stretches.moved_km[: field.deployment.stretches].mean() for run in some])
        for some in (grind, rest)
    ]
    ready = [np.mean([run.units.readiness[b].mean() for run in some]) for some in (grind, rest)]
    assert gained[1] < gained[0]
    assert ready[1] > ready[0]


# M12


def test_delivered_arms_fight_from_their_day_on(field: Battlefield) -> None:
    orders = field.orders()
    orders.launchers[10, 0], orders.guided[10, 0], orders.guns[10, 0] = 12.0, 400.0, 50.0  # type: ignore[index]
    pools = field.deployment.pools._replace(launchers=jnp.zeros(2), guided=jnp.zeros(2))
    course = field.run(field.forces(orders, pools=pools))
    launchers = np.asarray(course.days.pools.launchers)[:, 0]
    assert (launchers[:10] == 0).all()
    assert (launchers[10:] == 12).all()
    struck = np.asarray(course.days.pools.since_struck)[:, 1]
    assert (struck[:10] == 0).all()
    assert struck[-1] > 0
    without = field.run(field.forces(orders, pools=pools, without=("M12",)))
    assert np.asarray(without.days.pools.launchers)[:, 0].max() == 0


# M13


def test_orders_go_where_the_value_is(field: Battlefield) -> None:
    found = np.asarray(field.run(field.forces()).first.advantage)[M.OBJECTIVES]
    # Eastburg and Westburg lie thirty kilometres from the middle of the front, beyond 25; Northend is on it.
    assert found[0].argmax() == pytest.approx(field.near(60.0), abs=2)
    assert found[0, field.near(60.0)] > found[0, field.near(-70.0)]


# M14


def test_a_collapsed_line_leaves_a_grey_zone_until_it_is_cleared(field: Battlefield) -> None:
    orders = field.orders()
    orders.fall_back[0, 1, :] = 60.0  # type: ignore[index]
    slow = field.run(field.forces(orders, withdrawal__ordered_km=20.0, clearing__clearing_km=15.0))
    land = np.asarray(field.ground.mesh.land_km2)
    line = slow.days.line
    grey = ((np.asarray(line.flot_a) >= 0) & (np.asarray(line.flot_b) >= 0)) @ land
    assert grey[2] > 1000
    assert grey[6] < 0.3 * grey[2]
    at_once = field.run(field.forces(orders, without=("M14",), withdrawal__ordered_km=20.0))
    line = at_once.days.line
    assert (((np.asarray(line.flot_a) >= 0) & (np.asarray(line.flot_b) >= 0)) @ land)[2] < 0.2 * grey[2]
    p = load_mechanisms().clearing
    np.testing.assert_allclose(clearing.follow(jnp.array([5.0, 40.0]), jnp.zeros(2), p, jnp.float32(1)), [5.0, 20.0])


# M15


def penetrated(campaign: Any, field: Battlefield, y_km: float) -> Any:
    """Side b's units near a place are broken."""
    units = campaign.units
    near = (jnp.abs(units.y - y_km) < 12.0) & (field.deployment.roster.side == 1)
    return campaign._replace(units=units._replace(broken=jnp.where(near, 1.0, units.broken)))


def test_a_rout_reaches_units_sixty_kilometres_from_contact(picture: Picture) -> None:
    """Units in the rear break because those around them run, with no enemy near; without M15 nobody does."""

    def with_rear(units: pd.DataFrame) -> pd.DataFrame:
        rear = units[(units["side"] == "b") & (units["y_km"].abs() < 30)].copy()
        belt = [rear.assign(x_km=x, unit=rear["unit"] + f" in depth {x}") for x in (30.0, 60.0)]
        return pd.concat([units, *belt])

    field = Battlefield(picture, make_armies(picture, with_rear))
    x = np.asarray(field.deployment.units.x)
    deep = (x > 55) & (x < 1000)
    assert deep.sum() == 6
    reached = 0
    for seed in range(6):
        forces = field.forces(rout__base=1.0, rout__spread_km=30.0)
        course = field.run(forces, seed=seed, start=lambda campaign: penetrated(campaign, field, 0.0))
        reached += int((np.asarray(course.days.units.broken)[:, deep].max(axis=0) > 0).sum())
        calm = field.run(field.forces(without=("M15",)), seed=seed)
        assert np.asarray(calm.days.units.broken).max() == 0
    assert reached >= 3


def test_the_reasons_to_break_add_up_to_those_reported() -> None:
    assert sum(rout.SHARES) == pytest.approx(0.88)
    assert rout.SHARES[rout.REASONS.index("neighbour withdrew")] == 0.13


def test_broken_units_give_up_their_ground(field: Battlefield) -> None:
    course = field.run(field.forces(), start=lambda campaign: penetrated(campaign, field, 0.0))
    went = np.asarray(course.days.stretches.moved_km)[3]
    assert went[field.near(0.0)] > 10
    assert abs(went[field.near(70.0)]) < 4


def test_nobody_follows_a_rout_across_a_great_river(field: Battlefield) -> None:
    """Where water lies between the lines, broken units give up no ground; elsewhere they do."""
    front = field.deployment.front
    river = front._replace(passable=jnp.where(front.start_y > 0.0, 0.0, front.passable))
    forces = field.forces(front=river, rout__base=0.005)

    def all_broken(campaign: Any) -> Any:
        b = field.deployment.roster.side == 1
        return campaign._replace(units=campaign.units._replace(broken=jnp.where(b, 1.0, 0.0)))

    course = field.run(forces, start=all_broken)
    went = np.asarray(course.days.moved_by)[2, int(M.ROUT), 1]
    assert went[field.near(-50.0)] < -20.0
    assert went[field.near(50.0)] == 0.0


def test_men_run_faster_than_the_enemy_clears(field: Battlefield) -> None:
    """M14 acts in a rout: as shipped, a front that is all broken leaves ground grey."""
    p = load_mechanisms()
    assert p.rout.speed_km > p.clearing.clearing_km

    def all_broken(campaign: Any) -> Any:
        b = field.deployment.roster.side == 1
        return campaign._replace(units=campaign.units._replace(broken=jnp.where(b, 1.0, 0.0)))

    course = field.run(field.forces(), start=all_broken)
    vacated = np.asarray(course.days.stretches.vacated_km)[0, 1]
    assert vacated[field.near(0.0)] > 2.0


# M16


def test_moving_a_brigade_away_opens_a_gap_there_and_nowhere_else(field: Battlefield) -> None:
    """And penetration is likelier there and nowhere else."""
    unit = field.armies.units.index[(field.armies.units["side"] == "b") & (field.armies.units["y_km"] == 5.0)][0]
    roster = field.deployment.roster
    moved = roster._replace(
        order_day=roster.order_day.at[0, unit].set(3.0),
        order_x=roster.order_x.at[0, unit].set(60.0),
        order_y=roster.order_y.at[0, unit].set(-70.0),
    )
    calm = {"deception__respond": 0.02, "deception__threat": 1.5, "regimes__enter": 0.001, "rout__base": 0.02}
    stays, goes = field.forces(**calm), field.forces(roster=moved, **calm)
    runs = field.run(stays), field.run(goes)
    views = [
        field.view(jax.tree.map(lambda leaf: leaf[8], run.days), forces, 9)
        for run, forces in zip(runs, (stays, goes), strict=True)
    ]
    thinned = np.log(np.asarray(views[1].density)[1] / np.asarray(views[0].density)[1])[: field.deployment.stretches]
    assert thinned[field.near(5.0)] < -0.2
    assert abs(thinned[field.near(75.0)]) < 0.02
    assert thinned.argmin() == pytest.approx(field.near(5.0), abs=1)
    p = load_mechanisms()
    from frontcast.campaign.mechanisms import frontage

    count = field.deployment.stretches
    quarter = jnp.full((2, 4000), 1.0)

    def entered(view: Any, stretch: int) -> float:
        gap = frontage.gap(view, p.frontage)[:, stretch : stretch + 1] * quarter
        chance = jax.random.uniform(jax.random.key(0), quarter.shape)
        zero = jnp.zeros_like(quarter)
        loud = p.regimes._replace(enter=0.2)
        after = regimes.develop(
            zero.astype(jnp.int32), quarter, quarter, gap, zero, zero, zero, chance, loud, jnp.float32(1)
        )
        return float((after[0] == 1).mean())

    there = [entered(view, field.near(5.0)) for view in views]
    far = [entered(view, min(field.near(75.0), count - 1)) for view in views]
    assert there[1] > 1.15 * there[0]
    assert far[1] == pytest.approx(far[0], abs=0.01)


# M17


def test_a_headquarters_that_leads_too_many_is_worth_less(picture: Picture) -> None:
    def one_command(units: pd.DataFrame) -> pd.DataFrame:
        units.loc[units["side"] == "b", "headquarters"] = 4
        return units

    narrow, wide = Battlefield(picture, make_armies(picture)), Battlefield(picture, make_armies(picture, one_command))
    before, after = (
        np.asarray(one.run(one.forces()).first.advantage)[M.SPAN_OF_CONTROL, 0].mean() for one in (narrow, wide)
    )
    assert after > before + 0.08


# M18


def test_arms_without_each_other_are_worth_as_much_as_the_weakest(field: Battlefield) -> None:
    p, forces = load_mechanisms().combined_arms, field.forces()
    campaign = field.run(forces).first
    view = field.view(campaign, forces, 0)
    full = jnp.ones_like(campaign.units.men)
    kept = slice(1, field.deployment.stretches - 1)
    all_arms = np.asarray(combined_arms.together(campaign.units, view, full, full, p))[:, kept]
    no_shells = np.asarray(combined_arms.together(campaign.units, view, full, full * 0.0, p))[:, kept]
    assert (all_arms > 0.9).all()
    assert (no_shells < 0.5).all()


# M19


def test_absent_forces_take_part_from_their_date(field: Battlefield) -> None:
    roster = field.deployment.roster
    away = roster._replace(available_day=jnp.where(roster.side == 1, 20.0, -1.0))
    forces = field.forces(roster=away)
    course = field.run(forces)
    campaign = jax.tree.map(lambda leaf: leaf[18], course.days)
    assert float(field.view(campaign, forces, 19).battalions[1].sum()) == 0.0
    assert float(field.view(campaign, forces, 20).battalions[1].sum()) > 10.0
    present = field.forces(roster=away, without=("M19",))
    assert float(field.view(campaign, present, 0).battalions[1].sum()) > 10.0


# M20


def test_a_believed_feint_moves_reserves_and_a_disbelieved_one_does_not(picture: Picture) -> None:
    def with_reserves(units: pd.DataFrame) -> pd.DataFrame:
        behind = units[(units["side"] == "b") & (units["y_km"] > -30)].copy()
        return pd.concat([units, behind.assign(x_km=40.0, unit=behind["unit"] + " in reserve")])

    field = Battlefield(picture, make_armies(picture, with_reserves))
    orders = field.orders()
    orders.feint[:, 0, field.near(-60.0)] = 0.788  # type: ignore[index]
    orders.feint[:, 0, field.near(-70.0)] = 0.788  # type: ignore[index]
    calm = {"rout__base": 0.02, "regimes__enter": 0.001, "response__sensitivity": 0.03, "deception__respond": 0.3}
    believed = last(field.run(field.forces(orders, **calm)))
    not_believed = last(field.run(field.forces(**calm)))
    reserve = np.asarray(field.deployment.units.x) == 40.0
    south = [(np.abs(run.units.y[reserve] + 65.0) < 25.0).sum() for run in (believed, not_believed)]
    assert south[0] >= south[1] + 3


def test_surprise_fades_by_a_third_a_day_under_attack(field: Battlefield) -> None:
    from frontcast.campaign.mechanisms import deception

    p, forces = load_mechanisms().deception, field.forces()
    campaign = field.run(forces).first
    view = field.view(campaign, forces, 0)
    stretches = campaign.stretches._replace(belief=jnp.log(view.density[::-1]) - 0.6)
    attack = jnp.zeros((2, field.stretches)).at[0].set(1.0)
    zero = jnp.zeros((2, field.stretches))
    first = deception.surprise(stretches, view)[0, 0]
    after = deception.learn(stretches, view, attack, zero, p, jnp.float32(1))
    assert float(first) == pytest.approx(0.6, abs=1e-4)
    assert float(deception.surprise(after, view)[0, 0]) == pytest.approx(0.4, abs=1e-3)
    assert float(deception.surprise(after, view)[1, 0]) > 0.5


# M21


def test_pressed_troops_refuse_before_they_run(picture: Picture) -> None:
    def proxies(units: pd.DataFrame) -> pd.DataFrame:
        units.loc[(units["side"] == "b") & (units["y_km"] > 0), "steadiness"] = 0.3
        return units

    field = Battlefield(picture, make_armies(picture, proxies))
    forces = field.forces()
    first = field.run(forces).first
    found = np.asarray(first.advantage)[M.COHESION]
    assert found[0, field.near(60.0)] > 0.2
    assert found[0, field.near(-60.0)] == pytest.approx(0.0, abs=0.02)
    assert np.asarray(first.units.broken).max() == 0


# M22


def test_burning_depots_silence_the_guns_days_later_and_not_at_once(field: Battlefield) -> None:
    orders = field.orders()
    orders.strike_depots[5:45, 1] = 12.0  # type: ignore[index]
    busy = {"frontage__screen_density": 0.04, "supply__moved_km": 100.0}
    calm, struck = field.run(field.forces(**busy)), field.run(field.forces(orders, **busy))
    side = np.asarray(field.deployment.roster.side)
    b = (side == 1) & (np.asarray(field.deployment.units.men) > 0)
    shells = [np.asarray(run.days.units.shells)[:, b].sum(axis=1) for run in (calm, struck)]
    fraction = shells[1] / shells[0]
    assert fraction[6] > 0.9
    assert fraction[30] < 0.7
    fires = day_advantage(field, struck, field.forces(orders, **busy), 35)[M.DELIVERIES, 0].mean()
    assert fires > 0.01


def test_depots_once_struck_are_moved_back(field: Battlefield) -> None:
    orders = field.orders()
    orders.strike_depots[5:10, 1] = 12.0  # type: ignore[index]
    behind = np.asarray(field.run(field.forces(orders)).days.pools.depots_km)
    assert behind[4, 1] == 30.0
    assert behind[-1, 1] == 100.0
    assert behind[-1, 0] == 30.0


# M23


def test_130_000_called_at_a_fifth_give_26_000_after_training(field: Battlefield) -> None:
    orders = field.orders()
    orders.called[0, 1], orders.shown[0, 1] = 130_000.0, 130_000.0 * 0.2  # type: ignore[index]
    forces = field.forces(
        orders, manpower__training_days=40.0, manpower__rate=0.002, will__losses=0.0, will__ground=0.0
    )
    pools = field.run(forces).days.pools
    assert np.asarray(pools.trainees)[5, 1].sum() == pytest.approx(26_000)
    joined = np.asarray(pools.manpower)[:, 1]
    assert joined[38] < 5_000
    assert joined[41] > 24_000
    assert np.asarray(pools.called)[-1, 1] == 130_000


# M24


def test_will_falls_with_losses_and_ground_and_limits_a_call_up(field: Battlefield) -> None:
    from frontcast.campaign.mechanisms import will

    p = load_mechanisms().will
    pools = field.deployment.pools
    hurt = will.fall(pools, jnp.array([0.1, 0.0]), jnp.array([0.0, 2000.0]), p, jnp.float32(1))
    assert float(hurt.will[0]) == pytest.approx(1 - 0.15 * 0.1)
    assert float(hurt.will[1]) == pytest.approx(1 - 0.02)
    orders = field.orders()
    orders.shown[0] = 1000.0  # type: ignore[index]
    low = field.forces(orders, pools=pools._replace(will=jnp.array([1.0, 0.5])))
    shown = np.asarray(field.run(low).days.pools.shown)[0]
    np.testing.assert_allclose(shown, [1000.0, 500.0], rtol=0.02)


# M27


def test_the_initiative_is_with_who_moves_the_line(field: Battlefield) -> None:
    orders = field.orders()
    orders.fall_back[:20:4, 1, :] = 10.0  # type: ignore[index]
    course = field.run(field.forces(orders))
    initiative = np.asarray(course.days.pools.initiative)
    np.testing.assert_allclose(initiative.sum(axis=1), 1.0, rtol=1e-4)
    assert initiative[18, 0] > 0.65


# M28


def test_the_unknown_widens_with_the_lead_and_no_further_than_it_should(field: Battlefield) -> None:
    p = load_mechanisms().endurance
    pools = jax.tree.map(lambda leaf: jnp.zeros((2, 5000)) if leaf.ndim == 1 else leaf, field.deployment.pools)
    widths = []
    for day in range(180):
        noise = jax.random.normal(jax.random.fold_in(jax.random.key(3), day), (2, 5000))
        pools = endurance.drift(pools, noise, p, jnp.float32(1))
        widths.append(float(pools.tempo.std()))
    assert widths[0] < widths[6] < widths[29] < widths[89]
    assert widths[-1] == pytest.approx(p.spread, rel=0.05)


def test_gains_held_are_counted_as_a_share() -> None:
    start, gained, later = (np.array(cells, bool) for cells in ([0, 0, 0, 1], [1, 1, 1, 1], [1, 0, 0, 1]))
    assert endurance.held_share(start, gained, later) == pytest.approx(1 / 3)
    assert np.isnan(endurance.held_share(start, start, later))


# The table


def test_every_parameter_has_a_value_a_range_a_unit_and_a_source() -> None:
    for name, entry in mechanism_table().items():
        assert isinstance(entry, Entry)
        assert entry.unit, name
        assert len(entry.source) >= 10, name


def test_a_parameter_or_mechanism_that_is_none_is_told() -> None:
    with pytest.raises(FrontcastError, match=r"rout\.bse"):
        load_mechanisms({"rout.bse": 1.0})
    with pytest.raises(FrontcastError, match="M99"):
        switches(["M99"])
    with pytest.raises(FrontcastError, match="M26"):
        switches(["M26"])
