"""The record of sources: how often what each claimed about a place was right, and how early, judged by the maps.

A claim is *news* where the map of the day before did not show what it says; only there can a source be better than
the map. Beside each source stand what repeating that map would have scored, and how often the same came true of
settlements that were as near to the line and in the same hands: a source that knows nothing scores no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.observe.reports.claim import CONTESTED, Claim
from frontcast.observe.reports.document import Document
from frontcast.picture.line import end_of_day
from frontcast.store.claims import valid_span
from frontcast.store.evidence import speaker
from frontcast.store.links import DUE_DAYS, TRAIL_DAYS
from frontcast.store.place_history import CONTESTED_KM
from frontcast.store.series import ControlSeries
from frontcast.theatre import MASKED, A, B, Theatre
from frontcast.verify.settlements import History, history

TOLERANCE_DAYS: Final = TRAIL_DAYS
"""Days after its date within which the map must show a claim. Two careful maps, DeepState and Liveuamap, show four in
five of the settlements that changed hands within this many days of each other: see `docs/sources.md`."""

HORIZON_DAYS: Final = DUE_DAYS
"""Days after its date within which a claim may still come true; also when a prediction without a date is due."""

LONG_DAYS: Final = 30
"""What the maps have shown for longer than this is not reported any more, it is repeated: not scored."""

ALIKE: Final = 20
"""Settlements in the same hands whose distance to the line comes closest: what a claim about any of them scores."""

LEVEL: Final = 0.95
SAMPLES: Final = 2000
LEAST_WEEKS: Final = 5
"""With claims from fewer weeks than this, resampling says nothing: no interval is given to the days."""

COLUMNS: Final = (
    *("source", "attributed_to", "place", "lat", "lon", "side", "holder", "valid_from", "valid_to"),
    *("known_at", "certainty"),
)
"""Columns of control claims. `lat`, `lon` in degrees or NaN; `side`, `holder` as of `Claim`; `valid_from`, `valid_to` the
first and last day it may mean, NaT where it names none; `known_at` when it was made, UTC."""

TESTS: Final = {
    "control": "who holds a place, or has left it",
    "contested": "a place is fought over",
    "unconfirmed": "the same, by the source's own word not confirmed",
    "denied": "it did not happen; right where the maps do not show it either",
    "predicted by a date": "due on the day named",
    "predicted": f"no day named: due after {HORIZON_DAYS} days",
}
"""Kinds of claims that are scored apart."""

OUTCOMES: Final = ("true", "later", "false", "known", "open", "unjudged")
"""True at its date; came true later, or, of a denial, was overtaken later; did not come true; the maps had shown it for
more than `LONG_DAYS`; not due by the end of the maps; cannot be judged (see `reason`)."""

Bools = npt.NDArray[np.bool_]
Interval = tuple[float, float]
_TYPES: Final = {
    **dict.fromkeys(("lat", "lon"), "float64"),
    **dict.fromkeys(("valid_from", "valid_to", "known_at"), "datetime64[s]"),
}
_DAY: Final = np.timedelta64(1, "D")


def control_claims(reports: Iterable[tuple[Document, Sequence[Claim]]]) -> pd.DataFrame:
    """The control claims of documents, with the columns `COLUMNS`, in the order given."""
    rows = []
    for document, claims in reports:
        for claim in claims:
            if claim.kind == "control":
                first, last = (np.datetime64("NaT" if day is None else day) for day in valid_span(claim.valid))
                known = end_of_day(np.datetime64(document.published))
                where = (math.nan if claim.lat is None else claim.lat, math.nan if claim.lon is None else claim.lon)
                who = (document.source, claim.attributed_to, claim.place)
                rows.append((*who, *where, claim.side, claim.holder, first, last, known, claim.certainty))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(_TYPES)


def map_claims(series: ControlSeries, theatre: Theatre, source: str) -> pd.DataFrame:
    """What a map shows as if it were claimed: each settlement that comes into a side's hands, with the columns `COLUMNS`.

    How right one careful map is by another is as much as any source can be asked for.
    """
    row, _ = theatre.places.cells
    places = theatre.places.table[row >= 0]
    seen = history([series], theatre.grid, places["lon"], places["lat"])
    known = {day: moment for day, moment in zip(series.valid_time[::-1], series.known_at[::-1], strict=True)}
    known_on = {day.astype("datetime64[D]"): moment for day, moment in known.items()}
    rows = []
    for before, now in zip(seen.map_of[:-1], seen.map_of[1:], strict=True):
        if before < 0 or now in (before, -1):
            continue
        day = seen.days[np.flatnonzero(seen.map_of == now)[0]]
        for value, side in ((A, theatre.sides["a"].name), (B, theatre.sides["b"].name)):
            for place in np.flatnonzero((seen.holder[now] == value) & (seen.holder[before] != value)):
                named = places.iloc[place]
                where = (named["name"], float(named["lat"]), float(named["lon"]))
                rows.append((source, None, *where, side, side, day, day, known_on[day], "stated"))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(_TYPES)


def first_said(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims without those that only say again what their speaker said of the place within the last `LONG_DAYS`.

    A bulletin that repeats itself daily would else count many times, right or wrong. What was said in between
    makes it news again.
    """
    order = claims.sort_values("known_at", kind="stable")
    point = [f"{lat:.2f} {lon:.2f}" for lat, lon in zip(order["lat"], order["lon"], strict=True)]
    place = order["place"].astype(str).where(order["lat"].isna(), pd.Series(point, order.index, dtype=object))
    columns = ("holder", "side", "certainty")
    said = pd.Series(
        ["|".join(map(str, row)) for row in zip(*(order[name] for name in columns), strict=True)], order.index
    )
    who = [speaker(order).str.casefold(), place]
    again = said.eq(said.groupby(who).shift())
    waited = order["known_at"] - order["known_at"].groupby(who).shift()
    return claims[~(again & (waited <= pd.Timedelta(days=LONG_DAYS))).reindex(claims.index)]


