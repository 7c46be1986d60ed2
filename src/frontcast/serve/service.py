"""The service behind the addresses: what it holds ready, what it has made, and what it asks its desk."""

from __future__ import annotations

import asyncio
import gc
import gzip
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast import __version__
from frontcast.serve.answers import GEOJSON, JSON, Body, Shelf
from frontcast.serve.desk_link import PREPARING, READER, Desk
from frontcast.serve.finder import Finder
from frontcast.serve.models import (
    Checked,
    Fault,
    ForecastRequest,
    Forecasts,
    ForecastSummary,
    Health,
    Outlook,
    PlaceAnswer,
    PlacesAtRisk,
    PlacesFound,
    Run,
    Runs,
    WhatIfRequest,
)
from frontcast.serve.outlook import ForecastView, cells_of_box, cells_of_point, leads_of, shares
from frontcast.serve.refusal import Flaw, Refusal
from frontcast.serve.runbook import RunBook, RunRecord
from frontcast.serve.settings import FIRST_DAYS, FIRST_MEMBERS, Settings
from frontcast.serve.stamps import stamp_of
from frontcast.theatre import load_theatre

log = logging.getLogger("frontcast.serve")

SHELF_BYTES: Final = 256 * 2**20
VIEWS_OPEN: Final = 8
MAPS_AT_ONCE: Final = 2
"""Maps of a year drawn before the desk looks whether a reader is waiting."""

LOOK_EVERY_S: Final = 20.0
"""How often the store is looked at for new maps."""

OPEN_TRIES: Final = 300
"""Tenths of a second that an order waits for the record at the start."""

LARGE_BOX: Final = 20_000
"""Cells from which a box is counted outside the event loop."""

MOST_FOLLOWERS: Final = 300
"""Streams of progress at a time: each holds a connection."""

BOX_PLACES: Final = 50
RELIABLE_FROM: Final = 20
"""Forecasts below which a share that came true is not told."""


