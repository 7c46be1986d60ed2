"""Fitting a net to examples."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.reader.examples import Example, Target
from benchmarks.reader.net import SIZES, SPECIAL, Net, Start
from frontcast.observe.reports.evidence import FIRST_HOLDER, SIDES, UNREAD
from frontcast.observe.reports.heads import FIRST_SIDE, FOUGHT, GONE, NEVER, Heads, shared
from frontcast.observe.reports.sheets import CHANNELS, FEATURES, TRAITS, Window

Array = np.ndarray[Any, Any]
Seen = Callable[[Window], Array]
UNSWAPPED: Final = tuple(range(1, SIDES + 1))
INNER: Final = ("pieces", "positions", "distances", "norm", "layers", "channels")
"""What weights of the encoder begin with."""


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        layers, frozen: of the encoder; see `benchmarks.reader.net.Shape`.
        epochs: how often each document is seen; `batch`, so many at a time.
        rate, heads_rate: of learning, of the encoder and of the decisions.
        read_dropped: share of documents in which what the rules read is hidden.
        words_dropped: share of pieces that are covered, of words that mean a side and of all others.
        swapped: share of documents in which the sides are renumbered.
        seed: of the order of documents and of all that is dropped and renumbered.
        device: that PyTorch computes on.
    """

    layers: int = 6
    frozen: int = 0
    epochs: int = 13
    batch: int = 8
    rate: float = 2e-4
    heads_rate: float = 2e-3
    read_dropped: float = 0.3
    words_dropped: tuple[float, float] = (0.3, 0.1)
    swapped: float = 0.5
    seed: int = 0
    device: str = "cpu"


def train(
    examples: Sequence[Example], plan: Plan, start: Start, say: Callable[[int, float, float], None] | None = None
) -> Net:
    """A net trained on examples: the mean of its last states, each older one counting less.

    Args:
        examples: documents to learn from.
        plan: how.
        start: the pretrained encoder.
        say: is told, after each epoch, its number, the mean loss and the seconds it took.
    """
    torch.manual_seed(0)  # all nets begin alike, whatever their seed: only so can their weights be averaged
    torch.set_flush_denormal(True)
    net = Net(start.shape(plan.layers, plan.frozen))
    start.fill(net)
    net.to(plan.device)
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)
    kept = ("pieces", "positions", "norm", "distances", *(f"layers.{k}." for k in range(plan.frozen)))
    deep, shallow = [], []
    for name, parameter in net.named_parameters():
        if plan.frozen and name.startswith(kept):
            parameter.requires_grad_(False)
        elif name.startswith(INNER[:-1]):
            deep.append(parameter)
        else:
            shallow.append(parameter)
    rows = np.random.default_rng(plan.seed)

    def cover(window: Window) -> Array:
        return _dropped(window, plan.words_dropped, start.covered, rows)

    optimiser = torch.optim.AdamW(
        [{"params": deep, "lr": plan.rate}, {"params": shallow, "lr": plan.heads_rate}], weight_decay=0.01, fused=True
    )
    steps = plan.epochs * math.ceil(len(examples) / plan.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1.0, (k + 1) / (0.1 * steps)) * max(0.02, 1 - k / steps)
    )
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98))
    net.train()
    for layer in list(net.layers)[: plan.frozen]:
        layer.eval()
    for epoch in range(plan.epochs):
        order = sorted(examples, key=lambda e: sum(len(w.pieces) for w in e.sheet.windows) * chance.uniform(0.7, 1.4))
        batches = [order[k : k + plan.batch] for k in range(0, len(order), plan.batch)]
        chance.shuffle(batches)
        losses, since = 0.0, time.monotonic()
        for batch in batches:
            loss = _loss(net, batch, plan, chance, cover)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            mean.update_parameters(net)
            losses += float(loss.detach())
        if say:
            say(epoch, losses / len(batches), time.monotonic() - since)
    averaged: Net = mean.module
    averaged.eval()
    return averaged


def mean_of(nets: Sequence[Net]) -> Net:
    """The net whose weights are the mean of several that began alike (Wortsman et al. 2022, Model soups): as fast as one."""
    mean = torch.optim.swa_utils.AveragedModel(nets[0])
    for net in nets:
        mean.update_parameters(net)
    averaged: Net = mean.module
    return averaged


