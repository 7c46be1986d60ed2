"""The daily round: new maps and reports into the store, the day's forecast into the ledger, what has fallen due scored.

A map gets into the store only whole, readable and believable. One that is not believable is held back in a folder
beside the store until a person says that it is right.
"""

from __future__ import annotations

import json
import string
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from frontcast.errors import FrontcastError, InputError
from frontcast.observe import READERS, ControlMap, Read, read_path
from frontcast.observe.fetch import Fetcher, FetchError, NotThereError
from frontcast.observe.fetch.download import whole
from frontcast.observe.fetch.plausible import LOST_SHARE, doubts
from frontcast.store import ControlSeries, NoObservationError, Store, StoreError
from frontcast.theatre import Theatre

MB: Final = 2**20
STORE_TRIES: Final = 30
STORE_WAIT_S: Final = 2.0
"""How often, and how long apart, a store that is in use is tried."""

BATCH: Final = 30
"""Maps that are put into the store at once where there are many to fetch."""

Say = Callable[[str], None]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MapSource(_Strict):
    """A daily control map.

    Attributes:
        url: with `{date}` where the day goes; `{date:%Y%m%d}` writes it as strftime does.
        reader: of `frontcast.observe.READERS`; its source is what the maps are stored under.
        name: what the reader must find the file called; left out, the end of the address.
        checksum: address of a text with the file's SHA-256, likewise with `{date}`.
        largest_mb: more is refused. lost_share: see `frontcast.observe.fetch.plausible`.
        first: the first day there is.
    """

    url: str
    reader: str
    name: str | None = None
    checksum: str | None = None
    largest_mb: float = Field(default=32.0, gt=0, le=256)
    lost_share: float = Field(default=LOST_SHARE, gt=0, le=1)
    first: date | None = None

    @field_validator("reader")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in READERS:
            raise ValueError(f"there is no reader {name!r}: readers are {', '.join(READERS)}")
        return name

    @field_validator("url", "checksum", "name")
    @classmethod
    def _template(cls, text: str | None) -> str | None:
        if text is not None:
            fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            if fields - {"date"}:
                raise ValueError(f"{{{', '.join(sorted(fields - {'date'}))}}} is not known: only {{date}} is")
            text.format(date=date(2022, 2, 24))
        return text

    def on(self, day: date) -> tuple[str, str, str | None]:
        """Address, name and address of the checksum on a day."""
        url = self.url.format(date=day)
        name = (self.name or PurePosixPath(urlsplit(url).path).name).format(date=day)
        return url, PurePosixPath(name).name, None if self.checksum is None else self.checksum.format(date=day)


class FeedSource(_Strict):
    """A feed of reports, RSS or Atom."""

    url: str
    largest_mb: float = Field(default=16.0, gt=0, le=64)


class Issue(_Strict):
    """The forecast that is issued each day."""

    days: int = Field(default=30, ge=1, le=180)
    members: int = Field(default=200, ge=20, le=5000)
    seed: int = Field(default=1, ge=0)
    lead_days: tuple[int, ...] = (1, 3, 7, 14, 30)


class PullConfig(_Strict):
    """All of a pull's configuration.

    Attributes:
        contact: told to servers, so that their keepers can write to you.
        ledger: folder of the ledger, as seen from the configuration file; left out, nothing is issued.
    """

    theatre: str = "ukraine"
    contact: str = ""
    ledger: str | None = None
    map: MapSource | None = None
    feed: tuple[FeedSource, ...] = ()
    issue: Issue = Issue()


def load_pull_config(path: Path) -> PullConfig:
    """The configuration in a TOML file.

    Raises:
        InputError: where it cannot be read, or a key or value is not right.
    """
    try:
        return PullConfig.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        remedy = "Give a TOML file: docs/pull.md has one to begin from"
        raise InputError(str(path), "", f"cannot be read ({error.strerror})", remedy) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"is no TOML ({error})", "Mend it there") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        problem = first["msg"].removeprefix("Value error, ")
        raise InputError(str(path), place, problem, "See docs/pull.md for the keys") from None


