"""Questions: the scenarios that ship, one's own checked, and a single change made into one."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from frontcast.errors import FrontcastError, InputError, ManyInputError
from frontcast.serve.desk.opened import Opened, end_of_day
from frontcast.serve.refusal import Flaw, Refusal, refused

DEFAULT_THEATRE = "ukraine"
"""Of a scenario that names none."""


def scenarios(opened: Opened) -> dict[str, Any]:
    """See `Scenarios`."""
    from frontcast.forecast.scenario import shipped_scenarios

    found = [_summary(name) for name in shipped_scenarios()]
    return {"scenarios": [one for one in found if one.pop("theatre") == opened.theatre.name]}


def _summary(name: str) -> dict[str, Any]:
    from frontcast.forecast.scenario import load_scenario, shipped_scenarios

    read = load_scenario(name)
    data = tomllib.loads(shipped_scenarios()[name].read_text("utf-8"))
    return {
        "name": name,
        "theatre": read.head.theatre,
        "title": read.head.title,
        "question": read.head.question,
        "init_time": str(read.head.init_time),
        "days": read.head.days,
        "variants": [one.name for one in read.variants],
        "changes": changes_in(data),
    }


def changes_in(data: Mapping[str, Any]) -> list[str]:
    """What a scenario changes, a few words each."""
    changes = list(data.get("change", []))
    for one, key in [(data, "change_without"), *((variant, "without") for variant in data.get("variant", []))]:
        changes += one.get("change", []) if one is not data else []
        changes += [{"without": one[key]}] if one.get(key) else []
    return [_words(change) for change in changes]


def _words(change: Mapping[str, Any]) -> str:
    if "cancel" in change:
        return f"without: {change['cancel']}"
    if "without" in change:
        return f"without the mechanisms {', '.join(map(str, change['without']))}"
    head = str(change.get("amend", change.get("kind", ""))).replace("_", " ")
    rest = ", ".join(
        f"{key} {value}" for key, value in change.items() if key not in ("amend", "kind", "source", "name")
    )
    return f"{head}: {rest}"


def scenario(opened: Opened, name: str) -> dict[str, Any]:
    """See `ScenarioText`."""
    from frontcast.forecast.scenario import shipped_scenarios

    found = shipped_scenarios()
    if name not in found:
        raise Refusal(404, f"No scenario is called so. There are {', '.join(found)}.")
    summary = _summary(name)
    del summary["theatre"]
    return summary | {"toml": found[name].read_text("utf-8")}


def check(opened: Opened, source: str, toml: str) -> list[Flaw]:
    """All that is wrong with a scenario, against the picture it starts from; nothing where it can be run."""
    from frontcast.forecast.whatif import open_scenario

    try:
        safe(toml, opened.theatre.name)
        with tempfile.TemporaryDirectory() as folder, opened.open() as held:
            file = Path(folder) / "scenario.toml"
            file.write_text(toml, "utf-8")
            open_scenario(str(file), held, opened.theatre, source)
    except Refusal as refusal:
        return refusal.flaws
    except ManyInputError as error:
        return [Flaw(one.place, one.problem, one.remedy) for one in error.errors]
    except InputError as error:
        return [Flaw(error.place, error.problem, error.remedy)]
    except FrontcastError as error:
        return [Flaw("", str(error), "")]
    return []


def scenario_head(opened: Opened, toml: str) -> dict[str, Any]:
    """Title, start, days and number of futures of a scenario that has been checked."""
    from frontcast.forecast.scenario import load_scenario

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.toml"
        file.write_text(toml, "utf-8")
        found = load_scenario(file)
    head = found.head
    return {
        "title": head.title[:200],
        "init_time": str(found.init_time)[:10],
        "days": head.days,
        "futures": 1 + len(found.variants),
    }


def check_forecast(opened: Opened, order: Mapping[str, Any]) -> list[Flaw]:
    """What is wrong with an order of a forecast."""
    from frontcast.campaign.mechanism import switches
    from frontcast.picture.picture import STALE_AFTER_DAYS

    series, flaws = opened.series(order["source"]), []
    time = end_of_day(order["init_time"])
    first, last = (series.known_at[at].astype("datetime64[D]") for at in (0, -1))
    if not first <= time.astype("datetime64[D]") <= last + np.timedelta64(STALE_AFTER_DAYS, "D"):
        flaws.append(
            Flaw("init_time", f"{order['init_time']} is not among the days of the record", f"{first} to {last}")
        )
    if order["without"] and order["depth"] != "units":
        flaws.append(Flaw("without", "the line alone has no mechanisms", "Ask for depth units"))
    for name in order["without"]:
        try:
            switches([name])
        except FrontcastError as error:
            flaws.append(Flaw("without", str(error).rstrip("."), "Name a mechanism by number or name"))
    return flaws


def safe(toml: str, theatre: str) -> dict[str, Any]:
    """The scenario as read, once it is sure that reading it opens no file: it may name no theatre but the one served.

    Raises:
        Refusal: where it is no TOML, too deep, or names another theatre.
    """
    try:
        data = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise Refusal(
            422, f"It is no TOML ({error}).", [Flaw("", f"it is no TOML ({error})", "Mend it there")]
        ) from None
    except (RecursionError, ValueError) as error:
        raise Refusal(422, "It is too deep.", [Flaw("", f"it cannot be read ({error})", "Write a flat file")]) from None
    head = data.get("scenario", {})
    named = head.get("theatre", DEFAULT_THEATRE) if isinstance(head, dict) else DEFAULT_THEATRE
    if named != theatre:
        flaw = Flaw("scenario, theatre", "is not the theatre served here", f'Write theatre = "{theatre}"')
        raise Refusal(422, "The theatre is another.", [flaw])
    for table in ("base", "change", "variant"):
        rows = data.get(table, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refusal(422, "It has another shape.", [Flaw(table, "is no list of tables", f"Write [[{table}]]")])
    return data


def changeable(opened: Opened, source: str, date: str) -> dict[str, Any]:
    """See `Changeable`."""
    from frontcast.forecast.campaign import assemble
    from frontcast.picture import make_picture

    series, theatre = opened.series(source), opened.theatre
    try:
        picture = make_picture(series, theatre, end_of_day(date))
    except FrontcastError as error:
        raise refused(error, 404) from None
    with opened.open() as held:
        musters = assemble(held, series, picture)
    letters = {side.name: letter for letter, side in theatre.sides.items()}
    deliveries = [
        {"name": one.event.name, "side": letters.get(one.event.side, one.event.side), "date": str(one.event.date)}
        for one in musters.facts
        if one.event.kind == "deliver"
    ]
    columns = ("side", "unit", "echelon", "kind")
    units = [
        {
            **{name: str(row[name]) for name in columns},
            "lon": round(float(row["lon"]), 2),
            "lat": round(float(row["lat"]), 2),
            "presumed": bool(row["presumed"]),
        }
        for row in musters.armies.units.to_dict("records")
    ]
    return {"date": date, "units": units, "deliveries": deliveries}


def change(opened: Opened, made: Mapping[str, Any], init_time: str, days: int) -> str:
    """A single change as the TOML of a scenario."""
    sides = {letter: side.name for letter, side in opened.theatre.sides.items()}
    entry: dict[str, Any]
    match made["kind"]:
        case "move_unit":
            entry = {"kind": "move_unit", "side": sides[made["side"]], **{key: made[key] for key in ("unit", "to")}}
            entry["date"] = _day(made["date"])
            title = f"{made['unit']} is moved"
        case "delay_delivery":
            entry = {"amend": made["delivery"], "date": _day(made["date"])}
            title = f"{made['delivery']} on {made['date']}"
        case _:
            entry = {"kind": "policy", "side": sides[made["side"]], "effort": float(made["effort"])}
            entry |= {"start": _day(made["start"]), "end": _day(made["end"]), "regenerate": bool(made["regenerate"])}
            title = f"{sides[made['side']]} {'stops to regenerate' if made['regenerate'] else 'changes its effort'}"
    head: dict[str, Any] = {
        "title": title,
        "question": "What would one change have made?",
        "theatre": opened.theatre.name,
    }
    head |= {"init_time": _day(init_time), "days": days}
    tables = [("[scenario]", head), ("[[change]]", entry)]
    return "\n".join(
        f"{name}\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in t.items()) for name, t in tables
    )


class _Day(str):
    """A day, written without quotes."""


def _day(text: str) -> _Day:
    end_of_day(text)
    return _Day(text)


def _toml(value: Any) -> str:
    """A value as TOML: what JSON and TOML write alike, with everything that is not plain text escaped."""
    if isinstance(value, _Day):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_letter(one) for one in value) + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(float(one)) for one in value) + "]"
    return json.dumps(value)


def _letter(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if one.isprintable():
        return one
    # A lone surrogate is no character; TOML has no way to write it.
    return "\ufffd" if 0xD800 <= ord(one) <= 0xDFFF else f"\\U{ord(one):08X}"
