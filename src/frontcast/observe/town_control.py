"""Reader of the town table: who held which town of Ukraine, by the Wikipedia table of control, change by change.

A CSV with a row for every change of a town's row between two snapshots of the page: `snapshot_date`, `name`,
`held_by`, `as_of`, `more_information`, `lat`, `lon`, `prev_held_by`, `ambiguous_name`. A row whose holder differs from
the town's row before it is a claim, known on the day of the snapshot and dated `as_of` where that is a date not later;
so is the row with which a town enters the table after its first day. The claim is Wikipedia's own word.

What the 8,828 rows of 2022-03-01 to 2024-08-30 showed, and what follows from it:

- Most rows change the wording only: no claim.
- Holders are written in 14 ways, the occupied regions' own names among them (Russia); "Contested" and "Gray zone"
  are `CONTESTED`; a question mark makes a claim unconfirmed; "Unknown", "Truce" and the like name no holder.
- 34 names stand for several towns whose rows are mixed up (`ambiguous_name`): left out, with a warning.
- `as_of` is sometimes months old or in no form known: claims dated more than `OLDEST_DAYS` before they were made
  keep the day of the snapshot, since the table as a rule takes over a change within days.
- `source_link` does not belong to the rows it stands in: it is not read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

from frontcast.errors import InputError
from frontcast.observe.reports.claim import CONTESTED, Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.types import ReadWarning
from frontcast.theatre import Theatre

SOURCE: Final = "Wikipedia, table of towns"
COLUMNS: Final = frozenset(("snapshot_date", "name", "held_by", "as_of", "lat", "lon", "ambiguous_name"))
HOLDERS: Final = {
    "ukraine": "Ukraine",
    "russia": "Russia",
    "luhansk pr": "Russia",
    "donetsk pr": "Russia",
    "dpr": "Russia",
    "lpr": "Russia",
    "contested": CONTESTED,
    "gray zone": CONTESTED,
}
"""The table's holders, in small letters, and who they are; others name nobody."""
OLDEST_DAYS: Final = 60
AS_NEAR_KM: Final = 20.0
"""A town whose position in the table is missing takes that of the only place of its name."""

_DATE_FORMS: Final = ("%d %B %Y", "%d %b %Y", "%d %B, %Y", "%Y-%m-%d")


def read_town_control(path: str | Path, theatre: Theatre) -> Iterator[tuple[Document, list[Claim]] | ReadWarning]:
    """The claims of each snapshot that makes any, as a document of one line a claim, in order of date.

    Raises:
        InputError: where the file is no such CSV, or a date or position in it cannot be read.
    """
    data = _bytes(Path(path))
    file, digest = Path(path).name, hashlib.sha256(data).hexdigest()
    rows = _rows(data, str(path))
    dates = {number: _day(row["snapshot_date"], str(path), f"line {number}") for number, row in rows}
    first = min(dates.values(), default=None)
    holders: dict[str, str] = {}
    mixed: dict[str, int] = {}
    lines: dict[date, list[tuple[str, dict[str, str], date]]] = {}
    for number, row in sorted(rows, key=lambda entry: (dates[entry[0]], entry[0])):
        name, held = " ".join(row["name"].split()), " ".join(row["held_by"].split())
        if not name or not held:
            continue
        if row["ambiguous_name"].strip().lower() == "true":
            mixed[name] = mixed.get(name, 0) + 1
            continue
        before, holders[name] = holders.get(name), _holder(held) or holders.get(name, "")
        known = dates[number]
        if known == first or not _holder(held) or before == _holder(held):
            continue
        lines.setdefault(known, []).append((name, row, _valid(row["as_of"], known)))
    if mixed:
        problem = f"{len(mixed)} names stand for several towns each ({', '.join(sorted(mixed)[:3])}, ...)"
        yield ReadWarning(str(path), "", f"{problem}: their {sum(mixed.values()):,} rows are left out")
    for known in sorted(lines):
        yield _document(known, lines[known], theatre, file, digest, str(path))


def _document(
    known: date, rows: list[tuple[str, dict[str, str], date]], theatre: Theatre, file: str, digest: str, path: str
) -> tuple[Document, list[Claim]]:
    text, claims = "", []
    for name, row, valid in rows:
        held = " ".join(row["held_by"].split())
        quote = f"{name}: {held}, as of {valid.isoformat()}"
        holder = _holder(held)
        lat, lon = _position(name, row, theatre, path)
        claims.append(
            Claim(
                kind="control",
                side=None if holder == CONTESTED else holder,
                place=name,
                lat=lat,
                lon=lon,
                holder=holder,
                valid=valid.isoformat(),
                attributed_to=None,
                certainty="unconfirmed" if "?" in held else "stated",
                unit=None,
                quantity=None,
                quote=quote,
                start=len(text),
                end=len(text) + len(quote),
            )
        )
        text += quote + "\n"
    return Document(text, known, SOURCE, "Control of towns", "", file, digest), claims


def _holder(held: str) -> str | None:
    return HOLDERS.get(held.casefold().rstrip("?").strip())


def _valid(as_of: str, known: date) -> date:
    """The date a row gives, or that of its snapshot where it gives none that can be meant."""
    text = " ".join(re.sub(r"\[[^\]]*\]", " ", as_of).split())
    for form in _DATE_FORMS:
        try:
            found = datetime.strptime(text, form).date()
        except ValueError:
            continue
        return found if 0 <= (known - found).days <= OLDEST_DAYS else known
    return known


def _position(name: str, row: dict[str, str], theatre: Theatre, path: str) -> tuple[float | None, float | None]:
    if row["lat"].strip() and row["lon"].strip():
        try:
            return float(row["lat"]), float(row["lon"])
        except ValueError:
            raise InputError(
                path, name, f"{row['lat']!r}, {row['lon']!r} is no position", "Degrees read 48.5, 37.9."
            ) from None
    found = theatre.places.candidates(name)
    east, north = theatre.grid.project([place.lon for place in found], [place.lat for place in found])
    spread = max((float(axis.max() - axis.min()) / 1000 for axis in (east, north) if axis.size), default=0.0)
    return (found[0].lat, found[0].lon) if found and spread <= AS_NEAR_KM else (None, None)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
        raise InputError(str(path), "", problem, "Give the path of the table of towns (.csv)") from error


def _rows(data: bytes, path: str) -> list[tuple[int, dict[str, str]]]:
    """The rows by column, each with the line it ends on."""
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), restval="")
        missing = sorted(COLUMNS - set(reader.fieldnames or ()))
        if missing:
            raise InputError(path, "line 1", f"the header lacks {', '.join(missing)}", "Give the table of towns.")
        return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, "", f"it is no CSV: {error}", "Give the file as published, in UTF-8.") from error


def _day(text: str, path: str, place: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(path, place, f"{text!r} is no date", "Dates read YYYY-MM-DD.") from error
