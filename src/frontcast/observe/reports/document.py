"""A dated document: plain text, when it was published, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Document:
    """One document, whatever format it came in.

    Attributes:
        text: its readable text, without markup, with real line breaks; offsets of claims count its characters.
        published: the day it was published.
        source: who published it: the site, feed or outlet, or the file's name where nothing says.
        title: its headline, or "".
        url: its address, or "".
        file: the file it was read from, or "standard input".
        sha256: of that file's bytes, in hex.
    """

    text: str
    published: date
    source: str
    title: str
    url: str
    file: str
    sha256: str
