"""The encoder and the decisions, to be trained; `frontcast.observe.reports.heads` runs the decisions without PyTorch."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.reader.examples import SPAN
from frontcast.observe.reports.claim import CERTAINTIES
from frontcast.observe.reports.evidence import SIDES
from frontcast.observe.reports.heads import NEVER, OTHER_KIND, OTHERS
from frontcast.observe.reports.pieces import COVERED
from frontcast.observe.reports.sheets import CHANNELS, FEATURES, TRAITS, WAYS

Z, Y, Q = 256, 192, 64
DROPPED: Final = 0.1
"""Share of the dimensions of a layer that training leaves out at a time."""
SIZES: Final = {"side": SIDES + 1, "speaker": SIDES + 3, "part": 7, "read": SIDES + 4, "sure": len(CERTAINTIES) + 1}
SPECIAL: Final = {"place": 0, "day": 2, "speaker": 1}
"""Choices beside what the document names: the day of publication, no day; the document itself."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large an encoder is, and how it is laid out.

    Attributes:
        words: pieces known.
        layers: of them the first `frozen` are kept as they came; what the rules found comes in after these.
        hidden: dimensions of a vector; `heads`, of attention.
        epsilon: of the norms.
        buckets: of distances between pieces that attention is shifted by; 0 without.
    """

    words: int
    layers: int
    frozen: int
    hidden: int
    heads: int
    epsilon: float
    buckets: int


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        n, self.heads = shape.hidden, shape.heads
        self.query, self.key, self.value, self.out = (nn.Linear(n, n) for _ in range(4))
        self.up, self.down = nn.Linear(n, 4 * n), nn.Linear(4 * n, n)
        self.norm1, self.norm2 = (nn.LayerNorm(n, eps=shape.epsilon) for _ in range(2))

    def forward(self, x: Tensor, shift: Tensor) -> Tensor:
        """`shift` is added to the weights of attention: 0, or `NEVER` where there is no piece."""
        b, t, n = x.shape
        q, k, v = (f(x).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        # Written out: on CPUs the fused attention takes longer for short windows such as these.
        a = torch.softmax(q @ k.transpose(2, 3) * (q.shape[3] ** -0.5) + shift.to(q.dtype), 3) @ v
        x = self.norm1(x + self.dropped(self.out(a.transpose(1, 2).reshape(b, t, n))))
        return self.norm2(x + self.dropped(self.down(functional.gelu(self.up(x)))))

    def dropped(self, x: Tensor) -> Tensor:
        """`x` with dimensions left out by chance, each in all of a window: far fewer numbers to draw."""
        return x * functional.dropout(x.new_ones(len(x), 1, x.shape[2]), DROPPED, self.training)


class Net(nn.Module):
    """The encoder and the decisions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        n = shape.hidden
        self.pieces, self.positions = nn.Embedding(shape.words, n), nn.Embedding(512, n)
        self.channels = nn.ModuleList(nn.Embedding(SIZES[name], n) for name in CHANNELS)
        for table in self.channels:
            nn.init.normal_(table.weight, std=0.03)
            with torch.no_grad():
                table.weight[0] = 0
        self.norm = nn.LayerNorm(n, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        if shape.buckets:
            self.distances = nn.Embedding(shape.buckets, shape.heads)
        self.drop = nn.Dropout(0.2)
        self.join, self.kind = nn.Linear(2 * n, Z), nn.Embedding(SPAN + 1, Z)
        self.other, self.kinds = nn.Linear(Z, 4), nn.Linear(n, len(OTHERS))
        self.trait = nn.Linear(Z, TRAITS)
        for name in ("gains", "loses"):
            self.add_module(f"ask_{name}", nn.Linear(Z, Q))
            self.add_module(f"key_{name}", nn.Linear(2 * n, Q))
            self.add_module(f"way_{name}", nn.Linear(Z, WAYS))
        self.told, self.option = nn.Linear(Z, Y), nn.Embedding(OTHER_KIND + 1, Y)
        self.certainty, self.acts = nn.Linear(Y, len(CERTAINTIES)), nn.Linear(Y, SIDES + 1)
        for name, special in SPECIAL.items():
            self.add_module(f"ask_{name}", nn.Linear(Y, Q))
            self.add_module(f"key_{name}", nn.Linear(2 * n, Q))
            self.add_module(f"weigh_{name}", nn.Linear(Y, FEATURES))
            if special:
                self.add_module(f"special_{name}", nn.Linear(Y, special))

    def forward(self, pieces: Tensor, channels: Tensor, mask: Tensor) -> Tensor:
        """Vectors of pieces, shape (windows, pieces, `hidden`).

        Args:
            pieces: their numbers, shape (windows, pieces); `mask`: where there is one.
            channels: what the rules found, shape (windows, pieces, `CHANNELS`).
        """
        t = pieces.shape[1]
        shift = torch.where(mask, 0.0, NEVER)[:, None, None, :]
        if self.shape.buckets:
            at = torch.arange(t, device=pieces.device)
            bucket = _bucket(at[None, :] - at[:, None], self.shape.buckets)
            shift = shift + self.distances(bucket).permute(2, 0, 1)[None]
        x = self.norm(self.pieces(pieces) + self.positions.weight[:t])
        if not self.shape.buckets:
            shift = shift.expand(len(pieces), 1, t, t)
        for k, layer in enumerate(self.layers):
            if k == self.shape.frozen:
                for table, found in zip(self.channels, channels.unbind(2), strict=True):
                    x = x + table(found)
                x = self.drop(x)
            x = layer(x, shift)
        return x

    def vectors(self, hidden: Tensor, first: Tensor, last: Tensor, kind: Tensor) -> Tensor:
        """As `Heads.vectors`."""
        return functional.gelu(self.join(torch.cat([hidden[first], hidden[last]], 1)) + self.kind(kind))

    def holders(
        self, hidden: Tensor, z: Tensor, document: Tensor, mentions: Tensor, way: Tensor, traits: Tensor, sides: Tensor
    ) -> Tensor:
        """As `Heads.candidates`, of several documents together: logits of what each candidate tells.

        Args:
            hidden: vectors of words; `z`: of candidates.
            document: of each candidate, its number; `sides`: of each candidate, how many sides its document knows.
            mentions: of each document: first word, last word, number of the side, shape (documents, most mentions, 3).
            way: how they lie to each candidate, shape (candidates, most mentions), -1 where there is none.
            traits: shape (candidates, `SIDES`, `TRAITS`).
        """
        other = self.other(z)
        out = other[:, 3:] + (traits * self.trait(z)[:, None]).sum(2)
        if mentions.shape[1]:
            vectors = torch.cat([hidden[mentions[:, :, 0]], hidden[mentions[:, :, 1]]], 2)
            own = mentions[:, :, 2][:, None, :] == torch.arange(1, SIDES + 1, device=z.device)[None, :, None]
            for name in ("gains", "loses"):
                query, keys = getattr(self, f"ask_{name}")(z), getattr(self, f"key_{name}")(vectors)[document]
                score = (keys * query[:, None]).sum(2).float() / math.sqrt(Q)
                score = score + getattr(self, f"way_{name}")(z).float().gather(1, way.clamp(min=0))
                score = score.masked_fill(way < 0, NEVER)
                chosen = (own if name == "gains" else ~own)[document]
                masked = score[:, None].masked_fill(~chosen, NEVER)
                zero = torch.zeros(len(z), SIDES, 1, device=z.device)
                out = out + torch.logsumexp(torch.cat([masked, zero], 2), 2)
        absent = torch.arange(SIDES, device=z.device)[None] >= sides[:, None]
        return torch.cat([other[:, :1], out.masked_fill(absent, NEVER), other[:, 1:3]], 1)

    def ask(self, name: str, hidden: Tensor, y: Tensor, keys: Tensor, index: Tensor, features: Tensor) -> Tensor:
        """Of several claims the logits of each place, day or speaker, and of what is none of those: shape (claims, choices).

        Args:
            name: "place", "day" or "speaker".
            hidden: vectors of words; y: of the claims.
            keys: first and last words of all keys, shape (keys, 2).
            index: of each claim its keys, shape (claims, most keys); features: shape (claims, most keys, `FEATURES`).
        """
        out = torch.zeros(len(y), 0, device=y.device)
        if index.shape[1]:
            vectors = getattr(self, f"key_{name}")(torch.cat([hidden[keys[:, 0]], hidden[keys[:, 1]]], 1))
            query, weights = getattr(self, f"ask_{name}")(y), getattr(self, f"weigh_{name}")(y)
            out = ((vectors[index] * query[:, None]).sum(2) / math.sqrt(Q)) + (features * weights[:, None]).sum(2)
        return out if not SPECIAL[name] else torch.cat([out, getattr(self, f"special_{name}")(y)], 1)


def _bucket(far: Tensor, buckets: int, most: int = 128) -> Tensor:
    """Numbers of distances: each near one its own, farther ones together by their logarithm (as T5 and MPNet have it)."""
    half = buckets // 2
    side, size = (far > 0).long() * half, far.abs()
    exact = half // 2
    large = exact + (torch.log(size.clamp(min=1) / exact) / math.log(most / exact) * (half - exact)).long()
    return side + torch.where(size < exact, size, large.clamp(max=half - 1))


# ---- encoders to begin with

Get = Callable[[str], np.ndarray[Any, Any]]
BERT: Final = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm2": "output.LayerNorm",
}
MPNET: Final = BERT | {
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "out": "attention.attn.o",
    "norm1": "attention.LayerNorm",
}
NAMED_OTHERWISE: Final = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}
"""Special pieces of BERT's vocabulary, which MPNet shares for the rest."""


