"""What comes to a campaign from outside: orders, deliveries, call-ups, feints, strikes; as records and as arrays.

The same kinds serve for the dated facts of a war (`facts/ukraine.toml`, each with its source and the day it was known)
and for what a scenario changes. A forecast takes the facts known at init_time; a scenario says which it takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date as Date  # noqa: N812, a type in fields called `date`
from typing import Annotated, Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from frontcast.campaign.army import Front, Orders, Pools, Roster
from frontcast.campaign.mechanisms.deception import MOST_SURPRISE
from frontcast.errors import FrontcastError
from frontcast.forecast.deployment import ORDERED_MOVES, Deployment, no_orders
from frontcast.picture import Picture
from frontcast.picture.armies import Armies, appraise, worth
from frontcast.spelling import fold

Array = npt.NDArray[Any]

WORN_DAYS = 30.0
"""Guided munitions delivered before the start have been used up with this half-life's e-folding (prior only)."""

LEARNT_A_DAY = 0.07
"""How fast a feint that began before the start was believed: `deception.learn`'s shipped value."""

Side = str
Where = str | tuple[float, float]
"""A place by name, or longitude and latitude in degrees."""


class Event(BaseModel):
    """What every kind has: a name to cancel or amend it by, where it is from, when it was known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    source: str = ""
    known: Date | None = None


class Dated(Event):
    """An event of one day."""

    date: Date


class Spell(Event):
    """An event that lasts: from the first day to the last, both included."""

    start: Date
    end: Date

    @model_validator(mode="after")
    def _forwards(self) -> Spell:
        if self.end < self.start:
            raise ValueError(f"it ends ({self.end}) before it begins ({self.start})")
        return self


class PlaceUnit(Event):
    """A unit is where it is reported to be at the start; one the order of battle lacks is added."""

    kind: Literal["place_unit"]
    side: Side
    unit: str
    at: Where
    battalions: float | None = Field(default=None, gt=0, le=60)
    troops: str = "other"


class MoveUnit(Dated):
    """A unit is ordered to a place."""

    kind: Literal["move_unit"]
    side: Side
    unit: str
    to: Where


class Reinforce(Dated):
    """Forces that are elsewhere until `date` and then come in at a place (M19)."""

    kind: Literal["reinforce"]
    side: Side
    unit: str
    battalions: float = Field(gt=0, le=200)
    troops: str = "other"
    at: Where


class Feint(Spell):
    """A side pretends to be `times` as strong near a place; `believed` is how far it is (M20)."""

    kind: Literal["feint"]
    side: Side
    near: Where
    reach_km: float = Field(default=40.0, gt=0, le=300)
    times: float = Field(gt=1, le=5)
    believed: float = Field(ge=0, le=1)


class Deliver(Dated):
    """Arms arrive; they fight `ready_after_days` later (M12, M4)."""

    kind: Literal["deliver"]
    side: Side
    launchers: float = Field(default=0, ge=0, le=1000)
    guided: float = Field(default=0, ge=0, le=100_000)
    guns: float = Field(default=0, ge=0, le=5000)
    ready_after_days: int = Field(default=0, ge=0, le=365)

    @model_validator(mode="after")
    def _something(self) -> Deliver:
        if not (self.launchers or self.guided or self.guns):
            raise ValueError("nothing is delivered: give launchers, guided or guns")
        return self


class MoveDepots(Dated):
    """A side puts its depots `km` behind the front (M22)."""

    kind: Literal["move_depots"]
    side: Side
    km: float = Field(ge=5, le=300)


class Policy(Spell):
    """A side's effort of attack, 1 as it was; or it stops to regenerate (M11)."""

    kind: Literal["policy"]
    side: Side
    effort: float = Field(default=1.0, ge=0, le=3)
    regenerate: bool = False


class CallUp(Dated):
    """Men called up, and the share of them who come (M23). `date` is when training begins."""

    kind: Literal["call_up"]
    side: Side
    called: float = Field(gt=0, le=5_000_000)
    show_rate: float = Field(ge=0, le=1)


class Recruit(Spell):
    """Men who come by contract, from prisons or as mercenaries, evenly over a time (M23)."""

    kind: Literal["recruit"]
    side: Side
    men: float = Field(gt=0, le=1_000_000)


class FallBack(Dated):
    """A side gives up ground near a place by order, `km` of it, to stand on what is behind (M1)."""

    kind: Literal["fall_back"]
    side: Side
    near: Where
    reach_km: float = Field(default=15.0, gt=0, le=200)
    km: float = Field(gt=0, le=200)


