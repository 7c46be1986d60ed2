"""`frontcast claims`: what has been claimed about a place, by whom, how sure, and what speaks for and against it."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import pandas as pd
import typer
from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from frontcast.cli.options import TheatreOption, open_store
from frontcast.errors import InputError
from frontcast.observe.reports.claim import KINDS
from frontcast.show.claim_marks import evidence_marks, for_and_against
from frontcast.show.claim_words import printable, said, what, when, who
from frontcast.store import ControlSeries, Store, StoreError, links, place_history, weigh
from frontcast.theatre import Place, Theatre, load_theatre

TABLE_WIDTH: Final = 136
"""Characters that the table needs: where there is no terminal, or a narrower one, lines are not cut short."""

LOOKS: Final = {
    "stated": "bold",
    "claimed": "",
    "unconfirmed": "italic dim",
    "predicted": "italic cyan",
    "denied": "red",
}


def claims(
    place: Annotated[str, typer.Option(help="Name of a place, in any spelling.")],
    store: Annotated[Path, typer.Option(help="Your store of claims (frontcast read FILES --store STORE).")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day a claim may be about.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day a claim may be about.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was known at the end of this day.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help=f"One kind only: {', '.join(KINDS)}.")] = None,
    theatre: TheatreOption = None,
    out: Annotated[Path | None, typer.Option(help="Draw the timeline: a file .png or .svg.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a claim, for programs.")] = False,
) -> None:
    """Show what has been claimed about a place, and what confirmed or contradicted it.

    Claims that print the same words, or come from the same speaker, are one piece of evidence and one line. They are
    compared with each other and with the maps of your store or, where it has none, of the record that ships.
    """
    if kind is not None and kind not in KINDS:
        raise InputError("--kind", "", f"there is no kind '{kind}'", f"Give one of {', '.join(KINDS)}")
    if first and last and last < first:
        raise InputError("--to", "", f"{last:%Y-%m-%d} is before {first:%Y-%m-%d}", "Give the later day as --to")
    moment = None if as_of is None else np.datetime64(as_of.replace(hour=23, minute=59, second=59), "s")
    ground = load_theatre(theatre or "ukraine")
    with open_store(store, ground.name) as held:
        meant = _meant(held, ground, place)
        maps = _maps(held, ground, moment)
        # all of a place are weighed before any is left out: what is one event must not depend on what is shown
        found = weigh(held.claims(meant, as_of=moment))
        linked = links(found, ground, maps, as_of=moment)
    name = meant.name if isinstance(meant, Place) else printable(place)
    shown = _between(found, first and first.date(), last and last.date())
    shown = shown if kind is None else shown[shown["kind"] == kind]
    if as_json:
        for record in to_records(shown, linked):
            typer.echo(json.dumps(record, ensure_ascii=False, allow_nan=False))
    elif shown.empty:
        typer.echo(f"{store} holds no such claim about {name}.")
    else:
        console = Console()
        console.width = max(console.width, TABLE_WIDTH)
        console.print(to_table(shown, linked, name))
    if out is not None:
        _draw(shown, linked, ground, meant, name, maps, out)
        if not as_json:
            typer.echo(f"Written to {out}")


def _draw(
    shown: pd.DataFrame,
    linked: pd.DataFrame,
    ground: Theatre,
    meant: Place | str,
    name: str,
    maps: list[ControlSeries],
    out: Path,
) -> None:
    from frontcast.show.timeline import timeline

    if not out.parent.is_dir():
        raise InputError("--out", "", f"there is no folder {out.parent}", "Give a file in a folder that exists")
    if shown.empty:
        raise InputError("--out", "", "there is no claim to draw", "Ask for other days, another kind or another place")
    at = (
        [place_history(series, ground.grid, meant.lon, meant.lat) for series in maps]
        if isinstance(meant, Place)
        else []
    )
    timeline(shown, linked, ground, title=f"What was claimed about {name}", path=out, maps=at)


def _meant(held: Store, ground: Theatre, place: str) -> Place | str:
    """The place of that name that most claims are about; the bare name where only claims know it, and no gazetteer."""
    candidates = ground.places.candidates(place)
    if not candidates and not held.claims(place).empty:
        return place
    if len(candidates) < 2:
        return ground.places.find(place)
    points = held.claims(place)
    if points.empty:
        return candidates[0]
    return max(candidates, key=lambda one: len(held.claims(one)))


def _maps(held: Store, ground: Theatre, moment: np.datetime64 | None) -> list[ControlSeries]:
    """The maps to compare with: of the store or, where it has none, of the record that ships; none where none does."""
    asked = "SELECT DISTINCT source FROM control_map WHERE theatre = $theatre ORDER BY source"
    own = held.sql(asked, {"theatre": ground.name})["source"].tolist()
    if own:
        return [held.control(source, theatre=ground.name, as_of=moment) for source in own]
    try:
        record = Store.shipped(ground.name)
    except StoreError:
        return []
    with record:
        names = record.sql(asked, {"theatre": ground.name})["source"].tolist()
        return [record.control(source, theatre=ground.name, as_of=moment) for source in names]


def _between(found: pd.DataFrame, first: date | None, last: date | None) -> pd.DataFrame:
    """Claims about these days; of one without a date, its publication counts."""
    day = found["known_at"].dt.normalize()
    begin, end = found["valid_from"].fillna(day), found["valid_to"].fillna(day)
    kept = pd.Series(True, index=found.index)
    if first is not None:
        kept &= end >= pd.Timestamp(first)
    if last is not None:
        kept &= begin <= pd.Timestamp(last)
    return found[kept]


def to_table(shown: pd.DataFrame, linked: pd.DataFrame, name: str) -> Table:
    """One row a piece of evidence. Words of documents are put in as they are, never read as markup."""
    title = Text(f"What was claimed about {name}")
    table = Table(title=title, title_justify="left", show_lines=True, box=HORIZONTALS, pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("about", max_width=16)
    table.add_column("who", max_width=18, overflow="fold")
    table.add_column("says", max_width=14, overflow="fold")
    table.add_column("how sure", no_wrap=True)
    table.add_column("in which words", min_width=24, overflow="fold")
    table.add_column("against (−) and for (+)", min_width=22, max_width=32, overflow="fold")
    for mark in evidence_marks(shown):
        claim, times = mark.claim, mark.times
        day, told = when(claim), said(claim)
        about = Text(day or "no date")
        if day != told:
            about.append(f"\nsaid {told}", "dim")
        speaker = Text(who(claim))
        source = printable(str(claim["source"]))
        also = f"{source}" if source != who(claim) else ""
        also += f"{', ' if also else ''}{times} reports" if times > 1 else ""
        if also:
            speaker.append(f"\n{also}", "dim")
        sure = Text(claim["certainty"], LOOKS[claim["certainty"]])
        voices = Text(for_and_against(int(claim["evidence"]), shown, linked).replace("   ", "\n"))
        quote = Text(f"“{printable(str(claim['quote']))}”")
        table.add_row(str(mark.number), about, speaker, Text(what(claim)), sure, quote, voices)
    return table


def to_records(shown: pd.DataFrame, linked: pd.DataFrame) -> list[dict[str, Any]]:
    """The claims as plain JSON values, each with its links."""
    records = []
    for row in shown.to_dict("records"):
        record = {str(key): _plain(value) for key, value in row.items() if key != "place_key"}
        mine = linked[linked["claim"] == row["id"]].drop(columns="claim")
        record["links"] = [{str(key): _plain(value) for key, value in link.items()} for link in mine.to_dict("records")]
        records.append(record)
    return records


def _plain(value: Any) -> Any:
    """A value that JSON has: null for what is missing, dates and times as text."""
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
