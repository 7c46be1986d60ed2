"""Calibration of the mechanisms' parameters by simulation, on 2022-04 to 2024-06.

Three steps, each of which goes on where it was interrupted (docs/calibration.md):

    python -m frontcast.verify.calibration screen   --work DIR    # what moves what is measured at all (SALib)
    python -m frontcast.verify.calibration simulate --work DIR    # one member of each start for each draw of the prior
    python -m frontcast.verify.calibration fit      --work DIR    # posterior, simulation-based calibration (BayesFlow)

What is compared, within 7 and 30 days of sixteen starts, on the model's own cells: how much ground each side gains, and
how much it loses, by phase the mean over starts and the largest; and whether it is gained where the order of battle
shows the gaining side the stronger, by phase the mean over starts. One war gives one such number each, so much stays
unknown, and the record says what.

Needs the extra `calibrate`. `--dask ADDRESS` spreads simulations over a cluster; the same draws give the same numbers
there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.campaign import Layout
from frontcast.campaign.mechanism_parameters import mechanism_table
from frontcast.errors import FrontcastError
from frontcast.forecast import run_ensemble
from frontcast.forecast.armies_run import PARAMETER_NAMES, parameter_sets
from frontcast.forecast.campaign import Musters, assemble, raise_forces
from frontcast.forecast.config import parse_time
from frontcast.forecast.deployment import Forces
from frontcast.forecast.ensemble import start_control
from frontcast.picture import make_picture
from frontcast.store import ControlSeries, Store
from frontcast.theatre import Theatre, load_theatre

Array = npt.NDArray[Any]

PHASES = {
    "positional 2022": ("2022-04-25", "2022-05-25", "2022-06-25", "2022-07-25"),
    "moving 2022": ("2022-08-28", "2022-09-05", "2022-09-28", "2022-11-05"),
    "positional 2023 on": (
        "2023-02-15",
        "2023-04-15",
        "2023-06-05",
        "2023-08-10",
        "2023-10-10",
        "2023-12-15",
        "2024-03-01",
        "2024-05-01",
    ),
}
"""Starts by phase, known beforehand to be unlike. All end by 2024-06-30.

The years in which the line stood have twice the starts: how rare a collapse is shows only over many."""

LEADS = (7, 30)
CELL_KM = 4.0
STRONGER_KM = 20.0
"""Within this distance units count for who is the stronger, falling off as a normal: a brigade's frontage and depth."""

NEAR_LINE_KM = 16.0
THIN = 0.0004
"""Battalions per km² that nobody is without, so that empty ground compares: a battalion to the circle around."""

SEED = 20_240_630
CHUNK = 40
SCREEN_STARTS = ("2022-06-25", "2022-09-05")
SCREEN_CHUNK = 20
LEVELS = 4
LUCKS = 20
"""Members averaged at each point of the screening: as many as one batch runs."""

FITTED_UNTIL = "2024-06-30"

CALIBRATED = (
    "response.sensitivity",
    "response.standing",
    "frontage.screen_density",
    "regimes.enter",
    "regimes.initiate",
    "regimes.openness",
    "regimes.deepen",
    "regimes.last_days",
    "regimes.breakthrough_km",
    "rout.base",
    "rout.firmness",
)
"""Parameters that move what is measured by the most (docs/calibration.md), and those of the answer to the armies.

Of two that do the same (`regimes.openness` and `regimes.gap_reference`) one."""


@dataclass(frozen=True)
class Start:
    """One start: what its runs begin with, who is the stronger where, and what happened."""

    name: str
    musters: Musters
    stronger: Array
    happened: Array


def to_unit(name: str, values: Array) -> Array:
    """Parameter values to 0..1 over their range, in logs where the table says so."""
    entry = mechanism_table()[name]
    low, high = entry.range
    if entry.scale == "log":
        return np.asarray((np.log(values) - np.log(low)) / (np.log(high) - np.log(low)))
    return np.asarray((values - low) / (high - low))


