"""Claims on their way into the store and out of it: checked one by one, written all together, asked for by place."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from frontcast.errors import InputError
from frontcast.observe.reports.claim import CERTAINTIES, KINDS, Claim
from frontcast.observe.reports.document import Document
from frontcast.spelling import skeleton
from frontcast.theatre import Place

SAME_KM: Final = 5.0
"""Points of one name up to this far apart are one place: gazetteers mark different corners of a town."""

SAME_POINT_KM: Final = 1.0
"""Two names up to this far apart are one place (Bakhmut, Artyomovsk); villages of a list often lie 2 km apart."""

EARTH_KM: Final = 6371.0

Held = dict[str, tuple[int, int]]
"""Of each document held, by digest: its report's id and the newest version of the rules that read it."""

_COLUMNS: Final = {
    "report": pa.schema(
        [
            *(("id", pa.uint32()), ("digest", pa.string()), ("source", pa.string()), ("title", pa.string())),
            *(("url", pa.string()), ("file", pa.string()), ("sha256", pa.string()), ("published", pa.date32())),
            *(("known_at", pa.timestamp("us")), ("stored_at", pa.timestamp("us"))),
        ]
    ),
    "reading": pa.schema(
        [
            *(("report_id", pa.uint32()), ("reader_version", pa.uint32()), ("claims", pa.uint32())),
            ("stored_at", pa.timestamp("us")),
        ]
    ),
    "claim": pa.schema(
        [
            *(("id", pa.uint32()), ("report_id", pa.uint32()), ("reader_version", pa.uint32()), ("kind", pa.string())),
            *(("side", pa.string()), ("place", pa.string()), ("place_key", pa.string()), ("lat", pa.float64())),
            *(("lon", pa.float64()), ("holder", pa.string()), ("valid", pa.string()), ("valid_from", pa.date32())),
            *(("valid_to", pa.date32()), ("known_at", pa.timestamp("us")), ("attributed_to", pa.string())),
            *(("certainty", pa.string()), ("unit", pa.string()), ("quantity", pa.float64())),
            *(("quantity_unit", pa.string()), ("origin", pa.string()), ("target", pa.string())),
            *(("note", pa.string()), ("quote", pa.string())),
            *(("quote_start", pa.uint32()), ("quote_end", pa.uint32())),
        ]
    ),
}


@dataclass
class Kept:
    """What keeping some reports did.

    Attributes:
        reports: documents the store had not seen.
        reread: documents it knew, read by newer rules.
        known: documents it holds by these rules already, or by newer ones: nothing was added.
        claims: claims added.
    """

    reports: int = 0
    reread: int = 0
    known: int = 0
    claims: int = 0


class ClaimBatch:
    """Claims to be written all together.

    Args:
        held: the documents the store holds, of those that come.
        first_report, first_claim: ids to go on from.
        reader_version: of the rules that found the claims.
    """

    def __init__(self, held: Held, first_report: int, first_claim: int, reader_version: int) -> None:
        self.done = Kept()
        self._held, self._version = held, reader_version
        self._next_report, self._next_claim = first_report, first_claim
        self._now = datetime.now(UTC).replace(tzinfo=None)
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _COLUMNS}

    def add(self, document: Document, claims: Sequence[Claim]) -> None:
        """Take the claims of one document. Raises InputError where one of them is impossible."""
        digest = document_digest(document)
        if document.published > (self._now + timedelta(days=1)).date():
            problem = f"it is dated {document.published}, which lies in the future"
            raise InputError(document.file, "", problem, "Check its date and this machine's clock")
        known_at = datetime.combine(document.published, datetime.max.time()).replace(microsecond=0)
        rows = [_row(document, claim) for claim in claims]
        report, version = self._held.get(digest, (-1, -1))
        if version >= self._version:
            self.done.known += 1
            return
        if report < 0:
            report, self._next_report = self._next_report, self._next_report + 1
            about = (document.source, document.title, document.url, document.file, document.sha256)
            named = (_storable(text) for text in about)
            self._rows["report"].append((report, digest, *named, document.published, known_at, self._now))
            self.done.reports += 1
        else:
            self.done.reread += 1
        self._held[digest] = report, self._version
        self._rows["reading"].append((report, self._version, len(rows), self._now))
        for row in rows:
            self._rows["claim"].append((self._next_claim, report, self._version, *row[:10], known_at, *row[10:]))
            self._next_claim += 1
        self.done.claims += len(rows)

    def table(self, name: str) -> pa.Table:
        """Rows for the table `name`."""
        schema = _COLUMNS[name]
        columns = list(zip(*self._rows[name], strict=True)) or [()] * len(schema)
        return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def document_digest(document: Document) -> str:
    """SHA-256 of what a document says, who published it and when: the same entry of two feed files is one document."""
    said = [document.source, document.published.isoformat(), document.title, document.url, document.text]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _row(document: Document, claim: Claim) -> tuple[Any, ...]:
    """The columns of a claim from `kind` to `quote_end`, without `known_at`."""
    problem = _problem(document, claim)
    if problem:
        where = f"claim at characters {claim.start} to {claim.end}"
        raise InputError(document.file, where, problem, "Give claims as a reader of documents makes them")
    first, last = valid_span(claim.valid)
    key = None if claim.place is None else skeleton(claim.place)
    quantity = (None, None) if claim.quantity is None else (claim.quantity.value, claim.quantity.unit)
    values = (
        *(claim.kind, claim.side, claim.place, key, claim.lat, claim.lon, claim.holder, claim.valid, first, last),
        *(claim.attributed_to, claim.certainty, claim.unit, *quantity, claim.origin, claim.target, _note(claim)),
        *(claim.quote, claim.start, claim.end),
    )
    return tuple(_storable(value) if isinstance(value, str) else value for value in values)


