"""The command line: one file per verb, each thin."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import typer

from frontcast import __version__
from frontcast.errors import FrontcastError

app = typer.Typer(
    name="frontcast",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "Weather forecasting for a front line: who will hold what, with what probability, 1 to 30 days ahead.\n\n"
        "It works at once on the record that ships with it: [bold]frontcast forecast --init 2022-09-05[/bold].\n\n"
        "Public sources, brigade scale, 1 km and days. Not a targeting aid."
    ),
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"frontcast {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


VERBS: Final = (
    *("forecast", "explain", "whatif", "units", "picture", "verify", "ingest"),
    *("read", "claims", "sources", "engagements", "record", "serve", "pull"),
)
"""Each verb is a module of this package, with a function of its name, or with an app."""


def _register(asked: str | None) -> None:
    """Adds the verb asked for, or all where none is: the reader of dispatches need not wait for the model to load."""
    for verb in (asked,) if asked in VERBS else VERBS:
        module = import_module(f"frontcast.cli.{verb}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=verb)
        else:
            app.command(verb)(getattr(module, verb))


_register(next((word for word in sys.argv[1:] if not word.startswith("-")), None))


def main() -> None:
    """Entry point: what the user can mend is said in one line, with exit status 1 and no traceback."""
    try:
        app()
    except FrontcastError as error:
        typer.secho(f"frontcast: {error}", err=True, fg="red")
        sys.exit(1)
