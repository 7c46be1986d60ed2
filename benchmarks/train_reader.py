"""Trains the reader that stands beside the rules, from dispatches with their labels, and writes its weights.

python -m benchmarks.train_reader MARKED... [--gold FILE...] --encoder FILE --vocabulary FILE [--folds N] [--write DIR]

The encoder it begins with is all-MiniLM-L6-v2 (Apache-2.0), of which the first layers are kept. PyTorch is needed to train
(`pip install 'frontcast[train]'`), not to read.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from frontcast.observe.reports import Claim, Document, ReportReader
from frontcast.observe.reports.claim import CERTAINTIES
from frontcast.observe.reports.evidence import FIRST_HOLDER, KINDS_OF_WORDS, SIDES, UNREAD
from frontcast.observe.reports.heads import (
    FIRST_SIDE,
    FOUGHT,
    GONE,
    NEVER,
    OPTIONS,
    OTHER_KIND,
    OTHERS,
    Heads,
    key_features,
    shared,
)
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.sheets import CHANNELS, FEATURES, TRAITS, WAYS, Sheet, pair_features, sheet, traits, ways
from frontcast.observe.reports.weighing import Reading, Thresholds, option_of, reading, weighed
from frontcast.verify.marked import Marked, read_marked_folder
from frontcast.verify.reading import Labels, Tally, fold, intervals, read_labels, same_date, same_source, score, total

HIDDEN: Final = 384
HEADS: Final = 12
Z, Y, Q = 256, 192, 64
SIZES: Final = {"side": SIDES + 1, "speaker": SIDES + 3, "part": 7, "read": SIDES + 4, "sure": len(CERTAINTIES) + 1}
SPAN: Final = len(KINDS_OF_WORDS)
"""Number of the kind of words that a claim of another kind is quoted by."""


# ---- what is learnt from


@dataclass(slots=True)
class Target:
    """What a candidate, or the words of a claim of another kind, should be read as; empty where nothing is to be learnt."""

    first: int
    last: int
    kind: int
    option: int
    certainty: int
    side: int
    places: list[int]
    days: list[int]
    speakers: list[int]
    features: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Example:
    """A document to learn from.

    Attributes:
        holder: of each candidate, the shares of what it tells, shape (n, `OPTIONS`); `weight`, whether it counts.
        kinds: of each word, whether it is part of a claim of each other kind, shape (words, `OTHERS`).
        low: of each window, what the layers that are not trained make of its words.
        way, traits: how mentions of sides lie to candidates, and what goes with candidates and sides.
        honest: whether no rule was written with this text at hand, so that what the rules read there can be learnt from.
    """

    name: str
    sheet: Sheet
    labels: Labels
    document: Document
    claims: list[Claim]
    holder: np.ndarray[Any, Any]
    weight: np.ndarray[Any, Any]
    kinds: np.ndarray[Any, Any]
    targets: list[Target]
    honest: bool
    low: list[Tensor] = field(default_factory=list)
    way: Any = None
    traits: Any = None


def example(
    name: str,
    document: Document,
    labels: Labels,
    marks: Sequence[tuple[Claim, int, int]],
    reader: ReportReader,
    pieces: Pieces,
    honest: bool,
) -> Example | None:
    """A labelled document as an example; None where it has no words."""
    claims, found = reader.evidence(document)
    if found is None:
        return None
    page = sheet(found, pieces)
    starts = np.array([at for one in found.told for at in one.sentence.starts])
    ends = np.array([at for one in found.told for at in one.sentence.ends])
    n = len(page.candidates)
    holder, weight = np.zeros((n, OPTIONS), dtype=np.float32), np.ones(n, dtype=np.float32)
    kinds = np.zeros((len(found.words), len(OTHERS)), dtype=np.float32)
    numbers = {side: k + 1 for k, side in enumerate(found.sides)}
    targets: list[Target] = []
    for claim, start, end in marks:
        if claim.kind != "control":
            inside = np.flatnonzero((starts < end) & (ends > start))
            if len(inside):
                kinds[inside, OTHERS.index(claim.kind)] = 1.0
                targets.append(
                    _target(page, document, claim, int(inside[0]), int(inside[-1]) + 1, SPAN, OTHER_KIND, numbers)
                )
            continue
        at = _candidate(page, claim, start, end, starts, ends)
        if at is None:
            continue
        if claim.note:
            weight[at] = 0.0
            continue
        option = option_of(claim, found.sides)
        if option is None:
            weight[at] = 0.0
            continue
        holder[at, option] += 1.0
        one = page.candidates[at]
        targets.append(_target(page, document, claim, one.first, one.last, page.kind[at], option, numbers))
    empty = holder.sum(axis=1) == 0
    holder[empty, 0] = 1.0
    holder /= holder.sum(axis=1, keepdims=True)
    return Example(name, page, labels, document, claims, holder, weight, kinds, targets, honest)


def _candidate(page: Sheet, claim: Claim, start: int, end: int, starts: Any, ends: Any) -> int | None:
    """The candidate that marked characters belong to: a name that is the place's, else what overlaps most."""
    best, score = None, 0.0
    for k, one in enumerate(page.candidates):
        shared = min(end, ends[one.last - 1]) - max(start, starts[one.first])
        if shared <= 0:
            continue
        named = any(fold(place.name) == fold(claim.place) for place in one.places)
        value = shared / (end - start) + (2.0 if named and one.kind in ("name", "loose") else 0.5 if named else 0.0)
        value += 0.3 * (one.kind != "clause")
        if value > score:
            best, score = k, value
    return best


