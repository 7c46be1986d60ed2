"""The `push`: each side's local tendency to advance that no known mechanism explains.

Almost all of a positional front stands still on almost every day; then a few kilometres of it move by a kilometre or
two. Push is therefore a threshold on a random field, not a drift: the impulse is a standard normal field, correlated
in space and time and mean-reverting, and a side moves only where it exceeds the local threshold,

    push = pace · stride · (exp(growth · (impulse − threshold)₊) − 1)    [km/day]

whose exponential of a normal gives the heavy tail (log-normal strides: mostly one kilometre, rarely ten). How often is
in the threshold, which the picture estimates from recent movement; the tendency to persist for weeks is in the slow
part of the impulse and in the threshold, which relaxes to that of a quiet front with `relaxation_days`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from frontcast.campaign.types import Forcing, Mesh, Noise, Parameters, State

MOVED_KM = 1.0
"""Shortest move that the weekly probability of the picture speaks of."""

_DAYS_OF_WEEK = 7


def threshold(weekly_probability: jax.Array, pace: jax.Array, parameters: Parameters) -> jax.Array:
    """Threshold at which the line moves 1 km or more within a week with the given probability.

    Closed form for independent days, in each of which the push must make the move alone; with the shipped persistence
    and strides a simulated line moves as often as asked to within 4 % for probabilities up to 0.4.

    Args:
        weekly_probability: any shape, 0 to 1.
        pace: length of a move relative to the norm.
        parameters: scalars of the line model.
    """
    daily = -jnp.expm1(jnp.log1p(-jnp.clip(weekly_probability, 1e-9, 1 - 1e-6)) / _DAYS_OF_WEEK)
    to_move = jnp.log1p(MOVED_KM / (pace * parameters.stride_km)) / parameters.stride_growth
    return -jax.scipy.special.ndtri(daily) - to_move


def along_line(nodes: jax.Array, index: jax.Array, weights: jax.Array) -> jax.Array:
    """Node values interpolated to the cells on the line, (node,) -> (line cell,)."""

    def corner(total: jax.Array, one: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        node, weight = one
        return total + weight * nodes.at[node].get(mode="promise_in_bounds"), None

    # A loop, and not a sum: the compiler would work out a sum again for all the cells nearest to a line cell.
    total, _ = jax.lax.scan(corner, jnp.zeros_like(weights[0]), (index, weights))
    return total


def at_cells(line: jax.Array, mesh: Mesh) -> jax.Array:
    """What belongs to the line, at the cells nearest to each of its cells, (line cell,) -> (cell,)."""
    return line.at[mesh.nearest].get(mode="promise_in_bounds")


def impulse(fast: jax.Array, slow: jax.Array, mesh: Mesh, parameters: Parameters) -> jax.Array:
    """Standard normal impulse at every cell, (cell,), from the two node fields."""
    share = parameters.slow_weight
    days = (1.0 - share**2) ** 0.5 * along_line(fast, mesh.fast_nodes, mesh.fast_weights)
    weeks = share * along_line(slow, mesh.slow_nodes, mesh.slow_weights)
    return at_cells(days + weeks, mesh)


def persist(state: State, noise: Noise, parameters: Parameters) -> State:
    """The impulse fields a day later: first-order autoregressive, stationary with unit variance."""

    def ahead(field: jax.Array, fresh: jax.Array, persistence: jax.Array | float) -> jax.Array:
        return persistence * field + (1.0 - persistence**2) ** 0.5 * fresh

    fast = parameters.fast_persistence
    slow = jnp.exp(-1.0 / parameters.slow_days)
    return state._replace(
        fast_a=ahead(state.fast_a, noise.fast_a, fast),
        fast_b=ahead(state.fast_b, noise.fast_b, fast),
        slow_a=ahead(state.slow_a, noise.slow_a, slow),
        slow_b=ahead(state.slow_b, noise.slow_b, slow),
    )


def push(
    state: State, forcing: Forcing, mesh: Mesh, parameters: Parameters, day: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """What each side would gain today against an enemy that does nothing, (cell,) km/day, a and b."""
    fading = jnp.exp(-day / parameters.relaxation_days)

    def of(fast: jax.Array, slow: jax.Array, threshold: jax.Array, pace: jax.Array) -> jax.Array:
        threshold = parameters.quiet_threshold + (threshold - parameters.quiet_threshold) * fading
        excess = jnp.maximum(impulse(fast, slow, mesh, parameters) - threshold, 0.0)
        speed = pace * parameters.stride_km * (jnp.exp(parameters.stride_growth * excess) - 1.0)
        return jnp.minimum(speed, parameters.speed_limit)

    return (
        of(state.fast_a, state.slow_a, forcing.threshold_a, forcing.pace_a),
        of(state.fast_b, state.slow_b, forcing.threshold_b, forcing.pace_b),
    )
