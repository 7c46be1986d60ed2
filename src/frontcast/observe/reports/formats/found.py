"""What a format finds in a file, and the letters it finds it in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from frontcast.errors import InputError

INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
"""Zero-width and direction marks, and control characters: they hide text, or command a terminal."""


@dataclass(frozen=True, slots=True)
class Found:
    """One text of a file.

    Attributes:
        text: readable, without markup.
        published: the day its metadata give, or None.
        source, title, url: as in `Document`, "" where nothing says.
        place: where in the file it stands ("entry 3", "line 7"), "" where it is the whole file.
    """

    text: str
    published: date | None = None
    source: str = ""
    title: str = ""
    url: str = ""
    place: str = ""


def clean(text: str) -> str:
    """Text with plain line breaks and without characters nobody sees."""
    return INVISIBLE.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Bytes as text, and the encoding if it had to be guessed ("" if not).

    Raises:
        InputError: where the bytes are no text in any likely encoding.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ""
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    if b"\x00" not in data[:4096] or data[:4096].count(b"\x00") > len(data[:4096]) // 3:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:200_000]).best()
        if best is not None and best.encoding:
            try:
                return data.decode(best.encoding), best.encoding
            except (UnicodeDecodeError, LookupError):
                pass
    raise InputError(name, "", "it is no text in an encoding that can be made out", "Save it as UTF-8 text")


def day_of(text: str | None) -> date | None:
    """The day at the start of a date as metadata write it, or None: 2022-09-11T08:00Z, 20220911, 11 Sep 2022."""
    if not text:
        return None
    text = text.strip()
    match = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", text)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
        from email.utils import parsedate_to_datetime

        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError):
        return None
