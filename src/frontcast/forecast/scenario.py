"""What-if questions as files: the events a run takes for granted, and what is changed in it.

A scenario is a dozen lines of TOML (docs/scenarios.md). All that is wrong with one is told at once, each with its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from frontcast.campaign.mechanism import switches
from frontcast.errors import FrontcastError, InputError, ManyInputError
from frontcast.forecast.config import LONGEST_DAYS, parse_time
from frontcast.forecast.orders import KINDS, AnyEvent, OrderError

_EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent)
_HEADER = re.compile(r"^\s*\[\[?\s*([\w.\-\"]+)\s*\]?\]")
_KEY = re.compile(r"^\s*([\w\-]+)\s*=")


class Cancel(BaseModel):
    """Take out an event by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cancel: str


class Head(BaseModel):
    """What a scenario says of itself.

    Attributes:
        title, question: for people.
        init_time: when it starts. days: how far it runs.
        known: which facts it takes: those known by this day; later than init_time where it asks about what was only told
            afterwards. Left out, those known at init_time.
        without: mechanisms taken out of both futures.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    question: str
    theatre: str = "ukraine"
    init_time: Date | str
    days: int = Field(default=30, ge=1, le=LONGEST_DAYS)
    known: Date | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """An event with where it was written: file and line of its table, and of each of its keys."""

    event: Any
    file: str
    line: int
    keys: dict[str, int] = field(default_factory=dict)

    def error(self, problem: OrderError) -> InputError:
        """The problem with the place it stands at."""
        line = self.keys.get(problem.key, self.line)
        return InputError(self.file, f"line {line}, {problem.key}", problem.problem, problem.remedy)


@dataclass(frozen=True)
class Variant:
    """One future to set beside the base: its name and all of its events."""

    name: str
    events: tuple[Placed, ...]
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A question: the base, and one or more futures in which something is changed."""

    file: str
    head: Head
    base: tuple[Placed, ...]
    variants: tuple[Variant, ...]

    @property
    def init_time(self) -> np.datetime64:
        """As a forecast has it: the end of the day."""
        return parse_time(str(self.head.init_time))


def _lines(text: str) -> dict[tuple[str, int], tuple[int, dict[str, int]]]:
    """Line of each table by name and number of its kind, and of the keys in it; the top of the file is ("", 0)."""
    found: dict[tuple[str, int], tuple[int, dict[str, int]]] = {("", 0): (1, {})}
    counts: dict[str, int] = {}
    here: tuple[str, int] = ("", 0)
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            name = header.group(1)
            here = (name, counts.get(name, 0))
            counts[name] = here[1] + 1
            found[here] = (number, {})
        elif key:
            found[here][1].setdefault(key.group(1), number)
    return found


