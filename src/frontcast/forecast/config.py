"""What one forecast is: every choice in one strict record, which goes into run.json and comes back from it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from frontcast.campaign import parameter_table
from frontcast.errors import InputError

LONGEST_DAYS = 180
DAILY_UNTIL = 14
SPARSE_LEADS = (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90, 120, 150, 180)


def parse_time(text: str) -> np.datetime64:
    """A UTC time; a bare date means the end of that day, 2022-09-05 -> 2022-09-05T23:59:59.

    Raises:
        ValueError: where it is no ISO 8601 date or time.
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as 2022-09-05 or 2022-09-05T18:00") from None
    if moment.tzinfo is not None and moment.utcoffset():
        raise ValueError(f"{text!r} is not in UTC: frontcast's times are")
    time = np.datetime64(moment.replace(tzinfo=None), "s")
    return time + np.timedelta64(86399, "s") if len(text) <= len("2022-09-05") else time


def default_leads(days: int) -> tuple[int, ...]:
    """Every day up to two weeks ahead; beyond, the first week, and then fewer and fewer."""
    if days <= DAILY_UNTIL:
        return tuple(range(1, days + 1))
    return tuple(sorted({lead for lead in SPARSE_LEADS if lead < days} | {days}))


class ForecastConfig(BaseModel):
    """Choices of one forecast.

    Attributes:
        theatre: name, or path of a theatre file.
        source: whose maps it starts from.
        init_time: UTC; a bare date means the end of that day.
        days: how far ahead, 1 to 180.
        lead_days: leads to write; left out, `default_leads(days)`.
        members: size of the ensemble.
        seed: of the random numbers.
        model_cell_km: side of a model cell, km; 1 or 2 for the shipped theatre.
        keep_members: write each member's control on the model's grid as well.
        parameters: scalars of the line model to change, by name.
        depth: "line", the two lines alone; or "units", with armies where an order of battle is known.
        mechanisms: parameters of the mechanisms to change for all members, by `mechanism.name` (depth "units").
        without: mechanisms to take out, by number or name (depth "units").
        calibrate: near the line, take the chances of the hazard for those of the members (depth "line").
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    theatre: str = "ukraine"
    source: str = "deepstate"
    init_time: str
    days: int = Field(default=14, ge=1, le=LONGEST_DAYS)
    lead_days: tuple[int, ...] = Field(default=(), strict=False)  # TOML and JSON know lists only
    members: int = Field(default=200, ge=2, le=10_000)
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    model_cell_km: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    keep_members: bool = False
    parameters: dict[str, float] = {}
    depth: Literal["line", "units"] = "line"
    mechanisms: dict[str, float] = {}
    without: tuple[str, ...] = Field(default=(), strict=False)
    calibrate: bool = True

    @field_validator("init_time", mode="before")
    @classmethod
    def _is_time(cls, given: object) -> object:
        # TOML has dates and times of its own, written without quotes.
        text = given.isoformat() if isinstance(given, date) else given
        return str(parse_time(text)) if isinstance(text, str) else text

    @field_validator("parameters")
    @classmethod
    def _are_known(cls, changes: dict[str, float]) -> dict[str, float]:
        table = parameter_table()
        for name, value in changes.items():
            if name not in table:
                raise ValueError(f"no parameter is called {name!r}; there are {', '.join(sorted(table))}")
            low, high = table[name].range
            if not low <= value <= high:
                raise ValueError(f"{name} = {value} is outside {low} to {high}")
        return changes

    @model_validator(mode="after")
    def _leads_fit(self) -> ForecastConfig:
        leads = self.lead_days
        if leads and (leads[0] < 1 or leads[-1] > self.days or any(b <= a for a, b in pairwise(leads))):
            raise ValueError(f"lead_days {list(leads)} must be ascending days from 1 to {self.days}")
        return self

    @property
    def time(self) -> np.datetime64:
        """`init_time` as datetime64[s]."""
        return np.datetime64(self.init_time, "s")

    @property
    def leads(self) -> tuple[int, ...]:
        """Leads that are written, days, ascending."""
        return self.lead_days or default_leads(self.days)

    @property
    def digest(self) -> str:
        """SHA-256 of the configuration, the same for the same choices however they were written."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def load_config(path: Path | None, **changes: Any) -> ForecastConfig:
    """The configuration in a TOML file, or in the run.json of an earlier forecast, with `changes` that are not None.

    Raises:
        InputError: where the file cannot be read, or a key or value is not right.
    """
    given: dict[str, Any] = {}
    name = "the command line" if path is None else str(path)
    if path is not None:
        try:
            text = path.read_text("utf-8")
            given = dict(json.loads(text)["config"]) if path.suffix == ".json" else tomllib.loads(text)
        except OSError as error:
            raise InputError(name, "", f"cannot be read ({error.strerror})", "Name a TOML file or a run.json") from None
        except (ValueError, KeyError, TypeError) as error:
            problem = f"is neither a TOML file nor a run.json of a forecast ({error})"
            raise InputError(name, "", problem, "See docs/configuration.md for the keys") from None
    given |= {key: value for key, value in changes.items() if value is not None}
    try:
        return ForecastConfig.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "as a whole"
        problem = first["msg"].removeprefix("Value error, ")
        if first["type"] == "missing":
            problem = "is missing"
        keys = ", ".join(ForecastConfig.model_fields)
        remedy = f"The keys are {keys}" if first["type"] == "extra_forbidden" else "Mend it and run again"
        raise InputError(name, place, problem, remedy) from None
