"""The records of a campaign with armies: who is there, where the front is, what each side has and believes.

Both sides stand in one array of units; arrays by side have a leading axis of two, a first. The front is cut into
*stretches* some ten kilometres long: what happens between armies happens by stretch, and the line's cells take it from the
stretch they lie nearest to. Positions are km on the theatre's grid (east, north), never finer than a brigade's ground.
"""

from __future__ import annotations

from typing import NamedTuple

import jax

from frontcast.campaign.types import State

A_SIDE, B_SIDE = 0, 1


class Front(NamedTuple):
    """How the armies' ground lies on the mesh; fixed for a forecast.

    Attributes:
        stretch: (cell,) uint32. Stretch that the line cell nearest to each cell belongs to.
        x, y: (cell,) float32, km. Centres of the cells. real: (cell,) float32, 0 for padding.
        line_cell, line_stretch: (line cell,) uint32. Mesh cell and stretch of each cell on the line as it starts.
        line_share: (line cell,) float32. Its share of its stretch; 0 for padding.
        length_km: (stretch,) float32. Length of front; 0 for padding.
        kernel: (stretch, stretch) float32. Weights of the stretches around each, within 40 km, without itself; rows add up
            to one, or to zero where a stretch is alone.
        start_x, start_y: (stretch,) float32, km. Middle of each stretch as it starts.
        to_b_x, to_b_y: (stretch,) float32. Unit vector across the front, from a to b.
        passable: (stretch,) float32, 0 to 1. Share of the front there that is neither on a great river nor in water.
        value: (side, stretch) float32. Worth of what lies ahead of each side, mean 0 (M13).
        fortified: (side, cell) float32, 0 to 1. Prepared positions that the side has on its ground (M10).
    """

    stretch: jax.Array
    x: jax.Array
    y: jax.Array
    real: jax.Array
    line_cell: jax.Array
    line_stretch: jax.Array
    line_share: jax.Array
    length_km: jax.Array
    kernel: jax.Array
    start_x: jax.Array
    start_y: jax.Array
    to_b_x: jax.Array
    to_b_y: jax.Array
    passable: jax.Array
    value: jax.Array
    fortified: jax.Array


class Roster(NamedTuple):
    """What does not change about the units and headquarters during a run.

    Attributes:
        side: (unit,) int32, 0 or 1. Padding has no men.
        quality: (unit,) float32. Effect per man relative to a modern regular unit (M3).
        steadiness: (unit,) float32, 0 to 1. Cohesion the unit returns to (M21).
        headquarters: (unit,) int32. Index of the headquarters that leads it.
        available_day: (unit,) float32. Day from which the unit takes part (M19).
        men, armour, guns: (unit,) float32. Full strength.
        order_day, order_x, order_y: (order, unit) float32. Ordered moves: from that day to that place; day inf for none.
        headquarters_side: (headquarters,) int32.
        led: (headquarters,) float32. Units it leads.
        depot_side: (depot,) int32; depot_stretch: (depot,) int32. The stretch behind which a depot lies.
    """

    side: jax.Array
    quality: jax.Array
    steadiness: jax.Array
    headquarters: jax.Array
    available_day: jax.Array
    men: jax.Array
    armour: jax.Array
    guns: jax.Array
    order_day: jax.Array
    order_x: jax.Array
    order_y: jax.Array
    headquarters_side: jax.Array
    led: jax.Array
    depot_side: jax.Array
    depot_stretch: jax.Array


class Units(NamedTuple):
    """(unit,) float32 each: position km; men, armoured vehicles, guns; readiness, cohesion 0 to 1; tons of supply; shells;
    broken 0 or 1; where it is going, km, and whether it is under way, 0 or 1."""

    x: jax.Array
    y: jax.Array
    men: jax.Array
    armour: jax.Array
    guns: jax.Array
    readiness: jax.Array
    cohesion: jax.Array
    tons: jax.Array
    shells: jax.Array
    broken: jax.Array
    goal_x: jax.Array
    goal_y: jax.Array
    under_way: jax.Array


class Rear(NamedTuple):
    """Headquarters and depots.

    Attributes:
        working: (headquarters,) float32, 0 to 1. Fraction that works.
        depot_working: (depot,) float32, 0 to 1. Fraction of its throughput left.
        depot_tons, depot_shells: (depot,) float32. Stocks.
    """

    working: jax.Array
    depot_working: jax.Array
    depot_tons: jax.Array
    depot_shells: jax.Array


