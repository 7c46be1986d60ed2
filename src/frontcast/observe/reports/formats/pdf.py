"""PDF files, read in a process of its own: what is in one may hang a reader, or fill the memory."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final

from frontcast.errors import InputError
from frontcast.observe.reports.formats.found import Found, clean, day_of
from frontcast.observe.types import ReadWarning

TIME_LIMIT: Final = 60
"""Seconds a PDF may take; a report of a hundred pages takes five."""

MEMORY_LIMIT: Final = 2 * 1024**3
"""Bytes its process may use, where the system lets that be limited."""

MOST_PAGES: Final = 2000
MOST_CHARACTERS: Final = 5_000_000


def recognises(data: bytes, name: str) -> bool:
    """By its first bytes, or by the ending of the name."""
    return data[:1024].lstrip().startswith(b"%PDF-") or PurePath(name).suffix.lower() == ".pdf"


def read(data: bytes, name: str) -> Iterator[Found | ReadWarning]:
    """The one text of a PDF. Raises InputError where it is broken, locked, or too much."""
    remedy = "Save its text as a txt file"
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__], input=data, capture_output=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(name, "", f"reading this PDF was given up after {TIME_LIMIT} s", remedy) from None
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise InputError(name, "", "reading this PDF took too much memory or time", remedy) from None
    if "problem" in found:
        raise InputError(name, "", found["problem"], remedy)
    day = re.match(r"D:(\d{4})(\d{2})(\d{2})", found["created"] or "")
    yield Found(clean(found["text"]), day_of("-".join(day.groups())) if day else None, "", clean(found["title"] or ""))


def _extract(data: bytes) -> dict[str, Any]:
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        document = pypdf.PdfReader(io.BytesIO(data))
        if document.is_encrypted and not document.decrypt(""):
            return {"problem": "this PDF is locked with a password"}
        pages: list[str] = []
        size = 0
        for number, page in enumerate(document.pages):
            if number == MOST_PAGES or size > MOST_CHARACTERS:
                return {"problem": f"this PDF has more than {MOST_PAGES:,} pages or {MOST_CHARACTERS:,} characters"}
            pages.append(page.extract_text())
            size += len(pages[-1])
        about: Any = document.metadata or {}
        return {
            "text": _paragraphs("\n\n".join(pages)),
            "created": str(about.get("/CreationDate") or ""),
            "title": str(about.get("/Title") or ""),
        }
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
        AssertionError,
        NotImplementedError,
        ArithmeticError,
    ) as error:
        return {"problem": f"this PDF is broken ({type(error).__name__})"}


def _paragraphs(text: str) -> str:
    """Lines joined into paragraphs, and words that were broken over two lines into one."""
    text = re.sub(r"(\w)-\n(?=[a-z])", r"\1", text)
    return re.sub(r"(?<=[^\n.!?:])\n(?=[^\n])", " ", text)


def _main() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT, TIME_LIMIT))
    except (ImportError, ValueError, OSError):
        pass  # not every system limits its processes; the time limit outside holds everywhere
    try:
        found = _extract(sys.stdin.buffer.read())
    except MemoryError:
        found = {"problem": "this PDF unpacks to more than fits in memory"}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main()
