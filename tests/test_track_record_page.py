"""The page and the tables of a track record: made of its JSON, and nothing of it lost or made up."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from storekit import small_theatre, time
from test_verify import COLUMNS, LEADS, baseline, record, two_sectors

from frontcast.show.track_record_page import Pages, track_record_page
from frontcast.show.track_record_words import by_month, measure_rows, method, part_rows, score_rows
from frontcast.verify import Resampling, hindcast, init_times, summarise, to_json


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What `frontcast verify` would write."""
    theatre = small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)
    starts = init_times(time("2022-06-20"), time("2022-08-22"), 7)
    names = ["persistence", "climatology", "booster"]
    scores = hindcast(record(two_sectors), theatre, [baseline(name) for name in names], starts, LEADS)
    found = to_json(scores, summarise(scores, 7, Resampling(samples=50)))
    described = {
        "command": "frontcast verify --from 2022-06-20 <made>",
        "protocol": 1,
        "versions": {"frontcast": "0"},
        "data_vintage": "2022-08-28T12:00:00Z",
        "fitted_until": "2022-06-19T23:59:59Z",
        "first": "2022-06-20",
        "last": "2022-08-22",
        "every_days": 7,
        "lead_days": list(LEADS),
        "methods": names,
        "members": 10,
        "seed": 0,
        "log_clip": 1e-4,
        "not_fitted": [{"method": "booster", "from": "2022-06-20", "why": "too <little>"}],
        "area_error_km2": {"7": 3.0},
        "judged_by": {"other": to_json(scores, summarise(scores, 7, Resampling(samples=50)), starts=False)},
    }
    loaded: dict[str, object] = json.loads(json.dumps(described | found, allow_nan=False))
    return loaded


class Balanced(HTMLParser):
    """Finds elements that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opened and closed at once."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_fetches_nothing(scored: dict[str, object], tmp_path: Path) -> None:
    track_record_page(Pages(scored, {"A phase": scored}), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "<made>" not in page
    assert "frontcast verify --from 2022-06-20 <made>" in reader.text, "every number has its command"
    for part in ("Who holds what", "By another map", "Are the chances true?", "A phase", "too <little>"):
        assert part in reader.text
    track_record_page(Pages(scored, {"A phase": scored}), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == page


def test_rows_hold_what_was_scored(scored: dict[str, object]) -> None:
    rows = score_rows(scored)
    assert [row[1] for row in rows[:3]] == ["gradient boosting", "distance climatology", "nothing changes"]
    (one,) = [
        s
        for s in scored["scores"]  # type: ignore[attr-defined]
        if (s["forecaster"], s["lead_days"], s["within_km"]) == ("booster", 1, 25)
    ]
    assert rows[0][2] == f"{one['brier']:.5f}"
    assert rows[0][3].replace("\N{MINUS SIGN}", "-") == f"{one['skill']:+.3f}"
    assert rows[2][3] == "0"
    heads, measures = measure_rows(scored, 7)
    assert heads[1:] == ["gradient boosting", "distance climatology", "nothing changes"]
    nested = [row[1] for row in measures if "CRPS" in row[0]]
    assert nested
    assert all("*" in cell for cell in nested), "the booster has no members"
    assert not any("*" in row[3] for row in measures), "that nothing changes is one member"
    assert part_rows(scored) == []
    assert [row[0] for row in by_month(scored, 7)] == ["2022-06", "2022-07", "2022-08"]


def test_methods_have_words() -> None:
    assert method("persistence") == "nothing changes"
    assert method("line-without-grey-zone").endswith("without grey zone")
    assert method("something-new") == "something-new"
