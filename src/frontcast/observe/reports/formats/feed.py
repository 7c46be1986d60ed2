"""RSS and Atom files: one text an entry."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePath
from typing import Any

from frontcast.errors import InputError
from frontcast.observe.reports.formats import html
from frontcast.observe.reports.formats.found import Found, clean
from frontcast.observe.types import ReadWarning


def recognises(data: bytes, name: str) -> bool:
    """By its root element, or by the ending of the name."""
    head = data[:4096].lower()
    return bool(re.search(rb"<(rss|feed|rdf:rdf)[\s>]", head)) or PurePath(name).suffix.lower() in (".rss", ".atom")


def read(data: bytes, name: str) -> Iterator[Found | ReadWarning]:
    """The entries of a feed, in its order."""
    if re.search(rb"<!ENTITY", data[:100_000], re.IGNORECASE):
        # Entities of its own have no place in a feed; in numbers they are a known way to fill a machine's memory.
        raise InputError(name, "", "it declares entities of its own", "Give a feed without a DOCTYPE of entities")
    import feedparser

    parsed: Any = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.entries:
        problem = "no entries were found in this feed"
        if parsed.get("bozo") and parsed.get("bozo_exception"):
            problem += f" ({type(parsed.bozo_exception).__name__})"
        raise InputError(name, "", problem, "Give an RSS or Atom file with items or entries")
    source = clean(parsed.feed.get("title", ""))
    for number, entry in enumerate(parsed.entries, 1):
        contents = entry.get("content") or []
        body = contents[0].get("value", "") if contents else entry.get("summary", "")
        title = clean(entry.get("title", ""))
        text = next(
            (
                found.text
                for found in html.read(f"<html><body>{body}</body></html>".encode(), "")
                if isinstance(found, Found)
            ),
            "",
        )
        when = entry.get("published_parsed") or entry.get("updated_parsed")
        day = None
        if when:
            try:
                day = date(when.tm_year, when.tm_mon, when.tm_mday)
            except ValueError:
                day = None
        joined = f"{title}\n\n{text}" if title and title not in text else text or title
        yield Found(joined, day, source, title, entry.get("link", ""), f"entry {number}")
