"""The forecast as one HTML page that opens from disk: map with a slider through the days, chart, tables.

Nothing is fetched: styles, script, map and chart are in the file. Its parts are `page.html`, `page.css` and
`page.js` in this folder; all text that comes from data passes through `html.escape`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from frontcast.errors import InputError
from frontcast.show import brief, shapes, style
from frontcast.show.brief import PlaceAtRisk
from frontcast.show.fan import fan_quantiles
from frontcast.show.svg import MapSvg, fan_svg, when

if TYPE_CHECKING:
    from frontcast.theatre import Theatre

PARTS: Final = Path(__file__).parent

MOST_PLACES: Final = 500
"""Places in the table at most."""

LISTED: Final = 0.01
"""Chance of a change from which a place is in the table."""

METHODS: Final = {
    "persistence": "no change",
    "climatology": "climatology of distance",
    "booster": "gradient boosting",
}
"""Words for the methods of a track record; others keep their name."""

LIGHT: Final = {
    "paper": "#ffffff",
    "ink": "#1d2126",
    "soft": "#40464d",
    "muted": "#59616b",
    "rule": "#e2e0da",
    "edge": "#8d8a82",
    "raised": "#f5f4f0",
    "focus": "#a05a00",
    "meter": "#dde2e8",
    "outside": "#e9e7e1",
    "water": "#9fc0d3",
    "border": "#77736b",
    "region": "#b9b5ac",
    "grey-zone": "#dcdad4",
    "grey-hatch": "#7c7a74",
    "halo": "#ffffffd9",
    "g0": "#dcdddf",
    "g1": "#bfc1c4",
    "g2": "#a1a4a8",
    "g4": "#4c5056",
}
"""Colours of a light page that are not the sides' own; g0 to g4 are the fan of the grey zone."""

DARK: Final = {
    "paper": "#15181c",
    "ink": "#eceae5",
    "soft": "#c9c7c1",
    "muted": "#a3a8ae",
    "rule": "#31363c",
    "edge": "#6f7780",
    "raised": "#1f2429",
    "focus": "#f0b050",
    "meter": "#38414b",
    "outside": "#23272b",
    "water": "#35566b",
    "border": "#8c8a83",
    "region": "#50555b",
    "grey-zone": "#3b3f43",
    "grey-hatch": "#8f9296",
    "halo": "#15181cd9",
    "g0": "#33383d",
    "g1": "#484e54",
    "g2": "#60676e",
    "g4": "#c3c7cc",
}


def forecast_page(
    product_dir: Path,
    path: Path,
    theatre: Theatre,
    *,
    track_record: Mapping[str, Any] | None = None,
    observed: pd.DataFrame | None = None,
) -> None:
    """Write a forecast product as a self-contained HTML page.

    Args:
        product_dir: the product: forecast.zarr, places.parquet, lines.parquet and run.json.
        path: the file to write; the same product gives the same bytes.
        theatre: rivers, lakes, borders, places and sides.
        track_record: how right such forecasts have been, as `frontcast verify` writes it (scores.json). The
            page says so where there is none.
        observed: what happened, for a hindcast: columns lead_day (from 0), b and grey (area held, km²).

    Raises:
        InputError: where a part of the product is missing.
    """
    for name in ("forecast.zarr", "places.parquet", "lines.parquet", "run.json"):
        if not (product_dir / name).exists():
            problem = "this part of the forecast is missing"
            raise InputError(str(product_dir / name), "", problem, "Run the forecast again, or name its folder")
    with xr.open_dataset(product_dir / "forecast.zarr", engine="zarr", consolidated=False) as dataset:
        places = pd.read_parquet(product_dir / "places.parquet")
        lines = gpd.read_parquet(product_dir / "lines.parquet")
        run = (product_dir / "run.json").read_text(encoding="utf-8")
        parts = _parts(dataset, places, lines, theatre) | {
            "record": _record(track_record),
            "run": escape(_pretty(run)),
            **_fan(dataset, theatre, observed),
        }
    template = (PARTS / "page.html").read_text(encoding="utf-8")
    # One pass, so that braces in the data are left alone.
    page = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)
    path.write_text(page, encoding="utf-8")


