"""Verification: rolling hindcasts, the methods that could beat the model, and scores with their uncertainty.

A method is added by one entry in `FORECASTERS`; every method is fitted, run and scored in the same way.
"""

from frontcast.verify.booster import Booster
from frontcast.verify.climatology import Climatology
from frontcast.verify.forecaster import Factory, Forecaster, Setup
from frontcast.verify.hindcast import hindcast, init_times
from frontcast.verify.issue import issue
from frontcast.verify.ledger import IssuedForecast, Ledger, LedgerError
from frontcast.verify.line import signed_distance
from frontcast.verify.model import LineModel
from frontcast.verify.persistence import Persistence
from frontcast.verify.report import TrackRecord, summarise, to_json, to_table
from frontcast.verify.running import running_record, running_table, waiting
from frontcast.verify.said import Said, Start
from frontcast.verify.scores import Resampling
from frontcast.verify.track_record import shipped_track_record

FORECASTERS: dict[str, Factory] = {
    "model": LineModel,
    "persistence": lambda setup: Persistence(),
    "climatology": lambda setup: Climatology(setup.lead_days),
    "booster": lambda setup: Booster(setup.lead_days, setup.seed),
}
"""Methods by name, in the order of the table. Persistence is always run: skill is counted from it."""

__all__ = [
    "FORECASTERS",
    "Booster",
    "Climatology",
    "Factory",
    "Forecaster",
    "IssuedForecast",
    "Ledger",
    "LedgerError",
    "LineModel",
    "Persistence",
    "Resampling",
    "Said",
    "Setup",
    "Start",
    "TrackRecord",
    "hindcast",
    "init_times",
    "issue",
    "running_record",
    "running_table",
    "shipped_track_record",
    "signed_distance",
    "summarise",
    "to_json",
    "to_table",
    "waiting",
]
