"""Write a DuckDB file out of candidate tables, or a copy of one with some tables exchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import fingerprint, store
from fcm_migration.catalog.derive import (
    DUCKDB_TYPE,
    EXAMPLES,
    conform,
    create_statements,
    empty,
    polars_schema,
    qualified,
    quote_identifier,
    quote_literal,
    select_list,
)
from fcm_migration.catalog.model import Table
from fcm_migration.errors import EditionError
from fcm_migration.publish.spill import ODD, spill_settings
from fcm_migration.publish.stored import create, dependent, fill, published_statements, table_of
from fcm_migration.publish.tables import COLUMNS, EDITION, TABLES, TABLES_TABLE
from fcm_migration.publish.views import AsOf, View

if TYPE_CHECKING:
    import duckdb

STORAGE_VERSION = "v1.4.0"  # DuckDB 1.4.5 and 2.0.0 were seen to read it
MEMORY = "2GB"


def structure_fingerprint(tables: Iterable[Table], views: Sequence[View | AsOf]) -> str:
    """Return a hash of all that makes a file but the rows: declarations, views, code, DuckDB."""
    import duckdb

    declared = [statement for table in tables for statement in create_statements(table)]
    own = [statement for table in TABLES for statement in create_statements(table)]
    seen = [
        statement
        for view in views
        for statement in (*view.statements(), *published_statements(view))
    ]
    versions = [STORAGE_VERSION, duckdb.__version__, fingerprint.code(__name__)]
    text = json.dumps([declared, own, seen, versions])
    return hashlib.sha256(text.encode()).hexdigest()


def edition_row(content: str, sequence: int, now: datetime) -> dict[str, Any]:
    """Return the row of ``meta.edition``."""
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


def build(
    path: Path,
    stored: Mapping[Table, store.Stored],
    own: Mapping[Table, pl.DataFrame],
    views: Sequence[View | AsOf],
) -> None:
    """Write every table and view into a new file; ``own`` are those of :func:`own_tables`."""
    with _writing(path) as connection:
        layers: list[str] = [table.layer for table in (*stored, *own)]
        layers += [view.schema for view in views if isinstance(view, View)]
        for layer in dict.fromkeys(layers):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(layer)}")
        for table, item in stored.items():
            _insert_stored(connection, table, item)
        for table, frame in own.items():
            _insert_frame(connection, table, conform(frame, table))
        for view in views:
            create(connection, view)


def amend(
    path: Path,
    base: Path,
    stored: Mapping[Table, store.Stored],
    changed: Collection[Table],
    own: Mapping[Table, pl.DataFrame],
    views: Sequence[View | AsOf],
) -> None:
    """Write a copy of a file of the same structure in which only these tables are exchanged.

    The stored rows of views that read one of them are computed anew.
    """
    shutil.copyfile(base, path)  # the bytes alone: the copy can be written to, its model cannot
    # the dictionary follows from the declarations, which are the same
    renewed = {table: frame for table, frame in own.items() if table != COLUMNS}
    stale = dependent(views, {table.full_name for table in (*changed, *renewed)})
    with _writing(path) as connection:  # apart, so that what comes takes the place of what goes
        for name in (*map(qualified, (*changed, *renewed)), *map(table_of, stale)):
            connection.execute(f"DROP TABLE {name}")
    with _writing(path) as connection:
        for table in changed:
            _insert_stored(connection, table, stored[table])
        for table, frame in renewed.items():
            _insert_frame(connection, table, conform(frame, table))
        for view in stale:
            fill(connection, view)


def add(path: Path, frames: Mapping[Table, pl.DataFrame]) -> None:
    """Add rows to tables of a file that was built and has none of them yet."""
    with _writing(path) as connection:
        for table, frame in frames.items():
            _insert_rows(connection, table, conform(frame, table))


@contextmanager
def _writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one transaction on a file; committing thousands of comments one by one is slow."""
    import duckdb

    if ODD in str(path):
        with _written_elsewhere(path) as elsewhere, _writing(elsewhere) as connection:
            yield connection
        return

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        **spill_settings(),
    }
    with duckdb.connect(":memory:", config=config) as connection:
        location = quote_literal(str(path))
        connection.execute(f"ATTACH {location} AS edition (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE edition")
        connection.execute("BEGIN TRANSACTION")
        yield connection
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT edition")
        connection.execute("USE memory")
        connection.execute("DETACH edition")


