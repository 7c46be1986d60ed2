"""Laying the mesh: which cells of the model's grid are run, who is beside whom, which noise nodes feed which cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from frontcast.campaign.types import Mesh

FAST_SPACING_KM = 8.0
"""Distance between the nodes of the day-to-day impulse: a brigade's share of the line (prior only)."""

SLOW_SPACING_KM = 20.0
"""Distance between the nodes of the slow impulse: a corps sector (prior only)."""

PADDING, LINE_PADDING, NODE_PADDING = 8192, 1024, 512
"""Meshes, lines and node fields are as long as a multiple of these."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """A mesh and how it lies on the grid.

    Attributes:
        mesh: what the model runs on.
        cells: (n,) int64, flat grid index of each cell that is not idle, ascending; the first n of the mesh.
        shape: (ny, nx) of the model's grid.
        line_cells: (m,) int64, flat grid index of each line cell, ascending; the first m of the mesh's line.
        fast_count, slow_count: lengths of the node fields.
    """

    mesh: Mesh
    cells: npt.NDArray[np.int64]
    line_cells: npt.NDArray[np.int64]
    shape: tuple[int, int]
    fast_count: int
    slow_count: int

    def take(self, field: Array, idle: float) -> Array:
        """A grid field (y, x) on the mesh, (cell,); idle cells get the value `idle`."""
        values = np.full(self.mesh.land_km2.shape, idle, field.dtype)
        values[: len(self.cells)] = field.ravel()[self.cells]
        return values


def _round_up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def nodes_around(cells: Array, shape: tuple[int, int], spacing: float) -> tuple[Array, Array, int]:
    """The four nodes around each cell of a grid and their weights, for nodes `spacing` cells apart.

    Args:
        cells: (n,) flat grid indices.
        shape: (ny, nx) of the grid.
        spacing: in cells.

    Returns:
        (4, n) int64 indices among the nodes that are used at all, (4, n) float32 linear weights of unit 2-norm, and the
        number of nodes used.
    """
    row, column = np.divmod(cells, shape[1])
    # Nodes stand on the corners between cells where spacing is even, so all cells see alike weights.
    y, x = (row + 0.5) / spacing + 0.5, (column + 0.5) / spacing + 0.5
    y0, x0 = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    wide = int(shape[1] / spacing) + 3
    corners = np.stack([(y0 + dy) * wide + x0 + dx for dy in (0, 1) for dx in (0, 1)])
    part_y, part_x = y - y0, x - x0
    weights = np.stack(
        [(part_y if dy else 1 - part_y) * (part_x if dx else 1 - part_x) for dy in (0, 1) for dx in (0, 1)]
    )
    weights /= np.linalg.norm(weights, axis=0)
    used, index = np.unique(corners, return_inverse=True)
    return index.reshape(corners.shape), weights.astype(np.float32), len(used)


def lay_mesh(line: npt.NDArray[np.bool_], reach_km: float, cell_km: float, land_share: Array | None = None) -> Layout:
    """The mesh of the cells within reach of a line.

    A side's impulse is a property of the stretch of line it comes from, so each cell takes it from the line cell nearest
    to it: a push that carries a line over a cell carries it as fast over the next.

    Args:
        line: (y, x) bool, cells on the line as it starts.
        reach_km: how far from the line cells are run.
        cell_km: side of a cell, km.
        land_share: (y, x) land area of each cell as a share of the cell; all land where not given.

    Raises:
        ValueError: where there is no line.
    """
    if not line.any():
        raise ValueError("there is no line to lay a mesh around")
    distance, nearest = distance_transform_edt(~line, return_indices=True)
    active = distance * cell_km <= reach_km
    cells = np.flatnonzero(active)
    on_line, origins = np.unique(np.ravel_multi_index(tuple(nearest), line.shape).ravel()[cells], return_inverse=True)
    line_length = _round_up(len(on_line), LINE_PADDING)
    count, length = len(cells), _round_up(len(cells), PADDING)
    number = np.full(active.shape, -1, np.int64)
    number.ravel()[cells] = np.arange(count)
    padded = np.pad(number, 1, constant_values=-1)
    around = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    around = around.reshape(4, -1)[:, cells]
    itself = np.arange(length)
    neighbours = np.tile(itself, (2, 1))
    neighbours[:, :count] = np.where(around[:2] < 0, itself[:count], around[:2])

    def fill(values: Array, idle: float = 0, length: int = length) -> Array:
        out = np.full((*values.shape[:-1], length), idle, values.dtype)
        out[..., : values.shape[-1]] = values
        return out

    def fill_line(values: Array) -> Array:
        return fill(values, length=line_length)

    fast, fast_weights, fast_count = nodes_around(on_line, active.shape, FAST_SPACING_KM / cell_km)
    slow, slow_weights, slow_count = nodes_around(on_line, active.shape, SLOW_SPACING_KM / cell_km)
    share = np.ones(active.shape) if land_share is None else land_share
    mesh = Mesh(
        neighbours=jnp.asarray(neighbours, jnp.uint32),
        bounded=jnp.asarray(fill(around < 0, True)),
        nearest=jnp.asarray(fill(origins), jnp.uint32),
        fast_nodes=jnp.asarray(fill_line(fast), jnp.uint32),
        fast_weights=jnp.asarray(fill_line(fast_weights)),
        slow_nodes=jnp.asarray(fill_line(slow), jnp.uint32),
        slow_weights=jnp.asarray(fill_line(slow_weights)),
        land_km2=jnp.asarray(fill(share.ravel()[cells].astype(np.float32) * cell_km**2)),
    )
    return Layout(
        mesh, cells, on_line, active.shape, _round_up(fast_count, NODE_PADDING), _round_up(slow_count, NODE_PADDING)
    )