# ---- through the encoder


def hidden_of(net: Net, batch: Sequence[Example], hide: bool) -> list[Array]:
    """Of each document the vectors of its words, shape (words, dimensions); `hide`: without what the rules read."""
    with torch.no_grad():
        x, begin = _through(net, batch, [UNSWAPPED] * len(batch), [hide] * len(batch))
    return np.split(x.cpu().numpy(), begin[1:])


def _through(
    net: Net,
    batch: Sequence[Example],
    swaps: Sequence[Sequence[int]],
    hide: Sequence[bool],
    seen: Seen = lambda window: window.pieces,
) -> tuple[Tensor, Array]:
    """The vectors of all words of some documents, and with which the words of each document begin."""
    rows = [(k, window) for k, one in enumerate(batch) for window in one.sheet.windows]
    longest = max(len(window.pieces) for _, window in rows)
    pieces = np.zeros((len(rows), longest), dtype=np.int64)
    channels = np.zeros((len(rows), longest, len(CHANNELS)), dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=bool)
    at, words = [], np.zeros(len(batch), dtype=np.int64)
    for row, (k, window) in enumerate(rows):
        n = len(window.pieces)
        pieces[row, :n], mask[row, :n] = seen(window), True
        channels[row, :n] = swapped(window.channels, swaps[k], hide[k])
        at.append(window.at + row * longest)
        words[k] += len(window.at)
    put = _putter(net)
    with torch.autocast(put.device.type, dtype=torch.bfloat16):
        x = net(put(pieces), put(channels), put(mask))
    begin = np.concatenate([[0], np.cumsum(words)[:-1]])
    return x.reshape(-1, x.shape[2])[put(np.concatenate(at))].float(), begin


