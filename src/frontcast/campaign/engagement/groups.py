"""Which war, and which theatre of it, each battle of CDB90 was in, and which battles are parts of others.

From `battles.csv` beside the patched file: the publisher's own assignment of battles to wars (`war4`) and theatres. The
labels of the patched file part one theatre into several wars ("WORLD WAR I" and "WORLD WAR I (WESTERN FRONT 1918)"), so
that leaving one out leaves its twin in.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontcast.campaign.engagement.battles import Battles
from frontcast.errors import InputError

SMALL = 5
"""Wars with fewer battles since 1914 are left out together: alone they cost a fit each and say nothing."""


def wars_and_theatres(battles: Battles, source: Path) -> npt.NDArray[np.str_]:
    """War and theatre of each battle, (battle,); the war's label in the file where the publisher gives none.

    Raises:
        InputError: where `battles.csv` is not beside the file, or lacks the columns.
    """
    path = source.with_name("battles.csv")
    remedy = "Keep CDB90's battles.csv beside CDB90-patched.csv"
    try:
        table = pd.read_csv(path, encoding="utf-8", encoding_errors="replace", low_memory=False)
        table = table[["isqno", "war4", "war4_theater"]]
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", remedy) from None
    except KeyError:
        raise InputError(str(path), "the header", "it lacks isqno, war4 or war4_theater", remedy) from None
    number = pd.to_numeric(battles.names["ISQNO"], errors="coerce")
    known = table.drop_duplicates("isqno").set_index("isqno").reindex(number)
    war = known["war4"].str.replace(r"1939-194$", "1939-1945", regex=True).reset_index(drop=True)
    theatre = known["war4_theater"].reset_index(drop=True)
    for column in ("LOCN", "WAR"):
        # A battle without a theatre is in that of most battles of its war with its place, or its label.
        place = battles.names[column].reset_index(drop=True)
        keys = pd.Series(list(zip(war.fillna(""), place, strict=True)))
        usual = {key: found.mode().iloc[0] for key, found in theatre.dropna().groupby(keys)}
        theatre = theatre.where(theatre.notna(), keys.map(lambda key, usual=usual: usual.get(key)))
    label = pd.Series(battles.war)
    return np.where(
        war.notna(), war.fillna("") + theatre.map(lambda name: f", {name}" if isinstance(name, str) else ""), label
    ).astype(str)


def folds_of(wars: npt.NDArray[np.str_], year: npt.NDArray[np.float64], since: int) -> npt.NDArray[np.str_]:
    """The fold each battle is left out with, (battle,): its war and theatre, small ones together; "" before `since`."""
    recent = year >= since
    names, counts = np.unique(wars[recent], return_counts=True)
    small = names[counts < SMALL]
    return np.where(recent, np.where(np.isin(wars, small), "small wars", wars), "")
