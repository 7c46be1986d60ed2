"""Battles as a table of what was known before them and what came of them, from files of CDB90's columns.

CDB90: the Concepts Analysis Agency's database of battles, 1600 to 1982, in the edition with its scores mended
(`CDB90-patched.csv`; ODC-BY). Missing values are -1 for numbers, 9 and -9 for scores, -9999 for advances. The table
`battles.csv` of the same publisher is refused: it lost every negative score, and with them all defeats of attackers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.errors import InputError, ManyInputError

Array = npt.NDArray[np.float64]

NEEDED: Final = (
    *("ISQNO", "WAR", "STRA", "STRD", "POST1", "POST2", "SURPA", "AEROA", "WOFA1", "TANKA", "TANKD", "ARTYA", "ARTYD"),
    *("ATPBYR1", "ATPBMN1", "ATPBDA1", "ATPBHR1", "ATPEYR1", "ATPEMN1", "ATPEDA1", "ATPEHR1"),
)
"""Columns without which nothing can be predicted."""

SCORED: Final = ("WINA", "CASA", "CASD", "KMDA")
"""Columns of what came of it; a file without them can be predicted and not scored."""

POSTURES: Final = ("FD", "PD", "HD", "DL")
PERIODS = 10
"""Active periods that CDB90 has columns for."""

MECHANISED, MODERN = 1914, 1939
"""From the first the exponents may differ; the second marks the motorised wars (prior only)."""

FEATURES: Final = (
    *("log_attackers", "log_defenders", "log_days", "surprise", "air", "air_unknown"),
    *("fortified", "prepared", "hasty", "delay"),
    *("year", "mechanised", "modern", "tanks", "guns"),
    *("log_days_mechanised", "log_attackers_mechanised", "log_defenders_mechanised"),
    *("attackers_to_km", "defenders_to_km", "tanks_to_attackers", "guns_to_attackers"),
    *("tanks_to_defenders", "guns_to_defenders"),
)
"""Columns of `Battles.features`. Nothing among them is known only afterwards but the days a battle took."""

BEFOREHAND: Final = FEATURES[:10]
"""Features of who wins: size, duration, surprise, air, posture. More of them predict unseen wars worse."""


@dataclass(frozen=True)
class Battles:
    """Battles in rows.

    Attributes:
        names: number, war, name and line in the file of each. war: (battle,) str. year: (battle,).
        days: (battle,) of fighting begun, NaN where no date is given. attackers, defenders: (battle,) men.
        features: (battle, feature), columns `FEATURES`. outcomes: (battle,) each, NaN where unknown: win (1, 0; NaN
        for a draw), log_loss_attacker, log_loss_defender (of the
            share lost), log_exchange (attackers lost per defender lost), log_advance (signed ln(1 + km/day)).
        left_out: what was not used, and why.
    """

    names: pd.DataFrame
    war: npt.NDArray[np.str_]
    year: Array
    days: Array
    attackers: Array
    defenders: Array
    features: Array
    outcomes: dict[str, Array]
    left_out: list[str]

    def __len__(self) -> int:
        return len(self.war)

    def chosen(self, rows: npt.NDArray[Any]) -> Battles:
        """Some of the rows."""
        return Battles(
            self.names.iloc[rows].reset_index(drop=True),
            self.war[rows],
            self.year[rows],
            self.days[rows],
            self.attackers[rows],
            self.defenders[rows],
            self.features[rows],
            {name: values[rows] for name, values in self.outcomes.items()},
            self.left_out,
        )


def read_battles(path: Path) -> Battles:
    """Battles from a CSV of CDB90's columns, in any order and case; further columns are not looked at.

    Raises:
        InputError: where the file cannot be read or is the wrong one.
        ManyInputError: all columns missing and all cells that are no numbers, each with its line.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8", encoding_errors="replace")
    except OSError as error:
        raise InputError(
            str(path), "", f"it cannot be read ({error.strerror})", "Name a CSV of CDB90's columns"
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(str(path), "", f"it is no CSV ({error})", "Name a CSV of CDB90's columns") from None
    table.columns = [str(column).strip().upper() for column in table.columns]
    if "WINA" in table and "STRA" not in table:
        problem = "this is the table of battles that lost every negative score"
        raise InputError(
            str(path), "the header", problem, "Use CDB90-patched.csv, where strengths and scores are together"
        )
    missing = [column for column in NEEDED if column not in table]
    if missing:
        problem = f"it lacks the columns {', '.join(missing)}"
        raise InputError(str(path), "the header", problem, f"Columns needed: {', '.join(NEEDED)}")
    numbers = _numbers(table, str(path))
    return _assemble(table, numbers)


def _numbers(table: pd.DataFrame, file: str) -> pd.DataFrame:
    """The columns that must be numbers, NaN where empty."""
    words = {"WAR", "POST1", "POST2"}
    ends = [str(column) for column in table if str(column).startswith(("ATPE", "ATPB"))]
    wanted = [column for column in dict.fromkeys([*NEEDED, *SCORED, *ends]) if column in table and column not in words]
    errors, found = [], {}
    for column in wanted:
        text = table[column].str.strip()
        values = pd.to_numeric(text.where(text != "", None), errors="coerce")
        for row in np.flatnonzero(values.isna() & (text != ""))[:20]:
            place = f"line {row + 2}, {column}"
            errors.append(
                InputError(file, place, f'"{text.iloc[row]}" is no number', "Write a number, or -1 for unknown")
            )
        found[column] = values.astype(float)
    if errors:
        raise ManyInputError(errors)
    return pd.DataFrame(found)


def _days(numbers: pd.DataFrame) -> tuple[Array, Array]:
    """Days of fighting begun and hours of fighting, (battle,) each; NaN where no active period is dated.

    A day begun counts as one, periods add up, and there are never more days than the calendar has between the first and
    the last. Where hours are not given, whole days count. Hours from 5000 on are how CDB90 writes a length without a
    time of day (5000 to 5430 are four and a half hours). The publisher's own table of durations ends at two days for
    battles without hours and is not used.
    """
    begun, hours = np.zeros(len(numbers)), np.zeros(len(numbers))
    first, last = np.full(len(numbers), np.inf), np.full(len(numbers), -np.inf)
    for period in range(1, PERIODS + 1):
        start, end = _moment(numbers, "ATPB", period, 0.0), _moment(numbers, "ATPE", period, 24.0)
        there = end > start
        begun[there] += np.ceil((end - start)[there] - 1e-6)
        hours[there] += 24.0 * (end - start)[there]
        first, last = np.where(there, np.fmin(first, start), first), np.where(there, np.fmax(last, end), last)
    dated = begun > 0
    with np.errstate(invalid="ignore"):
        calendar = np.ceil(last - 1e-6) - np.floor(first)
    return np.where(dated, np.minimum(begun, calendar), np.nan), np.where(dated, hours, np.nan)


def _moment(numbers: pd.DataFrame, prefix: str, period: int, unknown_hour: float) -> Array:
    """A beginning or end of an active period, days; NaN where not given."""
    parts = [numbers.get(f"{prefix}{part}{period}") for part in ("YR", "MN", "DA", "HR")]
    out = np.full(len(numbers), np.nan)
    if any(part is None for part in parts[:3]):
        return out
    year, month, day = (part.to_numpy(float) for part in parts[:3] if part is not None)
    clock = np.full(len(numbers), 9999.0) if parts[3] is None else parts[3].to_numpy(float)
    for row in np.flatnonzero((year > 1000) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)):
        hour = clock[row] % 5000.0
        known = 0.0 <= clock[row] < 7500.0 and hour <= 2400.0
        hours = hour // 100 + (hour % 100) / 60 if known else unknown_hour
        out[row] = date(int(year[row]), int(month[row]), 1).toordinal() + day[row] - 1 + hours / 24
    return out


