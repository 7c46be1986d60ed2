"""`frontcast sources`: how often each source was right about who holds a place, and how early."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from frontcast.cli.options import TheatreOption, open_store
from frontcast.errors import InputError
from frontcast.show.claim_words import printable
from frontcast.show.style import signed
from frontcast.store import ControlSeries, Store
from frontcast.theatre import load_theatre
from frontcast.verify.source_record import shipped_source_record
from frontcast.verify.sources import HORIZON_DAYS, TOLERANCE_DAYS, SourceScore, first_said, judge, score

TABLE_WIDTH: Final = 132
"""Characters that the table needs: where there is no terminal, or a narrower one, lines are not cut short."""


def sources(
    store: Annotated[
        Path | None, typer.Option(help="Your store of claims: its sources are scored, too (frontcast read --store).")
    ] = None,
    judged_by: Annotated[
        list[str] | None,
        typer.Option("--maps", help="Whose maps judge; given again, the next for the days before the first begins."),
    ] = None,
    theatre: TheatreOption = None,
    out: Annotated[Path | None, typer.Option(help="Draw the record: a file .png or .svg.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show the record of each source: claims that came true, came true later, did not, and days ahead of the maps.

    The published record, of sources that can be scored from public archives, comes first; that of the sources in your
    store after it. Sources stand in alphabetical order: small numbers rank nobody.
    """
    if out is not None and not out.parent.is_dir():
        raise InputError("--out", "", f"there is no folder {out.parent}", "Give a file in a folder that exists")
    ground = load_theatre(theatre or "ukraine")
    shipped = shipped_source_record()
    published = shipped if shipped and shipped["theatre"] == ground.name else None
    own: list[SourceScore] | None = None
    if store is not None:
        with open_store(store, ground.name) as held, Console(stderr=True).status("comparing claims with the maps"):
            claims = held.claims(kind="control")
            own = score(judge(first_said(claims), ground, _maps(held, ground.name, judged_by))) if len(claims) else []
    if as_json:
        mine = None if own is None else [one.to_record() for one in own]
        typer.echo(json.dumps({"published": published, "store": mine}, ensure_ascii=False, indent=1))
    else:
        _print(published, own, str(store))
    if out is not None:
        _draw(published, own, out, quiet=as_json)


def _maps(held: Store, theatre: str, names: list[str] | None) -> list[ControlSeries]:
    """The judges, of the store or, where it has no maps, of the record that ships: all, the one with most maps first.

    Raises:
        StoreError: where a map asked for is not there, or no record ships for the theatre.
    """
    if found := _sources(held, theatre):
        return [held.control(name, theatre=theatre) for name in names or found]
    with Store.shipped(theatre) as record:
        return [record.control(name, theatre=theatre) for name in names or _sources(record, theatre)]


def _sources(held: Store, theatre: str) -> list[str]:
    query = "SELECT source FROM control_map WHERE theatre = $theatre GROUP BY source"
    return list(held.sql(f"{query} ORDER BY count(DISTINCT valid_time) DESC, source", {"theatre": theatre})["source"])


def _print(published: dict[str, Any] | None, own: list[SourceScore] | None, store: str) -> None:
    console = Console()
    console.width = max(console.width, TABLE_WIDTH)
    if published is not None:
        scores = [SourceScore.from_record(one) for one in published["scores"]]
        others = [SourceScore.from_record(one) for one in published["another_map"]]
        console.print(to_table([*scores, *others], "The published record"))
    if own:
        console.print(to_table(own, f"The sources in {store}"))
    elif own is not None:
        typer.echo(f"{store} holds no claim about who holds a place.")
    if published is not None or own:
        console.print(LEGEND, style="dim", highlight=False)


LEGEND: Final = (
    f"true: the maps show it within {TOLERANCE_DAYS} days of its date; later: within {HORIZON_DAYS} days; of a denial: "
    "right, and overtaken later. right: share true, with 95 % interval, beside what repeating the map of the "
    "day before would have scored. news: claims that map did not show, share of them right, beside how often the same "
    "came true of settlements in the same hands and as near to the line. days ahead: median, of the maps. "
    "unscored: on the maps for over a month, not due, or no place, side or map to judge by (--json tells them apart)."
)


def to_table(scores: list[SourceScore], title: str) -> Table:
    """One row a source and kind of claim. Names of speakers are put in as they are, never read as markup."""
    table = Table(
        title=Text(printable(title)), title_justify="left", box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False
    )
    table.add_column("source and claims", min_width=31)
    for head in ("true/later/not", "right", "repeating", "news", "right", "alike", "days ahead", "unscored"):
        table.add_column(head, justify="right", no_wrap=True)
    before = None
    for one in scores:
        name = Text(printable(one.source), "bold") if one.source != before else Text()
        table.add_row(
            (Text("\n") if name else name).join((name, Text(f"  {one.test}"))),
            *(("\n" if name else "") + cell for cell in _cells(one)),
        )
        before = one.source
    return table


def _cells(one: SourceScore) -> tuple[str, ...]:
    scored = one.true + one.later + one.false
    return (
        f"{one.true:,}/{one.later:,}/{one.false:,}" if scored else "",
        _share(one.right, one.right_interval),
        _percent(one.repeating),
        f"{one.news:,}" if scored else "",
        _share(one.news_right, one.news_interval),
        _percent(one.alike),
        _days(one.lead_days, one.lead_interval),
        f"{one.known + one.open + one.unjudged:,}",
    )


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.0%}"


def _share(share: float, interval: tuple[float, float]) -> str:
    return "" if math.isnan(share) else f"{share:.0%} ({interval[0] * 100:.0f}–{interval[1] * 100:.0f})"


def _days(days: float, interval: tuple[float, float]) -> str:
    if math.isnan(days):
        return ""
    return f"{_signed(days)}" + (
        "" if math.isnan(interval[0]) else f" ({_signed(interval[0])} to {_signed(interval[1])})"
    )


def _signed(days: float) -> str:
    return signed(round(days))


def _draw(published: dict[str, Any] | None, own: list[SourceScore] | None, out: Path, *, quiet: bool) -> None:
    from frontcast.show.source_chart import source_chart

    scores, credit = own or [], ""
    if not own and published is not None:
        scores = [SourceScore.from_record(one) for one in (*published["scores"], *published["another_map"])]
        credit = "Claims: ISW and CTP; Wikipedia (CC BY-SA). Maps: DeepState; Liveuamap, NZZ."
    source_chart(scores, out, title="How often each source was right", credit=credit)
    if not quiet:
        typer.echo(f"Written to {out}")