@dataclass(frozen=True)
class Question:
    """What a claim asks of the maps.

    Attributes:
        test: one of `TESTS`.
        holder: control value that the place must show; None where it must show any but `other_than`.
        other_than: see `holder`.
        contested: the line must be within `CONTESTED_KM` instead.
        first, last: indices of the first and last day it may come true on, without tolerance.
        known: index of the day it was made.
        tolerance, horizon: days after `last`.
    """

    test: str
    holder: int | None
    other_than: int | None
    contested: bool
    first: int
    last: int
    known: int
    tolerance: int
    horizon: int

    def answer(self, seen: History, maps: npt.NDArray[np.int64], places: Any) -> Bools:
        """Whether each of some maps shows it of each of some places (an index or indices)."""
        maps = np.maximum(maps, 0)
        if self.contested:
            return np.asarray(seen.line_km[maps[:, None], np.atleast_1d(places)] <= CONTESTED_KM)
        holder = seen.holder[maps[:, None], np.atleast_1d(places)]
        return np.asarray(
            (holder != self.other_than) & (holder != MASKED) if self.holder is None else holder == self.holder
        )


def judge(
    claims: pd.DataFrame, theatre: Theatre, maps: Sequence[ControlSeries], *, until: np.datetime64 | None = None
) -> pd.DataFrame:
    """Match control claims to what the maps showed.

    Args:
        claims: with the columns `COLUMNS`.
        theatre: whose sides the claims name and whose settlements they are compared with.
        maps: the judges; the first leads, the next count for the days before it begins.
        until: nothing known after this moment is looked at, neither maps nor claims.

    Returns:
        The claims known by then, with further columns test (one of `TESTS`), outcome (one of `OUTCOMES`), reason (why
        it cannot be judged, or ""), days_later (days after its date that it came true, or was overtaken; NaN), lead_days
        (days by which the claim was ahead of the maps, negative behind; NaN where they never showed it), repeats (whether
        the map of the day before showed it already), alike (share of settlements alike of which it was right; NaN but
        for news).

    Raises:
        FrontcastError: where there is no map of any day that a claim is about.
    """
    claims = claims if until is None else claims[claims["known_at"] <= pd.Timestamp(until)]
    claims = claims.reset_index(drop=True)
    if claims.empty:
        return claims.assign(
            test="", outcome="", reason="", days_later=math.nan, lead_days=math.nan, repeats=False, alike=math.nan
        )
    row, _ = theatre.places.cells
    settlements = theatre.places.table[row >= 0]
    lon = np.concatenate([claims["lon"].fillna(0.0), settlements["lon"]])
    lat = np.concatenate([claims["lat"].fillna(0.0), settlements["lat"]])
    begin = np.fmin(claims["valid_from"].min(), claims["known_at"].min()).to_datetime64().astype("datetime64[D]")
    since = begin - (LONG_DAYS + 30) * _DAY
    seen = history(maps, theatre.grid, lon, lat, since=since, until=until)
    found = [_judge_one(claim, index, seen, len(claims), theatre) for index, claim in enumerate(_rows(claims))]
    return pd.concat([claims, pd.DataFrame(found)], axis=1)


