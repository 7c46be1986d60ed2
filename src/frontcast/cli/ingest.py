"""`frontcast ingest`: add map archives, order of battle files and the like to a store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from frontcast.observe import READERS, ControlMap, Read, ReadWarning, read_path
from frontcast.store import Ingested, Store, StoreError
from frontcast.theatre import load_theatre


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, .tar or .tar.zst archives.")],
    store: Annotated[Path, typer.Option(help="The store to add to; made anew where there is none.")],
    theatre: Annotated[str, typer.Option(help="Theatre by name, or the path of a theatre file.")] = "ukraine",
    reader: Annotated[
        str | None, typer.Option(help=f"Reader to use, where it is not found out: {', '.join(READERS)}.")
    ] = None,
) -> None:
    """Read observations and add them to a store.

    All or nothing: where one of the PATHS cannot be used, or on Ctrl-C, the store stays as it was. What it
    holds already is passed over, so the same file can be given again.
    """
    ground = load_theatre(theatre)
    console = Console(stderr=True)
    with Store.open(store) as target, Progress(*COLUMNS, console=console, transient=True) as progress:
        try:
            done = target.append(
                ground,
                (read for path in paths for read in watched(read_path(path, ground, reader), path.name, progress)),
            )
        except KeyboardInterrupt:
            console.out(f"Stopped. Nothing was added to {store}.", highlight=False)
            raise typer.Exit(130) from None
    show_warnings(done.warnings, console)
    typer.echo(f"{store}: {summary(done)}")
    if not (done.maps or done.maps_known or done.sightings or done.sightings_known):
        raise StoreError(f"nothing in {', '.join(map(str, paths))} could be used: see the warnings above.")


COLUMNS = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())


TELL_EVERY = 1000
"""Sightings from one line of progress to the next, where there are no maps."""


def watched(reads: Iterable[Read], label: str, progress: Progress) -> Iterator[Read]:
    """What is read, with a line of progress: how many maps and sightings, and up to which day."""
    task = progress.add_task(label)
    maps = sightings = 0
    for read in reads:
        if not isinstance(read, ReadWarning):
            is_map = isinstance(read, ControlMap)
            maps, sightings = maps + is_map, sightings + (not is_map)
            # A map brings hundreds of sightings: telling each would take longer than reading it.
            if is_map or sightings % TELL_EVERY == 0:
                day = str(read.valid_time)[:10]
                progress.update(task, description=f"{label}: {maps:,} maps, {sightings:,} sightings, up to {day}")
        yield read


def summary(done: Ingested) -> str:
    """One line: what was added and what was known."""
    added = f"added {done.maps:,} maps and {done.sightings:,} sightings from {done.files:,} files"
    return f"{added}; {done.maps_known:,} maps and {done.sightings_known:,} sightings were known already"


def show_warnings(warnings: list[ReadWarning], console: Console) -> None:
    """Warnings counted by kind, the most frequent first, each kind with its first case."""
    kinds: dict[str, list[ReadWarning]] = {}
    for warning in warnings:
        # a kind is the text without what differs from case to case: names, numbers, remarks in brackets
        kind = re.sub(r"\([^()]*\)|'[^']*'|\"[^\"]*\"|\d[\d.,-]*", "…", warning.problem)
        kinds.setdefault(kind, []).append(warning)
    for cases in sorted(kinds.values(), key=len, reverse=True):
        first = cases[0]
        where = ", ".join(filter(None, (first.file, first.place)))
        console.out(f"warning, {len(cases):,} times: {first.problem} [{where}]", highlight=False)
