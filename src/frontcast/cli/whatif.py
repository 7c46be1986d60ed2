"""`frontcast whatif`: the same members and luck with something changed, and the paired difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from frontcast.cli.options import SourceOption, StoreOption, open_store
from frontcast.errors import FrontcastError
from frontcast.forecast import check_folder
from frontcast.forecast.scenario import load_scenario, read_scenario, shipped_scenarios
from frontcast.forecast.whatif import WhatIf, answer, open_scenario
from frontcast.show import style
from frontcast.show.whatif_chart import whatif_chart
from frontcast.theatre import load_theatre

PLACES_PRINTED = 8


def whatif(
    scenario: Annotated[
        str | None, typer.Argument(help="TOML file, or the name of one that ships.", metavar="SCENARIO")
    ] = None,
    members: Annotated[int, typer.Option(help="Size of the ensemble.", min=10, max=5000)] = 100,
    seed: Annotated[int, typer.Option(help="Of the random numbers, the same for both futures.", min=0)] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder to write.  [default: out/whatif-NAME]")] = None,
    source: SourceOption = None,
    store: StoreOption = None,
    listed: Annotated[bool, typer.Option("--list", help="List the scenarios that ship.")] = False,
) -> None:
    """Ask what would have been: both futures with the same luck, and what differs.

    The difference is conditional on the model; it is not a forecast and is never scored as one.
    """
    if listed or scenario is None:
        for name in shipped_scenarios():
            typer.echo(f"{name:32s} {load_scenario(name).head.question}")
        if scenario is None and not listed:
            raise FrontcastError("name a scenario: one of these, or a TOML file.")
        return
    read, _ = read_scenario(scenario)
    theatre = load_theatre(read.head.theatre if read else "ukraine")
    folder = out or Path("out") / f"whatif-{Path(scenario).stem}"
    check_out(folder)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        open_store(store, theatre.name) as held,
        Progress(*columns, console=Console(stderr=True), transient=True) as bar,
    ):
        task = bar.add_task("Reading what was known", total=None)
        opened, musters = open_scenario(scenario, held, theatre, source or "deepstate")

        def count(name: str, done: int, total: int) -> None:
            bar.update(task, description=f"{name}: {done} of {total} members", completed=done, total=total)

        found = answer(opened, musters, members=members, seed=seed, progress=count)
        bar.update(task, description="Drawing", total=None)
        folder.mkdir(parents=True, exist_ok=True)
        found.differences.to_parquet(folder / "differences.parquet", index=False)
        found.places.to_parquet(folder / "places.parquet", index=False)
        record = {
            "scenario": opened.head.model_dump(mode="json"),
            "members": members,
            "seed": seed,
            "base": [one.event.model_dump(mode="json") for one in opened.base],
            "variants": {
                one.name: {
                    "without": list(one.without),
                    "events": [event.event.model_dump(mode="json") for event in one.events],
                }
                for one in opened.variants
            },
        }
        (folder / "whatif.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        whatif_chart(found, theatre, folder / "whatif.png")
    _print(found)
    typer.echo(f"\nWritten to {folder}/: whatif.png, differences.parquet, places.parquet, whatif.json")


def check_out(folder: Path) -> None:
    """A folder that is new, empty, or an earlier what-if.

    Raises:
        FrontcastError: where something else would be written over.
    """
    if (folder / "whatif.json").is_file():
        return
    check_folder(folder)


def _print(found: WhatIf) -> None:
    console = Console()
    head = found.scenario.head
    console.print(f"[bold]{head.title}[/bold]\n{head.question}")
    for variant in found.variants:
        mine = found.differences[found.differences["variant"] == variant.name]
        title = f"{variant.name}, less as it was; how many members it lowers and raises"
        table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for heading in ("", "as it was", "difference", "90 % interval", "lower/higher"):
            table.add_column(heading, justify="left" if not heading else "right", no_wrap=bool(heading))
        for _, row in mine[(mine["p_lower"] + mine["p_higher"]) > 0].iterrows():
            table.add_row(f"{row['measure']}, {row['unit']}", *_cells(row))
        console.print(table)
        places = found.places[found.places["variant"] == variant.name].head(PLACES_PRINTED)
        if len(places):
            told = ", ".join(
                f"{row['name']} {style.percent(row['p_b_base'], 100)} → {style.percent(row['p_b_changed'], 100)}"
                for _, row in places.iterrows()
            )
            console.print(f"Chance that {found.musters.picture.theatre.sides['b'].name} holds it at the end: {told}.")
        else:
            console.print("No place's chance changes by 2 % or more.")
    console.print(
        f"Means over the same {found.base.result.members} members with the same random numbers. Conditional on the model: "
        "not a forecast, never scored as one.",
        style="dim",
    )


def _cells(row: pd.Series) -> list[str]:
    size = max(abs(row["base"]), abs(row["changed"]))

    def plain(value: float) -> str:
        return f"{value:,.0f}" if size >= 100 else f"{value:.2f}"

    scale = max(abs(row["difference"]), abs(row["low"]), abs(row["high"]))

    def difference(value: float) -> str:
        return style.signed(value) if scale >= 20 else f"{value:+.2f}" if scale >= 0.05 else f"{value:+.4f}"

    return [
        plain(row["base"]),
        difference(row["difference"]),
        f"{difference(row['low'])} to {difference(row['high'])}",
        f"{100 * row['p_lower']:.0f}/{100 * row['p_higher']:.0f} %",
    ]