class Service:
    """What the addresses ask. `start` before the first request, `stop` after the last."""

    def __init__(self, settings: Settings, desk: Desk | None = None) -> None:
        self.settings = settings
        self.theatre = load_theatre(settings.theatre)
        self.desk = desk or Desk(settings.theatre, settings.store)
        self.shelf = Shelf(SHELF_BYTES)
        self.book = RunBook(settings)
        self.finder: Finder
        self._found = asyncio.Event()
        self._followers = 0
        self._summaries: dict[str, ForecastSummary] = {}
        self._views: OrderedDict[str, ForecastView] = OrderedDict()
        self._afterwards: dict[tuple[str, str], npt.NDArray[np.uint8] | None] = {}
        self._reliability: list[dict[str, Any]] | None = None
        self._stamp = (0, 0)
        self._day, self._prepared = "", False
        self._tasks: list[asyncio.Task[None]] = []

    # ---- beginning and end

    async def start(self) -> None:
        """Open the journal, the desk and the worker, and prepare what readers will ask first."""
        self.book.open()
        await self.desk.start()
        await self.book.start()
        self._tasks = [asyncio.create_task(self._prepare())]

    def _open_finder(self) -> Finder:
        _ = self.theatre.grid.lonlat, self.theatre.land
        return Finder(self.theatre)

    async def _open_places(self) -> None:
        """The index of places, made while the first readers look at the map."""
        if not self._found.is_set():
            self.finder = await asyncio.to_thread(self._open_finder)
            self._found.set()
        # What is there now stays: looking through a hundred thousand names for garbage would hold readers up.
        gc.collect()
        gc.freeze()

    async def stop(self) -> None:
        """Close them."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.book.stop()
        await self.desk.stop()

    async def _prepare(self) -> None:
        while True:
            try:
                stamp = (0, 0) if self.settings.store is None else stamp_of(self.settings.store)
                if stamp != self._stamp or not self._prepared:
                    await self._refresh()
                    if self.settings.first_forecast:
                        await self.order_forecast(self._first_order())
                    if self.settings.prepare:
                        await self._prepare_years()
                    self._stamp = stamp
                    self._prepared = True
            except Refusal as refusal:
                log.warning("preparing: %s", refusal.detail)
            await asyncio.sleep(LOOK_EVERY_S if self._day else 1.0)

    async def _refresh(self) -> None:
        """Take up a record that has changed."""
        newest = await self.desk.ask("newest", self.settings.source, turn=PREPARING)
        self.shelf.drop(lambda key: key[0] not in ("ground", "bands", "summary", "view"))
        self._afterwards.clear()
        self._day = newest["day"]
        for asked in (("theatre",), ("timeline", self.settings.source), ("control", self._day, self.settings.source)):
            media = GEOJSON if asked[0] == "control" else JSON
            await self.ask(*asked, media=media)
        for layer in ("borders", "rivers", "lakes", "regions"):
            await self.ask("ground", layer, media=GEOJSON)
        await self._open_places()
        self.finder.update(newest["control"], newest["front_km"])
        await self.ask("track_record")

    async def _prepare_years(self) -> None:
        timeline = json.loads((await self.ask("timeline", self.settings.source)).data)
        for year in range(int(timeline["last"][:4]), int(timeline["first"][:4]) - 1, -1):
            await self.year(year, self.settings.source, turn=PREPARING)

    # ---- answers of the desk

    async def ask(self, name: str, *given: Any, media: str = JSON) -> Body:
        """An answer of the desk, kept."""
        if name == "theatre":
            limits = asdict(self.settings.limits)
            given = (self.settings.source, {key: value for key, value in limits.items() if key != "kept"})
        elif name == "track_record":
            given = (self.settings.ledger,)
        elif name == "changeable":
            given = (self.settings.source, *given)

        async def make() -> Body:
            return await self._body(await self.desk.ask(name, *given), media)

        return await self.shelf.made((name, *(repr(one) for one in given)), make)

    async def _body(self, value: Any, media: str = JSON) -> Body:
        """JSON of a value, packed off the event loop where it is large."""
        return await asyncio.to_thread(lambda: Body.of(to_json(value), media))

    async def source(self, asked: str | None) -> str:
        """The source meant.

        Raises:
            Refusal: where it has no maps.
        """
        if asked is None or asked == self.settings.source:
            return self.settings.source
        known = json.loads((await self.ask("theatre")).data)["sources"]
        names = [one["name"] for one in known]
        if asked not in names:
            raise Refusal(404, f"There are no such maps. There are those of {', '.join(names)}.")
        return asked

    async def year(self, year: int, source: str, turn: int = READER) -> Body:
        """The lines of a year, kept on disk: drawing them takes half a minute."""

        async def make() -> Body:
            told = await self.desk.ask("map_numbers", year, source, turn=turn)
            vintage = await self.desk.ask("vintage", source, f"{year}-12-31", turn=turn)
            name = hashlib.sha256(f"{source} {year} {vintage} {__version__} 1".encode()).hexdigest()[:24]
            file = self.settings.keep / "lines" / f"{name}.json.gz"
            with suppress(OSError, gzip.BadGzipFile, EOFError):
                return await asyncio.to_thread(lambda: Body.of(gzip.decompress(file.read_bytes())))
            return await self._draw_year(year, source, told, file, turn)

        return await self.shelf.made(("year", year, source), make)

    async def _draw_year(self, year: int, source: str, told: dict[str, Any], file: Path, turn: int) -> Body:
        numbers = sorted(set(told["maps"]))
        maps: list[dict[str, Any]] = []
        for at in range(0, len(numbers), MAPS_AT_ONCE):
            maps += await self.desk.ask("map_lines", source, numbers[at : at + MAPS_AT_ONCE], turn=turn)
        places = {number: at for at, number in enumerate(numbers)}
        value = {
            "year": year,
            "source": source,
            "scale": 2000,
            "first": told["first"],
            "days": [places[number] for number in told["maps"]],
            "maps": maps,
        }

        def keep() -> Body:
            body = Body.of(to_json(value))
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(".part")
            fresh.write_bytes(gzip.compress(body.data, 6, mtime=0))
            fresh.replace(file)
            return body

        return await asyncio.to_thread(keep)

    # ---- places

    async def _places_known(self) -> None:
        """Wait for the index of places.

        Raises:
            Refusal: where it takes too long.
        """
        if not self._found.is_set():
            try:
                await asyncio.wait_for(self._found.wait(), OPEN_TRIES / 10)
            except TimeoutError:
                raise Refusal(503, "The places are not open yet.", retry_s=5) from None

    async def find_places(self, query: str, limit: int) -> PlacesFound:
        """See the address."""
        await self._places_known()
        found, near = self.finder.find(query, limit)
        return PlacesFound(query=query, places=[PlaceAnswer(**one) for one in found], suggestions=near)

    async def place(self, number: int) -> PlaceAnswer:
        """See the address."""
        await self._places_known()
        return PlaceAnswer(**self._described(number))

    def _described(self, number: int) -> dict[str, Any]:
        row = self.finder.row.get(number)
        if row is None:
            raise Refusal(404, "There is no such place.")
        return self.finder.describe(row)

    # ---- forecasts

    def forecasts(self) -> Forecasts:
        """See the address."""
        done = [self._summary(record) for record in self.book.all() if _is_forecast(record)]
        return Forecasts(forecasts=sorted(done, key=lambda one: one.init_time, reverse=True))

    def _summary(self, record: RunRecord) -> ForecastSummary:
        made_at = record.ended_at or record.submitted_at
        known = self._summaries.get(record.id)
        if known is None or known.made_at != made_at:
            summary = self._view(record.id).summary
            names = ("init_time", "days", "members", "depth", "source", "leads", "data_vintage")
            told = {name: summary[name] for name in names}
            known = ForecastSummary(id=record.id, made_at=made_at, is_default=record.is_default, **told)
            self._summaries[record.id] = known
        return known

    def _forecast(self, forecast: str) -> ForecastView:
        """The view of a forecast that is done.

        Raises:
            Refusal: where there is none, or it is not done.
        """
        if forecast == "latest":
            days = [record for record in self.book.all() if record.is_default and _is_forecast(record)]
            if not days:
                raise Refusal(404, "The day's forecast is still being made.", retry_s=2)
            return self._view(max(days, key=lambda record: (record.asked["init_time"], record.number)).id)
        record = self.book.get(forecast)
        if record.kind != "forecast":
            raise Refusal(404, "This run is no forecast.")
        if record.state != "done":
            raise Refusal(404, f"This forecast is {record.state}.")
        return self._view(record.id)

    def _view(self, forecast: str) -> ForecastView:
        view = self._views.pop(forecast, None) or ForecastView(forecast, self.book.folder(self.book.get(forecast)))
        self._views[forecast] = view
        while len(self._views) > VIEWS_OPEN:
            self._views.popitem(last=False)
        return view

    async def forecast(self, forecast: str, part: str) -> Body:
        """The summary of a forecast."""
        view = self._forecast(forecast)
        record = self.book.get(view.id)

        async def make() -> Body:
            more = {"id": view.id, "made_at": record.ended_at, "is_default": record.is_default}
            return await self._body(view.summary | more)

        return await self.shelf.made((part, view.id), make)

    async def bands(self, forecast: str, lead: int | None) -> Body:
        """Bands of a lead."""
        view = self._forecast(forecast)
        day = _lead(view.summary["leads"], lead)
        return await self._file(view.id, view.folder / "view" / f"bands-{day}.json")

    async def _file(self, run: str, file: Path, media: str = GEOJSON) -> Body:
        """A file that a run has left for readers."""

        async def make() -> Body:
            return await asyncio.to_thread(lambda: Body.of(file.read_bytes(), media))

        return await self.shelf.made(("bands", run, file.name), make)

    async def places_at_risk(self, forecast: str, limit: int, offset: int) -> PlacesAtRisk:
        """See the address."""
        await self._places_known()
        places = self._forecast(forecast).places
        rows = [row | {"front_km": self._front_km(row["id"])} for row in places[offset : offset + limit]]
        return PlacesAtRisk.model_validate({"total": len(places), "places": rows})

    def _front_km(self, place: int) -> float | None:
        row = self.finder.row.get(place)
        return None if row is None else self.finder.describe(row)["front_km"]

    async def outlook(
        self, forecast: str, place: int | None, lon: float | None, lat: float | None, box: str | None
    ) -> Outlook:
        """See the address."""
        await self._places_known()
        view = self._forecast(forecast)
        cells, where, found, corners = self._cells(place, lon, lat, box)
        large = cells[0].size > LARGE_BOX
        leads = await asyncio.to_thread(leads_of, view, cells) if large else leads_of(view, cells)
        later = await self._later(view)
        now = view.initial[cells]
        held = shares(now)
        reliability = await self._reliable()
        front = self.finder.front_km[cells]
        return Outlook.model_validate(
            {
                "forecast": view.id,
                "init_time": view.summary["init_time"],
                "members": view.summary["members"],
                "finest": 1.0 / view.summary["members"],
                "where": where,
                "place": found,
                "box": corners,
                "area_km2": None if corners is None else float(cells[0].size * self.theatre.grid.cell_area_km2),
                "holder_now": max(held, key=lambda holder: held[holder]),
                "shares_now": held,
                "front_km": round(float(np.nanmin(front)), 1) if np.isfinite(front).any() else -1.0,
                "leads": [one | {"reliability": _bin(reliability, one, corners is not None)} for one in leads],
                "places": [] if corners is None else _inside(view.places, corners)[:BOX_PLACES],
                "happened": [
                    {"lead_day": one["lead_day"], "valid_date": one["valid_date"], **shares(drawn[cells])}
                    for one, drawn in zip(leads, later, strict=False)
                ],
            }
        )

    def _cells(
        self, place: int | None, lon: float | None, lat: float | None, box: str | None
    ) -> tuple[Any, str, dict[str, Any] | None, tuple[float, float, float, float] | None]:
        """Cells, words, place and corners of where is meant.

        Raises:
            Refusal: where not exactly one is given.
        """
        given = [place is not None, lon is not None or lat is not None, box is not None]
        if sum(given) != 1 or (lon is None) != (lat is None):
            raise Refusal(422, "Give one of place, lon with lat, and box.")
        if box is not None:
            corners = parse_box(box)
            return cells_of_box(self.theatre, corners), "the box", None, corners
        if place is not None:
            found = self._described(place)
            row, column = self.finder.places.cells
            at = self.finder.row[place]
            if row[at] < 0:
                raise Refusal(404, f"{found['name']} lies outside the map.")
            return (row[at : at + 1], column[at : at + 1]), found["name"], found, None
        assert lon is not None
        assert lat is not None
        return cells_of_point(self.theatre, lon, lat), f"{lat:.3f} N, {lon:.3f} E", None, None

    async def _later(self, view: ForecastView) -> npt.NDArray[np.uint8] | list[Any]:
        """What happened at the leads that the record reaches."""
        source, init = view.summary["source"], view.summary["init_time"]
        if init >= self._day and self._day:
            return []
        key = (view.id, self._day)
        if key not in self._afterwards:
            while len(self._afterwards) >= VIEWS_OPEN:
                self._afterwards.pop(next(iter(self._afterwards)))
            self._afterwards[key] = await self.desk.ask("afterwards", source, init, view.summary["leads"])
        found = self._afterwards[key]
        return [] if found is None else found

    async def _reliable(self) -> list[dict[str, Any]]:
        if self._reliability is None:
            self._reliability = json.loads((await self.ask("track_record")).data)["reliability"]
        return self._reliability

    async def mechanisms(
        self,
        forecast: str,
        place: int | None,
        lon: float | None,
        lat: float | None,
        box: str | None,
        reach_km: float,
        lead: int | None,
    ) -> Body:
        """Why the front moves near somewhere."""
        await self._places_known()
        view = self._forecast(forecast)
        if view.summary["depth"] != "units":
            raise Refusal(404, "In a forecast of the line alone only the push moves it: order one with depth units.")
        if lead is not None:
            _lead(view.summary["leads"], lead)
        near, corners, where = None, None, "the whole front"
        if (place, lon, lat, box) != (None, None, None, None):
            _, where, found, corners = self._cells(place, lon, lat, box)
            if found is not None:
                near, where = (found["lon"], found["lat"]), f"near {where}"
            elif corners is None and lon is not None and lat is not None:
                near = (lon, lat)
        product = view.folder / "product"

        async def make() -> Body:
            return await self._body(await self.desk.ask("mechanisms", product, near, corners, where, reach_km, lead))

        return await self.shelf.made(("view", view.id, near, corners, reach_km, lead), make)

    async def export_forecast(self, forecast: str, file: str, lead: int | None) -> tuple[Body, str]:
        """A forecast as a file, and what to call it."""
        view = self._forecast(forecast)
        day = _lead(view.summary["leads"], lead)
        init = view.summary["init_time"]
        if file == "bands.geojson":
            return await self.bands(view.id, day), f"frontcast-{init}-day{day}-{file}"

        async def make() -> Body:
            data = await self.desk.ask("export_forecast", view.folder / "product", file, day)
            return await asyncio.to_thread(lambda: Body.of(data, MEDIA[file.rpartition(".")[2]]))

        body = await self.shelf.made(("view", view.id, file, day), make)
        return body, f"frontcast-{init}-{f'day{day}-' if file == 'map.png' else ''}{file}"

    # ---- evidence

    async def claims(
        self,
        place: int | None,
        box: str | None,
        first: str | None,
        last: str | None,
        as_of: str | None,
        kind: str | None,
        limit: int,
    ) -> Body:
        """See the address."""
        meant = None
        await self._places_known()
        if place is not None:
            self._described(place)
            meant = self.finder.place(place)
        corners = None if box is None else parse_box(box)
        given = (None if meant is None else asdict(meant), corners, first, last, as_of, kind, limit)
        return await self.ask("claims", *given)

    def symbol(self, sidc: str) -> Body:
        """The symbol of a code."""
        return symbol(sidc)

    # ---- orders

    def _first_order(self) -> ForecastRequest:
        """The day's forecast, within the limits."""
        limits = self.settings.limits
        return ForecastRequest(days=min(FIRST_DAYS, limits.days), members=min(FIRST_MEMBERS, limits.members))

    async def order_forecast(self, asked: ForecastRequest) -> Run:
        """See the address."""
        source = await self.source(asked.source)
        await self._opened()
        init = asked.init_time or self._day
        self._refuse_large(asked.members, asked.days, 1)
        config = {
            "source": source,
            "init_time": init,
            "days": asked.days,
            "members": asked.members,
            "seed": asked.seed,
            "depth": asked.depth,
            "without": list(asked.without),
        }
        flaws = await self.desk.ask("check_forecast", config)
        if flaws:
            raise Refusal(422, " ".join(f"{flaw.problem}. {flaw.remedy}." for flaw in flaws), flaws)
        vintage = await self.desk.ask("vintage", source, init)
        first = self._first_order()
        is_default = (
            source == self.settings.source and asked.model_copy(update={"init_time": None, "source": None}) == first
        )
        run = _name("forecast", config, vintage)
        title = f"Forecast from {init}, {asked.days} days, {asked.members} members"
        return self._shown(self.book.submit(run, "forecast", title, config, config, is_default))

    async def _opened(self) -> None:
        """Wait until the record is open.

        Raises:
            Refusal: where it takes too long.
        """
        for _ in range(OPEN_TRIES):
            if self._day:
                return
            await asyncio.sleep(0.1)
        raise Refusal(503, "The record is not open yet.", retry_s=5)

    def _refuse_large(self, members: int, days: int, futures: int) -> None:
        limits = self.settings.limits
        if members > limits.members:
            raise Refusal(422, f"{members} members are too many: at most {limits.members} here.")
        if days > limits.days:
            raise Refusal(422, f"{days} days are too many: at most {limits.days} here.")
        if members * days * futures > limits.member_days:
            most = limits.member_days // (days * futures)
            raise Refusal(422, f"{members} members for {days} days are too many: at most {most} here.")

    async def check_scenario(self, toml: str) -> Checked:
        """See the address."""
        flaws = await self.desk.ask("check", self.settings.source, toml)
        return Checked(fine=not flaws, problems=[Fault(**asdict(flaw)) for flaw in flaws])

    async def order_what_if(self, asked: WhatIfRequest) -> Run:
        """See the address."""
        given = [asked.scenario, asked.toml, asked.change]
        if sum(one is not None for one in given) != 1:
            raise Refusal(422, "Give one of scenario, toml and change.")
        if asked.scenario is not None:
            toml = json.loads((await self.ask("scenario", asked.scenario)).data)["toml"]
        elif asked.change is not None:
            await self._opened()
            init = asked.init_time or self._day
            toml = await self.desk.ask("change", asked.change.model_dump(), init, asked.days)
        else:
            assert asked.toml is not None
            toml = asked.toml
        checked = await self.check_scenario(toml)
        if not checked.fine:
            flaws = [Flaw(**fault.model_dump()) for fault in checked.problems]
            raise Refusal(422, f"The scenario has {len(flaws)} faults." if len(flaws) > 1 else flaws[0].problem, flaws)
        head = await self.desk.ask("scenario_head", toml)
        self._refuse_large(asked.members, head["days"], head["futures"])
        vintage = await self.desk.ask("vintage", self.settings.source, head["init_time"])
        order = {"toml": toml, "members": asked.members, "seed": asked.seed, "source": self.settings.source}
        shown = {"scenario": asked.scenario, "init_time": head["init_time"], "days": head["days"]}
        shown |= {"members": asked.members, "seed": asked.seed, "futures": head["futures"]}
        return self._shown(self.book.submit(_name("whatif", order, vintage), "whatif", head["title"], order, shown))

    # ---- runs

    def all_runs(self) -> Runs:
        """See the address."""
        return Runs(runs=[self._shown(record) for record in self.book.all()])

    def run(self, run: str) -> Run:
        """See the address."""
        return self._shown(self.book.get(run))

    async def cancel(self, run: str) -> Run:
        """See the address."""
        return self._shown(await self.book.cancel(run))

    async def again(self, run: str) -> Run:
        """See the address."""
        return self._shown(self.book.again(run))

    async def progress(self, run: str) -> AsyncIterator[bytes]:
        """Server-sent events of a run."""
        self._followers += 1
        try:
            yield b"retry: 2000\n\n"
            async for record in self.book.follow(run):
                if record is None:
                    yield b": still here\n\n"
                else:
                    yield f"event: run\ndata: {self._shown(record).model_dump_json()}\n\n".encode()
        finally:
            self._followers -= 1

    def may_follow(self, run: str) -> None:
        """Refuse to follow a run that is not there, or one reader more than there may be.

        Raises:
            Refusal: then.
        """
        self.book.get(run)
        if self._followers >= MOST_FOLLOWERS:
            raise Refusal(503, "Too many follow runs just now.", retry_s=10)

    def _shown(self, record: RunRecord) -> Run:
        progress = self.book.progress(record)
        members = record.shown["members"] * record.shown.get("futures", 1)
        done = members if record.state == "done" else progress.done
        prefix = {"forecast": "/api/v1/forecasts/", "whatif": "/api/v1/whatifs/"}[record.kind]
        names = (
            "id",
            "kind",
            "state",
            "title",
            "submitted_at",
            "started_at",
            "ended_at",
            "attempt",
            "note",
            "problems",
        )
        kept = asdict(replace(record, asked={}, shown={}))
        return Run.model_validate(
            {
                **{name: kept[name] for name in names},
                "asked": record.shown,
                "stage": progress.stage,
                "done": done,
                "total": progress.total or members,
                "ahead": self.book.ahead(record),
                "result": f"{prefix}{record.id}" if record.state == "done" else None,
            }
        )

    # ---- what ifs

    def _what_if(self, run: str) -> tuple[RunRecord, Path]:
        record = self.book.get(run)
        if record.kind != "whatif":
            raise Refusal(404, "This run is no what-if.")
        if record.state != "done":
            raise Refusal(404, f"This run is {record.state}.")
        return record, self.book.folder(record)

    async def what_if(self, run: str) -> Body:
        """See the address."""
        record, folder = self._what_if(run)

        async def make() -> Body:
            text = await asyncio.to_thread((folder / "view" / "summary.json").read_text, "utf-8")
            return await self._body(json.loads(text) | {"id": record.id})

        return await self.shelf.made(("summary", run), make)

    async def what_if_bands(self, run: str, future: int, lead: int | None) -> Body:
        """See the address."""
        _, folder = self._what_if(run)
        told = json.loads((await self.what_if(run)).data)
        if future >= len(told["futures"]):
            raise Refusal(404, f"There are {len(told['futures'])} futures, counted from 0.")
        return await self._file(run, folder / "view" / f"bands-{future}-{_lead(told['leads'], lead)}.json")

    async def export_what_if(self, run: str, file: str) -> tuple[Body, str]:
        """See the address."""
        _, folder = self._what_if(run)

        async def make() -> Body:
            data = await self.desk.ask("export_what_if", folder / "product", file)
            return await asyncio.to_thread(lambda: Body.of(data, MEDIA[file.rpartition(".")[2]]))

        return await self.shelf.made(("view", run, file), make), f"frontcast-whatif-{run[:8]}-{file}"

    # ---- being up

    def health(self) -> Health:
        """See the address."""
        days = [record for record in self.book.all() if record.is_default and record.state == "done"]
        return Health.model_validate(
            {
                "status": "ok",
                "version": __version__,
                "worker": self.book.worker_state,
                "waiting": self.book.waiting(),
                "default_forecast": days[0].id if days else None,
            }
        )