def _target(
    page: Sheet,
    document: Document,
    claim: Claim,
    first: int,
    last: int,
    kind: int,
    option: int,
    numbers: dict[str, int],
) -> Target:
    places = [k for k, (_, _, use) in enumerate(page.places) if claim.place and fold(use.name) == fold(claim.place)]
    days = [k for k, (_, _, day) in enumerate(page.days) if claim.valid and same_date(claim.valid, _reads(day, claim))]
    if claim.valid is None:
        days.append(len(page.days) + 1)
        days += [k for k, (_, _, day) in enumerate(page.days) if _reads(day, claim) is None]
    elif same_date(claim.valid, document.published.isoformat()) and len(claim.valid) == 10:
        days.append(len(page.days))
    if claim.attributed_to is None:
        speakers = [len(page.speakers)]
    else:
        speakers = [k for k, (_, _, name) in enumerate(page.speakers) if same_source(claim.attributed_to, name)]
    target = Target(
        first,
        last,
        kind,
        option,
        CERTAINTIES.index(claim.certainty),
        numbers.get(claim.side or "", 0),
        places,
        days,
        speakers,
    )
    for name, keys in (("place", page.places), ("day", page.days), ("speaker", page.speakers)):
        at = np.array([key[0] for key in keys], dtype=np.int64)
        chosen, own = key_features(page, name, (first, last))
        target.features[name] = pair_features(page, (first, last), at, chosen, own)
    return target


def _reads(day: Any, claim: Claim) -> str | None:
    return (day.next or day.valid) if claim.certainty == "predicted" else day.valid


def from_marked(one: Marked, reader: ReportReader, pieces: Pieces) -> Example | None:
    marks = [(mark.claim, mark.start, mark.end) for mark in one.marks]
    return example(one.name, one.document, one.labels, marks, reader, pieces, True)


def from_gold(gold: Path, reader: ReportReader, pieces: Pieces) -> Iterable[Example]:
    """Documents whose labels quote them; rules have been written with them at hand."""
    for name, labels in read_labels(gold).items():
        path = gold.parent / (labels.file or f"{name}.txt")
        if not path.is_file():
            continue
        text = path.read_text("utf-8").lstrip().removeprefix(f"date {labels.published}").lstrip()
        document = Document(text, labels.published, name, "", "", path.name, "")
        marks = []
        for claim in labels.claims:
            start = text.find(claim.quote)
            if start < 0:
                continue
            end = start + len(claim.quote)
            at = text.find(claim.place, start, end) if claim.kind == "control" and claim.place else -1
            marks.append((claim, at, at + len(claim.place)) if at >= 0 and claim.place else (claim, start, end))
        found = example(f"{gold.parent.name}/{name}", document, labels, marks, reader, pieces, False)
        if found is not None:
            yield found


