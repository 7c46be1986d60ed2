"""A straight front of 160 km with a brigade of each side every 10 km: where mechanisms are tried one at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from pyproj import Transformer

from frontcast.campaign import Layout, State, draw_noise, load_parameters
from frontcast.campaign.army import Campaign, Orders, Pools
from frontcast.campaign.campaign_step import Setting, make_campaign_step
from frontcast.campaign.mechanism import switches
from frontcast.campaign.mechanism_parameters import make_parameters, mechanism_table
from frontcast.campaign.randomness import SPIN_UP_DAY, draw_chance
from frontcast.campaign.view import View
from frontcast.forecast.armies_run import as_parameters, parameter_sets
from frontcast.forecast.deployment import Deployment, Forces, begin, deploy, no_orders
from frontcast.forecast.ensemble import prepare
from frontcast.picture import Picture, Tempo, load_prior
from frontcast.picture.armies import Armies
from frontcast.picture.movement import flot_distances
from frontcast.theatre import A, B, load_theatre

CRS = "+proj=laea +lat_0=48.5 +lon_0=35.5 +datum=WGS84 +units=m +no_defs"
WIDE, HIGH = 200, 160
"""Kilometres of the theatre, west to east and south to north; the front runs down the middle."""

DAYS = 63
STEP_KM = 10.0

THEATRE = f"""
name = "battlefield"
title = "A straight front"
[grid]
crs = "{CRS}"
west = {-500 * WIDE}
south = {-500 * HIGH}
east = {500 * WIDE}
north = {500 * HIGH}
cell_km = 1.0
[sides.a]
name = "West"
adjective = "Western"
colour = "#0072B2"
[sides.b]
name = "East"
adjective = "Eastern"
colour = "#D55E00"
[border]
file = "border.geojson"
[places]
file = "places.parquet"
"""


def make_picture(folder: Path, *, advance: float = 0.05) -> Picture:
    """The straight front as a picture; every kilometre of it moves within a week with probability `advance`, either way."""
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    corners = [(-5e5, -4e5), (5e5, -4e5), (5e5, 4e5), (-5e5, 4e5), (-5e5, -4e5)]
    ring = [list(to_degrees.transform(*corner)) for corner in corners]
    border = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "border.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [border]}), "utf-8")
    places = {"Eastburg": (30e3, 0.0), "Westburg": (-30e3, 0.0), "Northend": (2e3, 60e3), "Farbank": (80e3, 10e3)}
    points = {name: to_degrees.transform(*place) for name, place in places.items()}
    pd.DataFrame(
        {
            "name": list(points),
            "local_name": [""] * 4,
            "aliases": [""] * 4,
            "region": ["East"] * 4,
            "kind": ["town"] * 4,
            "id": range(4),
            "lon": [lon for lon, _ in points.values()],
            "lat": [lat for _, lat in points.values()],
            "population": [50_000.0, 50_000.0, 2_000.0, 1_000.0],
        }
    ).to_parquet(folder / "places.parquet")
    (folder / "theatre.toml").write_text(THEATRE, "utf-8")
    theatre = load_theatre(str(folder / "theatre.toml"))
    column = np.arange(WIDE)[None].repeat(HIGH, axis=0)
    control = np.where(column < WIDE // 2, A, B).astype(np.uint8)
    flot_a, flot_b = flot_distances(control, theatre, 400.0)
    tempo = Tempo(odds=1.0, pace=1.0, seen=0.0, expected=0.0)
    moment = np.datetime64("2023-05-01T00:00:00", "s")
    quiet = np.full(control.shape, advance, np.float32)
    return Picture(
        theatre=theatre,
        source="map",
        init_time=moment,
        vintage=moment,
        control=control,
        flot_a=flot_a,
        flot_b=flot_b,
        advance_a=quiet,
        advance_b=quiet,
        tempo={"a": tempo, "b": tempo},
        prior=load_prior(),
    )


def make_armies(
    picture: Picture, change: Callable[[pd.DataFrame], pd.DataFrame] | None = None, spacing_km: float = STEP_KM
) -> Armies:
    """A brigade of two battalions of each side every ten kilometres, five kilometres behind the line."""
    grid = picture.theatre.grid
    rows = []
    for side, x in (("a", -5.0), ("b", 5.0)):
        for number, y in enumerate(np.arange(-HIGH / 2 + spacing_km / 2, HIGH / 2, spacing_km)):
            lon, lat = grid.unproject(x * 1000.0, y * 1000.0)
            rows.append(
                {
                    "side": side,
                    "unit": f"{number + 1}{side} brigade",
                    "echelon": "brigade",
                    "kind": "motorised rifle",
                    "parent": "",
                    "headquarters": (number // 5) + (4 if side == "b" else 0),
                    "lon": float(lon),
                    "lat": float(lat),
                    "x_km": x,
                    "y_km": float(y),
                    "battalions": 2.0,
                    "quality": 1.0,
                    "steadiness": 0.7,
                    "vehicles": 90.0,
                    "guns": 24.0,
                    "source": "test",
                    "seen": picture.init_time,
                    "presumed": False,
                }
            )
    units = pd.DataFrame(rows)
    commands = pd.DataFrame({"side": ["a"] * 4 + ["b"] * 4, "name": [f"corps {number}" for number in range(8)]})
    return Armies(
        units=units if change is None else change(units).reset_index(drop=True),
        headquarters=commands,
        known={"a": picture.init_time, "b": picture.init_time},
        fortified=np.zeros((2, *picture.control.shape), np.float32),
    )


@dataclass
class Course:
    """What a run did: the campaign after each day, leaves (day, ...), and as it began."""

    first: Campaign
    days: Campaign


class Battlefield:
    """Runs of one deployment, with one compiled program."""

    def __init__(self, picture: Picture, armies: Armies) -> None:
        self.picture, self.armies = picture, armies
        self.line = load_parameters()
        self.ground, self.layout = prepare(picture, self.line, 2, 90.0)
        self.deployment: Deployment = deploy(picture, armies, self.layout, 2)
        self.stretches = self.deployment.front.length_km.shape[0]

    @property
    def pools(self) -> Pools:
        """What sides have at the start: as shipped, with no deep fires unless a test brings some."""
        return self.deployment.pools._replace(launchers=jnp.zeros(2), guided=jnp.zeros(2))

    def orders(self) -> Orders:
        """No orders, to be filled in (numpy)."""
        return no_orders(DAYS, self.stretches)

    def parameters(self, **changes: float) -> jax.Array:
        """The shipped set with changes, `rout__base=1.0` for rout.base."""
        values = {name: entry.value for name, entry in mechanism_table().items()}
        values.update({name.replace("__", "."): value for name, value in changes.items()})
        assert make_parameters(values)
        return parameter_sets(list(values.values()))

    def forces(self, orders: Orders | None = None, without: tuple[str, ...] = (), **changes: Any) -> Forces:
        deployment = self.deployment
        replaced = {name: changes.pop(name) for name in ("roster", "units", "pools", "front") if name in changes}
        return Forces(
            front=replaced.get("front", deployment.front),
            roster=replaced.get("roster", deployment.roster),
            units=replaced.get("units", deployment.units),
            pools=replaced.get("pools", self.pools),
            believed=changes.pop("believed", jnp.zeros((2, self.stretches))),
            orders=jax.tree.map(jnp.asarray, orders or self.orders()),
            on=switches(without),
            draws=self.parameters(**{"response__unseen": 0.0, **changes}),
        )

    def run(self, forces: Forces, *, seed: int = 1, start: Callable[[Campaign], Campaign] | None = None) -> Course:
        """All days of one member."""
        first = _begin(forces, self.ground, self.layout, seed)
        if start is not None:
            first = start(first)
        return Course(first, _run(first, forces, self.ground, seed, self._sizes))

    @property
    def _sizes(self) -> tuple[int, int]:
        return self.layout.fast_count, self.layout.slow_count

    def near(self, y_km: float) -> int:
        """The stretch nearest to a place on the front."""
        return int(np.argmin(np.abs(self.deployment.stretch_y - y_km)))

    def view(self, campaign: Campaign, forces: Forces, day: int) -> View:
        """What the armies see on a day."""
        from frontcast.campaign.campaign_step import look

        return look(campaign, _setting(forces, self.ground), jnp.float32(day))


def _setting(forces: Forces, ground: Any) -> Setting:
    return Setting(
        line=load_parameters(),
        mechanisms=as_parameters(forces.draws[0]),
        on=forces.on,
        mesh=ground.mesh,
        front=forces.front,
        roster=forces.roster,
        cell_km=2.0,
    )


def _begin(forces: Forces, ground: Any, layout: Layout, seed: int) -> Campaign:
    noise = draw_noise(seed, 0, SPIN_UP_DAY, layout.fast_count, layout.slow_count)
    line = State(ground.flot_a, ground.flot_b, *noise)
    return begin(line, forces, _setting(forces, ground), jnp.uint32(seed), jnp.int32(0), layout.slow_count)


def _run(first: Campaign, forces: Forces, ground: Any, seed: int, sizes: tuple[int, int]) -> Campaign:
    return _program(sizes)(first, forces, ground, jnp.uint32(seed))


_PROGRAMS: dict[tuple[int, int], Any] = {}


def _program(sizes: tuple[int, int]) -> Any:
    if sizes in _PROGRAMS:
        return _PROGRAMS[sizes]

    @jax.jit
    def run(first: Campaign, forces: Forces, ground: Any, seed: jax.Array) -> Campaign:
        step = make_campaign_step(_setting(forces, ground))

        def day(campaign: Campaign, today: tuple[jax.Array, Orders]) -> tuple[Campaign, Campaign]:
            number, orders = today
            noise = draw_noise(seed, 0, number, *sizes)
            chance = draw_chance(
                seed,
                0,
                number,
                units=forces.units.x.shape[0],
                headquarters=forces.roster.headquarters_side.shape[0],
                depots=forces.roster.depot_side.shape[0],
                stretches=forces.front.length_km.shape[0],
            )
            after = step(campaign, ground.forcing, orders, noise, chance, number)
            return after, after._replace(line=after.line._replace(fast_a=after.line.fast_a[:1]))

        return jax.lax.scan(day, first, (jnp.arange(DAYS), forces.orders))[1]

    _PROGRAMS[sizes] = run
    return run
