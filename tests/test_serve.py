"""The service as its readers meet it: every address on a tiny theatre, and what it refuses."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.store import Store
from tests.servekit import Served, serving
from tests.tiny import INIT, store_file, tiny_series, tiny_theatre

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TEXT = f"East took Middleham {SCRIPT}. A depot in Middleham was hit."
SCENARIO = """
[scenario]
title = "Effort"
question = "What if the east tried harder?"
theatre = "tiny"
init_time = 2023-04-10
days = 3
[[change]]
kind = "policy"
side = "East"
start = 2023-04-10
end = 2023-04-20
effort = 3.0
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    theatre = tiny_theatre(folder)
    store = store_file(folder / "tiny.duckdb", theatre, tiny_series(theatre))
    _add_claims(store, theatre.places.find("Middleham"))
    with serving(theatre.file, store, folder / "keep", "--nice", "0") as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def slow(served: Served) -> Iterator[tuple[float, list[socket.socket]]]:
    """Clients that say half a request and no more, while all the other tests go on: one in its body, thirty in the headers."""
    base = served.client.base_url
    links = [socket.create_connection((base.host, base.port), 20) for _ in range(31)]
    head = b"POST /api/v1/forecasts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{"
    for link, words in zip(links, [head] + 30 * [b"GET /api/v1/health HTTP/1.1\r\nHost: local"], strict=True):
        link.sendall(words)
    yield time.monotonic(), links
    for link in links:
        link.close()


def _add_claims(store: Path, place: Any) -> None:
    document = Document(
        source=f"Paper {SCRIPT}",
        title=SCRIPT,
        url="javascript:alert(1)",
        published=np.datetime64("2023-03-01").item(),
        text=TEXT,
        file="one.txt",
        sha256="0" * 64,
    )
    claims = [
        _claim("control", place, f"East took Middleham {SCRIPT}", holder="East", side="East", attributed_to=SCRIPT),
        _claim("strike", place, "A depot in Middleham was hit", side="West", target=f"a depot {SCRIPT}"),
    ]
    with Store.open(store) as held:
        held.append_claims(document, claims, reader_version=1)


def _claim(kind: str, place: Any, quote: str, **more: Any) -> Claim:
    start = TEXT.index(quote)
    blank = dict.fromkeys(("side", "holder", "attributed_to", "unit", "quantity", "origin", "target", "note"))
    return Claim(
        **(blank | more),
        kind=kind,
        place=place.name,
        lat=place.lat,
        lon=place.lon,
        valid="2023-03-01",
        certainty="claimed",
        quote=quote,
        start=start,
        end=start + len(quote),
    )


@pytest.fixture(scope="module")
def forecast(served: Served) -> dict[str, Any]:
    """The day's forecast, which is made unasked."""
    return served.until("/forecasts/latest", lambda told: True)


def get(served: Served, path: str, **asked: Any) -> Any:
    answer = served.client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


# ---- the record


def test_it_says_what_it_serves(served: Served) -> None:
    told = get(served, "/theatre")
    assert (told["name"], told["first"], told["last"]) == ("tiny", "2023-01-01", "2023-04-30")
    assert told["sides"]["b"]["name"] == "East"
    assert len(told["sides"]["b"]["dark"]["ramp"]) == len(told["bands"]) == len(told["band_words"])
    west, south, east, north = told["bounds"]
    assert west < told["front_bounds"][0] < told["front_bounds"][2] < east
    assert south < 48.5 < north
    assert told["holds_claims"]


def test_the_time_bar_has_every_day_and_areas_add_up(served: Served) -> None:
    days = get(served, "/timeline")["days"]
    assert len(days) == 120
    totals = {day["a"] + day["grey"] + day["b"] for day in days}
    assert len(totals) == 1
    assert days[-1]["b"] > days[0]["b"]


