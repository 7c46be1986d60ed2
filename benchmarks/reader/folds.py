"""How well documents are read that neither the rules nor a net have seen: cross-validation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.reader.examples import Example
from benchmarks.reader.fitting import heads_of, hidden_of
from benchmarks.reader.net import Net
from frontcast.observe.reports.evidence import UNREAD
from frontcast.observe.reports.heads import Heads
from frontcast.observe.reports.weighing import Reading, Thresholds, reading, weighed
from frontcast.verify.reading import Tally, intervals, score, total

METHODS: Final = ("rules and model", "model alone")
"""The model sees what the rules read, and adds to it; the model that does not see it, without the rules' claims."""

ALONE: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)
AGREED: Final = (0.0, 0.05, 0.1, 0.15, 0.2)
OTHER: Final = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)


@dataclass(slots=True)
class Part:
    """What a net trained on the others reads in one part of the documents: method → thresholds → tallies; and the rules."""

    read: dict[str, dict[Thresholds, list[Tally]]]
    rules: list[Tally]


def readings(net: Net, examples: Sequence[Example], *, hide: bool = False) -> list[Reading]:
    """What a net makes of documents; `hide`: without what the rules read in them."""
    heads, out = heads_of(net), []
    for one in examples:
        (hidden,) = hidden_of(net, [one], hide)
        read = one.sheet.evidence.read
        if hide:
            one.sheet.evidence.read = [UNREAD] * len(read)
        out.append(reading(heads, one.sheet, hidden))
        one.sheet.evidence.read = read
    return out


def tallies(
    heads: Heads, examples: Sequence[Example], made: Sequence[Reading], at: Thresholds, method: str
) -> list[Tally]:
    """How well documents are read at some thresholds, one tally a document."""
    read = {}
    for one, found in zip(examples, made, strict=True):
        read[one.name] = weighed(heads, found, one.claims if method == METHODS[0] else [], one.document.published, at)
    return score([one.labels for one in examples], read)


def grid_of() -> list[Thresholds]:
    """The thresholds tried: those of control claims, then those of the others beside the usual."""
    control = [Thresholds(alone=a, agreed=b, second=max(a, 0.3)) for a in ALONE for b in AGREED]
    return [*dict.fromkeys(control), *(Thresholds(other=o, other_kept=k) for o in OTHER for k in (0.0, 0.05, 0.1))]


def chosen(grid: dict[Thresholds, Tally]) -> Thresholds:
    """The thresholds with the best F1 of control claims, and of the others."""
    best = max(grid, key=lambda at: grid[at].control.f1)
    other = max(grid, key=lambda at: grid[at].others.f1)
    return replace(best, other=other.other, other_kept=other.other_kept)


_TASK: list[Any] = []
"""What the processes that cross-validate share with the one that began them."""


def cross_validate(
    examples: Sequence[Example],
    more: Sequence[Example],
    folds: int,
    learn: Callable[[Sequence[Example]], Net],
    parts: int,
    processes: int,
    layers: int,
) -> tuple[Thresholds, list[dict[str, Any]], list[Example]]:
    """How well documents are read that neither rules nor model have seen, and the thresholds that are best on all.

    Each part is read by a net trained on the others, at thresholds that are best on the other halves.

    Args:
        examples: documents that no rule was written with; `more`, others to learn from.
        folds: parts that the documents are divided into; the first `parts` of them are read.
        learn: trains a net.
        processes: that work at a time.
        layers: of the net, for the record.

    Returns:
        The thresholds; scores, one entry a method; the documents that were read.
    """
    part = np.random.default_rng(1).permutation(len(examples)) % folds
    _TASK[:] = [examples, more, part, learn]
    if processes > 1:
        with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
            found = [half for halves in pool.map(_part, range(parts)) for half in halves]
    else:
        found = [half for number in range(parts) for half in _part(number)]
    at, runs = _summed(found, layers)
    return at, runs, [one for one, k in zip(examples, part, strict=True) if k < parts]


def _part(number: int) -> list[Part]:
    """One part of the documents, in halves, read by a net trained on the others."""
    examples, more, part, learn = _TASK
    unread = [one for one, k in zip(examples, part, strict=True) if k == number]
    net = learn([*(one for one, k in zip(examples, part, strict=True) if k != number), *more])
    return [_half_read(net, unread[half::2]) for half in (0, 1)]


def _half_read(net: Net, unread: Sequence[Example]) -> Part:
    """Documents as a net and the rules read them, at all thresholds."""
    heads = heads_of(net)
    shown, hidden = readings(net, unread), readings(net, unread, hide=True)
    grid = grid_of()
    read = {
        method: {at: tallies(heads, unread, shown if method == METHODS[0] else hidden, at, method) for at in grid}
        for method in METHODS
    }
    rules = score([one.labels for one in unread], {one.name: one.claims for one in unread})
    return Part(read, rules)


def _summed(parts: Sequence[Part], layers: int) -> tuple[Thresholds, list[dict[str, Any]]]:
    """The best thresholds, and the scores, of parts that were read by nets trained on the others."""
    runs = [_run("rules alone", layers, [one for part in parts for one in part.rules])]
    for method in METHODS:
        grids = [part.read[method] for part in parts]
        read: list[Tally] = []
        for number, grid in enumerate(grids):
            best = chosen({at: total(t for k, one in enumerate(grids) if k != number for t in one[at]) for at in grid})
            read += _at(best, grid)
        runs.append(_run(method, layers, read))
    first = [part.read[METHODS[0]] for part in parts]
    return chosen({at: total(t for one in first for t in one[at]) for at in first[0]}), runs


def _at(best: Thresholds, grid: dict[Thresholds, list[Tally]]) -> list[Tally]:
    """Tallies at chosen thresholds: of control claims from one entry of a grid, of the others from another."""
    control = next(v for at, v in grid.items() if (at.alone, at.agreed) == (best.alone, best.agreed))
    other = next(v for at, v in grid.items() if (at.other, at.other_kept) == (best.other, best.other_kept))
    return [replace(one, other=two.other) for one, two in zip(control, other, strict=True)]


def _run(method: str, layers: int, read: Sequence[Tally]) -> dict[str, Any]:
    """Scores with their intervals, as they are printed and kept."""
    tally, between = total(read), intervals(read)
    values = {
        "precision": tally.control.precision,
        "recall": tally.control.recall,
        "f1": tally.control.f1,
        **{thing: tally.share(thing) for thing in ("date", "certainty", "attribution")},
        "others f1": tally.others.f1,
    }
    print(
        f"{layers} layers, {method}: " + ", ".join(f"{name} {value:.3f}" for name, value in values.items()), flush=True
    )
    keys = {"others f1": "other f1"}
    return {
        "layers": layers,
        "method": method,
        **{name: [round(v, 4), [round(end, 4) for end in between[keys.get(name, name)]]] for name, v in values.items()},
    }


def keep_record(path: Path, read: Sequence[Example], of: int, layers: int, runs: list[dict[str, Any]]) -> None:
    """Puts the scores of some depth into a record, beside those of other depths on the same documents."""
    record = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    head = {
        "documents": len(read),
        "of": of,
        "claims": sum(claim.kind == "control" for one in read for claim in one.labels.claims),
    }
    same = all(record.get(name) == value for name, value in head.items())
    others = [one for one in record["runs"] if one["layers"] != layers] if same else []
    path.write_text(json.dumps({**head, "runs": others + runs}, indent=1) + "\n", "utf-8")
