"""The track record as one HTML page that opens from disk: every number with the command that makes it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

from frontcast.show.page import DARK, LIGHT
from frontcast.show.track_record_chart import legend, rank_chart, reliability_chart, skill_chart
from frontcast.show.track_record_words import (
    HEADS,
    Record,
    by_month,
    left_out,
    measure_rows,
    method,
    ordered,
    part_rows,
    plain,
    score_rows,
)

STYLE: Final = Path(__file__).with_name("page.css")

SHOWN_BEHIND: Final = ("model", "booster")
"""Methods whose chances are looked into."""


@dataclass(frozen=True)
class Picture:
    """A picture with its words and the command that draws it."""

    file: Path
    words: str
    command: str


@dataclass(frozen=True)
class Pages:
    """All that goes on the page.

    Attributes:
        chosen: the record of the year on which methods are compared.
        phases: records of other stretches of time, by their title; those of 2022 are shown month by month.
        pictures: of single forecasts.
        ledger: the running record of a ledger, as text, where there is one.
    """

    chosen: Record
    phases: Mapping[str, Record] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    ledger: str | None = None


def track_record_page(pages: Pages, path: Path) -> None:
    """Write the page; the same records give the same bytes.

    Args:
        pages: what goes on it. path: the HTML file.
    """
    record = pages.chosen
    parts = [_head(record), _scores(record), _measures(record), _behind(record), _judges(record), _parts(record)]
    parts += [_phase(title, one) for title, one in pages.phases.items()]
    parts += [_pictures(pages.pictures), _ledger(pages.ledger), _made(record)]
    colours = "".join(f"--{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--{name}:{value};" for name, value in DARK.items())
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><title>frontcast: track record</title><style>'
        f":root{{{colours}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n{STYLE.read_text('utf-8')}\n"
        "code{font-size:.88em;overflow-wrap:anywhere}.pair{display:flex;flex-wrap:wrap;gap:1rem 2rem}"
        "table.data thead th{white-space:normal;min-width:4.2rem}table.data th,table.data td{padding:.34rem .45rem}"
        ".scroll{margin-bottom:.9rem}"
        ".pair>div{flex:1 1 18rem;max-width:27rem}h3{font-size:1rem;margin:.4rem 0}img{max-width:100%;height:auto}"
        f"</style></head><body>{''.join(parts)}<footer><p>Public sources, 1 km and days. Not a targeting aid.</p></footer>"
        "</body></html>\n",
        "utf-8",
    )


def _head(record: Record) -> str:
    best = ordered(record)
    return (
        '<header><p class="eyebrow">frontcast</p><h1>How right the forecasts would have been</h1>'
        f'<p class="lede">Forecasts of the past, each made only from what was known then, by {len(best)} methods, from '
        f"{record['first']} to {record['last']}, every {record['every_days']} days. Skill is the share of the Brier score "
        "of “nothing changes” that a method does away with: 1 would be perfect, below 0 is worse than doing nothing.</p>"
        "</header>"
    )


def _section(title: str, *parts: str, command: str | None = None) -> str:
    made = f'<p class="note">Made by <code>{escape(command)}</code></p>' if command else ""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}{made}</section>"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str, words: Sequence[int] = (0,)) -> str:
    """A plain table; the columns of `words` on the left, numbers on the right."""
    looks = [' class="left"' if column in words else "" for column in range(len(heads))]
    top = "".join(f'<th scope="col"{look}>{escape(head)}</th>' for look, head in zip(looks, heads, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{look}>{escape(cell)}</td>" for look, cell in zip(looks, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table class="data"><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _scores(record: Record) -> str:
    sure = (
        "Intervals by resampling blocks of starts at least as long as the lead; p is of the Diebold-Mariano test on the "
        f"Brier score, corrected for the {len(record['lead_days'])} leads that were looked at (Holm). The log score takes "
        f"no probability as smaller than {record['log_clip']:g}. {left_out(record)}"
    )
    return _section(
        "Who holds what",
        skill_chart(record),
        table(HEADS, score_rows(record), "Land within 25 km of the line at the start", (0, 1)),
        f'<p class="note">{escape(sure)}</p>',
        "<details><summary>Within 10 km</summary>",
        table(HEADS, score_rows(record, 10.0), "Land within 10 km of the line at the start", (0, 1)),
        "</details>",
        command=record["command"],
    )


def _measures(record: Record) -> str:
    parts = []
    for lead in record["lead_days"]:
        heads, rows = measure_rows(record, lead)
        days = "1 day" if lead == 1 else f"{lead} days"
        parts.append(f"<details{' open' if lead in (7, 30) else ''}><summary>{days} ahead</summary>")
        parts.append(table(heads, rows, f"Mean over starts, lower is better; in brackets the skill, {days} ahead"))
        parts.append("</details>")
    note = (
        "* The method gives chances of cells and no members; its members are nested sets of ground, as if the whole line "
        "rose and fell together, which is hard on it. “Nothing changes” is one member. The median is there to be read, "
        "not to be won: most of the line does not move, and a cautious middle pleases it."
    )
    return _section(
        "Lines, ground gained, settlements", *parts, f'<p class="note">{note}</p>', command=record["command"]
    )


def _behind(record: Record) -> str:
    parts = []
    names = [name for name in SHOWN_BEHIND if name in record["methods"]]
    for lead in [lead for lead in (7, 30) if lead in record["lead_days"]]:
        found = [one for one in record["diagnoses"] if one["lead_days"] == lead]
        charts = "".join(
            f"<div><h3>{title}, {lead} days</h3>{reliability_chart(found, names, of, f'{title}, {lead} days')}</div>"
            for of, title in (("cells", "Ground changes hands"), ("places", "Settlements change hands"))
        )
        parts.append(f'<div class="pair">{charts}</div>')
    parts.append(legend(names))
    parts.append(
        '<p class="note">Marks on the dashed line are true to their word. Pale bars: where the mark would lie with 90 % '
        "probability if they were (Bröcker and Smith), for as many independent cases as the scatter between starts says "
        "there are. Larger marks: more ground, or settlements.</p>"
    )
    rows = []
    behind = {(one["lead_days"], one["forecaster"]): one for one in record["diagnoses"]}
    for lead in record["lead_days"]:
        for one in [behind[lead, name] for name in ordered(record) if (lead, name) in behind]:
            numbers = [
                (one["cell_auc"], 3),
                (one["cell_precision"], 3),
                (one["place_auc"], 3),
                (one["place_precision"], 3),
                (one["place_base"], 4),
                (one["spread_km2"], 0),
                (one["error_km2"], 0),
            ]
            rows.append(
                [str(one["lead_days"]), method(one["forecaster"]), *(plain(value, digits) for value, digits in numbers)]
            )
    heads = ["days ahead", "method", "ROC area, cells", "average precision, cells", "ROC area, settlements"]
    heads += ["average precision, settlements", "share that changed", "spread km²", "error km²"]
    caption = "Telling apart what changes from what does not; spread and error of the ground gained, alike where honest"
    parts.append(table(heads, rows, caption, (0, 1)))
    charts = "".join(
        f"<div><h3>{escape(method(one['forecaster']))}, {one['lead_days']} days</h3>"
        f"{rank_chart(one['ranks'], one['forecaster'], 'Rank histogram')}</div>"
        for one in record["diagnoses"]
        if one["own_members"] and one["lead_days"] in (7, 30) and "-without-" not in one["forecaster"]
    )
    if charts:
        error = ", ".join(f"{value:.0f} km² at {lead} days" for lead, value in record["area_error_km2"].items())
        given = f" Members were given the error of the map first: {error}." if error else ""
        words = f"Where the ground that was gained lay among the members, in tenths; flat would be honest.{given}"
        parts.append(f'<div class="pair">{charts}</div><p class="note">{escape(words)}</p>')
    return _section("Are the chances true?", *parts, command=record["command"])


def _judges(record: Record) -> str:
    parts = []
    for source, found in record.get("judged_by", {}).items():
        seen = {**record, **found}
        caption = f"The same forecasts, scored by the maps of {source}"
        parts.append(table(HEADS, score_rows(seen), caption, (0, 1)))
    if not parts:
        return ""
    note = (
        "Two careful maps differ all along the line, from the start on; so the other map says only what changed on it "
        "within the lead, and elsewhere the map that was forecast from stands. What it shows earlier or later than that "
        "map counts against every method alike."
    )
    return _section("By another map", *parts, f'<p class="note">{note}</p>', command=record["command"])


def _parts(record: Record) -> str:
    rows = part_rows(record)
    if not rows:
        return ""
    heads = ["part", *(f"{lead} d" for lead in record["lead_days"])]
    caption = (
        "Skill of the whole less skill without the part: above 0, the part earns its place; 90 % interval in brackets"
    )
    return _section("What each part is worth", table(heads, rows, caption), command=record["command"])


def _phase(title: str, record: Record) -> str:
    parts = []
    names = [method(name) for name in ordered(record) if name != "persistence"]
    for lead in record["lead_days"]:
        caption = (
            f"Brier skill against no change, by month of the start, {lead} days ahead; mean km² that changed hands"
        )
        parts.append(table(["month", "starts", "km²", *names], by_month(record, lead), caption))
    why = "".join(
        f"<li>{escape(method(one['method']))} from {one['from'][:10]}: {escape(one['why'])}</li>"
        for one in record["not_fitted"]
    )
    blank = f"<details><summary>Blank, as they could not be fitted yet</summary><ul>{why}</ul></details>" if why else ""
    return _section(title, *parts, blank, command=record["command"])


def _pictures(pictures: Sequence[Picture]) -> str:
    if not pictures:
        return ""
    parts = []
    for one in pictures:
        image = base64.b64encode(one.file.read_bytes()).decode()
        parts.append(
            f'<figure><img alt="{escape(one.words)}" src="data:image/png;base64,{image}"><figcaption>{escape(one.words)}'
            f'</figcaption></figure><p class="note">Drawn by <code>{escape(one.command)}</code></p>'
        )
    return _section("What was forecast the week before", *parts)


def _ledger(text: str | None) -> str:
    return _section("What was issued", f"<pre>{escape(text)}</pre>") if text else ""


def _made(record: Record) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    words = (
        f"Fitted on what was known by {record['fitted_until']}. Maps to {record['data_vintage']}. Protocol "
        f"{record['protocol']}, {record['members']} members, seed {record['seed']}. {versions}."
    )
    again = "Rules: docs/protocol.md. All of it again: <code>make report</code>."
    return _section("How it was made", f"<p>{escape(words)}</p><p>{again}</p>")
