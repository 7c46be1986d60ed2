"""The track record, made anew: all runs, the page, the tables in the docs and in the README, and the record that ships.

    make report                                            # all of it; what is there already is not run again
    python -m benchmarks.track_record --only choose        # one run
    python -m benchmarks.track_record --compose            # page and tables from the runs that are there

Each run is one `frontcast verify`, named below; its JSON goes to out/track-record/, and an interrupted one goes on where it
was. The page is out/track-record/page.html.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.marked_blocks import put
from frontcast.show.track_record_page import Pages, Picture, track_record_page
from frontcast.show.track_record_words import (
    HEADS,
    between,
    by_month,
    left_out,
    measure_rows,
    method,
    ordered,
    part_rows,
    score,
    score_rows,
    signed,
)

ROOT = Path(__file__).resolve().parents[1]
OUT = Path("out/track-record")
SHIPPED = ROOT / "src" / "frontcast" / "verify" / "track_record.json"
PARTS = (
    "line-without-tempo",
    "line-without-movement",
    "line-without-grey-zone",
    "line-without-share",
    "line-without-rivers",
)
SOURCES = ("model-without-second-map", "model-without-other-sources", "model-without-pace")
MECHANISMS = ("rout", "frontage", "supply")

PHASE = "--leads 7,30 --members 60 --skip-unfitted --without blend --without units"


@dataclass(frozen=True)
class Run:
    """One run: its title on the page and what `frontcast verify` is asked."""

    title: str
    asked: str
    phase: bool = True


RUNS = {
    "choose": Run(
        "The year on which methods are compared",
        "--split choose --members 200 --judge liveuamap-nzz --without units "
        + " ".join(f"--with {part}" for part in SOURCES),
        phase=False,
    ),
    "parts": Run(
        "The members of the line without some of their parts, and armies: every fourth week of that year",
        "--split choose --every 28 --leads 7,30 --members 60 --without blend --without drift --without hazard "
        "--without booster --without climatology --without model " + " ".join(f"--with {part}" for part in PARTS),
        phase=False,
    ),
    "quiet": Run(
        "A quiet year before: July 2023 to June 2024",
        "--from 2023-07-01 --to 2024-06-30 --leads 7,30 --members 100 --without units --without blend",
    ),
    "2022": Run(
        "The moving year: April to November 2022, fitted anew every four weeks on what was known",
        "--from 2022-04-11 --to 2022-11-28 --refit 28 " + PHASE,
    ),
    "2023": Run(
        "2023, fitted anew every quarter on what was known",
        "--from 2023-01-02 --to 2023-12-25 --every 14 --refit 91 " + PHASE,
    ),
    "2024": Run(
        "2024, fitted anew every quarter on what was known",
        "--from 2024-01-01 --to 2024-12-30 --every 14 --refit 91 " + PHASE,
    ),
    "2025": Run(
        "January to May 2025, fitted anew every quarter on what was known",
        "--from 2025-01-06 --to 2025-05-26 --every 14 --refit 91 " + PHASE,
    ),
    "armies": Run(
        "Armies without some of their mechanisms: April to October 2022",
        "--from 2022-04-25 --to 2022-10-10 --every 28 --leads 7,30 --members 60 --skip-unfitted --without blend "
        "--without drift --without hazard --without booster --without climatology --without model --without line "
        + " ".join(f"--with units-without-{one}" for one in MECHANISMS),
    ),
}

EVENTS = {
    "kharkiv": "Kharkiv, September 2022",
    "kherson": "Kherson, November 2022",
    "bakhmut": "Bakhmut, May 2023",
    "avdiivka": "Avdiivka, February 2024",
    "kursk": "Kursk, August 2024",
}
"""Pictures by `python -m benchmarks.events`: docs/images/event-NAME.png."""


def run(name: str) -> None:
    """Carry one run out, unless its JSON is there."""
    file = OUT / f"{name}.json"
    if file.exists():
        print(f"{file} is there: not run again", flush=True)
        return
    OUT.mkdir(parents=True, exist_ok=True)
    asked = RUNS[name].asked.split()
    subprocess.run([sys.executable, "-m", "frontcast", "verify", *asked, "--out", str(file)], check=True)


def markdown(heads: list[str] | tuple[str, ...], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def readme_table(record: dict[str, Any]) -> str:
    """Skill by lead of each method."""
    leads = record["lead_days"]
    rows = []
    for name in ordered(record):
        cells = []
        for lead in leads:
            one = score(record, name, lead)
            if one is None or name == "persistence":
                cells.append("0" if name == "persistence" else "–")
                continue
            interval = between(one["skill_interval"], 2)
            cells.append(f"{signed(one['skill'])}" + (f" ({interval})" if interval else ""))
        rows.append([method(name), *cells])
    return markdown(["", *("1 day" if lead == 1 else f"{lead} days" for lead in leads)], rows)


def blocks(records: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What goes between the markers `<!-- NAME -->` and `<!-- /NAME -->` of docs and README."""
    found = {}
    for name, record in records.items():
        command = f"    {record['command']}\n\n"
        heads = list(HEADS)
        if not RUNS[name].phase:
            found[f"{name}-table"] = readme_table(record)
            found[f"{name}-scores"] = f"{command}{markdown(heads, score_rows(record))}\n\n{left_out(record)}"
            found[f"{name}-close"] = markdown(heads, score_rows(record, 10.0))
            for lead in record["lead_days"]:
                found[f"{name}-measures-{lead}"] = markdown(*measure_rows(record, lead))
            for source, other in record["judged_by"].items():
                found[f"{name}-by-{source}"] = markdown(heads, score_rows({**record, **other}))
        else:
            found[f"{name}-scores"] = f"{command}{markdown(heads, score_rows(record))}"
            names = [method(one) for one in ordered(record) if one != "persistence"]
            for lead in record["lead_days"]:
                found[f"{name}-months-{lead}"] = markdown(["month", "starts", "km²", *names], by_month(record, lead))
        if parts := part_rows(record):
            found[f"{name}-parts"] = command + markdown(["part", *(f"{lead} d" for lead in record["lead_days"])], parts)
    return found


