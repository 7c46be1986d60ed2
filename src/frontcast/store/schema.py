"""The tables and views of the store: the same in its DuckDB file and over the Parquet files of a record."""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 1

TABLES: Final = {
    "theatre": """
        name VARCHAR NOT NULL, crs VARCHAR NOT NULL, west DOUBLE NOT NULL, north DOUBLE NOT NULL,
        cell_km DOUBLE NOT NULL, nx INTEGER NOT NULL, ny INTEGER NOT NULL""",
    "source_file": """
        id UINTEGER NOT NULL, theatre VARCHAR NOT NULL, source VARCHAR NOT NULL, file VARCHAR NOT NULL,
        sha256 VARCHAR NOT NULL, ingested_at TIMESTAMP""",
    "control_map": """
        theatre VARCHAR NOT NULL, source VARCHAR NOT NULL,
        valid_time TIMESTAMP NOT NULL, known_at TIMESTAMP NOT NULL CHECK (known_at >= valid_time),
        run_length UINTEGER[] NOT NULL, run_value UTINYINT[] NOT NULL, file_id UINTEGER NOT NULL""",
    "unit_sighting": """
        theatre VARCHAR NOT NULL, source VARCHAR NOT NULL,
        valid_time TIMESTAMP NOT NULL, known_at TIMESTAMP NOT NULL CHECK (known_at >= valid_time),
        side VARCHAR NOT NULL, unit VARCHAR NOT NULL, echelon VARCHAR NOT NULL, kind VARCHAR NOT NULL,
        parent VARCHAR NOT NULL, lon DOUBLE NOT NULL, lat DOUBLE NOT NULL, strength DOUBLE, heading DOUBLE,
        file_id UINTEGER NOT NULL""",
}
"""Columns of each table. Times are UTC. The runs of a map are read row by row from the north-west cell of the
theatre's grid; values are those of `frontcast.theatre.control`. `strength` is in battalion groups, `heading`
in degrees clockwise from north; both are null where unknown."""

VIEWS: Final = {
    "held_area": """
        SELECT run.theatre, source, valid_time, known_at, ['a', 'grey', 'b'][value + 1] AS holder,
               sum(length) * any_value(cell_km ** 2) AS area_km2
        FROM (SELECT theatre, source, valid_time, known_at,
                     unnest(run_length) AS length, unnest(run_value) AS value FROM control_map) AS run
        JOIN theatre ON theatre.name = run.theatre
        WHERE value <> 255
        GROUP BY ALL""",
    "source_summary": """
        SELECT theatre, source, 'control' AS kind, min(valid_time) AS first, max(valid_time) AS last,
               count(DISTINCT valid_time) AS reports, count(*) AS rows
        FROM control_map GROUP BY ALL
        UNION ALL
        SELECT theatre, source, 'units', min(valid_time), max(valid_time),
               count(DISTINCT valid_time), count(*)
        FROM unit_sighting GROUP BY ALL""",
}
"""Friendly questions, ready made: km² by holder of each map; what each source holds."""

MARKED: Final = ("side", "unit", "echelon", "kind", "parent", "lon", "lat", "strength", "heading")
"""What a source marked of a unit: the columns of `unit_sighting` that are attributes of a `UnitSighting`."""
