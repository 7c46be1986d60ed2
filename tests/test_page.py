"""The page in headless Chromium on the record that ships: `make test-page`.

Apart from the other tests: it takes a browser and some minutes, most of them for drawing maps without a graphics card.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the Python package playwright")

CHROMIUM = os.environ.get("FRONTCAST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ASKED_FOR = "FRONTCAST_TEST_PAGE" in os.environ
pytestmark = pytest.mark.skipif(
    not ASKED_FOR or CHROMIUM is None,
    reason="make test-page runs it; needs Chromium: Debian's package chromium, or its path in FRONTCAST_CHROMIUM",
)

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # The map is drawn with WebGL, here in software.
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
]
FORECAST_S = 600.0
"""The day's forecast is made when the service starts; on a busy machine compiling it takes minutes."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a service on the shipped record whose first forecast is made; of the one in FRONTCAST_ADDRESS where it is set."""
    import httpx

    if running := os.environ.get("FRONTCAST_ADDRESS"):
        yield running
        return
    folder = tmp_path_factory.mktemp("page")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "frontcast", "serve", "--port", "0", "--keep", str(folder / "keep")],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+:\d+/", process.stdout.readline())
            assert found, (folder / "log").read_text()
            end = time.monotonic() + FORECAST_S
            while time.monotonic() < end:
                try:
                    if httpx.get(f"{found[0]}api/v1/health", timeout=30).json()["default_forecast"]:
                        break
                except httpx.HTTPError:
                    assert process.poll() is None, (folder / "log").read_text()
                time.sleep(1.0)
            yield found[0]
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield browser
        browser.close()


@contextmanager
def opened(chromium: Any, address: str, link: str = "", **look: Any) -> Iterator[Any]:
    """A page of its own; whatever goes wrong in it, or is fetched from elsewhere, fails the test."""
    context = chromium.new_context(viewport=look.pop("viewport", {"width": 1280, "height": 800}), **look)
    page = context.new_page()
    page.set_default_timeout(120_000)
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: None if _local(asked.url, address) else problems.append(asked.url))
    page.goto(address + link)
    try:
        yield page
        assert problems == []
    finally:
        context.close()


def _local(url: str, address: str) -> bool:
    return url.startswith((address, "data:", f"blob:{address}"))


def _shown(page: Any) -> dict[str, str]:
    """The day and lead that the map shows."""
    shown: dict[str, str] = page.evaluate("({...document.querySelector('.stage .map').dataset})")
    return shown