def compose() -> None:
    """Page, docs, README and the record that ships, from the runs that are there."""
    records = {
        name: json.loads((OUT / f"{name}.json").read_text("utf-8")) for name in RUNS if (OUT / f"{name}.json").exists()
    }
    if "choose" not in records:
        raise SystemExit("the run 'choose' is missing: python -m benchmarks.track_record --only choose")
    pictures = [
        Picture(file, words, f"python -m benchmarks.events --only {name}")
        for name, words in EVENTS.items()
        if (file := ROOT / "docs" / "images" / f"event-{name}.png").exists()
    ]
    phases = {RUNS[name].title: record for name, record in records.items() if RUNS[name].phase and name != "armies"}
    track_record_page(Pages(records["choose"], phases, pictures), OUT / "page.html")
    for file in (ROOT / "README.md", ROOT / "docs" / "track-record.md"):
        put(file, blocks(records))
    SHIPPED.write_text(json.dumps(records["choose"], allow_nan=False, separators=(",", ":")) + "\n", "utf-8")
    print(f"{OUT / 'page.html'}, README.md, docs/track-record.md and {SHIPPED.relative_to(ROOT)} are made anew")


def main() -> None:
    """Entry point of `python -m benchmarks.track_record`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=RUNS, action="append", help="this run; again for more")
    parser.add_argument("--compose", action="store_true", help="no runs: page and tables from what is there")
    options = parser.parse_args()
    if not options.compose:
        for name in options.only or RUNS:
            run(name)
    if (OUT / "choose.json").exists():
        compose()


if __name__ == "__main__":
    main()
