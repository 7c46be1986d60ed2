"""One day of a campaign with armies: the mechanisms, in order.

The two lines move as in the line model; what the armies do is added to it in two ways. *Advantages* shift the
threshold of a side's push: it is `threshold − sensitivity · Θ` with Θ the sum over mechanisms of their log advantage,
less what it was at the start (the picture's thresholds know that already, but for the share `standing`). *Speeds* add
to what a side gains (a penetration) or gives up (a withdrawal, a rout). With all mechanisms taken out, the day is
that of the line model.

What each mechanism moved is recorded as it happens. The push with Θ over the push without is shared among the
mechanisms in proportion to their advantages: for a sum in one function these are the integrated gradients from no
advantage to all of it (Sundararajan et al. 2017, arXiv:1703.01365), and they add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from frontcast.campaign.army import Campaign, Chance, Front, Orders, Roster, enemy
from frontcast.campaign.contact import separate
from frontcast.campaign.impulse import along_line, at_cells, persist
from frontcast.campaign.level_set import reinitialise
from frontcast.campaign.mechanism import COUNT, Mechanism
from frontcast.campaign.mechanism_parameters import CampaignParameters
from frontcast.campaign.mechanisms import (
    absence,
    attrition,
    change_of_command,
    clearing,
    cohesion,
    combined_arms,
    deception,
    deliveries,
    endurance,
    frontage,
    headquarters,
    initiative,
    leadership,
    manpower,
    munitions,
    objectives,
    policy,
    prepared_positions,
    quality,
    readiness,
    regimes,
    rout,
    span_of_control,
    supply,
    will,
    withdrawal,
)
from frontcast.campaign.step import move_lines
from frontcast.campaign.types import Forcing, Mesh, Noise, Parameters, State
from frontcast.campaign.view import View, for_units, locate

M = Mechanism
_NO_ADVANTAGE = 1e-3

CampaignStepFn = Callable[[Campaign, Forcing, Orders, Noise, Chance, jax.Array], Campaign]
"""One day: `step(campaign, forcing, orders, noise, chance, day) -> campaign`, `orders` those of the day."""


class Setting(NamedTuple):
    """What a campaign step is made for.

    Attributes:
        line: scalars of the line model. mechanisms: those of the mechanisms. on: (mechanism,) float32, see `switches`.
        mesh, front, roster: see there. cell_km: side of a cell.
    """

    line: Parameters
    mechanisms: CampaignParameters
    on: jax.Array
    mesh: Mesh
    front: Front
    roster: Roster
    cell_km: float


class Advantages(NamedTuple):
    """Advantages of both sides' attacks today, with what the rest of the day needs of them.

    Attributes:
        by_mechanism: (mechanism, side, stretch). effort: (side,). gap, prepared, reserves: (side, stretch).
        supplied: (unit,).
    """

    by_mechanism: jax.Array
    effort: jax.Array
    gap: jax.Array
    prepared: jax.Array
    reserves: jax.Array
    supplied: jax.Array


def advantages(campaign: Campaign, view: View, orders: Orders, setting: Setting) -> Advantages:
    """Every mechanism's log advantage, (mechanism, side, stretch); 0 for those taken out or without one."""
    p, on, front, roster = setting.mechanisms, setting.on, setting.front, setting.roster
    units, pools, stretches = campaign.units, campaign.pools, campaign.stretches
    count = front.length_km.shape[0]
    screen = p.frontage.screen_density * front.length_km + 1e-3
    supplied = supply.supplied(units, p.supply, on[M.SUPPLY])
    effort = policy.effort(orders.effort, orders.regenerate, p.policy, on[M.POLICY])
    prepared = prepared_positions.on_the_line(
        campaign.line, front, stretches, setting.cell_km, on[M.PREPARED_POSITIONS]
    )
    shells = jnp.clip(deliveries.shell_days(units, p.deliveries), 0.0, 1.0)
    together = combined_arms.together(units, view, supplied, shells, p.combined_arms)
    terms = {
        M.QUALITY: quality.advantage(roster, view, screen, p.quality),
        M.HEADQUARTERS: headquarters.advantage(campaign.rear, roster, view, screen, p.headquarters),
        M.CHANGE_OF_COMMAND: change_of_command.advantage(pools, count),
        M.READINESS: readiness.advantage(units, view, screen, p.readiness),
        M.PREPARED_POSITIONS: prepared_positions.advantage(prepared, p.prepared_positions),
        M.POLICY: policy.advantage(effort, count, p.policy),
        M.DELIVERIES: deliveries.advantage(units, view, front, p.deliveries, on[M.DELIVERIES]),
        M.OBJECTIVES: objectives.advantage(front, p.objectives),
        M.FRONTAGE: frontage.advantage(view, p.frontage),
        M.SPAN_OF_CONTROL: span_of_control.advantage(roster, view, front, screen, p.span_of_control),
        M.COMBINED_ARMS: combined_arms.advantage(together, p.combined_arms),
        M.DECEPTION: deception.advantage(stretches, view, p.deception),
        M.COHESION: cohesion.advantage(units, view, screen, p.cohesion),
        M.SUPPLY: supply.advantage(supplied, view, screen, p.supply),
        M.WILL: will.advantage(pools, count, p.will),
        M.ENDURANCE: endurance.advantage(pools, count),
    }
    real = (front.length_km > 0.0).astype(jnp.float32)
    by_mechanism = jnp.zeros((COUNT, 2, count))
    for mechanism, term in terms.items():
        by_mechanism = by_mechanism.at[int(mechanism)].set(on[int(mechanism)] * term * real)
    around = front.kernel @ front.length_km
    reserves = (view.battalions + view.battalions @ front.kernel.T * 2.0) / jnp.maximum(3.0 * around, 1.0)[None]
    return Advantages(by_mechanism, effort, frontage.gap(view, p.frontage), prepared, reserves, supplied)