def _parts(dataset: xr.Dataset, places: pd.DataFrame, lines: gpd.GeoDataFrame, theatre: Theatre) -> dict[str, str]:
    """What goes where in page.html, as HTML."""
    members, leads = shapes.members(dataset), shapes.lead_days(dataset)
    start, end = shapes.init_time(dataset), shapes.valid_time(dataset, leads[-1])
    found = brief.risks(places, leads)
    listed = [place for place in found if place.risk >= LISTED][:MOST_PLACES]
    drawn = MapSvg(dataset, lines, theatre, listed)
    return {
        "title": escape(f"{theatre.title}: forecast from {style.day(start)}"),
        "theatre": escape(theatre.title),
        "heading": escape(f"Who may hold what by {style.day(end)}"),
        "lede": escape(brief.headline(dataset)),
        "cards": _cards(dataset, theatre, found),
        "sentences": "".join(f"<p>{escape(words)}</p>" for words in brief.area_sentences(dataset, theatre)),
        "last_index": str(len(leads) - 1),
        "when": escape(when(dataset, leads[-1])),
        "map": drawn.svg(),
        "sector_buttons": drawn.sector_buttons(),
        "legend": _legend(dataset, theatre),
        "places_words": escape(brief.place_sentence(found, members, leads[-1])),
        "places": _places_table(listed, dataset, theatre),
        "members": str(members),
        "known": escape(style.day(start)),
        "sources": _sources(dataset),
        "caution": escape(f"{style.CAUTION} {members} members."),
        "data": _script_json(drawn.data() | {"fan": _fan_days(dataset, theatre)}),
        "colours": _colours(theatre),
        "css": (PARTS / "page.css").read_text(encoding="utf-8").rstrip(),
        "js": (PARTS / "page.js").read_text(encoding="utf-8").rstrip(),
    }


def _script_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _pretty(run: str) -> str:
    try:
        return json.dumps(json.loads(run), indent=2, ensure_ascii=False)
    except ValueError:
        return run


def _colours(theatre: Theatre) -> str:
    """The page's colours as CSS variables, for light and dark pages."""
    blocks = []
    for colours, dark in ((LIGHT, False), (DARK, True)):
        values = dict(colours)
        for name, side in style.sides(theatre).items():
            values |= {f"{name}{step}": colour for step, colour in enumerate(style.ramp(side, dark=dark))}
            values[f"tint-{name}"] = style.tint(side, dark=dark)
            values[f"line-{name}"] = style.line_colour(side, dark=dark)
        # The fan is of the area b holds.
        values |= {f"f{step}": values[f"b{step}"] for step in (0, 1, 2, 4)}
        block = ":root{" + "".join(f"--{name}:{colour};" for name, colour in values.items()) + "}"
        blocks.append(f"@media (prefers-color-scheme: dark){{{block}}}" if dark else block)
    return "\n".join(blocks)


def _cards(dataset: xr.Dataset, theatre: Theatre, found: list[PlaceAtRisk]) -> str:
    """The three numbers to take away."""
    seen = brief.outlook(dataset)
    days = "1 day" if seen.last == 1 else f"{seen.last} days"
    cards = []
    for name, side in style.sides(theatre).items():
        low, middle, high = (style.area(seen.change[name][at], signed=True) for at in (0.1, 0.5, 0.9))
        words = f"change in the area {side.name} holds after {days}, middle of the forecast; likely "
        cards.append((name, middle, f"{words}(80{style.NO_BREAK}%) between {low} and {high}"))
    count = sum(place.risk >= 0.25 for place in found)
    words = f"{'place has' if count == 1 else 'places have'} a chance of 25{style.NO_BREAK}% or more"
    cards.append(("", f"{count:,}", f"{words} of changing hands within {days}"))
    return "".join(
        f'<p class="card {name}"><b>{escape(number)}</b><span>{escape(words)}</span></p>'
        for name, number, words in cards
    )


def _legend(dataset: xr.Dataset, theatre: Theatre) -> str:
    """What the marks on the map mean, in words."""

    def row(drawing: str, words: str) -> str:
        return f'<li><svg viewBox="0 0 40 16" aria-hidden="true">{drawing}</svg><span>{words}</span></li>'

    sides = style.sides(theatre)
    today = [
        row(
            f'<path class="held-{name}" d="M0 0H40V16H0z"/><path class="line-{name}" d="M0 2H40" stroke-width="3"/>',
            f"Held by {escape(side.name)}, and its forward line",
        )
        for name, side in sides.items()
    ]
    hatch = '<path d="M4 16L16 0M14 16L26 0M24 16L36 0" stroke="var(--grey-hatch)" fill="none"/>'
    today.append(row(f'<path class="grey" d="M0 0H40V16H0z"/>{hatch}', "Grey zone: held by neither"))
    heads = "".join(f'<th scope="col">{escape(words)}</th>' for words in style.BAND_WORDS)
    ramps = "".join(
        f'<tr><th scope="row">{escape(side.name)}</th>'
        + "".join(f'<td style="background:var(--{name}{step})"></td>' for step in range(len(style.BANDS)))
        + "</tr>"
        for name, side in sides.items()
    )
    lines = {
        look: f'<path class="{look} line-a" d="M0 5H40"/><path class="{look} line-b" d="M0 11H40"/>'
        for look in ("mid", "edge")
    }
    then = [
        row(lines["mid"], "Middle of the forecast (even odds)"),
        row(lines["edge"], "1 in 10 chance of lying beyond it"),
        row(
            '<circle cx="20" cy="8" r="4" fill="var(--ink)"/>',
            "<b>34&nbsp;%</b> chance that the place changes hands",
        ),
    ]
    return (
        f'<div class="legend"><div><h3>Today, {escape(style.day(shapes.init_time(dataset)))}</h3>'
        f"<ul>{''.join(today)}</ul></div>"
        "<div><h3>Chance, on the day chosen, of holding ground not held today</h3>"
        f'<table class="ramp"><thead><tr><td></td>{heads}</tr></thead><tbody>{ramps}</tbody></table>'
        '<p class="note">Not coloured: under 5&nbsp;%, which is not the same as impossible.</p></div>'
        f"<div><h3>On the day chosen</h3><ul>{''.join(then)}</ul></div></div>"
    )


