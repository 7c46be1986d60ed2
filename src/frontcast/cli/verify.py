"""`frontcast verify`: how right the forecasts would have been, beside simpler methods that may beat them."""

from __future__ import annotations

import json
import math
import shlex
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
from frontcast.theatre import load_theatre
from frontcast.verify import (
    FORECASTERS,
    Ledger,
    LedgerError,
    Resampling,
    Setup,
    hindcast,
    init_times,
    running_record,
    running_table,
    summarise,
    to_json,
    to_table,
    waiting,
)
from frontcast.verify.hindcast import WITHIN_KM
from frontcast.verify.report import REFERENCE
from frontcast.verify.scores import LOG_CLIP

PACKAGES: Final = ("jax", "lightgbm", "numpy", "scipy", "scores", "xarray")
"""Packages whose version can change a score, beside our own."""

TABLE_WIDTH: Final = 110
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
    every: Annotated[int, typer.Option(min=1, help="Days from one start to the next.")] = 7,
    leads: Annotated[str, typer.Option(help="Leads in days, with commas.")] = "1,3,7,14,30",
    store: Annotated[
        Path | None, typer.Option(help="A store; left out, the record that ships with the theatre.")
    ] = None,
    source: Annotated[str, typer.Option(help="Whose maps: both what is known and what is true.")] = "deepstate",
    theatre: Annotated[str, typer.Option(help="Theatre by name, or the path of a theatre file.")] = "ukraine",
    without: Annotated[
        list[str] | None,
        typer.Option(help=f"A method to leave out; may be given again. Of: {', '.join(FORECASTERS)}."),
    ] = None,
    members: Annotated[int, typer.Option(min=2, help="Members of the model's ensemble.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all chance.")] = 0,
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
    than 0.0001.

    With --ledger no forecast is made: the ledger is checked, what has come due is scored by the maps of --source, and
    the running record is printed.
    """
    if ledger is not None:
        keep_ledger(ledger, store, source, theatre, head)
        return
    if first is None or last is None:
        missing = "--from" if first is None else "--to"
        raise InputError(missing, "", "it is missing", "Give the dates of the first and the last start, or a --ledger")
    lead_days = parse_leads(leads)
    left_out = set(without or ())
    check_methods(left_out)
    if not out.parent.is_dir():
        raise InputError("--out", "", f"there is no folder {out.parent}", "Give a file in a folder that exists")
    starts = init_times(np.datetime64(first, "D"), np.datetime64(last, "D"), every)
    ground = load_theatre(theatre)
    with open_store(store, ground.name) as opened:
        series = opened.control(source, theatre=ground.name)
    setup = Setup(lead_days, members, seed)
    methods = [make(setup) for name, make in FORECASTERS.items() if name not in left_out]
    with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("fitting", total=len(methods) + len(starts))
        hindcasts = hindcast(
            series,
            ground,
            methods,
            starts,
            lead_days,
            advance=lambda done: progress.update(task, advance=1, description=done),
        )
    resampling = Resampling(seed=seed)
    record = summarise(hindcasts, every, resampling)
    command = ["frontcast", "verify", "--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}"]
    command += ["--every", str(every), "--leads", ",".join(map(str, lead_days))]
    command += ["--store", str(store)] if store else []
    command += ["--source", source, "--theatre", theatre, "--members", str(members), "--seed", str(seed)]
    command += [word for name in sorted(left_out) for word in ("--without", name)]
    described = {
        "command": shlex.join([*command, "--out", str(out)]),
        "versions": {"frontcast": __version__} | {name: version(name) for name in PACKAGES},
        "theatre": ground.name,
        "source": source,
        "data_vintage": f"{series.known_at[-1]}Z",
        "maps": len(series),
        "fitted_until": f"{hindcasts.attrs['fitted_until']}Z",
        "first": f"{first:%Y-%m-%d}",
        "last": f"{last:%Y-%m-%d}",
        "every_days": every,
        "lead_days": lead_days,
        "within_km": [within for within in WITHIN_KM if math.isfinite(within)],
        "methods": [method.name for method in methods],
        "members": members,
        "seed": seed,
        "log_clip": LOG_CLIP,
        "resampling": {"samples": resampling.samples, "seed": resampling.seed, "level": resampling.level},
    }
    out.write_text(json.dumps(described | to_json(hindcasts, record), indent=1, allow_nan=False) + "\n", "utf-8")
    title = (
        f"{ground.title}, maps of {source}: {len(starts)} starts from {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
        f"every {every} days"
    )
    console = Console()
    console.width = max(console.width, TABLE_WIDTH)
    console.print(to_table(record, title, resampling.level))
    typer.echo(f"Scores of every start: {out}")


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


def check_methods(left_out: set[str]) -> None:
    """Raise InputError where a method to leave out is unknown, or is the one that skill is counted from."""
    for name in sorted(left_out - FORECASTERS.keys()):
        raise InputError("--without", "", f"there is no method '{name}'", f"Give one of {', '.join(FORECASTERS)}")
    if REFERENCE in left_out:
        raise InputError("--without", "", f"skill is counted from {REFERENCE}", "Leave out another method")