def centred(by_mechanism: jax.Array, front: Front) -> jax.Array:
    """Less the mean over the front: what is alike everywhere is in the picture's tempo already."""
    weight = front.length_km / jnp.maximum(front.length_km.sum(), 1e-6)
    return by_mechanism - (by_mechanism * weight).sum(axis=-1, keepdims=True)


def look(campaign: Campaign, setting: Setting, day: jax.Array) -> View:
    """Who covers what today."""
    here = absence.available(setting.roster, day, setting.on[M.ABSENCE])
    return frontage.look(
        campaign.units,
        setting.roster,
        setting.front,
        campaign.stretches,
        here,
        setting.mechanisms.frontage,
        setting.on[M.FRONTAGE],
    )


class Pushed(NamedTuple):
    """A side's push with the armies: at cells, and by stretch with its parts.

    Attributes:
        speed: (cell,) km/day. alone: (stretch,) what the push is without advantages. slope: (stretch,) what a unit of
            advantage adds. active: (stretch,) share of the stretch where it pushes at all.
    """

    speed: jax.Array
    alone: jax.Array
    slope: jax.Array
    active: jax.Array


def _push(
    impulse_line: jax.Array,
    threshold: jax.Array,
    pace: jax.Array,
    advantage: jax.Array,
    day: jax.Array,
    setting: Setting,
) -> Pushed:
    line, front, mesh = setting.line, setting.front, setting.mesh
    fading = jnp.exp(-day / line.relaxation_days)
    resting = line.quiet_threshold + (threshold - line.quiet_threshold) * fading
    shift = setting.mechanisms.response.sensitivity

    def speed(impulse: jax.Array, threshold: jax.Array) -> jax.Array:
        excess = jnp.maximum(impulse - threshold, 0.0)
        return jnp.minimum(pace * line.stride_km * (jnp.exp(line.stride_growth * excess) - 1.0), line.speed_limit)

    cells = speed(at_cells(impulse_line, mesh), resting - shift * advantage[front.stretch])
    on_line = resting[front.line_cell]
    theta = advantage[front.line_stretch]
    with_armies, without = speed(impulse_line, on_line - shift * theta), speed(impulse_line, on_line)
    # Where the advantage is nearly none, the slope at none stands for it.
    tiny = jnp.abs(theta) < _NO_ADVANTAGE
    by_slope = jnp.where(
        (without > 0.0) & (without < line.speed_limit),
        shift * line.stride_growth * (without + pace * line.stride_km),
        0.0,
    )
    slope = jnp.where(tiny, by_slope, (with_armies - without) / jnp.where(tiny, 1.0, theta))
    count = front.length_km.shape[0]
    sums = jax.ops.segment_sum(
        front.line_share[:, None] * jnp.stack([without, slope, (with_armies > 0.0).astype(jnp.float32)], axis=1),
        front.line_stretch,
        count,
    )
    return Pushed(cells, sums[:, 0], sums[:, 1], sums[:, 2])


