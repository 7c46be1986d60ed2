"""Taking a mechanism out changes what it should on the first day, and nothing else.

One day from a start in which everything is going on: attacks that have broken through, broken men, ground given up, depots and
headquarters hit, arms and men that arrive, a feint, a commander replaced, a side that rests. The line does not answer to
advantages here, so what differs is the mechanism's own doing and what follows from it within the day; that each is worth
something in the attack is tested apart.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from battlefield import Battlefield, make_armies, make_picture

from frontcast.campaign.army import Campaign
from frontcast.campaign.mechanism import Mechanism

M = Mechanism

FRONT = "line.flot_a line.flot_b stretches.x stretches.y stretches.moved_km stretches.dug_in"
FOLLOWS_FRONT = "units.x units.y units.goal_x units.goal_y pools.will pools.initiative"
LOSSES = "units.men units.armour units.guns pools.lost_men pools.lost_armour pools.lost_guns"
FOLLOWS_LOSSES = (
    "units.cohesion units.tons units.shells pools.will pools.consumed_tons pools.fired_shells pools.manpower pools.vehicles "
    "pools.gun_pool stretches.withdrawal"
)
STOCKS = "units.tons units.shells pools.consumed_tons pools.fired_shells pools.destroyed_tons pools.destroyed_shells"
DEPOTS = "rear.depot_working rear.depot_tons rear.depot_shells pools.since_struck"

EFFECTS = {
    M.WITHDRAWAL: (
        f"{FRONT} stretches.withdrawal stretches.fall_back_km",
        f"{FOLLOWS_FRONT} {LOSSES} {FOLLOWS_LOSSES} stretches.vacated_km",
    ),
    M.ATTRITION: (LOSSES, FOLLOWS_LOSSES),
    M.QUALITY: ("", ""),
    M.MUNITIONS: ("pools.guided", "rear.working " + DEPOTS + " pools.destroyed_tons pools.destroyed_shells"),
    M.LEADERSHIP: ("units.readiness", "rear.working"),
    M.HEADQUARTERS: ("rear.working", ""),
    M.CHANGE_OF_COMMAND: ("pools.transition", ""),
    M.REGIMES: (
        f"{FRONT} stretches.regime",
        f"{FOLLOWS_FRONT} {LOSSES} {FOLLOWS_LOSSES} units.readiness units.broken pools.captured {STOCKS}",
    ),
    M.READINESS: ("units.readiness", ""),
    M.PREPARED_POSITIONS: (LOSSES, FOLLOWS_LOSSES),
    M.POLICY: (
        f"units.readiness {LOSSES}",
        f"{FRONT} {FOLLOWS_FRONT} {FOLLOWS_LOSSES} stretches.regime stretches.activity",
    ),
    M.DELIVERIES: ("pools.launchers pools.gun_pool", "pools.guided"),
    M.OBJECTIVES: ("", ""),
    M.CLEARING: (f"{FRONT} stretches.vacated_km", FOLLOWS_FRONT),
    M.ROUT: (
        f"{FRONT} stretches.vacated_km",
        f"{FOLLOWS_FRONT} {LOSSES} {FOLLOWS_LOSSES} units.broken pools.captured {STOCKS}",
    ),
    M.FRONTAGE: (LOSSES, "everything"),
    M.SPAN_OF_CONTROL: ("", ""),
    M.COMBINED_ARMS: ("", ""),
    M.ABSENCE: ("units.men stretches.belief", f"{LOSSES} {FOLLOWS_LOSSES} units.readiness"),
    M.DECEPTION: ("stretches.belief", "units.x units.y units.goal_x units.goal_y units.under_way units.broken"),
    M.COHESION: ("units.cohesion", "units.broken"),
    M.SUPPLY: (f"{STOCKS} {DEPOTS} units.readiness", "units.cohesion units.broken pools.depots_km"),
    M.MANPOWER: (
        "units.men pools.manpower pools.trainees pools.called pools.shown",
        "units.armour units.guns pools.vehicles pools.gun_pool",
    ),
    M.WILL: ("pools.will", ""),
    M.INITIATIVE: ("pools.initiative", ""),
    M.ENDURANCE: ("pools.tempo", ""),
}
"""By mechanism: what of the campaign must differ after a day without it, and what else may, because it follows."""

IN_ATTACK = (
    *(M.QUALITY, M.HEADQUARTERS, M.CHANGE_OF_COMMAND, M.READINESS, M.PREPARED_POSITIONS, M.DELIVERIES, M.OBJECTIVES),
    *(M.FRONTAGE, M.SPAN_OF_CONTROL, M.COMBINED_ARMS, M.DECEPTION, M.COHESION, M.SUPPLY, M.WILL, M.ENDURANCE, M.POLICY),
)
"""Mechanisms that are worth something in an attack."""

SHARED = {M.FRONTAGE: "all", M.ABSENCE: "all", M.SUPPLY: (M.COMBINED_ARMS,), M.DELIVERIES: ()}
"""Whose absence others must notice: who stands where, and whether tanks have fuel."""


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Battlefield:
    picture = make_picture(tmp_path_factory.mktemp("apart"), advance=0.4)

    def with_reserves_and_proxies(units: pd.DataFrame) -> pd.DataFrame:
        behind = units[(units["side"] == "b") & (units["y_km"] > -30)].copy()
        units = pd.concat([units, behind.assign(x_km=40.0, unit=behind["unit"] + " in reserve")])
        units.loc[(units["side"] == "b") & (units["y_km"] > 20), ["quality", "steadiness"]] = [0.7, 0.4]
        return units

    return Battlefield(picture, make_armies(picture, with_reserves_and_proxies))


def busy_orders(field: Battlefield) -> Any:
    orders: Any = field.orders()
    orders.fall_back[0, 1, field.near(30.0)] = 6.0
    orders.launchers[0, 0], orders.guided[0, 0], orders.guns[0, 0] = 8.0, 20.0, 20.0
    orders.called[0, 1], orders.shown[0, 1], orders.recruits[0, 1] = 1000.0, 200.0, 50.0
    orders.sacked[0, 1] = 1.0
    orders.feint[:, 0, field.near(-60.0)] = 0.7
    orders.strike_depots[0, 1], orders.strike_headquarters[0, 1] = 30.0, 5.0
    orders.effort[:, 0] = 0.5
    orders.regenerate[:, 1] = 1.0
    return orders


def in_full_swing(campaign: Campaign, field: Battlefield) -> Campaign:
    """Breakthroughs, broken and worn units, ground not cleared, beliefs that are wrong."""
    units, stretches, pools = campaign.units, campaign.stretches, campaign.pools
    broken = (jnp.abs(units.y) < 12.0) & (field.deployment.roster.side == 1) & (units.x < 20.0)
    deep = jnp.array([field.near(place) for place in (-20.0, -30.0, -40.0, -50.0)])
    return campaign._replace(
        units=units._replace(
            broken=jnp.where(broken, 1.0, 0.0),
            men=units.men * 0.8,
            armour=units.armour * 0.8,
            guns=units.guns * 0.8,
            readiness=units.readiness * 0.7,
            cohesion=units.cohesion * 0.8,
        ),
        stretches=stretches._replace(
            regime=stretches.regime.at[0, deep].set(2),
            withdrawal=stretches.withdrawal.at[1, field.near(50.0)].set(2.0),
            vacated_km=stretches.vacated_km.at[1, field.near(-10.0)].set(30.0),
            belief=stretches.belief - 0.3,
        ),
        pools=pools._replace(
            will=jnp.array([0.8, 0.6]), guided=jnp.array([5.0, 5.0]), launchers=jnp.array([10.0, 10.0])
        ),
    )


def first_day(field: Battlefield, without: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """The campaign after a day by name of its parts, what moved the line and what it was at the start left out."""
    roster = field.deployment.roster
    forces = field.forces(
        busy_orders(field),
        without,
        roster=roster._replace(available_day=roster.available_day.at[3].set(40.0)),
        response__sensitivity=1e-6,
        regimes__pull=0.0,
    )
    course = field.run(forces, start=lambda campaign: in_full_swing(campaign, field))
    leaves = jax.tree_util.tree_leaves_with_path(course.days._replace(moved_by=None, advantage=None))
    return {jax.tree_util.keystr(path)[1:]: np.asarray(leaf[0], float) for path, leaf in leaves}


@pytest.fixture(scope="module")
def all_in(field: Battlefield) -> dict[str, np.ndarray]:
    return first_day(field)


def test_every_mechanism_that_can_be_taken_out_is_listed() -> None:
    assert set(EFFECTS) == set(Mechanism) - {M.PUSH, M.REPORTED_FORECASTS, M.CLAIMS}


@pytest.mark.parametrize("mechanism", list(EFFECTS), ids=lambda mechanism: mechanism.label)
def test_taken_out_it_changes_what_it_should_and_nothing_else(
    field: Battlefield, all_in: dict[str, np.ndarray], mechanism: Mechanism
) -> None:
    without = first_day(field, (f"M{int(mechanism)}",))
    # Single precision, and the hundred-thousandth of an advantage that the line is left with.
    differ = {
        name
        for name, value in all_in.items()
        if np.abs(value - without[name]).max() > 2e-5 * max(1.0, np.abs(value).max())
    }
    must, may = (set(words.split()) for words in EFFECTS[mechanism])
    assert must <= differ, f"{mechanism.label} does nothing to {must - differ}"
    if may != {"everything"}:
        assert differ <= must | may, f"{mechanism.label} touches {differ - must - may}"


def worth(field: Battlefield, without: tuple[str, ...]) -> np.ndarray:
    """Every mechanism's advantage in one and the same situation, (mechanism, side, stretch)."""
    from battlefield import _setting

    from frontcast.campaign.campaign_step import advantages, look

    forces = field.forces(busy_orders(field), without)
    calm = field.run(field.forces(busy_orders(field)), start=lambda campaign: in_full_swing(campaign, field))
    campaign = jax.tree.map(lambda leaf: leaf[2], calm.days)
    units = campaign.units
    campaign = campaign._replace(units=units._replace(tons=units.tons * 0.1))
    setting = _setting(forces, field.ground)
    orders = jax.tree.map(lambda leaf: leaf[2], forces.orders)
    found = advantages(campaign, look(campaign, setting, jnp.float32(2.0)), orders, setting)
    return np.asarray(found.by_mechanism)


@pytest.fixture(scope="module")
def all_worth(field: Battlefield) -> np.ndarray:
    return worth(field, ())


@pytest.mark.parametrize("mechanism", IN_ATTACK, ids=lambda mechanism: mechanism.label)
def test_its_worth_in_attack_goes_with_it_and_that_of_others_stays(
    field: Battlefield, all_worth: np.ndarray, mechanism: Mechanism
) -> None:
    without = worth(field, (f"M{int(mechanism)}",))
    assert np.abs(all_worth[mechanism]).max() > 1e-3, "it is worth nothing here: this proves nothing"
    assert np.abs(without[mechanism]).max() == 0.0
    noticed = SHARED.get(mechanism, ())
    others = [] if noticed == "all" else [one for one in Mechanism if one is not mechanism and one not in noticed]
    np.testing.assert_allclose(without[others], all_worth[others], atol=1e-5)
