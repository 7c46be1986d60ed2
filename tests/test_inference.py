"""How sure: the test of differences, its correction over leads, and what lies behind a score."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from storekit import small_theatre, time
from test_verify import COLUMNS, LEADS, baseline, record, two_sectors

from frontcast.theatre import Theatre
from frontcast.verify import Resampling, hindcast, init_times, summarise
from frontcast.verify.diagnosis import _classes, _discrimination
from frontcast.verify.inference import holm, p_value, steps_ahead
from frontcast.verify.judge import BIN_EDGES
from frontcast.verify.map_error import area_error


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    return small_theatre(tmp_path_factory.mktemp("theatre"), columns=COLUMNS)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    corrected = holm([0.01, math.nan])
    assert corrected[0] == pytest.approx(0.01)
    assert math.isnan(corrected[1])


def test_diebold_mariano_by_hand() -> None:
    """One step ahead it is a t test with Harvey's correction √((n − 1) / n)."""
    from scipy.stats import t

    rng = np.random.default_rng(1)
    score, rival = rng.normal(1, 0.3, 40), rng.normal(1.2, 0.3, 40)
    difference = score - rival
    statistic = difference.mean() / np.sqrt(difference.var() / 40) * np.sqrt(39 / 40)
    assert p_value(score, rival, 1) == pytest.approx(2 * t.sf(abs(statistic), 39), rel=1e-6)
    assert p_value(rival, score, 1) == pytest.approx(p_value(score, rival, 1))


def test_overlapping_windows_make_it_less_sure() -> None:
    rng = np.random.default_rng(2)
    noise = np.convolve(rng.normal(0, 1, 84), np.ones(5), "valid")
    score, rival = 1 + 0.1 * noise, np.full(80, 1.06)
    assert p_value(score, rival, 5) > p_value(score, rival, 1)


def test_no_test_without_starts_or_difference() -> None:
    assert math.isnan(p_value(np.ones(30), np.ones(30), 1))
    assert math.isnan(p_value(np.arange(5.0), np.zeros(5), 1))
    assert math.isnan(p_value(np.arange(12.0), np.zeros(12), 7))
    assert [steps_ahead(lead, 7) for lead in (1, 7, 8, 30)] == [1, 1, 2, 5]


def test_the_test_is_calibrated() -> None:
    """Where two methods are equally good, one test in ten says p < 0.1."""
    rng = np.random.default_rng(3)
    found = [p_value(rng.normal(size=52), rng.normal(size=52), 1) for _ in range(300)]
    assert 0.05 < np.mean(np.array(found) < 0.1) < 0.16


def bins(chances: list[float], changed: list[int], weights: list[float]) -> np.ndarray:
    found = np.zeros((len(BIN_EDGES) + 1, 3))
    for chance, came, weight in zip(chances, changed, weights, strict=True):
        found[np.digitize(chance, BIN_EDGES)] += [weight, weight * chance, weight * came]
    return found


def test_telling_apart_by_hand() -> None:
    auc, precision, base = _discrimination(bins([0.9, 0.6, 0.3, 0.05], [1, 0, 1, 0], [1, 1, 1, 1]))
    assert auc == pytest.approx(0.75)
    assert precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert base == 0.5
    assert all(map(math.isnan, _discrimination(bins([0.9], [0], [1]))))


def test_true_chances_lie_in_the_band_and_false_ones_do_not() -> None:
    rng = np.random.default_rng(4)
    for factor, inside in ((1.0, True), (0.4, False)):
        starts = []
        for _ in range(52):
            chances = rng.uniform(0.21, 0.29, 200)
            starts.append(bins(list(chances), list(rng.random(200) < chances * factor), [1.0] * 200))
        (one,) = [found for found in _classes(np.stack(starts), 1, Resampling(samples=300)) if 0.2 < found.chance < 0.3]
        assert (one.low <= one.share <= one.high) == inside


def test_dependent_cells_make_the_band_wide() -> None:
    """Cells of one start that all change or none are one case, not two hundred."""
    rng = np.random.default_rng(5)
    widths = []
    for together in (False, True):
        starts = []
        for _ in range(52):
            came = rng.random(1 if together else 200) < 0.25
            starts.append(bins([0.25] * 200, list(np.broadcast_to(came, 200)), [1.0] * 200))
        (one,) = [found for found in _classes(np.stack(starts), 1, Resampling(samples=300)) if 0.2 < found.chance < 0.3]
        widths.append(one.high - one.low)
    assert widths[1] > 5 * widths[0]


def test_the_summary_holds_every_measure_and_its_pairs(theatre: Theatre) -> None:
    starts = init_times(time("2022-06-20"), time("2022-08-15"), 7)
    methods = [baseline(name) for name in ("persistence", "climatology")]
    scores = hindcast(record(two_sectors), theatre, methods, starts, LEADS)
    found = summarise(scores, 7, Resampling(samples=50))
    (crps,) = [
        m for m in found.measures if (m.measure, m.forecaster, m.lead_days) == ("displacement_crps", "climatology", 7)
    ]
    values = scores["displacement_crps_km"].sel(lead_days=7).dropna("init_time")
    assert crps.mean == pytest.approx(float(values.sel(forecaster="climatology").mean()))
    reference = float(values.sel(forecaster="persistence").mean())
    assert crps.skill == pytest.approx(1 - crps.mean / reference)
    assert crps.nested
    assert math.isnan(crps.ahead), "there is no booster to be ahead of"
    (pair,) = [
        d
        for d in found.differences
        if (d.forecaster, d.rival, d.lead_days, d.within_km) == ("persistence", "climatology", 7, 25)
    ]
    assert pair.p <= pair.p_holm <= 1


def test_a_method_that_is_blank_at_some_starts_is_compared_where_both_speak(theatre: Theatre) -> None:
    starts = init_times(time("2022-06-20"), time("2022-08-15"), 7)
    methods = [baseline(name) for name in ("persistence", "climatology")]
    scores = hindcast(record(two_sectors), theatre, methods, starts, LEADS)
    late = xr.where((scores["init_time"] < starts[4]) & (scores["forecaster"] == "climatology"), np.nan, 1.0)
    names = [name for name in scores.data_vars if "forecaster" in scores[name].dims and name != "own_members"]
    some = scores.assign({name: scores[name] * late for name in names})
    found = {
        (s.forecaster, s.lead_days): s for s in summarise(some, 7, Resampling(samples=50)).scores if s.within_km == 25
    }
    assert found["persistence", 1].starts == len(starts)
    assert found["climatology", 1].starts == len(starts) - 4
    both = scores.isel(init_time=slice(4, None)).sel(lead_days=1, within_km=25)["brier"]
    expected = 1 - float(both.sel(forecaster="climatology").mean()) / float(both.sel(forecaster="persistence").mean())
    assert found["climatology", 1].skill == pytest.approx(expected)


def test_maps_that_agree_bear_no_error_and_maps_that_lag_do(theatre: Theatre) -> None:
    series = record(two_sectors)
    until = time("2022-08-20")
    assert area_error(series, series, theatre, until, (7,)) == {7: 0.0}

    def jumping(day: int, row: np.ndarray) -> np.ndarray:
        """The same ground, drawn anew every three weeks only, and only in the north."""
        return np.where(row < 20, 50 - day // 21 * 5, 50)

    assert area_error(series, record(jumping), theatre, until, (7,))[7] > 10
