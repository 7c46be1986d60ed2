"""`frontcast record`: build, describe and check the record that ships with the package."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from frontcast.cli.ingest import COLUMNS, show_warnings, summary, watched
from frontcast.observe import Read
from frontcast.store import Store
from frontcast.store.compare import differences
from frontcast.store.record import RECIPE, load_recipe, metadata
from frontcast.store.record import build as build_record
from frontcast.store.store import shipped_folder
from frontcast.theatre import load_theatre

app = typer.Typer(help="The record that ships: who held what, when.", no_args_is_help=True)

TheatreOption = Annotated[str, typer.Option(help="Theatre by name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command()
def build(
    data: Annotated[Path, typer.Option("--from", help="Folder with the archives that the recipe names.")],
    out: Annotated[Path, typer.Option(help="Folder to write the Parquet files to.")],
    theatre: TheatreOption = "ukraine",
    recipe: Annotated[
        Path | None, typer.Option(help="What to build it from; left out, the recipe of the shipped record.")
    ] = None,
) -> None:
    """Build the record anew from the archives of its sources."""
    console = Console(stderr=True)
    ground = load_theatre(theatre)
    with Progress(*COLUMNS, console=console, transient=True) as progress:

        def watch(reads: Iterable[Read], label: str) -> Iterable[Read]:
            return watched(reads, label, progress)

        made = build_record(data, out, ground, load_recipe(recipe or shipped_folder(theatre) / RECIPE), watch)
    show_warnings(made.ingested.warnings, console)
    typer.echo(f"{made.folder}: {summary(made.ingested)}")
    for name, size in made.sizes.items():
        typer.echo(f"  {name}.parquet  {size:,} bytes")
    typer.echo(f"  in all  {sum(made.sizes.values()):,} bytes")


@app.command()
def info(theatre: TheatreOption = "ukraine", as_json: JsonOption = False) -> None:
    """Say what the record holds, from when to when, and on what terms."""
    described = metadata(theatre)
    with Store.shipped(theatre) as store:
        held = store.sources()
    if as_json:
        rows = json.loads(held.to_json(orient="records", date_format="iso"))
        typer.echo(json.dumps({**described, "held": rows}, ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(described["title"], style="bold")
    console.print(f"Newest observation known at {described['data_vintage']}. {described['derived']}.")
    table = Table("source", "kind", "first", "last", "reports", "rows")
    for row in held.to_dict("records"):
        days = (row[end].date().isoformat() for end in ("first", "last"))
        table.add_row(row["source"], row["kind"], *days, f"{row['reports']:,}", f"{row['rows']:,}")
    console.print(table)
    for source in described["sources"]:
        console.print(f"- {source['title']}. {source['attribution']}. Terms: {source['terms']}.", highlight=False)
    console.print(f"Built with: {described['build_command']}")


@app.command()
def check(
    maps: Annotated[
        tuple[str, str], typer.Option(help="The two sources to compare; the second may trail the first.")
    ] = ("deepstate", "liveuamap-nzz"),
    store: Annotated[Path | None, typer.Option(help="A store of your own instead of the shipped record.")] = None,
    theatre: TheatreOption = "ukraine",
    as_json: JsonOption = False,
) -> None:
    """Say how far two maps of the same front differ, by year: the error of either."""
    ground = load_theatre(theatre)
    with Store.open(store, read_only=True) if store else Store.shipped(theatre) as source:
        first, second = (source.control(name, theatre=ground.name) for name in maps)
    with Console(stderr=True).status(f"comparing {len(first):,} and {len(second):,} maps"):
        found = differences(first, second, ground.grid.cell_km)
    if as_json:
        years = [{key: _json(value) for key, value in asdict(year).items()} for year in found]
        typer.echo(json.dumps({"maps": maps, "years": years}, indent=2))
        return
    held_by = ground.sides["b"].adjective
    console = Console()
    console.print(f"Ground behind the {held_by} line on {maps[0]} and {maps[1]}", style="bold")
    console.print("On days that both describe: km between the lines, km of line, km² behind one line only.")
    table = Table("year", "days", "median", "90 %", "95 %", "line", "disagree", f"{maps[1]} ahead")
    for year in found:
        apart = (f"{km:.1f}" for km in (year.median_km, year.p90_km, year.p95_km))
        rest = (f"{size:,.0f}" for size in (year.line_km, year.disagreement_km2, year.second_ahead_km2))
        table.add_row(str(year.year), str(year.days), *apart, *rest)
    console.print(table)
    console.print(f"Days by which {maps[1]} trails: the shift that agrees best; each cell that turned on both.")
    table = Table("year", "shift", "saves", "km² turned", "median", "10 %", "90 %")
    for year in found:
        saved = 1 - year.disagreement_at_shift_km2 / max(year.disagreement_unshifted_km2, 1e-9)
        lags = (f"{d:+.0f}" for d in (year.turn_lag_days, year.turn_lag_p10_days, year.turn_lag_p90_days))
        row = (f"{year.shift_days:+d}", f"{saved:.0%}", f"{year.turned_km2:,.0f}", *lags)
        table.add_row(str(year.year), *row)
    console.print(table)


def _json(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value
