"""The store: one DuckDB file, append-only and bitemporal, that a user can also query with SQL.

Every row says when it was true (`valid_time`), when its source said so (`known_at`) and which file it came
from. Rows are only ever added; a correction is a new row with a later `known_at`. `ingested_at` of a file is
the clock of the machine that ingested, kept for the user's own audit: no forecast looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from frontcast.errors import FrontcastError
from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.types import Read
from frontcast.store.batch import Batch, Ingested, MapKey
from frontcast.store.claims import SAME_KM, ClaimBatch, Held, Kept, document_digest, select_claims, tidy
from frontcast.store.schema import CLAIM_TABLES, CLAIM_VIEWS, MARKED, SCHEMA_VERSION, TABLES, VIEWS
from frontcast.store.series import ControlSeries, Runs
from frontcast.theatre import Place, Theatre


class StoreError(FrontcastError):
    """The store cannot be opened, read or written as asked."""


class Store:
    """Dated observations of one or more theatres: a context manager. Rows can be added, never changed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, *, read_only: bool) -> None:
        self._connection, self._name, self._read_only = connection, name, read_only
        self._leave_no_trace: Path | None = None

    @classmethod
    def open(cls, path: str | Path, *, read_only: bool = False) -> Store:
        """The store in the file `path`, made anew where there is none and `read_only` is false.

        A store of schema 1 is given the tables of reports where it may be written; read only it stays as it is
        and holds no claims.

        Raises:
            StoreError: where the file is no store, is of another schema, is in use by another program, or
                cannot be reached.
        """
        path = Path(path).resolve()
        fresh = not path.exists()
        if fresh and read_only:
            raise StoreError(f"{path}: there is no store here. `frontcast ingest PATH --store {path}` makes one.")
        try:
            connection = duckdb.connect(str(path), read_only=read_only)
        except duckdb.Error as error:
            raise _explained(path, error) from error
        store = cls(connection, str(path), read_only=read_only)
        try:
            store._check_schema()
        except BaseException:
            connection.close()
            raise
        store._leave_no_trace = path if fresh else None
        return store

    @classmethod
    def shipped(cls, theatre: str = "ukraine") -> Store:
        """The record that ships with the package, read only: the same tables and views over Parquet files."""
        folder = shipped_folder(theatre)
        connection = duckdb.connect()
        for table in TABLES:
            file = str(folder / f"{table}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{file}')")
        for view, query in VIEWS.items():
            connection.execute(f"CREATE VIEW {view} AS {query}")
        _create_claim_tables(connection)
        return cls(connection, f"the shipped record of {theatre}", read_only=True)

    def _check_schema(self) -> None:
        rows = self._connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        tables = {name for (name,) in rows}
        if not tables and not self._read_only:
            with self._transaction():
                self._connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
                self._connection.execute("INSERT INTO schema_version VALUES (?)", [SCHEMA_VERSION])
                for table, columns in TABLES.items():
                    self._connection.execute(f"CREATE TABLE {table} ({columns})")
                for view, query in VIEWS.items():
                    self._connection.execute(f"CREATE VIEW {view} AS {query}")
                _create_claim_tables(self._connection)
            return
        if not {"schema_version", *TABLES} <= tables:
            raise StoreError(
                f"{self._name}: this DuckDB file is not a frontcast store (it has no {', '.join(TABLES)}). "
                "Name another file for the store."
            )
        (version,) = self._connection.execute("SELECT max(version) FROM schema_version").fetchall()[0]
        if version == 1:
            self._upgrade()
        elif version != SCHEMA_VERSION:
            raise StoreError(
                f"{self._name}: a store of schema {version}; this frontcast reads schema {SCHEMA_VERSION}. "
                "Use the frontcast that wrote it, or ingest the files anew into a new store."
            )

    def _upgrade(self) -> None:
        """Give a store of schema 1 the tables of reports; one that may not be written, empty ones until it is closed."""
        if self._read_only:
            _create_claim_tables(self._connection, "TEMP ")
            return
        try:
            with self._transaction():
                _create_claim_tables(self._connection)
                self._connection.execute("INSERT INTO schema_version VALUES (?)", [SCHEMA_VERSION])
        except duckdb.Error as error:
            raise StoreError(
                f"{self._name}: a store of schema 1, which could not be given the tables of reports: "
                f"{_first_line(error)}. It is as it was. Check that the disk has room and the file can be written."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A new file that received nothing is not left behind."""
        self._connection.close()
        if self._leave_no_trace is not None:
            for suffix in ("", ".wal"):
                Path(f"{self._leave_no_trace}{suffix}").unlink(missing_ok=True)
            self._leave_no_trace = None

    # ---- reading

    def sql(self, query: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
        """Answer of a SELECT over the tables (`TABLES`, `CLAIM_TABLES`) and views (`VIEWS`, `CLAIM_VIEWS`).

        Raises:
            StoreError: where the query is anything but one SELECT, or DuckDB cannot answer it.
        """
        try:
            statements = self._connection.extract_statements(query)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise StoreError("the store is append-only: only a single SELECT can be asked of it.")
            return self._connection.execute(query, parameters or {}).df()
        except duckdb.Error as error:
            raise StoreError(f"{self._name}: {error}") from error

    def sources(self) -> pd.DataFrame:
        """What the store holds, one row per theatre, source and kind.

        Columns: theatre, source, kind ("control" or "units"), first and last valid_time, reports (distinct
        valid times), rows.
        """
        return self.sql("SELECT * FROM source_summary ORDER BY theatre, kind, source")

    def table(self, name: str) -> pa.Table:
        """All rows of one of `TABLES` in a fixed order (by source, time and content), as Arrow."""
        order = {"theatre": "name", "source_file": "theatre, source, file, sha256"}.get(
            name, "theatre, source, known_at, valid_time"
        )
        if name == "unit_sighting":
            order += ", " + ", ".join(MARKED)
        return self._connection.sql(f"SELECT * FROM {name} ORDER BY {order}").to_arrow_table()

    def control(self, source: str, *, theatre: str | None = None, as_of: np.datetime64 | None = None) -> ControlSeries:
        """The maps of `source`, in the order they became known; `as_of` leaves out what was known later.

        `theatre` may be left out where the store holds only one.

        Raises:
            StoreError: where the store has no such theatre, or no map of that source.
        """
        name, shape = self._theatre(theatre)
        rows = self._connection.sql(
            "SELECT valid_time, known_at, run_length, run_value FROM control_map "
            "WHERE theatre = ? AND source = ? AND known_at <= ? ORDER BY known_at, valid_time, file_id",
            params=[name, source, _moment(as_of)],
        ).to_arrow_table()
        if not rows.num_rows and as_of is None:
            known = self.sql(
                "SELECT DISTINCT source FROM control_map WHERE theatre = $theatre ORDER BY source",
                {"theatre": name},
            )
            have = ", ".join(known["source"]) or "none"
            raise StoreError(f"{self._name} has no maps of '{source}' for {name}. It has: {have}.")
        return ControlSeries(source, shape, _seconds(rows["valid_time"]), _seconds(rows["known_at"]), _runs(rows))

    def units(self, as_of: np.datetime64, *, source: str | None = None, theatre: str | None = None) -> pd.DataFrame:
        """The newest order of battle known at `as_of`: of each source, every unit in its newest report.

        A source redraws all its units at once: one missing from the newest report is no longer shown there.
        Columns: source, valid_time, known_at, side, unit, echelon, kind, parent, lon, lat (degrees), strength
        (battalion groups) and heading (degrees from north), both NaN where unknown, file_id. Empty where
        nothing was known yet.
        """
        name, _ = self._theatre(theatre)
        sighting = ", ".join(MARKED)
        return self.sql(
            f"""SELECT source, valid_time, known_at, {sighting}, file_id FROM unit_sighting
            WHERE theatre = $theatre AND known_at <= $as_of AND source = coalesce($source, source)
            QUALIFY valid_time = max(valid_time) OVER (PARTITION BY source)
                AND known_at = max(known_at) OVER (PARTITION BY source, valid_time)
            ORDER BY source, {sighting}""",
            {"theatre": name, "as_of": _moment(as_of), "source": source},
        )

    def claims(
        self,
        place: str | Place | None = None,
        *,
        near: tuple[float, float] | None = None,
        radius_km: float = SAME_KM,
        since: date | None = None,
        until: date | None = None,
        as_of: np.datetime64 | None = None,
        kind: str | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """What has been claimed, by the newest reading of each report, in order of the day it is about.

        Args:
            place: a name in any spelling; or a place of the gazetteer, for claims under any name at its point,
                under its own up to `SAME_KM` from it, and under its own with no point.
            near: (longitude, latitude) in degrees: only claims about points up to `radius_km` away.
            radius_km: see `near`.
            since, until: first and last day that a claim may be about; of one without a date, its publication.
            as_of: only what was known then.
            kind: one of `frontcast.observe.reports.claim.KINDS`.
            source: who published, in capitals or not.

        Returns:
            One row a claim: id, report_id, source, attributed_to, kind, side, place, place_key, lat, lon
            (degrees), holder, valid, valid_from, valid_to, known_at, certainty, unit, quantity, quantity_unit,
            origin, target, note, quote, quote_start, quote_end, title, url, file, published, reader_version.
            Texts are None, numbers NaN and times NaT where the claim has none.
        """
        return tidy(self.sql(*select_claims(place, near, radius_km, since, until, as_of, kind, source)))

    def _theatre(self, name: str | None) -> tuple[str, tuple[int, int]]:
        rows = self._connection.execute("SELECT name, ny, nx FROM theatre ORDER BY name").fetchall()
        found = [row for row in rows if name in (None, row[0])]
        if len(found) != 1:
            held = ", ".join(row[0] for row in rows) or "none yet"
            asked = f"no theatre '{name}'" if name else "not exactly one theatre: name the one you mean"
            raise StoreError(f"{self._name} has {asked}. It has: {held}.")
        return found[0][0], (found[0][1], found[0][2])

    # ---- adding

    def append(self, theatre: Theatre, reads: Iterable[Read]) -> Ingested:
        """Add what was read, all of it or nothing: one transaction, begun once everything has been read.

        An observation the store already holds changes nothing, whichever file it comes from. A second,
        different map of one source for the same `valid_time` and `known_at` is left out with a warning: what
        was known then must stay what was known then, so a correction needs a later `known_at`.

        Raises:
            InputError: from the readers, or where an observation contradicts itself.
            StoreError: where the store is read only, has another grid for this theatre, or cannot be written.
        """
        if self._read_only:
            raise StoreError(f"{self._name} is read only.")
        batch = Batch(theatre, self._held_maps(theatre), self._next_id("source_file"))
        for read in reads:
            batch.add(read)
        try:
            with self._transaction():
                self._write(theatre, batch)
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            raise StoreError(
                f"{self._name}: nothing was added, writing failed: {_first_line(error)}. "
                "Check that the disk has room and the folder can be written, then ingest again."
            ) from error
        self._leave_no_trace = None
        return batch.done

    def append_claims(self, document: Document, claims: Sequence[Claim], *, reader_version: int | None = None) -> Kept:
        """Keep the claims of one document: `append_reports` of one."""
        return self.append_reports([(document, claims)], reader_version=reader_version)

    def append_reports(
        self, reports: Iterable[tuple[Document, Sequence[Claim]]], *, reader_version: int | None = None
    ) -> Kept:
        """Keep the claims of documents, all of them or nothing: one transaction, begun once all have been read.

        A claim is known from the end of the day its document was published on. A document that the store holds
        by rules as new as these adds nothing. One that it holds by older rules is read again: the older claims stay,
        and `claims` gives the newer ones.

        Args:
            reports: documents, each with its claims.
            reader_version: of the rules that found the claims; left out, of those that this frontcast has.

        Raises:
            InputError: where a claim is impossible, or a document comes from the future.
            StoreError: where the store is read only, or cannot be written.
        """
        if self._read_only:
            raise StoreError(f"{self._name} is read only.")
        if reader_version is None:
            from frontcast.observe.reports.reader import READER_VERSION

            reader_version = READER_VERSION
        given = list(reports)
        firsts = (self._next_id("report"), self._next_id("claim"))
        batch = ClaimBatch(self._held_reports([document for document, _ in given]), *firsts, reader_version)
        for document, claims in given:
            batch.add(document, claims)
        try:
            with self._transaction():
                for table in CLAIM_TABLES:
                    self._insert(table, batch.table(table), "SELECT * FROM batch")
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            raise StoreError(
                f"{self._name}: nothing was kept, writing failed: {_first_line(error)}. "
                "Check that the disk has room and the folder can be written, then read again."
            ) from error
        self._leave_no_trace = None
        return batch.done

    def _held_reports(self, documents: Sequence[Document]) -> Held:
        """Which of some documents the store holds, and by which rules at the newest."""
        rows = self._connection.execute(
            "SELECT digest, report.id, max(reader_version) FROM report JOIN reading ON report_id = report.id "
            "WHERE digest IN (SELECT unnest($digests)) GROUP BY ALL",
            {"digests": [document_digest(document) for document in documents]},
        ).fetchall()
        return {digest: (report, version) for digest, report, version in rows}

    def _held_maps(self, theatre: Theatre) -> dict[MapKey, str]:
        """The SHA-256 of the file of every map held."""
        rows = self._connection.sql(
            "SELECT control_map.source, valid_time, known_at, sha256 FROM control_map "
            "JOIN source_file ON source_file.id = file_id WHERE control_map.theatre = ?",
            params=[theatre.name],
        ).to_arrow_table()
        times = (_seconds(rows[column]) for column in ("valid_time", "known_at"))
        keys = zip(rows["source"].to_pylist(), *times, strict=True)
        return dict(zip(keys, rows["sha256"].to_pylist(), strict=True))

    def _next_id(self, table: str) -> int:
        (newest,) = self._connection.execute(f"SELECT max(id) FROM {table}").fetchall()[0]
        return 0 if newest is None else int(newest) + 1

    def _write(self, theatre: Theatre, batch: Batch) -> None:
        grid = theatre.grid
        described = (theatre.name, grid.crs, grid.west, grid.north, grid.cell_km, grid.nx, grid.ny)
        held = self._connection.execute("SELECT * FROM theatre WHERE name = ?", [theatre.name]).fetchall()
        if not held:
            self._connection.execute("INSERT INTO theatre VALUES (?, ?, ?, ?, ?, ?, ?)", list(described))
        elif held[0] != described:
            raise StoreError(
                f"{self._name}: its maps of {theatre.name} are on the grid {held[0][1:]}, not on "
                f"{described[1:]}. Use a new store for another grid."
            )
        done, key = batch.done, ", ".join(("theatre", "source", "valid_time", "known_at", *MARKED))
        done.maps = self._insert("control_map", batch.maps(), "SELECT * FROM batch")
        same = " AND ".join(f"held.{column} IS NOT DISTINCT FROM seen.{column}" for column in key.split(", "))
        distinct = f"SELECT {key}, min(file_id) AS file_id FROM batch GROUP BY ALL"
        sightings = batch.sightings()
        done.sightings = self._insert(
            "unit_sighting",
            sightings,
            f"SELECT seen.* FROM ({distinct}) AS seen ANTI JOIN unit_sighting AS held ON {same}",
        )
        done.sightings_known = sightings.num_rows - done.sightings
        used = "SELECT file_id FROM control_map UNION SELECT file_id FROM unit_sighting"
        done.files = self._insert("source_file", batch.files(), f"SELECT * FROM batch WHERE id IN ({used})")

    def _insert(self, table: str, batch: pa.Table, query: str) -> int:
        """Number of rows added to `table` by `query` over `batch`."""
        if not batch.num_rows:
            return 0
        self._connection.register("batch", batch)
        try:
            (count,) = self._connection.execute(f"INSERT INTO {table} BY NAME {query}").fetchall()[0]
        finally:
            self._connection.unregister("batch")
        return int(count)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except BaseException:
            with suppress(duckdb.Error):  # a failed write may have rolled back, or shut the file, by itself
                self._connection.rollback()
            raise


def _create_claim_tables(connection: duckdb.DuckDBPyConnection, lasting: str = "") -> None:
    """Make the tables and views of reports; `lasting` "TEMP " keeps them out of the file."""
    for table, columns in CLAIM_TABLES.items():
        connection.execute(f"CREATE {lasting}TABLE {table} ({columns})")
    for view, query in CLAIM_VIEWS.items():
        connection.execute(f"CREATE {lasting}VIEW {view} AS {query}")


def shipped_folder(theatre: str) -> Path:
    """Folder of the Parquet files of the record that ships for `theatre`.

    Raises:
        StoreError: where none ships for it.
    """
    data = Path(str(resources.files("frontcast.store"))) / "data"
    if not (data / theatre / "control_map.parquet").is_file():
        names = sorted(file.parent.name for file in data.glob("*/control_map.parquet"))
        raise StoreError(f"no record ships for '{theatre}'. There is one for: {', '.join(names) or 'none'}.")
    return data / theatre


def _explained(path: Path, error: duckdb.Error) -> StoreError:
    """What a failure to open `path` means to its user."""
    text = str(error)
    if "set lock" in text or "different configuration" in text:
        holder = re.search(r"held in (\S+ \(PID \d+\))", text)
        who = holder[1] if holder else "another program"
        return StoreError(f"{path}: the store is in use by {who}. Try again when it is done.")
    if "not a valid DuckDB" in text:
        return StoreError(f"{path}: this file is not a store. Name another file, or leave it out to make a new one.")
    return StoreError(f"{path}: the store cannot be opened: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    """What DuckDB says, without the kind of error in front."""
    return re.sub(r"^(\w+ Error: |Failed to commit: )+", "", str(error).splitlines()[0]).rstrip(".!")


def _moment(time: np.datetime64 | None) -> datetime:
    return datetime.max if time is None else datetime.fromisoformat(str(time.astype("datetime64[s]")))


def _seconds(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    return np.asarray(column.to_numpy().astype("datetime64[s]"))


def _runs(rows: pa.Table) -> list[Runs]:
    """The runs of each map, as views into the two flat arrays that DuckDB handed over."""
    lengths, values = (rows[name].combine_chunks() for name in ("run_length", "run_value"))
    ends = lengths.value_lengths().to_numpy().cumsum()
    flat = lengths.flatten().to_numpy(), values.flatten().to_numpy()
    return list(zip(*(np.split(array, ends[:-1]) for array in flat), strict=True)) if len(ends) else []
