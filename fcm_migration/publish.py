"""Build the analysts' file beside the old one, verify it, and put it in place in one step.

Below the published folder::

    fcm_migration.duckdb                  what analysts open; replaced, never written to
    editions/<sequence>-<edition>.duckdb  the same bytes (a hard link), kept for rollback
    editions/<sequence>-<edition>.json    its facts: fingerprints, tables, size

The edition's own file and then its facts are complete before the published path changes, so a
crash at any point leaves a readable published file and nothing to repair; facts without a file
mean that somebody took the file away.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.derive import (
    DUCKDB_TYPE,
    conform,
    create_statements,
    polars_schema,
    qualified,
    quote_identifier,
    quote_literal,
)
from fcm_migration.catalog.model import Table
from fcm_migration.config import PUBLISHED_NAME
from fcm_migration.edition_tables import COLUMNS, EDITION, TABLES_TABLE
from fcm_migration.errors import EditionError
from fcm_migration.views import AsOf, View

if TYPE_CHECKING:
    import duckdb

STORAGE_VERSION = "v1.0.0"  # read by DuckDB 1.0 and newer; 1.4 packs the keys less tightly
CONTENT_LAYERS = ("core", "mart", "forecast", "trend")
BUILDING = f"building{store.PART}"
MEMORY = "2GB"


@dataclass(frozen=True)
class Edition:
    """One published edition. ``tables`` maps full name to (rows, content hash)."""

    edition_id: str
    sequence: int
    published_at: datetime
    content_hash: str
    path: Path
    size: int
    sha256: str
    tables: dict[str, tuple[int, str]]
    storage_version: str
    is_current: bool


def publish(
    folder: Path,
    tables: Mapping[Table, Path],
    *,
    views: Sequence[View],
    macros: Sequence[AsOf] = (),
    now: datetime,
    keep: int = 3,
) -> Edition:
    """Publish candidate tables as the next edition.

    Args:
        folder: the published folder.
        tables: Parquet of each candidate, written by :mod:`fcm_migration.store`.
        views: created after the tables, in order.
        macros: created after the views.
        now: the moment the refresh began.
        keep: how many distinct editions stay for rollback.

    Raises:
        EditionError: what was built does not hold what it should; nothing is replaced.
    """
    editions = folder / "editions"
    editions.mkdir(parents=True, exist_ok=True)
    clean(folder)
    target = folder / PUBLISHED_NAME
    stored = {table: store.facts(path) for table, path in tables.items()}
    content = content_fingerprint(stored)
    sequence = max((e.sequence for e in known(folder)), default=0) + 1
    building = folder / BUILDING
    _build(building, stored, (*views, *macros), _edition_row(content, sequence, now))
    _verify_built(building, stored, (*views, *macros))
    edition = Edition(
        content[:12],
        sequence,
        now,
        content,
        editions / f"{sequence:06d}-{content[:12]}.duckdb",
        building.stat().st_size,
        store.sha256_file(building),
        {t.full_name: (s.rows, s.content_hash) for t, s in stored.items()},
        STORAGE_VERSION,
        is_current=True,
    )
    _fsync(building)
    os.link(building, edition.path)
    store.write_json(edition.path.with_suffix(".json"), _facts(edition))
    building.replace(target)
    store.fsync_folder(folder)
    prune(folder, keep)
    return replace(edition, path=target)


def content_fingerprint(stored: Mapping[Table, store.Stored]) -> str:
    """sha256 over the content hashes of all tables that hold figures."""
    hashes = sorted(
        (table.full_name, item.content_hash)
        for table, item in stored.items()
        if table.layer in CONTENT_LAYERS
    )
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


def known(folder: Path) -> list[Edition]:
    """Every edition whose file and facts are both there, oldest first."""
    target = folder / PUBLISHED_NAME
    found = []
    for facts in sorted((folder / "editions").glob("*.json")):
        path = facts.with_suffix(".duckdb")
        if path.exists():
            data = store.read_json(facts)
            current = target.exists() and path.samefile(target)
            found.append(
                Edition(
                    **{
                        **data,
                        "published_at": datetime.fromisoformat(data["published_at"]),
                        "tables": {name: tuple(v) for name, v in data["tables"].items()},
                        "path": path,
                        "is_current": current,
                    }
                )
            )
    return sorted(found, key=lambda edition: edition.sequence)


def lost(folder: Path) -> list[Path]:
    """Facts without their file: publishing writes facts last and removes them first."""
    facts = sorted((folder / "editions").glob("*.json"))
    return [path for path in facts if not path.with_suffix(".duckdb").exists()]


def prune(folder: Path, keep: int) -> None:
    """Keep the newest publication of each of the last ``keep`` distinct editions."""
    kept: list[str] = []
    for edition in reversed(known(folder)):
        if edition.is_current or (edition.edition_id not in kept and len(kept) < keep):
            kept.append(edition.edition_id)
            continue
        edition.path.with_suffix(".json").unlink()
        edition.path.unlink()


def clean(folder: Path) -> None:
    """Remove what a killed publication left; set aside a write-ahead log at the published path.

    Such a log belongs to a writer that should not exist and would make the next file unreadable.
    """
    if not folder.exists():
        return
    for path in folder.glob(f"{BUILDING}*"):
        path.unlink()
    for path in (folder / "editions").glob("*.duckdb"):
        if not path.with_suffix(".json").exists():
            path.unlink()
    for facts in lost(folder):
        facts.unlink()
    log = folder / f"{PUBLISHED_NAME}.wal"
    if log.exists():
        log.rename(folder / f"stray-{log.stat().st_mtime_ns}.wal.quarantined")


def _facts(edition: Edition) -> dict[str, Any]:
    facts = asdict(edition)
    del facts["path"], facts["is_current"]
    return {**facts, "published_at": edition.published_at.isoformat()}


def _edition_row(content: str, sequence: int, now: datetime) -> dict[str, Any]:
    import duckdb

    return {
        "edition_id": content[:12],
        "sequence": sequence,
        "published_at": now,
        "content_hash": content,
        "storage_version": STORAGE_VERSION,
        "duckdb_version": duckdb.__version__,
        "package_version": version("fcm-migration"),
    }


def _build(
    path: Path,
    stored: Mapping[Table, store.Stored],
    views: Sequence[View | AsOf],
    edition: dict[str, Any],
) -> None:
    import duckdb

    own = _own_tables(stored, edition)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(path.parent),
    }
    with duckdb.connect(":memory:", config=config) as connection:
        location = quote_literal(str(path))
        connection.execute(f"ATTACH {location} AS edition (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE edition")
        # one transaction: thousands of comments, each committed alone, would take most of the time
        connection.execute("BEGIN TRANSACTION")
        declared = {table.layer: None for table in (*stored, *own)}
        for layer in declared:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(layer)}")
        for table, item in stored.items():
            _create(connection, table)
            names = ", ".join(quote_identifier(name) for name in table.column_names)
            connection.execute(
                f"INSERT INTO {qualified(table)} SELECT {names} FROM read_parquet(?)",  # noqa: S608
                [str(item.path)],
            )
        for table, frame in own.items():
            _create(connection, table)
            rows = conform(frame, table).to_arrow()
            connection.register("incoming", rows)
            connection.execute(f"INSERT INTO {qualified(table)} SELECT * FROM incoming")  # noqa: S608
            connection.unregister("incoming")
        for view in views:
            for statement in view.statements():
                connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT edition")
        connection.execute("USE memory")
        connection.execute("DETACH edition")


def _create(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    for statement in create_statements(table):
        connection.execute(statement)


def _own_tables(
    stored: Mapping[Table, store.Stored], edition: dict[str, Any]
) -> dict[Table, pl.DataFrame]:
    declared = [*stored, EDITION, TABLES_TABLE, COLUMNS]
    tables = [
        (
            t.layer,
            t.name,
            t.source_id,
            t.title,
            t.grain,
            " ".join(t.caveats),
            s.rows,
            s.content_hash,
        )
        for t, s in stored.items()
    ]
    columns = [row for table in declared for row in _column_rows(table)]
    return {
        EDITION: pl.DataFrame([edition], schema=polars_schema(EDITION)),
        TABLES_TABLE: pl.DataFrame(tables, schema=polars_schema(TABLES_TABLE), orient="row"),
        COLUMNS: pl.DataFrame(columns, schema=polars_schema(COLUMNS), orient="row"),
    }


def _column_rows(table: Table) -> Iterable[tuple[Any, ...]]:
    for position, column in enumerate(table.columns, start=1):
        yield (
            table.layer,
            table.name,
            position,
            column.name,
            DUCKDB_TYPE[column.dtype],
            column.unit,
            column.nullable,
            column.name in table.key,
            column.description,
        )


def _verify_built(
    path: Path, stored: Mapping[Table, store.Stored], views: Sequence[View | AsOf]
) -> None:
    """Open the finished file as a reader would, and hold it to what should be in it."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        for table, item in stored.items():
            count = connection.execute(f"SELECT count(*) FROM {qualified(table)}").fetchall()[0][0]  # noqa: S608
            if count != item.rows:
                raise EditionError(
                    "a table lost rows while it was published",
                    where=table.full_name,
                    expected=item.rows,
                    got=count,
                )
        bare = connection.execute(
            "SELECT schema_name || '.' || table_name || '.' || column_name FROM duckdb_columns() "
            "WHERE comment IS NULL AND NOT internal AND (schema_name, table_name) NOT IN "
            "(SELECT (schema_name, view_name) FROM duckdb_views())"
        ).fetchall()
        for view in views:
            connection.execute(f"SELECT * FROM {view.readable} LIMIT 1").fetchall()  # noqa: S608
    if bare:
        raise EditionError("columns without a comment", where=str(path), got=bare[:5])


def _fsync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