def _rows(claims: pd.DataFrame) -> Iterable[dict[str, Any]]:
    return ({str(key): value for key, value in row.items()} for row in claims.to_dict("records"))


def _judge_one(claim: dict[str, Any], place: int, seen: History, others: int, theatre: Theatre) -> dict[str, Any]:
    verdict: dict[str, Any] = {
        **{"test": _test(claim), "outcome": "unjudged", "reason": "", "days_later": math.nan},
        **{"lead_days": math.nan, "repeats": False, "alike": math.nan},
    }
    question, reason = _question(claim, place, seen, theatre)
    if question is None:
        return verdict | {"reason": reason}
    eve, due = question.known - 1, question.last + question.tolerance
    maps = seen.map_of
    verdict["repeats"] = repeats = bool(question.answer(seen, maps[[eve]], place)[0, 0])
    if question.last + max(question.horizon, question.tolerance) >= len(seen.days):
        return verdict | {"outcome": "open"}
    verdict |= (_denied if question.test == "denied" else _asserted)(question, place, seen)
    if not repeats and verdict["outcome"] in ("true", "later", "false"):
        verdict["alike"] = _alike(question, eve, due, place, seen, others)
    return verdict


def _asserted(question: Question, place: int, seen: History) -> dict[str, Any]:
    """What became of a claim that something is, or will be, so."""
    low = max(0, min(question.first, question.known - LONG_DAYS - 1))
    shown = question.answer(
        seen, seen.map_of[low : question.last + max(question.horizon, question.tolerance) + 1], place
    )[:, 0]
    hits = np.flatnonzero(shown[question.first - low :])
    if not len(hits):
        return {"outcome": "false"}
    onset = question.first + int(hits[0])
    if onset == question.first:  # it may have been so for a while: back to where it began
        before = np.flatnonzero(~shown[: onset - low])
        onset = low + int(before[-1]) + 1 if len(before) else low
    lead = onset - question.known
    if lead < -LONG_DAYS or (onset == low and shown[0]) or (question.test.startswith("predicted") and lead < 0):
        return {"outcome": "known"}
    if onset <= question.last + question.tolerance:
        return {"outcome": "true", "lead_days": lead}
    return {"outcome": "later", "lead_days": lead, "days_later": onset - question.last}


def _denied(question: Question, place: int, seen: History) -> dict[str, Any]:
    """Whether what was denied was indeed not so, and for how long."""
    span = seen.map_of[question.first : question.last + question.horizon + 1]
    fails = np.flatnonzero(~question.answer(seen, span, place)[:, 0]) + question.first
    if not len(fails):
        return {"outcome": "true"}
    if fails[0] <= question.last + question.tolerance:
        return {"outcome": "false"}
    return {"outcome": "later", "days_later": int(fails[0]) - question.last}


def _alike(question: Question, eve: int, due: int, place: int, seen: History, others: int) -> float:
    """Share of the settlements most like the place on the eve of which the claim would have been right."""
    at = seen.map_of[eve]
    away = np.abs(seen.line_km[at] - seen.line_km[at, place])
    elsewhere = np.abs(seen.cell - seen.cell[place]).max(axis=1) > 1  # not the place itself, as the gazetteer has it
    rows = np.flatnonzero((seen.holder[at] == seen.holder[at, place]) & elsewhere)
    rows = rows[rows >= others]
    if not len(rows):
        return math.nan
    nearest = rows[np.argsort(away[rows], kind="stable")[:ALIKE]]
    shown = question.answer(seen, seen.map_of[question.first : due + 1], nearest)
    return float((shown.all(axis=0) if question.test == "denied" else shown.any(axis=0)).mean())


