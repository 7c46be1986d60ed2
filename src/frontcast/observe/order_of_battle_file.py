"""Reader of an order of battle of one's own: a CSV with one line a unit, checked as a whole.

Columns: side, unit, echelon, kind, parent, lon, lat, battalions, seen. Parents are units of the file (echelon army, corps or
division) or empty. Everything wrong with the file is told at once, each with its line.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from frontcast.errors import InputError, ManyInputError
from frontcast.observe.order_of_battle import KINDS as KNOWN_KINDS
from frontcast.spelling import fold
from frontcast.theatre import Theatre

COLUMNS = ("side", "unit", "echelon", "kind", "parent", "lon", "lat", "battalions", "seen")
ECHELONS = ("army", "corps", "division", "brigade", "regiment", "battalion", "battalion group")
KINDS = (*sorted(set(KNOWN_KINDS.values())), "other")
MOST_BATTALIONS = 60.0


def read_order_of_battle(path: Path, theatre: Theatre, as_of: np.datetime64) -> pd.DataFrame:
    """Units of a file, columns as `Store.units` has them.

    Raises:
        InputError: where the file cannot be read or lacks a column.
        ManyInputError: units off the map or across the border, strengths below zero, parents that do not exist, loops of
            command, two units of one name, dates that are none or lie after `as_of`: all of them.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", "Name a CSV file") from None
    except UnicodeDecodeError:
        raise InputError(str(path), "", "it is no text in UTF-8", "Save it as UTF-8") from None
    lines = list(csv.DictReader(text.splitlines()))
    header = next(csv.reader(text.splitlines()), [])
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        problem = f"it lacks the columns {', '.join(missing)}"
        raise InputError(str(path), "line 1", problem, f"Columns are {', '.join(COLUMNS)}")
    check = _Check(str(path), theatre, as_of)
    rows = [
        check.row(number, {key: (value or "").strip() for key, value in line.items() if key})
        for number, line in enumerate(lines, 2)
    ]
    check.command(rows)
    if not rows:
        check.wrong(2, "", "there is no unit in it", "Write one line a unit")
    if check.errors:
        raise ManyInputError(check.in_order())
    return pd.DataFrame(rows).drop(columns=["line"])


class _Check:
    """What is wrong with the lines of one file."""

    def __init__(self, file: str, theatre: Theatre, as_of: np.datetime64) -> None:
        self.file, self.theatre, self.as_of = file, theatre, as_of
        self.errors: list[InputError] = []
        self.lines: list[int] = []
        self.names: dict[str, int] = {}

    def wrong(self, line: int, column: str, problem: str, remedy: str) -> None:
        self.errors.append(InputError(self.file, f"line {line}" + (f", {column}" if column else ""), problem, remedy))
        self.lines.append(line)

    def in_order(self) -> list[InputError]:
        """What is wrong, from the top of the file to its end."""
        return [self.errors[index] for index in np.argsort(self.lines, kind="stable")]

    def number(self, line: int, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            self.wrong(line, column, f'"{text}" is no number', "Write one, with a point")
            return float("nan")
        return value

    def row(self, line: int, given: dict[str, Any]) -> dict[str, Any]:
        """One line as a unit; what is wrong is noted."""
        sides = {fold(side.name): letter for letter, side in self.theatre.sides.items()} | {"a": "a", "b": "b"}
        side = sides.get(fold(given["side"]), "")
        if not side:
            names = " or ".join(side.name for side in self.theatre.sides.values())
            self.wrong(line, "side", f'no side is called "{given["side"]}"', f"Write {names}")
        if not given["unit"]:
            self.wrong(line, "unit", "a unit without a name", "Give each unit a name")
        name = f"{side} {fold(given['unit'])}"
        if name in self.names and given["unit"]:
            problem = f'"{given["unit"]}" is on line {self.names[name]} already'
            self.wrong(line, "unit", problem, "Give each unit of a side a name of its own")
        self.names.setdefault(name, line)
        if given["echelon"] not in ECHELONS:
            self.wrong(line, "echelon", f'"{given["echelon"]}" is no echelon', f"Echelons are {', '.join(ECHELONS)}")
        if given["kind"] and given["kind"] not in KINDS:
            self.wrong(line, "kind", f'"{given["kind"]}" is no kind of troops', f"Kinds are {', '.join(KINDS)}")
        lon, lat = (self.number(line, column, given[column]) for column in ("lon", "lat"))
        self._place(line, lon, lat)
        battalions = self.number(line, "battalions", given["battalions"]) if given["battalions"] else float("nan")
        if battalions < 0 or battalions > MOST_BATTALIONS:
            self.wrong(line, "battalions", f"{battalions:g} battalions", f"A unit has 0 to {MOST_BATTALIONS:.0f}")
        return {
            "line": line,
            "side": side,
            "unit": given["unit"],
            "echelon": given["echelon"],
            "kind": given["kind"] or "other",
            "parent": given["parent"],
            "lon": lon,
            "lat": lat,
            "strength": battalions,
            "source": Path(self.file).name,
            "valid_time": self._day(line, given["seen"]),
        }

    def _place(self, line: int, lon: float, lat: float) -> None:
        if np.isnan(lon) or np.isnan(lat):
            return
        row, column = (int(value[0]) for value in self.theatre.grid.cell_of([lon], [lat]))
        if row < 0:
            self.wrong(line, "lon", f"{lon:g}, {lat:g} is off the map", "Longitude first, then latitude, in degrees")
        elif not self.theatre.land[row, column]:
            self.wrong(
                line, "lon", f"{lon:g}, {lat:g} is across the border or in water", "Give a place on the theatre's land"
            )

    def _day(self, line: int, text: str) -> np.datetime64:
        try:
            day = np.datetime64(date.fromisoformat(text), "s")
        except ValueError:
            self.wrong(line, "seen", f'"{text}" is no date', "Write it as 2022-09-05")
            return np.datetime64("NaT")
        if day > self.as_of:
            self.wrong(line, "seen", f"{text} lies after {str(self.as_of)[:10]}", "A unit is seen before it is listed")
        return day

    def command(self, rows: list[dict[str, Any]]) -> None:
        """Parents that do not exist, and loops of command."""
        known = {(row["side"], fold(row["unit"])): row for row in rows}
        looped: set[str] = set()
        for row in rows:
            if not row["parent"]:
                continue
            if (row["side"], fold(row["parent"])) not in known:
                problem = f'its parent "{row["parent"]}" is no unit of its side in this file'
                self.wrong(row["line"], "parent", problem, "Add the parent, or leave it empty")
                continue
            chain, above = [row["unit"]], known.get((row["side"], fold(row["parent"])))
            while above is not None and above["unit"] not in chain:
                chain.append(above["unit"])
                above = known.get((above["side"], fold(above["parent"]))) if above["parent"] else None
            if above is not None and above["unit"] == row["unit"] and row["unit"] not in looped:
                looped |= set(chain)
                problem = f"commands go round: {' under '.join([*chain, row['unit']])}"
                self.wrong(row["line"], "parent", problem, "Let one of them have no parent")
