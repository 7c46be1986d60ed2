"""The brief: a forecast in plain careful words, for a terminal and for the top of the page."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from frontcast.show import shapes, style
from frontcast.show.fan import fan_quantiles
from frontcast.theatre.control import HOLDERS

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

LEADS = (1, 3, 7, 14, 30)
"""Leads shown in tables, days, as far as a forecast has them."""

TOWN = 1000
"""People before the war from which a place is listed in the brief, so that hamlets do not crowd out towns."""


def shown_leads(dataset: xr.Dataset) -> list[int]:
    """The leads for tables: those of `LEADS` that the forecast has, and its last."""
    leads = shapes.lead_days(dataset)
    return sorted({lead for lead in LEADS if lead in leads} | {leads[-1]})


@dataclass(frozen=True)
class PlaceAtRisk:
    """One place and what the forecast says of it.

    Attributes:
        name: as the gazetteer has it.
        lon, lat: degrees.
        kind: city, town, village, ... as the gazetteer has it, or "".
        population: people before the war, NaN where unknown.
        holder_now: "a", "grey" or "b".
        change: probability that the holder differs from today's, by lead day.
        share: probability of each holder ("a", "grey", "b") at the last lead.
    """

    name: str
    lon: float
    lat: float
    kind: str
    population: float
    holder_now: str
    change: dict[int, float]
    share: dict[str, float]

    @property
    def is_town(self) -> bool:
        """Whether it is listed in the brief: by its people or, where their number is unknown, as a city or town."""
        return self.population >= TOWN or (bool(np.isnan(self.population)) and self.kind in ("city", "town"))

    @property
    def risk(self) -> float:
        """Probability of a change at the last lead."""
        return self.change[max(self.change)]


def risks(places: pd.DataFrame, leads: list[int]) -> list[PlaceAtRisk]:
    """The places of a forecast (places.parquet) with their chances at some leads, most at risk first."""
    keys = ["name", "lon", "lat"]
    wanted = places[places["lead_day"].isin(leads)].drop_duplicates([*keys, "lead_day"])
    change: dict[tuple[Any, ...], dict[int, float]] = {}
    for *key, lead, chance in wanted[[*keys, "lead_day", "p_change"]].itertuples(index=False, name=None):
        change.setdefault(tuple(key), {})[int(lead)] = float(chance)
    found = [
        PlaceAtRisk(
            name=str(row["name"]),
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            kind=str(row.get("kind", "")),
            population=float(row["population"]),
            holder_now=str(row["holder_now"]),
            change=change[row["name"], row["lon"], row["lat"]],
            share={name: float(row[f"p_{name}"]) for name in HOLDERS},
        )
        for row in wanted[wanted["lead_day"] == leads[-1]].to_dict("records")
    ]
    return sorted(found, key=lambda place: (-place.risk, -np.nan_to_num(place.population), place.name))


@dataclass(frozen=True)
class Outlook:
    """What a forecast says of areas at its last lead, km².

    Attributes:
        last: the lead, days.
        taken: for "a" and "b", mean over members of the ground it holds then that it does not hold today.
        change: for "a" and "b", quantiles of the change in the area it holds, gains and losses together.
        chance_of_less: for "a" and "b", the probability that it holds less ground then than today.
    """

    last: int
    taken: dict[str, float]
    change: dict[str, dict[float, float]]
    chance_of_less: dict[str, float]


def outlook(dataset: xr.Dataset) -> Outlook:
    """What a forecast says of areas at its last lead."""
    last = shapes.lead_days(dataset)[-1]
    now = shapes.Ground.of(dataset).control
    at_last = shapes.control_at(dataset, last)
    taken, less = {}, {}
    for name in ("a", "b"):
        chance = at_last.sel(holder=name).values
        taken[name] = float(np.nansum(chance[now != HOLDERS.index(name)])) * shapes.cell_area(dataset)
        held = dataset["held_area"].isel(init_time=0).sel(holder=name)
        less[name] = float((held.sel(lead_day=last) < held.sel(lead_day=0)).mean())
    change = {name: fan_quantiles(dataset, name).on(last) for name in ("a", "b")}
    return Outlook(last, taken, change, less)


def headline(dataset: xr.Dataset) -> str:
    """What the forecast is, from when, and what it knew, in two sentences."""
    last = shapes.lead_days(dataset)[-1]
    start, end = style.day(shapes.init_time(dataset)), style.day(shapes.valid_time(dataset, last))
    days = f"{last} days" if last != 1 else "day"
    return (
        f"A forecast of the front for the {days} from {start} to {end}, made only from what was known at the "
        f"end of {start} (UTC). The newest map in it became known on {style.vintage(dataset.attrs)}."
    )


def area_sentences(dataset: xr.Dataset, theatre: Theatre) -> list[str]:
    """Expected and likely range of area changing hands, each way, two sentences each."""
    found, members = outlook(dataset), shapes.members(dataset)
    date = style.day(shapes.valid_time(dataset, found.last))
    sentences = []
    for name, side in style.sides(theatre).items():
        low, middle, high = (style.area(found.change[name][at], signed=True) for at in (0.1, 0.5, 0.9))
        taken, less = style.area(found.taken[name]), style.percent(found.chance_of_less[name], members)
        sentences.append(
            f"On average over the members, {side.name} holds {taken} on {date} that it does not hold today. "
            f"Gains and losses together, the area it holds is likely (80{style.NO_BREAK}%) to change by "
            f"between {low} and {high}, with {middle} in the middle; the chance that it holds less than "
            f"today is {less}."
        )
    return sentences


def place_sentence(found: list[PlaceAtRisk], members: int, last: int) -> str:
    """How many places stand how high a chance, in one sentence."""
    days = f"{last} days" if last != 1 else "1 day"
    counts = {edge: sum(place.risk >= edge for place in found) for edge in (0.05, 0.25, 0.5)}
    if not counts[0.05]:
        least = style.percent(0.05, members)
        return f"No place has a chance of {least} or more of changing hands within {days}."
    some = [f"{count:,} of {style.percent(edge, members)} or more" for edge, count in counts.items() if count]
    return f"Places with a chance of changing hands within {days}: {', '.join(some)}."


@dataclass(frozen=True)
class _Paragraph:
    """Text wrapped to the console; unlike rich's own wrapping it keeps a number and its unit on one line."""

    text: str
    look: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(textwrap.fill(self.text, options.max_width), style=self.look)


