"""What if: the same members and the same random numbers, with something changed, and the paired difference.

Every random number is a function of seed, member, day and purpose (`campaign/randomness.py`), so member by member the
two futures differ by the change alone. The differences are conditional on the model and never scored as forecasts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.campaign import load_parameters
from frontcast.errors import InputError, ManyInputError
from frontcast.forecast.armies_run import SERIES
from frontcast.forecast.campaign import Musters, assemble, raise_forces
from frontcast.forecast.ensemble import EnsembleResult, run_ensemble
from frontcast.forecast.orders import Ground, OrderError, check_events, outside
from frontcast.forecast.scenario import Placed, Scenario, read_scenario
from frontcast.picture import make_picture
from frontcast.store import Store
from frontcast.theatre import Theatre

PLACE_COLUMNS = (
    *("variant", "name", "kind", "population", "lon", "lat"),
    *("p_b_base", "p_b_changed", "difference", "low", "high"),
)

FloatArray = npt.NDArray[np.float32]

RESAMPLES = 2000
PLACES_TOLD = 8
LEAST_PLACE_SHIFT = 0.02
QUIET_KM2 = 20.0
"""Ground lost below this is no loss to count days by."""


@dataclass(frozen=True)
class Future:
    """One of the futures: its name and what its members did."""

    name: str
    result: EnsembleResult


@dataclass(frozen=True)
class WhatIf:
    """A question answered.

    Attributes:
        scenario: as read. musters: what both futures start from.
        base, variants: the futures, members paired.
        differences: one row a variant and measure: variant, measure, unit, base (mean), changed (mean), difference (mean),
            low, high (90 % interval of the mean by resampling members), p_lower, p_higher (share of members in which the
            change lowers or raises it), members.
        places: one row a variant and place: variant, name, lon, lat, p_b_base, p_b_changed, difference, low, high.
    """

    scenario: Scenario
    musters: Musters
    base: Future
    variants: tuple[Future, ...]
    differences: pd.DataFrame
    places: pd.DataFrame


def open_scenario(path: str, store: Store, theatre: Theatre, source: str) -> tuple[Scenario, Musters]:
    """A scenario with what it starts from, checked against it.

    Raises:
        ManyInputError: everything wrong with it: of its form, and places, units and sides that do not exist.
    """
    scenario, errors = read_scenario(path)
    if scenario is None:
        raise ManyInputError(errors)
    series = store.control(source, theatre=theatre.name)
    picture = make_picture(series, theatre, scenario.init_time)
    musters = assemble(store, series, picture, facts=scenario.base)
    ground = Ground(picture, picture.init_time)
    told = {str(error) for error in errors}
    for events in (scenario.base, *(variant.events for variant in scenario.variants)):
        where = {id(one.event): one for one in events}

        def report(event: object, problem: OrderError, where: dict[int, Placed] = where) -> None:
            error = where[id(event)].error(problem)
            if str(error) not in told:
                told.add(str(error))
                errors.append(error)

        check_events(musters.armies, [one.event for one in events], ground, report)
        for one in events:
            # A fact may lie anywhere, and an amendment may put it off beyond the run: that is how it is taken out.
            written = one.file == scenario.file and "amend" not in one.keys
            problem = outside(one.event, picture.init_time, scenario.head.days) if written else None
            if problem is not None:
                report(one.event, problem)
    if errors:
        raise ManyInputError(sorted(errors, key=_line_of))
    return scenario, musters


def _line_of(error: InputError) -> int:
    digits = error.place.removeprefix("line ").split(",")[0]
    return int(digits) if digits.isdigit() else 0


def answer(
    scenario: Scenario,
    musters: Musters,
    *,
    members: int = 100,
    seed: int = 1,
    model_cell_km: float = 2.0,
    progress: Callable[[str, int, int], None] | None = None,
) -> WhatIf:
    """Run the base and every variant with the same luck, and compare them member by member."""
    days = scenario.head.days
    leads = _leads(days)

    def run(name: str, events: tuple[Placed, ...], without: tuple[str, ...]) -> Future:
        def count(done: int, total: int) -> None:
            if progress is not None:
                progress(name, done, total)

        result = run_ensemble(
            musters.picture,
            lead_days=leads,
            members=members,
            seed=seed,
            model_cell_km=model_cell_km,
            parameters=load_parameters(),
            keep_members=True,
            progress=count,
            forces=raise_forces(
                musters,
                days,
                events=events,
                without=(*scenario.head.without, *without),
            ),
        )
        return Future(name, result)

    base = run("as it was", scenario.base, ())
    variants = tuple(run(one.name, one.events, one.without) for one in scenario.variants)
    return WhatIf(
        scenario=scenario,
        musters=musters,
        base=base,
        variants=variants,
        differences=pd.concat([_differences(base, one, musters) for one in variants], ignore_index=True),
        places=pd.concat([_places(base, one, musters) for one in variants], ignore_index=True),
    )


def _leads(days: int) -> tuple[int, ...]:
    """Some ten leads, the last day among them."""
    every = max(1, round(days / 10))
    return tuple(sorted({*range(every, days, every), days}))


def interval(values: npt.NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """90 % interval of the mean of paired differences, by resampling members."""
    kept = values[~np.isnan(values)]
    if not len(kept):
        return float("nan"), float("nan")
    picks = np.random.default_rng(seed).integers(0, len(kept), (RESAMPLES, len(kept)))
    low, high = np.quantile(kept[picks].mean(axis=1), [0.05, 0.95])
    return float(low), float(high)


def days_until_lost(area: npt.NDArray[Any], threshold: float) -> npt.NDArray[np.float64]:
    """Day on which each member has lost `threshold` km², (member,); the day after the last where it never has.

    Args:
        area: (member, day) km² held by the side.
    """
    lost = area[:, :1] - area >= threshold
    return np.where(lost.any(axis=1), lost.argmax(axis=1), area.shape[1]).astype(float)


def _differences(base: Future, changed: Future, musters: Musters) -> pd.DataFrame:
    """One row a measure."""
    theatre = musters.picture.theatre
    names = [theatre.sides["a"].name, theatre.sides["b"].name]
    one, other = base.result, changed.result
    assert one.armies is not None
    assert other.armies is not None
    rows = []

    def add(measure: str, unit: str, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> None:
        difference = np.asarray(second, float) - np.asarray(first, float)
        low, high = interval(difference)
        rows.append(
            {
                "variant": changed.name,
                "measure": measure,
                "unit": unit,
                "base": float(np.nanmean(first)),
                "changed": float(np.nanmean(second)),
                "difference": float(np.nanmean(difference)),
                "low": low,
                "high": high,
                "p_lower": float((difference < 0).mean()),
                "p_higher": float((difference > 0).mean()),
                "members": len(difference),
            }
        )

    for side, column in ((0, 0), (1, 2)):
        first, second = one.area_km2[:, :, column], other.area_km2[:, :, column]
        add(f"ground {names[side]} holds", "km²", first[:, -1].astype(float), second[:, -1].astype(float))
    for side, column in ((0, 0), (1, 2)):
        first, second = one.area_km2[:, :, column], other.area_km2[:, :, column]
        threshold = float(np.median(first[:, 0] - first[:, -1])) / 2.0
        if threshold > QUIET_KM2:
            label = f"days until {names[side]} has lost {threshold:.0f} km²"
            add(label, "days", days_until_lost(first, threshold), days_until_lost(second, threshold))
    told = (
        ("lost_men", "losses of", "men"),
        ("lost_armour", "armoured vehicles lost by", "vehicles"),
        ("captured", "vehicles captured by", "vehicles"),
        ("men", "men in units of", "men"),
        ("shown", "men who came when called, of", "men"),
        ("manpower", "trained replacements of", "men"),
        ("supply_days", "supply in hand of", "days"),
        ("shell_days", "shells in hand of", "days of fire"),
        ("readiness", "readiness of", "0 to 1"),
        ("cohesion", "cohesion of", "0 to 1"),
        ("broken", "share broken of", "0 to 1"),
        ("will", "will of", "0 to 1"),
    )
    for name, words, unit in told:
        index = SERIES.index(name)
        for side in (0, 1):
            first, second = (run.armies.series[:, -1, side, index].astype(float) for run in (one, other))  # type: ignore[union-attr]
            add(f"{words} {names[side]}", unit, first, second)
    return pd.DataFrame(rows)


def _places(base: Future, changed: Future, musters: Musters) -> pd.DataFrame:
    """Places whose chances differ, the most changed first, at the last lead."""
    picture = musters.picture
    gazetteer = picture.theatre.places
    first, second = (run.result.member_control for run in (base, changed))
    assert first is not None
    assert second is not None
    factor = round(base.result.model_cell_km / picture.theatre.grid.cell_km)
    row, column = gazetteer.cells
    there = row >= 0
    rows, columns = row[there] // factor, column[there] // factor
    held_first, held_second = (run[:, -1][:, rows, columns] == 2 for run in (first, second))
    p_first, p_second = held_first.mean(axis=0), held_second.mean(axis=0)
    table = gazetteer.table[there].reset_index(drop=True)
    # Of places equally changed the larger is told.
    order = np.lexsort((-table["population"].fillna(0).to_numpy(), -np.abs(p_second - p_first).round(2)))
    kept = order[np.abs(p_second - p_first)[order] >= LEAST_PLACE_SHIFT]
    found = []
    for index in kept:
        difference = held_second[:, index].astype(float) - held_first[:, index]
        low, high = interval(difference)
        found.append(
            {
                "variant": changed.name,
                "name": table["name"].iloc[index],
                "kind": table["kind"].iloc[index] if "kind" in table else "",
                "population": float(table["population"].iloc[index]),
                "lon": float(table["lon"].iloc[index]),
                "lat": float(table["lat"].iloc[index]),
                "p_b_base": float(p_first[index]),
                "p_b_changed": float(p_second[index]),
                "difference": float(difference.mean()),
                "low": low,
                "high": high,
            }
        )
        if len(found) == 100 * PLACES_TOLD:
            break
    return pd.DataFrame(found, columns=list(PLACE_COLUMNS))
