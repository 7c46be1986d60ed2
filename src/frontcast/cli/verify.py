"""`frontcast verify`: how right the forecasts would have been, beside simpler methods that may beat them."""

from __future__ import annotations

import json
import math
import shlex
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from frontcast import __version__
from frontcast.cli.options import open_store
from frontcast.errors import InputError
from frontcast.picture.line import DAY
from frontcast.theatre import load_theatre
from frontcast.verify import (
    ABLATIONS,
    FORECASTERS,
    Ledger,
    LedgerError,
    Resampling,
    Setup,
    init_times,
    judged,
    running_record,
    running_table,
    speak,
    summarise,
    to_json,
    to_table,
    waiting,
)
from frontcast.verify.backfill import backfilled
from frontcast.verify.hindcast import WITHIN_KM
from frontcast.verify.map_error import area_error
from frontcast.verify.protocol import protocol
from frontcast.verify.report import REFERENCE
from frontcast.verify.scores import LOG_CLIP
from frontcast.verify.spread import OverDask, Resuming, Work, digest_of, file_digest, here

PACKAGES: Final = ("jax", "lightgbm", "numpy", "scikit-learn", "scipy", "scores", "scoringrules", "xarray")
"""Packages whose version can change a score, beside our own."""

TABLE_WIDTH: Final = 136
"""Characters that the table needs: where there is no terminal, or a narrower one, lines are not cut short."""

COLUMNS: Final = (
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TextColumn("{task.description}"),
)