class Moves(NamedTuple):
    """What moves the lines today, beyond what each side's advantages add to its push.

    Attributes (all (side, stretch)):
        activity: share of the stretch that the side attacks. gained: km/day above the push (M8). withdrawn, routed: km/day
            the side gives up (M1, M15). entered: km/day the side enters behind the enemy (M14).
    """

    activity: jax.Array
    gained: jax.Array
    withdrawn: jax.Array
    routed: jax.Array
    entered: jax.Array

    @property
    def given(self) -> jax.Array:
        """Ground the side gives up, km/day."""
        return jnp.maximum(self.withdrawn, self.routed)


def make_campaign_step(setting: Setting) -> CampaignStepFn:
    """The function that takes one member one day on, armies and all."""

    def step(
        campaign: Campaign, forcing: Forcing, orders: Orders, noise: Noise, chance: Chance, day: jax.Array
    ) -> Campaign:
        campaign = _from_outside(campaign, orders, noise, chance, setting)
        view = look(campaign, setting, day)
        worth = advantages(campaign, view, orders, setting)
        standing = setting.mechanisms.response.standing * centred(campaign.advantage, setting.front)
        by_mechanism = standing + worth.by_mechanism - campaign.advantage
        pushed = _pushes(campaign.line, forcing, by_mechanism.sum(axis=0), day, setting)
        campaign, moves = _manoeuvre(campaign, view, worth, by_mechanism.sum(axis=0), pushed, chance, setting)
        campaign, forward = _move_front(campaign, forcing, by_mechanism, pushed, moves, day, setting)
        campaign, exposed, loss = _fight(campaign, view, worth, moves, orders, chance, setting)
        campaign = _behind_the_front(campaign, view, exposed, orders, chance, setting)
        return _minds(campaign, view, moves, loss, forward, orders, chance, day, setting)

    return step


def _from_outside(campaign: Campaign, orders: Orders, noise: Noise, chance: Chance, setting: Setting) -> Campaign:
    """What arrives, is called up, is ordered; and the impulse of a new day."""
    p, on, pools = setting.mechanisms, setting.on, campaign.pools
    pools = deliveries.arrive(pools, orders.launchers, orders.guided, orders.guns, on[M.DELIVERIES])
    shown = orders.shown * pools.will
    pools = manpower.call_up(pools, orders.called, shown, orders.recruits, p.manpower, on[M.MANPOWER])
    pools = change_of_command.change(pools, orders.sacked, p.change_of_command, on[M.CHANGE_OF_COMMAND])
    pools = endurance.drift(pools, chance.tempo, p.endurance, on[M.ENDURANCE])
    stretches = withdrawal.order(campaign.stretches, orders.fall_back, p.withdrawal, on[M.WITHDRAWAL])
    return campaign._replace(pools=pools, stretches=stretches, line=persist(campaign.line, noise, setting.line))


