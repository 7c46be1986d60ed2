"""The towns that a map names."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from frontcast.serve.desk.opened import Opened
from frontcast.serve.geometry import DIGITS, feature

LEAST_PEOPLE: Final = 2_000
"""Below this a place is only named on a map when it is at risk or asked about."""


def towns(opened: Opened) -> dict[str, Any]:
    """See `Towns`."""
    places = opened.theatre.places
    table = places.table
    named = (table["population"].to_numpy(float) >= LEAST_PEOPLE) | table["kind"].isin(["city", "town"]).to_numpy()
    inside = places.cells[0] >= 0
    rows = table[named & inside].sort_values(["population", "id"], ascending=[False, True])
    made = [
        feature(
            {"type": "Point", "coordinates": [round(float(row["lon"]), DIGITS), round(float(row["lat"]), DIGITS)]},
            id=int(row["id"]),
            name=str(row["name"]),
            kind=str(row["kind"]),
            population=None if np.isnan(row["population"]) else float(row["population"]),
        )
        for row in rows.to_dict("records")
    ]
    return {"type": "FeatureCollection", "features": made}
