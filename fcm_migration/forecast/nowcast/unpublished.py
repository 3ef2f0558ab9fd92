"""Published forecasts of periods that are over and have no complete figure yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import polars as pl

from fcm_migration.forecast.nowcast.rows import EXPLAINED
from fcm_migration.forecast.nowcast.tables import NOWCAST, UNPUBLISHED_TASK
from fcm_migration.periods import MONTHS_PER_PERIOD, period_end

# A series further behind the others of its source is no longer reported, rather than late.
MOST_BEHIND = 3


def unpublished(
    quantiles: pl.DataFrame,
    index: pl.DataFrame,
    partial: pl.DataFrame,
    newest: date,
    frozen: Collection[str],
) -> pl.DataFrame:
    """Return the published forecasts of periods that are over and have no complete figure.

    Sources that expect no release and series far behind the others are left out.

    Args:
        quantiles: rows of ``forecast.quantiles`` of the series whose forecast is shown.
        index: rows of ``mart.series_index``.
        partial: incomplete figures: series_id, target_period, counted_so_far.
        newest: the day by which a period must be over: the newest release of any source, so that
            the same releases give the same table on any day.
        frozen: sources that expect no release.

    Returns:
        rows of ``forecast.nowcast``.
    """
    columns = ("series_id", "target_period", "quantile", "value")
    published = quantiles.filter("is_published").select(columns)
    late = published.join(_reporting(index, frozen), on="series_id").filter(
        period_end("target_period") <= newest
    )
    counted = pl.col("counted_so_far")
    return (
        late.join(partial, on=("series_id", "target_period"), how="left")
        .with_columns(
            pl.max_horizontal("value", counted).alias("value"),
            pl.lit(UNPUBLISHED_TASK).alias("nowcast_task"),
            pl.lit(None, dtype=pl.Date).alias("counted_to_date"),
            pl.when(counted.is_null()).then(0.0).alias("share_covered"),
            pl.lit("published_forecast").alias("nowcast_method"),
            pl.lit(None, dtype=pl.String).alias("scored_stage"),
        )
        .with_columns(EXPLAINED.alias("words"))
        .select(NOWCAST.column_names)
    )


def _reporting(index: pl.DataFrame, frozen: Collection[str]) -> pl.DataFrame:
    """Return the series whose next figures are expected."""
    months = pl.col("frequency").replace_strict(
        MONTHS_PER_PERIOD, default=None, return_dtype=pl.Int64
    )
    number = pl.col("last_period").dt.year().cast(pl.Int64) * 12 + pl.col("last_period").dt.month()
    newest = number.max().over("source_id", "indicator", "frequency")
    return index.filter(
        ~pl.col("source_id").is_in(list(frozen)), (newest - number) <= MOST_BEHIND * months
    ).select("series_id", "source_id", "indicator", "unit", "frequency", "as_of_date")
