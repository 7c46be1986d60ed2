"""`frontcast units`: the order of battle on a day, as a table and on the map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from frontcast.cli.options import SourceOption, StoreOption, TheatreOption, open_store
from frontcast.errors import FrontcastError
from frontcast.forecast import parse_time
from frontcast.forecast.campaign import assemble, known_armies
from frontcast.observe.order_of_battle_file import read_order_of_battle
from frontcast.picture import make_picture
from frontcast.picture.armies import Armies, from_units
from frontcast.show.units_map import units_map
from frontcast.theatre import Theatre, load_theatre


def units(
    as_of: Annotated[str, typer.Option("--as-of", help="Day, as known at its end (UTC): 2022-09-05.")],
    side: Annotated[str | None, typer.Option(help="One side only, by name.")] = None,
    out: Annotated[Path | None, typer.Option(help="Draw the map: an SVG file.")] = None,
    order_of_battle: Annotated[
        Path | None, typer.Option(help="An order of battle of your own instead: CSV (see docs/units.md).")
    ] = None,
    theatre: TheatreOption = None,
    source: SourceOption = None,
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a unit.")] = False,
) -> None:
    """List the units known on a day, by side and headquarters, and draw them with the standard's symbols."""
    try:
        init = parse_time(as_of)
    except ValueError as error:
        raise FrontcastError(f"--as-of: {error}.") from None
    if out is not None and out.suffix.lower() != ".svg":
        raise FrontcastError(f"--out {out}: the map is drawn as SVG; name a file that ends in .svg.")
    ground = load_theatre(theatre or "ukraine")
    wanted = _sides(ground, side)
    with open_store(store, ground.name) as held:
        series = held.control(source or "deepstate", theatre=ground.name)
        picture = make_picture(series, ground, init)
        armies = assemble(held, series, picture).armies
    if order_of_battle is not None:
        armies = from_units(read_order_of_battle(order_of_battle, ground, init), armies, init)
    shown = armies.units[armies.units["side"].isin(wanted)]
    if as_json:
        for _, row in shown.iterrows():
            typer.echo(json.dumps(_plain(row, armies), ensure_ascii=False))
    else:
        _print(ground, armies, wanted)
    if out is not None:
        count = units_map(picture, armies, out, sides=wanted)
        typer.echo(f"{count} units drawn in {out}", err=as_json)


def _sides(ground: Theatre, side: str | None) -> tuple[str, ...]:
    names = {entry.name.casefold(): letter for letter, entry in ground.sides.items()} | {"a": "a", "b": "b"}
    if side is None:
        return ("a", "b")
    if side.casefold() not in names:
        known = " or ".join(entry.name for entry in ground.sides.values())
        raise FrontcastError(f"--side {side}: no side is called so; write {known}.")
    return (names[side.casefold()],)


def _plain(row: Any, armies: Armies) -> dict[str, Any]:
    return {
        "side": row["side"],
        "unit": row["unit"],
        "echelon": row["echelon"],
        "kind": row["kind"],
        "headquarters": armies.headquarters["name"].iloc[int(row["headquarters"])],
        "lon": round(float(row["lon"]), 2),
        "lat": round(float(row["lat"]), 2),
        "battalions": float(row["battalions"]),
        "seen": str(row["seen"])[:10],
        "source": row["source"],
        "presumed": bool(row["presumed"]),
    }


def _print(ground: Theatre, armies: Armies, wanted: tuple[str, ...]) -> None:
    console = Console()
    for letter in wanted:
        mine = armies.units[armies.units["side"] == letter]
        when = armies.known[letter]
        name = ground.sides["a" if letter == "a" else "b"].name
        seen = "presumed, none known" if np.isnat(when) else f"as seen by {str(when)[:10]}"
        table = Table(
            title=f"{name}: {len(mine)} units, {seen}",
            title_justify="left",
            header_style="bold",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
        )
        for heading in ("unit", "kind", "battalions", "lat", "lon"):
            words = heading in ("unit", "kind")
            table.add_column(heading, justify="left" if words else "right", no_wrap=not words)
        last = ""
        for _, row in mine.sort_values(["headquarters", "unit"]).iterrows():
            command = str(armies.headquarters["name"].iloc[int(row["headquarters"])])
            if command != last:
                table.add_row(f"[bold]{escape(command)}[/bold]")
            # The echelon is said where the name does not.
            echelon = "" if row["echelon"] in row["unit"].casefold() else f", {row['echelon']}"
            table.add_row(
                f"  {escape(row['unit'])}",
                f"{row['kind']}{echelon}",
                f"{row['battalions']:.1f}",
                f"{row['lat']:.2f}",
                f"{row['lon']:.2f}",
            )
            last = command
        console.print(table)
    console.print(
        f"{known_armies(armies, ground)}. Battalions are the source's where it gives them, else by echelon "
        "(picture/armies.toml). Positions to 1 km at the finest; Ukrainian ones are coarse on purpose.",
        style="dim",
    )