class Positions(Event):
    """A side has prepared positions near a place (M10)."""

    kind: Literal["positions"]
    side: Side
    near: Where
    reach_km: float = Field(default=10.0, gt=0, le=200)
    strength: float = Field(default=0.9, ge=0, le=1)


class ChangeOfCommand(Dated):
    """A side's commander is replaced (M7)."""

    kind: Literal["change_of_command"]
    side: Side


class Strike(Dated):
    """The side's depots or headquarters are hit, this many times beside what the model does itself (M6, M22)."""

    kind: Literal["strike"]
    side: Side
    depots: float = Field(default=0, ge=0, le=100)
    headquarters: float = Field(default=0, ge=0, le=100)


class Objective(Event):
    """What a side wants near a place counts `value` standard deviations more (M13)."""

    kind: Literal["objective"]
    side: Side
    near: Where
    reach_km: float = Field(default=25.0, gt=0, le=200)
    value: float = Field(ge=-3, le=3)


AnyEvent = Annotated[
    PlaceUnit
    | MoveUnit
    | Reinforce
    | Feint
    | Deliver
    | MoveDepots
    | Policy
    | CallUp
    | Recruit
    | FallBack
    | Positions
    | ChangeOfCommand
    | Strike
    | Objective,
    Field(discriminator="kind"),
]

KINDS = (
    *("place_unit", "move_unit", "reinforce", "feint", "deliver", "move_depots", "policy", "call_up", "recruit"),
    *("fall_back", "positions", "change_of_command", "strike", "objective"),
)


