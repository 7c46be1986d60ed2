"""The running record of a ledger: how right what was issued has been, so far."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from frontcast.picture.line import DAY
from frontcast.verify.ledger import OURS, Entry
from frontcast.verify.scores import Interval, Resampling, block_length, skill, skill_interval

WITHIN = "25"
"""Scores are of the land within so many km of the line, see `frontcast.verify.judge.WITHIN_KM`."""


@dataclass(frozen=True)
class Running:
    """One lead of the record.

    Attributes:
        judge: whose maps say what came true.
        lead_days: the lead.
        ahead: whether the forecasts counted here were issued before the day they are about; the others are hindcasts
            that happen to be in the ledger, and prove less.
        starts: distinct starts scored, `left_out` where the maps have a gap on the day.
        brier, log_score: means over starts of the issued forecasts.
        skill: against each method that stood beside it, with its interval: 1 − Brier score / its Brier score, over
            the starts that have both.
    """

    judge: str
    lead_days: int
    ahead: bool
    starts: int
    left_out: int
    brier: float
    log_score: float
    skill: dict[str, tuple[float, Interval]]


def waiting(entries: Sequence[Entry], judge: str) -> int:
    """Issued leads that these maps have not scored yet."""
    issued = sum(len(entry.content["lead_days"]) for entry in entries if entry.kind == "issued")
    return issued - sum(entry.kind == "scored" and entry.content["judge"] == judge for entry in entries)


def running_record(entries: Sequence[Entry], resampling: Resampling | None = None) -> list[Running]:
    """What the entries of a ledger add up to, by judge, lead, and whether the forecast came before the fact.

    Several forecasts from one start count as one: their scores are averaged first.
    """
    resampling = resampling or Resampling()
    groups: dict[tuple[str, int, bool], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for entry in entries:
        if entry.kind != "scored":
            continue
        issued, lead = entries[entry.content["issued"]], entry.content["lead_days"]
        valid_time = np.datetime64(issued.content["init_time"].removesuffix("Z"), "s") + lead * DAY
        key = (entry.content["judge"], lead, bool(issued.written_at < valid_time))
        groups[key].append((issued.content["init_time"], entry.content["scores"]))
    return [
        _running(*key, groups[key], resampling) for key in sorted(groups, key=lambda key: (key[0], not key[2], key[1]))
    ]


def _running(
    judge: str, lead: int, ahead: bool, rows: list[tuple[str, dict[str, Any]]], resampling: Resampling
) -> Running:
    judged = [(start, scores) for start, scores in rows if scores]
    starts = sorted({start for start, _ in judged})

    def mean(name: str, score: str) -> dict[str, float]:
        """By start, mean over the forecasts from it."""
        found = defaultdict(list)
        for start, scores in judged:
            if name in scores:
                found[start].append(scores[name][score][WITHIN])
        return {start: float(np.mean(values)) for start, values in sorted(found.items())}

    ours = mean(OURS, "brier")
    against = {}
    for name in dict.fromkeys(name for _, scores in judged for name in scores if name not in (OURS, "ground")):
        rival = mean(name, "brier")
        both = [start for start in ours if start in rival]
        score, reference = (np.array([of[start] for start in both]) for of in (ours, rival))
        interval = skill_interval(score, reference, block_length(lead, _every_days(both)), resampling)
        against[name] = (skill(score, reference), interval)
    log = mean(OURS, "log_score")
    return Running(
        judge,
        lead,
        ahead,
        len(starts),
        len(rows) - len(judged),
        float(np.mean(list(ours.values()))) if ours else math.nan,
        float(np.mean(list(log.values()))) if log else math.nan,
        against,
    )


def _every_days(starts: Sequence[str]) -> int:
    """The shortest time between two starts in whole days, at least 1: blocks are never too short by it."""
    times = [np.datetime64(start.removesuffix("Z"), "s") for start in starts]
    return max(1, min((int((after - before) / DAY) for before, after in pairwise(times)), default=1))


def running_table(record: Sequence[Running], title: str, level: float) -> Table:
    """The running record as a table, a row a lead."""
    names = list(dict.fromkeys(name for one in record for name in one.skill))
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("scored by", "issued", "lead"):
        table.add_column(heading)
    for heading in ("starts", "Brier ‰", "log ‰", *(f"skill against\n{name}" for name in names)):
        table.add_column(heading, justify="right")
    for one in record:
        table.add_row(
            one.judge,
            "before" if one.ahead else "afterwards",
            f"{one.lead_days} d",
            f"{one.starts}" + (f" (+{one.left_out} in a gap)" if one.left_out else ""),
            *("-" if math.isnan(value) else f"{1000 * value:.3f}" for value in (one.brier, one.log_score)),
            *(_skill(*one.skill.get(name, (math.nan, (math.nan, math.nan)))) for name in names),
        )
    table.caption = (
        f"Land within {WITHIN} km of the line at the start, lower is better; skill against what stood beside it when it "
        f"was issued, higher is better; in brackets the {level:.0%} interval by block resampling of starts, where they "
        'make four blocks. "Afterwards": issued when its day had passed, so that nothing vouches for it but the code.'
    )
    return table


def _skill(value: float, interval: Interval) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:+.3f}" + ("" if math.isnan(interval[0]) else f" [{interval[0]:+.3f} {interval[1]:+.3f}]")