@contextmanager
def _written_elsewhere(path: Path) -> Iterator[Path]:
    """Give a place for a file to be written before it comes to its path."""
    with tempfile.TemporaryDirectory(prefix="fcm-publish-") as folder:
        elsewhere = Path(folder) / path.name
        if path.exists():
            shutil.copyfile(path, elsewhere)
        yield elsewhere
        shutil.copyfile(elsewhere, path)


def _insert_stored(connection: duckdb.DuckDBPyConnection, table: Table, item: store.Stored) -> None:
    """Insert a candidate as the store reads it: its bytes compared with their seal."""
    _insert_frame(connection, table, store.read(item.path, table))


def _insert_frame(connection: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    _create(connection, table)
    _insert_rows(connection, table, frame)


def _insert_rows(connection: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    connection.register("incoming", frame.to_arrow())
    columns = select_list(table)
    connection.execute(f"INSERT INTO {qualified(table)} SELECT {columns} FROM incoming")  # noqa: S608
    connection.unregister("incoming")


def _create(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    for statement in create_statements(table):
        connection.execute(statement)


def own_tables(
    stored: Mapping[Table, store.Stored], edition: dict[str, Any]
) -> dict[Table, pl.DataFrame]:
    """Return the tables that publication itself writes.

    Those of what changed are empty: :func:`add` fills them once there is a file to compare.
    """
    declared = [*stored, *TABLES]
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
        **{table: empty(table) for table in TABLES},
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


def verify_built(
    path: Path,
    stored: Mapping[Table, store.Stored],
    views: Sequence[View | AsOf],
    written: Iterable[Table],
) -> None:
    """Open the finished file as a reader would, and check its contents.

    Keys are looked at in the tables written this time; the others came with a file that was whole.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        **spill_settings(),
    }
    with duckdb.connect(str(path), read_only=True, config=settings) as connection:
        for table, item in stored.items():
            count = connection.execute(f"SELECT count(*) FROM {qualified(table)}").fetchall()[0][0]  # noqa: S608
            if count != item.rows:
                raise EditionError(
                    "a table lost rows while it was published",
                    where=table.full_name,
                    expected=item.rows,
                    got=count,
                )
        for table in written:
            _verify_key(connection, table)
        bare = connection.execute(
            "SELECT schema_name || '.' || table_name || '.' || column_name FROM duckdb_columns() "
            "WHERE comment IS NULL AND NOT internal AND (schema_name, table_name) NOT IN "
            "(SELECT (schema_name, view_name) FROM duckdb_views())"
        ).fetchall()
        for view in views:
            connection.execute(f"SELECT * FROM {view.readable} LIMIT 1").fetchall()  # noqa: S608
    if bare:
        raise EditionError("columns without a comment", where=str(path), got=bare[:5])


def _verify_key(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Raise if a key occurs more than once; takes a second for three million rows."""
    if not table.key:
        return
    key = ", ".join(quote_identifier(name) for name in table.key)
    repeated = connection.execute(
        f"SELECT {key} FROM {qualified(table)} GROUP BY ALL HAVING count(*) > 1 LIMIT {EXAMPLES}"  # noqa: S608
    ).fetchall()
    if repeated:
        raise EditionError(
            "a key stands more than once in a table",
            where=table.full_name,
            expected=f"one row for each {', '.join(table.key)}",
            got=repeated,
        )
