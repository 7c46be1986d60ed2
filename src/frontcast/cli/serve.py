"""`frontcast serve`: the map, the forecast and its track record in a browser, on this machine."""

from __future__ import annotations

import ipaddress
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from frontcast.errors import FrontcastError, InputError


def serve(
    port: Annotated[int, typer.Option(help="Port; 0 takes any that is free.", min=0, max=65535)] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Any but this machine's own needs a token.")
    ] = "127.0.0.1",
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token's hash; made with a new token where there is none.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="A store of your own (frontcast ingest); left out, the record that ships.")
    ] = None,
    theatre: Annotated[str, typer.Option(help="Theatre by name, or the path of a theatre file.")] = "ukraine",
    source: Annotated[
        str | None, typer.Option(help="Whose maps are shown first.  [default: deepstate, or the newest of the store]")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for runs and prepared answers.  [default: in your state folder]")
    ] = None,
    ledger: Annotated[Path | None, typer.Option(help="Ledger of issued forecasts whose scores are shown.")] = None,
    members: Annotated[int, typer.Option(help="Most members of one run.", min=20, max=10_000)] = 2_000,
    days: Annotated[int, typer.Option(help="Most days of one run.", min=1, max=180)] = 180,
    memory_mb: Annotated[int, typer.Option(help="Most memory of a run, MB.", min=100)] = 6_000,
    first: Annotated[bool, typer.Option(help="Make the day's forecast unasked.")] = True,
    nice: Annotated[int, typer.Option(help="How far runs give way to all else on this machine.", min=0, max=19)] = 10,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Serve the page and the API.

    Without more it listens on this machine alone, shows the record that ships, and needs nothing else. On any other
    address a token is asked for (docs/service.md).
    """
    from frontcast.serve.address import LOOPBACK, listen
    from frontcast.serve.desk_link import Desk
    from frontcast.serve.settings import RunLimits, Settings, default_keep
    from frontcast.serve.tokens import read_or_make

    if store is not None and not store.exists():
        raise InputError(str(store), "", "there is no such store", "Make one: frontcast ingest FILES --store STORE")
    local = is_loopback(host)
    if not local and token_file is None:
        raise FrontcastError(f"--host {host} can be reached by others: give a --token-file, which is made if need be.")
    token_hash, fresh = (None, None) if token_file is None else read_or_make(token_file)
    settings = Settings(
        theatre=theatre,
        store=store,
        keep=keep or default_keep(theatre, store),
        source=source_of(store, theatre, source),
        ledger=ledger,
        hosts=LOOPBACK if local else frozenset(),
        token_hash=token_hash,
        first_forecast=first,
        niceness=nice,
        limits=RunLimits(members=members, days=days, memory_mb=memory_mb),
    )
    bound = listen(host, port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{bound.getsockname()[1]}/"
    typer.echo(f"frontcast is at {address}  (stop with Ctrl-C)")
    if fresh is not None:
        typer.echo(f"The token, shown only now: {fresh}\nIts hash is in {token_file}.")
    if not local:
        typer.echo(exposure(host, settings.theatre, store), err=True)
    if open_browser:
        webbrowser.open(address)
    desk = Desk(settings.theatre, settings.store)
    desk.open()  # before the rest is imported: it has books of its own to open
    from frontcast.serve.server import run

    run(settings, bound, desk)


DEFAULT_SOURCE = "deepstate"


def source_of(store: Path | None, theatre: str, source: str | None) -> str:
    """Whose maps to show first: those asked for, else the usual ones, else the newest that the store has.

    Raises:
        InputError: where the store has none, or not those.
    """
    if store is None and source is None:
        return DEFAULT_SOURCE
    from frontcast.cli.options import open_store
    from frontcast.theatre import load_theatre

    name = load_theatre(theatre).name
    with open_store(store, name) as held:
        found = held.sources()
    mine = found[(found["theatre"] == name) & (found["kind"] == "control")].sort_values("last")
    names = [str(one) for one in mine["source"]]
    if not names:
        raise InputError(str(store), "", f"it has no maps of {name}", "Add some: frontcast ingest, or frontcast pull")
    if source is not None and source not in names:
        raise InputError("--source", "", f"there are no maps of {source!r}", f"There are those of {', '.join(names)}")
    return source or (DEFAULT_SOURCE if DEFAULT_SOURCE in names else names[-1])


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone.

    Raises:
        InputError: where it is no address: a name may lead anywhere.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise InputError("--host", "", f"{host!r} is no address", "Give one such as 127.0.0.1 or 0.0.0.0") from None


def exposure(host: str, theatre: str, store: Path | None) -> str:
    """What is open to others, in plain words."""
    record = "the record that ships" if store is None else f"everything in {store}, reports and their quotes included"
    return (
        f"Warning: whoever reaches {host} sees the page's files; whoever has the token also sees {record} of {theatre}, "
        "and may order, see and cancel all runs. The connection is not encrypted: put it behind a proxy that speaks TLS."
    )
