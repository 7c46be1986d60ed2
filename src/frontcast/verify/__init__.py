"""Verification: rolling hindcasts, the methods that could beat the model, and scores with their uncertainty.

A method is added by one entry in `FORECASTERS`; every method is fitted, run and scored in the same way.
"""

from frontcast.picture.line import signed_distance
from frontcast.verify.ablation import ABLATIONS
from frontcast.verify.blend import Blend
from frontcast.verify.booster import Booster
from frontcast.verify.calibrated import CalibratedModel
from frontcast.verify.climatology import Climatology
from frontcast.verify.drift import Drift
from frontcast.verify.forecaster import Factory, Forecaster, Setup
from frontcast.verify.hazard import Hazard
from frontcast.verify.hindcast import hindcast, init_times, judged, speak
from frontcast.verify.issue import issue
from frontcast.verify.ledger import IssuedForecast, Ledger, LedgerError
from frontcast.verify.model import LineModel
from frontcast.verify.persistence import Persistence
from frontcast.verify.report import TrackRecord, summarise, to_json, to_table
from frontcast.verify.running import running_record, running_table, waiting
from frontcast.verify.said import Said, Start
from frontcast.verify.scores import Resampling
from frontcast.verify.track_record import shipped_track_record
from frontcast.verify.units import UnitsModel

BLENDED: tuple[str, ...] = ("line", "booster")
"""What the blend is made of."""

FORECASTERS: dict[str, Factory] = {
    "model": CalibratedModel,
    "line": LineModel,
    "units": UnitsModel,
    "persistence": lambda setup: Persistence(),
    "climatology": lambda setup: Climatology(setup.lead_days),
    "drift": lambda setup: Drift(setup.lead_days),
    "hazard": lambda setup: Hazard(setup.lead_days, setup.seed),
    "booster": lambda setup: Booster(setup.lead_days, setup.seed),
    "blend": lambda setup: Blend(setup, {name: FORECASTERS[name] for name in BLENDED}),
}
"""Methods by name, in the order of the table. Persistence is always run: skill is counted from it."""

__all__ = [
    "ABLATIONS",
    "FORECASTERS",
    "Blend",
    "Booster",
    "CalibratedModel",
    "Climatology",
    "Drift",
    "Factory",
    "Forecaster",
    "Hazard",
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
    "UnitsModel",
    "hindcast",
    "init_times",
    "issue",
    "judged",
    "running_record",
    "running_table",
    "shipped_track_record",
    "signed_distance",
    "speak",
    "summarise",
    "to_json",
    "to_table",
    "waiting",
]
