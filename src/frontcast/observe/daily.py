"""Reader of the DeepState daily files: `deepstatemap_data_YYYYMMDD.geojson`, what a user can pull each day.

One MultiPolygon of occupied land, Crimea and the rest held since before 2022 included, no grey zone, no
times of day: a file describes, and is known at, the end of its UTC day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from frontcast.observe.archive import dated_files, end_of_day, names_match
from frontcast.observe.polygons import features_of, outlines_of, paint, parse_json
from frontcast.observe.types import ControlMap, Read, ReadWarning
from frontcast.theatre import B, Theatre

PATTERN: Final = re.compile(r"deepstatemap_data_(\d{8})\.geojson")


class Daily:
    """Reader of DeepState daily files: one, a folder or an archive of them."""

    name = source = "deepstate-daily"

    def recognises(self, path: Path) -> bool:
        """Whether files of the path are named `deepstatemap_data_YYYYMMDD.geojson`."""
        return names_match(path, PATTERN)

    def read(self, path: Path, theatre: Theatre) -> Iterator[Read]:
        """A control map for each file, in time order.

        Raises:
            InputError: where a file cannot be used at all.
        """
        remedy = "Daily maps are named deepstatemap_data_YYYYMMDD.geojson."
        for file in dated_files(path, self.source, PATTERN, _time_of, remedy):
            if isinstance(file, ReadWarning):
                yield file
                continue
            features = features_of(parse_json(file.data, file.label), file.label)
            outlines = outlines_of(features, [B] * len(features), file.label)
            control, warnings = paint(outlines, theatre)
            yield from outlines.warnings
            yield from warnings
            yield ControlMap(file.provenance, file.time, file.time, control)


def _time_of(text: str) -> np.datetime64:
    return end_of_day(f"{text[:4]}-{text[4:6]}-{text[6:]}")
