"""The record of the study: the verdict on every driver, and the edition it was measured on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.derive import conform
from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from fcm_migration.forecast.drivers import DRIVERS
from fcm_migration.forecast.tables import TRACK_RECORD
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.outfile import write_file
from fcm_migration.publish.editions import list_editions
from fcm_migration.studies.drivers.build import try_drivers

READ = (TRACK_RECORD, FLOWS, SERIES_INDEX)


def measure(home: Home, day: date) -> pl.DataFrame:
    """Return ``forecast.drivers`` measured on the edition a home has published.

    Args:
        home: a refreshed home, unchanged since it was published.
        day: the day of the measurement.

    Raises:
        UsageError: the home has published nothing.
    """
    edition = next((e for e in list_editions(home.published_dir) if e.is_current), None)
    if edition is None:
        raise UsageError(
            "the record names the edition it was measured on, and this home has published none",
            where=str(home.root),
            remedy="run `fcm refresh` first",
        )
    read = (store.read(home.table(table.layer, table.name), table) for table in READ)
    return dated(try_drivers(*read), day, edition.edition_id)


def dated(verdicts: pl.DataFrame, day: date, edition_id: str) -> pl.DataFrame:
    """Return verdicts as the declared table: with the day and edition they were measured on."""
    return conform(
        verdicts.with_columns(
            pl.lit(day).alias("measured_date"), pl.lit(edition_id).alias("measured_edition_id")
        ),
        DRIVERS,
    )


def write(record: pl.DataFrame, path: Path) -> None:
    """Write the record as the reviewed file that a refresh reads; every digit is kept."""
    write_file(path, lambda part: record.write_csv(part, float_precision=None))
