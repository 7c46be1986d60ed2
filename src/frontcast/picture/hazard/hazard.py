"""How likely each cell near the line is to change hands: trees over what lies around it, and a pace that is never fitted.

Two layers that age differently, as in the push of the line model. *Where* is learnt once, from both sides' advances as one
sample. *How much* is looked up anew for every forecast: what the trees would have expected of the last weeks, for either
side, against what was then seen.
"""

from __future__ import annotations

import json
import lzma
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Lock
from typing import Any, Final, Self

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from frontcast.errors import FrontcastError
from frontcast.picture.hazard.evidence import Evidence
from frontcast.picture.hazard.surroundings import REACH_KM, VARIANTS, Surroundings, Surveyor
from frontcast.picture.line import DAY, end_of_day, truth_index
from frontcast.picture.movement import processors
from frontcast.store import ControlSeries
from frontcast.theatre import B, Theatre

Floats = npt.NDArray[np.float32]

LEADS_DAYS: Final = (1, 3, 7, 14, 30)
"""Leads that trees are grown for; those between are interpolated."""

FIT_EVERY_DAYS: Final = 5
FIRST_START_DAYS: Final = 72
"""Past starts that are learnt from: one in so many days, the first so long after the first map."""

LEAST_STARTS: Final = 30

DENSE_KM: Final = 6.0
KEPT_DENSE: Final = 0.15
KEPT_FAR: Final = 0.03
"""Shares of the cells closer and farther than `DENSE_KM` that are drawn to learn from. Cells that changed hands are all
kept; each cell stands for 1 / share cells, so that probabilities stay calibrated."""

HALF_LIFE_DAYS: Final = 730.0
TREES: Final = 100
SEEDS: Final = (1, 2)
"""Trees are grown from so many seeds and averaged."""

PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary",
    "num_leaves": 12,
    "learning_rate": 0.08,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "num_threads": 1,  # with more, every split on a busy machine waits for the slowest
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""Chosen on the starts of 2023-07 to 2024-06, fitted on what lay before; the scores there hardly depend on them."""

LOOK_BACK_WEEKS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12)
LOOK_BACK_DAYS: Final = 56
PACE_CELLS: Final = 20.0
"""The last `LOOK_BACK_DAYS` whose outcome is known are compared; the weight, in cells, of "as expected" against what was
seen. One event moves some ten neighbouring cells at once. Chosen among 10, 20, 40 and 28, 56, 112, 182 days on 2023-07 to
2024-06; 20 to 50 and 28 to 182 score alike."""

_KEPT_ODDS: Final = 64
_LEAST_CHANCE: Final = 1e-5

Odds = dict[int, Floats]


@dataclass(frozen=True)
class Trees:
    """What was learnt for one variant of predictors.

    Attributes:
        variant: which predictors, a key of `VARIANTS`.
        fitted_until: nothing known later was learnt from; datetime64[s].
        base: by lead, log odds of a change of hands by depth in km, (REACH_KM,).
        models: by lead, one for each seed.
    """

    variant: str
    fitted_until: np.datetime64
    base: dict[int, npt.NDArray[np.float64]]
    models: dict[int, list[lightgbm.Booster]]

    def log_odds(self, around: Surroundings) -> Odds:
        """Log odds of a change of hands within each of `LEADS_DAYS`, (cell,), before the pace is known."""
        table = around.table(self.variant)
        depth = _depth_bin(table[:, 0])
        found = {}
        for lead, models in self.models.items():
            raised = [np.asarray(model.predict(table, raw_score=True, num_threads=1)) for model in models]
            found[lead] = (self.base[lead][depth] + np.mean(raised, axis=0)).astype(np.float32)
        return found

    def dump(self) -> bytes:
        """As bytes that `load` reads."""
        described = {
            "variant": self.variant,
            "predictors": VARIANTS[self.variant],
            "fitted_until": str(self.fitted_until),
            "base": {str(lead): values.round(5).tolist() for lead, values in self.base.items()},
            "models": {str(lead): [m.model_to_string() for m in models] for lead, models in self.models.items()},
        }
        return lzma.compress(json.dumps(described).encode(), preset=9 | lzma.PRESET_EXTREME)

    @classmethod
    def load(cls, data: bytes) -> Self:
        """What `dump` gave.

        Raises:
            FrontcastError: where it was made for other predictors than this version has.
        """
        described = json.loads(lzma.decompress(data))
        variant = described["variant"]
        if described["predictors"] != list(VARIANTS.get(variant, ())):
            raise FrontcastError(f"the trees for '{variant}' were grown on other predictors: grow them anew.")
        return cls(
            variant,
            np.datetime64(described["fitted_until"], "s"),
            {int(lead): np.array(values) for lead, values in described["base"].items()},
            {
                int(lead): [lightgbm.Booster(model_str=text) for text in texts]
                for lead, texts in described["models"].items()
            },
        )


def _depth_bin(depth: Floats) -> npt.NDArray[np.intp]:
    return np.clip(depth, 0, REACH_KM - 1).astype(np.intp)


@dataclass(frozen=True)
class _Examples:
    """Cells of one past start: (cell, predictor) of all variants by name; weight; by lead, whether hands changed."""

    around: Surroundings
    weight: npt.NDArray[np.float64]
    changed: dict[int, npt.NDArray[np.bool_]]


def changes(around: Surroundings, maps: ControlSeries, start: np.datetime64, lead: int) -> npt.NDArray[np.bool_] | None:
    """Which cells had changed hands `lead` days after `start`, (cell,); None where the maps cannot say."""
    index = truth_index(maps, start + lead * DAY)
    if index is None:
        return None
    return np.asarray((maps.control(index)[around.row, around.column] == B) != around.held)


def grow(evidence: Evidence, theatre: Theatre, until: np.datetime64, variants: Sequence[str]) -> dict[str, Trees]:
    """Learn from what was known at `until`, for each of the variants whose predictors the evidence has.

    Raises:
        FrontcastError: where fewer than `LEAST_STARTS` past starts can be learnt from, for any of them.
    """
    known = evidence.known_by(until)
    surveyor = Surveyor(theatre)
    maps = known.maps
    first = maps.known_at[0] + FIRST_START_DAYS * DAY if len(maps) else until
    starts = np.arange(first, until - LEADS_DAYS[0] * DAY, FIT_EVERY_DAYS * DAY)
    if len(starts) < LEAST_STARTS:
        raise FrontcastError(
            f"nothing can be learnt of where the line moves from maps known by {until}: it takes "
            f"{FIRST_START_DAYS + LEAST_STARTS * FIT_EVERY_DAYS} days of them."
        )

    def examples(start: np.datetime64) -> _Examples:
        around = surveyor.look(known, start)
        outcome = {lead: changes(around, maps, start, lead) for lead in LEADS_DAYS}
        seen = {lead: values for lead, values in outcome.items() if values is not None}
        share = np.where(around.predictors["depth"] < DENSE_KM, KEPT_DENSE, KEPT_FAR)
        moved = np.any(list(seen.values()), axis=0) if seen else np.zeros(len(share), bool)
        share = np.where(moved, 1.0, share)
        chance = np.random.default_rng(int(start.astype("datetime64[s]").astype(np.int64)))
        drawn = chance.random(len(share)) < share
        kept = {name: values[drawn] for name, values in around.predictors.items()}
        thinned = Surroundings(around.row[drawn], around.column[drawn], around.held[drawn], kept)
        age = float((until - start) / DAY)
        weight = 0.5 ** (age / HALF_LIFE_DAYS) / share[drawn]
        return _Examples(thinned, weight, {lead: values[drawn] for lead, values in seen.items()})

    with ThreadPoolExecutor(processors()) as pool:
        past = list(pool.map(examples, starts))
    grown: dict[str, Trees] = {}
    reasons = []
    for variant in variants:
        names = set(VARIANTS[variant])
        try:
            grown[variant] = _grow(variant, until, [one for one in past if names <= set(one.around.predictors)])
        except FrontcastError as error:
            reasons.append(str(error))
    if not grown:
        raise FrontcastError(" ".join(reasons))
    return grown


def _grow(variant: str, until: np.datetime64, past: list[_Examples]) -> Trees:
    base: dict[int, npt.NDArray[np.float64]] = {}
    models: dict[int, list[lightgbm.Booster]] = {}
    for lead in LEADS_DAYS:
        judged = [one for one in past if lead in one.changed]
        if len(judged) < LEAST_STARTS:
            raise FrontcastError(
                f"{len(judged)} past starts have all that '{variant}' looks at and an outcome after {lead} days; "
                f"it takes {LEAST_STARTS}."
            )
        table = np.concatenate([one.around.table(variant) for one in judged])
        changed = np.concatenate([one.changed[lead] for one in judged])
        weight = np.concatenate([one.weight for one in judged])
        depth = _depth_bin(table[:, 0])
        cells = np.bincount(depth, weight, int(REACH_KM))
        seen = np.bincount(depth, weight * changed, int(REACH_KM))
        base[lead] = logit((seen + 0.5) / (cells + 1))  # Jeffreys: nothing is ever quite certain
        data = lightgbm.Dataset(
            table, changed.astype(np.float32), weight=weight, init_score=base[lead][depth], free_raw_data=False
        )
        models[lead] = [lightgbm.train(PARAMETERS | {"seed": seed}, data, TREES) for seed in SEEDS]
    return Trees(variant, until, base, models)


@dataclass(frozen=True)
class Outlook:
    """What the hazard says from one time.

    Attributes:
        around: the cells it speaks of.
        variants: the predictors it rests on.
        fitted_until: what its trees know.
        pace: by lead, by how much the odds of b's and of a's advances were raised.
        chance: (lead, cell) float32, P(the map shows other hands at `LEADS_DAYS`).
    """

    around: Surroundings
    variants: tuple[str, ...]
    fitted_until: np.datetime64
    pace: dict[int, tuple[float, float]]
    chance: Floats

    def at(self, lead_days: Sequence[int]) -> Floats:
        """P(other hands) at any leads, (lead, cell) float32.

        Between the leads of the trees the hazard is constant in time; beyond the last, what was said of that holds.
        """
        accumulated = np.maximum.accumulate(-np.log1p(-np.minimum(self.chance, 1 - _LEAST_CHANCE)), axis=0)
        known = np.concatenate([np.zeros_like(accumulated[:1]), accumulated])
        days = np.array((0, *LEADS_DAYS), float)
        said = []
        for lead in lead_days:
            after = min(int(np.searchsorted(days, lead)), len(days) - 1)
            share = min((lead - days[after - 1]) / (days[after] - days[after - 1]), 1.0)
            said.append(known[after - 1] + share * (known[after] - known[after - 1]))
        return -np.expm1(-np.stack(said)).astype(np.float32)


class HazardModel:
    """The hazard at any time of a record, from trees that do not know more than was known then.

    Trees on fewer predictors err in other ways than trees on more, so the log odds of all that can be used are averaged.

    Args:
        theatre: the theatre.
        trees: those that may be used, of any variant and date.
        paced: whether the pace of the last weeks is looked up; else it is as in the past that was learnt from.
    """

    def __init__(self, theatre: Theatre, trees: Sequence[Trees], *, paced: bool = True) -> None:
        self.theatre, self.trees, self.paced = theatre, tuple(trees), paced
        self._surveyor = Surveyor(theatre)
        self._odds: OrderedDict[tuple[str, tuple[int, ...], np.datetime64], tuple[Surroundings, Odds]] = OrderedDict()
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"theatre": self.theatre, "trees": self.trees, "paced": self.paced}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["theatre"], state["trees"], paced=state["paced"])  # type: ignore[misc]

    def outlook(self, evidence: Evidence, time: np.datetime64) -> Outlook | None:
        """What is likely from `time` on; None where no trees are old enough.

        Args:
            evidence: may hold any future; nothing known after `time` is looked at.
            time: UTC.

        Raises:
            NoObservationError: where no map was known at `time`.
        """
        known = evidence.known_by(time)
        around = self._surveyor.look(known, time)
        chosen = self._choose(around, time)
        if not chosen:
            return None
        odds = _mean_odds(around, chosen)
        pace = dict.fromkeys(LEADS_DAYS, (1.0, 1.0))
        if self.paced:
            back = [time - weeks * 7 * DAY for weeks in LOOK_BACK_WEEKS]
            starts = [start for start in back if start >= known.maps.known_at[0]]
            with ThreadPoolExecutor(processors()) as pool:
                looked = list(pool.map(lambda start: self._look(known, start, chosen), starts))
            past = {start: found for start, found in zip(starts, looked, strict=True) if found is not None}
            pace = {lead: _pace(past, known.maps, time, lead) for lead in LEADS_DAYS}
        side = around.held.astype(np.intp)
        chance = [expit(odds[lead] + np.log(pace[lead])[side]) for lead in LEADS_DAYS]
        return Outlook(
            around,
            tuple(trees.variant for trees in chosen),
            max(trees.fitted_until for trees in chosen),
            pace,
            np.stack(chance).astype(np.float32),
        )

    def _choose(self, around: Surroundings, time: np.datetime64) -> tuple[Trees, ...]:
        """Of every variant whose predictors are at hand, the trees that know most but nothing of the future."""
        chosen = []
        for variant, names in VARIANTS.items():
            old = [one for one in self.trees if one.variant == variant and one.fitted_until <= time]
            if old and set(names) <= set(around.predictors):
                chosen.append(max(old, key=lambda one: one.fitted_until))
        return tuple(chosen)

    def _look(
        self, known: Evidence, start: np.datetime64, chosen: tuple[Trees, ...]
    ) -> tuple[Surroundings, Odds] | None:
        key = (known.maps.source, tuple(id(trees) for trees in chosen), start)
        with self._lock:
            if key in self._odds:
                self._odds.move_to_end(key)
                return self._odds[key]
        around = self._surveyor.look(known, start)
        if not all(set(VARIANTS[trees.variant]) <= set(around.predictors) for trees in chosen):
            return None
        found = Surroundings(around.row, around.column, around.held, {}), _mean_odds(around, chosen)
        with self._lock:
            self._odds[key] = found
            while len(self._odds) > _KEPT_ODDS:
                self._odds.popitem(last=False)
        return found


def _mean_odds(around: Surroundings, chosen: Sequence[Trees]) -> Odds:
    each = [trees.log_odds(around) for trees in chosen]
    return {lead: np.mean([odds[lead] for odds in each], axis=0, dtype=np.float32) for lead in LEADS_DAYS}


def _pace(
    past: dict[np.datetime64, tuple[Surroundings, Odds]], maps: ControlSeries, time: np.datetime64, lead: int
) -> tuple[float, float]:
    """By how much the odds of b's and of a's advances must be raised, from past starts whose outcome is known."""
    seen, expected = np.zeros(2), np.zeros(2)
    for start, (around, odds) in past.items():
        if not lead * DAY <= time - start <= (lead + LOOK_BACK_DAYS) * DAY:
            continue
        changed = changes(around, maps, start, lead)
        if changed is None:
            continue
        side = around.held.astype(np.intp)
        seen += np.bincount(side, changed, 2)
        expected += np.bincount(side, expit(odds[lead]), 2)
    raised = (seen + PACE_CELLS) / (expected + PACE_CELLS)
    return float(raised[0]), float(raised[1])


def shipped_trees(theatre: str, until: np.datetime64) -> tuple[Trees, ...]:
    """The trees that ship for a theatre: of each variant, those that know most but nothing later than `until`.

    Their files are named after the variant and the day: `all-2024-06-30.trees`. Empty where none are old enough.
    """
    newest: dict[str, tuple[np.datetime64, Traversable]] = {}
    for file in _shipped(theatre):
        variant, _, day = file.name.removesuffix(".trees").partition("-")
        known = end_of_day(np.datetime64(day, "D"))
        if known <= until and (variant not in newest or known > newest[variant][0]):
            newest[variant] = known, file
    return tuple(Trees.load(newest[variant][1].read_bytes()) for variant in sorted(newest))


def _shipped(theatre: str) -> Iterator[Traversable]:
    folder = files("frontcast.picture.hazard").joinpath("data", theatre)
    if folder.is_dir():
        yield from sorted((f for f in folder.iterdir() if f.name.endswith(".trees")), key=lambda f: f.name)
