"""The same moves with one Mesa agent per cell on the line.

The same as in `frontcast.campaign`: the mesh, the noise nodes and how impulses persist, the impulse of each line cell,
thresholds and their relaxation, strides, speed limit, mobility, and how the two lines act on each other across a gap
(`contact_km`). A cell of ground belongs to the line cell nearest to it, as there.

Not the same: a line is not a level set. Each agent has two numbers, how far each side's line has come on its stretch, and
flips the cells of its stretch that the line has passed. Neighbouring agents do not know of each other, so there is no
curvature, no merging and no bulge that widens as it grows, and no distance field to step, bound and repair: the agents do
less work a day than the model does.
"""

from __future__ import annotations

import math
from typing import Any

import mesa
import numpy as np
import numpy.typing as npt

from frontcast.campaign import Noise, Parameters
from frontcast.forecast.ensemble import Ground

Array = npt.NDArray[Any]


class LineCell(mesa.Agent):  # type: ignore[misc]
    """One stretch of the front."""

    def __init__(self, model: FrontModel, place: int, cells: Array) -> None:
        super().__init__(model)
        ground = model.ground
        mesh = ground.mesh
        self.fast_nodes, self.slow_nodes = mesh.fast_nodes[:, place].tolist(), mesh.slow_nodes[:, place].tolist()
        self.fast_weights, self.slow_weights = (
            mesh.fast_weights[:, place].tolist(),
            mesh.slow_weights[:, place].tolist(),
        )
        here = cells[np.argmin(np.abs(ground.flot_a[cells]))]
        self.gap = max(float(ground.flot_a[here] + ground.flot_b[here]), 0.0)
        self.levels = float(ground.forcing.threshold_a[here]), float(ground.forcing.threshold_b[here])
        self.mobility = float(ground.forcing.mobility[here])
        # Cells of the stretch in the order in which each side would take them.
        self.ahead = tuple(cells[np.argsort(flot[cells])] for flot in (ground.flot_a, ground.flot_b))
        self.distance = tuple(
            flot[order] for flot, order in zip((ground.flot_a, ground.flot_b), self.ahead, strict=True)
        )
        self.gained = [0.0, 0.0]
        self.reached = [int(np.searchsorted(distance, 0.0)) for distance in self.distance]

    def push(self, side: int) -> float:
        model, p = self.model, self.model.parameters
        fast, slow = model.fast[side], model.slow[side]
        impulse = model.fast_share * sum(w * fast[n] for n, w in zip(self.fast_nodes, self.fast_weights, strict=True))
        impulse += p.slow_weight * sum(w * slow[n] for n, w in zip(self.slow_nodes, self.slow_weights, strict=True))
        level = p.quiet_threshold + (self.levels[side] - p.quiet_threshold) * model.fading
        excess = impulse - level
        if excess <= 0.0:
            return 0.0
        return min(model.pace[side] * p.stride_km * math.expm1(p.stride_growth * excess), p.speed_limit)

    def step(self) -> None:
        push_a, push_b = self.push(0), self.push(1)
        if push_a == push_b == 0.0:
            return
        touch = math.exp(-self.gap / self.model.parameters.contact_km)
        for side, speed in enumerate((push_a - touch * push_b, push_b - touch * push_a)):
            self.gained[side] += self.mobility * speed
            self.gap -= self.mobility * speed
            before = self.reached[side]
            after = self.reached[side] = int(np.searchsorted(self.distance[side], self.gained[side]))
            held = self.model.held[side]
            held[self.ahead[side][min(before, after) : max(before, after)]] = after > before
        if self.gap < 0.0:
            # Both would hold the ground: they split the difference.
            self.gained = [gained + 0.5 * self.gap for gained in self.gained]
            self.gap = 0.0


class FrontModel(mesa.Model):  # type: ignore[misc]
    """One member of the ensemble, made of agents; all arrays of `ground` are NumPy's."""

    def __init__(self, ground: Ground, parameters: Parameters, spin_up: Noise, count: int) -> None:
        super().__init__(seed=0)
        self.ground, self.parameters = ground, parameters
        self.fields = [np.asarray(field) for field in spin_up]
        self.fast_share = (1 - parameters.slow_weight**2) ** 0.5
        self.pace = float(ground.forcing.pace_a), float(ground.forcing.pace_b)
        self.held = [ground.flot_a < 0, ground.flot_b < 0]
        self.day = 0
        order = np.argsort(ground.mesh.nearest[:count], kind="stable")
        starts = np.flatnonzero(np.diff(ground.mesh.nearest[:count][order], prepend=-1))
        for place, cells in enumerate(np.split(order, starts[1:])):
            LineCell(self, place, cells)

    def step_with(self, noise: Noise) -> None:
        """One day."""
        p = self.parameters
        keep = p.fast_persistence, p.fast_persistence, math.exp(-1 / p.slow_days), math.exp(-1 / p.slow_days)
        self.fields = [
            k * field + (1 - k**2) ** 0.5 * np.asarray(fresh)
            for k, field, fresh in zip(keep, self.fields, noise, strict=True)
        ]
        lists = [field.tolist() for field in self.fields]
        self.fast, self.slow = lists[:2], lists[2:]
        self.fading = math.exp(-self.day / p.relaxation_days)
        self.agents.do("step")
        self.day += 1
