"""The watched panel as it is, and as each earlier release showed it.

Alerts of a period are raised from the figures of the release that first held it, where that
release is here: later revisions are not known to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from fcm_migration import store
from fcm_migration.core.build import read_as_of, release_dates
from fcm_migration.marts.build import build_series, harmonise
from fcm_migration.marts.reviewed import SERIES_BREAKS, read_reviewed, series_breaks, without_cuts
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source
from fcm_migration.trends.alerts.replay import Release
from fcm_migration.trends.watch.panel import watched_panel
from fcm_migration.trends.watch.settings import WATCHED


def newest_panel(context: Context) -> pl.DataFrame:
    """The watched panel of the home as it is."""
    series = store.read(context.home.table("mart", "series"), SERIES)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    breaks = store.read(context.home.table("meta", "series_breaks"), SERIES_BREAKS)
    return watched_panel(without_cuts(series, breaks), index)


def past_releases(context: Context, newest: pl.DataFrame) -> Mapping[str, list[Release]]:
    """Releases of every watched source but its newest, oldest first, by source.

    Sources whose figures are made of several releases at once are left out.
    """
    watched = set(newest.get_column("source_id"))
    return {
        source.source_id: list(_releases(context, source))
        for source in context.sources
        if source.source_id in watched and not source.flows_across_releases
    }


def _releases(context: Context, source: Source) -> Iterator[Release]:
    days = release_dates(context.home, source)
    for day in days[:-1]:
        core = {
            table.name: read_as_of(context.home, source, table, day).with_columns(
                pl.lit(day).alias("as_of_date"),
                pl.lit("").alias("snapshot_id"),
                pl.lit("inbox").alias("obtained"),
            )
            for table in source.tables
        }
        flows = harmonise(source, core, context.reference_dir).flows
        kept = flows.filter(pl.col("indicator").is_in(WATCHED))
        if kept.is_empty():
            continue
        series, index = build_series(kept, [source])
        breaks = series_breaks(index, read_reviewed(context.reference_dir, "breaks.csv"))
        yield Release(day, watched_panel(without_cuts(series, breaks), index))
