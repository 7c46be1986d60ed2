"""The trained encoder: vectors for the words of a document."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import numpy as np

from frontcast.errors import InputError
from frontcast.observe.reports.heads import Array, Heads
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.sheets import CHANNELS, Sheet, Window
from frontcast.observe.reports.weighing import Thresholds

ENCODER: Final = "encoder.onnx"
TABLES: Final = "reader.npz"
VOCABULARY: Final = "pieces.txt"

REMEDY: Final = "Install frontcast again, or read with the rules alone (--rules)"


class Encoder:
    """A trained encoder with its decisions.

    Args:
        folder: where `benchmarks.train_reader` has written it.

    Raises:
        InputError: where a file is missing or is none of it.
    """

    def __init__(self, folder: Path) -> None:
        from onnxruntime import InferenceSession, SessionOptions

        where = ""
        try:
            where = VOCABULARY
            self.pieces = Pieces((folder / where).read_text("utf-8").split())
            where = TABLES
            with np.load(folder / where, allow_pickle=False) as data:
                tables = {name: data[name] for name in data.files}
            self.rows: Any = tables["pieces"]
            self.scale: Array = tables["pieces_scale"]
            self.positions: Array = tables["positions"].astype(np.float32)
            self.channels = [tables[f"channel_{name}"].astype(np.float32) for name in CHANNELS]
            self.heads = Heads({k.removeprefix("head."): v for k, v in tables.items() if k.startswith("head.")})
            self.thresholds = Thresholds(*(float(value) for value in tables["thresholds"]))
            where = ENCODER
            options = SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            self.session = InferenceSession(folder / where, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # whatever ONNX Runtime and NumPy raise over a file that is none of theirs
            problem = f"the trained reader cannot be loaded ({type(error).__name__}: {error})"
            raise InputError(str(folder / where), "", problem, REMEDY) from error

    def vectors(self, page: Sheet) -> Array:
        """Of each word of a document its vector, shape (words, dimensions)."""
        return np.concatenate([self._run(window) for window in page.windows])

    def _run(self, window: Window) -> Array:
        """One window alone: eight-bit numbers are scaled by what is read together, so company would change them."""
        x = self.rows[window.pieces] * self.scale[window.pieces, None] + self.positions[: len(window.pieces)]
        found = self.channels[0][window.channels[:, 0]]
        for k, table in enumerate(self.channels[1:], 1):
            found += table[window.channels[:, k]]
        mask = np.ones((1, len(x)), dtype=np.int32)
        y: Array = self.session.run(["y"], {"x": x[None], "found": found[None], "mask": mask})[0]
        return y[0, window.at]


@lru_cache(maxsize=2)
def encoder(language: str = "en") -> Encoder:
    """The encoder that ships for a language, loaded once a process."""
    with as_file(files("frontcast.observe.reports") / "language" / language) as folder:
        return Encoder(folder)
