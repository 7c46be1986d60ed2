"""frontcast: weather forecasting for a front line."""

__version__ = "0.1.0"
