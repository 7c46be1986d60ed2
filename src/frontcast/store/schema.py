"""The tables and views of the store: the same in its DuckDB file and over the Parquet files of a record."""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 2
"""Of a store. 1 had no reports: opening such a store for writing adds their tables, reading it finds them empty."""

RECORD_VERSION: Final = 1
"""Of the Parquet files of a record, which holds no reports: third parties' words are not shipped."""

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

CLAIM_TABLES: Final = {
    "report": """
        id UINTEGER NOT NULL, digest VARCHAR NOT NULL, source VARCHAR NOT NULL, title VARCHAR NOT NULL,
        url VARCHAR NOT NULL, file VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, published DATE NOT NULL,
        known_at TIMESTAMP NOT NULL, stored_at TIMESTAMP NOT NULL""",
    "reading": """
        report_id UINTEGER NOT NULL, reader_version UINTEGER NOT NULL, claims UINTEGER NOT NULL,
        stored_at TIMESTAMP NOT NULL""",
    "claim": """
        id UINTEGER NOT NULL, report_id UINTEGER NOT NULL, reader_version UINTEGER NOT NULL,
        kind VARCHAR NOT NULL, side VARCHAR, place VARCHAR, place_key VARCHAR, lat DOUBLE, lon DOUBLE,
        holder VARCHAR, valid VARCHAR, valid_from DATE, valid_to DATE, known_at TIMESTAMP NOT NULL,
        attributed_to VARCHAR, certainty VARCHAR NOT NULL, unit VARCHAR, quantity DOUBLE, quantity_unit VARCHAR,
        origin VARCHAR, target VARCHAR, note VARCHAR, quote VARCHAR NOT NULL,
        quote_start UINTEGER NOT NULL, quote_end UINTEGER NOT NULL""",
}
"""Columns of the tables of reports. Of a document only what was said about it and the words that carry a claim are
kept, never its text; `digest` tells one document from another. A `reading` is what one version of the rules made of
it. `place_key` is the place's name in no particular spelling (`frontcast.theatre.places.skeleton`); `valid_from` and
`valid_to` are the first and last day that `valid` may mean; the other columns of a claim are those of
`frontcast.observe.reports.claim.Claim`."""

CLAIM_VIEWS: Final = {
    "current_claim": """
        SELECT claim.*, report.source, report.title, report.url, report.file, report.published
        FROM claim
        JOIN report ON report.id = claim.report_id
        JOIN (SELECT report_id, max(reader_version) AS newest FROM reading GROUP BY report_id) AS latest
             ON latest.report_id = claim.report_id AND latest.newest = claim.reader_version""",
}
"""The claims of the newest reading of each report: a report that later rules find nothing in has none."""

MARKED: Final = ("side", "unit", "echelon", "kind", "parent", "lon", "lat", "strength", "heading")
"""What a source marked of a unit: the columns of `unit_sighting` that are attributes of a `UnitSighting`."""