# ---- the model


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.up, self.down = nn.Linear(HIDDEN, 4 * HIDDEN), nn.Linear(4 * HIDDEN, HIDDEN)
        self.norm1, self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12), nn.LayerNorm(HIDDEN, eps=1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, t, _ = x.shape
        q, k, v = (f(x).view(b, t, HEADS, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        with torch.autocast("cpu", enabled=False):  # products of small matrices are faster in full numbers here
            weights = (q.float() @ k.float().transpose(2, 3) / math.sqrt(HIDDEN // HEADS)).masked_fill(~mask, -1e4)
            a = weights.softmax(3) @ v.float()
        x = self.norm1(x + self.drop(self.out(a.transpose(1, 2).reshape(b, t, HIDDEN))))
        return self.norm2(x + self.drop(self.down(functional.gelu(self.up(x)))))


class Net(nn.Module):
    """The encoder and the decisions."""

    def __init__(self, layers: int, words: int, frozen: int) -> None:
        super().__init__()
        self.frozen = frozen
        self.pieces, self.positions = nn.Embedding(words, HIDDEN), nn.Embedding(512, HIDDEN)
        self.channels = nn.ModuleList(nn.Embedding(SIZES[name], HIDDEN) for name in CHANNELS)
        for table in self.channels:
            nn.init.normal_(table.weight, std=0.03)
            with torch.no_grad():
                table.weight[0] = 0
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.drop = nn.Dropout(0.2)
        self.join, self.kind = nn.Linear(2 * HIDDEN, Z), nn.Embedding(SPAN + 1, Z)
        self.other, self.kinds = nn.Linear(Z, 4), nn.Linear(HIDDEN, len(OTHERS))
        self.trait = nn.Linear(Z, TRAITS)
        for name in ("gains", "loses"):
            self.add_module(f"ask_{name}", nn.Linear(Z, Q))
            self.add_module(f"key_{name}", nn.Linear(2 * HIDDEN, Q))
            self.add_module(f"way_{name}", nn.Linear(Z, WAYS))
        self.told, self.option = nn.Linear(Z, Y), nn.Embedding(OTHER_KIND + 1, Y)
        self.certainty, self.acts = nn.Linear(Y, len(CERTAINTIES)), nn.Linear(Y, SIDES + 1)
        for name, special in (("place", 0), ("day", 2), ("speaker", 1)):
            self.add_module(f"ask_{name}", nn.Linear(Y, Q))
            self.add_module(f"key_{name}", nn.Linear(2 * HIDDEN, Q))
            self.add_module(f"weigh_{name}", nn.Linear(Y, FEATURES))
            if special:
                self.add_module(f"special_{name}", nn.Linear(Y, special))

    def low(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """The words alone, through the layers that are kept as they came."""
        x = self.norm(self.pieces(pieces) + self.positions.weight[: pieces.shape[1]])
        for layer in self.layers[: self.frozen]:
            x = layer(x, mask)
        return x

    def high(self, x: Tensor, channels: Tensor, mask: Tensor) -> Tensor:
        """What the rules found comes in, and goes through the layers that are trained."""
        for k, table in enumerate(self.channels):
            x = x + table(channels[..., k])
        x = self.drop(x)
        for layer in self.layers[self.frozen :]:
            x = layer(x, mask)
        return x

    def holders(self, hidden: Tensor, z: Tensor, page: Sheet, begin: int, traits: Tensor, way: Tensor) -> Tensor:
        """As `Heads.candidates`: logits of what each candidate of a document tells."""
        other = self.other(z)
        sides = other[:, 3:] + (traits * self.trait(z)[:, None]).sum(2)
        if len(page.mentions):
            number = torch.from_numpy(page.mentions[:, 2])
            at = torch.from_numpy(page.mentions[:, :2]) + begin
            vectors = torch.cat([hidden[at[:, 0]], hidden[at[:, 1]]], 1)
            for name in ("gains", "loses"):
                query, keys = getattr(self, f"ask_{name}")(z), getattr(self, f"key_{name}")(vectors)
                score = query @ keys.T / math.sqrt(Q) + getattr(self, f"way_{name}")(z).gather(1, way.clamp(min=0))
                score = score.masked_fill(way < 0, NEVER)
                own = number[None, :] == torch.arange(1, SIDES + 1)[:, None]
                chosen = own if name == "gains" else ~own
                masked = score[:, None].masked_fill(~chosen[None], NEVER)
                zero = torch.zeros(len(z), SIDES, 1)
                sides = sides + torch.logsumexp(torch.cat([masked, zero], 2), 2)
        absent = torch.arange(SIDES) >= len(page.evidence.sides)
        return torch.cat([other[:, :1], sides.masked_fill(absent, NEVER), other[:, 1:3]], 1)

    def ask(self, name: str, hidden: Tensor, y: Tensor, keys: Tensor, index: Tensor, features: Tensor) -> Tensor:
        """Of several claims the logits of each place, day or speaker, and of what is none of those: shape (claims, choices).

        Args:
            name: "place", "day" or "speaker".
            hidden: vectors of words; y: of the claims.
            keys: first and last words of all keys, shape (keys, 2).
            index: of each claim its keys, shape (claims, most keys); features: shape (claims, most keys, `FEATURES`).
        """
        out = torch.zeros(len(y), 0)
        if index.shape[1]:
            vectors = getattr(self, f"key_{name}")(torch.cat([hidden[keys[:, 0]], hidden[keys[:, 1]]], 1))
            query, weights = getattr(self, f"ask_{name}")(y), getattr(self, f"weigh_{name}")(y)
            out = ((vectors[index] * query[:, None]).sum(2) / math.sqrt(Q)) + (features * weights[:, None]).sum(2)
        return out if name == "place" else torch.cat([out, getattr(self, f"special_{name}")(y)], 1)


def pretrained(net: Net, path: Path, keep: Sequence[int]) -> None:
    """Fills an encoder with the pretrained one: its first layers, and of its pieces those of `keep`."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + size])

    def get(name: str) -> Tensor:
        entry = head[name]
        begin, end = entry["data_offsets"]
        part = np.frombuffer(data[8 + size + begin : 8 + size + end], dtype=np.float32)
        return torch.from_numpy(part.reshape(entry["shape"]).copy())

    with torch.no_grad():
        net.pieces.weight.copy_(get("embeddings.word_embeddings.weight")[list(keep)])
        net.positions.weight.copy_(
            get("embeddings.position_embeddings.weight") + get("embeddings.token_type_embeddings.weight")[0]
        )
        _copy(net.norm, get, "embeddings.LayerNorm")
        for k, layer in enumerate(net.layers):
            at = f"encoder.layer.{k}"
            for name, where in (
                ("query", "attention.self.query"),
                ("key", "attention.self.key"),
                ("value", "attention.self.value"),
                ("out", "attention.output.dense"),
                ("norm1", "attention.output.LayerNorm"),
                ("up", "intermediate.dense"),
                ("down", "output.dense"),
                ("norm2", "output.LayerNorm"),
            ):
                _copy(getattr(layer, name), get, f"{at}.{where}")


def _copy(module: Any, get: Any, name: str) -> None:
    module.weight.copy_(get(f"{name}.weight"))
    module.bias.copy_(get(f"{name}.bias"))


# ---- training


@dataclass
class Plan:
    """How to train."""

    layers: int = 4
    frozen: int = 2
    epochs: int = 12
    batch: int = 6
    rate: float = 3e-4
    heads_rate: float = 2e-3
    read_dropped: float = 0.3
    swapped: float = 0.5
    rules: bool = True
    seed: int = 0


def train(
    examples: Sequence[Example], plan: Plan, words: int, encoder: Path, keep: Sequence[int], say: Any = None
) -> Net:
    """A net trained on examples."""
    torch.manual_seed(plan.seed)
    torch.set_flush_denormal(True)
    chance = random.Random(plan.seed)
    net = Net(plan.layers, words, plan.frozen)
    pretrained(net, encoder, keep)
    net.train()
    kept = ("pieces", "positions", "norm", *(f"layers.{k}." for k in range(plan.frozen)))
    deep, shallow = [], []
    for name, parameter in net.named_parameters():
        if name.startswith(kept):
            parameter.requires_grad_(False)
        elif name.startswith("layers"):
            deep.append(parameter)
        else:
            shallow.append(parameter)
    _prepare(net, examples)
    optimiser = torch.optim.AdamW(
        [{"params": deep, "lr": plan.rate}, {"params": shallow, "lr": plan.heads_rate}], weight_decay=0.01, fused=True
    )
    steps = plan.epochs * math.ceil(len(examples) / plan.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1.0, (k + 1) / (0.1 * steps)) * max(0.02, 1 - k / steps)
    )
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98))
    for epoch in range(plan.epochs):
        order = sorted(examples, key=lambda e: sum(len(w.pieces) for w in e.sheet.windows) * chance.uniform(0.7, 1.4))
        batches = [order[k : k + plan.batch] for k in range(0, len(order), plan.batch)]
        chance.shuffle(batches)
        total = 0.0
        start = time.time()
        for batch in batches:
            loss = _loss(net, batch, plan, chance)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            mean.update_parameters(net)
            total += float(loss.detach())
        if say:
            say(epoch, total / len(batches), time.time() - start)
    averaged: Net = mean.module
    averaged.eval()
    return averaged


def hidden_of(net: Net, batch: Sequence[Example], swaps: Sequence[Sequence[int]], hide: Sequence[bool]) -> list[Tensor]:
    """Of each document the vectors of its words."""
    x, at = _through(net, batch, swaps, hide)
    return [x[one] for one in at]


def _through(
    net: Net, batch: Sequence[Example], swaps: Sequence[Sequence[int]], hide: Sequence[bool]
) -> tuple[Tensor, list[Tensor]]:
    """The vectors of all pieces of some documents, and of each document which of them its words begin with."""
    _prepare(net, batch)
    rows = [
        (k, window, low) for k, one in enumerate(batch) for window, low in zip(one.sheet.windows, one.low, strict=True)
    ]
    longest = max(len(window.pieces) for _, window, _ in rows)
    x = torch.zeros(len(rows), longest, HIDDEN)
    channels = torch.zeros(len(rows), longest, len(CHANNELS), dtype=torch.long)
    mask = torch.zeros(len(rows), 1, 1, longest, dtype=torch.bool)
    gathered: list[list[Tensor]] = [[] for _ in batch]
    for row, (k, window, low) in enumerate(rows):
        n = len(window.pieces)
        x[row, :n] = low
        channels[row, :n] = torch.from_numpy(swapped(window.channels, swaps[k], hide[k]))
        mask[row, :, :, :n] = True
        gathered[k].append(torch.from_numpy(window.at) + row * longest)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x = net.high(x, channels, mask)
    return x.reshape(-1, HIDDEN).float(), [torch.cat(parts) for parts in gathered]


def _prepare(net: Net, examples: Iterable[Example]) -> None:
    """Gives each window what the layers that are not trained make of its words, once."""
    training = net.training
    net.eval()
    for one in examples:
        if one.low:
            continue
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            for window in one.sheet.windows:
                pieces = torch.from_numpy(window.pieces)[None]
                mask = torch.ones(1, 1, 1, pieces.shape[1], dtype=torch.bool)
                one.low.append(net.low(pieces, mask)[0].to(torch.bfloat16))
    net.train(training)


def swapped(channels: Any, swap: Sequence[int], hide: bool) -> Any:
    """Channels with the sides renumbered (`swap[k]` is the new number of side k, from 1), and what rules read hidden."""
    out = channels.copy()
    table = np.arange(SIZES["speaker"])
    table[1 : SIDES + 1] = swap
    out[:, 0], out[:, 1] = table[out[:, 0]], table[out[:, 1]]
    read = np.arange(SIZES["read"])
    read[FIRST_HOLDER : FIRST_HOLDER + SIDES] = np.array(swap) - 1 + FIRST_HOLDER
    out[:, 3] = UNREAD if hide else read[out[:, 3]]
    if hide:
        out[:, 4] = 0
    return out


def _loss(net: Net, batch: Sequence[Example], plan: Plan, chance: random.Random) -> Tensor:
    swaps, hide = [], []
    for one in batch:
        swap = list(range(1, SIDES + 1))
        if chance.random() < plan.swapped:
            chance.shuffle(swap)
        swaps.append(swap)
        hide.append(not plan.rules or not one.honest or chance.random() < plan.read_dropped)
    x, at = _through(net, batch, swaps, hide)
    begin = np.concatenate([[0], np.cumsum([len(one) for one in at])])
    h = net.drop(x[torch.cat(at)])
    columns = [[0, *(FIRST_SIDE + s - 1 for s in swap), FOUGHT, GONE] for swap in swaps]

    def vectors(spans: Sequence[tuple[int, int, int]]) -> Tensor:
        first, last, kind = torch.tensor(spans).T
        return functional.gelu(net.join(torch.cat([h[first], h[last]], 1)) + net.kind(kind))

    loss = torch.zeros(())
    for k, one in enumerate(batch):
        pairs = zip(one.sheet.candidates, one.sheet.kind, strict=True)
        z = vectors([(begin[k] + c.first, begin[k] + c.last - 1, kind) for c, kind in pairs])
        if one.way is None:
            first = np.array([c.first for c in one.sheet.candidates])
            one.way = torch.from_numpy(ways(one.sheet, first, one.sheet.mentions[:, 0]))
            one.traits = torch.from_numpy(traits(one.sheet))
        given = one.traits
        if hide[k]:
            given = given.clone()
            given[:, :, 0] = 0
        logits = functional.log_softmax(net.holders(h, z, one.sheet, int(begin[k]), given, one.way), 1)
        loss = loss - (torch.from_numpy(one.holder) * logits).sum(1) @ torch.from_numpy(one.weight)
    kinds = torch.from_numpy(np.concatenate([one.kinds for one in batch]))
    loss = loss + 0.1 * functional.binary_cross_entropy_with_logits(net.kinds(h), kinds, reduction="sum")
    told = [(k, one.sheet, target) for k, one in enumerate(batch) for target in one.targets]
    if not told:
        return loss / len(batch)
    z = vectors([(begin[k] + t.first, begin[k] + t.last - 1, t.kind) for k, _, t in told])
    option = torch.tensor([shared(t.option) for _, _, t in told])
    y = functional.gelu(net.told(z) + net.option(option))
    for name, right in (
        ("certainty", [t.certainty for _, _, t in told]),
        ("acts", [columns[k][t.side] for k, _, t in told]),
    ):
        loss = loss + 0.5 * functional.cross_entropy(getattr(net, name)(y), torch.tensor(right), reduction="sum")
    for name in ("place", "day", "speaker"):
        loss = loss + 0.5 * _pointed(net, name, h, y, batch, begin, told)
    return loss / (len(batch) + len(told))


def _pointed(
    net: Net,
    name: str,
    h: Tensor,
    y: Tensor,
    batch: Sequence[Example],
    begin: Any,
    told: Sequence[tuple[int, Sheet, Target]],
) -> Tensor:
    """Loss of which place, day or speaker is meant."""
    keys: list[tuple[int, int]] = []
    of: list[list[int]] = []
    for k, one in enumerate(batch):
        found = {"place": one.sheet.places, "day": one.sheet.days, "speaker": one.sheet.speakers}[name]
        of.append(list(range(len(keys), len(keys) + len(found))))
        keys += [(begin[k] + a, begin[k] + b - 1) for a, b, _ in found]
    most = max(len(one) for one in of)
    special = {"place": 0, "day": 2, "speaker": 1}[name]
    index = torch.zeros(len(told), most, dtype=torch.long)
    features = torch.zeros(len(told), most, FEATURES)
    absent = torch.zeros(len(told), most + special)
    wrong = torch.zeros(len(told), most + special)
    for row, (k, _, target) in enumerate(told):
        n = len(of[k])
        index[row, :n] = torch.tensor(of[k])
        features[row, :n] = torch.from_numpy(target.features[name])
        absent[row, n:most] = -1e4
        right = {"place": target.places, "day": target.days, "speaker": target.speakers}[name]
        if right and not (name == "place" and target.kind in (0, 1)):
            wrong[row] = -1e4
            wrong[row, [at if at < n else at - n + most for at in right]] = 0.0
    if most + special < 2:
        return torch.zeros(())
    p = functional.log_softmax(net.ask(name, h, y, torch.tensor(keys).reshape(-1, 2), index, features) + absent, 1)
    return -torch.logsumexp(p + wrong, 1).sum()


# ---- what is read with it


def weights_of(net: Net) -> dict[str, np.ndarray[Any, Any]]:
    """The weights by name, as NumPy arrays."""
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def heads_of(net: Net) -> Heads:
    """The decisions, as they run without PyTorch."""
    inner = ("pieces", "positions", "norm", "layers", "channels")
    return Heads({name: value for name, value in weights_of(net).items() if not name.startswith(inner)})


def readings(net: Net, examples: Sequence[Example], *, hide: bool = False) -> list[Reading]:
    """What a net makes of documents; `hide`: without what the rules read in them."""
    heads, out = heads_of(net), []
    with torch.no_grad():
        for one in examples:
            (hidden,) = hidden_of(net, [one], [range(1, SIDES + 1)], [hide])
            read = one.sheet.evidence.read
            if hide:
                one.sheet.evidence.read = [UNREAD] * len(read)
            out.append(reading(heads, one.sheet, hidden.numpy()))
            one.sheet.evidence.read = read
    return out


METHODS: Final = ("rules and model", "model alone")
"""The model sees what the rules read, and adds to it; the model that does not see it, without the rules' claims."""


def tallies(
    heads: Heads, examples: Sequence[Example], made: Sequence[Reading], at: Thresholds, method: str
) -> list[Tally]:
    """How well documents are read at some thresholds, one tally a document."""
    read = {}
    for one, found in zip(examples, made, strict=True):
        read[one.name] = weighed(heads, found, one.claims if method == METHODS[0] else [], one.document.published, at)
    return score([one.labels for one in examples], read)


ALONE: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)
AGREED: Final = (0.0, 0.05)
OTHER: Final = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)


def chosen(grid: dict[Thresholds, Tally]) -> Thresholds:
    """The thresholds with the best F1 of control claims, and of the others."""
    best = max(grid, key=lambda at: grid[at].control.f1)
    other = max(grid, key=lambda at: grid[at].others.f1)
    return replace(best, other=other.other, other_kept=other.other_kept)


def grid_of() -> list[Thresholds]:
    """The thresholds tried: those of control claims, then those of the others beside the usual."""
    control = [Thresholds(alone=a, agreed=b, second=max(a, 0.3)) for a in ALONE for b in AGREED]
    return [*dict.fromkeys(control), *(Thresholds(other=o, other_kept=k) for o in OTHER for k in (0.0, 0.05, 0.1))]


def vocabulary_of(tokenizer: Path) -> list[str]:
    numbers: dict[str, int] = json.loads(tokenizer.read_text("utf-8"))["model"]["vocab"]
    return sorted(numbers, key=lambda piece: numbers[piece])


def kept_pieces(vocabulary: Sequence[str], most: int) -> list[int]:
    """The pieces that ship: the first of the vocabulary, which is in order of frequency, and all that go on a word."""

    def latin(piece: str) -> bool:
        return all(sign.isascii() for sign in piece) or piece in ("’", "“", "”", "–", "—", "…", "«", "»", "„", "‘")

    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    out = []
    for number, piece in enumerate(vocabulary):
        if piece.startswith("[unused") or not latin(piece):
            continue
        if piece in special or len(piece.removeprefix("##")) == 1 or piece.startswith("##") or number < most:
            out.append(number)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("marked", type=Path, nargs="+", help="folders of marked dispatches")
    parser.add_argument("--gold", type=Path, nargs="*", default=[], help="files of labels, each text beside it")
    parser.add_argument("--encoder", type=Path, required=True, help="model.safetensors of all-MiniLM-L6-v2")
    parser.add_argument("--vocabulary", type=Path, required=True, help="its tokenizer.json")
    parser.add_argument("--pieces", type=int, default=14000, help="how many of its most frequent pieces are kept")
    parser.add_argument("--layers", type=int, default=Plan.layers)
    parser.add_argument("--frozen", type=int, default=Plan.frozen, help="layers that are kept as they came")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--folds", type=int, default=0, help="cross-validate over documents in so many parts first")
    parser.add_argument("--thresholds", help="alone,agreed,second,other,other_kept; left out, chosen by the folds")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--parts", type=int, help="only so many of the folds")
    parser.add_argument("--processes", type=int, default=1, help="that cross-validate at a time")
    parser.add_argument("--record", type=Path, help="keep what cross-validation found in this file")
    parser.add_argument("--write", type=Path, help="folder to write the reader into")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    vocabulary = vocabulary_of(options.vocabulary)
    keep = kept_pieces(vocabulary, options.pieces)
    pieces = Pieces([vocabulary[number] for number in keep])
    rules = ReportReader()
    marked = [one for folder in options.marked for one in read_marked_folder(folder)]
    examples = [found for one in marked if (found := from_marked(one, rules, pieces)) is not None]
    more = [found for gold in options.gold for found in from_gold(gold, rules, pieces)]
    plan = Plan(layers=options.layers, frozen=options.frozen, epochs=options.epochs)
    print(f"{len(examples)} marked dispatches and {len(more)} labelled otherwise", flush=True)

    def learn(given: Sequence[Example]) -> Net:
        return train(given, plan, len(keep), options.encoder, keep, told)

    at = Thresholds(*map(float, options.thresholds.split(","))) if options.thresholds else Thresholds()
    if options.folds:
        parts = options.parts or options.folds
        at, runs = cross_validate(examples, more, options.folds, learn, parts, options.processes, options.layers)
        if options.record:
            part = np.random.default_rng(1).permutation(len(examples)) % options.folds
            read = [one for one, k in zip(examples, part, strict=True) if k < parts]
            keep_record(options.record, read, len(examples), options.layers, runs)
    if options.write:
        from benchmarks.reader_weights import write

        net = learn([*examples, *more])
        words = [vocabulary[number] for number in keep]
        write(weights_of(net), words, options.write, plan.frozen, {"thresholds": np.array(astuple(at))})
        print(f"written into {options.write}: {at}")


def keep_record(path: Path, read: Sequence[Example], of: int, layers: int, runs: list[dict[str, Any]]) -> None:
    """Puts the scores of some depth into a record, beside those of other depths."""
    record = json.loads(path.read_text("utf-8")) if path.is_file() else {"runs": []}
    record |= {
        "documents": len(read),
        "of": of,
        "claims": sum(claim.kind == "control" for one in read for claim in one.labels.claims),
        "runs": [one for one in record["runs"] if one["layers"] != layers] + runs,
    }
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def told(epoch: int, loss: float, seconds: float) -> None:
    print(f"epoch {epoch}: loss {loss:.3f}, {seconds:.0f} s", flush=True)


@dataclass(slots=True)
class Part:
    """What a net trained on the others reads in one part of the documents: method → thresholds → tallies; and the rules."""

    read: dict[str, dict[Thresholds, list[Tally]]]
    rules: list[Tally]


_TASK: list[Any] = []
"""What the processes that cross-validate share with the one that began them."""


def _part(number: int) -> list[Part]:
    """One part of the documents, in halves, read by a net trained on the others."""
    examples, more, part, learn = _TASK
    unread = [one for one, k in zip(examples, part, strict=True) if k == number]
    net = learn([*(one for one, k in zip(examples, part, strict=True) if k != number), *more])
    return [half_read(net, unread[half::2]) for half in (0, 1)]


def half_read(net: Net, unread: Sequence[Example]) -> Part:
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


def cross_validate(
    examples: Sequence[Example],
    more: Sequence[Example],
    folds: int,
    learn: Callable[[Sequence[Example]], Net],
    parts: int,
    processes: int,
    layers: int,
) -> tuple[Thresholds, list[dict[str, Any]]]:
    """How well documents are read that neither rules nor model have seen, and the thresholds that are best on all.

    Each part is read by a net trained on the others, at thresholds that are best on the others.
    """
    part = np.random.default_rng(1).permutation(len(examples)) % folds
    _TASK[:] = [examples, more, part, learn]
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        found = [half for halves in pool.map(_part, range(parts)) for half in halves]
    return summed(found, layers)


def summed(parts: Sequence[Part], layers: int) -> tuple[Thresholds, list[dict[str, Any]]]:
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


if __name__ == "__main__":
    main()
