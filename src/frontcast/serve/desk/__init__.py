"""Answers that take thought, made in a process of their own so that those who only read are never kept waiting.

`ANSWERS` has one function for each kind of answer. The first argument is what is opened, the others come from the
request, already checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from frontcast.serve.desk import days, evidence, ground, questions, right, runs, towns
from frontcast.serve.desk.opened import Opened

ANSWERS: Final[dict[str, Callable[..., Any]]] = {
    "theatre": ground.theatre,
    "ground": ground.layer,
    "towns": towns.towns,
    "timeline": days.timeline,
    "control": days.control,
    "map_numbers": days.map_numbers,
    "map_lines": days.map_lines,
    "newest": days.newest,
    "vintage": days.vintage,
    "afterwards": days.afterwards,
    "units": evidence.units,
    "claims": evidence.claims,
    "scenarios": questions.scenarios,
    "scenario": questions.scenario,
    "changeable": questions.changeable,
    "check": questions.check,
    "change": questions.change,
    "scenario_head": questions.scenario_head,
    "check_forecast": questions.check_forecast,
    "mechanisms": runs.mechanisms,
    "export_forecast": runs.export_forecast,
    "export_what_if": runs.export_what_if,
    "track_record": right.track_record,
}

__all__ = ["ANSWERS", "Opened"]