def from_unit(name: str, shares: Array) -> Array:
    """The inverse of `to_unit`."""
    entry = mechanism_table()[name]
    low, high = entry.range
    if entry.scale == "log":
        return np.asarray(np.exp(np.log(low) + shares * (np.log(high) - np.log(low))))
    return np.asarray(low + shares * (high - low))


def full_sets(names: Sequence[str], shares: Array) -> Array:
    """Whole parameter sets, (draw, parameter), from shares 0..1 of some of them; the rest as shipped."""
    values = np.array([[entry.value for entry in mechanism_table().values()]])
    sets = np.repeat(values, len(shares), axis=0)
    for column, name in enumerate(names):
        sets[:, PARAMETER_NAMES.index(name)] = from_unit(name, shares[:, column])
    return sets


@cache
def _record() -> tuple[Theatre, Store, ControlSeries]:
    theatre = load_theatre("ukraine")
    store = Store.shipped("ukraine")
    return theatre, store, store.control("deepstate")


def measured(start: Array, later: Array, land: Array, cell_km2: float, stronger: Array) -> Array:
    """What is compared of two maps, (..., 4); any leading dimensions of `later`.

    Ground a gains, b gains and b loses, km²; and the mean of `stronger` over all that changed hands, positive
    where it went to whom the field favours.
    """
    size = (land * cell_km2).astype(np.float64)
    gains_a = ((later == 0) & (start != 0)) * size
    gains_b = ((later == 2) & (start != 2)) * size
    loses_b = ((later != 2) & (start == 2)) * size
    moved = (start.astype(np.float64) - later) * size
    # A cell's worth of ground that stays is added, so that a single cell that flips tells little.
    favoured = (moved * stronger).sum(axis=(-2, -1)) / (np.abs(moved).sum(axis=(-2, -1)) + 4.0 * cell_km2)
    areas = [one.sum(axis=(-2, -1)) for one in (gains_a, gains_b, loses_b)]
    return np.stack([*areas, favoured], axis=-1)


