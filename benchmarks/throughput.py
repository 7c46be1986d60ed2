"""How many member-days a second the campaign with armies runs, and how near that is to what the memory allows.

    python -m benchmarks.throughput                                   # the device JAX finds: 10,000 members, 30 days, 2 km
    JAX_PLATFORMS=cpu python -m benchmarks.throughput --members 200   # the processor, for the ratio of the two

The limit is the bytes that a day of a member must at least read and write once (the state, the forcing and the mesh of its
cells, float32), at the bandwidth of the device's memory as a copy of a gigabyte measures it here. What the step touches
more than once, and fields that fit a cache, make the real number smaller or larger than that: it is a yardstick.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.run import INIT_TIME, SEED, machine
from frontcast.campaign import load_parameters
from frontcast.forecast import default_leads, run_ensemble
from frontcast.forecast.campaign import Musters, assemble, raise_forces
from frontcast.forecast.ensemble import ARMIES_REACH_KM, LONGEST_LAG_DAYS, prepare
from frontcast.picture import make_picture
from frontcast.store import Store
from frontcast.theatre import load_theatre

CELL_KM, FACTOR = 2.0, 2
COPIED = 1 << 28


def bandwidth() -> float:
    """Bytes a second that the device reads and writes in a copy of `COPIED` numbers."""
    field = jnp.zeros(COPIED, jnp.float32)
    add = jax.jit(lambda values: values + 1.0)
    jax.block_until_ready(add(field))
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        jax.block_until_ready(add(field))
        best = min(best, time.perf_counter() - start)
    return 2.0 * field.nbytes / best


def least_bytes(musters: Musters) -> int:
    """Bytes of a member's day when everything it needs by cell is read once, and both distances are written."""
    ground, layout = prepare(musters.picture, load_parameters(), FACTOR, ARMIES_REACH_KM)
    front = raise_forces(musters, 1)(layout, FACTOR).front
    by_cell = (ground.mesh, ground.forcing, ground.flot_a, ground.flot_b, front)
    read = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(by_cell))
    return int(read + ground.flot_a.nbytes + ground.flot_b.nbytes)


def measure(members: int, days: int) -> dict[str, Any]:
    """The numbers."""
    store = Store.shipped("ukraine")
    series = store.control("deepstate")
    musters = assemble(store, series, make_picture(series, load_theatre("ukraine"), INIT_TIME))
    leads = default_leads(days)

    def run(count: int) -> float:
        start = time.perf_counter()
        forces = raise_forces(musters, days)
        run_ensemble(musters.picture, lead_days=leads, members=count, seed=SEED, model_cell_km=CELL_KM, forces=forces)
        return time.perf_counter() - start

    run(1)
    seconds = run(members)
    done = members * (days + LONGEST_LAG_DAYS) / seconds
    moved, needed = bandwidth(), least_bytes(musters)
    return {
        "device": str(jax.devices()[0]),
        "members": members,
        "days": days,
        "seconds": seconds,
        "member_days_s": done,
        "bandwidth_gb_s": moved / 1e9,
        "least_megabytes_a_member_day": needed / 1e6,
        "limit_member_days_s": moved / needed,
        "share_of_limit": done * needed / moved,
    }


def main() -> None:
    """Entry point of `python -m benchmarks.throughput`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    asked = parser.parse_args()
    found = {"machine": machine()} | measure(asked.members, asked.days)
    print(json.dumps(found, indent=1))
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
