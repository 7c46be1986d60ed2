"""Chances near the line from the hazard, everything else from the members.

The members of the line model move a line by what has been moving it, and by nothing else; the hazard looks at everything
that is known around a cell, and its pace is looked up anew each time. So the chance that a cell changes hands is the
hazard's where it speaks, up to 9 km from the line and for the leads its trees were grown for. Farther off and later, where
lines collapse, it is the share of members. How sides share what b does not hold is the members' everywhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frontcast.forecast.ensemble import EnsembleResult, FloatArray
from frontcast.picture import Picture
from frontcast.picture.hazard import Outlook
from frontcast.picture.hazard.hazard import LEADS_DAYS
from frontcast.theatre import A, B


def calibrate(picture: Picture, result: EnsembleResult, outlook: Outlook) -> EnsembleResult:
    """The result with the chances of the outlook where it speaks.

    Args:
        picture: what the members started from; its map must be the one that the outlook looked at.
        result: what the members did.
        outlook: of the same time.
    """
    around = outlook.around
    raw_a, raw_b = result.probability_a, result.probability_b
    changed = outlook.at(result.lead_days)
    chance_b = raw_b.copy()
    said = np.where(around.held, 1 - changed, changed)
    late = np.array(result.lead_days)[:, None] > LEADS_DAYS[-1]
    members = raw_b[:, around.row, around.column]
    # Beyond the last lead of the hazard a cell is as likely to have changed as at that lead, or as members say.
    later = np.where(around.held, np.minimum(said, members), np.maximum(said, members))
    chance_b[:, around.row, around.column] = np.where(late, later, said)
    return replace(result, chance_a=_share_of_a(picture, raw_a, raw_b, chance_b), chance_b=chance_b, outlook=outlook)


def _share_of_a(picture: Picture, raw_a: FloatArray, raw_b: FloatArray, chance_b: FloatArray) -> FloatArray:
    """What b does not hold is a's as often as among the members; where no member says, a's unless it is grey now."""
    others = 1 - raw_b
    start = np.where((picture.control == A) | (picture.control == B), np.float32(1), np.float32(0))
    share = np.divide(raw_a, others, out=np.broadcast_to(start, raw_a.shape).copy(), where=others > 0)
    return np.asarray((1 - chance_b) * share, np.float32)
