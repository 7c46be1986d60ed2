"""What confirms and what contradicts a claim about control: other claims, and the maps.

Links are worked out when they are asked for and never kept: a claim stays as it was made, whatever comes to light.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.observe.reports.claim import CONTESTED
from frontcast.store.evidence import AGREE_DAYS, agree, same_speaker, speaker, weigh
from frontcast.store.place_history import PlaceHistory, place_history
from frontcast.store.series import ControlSeries
from frontcast.theatre import MASKED, A, B, Theatre

TRAIL_DAYS: Final = 7
"""Days that a map may trail a claim before it contradicts it. Two careful maps of one war, DeepState and Liveuamap, show
four in five of the settlements that changed hands within this many days of each other."""

LATER_DAYS: Final = 30
"""Days after its date until which a map still confirms a claim. What comes later is another event."""

DUE_DAYS: Final = 90
"""Days after which a prediction that names no day is due."""

DENIAL_DAYS: Final = 14
"""A denial contradicts what was claimed for up to this many days before it."""

COLUMNS: Final = ("claim", "link", "by", "source", "other", "date", "known_at", "lag_days")

Link = tuple[int, str, str, str, int | None, np.datetime64, np.datetime64, float]


def links(
    claims: pd.DataFrame, theatre: Theatre, maps: Sequence[ControlSeries] = (), *, as_of: np.datetime64 | None = None
) -> pd.DataFrame:
    """What confirms and contradicts each control claim.

    A claim confirms another about the same place where speakers and evidence differ, dates agree and holders can both
    be right; it contradicts one of the same day whose holder cannot. A denial contradicts what it denies, made up
    to `DENIAL_DAYS` before. What is unconfirmed or predicted links to nothing, but is linked to. Of one piece of
    evidence the first claim counts.

    A map confirms a claim on the first day from the claim's date on which it shows the same, at most `LATER_DAYS`
    after; it contradicts a claim that it does not show within `TRAIL_DAYS`. It contradicts a denial where it shows
    what was denied within `AGREE_DAYS`, and confirms it where it does not within `TRAIL_DAYS`. A prediction is judged
    when due; what the maps show already has to come anew, or to stay.

    Args:
        claims: from `Store.claims`, with or without the columns of `weigh`.
        theatre: whose sides the claims name; claims about other wars have links to claims only.
        maps: the maps to compare with.
        as_of: neither claims nor maps that became known later are looked at.

    Returns:
        One row a link: claim (id), link ("confirmed" or "contradicted"), by ("claim" or "map"), source (who says so), other
        (id of that claim, missing for a map), date (the day it says so of), known_at (when it was known) and
        lag_days (from the claim's date, of a prediction from its publication, to `date`; NaN where a map contradicts
        by not showing what was claimed).
    """
    if as_of is not None:
        claims = claims[claims["known_at"] <= pd.Timestamp(as_of)]
        maps = [series.known_by(as_of) for series in maps]
    if "evidence" not in claims:
        claims = weigh(claims)
    said = list(_statements(claims))
    rows = [*_among_claims(said)]
    for series in maps:
        rows += _by_map(said, series, theatre)
    found = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"other": "Int64", "lag_days": float})
    found = found.astype({"date": "datetime64[s]", "known_at": "datetime64[s]"})
    return found.sort_values(["claim", "link", "by", "date", "source"], kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class _Statement:
    """A control claim as links see it; days are counted from 1970.

    Attributes:
        holder, side, certainty: as of `Claim`.
        first, last: days it may be about; of one without a date, its publication.
        dated: whether it gives a date.
        known: day it was known.
    """

    id: int
    place: int | None
    evidence: int
    who: str
    holder: str | None
    side: str | None
    certainty: str
    first: int
    last: int
    dated: bool
    known: int
    known_at: np.datetime64
    lat: float
    lon: float

    @property
    def denied(self) -> bool:
        return self.certainty == "denied"

    @property
    def asserts(self) -> bool:
        """Whether it can confirm or contradict others."""
        return self.certainty not in ("unconfirmed", "predicted")

    def holders(self) -> tuple[frozenset[str], str | None]:
        """The holders it allows where it names them, and the one that it rules out."""
        if self.holder is not None:
            return frozenset([self.holder]), None
        return frozenset(), self.side


def _statements(claims: pd.DataFrame) -> Iterator[_Statement]:
    control = claims[claims["kind"] == "control"]
    control = control.sort_values(["known_at", "id"], kind="stable")
    columns = ("id", "place_id", "evidence", "holder", "side", "certainty", "lat", "lon")
    values = zip(*(control[name].tolist() for name in columns), speaker(control).tolist(), strict=True)
    known_at = control["known_at"].to_numpy("datetime64[s]")
    known = known_at.astype("datetime64[D]").astype(int)
    dated = control["valid_from"].notna().to_numpy()
    first, last = (
        np.where(dated, control[name].to_numpy("datetime64[D]").astype(int), known)
        for name in ("valid_from", "valid_to")
    )
    for at, (number, place, evidence, holder, side, certainty, lat, lon, who) in enumerate(values):
        yield _Statement(
            int(number),
            None if pd.isna(place) else int(place),
            int(evidence),
            who,
            holder,
            side,
            certainty,
            int(first[at]),
            int(last[at]),
            bool(dated[at]),
            int(known[at]),
            known_at[at],
            lat,
            lon,
        )


# ---- claims by claims


def _among_claims(said: Sequence[_Statement]) -> Iterator[Link]:
    places: defaultdict[int, list[_Statement]] = defaultdict(list)
    for one in said:
        if one.place is not None:
            places[one.place].append(one)
    for there in places.values():
        others = _Others(there)
        for one in there:
            yield from _first_of_each(one, others.near(one))


class _Others:
    """The statements about one place that can confirm or contradict others, looked up by day."""

    def __init__(self, there: Sequence[_Statement]) -> None:
        kinds: dict[str, list[_Statement]] = {"denial": [], "month": [], "day": []}
        for one in sorted((one for one in there if one.asserts), key=lambda one: (one.last, one.id)):
            kinds["month" if one.last > one.first else "denial" if one.denied else "day"].append(one)
        self._kinds = {name: ([one.last for one in found], found) for name, found in kinds.items()}

    def near(self, one: _Statement) -> list[_Statement]:
        """Those whose dates may have to do with a statement's, in the order they became known."""
        back, on = (DENIAL_DAYS, AGREE_DAYS) if one.denied else (AGREE_DAYS, AGREE_DAYS)
        if one.certainty == "predicted":
            on = DUE_DAYS
        reach = {"day": (back, on), "denial": (AGREE_DAYS, max(on, DENIAL_DAYS)), "month": (back, on + _MONTH)}
        found = []
        for name, (before, after) in reach.items():
            days, statements = self._kinds[name]
            begin = min(one.first, one.known) if one.certainty == "predicted" else one.first
            found += statements[bisect_left(days, begin - before) : bisect_left(days, one.last + after + 1)]
        return sorted(found, key=lambda statement: (statement.known_at, statement.id))