def _test(claim: dict[str, Any]) -> str:
    if claim["certainty"] == "predicted":
        return "predicted" if pd.isna(claim["valid_to"]) else "predicted by a date"
    if claim["certainty"] in ("denied", "unconfirmed"):
        return str(claim["certainty"])
    return "contested" if claim["holder"] == CONTESTED else "control"


def _question(claim: dict[str, Any], place: int, seen: History, theatre: Theatre) -> tuple[Question | None, str]:
    """What to ask of the maps, or None and why nothing can be asked."""
    values = {theatre.sides["a"].name: A, theatre.sides["b"].name: B}
    holder, side = (None if pd.isna(claim[key]) else claim[key] for key in ("holder", "side"))
    if pd.isna(claim["lat"]) or pd.isna(claim["lon"]):
        return None, "no place on the map"
    if (seen.holder[:, place] == MASKED).all():
        return None, "outside the theatre"
    if holder != CONTESTED and (holder or side) not in values:
        return None, "no side of the theatre"
    known = seen.day(np.datetime64(claim["known_at"]))
    dated = not pd.isna(claim["valid_to"])
    first, last = (seen.day(np.datetime64(claim[key])) if dated else known for key in ("valid_from", "valid_to"))
    test, tolerance, horizon = _test(claim), TOLERANCE_DAYS, HORIZON_DAYS
    if test.startswith("predicted"):
        first = known
        last, tolerance, horizon = (max(last, known), tolerance, horizon) if dated else (known + horizon, 0, 0)
    first = min(first, last)
    if min(first, known - 1) < 0 or seen.map_on(known - 1) < 0:
        return None, "before the maps begin, or in a gap"
    if last + tolerance < len(seen.days) and seen.map_on(last + tolerance) < 0:
        return None, "before the maps begin, or in a gap"
    held = values.get(str(holder))
    other = values.get(str(side)) if holder is None else None
    return Question(test, held, other, holder == CONTESTED, first, last, known, tolerance, horizon), ""


# ---- scores


@dataclass(frozen=True)
class SourceScore:
    """The record of one source with one kind of claim. Shares and days are NaN where nothing can be told.

    Attributes:
        source: who said it.
        test: one of `TESTS`.
        claims: how many were made; of them `known`, `open` and `unjudged` are not scored.
        true, later, false: how many of those scored came out so.
        right, right_interval: share true, with its interval.
        repeating: share that saying again what the map of the day before showed would have got right.
        news: claims scored that the map of the day before did not show.
        news_right, news_interval: share of them true at their date.
        alike: how often the same was true of settlements in the same hands and as near to the line.
        lead_days, lead_interval: median days by which the claims that came true were ahead of the maps; negative behind.
        later_days: median days after their date that the `later` ones came true.
        weeks: weeks from which the scored claims come: claims of one week are not independent.
    """

    source: str
    test: str
    claims: int
    known: int
    open: int
    unjudged: int
    true: int
    later: int
    false: int
    right: float
    right_interval: Interval
    repeating: float
    news: int
    news_right: float
    news_interval: Interval
    alike: float
    lead_days: float
    lead_interval: Interval
    later_days: float
    weeks: int

    def to_record(self) -> dict[str, Any]:
        """As plain JSON values: null for NaN, numbers to six digits."""
        return {key: _plain(value) for key, value in asdict(self).items()}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> SourceScore:
        """What `to_record` made, to six digits."""
        values: dict[str, Any] = {
            name: tuple(map(_number, value)) if isinstance(value, list) else _number(value)
            for name, value in record.items()
        }
        return cls(**values)


def _number(value: Any) -> Any:
    return math.nan if value is None else value


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return (round(value, 6) if math.isfinite(value) else None) if isinstance(value, float) else value


