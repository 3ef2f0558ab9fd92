"""The watched panel, today's and as each earlier release of a source showed it.

Alerts of a period are detected from the figures of the release that first held it, where that
release is here: later revisions are not known to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import history_table
from fcm_migration.core.vintages import rows_as_of
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.incomplete import mark_incomplete
from fcm_migration.marts.reviewed import series_breaks, without_cuts
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.trends.watch.panel import watched_panel
from fcm_migration.trends.watch.settings import WATCHED

if TYPE_CHECKING:
    from fcm_migration.sources.base import Source


def newest_panel(series: pl.DataFrame, index: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the watched panel of today's figures.

    Args:
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
        breaks: rows of ``meta.series_breaks``.
    """
    return watched_panel(without_cuts(series, breaks), index)


def past_panels(
    source: Source,
    days: Sequence[date],
    aliases: pl.DataFrame,
    breaks: pl.DataFrame,
    read: Callable[[Table], pl.DataFrame],
) -> Iterator[tuple[date, pl.DataFrame]]:
    """Yield day and watched panel of every release of a source but its newest, oldest first.

    Args:
        source: the source; its figures must not be made of several releases at once.
        days: of its releases, oldest first.
        aliases: the reviewed labels of its country scheme.
        breaks: rows of ``meta.breaks``.
        read: reads a history table.
    """
    if len(days) < 2:
        return
    histories = {table.name: read(history_table(table)) for table in source.tables}
    for day in days[:-1]:
        core = {
            name: rows_as_of(history, days, day).with_columns(
                pl.lit(day).alias("as_of_date"),
                pl.lit("").alias("snapshot_id"),
                pl.lit("inbox").alias("obtained"),
            )
            for name, history in histories.items()
        }
        made = harmonise(source, core, aliases)
        flows = mark_incomplete(made.flows, breaks)
        kept = flows.filter(pl.col("indicator").is_in(WATCHED))
        if not kept.is_empty():
            series, index = build_series(kept, absent_is_zero([source]), made.held)
            yield day, watched_panel(without_cuts(series, series_breaks(index, breaks)), index)