def _fan_days(dataset: xr.Dataset, theatre: Theatre) -> list[str]:
    """The fan's numbers at each lead, in words."""
    change, name = fan_quantiles(dataset, "b"), style.sides(theatre)["b"].name
    sentences = []
    for lead in shapes.lead_days(dataset):
        low, middle, high = (style.area(change.on(lead)[at], signed=True) for at in (0.1, 0.5, 0.9))
        sentences.append(
            f"{when(dataset, lead)}. Change in the area {name} holds: {middle} in the middle of the "
            f"forecast; 80{style.NO_BREAK}% of members between {low} and {high}."
        )
    return sentences


def _fan(dataset: xr.Dataset, theatre: Theatre, observed: pd.DataFrame | None) -> dict[str, str]:
    """The fan chart, wide and narrow, and the same numbers as words and as a table."""
    name, last = style.sides(theatre)["b"].name, _fan_days(dataset, theatre)[-1]
    start = style.day(shapes.init_time(dataset))
    dots = "" if observed is None else "; dots are what happened"
    words = (
        f"Change since {start} in the area {name} holds, gains and losses taken together. The shades hold "
        f"50, 80 and 95{style.NO_BREAK}% of the members, darkest first; the line is their middle; dashes "
        f"mean no change{dots}."
    )
    charts = [
        fan_svg(dataset, theatre, observed=observed, size=size, look=look, label=last)
        for look, size in (("wide", (920, 460)), ("narrow", (400, 430)))
    ]
    change = fan_quantiles(dataset, "b")
    heads = ["Day", *("middle" if quantile == 0.5 else f"{100 * quantile:g} %" for quantile in change.area)]
    rows = [
        [str(day), *(style.area(value, signed=True) for value in change.on(int(day)).values())] for day in change.days
    ]
    return {
        "fan": "".join(charts),
        "fan_words": escape(words),
        "fan_day": escape(last),
        "fan_table": _table(heads, rows, f"Share of members below each change in the area {name} holds"),
    }


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str, *, words: Sequence[int] = (0,)) -> str:
    """A plain table; numbers on the right, the columns of `words` on the left. Cells are text."""
    looks = [' class="left"' if column in words else "" for column in range(len(heads))]
    top = "".join(f'<th scope="col"{look}>{escape(head)}</th>' for look, head in zip(looks, heads, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{look}>{escape(cell)}</td>" for look, cell in zip(looks, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<table class="data"><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _places_table(listed: list[PlaceAtRisk], dataset: xr.Dataset, theatre: Theatre) -> str:
    """The places at risk: sortable by every column, filtered by name, holder and size."""
    members, leads = shapes.members(dataset), brief.shown_leads(dataset)
    if not listed:
        return "<p>No place has a chance of change that these members can tell from none.</p>"
    words = style.holder_words(theatre)
    # On a phone only the last two leads have room.
    looks = {lead: "early" if lead in leads[:-2] else "" for lead in leads}

    def head(text: str, more: str = "") -> str:
        return f'<th scope="col"{more}><button type="button">{escape(text)}</button></th>'

    heads = head("Place") + head("People") + head("Held by", ' class="left"')
    for lead in leads:
        sorted_by = ' aria-sort="descending"' if lead == leads[-1] else ""
        heads += head(f"{lead} d", f' class="{looks[lead]}"{sorted_by}')
    after = f"After {leads[-1]} d: {words['a']} · {words['grey']} · {words['b']}"
    rows = []
    for index, place in enumerate(listed):
        people = "–" if np.isnan(place.population) else f"{place.population:,.0f}"
        # A town whose people nobody counted is filtered as a small town, not as a hamlet.
        size = np.nan_to_num(place.population, nan=brief.TOWN if place.is_town else 0)
        chances = "".join(
            f'<td class="chance {looks[lead]}" style="--p:{100 * place.change[lead]:.0f}%" '
            f'data-v="{place.change[lead]:.3f}">{escape(style.percent(place.change[lead], members))}</td>'
            for lead in leads
        )
        bar = "".join(
            f'<i class="s-{name}" style="width:{100 * share:.0f}%"></i>' for name, share in place.share.items()
        )
        shares = " · ".join(style.percent(share, members) for share in place.share.values())
        rows.append(
            f'<tr data-held="{escape(place.holder_now)}">'
            f'<td><button type="button" class="name" data-place="{index}">{escape(place.name)}</button></td>'
            f'<td data-v="{size:.0f}">{people}</td>'
            f'<td class="left">{escape(words[place.holder_now])}</td>{chances}'
            f'<td class="left"><span class="split" aria-hidden="true">{bar}</span> {escape(shares)}</td></tr>'
        )
    # Hamlets of unknown size are many; begin with towns where there are enough of them to fill a screen.
    towns = sum(place.is_town for place in listed) >= 8
    sizes = "".join(
        f'<option value="{least}"{" selected" if towns and least == brief.TOWN else ""}>{size}</option>'
        for least, size in ((0, "any number"), (brief.TOWN, "1,000 or more"), (10_000, "10,000 or more"))
    )
    options = "".join(f'<option value="{key}">{escape(name)}</option>' for key, name in words.items())
    caption = (
        f"Chance that the holder changes, by days ahead, for places with a chance of 1{style.NO_BREAK}% or "
        "more. People: before the war; a dash where not known."
    )
    return (
        '<div class="bar js"><label>Find <input type="search" id="find" placeholder="name"></label>'
        f'<label>held by <select id="held"><option value="">anyone</option>{options}</select></label>'
        f'<label>people <select id="least">{sizes}</select></label>'
        '<span id="count" role="status"></span></div>'
        f'<div class="scroll"><table class="data" id="risk"><caption>{escape(caption)}</caption>'
        f'<thead><tr>{heads}<th scope="col" class="left">{escape(after)}</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="js"><button type="button" id="more">Show all</button></p>'
    )


def _record(track_record: Mapping[str, Any] | None) -> str:
    """How the methods did in hindcasts, wins and losses alike."""
    scores = list(track_record.get("scores", [])) if track_record else []
    if not track_record or not scores:
        return (
            "<p>No track record came with this forecast. Until hindcasts of its kind have been scored "
            "against the simplest methods that could beat it, take its chances as a model's opinion.</p>"
        )
    widest = max(score["within_km"] for score in scores)
    scores = [score for score in scores if score["within_km"] == widest]
    level = track_record.get("resampling", {}).get("level", 0.95)
    rows = []
    for score in sorted(scores, key=lambda score: int(score["lead_days"])):
        name = METHODS.get(score["forecaster"], score["forecaster"])
        rows.append([str(score["lead_days"]), name, f"{score['brier']:.5f}", *_skill(score)])
    heads = ["Days ahead", "Method", "Brier score", "Skill", f"{100 * level:g} % interval", "Against no change"]
    times = sorted(start["init_time"][:10] for start in track_record.get("starts", []))
    period = f", from {times[0]} to {times[-1]}" if times else ""
    caption = f"Hindcasts of up to {max(score['starts'] for score in scores)} starts{period}"
    command = track_record.get("command")
    return (
        f"<p>Forecasts of the past, each made only from what was known then, scored within {widest:g}&nbsp;km of the "
        "line beside simpler methods. The Brier score is lower for better forecasts. Skill is the share of the score "
        "of “no change” that a method does away with: 1 would be perfect, below 0 is worse.</p>"
        f'<div class="scroll">{_table(heads, rows, caption, words=(0, 1, 5))}</div>'
        + (f"<p>Made by <code>{escape(str(command))}</code></p>" if command else "")
    )


def _skill(score: Mapping[str, Any]) -> list[str]:
    """Skill, its interval, and what they amount to."""
    skill, (low, high) = score["skill"], score["skill_interval"]
    if skill is None or score["forecaster"] == "persistence":
        return ["–", "–", ""]
    interval, sure = "–", True
    if low is not None and high is not None:
        interval, sure = f"{_signed(low)} to {_signed(high)}", low > 0 or high < 0
    words = "no clear difference" if not sure or skill == 0 else "better" if skill > 0 else "worse"
    return [_signed(skill), interval, words]


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def _sources(dataset: xr.Dataset) -> str:
    """Whose data it is, and how new."""
    rows = {
        "Data": dataset.attrs.get("source", "not stated"),
        "Also": dataset.attrs.get("references", ""),
        "Newest map used known": style.vintage(dataset.attrs),
        "Made by": dataset.attrs.get("institution", ""),
    }
    return "<ul>" + "".join(f"<li>{name}: {escape(str(text))}</li>" for name, text in rows.items() if text) + "</ul>"
