"""The line model's scalars, read from the TOML that names their sources."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from frontcast.campaign.types import Parameters
from frontcast.errors import FrontcastError


class Scalar(BaseModel):
    """One parameter: value, the range a calibration may look in, unit, source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    range: tuple[float, float]
    unit: str
    source: str

    @model_validator(mode="after")
    def _within(self) -> Scalar:
        low, high = self.range
        if not low <= self.value <= high:
            raise ValueError(f"value {self.value} is outside its range {low} to {high}")
        return self


@cache
def parameter_table() -> dict[str, Scalar]:
    """All parameters with units and sources, by name."""
    text = files("frontcast.campaign").joinpath("parameters.toml").read_text("utf-8")
    return {name: Scalar.model_validate(entry) for name, entry in tomllib.loads(text).items()}


def load_parameters(**changes: float) -> Parameters:
    """The shipped values, with `changes` to some of them.

    Raises:
        FrontcastError: where a change names no parameter.
    """
    values: dict[str, Any] = {name: scalar.value for name, scalar in parameter_table().items()}
    unknown = sorted(set(changes) - set(values))
    if unknown:
        raise FrontcastError(f"no parameter is called {', '.join(unknown)}; there are {', '.join(sorted(values))}.")
    values.update(changes)
    values["reinitialise_every"] = int(values["reinitialise_every"])
    return Parameters(**values)
