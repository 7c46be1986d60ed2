"""Plain text and Markdown: a first line `date YYYY-MM-DD`, or YAML front matter, gives the day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from frontcast.errors import InputError
from frontcast.observe.reports.formats.found import Found, clean, day_of, decode
from frontcast.observe.types import ReadWarning

DATED: Final = re.compile(r"\s*date[ \t:]+(\d{4}-\d{2}-\d{2})[ \t]*\n?[ \t]*")
FRONT_MATTER: Final = re.compile(r"\s*---[ \t]*\n(.*?\n)---[ \t]*\n", re.DOTALL)
MARKUP: Final = (
    (re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"^#{1,6}[ \t]+(.*)$", re.MULTILINE), r"\1\n"),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])"), r"\1"),
    (re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"`{1,3}"), ""),
)


def recognises(data: bytes, name: str) -> bool:
    """Anything that is not something else."""
    del data, name
    return True


def read(data: bytes, name: str) -> Iterator[Found | ReadWarning]:
    """The one text of a file."""
    if b"\x00" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(name, "", "it is binary, not text", "Give txt, md, html, rss, atom, pdf or jsonl")
    raw, guessed = decode(data, name)
    if guessed:
        yield ReadWarning(name, "", f"its encoding is not told; it was taken for {guessed}")
    text = clean(raw)
    published, title, source = None, "", ""
    front = FRONT_MATTER.match(text)
    if front:
        keys = dict(re.findall(r"^(\w+)[ \t]*:[ \t]*[\"']?(.*?)[\"']?[ \t]*$", front.group(1), re.MULTILINE))
        published = day_of(keys.get("date") or keys.get("published"))
        title, source = keys.get("title") or keys.get("subject", ""), keys.get("source", "")
        text = text[front.end() :]
    dated = DATED.match(text)
    if dated:
        published = day_of(dated.group(1)) or published
        if published is None:
            raise InputError(name, "line 1", f"{dated.group(1)} is no day", "Write the day as date YYYY-MM-DD")
        text = text[dated.end() :]
    if name.lower().endswith((".md", ".markdown")):
        for pattern, replacement in MARKUP:
            text = pattern.sub(replacement, text)
        heading = re.match(r"\s*#\s+(.+)", clean(raw))
        title = title or (heading.group(1).strip() if heading else "")
    yield Found(text, published, source, title)
