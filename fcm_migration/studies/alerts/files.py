"""Alerts and months as a user of ``fcm alerts`` gives them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.trends.alerts.tables import DIRECTIONS, TIERS

NEEDED = ("series_id", "period", "direction", "tier")


def month(text: str) -> date:
    """Return the first day of a month written as ``YYYY-MM``.

    Raises:
        UsageError: the text is no month.
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError("a month", expected="YYYY-MM", got=text) from None


def read_alerts(path: Path) -> pl.DataFrame:
    """Return the alerts of a file: series_id, period, direction, tier, and kind where given.

    Raises:
        UsageError: the file cannot be read, lacks a column, or holds an unknown tier or direction.
    """
    try:
        frame = (
            pl.read_parquet(path, glob=False)
            if path.suffix == ".parquet"
            else pl.read_csv(path, glob=False, try_parse_dates=True)
        )
        if missing := [name for name in NEEDED if name not in frame.columns]:
            raise UsageError(
                "the file of alerts lacks columns",
                where=path.name,
                expected=NEEDED,
                got=frame.columns,
                lacks=missing,
            )
        named = frame.with_columns(pl.col("period").cast(pl.Date)).select(
            *NEEDED, *(name for name in ("kind",) if name in frame.columns)
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            "the file of alerts cannot be read",
            where=path.name,
            expected="Parquet, or CSV with dates as YYYY-MM-DD",
            got=str(error).splitlines()[0],
        ) from error
    return _checked(named, path.name)


def _checked(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """Return the rows, or raise on unknown tiers and directions, which would count as no alerts."""
    for column, known in (("tier", TIERS), ("direction", DIRECTIONS)):
        if odd := sorted(set(rows.get_column(column).cast(pl.String)) - set(known)):
            raise UsageError(f"unknown {column} of an alert", where=where, expected=known, got=odd)
    return rows
