"""Telling whether a file has changed."""

from __future__ import annotations

from pathlib import Path


def stamp_of(path: Path) -> tuple[int, int]:
    """Time of change and size of a file; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size
