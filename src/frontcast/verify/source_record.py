"""The record of sources that ships: the scores of those that can be scored from public archives.

Made anew by `python -m frontcast.verify.source_record --from DATA_DIR`, where DATA_DIR holds the archives named in
`ARCHIVES`. Only the scores are kept: no outline, no text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import pandas as pd
import typer

from frontcast import __version__
from frontcast.errors import InputError
from frontcast.observe.claimed_layers import read_claimed_layers, read_layers
from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.town_control import read_town_control
from frontcast.observe.types import ReadWarning
from frontcast.store import ControlSeries, Store
from frontcast.store.evidence import speaker
from frontcast.store.place_history import CONTESTED_KM
from frontcast.theatre import Theatre, load_theatre
from frontcast.verify import sources
from frontcast.verify.claimed_area import WITHIN_DAYS, claimed_areas
from frontcast.verify.settlements import map_lag

FILE: Final = "source_record.json"
COMMAND: Final = "python -m frontcast.verify.source_record --from DATA_DIR"
LEADING, SECOND = MAPS = ("deepstate", "liveuamap-nzz")
"""The judges: the second counts for the weeks before the first begins."""

UNTIL: Final = np.datetime64("2025-06-30T23:59:59")
LAYERS: Final = "control/isw-layers.parquet"
TOWNS: Final = "control/wikipedia_town_control_changes_2022-03_2024-08.csv"
COMMENTS: Final = "reports/wikimap_edit_comments_2022.jsonl"
EDITORS: Final = "Wikipedia, editors of the map"
ARCHIVES: Final = {
    LAYERS: ("Institute for the Study of War and AEI's Critical Threats Project", "with attribution"),
    TOWNS: ("Wikipedia contributors, table of control of towns", "CC BY-SA 4.0"),
    COMMENTS: ("Wikipedia contributors, comments on edits of the detailed map", "CC BY-SA 4.0"),
}
"""Whose the claims are, and on what terms."""


def shipped_source_record() -> dict[str, Any] | None:
    """The record of sources that this version ships, or None where none ships."""
    path = files("frontcast.verify").joinpath(FILE)
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def read_comments(path: Path) -> Iterator[Document]:
    """The dated edit comments of a JSON-lines file, each a document of its own.

    Raises:
        InputError: where the file cannot be read, or a line is no such object.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", "Give a readable file.") from error
    digest = hashlib.sha256(data).hexdigest()
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        try:
            entry = json.loads(line)
            day, text = datetime.fromisoformat(entry["date"]).date(), str(entry["comment"])
        except (ValueError, KeyError, TypeError) as error:
            remedy = 'Lines read {"date": "2022-07-03T23:49:00Z", "comment": "..."}.'
            raise InputError(str(path), f"line {number}", f"it is no dated comment ({error})", remedy) from error
        yield Document(text, day, EDITORS, "", "", path.name, digest)


def build(data: Path, theatre: Theatre, maps: Sequence[ControlSeries]) -> dict[str, Any]:
    """The record of the sources whose archives are under `data`; the first of two maps leads.

    Raises:
        InputError: where an archive is missing or cannot be used.
    """
    from frontcast.observe.reports import read_document

    missing = [name for name in ARCHIVES if not (data / name).is_file()]
    if missing:
        raise InputError(str(data), "", f"{', '.join(missing)} is not there", "Give the folder the archives lie in")
    comments = [(document, read_document(document, rules=True)) for document in read_comments(data / COMMENTS)]
    read = {
        LAYERS: _claims(read_claimed_layers(data / LAYERS, theatre)),
        TOWNS: _claims(read_town_control(data / TOWNS, theatre)),
        COMMENTS: _claims(comments),
    }
    claims = sources.first_said(pd.concat(read.values(), ignore_index=True))
    leading, second = maps
    judged = sources.judge(claims, theatre, maps, until=UNTIL)
    again = sources.judge(claims, theatre, [second], until=UNTIL)
    ceiling = sources.judge(sources.map_claims(second, theatre, CEILING), theatre, [leading], until=UNTIL)
    row, _ = theatre.places.cells
    places = theatre.places.table[row >= 0]
    lag = map_lag(
        leading,
        second,
        theatre.grid,
        places["lon"],
        places["lat"],
        within_days=sources.TOLERANCE_DAYS,
        until=UNTIL,
    )
    areas = claimed_areas(read_layers(data / LAYERS, theatre.grid), theatre, maps)
    return {
        "command": COMMAND,
        "versions": {"frontcast": __version__},
        "theatre": theatre.name,
        "until": f"{UNTIL}Z",
        "maps": [series.source for series in maps],
        "rules": {
            "tolerance_days": sources.TOLERANCE_DAYS,
            "horizon_days": sources.HORIZON_DAYS,
            "long_days": sources.LONG_DAYS,
            "contested_km": CONTESTED_KM,
            "alike": sources.ALIKE,
            "level": sources.LEVEL,
        },
        "map_lag": {
            "settlements": lag.settlements,
            "median_days": lag.median_days,
            "apart_days": {str(share): days for share, days in lag.apart_days.items()},
            "share_within_tolerance": round(lag.share_within, 4),
        },
        "archives": [_archive(data / name, read[name], *ARCHIVES[name]) for name in ARCHIVES],
        "scores": [one.to_record() for one in sources.score(judged, by=_sources(judged))],
        "by_month": _by_month(judged),
        "scores_by_second_map": [one.to_record() for one in sources.score(again, by=_sources(again))],
        "another_map": [one.to_record() for one in sources.score(ceiling)],
        "claimed_area": {"within_days": WITHIN_DAYS, "layers": [area.to_record() for area in areas]},
    }


