"""The parameters of all mechanisms: read from the TOML that names their sources, by mechanism and name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator

from frontcast.campaign.mechanisms import (
    attrition,
    change_of_command,
    clearing,
    cohesion,
    combined_arms,
    deception,
    deliveries,
    endurance,
    frontage,
    headquarters,
    initiative,
    leadership,
    manpower,
    munitions,
    objectives,
    policy,
    prepared_positions,
    quality,
    readiness,
    regimes,
    rout,
    span_of_control,
    supply,
    will,
    withdrawal,
)
from frontcast.errors import FrontcastError


class Response(NamedTuple):
    """How the line answers to the armies; see `mechanisms.toml`."""

    sensitivity: float
    standing: float
    unseen: float


class CampaignParameters(NamedTuple):
    """The parameters of each mechanism, in the record of its own file."""

    response: Response
    withdrawal: withdrawal.Parameters
    attrition: attrition.Parameters
    quality: quality.Parameters
    munitions: munitions.Parameters
    leadership: leadership.Parameters
    headquarters: headquarters.Parameters
    change_of_command: change_of_command.Parameters
    regimes: regimes.Parameters
    readiness: readiness.Parameters
    prepared_positions: prepared_positions.Parameters
    policy: policy.Parameters
    deliveries: deliveries.Parameters
    objectives: objectives.Parameters
    clearing: clearing.Parameters
    rout: rout.Parameters
    frontage: frontage.Parameters
    span_of_control: span_of_control.Parameters
    combined_arms: combined_arms.Parameters
    deception: deception.Parameters
    cohesion: cohesion.Parameters
    supply: supply.Parameters
    manpower: manpower.Parameters
    will: will.Parameters
    initiative: initiative.Parameters
    endurance: endurance.Parameters


class Entry(BaseModel):
    """One parameter: value, the range a calibration may look in, unit, source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    range: tuple[float, float]
    unit: str
    source: str
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _within(self) -> Entry:
        low, high = self.range
        if not low <= self.value <= high:
            raise ValueError(f"value {self.value} is outside its range {low} to {high}")
        if self.scale == "log" and low <= 0.0:
            raise ValueError("a range in logs begins above 0")
        return self


@cache
def mechanism_table() -> dict[str, Entry]:
    """All parameters with units and sources, by `mechanism.name`."""
    text = files("frontcast.campaign").joinpath("mechanisms.toml").read_text("utf-8")
    return {
        f"{mechanism}.{name}": Entry.model_validate(entry)
        for mechanism, entries in tomllib.loads(text).items()
        for name, entry in entries.items()
    }


def make_parameters(values: Mapping[str, Any]) -> CampaignParameters:
    """The record with these values by `mechanism.name`; numbers or arrays."""
    fields: dict[str, Any] = CampaignParameters.__annotations__
    types = {name: _type(name) for name in fields}
    return CampaignParameters(
        **{
            mechanism: record(**{name: values[f"{mechanism}.{name}"] for name in record._fields})
            for mechanism, record in types.items()
        }
    )


def _type(mechanism: str) -> Any:
    if mechanism == "response":
        return Response
    from importlib import import_module

    return import_module(f"frontcast.campaign.mechanisms.{mechanism}").Parameters


def load_mechanisms(changes: Mapping[str, float] | None = None) -> CampaignParameters:
    """The shipped values, with `changes` by `mechanism.name` to some of them.

    Raises:
        FrontcastError: where a change names no parameter.
    """
    values: dict[str, float] = {name: entry.value for name, entry in mechanism_table().items()}
    unknown = sorted(set(changes or {}) - set(values))
    if unknown:
        raise FrontcastError(
            f"no parameter is called {', '.join(unknown)}; they are listed in docs/mechanisms.md as mechanism.name."
        )
    return make_parameters(values | dict(changes or {}))
