"""The ground under everything: grid, sides, land and water, borders and places of one war."""

from frontcast.theatre.control import GREY, HOLDERS, MASKED, A, B
from frontcast.theatre.grid import Grid
from frontcast.theatre.places import Gazetteer, Place
from frontcast.theatre.theatre import Side, Theatre, load_theatre

__all__ = [
    "GREY",
    "HOLDERS",
    "MASKED",
    "A",
    "B",
    "Gazetteer",
    "Grid",
    "Place",
    "Side",
    "Theatre",
    "load_theatre",
]
