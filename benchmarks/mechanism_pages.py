"""The pages and the table of mechanisms, from the code, its parameters and what the reports say.

    python -m benchmarks.mechanism_pages                 # pages and table; figures stay as they are
    python -m benchmarks.mechanism_pages --figures       # and draws them: each mechanism taken out; 4 minutes

A figure shows, by day, how the ground Russia holds differs when the mechanism is taken out: the same members, the same luck.
An entry of `reports.toml` may give the day it starts from (`init`) and an event that the mechanism needs to act (`event`); then
both futures have it.
"""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pydantic import TypeAdapter

from frontcast.campaign.mechanism import Mechanism
from frontcast.campaign.mechanism_parameters import mechanism_table
from frontcast.forecast import run_ensemble
from frontcast.forecast.campaign import Musters, assemble, raise_forces
from frontcast.forecast.config import parse_time
from frontcast.forecast.orders import AnyEvent
from frontcast.forecast.scenario import Placed
from frontcast.picture import make_picture
from frontcast.show import style
from frontcast.store import Store
from frontcast.theatre import load_theatre

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "mechanisms"
FIGURES = ROOT / "docs" / "images" / "mechanisms"
EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)
INIT, DAYS, MEMBERS, CELL_KM = "2022-09-05", 30, 100, 4.0


def reports() -> dict[str, Any]:
    """`docs/mechanisms/reports.toml`."""
    return tomllib.loads((PAGES / "reports.toml").read_text("utf-8"))


def parameters(file: str) -> list[tuple[str, Any]]:
    """Names and entries of a mechanism's parameters."""
    return [(name.split(".")[1], entry) for name, entry in mechanism_table().items() if name.split(".")[0] == file]


def page(number: int, entry: dict[str, Any]) -> str:
    """One mechanism's page."""
    mechanism = Mechanism(number)
    title = mechanism.name.lower().replace("_", " ")
    lines = [f"# M{number}: {title}", "", f"**What the reports say.** {entry['report']}", ""]
    if entry["file"]:
        text = str(import_module(f"frontcast.campaign.mechanisms.{entry['file']}").__doc__)
        head, _, body = text.partition("\n\n")
        lines += [
            f"**What the model does.** {head.partition(': ')[2][:1].upper()}{head.partition(': ')[2][1:]}",
            "",
            body.strip(),
            "",
        ]
        lines += [
            f"Code: `src/frontcast/campaign/mechanisms/{entry['file']}.py`. Take it out: `--without M{number}`.",
            "",
        ]
    else:
        lines += [f"**What frontcast does.** {entry['elsewhere']}", ""]
    lines += [f"**What is known and what is a guess.** {entry['known']}", ""]
    rows = parameters(entry["file"]) if entry["file"] else []
    if rows:
        lines += ["| parameter | value | range | unit | source |", "|---|---|---|---|---|"]
        for name, one in rows:
            low, high = one.range
            lines.append(
                f"| `{entry['file']}.{name}` | {one.value:g} | {low:g} to {high:g} | {one.unit} | {one.source} |"
            )
        lines.append("")
    tests = ", ".join(f"`{test}`" for test in entry["tests"])
    lines += [f"Tests: {tests}.", ""]
    caption = "how often sources were right" if "figure" in entry else f"M{number} taken out, {entry.get('init', INIT)}"
    lines += [f"![{caption}](../{figure(number, entry)})", ""]
    if "figure" not in entry:
        both = f" Both have {entry['words']}." if "event" in entry else ""
        lines += [
            f"*The ground Russia holds without M{number} less with it, the same {MEMBERS} members and luck from "
            f"{entry.get('init', INIT)}, {CELL_KM:g} km cells. Line: mean; bands: 50 and 90 % of members.{both}"
            f"{' ' + entry['caption'] if 'caption' in entry else ''}*",
            "",
        ]
    return "\n".join(lines)


def figure(number: int, entry: dict[str, Any]) -> str:
    """The figure's path under docs/."""
    return str(entry.get("figure", f"images/mechanisms/M{number:02d}.png"))


def overview(entries: dict[str, Any]) -> str:
    """The table of all mechanisms."""
    lines = [
        "# The 28 mechanisms",
        "",
        "Made by `python -m benchmarks.mechanism_pages` from the code, its parameters and `reports.toml`. What a day is, "
        "step by step: [how-the-line-moves.md](how-the-line-moves.md). Which parameters the record says anything about: "
        "[calibration.md](../calibration.md). That taking one out changes what it should on the first day and nothing else is "
        "tested for each in `tests/test_mechanisms_apart.py`; that it then moves nothing, in "
        "`test_a_mechanism_taken_out_moves_nothing`.",
        "",
        "| mechanism | file | parameters | tests | figure |",
        "|---|---|---|---|---|",
    ]
    for key, entry in entries.items():
        number = int(key[1:])
        title = Mechanism(number).name.lower().replace("_", " ")
        file = f"`campaign/mechanisms/{entry['file']}.py`" if entry["file"] else f"`{entry['where']}`"
        names = ", ".join(f"`{name}`" for name, _ in parameters(entry["file"])) if entry["file"] else ""
        names = names or ("a date of each unit" if entry["file"] else "rules in `observe/reports/language/en/`")
        tests = "<br>".join(f"`{test}`" for test in entry["tests"])
        lines.append(
            f"| [M{number} {title}](M{number:02d}.md) | {file} | {names} | {tests} | [figure](../{figure(number, entry)}) |"
        )
    response = ", ".join(f"`response.{name}`" for name, _ in parameters("response"))
    lines += ["", f"Beside them {response}: how the line answers to all of them (`campaign/campaign_step.py`).", ""]
    return "\n".join(lines)


