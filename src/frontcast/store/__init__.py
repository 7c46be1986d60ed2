"""The store: what was true when, and known when; append-only; every row has its source."""

from frontcast.store.batch import Ingested
from frontcast.store.claims import Kept
from frontcast.store.evidence import weigh
from frontcast.store.links import links
from frontcast.store.place_history import PlaceHistory, place_history
from frontcast.store.series import ControlSeries, NoObservationError
from frontcast.store.store import Store, StoreError

__all__ = [
    "ControlSeries",
    "Ingested",
    "Kept",
    "NoObservationError",
    "PlaceHistory",
    "Store",
    "StoreError",
    "links",
    "place_history",
    "weigh",
]
