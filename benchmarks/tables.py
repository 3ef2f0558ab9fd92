"""A simulated table of any size, and the folders it is published in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from fcm_migration import store
from fcm_migration.catalog.model import Column, Table
from fcm_migration.publish import publish

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = Table(
    "mart",
    "simulated",
    "Simulated counts, for benchmarks only.",
    "series and day",
    (
        Column("series", "string", "Simulated series."),
        Column("day_date", "date", "Day."),
        Column("counted_persons", "integer", "Simulated count.", "persons", minimum=0),
    ),
    ("series", "day_date"),
)


def candidate(rows: int, folder: Path) -> Path:
    """Write a simulated candidate table; return its Parquet file."""
    path = folder / f"simulated_{rows}.parquet"
    number = np.arange(rows)
    frame = pl.DataFrame(
        {
            "series": pl.Series(number // 1000).cast(pl.String),
            "day_date": pl.Series(number % 1000).cast(pl.Int32).cast(pl.Date),
            "counted_persons": np.random.default_rng(1).poisson(300, rows),
        }
    )
    store.write(frame.with_columns(pl.col("day_date").fill_null(date(1970, 1, 1))), TABLE, path)
    return path


def published(rows: int, folder: Path) -> Path:
    """Publish a simulated table; return the published file."""
    path = candidate(rows, folder)
    return publish(folder / f"published_{rows}", {TABLE: path}, views=(), now=NOW).path
