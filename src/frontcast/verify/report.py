"""The track record: what the hindcasts add up to, as a table for people and as JSON for everything else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import permutations
from typing import Any, Final

import xarray as xr
from rich import box
from rich.table import Table

from frontcast.verify.line import CLOSE_KM, NEAR_KM
from frontcast.verify.scores import Interval, Resampling, block_length, pooled_skill, skill, skill_interval

REFERENCE: Final = "persistence"
"""Skill is counted from this method."""

RIVAL: Final = "booster"
"""The baseline to beat: the table shows how far each method is ahead of it."""


@dataclass(frozen=True)
class Score:
    """One method at one lead, within one distance of the line; NaN where there is nothing to tell.

    Attributes:
        forecaster, lead_days, within_km: which.
        starts: number of starts scored.
        brier, log_score: mean over starts of the means over cells; the latter in nats.
        skill: share of the mean Brier score of persistence that is done away with, and its interval.
        skill_pooled: the same where every km² counts alike, not every start.
    """

    forecaster: str
    lead_days: int
    within_km: float
    starts: int
    brier: float
    log_score: float
    skill: float
    skill_interval: Interval
    skill_pooled: float


@dataclass(frozen=True)
class Difference:
    """Skill of one method less that of a rival other than persistence, with its interval."""

    forecaster: str
    rival: str
    lead_days: int
    within_km: float
    skill_difference: float
    interval: Interval


@dataclass(frozen=True)
class Lead:
    """One lead: starts scored, starts left out as the record cannot say what came true, starts in a block."""

    lead_days: int
    starts: int
    left_out: int
    block_starts: int


@dataclass(frozen=True)
class TrackRecord:
    """All that the hindcasts add up to."""

    leads: list[Lead]
    scores: list[Score]
    differences: list[Difference]


def summarise(hindcasts: xr.Dataset, every_days: int, resampling: Resampling) -> TrackRecord:
    """Means over starts, skill and intervals of the scores that `hindcast` gives.

    Args:
        hindcasts: as `frontcast.verify.hindcast.hindcast` returns; must hold persistence.
        every_days: days from one start to the next.
        resampling: how intervals are made.
    """
    leads, scores, differences = [], [], []
    names = [str(name) for name in hindcasts["forecaster"].values]
    for lead in hindcasts["lead_days"].values.tolist():
        at_lead = hindcasts.sel(lead_days=lead)
        judged = at_lead.isel(init_time=at_lead["truth_known_at"].notnull().values)
        starts, length = judged.sizes["init_time"], block_length(lead, every_days)
        leads.append(Lead(lead, starts, at_lead.sizes["init_time"] - starts, length))
        if not starts:
            continue
        for within in judged["within_km"].values.tolist():
            here = judged.sel(within_km=within)
            brier = {name: here["brier"].sel(forecaster=name).values for name in names}
            reference = brier[REFERENCE]
            for name in names:
                scores.append(
                    Score(
                        forecaster=name,
                        lead_days=lead,
                        within_km=within,
                        starts=starts,
                        brier=float(brier[name].mean()),
                        log_score=float(here["log_score"].sel(forecaster=name).mean()),
                        skill=skill(brier[name], reference),
                        skill_interval=skill_interval(brier[name], reference, length, resampling),
                        skill_pooled=pooled_skill(brier[name], reference, here["area_km2"].values),
                    )
                )
            for name, rival in permutations(names, 2):
                if rival == REFERENCE:
                    continue  # that is the skill itself
                differences.append(
                    Difference(
                        forecaster=name,
                        rival=rival,
                        lead_days=lead,
                        within_km=within,
                        skill_difference=skill(brier[name], reference) - skill(brier[rival], reference),
                        interval=skill_interval(brier[name], reference, length, resampling, brier[rival]),
                    )
                )
    return TrackRecord(leads, scores, differences)


def to_json(hindcasts: xr.Dataset, record: TrackRecord) -> dict[str, Any]:
    """The track record and the scores of every start for `json.dump`: NaN is null, times are ISO 8601."""
    cleaned: dict[str, Any] = _without_nan(asdict(record) | {"starts": list(_starts(hindcasts))})
    return cleaned


def _starts(hindcasts: xr.Dataset) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in hindcasts["forecaster"].values]
    for start in hindcasts["init_time"].values:
        for lead in hindcasts["lead_days"].values.tolist():
            one = hindcasts.sel(init_time=start, lead_days=lead)
            known = bool(one["truth_known_at"].notnull())
            yield {
                "init_time": f"{start.astype('datetime64[s]')}Z",
                "lead_days": lead,
                "truth_known_at": f"{one['truth_known_at'].values.astype('datetime64[s]')}Z" if known else None,
                "within": [
                    {
                        "km": within,
                        "area_km2": float(here["area_km2"]),
                        "changed_km2": float(here["changed_km2"]),
                        "brier": dict(zip(names, here["brier"].values.tolist(), strict=True)),
                        "log_score": dict(zip(names, here["log_score"].values.tolist(), strict=True)),
                    }
                    for within in one["within_km"].values.tolist()
                    for here in [one.sel(within_km=within)]
                ],
            }


def _without_nan(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nan(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_nan(item) for item in value]
        case float() if math.isnan(value):
            return None
        case _:
            return value


def to_table(record: TrackRecord, title: str, level: float) -> Table:
    """The track record as a table: a group of rows for each lead, a row for each method."""
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD)
    table.caption = _caption(record, level)
    table.add_column("lead")
    table.add_column("method")
    for heading in ("Brier ‰", "skill", "log ‰", "Brier ‰\n10 km", "skill\n10 km", f"skill ahead of {RIVAL}"):
        table.add_column(heading, justify="right")
    for lead in record.leads:
        chosen = [score for score in record.scores if score.lead_days == lead.lead_days]
        near = [score for score in chosen if score.within_km == NEAR_KM]
        close = [score for score in chosen if score.within_km == CLOSE_KM]
        for row, (score, inner) in enumerate(zip(near, close, strict=True)):
            table.add_row(
                "" if row else f"{lead.lead_days} d",
                score.forecaster,
                f"{1000 * score.brier:.3f}",
                _with_interval(score.skill, score.skill_interval),
                f"{1000 * score.log_score:.3f}",
                f"{1000 * inner.brier:.3f}",
                _with_interval(inner.skill),
                _ahead(record, score),
            )
        table.add_section()
    return table


def _caption(record: TrackRecord, level: float) -> str:
    left_out = ", ".join(f"{lead.left_out} at {lead.lead_days} d" for lead in record.leads if lead.left_out)
    return (
        f"Brier and log score (nats) in thousandths, within {NEAR_KM:g} km of the line where not said otherwise: "
        f"lower is better. Skill against {REFERENCE}: higher is better; in brackets the {level:.0%} interval by "
        "block resampling of starts."
    ) + (f" Starts left out, as the record cannot say what came true: {left_out}." if left_out else "")


def _ahead(record: TrackRecord, score: Score) -> str:
    here = (score.forecaster, RIVAL, score.lead_days, score.within_km)
    for other in record.differences:
        if (other.forecaster, other.rival, other.lead_days, other.within_km) == here:
            return _with_interval(other.skill_difference, other.interval)
    return ""


def _with_interval(value: float, interval: Interval = (math.nan, math.nan)) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:+.3f}" + ("" if math.isnan(interval[0]) else f" [{interval[0]:+.3f} {interval[1]:+.3f}]")
