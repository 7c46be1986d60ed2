"""Dispatches with their labels written into the text: what is claimed stands in brackets, by whom and since when in braces.

    date 2022-09-11
    source: agency wire

    Our lads took [Balakliia]{Ukraine; 2022-09-08; claimed} on Thursday; <<strike; Russia; 2022-09-10; claimed;
    place=Izium: the depot at Izium burned>> two days later.          (a paragraph is one line)

A control claim: `[words]{HOLDER; VALID; CERTAINTY; by=..; side=..; place=..; unit=..; opt}`, a brace a claim; HOLDER a side,
`contested` or `-`; VALID a day, a month or `-`. `place` where the words are no name; `side` where the acting side is not
the holder; `opt` where two careful readers could differ. Another kind: `<<KIND; SIDE; VALID; CERTAINTY; ..: words>>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from frontcast.errors import InputError
from frontcast.observe.reports.claim import CERTAINTIES, CONTESTED, KINDS, Claim, Quantity
from frontcast.observe.reports.document import Document
from frontcast.verify.reading import OPTIONAL, Labels

_CONTROL: Final = re.compile(r"\[([^\[\]{}<>\n]+)\]((?:\{[^{}\n]*\})+)")
_OTHER: Final = re.compile(r"<<([^:<>\n]*):\s*([^\n]*?)>>")
_STRAY: Final = re.compile(r"[\[\]{}]|<<|>>")
_BREAK: Final = re.compile(r"[.!?;:](?=\s|$)|,\s|\s[–—-]\s|\n|\|")
_NUMBER: Final = re.compile(r"\d[\d,. ]*")
FIELDS: Final = frozenset(("by", "side", "place", "unit", "qty"))
REMEDY: Final = (
    "Write [words]{holder; valid; certainty; by=..; side=..; place=..} or <<kind; side; valid; certainty; ..: words>>"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled claim and the characters [start, end) of the text that were marked for it."""

    claim: Claim
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A dispatch without its marks, and the marks.

    Attributes:
        name: of its file, without the ending.
        published: its first line.
        source: its second line.
        text: what a reader gets.
        marks: in the order of their words.
    """

    name: str
    published: date
    source: str
    text: str
    marks: tuple[Mark, ...]

    @property
    def document(self) -> Document:
        """The dispatch as a reader gets it."""
        return Document(self.text, self.published, self.source, "", "", f"{self.name}.txt", "")

    @property
    def labels(self) -> Labels:
        """Its labels, to score what was read."""
        return Labels(self.name, self.published, False, "", tuple(mark.claim for mark in self.marks))


def read_marked_folder(folder: Path) -> Iterator[Marked]:
    """The marked dispatches of a folder, by name.

    Raises:
        InputError: where a file cannot be read or is badly marked.
    """
    for path in sorted(folder.glob("*.txt")):
        yield read_marked(path)


def read_marked(path: Path) -> Marked:
    """One marked dispatch.

    Raises:
        InputError: where the file cannot be read, its head is not as it should be, or a mark is no mark.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"it cannot be read ({error})", "Give a marked dispatch, UTF-8.") from error
    if not lines[0].startswith("date ") or _day(lines[0][5:].strip()) is None:
        raise InputError(str(path), "line 1", "it does not tell the day of publication", "Begin with: date YYYY-MM-DD")
    if len(lines) < 3 or not lines[1].startswith("source: ") or lines[2].strip():
        raise InputError(str(path), "line 2", "no source and empty line follow the date", "Write: source: its style")
    text, marks = "", []
    for number, line in enumerate(lines[3:], 4):
        plain, found = _line(str(path), number, line)
        marks += [replace(mark, start=mark.start + len(text), end=mark.end + len(text)) for mark in found]
        text += plain + "\n"
    text = text.rstrip("\n")
    marks = [replace(mark, claim=replace(mark.claim, quote=_quote(text, mark))) for mark in marks]
    marks.sort(key=lambda mark: (mark.start, -mark.end))
    published = date.fromisoformat(lines[0][5:].strip())
    return Marked(path.stem, published, lines[1].removeprefix("source: ").strip(), text, tuple(marks))