def verify(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Date of the first start.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Date of the last start.")] = None,
    split: Annotated[
        str | None, typer.Option(help=f"A split of the protocol instead of dates: {', '.join(protocol().splits)}.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Days from one start to the next.")] = protocol().starts.every_days,
    leads: Annotated[str, typer.Option(help="Leads in days, with commas.")] = ",".join(map(str, protocol().leads.days)),
    store: Annotated[
        Path | None, typer.Option(help="A store; left out, the record that ships with the theatre.")
    ] = None,
    source: Annotated[str, typer.Option(help="Whose maps: both what is known and what is true.")] = "deepstate",
    judge: Annotated[
        list[str] | None, typer.Option(help="Other maps to score by as well, by their source; may be given again.")
    ] = None,
    theatre: Annotated[str, typer.Option(help="Theatre by name, or the path of a theatre file.")] = "ukraine",
    without: Annotated[
        list[str] | None,
        typer.Option(help=f"A method to leave out; may be given again. Of: {', '.join(FORECASTERS)}."),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--with", help="A method without one of its parts, such as line-without-tempo, to run as well."),
    ] = None,
    members: Annotated[int, typer.Option(min=2, help="Members of ensembles.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all chance.")] = protocol().ensemble.seed,
    refit: Annotated[int | None, typer.Option(min=1, help="Fit anew after so many days; left out, once.")] = None,
    skip_unfitted: Annotated[
        bool, typer.Option("--skip-unfitted", help="Leave a method blank while it cannot be fitted, and go on.")
    ] = False,
    dask: Annotated[str | None, typer.Option(help="Spread the starts over the Dask scheduler at this address.")] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder where what was said is kept, for the next run to go on from.  [default: OUT.work, and removed "
            "when done]"
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the scores go, as JSON.")] = Path("scores.json"),
    ledger: Annotated[
        Path | None,
        typer.Option(help="Score what was issued to this ledger and has come due, and print its running record."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(help="A hash that was published when a forecast was issued: is it still in the ledger?"),
    ] = None,
) -> None:
    """Forecast the past, each time only from what was known then, and count how often that was right.

    Every method is fitted on what was known the day before the first start. The event is that the newest map
    known at the end of the lead shows a cell as held by side b; scored is land within 25 km, and within 10
    km, of the line that the newest map showed at the start. The log score takes no probability as smaller
    than 0.0001. Where the maps of --source begin too late to learn from, those of another export of the same map
    that ships go before them (deepstate before deepstate-daily). docs/protocol.md has the rules.

    With --ledger no forecast is made: the ledger is checked, what has come due is scored by the maps of --source, and
    the running record is printed.
    """
    if ledger is not None:
        keep_ledger(ledger, store, source, theatre, head)
        return
    begin, end = dates(first, last, split)
    lead_days = parse_leads(leads)
    left_out, added = set(without or ()), list(dict.fromkeys(also or ()))
    check_methods(left_out, added)
    if not out.parent.is_dir():
        raise InputError("--out", "", f"there is no folder {out.parent}", "Give a file in a folder that exists")
    starts = init_times(begin, end, every)
    ground = load_theatre(theatre)
    with open_store(store, ground.name) as opened:
        own = opened.control(source, theatre=ground.name)
        judges = [opened.control(name, theatre=ground.name) for name in judge or ()]
    series, backfill = backfilled(own, ground, starts[0])
    setup = Setup(lead_days, members, seed, store)
    chosen = {name: make for name, make in FORECASTERS.items() if name not in left_out}
    chosen |= {name: ABLATIONS[name] for name in added}
    methods = [make(setup) for make in chosen.values()]
    carry: Work = OverDask(dask) if dask else here
    kept = work or out.with_name(f"{out.name}.work")
    armies = None if store is None else file_digest(store)  # its units count as well as its maps
    digest = digest_of(series, ground.fingerprint, list(chosen), setup, starts.tolist(), refit, skip_unfitted, armies)
    error: dict[int, float] = {}
    with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("fitting", total=len(methods) + len(starts))
        said = speak(
            series,
            ground,
            methods,
            starts,
            lead_days,
            refit_days=refit,
            skip_unfitted=skip_unfitted,
            work=Resuming(kept, digest, carry),
            advance=lambda done: progress.update(task, advance=1, description=done),
        )
        progress.update(task, description="scoring", total=None)
        if judges:
            error = area_error(series, judges[0], ground, starts[0] - DAY, lead_days)
        hindcasts = judged(said, series, ground, area_error_km2=error)
        others = [judged(said, one, ground, area_error_km2=error) for one in judges]
    resampling = Resampling(seed=seed)
    record = summarise(hindcasts, every, resampling)
    command = spelled(
        {
            "--split": split,
            "--from": begin,
            "--to": end,
            "--every": every,
            "--leads": ",".join(map(str, lead_days)),
            "--store": store,
            "--source": source,
            "--judge": judge,
            "--theatre": theatre,
            "--members": members,
            "--seed": seed,
            "--refit": refit,
            "--skip-unfitted": skip_unfitted,
            "--without": sorted(left_out),
            "--with": added,
            "--out": out,
        }
    )
    described = {
        "command": command,
        "protocol": protocol().version,
        "versions": {"frontcast": __version__} | {name: version(name) for name in PACKAGES},
        "theatre": ground.name,
        "source": source,
        "data_vintage": f"{series.known_at[-1]}Z",
        "maps": len(series),
        "backfill": backfill,
        "fitted_until": f"{hindcasts.attrs['fitted_until']}Z",
        "fits": {str(start): str(until) for start, until in said.fitted_until.items()},
        "not_fitted": [{"method": name, "from": str(start), "why": why} for (name, start), why in said.blank.items()],
        "split": split,
        "first": str(begin),
        "last": str(end),
        "every_days": every,
        "lead_days": lead_days,
        "within_km": [within for within in WITHIN_KM if math.isfinite(within)],
        "methods": [method.name for method in methods],
        "members": members,
        "seed": seed,
        "log_clip": LOG_CLIP,
        "resampling": {"samples": resampling.samples, "seed": resampling.seed, "level": resampling.level},
        "area_error_km2": {str(lead): value for lead, value in error.items()},
    }
    scored = described | to_json(hindcasts, record)
    scored["judged_by"] = {
        one.attrs["judge"]: to_json(one, summarise(one, every, resampling), starts=False) for one in others
    }
    out.write_text(json.dumps(scored, indent=1, allow_nan=False) + "\n", "utf-8")
    if work is None:
        shutil.rmtree(kept)
    title = f"{ground.title}, maps of {source}: {len(starts)} starts from {begin} to {end}, every {every} days"
    console = Console()
    console.width = max(console.width, TABLE_WIDTH)
    console.print(to_table(record, title, resampling.level))
    for (name, start), why in said.blank.items():
        typer.echo(f"Without {name} from {start}: {why}")
    if backfill:
        typer.echo(f"{source} begins too late to learn from: {backfill}.")
    typer.echo(f"Scores of every start: {out}")


def spelled(options: dict[str, object]) -> str:
    """The command that gives these scores, as it is written: options that are None, false or empty are left out."""
    words = ["frontcast", "verify"]
    for name, value in options.items():
        match value:
            case None | False:
                continue
            case True:
                words.append(name)
            case list():
                words += [word for one in value for word in (name, str(one))]
            case _:
                words += [name, str(value)]
    return shlex.join(words)


def dates(first: datetime | None, last: datetime | None, split: str | None) -> tuple[np.datetime64, np.datetime64]:
    """First and last date, from a split of the protocol where one is named; dates given as well narrow it.

    Raises:
        InputError: where neither says, or a date lies outside the split.
    """
    begin, end = (None if one is None else np.datetime64(one, "D") for one in (first, last))
    if split is not None:
        if split not in protocol().splits:
            names = ", ".join(protocol().splits)
            raise InputError("--split", "", f"the protocol has no split '{split}'", f"Give one of {names}")
        rule = protocol().splits[split]
        low, high = np.datetime64(rule.first, "D"), np.datetime64(rule.last, "D")
        begin, end = begin or low, end or high
        for name, one in (("--from", begin), ("--to", end)):
            if not low <= one <= high:
                raise InputError(
                    name, "", f"{one} is outside the split {split}, {low} to {high}", "Narrow it, or leave it"
                )
    if begin is None or end is None:
        missing = "--from" if begin is None else "--to"
        raise InputError(missing, "", "it is missing", "Give both dates, a --split, or a --ledger")
    return begin, end


def keep_ledger(path: Path, store: Path | None, source: str, theatre: str, head: str | None) -> None:
    """Check a ledger, score what has come due, and print its running record.

    Raises:
        LedgerError: where it is not what it was.
    """
    book = Ledger.open(path, create=False)
    if problems := book.check(head):
        raise LedgerError("\n".join([*problems, "Nothing was scored: this record cannot be trusted."]))
    ground = load_theatre(theatre)
    with open_store(store, ground.name) as opened:
        series = opened.control(source, theatre=ground.name)
    added = book.score_due(series, ground, np.datetime64(datetime.now(UTC).replace(tzinfo=None), "s"))
    entries = book.entries()
    resampling = Resampling()
    issued = sum(entry.kind == "issued" for entry in entries)
    title = f"{path}: {issued} issued forecasts"
    console = Console()
    console.width = max(console.width, TABLE_WIDTH)
    record = running_record(entries, resampling)
    if record:
        console.print(running_table(record, title, resampling.level))
    else:
        typer.echo(f"{title}, none of them due yet.")
    typer.echo(
        f"Leads scored now: {len(added)}; scored in all: {len(entries) - issued}; not due by the maps of {source}: "
        f"{waiting(entries, source)}. The chain of {len(entries)} entries is whole"
        + (f" and holds the published hash {head}." if head else f"; its head is {book.head()[1]}.")
    )


def parse_leads(text: str) -> tuple[int, ...]:
    """Leads in days from "1,3,7", ascending, each once.

    Raises:
        InputError: where a part is not a whole number of days, 1 or more.
    """
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not part.isdecimal() or int(part) < 1:
            raise InputError("--leads", "", f"'{part}' is not a lead in days", "Give whole days, as in 1,3,7")
    return tuple(sorted({int(part) for part in parts}))


def check_methods(left_out: set[str], added: Sequence[str] = ()) -> None:
    """Raise InputError where a method is unknown, or the one to leave out is the one that skill is counted from."""
    for name in sorted(left_out - FORECASTERS.keys()):
        raise InputError("--without", "", f"there is no method '{name}'", f"Give one of {', '.join(FORECASTERS)}")
    for name in added:
        if name not in ABLATIONS:
            raise InputError("--with", "", f"there is no method '{name}'", f"Give one of {', '.join(ABLATIONS)}")
    if REFERENCE in left_out:
        raise InputError("--without", "", f"skill is counted from {REFERENCE}", "Leave out another method")
