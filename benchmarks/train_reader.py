"""Trains the reader that stands beside the rules, from dispatches with their labels, and writes its weights.

python -m benchmarks.train_reader --encoder model.safetensors --vocabulary tokenizer.json MARKED... [--gold FILE...] --write DIR

The encoder it begins with is all-MiniLM-L6-v2 (Apache-2.0), of which the first layers are kept. PyTorch is needed to train
(`pip install 'frontcast[train]'`), not to read.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frontcast.observe.reports import Claim, Document, ReportReader
from frontcast.observe.reports.claim import CERTAINTIES, CONTESTED
from frontcast.observe.reports.evidence import FIRST_HOLDER, KINDS_OF_WORDS, SIDES, UNREAD
from frontcast.observe.reports.heads import FIRST_SIDE, FOUGHT, GONE, OPTIONS, OTHER_KIND, OTHERS, key_features
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.sheets import CHANNELS, FEATURES, Sheet, pair_features, sheet
from frontcast.verify.marked import Marked, read_marked_folder
from frontcast.verify.reading import Labels, fold, read_labels, same_date, same_source

HIDDEN: Final = 384
HEADS: Final = 12
Z, Y, Q = 256, 192, 64
SIZES: Final = {"side": SIDES + 1, "speaker": SIDES + 3, "part": 7, "read": SIDES + 4, "sure": len(CERTAINTIES) + 1}
SPAN: Final = len(KINDS_OF_WORDS)
"""Number of the kind of words that a claim of another kind is quoted by."""


# ---- what is learnt from


@dataclass(slots=True)
class Target:
    """What one candidate, or the words of a claim of another kind, should be read as; -1 and empty where not to be learnt."""

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


def example(
    name: str, document: Document, labels: Labels, marks: Sequence[tuple[Claim, int, int]], reader: ReportReader, pieces: Pieces, honest: bool
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
                targets.append(_target(page, document, claim, int(inside[0]), int(inside[-1]) + 1, SPAN, OTHER_KIND, numbers))
            continue
        at = _candidate(page, claim, start, end, starts, ends)
        if at is None:
            continue
        if claim.note:
            weight[at] = 0.0
            continue
        option = _option(claim, numbers)
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


def _option(claim: Claim, numbers: dict[str, int]) -> int | None:
    if claim.holder is None:
        return GONE
    if claim.holder == CONTESTED:
        return FOUGHT
    at = numbers.get(claim.holder)
    return None if at is None else FIRST_SIDE + at - 1


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
    page: Sheet, document: Document, claim: Claim, first: int, last: int, kind: int, option: int, numbers: dict[str, int]
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
        chosen, own = key_features(page, name, (first, last), option)
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

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, t, _ = x.shape
        q, k, v = (f(x).view(b, t, HEADS, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.norm1(x + self.out(a.transpose(1, 2).reshape(b, t, HIDDEN)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Net(nn.Module):
    """The encoder and the decisions."""

    def __init__(self, layers: int, words: int) -> None:
        super().__init__()
        self.pieces, self.positions = nn.Embedding(words, HIDDEN), nn.Embedding(512, HIDDEN)
        self.channels = nn.ModuleList(nn.Embedding(SIZES[name], HIDDEN) for name in CHANNELS)
        for table in self.channels:
            nn.init.normal_(table.weight, std=0.03)
            with torch.no_grad():
                table.weight[0] = 0
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.drop = nn.Dropout(0.1)
        self.join, self.kind = nn.Linear(2 * HIDDEN, Z), nn.Embedding(SPAN + 1, Z)
        self.holder, self.kinds = nn.Linear(Z, OPTIONS), nn.Linear(HIDDEN, len(OTHERS))
        self.told, self.option = nn.Linear(Z, Y), nn.Embedding(OTHER_KIND + 1, Y)
        self.certainty, self.acts = nn.Linear(Y, len(CERTAINTIES)), nn.Linear(Y, SIDES + 1)
        for name, special in (("place", 0), ("day", 2), ("speaker", 1)):
            self.add_module(f"ask_{name}", nn.Linear(Y, Q))
            self.add_module(f"key_{name}", nn.Linear(2 * HIDDEN, Q))
            self.add_module(f"weigh_{name}", nn.Linear(Y, FEATURES))
            if special:
                self.add_module(f"special_{name}", nn.Linear(Y, special))

    def encode(self, pieces: Tensor, channels: Tensor, mask: Tensor) -> Tensor:
        x = self.pieces(pieces) + self.positions.weight[: pieces.shape[1]]
        for k, table in enumerate(self.channels):
            x = x + table(channels[..., k])
        x = self.drop(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def details(self, hidden: Tensor, z: Tensor, option: Tensor, page: Sheet, features: dict[str, Tensor]) -> dict[str, Tensor]:
        """Of several claims of a document, as `Heads.detail` of one: logits, shape (claims, choices)."""
        y = F.gelu(self.told(z) + self.option(option))
        out = {"certainty": self.certainty(y), "side": self.acts(y)}
        for name, keys in (("place", page.places), ("day", page.days), ("speaker", page.speakers)):
            parts = []
            if keys:
                first = torch.tensor([key[0] for key in keys])
                last = torch.tensor([key[1] - 1 for key in keys])
                vectors = getattr(self, f"key_{name}")(torch.cat([hidden[first], hidden[last]], 1))
                query, weights = getattr(self, f"ask_{name}")(y), getattr(self, f"weigh_{name}")(y)
                parts.append(query @ vectors.T / math.sqrt(Q) + (features[name] @ weights[..., None])[..., 0])
            if name != "place":
                parts.append(getattr(self, f"special_{name}")(y))
            out[name] = torch.cat(parts, 1) if parts else torch.zeros(len(z), 0)
        return out


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


@dataclass(slots=True)
class Plan:
    """How to train."""

    layers: int = 4
    epochs: int = 8
    batch: int = 8
    rate: float = 1e-4
    heads_rate: float = 1e-3
    read_dropped: float = 0.3
    swapped: float = 0.5
    rules: bool = True
    seed: int = 0


def train(examples: Sequence[Example], plan: Plan, words: int, encoder: Path, keep: Sequence[int], told: Any = None) -> Net:
    """A net trained on examples."""
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)
    net = Net(plan.layers, words)
    pretrained(net, encoder, keep)
    net.train()
    net.pieces.weight.requires_grad_(False)
    deep = [p for n, p in net.named_parameters() if n.startswith(("positions", "norm", "layers"))]
    shallow = [p for n, p in net.named_parameters() if not n.startswith(("pieces", "positions", "norm", "layers"))]
    optimiser = torch.optim.AdamW(
        [{"params": deep, "lr": plan.rate}, {"params": shallow, "lr": plan.heads_rate}], weight_decay=0.01, fused=True
    )
    steps = plan.epochs * math.ceil(len(examples) / plan.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1.0, (k + 1) / (0.1 * steps)) * max(0.02, 1 - k / steps)
    )
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
            total += float(loss.detach())
        if told:
            told(epoch, total / len(batches), time.time() - start, net)
    net.eval()
    return net


def hidden_of(net: Net, batch: Sequence[Example], swaps: Sequence[Sequence[int]], hide: Sequence[bool]) -> list[Tensor]:
    """Of each document the vectors of its words."""
    windows = [(k, window) for k, one in enumerate(batch) for window in one.sheet.windows]
    longest = max(len(window.pieces) for _, window in windows)
    pieces = torch.zeros(len(windows), longest, dtype=torch.long)
    channels = torch.zeros(len(windows), longest, len(CHANNELS), dtype=torch.long)
    mask = torch.zeros(len(windows), 1, 1, longest, dtype=torch.bool)
    for row, (k, window) in enumerate(windows):
        n = len(window.pieces)
        pieces[row, :n] = torch.from_numpy(window.pieces)
        channels[row, :n] = torch.from_numpy(swapped(window.channels, swaps[k], hide[k]))
        mask[row, :, :, :n] = True
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x = net.encode(pieces, channels, mask).float()
    out = [torch.zeros(len(one.sheet.sentence), HIDDEN) for one in batch]
    gathered: list[list[Tensor]] = [[] for _ in batch]
    for row, (k, window) in enumerate(windows):
        gathered[k].append(x[row, torch.from_numpy(window.at)])
    return [torch.cat(parts) for parts in gathered] if out else []


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
    hidden = hidden_of(net, batch, swaps, hide)
    total = torch.zeros(())
    for one, h, swap in zip(batch, hidden, swaps, strict=True):
        columns = [0, *(FIRST_SIDE + s - 1 for s in swap), FOUGHT, GONE]
        page = one.sheet
        h = net.drop(h)
        first = torch.tensor([c.first for c in page.candidates])
        last = torch.tensor([c.last - 1 for c in page.candidates])
        z = F.gelu(net.join(torch.cat([h[first], h[last]], 1)) + net.kind(torch.tensor(page.kind)))
        wanted = torch.zeros(len(page.candidates), OPTIONS)
        wanted[:, columns] = torch.from_numpy(one.holder)
        loss = -(wanted * F.log_softmax(net.holder(z), 1)).sum(1) * torch.from_numpy(one.weight)
        total = total + loss.sum()
        total = total + 0.05 * F.binary_cross_entropy_with_logits(net.kinds(h), torch.from_numpy(one.kinds), reduction="sum")
        if not one.targets:
            continue
        first = torch.tensor([t.first for t in one.targets])
        last = torch.tensor([t.last - 1 for t in one.targets])
        kind = torch.tensor([t.kind for t in one.targets])
        zt = F.gelu(net.join(torch.cat([h[first], h[last]], 1)) + net.kind(kind))
        option = torch.tensor([columns[t.option] if t.option <= GONE else t.option for t in one.targets])
        features = {name: torch.from_numpy(np.stack([t.features[name] for t in one.targets])) for name in one.targets[0].features}
        out = net.details(h, zt, option, page, features)
        sides = torch.tensor([columns[t.side] for t in one.targets])
        certainty = torch.tensor([t.certainty for t in one.targets])
        total = total + 0.5 * F.cross_entropy(out["certainty"], certainty, reduction="sum")
        total = total + 0.5 * F.cross_entropy(out["side"], sides, reduction="sum")
        for name in ("place", "day", "speaker"):
            if out[name].shape[1] < 2:
                continue
            right = torch.full(out[name].shape, -1e9)
            for k, target in enumerate(one.targets):
                chosen = {"place": target.places, "day": target.days, "speaker": target.speakers}[name]
                right[k, chosen if chosen and not (name == "place" and target.kind in (0, 1)) else slice(None)] = 0.0
            total = total - 0.5 * torch.logsumexp(F.log_softmax(out[name], 1) + right, 1).sum()
    return total / sum(1 + len(one.targets) for one in batch)
