"""Two tables of a few rows, published without a refresh: for tests of publishing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.model import Column, Table
from fcm_migration.publish import Edition, publish
from fcm_migration.publish.views import View

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
COUNTS = Table(
    "mart",
    "counts",
    "Simulated counts.",
    "month and place",
    (
        Column("month_start_date", "date", "First day of the month."),
        Column("place", "string", 'The publisher\'s own "name" of it.'),
        Column("counted_persons", "integer", "Simulated.", unit="persons", nullable=True),
        Column("share", "number", "Of all.", unit="share", nullable=True),
        Column("seen_at", "timestamp", "When (UTC).", nullable=True),
    ),
    ("month_start_date", "place"),
    caveats=("It isn't real.",),
)
NOTES = Table("meta", "notes", "Notes.", "note", (Column("note", "string", "Text."),), ("note",))
BIG = View("mart", "big", "Counts above one.", "SELECT * FROM mart.counts WHERE counted_persons>1")


def candidates(folder: Path, counts: Sequence[int | None], note: str = "n") -> dict[Table, Path]:
    """Write the two candidates below a folder."""
    frame = pl.DataFrame(
        {
            "month_start_date": [date(2024, 1, 1)] * len(counts),
            "place": [f"place {n}" for n in range(len(counts))],
            "counted_persons": counts,
            "share": [n / 3 for n in range(len(counts))],
            "seen_at": [NOW + timedelta(microseconds=n) for n in range(len(counts))],
        },
        schema_overrides={"counted_persons": pl.Int64},
    )
    paths = {COUNTS: folder / "counts.parquet", NOTES: folder / "notes.parquet"}
    store.write(frame, COUNTS, paths[COUNTS])
    store.write(pl.DataFrame({"note": [note]}), NOTES, paths[NOTES])
    return paths


def publish_counts(
    folder: Path, counts: Sequence[int | None], *, note: str = "n", keep: int = 3
) -> Edition:
    """Publish these counts as the next edition of a home's published folder."""
    tables = candidates(folder.parent / "candidates", counts, note)
    return publish(folder, tables, views=(BIG,), now=NOW, keep=keep)
