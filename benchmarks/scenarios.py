"""Every scenario that ships, answered, as the table of docs/scenarios.md.

    python -m benchmarks.scenarios                  # all of them, 60 members; some quarter of an hour
    python -m benchmarks.scenarios --members 200

The table stands between two marks in the page; what is around it is written by hand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.marked_blocks import put
from frontcast.forecast.scenario import shipped_scenarios
from frontcast.forecast.whatif import WhatIf, answer, open_scenario
from frontcast.show import style
from frontcast.show.track_record_words import signed as small
from frontcast.store import Store
from frontcast.theatre import load_theatre

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scenarios.md"
SHOWN = ("ground {b} holds", "losses of {b}", "losses of {a}")


def told(row: pd.Series, unit: bool = False) -> str:
    """A paired difference with its interval."""
    size = max(abs(row["difference"]), abs(row["low"]), abs(row["high"]))

    def number(value: float) -> str:
        return style.signed(value) if size >= 20 else small(value, 2)

    if size == 0.0:
        return "0"
    return f"{number(row['difference'])} ({number(row['low'])} to {number(row['high'])})" + (
        f" {row['unit']}" if unit else ""
    )


def most(rows: pd.DataFrame) -> str:
    """The clearest of the other differences: the largest against its own interval, and not of nothing."""
    sure = rows[(rows["low"] * rows["high"] > 0) & (rows["difference"].abs() > 0.01)]
    if sure.empty:
        return "nothing clear of chance"
    width = (sure["high"] - sure["low"]) / 2 + 1e-9 * sure["difference"].abs()
    row = sure.iloc[int(np.argmax((sure["difference"].abs() / width).to_numpy()))]
    return f"{row['measure']}: {told(row, unit=True)}"


def rows_of(name: str, found: WhatIf) -> list[str]:
    """One row a variant."""
    names = {side: found.musters.picture.theatre.sides[side].name for side in ("a", "b")}
    shown = [measure.format(**names) for measure in SHOWN]
    lines = []
    for variant in found.variants:
        mine = found.differences[found.differences["variant"] == variant.name]
        cells = [told(mine[mine["measure"] == measure].iloc[0]) for measure in shown]
        other = most(mine[~mine["measure"].isin(shown)])
        days = found.scenario.head.days
        lines.append(f"| {name} | {variant.name} | {days} | {' | '.join(cells)} | {other} |")
    return lines


def main() -> None:
    """Entry point of `python -m benchmarks.scenarios`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scenarios", description=__doc__)
    parser.add_argument("--members", type=int, default=60)
    asked = parser.parse_args()
    theatre = load_theatre("ukraine")
    lines = [
        "| scenario | future | days | ground Russia holds, km² | Russian men lost | Ukrainian men lost | "
        "what else differs most clearly |",
        "|---|---|---|---|---|---|---|",
    ]
    with Store.shipped("ukraine") as store:
        for name in shipped_scenarios():
            scenario, musters = open_scenario(name, store, theatre, "deepstate")
            lines += rows_of(name, answer(scenario, musters, members=asked.members))
            print(lines[-1], flush=True)
    put(PAGE, {"scenarios": "\n".join([f"Each with {asked.members} members.", "", *lines])})


if __name__ == "__main__":
    main()