def _pushes(
    line: State, forcing: Forcing, advantage: jax.Array, day: jax.Array, setting: Setting
) -> tuple[Pushed, Pushed]:
    """The push of each side, with the armies' advantages (side, stretch)."""
    share, mesh = setting.line.slow_weight, setting.mesh

    def impulse(fast: jax.Array, slow: jax.Array) -> jax.Array:
        days = (1.0 - share**2) ** 0.5 * along_line(fast, mesh.fast_nodes, mesh.fast_weights)
        return days + share * along_line(slow, mesh.slow_nodes, mesh.slow_weights)

    return (
        _push(impulse(line.fast_a, line.slow_a), forcing.threshold_a, forcing.pace_a, advantage[0], day, setting),
        _push(impulse(line.fast_b, line.slow_b), forcing.threshold_b, forcing.pace_b, advantage[1], day, setting),
    )


def _manoeuvre(
    campaign: Campaign,
    view: View,
    worth: Advantages,
    advantage: jax.Array,
    pushed: tuple[Pushed, Pushed],
    chance: Chance,
    setting: Setting,
) -> tuple[Campaign, Moves]:
    """What the armies gain and give up beyond the push."""
    p, on, stretches = setting.mechanisms, setting.on, campaign.stretches
    activity = jnp.stack([pushed[0].active, pushed[1].active])
    broken = rout.share_broken(campaign.units, view)
    # Nobody breaks through across a great river or the sea, and nobody follows there.
    by_land = jnp.square(setting.front.passable)
    free = worth.effort[:, None] * by_land
    attacked = activity * free
    regime = regimes.develop(
        stretches.regime,
        attacked,
        free,
        worth.gap,
        advantage,
        worth.reserves,
        broken,
        chance.regimes,
        p.regimes,
        on[M.REGIMES],
    )
    # A side without supply does not exploit what it has opened.
    gained = regimes.speed(regime, chance.strides, p.regimes) * mean_supplied(view, worth.supplied)
    withdrawn = withdrawal.given_up(stretches, setting.front, worth.gap, p.withdrawal, on[M.WITHDRAWAL])
    routed = by_land * rout.given_up(broken, p.rout, on[M.ROUT])
    given = jnp.maximum(withdrawn, routed)
    # Ground left by the other side is entered as fast as it can be cleared; a grey zone of old is no such ground.
    entered = clearing.follow(enemy(given), enemy(stretches.vacated_km), p.clearing, on[M.CLEARING])
    stretches = stretches._replace(
        regime=regime, activity=activity, vacated_km=stretches.vacated_km + given - enemy(entered)
    )
    return campaign._replace(stretches=stretches), Moves(activity, gained, withdrawn, routed, entered)


def _move_front(
    campaign: Campaign,
    forcing: Forcing,
    by_mechanism: jax.Array,
    pushed: tuple[Pushed, Pushed],
    moves: Moves,
    day: jax.Array,
    setting: Setting,
) -> tuple[Campaign, jax.Array]:
    """The lines a day on, what moved them, and how far the front went towards b, (stretch,) km."""
    front, mesh, cell_km, line = setting.front, setting.mesh, setting.cell_km, campaign.line
    touch = jnp.exp(-jnp.maximum(line.flot_a + line.flot_b, 0.0) / setting.line.contact_km)
    # One look-up of both sides' speeds by cell: what is gained counts against the enemy, what is entered and given does not.
    gained = moves.gained[:, front.stretch]
    kept = (moves.entered - moves.given)[:, front.stretch]
    own = (pushed[0].speed + gained[0], pushed[1].speed + gained[1])
    speed_a = forcing.mobility * (own[0] - touch * own[1] + kept[0])
    speed_b = forcing.mobility * (own[1] - touch * own[0] + kept[1])
    line = move_lines(line, speed_a, speed_b, mesh, cell_km)

    def repair(current: State) -> State:
        return separate(
            current._replace(
                flot_a=reinitialise(current.flot_a, mesh, cell_km),
                flot_b=reinitialise(current.flot_b, mesh, cell_km),
            )
        )

    due = (day + 1) % setting.line.reinitialise_every == 0
    line = jax.lax.cond(due, repair, lambda current: current, line)
    stretches = campaign.stretches
    x, y, there = locate(line, front, stretches, cell_km)
    so_far = (x - front.start_x) * front.to_b_x + (y - front.start_y) * front.to_b_y
    moved = _moved_by(by_mechanism, pushed, moves, touch, forcing, front) * there
    return (
        campaign._replace(
            line=line,
            stretches=stretches._replace(x=x, y=y, moved_km=so_far),
            moved_by=campaign.moved_by + moved,
        ),
        so_far - stretches.moved_km,
    )


