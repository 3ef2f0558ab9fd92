"""Core tables as they lie in a home: the newest word, and what stood published on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import stamps, store
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.core.tables import history_table, latest_table
from fcm_migration.core.vintages import rows_as_of
from fcm_migration.errors import EditionError
from fcm_migration.sources.base import Source


def read_latest(home: Home, source: Source) -> Mapping[str, pl.DataFrame]:
    """Return the source's latest core tables by declared name."""
    return {
        table.name: store.read(home.table("core", table.name), latest_table(table))
        for table in source.tables
    }


def read_as_of(home: Home, source: Source, table: Table, day: date) -> pl.DataFrame:
    """Return what stood published in one core table on a day, without provenance columns.

    Only what this home's archive holds is known: a release never obtained never was.
    """
    declared = history_table(table)
    history = store.read(home.table(declared.layer, declared.name), declared)
    return as_of(history, release_dates(home, source), day)


def as_of(history: pl.DataFrame, releases: Sequence[date], day: date) -> pl.DataFrame:
    """Return the rows of a history table that stood published on a day, without its dates."""
    return rows_as_of(history, releases, day)


def release_dates(home: Home, source: Source) -> list[date]:
    """Return the days of the source's releases in use, oldest first.

    Raises:
        EditionError: the source's core tables have not been built.
    """
    noted = stamps.made_of(core_stamp(home, source))
    if noted is None:
        raise EditionError(
            "the core tables of a source are not built",
            where=source.source_id,
            remedy="run `fcm refresh`, which builds them from the archive",
        )
    return [date.fromisoformat(text) for text in noted["dates"]]


def core_stamp(home: Home, source: Source) -> Path:
    """Return where the stamp of a source's core tables lies."""
    return home.core / f"{source.source_id}.inputs.json"
