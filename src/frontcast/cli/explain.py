"""`frontcast explain`: which mechanisms moved the line somewhere, by how much, in how many members."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
import xarray as xr
from rich import box as box_styles
from rich.console import Console
from rich.table import Table

from frontcast.errors import FrontcastError
from frontcast.forecast import parse_time
from frontcast.forecast.explain import DEFAULT_REACH_KM, Explanation, open_armies
from frontcast.forecast.explain import explain as find_reasons
from frontcast.show import style
from frontcast.show.explain_chart import explain_chart
from frontcast.theatre import Theatre, load_theatre


def explain(
    run: Annotated[Path, typer.Argument(help="Folder of a forecast made with --depth units.", metavar="RUN")],
    place: Annotated[str | None, typer.Option(help="Where: the front near a place.")] = None,
    reach_km: Annotated[float, typer.Option(help="How near, km.", min=1.0)] = DEFAULT_REACH_KM,
    box: Annotated[str | None, typer.Option(help="Where: west,south,east,north in degrees.")] = None,
    region: Annotated[str | None, typer.Option(help="Where: the front in a region (sector).")] = None,
    day: Annotated[int | None, typer.Option(help="By which lead day.  [default: the last]")] = None,
    out: Annotated[Path | None, typer.Option(help="Picture, PNG or SVG.  [default: RUN/explain.png]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Say why the line moves, from what was recorded during the run.

    Without a place the whole front is meant. Contributions are those of the model: they say what made its members move.
    """
    armies = open_armies(run)
    record = json.loads((run / "run.json").read_text("utf-8"))
    theatre = load_theatre(record["config"]["theatre"])
    chosen = [given for given in (place, box, region) if given is not None]
    if len(chosen) > 1:
        raise FrontcastError("give one of --place, --box and --region.")
    near, corners, where = _where(run, theatre, place, box, region)
    found = find_reasons(armies, lead_day=day, near=near, reach_km=reach_km, box=corners, where=where)
    if as_json:
        rows = [found.total.to_dict(), *found.table.to_dict("records")]
        typer.echo(json.dumps({"where": found.where, "lead_day": found.lead_day, "mechanisms": rows}, indent=1))
        return
    picture = out or run / "explain.png"
    explain_chart(found, theatre, style.day(parse_time(record["init_time"])), picture)
    _print(found, theatre, str(armies.attrs.get("known", "")))
    typer.echo(f"\nDrawn in {picture}")


def _where(
    run: Path, theatre: Theatre, place: str | None, box: str | None, region: str | None
) -> tuple[tuple[float, float] | None, tuple[float, float, float, float] | None, str]:
    if place is not None:
        with xr.open_dataset(run / "forecast.zarr", engine="zarr") as dataset:
            control = dataset["initial_control"].isel(init_time=0).to_numpy()
        edge = theatre.signed_distance(control == 2, limit_km=500.0)
        found = theatre.places.find(place, front=np.abs(edge))
        return (found.lon, found.lat), None, f"near {found.name}"
    if box is not None:
        try:
            west, south, east, north = (float(part) for part in box.split(","))
        except ValueError:
            raise FrontcastError(f"--box {box}: write it as west,south,east,north in degrees: 36.5,49,38,50.") from None
        return None, (west, south, east, north), f"the box {box}"
    if region is not None:
        table = theatre.places.table
        mine = table[table["region"].str.casefold().str.contains(region.casefold(), regex=False)]
        if mine.empty:
            names = ", ".join(sorted(set(table["region"]) - {""}))
            raise FrontcastError(f"no region is called {region}: there are {names}.")
        lon, lat = mine["lon"], mine["lat"]
        return None, (lon.min(), lat.min(), lon.max(), lat.max()), f"the front about {mine['region'].iloc[0]}"
    return None, None, "the whole front"


def _print(found: Explanation, theatre: Theatre, known: str) -> None:
    a, b = theatre.sides["a"].name, theatre.sides["b"].name
    for letter, name in (("a", a), ("b", b)):
        known = known.replace(f"{letter}: ", f"{name} ")
    title = f"Why the front moves, {found.where}, by day {found.lead_day} ({found.length_km:.0f} km of front)"
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        title_style="bold",
        box=box_styles.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for heading in ("mechanism", "mean km", "10 to 90 %", f"for {a}", f"for {b}", "km²"):
        table.add_column(heading, justify="left" if heading == "mechanism" else "right", no_wrap=True)

    def add(row: pd.Series, bold: str = "") -> None:
        table.add_row(
            row["mechanism"],
            style.signed(row["mean_km"], 2),
            f"{style.signed(row['low_km'], 1)} to {style.signed(row['high_km'], 1)}",
            f"{100 * row['p_forward']:.0f} %",
            f"{100 * row['p_back']:.0f} %",
            style.signed(row["mean_km2"]),
            style=bold or None,
        )

    for _, row in found.table[~found.quiet].iterrows():
        add(row)
    table.add_section()
    add(found.total, "bold")
    console = Console()
    console.print(table)
    if found.quiet.any():
        names = ", ".join(found.table.loc[found.quiet, "mechanism"])
        console.print(f"Less than 0.01 km, and in no member 0.1 km: {names}.", style="dim")
    console.print(
        f"km are towards {b}: above zero the ground is gained by {a}. Shares: members in which it moved the front by more "
        f"than 0.1 km for a side. The push is what no mechanism explains. Order of battle as known: {known}.",
        style="dim",
    )