def coarse(field: Array, factor: int) -> Array:
    """Means over squares of `factor` cells, (y / factor, x / factor)."""
    rows, columns = field.shape
    return np.asarray(field.reshape(rows // factor, factor, columns // factor, factor).mean(axis=(1, 3)))


def _coarse_control(control: Array, factor: int) -> Array:
    """Who holds most of each square of cells, 0 a, 1 nobody, 2 b: what happened, at the size of what is simulated."""
    return np.argmax(np.stack([coarse(control == side, factor) for side in (0, 1, 2)]), axis=0)


def stronger_field(musters: Musters, factor: int) -> Array:
    """By how much a is the stronger around each square of cells near the line, in standard deviations of it; 0 elsewhere."""
    picture = musters.picture
    flot_a, flot_b = coarse(picture.flot_a, factor), coarse(picture.flot_b, factor)
    near = (np.abs(flot_a) < NEAR_LINE_KM) & (np.abs(flot_b) < NEAR_LINE_KM)
    rows, columns = np.nonzero(near)
    grid = picture.theatre.grid
    x, y = grid.west / 1000.0 + (columns + 0.5) * CELL_KM, grid.north / 1000.0 - (rows + 0.5) * CELL_KM
    logs = []
    for side in ("a", "b"):
        units = musters.armies.units[musters.armies.units["side"] == side]
        away = np.hypot(x[:, None] - units["x_km"].to_numpy(), y[:, None] - units["y_km"].to_numpy())
        weight = np.exp(-0.5 * (away / STRONGER_KM) ** 2) / (2.0 * np.pi * STRONGER_KM**2)
        logs.append(np.log(weight @ (units["battalions"] * units["quality"]).to_numpy() + THIN))
    ratio = logs[0] - logs[1]
    field = np.zeros(near.shape)
    field[near] = (ratio - ratio.mean()) / (ratio.std() + 1e-9)
    return field


@cache
def prepare(name: str) -> Start:
    """A start from what was known then, and what the maps said 7 and 30 days later."""
    theatre, store, series = _record()
    init = parse_time(name)
    last = init + np.timedelta64(max(LEADS), "D")
    if last > parse_time(FITTED_UNTIL):
        raise ValueError(f"{name}: what happened by {last} is not for fitting")
    picture = make_picture(series, theatre, init)
    musters = assemble(store, series, picture)
    factor = round(CELL_KM / theatre.grid.cell_km)
    stronger = stronger_field(musters, factor)
    maps = [theatre.fill_masked(series.at(init + np.timedelta64(lead, "D"))) for lead in (0, *LEADS)]
    now, *later = (_coarse_control(one, factor) for one in maps)
    happened = measured(now, np.stack(later), coarse(theatre.land, factor), CELL_KM**2, stronger)
    return Start(name, musters, stronger, happened)


_DEPLOYED: dict[str, Forces] = {}
"""Armies on the mesh by start: laying them out takes as long as running a batch of members."""


def run_members(start: Start, sets: Array, members: int, seed: int) -> Array:
    """What members do from a start, each with the next of the parameter sets, (member, lead, measure)."""
    picture = start.musters.picture
    theatre = picture.theatre

    def forces(layout: Layout, factor: int) -> Forces:
        if start.name not in _DEPLOYED:
            _DEPLOYED[start.name] = raise_forces(start.musters, max(LEADS))(layout, factor)
        return _DEPLOYED[start.name]._replace(draws=parameter_sets(sets))

    result = run_ensemble(
        picture,
        lead_days=LEADS,
        members=members,
        seed=seed,
        model_cell_km=CELL_KM,
        keep_members=True,
        forces=forces,
    )
    assert result.member_control is not None
    factor = round(CELL_KM / theatre.grid.cell_km)
    # The same arithmetic as the model's: cells that a line halves would else flip before the first day.
    begun = start_control(picture, factor)
    return measured(begun, result.member_control, coarse(theatre.land, factor), CELL_KM**2, start.stronger)


def simulate_start(name: str, sets: Array, first: int) -> Array:
    """One member for each parameter set from a start, (draw, lead, measure).

    Args:
        name: of the start. sets: (draw, parameter).
        first: number of the first draw; it enters the seed, so each draw has luck of its own.
    """
    return run_members(prepare(name), sets, len(sets), SEED + first)


def summaries(outcomes: Array) -> Array:
    """Numbers that are compared, (..., summary): by phase, mean over starts and largest of ln(1 + km²/10), and the mean
    of how far the stronger gained.

    Args:
        outcomes: (..., start, lead, measure), starts in the order of `PHASES`.
    """
    logs = np.log1p(np.maximum(outcomes[..., :3], 0.0) / 10.0)
    found, at = [], 0
    for starts in PHASES.values():
        here = slice(at, at + len(starts))
        at += len(starts)
        areas = logs[..., here, :, :]
        parts = (areas.mean(axis=-3), areas.max(axis=-3), outcomes[..., here, :, 3:].mean(axis=-3))
        found += [part.reshape(*part.shape[:-2], -1) for part in parts]
    return np.concatenate(found, axis=-1)


def summary_names() -> list[str]:
    """What each of `summaries` is."""
    return [
        f"{phase}, {how}, {lead} d, {what}"
        for phase in PHASES
        for how, whats in (
            ("mean", ("a gains", "b gains", "b loses")),
            ("largest", ("a gains", "b gains", "b loses")),
            ("mean", ("the stronger gains",)),
        )
        for lead in LEADS
        for what in whats
    ]


def happened_summaries() -> Array:
    """The same of what happened, (summary,)."""
    return summaries(np.stack([prepare(name).happened for starts in PHASES.values() for name in starts]))


def simulate(work: Path, draws: int, dask: str | None = None) -> pd.DataFrame:
    """Draws from the prior with what they give, one file a chunk; chunks that are there are kept.

    Returns:
        One row a draw: shares 0..1 of `CALIBRATED` and the outcomes.
    """
    begin_work(work, set_up())
    starts = [name for names in PHASES.values() for name in names]
    jobs = [
        (chunk, name)
        for chunk in range(-(-draws // CHUNK))
        for name in starts
        if not _part(work, chunk, name).is_file()
    ]
    if dask is not None:
        from distributed import Client, as_completed

        with Client(dask) as client:
            # Each start stays with whoever has prepared it: jobs of one start are submitted together.
            futures = [client.submit(_job, job, pure=False) for job in sorted(jobs, key=lambda job: job[1])]
            for future in as_completed(futures):
                (chunk, name), outcomes = future.result()
                _keep(_part(work, chunk, name), outcomes)
    else:
        for done, job in enumerate(sorted(jobs, key=lambda job: job[1])):
            (chunk, name), outcomes = _job(job)
            _keep(_part(work, chunk, name), outcomes)
            print(f"{done + 1} of {len(jobs)}: {name}, draws {chunk * CHUNK} to {(chunk + 1) * CHUNK - 1}", flush=True)
    return gather(work)


def shares_of(chunk: int) -> Array:
    """The draws of a chunk, (draw, parameter) uniform over the ranges."""
    return np.random.default_rng([SEED, chunk]).random((CHUNK, len(CALIBRATED)))


def _job(job: tuple[int, str]) -> tuple[tuple[int, str], Array]:
    chunk, name = job
    return job, simulate_start(name, full_sets(CALIBRATED, shares_of(chunk)), chunk * CHUNK)


def _part(work: Path, chunk: int, name: str) -> Path:
    return work / f"simulated-{name}-{chunk:04d}.npy"


def model_mark() -> str:
    """A mark of the parameters with their values and ranges, and of the grid: what a screening holds for."""
    made_with = {
        "parameters": {name: entry.model_dump(mode="json") for name, entry in mechanism_table().items()},
        "cell_km": CELL_KM,
        "seed": SEED,
    }
    return hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()


def set_up() -> str:
    """A mark of the model, of what is calibrated, the starts and what is compared: parts of other marks do not mix."""
    made_with = {
        "model": model_mark(),
        "calibrated": CALIBRATED,
        "starts": PHASES,
        "summaries": summary_names(),
        "begun": "start_control",
    }
    return hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()


def begin_work(work: Path, mark: str) -> None:
    """Make the folder of the simulations, or see that what it holds was made by the same set-up, `mark`.

    Raises:
        FrontcastError: where its parts come from other parameters, ranges or starts: old and new must not be mixed.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "made-with.txt"
    if not path.is_file():
        path.write_text(mark + "\n", "utf-8")
    elif path.read_text("utf-8").strip() != mark:
        raise FrontcastError(
            f"{work} holds simulations of other parameters, ranges or starts, which cannot be gone on with: "
            "name a new folder with --work."
        )


def _keep(path: Path, outcomes: Array) -> None:
    fresh = path.with_suffix(".part")
    with fresh.open("wb") as file:
        np.save(file, outcomes)
    fresh.rename(path)


def gather(work: Path) -> pd.DataFrame:
    """All chunks that are whole: shares of the parameters and summaries, one row a draw."""
    starts = [name for names in PHASES.values() for name in names]
    tables, chunk = [], 0
    while any(_part(work, chunk, name).is_file() for name in starts):
        if all(_part(work, chunk, name).is_file() for name in starts):
            outcomes = np.stack([np.load(_part(work, chunk, name)) for name in starts], axis=1)
            table = pd.DataFrame(shares_of(chunk), columns=list(CALIBRATED))
            tables.append(pd.concat([table, pd.DataFrame(summaries(outcomes), columns=summary_names())], axis=1))
        chunk += 1
    if not tables:
        raise SystemExit(f"{work} has no whole chunk of simulations yet: run simulate first")
    return pd.concat(tables, ignore_index=True)


def screen(work: Path, trajectories: int) -> pd.DataFrame:
    """Morris screening of all parameters over their ranges, on `SCREEN_STARTS`; parts that are there are kept.

    Measured is ln(1 + km²/10) of all ground that changes hands within 30 days, the mean over `LUCKS` members. They are the
    same members with the same random numbers at every point, so a difference is the parameter's.

    Returns:
        One row a parameter, the strongest first: mu_star (mean absolute elementary effect, over the whole range) with
        half its 95 % interval, and sigma, of the mean over starts; and mu_star at each start.
    """
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    names = list(mechanism_table())
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    points = sampling.sample(problem, trajectories, num_levels=LEVELS, seed=SEED)
    begin_work(work, model_mark())
    measures = []
    for name in SCREEN_STARTS:
        parts = []
        for first in range(0, len(points), SCREEN_CHUNK):
            path = work / f"screened-{trajectories}-{name}-{first:05d}.npy"
            if not path.is_file():
                start = prepare(name)
                sets = full_sets(names, points[first : first + SCREEN_CHUNK])
                _keep(path, np.stack([run_members(start, one[None], LUCKS, SEED).mean(axis=0) for one in sets]))
                print(f"{name}: {first + len(sets)} of {len(points)} points", flush=True)
            parts.append(np.load(path))
        measures.append(np.log1p(np.concatenate(parts)[:, -1, :3].sum(axis=-1) / 10.0))

    def effects(measure: Array) -> dict[str, Array]:
        found: dict[str, Array] = analysis.analyze(problem, points, measure, num_levels=LEVELS, seed=SEED)
        return found

    together = effects(np.mean(measures, axis=0))
    table = pd.DataFrame({"parameter": names} | {key: together[key] for key in ("mu_star", "mu_star_conf", "sigma")})
    for name, measure in zip(SCREEN_STARTS, measures, strict=True):
        table[name] = np.asarray(effects(measure)["mu_star"])
    table = table.sort_values("mu_star", ascending=False, ignore_index=True)
    record = {
        "model": model_mark(),
        "trajectories": trajectories,
        "points": len(points),
        "members": LUCKS,
        "starts": list(SCREEN_STARTS),
        "parameters": table.round(4).to_dict("records"),
    }
    (work / "screening.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return table


def fit(work: Path, ship: Path | None = None, epochs: int = 60, checked: int = 200, kept: int = 200) -> dict[str, Any]:
    """Neural posterior estimation on the simulations, its simulation-based calibration, and the posterior.

    Args:
        work: where the simulations are.
        ship: file for the posterior's draws (Parquet, one column a parameter).
        epochs: of training. checked: simulations kept out of training, for the checks. kept: draws that ship.

    Returns:
        The record: by parameter, posterior mean and interval beside the prior's, contraction, and calibration of ranks.
    """
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import bayesflow as bf
    import keras

    keras.utils.set_random_seed(SEED % 2**31)
    table = gather(work)
    names = list(CALIBRATED)
    numbers = table[summary_names()].to_numpy(np.float32)
    # Unbounded: the network's tails cannot leave the ranges then.
    shares = np.clip(table[names].to_numpy(), 1e-4, 1 - 1e-4)
    logits = np.log(shares / (1 - shares)).astype(np.float32)
    mean, spread = numbers.mean(axis=0), numbers.std(axis=0) + 1e-3
    data = {"parameters": logits, "summaries": (numbers - mean) / spread}
    held = {key: value[:checked] for key, value in data.items()}
    used = {key: value[checked:] for key, value in data.items()}
    workflow = bf.BasicWorkflow(
        inference_network=bf.networks.CouplingFlow(depth=4, subnet_kwargs={"widths": (64, 64), "dropout": 0.1}),
        inference_variables=["parameters"],
        inference_conditions=["summaries"],
    )
    workflow.fit_offline(used, epochs=epochs, batch_size=64, validation_data=held, verbose=0)

    def draw(conditions: Array, count: int) -> Array:
        found = workflow.sample(conditions={"summaries": conditions.astype(np.float32)}, num_samples=count)
        return 1.0 / (1.0 + np.exp(-np.asarray(found["parameters"], np.float64)))

    checks = draw(held["summaries"], 200)
    truth = shares[:checked]
    ranks = (checks < truth[:, None]).mean(axis=1)
    observed = (happened_summaries() - mean) / spread
    posterior = draw(observed[None], kept)[0]
    record: dict[str, Any] = {
        "fitted_until": FITTED_UNTIL,
        "set_up": set_up(),
        "simulations": len(table),
        "checked": checked,
        "starts": {phase: list(starts) for phase, starts in PHASES.items()},
        "observed_outside": _outside(numbers, happened_summaries()),
        "parameters": {},
    }
    for index, name in enumerate(names):
        values = from_unit(name, posterior[:, index])
        inside = {
            str(level): float(
                (np.abs(ranks[:, index] - 0.5) <= level / 200.0).mean(),
            )
            for level in (50, 80, 90)
        }
        record["parameters"][name] = {
            "prior": list(mechanism_table()[name].range),
            "posterior_mean": float(values.mean()),
            "posterior_90": [float(value) for value in np.quantile(values, [0.05, 0.95])],
            # 0: nothing learnt; 1: known. Against the uniform prior's variance.
            "contraction": float(1.0 - posterior[:, index].var() / (1.0 / 12.0)),
            # On simulations not trained on: how much is learnt on average, and whether intervals hold what they say.
            "contraction_simulated": float(1.0 - checks[:, :, index].var(axis=1).mean() / (1.0 / 12.0)),
            "coverage": inside,
            "rank_uniformity_p": _uniform(ranks[:, index]),
        }
    (work / "calibration.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    np.save(work / "ranks.npy", ranks)
    if ship is not None:
        columns = {name: from_unit(name, posterior[:, index]) for index, name in enumerate(names)}
        pd.DataFrame(columns).astype(np.float32).to_parquet(ship, index=False)
    return record


def _uniform(ranks: Array) -> float:
    """p value of ranks being uniform (Kolmogorov-Smirnov): small where the posterior is over- or underconfident."""
    from scipy.stats import kstest

    return float(kstest(ranks, "uniform").pvalue)


def _outside(simulated: Array, happened: Array) -> list[str]:
    """Summaries whose observed value hardly any simulation reaches: what the model cannot do."""
    low, high = np.quantile(simulated, [0.005, 0.995], axis=0)
    return [name for name, a, b, value in zip(summary_names(), low, high, happened, strict=True) if not a <= value <= b]


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `python -m frontcast.verify.calibration`."""
    try:
        _main(arguments)
    except FrontcastError as error:
        raise SystemExit(f"frontcast: {error}") from None


def _main(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(prog="python -m frontcast.verify.calibration", description=__doc__)
    parser.add_argument("step", choices=("screen", "simulate", "fit"))
    parser.add_argument("--work", type=Path, required=True, help="folder of the simulations; what is there is kept")
    parser.add_argument("--draws", type=int, default=2000, help="draws from the prior")
    parser.add_argument("--trajectories", type=int, default=4, help="of the screening")
    parser.add_argument("--dask", help="address of a Dask scheduler")
    parser.add_argument("--ship", type=Path, help="file for the posterior's draws")
    asked = parser.parse_args(arguments)
    if asked.step == "screen":
        print(screen(asked.work, asked.trajectories).head(40).to_string())
    elif asked.step == "simulate":
        print(f"{len(simulate(asked.work, asked.draws, asked.dask))} draws")
    else:
        print(json.dumps(fit(asked.work, asked.ship), indent=1))


if __name__ == "__main__":
    # Under its own name, not as `__main__`: a cluster's workers look functions up by the name of their module.
    import_module("frontcast.verify.calibration").main()
