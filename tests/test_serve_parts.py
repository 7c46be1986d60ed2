"""Parts of the service that need no server to be tried."""

from __future__ import annotations

import asyncio
import io
import json
import pickle
import tomllib
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from frontcast.errors import FrontcastError, InputError, ManyInputError
from frontcast.serve.answers import Body, Shelf, respond
from frontcast.serve.desk.evidence import web_address
from frontcast.serve.desk.opened import Opened
from frontcast.serve.desk.questions import change, safe
from frontcast.serve.desk.runs import packed
from frontcast.serve.geometry import compact, geometry
from frontcast.serve.page_files import PageFiles
from frontcast.serve.refusal import Flaw, Refusal, refused
from frontcast.serve.runbook import RunBook, RunRecord
from frontcast.serve.settings import Settings
from frontcast.theatre import Theatre
from tests.tiny import tiny_theatre


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return tiny_theatre(tmp_path_factory.mktemp("theatre"))


def asking(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""})


@given(st.text(max_size=40))
def test_no_range_trips_it(text: str) -> None:
    body = Body.of(bytes(range(256)) * 10)
    headers = {"range": text.encode("latin-1", "replace").decode("latin-1")}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""})
    assert respond(request, body).status_code in (200, 206, 416)


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-1", 206, slice(-1, None)),
        ("bytes=-99999", 206, slice(None)),
        ("bytes=0-99999999999999999999", 206, slice(None)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=2560-", 416, slice(0, 0)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,3-4", 200, slice(None)),
        ("lines=0-1", 200, slice(None)),
    ],
)
def test_a_part_is_what_was_asked_for(wanted: str, status: int, part: slice) -> None:
    data = bytes(range(256)) * 10
    answer = respond(asking(range=wanted), Body.of(data))
    assert answer.status_code == status
    assert answer.body == data[part]


def test_gzip_is_for_those_who_take_it() -> None:
    body = Body.of(b"abc" * 1000)
    assert respond(asking(accept_encoding="br, gzip;q=0.5"), body).headers["content-encoding"] == "gzip"
    for accepted in ("", "br", "gzip;q=0", "identity"):
        assert "content-encoding" not in respond(asking(accept_encoding=accepted), body).headers
    assert respond(asking(if_none_match=f'W/"{body.etag}-gz", "x"'), body).status_code == 304
    assert respond(asking(if_none_match='"x"'), body).status_code == 200


def test_a_shelf_makes_each_answer_once_and_has_a_limit() -> None:
    made: list[int] = []

    async def main() -> None:
        shelf = Shelf(10_000)

        async def make(number: int) -> Body:
            made.append(number)
            await asyncio.sleep(0.01)
            return Body.of(np.random.default_rng(number).bytes(1000))

        found = await asyncio.gather(*(shelf.made((7,), lambda: make(7)) for _ in range(50)))
        assert len({body.etag for body in found}) == 1
        assert made == [7]
        for number in range(30):
            await shelf.made((number,), lambda number=number: make(number))
        assert shelf.get((0,)) is None
        assert shelf.get((29,)) is not None

        async def fail() -> Body:
            raise Refusal(503, "no")

        for _ in range(2):  # what failed is tried again
            with pytest.raises(Refusal):
                await shelf.made(("x",), fail)

    asyncio.run(main())


def test_a_refusal_travels_and_hides_paths() -> None:
    one = refused(ManyInputError([InputError("/home/me/x.toml", "line 3", "is wrong", "Mend /home/me/x.toml")]))
    assert one.flaws == [Flaw("line 3", "is wrong", "Mend /home/me/x.toml")]
    hidden = refused(FrontcastError("/home/me/my.duckdb: no"), hide={"/home/me/my.duckdb": "the store"})
    assert hidden.detail == "the store: no."
    assert vars(pickle.loads(pickle.dumps(one))) == vars(one)


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", 'http://x/"onclick=', "http://x/ y", "//x", "", None, "HTTP://x/é"],
)
def test_unsafe_addresses_are_not_linked(text: str | None) -> None:
    assert web_address(text) is None


def test_safe_addresses_are() -> None:
    assert web_address("https://example.org/a?b=c#d") == "https://example.org/a?b=c#d"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_breaks_out_of_the_toml(theatre: Theatre, unit: str, place: str) -> None:
    made = {"kind": "move_unit", "side": "b", "unit": unit, "to": place, "date": "2023-04-20"}
    toml = change(Opened(str(theatre.file), None), made, "2023-04-20", 3)
    data = tomllib.loads(toml)
    assert list(data) == ["scenario", "change"]
    assert list(data["change"][0]) == ["kind", "side", "unit", "to", "date"]
    clean = "".join("\ufffd" if 0xD800 <= ord(one) <= 0xDFFF else one for one in unit)
    assert data["change"][0]["unit"] == clean


def test_a_scenario_of_another_theatre_is_never_opened() -> None:
    for named in ("../../etc/x.toml", "/etc/x.toml", "ukraine", 3, None):
        text = "" if named is None else f"[scenario]\ntheatre = {json.dumps(named)}\n"
        with pytest.raises(Refusal):
            safe(text, "tiny")
    assert safe("", "ukraine") == {}


def test_shapes_are_given_simply_and_in_order(theatre: Theatre) -> None:
    line = shapely.LineString([(0, 0), (10, 0.01), (20, 0)])
    shape = geometry(line, theatre.grid)
    assert shape is not None
    assert len(shape["coordinates"]) == 2
    steps = np.array(compact(line, theatre.grid, 2000)[0]).reshape(-1, 2).cumsum(axis=0) / 2000
    assert np.abs(steps - np.array(shape["coordinates"])).max() < 1e-3
    assert geometry(shapely.Polygon([(0, 0), (1, 0), (1, 0.01)]), theatre.grid) is None
    assert compact(shapely.Point(0, 0).buffer(1e-3), theatre.grid, 2000) == []


def test_an_archive_of_a_run_is_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "a.zarr" / "b").mkdir(parents=True)
    (tmp_path / "a.zarr" / "b" / "0").write_bytes(b"x" * 100)
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "state.json").write_text("secret")
    first = packed(tmp_path, ("a.zarr", "run.json", "missing"))
    assert first == packed(tmp_path, ("a.zarr", "run.json", "missing"))
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["a.zarr/b/0", "run.json", "README.txt"]


def test_the_pages_files_are_found_by_exact_name() -> None:
    page = PageFiles()
    for path in ("/../app.py", "/assets/../index.html", "/.gitkeep", "/index.html/"):
        request = Request(
            {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "server": ("x", 1)}
        )
        with pytest.raises(Refusal):
            page.answer(request)


def test_runs_of_another_form_are_forgotten_and_nothing_else_is_touched(tmp_path: Path) -> None:
    def state(name: str, **more: object) -> Path:
        record = RunRecord(name, "forecast", "", {}, {"members": 20}, False, 1, "2023-01-01T00:00:00Z", state="done")
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "state.json").write_text(json.dumps({**asdict(record), **more}))
        return folder

    kept, old, alien = state("a" * 32), state("b" * 32, form=1), tmp_path / "runs" / "photographs"
    renamed = state("c" * 32).rename(tmp_path / "runs" / "copy")
    alien.mkdir()
    (alien / "one.png").write_text("mine")
    book = RunBook(Settings(keep=tmp_path))
    book.open()
    assert [record.id for record in book.all()] == [kept.name]
    assert not old.exists()
    assert alien.joinpath("one.png").exists()
    assert renamed.exists()
