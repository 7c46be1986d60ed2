"""Battles as a table of what was known before them and what came of them, from files of CDB90's columns.

CDB90: the Concepts Analysis Agency's database of battles, 1600 to 1982, in the edition with its scores mended
(`CDB90-patched.csv`; ODC-BY). Missing values are -1 for numbers, 9 and -9 for scores, -9999 for advances; empty cells
and the usual words for "unknown" are taken as well, and any count below zero. The table `battles.csv` of the same
publisher is refused: it lost every negative score, and with them all defeats of attackers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.campaign.engagement.features import features_of
from frontcast.campaign.engagement.nations import nation_of
from frontcast.campaign.engagement.periods import COLUMNS as PERIODS
from frontcast.campaign.engagement.periods import days_and_hours
from frontcast.errors import InputError, ManyInputError

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.str_]

NEEDED: Final = ("STRA", "STRD", "ATPBYR1")
"""Columns without which nothing can be predicted: men of both sides, year."""

NUMBERS: Final = (
    *("STRA", "STRD", "WOFA1", "TANKA", "TANKD", "ARTYA", "ARTYD", "FLYA", "FLYD", "CAVA", "CAVD", "SURPA", "AEROA"),
    *("POSTYPE", "CODEA", "WINA", "CASA", "CASD", "KMDA"),
    *PERIODS,
)
"""Columns of numbers that are looked at; all but `NEEDED` may be missing."""

WORDS: Final = (
    "WAR",
    "NAME",
    "LOCN",
    "NAMA",
    "NAMD",
    "POST1",
    "POST2",
    "TERRA1",
    "WX1",
    "PRIA1",
    "PRIA2",
    "SECA1",
    "PRID1",
)
"""Columns of words and codes that are looked at; all may be missing."""

UNKNOWN: Final = ("", "na", "n/a", "nan", "none", "null", "unknown", ".", "-", "--", "?")
"""What stands in a cell, in any case, where nothing is known."""

FIRST_YEAR, LAST_YEAR = 1000.0, 2200.0


@dataclass(frozen=True)
class Battles:
    """Battles in rows.

    Attributes:
        names: ISQNO, WAR, NAME, LOCN and LINE in the file of each. war: (battle,) name of the war. year: (battle,).
        days: (battle,) of fighting begun, NaN where no date is given. attackers, defenders: (battle,) men.
        nation_attacker, nation_defender: (battle,) as `nations.py` spells them, empty where not given.
        features: (battle, feature), columns `features.FEATURES`.
        outcomes: (battle,) each, NaN where unknown: win (1, 0; NaN for a draw), log_loss_attacker, log_loss_defender
            (of the share lost, at most all), log_exchange (attackers lost per defender lost), log_advance
            (signed ln(1 + km/day)).
        left_out: what was not used, and why. noted: what was used and looks wrong.
    """

    names: pd.DataFrame
    war: Labels
    year: Array
    days: Array
    attackers: Array
    defenders: Array
    nation_attacker: Labels
    nation_defender: Labels
    features: Array
    outcomes: dict[str, Array]
    left_out: list[str]
    noted: list[str]

    def __len__(self) -> int:
        return len(self.war)

    def chosen(self, rows: npt.NDArray[Any]) -> Battles:
        """Some of the rows."""

        def cut(value: Any) -> Any:
            if isinstance(value, pd.DataFrame):
                return value.iloc[rows].reset_index(drop=True)
            if isinstance(value, dict):
                return {name: values[rows] for name, values in value.items()}
            return value[rows] if isinstance(value, np.ndarray) else value

        return Battles(**{field.name: cut(getattr(self, field.name)) for field in fields(self)})


def read_battles(path: Path) -> Battles:
    """Battles from a CSV of CDB90's columns, in any order and case; further columns are not looked at.

    Raises:
        InputError: where the file cannot be read or is the wrong one.
        ManyInputError: all cells that are no numbers, each with its line.
    """
    table = _table(path)
    return _assemble(table, _numbers(table, str(path)))


def _table(path: Path) -> pd.DataFrame:
    remedy = "Name a CSV of CDB90's columns"
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            header = file.readline()
        separator = max(",;\t", key=header.count)
        table = pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", encoding_errors="replace"
        )
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", remedy) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(str(path), "", f"it is no CSV ({error})", remedy) from None
    if isinstance(table.index, pd.MultiIndex) or not isinstance(table.index, pd.RangeIndex):
        raise InputError(str(path), "line 2", "its rows have more cells than the header names", remedy)
    table.columns = [str(column).strip().upper() for column in table.columns]
    doubled = sorted({name for name in (*NUMBERS, *WORDS) if list(table.columns).count(name) > 1})
    if doubled:
        raise InputError(str(path), "the header", f"it names {', '.join(doubled)} twice", "Keep one column of each")
    if "WINA" in table and "STRA" not in table:
        problem = "this is the table of battles that lost every negative score"
        remedy = "Use CDB90-patched.csv, where strengths and scores are together"
        raise InputError(str(path), "the header", problem, remedy)
    missing = [column for column in NEEDED if column not in table]
    if missing:
        problem = f"it lacks the columns {', '.join(missing)}"
        raise InputError(str(path), "the header", problem, f"Columns needed: {', '.join(NEEDED)}")
    for column in WORDS:
        table[column] = table[column].fillna("").str.strip() if column in table else ""
    if "ISQNO" not in table:
        table["ISQNO"] = [str(line) for line in range(2, len(table) + 2)]
    return table


def _numbers(table: pd.DataFrame, file: str) -> pd.DataFrame:
    """The columns of numbers, NaN where unknown or not there."""
    errors, found = [], {}
    for column in NUMBERS:
        if column not in table:
            found[column] = np.full(len(table), np.nan)
            continue
        text = table[column].fillna("").str.strip()
        known = ~text.str.lower().isin(UNKNOWN)
        values = pd.to_numeric(text.where(known, None), errors="coerce").to_numpy(float)
        for row in np.flatnonzero(~np.isfinite(values) & known)[:20]:
            place, problem = f"line {row + 2}, {column}", f'"{text.iloc[row]}" is no number'
            errors.append(InputError(file, place, problem, "Write a plain number, or -1 for unknown"))
        found[column] = values
    if errors:
        raise ManyInputError(errors)
    return pd.DataFrame(found)


def _within(values: Array, low: float, high: float) -> Array:
    """Values outside of what the column can hold stand for unknown, whatever marker was used."""
    with np.errstate(invalid="ignore"):
        return np.where((values >= low) & (values <= high), values, np.nan)


def _assemble(table: pd.DataFrame, numbers: pd.DataFrame) -> Battles:
    most = np.finfo(float).max

    def column(name: str, low: float, high: float = most) -> Array:
        return _within(numbers[name].to_numpy(float), low, high)

    attackers, defenders = column("STRA", 1.0), column("STRD", 1.0)
    year = column("ATPBYR1", FIRST_YEAR, LAST_YEAR)
    days, hours = days_and_hours(numbers)
    kept = ~np.isnan(attackers) & ~np.isnan(defenders) & ~np.isnan(year)
    why = np.where(np.isnan(year), "year", "strength of a side")
    named = [f"line {row + 2}: battle {number}" for row, number in enumerate(table["ISQNO"])]
    left_out = [f"{named[row]} has no {why[row]}" for row in np.flatnonzero(~kept)]
    lost_a, lost_d = column("CASA", 1.0), column("CASD", 1.0)
    with np.errstate(invalid="ignore"):
        too_many = np.flatnonzero(kept & ((lost_a > attackers) | (lost_d > defenders)))
    noted = [f"{named[row]} lost more men than were there on a side; all of them are counted" for row in too_many]
    win = column("WINA", -1.0, 1.0)
    # The publisher's schema: kilometres in all (First Somme: 12 in 116 days), not kilometres a day.
    advance = column("KMDA", -900.0, 5000.0) / days
    with np.errstate(all="ignore"):
        outcomes = {
            "win": np.where(win == 1, 1.0, np.where(win == -1, 0.0, np.nan)),
            "log_loss_attacker": np.log(np.minimum(lost_a / attackers, 1.0)),
            "log_loss_defender": np.log(np.minimum(lost_d / defenders, 1.0)),
            "log_exchange": np.log(lost_a / lost_d),
            "log_advance": np.sign(advance) * np.log1p(np.abs(advance)),
        }
    battles = Battles(
        names=table[["ISQNO", "WAR", "NAME", "LOCN"]].assign(LINE=np.arange(2, len(table) + 2)),
        war=table["WAR"].to_numpy(str),
        year=year,
        days=days,
        attackers=attackers,
        defenders=defenders,
        nation_attacker=nation_of(table["NAMA"], year),
        nation_defender=nation_of(table["NAMD"], year),
        features=features_of(table, column, year, days, hours),
        outcomes=outcomes,
        left_out=left_out,
        noted=noted,
    )
    return battles.chosen(np.flatnonzero(kept))
