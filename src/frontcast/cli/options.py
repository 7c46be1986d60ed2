"""Options that several verbs share, and the store they open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from frontcast.errors import InputError
from frontcast.store import Store

TheatreOption = Annotated[
    str | None, typer.Option(help="Theatre by name, or the path of a theatre file.  [default: ukraine]")
]
SourceOption = Annotated[str | None, typer.Option(help="Whose maps to start from.  [default: deepstate]")]
StoreOption = Annotated[
    Path | None, typer.Option(help="A store of your own (frontcast ingest); left out, the record that ships.")
]


def open_store(store: Path | None, theatre: str) -> Store:
    """The store at a path, read only, or the record that ships.

    Raises:
        InputError: where there is no file at the path.
    """
    if store is None:
        return Store.shipped(theatre)
    if not store.exists():
        raise InputError(
            str(store), "", "there is no such store", "Make one with: frontcast ingest FILES --store STORE"
        )
    return Store.open(store, read_only=True)
