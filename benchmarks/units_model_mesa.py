"""What a unit goes through in a day, with one Mesa agent for each unit.

Four mechanisms, those that are a unit's own: what it eats (M22), readiness (M9), cohesion (M21), and breaking, with the
share of its neighbours that is broken (M15). Given to both are the same units, the same exposure, losses and other reasons
to break by day, and the same random numbers; `of_the_model` does with `frontcast.campaign` what the agents do one by one;
both must end alike: the same units broken, readiness, cohesion and supplies equal in single precision.

Not here: the front, its stretches and cells, and all other mechanisms. So this compares agents with arrays for the part of
the model that agents suit best, and says nothing of the rest, in which most of the time goes into the cells.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mesa
import numpy as np
import numpy.typing as npt

from frontcast.campaign.army import Pools, Roster, Units
from frontcast.campaign.mechanism_parameters import CampaignParameters
from frontcast.campaign.mechanisms import cohesion, readiness, rout, supply
from frontcast.campaign.view import LEAST, View

Array = npt.NDArray[Any]


class Days(NamedTuple):
    """What happens to units from outside, (day, unit) float32: exposure 0 to 1, share of men lost, reasons to break other
    than neighbours (0 to 0.87), uniform random numbers."""

    exposure: Array
    loss: Array
    reasons: Array
    chance: Array


def some_days(days: int, units: int, seed: int) -> Days:
    """Days as a hard month has them."""
    generator = np.random.default_rng(seed)
    return Days(
        generator.uniform(0.0, 1.0, (days, units)).astype(np.float32),
        generator.exponential(0.01, (days, units)).astype(np.float32),
        generator.uniform(0.0, 0.3, (days, units)).astype(np.float32),
        generator.uniform(0.0, 1.0, (days, units)).astype(np.float32),
    )


def of_the_model(units: Units, roster: Roster, view: View, pools: Pools, days: Days, p: CampaignParameters) -> Units:
    """The same in the model's own functions; to be compiled."""
    one = jnp.float32(1.0)

    def day(carry: tuple[Units, Pools], today: Days) -> tuple[tuple[Units, Pools], None]:
        units, pools = carry
        units, pools = supply.use(units, view, pools, today.exposure, p.deliveries.shells_a_day, one)
        supplied = supply.supplied(units, p.supply, one)
        rest = jnp.zeros_like(supplied)
        units = readiness.tire(units, today.exposure, rest + 1.0, supplied, rest, p.readiness, one)
        units = cohesion.wear(units, roster, today.loss, supplied, p.cohesion, one)
        around = jnp.clip(rout.neighbours_broken(units, roster, view, p.rout) / p.rout.typical_neighbours, 0.0, 1.0)
        load = today.reasons + rout.SHARES[1] * around
        return rout.break_up(units, roster, view, pools, load, today.chance, p.rout, one), None

    return jax.lax.scan(day, (units, pools), jax.tree.map(jnp.asarray, days))[0][0]


class Unit(mesa.Agent):  # type: ignore[misc]
    """One unit."""

    def __init__(self, model: Army, number: int) -> None:
        super().__init__(model)
        units, roster = model.units, model.roster
        self.number, self.side = number, int(roster.side[number])
        self.x, self.y, self.men = (float(getattr(units, name)[number]) for name in ("x", "y", "men"))
        self.guns, self.tons, self.shells = (float(getattr(units, name)[number]) for name in ("guns", "tons", "shells"))
        self.readiness, self.cohesion = float(units.readiness[number]), float(units.cohesion[number])
        self.steadiness = float(roster.steadiness[number])
        self.broken = bool(units.broken[number])
        self.was_broken = self.broken
        self.safe = bool(model.view.nearest_km[number] > model.p.rout.safe_km)

    def live(self) -> None:
        """Eat, fire, tire and lose heart."""
        model, p, number = self.model, self.model.p, self.number
        exposure, loss = float(model.today.exposure[number]), float(model.today.loss[number])
        self.tons -= min(self.men * supply.TONS_A_MAN * (0.7 + 0.3 * exposure), self.tons)
        self.shells -= min(self.guns * p.deliveries.shells_a_day * (0.2 + 0.8 * exposure), self.shells)
        in_hand = self.tons / max(self.men * supply.TONS_A_MAN, 1e-3)
        supplied = min(max(in_hand / p.supply.short_days, 0.0), 1.0)
        rested = p.readiness.recover * (1.0 - self.readiness) * (1.0 - exposure) * supplied
        self.readiness = min(max(self.readiness + rested - p.readiness.wear * exposure, p.readiness.least), 1.0)
        change = p.cohesion.recover * (self.steadiness - self.cohesion) - p.cohesion.loss * loss
        self.cohesion = min(max(self.cohesion + change - p.cohesion.hunger * (1.0 - supplied), 0.02), 1.0)
        self.was_broken = self.broken

    def break_or_rally(self) -> None:
        """Look at the neighbours as they were this morning, and break or rally."""
        model, p, number = self.model, self.model.p.rout, self.number
        men = running = 0.0
        for other in model.sides[self.side]:
            if other is self:
                continue
            away = math.hypot(other.x - self.x, other.y - self.y)
            if away <= rout.FARTHEST_KM:
                weight = math.exp(-away / p.spread_km) * other.men
                men += weight
                running += weight * other.was_broken
        around = min(running / (men + LEAST) / p.typical_neighbours, 1.0)
        load = float(model.today.reasons[number]) + rout.SHARES[1] * around
        chance = float(model.today.chance[number])
        if self.was_broken:
            self.broken = not (self.safe and chance < 1.0 / p.rally_days)
            return
        hazard = p.base * load * math.exp(-p.firmness * (self.cohesion - 0.5))
        if chance < -math.expm1(-hazard):
            self.broken = True
            self.cohesion *= 1.0 - p.shock
            self.tons *= 1.0 - p.abandoned
            self.shells *= 1.0 - p.abandoned
            self.guns *= 1.0 - p.abandoned


class Army(mesa.Model):  # type: ignore[misc]
    """All units that are there."""

    def __init__(self, units: Units, roster: Roster, view: View, p: CampaignParameters) -> None:
        super().__init__(rng=1)
        self.units, self.roster, self.view, self.p = units, roster, view, p
        self.today: Days
        self.numbers = np.flatnonzero(np.asarray(view.present) > 0)
        self.list = [Unit(self, int(number)) for number in self.numbers]
        self.sides = [[unit for unit in self.list if unit.side == side] for side in (0, 1)]

    def step_with(self, today: Days) -> None:
        """A day."""
        self.today = today
        self.agents.do("live")
        self.agents.do("break_or_rally")