_MONTH: Final = 31


def _first_of_each(one: _Statement, near: Sequence[_Statement]) -> Iterator[Link]:
    """The links of one claim to others: of each piece of evidence the one known first."""
    seen: set[tuple[int, str]] = set()
    for other in near:
        link = None if other.evidence == one.evidence else _link(one, other)
        if link and (other.evidence, link) not in seen and not same_speaker(one.who, other.who):
            seen.add((other.evidence, link))
            start = one.known if one.certainty == "predicted" else one.first
            day = np.datetime64(other.first, "D")
            yield one.id, link, "claim", other.who, other.id, day, other.known_at, float(other.first - start)


def _link(one: _Statement, other: _Statement) -> str | None:
    """What `other`, which asserts or denies something, is to `one`."""
    if one.certainty == "predicted":
        due = one.last if one.dated else one.known + DUE_DAYS
        came = not other.denied and one.known < other.first and other.last <= due
        return "confirmed" if came and one.holder is not None and one.holder == other.holder else None
    if not _compatible(one, other):
        if one.denied == other.denied:
            against = one.first == one.last == other.first == other.last
        else:
            denial, claim = (one, other) if one.denied else (other, one)
            against = claim.first <= denial.last and denial.first - claim.last <= DENIAL_DAYS
        return "contradicted" if against else None
    told = _supports(one, other) and agree((one.first, one.last), (other.first, other.last))
    return "confirmed" if told else None


def _compatible(one: _Statement, other: _Statement) -> bool:
    """Whether what two statements say of the holder can both be so."""
    (mine, not_mine), (theirs, not_theirs) = one.holders(), other.holders()
    if mine and theirs:
        return mine == theirs
    return not (not_mine in theirs or not_theirs in mine)


