"""Makes `data/held_before_2022.json`, the ground `liveuamap` fills in, from the two map archives.

    python -m frontcast.observe.build deepstate-snapshots.tar.zst liveuamap-nzz.tar.zst

Crimea (with Tuzla) is as DeepState drew it on 2024-03-13. The part of Donetsk and Luhansk regions is
DeepState's of that day together with what Liveuamap dropped between its files of 2024-03-13 and 2024-03-14:
the two maps draw the line of 2014 up to 2 km apart, and a seam between them would look like ground given
up. Simplified to 200 m.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from frontcast.observe.archive import contents
from frontcast.observe.polygons import Json, features_of, outlines_of, parse_json, shapes_of
from frontcast.theatre import B, Grid, load_theatre

SNAPSHOT: Final = "1710366417.geojson"
"""The DeepState snapshot of 2024-03-13."""
BEFORE, AFTER = "2024-03-13.json", "2024-03-14.json"
CRIMEA, DONBAS = "Crimea", "parts of Donetsk and Luhansk regions"
STEMS: Final = {CRIMEA: ("Crimea", "Tuzla"), DONBAS: ("CADR",)}
"""What DeepState's names of each part's polygons contain."""
TOLERANCE_M: Final = 200.0
SMALLEST_M2: Final = 1e6
"""Crumbs below one cell are dropped."""
SLIT_M: Final = 1000.0
"""Slits between the two maps' outlines up to this wide are closed."""
SOURCE: Final = "Derived from DeepState (deepstatemap.live) and Liveuamap (via NZZ) maps of March 2024"


def build(snapshots: Path, liveuamap: Path) -> Json:
    """The GeoJSON document: one feature for each part of `STEMS`."""
    grid = load_theatre("ukraine").grid
    drawn = [f for f in _features(snapshots, SNAPSHOT) if f["geometry"]["type"] != "Point"]
    before, after = (
        _ground([f for f in _features(liveuamap, name) if f["properties"]["type"] != "losses"], grid)
        for name in (BEFORE, AFTER)
    )
    features = []
    for name, stems in STEMS.items():
        ground = _ground([f for f in drawn if any(stem in f["properties"]["name"] for stem in stems)], grid)
        if name == DONBAS:
            ground = shapely.union(ground, shapely.difference(before, after))
            ground = shapely.buffer(shapely.buffer(ground, SLIT_M / 2), -SLIT_M / 2)
        parts = shapely.get_parts(shapely.simplify(ground, TOLERANCE_M))
        whole = shapely.MultiPolygon([part for part in parts if shapely.area(part) > SMALLEST_M2])
        degrees = shapely.transform(whole, lambda xy: np.column_stack(grid.unproject(*xy.T)).round(3))
        geometry = shapely.geometry.mapping(degrees)
        features.append({"type": "Feature", "properties": {"name": name}, "geometry": geometry})
    return {"type": "FeatureCollection", "source": SOURCE, "features": features}


def _features(path: Path, name: str) -> list[Json]:
    ((_, data),) = contents(path, lambda entry: entry.base == name)
    document = parse_json(data, name)
    return features_of(document.get("value", document), name)


def _ground(features: Sequence[Json], grid: Grid) -> Any:
    """Union of all polygons of the features, in the grid's CRS."""
    shapes = shapes_of(outlines_of(features, [B] * len(features), "the archives"), grid)
    return shapely.union_all(shapely.make_valid(shapes, method="structure", keep_collapsed=False))


if __name__ == "__main__":
    target = Path(__file__).with_name("data") / "held_before_2022.json"
    target.write_text(json.dumps(build(Path(sys.argv[1]), Path(sys.argv[2]))) + "\n", encoding="utf-8")