@dataclass(frozen=True, slots=True)
class _Putter:
    device: torch.device

    def __call__(self, array: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def _putter(net: Net) -> _Putter:
    """Puts arrays where a net is."""
    return _Putter(net.positions.weight.device)


def swapped(channels: Array, swap: Sequence[int], hide: bool) -> Array:
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


def _dropped(window: Window, share: tuple[float, float], covered: int, rows: np.random.Generator) -> Array:
    """Pieces of a window, some covered by chance: of words that mean a side, `share[0]` of them, of others `share[1]`.

    A side whose words are covered is still told apart by its number, so that what is learnt does not hang on its name.
    """
    least = np.where(window.channels[:, 0] > 0, *share)
    least[0] = 0.0
    return np.where(rows.random(len(least)) < least, covered, window.pieces)


# ---- loss


def _loss(net: Net, batch: Sequence[Example], plan: Plan, chance: random.Random, cover: Seen) -> Tensor:
    """How wrong a net is about some documents, each seen with its sides renumbered and the rules hidden by chance."""
    swaps, hide = [], []
    for one in batch:
        swap = list(UNSWAPPED)
        if chance.random() < plan.swapped:
            chance.shuffle(swap)
        swaps.append(swap)
        hide.append(not one.honest or chance.random() < plan.read_dropped)
    x, begin = _through(net, batch, swaps, hide, cover)
    put, h = _putter(net), net.drop(x)
    loss = _holders(net, batch, begin, h, hide)
    kinds = put(np.concatenate([one.kinds for one in batch]))
    loss = loss + 0.1 * functional.binary_cross_entropy_with_logits(net.kinds(h), kinds, reduction="sum")
    told = [(k, target) for k, one in enumerate(batch) for target in one.targets]
    if not told:
        return loss / len(batch)
    spans = np.array([(begin[k] + t.first, begin[k] + t.last - 1, t.kind) for k, t in told])
    z = net.vectors(h, *(put(part) for part in spans.T))
    y = functional.gelu(net.told(z) + net.option(put(np.array([shared(t.option) for _, t in told]))))
    columns = [[0, *(FIRST_SIDE + s - 1 for s in swap), FOUGHT, GONE] for swap in swaps]
    for name, right in (
        ("certainty", [t.certainty for _, t in told]),
        ("acts", [columns[k][t.side] for k, t in told]),
    ):
        loss = loss + 0.5 * functional.cross_entropy(getattr(net, name)(y), put(np.array(right)), reduction="sum")
    for name in SPECIAL:
        loss = loss + 0.5 * _pointed(net, name, h, y, batch, begin, told)
    return loss / (len(batch) + len(told))


def _holders(net: Net, batch: Sequence[Example], begin: Array, h: Tensor, hide: Sequence[bool]) -> Tensor:
    """Loss of what each candidate tells."""
    put = _putter(net)
    of = np.repeat(np.arange(len(batch)), [len(one.sheet.candidates) for one in batch])
    spans = np.array([(c.first, c.last - 1) for one in batch for c in one.sheet.candidates]) + begin[of][:, None]
    most = max(len(one.sheet.mentions) for one in batch)
    mentions = np.zeros((len(batch), most, 3), dtype=np.int64)
    way = np.full((len(of), most), -1, dtype=np.int64)
    traits = np.zeros((len(of), SIDES, TRAITS), dtype=np.float32)
    row = 0
    for k, one in enumerate(batch):
        n = len(one.sheet.mentions)
        rows = slice(row, row + len(one.sheet.candidates))
        row = rows.stop
        mentions[k, :n] = one.sheet.mentions + np.array([begin[k], begin[k], 0])
        way[rows, :n] = one.way
        traits[rows] = one.traits
        if hide[k]:
            traits[rows, :, 0] = 0
    kinds = np.concatenate([one.sheet.kind for one in batch])
    z = net.vectors(h, put(spans[:, 0]), put(spans[:, 1]), put(kinds))
    sides = np.array([len(one.sheet.evidence.sides) for one in batch])[of]
    logits = net.holders(h, z, put(of), put(mentions), put(way), put(traits), put(sides))
    right = put(np.concatenate([one.holder for one in batch]))
    weight = put(np.concatenate([one.weight for one in batch]))
    return -((right * functional.log_softmax(logits, 1)).sum(1) @ weight)


def _pointed(
    net: Net,
    name: str,
    h: Tensor,
    y: Tensor,
    batch: Sequence[Example],
    begin: Array,
    told: Sequence[tuple[int, Target]],
) -> Tensor:
    """Loss of which place, day or speaker is meant."""
    keys: list[tuple[int, int]] = []
    of: list[range] = []
    for k, one in enumerate(batch):
        found = {"place": one.sheet.places, "day": one.sheet.days, "speaker": one.sheet.speakers}[name]
        of.append(range(len(keys), len(keys) + len(found)))
        keys += [(begin[k] + a, begin[k] + b - 1) for a, b, _ in found]
    most, special = max(len(one) for one in of), SPECIAL[name]
    if most + special < 2:
        return h.new_zeros(())
    index = np.zeros((len(told), most), dtype=np.int64)
    features = np.zeros((len(told), most, FEATURES), dtype=np.float32)
    absent, wrong = np.zeros((2, len(told), most + special), dtype=np.float32)
    for row, (k, target) in enumerate(told):
        n = len(of[k])
        index[row, :n], features[row, :n] = of[k], target.features[name]
        absent[row, n:most] = NEVER
        right = {"place": target.places, "day": target.days, "speaker": target.speakers}[name]
        if right and not (name == "place" and target.kind in (0, 1)):
            wrong[row] = NEVER
            wrong[row, [at if at < n else at - n + most for at in right]] = 0.0
    put = _putter(net)
    pairs = np.array(keys, dtype=np.int64).reshape(-1, 2)
    logits = net.ask(name, h, y, put(pairs), put(index), put(features))
    p = functional.log_softmax(logits + put(absent), 1)
    return -torch.logsumexp(p + put(wrong), 1).sum()


# ---- what was learnt


def weights_of(net: Net) -> dict[str, Array]:
    """The weights by name, as NumPy arrays."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}


def heads_of(net: Net) -> Heads:
    """The decisions, as they run without PyTorch."""
    return Heads({name: value for name, value in weights_of(net).items() if not name.startswith(INNER)})
