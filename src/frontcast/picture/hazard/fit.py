"""Grow the trees that ship: `python -m frontcast.picture.hazard.fit --until 2024-06-30 [--variant all] [--store X]`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from frontcast.picture.hazard.evidence import gather
from frontcast.picture.hazard.hazard import grow
from frontcast.picture.hazard.surroundings import VARIANTS
from frontcast.picture.line import end_of_day
from frontcast.store import Store
from frontcast.theatre import load_theatre


def main() -> None:
    """Learn from the shipped record and write one file for each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--until", required=True, help="day, UTC, whose end nothing learnt from is known after")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="left out, all of them")
    parser.add_argument("--source", default="deepstate")
    parser.add_argument("--theatre", default="ukraine")
    parser.add_argument("--out", type=Path, help="left out, where they ship from")
    options = parser.parse_args()
    theatre = load_theatre(options.theatre)
    out = options.out or Path(__file__).with_name("data") / theatre.name
    with Store.shipped(theatre.name) as store:
        evidence = gather(store, store.control(options.source), theatre)
    until = end_of_day(np.datetime64(options.until, "D"))
    out.mkdir(parents=True, exist_ok=True)
    for variant, trees in grow(evidence, theatre, until, options.variant or list(VARIANTS)).items():
        path = out / f"{variant}-{options.until}.trees"
        path.write_bytes(trees.dump())
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
