"""Forecasts for people to look at: the map, the fan chart, the page, and a brief for the terminal."""

from frontcast.show.brief import forecast_brief
from frontcast.show.fan import fan_chart
from frontcast.show.map import forecast_map
from frontcast.show.page import forecast_page

__all__ = ["fan_chart", "forecast_brief", "forecast_map", "forecast_page"]
