"""The readers of maps and orders of battle, by name, and the one that fits a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from frontcast.errors import InputError
from frontcast.observe.daily import Daily
from frontcast.observe.liveuamap import Liveuamap
from frontcast.observe.order_of_battle import OrderOfBattle
from frontcast.observe.snapshots import Snapshots
from frontcast.observe.types import Read, Reader
from frontcast.theatre import Theatre

READERS: Final[dict[str, Reader]] = {
    reader.name: reader for reader in (Snapshots(), Daily(), Liveuamap(), OrderOfBattle())
}
"""Readers by name."""


def read_path(path: str | Path, theatre: Theatre, reader: str | None = None) -> Iterator[Read]:
    """Observations and warnings of a file, a folder or a tar archive, in the order they became known.

    Args:
        path: a file, a folder, or a .tar or .tar.zst archive, which is not unpacked.
        theatre: whose grid and land the maps are put on.
        reader: name of a reader of `READERS`; left out, the one that recognises the path.

    Raises:
        InputError: at once where no reader recognises the path; while iterating where the data cannot be
            used.
    """
    return _reader_of(Path(path), reader).read(Path(path), theatre)


def _reader_of(path: Path, name: str | None) -> Reader:
    if name is not None and name not in READERS:
        raise InputError("reader", "", f"there is no reader {name!r}", f"Readers are {', '.join(READERS)}.")
    if name is not None:
        return READERS[name]
    for reader in READERS.values():
        if reader.recognises(path):
            return reader
    remedy = f"Name one of {', '.join(READERS)} as the reader to see what is wrong."
    raise InputError(str(path), "", "no reader recognises it", remedy)
