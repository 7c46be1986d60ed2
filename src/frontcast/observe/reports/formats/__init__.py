"""Formats a dispatch can come in: one file each, bytes in, texts with what is known of them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from frontcast.observe.reports.formats import feed, html, lines, pdf, text
from frontcast.observe.reports.formats.found import Found
from frontcast.observe.types import ReadWarning


@dataclass(frozen=True)
class Format:
    """One format: whether bytes with a name are in it, and how to read them."""

    name: str
    recognises: Callable[[bytes, str], bool]
    read: Callable[[bytes, str], Iterator[Found | ReadWarning]]


FORMATS: Final = (
    Format("pdf", pdf.recognises, pdf.read),
    Format("feed", feed.recognises, feed.read),
    Format("html", html.recognises, html.read),
    Format("jsonl", lines.recognises, lines.read),
    Format("text", text.recognises, text.read),
)
"""In the order they are tried: by content first, then by the name's ending; plain text takes what is left."""

__all__ = ["FORMATS", "Format", "Found"]