class OrderError(Exception):
    """What an event says cannot be done: the key at fault, what is wrong, what would be right."""

    def __init__(self, key: str, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.key, self.problem, self.remedy = key, problem, remedy


Report = Callable[[Any, OrderError], None]
"""Called with an event and what is wrong with it; may raise at once, or collect."""


class Ground:
    """Where things are, for orders: sides, places and units by name."""

    def __init__(self, picture: Picture, init: np.datetime64) -> None:
        self.picture, self.init = picture, init
        self.theatre = picture.theatre
        self._front = np.minimum(np.abs(picture.flot_a), np.abs(picture.flot_b))

    def side(self, name: str) -> Literal["a", "b"]:
        """The side called so."""
        letters: tuple[Literal["a"], Literal["b"]] = ("a", "b")
        for letter in letters:
            if fold(name) in (letter, fold(self.theatre.sides[letter].name)):
                return letter
        names = " or ".join(f'"{side.name}"' for side in self.theatre.sides.values())
        raise OrderError("side", f'no side is called "{name}"', f"Write {names}")

    def at(self, where: Where, key: str) -> tuple[float, float]:
        """Kilometres east and north on the grid; the place must be on the map."""
        if isinstance(where, str):
            try:
                place = self.theatre.places.find(where, front=self._front)
            except FrontcastError as error:
                raise OrderError(
                    key, str(error).rstrip(".?"), "Name a place of the theatre, or [longitude, latitude]"
                ) from None
            lon, lat = place.lon, place.lat
        else:
            lon, lat = where
        row, _ = self.theatre.grid.cell_of([lon], [lat])
        if row[0] < 0:
            raise OrderError(key, f"{where!r} is off the map", f"The map is {self.theatre.title}")
        east, north = self.theatre.grid.project(lon, lat)
        return float(east) / 1000.0, float(north) / 1000.0

    def on_land(self, where: Where, key: str) -> tuple[float, float]:
        """As `at`, and in the country: units are not sent across the border or into the sea."""
        x, y = self.at(where, key)
        lon, lat = self.theatre.grid.unproject(x * 1000.0, y * 1000.0)
        row, column = self.theatre.grid.cell_of([float(lon)], [float(lat)])
        if not self.theatre.land[row[0], column[0]]:
            raise OrderError(
                key, f"{where!r} is across the border or in water", "Name a place on the land of the theatre"
            )
        return x, y

    def unit(self, armies: Armies, side: str, name: str) -> int:
        """Row of the unit called so, by a part of its name that no other has."""
        names = armies.units["unit"].map(fold)
        mine = armies.units["side"] == side
        words = fold(name)
        exact = np.flatnonzero(mine & (names == words))
        found = exact if len(exact) else np.flatnonzero(mine & names.str.contains(rf"\b{words}", regex=True))
        if len(found) == 1:
            return int(found[0])
        theirs = armies.units["unit"]
        if not len(found):
            number = words.split(" ")[0]
            like = theirs[mine & names.str.startswith(number[:2])].head(5)
            hint = f"There are {', '.join(like)}, and others" if len(like) else "`frontcast units` lists them"
            raise OrderError(
                "unit", f'{self.theatre.sides[self.side(side)].name} has no unit called "{name}" then', hint
            )
        raise OrderError(
            "unit", f'"{name}" could be {", ".join(theirs.iloc[found[:4]])}', "Write enough of the name to tell which"
        )


def muster_events(armies: Armies, events: Sequence[Any], ground: Ground, report: Report) -> Armies:
    """Armies with the units that events place or bring, as they stand at the start."""
    units, commands = armies.units.copy(), armies.headquarters
    units["available"] = np.datetime64("NaT")
    out = replace(armies, units=units, headquarters=commands)
    for event in events:
        if not isinstance(event, (PlaceUnit, Reinforce)):
            continue
        try:
            side = ground.side(event.side)
            x, y = ground.on_land(event.at, "at")
            lon, lat = (float(value) for value in ground.theatre.grid.unproject(x * 1000.0, y * 1000.0))
            known_row = None
            if isinstance(event, PlaceUnit):
                try:
                    known_row = ground.unit(out, side, event.unit)
                except OrderError as problem:
                    if "could be" in problem.problem or event.battalions is None:
                        raise
            if event.troops not in worth()["kinds"][side]:
                kinds = ", ".join(worth()["kinds"][side])
                raise OrderError("troops", f'"{event.troops}" is no kind of troops', f"Kinds are {kinds}")
        except OrderError as problem:
            report(event, problem)
            continue
        if known_row is not None:
            out.units.loc[known_row, ["lon", "lat", "x_km", "y_km"]] = [lon, lat, x, y]
            if event.battalions is not None:
                scale = event.battalions / out.units["battalions"].to_numpy(float)[known_row]
                out.units.loc[known_row, ["battalions", "vehicles", "guns"]] *= scale
            continue
        row = pd.DataFrame(
            {
                "side": [side],
                "unit": [event.unit],
                "echelon": ["brigade"],
                "kind": [event.troops],
                "parent": [""],
                "lon": [lon],
                "lat": [lat],
                "strength": [event.battalions],
                "source": [event.source or "scenario"],
                "seen": [ground.init],
            }
        )
        same = np.flatnonzero(out.headquarters["side"] == side)
        row = appraise(row, side).assign(
            headquarters=int(same[0]),
            x_km=x,
            y_km=y,
            presumed=False,
            available=np.datetime64(event.date) if isinstance(event, Reinforce) else np.datetime64("NaT"),
        )
        out = replace(out, units=pd.concat([out.units, row[out.units.columns]], ignore_index=True))
    return out


def check_events(armies: Armies, events: Sequence[Any], ground: Ground, report: Report) -> None:
    """Report every event that names a side, place or unit that does not exist, without laying a mesh."""
    mustered = muster_events(armies, events, ground, report)
    for event in events:
        if isinstance(event, (PlaceUnit, Reinforce)):
            continue  # told while mustering
        for key in ("side", "unit", "to", "near"):
            if not hasattr(event, key):
                continue
            try:
                if key == "side":
                    ground.side(event.side)
                elif key == "unit":
                    ground.unit(mustered, ground.side(event.side), event.unit)
                elif key == "to":
                    ground.on_land(event.to, key)
                else:
                    ground.at(event.near, key)
            except OrderError as problem:
                report(event, problem)


def outside(event: Any, init: np.datetime64, days: int) -> OrderError | None:
    """What is wrong with the dates of an event that a run of `days` from `init` would never come to."""
    first, last = init.astype("datetime64[D]") + 1, init.astype("datetime64[D]") + days
    if isinstance(event, Spell):
        if np.datetime64(event.end) < first:
            return OrderError("end", f"it is over by {event.end}, before the run begins", f"The run begins {first}")
        if np.datetime64(event.start) > last:
            return OrderError("start", f"{event.start} lies after the run's end", f"The run ends {last}")
    if isinstance(event, Dated):
        when = np.datetime64(event.date)
        # A unit ordered to move on the day itself sets out as the run begins; what is delivered before is there.
        if isinstance(event, (FallBack, ChangeOfCommand, Strike)) and when < first:
            return OrderError("date", f"{event.date} lies before the run begins", f"The run begins {first}")
        if isinstance(event, (MoveUnit, Reinforce)) and when < first - 1:
            return OrderError("date", f"{event.date} lies before the run begins", f"The run begins {first}")
        if when > last:
            return OrderError("date", f"{event.date} lies after the run's end", f"The run ends {last}")
    return None


class Ordered(NamedTuple):
    """A deployment with its events.

    Attributes:
        orders: by day. roster: with ordered moves and days of arrival. pools: at the start.
        believed: (side, stretch) float32, what feints before the start have made each side believe.
        front: with what events prepare and value.
    """

    orders: Orders
    roster: Roster
    pools: Pools
    believed: jax.Array
    front: Front


def give_orders(deployment: Deployment, events: Sequence[Any], ground: Ground, days: int, report: Report) -> Ordered:
    """Events as the model's arrays, on the deployment they are for."""
    padded = deployment.front.length_km.shape[0]
    orders = _Book(no_orders(days, padded), ground.init, days)
    roster = deployment.roster
    moves = {name: np.array(getattr(roster, name)) for name in ("order_day", "order_x", "order_y", "available_day")}
    pools = {name: np.array(getattr(deployment.pools, name), np.float32) for name in Pools._fields}
    believed = np.zeros((2, padded), np.float32)
    fortified = np.array(deployment.front.fortified)
    value = np.array(deployment.front.value)
    if "available" in deployment.armies.units:
        arrivals = deployment.armies.units["available"].to_numpy().astype("datetime64[D]")
        for row in np.flatnonzero(~np.isnat(arrivals)):
            moves["available_day"][row] = orders.day_of(arrivals[row])
    desk = _Desk(deployment, ground, orders, moves, pools, believed, fortified, value)
    for event in events:
        try:
            desk.take(event)
        except OrderError as problem:
            report(event, problem)
    arrays = Orders(*(jnp.asarray(getattr(orders.orders, name)) for name in Orders._fields))
    roster = roster._replace(**{name: jnp.asarray(array) for name, array in moves.items()})
    return Ordered(
        orders=arrays,
        roster=roster,
        pools=Pools(*(jnp.asarray(pools[name]) for name in Pools._fields)),
        believed=jnp.asarray(believed),
        front=deployment.front._replace(fortified=jnp.asarray(desk.fortified), value=jnp.asarray(value)),
    )


class _Book:
    """Orders by day, with dates turned into days from the start."""

    def __init__(self, orders: Orders, init: np.datetime64, days: int) -> None:
        self.orders, self.init, self.days = orders, init.astype("datetime64[D]"), days

    def day_of(self, when: Any) -> int:
        """Day of the run on which a date's events happen: day 0 is the day after init_time's."""
        return int((np.datetime64(when, "D") - self.init) / np.timedelta64(1, "D")) - 1

    def array(self, name: str) -> Array:
        return np.asarray(getattr(self.orders, name))

    def add(self, name: str, when: Any, side: int, amount: float, late: bool = True) -> bool:
        """Add to a day; events before the start count on day 0 where `late`. Says whether it falls into the run."""
        day = self.day_of(when)
        if day < 0 and not late:
            return False
        if day >= self.days:
            return False
        self.array(name)[max(day, 0), side] += amount
        return True

    def span(self, start: Any, end: Any) -> slice:
        return slice(max(self.day_of(start), 0), max(self.day_of(end) + 1, 0))


class _Desk:
    """Takes events one at a time into the arrays."""

    def __init__(
        self,
        deployment: Deployment,
        ground: Ground,
        book: _Book,
        moves: dict[str, Array],
        pools: dict[str, Array],
        believed: Array,
        fortified: Array,
        value: Array,
    ) -> None:
        self.deployment, self.ground, self.book = deployment, ground, book
        self.moves, self.pools, self.believed, self.fortified, self.value = moves, pools, believed, fortified, value

    def _side(self, event: Any) -> int:
        return "ab".index(self.ground.side(event.side))

    def _near(self, event: Any) -> Array:
        """Weight of each stretch within reach, (stretch,)."""
        x, y = self.ground.at(event.near, "near")
        away = np.hypot(self.deployment.stretch_x - x, self.deployment.stretch_y - y)
        weight = np.zeros(self.believed.shape[1], np.float32)
        weight[: len(away)] = away <= event.reach_km
        if not weight.any():
            raise OrderError(
                "near",
                f"the front comes no nearer than {away.min():.0f} km to {event.near!r}",
                f"Name a place nearer to it, or a reach_km above {event.reach_km:g}",
            )
        return weight

    def take(self, event: Any) -> None:
        """One event into the arrays.

        Raises:
            OrderError: where it names what does not exist.
        """
        getattr(self, f"_{event.kind}", self._nothing)(event)

    def _nothing(self, event: Any) -> None:
        """Units placed and brought are in the armies already."""

    def _move_unit(self, event: MoveUnit) -> None:
        side = self.ground.side(event.side)
        row = self.ground.unit(self.deployment.armies, side, event.unit)
        x, y = self.ground.on_land(event.to, "to")
        day = max(self.book.day_of(event.date), 0)
        slots = np.flatnonzero(np.isinf(self.moves["order_day"][:, row]))
        if not len(slots):
            raise OrderError(
                "unit", f"{event.unit} is ordered to move more than {ORDERED_MOVES} times", "Leave one out"
            )
        for name, number in (("order_day", day), ("order_x", x), ("order_y", y)):
            self.moves[name][slots[0], row] = number

    def _feint(self, event: Feint) -> None:
        side, near = self._side(event), self._near(event)
        pretended = min(math.log(event.times), MOST_SURPRISE) * event.believed
        span = self.book.span(event.start, event.end)
        self.book.array("feint")[span, side] += pretended * near
        before = -self.book.day_of(event.start)
        if before > 0 and self.book.day_of(event.end) >= 0:
            self.believed[1 - side] += pretended * near * (1.0 - math.exp(-LEARNT_A_DAY * before))

    def _deliver(self, event: Deliver) -> None:
        side = self._side(event)
        ready = np.datetime64(event.date) + np.timedelta64(event.ready_after_days, "D")
        day = self.book.day_of(ready)
        if day >= 0:
            for name in ("launchers", "guided", "guns"):
                self.book.add(name, ready, side, getattr(event, name))
            return
        self.pools["launchers"][side] += event.launchers
        self.pools["guided"][side] += event.guided * math.exp(day / WORN_DAYS)
        self.pools["gun_pool"][side] += event.guns * math.exp(day / WORN_DAYS)

    def _move_depots(self, event: MoveDepots) -> None:
        side = self._side(event)
        if self.book.day_of(event.date) < 0:
            self.pools["depots_km"][side] = event.km
        else:
            self.book.add("depots_km", event.date, side, event.km)

    def _policy(self, event: Policy) -> None:
        side, span = self._side(event), self.book.span(event.start, event.end)
        self.book.array("effort")[span, side] *= event.effort
        if event.regenerate:
            self.book.array("regenerate")[span, side] = 1.0

    def _call_up(self, event: CallUp) -> None:
        side, day = self._side(event), self.book.day_of(event.date)
        shown = event.called * event.show_rate
        if day >= 0:
            self.book.add("called", event.date, side, event.called)
            self.book.add("shown", event.date, side, shown)
            return
        trainees = self.pools["trainees"][side]
        left = TRAINED_AFTER_DAYS + day
        if left > 0:
            trainees[left - 1] += shown
        else:
            self.pools["manpower"][side] += shown * math.exp(left / WORN_DAYS)

    def _recruit(self, event: Recruit) -> None:
        side, span = self._side(event), self.book.span(event.start, event.end)
        length = (event.end - event.start).days + 1
        self.book.array("recruits")[span, side] += event.men / length

    def _fall_back(self, event: FallBack) -> None:
        side, near = self._side(event), self._near(event)
        day = self.book.day_of(event.date)
        if 0 <= day < self.book.days:
            self.book.array("fall_back")[day, side] += event.km * near

    def _positions(self, event: Positions) -> None:
        side = self._side(event)
        x, y = self.ground.at(event.near, "near")
        front = self.deployment.front
        away = np.hypot(np.asarray(front.x) - x, np.asarray(front.y) - y)
        self.fortified[side] = np.maximum(self.fortified[side], np.where(away <= event.reach_km, event.strength, 0.0))

    def _change_of_command(self, event: ChangeOfCommand) -> None:
        self.book.add("sacked", event.date, self._side(event), 1.0, late=False)

    def _strike(self, event: Strike) -> None:
        side = self._side(event)
        self.book.add("strike_depots", event.date, side, event.depots, late=False)
        self.book.add("strike_headquarters", event.date, side, event.headquarters, late=False)

    def _objective(self, event: Objective) -> None:
        self.value[self._side(event)] += event.value * self._near(event)


TRAINED_AFTER_DAYS = 60
"""`manpower.training_days` as shipped, for those called up before the start."""