def forecast_brief(dataset: xr.Dataset, places: pd.DataFrame, theatre: Theatre, *, most: int = 12) -> RenderableType:
    """The forecast as text for a terminal: what it is, the area at stake, and the places most at risk.

    Args:
        dataset: the forecast product (forecast.zarr).
        places: its places (places.parquet).
        theatre: for the names of the sides.
        most: places listed at most.

    Returns:
        Something for `rich.print`.
    """
    members, leads = shapes.members(dataset), shown_leads(dataset)
    found = risks(places, leads)
    listed = [place for place in found if place.is_town and place.risk >= style.BANDS[0]][:most]
    parts: list[RenderableType] = [_Paragraph(theatre.title, "bold"), _Paragraph(headline(dataset)), ""]
    parts += [_Paragraph(sentence) for sentence in area_sentences(dataset, theatre)]
    parts += ["", _Paragraph(place_sentence(found, members, leads[-1]))]
    if listed:
        head = f"Chance that the holder changes, for the towns, and places of {TOWN:,} people or more, most at risk:"
        parts += [_Paragraph(head), "", _table(listed, leads, members, theatre)]
    parts += ["", _Paragraph(f"{style.CAUTION} {members} members.", "dim")]
    return Group(*parts)


def _table(listed: list[PlaceAtRisk], leads: list[int], members: int, theatre: Theatre) -> Table:
    """The places most at risk, chance of a change of holder at each lead."""
    table = Table(header_style="", box=None, pad_edge=False)
    table.add_column("place", min_width=24)
    table.add_column("people", justify="right")
    table.add_column("held by")
    for lead in leads:
        table.add_column(f"{lead} d", justify="right", min_width=5)
    words = style.holder_words(theatre)
    for place in listed:
        chances = [style.percent(place.change[lead], members) for lead in leads]
        # Text, not markup: a name may hold square brackets.
        people = "–" if np.isnan(place.population) else f"{place.population:,.0f}"
        table.add_row(Text(place.name), people, Text(words[place.holder_now]), *chances)
    return table