MEDIA: Final = {
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "geojson": GEOJSON,
    "zip": "application/zip",
    "toml": "application/toml",
}


def to_json(value: Any) -> bytes:
    """JSON in as few bytes as it takes; NaN is refused, for no browser reads it."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def parse_box(text: str) -> tuple[float, float, float, float]:
    """A box in degrees.

    Raises:
        Refusal: where it is none.
    """
    west, south, east, north = (float(part) for part in text.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Refusal(422, "A box is west,south,east,north in degrees: 36.5,48.9,37.9,49.9.")
    return west, south, east, north


@lru_cache(maxsize=512)
def symbol(sidc: str) -> Body:
    """The symbol of a 20-digit code as SVG.

    Raises:
        Refusal: where the standard has none.
    """
    import milsymbol

    drawn = milsymbol.Symbol(sidc, size=24)
    if not drawn.is_valid():
        raise Refusal(404, "The standard has no such symbol.")
    return Body.of(drawn.as_svg().encode(), "image/svg+xml")


def _is_forecast(record: RunRecord) -> bool:
    return record.kind == "forecast" and record.state == "done"


def _name(kind: str, order: dict[str, Any], vintage: str) -> str:
    """What a run is called: the same order on the same record by the same version is the same run."""
    told = json.dumps([kind, order, vintage, __version__], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _lead(leads: list[int], asked: int | None) -> int:
    if asked is None:
        return leads[-1]
    if asked not in leads:
        raise Refusal(404, f"The forecast has no lead of {asked} days. It has {', '.join(map(str, leads))}.")
    return asked


def _inside(places: list[dict[str, Any]], box: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    west, south, east, north = box
    return [one for one in places if west <= one["lon"] <= east and south <= one["lat"] <= north]


def _bin(bins: list[dict[str, Any]], chance: dict[str, Any], is_box: bool) -> dict[str, Any] | None:
    """The bin of the track record that a chance of a change falls into, at the nearest lead; none for a box."""
    if is_box or not bins:
        return None
    lead = min({one["lead_day"] for one in bins}, key=lambda day: (abs(np.log(day / chance["lead_day"])), day))
    mine = [one for one in bins if one["lead_day"] == lead]
    value = chance["p_change"]
    found = next(
        (one for one in mine if one["low"] <= value < one["high"]), mine[-1] if value >= mine[-1]["high"] else None
    )
    if found is None:
        return None
    enough = found["forecasts"] >= RELIABLE_FROM
    return found | {"came_true": found["came_true"] if enough else None}
