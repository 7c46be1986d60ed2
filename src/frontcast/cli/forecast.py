"""`frontcast forecast`: run the ensemble, write the product, its pictures and its page, and say what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import typer
import xarray as xr
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from frontcast.cli.options import SourceOption, StoreOption, TheatreOption, open_store
from frontcast.forecast import check_folder, load_config, observed_area, write_product
from frontcast.forecast import forecast as run_forecast
from frontcast.forecast.campaign import known_armies
from frontcast.show import fan_chart, forecast_brief, forecast_map, forecast_page
from frontcast.theatre import load_theatre
from frontcast.verify import FORECASTERS, Ledger, issue, shipped_track_record
from frontcast.verify.issue import with_members, without_members


def forecast(
    init: Annotated[
        str | None, typer.Option(help="Day to forecast from, as known at its end (UTC): 2022-09-05.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="How far ahead, 1 to 180 days.  [default: 14]")] = None,
    members: Annotated[int | None, typer.Option(help="Size of the ensemble.  [default: 200]")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random numbers.  [default: 1]")] = None,
    cell_km: Annotated[float | None, typer.Option(help="Side of a model cell, 1 or 2 km.  [default: 2]")] = None,
    keep_members: Annotated[bool, typer.Option("--keep-members", help="Write each member's control, too.")] = False,
    depth: Annotated[
        str | None, typer.Option(help="line: the two lines alone; units: with armies and supply.  [default: line]")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A mechanism to take out, M15 or rout; again for more (depth units).")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with these choices, or the run.json of an earlier forecast.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write.  [default: out/forecast-INIT]")] = None,
    theatre: TheatreOption = None,
    source: SourceOption = None,
    store: StoreOption = None,
    hindsight: Annotated[
        bool, typer.Option("--hindsight", help="Draw what happened beside the forecast, where the record goes on.")
    ] = False,
    pictures: Annotated[bool, typer.Option(help="Draw the map, the fan chart and the page.")] = True,
    ledger: Annotated[
        Path | None,
        typer.Option(help="Issue it: add it to this ledger, a folder, with the simpler methods beside it."),
    ] = None,
) -> None:
    """Forecast who will hold what, from a day's picture.

    Writes forecast.zarr, cells.parquet, places.parquet, lines.parquet and run.json, and beside them map.png, fan.png and
    page.html. The same choices on the same record give the same bytes.
    """
    choices = load_config(
        config,
        init_time=init,
        days=days,
        members=members,
        seed=seed,
        model_cell_km=cell_km,
        keep_members=keep_members or None,
        theatre=theatre,
        source=source,
        depth=depth,
        without=tuple(without) if without else None,
    )
    folder = out or Path("out") / f"forecast-{choices.init_time[:10]}"
    check_folder(folder)  # before the members run, not after
    book = Ledger.open(ledger) if ledger else None
    ground = load_theatre(choices.theatre)
    console = Console(stderr=True)
    held = open_store(store, choices.theatre)
    series = held.control(choices.source, theatre=ground.name)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with held, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading what the line has been doing", total=None)

        def count(done: int, total: int) -> None:
            progress.update(task, description=f"{done} of {total} members", completed=done, total=total)

        asked = with_members(choices) if book else choices
        picture, result = run_forecast(series, ground, asked, store=held, progress=count)
        if book is not None:
            progress.update(task, description="Issuing it, with the simpler methods beside it", total=None)
            now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "s")
            entry = book.append(issue(series, picture, choices, result, now, FORECASTERS))
            result = result if choices.keep_members else without_members(result)
        progress.update(task, description="Writing the forecast", total=None)
        write_product(folder, choices, series, picture, result)
        places = pd.read_parquet(folder / "places.parquet")
        with xr.open_dataset(folder / "forecast.zarr", engine="zarr") as dataset:
            if pictures:
                lines = gpd.read_parquet(folder / "lines.parquet")
                progress.update(task, description="Drawing the map")
                forecast_map(dataset, lines, places, ground, lead_day=choices.leads[-1], path=folder / "map.png")
                seen = observed_area(series, ground, choices.time, choices.days) if hindsight else None
                fan_chart(dataset, ground, path=folder / "fan.png", observed=seen)
                progress.update(task, description="Writing the page")
                forecast_page(folder, folder / "page.html", ground, track_record=shipped_track_record(), observed=seen)
            brief = forecast_brief(dataset, places, ground)
    Console().print(brief)
    if result.deployment is not None:
        typer.echo(
            f"\nArmies: {known_armies(result.deployment.armies, ground)}. Why it moves: frontcast explain {folder}"
        )
    written = ["forecast.zarr", "places.parquet", "cells.parquet", "lines.parquet", "run.json"]
    if result.deployment is not None:
        written.append("armies.zarr")
    if pictures:
        written += ["map.png", "fan.png", "page.html"]
    if book is not None:
        typer.echo(
            f"\nIssued as entry {entry.number} of {ledger}. To publish, so that it can be checked: {entry.sha256}"
        )
        for name, reason in entry.content["left_out"].items():
            typer.echo(f"Without {name} beside it: {reason}")
    typer.echo(f"\nWritten to {folder}/: {', '.join(written)}")