class _File:
    """A TOML file read with its lines, collecting what is wrong with it."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.lines = _lines(text)
        self.errors: list[InputError] = []
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(name, "", f"it is no TOML ({error})", "Mend it there") from None
        self._seen: dict[str, int] = {}

    def at(self, table: str) -> tuple[int, dict[str, int]]:
        """Lines of the next table of this name."""
        number = self._seen.get(table, 0)
        self._seen[table] = number + 1
        return self.lines.get((table, number), (1, {}))

    def wrong(self, line: int, key: str, problem: str, remedy: str) -> None:
        """Note an error."""
        self.errors.append(InputError(self.name, f"line {line}" + (f", {key}" if key else ""), problem, remedy))

    def explain(self, error: ValidationError, line: int, keys: dict[str, int], known: Sequence[str]) -> None:
        """Note all that pydantic found wrong with one table."""
        for one in error.errors():
            names = [str(part) for part in one["loc"] if not isinstance(part, int) and part not in KINDS]
            key = names[0] if names else ""
            problem = one["msg"].removeprefix("Value error, ")
            remedy = "Mend it and run again"
            if one["type"] == "extra_forbidden":
                problem, remedy = "is no key here", f"Keys are {', '.join(known)}"
            elif one["type"] == "missing":
                problem, remedy = "is missing", f'Add a line "{key} = ..."'
            elif one["type"].startswith("union_tag"):
                key = "kind"
                problem, remedy = "is no kind of event", f"Kinds are {', '.join(KINDS)}, or cancel, or amend"
            self.wrong(keys.get(key, line), key, problem[:1].lower() + problem[1:], remedy)

    def event(self, entry: dict[str, Any], table: str) -> Placed | None:
        """One event, or nothing and a note of why."""
        line, keys = self.at(table)
        try:
            event = _EVENT.validate_python(entry)
        except ValidationError as error:
            self.explain(error, line, keys, _keys_of(entry.get("kind")))
            return None
        return Placed(event, self.name, line, keys)

    def done(self) -> None:
        """Raise what was noted."""
        if self.errors:
            raise ManyInputError(self.errors)


@cache
def _kinds() -> dict[str, type[BaseModel]]:
    from frontcast.forecast import orders

    found = (value for value in vars(orders).values() if isinstance(value, type) and issubclass(value, orders.Event))
    return {kind.model_fields["kind"].annotation.__args__[0]: kind for kind in found if "kind" in kind.model_fields}  # type: ignore[union-attr]


def _keys_of(kind: Any) -> Sequence[str]:
    found = _kinds().get(str(kind))
    return list(found.model_fields) if found else ["kind"]


def read_facts(theatre: str, path: Path | None = None) -> tuple[Placed, ...]:
    """The dated facts of a war that ship, or those of a file; none where a theatre has none.

    Raises:
        ManyInputError: all that is wrong with the file.
    """
    if path is None:
        found = files("frontcast.forecast").joinpath("facts", f"{theatre}.toml")
        if not found.is_file():
            return ()
        name, text = f"facts/{theatre}.toml", found.read_text("utf-8")
    else:
        name, text = str(path), _read(path)
    file = _File(name, text)
    placed = [file.event(entry, "fact") for entry in file.data.get("fact", [])]
    for one in placed:
        if one is not None and (one.event.known is None or not one.event.source or not one.event.name):
            file.wrong(one.line, "", "a fact without name, source or the day it was known", "Give all three")
    file.done()
    return tuple(one for one in placed if one is not None)


def known_facts(facts: Sequence[Placed], until: np.datetime64) -> tuple[Placed, ...]:
    """The facts known at a time."""
    day = until.astype("datetime64[D]")
    return tuple(one for one in facts if np.datetime64(one.event.known) <= day)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(
            str(path), "", f"it cannot be read ({error.strerror})", "Name a scenario's TOML file"
        ) from None
    except UnicodeDecodeError:
        raise InputError(str(path), "", "it is no text in UTF-8", "Name a scenario's TOML file") from None


def shipped_scenarios() -> dict[str, Path]:
    """The scenarios that ship, by name."""
    folder = files("frontcast.forecast").joinpath("scenarios")
    found = sorted(path.name for path in folder.iterdir() if path.name.endswith(".toml"))
    return {name.removesuffix(".toml"): Path(str(folder.joinpath(name))) for name in found}


def load_scenario(path: str | Path) -> Scenario:
    """A scenario from a file, or one that ships by its name.

    Raises:
        ManyInputError: everything wrong with it that can be seen without the picture: keys, dates, kinds, names cancelled.
    """
    scenario, errors = read_scenario(path)
    if errors or scenario is None:
        raise ManyInputError(errors)
    return scenario


def read_scenario(path: str | Path) -> tuple[Scenario | None, list[InputError]]:
    """As `load_scenario`, with what is wrong told and not raised: the rest can still be checked against a picture.

    Raises:
        InputError: where the file cannot be read at all.
    """
    shipped = shipped_scenarios()
    found = shipped.get(str(path), Path(path))
    if str(path) not in shipped and not found.exists():
        names = ", ".join(shipped)
        raise FrontcastError(f"there is no scenario {path}: name a file, or one that ships: {names}.")
    file = _File(str(path), _read(found))
    head = _head(file)
    base: list[Placed] = []
    for entry in file.data.get("base", []):
        one = file.event(entry, "base")
        base += [one] if one else []
    given: tuple[Placed, ...] = ()
    if head is not None:
        _without(file, head.without, *file.lines.get(("scenario", 0), (1, {})))
        until = parse_time(str(head.known or head.init_time))
        given = known_facts(read_facts(head.theatre), until)
    start = (*given, *base)
    variants = []
    if "variant" in file.data:
        for number, entry in enumerate(file.data["variant"]):
            variants.append(_variant(file, entry, start, f"variant {number + 1}"))
        if file.data.get("change"):
            file.wrong(file.lines.get(("change", 0), (1, {}))[0], "", "changes outside of a variant", "Put them in one")
            # What they say is checked all the same.
            variants.append(_variant(file, {"change": file.data["change"]}, start, "", table="change"))
    else:
        changes = file.data.get("change", [])
        entry = {"name": "changed", "change": changes}
        variants.append(_variant(file, entry, start, "changed", table="change"))
    known = {"scenario", "base", "change", "variant"}
    for key in sorted(set(file.data) - known):
        file.wrong(
            file.lines.get((key, 0), (1, {}))[0],
            key,
            "is no part of a scenario",
            "Parts are scenario, base, change, variant",
        )
    if not any(variant.events != start or variant.without for variant in variants) and not file.errors:
        file.wrong(1, "", "nothing is changed", "Add a [[change]]")
    return (Scenario(str(path), head, start, tuple(variants)) if head else None), file.errors


def _head(file: _File) -> Head | None:
    line, keys = file.at("scenario")
    given = dict(file.data.get("scenario", {}))
    try:
        head = Head.model_validate(given)
    except ValidationError as error:
        file.explain(error, line, keys, list(Head.model_fields))
        # Without what is wrong the rest of the file can often still be checked.
        for one in error.errors():
            given.pop(str(one["loc"][0]), None)
        try:
            head = Head.model_validate(given)
        except ValidationError:
            return None
    try:
        time = parse_time(str(head.init_time))
    except ValueError as error:
        file.wrong(keys.get("init_time", line), "init_time", str(error), "Write it as 2022-09-05")
        return None
    if head.known is not None and np.datetime64(head.known) < time.astype("datetime64[D]"):
        file.wrong(keys.get("known", line), "known", "lies before init_time", "Facts known then are taken anyway")
    return head


def _without(file: _File, names: Sequence[str], line: int, keys: dict[str, int]) -> None:
    for name in names:
        try:
            switches([name])
        except FrontcastError as error:
            problem, remedy = str(error).rstrip("."), "Name a mechanism by number or name"
            file.wrong(keys.get("without", line), "without", problem, remedy)


def _variant(
    file: _File, entry: dict[str, Any], start: tuple[Placed, ...], fallback: str, table: str = "variant.change"
) -> Variant:
    line, keys = file.at("variant") if table == "variant.change" else (1, {})
    if table == "variant.change":
        for key in sorted(set(entry) - {"name", "change", "without"}):
            file.wrong(keys.get(key, line), key, "is no key of a variant", "Keys are name, without, change")
    events = list(start)
    for change in entry.get("change", []):
        if "cancel" in change or "amend" in change:
            _amend(file, events, change, table)
        elif (one := file.event(change, table)) is not None:
            events.append(one)
    _without(file, entry.get("without", []), line, keys)
    return Variant(str(entry.get("name", fallback)), tuple(events), tuple(entry.get("without", ())))


def _amend(file: _File, events: list[Placed], change: dict[str, Any], table: str) -> None:
    """Cancel an event by name, or change some of its keys."""
    line, keys = file.at(table)
    key = "cancel" if "cancel" in change else "amend"
    at = [index for index, one in enumerate(events) if one.event.name == change[key]]
    if not at:
        names = ", ".join(f'"{one.event.name}"' for one in events if one.event.name) or "none"
        problem = f'there is no event called "{change[key]}" among those this scenario takes'
        file.wrong(keys.get(key, line), key, problem, f"There are {names}")
        return
    if key == "cancel":
        for extra in sorted(set(change) - {"cancel"}):
            file.wrong(keys.get(extra, line), extra, "is no key beside cancel", "A cancelled event needs no more")
        for index in reversed(at):
            del events[index]
        return
    for index in at:
        old = events[index]
        new = old.event.model_dump() | {name: value for name, value in change.items() if name != "amend"}
        try:
            events[index] = Placed(_EVENT.validate_python(new), file.name, line, keys)
        except ValidationError as error:
            file.explain(error, line, keys, _keys_of(old.event.kind))
