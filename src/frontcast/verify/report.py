"""The track record: what the hindcasts add up to, as a table for people and as JSON for everything else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import permutations
from typing import Any, Final

import numpy as np
import xarray as xr
from rich import box
from rich.table import Table

from frontcast.picture.line import CLOSE_KM, NEAR_KM
from frontcast.verify.diagnosis import Diagnosis, diagnoses, to_plain
from frontcast.verify.inference import holm, p_value, steps_ahead
from frontcast.verify.measures import MEASURES
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
    """Skill of one method less that of a rival other than persistence, over the starts that both have.

    Attributes:
        forecaster, rival, lead_days, within_km: which.
        skill_difference, interval: of the Brier score. log_ratio: mean log score by the rival's.
        p, p_holm: of the Diebold-Mariano test of the Brier score, as it stands and among the leads looked at; `log_p`
            and `log_p_holm` of the log score.
    """

    forecaster: str
    rival: str
    lead_days: int
    within_km: float
    skill_difference: float
    interval: Interval
    log_ratio: float
    p: float
    log_p: float
    p_holm: float = math.nan
    log_p_holm: float = math.nan


@dataclass(frozen=True)
class Measured:
    """Another measure of one method at one lead, see `frontcast.verify.measures`.

    Attributes:
        measure, forecaster, lead_days: which. mean: over starts.
        skill, skill_interval: share of the mean of persistence that is done away with.
        ahead, ahead_interval: skill less that of `RIVAL`; NaN where that is missing.
        nested: whether it was made from nested sets, as the method has no members.
    """

    measure: str
    forecaster: str
    lead_days: int
    mean: float
    skill: float
    skill_interval: Interval
    ahead: float
    ahead_interval: Interval
    nested: bool


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
    measures: list[Measured]
    diagnoses: list[Diagnosis]


def summarise(hindcasts: xr.Dataset, every_days: int, resampling: Resampling) -> TrackRecord:
    """Means over starts, skill and intervals of the scores that `hindcast` gives.

    Methods are compared over the starts that both have.

    Args:
        hindcasts: as `frontcast.verify.hindcast.hindcast` returns; must hold persistence.
        every_days: days from one start to the next.
        resampling: how intervals are made.
    """
    leads, scores, differences = [], [], []
    measures: list[Measured] = []
    names = [str(name) for name in hindcasts["forecaster"].values]
    for lead in hindcasts["lead_days"].values.tolist():
        at_lead = hindcasts.sel(lead_days=lead)
        judged = at_lead.isel(init_time=np.flatnonzero(at_lead["truth_known_at"].notnull().values))
        starts, length = judged.sizes["init_time"], block_length(lead, every_days)
        leads.append(Lead(lead, starts, at_lead.sizes["init_time"] - starts, length))
        if not starts:
            continue
        for within in [one for one in judged["within_km"].values.tolist() if math.isfinite(one)]:
            here = judged.sel(within_km=within)
            brier = {name: here["brier"].sel(forecaster=name).values for name in names}
            log = {name: here["log_score"].sel(forecaster=name).values for name in names}
            for name in names:
                own = np.isfinite(brier[name])
                if not own.any():
                    continue
                reference = brier[REFERENCE][own]
                scores.append(
                    Score(
                        forecaster=name,
                        lead_days=lead,
                        within_km=within,
                        starts=int(own.sum()),
                        brier=float(brier[name][own].mean()),
                        log_score=float(log[name][own].mean()),
                        skill=skill(brier[name][own], reference),
                        skill_interval=skill_interval(brier[name][own], reference, length, resampling),
                        skill_pooled=pooled_skill(brier[name][own], reference, here["area_km2"].values[own]),
                    )
                )
            for name, rival in permutations(names, 2):
                both = np.isfinite(brier[name]) & np.isfinite(brier[rival])
                if rival == REFERENCE or not both.any():
                    continue  # against the reference, that is the skill itself
                reference, one, other = (brier[key][both] for key in (REFERENCE, name, rival))
                ahead = steps_ahead(lead, every_days)
                differences.append(
                    Difference(
                        forecaster=name,
                        rival=rival,
                        lead_days=lead,
                        within_km=within,
                        skill_difference=skill(one, reference) - skill(other, reference),
                        interval=skill_interval(one, reference, length, resampling, other),
                        log_ratio=1 - skill(log[name][both], log[rival][both]),
                        p=p_value(one, other, ahead),
                        log_p=p_value(log[name][both], log[rival][both], ahead),
                    )
                )
        measures += _measured(judged, names, lead, length, resampling)
    found = list(diagnoses(hindcasts, every_days, resampling))
    return TrackRecord(leads, scores, _corrected(differences), measures, found)


def _measured(
    judged: xr.Dataset, names: Sequence[str], lead: int, length: int, resampling: Resampling
) -> Iterator[Measured]:
    own_members = judged["own_members"].astype(float)
    nothing = (math.nan, math.nan)
    for measure in MEASURES:
        values = {name: measure.of(judged).sel(forecaster=name).values for name in names}
        for name in names:
            own = np.isfinite(values[name])
            if not own.any():
                continue
            score, reference = values[name][own], values[REFERENCE][own]
            rival = values[RIVAL][own] if RIVAL in names and name != RIVAL else np.full(1, math.nan)
            paired = bool(np.isfinite(rival).all())
            of_own = bool((own_members.sel(forecaster=name).values[own] == 1).all())
            yield Measured(
                measure=measure.name,
                forecaster=name,
                lead_days=lead,
                mean=float(score.mean()),
                skill=skill(score, reference),
                skill_interval=skill_interval(score, reference, length, resampling),
                ahead=skill(score, reference) - skill(rival, reference) if paired else math.nan,
                ahead_interval=skill_interval(score, reference, length, resampling, rival) if paired else nothing,
                nested=measure.from_members and not of_own and name != REFERENCE,
            )


def _corrected(differences: list[Difference]) -> list[Difference]:
    """The same with Holm's correction over the leads of each pair and distance."""
    families: dict[tuple[str, str, float], list[int]] = {}
    for index, one in enumerate(differences):
        families.setdefault((one.forecaster, one.rival, one.within_km), []).append(index)
    corrected = list(differences)
    for family in families.values():
        brier = holm([differences[index].p for index in family])
        log = holm([differences[index].log_p for index in family])
        for index, of_brier, of_log in zip(family, brier, log, strict=True):
            corrected[index] = replace(differences[index], p_holm=of_brier, log_p_holm=of_log)
    return corrected