def _supports(one: _Statement, other: _Statement) -> bool:
    """Whether two statements that can both be so speak for each other.

    Who has left a place speaks for the one who took it, not for a fight over it; who denies that it was taken, for both.
    """
    if one.holder is None and other.holder is None:
        return one.side == other.side
    if one.holder is None or other.holder is None:
        ruling, naming = (one, other) if one.holder is None else (other, one)
        return ruling.denied or naming.holder != CONTESTED
    return True


# ---- claims by maps


def _by_map(said: Sequence[_Statement], series: ControlSeries, theatre: Theatre) -> Iterator[Link]:
    values = {theatre.sides["a"].name: A, theatre.sides["b"].name: B}
    asked = [one for one in said if one.lat == one.lat and _answerable(one, values)]
    points = {point: at for at, point in enumerate(dict.fromkeys((one.lon, one.lat) for one in asked))}
    if not points or not len(series):
        return
    shown = place_history(series, theatre.grid, *zip(*points, strict=True))
    for one in asked:
        place = points[one.lon, one.lat]
        if (shown.holder[:, place] != MASKED).any():
            yield from _judged(one, _agrees(one, shown, place, values), shown)


def _answerable(one: _Statement, values: dict[str, int]) -> bool:
    return one.holder == CONTESTED or (one.holder or one.side) in values


def _agrees(one: _Statement, shown: PlaceHistory, place: int, values: dict[str, int]) -> npt.NDArray[np.bool_]:
    """Whether each map shows what a claim says, (map,)."""
    if one.holder == CONTESTED:
        return np.asarray(shown.contested[:, place])
    if one.holder is not None:
        return np.asarray(shown.holder[:, place] == values[one.holder])
    return np.asarray(shown.holder[:, place] != values[str(one.side)])


def _judged(one: _Statement, agrees: npt.NDArray[np.bool_], shown: PlaceHistory) -> Iterator[Link]:
    predicted = one.certainty == "predicted"
    due = max(one.last, one.known) if one.dated else one.known + DUE_DAYS
    start, end = (one.known, due) if predicted else (one.first, one.last)
    trail = end + (0 if predicted and not one.dated else TRAIL_DAYS)

    def link(kind: str, day: int, lag: float) -> Link:
        at = shown.known_at[max(shown.map_on(np.datetime64(day, "D")), 0)]
        return one.id, kind, "map", shown.source, None, np.datetime64(day, "D"), at, lag

    told = shown.map_on(np.datetime64(trail, "D")) >= 0 and _described(shown, trail)
    if one.denied:
        day = _first_day(~agrees, shown, end)
        if day is not None and day <= end + AGREE_DAYS:
            yield link("contradicted", day, float(day - end))
        elif told and (day is None or day > trail) and shown.map_on(np.datetime64(end, "D")) >= 0:
            yield link("confirmed", end, 0.0)
        return
    day = _comes_true(agrees, shown, start, trail) if predicted else _first_day(agrees, shown, start)
    in_time = day is not None and day <= trail
    if told and not in_time and shown.map_on(np.datetime64(end, "D")) >= 0:
        yield link("contradicted", end, float("nan"))
    if day is not None and day <= (trail if predicted else end + LATER_DAYS):
        yield link("confirmed", day, float(max(0, day - (start if start == one.last or predicted else one.last))))


def _described(shown: PlaceHistory, day: int) -> bool:
    """Whether the maps go on to a day."""
    return bool(shown.days[-1] >= np.datetime64(day, "D"))


def _comes_true(agrees: npt.NDArray[np.bool_], shown: PlaceHistory, known: int, due: int) -> int | None:
    """The day a prediction comes true: the first on which the maps show it anew or, if they always have, when it is due."""
    otherwise = _first_day(~agrees, shown, known)
    if otherwise is None or otherwise > due:
        return due if _described(shown, due) and shown.map_on(np.datetime64(due, "D")) >= 0 else None
    return _first_day(agrees, shown, otherwise)


def _first_day(agrees: npt.NDArray[np.bool_], shown: PlaceHistory, start: int) -> int | None:
    """The first day from `start` on that a map shows it."""
    now = shown.map_on(np.datetime64(start, "D"))
    if now >= 0 and agrees[now]:
        return start
    after = int(np.searchsorted(shown.days, np.datetime64(start, "D"), side="right"))
    hits = np.flatnonzero(agrees[after:])
    return int(shown.days[after + hits[0]].astype(int)) if len(hits) else None