def test_a_day_has_ground_and_both_lines_on_the_right_side(served: Served) -> None:
    told = get(served, "/control/2023-01-05")
    kinds = {(one["properties"]["kind"], one["properties"]["side"]) for one in told["features"]}
    assert kinds == {("held", "a"), ("held", "b"), ("grey_zone", "grey"), ("flot", "a"), ("flot", "b")}
    held = {one["properties"]["side"]: one for one in told["features"] if one["properties"]["kind"] == "held"}
    lons = {side: np.array(_points(one["geometry"]["coordinates"]))[:, 0] for side, one in held.items()}
    assert lons["a"].max() <= lons["b"].min() + 0.03
    areas = get(served, "/timeline")["days"][4]
    assert held["b"]["properties"]["area_km2"] == areas["b"]


def _points(part: Any) -> list[list[float]]:
    return [part] if isinstance(part[0], float) else [point for one in part for point in _points(one)]


def test_a_year_of_lines_says_the_same_as_its_days(served: Served) -> None:
    told = served.client.get("/lines/2023").json()
    assert len(told["days"]) == 120
    last = told["maps"][told["days"][-1]]
    longest = max(last["b"], key=len)
    steps = np.array(longest).reshape(-1, 2).cumsum(axis=0) / told["scale"]
    day = get(served, "/control/2023-04-30")
    line = next(one for one in day["features"] if one["properties"] == {"kind": "flot", "side": "b", "area_km2": None})
    points = np.array(_points(line["geometry"]["coordinates"]))
    away = np.hypot(*(steps[:, None] - points[None]).transpose(2, 0, 1)).min(axis=1)
    assert away.max() < 0.002
    assert len(json.dumps(told)) < 600_000


def test_ground_is_geojson(served: Served) -> None:
    assert get(served, "/ground/borders")["features"][0]["properties"]["kind"] == "country"
    assert get(served, "/ground/rivers") == {"type": "FeatureCollection", "features": []}


def test_places_are_found_by_name_and_by_its_beginning(served: Served) -> None:
    assert [one["name"] for one in get(served, "/places", q="middleham")["places"]] == ["Middleham"]
    assert get(served, "/places", q="Fro")["places"][0]["name"] == "Frontford"
    missed = get(served, "/places", q="Midleham")
    assert missed["places"][:1] or missed["suggestions"] == ["Middleham"]
    nobody = get(served, "/places", q=SCRIPT)
    assert nobody == {"query": SCRIPT, "places": [], "suggestions": []}
    there = get(served, "/places/1")
    assert (there["name"], there["holder_now"]) == ("Middleham", "b")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/control/2023-02-30", 422),
        ("/control/1990-01-01", 404),
        ("/control/..%2f..%2fetc%2fpasswd", 404),
        ("/lines/1999", 404),
        ("/places/99999", 404),
        ("/timeline?source=nobody", 404),
        ("/ground/secrets", 422),
        ("/runs/0123456789abcdef", 404),
        ("/runs/0123456789abcdef/events", 404),
        ("/runs/..%2f..%2fstate.json", 404),
        ("/forecasts/0123456789abcdef/bands", 404),
        ("/claims?kind=gossip", 422),
        ("/scenarios/..%2f..%2fpyproject", 404),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_refused_in_words(served: Served, path: str, status: int) -> None:
    answer = served.client.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert "/" not in answer.json()["detail"] or "days" in answer.json()["detail"]


# ---- forecasts


def test_the_days_forecast_is_made_unasked(served: Served, forecast: dict[str, Any]) -> None:
    assert forecast["is_default"]
    assert forecast["init_time"] == "2023-04-30"
    assert forecast["run"]["config"]["members"] == 200
    assert [one["id"] for one in get(served, "/forecasts")["forecasts"]].count(forecast["id"]) == 1
    last = next(one for one in forecast["area"] if one["lead_day"] == 30 and one["side"] == "b")
    assert last["q05"] <= last["q50"] <= last["q95"]