@dataclass(frozen=True, slots=True)
class Start:
    """A pretrained encoder: its arrays by the names of `Net`, with all its layers; `covered`: the piece of hidden words."""

    hidden: int
    heads: int
    layers: int
    epsilon: float
    buckets: int
    covered: int
    arrays: dict[str, np.ndarray[Any, Any]]

    def shape(self, layers: int, frozen: int) -> Shape:
        """The shape of a net that begins with its first layers."""
        words = len(self.arrays["pieces.weight"])
        return Shape(words, layers, frozen, self.hidden, self.heads, self.epsilon, self.buckets)

    def fill(self, net: Net) -> None:
        """Puts it into a net, as far as the net goes."""
        own = net.state_dict()
        with torch.no_grad():
            for name, value in self.arrays.items():
                if name in own:
                    own[name].copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))


def pretrained(folder: Path, pieces: Sequence[str]) -> Start:
    """A BERT or MPNet as it is published (`config.json`, `model.safetensors`, `tokenizer.json`), cut to some pieces.

    Raises:
        ValueError: where it is another kind of encoder.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    kind = config["model_type"]
    if kind not in ("bert", "mpnet"):
        raise ValueError(f"{folder}: {kind} is neither bert nor mpnet")
    numbers: dict[str, int] = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    get = _reading(folder / "model.safetensors")
    named = NAMED_OTHERWISE if kind == "mpnet" else {}
    rows = [numbers[named.get(piece, piece)] for piece in pieces]
    arrays = {"pieces.weight": get("embeddings.word_embeddings.weight")[rows]}
    positions = get("embeddings.position_embeddings.weight")
    if kind == "bert":
        arrays["positions.weight"] = positions[:512] + get("embeddings.token_type_embeddings.weight")[0]
    else:  # its first two positions are for padding
        arrays["positions.weight"] = positions[2:514]
        arrays["distances.weight"] = get("encoder.relative_attention_bias.weight")
    for part in ("weight", "bias"):
        arrays[f"norm.{part}"] = get(f"embeddings.LayerNorm.{part}")
        for k in range(config["num_hidden_layers"]):
            for name, where in (BERT if kind == "bert" else MPNET).items():
                arrays[f"layers.{k}.{name}.{part}"] = get(f"encoder.layer.{k}.{where}.{part}")
    return Start(
        config["hidden_size"],
        config["num_attention_heads"],
        config["num_hidden_layers"],
        config["layer_norm_eps"],
        config.get("relative_attention_num_buckets", 0) if kind == "mpnet" else 0,
        pieces.index(COVERED),
        arrays,
    )


def _reading(path: Path) -> Get:
    """Arrays of a file of safetensors, by name."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + size])

    def get(name: str) -> np.ndarray[Any, Any]:
        entry = head.get(name) or head[f"mpnet.{name}"]
        begin, end = entry["data_offsets"]
        part = np.frombuffer(data[8 + size + begin : 8 + size + end], dtype=np.float32)
        return part.reshape(entry["shape"]).copy()

    return get
