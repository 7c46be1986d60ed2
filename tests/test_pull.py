"""The daily round against a server on this machine that misbehaves in every way a server can."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontcast import cli
from frontcast.cli.daily_round import PullConfig, Round, load_pull_config
from frontcast.errors import FrontcastError, InputError
from frontcast.observe.fetch import Fetcher, FetchError, NotThereError
from frontcast.store import Store
from frontcast.theatre import Theatre
from frontcast.verify import Ledger
from tests.tiny import tiny_theatre

Act = Callable[["Handler"], None]
FIRST = date(2023, 4, 10)


class Handler(BaseHTTPRequestHandler):
    """Answers each path with what the test has set up for it."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        acts = self.server.acts.get(self.path, [missing])
        (acts.pop(0) if len(acts) > 1 else acts[0])(self)

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length != len(body):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.acts: dict[str, list[Act]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is part of the tests."""

    def times(self, path: str) -> int:
        return sum(one == path for one, _ in self.asked)


def missing(handler: Handler) -> None:
    handler.answer(404)


def giving(body: bytes, **headers: str) -> Act:
    """A good server: ETag, conditions, parts."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def act(handler: Handler) -> None:
        wanted = handler.headers.get("Range")
        if handler.headers.get("If-None-Match") == etag:
            handler.answer(304, ETag=etag)
        elif wanted and handler.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            told = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.answer(206, body[start:], ETag=etag, Content_Range=told)
        else:
            handler.answer(200, body, ETag=etag, **headers)

    return act


def torn(body: bytes, at: int) -> Act:
    """Breaks off after some bytes."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return lambda handler: handler.answer(200, body[:at], length=len(body), ETag=etag)


def failing(status: int, **headers: str) -> Act:
    return lambda handler: handler.answer(status, **headers)


def silent(handler: Handler) -> None:
    time.sleep(1.5)
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def fetcher(tmp_path: Path) -> Iterator[Fetcher]:
    found = patient_for_nothing(tmp_path / "downloads")
    yield found
    found.close()


def patient_for_nothing(folder: Path, clock: Callable[[], float] = time.time) -> Fetcher:
    """A fetcher that does not wait between attempts."""
    return Fetcher(folder, sleep=lambda _: None, clock=clock, silence_s=0.5)


BODY = b"".join(f"line {number}\n".encode() for number in range(20_000))


def test_a_file_is_had_once_and_asked_for_only_if_it_changed(server: Server, fetcher: Fetcher) -> None:
    server.acts["/map"] = [giving(BODY)]
    first = fetcher.fetch(server.url("/map"), largest=10**7)
    again = fetcher.fetch(server.url("/map"), largest=10**7)
    assert (first.data, first.fresh, again.data, again.fresh) == (BODY, True, BODY, False)
    assert first.sha256 == hashlib.sha256(BODY).hexdigest()
    assert server.asked[1][1]["if-none-match"] == first.etag
    assert "frontcast" in server.asked[0][1]["user-agent"]


def test_a_file_that_has_gone_from_the_folder_is_had_again(server: Server, fetcher: Fetcher, tmp_path: Path) -> None:
    server.acts["/map"] = [giving(BODY)]
    fetcher.fetch(server.url("/map"), largest=10**7)
    for file in (tmp_path / "downloads").glob("*.body"):
        file.write_bytes(b"something else")
    assert fetcher.fetch(server.url("/map"), largest=10**7).data == BODY


def test_what_broke_off_is_taken_up_where_it_was(server: Server, fetcher: Fetcher) -> None:
    server.acts["/map"] = [torn(BODY, 70_000), giving(BODY)]
    assert fetcher.fetch(server.url("/map"), largest=10**7).data == BODY
    start = int(server.asked[1][1]["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 70_000


def test_it_is_taken_up_by_a_later_run_too(server: Server, tmp_path: Path) -> None:
    server.acts["/map"] = [torn(BODY, 70_000)] * 4 + [giving(BODY)]
    first = patient_for_nothing(tmp_path / "one")
    with pytest.raises(FetchError, match="it broke off at 70,000 of"):
        first.fetch(server.url("/map"), largest=10**7)
    first.close()
    second = patient_for_nothing(tmp_path / "one")
    assert second.fetch(server.url("/map"), largest=10**7).data == BODY
    assert "range" in server.asked[-1][1]
    second.close()


def test_what_changed_meanwhile_is_had_anew(server: Server, fetcher: Fetcher) -> None:
    other = BODY[::-1]
    server.acts["/map"] = [torn(BODY, 70_000), giving(other)]
    assert fetcher.fetch(server.url("/map"), largest=10**7).data == other


def test_a_part_that_lies_is_not_believed(server: Server, fetcher: Fetcher) -> None:
    def wrong_part(handler: Handler) -> None:
        handler.answer(206, b"x" * 10, Content_Range=f"bytes 5-14/{len(BODY)}")

    server.acts["/map"] = [torn(BODY, 70_000), wrong_part, giving(BODY)]
    assert fetcher.fetch(server.url("/map"), largest=10**7).data == BODY


@pytest.mark.parametrize("act", [failing(500), failing(503), failing(429), silent, lambda one: one.connection.close()])
def test_a_server_in_trouble_is_asked_again_and_then_left_alone(server: Server, fetcher: Fetcher, act: Act) -> None:
    server.acts["/well"] = [act, giving(BODY)]
    assert fetcher.fetch(server.url("/well"), largest=10**7).data == BODY
    server.acts["/ill"] = [act]
    with pytest.raises(FetchError, match="in 4 attempts"):
        fetcher.fetch(server.url("/ill"), largest=10**7)


def test_waits_grow_and_a_server_that_asks_for_more_is_obeyed(server: Server, tmp_path: Path) -> None:
    waits: list[float] = []
    now = 1e9
    fetcher = Fetcher(tmp_path, sleep=waits.append, clock=lambda: now)
    server.acts["/ill"] = [failing(500)]
    with pytest.raises(FetchError):
        fetcher.fetch(server.url("/ill"), largest=10)
    assert waits == [2.0, 4.0, 8.0]
    server.acts["/busy"] = [failing(503, Retry_After="30"), giving(b"now")]
    assert fetcher.fetch(server.url("/busy"), largest=10).data == b"now"
    assert waits[-1] == 30.0
    server.acts["/later"] = [failing(429, Retry_After="7200"), giving(b"now")]
    with pytest.raises(FetchError):
        fetcher.fetch(server.url("/later"), largest=10)
    with pytest.raises(FetchError, match="asked not to be asked before"):
        fetcher.fetch(server.url("/later"), largest=10)
    assert server.times("/later") == 1
    now += 7201
    assert fetcher.fetch(server.url("/later"), largest=10).data == b"now"
    fetcher.close()


def test_a_missing_file_is_asked_for_once(server: Server, fetcher: Fetcher) -> None:
    with pytest.raises(NotThereError, match="no such file"):
        fetcher.fetch(server.url("/none"), largest=10)
    assert server.times("/none") == 1


def test_redirects_are_followed_but_not_for_ever_nor_anywhere(server: Server, fetcher: Fetcher) -> None:
    server.acts["/old"] = [failing(301, Location="/map")]
    server.acts["/map"] = [giving(BODY)]
    assert fetcher.fetch(server.url("/old"), largest=10**7).data == BODY
    server.acts["/loop"] = [failing(302, Location="/loop")]
    with pytest.raises(FetchError, match="more than 5 times"):
        fetcher.fetch(server.url("/loop"), largest=10**7)
    for where in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"):
        server.acts["/away"] = [failing(302, Location=where)]
        with pytest.raises(FetchError, match="Only http and https"):
            fetcher.fetch(server.url("/away"), largest=10**7)


def test_more_than_was_expected_is_refused(server: Server, fetcher: Fetcher) -> None:
    server.acts["/large"] = [giving(BODY)]
    with pytest.raises(FetchError, match="no more than 1,000"):
        fetcher.fetch(server.url("/large"), largest=1000)

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        except OSError:
            handler.close_connection = True

    server.acts["/endless"] = [endless]
    with pytest.raises(FetchError, match="more than 100,000 bytes"):
        fetcher.fetch(server.url("/endless"), largest=100_000)
    server.acts["/packed"] = [giving(BODY, Content_Encoding="gzip")]
    with pytest.raises(FetchError, match="it came packed"):
        fetcher.fetch(server.url("/packed"), largest=10**7)


def test_a_checksum_that_does_not_fit_is_told(server: Server, fetcher: Fetcher) -> None:
    server.acts["/map"] = [giving(BODY)]
    server.acts["/sum"] = [giving(f"{hashlib.sha256(BODY).hexdigest()}  map\n".encode())]
    server.acts["/wrong"] = [giving(b"0" * 64)]
    with pytest.raises(FetchError, match="its SHA-256 is"):
        fetcher.fetch(server.url("/map"), largest=10**7, checksum_url=server.url("/wrong"))
    assert fetcher.fetch(server.url("/map"), largest=10**7, checksum_url=server.url("/sum")).data == BODY


# ---- the round


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return tiny_theatre(tmp_path)


def map_of(theatre: Theatre, edge_km: float) -> bytes:
    """A daily file on which b holds all east of a line."""
    west = theatre.grid.west / 1000 + edge_km
    x = np.array([west, 60, 60, west, west]) * 1000.0
    y = np.array([-50, -50, 50, 50, -50]) * 1000.0
    lon, lat = theatre.grid.unproject(x, y)
    ring = [[[list(one) for one in zip(lon, lat, strict=True)]]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": ring}}
    return json.dumps({"type": "FeatureCollection", "features": [shape]}).encode()


def path_of(day: date) -> str:
    return f"/deepstatemap_data_{day:%Y%m%d}.geojson"


@pytest.fixture
def config(server: Server, theatre: Theatre) -> PullConfig:
    return PullConfig.model_validate(
        {
            "theatre": str(theatre.file),
            "ledger": "ledger",
            "map": {"url": server.url("/deepstatemap_data_{date:%Y%m%d}.geojson"), "reader": "deepstate-daily"},
            "issue": {"days": 3, "members": 20, "lead_days": [1, 2]},
        }
    )


def a_round(config: PullConfig, theatre: Theatre, folder: Path, day: date, *, hour: int = 6) -> Round:
    now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    fetcher = patient_for_nothing(folder / "downloads")
    return Round(config, folder / "my.duckdb", theatre, base=folder, now=now, fetcher=fetcher)


def held_days(folder: Path) -> list[str]:
    if not (folder / "my.duckdb").exists():
        return []
    with Store.open(folder / "my.duckdb", read_only=True) as held:
        return [str(time)[:10] for time in held.control("deepstate-daily").valid_time]


def test_the_map_of_the_day_that_is_over_is_added(
    server: Server, config: PullConfig, theatre: Theatre, tmp_path: Path
) -> None:
    server.acts[path_of(FIRST)] = [giving(map_of(theatre, 60))]
    made = a_round(config, theatre, tmp_path, FIRST + timedelta(days=1))
    made.maps()
    assert made.done.maps == [FIRST]
    assert held_days(tmp_path) == ["2023-04-10"]
    again = a_round(config, theatre, tmp_path, FIRST + timedelta(days=1))
    again.maps()
    assert again.done.maps == []
    assert server.times(path_of(FIRST)) == 1


def test_a_store_that_is_being_read_is_waited_for(
    server: Server, config: PullConfig, theatre: Theatre, tmp_path: Path
) -> None:
    second = FIRST + timedelta(days=1)
    for day in (FIRST, second):
        server.acts[path_of(day)] = [giving(map_of(theatre, 60))]
    a_round(config, theatre, tmp_path, second).maps()
    code = f"import duckdb, time; held = duckdb.connect({str(tmp_path / 'my.duckdb')!r}, read_only=True); print(1, flush=True); time.sleep(60)"
    reader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert reader.stdout is not None
    reader.stdout.readline()
    made = a_round(config, theatre, tmp_path, second + timedelta(days=1))
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        reader.kill()
        reader.wait()

    made.wait = wait
    made.maps()
    assert len(waits) == 1
    assert held_days(tmp_path) == ["2023-04-10", "2023-04-11"]


def test_since_fills_gaps(server: Server, config: PullConfig, theatre: Theatre, tmp_path: Path) -> None:
    days = [FIRST + timedelta(days=number) for number in range(5)]
    for day in (days[0], days[3]):
        server.acts[path_of(day)] = [giving(map_of(theatre, 60))]
        a_round(config, theatre, tmp_path, day + timedelta(days=1)).maps(day)
    for day in days[1:]:
        server.acts[path_of(day)] = [giving(map_of(theatre, 59))]
    made = a_round(config, theatre, tmp_path, days[4] + timedelta(days=1))
    made.maps(days[0] - timedelta(days=1))
    assert made.done.maps == [days[1], days[2], days[4]]
    assert made.done.missing == [days[0] - timedelta(days=1)]
    assert len(held_days(tmp_path)) == 5


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (giving(b"<html>Sorry</html>"), "JSON"),
        (giving(b'{"type": "FeatureCollection", "features": []}'), ""),
        (torn(b"x" * 1000, 400), "broke off"),
        (failing(500), "500"),
        (silent, "in time"),
        (failing(302, Location="/deepstatemap_data_20230410.geojson"), "other addresses"),
    ],
)
def test_what_is_no_map_never_reaches_the_store(
    server: Server, config: PullConfig, theatre: Theatre, tmp_path: Path, act: Act, says: str
) -> None:
    server.acts[path_of(FIRST)] = [act]
    made = a_round(config, theatre, tmp_path, FIRST + timedelta(days=1))
    made.maps()
    assert made.done.maps == []
    assert len(made.done.failed) == 1
    assert says in made.done.failed[0]
    assert held_days(tmp_path) == []
    server.acts[path_of(FIRST)] = [giving(map_of(theatre, 60))]
    later = a_round(config, theatre, tmp_path, FIRST + timedelta(days=1))
    later.maps()
    assert held_days(tmp_path) == ["2023-04-10"]


def test_a_map_that_loses_half_its_land_waits_for_a_person(
    server: Server, config: PullConfig, theatre: Theatre, tmp_path: Path
) -> None:
    second, third = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    server.acts[path_of(FIRST)] = [giving(map_of(theatre, 60))]
    server.acts[path_of(second)] = [giving(map_of(theatre, 90))]
    server.acts[path_of(third)] = [giving(map_of(theatre, 59))]
    a_round(config, theatre, tmp_path, second).maps()
    made = a_round(config, theatre, tmp_path, third)
    made.maps()
    assert list(made.done.held_back) == [second]
    assert "East would lose 3,0" in made.done.held_back[second][0]
    assert held_days(tmp_path) == ["2023-04-10"]
    later = a_round(config, theatre, tmp_path, third + timedelta(days=1))
    later.maps()
    assert later.done.maps == [third]  # and it does not hold up the maps after it
    assert server.times(path_of(second)) == 1
    with pytest.raises(FrontcastError, match="no map of 2023-04-20 is held back; there are those of 2023-04-11"):
        later.confirm([date(2023, 4, 20)])
    later.confirm([])
    assert held_days(tmp_path) == ["2023-04-10", "2023-04-11", "2023-04-12"]
    assert later.days(FIRST) == []


def test_a_file_of_another_day_is_refused(server: Server, theatre: Theatre, tmp_path: Path) -> None:
    asked = {
        "theatre": str(theatre.file),
        "map": {
            "url": server.url("/latest"),
            "name": "deepstatemap_data_20230101.geojson",
            "reader": "deepstate-daily",
        },
    }
    server.acts["/latest"] = [giving(map_of(theatre, 60))]
    made = a_round(PullConfig.model_validate(asked), theatre, tmp_path, FIRST)
    made.maps()
    assert "it shows 2023-01-01, not 2023-04-09" in made.done.failed[0]
    assert held_days(tmp_path) == []


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>A paper &lt;b&gt;</title>
<item><title>Front</title><link>http://example.org/1</link><pubDate>Mon, 10 Apr 2023 10:00:00 GMT</pubDate>
<description>Ukrainian forces have recaptured Izium, the General Staff said on Monday.</description></item>
<item><title>Tomorrow</title><link>http://example.org/2</link><pubDate>Wed, 10 May 2023 10:00:00 GMT</pubDate>
<description>Russian forces have captured Lyman, officials said.</description></item>
</channel></rss>"""


def test_feeds_become_claims_known_since_their_day(server: Server, theatre: Theatre, tmp_path: Path) -> None:
    server.acts["/feed"] = [giving(RSS.encode())]
    server.acts["/broken"] = [giving(b"<html>no feed</html>")]
    feeds = [{"url": server.url("/broken")}, {"url": server.url("/feed")}]
    config = PullConfig.model_validate({"theatre": str(theatre.file), "feed": feeds})
    made = a_round(config, theatre, tmp_path, FIRST + timedelta(days=1))
    made.feeds()
    assert made.done.reports == 1
    assert made.done.claims >= 1
    assert len(made.done.failed) == 1
    with Store.open(tmp_path / "my.duckdb", read_only=True) as held:
        claims = held.claims("Izium")
        assert str(claims["known_at"].iloc[0])[:10] == "2023-04-10"
        assert held.claims("Lyman").empty
    again = a_round(config, theatre, tmp_path, FIRST + timedelta(days=1))
    again.feeds()
    assert again.done.reports == 0
    later = a_round(config, theatre, tmp_path, date(2023, 5, 11))
    later.feeds()
    assert later.done.reports == 1  # the feed is what it was, but its other entry's day has come
    with Store.open(tmp_path / "my.duckdb", read_only=True) as held:
        assert not held.claims("Lyman").empty


def test_a_weeks_rounds_give_a_ledger_that_is_scored(
    server: Server, config: PullConfig, theatre: Theatre, tmp_path: Path
) -> None:
    days = [FIRST + timedelta(days=number) for number in range(23)]
    for number, day in enumerate(days):
        server.acts[path_of(day)] = [giving(map_of(theatre, 60 - number // 4))]
    a_round(config, theatre, tmp_path, days[19]).maps(FIRST)
    scored = []
    for day in days[20:]:
        made = a_round(config, theatre, tmp_path, day)
        made.maps()
        made.issue()
        assert made.done.issued
        scored.append(made.done.scored)
    assert scored == [0, 1, 2]  # a day after each start its first lead, two days after it the second
    entries = Ledger.open(tmp_path / "ledger").entries()
    assert [entry.kind for entry in entries].count("issued") == 3
    assert Ledger.open(tmp_path / "ledger").check() == []
    again = a_round(config, theatre, tmp_path, days[-1], hour=7)
    again.maps()
    again.issue()
    assert again.done.issued is None
    assert again.done.scored == 0


# ---- the command


def test_the_command_says_what_it_did_and_what_to_look_at(
    server: Server,
    theatre: Theatre,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "pull.toml"
    file.write_text(
        f'theatre = "{theatre.file}"\n[map]\nreader = "deepstate-daily"\n'
        f'url = "{server.url("/deepstatemap_data_{date:%Y%m%d}.geojson")}"\n'
    )
    server.acts[path_of(FIRST)] = [giving(map_of(theatre, 60))]
    server.acts[path_of(FIRST + timedelta(days=1))] = [giving(map_of(theatre, 90))]

    def run(*more: str) -> tuple[int, str]:
        words = ["pull", "--config", str(file), "--store", str(tmp_path / "my.duckdb"), *more]
        monkeypatch.setattr("sys.argv", ["frontcast", *words])
        try:
            cli.app(words, standalone_mode=False)
        except SystemExit as end:
            return int(end.code or 0), "".join(capsys.readouterr())
        return 0, "".join(capsys.readouterr())

    from click.exceptions import Exit

    def status(*more: str) -> tuple[int, str]:
        try:
            return run(*more)
        except Exit as end:
            return end.exit_code, "".join(capsys.readouterr())

    import frontcast.cli.pull as pulling

    if "pull" not in {command.name for command in cli.app.registered_commands}:
        cli.app.command("pull")(pulling.pull)
    code, said = status("--now", "2023-04-11T06:00")
    assert code == 0, said
    assert "Maps added" in said
    code, said = status("--now", "2023-04-12T06:00")
    assert "Held back: the map of 2023-04-11. East would lose" in said
    code, said = status("--now", "2023-04-12T06:00", "--confirm")
    assert "1 (2023-04-11)" in said


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("map = 3", "map", ""),
        ('[map]\nurl = "http://x/{day}"\nreader = "deepstate-daily"', "map.url", "only {date} is"),
        ('[map]\nurl = "http://x/{date}"\nreader = "nobody"', "map.reader", "readers are"),
        ("unknown = 1", "unknown", ""),
        ("nonsense", "", "is no TOML"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, place: str, says: str) -> None:
    file = tmp_path / "pull.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_pull_config(file)
    assert caught.value.place == place
    assert says in str(caught.value)


def test_the_example_in_the_docs_is_a_configuration() -> None:
    text = (Path(__file__).parents[1] / "docs" / "pull.md").read_text("utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    import tomllib

    found: Any = PullConfig.model_validate(tomllib.loads(example))
    assert found.map is not None
    assert found.map.on(date(2025, 6, 30))[1] == "deepstatemap_data_20250630.geojson"
