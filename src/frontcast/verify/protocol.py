"""The protocol of the track record, `protocol.toml`: what is fitted where, scored where, and how."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Strict):
    """A stretch of time and what it is for; both dates belong to it."""

    first: date
    last: date
    purpose: str


class Starts(_Strict):
    """Days from one start to the next, and from the end of what is learnt from to the first."""

    every_days: Days
    fit_gap_days: Days


class Leads(_Strict):
    """Leads that are scored, and those that the record is summed up by, in days."""

    days: tuple[Days, ...]
    headline_days: tuple[Days, ...]


class Cells(_Strict):
    """What is asked of cells, and which count."""

    event: str
    within_km: tuple[float, ...]
    weight: str
    oldest_map_days: Days
    least_probability: float


class Places(_Strict):
    """What is asked of settlements, and which count."""

    event: str
    within_km: float
    weight: str


class SectorRules(_Strict):
    """How ground is divided where gains are scored by part."""

    of_area: str
    stretch_km: float


class Inference(_Strict):
    """How sure a difference is."""

    order: str
    interval: float
    resamples: int
    block: str
    fewest_blocks: int
    test: str
    families: str


class EnsembleRules(_Strict):
    """Members and seed of methods that have them."""

    members: int
    seed: int


class Protocol(_Strict):
    """All of the protocol; see `protocol.toml` for the words."""

    version: int
    splits: dict[str, Split]
    starts: Starts
    leads: Leads
    cells: Cells
    places: Places
    sectors: SectorRules
    inference: Inference
    ensemble: EnsembleRules


@cache
def protocol() -> Protocol:
    """The protocol of this version."""
    text = files("frontcast.verify").joinpath("protocol.toml").read_text("utf-8")
    return Protocol.model_validate(tomllib.loads(text))
