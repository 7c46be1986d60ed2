"""The engagement kernel: what ships, what it says of battles, and files that are none."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from frontcast.campaign.engagement import OUTCOMES, Battles, load_kernel, read_battles
from frontcast.campaign.engagement.daily import (
    POSTURES,
    PREPARED,
    load_daily,
    loss_medians,
    loss_noise,
    record,
)
from frontcast.campaign.engagement.daily_fit import rates_onward
from frontcast.campaign.engagement.features import FEATURES, GROUPS
from frontcast.campaign.engagement.fit import errors_of, inside, left_out, scores
from frontcast.campaign.engagement.groups import folds_of, wars_and_theatres
from frontcast.campaign.engagement.hierarchy import fit_hierarchy, fit_shrunken
from frontcast.campaign.engagement.models import MODELS, combine, fit_model, sizes_ratio
from frontcast.campaign.engagement.stacking import IMPLIED, fit_stacked
from frontcast.cli.engagements import app
from frontcast.errors import InputError, ManyInputError


def battle(**changes: object) -> dict[str, object]:
    """A made-up battle of 1943."""
    row: dict[str, object] = {
        "ISQNO": 1,
        "WAR": "A WAR",
        "NAME": "A BATTLE",
        "STRA": 20_000,
        "STRD": 10_000,
        "POST1": "HD",
        "POST2": "OO",
    }
    row |= {"SURPA": 0, "AEROA": 0, "WOFA1": 8, "TANKA": 50, "TANKD": 20, "ARTYA": 100, "ARTYD": 60}
    row |= {"ATPBYR1": 1943, "ATPBMN1": 7, "ATPBDA1": 1, "ATPBHR1": 600, "ATPEYR1": 1943, "ATPEMN1": 7, "ATPEDA1": 2}
    row |= {"ATPEHR1": 600, "WINA": 1, "CASA": 500, "CASD": 800, "KMDA": 3.0}
    return row | changes


def table(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "battles.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_outcomes_are_as_the_columns_say(tmp_path: Path) -> None:
    battles = read_battles(table(tmp_path, battle(), battle(WINA=-1, KMDA=-4.0, CASA=-1), battle(WINA=0, KMDA=-9999)))
    np.testing.assert_array_equal(battles.outcomes["win"], [1.0, 0.0, np.nan])
    assert battles.outcomes["log_loss_attacker"][0] == pytest.approx(np.log(500 / 20_000))
    assert np.isnan(battles.outcomes["log_loss_attacker"][1])
    assert battles.outcomes["log_advance"][1] == pytest.approx(-np.log(5.0))
    assert np.isnan(battles.outcomes["log_advance"][2])
    assert battles.outcomes["log_exchange"][0] == pytest.approx(np.log(500 / 800))


def test_days_are_those_of_fighting_and_the_advance_is_shared_among_them(tmp_path: Path) -> None:
    hours = {"ATPBHR1": 9999, "ATPEHR1": 9999}
    two = {"ATPBYR2": 1943, "ATPBMN2": 7, "ATPBDA2": 9, "ATPBHR2": 600, "ATPEYR2": 1943, "ATPEMN2": 7, "ATPEDA2": 9}
    rows = [battle(), battle(**hours, ATPEDA1=4), battle(**two, ATPEHR2=1800), battle(ATPBHR1=5000, ATPEHR1=5430)]
    rows[3] |= {"ATPEDA1": 1}
    battles = read_battles(table(tmp_path, *rows, battle(ATPEYR1=-1)))
    np.testing.assert_array_equal(battles.days, [1.0, 4.0, 2.0, 1.0, np.nan])
    assert battles.outcomes["log_advance"][1] == pytest.approx(np.log1p(3.0 / 4.0))
    assert np.isnan(battles.outcomes["log_advance"][4])


def test_columns_may_come_in_any_order_and_case(tmp_path: Path) -> None:
    rows = [{key.lower(): value for key, value in reversed(list(battle().items()))}]
    path = tmp_path / "other.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    np.testing.assert_array_equal(read_battles(path).features, read_battles(table(tmp_path, battle())).features)


def test_surprise_and_delay_help_and_fortification_does_not(tmp_path: Path) -> None:
    rows = [battle(), battle(SURPA=3), battle(POST1="FD")]
    found = load_kernel().predict(read_battles(table(tmp_path, *rows)))
    assert found.p_win[1] > found.p_win[0]
    assert found.mean["log_loss_attacker"][2] != found.mean["log_loss_attacker"][0]
    assert ((found.p_win > 0) & (found.p_win < 1)).all()


def test_force_ratio_alone_decides_little(tmp_path: Path) -> None:
    """Three to one is no rule: tripling the attacker moves the chance by less than a half."""
    found = load_kernel().predict(read_battles(table(tmp_path, battle(), battle(STRA=60_000))))
    assert abs(found.p_win[1] - found.p_win[0]) < 0.25


def test_intervals_widen_with_their_level_and_scores_are_densities(tmp_path: Path) -> None:
    battles = read_battles(table(tmp_path, battle()))
    found = load_kernel().predict(battles)
    for name in OUTCOMES:
        widths = [np.subtract(*found.interval(name, level)[::-1])[0] for level in (0.5, 0.8, 0.9)]
        assert 0 < widths[0] < widths[1] < widths[2]
        grid = np.linspace(-40, 40, 8001)
        density = np.exp(-np.array([found.log_score(name, np.array([value]))[0] for value in grid]))
        assert np.trapezoid(density, grid) == pytest.approx(1.0, abs=0.02)


def test_what_ships_was_better_than_what_it_is_told_to_beat_on_wars_left_out() -> None:
    found = json.loads(files("frontcast.campaign.engagement").joinpath("evaluation.json").read_text("utf-8"))
    kernel = found["scores"]["kernel"]
    for baseline in ("constant", "force ratio alone"):
        for name in ("brier", *OUTCOMES):
            assert kernel[name] < found["scores"][baseline][name], (baseline, name)
            assert found["intervals"]["kernel_less"][baseline][name][1] < 0.0, (baseline, name)
    for name in OUTCOMES:
        for level, share in found["coverage"][name].items():
            assert share == pytest.approx(float(level), abs=0.06)


def test_what_ships_is_small_and_names_no_battle() -> None:
    path = files("frontcast.campaign.engagement").joinpath("kernel.json")
    assert len(path.read_bytes()) < 50_000
    assert "ISQNO" not in path.read_text("utf-8")


def test_a_wrong_file_is_told_by_line(tmp_path: Path) -> None:
    path = table(tmp_path, battle(STRA="many"), battle(), battle(CASD="few"))
    with pytest.raises(ManyInputError) as caught:
        read_battles(path)
    assert "line 2, STRA" in str(caught.value)
    assert "line 4, CASD" in str(caught.value)
    path = tmp_path / "lost.csv"
    pd.DataFrame({"isqno": [1], "wina": [1]}).to_csv(path, index=False)
    with pytest.raises(InputError, match="lost every negative score"):
        read_battles(path)
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="lacks the columns"):
        read_battles(path)


def test_the_verb_scores_a_file(tmp_path: Path) -> None:
    rows = [battle(ISQNO=number, STRA=5000 * number) for number in range(1, 9)] + [battle(STRA=-1)]
    found = CliRunner().invoke(app, ["score", str(table(tmp_path, *rows)), "--json"])
    assert found.exit_code == 0
    record = json.loads(found.stdout)
    assert record["battles"] == 8
    assert len(record["left_out"]) == 1
    assert 0 <= record["win"]["brier"] <= 1
    assert set(record["log_advance"]["coverage"]) == {"50%", "80%", "90%"}


def test_a_day_of_battle_is_as_the_table_says_and_can_be_traced() -> None:
    daily, shipped = load_daily(), record()
    men = jnp.array([daily.reference_men] * 3)
    attackers, defenders = jax.jit(loss_medians)(daily, jnp.array(PREPARED), 0.0, men, men)
    for index, name in enumerate(POSTURES):
        assert attackers[index] == pytest.approx(shipped["law"]["attacker"]["share"][name], rel=1e-4)
        assert defenders[index] == pytest.approx(shipped["law"]["defender"]["share"][name], rel=1e-4)
    delayed = loss_medians(daily, jnp.array(1.0), 1.0, men[0], men[0])
    assert delayed[0] == pytest.approx(shipped["law"]["attacker"]["share"]["delay"], rel=1e-4)
    slope = jax.grad(lambda log_men: jnp.log(loss_medians(daily, jnp.array(0.3), 0.2, jnp.exp(log_men), men[0])[1]))(
        9.0
    )
    assert slope == pytest.approx(shipped["law"]["defender"]["exponent_attackers"], rel=1e-3)


def test_the_noise_of_a_day_has_the_spread_and_the_correlation_of_the_battles() -> None:
    daily = load_daily()
    normals = jax.random.normal(jax.random.key(0), (2, 100_000))
    logs = np.log(np.asarray(loss_noise(daily, normals, mean_one=False)))
    np.testing.assert_allclose(logs.std(axis=1), daily.sigma, rtol=0.02)
    assert np.corrcoef(logs)[0, 1] == pytest.approx(daily.correlation, abs=0.02)
    assert np.asarray(loss_noise(daily, normals)).mean() == pytest.approx(1.0, abs=0.02)


def test_rates_onward_are_found_again_in_battles_made_with_them() -> None:
    rng, rates = np.random.default_rng(0), np.array([0.5, 0.1, 0.6])
    days = rng.integers(1, 15, 4000).astype(float)
    times = np.cumsum(rng.exponential(1.0 / rates, (4000, 3)), axis=1)
    reached = (times < days[:, None]).sum(axis=1)
    np.testing.assert_allclose(rates_onward(reached, days), rates, rtol=0.15)


def test_levels_of_wars_and_errors_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    wars = np.repeat(np.arange(60), 12)
    x = np.column_stack([np.ones(720), rng.normal(size=720)])
    y = x @ [1.0, 2.0] + 0.7 * rng.normal(size=60)[wars] + 0.5 * rng.normal(size=720)
    found = fit_hierarchy(x, y, wars)
    assert found.weights[1] == pytest.approx(2.0, abs=4 * found.covariance[1, 1] ** 0.5)
    assert found.sigma == pytest.approx(0.5, rel=0.1)
    assert found.sigma_wars == pytest.approx(0.7, rel=0.25)


HINDSIGHT = (
    "CEA",
    "LEADA",
    "TRNGA",
    "MORALA",
    "LOGSA",
    "MOMNTA",
    "INTELA",
    "TECHA",
    "INITA",
    "QUALA",
    "ACHA",
    "RESOA1",
)


def test_nothing_known_only_afterwards_is_looked_at(tmp_path: Path) -> None:
    told = battle(WINA=-1, CASA=19_000, CASD=3, KMDA=-40.0, **dict.fromkeys(HINDSIGHT, 4))
    one, other = (load_kernel().predict(read_battles(table(tmp_path, row))) for row in (battle(), told))
    np.testing.assert_array_equal(one.p_win, other.p_win)
    for name in OUTCOMES:
        np.testing.assert_array_equal(one.mean[name], other.mean[name])


def test_three_columns_are_enough_and_unknowns_may_be_marked_in_any_way(tmp_path: Path) -> None:
    bare: dict[str, object] = {"STRA": 20_000, "STRD": 10_000, "ATPBYR1": 1943}
    battles = read_battles(table(tmp_path, bare))
    assert np.isfinite(battles.features).all()
    assert np.isfinite(load_kernel().predict(battles).p_win).all()
    marked = [battle(TANKA=mark, SURPA=other, WINA=other, CASA=mark, KMDA=-9999) for mark, other in MARKERS]
    read = read_battles(table(tmp_path, *marked))
    assert np.isnan(np.stack(list(read.outcomes.values()))[[0, 1, 3, 4]]).all()
    assert (read.features == read.features[0]).all()


MARKERS = ((-1, 9), ("", -9), ("NA", "."), ("n/a", "?"), (-9999, -9999), ("NaN", 99))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark_are_read(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "other.csv"
    pd.DataFrame([battle(), battle(STRA=9000)]).to_csv(path, index=False, sep=separator, encoding="utf-8-sig")
    np.testing.assert_array_equal(
        read_battles(path).features, read_battles(table(tmp_path, battle(), battle(STRA=9000))).features
    )


def test_doubled_columns_and_ragged_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "doubled.csv"
    path.write_text("STRA,stra,STRD,ATPBYR1\n1,2,3,1943\n", "utf-8")
    with pytest.raises(InputError, match="names STRA twice"):
        read_battles(path)
    path.write_text("STRA,STRD,ATPBYR1\n1,2,1943,5,6\n1,2,1943,5,6\n", "utf-8")
    with pytest.raises(InputError, match="more cells than the header"):
        read_battles(path)


def test_more_lost_than_were_there_is_counted_as_all_and_said(tmp_path: Path) -> None:
    battles = read_battles(table(tmp_path, battle(CASD=12_000), battle()))
    assert battles.outcomes["log_loss_defender"][0] == 0.0
    assert len(battles.noted) == 1
    assert "line 2" in battles.noted[0]


def test_an_army_is_known_by_its_name_and_an_unknown_one_has_no_effect(tmp_path: Path) -> None:
    rows = [
        battle(NAMA=name, NAMD=other) for name, other in (("SOV 1ST ARMY", "FINNS"), ("RUS. 2ND", ""), ("XX", "YY"))
    ]
    battles = read_battles(table(tmp_path, *rows, battle(), battle(NAMA="FR ARMY", ATPBYR1=1812)))
    assert list(battles.nation_attacker) == ["RUSS", "RUSS", "XX", "", ""]
    found = load_kernel().predict(battles)
    assert found.p_win[2] == found.p_win[3]
    assert found.mean["log_exchange"][1] != found.mean["log_exchange"][3]


def test_parts_of_a_prediction_add_up(tmp_path: Path) -> None:
    battles = read_battles(table(tmp_path, battle(NAMA="GER 3RD DIV", NAMD="US 1ST DIV"), battle(STRD=700)))
    for linear in load_kernel().linear.values():
        parts = linear.parts(battles, GROUPS)
        np.testing.assert_allclose(linear.intercept + sum(parts.values()), linear(battles))


def test_a_group_without_effect_is_drawn_to_zero_and_one_with_is_found() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 12))
    truth = np.concatenate([rng.normal(size=6), np.zeros(6)])
    design, labels = np.column_stack([np.ones(400), x]), np.array([-1] + [0] * 6 + [1] * 6)
    noise = rng.standard_t(4, 400)
    noise[:8] += 60.0
    found = fit_shrunken(design, 2.0 + x @ truth + noise, labels, freedom=4.0)
    np.testing.assert_allclose(found.weights[1:], truth, atol=0.25)
    assert found.variances[1] < 0.05 < found.variances[0]
    won = (rng.uniform(size=400) < 1.0 / (1.0 + np.exp(-(x @ truth)))).astype(float)
    logit = fit_shrunken(design, won, labels, logit=True).weights
    assert np.corrcoef(logit[1:7], truth[:6])[0, 1] > 0.9
    assert np.abs(logit[7:]).max() < 0.3


def wars_of(folder: Path, *, number: int, each: int) -> Path:
    """Made-up wars of 1940 and after, in which the bigger side loses less and two armies fight better than two others."""
    rng = np.random.default_rng(1)
    rows: list[dict[str, object]] = []
    for war in range(number):
        for _ in range(each):
            names = rng.choice(["GER", "US", "RUSS", "JAP"], 2, replace=False)
            skill = sum(sign * (name in ("GER", "US")) for sign, name in zip((1, -1), names, strict=True))
            men = np.exp(rng.normal(9.5, 1.0, 2))
            share = np.exp(rng.normal(-3.0, 0.4, 2) - [0.8 * skill, -0.8 * skill])
            rows.append(
                battle(
                    ISQNO=len(rows),
                    WAR=f"WAR {war}",
                    NAMA=f"{names[0]} 1ST",
                    NAMD=f"{names[1]} 2ND",
                    ATPBYR1=1940 + war,
                )
                | {
                    "STRA": int(men[0]),
                    "STRD": int(men[1]),
                    "CASA": int(men[0] * share[0]),
                    "CASD": int(men[1] * share[1]),
                }
                | {"WINA": 1 if rng.uniform() < 0.5 + 0.3 * skill else -1, "KMDA": float(rng.normal(2.0 + skill, 1.0))}
                | {"ATPEYR1": 1940 + war}
            )
    return table(folder, *rows)


def test_models_learn_who_fights_better_and_the_stack_believes_them(tmp_path: Path) -> None:
    battles = read_battles(wars_of(tmp_path, number=5, each=30))
    wars = battles.war
    linear, weights = fit_stacked(battles, wars, wars)
    exchange = linear["log_exchange"]
    assert exchange.attacking["GER"] < -0.2 < 0.2 < exchange.attacking["JAP"]
    assert exchange.defending["GER"] > 0.2 > -0.2 > exchange.defending["JAP"]
    assert set(weights["log_exchange"]) == {*MODELS, IMPLIED}
    assert weights["log_exchange"]["without nations"] < weights["log_exchange"]["core"]
    assert all(0.0 <= w <= 1.0 for one in weights.values() for w in one.values())


def test_a_sum_of_models_is_a_model(tmp_path: Path) -> None:
    battles = read_battles(wars_of(tmp_path, number=2, each=20))
    one, other = (fit_model(MODELS[name], battles, battles.war, "log_advance") for name in ("core", "arms"))
    both = combine([(0.3, one), (0.5, other)], 0.1)
    np.testing.assert_allclose(both(battles), 0.1 + 0.3 * one(battles) + 0.5 * other(battles))
    np.testing.assert_allclose(sizes_ratio()(battles), np.log(battles.attackers / battles.defenders))


def test_a_war_left_out_is_not_seen_and_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    battles = read_battles(wars_of(tmp_path, number=3, each=6))
    calls = []

    def mean(fit: Battles, wanted: Battles, rows: np.ndarray) -> dict[str, np.ndarray]:
        assert not set(fit.war) & set(wanted.war)
        calls.append(len(rows))
        return {name: np.full(len(wanted), fit.outcomes[name].mean()) for name in ("win", *OUTCOMES)}

    folds = np.where(battles.war == "WAR 0", "", battles.war)
    found = left_out(battles, folds, mean, tmp_path / "work")
    assert calls == [12, 12]
    again = left_out(battles, folds, mean, tmp_path / "work")
    assert calls == [12, 12]
    np.testing.assert_array_equal(found["win"], again["win"])
    assert np.isnan(found["win"][folds == ""]).all()
    assert scores(battles.outcomes, found)["brier"] > 0.0


def test_intervals_of_a_war_take_their_width_from_the_others(tmp_path: Path) -> None:
    battles = read_battles(wars_of(tmp_path, number=3, each=40))
    found = {name: np.zeros(len(battles)) for name in ("win", *OUTCOMES)}
    for name in OUTCOMES:
        battles.outcomes[name][:] = np.random.default_rng(2).normal(size=len(battles))
        battles.outcomes[name][battles.war == "WAR 2"] *= 10.0
    scale, _ = errors_of(battles, found, battles.war != "WAR 2")
    assert scale["log_advance"] == pytest.approx(1.0, rel=0.2)
    tables = inside(battles, found, battles.war)
    shares = tables["log_advance"].groupby("fold")["0.8"].mean()
    assert shares["WAR 2"] < 0.4
    assert shares["WAR 0"] > 0.8


def test_one_theatre_under_two_labels_is_one_fold(tmp_path: Path) -> None:
    rows = [battle(ISQNO=number, WAR=f"WORLD WAR ({number % 2})", LOCN="FRANCE") for number in range(6)]
    source = table(tmp_path, *rows, battle(ISQNO=9, WAR="A SMALL WAR"), battle(ISQNO=10, WAR="OLD", ATPBYR1=1700))
    publisher = pd.DataFrame({"isqno": range(6), "war4": "World War", "war4_theater": ["West"] * 5 + [None]})
    battles = read_battles(source)
    with pytest.raises(InputError, match=r"battles\.csv"):
        wars_and_theatres(battles, tmp_path / "elsewhere" / "x.csv")
    publisher.to_csv(tmp_path / "publisher.csv", index=False)
    source.rename(tmp_path / "CDB90-patched.csv")
    (tmp_path / "publisher.csv").rename(tmp_path / "battles.csv")
    wars = wars_and_theatres(battles, tmp_path / "CDB90-patched.csv")
    assert list(wars) == ["World War, West"] * 6 + ["A SMALL WAR", "OLD"]
    assert list(folds_of(wars, battles.year, 1914)) == ["World War, West"] * 6 + ["small wars", ""]


def test_features_are_named_once() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
