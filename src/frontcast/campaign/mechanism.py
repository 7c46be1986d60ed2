"""The 28 mechanisms by number, and what can be switched off."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import jax
import jax.numpy as jnp

from frontcast.errors import FrontcastError


class Mechanism(IntEnum):
    """The mechanisms of DESIGN.md section 4; `PUSH` stands for what none of them explains.

    The values index the first axis of whatever is recorded by mechanism.
    """

    PUSH = 0
    WITHDRAWAL = 1
    ATTRITION = 2
    QUALITY = 3
    MUNITIONS = 4
    LEADERSHIP = 5
    HEADQUARTERS = 6
    CHANGE_OF_COMMAND = 7
    REGIMES = 8
    READINESS = 9
    PREPARED_POSITIONS = 10
    POLICY = 11
    DELIVERIES = 12
    OBJECTIVES = 13
    CLEARING = 14
    ROUT = 15
    FRONTAGE = 16
    SPAN_OF_CONTROL = 17
    COMBINED_ARMS = 18
    ABSENCE = 19
    DECEPTION = 20
    COHESION = 21
    SUPPLY = 22
    MANPOWER = 23
    WILL = 24
    REPORTED_FORECASTS = 25
    CLAIMS = 26
    INITIATIVE = 27
    ENDURANCE = 28

    @property
    def label(self) -> str:
        """`M16 frontage`, or `push` for what no mechanism explains."""
        words = self.name.lower().replace("_", " ")
        return words if self is Mechanism.PUSH else f"M{int(self)} {words}"


COUNT = len(Mechanism)


def switches(without: Iterable[str] = ()) -> jax.Array:
    """One for each mechanism that acts, zero for those taken out, (mechanism,) float32.

    Args:
        without: numbers ("M15") or names ("rout") of mechanisms, in any case.

    Raises:
        FrontcastError: where a name is no mechanism's, or of one that does not act on the line.
    """
    on = [1.0] * COUNT
    by_name = {mechanism.name.lower().replace("_", " "): mechanism for mechanism in Mechanism}
    by_name |= {f"m{int(mechanism)}": mechanism for mechanism in Mechanism}
    for name in without:
        mechanism = by_name.get(name.strip().lower().replace("_", " "))
        if mechanism is None:
            known = ", ".join(one.label for one in Mechanism if one is not Mechanism.PUSH)
            raise FrontcastError(f"no mechanism is called {name!r}; there are {known}.")
        if mechanism in (Mechanism.PUSH, Mechanism.REPORTED_FORECASTS, Mechanism.CLAIMS):
            raise FrontcastError(f"{mechanism.label} is no part of the campaign model and cannot be taken out of it.")
        on[mechanism] = 0.0
    return jnp.asarray(on, jnp.float32)
