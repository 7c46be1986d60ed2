"""The campaign with armies in NumPy: the formulas of `frontcast.campaign`, worked out by NumPy, one member at a time.

The mechanisms are pure functions of arrays, written against `jax.numpy`. Here the same files are read a second time with a
stand-in for `jax` whose functions are NumPy's: whole-array operations in float32, Python loops for `scan` and `fori_loop`,
`bincount` for sums by stretch, in-place writes on a copy for `.at`. So no formula is written twice and none can be left out,
and what is timed is what NumPy takes for the whole step, all mechanisms in. Random numbers are handed in: drawing them is
not counted, nor is counting who holds what, both of which `run_ensemble` does as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import jax
import numpy as np
from scipy.special import ndtri

PACKAGE = "frontcast.campaign"


class Array(np.ndarray):  # type: ignore[type-arg]
    """A NumPy array with JAX's `.at`, and with its rule for an index too large: the last one is taken (padding has such)."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, np.ndarray) and index.dtype.kind in "iu":
            return self.take(index, axis=0, mode="clip")
        return super().__getitem__(index)

    @property
    def at(self) -> Any:
        """What stands for `array.at`."""
        return _At(self)


class _At:
    def __init__(self, array: Array) -> None:
        self.array = array

    def __getitem__(self, index: Any) -> _Place:
        return _Place(self.array, index)


class _Place:
    def __init__(self, array: Array, index: Any) -> None:
        self.array, self.index = array, index

    def get(self, **_: Any) -> Any:
        return self.array[self.index]

    def set(self, value: Any) -> Array:
        out = self.array.copy()
        out[self.index] = value
        return out

    def add(self, value: Any) -> Array:
        out = self.array.copy()
        np.add.at(out, self.index, value)
        return out


def as_numpy(tree: Any) -> Any:
    """A record of JAX arrays with NumPy's in their place."""
    return jax.tree.map(lambda leaf: _single(np.asarray(leaf)), tree)


def _single(value: Any) -> Any:
    """In float32, as JAX has it, and with `.at`."""
    if isinstance(value, np.ndarray):
        return (value.astype(np.float32) if value.dtype == np.float64 else value).view(Array)
    return np.float32(value) if isinstance(value, np.float64) else value


def _segment_sum(data: Any, segments: Any, count: int, **_: Any) -> Any:
    data = np.asarray(data)
    columns = data.reshape(len(data), -1)
    sums = [np.bincount(segments, columns[:, column], minlength=count) for column in range(columns.shape[1])]
    return _single(np.stack(sums, axis=1).reshape(-1, *data.shape[1:])[:count])


def _scan(body: Callable[[Any, Any], tuple[Any, Any]], first: Any, over: Any) -> tuple[Any, None]:
    carry = first
    for one in zip(*over, strict=True):
        carry, _ = body(carry, one)
    return carry, None


def _fori_loop(start: int, stop: int, body: Callable[[int, Any], Any], first: Any) -> Any:
    value = first
    for number in range(start, int(stop)):
        value = body(number, value)
    return value


def _cond(holds: Any, then: Callable[..., Any], otherwise: Callable[..., Any], *arguments: Any) -> Any:
    return then(*arguments) if holds else otherwise(*arguments)


class _Numpy(ModuleType):
    """NumPy as `jax.numpy`: what it gives is in float32."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if isinstance(found, type) or not callable(found):
            return found
        return lambda *arguments, **named: _single(found(*arguments, **named))


def _module(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


@cache
def numpy_campaign() -> ModuleType:
    """`frontcast.campaign.campaign_step`, read with NumPy in JAX's place."""
    numpy = _Numpy("jax.numpy")
    vars(numpy)["where"] = lambda condition, a, b: _single(np.where(condition, a, b))
    stand_in = _module(
        "jax",
        Array=np.ndarray,
        numpy=numpy,
        ops=_module("jax.ops", segment_sum=_segment_sum),
        lax=_module("jax.lax", scan=_scan, fori_loop=_fori_loop, cond=_cond, rsqrt=lambda value: 1.0 / np.sqrt(value)),
        scipy=_module("jax.scipy", special=_module("jax.scipy.special", ndtri=ndtri)),
    )
    mine = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "jax"}
    mine |= {name: module for name, module in sys.modules.items() if name.startswith(PACKAGE)}
    for name in mine:
        del sys.modules[name]
    sys.modules |= {"jax": stand_in, "jax.numpy": numpy}
    try:
        return import_module(f"{PACKAGE}.campaign_step")
    finally:
        for name in [name for name in sys.modules if name.startswith(PACKAGE) or name.split(".")[0] == "jax"]:
            del sys.modules[name]
        sys.modules |= mine