def check(entries: dict[str, Any]) -> None:
    """Every number from 1 to 28, every test and figure there.

    Raises:
        SystemExit: what is missing.
    """
    missing = [f"M{number}" for number in range(1, 29) if f"M{number}" not in entries]
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    for key, entry in entries.items():
        for test in entry["tests"]:
            found = (ROOT / "tests" / test).is_file() if test.endswith(".py") else re.search(rf"def {test}\(", tests)
            missing += [] if found else [f"{key}: {test}"]
        if not (ROOT / "docs" / figure(int(key[1:]), entry)).is_file():
            missing.append(f"{key}: {figure(int(key[1:]), entry)}")
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)}")


def draw(entries: dict[str, Any]) -> None:
    """Each mechanism taken out of a forecast."""
    theatre = load_theatre("ukraine")
    FIGURES.mkdir(parents=True, exist_ok=True)

    @cache
    def start(init: str) -> Musters:
        with Store.shipped("ukraine") as store:
            series = store.control("deepstate")
            return assemble(store, series, make_picture(series, theatre, parse_time(init)))

    def area(entry: dict[str, Any], without: tuple[str, ...]) -> np.ndarray:
        musters = start(entry.get("init", INIT))
        events = list(musters.facts)
        if "event" in entry:
            events.append(Placed(EVENT.validate_python(entry["event"]), "reports.toml", 1))
        result = run_ensemble(
            musters.picture,
            lead_days=(DAYS,),
            members=MEMBERS,
            seed=1,
            model_cell_km=CELL_KM,
            forces=raise_forces(musters, DAYS, events=events, without=without),
        )
        return result.area_km2[:, :, 2]

    bases: dict[str, np.ndarray] = {}
    for key, entry in entries.items():
        if "figure" in entry:
            continue
        asked = json.dumps([entry.get("init"), entry.get("event")], default=str)
        if asked not in bases:
            bases[asked] = area(entry, ())
        difference = area(entry, (key,)) - bases[asked]
        axis = np.arange(difference.shape[1])
        drawing = Figure(figsize=(6.4, 2.9), dpi=110, facecolor="white")
        FigureCanvasAgg(drawing)
        axes = drawing.add_axes((0.13, 0.17, 0.84, 0.68))
        for low, high, alpha in ((0.05, 0.95, 0.18), (0.25, 0.75, 0.32)):
            bounds = np.quantile(difference, [low, high], axis=0)
            axes.fill_between(axis, *bounds, color="#7a4fa3", alpha=alpha, linewidth=0)
        axes.plot(axis, difference.mean(axis=0), color="#7a4fa3", linewidth=2)
        axes.axhline(0, color=style.INK, linewidth=0.8)
        mean, edges = np.abs(difference.mean(axis=0)).max(), np.abs(np.quantile(difference, [0.05, 0.95], axis=0)).max()
        reach = max(50.0, 1.1 * float(edges), 1.2 * float(mean))
        axes.set_ylim(-reach, reach)
        axes.set_xlim(0, DAYS)
        moved = float((np.abs(difference[:, -1]) > 1.0).mean())
        label = Mechanism(int(key[1:])).label
        title = f"{label} taken out: km² more for Russia; differs in {100 * moved:.0f} % of members"
        axes.set_title(title, fontsize=8.5, loc="left")
        axes.set_xlabel(f"days from {entry.get('init', INIT)}", fontsize=8.5, color=style.MUTED)
        axes.tick_params(labelsize=8.5)
        axes.yaxis.set_major_formatter(lambda value, _: style.signed(value))
        for spine in ("top", "right"):
            axes.spines[spine].set_visible(False)
        drawing.savefig(FIGURES / f"M{int(key[1:]):02d}.png")
        print(f"{label}: mean {difference[:, -1].mean():+.0f} km², differs in {moved:.0%}", flush=True)


def main() -> None:
    """Entry point of `python -m benchmarks.mechanism_pages`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mechanism_pages", description=__doc__)
    parser.add_argument("--figures", action="store_true", help="draw the figures anew")
    asked = parser.parse_args()
    entries = reports()
    if asked.figures:
        draw(entries)
    for key, entry in entries.items():
        number = int(key[1:])
        (PAGES / f"M{number:02d}.md").write_text(page(number, entry), "utf-8")
    (PAGES / "README.md").write_text(overview(entries), "utf-8")
    check(entries)


if __name__ == "__main__":
    main()