CEILING: Final = "Liveuamap, a second map"


def _sources(claims: pd.DataFrame) -> pd.Series:
    """Whose the claims are: whom ISW names for its two layers; comments by their editors, whomever they cite."""
    return claims["source"].where(claims["source"] == EDITORS, speaker(claims))


def _by_month(judged: pd.DataFrame) -> list[dict[str, Any]]:
    """Claims about who holds a place that came out true, later and false, by source and month they were made in."""
    held = judged[judged["test"] == "control"]
    keys = [_sources(held).rename("source"), held["known_at"].dt.strftime("%Y-%m").rename("month")]
    counts = held.groupby([*keys, "outcome"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["true", "later", "false"], fill_value=0)
    scored = counts[counts.sum(axis=1) > 0].reset_index()
    return [{str(key): value for key, value in row.items()} for row in scored.to_dict("records")]


def _claims(reports: Iterable[tuple[Document, Sequence[Claim]] | ReadWarning]) -> pd.DataFrame:
    return sources.control_claims(report for report in reports if not isinstance(report, ReadWarning))


def _archive(path: Path, claims: pd.DataFrame, whose: str, terms: str) -> dict[str, Any]:
    days = claims["known_at"].astype(str).str[:10]
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "attribution": whose,
        "terms": terms,
        "claims": len(claims),
        "first": None if claims.empty else days.min(),
        "last": None if claims.empty else days.max(),
    }


def to_markdown(record: dict[str, Any]) -> str:
    """The scores of a record as the table of `docs/sources.md`."""
    heads = ["source", "claims", "true / later / not", "right (95 %)", "repeating the map"]
    heads += ["news", "right (95 %)", "alike", "days ahead"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for one in (*record["scores"], *record["another_map"]):
        cells = [f"{one['true']:,} / {one['later']:,} / {one['false']:,}"]
        cells += [_share(one["right"], one["right_interval"]), _share(one["repeating"]), f"{one['news']:,}"]
        cells += [_share(one["news_right"], one["news_interval"]), _share(one["alike"])]
        low, high = one["lead_interval"]
        days = "" if one["lead_days"] is None else _signed(one["lead_days"])
        cells.append(days if low is None else f"{days} ({_signed(low)} to {_signed(high)})")
        if one["right"] is None:
            cells = ["0 / 0 / 0", *[""] * (len(cells) - 1)]
        lines.append(f"| {' | '.join([one['source'], one['test'], *cells])} |")
    return "\n".join(lines)


def _signed(days: float) -> str:
    return f"{days:+.0f}".replace("-", "\N{MINUS SIGN}") if round(days) else "0"


def _share(share: float | None, interval: Sequence[float] = ()) -> str:
    if share is None:
        return ""
    return f"{share:.0%}" + (f" ({interval[0] * 100:.0f}–{interval[1] * 100:.0f})" if interval else "")


_SHIPPED: Final = Path(__file__).with_name(FILE)


def _main(
    data: Annotated[
        Path | None,
        typer.Option("--from", help="Folder with the archives; left out, the record that ships is printed."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the record goes, as JSON.")] = _SHIPPED,
) -> None:
    """Make the record of sources anew, and print its table."""
    if data is not None:
        theatre = load_theatre("ukraine")
        with Store.shipped(theatre.name) as store:
            maps = [store.control(source, theatre=theatre.name) for source in MAPS]
        text = json.dumps(build(data, theatre, maps), indent=1, ensure_ascii=False, allow_nan=False)
        out.write_text(text + "\n", "utf-8")
    typer.echo(to_markdown(json.loads(out.read_text("utf-8"))))


if __name__ == "__main__":
    typer.run(_main)
