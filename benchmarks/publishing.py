"""Publishing an edition, against plain DuckDB copying the same Parquet into a new file.

Ours adds the declared schema with its key and comments, checks, hashes, fsyncs and the rename.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, compare
from benchmarks.tables import NOW, TABLE, candidate
from fcm_migration.publish import publish


def run(*, quick: bool, folder: Path) -> Iterator[Row]:
    """Yield one row for each number of rows."""
    repeats = 1 if quick else 5
    for rows in (2_000,) if quick else (10_000, 100_000, 1_000_000):
        path = candidate(rows, folder)
        times = compare(
            partial(_publish, path, folder / "published"),
            partial(_copy, path, folder / "plain.duckdb"),
            repeats,
        )
        yield Row("publish", f"{rows:,} rows", "publish()", "DuckDB COPY", *times, repeats)


def _publish(path: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    publish(folder, {TABLE: path}, views=(), now=NOW)


def _copy(path: Path, target: Path) -> None:
    import duckdb

    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute(
            "CREATE TABLE simulated (series VARCHAR, day_date DATE, counted_persons BIGINT)"
        )
        connection.execute(f"COPY simulated FROM '{path}' (FORMAT parquet)")