def test_bands_lie_within_one_another(served: Served, forecast: dict[str, Any]) -> None:
    import shapely

    told = get(served, f"/forecasts/{forecast['id']}/bands")
    assert told["lead_day"] == 30
    mine = [one for one in told["features"] if one["properties"]["kind"] == "band" and one["properties"]["side"] == "b"]
    shapes = [shapely.geometry.shape(one["geometry"]).buffer(0) for one in mine]
    assert mine
    assert all(outer.buffer(0.005).covers(inner) for outer, inner in pairwise(shapes))
    assert {one["properties"]["quantile"] for one in told["features"]} >= {0.1, 0.5, 0.9}


def test_a_place_has_chances_that_the_product_has(served: Served, forecast: dict[str, Any]) -> None:
    at = get(served, f"/forecasts/{forecast['id']}/at", place=3)
    assert at["where"] == "Lostwick"
    assert at["finest"] == 1 / 200
    for lead in at["leads"]:
        assert lead["p_a"] + lead["p_grey"] + lead["p_b"] == pytest.approx(1, abs=2e-4)
    table = served.client.get(f"/forecasts/{forecast['id']}/export/places.csv").text.splitlines()
    names = table[0].split(",")
    row = next(
        line.split(",") for line in table if line.startswith("Lostwick,") and f",{at['leads'][-1]['lead_day']}," in line
    )
    found = dict(zip(names, row, strict=True))
    assert at["leads"][-1]["p_b"] == pytest.approx(float(found["p_b"]), abs=1e-4)
    point = get(served, f"/forecasts/{forecast['id']}/at", lon=at["place"]["lon"], lat=at["place"]["lat"])
    assert point["leads"] == at["leads"]


def test_a_box_is_the_mean_of_its_cells(served: Served, forecast: dict[str, Any]) -> None:
    at = get(served, f"/forecasts/{forecast['id']}/at", box="35.0,48.2,36.0,48.8")
    assert at["area_km2"] > 1000
    assert sum(at["shares_now"].values()) == pytest.approx(1, abs=1e-3)
    first = at["leads"][0]
    assert first["p_b"] == pytest.approx(at["shares_now"]["b"], abs=0.02)
    assert all(one["name"] for one in at["places"])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"place": 1, "box": "35,48,36,49"},
        {"lon": 35.5},
        {"box": "36,48,35,49"},
        {"box": "35,48,36"},
        {"lon": 0.0, "lat": 0.0},
        {"box": "-170,-80,-160,-70"},
        {"lon": "nan", "lat": "48"},
    ],
)
def test_where_must_be_one_place(served: Served, forecast: dict[str, Any], asked: dict[str, Any]) -> None:
    assert served.client.get(f"/forecasts/{forecast['id']}/at", params=asked).status_code in (404, 422)


def test_a_forecast_of_the_past_shows_what_happened(served: Served) -> None:
    order = {"init_time": INIT, "days": 5, "members": 20}
    run = served.client.post("/forecasts", json=order)
    assert run.status_code == 202
    again = served.client.post("/forecasts", json=order).json()
    assert again["id"] == run.json()["id"]
    done = served.wait(run.json()["id"])
    assert (done["state"], done["done"], done["total"]) == ("done", 20, 20), done
    at = get(served, f"/forecasts/{done['id']}/at", place=3)
    assert [one["lead_day"] for one in at["happened"]] == [1, 2, 3, 4, 5]
    assert at["happened"][0]["b"] == 1.0
    assert served.client.get(f"/forecasts/{done['id']}/mechanisms").status_code == 404


def test_exports_are_whole_files(served: Served, forecast: dict[str, Any]) -> None:
    start = f"/forecasts/{forecast['id']}/export"
    lines = get(served, f"{start}/lines.geojson")
    assert lines["type"] == "FeatureCollection"
    picture = served.client.get(f"{start}/fan.png")
    assert picture.content.startswith(b"\x89PNG")
    assert 'filename="frontcast-2023-04-30-fan.png"' in picture.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(served.client.get(f"{start}/run.zip").content))
    assert {"run.json", "places.parquet", "README.txt"} <= set(archive.namelist())
    assert archive.testzip() is None


