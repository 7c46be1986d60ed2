"""The armies of one member: set up, run a day, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from frontcast.campaign import Forcing, Mesh, Parameters, State, draw_noise
from frontcast.campaign.army import Campaign, Orders
from frontcast.campaign.campaign_step import Setting, make_campaign_step
from frontcast.campaign.mechanism_parameters import CampaignParameters, make_parameters, mechanism_table
from frontcast.campaign.mechanisms import supply
from frontcast.campaign.randomness import draw_chance
from frontcast.campaign.view import by_side
from frontcast.forecast.deployment import Forces, begin

FloatArray = npt.NDArray[np.float32]

SERIES = (
    "men",
    "armour",
    "guns",
    "lost_men",
    "lost_armour",
    "lost_guns",
    "captured",
    "supply_days",
    "shell_days",
    "readiness",
    "cohesion",
    "broken",
    "headquarters_working",
    "depots_working",
    "depots_km",
    "manpower",
    "in_training",
    "launchers",
    "guided",
    "will",
    "initiative",
    "fired_shells",
    "shown",
)
"""What is kept of each side by member and day. Men, vehicles and guns in units; losses, shells fired and men who came so
far; days of supply and of fire, readiness and cohesion as means over men; the share of men in broken units; working
fractions of headquarters and depots; km of depots behind the front; pools; will and initiative, 0 to 1."""


class ArmiesTrace(NamedTuple):
    """What the armies of the members did.

    Attributes:
        series: (member, day, side, name) float32, days 0 to the last lead, names `SERIES`. moved_by: (member, lead,
        mechanism, side, stretch) float32, km each mechanism has moved the side's FLOT outwards. units: (member, lead,
        unit, 4) float32: x, y km on the grid, men, broken 0 or 1. draw: (member,) int, the parameter set each member
        took.
    """

    series: FloatArray
    moved_by: FloatArray
    units: FloatArray
    draw: npt.NDArray[np.int32]


PARAMETER_NAMES = tuple(mechanism_table())
"""Order of the columns of a parameter set."""


def parameter_sets(values: npt.ArrayLike | None = None) -> jax.Array:
    """Parameter sets as the runs take them, (draw, parameter) float32: the shipped values where none are given."""
    if values is None:
        return jnp.asarray([[entry.value for entry in mechanism_table().values()]], jnp.float32)
    return jnp.atleast_2d(jnp.asarray(values, jnp.float32))


def as_parameters(values: jax.Array) -> CampaignParameters:
    """A parameter set (parameter,) as the record the mechanisms take."""
    return make_parameters({name: values[index] for index, name in enumerate(PARAMETER_NAMES)})


def _summary(campaign: Campaign, parameters: CampaignParameters, sides: jax.Array) -> jax.Array:
    """The day's `SERIES`, (side, name)."""
    units, pools, rear = campaign.units, campaign.pools, campaign.rear
    men = sides * units.men
    total = jnp.maximum(men.sum(axis=1), 1.0)

    def mean(values: jax.Array) -> jax.Array:
        return (men @ values) / total

    tons = mean(units.tons / jnp.maximum(units.men * supply.TONS_A_MAN, 1e-3))
    fires = sides @ units.shells / jnp.maximum(sides @ units.guns * parameters.deliveries.shells_a_day, 1e-3)
    return jnp.stack(
        [
            men.sum(axis=1),
            sides @ units.armour,
            sides @ units.guns,
            pools.lost_men,
            pools.lost_armour,
            pools.lost_guns,
            pools.captured,
            tons,
            fires,
            mean(units.readiness),
            mean(units.cohesion),
            mean(units.broken),
            jnp.full(2, rear.working.mean()),
            jnp.full(2, rear.depot_working.mean()),
            pools.depots_km,
            pools.manpower,
            pools.trainees.sum(axis=1),
            pools.launchers,
            pools.guided,
            pools.will,
            pools.initiative,
            pools.fired_shells,
            pools.shown,
        ],
        axis=1,
    )


def where_units_are(campaign: Campaign) -> jax.Array:
    """x, y, men and broken of each unit, (unit, 4)."""
    units = campaign.units
    return jnp.stack([units.x, units.y, units.men, units.broken], axis=1)


RunDay = Callable[[Campaign, Orders, jax.Array], Campaign]
Summary = Callable[[Campaign], jax.Array]


def muster_member(
    seed: jax.Array,
    member: jax.Array,
    line: State,
    forcing: Forcing,
    mesh: Mesh,
    parameters: Parameters,
    forces: Forces,
    cell_km: float,
    fast_count: int,
    slow_count: int,
) -> tuple[Campaign, RunDay, Summary, jax.Array]:
    """A member's armies as they start, what runs them a day, what sums up a day, and the parameter set they took.

    Everything that is drawn depends on the seed, the member and the day alone, so two runs that differ in an order or a
    switch meet the same luck.
    """
    # Members go through the sets in turn, so that an ensemble spreads evenly over them.
    draw = member % forces.draws.shape[0]
    mechanisms = as_parameters(forces.draws[draw])
    setting = Setting(
        line=parameters,
        mechanisms=mechanisms,
        on=forces.on,
        mesh=mesh,
        front=forces.front,
        roster=forces.roster,
        cell_km=cell_km,
    )
    step = make_campaign_step(setting)
    sides = by_side(forces.roster)

    def run_day(campaign: Campaign, orders: Orders, day: jax.Array) -> Campaign:
        noise = draw_noise(seed, member, day, fast_count, slow_count)
        chance = draw_chance(
            seed,
            member,
            day,
            units=forces.units.x.shape[0],
            headquarters=forces.roster.headquarters_side.shape[0],
            depots=forces.roster.depot_side.shape[0],
            stretches=forces.front.length_km.shape[0],
        )
        return step(campaign, forcing, orders, noise, chance, day)

    def summary(campaign: Campaign) -> jax.Array:
        return _summary(campaign, mechanisms, sides)

    return begin(line, forces, setting, seed, member, slow_count), run_day, summary, draw
