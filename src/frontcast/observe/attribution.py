"""Whose the maps are: the words that go under every picture and into every product made from them."""

from __future__ import annotations

from typing import Final

ATTRIBUTION: Final = {
    "deepstate": "DeepState (deepstatemap.live)",
    "deepstate-daily": "DeepState (deepstatemap.live), daily extract by cyterat/deepstate-map-data",
    "liveuamap-nzz": "Liveuamap, as kept by the Neue Zürcher Zeitung",
    "uawardata": "Henry Schlottman (uawardata.com)",
}


def attribution(source: str) -> str:
    """How to credit a source; its own name where nothing more is known."""
    return ATTRIBUTION.get(source, source)