def _assemble(table: pd.DataFrame, numbers: pd.DataFrame) -> Battles:
    def known(column: str, *unknown: float) -> Array:
        values = numbers[column].to_numpy(float).copy() if column in numbers else np.full(len(numbers), np.nan)
        values[np.isin(values, unknown)] = np.nan
        return values

    def amount(column: str) -> Array:
        return np.nan_to_num(np.maximum(known(column, -1, -9, -9999), 0.0))

    attackers, defenders = (np.where(known(side, -1) > 0, known(side, -1), np.nan) for side in ("STRA", "STRD"))
    days, _ = _days(numbers)
    length = np.nan_to_num(np.log(np.maximum(days, 1.0)))
    year = known("ATPBYR1", 9999, -1, -9999)
    kept = ~np.isnan(attackers) & ~np.isnan(defenders) & ~np.isnan(year)
    why = np.where(np.isnan(year), "year", "strength of a side")
    left_out = [f"line {row + 2}: battle {table['ISQNO'].iloc[row]} has no {why[row]}" for row in np.flatnonzero(~kept)]
    first, second = table["POST1"].str.strip(), table["POST2"].str.strip()
    posture = {name: (first == name).to_numpy(float) + 0.5 * (second == name).to_numpy(float) for name in POSTURES}
    width = np.maximum(np.where(known("WOFA1", -1) > 0, known("WOFA1", -1), np.nan), 0.2)
    tanks_a, tanks_d, guns_a, guns_d = (amount(column) for column in ("TANKA", "TANKD", "ARTYA", "ARTYD"))
    mechanised, modern = (year >= MECHANISED).astype(float), (year >= MODERN).astype(float)
    with np.errstate(all="ignore"):
        log_a, log_d = np.log(attackers), np.log(defenders)
        features = np.stack(
            [
                log_a,
                log_d,
                length,
                np.nan_to_num(known("SURPA", 9, -9)),
                np.nan_to_num(known("AEROA", 9, -9)),
                np.isnan(known("AEROA", 9, -9)).astype(float),
                *(posture[name] for name in POSTURES),
                (year - 1940.0) / 30.0,
                mechanised,
                modern,
                np.log1p(tanks_a) - np.log1p(tanks_d),
                np.log1p(guns_a) - np.log1p(guns_d),
                length * mechanised,
                log_a * mechanised,
                log_d * mechanised,
                _or_typical(log_a - np.log(width), 7.4),
                _or_typical(log_d - np.log(width), 6.7),
                np.log1p(1000.0 * tanks_a / attackers),
                np.log1p(1000.0 * guns_a / attackers),
                np.log1p(1000.0 * tanks_d / defenders),
                np.log1p(1000.0 * guns_d / defenders),
            ],
            axis=1,
        )
        win = known("WINA", 9, -9)
        lost_a, lost_d = (np.where(known(side, -1) > 0, known(side, -1), np.nan) for side in ("CASA", "CASD"))
        # The publisher's schema: kilometres in all (First Somme: 12 in 116 days), not kilometres a day.
        advance = known("KMDA", -9999, -999, 9999) / days
        outcomes = {
            "win": np.where(win == 1, 1.0, np.where(win == -1, 0.0, np.nan)),
            "log_loss_attacker": np.log(np.minimum(lost_a / attackers, 1.0)),
            "log_loss_defender": np.log(np.minimum(lost_d / defenders, 1.0)),
            "log_exchange": np.log(lost_a / lost_d),
            "log_advance": np.sign(advance) * np.log1p(np.abs(advance)),
        }
    battles = Battles(
        names=table[[column for column in ("ISQNO", "WAR", "NAME") if column in table]].assign(
            LINE=np.arange(2, len(table) + 2)
        ),
        war=table["WAR"].str.strip().to_numpy(str),
        year=year,
        days=days,
        attackers=attackers,
        defenders=defenders,
        features=features,
        outcomes=outcomes,
        left_out=left_out,
    )
    return battles.chosen(np.flatnonzero(kept))


def _or_typical(values: Array, typical: float) -> Array:
    """Where a width of front is unknown, the middle of the battles since 1914 stands for it."""
    return np.where(np.isnan(values), typical, values)
