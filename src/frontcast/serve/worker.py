"""The worker: runs forecasts and what-ifs, one after another, in a process of its own that gives way to readers.

Its one argument is how far it gives way (see `nice`). It reads one job a line from standard input and writes what it
does as JSON, a line each, to standard output. Killing it is how a run is cancelled; it ends by itself when the service is
gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final, cast

from frontcast.serve.refusal import Refusal, refused

LOOK_EVERY_S: Final = 0.25
TELL_EVERY_S: Final = 0.2
MB: Final = 2**20

Tell = Callable[..., None]


class _Momentary:
    """A store that is open only while it is read, so that whoever adds to it need not wait for a run to end."""

    def __init__(self, theatre: str, store: Path | None) -> None:
        from frontcast.serve.desk.opened import Opened

        self._opened = Opened(theatre, store)

    def units(self, *given: Any, **named: Any) -> Any:
        with self._opened.open() as held:
            return held.units(*given, **named)

    def sql(self, *given: Any, **named: Any) -> Any:
        with self._opened.open() as held:
            return held.sql(*given, **named)

    def control(self, *given: Any, **named: Any) -> Any:
        with self._opened.open() as held:
            return held.control(*given, **named)


def run_forecast(job: dict[str, Any], folder: Path, tell: Tell) -> None:
    """Make a forecast and its views in `folder`."""
    import geopandas as gpd

    from frontcast.forecast import ForecastConfig, forecast, write_product
    from frontcast.serve.views import forecast_views
    from frontcast.store import Store
    from frontcast.theatre import load_theatre

    asked = job["asked"]
    config = ForecastConfig(theatre=job["theatre"], **asked)
    theatre = load_theatre(job["theatre"])
    store = _Momentary(job["theatre"], _path(job["store"]))
    tell(stage="Reading what the line has been doing", total=config.members)
    series = store.control(config.source, theatre=theatre.name)
    picture, result = forecast(
        series,
        theatre,
        config,
        store=cast(Store, store),
        progress=lambda done, total: tell(stage="Running the members", done=done, total=total),
    )
    tell(stage="Writing the forecast", done=config.members, total=config.members)
    write_product(folder / "product", config, series, picture, result)
    lines = gpd.read_parquet(folder / "product" / "lines.parquet")
    with _Whole(folder / "view") as fresh:
        forecast_views(fresh, config, picture, result, folder / "product", lines)


def run_what_if(job: dict[str, Any], folder: Path, tell: Tell) -> None:
    """Answer a question and make its views in `folder`."""
    from frontcast.forecast.whatif import answer, open_scenario
    from frontcast.serve.desk.questions import safe
    from frontcast.serve.views import what_if_views, write_json
    from frontcast.show.whatif_chart import whatif_chart
    from frontcast.store import Store
    from frontcast.theatre import load_theatre

    asked = job["asked"]
    theatre = load_theatre(job["theatre"])
    toml, members, seed = asked["toml"], asked["members"], asked["seed"]
    safe(toml, theatre.name)
    tell(stage="Reading what was known", total=members)
    with _Whole(folder / "product") as fresh:
        (fresh / "scenario.toml").write_text(toml, "utf-8")
        store = _Momentary(job["theatre"], _path(job["store"]))
        scenario, musters = open_scenario(str(fresh / "scenario.toml"), cast(Store, store), theatre, asked["source"])
        futures = 1 + len(scenario.variants)
        names = ["as it was", *(variant.name for variant in scenario.variants)]
        check_size(job, scenario.head.days, members, futures)

        def count(name: str, done: int, total: int) -> None:
            tell(stage=f"Running: {name}", done=names.index(name) * members + done, total=futures * members)

        found = answer(scenario, musters, members=members, seed=seed, progress=count)
        tell(stage="Drawing both futures", done=futures * members, total=futures * members)
        found.differences.to_parquet(fresh / "differences.parquet", index=False)
        found.places.to_parquet(fresh / "places.parquet", index=False)
        record = {"scenario": scenario.head.model_dump(mode="json"), "members": members, "seed": seed}
        write_json(fresh / "whatif.json", record)
        whatif_chart(found, theatre, fresh / "whatif.png")
    with _Whole(folder / "view") as fresh:
        what_if_views(fresh, found, toml, members, seed)


def check_size(job: dict[str, Any], days: int, members: int, futures: int) -> None:
    """Refuse what is more than may be asked for at once.

    Raises:
        Refusal: where it is too many days, or too many members for so many days and futures.
    """
    limits = job["limits"]
    if days > limits["days"]:
        raise Refusal(422, f"{days} days are too many: at most {limits['days']} here.")
    asked = members * days * futures
    if asked > limits["member_days"]:
        most = limits["member_days"] // (days * futures)
        raise Refusal(422, f"{members} members of {futures} futures of {days} days are too many: at most {most} here.")


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


class _Whole:
    """A folder that is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.fresh = folder, folder.with_name(folder.name + ".part")

    def __enter__(self) -> Path:
        shutil.rmtree(self.fresh, ignore_errors=True)
        self.fresh.mkdir(parents=True)
        return self.fresh

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.fresh.rename(self.folder)
        else:
            shutil.rmtree(self.fresh, ignore_errors=True)


