"""A claim in a few plain words, the same in the table and in the picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from frontcast.observe.reports.claim import CONTESTED

Row = Mapping[str, Any]
"""One claim, by the columns of `Store.claims`."""

_HIDDEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
"""Kinds of characters that print as nothing, or change how others print: they could make a quote say something else."""


def printable(text: str) -> str:
    """Text from a document on one line, without characters that steer a terminal or turn the writing around."""
    plain = "".join(" " if mark.isspace() else "" if unicodedata.category(mark) in _HIDDEN else mark for mark in text)
    return " ".join(plain.split())


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def who(claim: Row) -> str:
    """Who says so."""
    return printable(str(claim["source"] if _missing(claim["attributed_to"]) else claim["attributed_to"]))


def what(claim: Row) -> str:
    """What is claimed: "Russia holds it", "fought over", "strike by Ukraine: an ammunition dump"."""
    if claim["kind"] == "control":
        return _holding(claim)
    side = "" if _missing(claim["side"]) else f" {_BY.get(claim['kind'], 'of')} {claim['side']}"
    quantity = "" if _missing(claim["quantity"]) else f"{claim['quantity']:g} {claim['quantity_unit']}"
    start = "" if _missing(claim["origin"]) else f"from {claim['origin']}"
    details = (claim["target"], claim["unit"], quantity, start)
    more = ", ".join(str(detail) for detail in details if not _missing(detail) and detail)
    return printable(f"{claim['kind']}{side}{': ' if more else ''}{more}")


def _holding(claim: Row) -> str:
    holder, side = (None if _missing(claim[key]) else printable(str(claim[key])) for key in ("holder", "side"))
    certainty = claim["certainty"]
    if holder is None:
        gone = {"denied": "does not hold it", "predicted": "will not hold it"}.get(certainty, "is not there any more")
        return f"{side or 'someone'} {gone}"
    if holder == CONTESTED:
        return {"denied": "not fought over", "predicted": "will be fought over"}.get(certainty, "fought over")
    does = {"denied": "has not lost it", "predicted": "will hold it"}.get(certainty, "holds it")
    return f"{holder} {does}"


_BY: Final = {"strike": "by", "movement": "by"}


def when(claim: Row) -> str:
    """The day or month it is about, "3 Jul 2022" or "Jul 2022"; "" where it gives none."""
    if _missing(claim["valid"]):
        return ""
    first = pd.Timestamp(claim["valid_from"])
    month = f"{first:%b} {first.year}"
    return month if len(claim["valid"]) == 7 else f"{first.day} {month}"


def said(claim: Row) -> str:
    """The day it was published."""
    known = pd.Timestamp(claim["known_at"])
    return f"{known.day} {known:%b} {known.year}"


def linked(link: Row) -> str:
    """Which map confirms or contradicts, and how many days after: "deepstate +3 d"."""
    days = 0 if _missing(link["lag_days"]) else int(link["lag_days"])
    return f"{printable(str(link['source']))}{f' {days:+d} d' if days > 0 else ''}"


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)  # noqa: PLR0124