def score(judged: pd.DataFrame, *, by: pd.Series | None = None) -> list[SourceScore]:
    """The record of each source and kind of claim, in alphabetical order: small counts must not be ranked.

    Args:
        judged: from `judge`.
        by: whose each claim is; left out, `speaker`.
    """
    if judged.empty:
        return []
    order = list(TESTS)
    groups = judged.groupby([speaker(judged) if by is None else by, "test"], sort=False)
    found = [_score_one(str(source), str(test), group) for (source, test), group in groups]
    return sorted(found, key=lambda one: (one.source.casefold(), one.source, order.index(one.test)))


def _score_one(source: str, test: str, claims: pd.DataFrame) -> SourceScore:
    scored = claims[claims["outcome"].isin(("true", "later", "false"))]
    right = scored["outcome"].isin(("true", "later") if test == "denied" else ("true",)).to_numpy(bool)
    repeats = scored["repeats"].to_numpy(bool)
    weeks = scored["known_at"].to_numpy("datetime64[W]").astype(int)
    fulfilled = scored[scored["lead_days"].notna()]
    lead = fulfilled["lead_days"].to_numpy(float)
    later = scored["days_later"].dropna()
    alike = scored["alike"].dropna().to_numpy(float)
    counted = {name: int((claims["outcome"] == name).sum()) for name in OUTCOMES}
    return SourceScore(
        source=source,
        test=test,
        claims=len(claims),
        **counted,
        right=_mean(right),
        right_interval=share_interval(right, weeks),
        repeating=_mean(right & repeats),
        news=int((~repeats).sum()),
        news_right=_mean(right[~repeats]),
        news_interval=share_interval(right[~repeats], weeks[~repeats]),
        alike=_mean(alike),
        lead_days=float(np.median(lead)) if len(lead) else math.nan,
        lead_interval=median_interval(lead, fulfilled["known_at"].to_numpy("datetime64[W]").astype(int)),
        later_days=float(later.median()) if len(later) else math.nan,
        weeks=len(np.unique(weeks)),
    )


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else math.nan


def wilson(share: float, n: float, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share seen in `n` independent trials; `n` need not be whole.

    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    from scipy.stats import norm

    if not n:
        return math.nan, math.nan
    z2 = float(norm.ppf((1 + level) / 2)) ** 2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def effective_number(right: Bools, weeks: npt.NDArray[np.int64]) -> float:
    """How many independent claims tell as much as these, where claims of one week stand and fall together.

    The number divided by the design effect: the variance of the share between weeks over that of as many independent
    claims, never below 1. Where all are right, or all wrong, or all of one week, the variance cannot be told: the number
    of weeks.

    Korn, E. L. and Graubard, B. I. (1998), Survey Methodology 24, 193-201.
    """
    n, share = len(right), float(right.mean()) if len(right) else 0.0
    _, week = np.unique(weeks, return_inverse=True)
    clusters = int(week.max()) + 1 if n else 0
    if clusters < 2 or share in (0.0, 1.0):
        return float(clusters)
    surplus = np.bincount(week, right - share)
    between = clusters / (clusters - 1) * float((surplus**2).sum()) / n**2
    return n / max(1.0, between * (n - 1) / (share * (1 - share)))


def share_interval(right: Bools, weeks: npt.NDArray[np.int64]) -> Interval:
    """Wilson's interval of the share right, at the effective number of claims."""
    return wilson(float(right.mean()), effective_number(right, weeks)) if len(right) else (math.nan, math.nan)


def median_interval(days: npt.NDArray[np.float64], weeks: npt.NDArray[np.int64]) -> Interval:
    """Interval of a median by resampling whole weeks; NaN with fewer than `LEAST_WEEKS` of them."""
    kept, week = np.unique(weeks, return_inverse=True)
    if len(kept) < LEAST_WEEKS:
        return math.nan, math.nan
    order = np.argsort(days, kind="stable")
    days, week = days[order], week[order]
    drawn = np.random.default_rng(0).multinomial(len(kept), np.full(len(kept), 1 / len(kept)), size=SAMPLES)
    weight = np.cumsum(drawn[:, week], axis=1)
    middle = (weight * 2 >= weight[:, -1:]).argmax(axis=1)
    low, high = np.quantile(days[middle], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
