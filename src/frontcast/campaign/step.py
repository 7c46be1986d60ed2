"""One day of the campaign: the terms, in order."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from frontcast.campaign.contact import line_speeds, separate
from frontcast.campaign.impulse import persist, push
from frontcast.campaign.level_set import advance, reinitialise, stable_days
from frontcast.campaign.types import Forcing, Mesh, Noise, Parameters, State, StepFn

NEAR_LINE_CELLS = 3.0
"""Speeds count for the stable step where a line is within this many cells; elsewhere they are held to the same bound."""


def move_lines(state: State, speed_a: jax.Array, speed_b: jax.Array, mesh: Mesh, cell_km: float) -> State:
    """Both lines a day on, in as many equal steps as the CFL condition asks for."""
    near = NEAR_LINE_CELLS * cell_km

    def fastest(speed: jax.Array, flot: jax.Array) -> jax.Array:
        return jnp.max(jnp.where(jnp.abs(flot) < near, jnp.abs(speed), 0.0))

    bound = jnp.maximum(fastest(speed_a, state.flot_a), fastest(speed_b, state.flot_b))
    speed_a, speed_b = jnp.clip(speed_a, -bound, bound), jnp.clip(speed_b, -bound, bound)
    steps = jnp.ceil(1.0 / stable_days(bound, cell_km)).astype(jnp.int32)
    days = 1.0 / jnp.maximum(steps, 1).astype(jnp.float32)

    def substep(_: jax.Array, current: State) -> State:
        return separate(
            current._replace(
                flot_a=advance(current.flot_a, speed_a, days, mesh, cell_km),
                flot_b=advance(current.flot_b, speed_b, days, mesh, cell_km),
            )
        )

    return jax.lax.fori_loop(0, jnp.where(bound > 0.0, steps, 0), substep, state)


def make_step(parameters: Parameters, mesh: Mesh, cell_km: float) -> StepFn:
    """The function that takes one member one day on.

    Args:
        parameters: scalars of the line model.
        mesh: the cells it runs on.
        cell_km: side of a grid cell, km.
    """

    def step(state: State, forcing: Forcing, noise: Noise, day: jax.Array) -> State:
        state = persist(state, noise, parameters)
        push_a, push_b = push(state, forcing, mesh, parameters, day)
        speed_a, speed_b = line_speeds(state, push_a, push_b, forcing, parameters)
        state = move_lines(state, speed_a, speed_b, mesh, cell_km)

        def repair(current: State) -> State:
            return separate(
                current._replace(
                    flot_a=reinitialise(current.flot_a, mesh, cell_km),
                    flot_b=reinitialise(current.flot_b, mesh, cell_km),
                )
            )

        due = (day + 1) % parameters.reinitialise_every == 0
        return jax.lax.cond(due, repair, lambda current: current, state)

    return step
