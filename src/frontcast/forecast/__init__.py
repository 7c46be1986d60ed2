"""Forecasts: the members run from a picture, and the product they make."""

from frontcast.forecast.config import ForecastConfig, default_leads, load_config, parse_time
from frontcast.forecast.ensemble import EnsembleResult, run_ensemble
from frontcast.forecast.product import check_folder, forecast, observed_area, to_dataset, write_product

__all__ = [
    "EnsembleResult",
    "ForecastConfig",
    "check_folder",
    "default_leads",
    "forecast",
    "load_config",
    "observed_area",
    "parse_time",
    "run_ensemble",
    "to_dataset",
    "write_product",
]