RUNS: Final = {"forecast": run_forecast, "whatif": run_what_if}


class _Line:
    """Where the worker tells what it does; several threads may."""

    def __init__(self, out: IO[str]) -> None:
        self._out, self._lock, self._last = out, threading.Lock(), 0.0

    def tell(self, **what: Any) -> None:
        with self._lock:
            self._out.write(json.dumps(what) + "\n")
            self._out.flush()

    def progress(self, run: str, **what: Any) -> None:
        """Progress, not more often than a reader could see, and always the last of a stage."""
        now = time.monotonic()
        if now - self._last < TELL_EVERY_S and what.get("done", 0) not in (0, what.get("total")):
            return
        self._last = now
        self.tell(run=run, **what)


def resident_mb() -> float:
    """Memory that this process takes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB
    except (OSError, ValueError, IndexError):
        return 0.0


def watch(line: _Line, current: dict[str, Any]) -> None:
    """End this process when the service is gone, or when a run takes more memory than it may."""
    parent = os.getppid()

    def look() -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            if os.getppid() != parent:
                os._exit(0)
            most = current.get("memory_mb")
            if most and resident_mb() > most:
                problem = f"it takes more than the {most:,} MB that a run may take"
                flaw = {"place": "", "problem": problem, "remedy": "Ask for fewer members or days"}
                line.tell(run=current["run"], ended="failed", problems=[flaw])
                os._exit(3)

    threading.Thread(target=look, daemon=True, name="watch").start()


def main() -> None:
    """Take jobs until there are no more."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes to the log, not between the lines
    os.nice(int(sys.argv[1]))
    line, current = _Line(out), dict[str, Any]()
    watch(line, current)
    line.tell(ready=True)
    for text in sys.stdin:
        job = json.loads(text)
        run = job["run"]
        current.update(run=run, memory_mb=job["limits"]["memory_mb"])
        try:
            RUNS[job["kind"]](job, Path(job["folder"]), lambda run=run, **what: line.progress(run, **what))
        except Exception as error:
            line.tell(run=run, ended="failed", problems=_problems(error, job))
        else:
            line.tell(run=run, ended="done", problems=[])
        current.clear()


def _problems(error: Exception, job: dict[str, Any]) -> list[dict[str, str]]:
    from frontcast.errors import FrontcastError

    if isinstance(error, FrontcastError):
        hide = {job["folder"]: "the run"} | ({} if job["store"] is None else {job["store"]: "the store"})
        error = refused(error, hide=hide)
    if isinstance(error, Refusal):
        return [asdict(flaw) for flaw in error.flaws] or [{"place": "", "problem": error.detail, "remedy": ""}]
    import traceback

    traceback.print_exception(error)
    return [{"place": "", "problem": "the run broke off; the service's log says where", "remedy": "Tell its keeper"}]


if __name__ == "__main__":
    main()
