"""Opening the published file and counting a table, against a bare read-only DuckDB connection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, compare
from benchmarks.tables import published
from fcm_migration.publish.query import Connection

COUNT = "SELECT count(*) AS rows FROM mart.simulated"


def run(*, quick: bool, folder: Path) -> Iterator[Row]:
    """Yield one row for each number of rows."""
    repeats = 3 if quick else 21
    for rows in (2_000,) if quick else (10_000, 100_000, 1_000_000):
        path = published(rows, folder)
        times = compare(partial(_ours, path), partial(_bare, path), repeats)
        yield Row("query", f"{rows:,} rows", "connect() + count", "duckdb + count", *times, repeats)


def _ours(path: Path) -> None:
    with Connection(path) as connection:
        connection.sql(COUNT)


def _bare(path: Path) -> None:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute(COUNT).fetchall()