def to_json(hindcasts: xr.Dataset, record: TrackRecord, *, starts: bool = True) -> dict[str, Any]:
    """The track record for `json.dump`, with the scores of every start or without: NaN is null, times are ISO 8601."""
    plain = asdict(record) | {"diagnoses": to_plain(record.diagnoses)}
    plain |= {"starts": list(_starts(hindcasts))} if starts else {}
    cleaned: dict[str, Any] = _without_nan(plain)
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
                    if math.isfinite(within)
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
        for row, (score, inner) in enumerate(zip(near, close, strict=True)):  # both lists are in the methods' order
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
        "block resampling of starts; p of the Diebold-Mariano test, corrected for the number of leads (Holm)."
    ) + (f" Starts left out, as the record cannot say what came true: {left_out}." if left_out else "")


def _ahead(record: TrackRecord, score: Score) -> str:
    here = (score.forecaster, RIVAL, score.lead_days, score.within_km)
    for other in record.differences:
        if (other.forecaster, other.rival, other.lead_days, other.within_km) == here:
            sure = "" if math.isnan(other.p_holm) else f" p {other.p_holm:.3f}"
            return _with_interval(other.skill_difference, other.interval) + sure
    return ""


def _with_interval(value: float, interval: Interval = (math.nan, math.nan)) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:+.3f}" + ("" if math.isnan(interval[0]) else f" [{interval[0]:+.3f} {interval[1]:+.3f}]")