def _note(claim: Claim) -> str | None:
    """What made a claim hard; where a model read it, who found it and how probable the model holds it."""
    if claim.probability is None:
        return claim.note
    read = f"read by {'rules and model' if claim.found_by == 'both' else claim.found_by}, {claim.probability:.2f}"
    return f"{claim.note}; {read}" if claim.note else read


def _problem(document: Document, claim: Claim) -> str:
    """What is impossible about a claim; "" where nothing is."""
    lat, lon = claim.lat, claim.lon
    placed = abs(lat) <= 90 and abs(lon) <= 180 if lat is not None and lon is not None else lat is lon
    quoted = 0 <= claim.start <= claim.end and document.text[claim.start : claim.end] == claim.quote
    checks = (
        (claim.kind in KINDS, f"'{claim.kind}' is no kind of claim"),
        (claim.certainty in CERTAINTIES, f"'{claim.certainty}' is no certainty"),
        (quoted, "its quote is not what the text has there"),
        (placed, f"{lat}, {lon} is no position"),
        (claim.quantity is None or math.isfinite(claim.quantity.value), "its quantity is no number"),
        (_is_date(claim.valid), f"'{claim.valid}' is no day or month"),
    )
    return next((problem for fine, problem in checks if not fine), "")


def _is_date(valid: str | None) -> bool:
    try:
        valid_span(valid)
    except ValueError:
        return False
    return True


def valid_span(valid: str | None) -> tuple[date | None, date | None]:
    """First and last day that a day (YYYY-MM-DD) or a month (YYYY-MM) may mean; None for none.

    Raises:
        ValueError: where it is neither.
    """
    if valid is None:
        return None, None
    if len(valid) == 7:
        first = date.fromisoformat(f"{valid}-01")
        return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    day = date.fromisoformat(valid)
    return day, day


def _storable(text: str) -> str:
    """Text that UTF-8 can hold: a file's name on disk need not."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def select_claims(
    place: str | Place | None,
    near: tuple[float, float] | None,
    radius_km: float,
    since: date | None,
    until: date | None,
    as_of: np.datetime64 | None,
    kind: str | None,
    source: str | None,
) -> tuple[str, dict[str, Any]]:
    """The query of `Store.claims`, and its parameters."""
    asked: dict[str, Any] = {}
    where = ["true"]
    if isinstance(place, Place):
        asked |= {"keys": sorted({skeleton(name) for name in (place.name, place.local_name) if name})}
        asked |= {"at_lon": place.lon, "at_lat": place.lat}
        named = "list_contains($keys, place_key)"
        where.append(f"({_KM} <= {SAME_POINT_KM} OR ({named} AND coalesce({_KM}, 0) <= {SAME_KM}))")
    elif place is not None:
        where.append("place_key = $key")
        asked["key"] = skeleton(place)
    if near is not None:
        where.append(f"{_KM.replace('at_', 'near_')} <= $radius")
        asked |= {"near_lon": near[0], "near_lat": near[1], "radius": radius_km}
    for name, limit, condition in (
        ("since", since, "coalesce(valid_to, CAST(known_at AS DATE)) >= $since"),
        ("until", until, "coalesce(valid_from, CAST(known_at AS DATE)) <= $until"),
        ("as_of", None if as_of is None else pd.Timestamp(as_of).to_pydatetime(), "known_at <= $as_of"),
        ("kind", kind, "kind = $kind"),
        ("source", source, "lower(source) = lower($source)"),
    ):
        if limit is not None:
            where.append(condition)
            asked[name] = limit
    order = "coalesce(valid_from, CAST(known_at AS DATE)), known_at, source, report_id, quote_start, id"
    return f"SELECT {_ASKED} FROM current_claim WHERE {' AND '.join(where)} ORDER BY {order}", asked


_ASKED: Final = (
    "id, report_id, source, attributed_to, kind, side, place, place_key, lat, lon, holder, valid, valid_from, valid_to, "
    "known_at, certainty, unit, quantity, quantity_unit, origin, target, note, quote, quote_start, quote_end, "
    "title, url, file, published, reader_version"
)
_KM: Final = (
    f"(CASE WHEN lat IS NOT NULL THEN {2 * EARTH_KM} * asin(sqrt(least(1, pow(sin(radians(lat - $at_lat) / 2), 2) + "
    "cos(radians(lat)) * cos(radians($at_lat)) * pow(sin(radians(lon - $at_lon) / 2), 2)))) END)"
)
"""Great-circle distance in km; null where the claim has no point."""


def tidy(claims: pd.DataFrame) -> pd.DataFrame:
    """The answer of `select_claims` with one type a column, whichever rows it has: None where a text is missing."""
    texts = [name for name in claims if claims[name].dtype == object or str(claims[name].dtype).startswith("str")]
    numbers = dict.fromkeys(("lat", "lon", "quantity"), "float64")
    times = dict.fromkeys(("valid_from", "valid_to", "known_at", "published"), "datetime64[s]")
    made = claims.astype(numbers | times)
    for name in texts:
        if name not in numbers:
            made[name] = pd.Series([None if pd.isna(text) else text for text in claims[name]], made.index, dtype=object)
    return made
