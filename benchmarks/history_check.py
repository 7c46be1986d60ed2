"""Two days of 2022, forecast from what was known and drawn beside what happened: docs/history-check.md.

python -m benchmarks.history_check        # both depths from 4 July and 5 September 2022; two minutes
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from frontcast.forecast import observed_area, run_ensemble
from frontcast.forecast.campaign import assemble, raise_forces
from frontcast.forecast.config import parse_time
from frontcast.picture import make_picture
from frontcast.show import style
from frontcast.store import Store
from frontcast.theatre import load_theatre

STARTS, DAYS, MEMBERS = ("2022-07-04", "2022-09-05"), 30, 200
LEADS = (7, 14, 30)
OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "history-check.png"
BANDS = ((0.005, 0.995, 0.12), (0.05, 0.95, 0.20), (0.25, 0.75, 0.32))


def main() -> None:
    """Entry point of `python -m benchmarks.history_check`."""
    theatre = load_theatre("ukraine")
    drawing = Figure(figsize=(12.5, 8.6), dpi=120, facecolor="white")
    FigureCanvasAgg(drawing)
    grid = drawing.subplots(
        2, 2, gridspec_kw={"left": 0.075, "right": 0.98, "bottom": 0.085, "top": 0.87, "hspace": 0.34}
    )
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
                    print(
                        f"{start} {depth} {lead} d: happened {happened[lead]:+.0f}; median {middle:+.0f}, "
                        f"90 % {low:+.0f} to {high:+.0f}; loss of 1,000 km² or more in {big:.1%}",
                        flush=True,
                    )
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
        "Line: median of 200 members; bands: 50, 90 and 99 % of them; circles: what the map showed. Forecast from what was "
        "known on the day; parameters know the record to mid-2024.",
        fontsize=9.5,
        color=style.MUTED,
    )
    drawing.savefig(OUT)


if __name__ == "__main__":
    main()