@pytest.mark.parametrize(
    "order",
    [
        {"members": 1_000_000},
        {"members": 2000, "days": 180},
        {"days": 0},
        {"init_time": "1999-01-01"},
        {"init_time": "2023-02-30"},
        {"source": "../../etc/passwd"},
        {"without": ["M15"]},
        {"depth": "units", "without": ["M99"]},
        {"unknown": 1},
    ],
)
def test_orders_beyond_the_limits_are_refused(served: Served, order: dict[str, Any]) -> None:
    answer = served.client.post("/forecasts", json=order)
    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["detail"]


# ---- claims


def test_claims_are_told_as_plain_text(served: Served) -> None:
    told = get(served, "/claims", place=1)
    assert told["total"] == 2
    control = next(one for one in told["claims"] if one["kind"] == "control")
    assert control["who"] == SCRIPT  # as it was written: the page puts it in as text, never as markup
    assert control["url"] is None
    assert control["evidence"] == control["id"]
    assert [link["by"] for link in control["links"]] == ["map"]
    strikes = get(served, "/strikes")
    assert [one["kind"] for one in strikes["claims"]] == ["strike"]
    assert get(served, "/claims", place=1, last="2023-02-01")["total"] == 0
    assert get(served, "/claims", as_of="2023-02-01")["total"] == 0


def test_json_is_never_taken_for_a_page(served: Served) -> None:
    for path in ("/claims?place=1", f"/places?q={SCRIPT}", "/nothing"):
        answer = served.client.get(path)
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "set-cookie" not in answer.headers


def test_symbols_are_drawn_by_code(served: Served) -> None:
    answer = served.client.get("/symbols/10061000181205000000.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")
    assert "script" not in answer.text
    assert served.client.get("/symbols/1.svg").status_code == 422


# ---- what if


def test_a_scenario_is_checked_with_all_its_faults(served: Served) -> None:
    assert served.client.post("/scenarios/check", json={"toml": SCENARIO}).json() == {"fine": True, "problems": []}
    wrong = SCENARIO.replace("East", "North").replace("2023-04-20", "2023-01-01")
    told = served.client.post("/scenarios/check", json={"toml": wrong}).json()
    assert not told["fine"]
    assert all(one["place"].startswith("line ") for one in told["problems"])


@pytest.mark.parametrize(
    "toml",
    [
        "not toml",
        SCENARIO.replace('"tiny"', '"../../../../etc/passwd"'),
        SCENARIO.replace('"tiny"', '"/etc/x.toml"'),
        SCENARIO.replace('theatre = "tiny"', 'theatre = ["tiny"]'),
        "scenario = 3",
        "change = 3\n" + SCENARIO.replace("[[change]]", "[other]"),
        "a = " + "[" * 5000 + "]" * 5000,
        SCENARIO.replace("days = 3", "days = 100000"),
    ],
)
def test_no_scenario_reaches_a_file(served: Served, toml: str) -> None:
    told = served.client.post("/scenarios/check", json={"toml": toml})
    assert told.status_code == 200, told.text
    assert not told.json()["fine"]
    assert "passwd" not in told.text.replace(toml, "")
    assert served.client.post("/whatifs", json={"toml": toml}).status_code == 422


def test_a_what_if_is_run_with_progress_and_compared(served: Served, forecast: dict[str, Any]) -> None:
    order = {"toml": SCENARIO, "members": 20}
    run = served.client.post("/whatifs", json=order).json()
    events = []
    with served.client.stream("GET", f"/runs/{run['id']}/events", timeout=120) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
    assert events[-1]["state"] == "done", events[-1]
    assert [one["done"] for one in events] == sorted(one["done"] for one in events)
    told = get(served, f"/whatifs/{run['id']}")
    assert told["futures"] == ["as it was", "changed"]
    ground = next(one for one in told["differences"] if one["measure"] == "ground East holds")
    assert ground["base"] + ground["difference"] == pytest.approx(ground["changed"], rel=1e-6)
    both = [get(served, f"/whatifs/{run['id']}/bands", future=number) for number in (0, 1)]
    assert {one["properties"]["future"] for one in both[1]["features"]} == {"changed"}
    assert served.client.get(f"/whatifs/{run['id']}/bands", params={"future": 2}).status_code == 404
    archive = zipfile.ZipFile(io.BytesIO(served.client.get(f"/whatifs/{run['id']}/export/run.zip").content))
    assert archive.read("scenario.toml").decode() == SCENARIO


