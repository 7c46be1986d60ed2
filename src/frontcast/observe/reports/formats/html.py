"""HTML pages saved from the web: their main text, and the day their metadata give. Nothing in them runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import urlsplit

from frontcast.observe.reports.formats.found import Found, clean, day_of, decode
from frontcast.observe.types import ReadWarning

SKIPPED: Final = frozenset(
    "script style noscript template nav header footer aside form button select svg iframe object figure head dialog"
    " menu".split()
)
BLOCKS: Final = frozenset(
    "p div section article main li ul ol h1 h2 h3 h4 h5 h6 blockquote pre table tr td th br hr dd dt dl body time"
    " address".split()
)
DATES: Final = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.created",
    "dc.date.issued",
    "pubdate",
    "publishdate",
    "publish_date",
    "parsely-pub-date",
    "sailthru.date",
)


def recognises(data: bytes, name: str) -> bool:
    """By a doctype or an html tag, or by the ending of the name."""
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return (
        head.startswith((b"<!doctype html", b"<html"))
        or b"<html" in head
        or PurePath(name).suffix.lower() in (".html", ".htm", ".xhtml")
    )


def read(data: bytes, name: str) -> Iterator[Found | ReadWarning]:
    """The one text of a page."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    declared = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", data[:4096], re.IGNORECASE)
    if declared:
        try:
            text = data.decode(declared.group(1).decode(), "replace")
        except LookupError:
            text, _ = decode(data, name)
    else:
        text, guessed = decode(data, name)
        if guessed:
            yield ReadWarning(name, "", f"its encoding is not told; it was taken for {guessed}")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\x00", "")
    try:
        tree = document_fromstring(
            text or "<html></html>",
            parser=HTMLParser(recover=True, no_network=True, remove_comments=True, remove_pis=True),
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        yield Found("")
        return
    meta = _meta(tree)
    url = meta.get("og:url") or _link(tree, "canonical")
    published = _published(tree, meta)
    title = meta.get("og:title") or " ".join("".join(tree.xpath("//title//text()")[:1]).split())
    source = meta.get("og:site_name") or (urlsplit(url).hostname or "").removeprefix("www.")
    yield Found(_text(tree), published, clean(source), clean(title), url)


def _meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in tree.iter("meta"):
        key = tag.get("property") or tag.get("name") or tag.get("itemprop")
        if key and tag.get("content"):
            found.setdefault(key.lower(), tag.get("content").strip())
    return found


def _link(tree: Any, relation: str) -> str:
    return next((tag.get("href", "") for tag in tree.iter("link") if tag.get("rel") == relation), "")


def _published(tree: Any, meta: dict[str, str]) -> date | None:
    for key in DATES:
        day = day_of(meta.get(key))
        if day:
            return day
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json" and script.text and len(script.text) < 1_000_000:
            found = re.search(r'"datePublished"\s*:\s*("(?:[^"\\]|\\.)*")', script.text)
            try:
                day = day_of(json.loads(found.group(1))) if found else None
            except ValueError:
                day = None
            if day:
                return day
    for tag in tree.iter("time"):
        day = day_of(tag.get("datetime"))
        if day:
            return day
    return None


def _text(tree: Any) -> str:
    """The page's main text: its article or main part if there is one with text, else its body."""
    parts = [_blocks(part) for name in ("article", "main") for part in tree.iter(name)]
    best = max(parts, key=len, default="")
    return best if len(best) > 200 else _blocks(tree) or best


def _blocks(root: Any) -> str:
    """Text block by block, without recursion: markup may be nested as deep as it likes."""
    from lxml import etree

    out: list[str] = []
    line: list[str] = []

    def end() -> None:
        text = " ".join("".join(line).split())
        if text:
            out.append(text)
        line.clear()

    skip: Any = None
    for event, tag in etree.iterwalk(root, events=("start", "end")):
        name = tag.tag if isinstance(tag.tag, str) else ""
        if event == "start":
            if skip is None and name in SKIPPED and tag is not root:
                skip = tag
            if skip is None:
                if name in BLOCKS:
                    end()
                line.append(tag.text or "")
        else:
            if skip is None and name in BLOCKS:
                end()
            if skip is tag:
                skip = None
            if skip is None and tag is not root:
                line.append(tag.tail or "")
    end()
    return clean("\n\n".join(out))
