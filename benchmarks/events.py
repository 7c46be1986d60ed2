"""What was forecast the week before five turns of the war, and what came: docs/images/event-*.png.

    python -m benchmarks.events                    # all five; --only NAME for one

The line model and gradient boosting are fitted on what was known the day before the start, and on that alone. The armies'
parameters know the record to June 2024, so that they are shown for the two of 2022 with that said.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from frontcast.errors import FrontcastError
from frontcast.forecast.config import parse_time
from frontcast.picture.line import DAY
from frontcast.show import style
from frontcast.show.event_map import event_map
from frontcast.store import Store
from frontcast.theatre import B, load_theatre
from frontcast.verify import FORECASTERS, Setup

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
LEAD, MEMBERS = 7, 200
WORDS = {"model": "frontcast", "booster": "gradient boosting", "units": "frontcast with armies"}


@dataclass(frozen=True)
class Event:
    """A turn of the war: the start a week before it, where to look and how far."""

    start: str
    centre: tuple[float, float]
    reach_km: float
    methods: tuple[str, ...]
    title: str
    note: str = ""


EVENTS = {
    "kharkiv": Event("2022-09-05", (37.0, 49.6), 95.0, ("model", "units"), "Before the Kharkiv counter-offensive"),
    "kherson": Event("2022-11-06", (33.2, 47.0), 85.0, ("model", "units"), "Before the withdrawal from Kherson"),
    "bakhmut": Event("2023-05-14", (38.0, 48.6), 32.0, ("model", "booster"), "Before the fall of Bakhmut"),
    "avdiivka": Event("2024-02-11", (37.7, 48.15), 32.0, ("model", "booster"), "Before the fall of Avdiivka"),
    "kursk": Event(
        "2024-08-04",
        (35.2, 51.2),
        75.0,
        ("model", "booster"),
        "Before the crossing into Kursk",
        "The ground of the theatre ends at Ukraine's border: what came lies outside of what is forecast.",
    ),
}


def draw(name: str) -> None:
    """Forecast and draw one event."""
    event = EVENTS[name]
    theatre = load_theatre("ukraine")
    with Store.shipped("ukraine") as store:
        series = store.control("deepstate")
    init = parse_time(event.start)
    until = init - DAY
    said, fitted = {}, []
    for key in event.methods:
        method = FORECASTERS[key](Setup((LEAD,), MEMBERS, 1))
        try:
            method.fit(series.known_by(until), theatre, until)
        except FrontcastError as error:
            print(f"{name}: without {key}: {error}")
            continue
        said[WORDS[key]] = method.hold_probability(series.known_by(init), theatre, init, (LEAD,))[0]
        fitted.append(key)
    now, later = series.at(init), series.at(init + LEAD * DAY)
    moved = (later == B).astype(int) - (now == B)
    area = theatre.grid.cell_area_km2
    lines = [
        f"What was known at the end of {style.day(init)}; the line that came is that of {style.day(init + LEAD * DAY)}. In "
        f"that week {theatre.sides['b'].name} gained {(moved[theatre.land] > 0).sum() * area:,.0f} km² and lost "
        f"{(moved[theatre.land] < 0).sum() * area:,.0f} km² on the map.",
    ]
    expected = [
        f"{words}: gain {np.nansum(hold[(now != B) & theatre.land]) * area:,.0f}, "
        f"loss {np.nansum(1 - hold[(now == B) & theatre.land]) * area:,.0f} km²"
        for words, hold in said.items()
    ]
    lines.append(
        f"Expected: {'; '.join(expected)}." + (" Armies: parameters know later days." if "units" in fitted else "")
    )
    lines += [event.note] if event.note else []
    event_map(
        said,
        now,
        later,
        theatre,
        centre=event.centre,
        reach_km=event.reach_km,
        title=event.title,
        words="\n".join(lines),
        path=IMAGES / f"event-{name}.png",
    )
    print("\n".join([name, *lines]), flush=True)


def main() -> None:
    """Entry point of `python -m benchmarks.events`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=EVENTS, action="append", help="this event; again for more")
    for name in parser.parse_args().only or EVENTS:
        draw(name)


if __name__ == "__main__":
    main()
