"""What methods say from one start, in a form that is small enough to keep: for a ledger, and between processes.

Near the line, and wherever a method doubts or something else than today's holder is forecast, every cell is kept;
everywhere else all methods say that whoever holds a cell will hold it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from frontcast.errors import FrontcastError
from frontcast.forecast import EnsembleResult
from frontcast.picture import Picture
from frontcast.picture.line import NEAR_KM, signed_distance
from frontcast.store.series import decode_runs, encode_runs
from frontcast.theatre import B, Theatre
from frontcast.verify.sectors import Sectors

Floats = npt.NDArray[np.float32]
Cells = npt.NDArray[np.int64]

STEPS: Final = 1_048_575
"""Probabilities are kept in so many steps: half a millionth is a change of no score that is printed."""


@dataclass(frozen=True, eq=False)
class Said:
    """What one method says from one start.

    Attributes:
        hold: (lead_time, y, x) float32, P(the map will show the cell as held by b); NaN off the land.
        member_hold: (member, lead_time, y, x) bool, the cells that b holds in each member, on a grid whose cells are
            a whole number of the record's; None where a method has no members.
        member_hold_now: (y, x) bool, the same at the start, from which members' gains are counted.
    """

    hold: Floats
    member_hold: npt.NDArray[np.bool_] | None = field(default=None, repr=False)
    member_hold_now: npt.NDArray[np.bool_] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Start:
    """What several methods say from one start.

    Attributes:
        init_time: datetime64[s]. lead_days: leads, days.
        initial: (y, x) uint8, the newest map known then.
        cells: (cell,) flat index of the cells kept, ascending.
        hold: by method, (lead_time, cell) float32, P(b holds).
        gains: by method that has members and by division ("region", "stretch"), (member, lead_time, sector) float32,
            net km² that b gains.
    """

    init_time: np.datetime64
    lead_days: tuple[int, ...]
    initial: npt.NDArray[np.uint8] = field(repr=False)
    cells: Cells = field(repr=False)
    hold: dict[str, Floats] = field(repr=False)
    gains: dict[str, dict[str, Floats]] = field(repr=False)

    def pack(self) -> bytes:
        """As bytes, the same for the same forecasts: a compressed NumPy archive."""
        lengths, values = encode_runs(self.initial)
        arrays: dict[str, npt.NDArray[Any]] = {
            "init_time": self.init_time.astype("datetime64[s]").astype(np.int64),
            "lead_days": np.array(self.lead_days, np.int32),
            "shape": np.array(self.initial.shape, np.int32),
            "run_length": lengths,
            "run_value": values,
            "cell_step": np.diff(self.cells, prepend=0).astype(np.uint32),
            "methods": np.array(list(self.hold)),
        }
        for name, hold in self.hold.items():
            arrays[f"hold {name}"] = np.round(hold.astype(np.float64) * STEPS).astype(np.uint32)
            for division, gains in self.gains.get(name, {}).items():
                arrays[f"gains {division} {name}"] = gains.astype(np.float32)
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def unpack(cls, content: bytes) -> Start:
        """What `pack` made bytes of; probabilities to one part in `STEPS`."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names = [str(name) for name in arrays["methods"]]
            shape = tuple(arrays["shape"].tolist())
            return cls(
                np.datetime64(int(arrays["init_time"]), "s"),
                tuple(arrays["lead_days"].tolist()),
                decode_runs(arrays["run_length"], arrays["run_value"], (shape[0], shape[1])),
                np.cumsum(arrays["cell_step"], dtype=np.int64),
                {name: (arrays[f"hold {name}"] / STEPS).astype(np.float32) for name in names},
                {
                    name: found
                    for name in names
                    if (
                        found := {
                            key.split(" ")[1]: arrays[key]
                            for key in arrays.files
                            if key.startswith("gains ") and key.split(" ", 2)[2] == name
                        }
                    )
                },
            )


def gather(
    said: Mapping[str, Said],
    initial: npt.NDArray[np.uint8],
    theatre: Theatre,
    init_time: np.datetime64,
    lead_days: tuple[int, ...],
    divisions: Mapping[str, Sectors],
) -> Start:
    """Put together what methods say from one start.

    Args:
        said: by name of the method.
        initial: (y, x) uint8, the newest map known at the start.
        theatre: the ground. init_time: the start. lead_days: leads, days.
        divisions: `Sectors` by name of the division, in which members' gains are counted.

    Raises:
        FrontcastError: where a method leaves land without a probability.
    """
    near = np.abs(signed_distance(initial, theatre)) < NEAR_KM
    kept = near & theatre.land
    now = (initial == B).astype(np.float32)
    for name, one in said.items():
        wrong = ~((one.hold >= 0) & (one.hold <= 1)) & theatre.land  # catches NaN as well
        if wrong.any():
            raise FrontcastError(f"{name} gave {int(wrong.sum())} cells of land no probability at {init_time}.")
        kept |= (one.hold != now).any(axis=0) & theatre.land
    cells = np.flatnonzero(kept)
    return Start(
        init_time,
        lead_days,
        initial,
        cells,
        {name: one.hold.reshape(len(lead_days), -1)[:, cells] for name, one in said.items()},
        {
            name: {division: _gains(one, sectors, theatre) for division, sectors in divisions.items()}
            for name, one in said.items()
            if one.member_hold is not None
        },
    )


def _gains(said: Said, sectors: Sectors, theatre: Theatre) -> Floats:
    """Net km² that b gains in each member by sector, (member, lead_time, sector)."""
    assert said.member_hold is not None
    assert said.member_hold_now is not None
    factor = theatre.grid.shape[0] // said.member_hold.shape[-2]
    # how many record cells of each sector lie in each of the members' cells
    rows, columns = (length // factor for length in theatre.grid.shape)
    blocks = sectors.labels.reshape(rows, factor, columns, factor).transpose(0, 2, 1, 3).reshape(rows * columns, -1)
    moved = (said.member_hold != said.member_hold_now).any(axis=(0, 1)).ravel()
    cells = np.flatnonzero(moved)
    change = said.member_hold.reshape(*said.member_hold.shape[:2], -1)[..., cells].astype(np.int8)
    change -= said.member_hold_now.ravel()[cells].astype(np.int8)
    share = np.zeros((len(cells), len(sectors)), np.float32)
    for part in blocks[cells].T:
        inside = np.flatnonzero(part >= 0)
        share[inside, part[inside]] += theatre.grid.cell_area_km2
    return np.asarray(change.astype(np.float32) @ share, np.float32)


def said_by_members(result: EnsembleResult, picture: Picture) -> Said:
    """What an ensemble says, in the form that all methods speak.

    Args:
        result: the members; with `member_control` kept, their gains are scored too.
        picture: what they started from.
    """
    land = picture.theatre.land
    hold = np.where(land, result.probability_b, np.float32(np.nan))
    if result.member_control is None:
        return Said(hold)
    rows, columns = result.member_control.shape[-2:]
    factor = land.shape[0] // rows
    # the model's own start, so that gains are those of its steps and not of the change of grid
    blocks = picture.flot_b.reshape(rows, factor, columns, factor)
    return Said(hold, result.member_control == B, blocks.mean(axis=(1, 3)) < 0)