class Pools(NamedTuple):
    """What a side has as a whole, (side,) float32 unless said otherwise, with the accounts that must balance.

    Attributes:
        manpower: trained replacements. trainees: (side, day) men by days left of training, next day first.
        vehicles, gun_pool: armoured vehicles and guns in the replacement parks.
        guided: guided munitions left. launchers: that can fire them.
        will: 0 to 1. depots_km: how far behind the front depots lie. transition: cost of a change of command, 0 to 1.
        since_struck: days since the side's rear was first hit; 0 before.
        lost_men, lost_armour, lost_guns: so far. captured: vehicles taken from the enemy so far.
        called: men called up; shown: those who came.
        consumed_tons, destroyed_tons, received_tons, fired_shells, destroyed_shells, received_shells: so far.
        tempo: (side,) float32. Slow change of a side's activity that nothing explains (M28).
        initiative: (side,) float32, 0 to 1. See M27.
    """

    manpower: jax.Array
    trainees: jax.Array
    vehicles: jax.Array
    gun_pool: jax.Array
    guided: jax.Array
    launchers: jax.Array
    will: jax.Array
    depots_km: jax.Array
    transition: jax.Array
    since_struck: jax.Array
    lost_men: jax.Array
    lost_armour: jax.Array
    lost_guns: jax.Array
    captured: jax.Array
    called: jax.Array
    shown: jax.Array
    consumed_tons: jax.Array
    destroyed_tons: jax.Array
    received_tons: jax.Array
    fired_shells: jax.Array
    destroyed_shells: jax.Array
    received_shells: jax.Array
    tempo: jax.Array
    initiative: jax.Array


class Stretches(NamedTuple):
    """What belongs to a stretch of front.

    Attributes:
        x, y: (stretch,) float32, km. Middle of the front there now.
        moved_km: (stretch,) float32. How far the front has moved towards b since the start.
        vacated_km: (side, stretch) float32. Ground the side has left and the enemy has not entered yet (M14).
        withdrawal: (side, stretch) float32, km/day (M1). fall_back_km: (side, stretch) still to be given up by order.
        regime: (side, stretch) int32. 0 positional, 1 penetration, 2 breakthrough, 3 pursuit (M8).
        dug_in: (side, stretch) float32, 0 to 1. Positions prepared on the line where it stands (M10).
        belief: (side, stretch) float32. What the side believes of the enemy's strength, log of battalions per km (M20).
        hidden: (side, stretch) float32. Log of how much stronger the side is than the order of battle shows.
        activity: (side, stretch) float32, 0 to 1. Share of the stretch on which the side attacked yesterday.
    """

    x: jax.Array
    y: jax.Array
    moved_km: jax.Array
    vacated_km: jax.Array
    withdrawal: jax.Array
    fall_back_km: jax.Array
    regime: jax.Array
    dug_in: jax.Array
    belief: jax.Array
    hidden: jax.Array
    activity: jax.Array


class Campaign(NamedTuple):
    """One member at one time, with armies.

    Attributes:
        line: the two forward lines and the impulse.
        units, rear, pools, stretches: see there.
        advantage: (mechanism, side, stretch) float32. Log advantage of the side's attack as it was at the start.
        moved_by: (mechanism, side, stretch) float32, km. How far each mechanism has moved each side's FLOT outwards.
    """

    line: State
    units: Units
    rear: Rear
    pools: Pools
    stretches: Stretches
    advantage: jax.Array
    moved_by: jax.Array


class Orders(NamedTuple):
    """What is ordered, delivered, called up or told from outside, by day; the same for all members.

    Attributes (day first where there is one):
        effort: (day, side) float32. Effort of attack, 1 as it was, 0 none (M11).
        regenerate: (day, side) float32, 0 or 1. The side rests and refits (M11).
        launchers: (day, side) float32. Launchers that come into action that day, training done (M12).
        guided: (day, side) float32. Guided munitions received.
        guns: (day, side) float32. Guns that come into action that day (M12).
        called, shown: (day, side) float32. Men called up, and those of them who came (M23).
        recruits: (day, side) float32. Men who come without training: contracts, prisoners, mercenaries (M23).
        sacked: (day, side) float32, 0 or 1. A change of command (M7).
        feint: (day, side, stretch) float32. Log of the strength the side pretends there, as far as believed (M20).
        fall_back: (day, side, stretch) float32, km. Ground ordered to be given up from that day (M1).
        depots_km: (day, side) float32. Distance of depots ordered, 0 for none (M22).
        strike_depots, strike_headquarters: (day, side) float32. Extra hits on the side's depots or headquarters.
    """

    effort: jax.Array
    regenerate: jax.Array
    launchers: jax.Array
    guided: jax.Array
    guns: jax.Array
    called: jax.Array
    shown: jax.Array
    recruits: jax.Array
    sacked: jax.Array
    feint: jax.Array
    fall_back: jax.Array
    depots_km: jax.Array
    strike_depots: jax.Array
    strike_headquarters: jax.Array


class Chance(NamedTuple):
    """One day's fresh random numbers of the armies.

    Attributes:
        breaks, moves: (unit,) uniform. regimes: (side, stretch) uniform. strides: (side, stretch) standard normal.
        losses: (side, stretch) standard normal. strikes_headquarters: (headquarters,) uniform. strikes_depots: (depot,)
            uniform. tempo: (side,) standard normal.
    """

    breaks: jax.Array
    moves: jax.Array
    regimes: jax.Array
    strides: jax.Array
    losses: jax.Array
    strikes_headquarters: jax.Array
    strikes_depots: jax.Array
    tempo: jax.Array


def enemy(by_side: jax.Array) -> jax.Array:
    """The same with the sides swapped: what the enemy has, (side, ...)."""
    return by_side[::-1]
