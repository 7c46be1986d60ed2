"""The store: what was true when, and known when; append-only; every row has its source."""

from frontcast.store.batch import Ingested
from frontcast.store.series import ControlSeries, NoObservationError
from frontcast.store.store import Store, StoreError

__all__ = ["ControlSeries", "Ingested", "NoObservationError", "Store", "StoreError"]
