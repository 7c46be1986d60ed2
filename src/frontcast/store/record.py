"""The record that ships with the package: the store's tables as Parquet, derived from public archives.

What a record is made of stands in its `record.toml`, beside the files it becomes. Building it again from the
same archives with the same versions gives the same bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from frontcast.errors import InputError
from frontcast.observe import Read, read_path
from frontcast.store.batch import Ingested
from frontcast.store.schema import RECORD_VERSION, TABLES
from frontcast.store.store import Store, shipped_folder
from frontcast.theatre import Theatre

RECIPE: Final = "record.toml"
METADATA_KEY: Final = b"frontcast"
"""Key of the Parquet metadata under which a record says, as JSON, what it is made of."""

Watch = Callable[[Iterable[Read], str], Iterable[Read]]
"""Hands on what is read from the archive of that name, and may show how far it has come."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordSource(_Strict):
    """One archive: where it lies in the data folder, which reader reads it, whose it is, on what terms."""

    path: str
    reader: str
    title: str
    attribution: str
    terms: str


class Recipe(_Strict):
    """All of a `record.toml`."""

    title: str
    source: list[RecordSource]


@dataclass(frozen=True)
class Built:
    """A record just built: its folder, bytes of each file, and what was read."""

    folder: Path
    sizes: dict[str, int]
    ingested: Ingested


def load_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file.

    Raises:
        InputError: where it is no TOML, or a key is missing, unknown or of the wrong kind.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(str(path), "", f"it cannot be read ({error.strerror})", "Give the path of a recipe") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"not TOML: {error}", "See https://toml.io for the format") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(str(path), key, first["msg"], "See the record.toml that ships") from error


def build(data: Path, out: Path, theatre: Theatre, recipe: Recipe, watch: Watch = lambda reads, _: reads) -> Built:
    """Read the archives of `recipe` under `data` into a fresh store and write its tables to `out` as Parquet.

    Raises:
        InputError: where an archive is missing or cannot be used; nothing is written then.
    """

    def reads() -> Iterator[Read]:
        for source in recipe.source:
            yield from watch(read_path(data / source.path, theatre, source.reader), source.path)

    missing = [source.path for source in recipe.source if not (data / source.path).exists()]
    if missing:
        raise InputError(str(data), "", f"{', '.join(missing)} is not there", "Give the folder the archives lie in")
    with tempfile.TemporaryDirectory() as scratch, Store.open(Path(scratch) / "record.duckdb") as store:
        ingested = store.append(theatre, reads())
        tables = {name: store.table(name) for name in TABLES}
    metadata = describe(tables, recipe)
    out.mkdir(parents=True, exist_ok=True)
    return Built(
        out,
        {name: _write(table, out / f"{name}.parquet", metadata) for name, table in tables.items()},
        ingested,
    )


def describe(tables: dict[str, pa.Table], recipe: Recipe) -> dict[str, Any]:
    """What a record is and where it comes from, for its metadata."""
    newest = [pc.max(tables[name]["known_at"]).as_py() for name in ("control_map", "unit_sighting")]
    return {
        "title": recipe.title,
        "data_vintage": f"{max(time for time in newest if time):%Y-%m-%dT%H:%M:%SZ}",
        "schema_version": RECORD_VERSION,
        "build_command": "frontcast record build --from DATA_DIR --out DIR",
        "derived": "1 km cells and rounded positions; the sources' own shapes and texts are not kept",
        "sources": [source.model_dump() for source in recipe.source],
    }


def metadata(theatre: str = "ukraine") -> dict[str, Any]:
    """What the shipped record says of itself: title, data_vintage, build_command, sources with their terms.

    Raises:
        StoreError: where no record ships for the theatre.
    """
    schema = pq.read_schema(shipped_folder(theatre) / "control_map.parquet")
    described: dict[str, Any] = json.loads(schema.metadata[METADATA_KEY])
    return described


def _write(table: pa.Table, path: Path, described: dict[str, Any]) -> int:
    """Bytes of the Parquet file written. The clock of the machine that built it is left out."""
    if "ingested_at" in table.column_names:
        at = table.column_names.index("ingested_at")
        table = table.set_column(at, "ingested_at", pa.nulls(len(table), pa.timestamp("us")))
    table = table.replace_schema_metadata({METADATA_KEY: json.dumps(described, ensure_ascii=False).encode()})
    beside = path.with_suffix(".part")
    # one page a column and no dictionaries: zstd then sees that each day repeats the day before, 20 to 1
    pq.write_table(
        table,
        beside,
        compression="zstd",
        compression_level=19,
        use_dictionary=False,
        data_page_size=2**30,
        row_group_size=2**24,
    )
    os.replace(beside, path)
    return path.stat().st_size
