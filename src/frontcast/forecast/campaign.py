"""A campaign with armies from a picture: muster, deploy, give orders; what a forecast and a what-if run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.campaign import Layout
from frontcast.campaign.mechanism import switches
from frontcast.campaign.mechanism_parameters import load_mechanisms
from frontcast.errors import InputError, ManyInputError
from frontcast.forecast.armies_run import PARAMETER_NAMES, parameter_sets
from frontcast.forecast.deployment import Deployment, Forces, deploy
from frontcast.forecast.ensemble import LONGEST_LAG_DAYS
from frontcast.forecast.orders import Ground, OrderError, give_orders, muster_events
from frontcast.forecast.scenario import Placed, known_facts, read_facts
from frontcast.picture import Picture
from frontcast.picture.armies import Armies, muster
from frontcast.store import ControlSeries, Store, StoreError
from frontcast.theatre import Theatre

BEFORE_WAR_SOURCE = "liveuamap-nzz"
"""Whose first map shows the line of before the war."""

POSTERIOR = "posterior.parquet"


@dataclass(frozen=True)
class Musters:
    """Everything a campaign starts from.

    Attributes:
        picture: the analysis. armies: mustered from the order of battle known at its time.
        facts: the events known at its time.
    """

    picture: Picture
    armies: Armies
    facts: tuple[Placed, ...]


@cache
def posterior() -> npt.NDArray[np.float32]:
    """Parameter sets that ship, (draw, parameter): draws of the calibration's posterior, the prior's values elsewhere.

    See docs/calibration.md. Where none ships, the one set of shipped values.
    """
    found = files("frontcast.campaign").joinpath(POSTERIOR)
    shipped = np.asarray(parameter_sets())
    if not found.is_file():
        return shipped
    with found.open("rb") as file:
        table = pd.read_parquet(file)
    draws = np.repeat(shipped, len(table), axis=0)
    for name in table.columns:
        draws[:, PARAMETER_NAMES.index(name)] = table[name].to_numpy(np.float32)
    return draws


def changed_sets(changes: Mapping[str, float]) -> npt.NDArray[np.float32]:
    """The parameter sets that ship, with some parameters set to one value for all members.

    Raises:
        FrontcastError: where a change names no parameter.
    """
    load_mechanisms(changes)  # says what is wrong with a name
    draws = posterior().copy()
    for name, value in changes.items():
        draws[:, PARAMETER_NAMES.index(name)] = value
    return draws


def assemble(store: Store, series: ControlSeries, picture: Picture, facts: Sequence[Placed] | None = None) -> Musters:
    """The armies of a picture from a store, with the facts known at its time."""
    theatre = picture.theatre
    sightings = store.units(picture.init_time, theatre=theatre.name)
    armies = muster(sightings, picture, series, _before_war(store, theatre.name))
    if facts is None:
        facts = known_facts(read_facts(theatre.name), picture.init_time)
    return Musters(picture, armies, tuple(facts))


def _before_war(store: Store, theatre: str) -> npt.NDArray[np.uint8] | None:
    try:
        first = store.control(BEFORE_WAR_SOURCE, theatre=theatre)
    except StoreError:
        return None
    return first.control(0) if len(first) else None


def raise_forces(
    musters: Musters,
    days: int,
    *,
    events: Sequence[Placed] | None = None,
    without: Iterable[str] = (),
    draws: npt.ArrayLike | None = None,
    told: Callable[[Deployment], None] | None = None,
) -> Callable[[Layout, int], Forces]:
    """What `run_ensemble` asks for its armies.

    Args:
        musters: what it starts from.
        days: how far the run goes.
        events: instead of the facts known at the time.
        without: mechanisms taken out.
        draws: parameter sets instead of those that ship.
        told: called with the deployment once the mesh is laid.

    Raises (when called):
        ManyInputError: events that name what does not exist, all at once.
    """
    placed = musters.facts if events is None else tuple(events)
    on = switches(without)
    sets = parameter_sets(posterior() if draws is None else draws)

    def make(layout: Layout, factor: int) -> Forces:
        errors: list[InputError] = []
        where = {id(one.event): one for one in placed}

        def report(event: object, problem: OrderError) -> None:
            errors.append(where[id(event)].error(problem))

        ground = Ground(musters.picture, musters.picture.init_time)
        listed = [one.event for one in placed]
        armies = muster_events(musters.armies, listed, ground, report)
        deployment = deploy(musters.picture, armies, layout, factor)
        ordered = give_orders(deployment, listed, ground, days + LONGEST_LAG_DAYS, report)
        if errors:
            raise ManyInputError(errors)
        if told is not None:
            told(deployment)
        return Forces(
            front=ordered.front,
            roster=ordered.roster,
            units=deployment.units,
            pools=ordered.pools,
            believed=ordered.believed,
            orders=ordered.orders,
            on=on,
            draws=jnp.asarray(sets),
        )

    return make


def known_armies(armies: Armies, theatre: Theatre) -> str:
    """One sentence on what is known of the armies, and what is presumed."""
    parts = []
    letters: tuple[Literal["a"], Literal["b"]] = ("a", "b")
    for side in letters:
        when, count = armies.known[side], int((armies.units["side"] == side).sum())
        name = theatre.sides[side].name
        if np.isnat(when):
            parts.append(f"{name}'s units are not known then, so {count} brigades are presumed along its line")
        else:
            parts.append(f"{count} units of {name} as known on {str(when)[:10]}")
    return "; ".join(parts)
