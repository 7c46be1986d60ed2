"""Reader of the Liveuamap maps kept by NZZ: `YYYY-MM-DD.json`, a second map, independent of DeepState's.

`value` is a FeatureCollection whose features have `type` nochange, gains or losses; b holds nochange and
gains, `losses` is what it gave up since `_datefrom`. A file describes the end of the day `date` of its
features, 0 to 12 days (median 1) before the day in its name, at the end of which it was known. There is no
grey zone.

What the 1,223 files of 2022-02-24 to 2025-06-30 showed, and what follows from it:

- None of them has Crimea (some 25,300 km² of the theatre's land), and from 2024-03-14 they also leave out
  what was held of Donetsk and Luhansk regions since 2014 (some 16,500 km² gone overnight, with no losses).
  A reader that trusts them shows a liberation that never happened. Where a file shows less than a tenth of
  such a part, the reader takes the part as held by b, and says so in a warning, once for each part. The
  outlines are in `data/held_before_2022.json` (`frontcast.observe.build` makes it).
- The map of 2023-12-08 (files of 2023-12-09 to 11) has lost all but the ground of 2014: 63,000 km² "given
  up" within three days, and back in the next. The largest real withdrawal, of early April 2022, was about
  29,400 of 125,900 km². A map that says b gave up more than it kept is left out, with a warning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rasterio.features import rasterize

from frontcast.errors import InputError
from frontcast.observe.archive import DatedFile, dated_files, end_of_day, names_match
from frontcast.observe.polygons import UNPAINTED, Json, features_of, outlines_of, paint, parse_json, shapes_of
from frontcast.observe.types import ControlMap, Read, ReadWarning
from frontcast.theatre import GREY, A, B, Grid, Theatre

PATTERN: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.json")
LEFT_OUT_BELOW: Final = 0.1
"""Share of a part held since before 2022 below which a file is taken to leave it out: files show over 98 % or
under 2 % of a part."""

_GIVEN_UP: Final = GREY  # stands for `losses` while painting: the format has no grey
_HOLDERS: Final = {"nochange": B, "gains": B, "losses": _GIVEN_UP}


class Liveuamap:
    """Reader of Liveuamap maps as kept by NZZ: one, a folder or an archive of them."""

    name = source = "liveuamap-nzz"

    def recognises(self, path: Path) -> bool:
        """Whether files of the path are named `YYYY-MM-DD.json`."""
        return names_match(path, PATTERN)

    def read(self, path: Path, theatre: Theatre) -> Iterator[Read]:
        """A control map for each file, in the order they became known.

        Raises:
            InputError: where a file cannot be used at all.
        """
        filled: set[str] = set()
        for file in dated_files(path, self.source, PATTERN, end_of_day, "Maps are named YYYY-MM-DD.json."):
            if isinstance(file, ReadWarning):
                yield file
            else:
                yield from _read(file, theatre, filled)


def _read(file: DatedFile, theatre: Theatre, filled: set[str]) -> Iterator[Read]:
    document = parse_json(file.data, file.label)
    features = features_of(document.get("value") if isinstance(document, dict) else None, file.label, "value")
    holders = []
    for index, feature in enumerate(features):
        holders.append(_HOLDERS.get(str(feature["properties"].get("type")), UNPAINTED))
        if holders[-1] == UNPAINTED:
            problem = f"type {feature['properties'].get('type')!r}: nobody has seen it; the feature is left out"
            yield ReadWarning(file.label, f"feature {index}", problem)
    valid_time = _valid_time([feature["properties"] for feature in features], file)
    outlines = outlines_of(features, holders, file.label)
    control, warnings = paint(outlines, theatre)
    yield from outlines.warnings
    yield from warnings
    kept, given_up = np.count_nonzero(control == B), np.count_nonzero(control == _GIVEN_UP)
    if given_up > kept:
        loser = theatre.sides["b"].name
        problem = f"{loser} gives up {given_up:,} cells and keeps {kept:,}: a broken map, left out"
        yield ReadWarning(file.label, "", problem)
        return
    control[control == _GIVEN_UP] = A
    for name, part in held_before_2022(theatre.grid).items():
        ground = part & theatre.land
        if np.count_nonzero(control[ground] == B) < LEFT_OUT_BELOW * np.count_nonzero(ground):
            control[ground] = B
            if name not in filled:
                filled.add(name)
                problem = f"it leaves out {name}, held since before 2022: taken as held, here and in later files"
                yield ReadWarning(file.label, "", problem)
    yield ControlMap(file.provenance, valid_time, file.time, control)


def _valid_time(properties: list[dict[str, Any]], file: DatedFile) -> np.datetime64:
    """End of the day that the features describe, the same for all."""
    times = []
    for index, entry in enumerate(properties):
        text = entry.get("date") or entry.get("_dateto")
        try:
            times.append(end_of_day(str(text)))
        except ValueError as error:
            problem = f"date {text!r} is no date"
            raise InputError(file.label, f"feature {index}", problem, "Dates read YYYY-MM-DD.") from error
        if times[-1] > file.time or times[-1] != times[0]:
            problem = f"it describes {text}: not the day of the other features, or after that in the file's name"
            raise InputError(file.label, f"feature {index}", problem, "A file describes one day, past or present.")
    return times[0]


@lru_cache(maxsize=4)
def held_before_2022(grid: Grid) -> dict[str, npt.NDArray[np.bool_]]:
    """Parts of Ukraine held by Russia since before 2022, as (y, x) masks on the grid, by name."""
    text = resources.files("frontcast.observe").joinpath("data/held_before_2022.json").read_text("utf-8")
    return {feature["properties"]["name"]: _ground(feature, grid) for feature in json.loads(text)["features"]}


def _ground(feature: Json, grid: Grid) -> npt.NDArray[np.bool_]:
    shapes = shapes_of(outlines_of([feature], [B], "data/held_before_2022.json"), grid)
    ground = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype=np.uint8)
    return np.asarray(ground, bool)
