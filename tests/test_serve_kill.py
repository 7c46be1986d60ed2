"""What happens when the service is killed, started twice, or shown to others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from frontcast.cli.serve import is_loopback, source_of
from frontcast.errors import InputError
from frontcast.serve.tokens import Gate, hashed, new_token, read_or_make
from tests.servekit import serving
from tests.tiny import SOURCE, store_file, tiny_series, tiny_theatre

ORDER = {"init_time": "2023-04-12", "days": 30, "members": 1500, "seed": 3}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("ground")
    theatre = tiny_theatre(folder)
    return theatre.file, store_file(folder / "tiny.duckdb", theatre, tiny_series(theatre))


def children(parent: int) -> set[int]:
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return {int(word) for word in told.stdout.split()}


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_nothing_is_lost_when_it_is_killed(ground: tuple[Path, Path], tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    with serving(*ground, keep, "--nice", "0", "--no-first") as served:
        run = served.client.post("/forecasts", json=ORDER).json()["id"]
        waiting = served.client.post("/forecasts", json=ORDER | {"members": 20, "days": 2}).json()["id"]
        served.until(f"/runs/{run}", lambda told: told["state"] == "running" and told["done"] >= 20)
        offspring = children(served.process.pid)
        again = subprocess.run(
            [
                sys.executable,
                "-m",
                "frontcast",
                "serve",
                "--port",
                "0",
                "--keep",
                str(keep),
                "--theatre",
                str(ground[0]),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert again.returncode != 0
        assert "another frontcast serve keeps its runs there" in again.stderr
        served.kill()
    end = time.monotonic() + 10
    while any(map(alive, offspring)) and time.monotonic() < end:
        time.sleep(0.1)
    assert len(offspring) >= 2
    assert not any(map(alive, offspring))  # neither the desk nor the worker is left behind
    (keep / "runs" / "torn").mkdir()
    (keep / "runs" / "torn" / "state.json").write_text('{"id": "to')
    with serving(*ground, keep, "--nice", "0", "--no-first") as served:
        told = served.client.get(f"/runs/{run}").json()
        assert told["state"] in ("queued", "running")
        assert told["attempt"] == 2
        assert "stopped while this ran" in told["note"]
        served.client.delete(f"/runs/{run}")
        assert served.wait(waiting)["state"] == "done"
        assert served.client.get(f"/forecasts/{waiting}").json()["members"] == 20
        small = ORDER | {"members": 20, "days": 2}
        assert served.client.post("/forecasts", json=small).json()["id"] == waiting
        assert served.wait(waiting)["attempt"] == 1
    assert json.loads((keep / "runs" / waiting / "state.json").read_text())["state"] == "done"


def test_what_breaks_off_is_told_and_replaced(ground: tuple[Path, Path], tmp_path: Path) -> None:
    with serving(*ground, tmp_path / "keep", "--nice", "0", "--no-first", "--memory-mb", "100") as served:
        run = served.client.post("/forecasts", json=ORDER | {"members": 20}).json()["id"]
        told = served.wait(run)
        assert told["state"] == "failed"
        assert "100 MB" in told["problems"][0]["problem"]
        assert served.client.get("/health").json()["status"] == "ok"
        # and a desk that dies is replaced
        for child in children(served.process.pid):
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(child, signal.SIGKILL)
        for day in ("2023-02-01", "2023-02-02"):
            assert served.client.get(f"/control/{day}").json()["date"] == day


def test_others_need_the_token(ground: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = new_token()
    file.write_text(token)
    with serving(*ground, tmp_path / "keep", "--no-first", "--host", "0.0.0.0", "--token-file", str(file)) as served:
        assert token not in file.read_text()
        assert file.stat().st_mode & 0o077 == 0
        for sent in ({}, {"authorization": "Bearer wrong"}, {"authorization": token}, {"authorization": "Bearer"}):
            answer = served.client.get("/theatre", headers=sent)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        assert served.client.get("/theatre", params={"token": token}).status_code == 401
        for _ in range(2):
            assert served.client.get("/theatre", headers={"authorization": f"Bearer {token}"}).status_code == 200
        assert served.client.get("/symbols/10061000181205000000.svg").status_code == 200
    log = (tmp_path / "keep.log").read_text()
    assert "whoever has the token also sees everything in" in log
    assert token not in log


def test_without_a_token_it_is_not_shown_to_others(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "frontcast", "serve", "--host", "0.0.0.0", "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path)},
    )
    assert told.returncode == 1
    assert "can be reached by others: give a --token-file" in told.stderr


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_loopback_is_known(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_the_maps_shown_are_those_that_are_there(ground: tuple[Path, Path]) -> None:
    theatre, store = str(ground[0]), ground[1]
    assert source_of(None, "ukraine", None) == "deepstate"
    assert source_of(store, theatre, None) == SOURCE  # what a pull has brought, say
    assert source_of(store, theatre, SOURCE) == SOURCE
    with pytest.raises(InputError, match=f"There are those of {SOURCE}"):
        source_of(store, theatre, "deepstate")


def test_a_name_is_no_address() -> None:
    with pytest.raises(InputError, match="is no address"):
        is_loopback("example.org")


def test_a_token_is_kept_as_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "token"
    kept, fresh = read_or_make(file)
    assert fresh is not None
    gate = Gate(kept)
    assert not gate.quick(fresh)
    assert gate.slow(fresh)
    assert gate.quick(fresh)
    assert not gate.slow(fresh[:-1])
    assert not gate.quick("\udcff")
    assert read_or_make(file) == (kept, None)
    assert hashed(fresh) != hashed(fresh)
    for text in ("short", "scrypt$zz$00", "with space " * 5):
        file.write_text(text)
        with pytest.raises(InputError):
            read_or_make(file)


def test_importing_the_command_line_brings_no_server() -> None:
    code = "import sys; sys.argv = ['frontcast', 'claims']; import frontcast.cli; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"fastapi", "uvicorn", "starlette", "httpx", "jax"} & set(told.stdout.split())
