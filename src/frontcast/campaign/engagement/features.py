"""What is known of a battle before it is decided, as numbers in groups that are shrunk together.

Nothing here is known only afterwards but the days the battle took. The scores that CDB90's authors gave in hindsight
(leadership, morale, training, momentum, what mattered) are not looked at. Surprise is what the attacker or defender had
achieved as it began; air is superiority in the theatre.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "size": ("log_attackers", "log_defenders"),
    "length": ("log_days", "log_hours"),
    "posture": ("fortified", "prepared", "delay", "withdrawal", "two_postures", "mixed_postures"),
    "surprise": ("surprise", "surprise_by_attacker", "surprise_by_defender"),
    "air": ("air", "air_unknown"),
    "era": ("year", "year_squared", "since_1800", "since_1914", "since_1916", "since_1939", "since_1946"),
    "terrain": (
        *("rolling", "rugged", "flat", "bare", "mixed", "desert", "wooded"),
        *("marsh", "urban", "dunes"),
    ),
    "weather": (
        *("wet", "heavy_rain", "light_rain", "overcast", "hot", "cold"),
        *("summer", "winter", "autumn", "tropical", "arid"),
    ),
    "width": ("attackers_to_km", "defenders_to_km", "width_unknown"),
    "arms": (
        *("tanks_of_attacker", "guns_of_attacker", "sorties_of_attacker", "horse_of_attacker"),
        *("tanks_of_defender", "guns_of_defender", "sorties_of_defender", "horse_of_defender"),
    ),
    "arms_unknown": (
        *("tanks_of_attacker_unknown", "guns_of_attacker_unknown", "sorties_of_attacker_unknown"),
        *("tanks_of_defender_unknown", "guns_of_defender_unknown", "sorties_of_defender_unknown"),
    ),
    "plan": ("envelopment", "double_envelopment", "river_crossing", "counterattack_planned"),
    "modern": (
        *("modern_log_attackers", "modern_log_defenders", "modern_log_days", "modern_log_hours"),
        *("modern_fortified", "modern_prepared", "modern_delay", "modern_surprise"),
    ),
}
"""Features by group. "modern" lets the others differ since 1914."""

FEATURES: Final = tuple(name for names in GROUPS.values() for name in names)

MODERN: Final = 1914
TYPICAL_TO_KM: Final = (7.4, 6.7)
"""ln men to a km of front of attackers and defenders: where the width is unknown, the middle of battles since 1914."""


def features_of(table: pd.DataFrame, column: Callable[..., Array], year: Array, days: Array, hours: Array) -> Array:
    """(battle, feature), columns `FEATURES`; NaN only where a size or the year is unknown.

    Args:
        table: words and codes.
        column: a column of numbers by name, with the least and the most it can hold, NaN outside of them.
        year, days, hours: (battle,).
    """
    found: dict[str, Array] = {}
    with np.errstate(all="ignore"):
        attackers, defenders = column("STRA", 1.0), column("STRD", 1.0)
        found["log_attackers"], found["log_defenders"] = _log(attackers), _log(defenders)
        found["log_days"] = _log(np.nan_to_num(days, nan=1.0))
        found["log_hours"] = _log(np.maximum(np.nan_to_num(hours, nan=12.0), 1.0))
        first, second = table["POST1"].str.upper(), table["POST2"].str.upper()
        for name, code in (("fortified", "FD"), ("prepared", "PD"), ("delay", "DL"), ("withdrawal", "WD")):
            found[name] = (first == code).to_numpy(float) + 0.5 * (second == code).to_numpy(float)
        kind = column("POSTYPE", 0.0, 2.0)
        found["two_postures"], found["mixed_postures"] = (kind == 1).astype(float), (kind == 2).astype(float)
        surprise = np.nan_to_num(column("SURPA", -3.0, 3.0))
        found["surprise"] = surprise
        found["surprise_by_attacker"], found["surprise_by_defender"] = (
            (surprise > 0).astype(float),
            (surprise < 0).astype(float),
        )
        air = column("AEROA", -1.0, 1.0)
        found["air"], found["air_unknown"] = np.nan_to_num(air), np.isnan(air).astype(float)
        found["year"] = (year - 1900.0) / 100.0
        found["year_squared"] = found["year"] ** 2
        for since in (1800, 1914, 1916, 1939, 1946):
            found[f"since_{since}"] = (year >= since).astype(float)
        found |= _ground_and_weather(table)
        width = np.log(np.maximum(column("WOFA1", 0.01), 0.1))
        for side, typical in zip(("attackers", "defenders"), TYPICAL_TO_KM, strict=True):
            found[f"{side}_to_km"] = np.where(np.isnan(width), typical, found[f"log_{side}"] - width)
        found["width_unknown"] = np.isnan(width).astype(float)
        for side, code, men in (("attacker", "A", attackers), ("defender", "D", defenders)):
            for name, stem in (("tanks", "TANK"), ("guns", "ARTY"), ("sorties", "FLY"), ("horse", "CAV")):
                number = column(f"{stem}{code}", 0.0)
                found[f"{name}_of_{side}"] = np.log1p(1000.0 * np.nan_to_num(number) / men)
                found[f"{name}_of_{side}_unknown"] = np.isnan(number).astype(float)
        schemes = table[["PRIA1", "PRIA2", "SECA1"]].apply(lambda codes: codes.str.upper()).to_numpy()
        for name, code in (("envelopment", "EE"), ("double_envelopment", "DE"), ("river_crossing", "RC")):
            found[name] = (schemes == code).any(axis=1).astype(float)
        found["counterattack_planned"] = np.asarray(table["PRID1"].str.upper() == "DO", float)
        modern = (year >= MODERN).astype(float)
        for name in GROUPS["modern"]:
            found[name] = modern * found[name.removeprefix("modern_")]
        return np.stack([found[name] for name in FEATURES], axis=1)


def _log(values: Array) -> Array:
    return np.asarray(np.log(values), float)


def _ground_and_weather(table: pd.DataFrame) -> dict[str, Array]:
    """Codes of three letters for the ground, of five for the weather; leading zeros may have been lost."""
    ground = table["TERRA1"].str.upper().str.rjust(3, "0")
    weather = table["WX1"].str.upper().str.rjust(5, "0")
    ground_codes = (
        *((0, "R", "rolling"), (0, "G", "rugged"), (0, "F", "flat")),
        *((1, "B", "bare"), (1, "M", "mixed"), (1, "D", "desert"), (1, "W", "wooded")),
        *((2, "M", "marsh"), (2, "U", "urban"), (2, "D", "dunes")),
    )
    weather_codes = (
        *((0, "W", "wet"), (1, "H", "heavy_rain"), (1, "L", "light_rain"), (1, "O", "overcast")),
        *((2, "H", "hot"), (2, "C", "cold"), (3, "S", "summer"), (3, "W", "winter"), (3, "F", "autumn")),
        *((4, "E", "tropical"), (4, "D", "arid")),
    )
    out = {name: np.asarray(ground.str[place] == code, float) for place, code, name in ground_codes}
    return out | {name: np.asarray(weather.str[place] == code, float) for place, code, name in weather_codes}
