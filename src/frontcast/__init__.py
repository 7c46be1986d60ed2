"""frontcast: weather forecasting for a front line."""

__version__ = "0.5.0"
