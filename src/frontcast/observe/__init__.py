"""Readers: one source format, one file; files, folders and archives in, typed observations out.

To add a format, write a class with the methods of `frontcast.observe.types.Reader` in a file of its own and
add an instance of it to `READERS` in `readers.py`. Reports in prose have a package of their own, `reports`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frontcast.observe.types import ControlMap, Observation, Provenance, Read, Reader, ReadWarning, UnitSighting

if TYPE_CHECKING:
    from frontcast.observe.readers import READERS, read_path


def __getattr__(name: str) -> Any:
    # The map readers bring geometry libraries along, which the reading of prose can do without.
    if name in ("READERS", "read_path"):
        from frontcast.observe import readers

        return getattr(readers, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "READERS",
    "ControlMap",
    "Observation",
    "Provenance",
    "Read",
    "ReadWarning",
    "Reader",
    "UnitSighting",
    "read_path",
]
