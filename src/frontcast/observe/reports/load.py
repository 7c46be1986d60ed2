"""From files, folders and standard input to dated documents."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from frontcast.errors import InputError
from frontcast.observe.reports.document import Document
from frontcast.observe.reports.formats import FORMATS
from frontcast.observe.reports.formats.found import Found
from frontcast.observe.types import ReadWarning

MOST_BYTES: Final = 64 * 1024**2
"""Bytes a file may have: a book has two million, a year of a busy feed some ten."""

MOST_CHARACTERS: Final = 5_000_000
"""Characters a document may have."""

EARLIEST: Final = date(1800, 1, 1)
"""No dispatch is older; a date before it is a slip of the pen."""

STDIN: Final = "-"


def load(
    path: str | Path, *, published: date | None = None, stdin: BinaryIO | None = None
) -> Iterator[Document | ReadWarning]:
    """The documents of a file, of a folder and all below it, or of standard input, and what was passed over.

    Args:
        path: a file, a folder, or "-".
        published: the day of documents that do not tell their own.
        stdin: read in place of standard input.

    Raises:
        InputError: where a single file cannot be used; in a folder, where nothing can.
    """
    if str(path) == STDIN:
        stream = stdin or sys.stdin.buffer
        yield from _documents(stream.read(MOST_BYTES + 1), STDIN, "standard input", published)
        return
    path = Path(path)
    if not path.is_dir():
        yield from _file(path, published)
        return
    good = False
    for file in _files(path):
        try:
            for found in _file(file, published):
                good |= isinstance(found, Document)
                yield found
        except InputError as error:
            yield ReadWarning(str(file), error.place, error.problem)
    if not good:
        raise InputError(
            str(path),
            "",
            "nothing in this folder can be read",
            "Put txt, md, html, rss, atom, pdf or jsonl files there",
        )


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names; links to folders are not followed, so none is walked twice."""
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(where) / name


def _file(path: Path, published: date | None) -> Iterator[Document | ReadWarning]:
    try:
        if path.exists() and not path.is_file():
            raise InputError(str(path), "", "it is no file", "Give a file, a folder, or - for standard input")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(str(path), "", "there is no such file", "Check the name") from None
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", "Check its permissions") from None
    yield from _documents(data, path.name, str(path), published)


def _documents(data: bytes, name: str, file: str, published: date | None) -> Iterator[Document | ReadWarning]:
    if len(data) > MOST_BYTES:
        raise InputError(file, "", f"it is larger than {MOST_BYTES // 1024**2} MB", "Split it")
    if not data.strip():
        raise InputError(file, "", "it is empty", "Give a file with text")
    sha256 = hashlib.sha256(data).hexdigest()
    chosen = next(entry for entry in FORMATS if entry.recognises(data, name))
    several = chosen.name in ("feed", "jsonl")
    undated: InputError | None = None
    good = False
    for found in chosen.read(data, file):
        if isinstance(found, ReadWarning):
            yield found
            continue
        try:
            yield _document(found, file, sha256, published, name)
            good = True
        except InputError as error:
            if not several:
                raise
            undated = undated or error
            yield ReadWarning(file, found.place, error.problem)
    if undated is not None and not good:
        raise undated


def _document(found: Found, file: str, sha256: str, published: date | None, name: str) -> Document:
    if not found.text.strip():
        raise InputError(file, found.place, "there is no text in it", "Give a document with readable text")
    if len(found.text) > MOST_CHARACTERS:
        raise InputError(file, found.place, f"it has more than {MOST_CHARACTERS:,} characters", "Split it")
    day = found.published or published
    if day is None:
        remedy = "Begin it with a line `date YYYY-MM-DD`, or give --published YYYY-MM-DD"
        raise InputError(file, found.place, "nothing says when it was published", remedy)
    if day < EARLIEST or day > datetime.now(UTC).date() + timedelta(days=1):
        problem = f"it is dated {day}, which is {'before newspapers' if day < EARLIEST else 'in the future'}"
        raise InputError(file, found.place, problem, f"Dates from {EARLIEST} to today can be read")
    source = found.source or (Path(name).stem if name != STDIN else "standard input")
    return Document(found.text.strip("\n"), day, source, found.title, found.url, file, sha256)