def test_one_change_is_a_scenario(served: Served) -> None:
    units = get(served, f"/changeable/{INIT}")["units"]
    assert units
    mine = next(one for one in units if one["side"] == "b")
    change = {"kind": "move_unit", "side": "b", "unit": mine["unit"], "to": "Easterby", "date": "2023-04-21"}
    run = served.client.post("/whatifs", json={"change": change, "init_time": INIT, "days": 3, "members": 20})
    assert run.status_code == 202, run.text
    assert served.client.delete(f"/runs/{run.json()['id']}").json()["state"] in ("cancelled", "done")
    for unit in ('"]\n[[change]]\nkind="strike"', "nobody's\x00 \u2028 brigade"):
        told = served.client.post("/whatifs", json={"change": change | {"unit": unit}, "init_time": INIT, "days": 3})
        assert told.status_code == 422
        assert [one["place"] for one in told.json()["problems"]] == ["line 11, unit"]


def test_a_run_can_be_cancelled_and_run_again(served: Served) -> None:
    order = {"init_time": "2023-04-12", "days": 30, "members": 2000, "seed": 7}
    run = served.client.post("/forecasts", json=order).json()
    waiting = served.client.post("/forecasts", json=order | {"seed": 8}).json()
    assert waiting["ahead"] >= 1
    assert served.client.delete(f"/runs/{waiting['id']}").json()["state"] == "cancelled"
    served.until(f"/runs/{run['id']}", lambda told: told["state"] != "queued")
    cancelled = served.client.delete(f"/runs/{run['id']}").json()
    assert cancelled["state"] == "cancelled"
    assert served.client.get(f"/forecasts/{run['id']}").status_code == 404
    small = served.client.post("/forecasts", json={"init_time": "2023-04-12", "days": 2, "members": 20}).json()
    assert served.wait(small["id"])["state"] == "done"  # the worker is back
    assert served.client.post(f"/runs/{small['id']}/again").status_code == 409


# ---- how it answers


def test_an_answer_is_given_once_and_in_parts(served: Served) -> None:
    first = served.client.get("/control/2023-01-05", headers={"accept-encoding": "identity"})
    etag, whole = first.headers["etag"], first.content
    assert served.client.get("/control/2023-01-05", headers={"if-none-match": etag}).status_code == 304
    part = served.client.get("/control/2023-01-05", headers={"range": "bytes=10-29", "accept-encoding": "gzip"})
    assert (part.status_code, part.content) == (206, whole[10:30])
    assert part.headers["content-range"] == f"bytes 10-29/{len(whole)}"
    tail = served.client.get("/control/2023-01-05", headers={"range": "bytes=-5", "if-range": etag})
    assert tail.content == whole[-5:]
    stale = served.client.get("/control/2023-01-05", headers={"range": "bytes=-5", "if-range": '"other"'})
    assert (stale.status_code, stale.content) == (200, whole)
    beyond = served.client.get("/control/2023-01-05", headers={"range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    packed = served.client.get("/control/2023-01-05", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == whole


def test_what_is_sent_has_its_limits(served: Served) -> None:
    large = served.client.post("/scenarios/check", content=b"{" + b" " * 70_000 + b"}")
    assert large.status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1000

    assert served.client.post("/scenarios/check", content=pieces()).status_code == 413
    bomb = served.client.post(
        "/scenarios/check", content=b"\x1f\x8b" + b"\0" * 100, headers={"content-encoding": "gzip"}
    )
    assert bomb.status_code == 422  # nothing that is packed is unpacked
    assert served.client.post("/forecasts", content=b"members=20").status_code == 422


def test_other_sites_and_names_are_refused(served: Served) -> None:
    base = served.client.base_url
    assert served.client.get("/health", headers={"host": "evil.example"}).status_code == 403
    here = {"origin": f"http://{base.host}:{base.port}"}
    assert served.client.post("/scenarios/check", json={"toml": "x"}, headers=here).status_code == 200
    for origin in ("http://evil.example", "null", f"http://{base.host}:1"):
        assert served.client.post("/forecasts", json={}, headers={"origin": origin}).status_code == 403
    assert served.client.post("/forecasts", json={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%5c..%5cetc",
        "//etc/passwd",
        "/assets/../../app.py",
        "/%00",
    ],
)
def test_the_page_gives_out_nothing_else(served: Served, path: str) -> None:
    base = served.client.base_url
    with socket.create_connection((base.host, base.port), 10) as link:
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: link.recv(65_536), b""))
    assert answer.split()[1] in (b"404", b"400")
    assert b"root:" not in answer