@dataclass
class Done:
    """What a round did.

    Attributes:
        maps: days of maps added. missing: days without one. held_back: days held back, with why. failed: what went wrong.
        claims, reports: added. issued: entry of the ledger. scored: how many entries.
    """

    maps: list[date] = field(default_factory=list)
    missing: list[date] = field(default_factory=list)
    held_back: dict[date, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    reports: int = 0
    claims: int = 0
    issued: str | None = None
    scored: int = 0


class Round:
    """One pull: `maps`, `feeds`, `issue`, in this order.

    Args:
        config: what to pull. store: file of the store. base: folder the configuration's paths are seen from.
        now: the time, UTC. say: told what is being done. fetcher: to use another than the usual one.
    """

    def __init__(
        self,
        config: PullConfig,
        store: Path,
        theatre: Theatre,
        *,
        base: Path,
        now: datetime,
        say: Say = lambda text: None,
        fetcher: Fetcher | None = None,
    ) -> None:
        self.config, self.store, self.theatre, self.base, self.now, self.say = config, store, theatre, base, now, say
        self.folder = store.with_name(f"{store.name}.pull")
        self.fetcher = fetcher or Fetcher(self.folder / "downloads", config.contact)
        self.held_back = self.folder / "held_back"
        self.wait: Callable[[float], None] = time.sleep
        self.done = Done()
        self._series: ControlSeries | None = None
        self._believed: list[ControlMap] = []
        self._batch: list[Read] = []

    # ---- maps

    def days(self, since: date | None) -> list[date]:
        """Days to ask for: those that are over, after the last that is held, or all from `since` that are not held."""
        assert self.config.map is not None
        last_over = (self.now - timedelta(days=1)).date()
        held = self._held_days()
        waiting = set(self._waiting())
        first = since or (max(held) + timedelta(days=1) if held else last_over)
        first = max(first, self.config.map.first or first)
        every = (first + timedelta(days=number) for number in range((last_over - first).days + 1))
        return [day for day in every if day not in held and day not in waiting]

    def _held_days(self) -> set[date]:
        assert self.config.map is not None
        source = READERS[self.config.map.reader].source
        if not self.store.exists():
            return set()
        with Store.open(self.store, read_only=True) as held:
            days = held.sql(
                "SELECT DISTINCT CAST(valid_time AS DATE) AS day FROM control_map WHERE source = $source AND theatre = $t",
                {"source": source, "t": self.theatre.name},
            )["day"]
        return {one.date() for one in days}

    def _waiting(self) -> list[date]:
        """Days whose map is held back."""
        found = sorted(self.held_back.glob("*/why.json"))
        return [date.fromisoformat(file.parent.name) for file in found]

    def maps(self, since: date | None = None) -> None:
        """Fetch the maps of the days that are over and are not held."""
        assert self.config.map is not None
        for day in self.days(since):
            url, name, checksum = self.config.map.on(day)
            self.say(f"Asking for the map of {day}")
            largest = int(self.config.map.largest_mb * MB)
            try:
                found = self.fetcher.fetch(url, largest=largest, checksum_url=checksum)
                self._take(day, name, found.data, confirmed=False)
                self.fetcher.forget(url)
            except NotThereError:
                self.done.missing.append(day)
            except FetchError as error:
                self.done.failed.append(str(error))
                break  # a server in trouble is not asked for thirty days more
            except FrontcastError as error:
                self.done.failed.append(f"{day}: {error}")
            if len(self._batch) >= BATCH:
                self._append()
        self._append()

    def confirm(self, days: list[date]) -> None:
        """Believe maps that were held back.

        Raises:
            FrontcastError: where none is held back for a day.
        """
        waiting = self._waiting()
        for day in days or waiting:
            if day not in waiting:
                told = ", ".join(map(str, waiting)) or "none"
                raise FrontcastError(f"no map of {day} is held back; there are those of {told}.")
            folder = self.held_back / str(day)
            file = next(file for file in folder.iterdir() if file.name != "why.json")
            self._take(day, file.name, file.read_bytes(), confirmed=True)
            self._append()
            for one in folder.iterdir():
                one.unlink()
            folder.rmdir()

    def _take(self, day: date, name: str, data: bytes, *, confirmed: bool) -> None:
        """Read a map, and add it to the store where it can be believed."""
        assert self.config.map is not None
        with _named(name, data) as file:
            reads = list(read_path(file, self.theatre, self.config.map.reader))
        charts = [one for one in reads if isinstance(one, ControlMap)]
        if [one.valid_time.astype("datetime64[D]").item() for one in charts] != [day]:
            told = ", ".join(str(one.valid_time)[:10] for one in charts) or "no day"
            raise InputError(name, "", f"it shows {told}, not {day}", "Check url and name in the configuration")
        why = [] if confirmed else self._doubts(charts[0])
        if why:
            self._hold_back(day, name, data, why)
            return
        self._believed.append(charts[0])
        self._batch += reads
        self.done.maps.append(day)

    def _doubts(self, chart: ControlMap) -> list[str]:
        """Why a map should not be believed, against the newest that was known then."""
        assert self.config.map is not None
        before: Any = None
        known: Any = np.datetime64("1900-01-01", "s")
        if self._series is None and self.store.exists():
            with suppress(StoreError), Store.open(self.store, read_only=True) as held:
                self._series = held.control(chart.provenance.source, theatre=self.theatre.name)
        if self._series is not None:
            with suppress(NoObservationError):
                number = self._series.index_at(chart.known_at)
                before, known = self._series.control(number), self._series.valid_time[number]
        for other in self._believed:
            if known < other.valid_time <= chart.known_at:
                before, known = other.control, other.valid_time
        return [] if before is None else doubts(before, chart.control, self.theatre, self.config.map.lost_share)

    def _hold_back(self, day: date, name: str, data: bytes, why: list[str]) -> None:
        folder = self.held_back / str(day)
        folder.mkdir(parents=True, exist_ok=True)
        whole(folder / name, data)
        whole(folder / "why.json", json.dumps({"why": why, "held_back_at": self.now.isoformat()}).encode())
        self.done.held_back[day] = why

    def _append(self) -> None:
        """Put what has been read into the store, all of it or nothing."""
        if self._batch:
            with self._to_write() as target:
                target.append(self.theatre, self._batch)
            self._batch.clear()

    def _to_write(self) -> Store:
        """The store to add to. A service that reads it for a moment is waited for.

        Raises:
            StoreError: where it stays in use, or cannot be opened.
        """
        for _ in range(STORE_TRIES - 1):
            try:
                return Store.open(self.store)
            except StoreError as error:
                if "in use" not in str(error):
                    raise
                self.wait(STORE_WAIT_S)
        return Store.open(self.store)

    # ---- reports

    def feeds(self) -> None:
        """Fetch the feeds that have changed, read them, and keep their claims."""
        from frontcast.observe.reports.batch import read_documents
        from frontcast.observe.reports.document import Document
        from frontcast.observe.reports.load import load

        for feed in self.config.feed:
            self.say(f"Asking for {feed.url}")
            try:
                found = self.fetcher.fetch(feed.url, largest=int(feed.largest_mb * MB))
            except FetchError as error:
                self.done.failed.append(str(error))
                continue
            if not found.fresh:
                continue
            try:
                with _named("feed.rss", found.data) as file:
                    documents = [one for one in load(file) if isinstance(one, Document)]
                # An entry of tomorrow is a slip of a clock: it is taken when its day has come.
                known = [one for one in documents if one.published <= self.now.date()]
                readings = read_documents(known, 1)
                kept = [(document, claims) for document, claims, warning in readings if warning is None]
                with self._to_write() as target:
                    done = target.append_reports(kept)
            except InputError as error:
                self.done.failed.append(f"{feed.url}: {error.problem}. {error.remedy}")
                continue
            except BaseException:
                self.fetcher.forget(feed.url)  # or the next pull would hear that nothing has changed
                raise
            if len(known) < len(documents):
                self.fetcher.forget(feed.url)
            self.done.reports += done.reports
            self.done.claims += done.claims

    # ---- the forecast

    def issue(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Issue the newest day's forecast where it is not issued yet, and score what has fallen due."""
        if self.config.ledger is None or self.config.map is None or not self.store.exists():
            return
        from frontcast.forecast import ForecastConfig, forecast
        from frontcast.verify import FORECASTERS, Ledger, issue
        from frontcast.verify.issue import with_members

        now = np.datetime64(self.now.replace(tzinfo=None), "s")
        source = READERS[self.config.map.reader].source
        with Store.open(self.store, read_only=True) as held:
            try:
                series = held.control(source, theatre=self.theatre.name).known_by(now)
            except StoreError:
                return
        if not len(series):
            return
        ledger = Ledger.open(self.base / self.config.ledger)
        day = series.known_at[-1].astype("datetime64[D]")
        chosen = self.config.issue
        config = ForecastConfig(
            theatre=self.config.theatre,
            source=source,
            init_time=str(day),
            days=chosen.days,
            members=chosen.members,
            seed=chosen.seed,
            lead_days=tuple(lead for lead in chosen.lead_days if lead <= chosen.days),
        )
        issued = {entry.content["init_time"] for entry in ledger.entries() if entry.kind == "issued"}
        if f"{config.time}Z" not in issued:
            self.say(f"Forecasting from {day}")
            picture, result = forecast(series, self.theatre, with_members(config), progress=progress)
            self.say("Issuing it, with the simpler methods beside it")
            self.done.issued = ledger.append(issue(series, picture, config, result, now, FORECASTERS)).sha256
        self.done.scored = len(ledger.score_due(series, self.theatre, now))


@contextmanager
def _named(name: str, data: bytes) -> Iterator[Path]:
    """The bytes in a file of a name, for readers that go by names."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        yield file


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def why_held_back(folder: Path) -> dict[str, Any]:
    """Why a map is held back."""
    found: dict[str, Any] = json.loads((folder / "why.json").read_text("utf-8"))
    return found
