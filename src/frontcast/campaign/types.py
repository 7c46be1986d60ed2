"""The records and function types the campaign model is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax


class Mesh(NamedTuple):
    """The cells a forecast is run on: those of the model's grid that a line may reach, in row order.

    Most of a theatre is far from any line; a mesh of the rest is a fifth of the grid. Indices of neighbours take the
    place of rows and columns. The mesh is padded with idle cells to a round length, so that fronts of nearly the same
    length share one compiled program.

    Attributes:
        neighbours: (2, cell) uint32. Index of the cell to the north and south; of the cell itself where that neighbour is
            not on the mesh. To the west and east are the cells before and after.
        bounded: (4, cell) bool. Where the neighbour to the north, south, west, east is not on the mesh.
        nearest: (cell,) uint32. Which of the cells on the line as it started is nearest.
        fast_nodes, slow_nodes: (4, line cell) uint32. The four nodes around each cell on the line, from which its impulse
            is interpolated.
        fast_weights, slow_weights: (4, line cell) float32. Their weights, of unit 2-norm per cell: standard normal nodes
            give standard normal cells.
        land_km2: (cell,) float32. Land area of each cell; 0 for idle cells.
    """

    neighbours: jax.Array
    bounded: jax.Array
    nearest: jax.Array
    fast_nodes: jax.Array
    fast_weights: jax.Array
    slow_nodes: jax.Array
    slow_weights: jax.Array
    land_km2: jax.Array


class State(NamedTuple):
    """One member of the ensemble at one time.

    Attributes:
        flot_a, flot_b: (cell,) float32, km. Signed distance to each side's forward line, negative where the side holds
            the ground. Their sum is the width of the grey zone and never negative.
        fast_a, fast_b: (fast node,) float32, standard normal. Day-to-day part of each side's impulse.
        slow_a, slow_b: (slow node,) float32, standard normal. Part that lasts for weeks.
    """

    flot_a: jax.Array
    flot_b: jax.Array
    fast_a: jax.Array
    fast_b: jax.Array
    slow_a: jax.Array
    slow_b: jax.Array


class Forcing(NamedTuple):
    """What the picture says drives one forecast; the same for all members.

    Attributes:
        threshold_a, threshold_b: (cell,) float32, standard deviations. How large each side's impulse must be before its
            line moves there: low where it has been moving, high where nothing stirs.
        mobility: (cell,) float32, 0 to 1. How fast a line can cross the cell at all.
        pace_a, pace_b: scalar float32. Length of a step forward when there is one, relative to the positional norm.
    """

    threshold_a: jax.Array
    threshold_b: jax.Array
    mobility: jax.Array
    pace_a: jax.Array
    pace_b: jax.Array


class Noise(NamedTuple):
    """One day's fresh random numbers, standard normal, on the nodes of the state's impulse fields."""

    fast_a: jax.Array
    fast_b: jax.Array
    slow_a: jax.Array
    slow_b: jax.Array


class Parameters(NamedTuple):
    """Scalars of the line model; values, sources and ranges are in `parameters.toml`."""

    fast_persistence: float
    slow_days: float
    slow_weight: float
    stride_km: float
    stride_growth: float
    speed_limit: float
    contact_km: float
    relaxation_days: float
    quiet_threshold: float
    reinitialise_every: int


Speeds = tuple[jax.Array, jax.Array]
"""Outward speed of the two FLOTs, (cell,) km/day each, a first; positive where the side gains ground."""

StepFn = Callable[[State, Forcing, Noise, jax.Array], State]
"""One day: `step(state, forcing, noise, day) -> state`, with `day` counted from init_time."""
