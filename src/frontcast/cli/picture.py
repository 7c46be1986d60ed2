"""`frontcast picture`: what is known on a day, before anything is forecast."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from frontcast.cli.options import SourceOption, StoreOption, TheatreOption, open_store
from frontcast.forecast import load_config
from frontcast.picture import Picture, make_picture
from frontcast.theatre import GREY, A, B, load_theatre


def picture(
    init: Annotated[str, typer.Option(help="Day, as known at its end (UTC): 2022-09-05.")],
    theatre: TheatreOption = None,
    source: SourceOption = None,
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show what is known on a day: who holds how much, how old the map is, and how fast each side's line moves."""
    choices = load_config(None, init_time=init, theatre=theatre, source=source)
    ground = load_theatre(choices.theatre)
    with open_store(store, choices.theatre) as held:
        made = make_picture(held.control(choices.source, theatre=ground.name), ground, choices.time)
    facts = summary(made)
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    table = Table("", *(ground.sides[side].name for side in ("a", "b")), "neither (grey zone)", box=None)
    holders = facts["holders"]
    table.add_row("holds, km²", *(f"{holders[key]['area_km2']:,.0f}" for key in ("a", "b", "grey")))
    rows = (
        ("line cells that moved its way in 12 weeks", "seen", "{:,.0f}"),
        ("of which expected from where it moved", "expected", "{:,.0f}"),
        ("odds of moving, against that", "odds", "x {:.2f}"),
        ("length of a week's move, against the norm", "pace", "x {:.2f}"),
        ("line with over 10 % chance to move on within a week, km²", "restless_km2", "{:,.0f}"),
    )
    for words, key, style in rows:
        table.add_row(words, *(style.format(holders[side][key]) for side in ("a", "b")), "")
    console = Console()
    console.print(
        f"{ground.title} at {facts['init_time']} UTC, from {facts['source']}; newest map known {facts['vintage']}.\n"
    )
    console.print(table)


def summary(made: Picture) -> dict[str, Any]:
    """The figures of a picture, for JSON."""
    cell = made.theatre.grid.cell_area_km2
    near = made.theatre.land & (abs(made.flot_b) < 1.0)
    holders: dict[str, dict[str, float]] = {
        name: {"area_km2": float((made.control == value).sum() * cell)}
        for name, value in (("a", A), ("grey", GREY), ("b", B))
    }
    for side, chance in (("a", made.advance_a), ("b", made.advance_b)):
        tempo = made.tempo[side]
        holders[side] |= vars(tempo) | {"restless_km2": float((near & (chance > 0.1)).sum() * cell)}
    return {
        "init_time": str(made.init_time),
        "source": made.source,
        "vintage": str(made.vintage),
        "map_error_km": made.prior.map_error_km,
        "map_lag_days": made.prior.map_lag_days,
        "holders": holders,
    }