def _line(file: str, number: int, line: str) -> tuple[str, list[Mark]]:
    """A line without its marks, and the marks by its characters."""
    place = f"line {number}"
    text, marks = "", []
    opened: list[tuple[Claim, int]] = []
    i = 0
    while i < len(line):
        if found := _CONTROL.match(line, i):
            start = len(text)
            text += found[1]
            for body in re.findall(r"\{([^{}]*)\}", found[2]):
                claim = _control(file, place, found[1], body)
                marks += [Mark(one, start, len(text)) for one in _each(claim, found[1], body)]
            i = found.end()
        elif line.startswith("<<", i):
            head = _OTHER.match(line, i)
            if head is None:
                raise InputError(file, place, f"{line[i : i + 40]!r} is no mark", REMEDY)
            opened.append((_other(file, place, head[1]), len(text)))
            i = head.start(2)
        elif line.startswith(">>", i) and opened:
            claim, start = opened.pop()
            marks.append(Mark(claim, start, len(text)))
            i += 2
        elif _STRAY.match(line, i):
            raise InputError(file, place, f"a stray {line[i : i + 2]!r} in {line[max(0, i - 30) : i + 30]!r}", REMEDY)
        else:
            text += line[i]
            i += 1
    if opened:
        raise InputError(file, place, "a << has no >>", REMEDY)
    return text, marks


def _each(claim: Claim, words: str, body: str) -> list[Claim]:
    """One claim a place, where two names were bracketed together."""
    names = re.split(r",\s+and\s+|\s+and\s+|,\s+", words)
    if "place=" in body or len(names) < 2 or not all(name[:1].isupper() for name in names):
        return [claim]
    return [replace(claim, place=name) for name in names]


def _control(file: str, place: str, words: str, body: str) -> Claim:
    parts = [part.strip() for part in body.split(";")]
    if len(parts) < 3:
        raise InputError(file, place, f"the mark of {words!r} lacks holder, valid or certainty", REMEDY)
    holder, valid, certainty = parts[:3]
    fields, optional = _fields(file, place, parts[3:])
    named = None if holder == "-" else holder
    side = fields.get("side") or (None if named in (None, CONTESTED) else named)
    return _claim(file, place, "control", side, named, valid, certainty, fields, optional, fields.get("place", words))


def _other(file: str, place: str, head: str) -> Claim:
    parts = [part.strip() for part in head.split(";")]
    if len(parts) < 4 or parts[0] not in KINDS or parts[0] == "control":
        raise InputError(file, place, f"<<{head}: lacks kind, side, valid or certainty", REMEDY)
    kind, side, valid, certainty = parts[:4]
    fields, optional = _fields(file, place, parts[4:])
    named = None if side == "-" else side
    return _claim(file, place, kind, named, None, valid, certainty, fields, optional, fields.get("place"))


def _fields(file: str, place: str, parts: list[str]) -> tuple[dict[str, str], bool]:
    fields: dict[str, str] = {}
    for part in parts:
        if part == "opt":
            continue
        name, sign, value = part.partition("=")
        if not sign or name not in FIELDS or not value.strip():
            raise InputError(file, place, f"{part!r} is no field", f"Fields are opt and {', '.join(sorted(FIELDS))}=..")
        fields[name] = value.strip()
    return fields, "opt" in parts


def _claim(
    file: str,
    place: str,
    kind: str,
    side: str | None,
    holder: str | None,
    valid: str,
    certainty: str,
    fields: dict[str, str],
    optional: bool,
    where: str | None,
) -> Claim:
    if certainty not in CERTAINTIES:
        raise InputError(file, place, f"{certainty!r} is no certainty", f"Write one of {', '.join(CERTAINTIES)}")
    if valid != "-" and _day(valid if len(valid) == 10 else f"{valid}-01") is None:
        raise InputError(file, place, f"{valid!r} is no day and no month", "Write YYYY-MM-DD, YYYY-MM or -")
    number = _NUMBER.match(fields.get("qty", ""))
    quantity = None
    if number is not None:
        value = float(number[0].replace(",", "").replace(" ", "").rstrip("."))
        quantity = Quantity(value, fields["qty"][number.end() :].strip())
    return Claim(
        kind=kind,
        side=side,
        place=where,
        lat=None,
        lon=None,
        holder=holder,
        valid=None if valid == "-" else valid,
        attributed_to=fields.get("by"),
        certainty=certainty,
        unit=fields.get("unit"),
        quantity=quantity,
        quote="",
        start=-1,
        end=-1,
        note=OPTIONAL if optional else None,
    )


def _quote(text: str, mark: Mark) -> str:
    """The words marked; of a control claim, with what stands around them up to the next comma or stop."""
    if mark.claim.kind != "control":
        return text[mark.start : mark.end]
    first = max((found.end() for found in _BREAK.finditer(text, 0, mark.start)), default=0)
    after = _BREAK.search(text, mark.end)
    return text[first : after.start() if after else len(text)].strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