def _wait(page: Any, expression: str, seconds: float = 120.0) -> None:
    """Until something is so; asked from outside, for the page's own policy forbids to evaluate text in it."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"{expression} after {seconds} s"
        page.wait_for_timeout(100)


def _until(page: Any, told: str) -> None:
    _wait(page, f"document.querySelector('.stage .map').dataset.{told}")


def test_the_first_view_has_map_bar_and_answer(chromium: Any, address: str) -> None:
    with opened(chromium, address) as page:
        page.wait_for_selector(".places li")
        _until(page, "lead === '30'")
        assert page.locator(".slider svg .area-past").count() == 1
        assert page.locator(".slider svg .fan").count() == 3
        assert "targeting aid" in page.locator("footer").inner_text()
        assert "DeepState" in page.locator("footer").inner_text()
        # A picture that is one colour would be a map that was not drawn.
        colours = page.evaluate(
            """async () => {
                const map = document.querySelector('.stage canvas');
                const copy = await createImageBitmap(map);
                const sheet = new OffscreenCanvas(copy.width, copy.height), pen = sheet.getContext('2d');
                pen.drawImage(copy, 0, 0);
                const data = new Uint32Array(pen.getImageData(0, 0, copy.width, copy.height).data.buffer);
                return new Set(data).size;
            }"""
        )
        screenshot = page.locator(".stage .map").screenshot()
        assert colours > 1 or len(screenshot) > 40_000


def test_the_policy_forbids_what_is_written_in_the_page(chromium: Any, address: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    answer = page.goto(address)
    policy = answer.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "<script>" not in answer.text()
    context.close()


def test_the_bar_goes_from_the_past_into_the_forecast(chromium: Any, address: str) -> None:
    with opened(chromium, address) as page:
        page.wait_for_selector(".slider .today", state="attached")
        slider = page.get_by_role("slider", name="Day shown on the map")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        _until(page, "lead === '21'")
        page.keyboard.press("t")
        _until(page, "day === '2025-06-30'")
        page.keyboard.press("PageDown")
        _until(page, "day === '2025-06-23'")
        assert _shown(page)["lead"] == "0"
        assert "what the maps said" in slider.get_attribute("aria-valuetext")
        box = slider.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.99, box["y"] + 40, steps=8)
        page.mouse.up()
        _until(page, "lead === '30'")
        assert "day=2025-07-30" in page.url


def test_a_click_asks_who_will_hold_a_place(chromium: Any, address: str) -> None:
    with opened(chromium, address, "#/map?map=37.17,48.28,8") as page:
        page.wait_for_selector(".places li")
        box = page.locator(".stage canvas").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector(".headline")
        rows = page.locator(".chance-row").all_inner_texts()
        assert [row.split("\n")[0] for row in rows] == ["Ukraine", "Grey zone", "Russia"]
        assert page.locator(".track").count() == 1
        assert page.locator("figure .chart").count() == 1
        headings = page.locator(".panel h3").all_inner_texts()
        assert {"What was claimed", "What pushes there", "Where this comes from"} <= set(headings)
        at = re.search(r"at=([\d.]+),([\d.]+)", page.url)
        assert at
        assert abs(float(at[1]) - 37.17) < 0.01
        assert abs(float(at[2]) - 48.28) < 0.01


def test_a_shifted_drag_asks_about_a_box(chromium: Any, address: str) -> None:
    with opened(chromium, address, "#/map?map=37.17,48.28,8") as page:
        page.wait_for_selector(".places li")
        box = page.locator(".stage canvas").bounding_box()
        page.keyboard.down("Shift")
        page.mouse.move(box["x"] + 200, box["y"] + 150)
        page.mouse.down()
        page.mouse.move(box["x"] + 500, box["y"] + 400, steps=5)
        page.mouse.up()
        page.keyboard.up("Shift")
        page.wait_for_selector(".headline")
        assert page.locator(".panel-head h2").inner_text() == "The box"
        assert "expected to change hands" in page.locator(".headline").inner_text()
        assert "box=" in page.url
        assert "map=37.17,48.28,8" in page.url  # the map did not move


@pytest.mark.parametrize(("spelling", "name"), [("Artemivsk", "Bakhmut"), ("Красноармейск", "Pokrovsk")])
def test_a_place_is_found_by_an_old_spelling(chromium: Any, address: str, spelling: str, name: str) -> None:
    with opened(chromium, address) as page:
        page.wait_for_selector(".places li")
        page.get_by_role("combobox", name="Find a place").fill(spelling)
        option = page.get_by_role("option").filter(has_text=name).first
        option.wait_for()
        option.click()
        page.wait_for_selector(".headline")
        assert page.locator(".panel-head h2").inner_text() == name


def test_a_link_restores_the_view(chromium: Any, address: str) -> None:
    with opened(chromium, address, "#/map?map=37.17,48.28,8") as page:
        page.wait_for_selector(".places li")
        page.locator("input[data-layer=trail]").check()
        page.locator("input[data-layer=claims]").uncheck()
        page.locator(".places li button").first.click()
        page.wait_for_selector(".headline")
        page.get_by_role("slider", name="Day shown on the map").focus()
        page.keyboard.press("ArrowLeft")
        _until(page, "lead === '21'")
        _wait(page, "document.querySelector('.answer h3').textContent.includes('21')")
        page.wait_for_timeout(1500)  # the map comes to rest
        link = page.url.split("#")[1]
        told = [page.locator(".panel-head h2").inner_text(), *page.locator(".chance-row b").all_inner_texts()]
    with opened(chromium, address, f"#{link}") as page:
        page.wait_for_selector(".headline")
        _until(page, "lead === '21'")
        again = [page.locator(".panel-head h2").inner_text(), *page.locator(".chance-row b").all_inner_texts()]
        assert again == told
        assert page.locator("input[data-layer=trail]").is_checked()
        assert not page.locator("input[data-layer=claims]").is_checked()
        assert page.url.split("#")[1] == link
        page.get_by_role("button", name="Close the answer").click()
        page.wait_for_selector(".places li")
        page.go_back()
        page.wait_for_selector(".headline")


def test_the_keyboard_alone_is_enough(chromium: Any, address: str) -> None:
    with opened(chromium, address) as page:
        page.wait_for_selector(".places li")
        page.keyboard.press("/")
        page.keyboard.type("Chasiv Yar", delay=20)
        page.wait_for_selector("#found li")
        page.keyboard.press("Enter")
        page.wait_for_selector(".headline")
        assert page.locator(".panel-head h2").inner_text() == "Chasiv Yar"
        assert page.evaluate("document.activeElement.id") == "panel"
        page.keyboard.press("Escape")
        page.wait_for_selector(".places li")
        page.keyboard.press("b")  # the box of what is seen
        page.wait_for_selector(".headline")
        assert page.locator(".panel-head h2").inner_text() == "The box"
        page.keyboard.press("Escape")
        page.locator(".maplibregl-canvas").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")  # what is under the cross
        page.wait_for_selector(".panel-head")
        page.keyboard.press("3")
        page.wait_for_selector("figure .chart.wide")
        page.keyboard.press("2")
        page.wait_for_selector(".scenarios label")
        page.keyboard.press("1")
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open] kbd")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")


def test_every_control_has_a_name(chromium: Any, address: str) -> None:
    with opened(chromium, address) as page:
        page.wait_for_selector(".places li")
        nameless = page.evaluate(
            """[...document.querySelectorAll('button, a, input, select, [role=slider], [role=region]')].filter((one) =>
                !one.textContent.trim() && !one.getAttribute('aria-label') && !one.title && !one.closest('label')
                && !one.labels?.length).map((one) => one.outerHTML.slice(0, 120))"""
        )
        assert nameless == []


def test_words_of_reports_never_become_markup(chromium: Any, address: str) -> None:
    evil = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"
    claim = {
        **{"id": 1, "evidence": 1, "kind": "control", "who": evil, "what": evil, "source": evil, "attributed_to": evil},
        **{"side": "Russia", "holder": "Russia", "place": evil, "lon": 37.17, "lat": 48.28, "valid": "2025-06-29"},
        **{"known_at": "2025-06-29T10:00:00Z", "certainty": "claimed", "quote": evil, "title": evil},
        **{"url": "javascript:document.title='hit'", "target": None, "links": []},
    }
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.route("**/api/v1/claims*", lambda route: route.fulfill(json={"total": 1, "claims": [claim], "note": ""}))
    page.goto(f"{address}#/map?at=37.17,48.28&map=37.17,48.28,9")
    card = page.locator(".claim").first
    card.wait_for()
    assert evil in card.locator("blockquote").inner_text()
    assert card.locator("img, script, a").count() == 0
    assert card.locator(".certainty").inner_text() == "claimed"
    assert page.title() != "hit"
    context.close()


def test_the_track_record_shows_losses_beside_wins(chromium: Any, address: str) -> None:
    with opened(chromium, address, "#/record") as page:
        page.wait_for_selector("figure .chart.wide")
        text = page.locator("main:visible").inner_text()
        assert "gradient boosting" in text
        import httpx

        rows = httpx.get(f"{address}api/v1/track-record").json()["record"]["differences"]
        for row in rows:
            if (row["forecaster"], row["rival"], row["within_km"]) == ("model", "booster", 25.0) and (
                row["interval"][1] or 0
            ) < 0:
                assert f"At {row['lead_days']}\N{NO-BREAK SPACE}days gradient boosting is better" in text
        page.get_by_text("The worst", exact=True).wait_for()
        page.locator(".two button").first.click()
        page.wait_for_url(re.compile(r"#/map\?from=\d{4}-\d{2}-\d{2}"))


def test_what_is_seen_can_be_taken_away(chromium: Any, address: str) -> None:
    with opened(chromium, address) as page:
        page.wait_for_selector(".places li")
        for button, ending in (
            ("Map as seen (PNG)", ".png"),
            ("Places (CSV)", ".csv"),
            ("Chances (GeoJSON)", ".geojson"),
        ):
            with page.expect_download() as waited:
                page.get_by_role("button", name=button).click()
            assert waited.value.suggested_filename.endswith(ending)
            assert Path(waited.value.path()).stat().st_size > 2_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_room_for_it(chromium: Any, address: str, scheme: str) -> None:
    look = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme, "has_touch": True}
    with opened(chromium, address, **look) as page:
        page.wait_for_selector(".places li")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        page.get_by_role("button", name="page").click()
        assert page.evaluate("document.documentElement.dataset.theme") != scheme
        page.reload()
        page.wait_for_selector(".places li")
        assert page.evaluate("document.documentElement.dataset.theme") != scheme


def test_panning_stays_smooth_with_a_year_of_lines(chromium: Any, address: str) -> None:
    with opened(chromium, address, "#/map?layers=chances,lines,places,trail&map=37.17,48.28,7.5") as page:
        page.wait_for_selector(".places li")
        _wait(page, "Number(document.querySelector('.stage .map').dataset.trail) > 300", 900.0)
        box = page.locator(".stage canvas").bounding_box()
        page.evaluate(
            """() => { const seen = window.frames_ = []; let last = performance.now();
                const tick = (now) => { seen.push(now - last); last = now; requestAnimationFrame(tick); };
                requestAnimationFrame(tick); }"""
        )
        page.mouse.move(box["x"] + 300, box["y"] + 200)
        page.mouse.down()
        for step in range(40):
            page.mouse.move(box["x"] + 300 + 5 * step, box["y"] + 200 + 2 * step)
            page.wait_for_timeout(25)
        page.mouse.up()
        frames = sorted(page.evaluate("window.frames_"))
        # Drawn in software on a shared machine; with a graphics card a frame takes a tenth of this.
        assert frames[len(frames) // 2] < 250


def test_a_what_if_is_run_watched_and_compared(chromium: Any, address: str) -> None:
    with opened(chromium, address, "#/whatif") as page:
        page.locator("input[value='36th-brigade-stays']").check()
        page.fill("#members", "20")
        page.get_by_role("button", name="Run both futures").click()
        page.wait_for_selector(".progress")
        page.wait_for_selector(".futures canvas", timeout=900_000)
        assert page.locator(".futures canvas").count() == 2
        assert page.locator(".differences li").count() > 0
        assert "no forecast" in page.locator("main:visible .lede").inner_text()
        link = page.url.split("#")[1]
        rows = page.locator(".answers table.data").first.inner_text()
    with opened(chromium, address, f"#{link}") as page:
        page.wait_for_selector(".futures canvas")
        assert page.locator(".answers table.data").first.inner_text() == rows
