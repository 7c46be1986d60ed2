"""`frontcast pull`: one command for a daily cron job."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from frontcast.cli.daily_round import Done, Round, load_pull_config, utc_now
from frontcast.errors import FrontcastError
from frontcast.theatre import load_theatre

NOT_ALL_WELL = 3
"""Exit status where something was held back or failed: cron then writes to its keeper."""


def pull(
    config: Annotated[Path, typer.Option(help="TOML file that says where from (docs/pull.md).")],
    store: Annotated[Path, typer.Option(help="The store to add to; made anew where there is none.")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Fill gaps from this day on.")] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Believe the maps that were held back, and go on.")
    ] = False,
    days: Annotated[
        list[datetime] | None,
        typer.Option("--day", formats=["%Y-%m-%d"], help="With --confirm: only the map of this day; again for more."),
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="Take this for the time, UTC: to replay a past day."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where all is well.")] = False,
) -> None:
    """Bring the latest maps and reports, issue the day's forecast, and score what has fallen due.

    Asks for the maps of the days that are over and for the feeds, each only if it has changed; takes up what broke off.
    What is torn, or cannot be read, never reaches the store; a map on which a side loses much of its land overnight is
    held back until `--confirm`. Exit status 3 says that something needs to be looked at.
    """
    chosen = load_pull_config(config)
    if days and not confirm:
        raise FrontcastError("--day goes with --confirm.")
    console = Console(stderr=True, quiet=quiet)
    moment = utc_now() if now is None else now.replace(tzinfo=UTC)
    with console.status("Opening") as status:
        made = Round(
            chosen,
            store,
            load_theatre(chosen.theatre),
            base=config.resolve().parent,
            now=moment,
            say=status.update,
        )
        try:
            if confirm:
                made.confirm([day.date() for day in days or []])
            if chosen.map is not None:
                made.maps(None if since is None else since.date())
            made.feeds()
            made.issue()
        finally:
            made.fetcher.close()
    tell(made.done, store, quiet)
    if made.done.held_back or made.done.failed:
        raise typer.Exit(NOT_ALL_WELL)


def tell(done: Done, store: Path, quiet: bool) -> None:
    """What was done, a line each; what needs to be looked at, in any case."""
    if not quiet:
        added = f"{done.maps[0]} to {done.maps[-1]}" if len(done.maps) > 1 else "".join(map(str, done.maps)) or "none"
        typer.echo(f"Maps added to {store}: {len(done.maps)} ({added})")
        if done.missing:
            typer.echo(f"Not there (yet): {', '.join(map(str, done.missing[-7:]))}")
        if done.reports:
            typer.echo(f"Reports: {done.reports}, with {done.claims} claims")
        if done.issued:
            typer.echo(f"Forecast issued. To publish, so that it can be checked: {done.issued}")
        if done.scored:
            typer.echo(f"Scored: {done.scored} leads that have fallen due")
    for day, why in done.held_back.items():
        typer.echo(f"Held back: the map of {day}. {'. '.join(why)}. If it is right: --confirm --day {day}", err=True)
    for problem in done.failed:
        typer.echo(f"Failed: {problem}", err=True)