def _moved_by(
    by_mechanism: jax.Array,
    pushed: tuple[Pushed, Pushed],
    moves: Moves,
    touch: jax.Array,
    forcing: Forcing,
    front: Front,
) -> jax.Array:
    """How far each mechanism moves each side's FLOT outwards today, (mechanism, side, stretch) km."""
    count = front.length_km.shape[0]
    means = jax.ops.segment_sum(
        front.line_share[:, None] * jnp.stack([touch[front.line_cell], forcing.mobility[front.line_cell]], axis=1),
        front.line_stretch,
        count,
    )
    gains = by_mechanism * jnp.stack([pushed[0].slope, pushed[1].slope])
    gains = gains.at[int(M.PUSH)].set(jnp.stack([pushed[0].alone, pushed[1].alone]))
    gains = gains.at[int(M.REGIMES)].add(moves.gained)
    leaves = jnp.zeros_like(gains)
    # Where both call for it, the faster of the two is what the front sees.
    by_order = moves.withdrawn >= moves.routed
    leaves = leaves.at[int(M.WITHDRAWAL)].set(jnp.where(by_order, moves.withdrawn, 0.0))
    leaves = leaves.at[int(M.ROUT)].set(jnp.where(by_order, 0.0, moves.routed))
    moved = gains - means[:, 0] * gains[:, ::-1] + leaves[:, ::-1] - leaves
    moved = moved.at[int(M.CLEARING)].add(moves.entered - enemy(moves.given))
    return means[:, 1] * moved


def _fight(
    campaign: Campaign,
    view: View,
    worth: Advantages,
    moves: Moves,
    orders: Orders,
    chance: Chance,
    setting: Setting,
) -> tuple[Campaign, jax.Array, jax.Array]:
    """The price, who tires and who breaks; with how exposed units were, (unit,), and loss fractions, (side, stretch)."""
    p, on, roster = setting.mechanisms, setting.on, setting.roster
    units, pools, stretches = campaign.units, campaign.pools, campaign.stretches
    attacked = jnp.clip(moves.activity * worth.effort[:, None] + jnp.minimum(moves.gained, 1.0), 0.0, 1.0)
    loss = attrition.loss_fractions(
        view,
        attacked,
        worth.prepared,
        (moves.given > 0.0).astype(jnp.float32),
        chance.losses,
        p.attrition,
        on[M.ATTRITION],
    )
    units, pools = attrition.suffer(units, view, loss, pools, p.attrition)
    stretches = withdrawal.adapt(stretches, loss, p.withdrawal, on[M.WITHDRAWAL])
    exposed = jnp.clip(for_units(view, jnp.clip(attacked + enemy(attacked), 0.0, 1.0)), 0.0, 1.0)
    ahead = leadership.forward(units, roster, view.present, p.leadership, on[M.LEADERSHIP])
    units = readiness.tire(
        units,
        exposed,
        leadership.relief(ahead, roster, p.leadership),
        worth.supplied,
        orders.regenerate[roster.side] * on[M.POLICY],
        p.readiness,
        on[M.READINESS],
    )
    units = cohesion.wear(units, roster, for_units(view, loss), worth.supplied, p.cohesion, on[M.COHESION])
    attacking = enemy(moves.activity) > deception.SEEN
    surprised = enemy(deception.surprise(stretches, view)) * attacking / deception.MOST_SURPRISE
    grown = jnp.clip(jnp.log(enemy(view.density)) - stretches.belief, 0.0, 1.0)
    load = rout.load(
        view,
        rout.neighbours_broken(units, roster, view, p.rout),
        loss,
        (enemy(stretches.regime) > regimes.POSITIONAL).astype(jnp.float32),
        worth.gap,
        surprised * on[M.DECEPTION],
        worth.prepared,
        grown * on[M.DECEPTION],
        worth.supplied,
        p.rout,
    )
    units, pools = rout.break_up(units, roster, view, pools, load, chance.breaks, p.rout, on[M.ROUT])
    units = rout.run(units, view, setting.front, p.rout)
    return campaign._replace(units=units, pools=pools, stretches=stretches), exposed, loss


