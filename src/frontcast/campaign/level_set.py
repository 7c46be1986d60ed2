"""Moving a line that is the zero of a signed distance: upwind differences, CFL-bound steps, repair of the distance.

The equation is `∂φ/∂t + F |∇φ| = 0` with φ negative inside and F the outward speed. Space is first-order Godunov upwind
[Osher & Sethian 1988, doi:10.1016/0021-9991(88)90002-2; Rouy & Tourin 1992, doi:10.1137/0729053], which is monotone
and so makes no new extrema: free runs stay bounded.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from frontcast.campaign.types import Mesh

CFL = 0.9
"""Share of the stable step that is used."""

FARTHEST_KM = 999.0
"""Distances beyond it mean nothing; the same is given to idle cells."""

_DIAGONAL = 2.0**0.5

_INNER = slice(1, -1)
"""All cells but the first and the last, which stay as they are: so the cells before and after are plain slices, a third
faster than shifting the field. Both are on the edge of the mesh, where lines stop counting."""


def at_neighbours(field: jax.Array, mesh: Mesh) -> tuple[jax.Array, ...]:
    """A field's values at the northern, southern, western and eastern neighbours, (cell,) each; off the mesh, its own."""
    _, _, no_west, no_east = mesh.bounded
    north, south = (field.at[index].get(mode="promise_in_bounds") for index in mesh.neighbours)
    # Cells are in row order, so a shift does for the other two what a slower look-up would.
    return north, south, jnp.where(no_west, field, jnp.roll(field, 1)), jnp.where(no_east, field, jnp.roll(field, -1))


def _upwind_gradient(phi: jax.Array, outward: jax.Array, mesh: Mesh, cell_km: float) -> jax.Array:
    """|∇φ| as seen by a front that moves outward where `outward` holds and inward elsewhere, (inner cell,)."""
    here = phi[_INNER]
    north, south = (phi.at[index[_INNER]].get(mode="promise_in_bounds") for index in mesh.neighbours)
    no_north, no_south, no_west, no_east = (bounded[_INNER] for bounded in mesh.bounded)
    # An inward-moving front of φ is an outward-moving front of -φ.
    sign = jnp.where(outward[_INNER], 1.0, -1.0)
    square = jnp.zeros_like(here)
    for before, after, no_before, no_after in (
        (north, south, no_north, no_south),
        (phi[:-2], phi[2:], no_west, no_east),
    ):
        back, ahead = here - before, after - here
        # Past the edge of the mesh the field goes on as it was: a line leaves freely.
        back, ahead = jnp.where(no_before, ahead, back), jnp.where(no_after, back, ahead)
        # A cell with neither neighbour on the mesh has no slope in this direction.
        alone = no_before & no_after
        back, ahead = jnp.where(alone, 0.0, back), jnp.where(alone, 0.0, ahead)
        square += jnp.maximum(jnp.maximum(sign * back, -sign * ahead), 0.0) ** 2
    return jnp.sqrt(square) / cell_km


def advance(phi: jax.Array, speed: jax.Array, days: jax.Array | float, mesh: Mesh, cell_km: float) -> jax.Array:
    """One explicit step of `days` with outward `speed` (cell,) km/day; stable for `days <= stable_days(...)`."""
    gradient = _upwind_gradient(phi, speed > 0, mesh, cell_km)
    # A line that reaches the edge of the mesh has nothing beyond to hold its slope: far values are kept finite.
    return phi.at[_INNER].set(jnp.clip(phi[_INNER] - days * speed[_INNER] * gradient, -FARTHEST_KM, FARTHEST_KM))


def stable_days(fastest: jax.Array, cell_km: float) -> jax.Array:
    """Longest stable step, days, where no line moves faster than `fastest` km/day (CFL condition)."""
    return CFL * cell_km / (_DIAGONAL * jnp.maximum(fastest, 1e-6))


def reinitialise(phi: jax.Array, mesh: Mesh, cell_km: float, sweeps: int = 4) -> jax.Array:
    """Draw φ back towards a signed distance without moving its zero.

    Cells next to the line are held as they are, so the line stays where it is to the last bit; the others relax to
    |∇φ| = 1 by `sweeps` upwind steps [Sussman et al. 1994, doi:10.1006/jcph.1994.1155, with the anchored cells of
    Russo & Smereka 2000, doi:10.1006/jcph.2000.6553].
    """
    inside = phi < 0
    next_to_line = jnp.zeros_like(inside)
    for other in at_neighbours(inside, mesh):
        next_to_line |= inside != other
    sign = jnp.sign(phi)

    def sweep(_: int, current: jax.Array) -> jax.Array:
        gradient = _upwind_gradient(current, sign > 0, mesh, cell_km)
        here, side = current[_INNER], sign[_INNER]
        moved = here - 0.5 * cell_km * side * (gradient - 1.0)
        # A relaxing cell may come close to the line but never cross it.
        moved = jnp.where(side * moved > 0, moved, here)
        return current.at[_INNER].set(jnp.where(next_to_line[_INNER], here, moved))

    return jax.lax.fori_loop(0, sweeps, sweep, phi)
