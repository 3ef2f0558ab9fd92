"""Core tables stored in a home, and the dates of the releases they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import stamps, store
from fcm_migration.config import Home
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import EditionError
from fcm_migration.sources.base import Source


def read_latest(home: Home, source: Source) -> Mapping[str, pl.DataFrame]:
    """Return the source's latest core tables by declared name."""
    return {
        table.name: store.read(home.table("core", table.name), latest_table(table))
        for table in source.tables
    }


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
