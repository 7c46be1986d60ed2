"""Words and colours that every picture, page and table shares: the same number never looks two ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from frontcast.theatre import Side, Theatre

BANDS: Final = (0.05, 0.25, 0.50, 0.75, 0.95)
"""Lower edges of the probability bands. Below the first nothing is coloured; that does not say impossible."""

BAND_WORDS: Final = ("5 to 25 %", "25 to 50 %", "50 to 75 %", "75 to 95 %", "over 95 %")

NO_BREAK: Final = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""

CAUTION: Final = "Probabilities from an ensemble; not a targeting aid."

INK: Final = "#22262b"
MUTED: Final = "#5c646e"
WATER: Final = "#9fc0d3"
WATER_INK: Final = "#3f7391"
OUTSIDE: Final = "#eceae4"
GREY_ZONE: Final = "#dcdad4"
GREY_HATCH: Final = "#7c7a74"

# Lightness (OKLab, 0 to 1) falls by equal steps, so the bands keep their order in greyscale print and for
# every kind of colour vision; the hue only says which side gains.
_LIGHTNESS: Final = (0.88, 0.76, 0.63, 0.50, 0.36)
_CHROMA: Final = (0.055, 0.095, 0.130, 0.130, 0.095)
_LIGHTNESS_DARK: Final = (0.36, 0.46, 0.58, 0.71, 0.86)
_CHROMA_DARK: Final = (0.065, 0.095, 0.125, 0.120, 0.080)

# sRGB to OKLab by way of cone responses (B. Ottosson, "A perceptual color space for image processing", 2020).
_RGB_TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_CONES_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _hue(colour: str) -> float:
    """Hue in OKLab of #rrggbb, radians."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    _, green_red, blue_yellow = _CONES_TO_LAB @ np.cbrt(_RGB_TO_CONES @ linear)
    return float(np.arctan2(blue_yellow, green_red))


def _linear_rgb(lightness: float, chroma: float, hue: float) -> npt.NDArray[np.float64]:
    """Linear RGB of an OKLab colour; outside 0..1 where no screen can show it."""
    lab = np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
    cones = np.linalg.solve(_CONES_TO_LAB, lab) ** 3
    return np.asarray(np.linalg.solve(_RGB_TO_CONES, cones))


def shade(colour: str, lightness: float, chroma: float) -> str:
    """The colour of the same hue with that OKLab lightness (0 to 1) and at most that chroma, as #rrggbb."""
    hue = _hue(colour)
    while np.any((linear := _linear_rgb(lightness, chroma, hue)) < -1e-4) or np.any(linear > 1 + 1e-4):
        chroma *= 0.95
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(value * 255):02x}" for value in srgb)


def ramp(side: Side, *, dark: bool = False) -> tuple[str, ...]:
    """One colour for each of `BANDS` in the side's hue: light to dark, or dark to light on a dark page."""
    steps = zip(_LIGHTNESS_DARK, _CHROMA_DARK, strict=True) if dark else zip(_LIGHTNESS, _CHROMA, strict=True)
    return tuple(shade(side.colour, lightness, chroma) for lightness, chroma in steps)


def tint(side: Side, *, dark: bool = False) -> str:
    """A trace of the side's hue for ground it holds: too weak to be taken for a probability."""
    return shade(side.colour, 0.255, 0.022) if dark else shade(side.colour, 0.968, 0.013)


def line_colour(side: Side, *, dark: bool = False) -> str:
    """The side's hue, strong enough for a thin line."""
    return shade(side.colour, 0.74, 0.14) if dark else shade(side.colour, 0.43, 0.15)


def percent(probability: float, members: int) -> str:
    """A probability in whole percent that never claims certainty.

    Zero of 100 members is "<1 %", all of them ">99 %"; an ensemble of 20 cannot tell less than 5 % from
    nothing and says "<5 %".
    """
    finest = max(1, round(100 / members))
    whole = round(100 * probability)
    if whole < finest:
        return f"<{finest}{NO_BREAK}%"
    if whole > 100 - finest:
        return f">{100 - finest}{NO_BREAK}%"
    return f"{whole}{NO_BREAK}%"


def signed(value: float, digits: int = 0) -> str:
    """A number with thousands separators and its sign; what rounds to nothing has none."""
    value = round(value, digits)
    sign = "\N{MINUS SIGN}" if value < 0 else "+" if value > 0 else ""
    return f"{sign}{abs(value):,.{digits}f}"


def area(square_km: float, *, signed: bool = False) -> str:
    """An area in km² to two significant figures, which is more than a forecast of it ever earns."""
    digits = 1 - int(np.floor(np.log10(abs(square_km)))) if abs(square_km) >= 1 else 0
    value = round(square_km, min(digits, 0))
    sign = "\N{MINUS SIGN}" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{abs(value):,.0f}{NO_BREAK}km²"


def day(time: np.datetime64) -> str:
    """A date in words, "5 September 2022"."""
    stamp = pd.Timestamp(time)
    return f"{stamp.day} {stamp.month_name()} {stamp.year}"


def vintage(attributes: Mapping[Any, Any]) -> str:
    """When the newest map used became known (data_vintage), in words; as given if it is not a time."""
    text = str(attributes.get("data_vintage", "not stated"))
    try:
        stamp = pd.Timestamp(text)
    except ValueError:
        return text
    return f"{stamp.day} {stamp.month_name()} {stamp.year}, {stamp:%H:%M} UTC"


def sides(theatre: Theatre) -> dict[str, Side]:
    """Sides a and b, in this order."""
    return {"a": theatre.sides["a"], "b": theatre.sides["b"]}


def holder_words(theatre: Theatre) -> dict[str, str]:
    """What to call each holder: the sides by name, and the grey zone, which is neither's."""
    return {"a": theatre.sides["a"].name, "grey": "neither", "b": theatre.sides["b"].name}