def _behind_the_front(
    campaign: Campaign, view: View, exposed: jax.Array, orders: Orders, chance: Chance, setting: Setting
) -> Campaign:
    """Supply, replacements and deep fires."""
    p, on, roster, front = setting.mechanisms, setting.on, setting.roster, setting.front
    units, rear, pools, stretches = campaign.units, campaign.rear, campaign.pools, campaign.stretches
    shells_a_day = p.deliveries.shells_a_day
    ahead = leadership.forward(units, roster, view.present, p.leadership, on[M.LEADERSHIP])
    units, pools = supply.use(units, view, pools, exposed, shells_a_day, on[M.SUPPLY])
    units, rear, pools = supply.carry(
        units, rear, roster, view, pools, front, stretches, shells_a_day, p.supply, on[M.SUPPLY]
    )
    units, pools = manpower.replace(units, roster, view, pools, exposed, p.manpower, on[M.MANPOWER])
    pools, hits = munitions.fire(pools, p.munitions, on[M.MUNITIONS])
    hits = enemy(hits)
    rear = headquarters.strike(
        rear,
        roster,
        view,
        hits * p.headquarters.share + orders.strike_headquarters,
        leadership.exposure(ahead, p.leadership),
        chance.strikes_headquarters,
        p.headquarters,
        on[M.HEADQUARTERS],
    )
    rear, pools = supply.strike(
        rear,
        roster,
        pools,
        hits * (1.0 - p.headquarters.share) + orders.strike_depots,
        orders.depots_km,
        chance.strikes_depots,
        p.supply,
        on[M.SUPPLY],
    )
    return campaign._replace(units=units, rear=rear, pools=pools)


def _minds(
    campaign: Campaign,
    view: View,
    moves: Moves,
    loss: jax.Array,
    forward: jax.Array,
    orders: Orders,
    chance: Chance,
    day: jax.Array,
    setting: Setting,
) -> Campaign:
    """What each side wills and believes, who goes where, what is dug."""
    p, on, roster, front = setting.mechanisms, setting.on, setting.roster, setting.front
    units, pools, stretches = campaign.units, campaign.pools, campaign.stretches
    advance = jnp.stack([forward, -forward])
    men = view.sides * units.men
    lost_share = (men @ for_units(view, loss)) / jnp.maximum(men.sum(axis=1), 1.0)
    lost_km2 = jnp.sum(jnp.maximum(-advance, 0.0) * front.length_km, axis=1)
    pools = will.fall(pools, lost_share, lost_km2, p.will, on[M.WILL])
    pools = initiative.measure(pools, front, advance, p.initiative, on[M.INITIATIVE])
    stretches = deception.learn(stretches, view, moves.activity, orders.feint, p.deception, on[M.DECEPTION])
    stretches = prepared_positions.dig(stretches, forward, p.prepared_positions)
    units = deception.send_reserves(
        units,
        roster,
        view,
        front,
        stretches,
        p.frontage.station_km,
        chance.moves,
        p.deception,
        on[M.DECEPTION],
    )
    units = frontage.march(units, roster, view, front, advance, day, p.frontage, on[M.FRONTAGE])
    return campaign._replace(units=units, pools=pools, stretches=stretches)


def mean_supplied(view: View, supplied: jax.Array) -> jax.Array:
    """How well what covers each stretch is supplied, 1 where nothing does, (side, stretch)."""
    return ((view.sides * supplied) @ view.weights + 0.1) / (view.sides @ view.weights + 0.1)
