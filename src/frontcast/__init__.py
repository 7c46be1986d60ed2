"""frontcast: weather forecasting for a front line."""

__version__ = "0.2.0"
