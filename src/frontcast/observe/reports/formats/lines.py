"""JSON lines: one text a line, under `text`, `body` or `comment`, dated by `date` or `published`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath

from frontcast.errors import InputError
from frontcast.observe.reports.formats.found import Found, clean, day_of, decode
from frontcast.observe.types import ReadWarning


def recognises(data: bytes, name: str) -> bool:
    """By the ending of the name."""
    del data
    return PurePath(name).suffix.lower() in (".jsonl", ".ndjson")


def read(data: bytes, name: str) -> Iterator[Found | ReadWarning]:
    """The texts, line by line; a line that cannot be used is told of and passed over."""
    text, _ = decode(data, name)
    good = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            yield ReadWarning(name, place, "it is no JSON object")
            continue
        body = (
            next((entry[key] for key in ("text", "body", "comment") if isinstance(entry.get(key), str)), None)
            if isinstance(entry, dict)
            else None
        )
        if body is None:
            yield ReadWarning(name, place, "it has no text under text, body or comment")
            continue
        good = True
        about = {key: clean(str(entry.get(key) or "")) for key in ("source", "title", "url")}
        yield Found(clean(body), day_of(str(entry.get("date") or entry.get("published") or "")), **about, place=place)
    if not good:
        raise InputError(
            name, "", "no line of it holds a text", 'Give lines such as {"date": "2022-09-11", "text": "..."}'
        )
