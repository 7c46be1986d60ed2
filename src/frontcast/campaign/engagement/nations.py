"""Whose army it was, from how CDB90 names forces: "GER 3RD PZ GR DIV(1/2)" is German."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

SPELLINGS: Final = {
    "AM": "US",
    "AUSTRIAN": "AUS",
    "BRIT": "BR",
    "BRITISH": "BR",
    "EGY": "EG",
    "EGYPTIAN": "EG",
    "ENG": "BR",
    "FRENCH": "FR",
    "GERMAN": "GER",
    "ISR": "IS",
    "ISRAELI": "IS",
    "ITAL": "IT",
    "ITALIAN": "IT",
    "JAPANESE": "JAP",
    "RUS": "RUSS",
    "RUSSIAN": "RUSS",
    "SOV": "RUSS",
    "SOVIET": "RUSS",
    "SYRIAN": "SYR",
    "TURK": "TK",
}
"""Other spellings of a nation in the names of forces. Russian and Soviet armies are one: too few battles for two."""

SINCE: Final = 1914
"""An army of 1914 is no more that of 1757 than its neighbour's is: before, no nation is named."""


def nation_of(forces: pd.Series, year: npt.NDArray[np.float64]) -> npt.NDArray[np.str_]:
    """Nation of each force, (battle,); empty where none is named, or before 1914."""
    out = []
    for force, when in zip(forces, year, strict=True):
        words = re.findall(r"[A-Z]+", str(force).upper().replace(".", "")) if when >= SINCE else []
        out.append(SPELLINGS.get(words[0], words[0]) if words else "")
    return np.array(out, dtype=str)