def test_slow_clients_are_cut_off_and_hold_up_nobody(served: Served, slow: tuple[float, list[socket.socket]]) -> None:
    started, (body, *headers) = slow
    assert get(served, "/health")["status"] == "ok"
    body.settimeout(15)
    assert body.recv(1000).split()[1] == b"408"
    for link in headers:
        link.settimeout(15)
        with suppress(ConnectionResetError):
            assert link.recv(10) == b""
    assert time.monotonic() - started > 9


def test_many_readers_get_the_same(served: Served, forecast: dict[str, Any]) -> None:
    found: list[str] = []

    def read() -> None:
        with httpx.Client(base_url=served.client.base_url, timeout=60) as client:
            for _ in range(5):
                found.append(client.get("/control/2023-02-07").headers["etag"])

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 100
    assert len(set(found)) == 1


def test_the_track_record_is_told(served: Served) -> None:
    told = get(served, "/track-record")
    assert told["record"]["scores"]
    assert told["method_words"]["model"] == "frontcast"


def test_units_say_what_is_not_known(served: Served) -> None:
    told = get(served, "/units/2023-02-01")
    assert told["units"] == []
    assert told["note"] == "No order of battle of West and East is known then."


# ---- documents

DOCS = Path(__file__).parents[1] / "docs"


def examples(language: str) -> list[str]:
    """The blocks of a language in docs/service.md."""
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / "service.md").read_text("utf-8"), re.DOTALL)


def test_the_curl_examples_work(served: Served, forecast: dict[str, Any]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    lines = "".join(examples("sh")).splitlines()
    assert len(lines) >= 9
    for line in lines:
        told = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            check=False,
            env=os.environ | {"AT": str(served.client.base_url).rstrip("/")},
        )
        assert told.returncode == 0, line
        assert told.stdout, line


def test_the_python_examples_work(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    code = "".join(examples("python"))
    exec(compile(code, "docs/service.md", "exec"), {"AT": str(served.client.base_url).rstrip("/")})
    said = capsys.readouterr().out
    assert "done 20 of 20" in said
    assert said.count("2023-04-2") == 3


def test_the_document_that_ships_is_that_of_the_api() -> None:
    from frontcast.serve.openapi import document

    assert (DOCS / "openapi.json").read_text("utf-8") == document(), (
        "python -m frontcast.serve.openapi > docs/openapi.json"
    )


def test_a_track_record_says_how_often_such_chances_came_true() -> None:
    from frontcast.serve.desk.right import reliability

    places = [
        {"chance": 0.05, "share": 0.04, "weight": 250.0, "low": 0.02, "high": 0.08},
        {"chance": 1.0, "share": 0.9, "weight": 10.0, "low": 0.8, "high": 1.0},
    ]
    record = {
        "leads": [{"lead_days": 7, "starts": 52}],
        "diagnoses": [
            {"forecaster": "model", "lead_days": 7, "places": places},
            {"forecaster": "booster", "lead_days": 7, "places": places},
        ],
    }
    first, last = reliability(record)
    assert (first["low"], first["high"], first["forecasts"], first["starts"]) == (0.03, 0.1, 250, 52)
    assert (last["low"], last["high"], last["came_true"]) == (0.9, 1.0, 0.9)
    assert list(reliability({})) == []
