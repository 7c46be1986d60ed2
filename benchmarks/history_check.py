"""Two days of 2022, forecast from what was known and drawn beside what happened: docs/history-check.md.

python -m benchmarks.history_check        # both depths from 4 July and 5 September 2022; two minutes

Draws the picture and writes the table between two marks in the page; what is around it is written by hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.marked_blocks import put
from frontcast.forecast import EnsembleResult, observed_area, run_ensemble
from frontcast.forecast.campaign import assemble, raise_forces
from frontcast.forecast.config import parse_time
from frontcast.picture import make_picture
from frontcast.show import style
from frontcast.store import Store
from frontcast.theatre import Theatre, load_theatre

STARTS, DAYS, MEMBERS = ("2022-07-04", "2022-09-05"), 30, 200
LEADS = (7, 14, 30)
DOCS = Path(__file__).resolve().parents[1] / "docs"
OUT = DOCS / "images" / "history-check.png"
PAGE = DOCS / "history-check.md"
BANDS = ((0.005, 0.995, 0.12), (0.05, 0.95, 0.20), (0.25, 0.75, 0.32))

PLACES = {
    "2022-07-04": ("Siversk", "Bakhmut", "Sloviansk"),
    "2022-09-05": ("Balakliia", "Kupiansk", "Izium", "Snihurivka", "Oleshky"),
}
"""Asked for each start: those that fell or were spoken of, and in September two that did not fall then."""


def places(result: EnsembleResult, theatre: Theatre, start: str) -> str:
    """How likely Ukraine holds some places at the last lead, with armies, as a sentence."""
    gazetteer = theatre.places
    parts = []
    for name in PLACES[start]:
        place = gazetteer.find(name)
        row, column = theatre.grid.cell_of(place.lon, place.lat)
        chance = float(result.held_a[-1][int(row), int(column)]) / result.members
        parts.append(f"{name} {100 * chance:.1f} %")
    return f"Chance that Ukraine holds it {result.lead_days[-1]} days after {start}, with armies: {', '.join(parts)}."


def main() -> None:
    """Entry point of `python -m benchmarks.history_check`."""
    theatre = load_theatre("ukraine")
    drawing = Figure(figsize=(12.5, 8.6), dpi=120, facecolor="white")
    FigureCanvasAgg(drawing)
    grid = drawing.subplots(
        2, 2, gridspec_kw={"left": 0.075, "right": 0.98, "bottom": 0.085, "top": 0.87, "hspace": 0.34}
    )
    lines = [
        "| start | depth | lead | happened, km² | median | 90 % | loses 1,000 km² or more |",
        "|---|---|---|---|---|---|---|",
    ]
    told: list[str] = []
    with Store.shipped("ukraine") as store:
        series = store.control("deepstate")
        for row, start in zip(grid, STARTS, strict=True):
            picture = make_picture(series, theatre, parse_time(start))
            musters = assemble(store, series, picture)
            seen = observed_area(series, theatre, picture.init_time, DAYS)
            assert seen is not None
            happened = seen["b"].to_numpy() - seen["b"].iloc[0]
            for axes, depth in zip(row, ("line", "units"), strict=True):
                forces = None if depth == "line" else raise_forces(musters, DAYS)
                result = run_ensemble(picture, lead_days=LEADS, members=MEMBERS, seed=1, forces=forces)
                change = result.area_km2[:, :, 2] - result.area_km2[:, :1, 2]
                days = np.arange(change.shape[1])
                for low, high, alpha in BANDS:
                    bounds = np.quantile(change, [low, high], axis=0)
                    axes.fill_between(days, *bounds, color=theatre.sides["b"].colour, alpha=alpha, linewidth=0)
                axes.plot(days, np.median(change, axis=0), color=style.line_colour(theatre.sides["b"]), linewidth=2)
                axes.plot(
                    days, happened, color=style.INK, linewidth=1.4, marker="o", markersize=3.5, markerfacecolor="white"
                )
                axes.axhline(0, color=style.INK, linewidth=0.7, linestyle=(0, (5, 3)))
                axes.set_title(f"{style.day(parse_time(start))}: --depth {depth}", loc="left", fontsize=11)
                axes.set_xlim(0, DAYS)
                axes.set_xlabel("days ahead", fontsize=9, color=style.MUTED)
                axes.yaxis.set_major_formatter(lambda value, _: style.signed(value))
                for spine in ("top", "right"):
                    axes.spines[spine].set_visible(False)
                for lead in LEADS:
                    low, middle, high = np.quantile(change[:, lead], [0.05, 0.5, 0.95])
                    big = (change[:, lead] < -1000).mean()
                    lines.append(
                        f"| {start} | {depth} | {lead} d | {style.signed(happened[lead])} | {style.signed(middle)} | "
                        f"{style.signed(low)} to {style.signed(high)} | {100 * big:.1f} % |"
                    )
                    print(lines[-1], flush=True)
                if depth == "units":
                    told.append(places(result, theatre, start))
            top = max(axes.get_ylim()[1] for axes in row)
            bottom = min(*(axes.get_ylim()[0] for axes in row), 1.05 * happened.min())
            for axes in row:
                axes.set_ylim(bottom, top)
    drawing.text(
        0.03,
        0.955,
        "Change of the ground Russia holds, km²: forecast and what happened",
        fontsize=14,
        fontweight="bold",
    )
    drawing.text(
        0.03,
        0.923,
        "Line: median of 200 members; bands: 50, 90 and 99 %; circles: what the map showed. From what was known on the day; "
        "parameters know the record to mid-2024.",
        fontsize=9,
        color=style.MUTED,
    )
    drawing.savefig(OUT)
    put(PAGE, {"history-check": "\n".join([*lines, "", *told])})


if __name__ == "__main__":
    main()
