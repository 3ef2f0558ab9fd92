"""Nowcasts put together: one long table out of what each task found, and what is unpublished.

The tasks are declared in :mod:`nowcast_tables`; :mod:`nowcast_running` nowcasts the running month
and week, :mod:`nowcast_halves` UNHCR's year out of its half. What is measured stands in
docs/decisions/nowcasts.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import empty
from fcm_migration.forecast.nowcast.tables import METHODS, NOWCAST, UNPUBLISHED_TASK
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.periods import MONTHS_PER_PERIOD, PERIOD_LENGTH

# A series further behind its siblings is no longer reported, not yet to be published.
MOST_BEHIND = 3
JANUARY_TO_JUNE = 6
IDENTITY = ("series_id", "target_period")


def long_rows(rows: pl.DataFrame, levels: Floats) -> pl.DataFrame:
    """Rows of ``forecast.nowcast``, one for each of :data:`nowcast_scoring.QUANTILE_LEVELS`.

    Args:
        rows: the columns of the table but quantile, value and words.
        levels: rows by QUANTILE_LEVELS, whole numbers.
    """
    if rows.is_empty():
        return empty(NOWCAST)
    values = np.maximum.accumulate(np.round(levels), axis=1).astype(np.int64)
    wide = rows.with_columns(
        *(pl.Series(str(level), values[:, at]) for at, level in enumerate(QUANTILE_LEVELS)),
        pl.col("nowcast_method").replace_strict(METHODS, return_dtype=pl.String).alias("words"),
    )
    long = wide.unpivot(
        [str(level) for level in QUANTILE_LEVELS],
        index=[*rows.columns, "words"],
        variable_name="quantile",
        value_name="value",
    )
    return long.with_columns(pl.col("quantile").cast(pl.Float64)).select(NOWCAST.column_names)


def half_years(partial: pl.DataFrame, source_id: str, indicator: str) -> pl.DataFrame:
    """Pick the half-years to nowcast out of incomplete rows of ``mart.flows``.

    Args:
        partial: the incomplete rows.
        source_id: the dataset.
        indicator: the measure.

    Returns:
        yearly rows that hold someone, into single countries only: who reports a half and who a
        whole year differs, so a half of all countries together is not the half of their year.
    """
    one_country = pl.col("destination_iso3").str.contains("^[A-Z]{3}$")
    return partial.filter(
        (pl.col("source_id") == source_id) & (pl.col("indicator") == indicator),
        one_country & (pl.col("frequency") == "A"),
        pl.col("value") > 0,
    ).sort("destination_iso3", "origin_iso3")


def unpublished(
    quantiles: pl.DataFrame,
    index: pl.DataFrame,
    partial: pl.DataFrame,
    newest: date,
    frozen: Collection[str],
) -> pl.DataFrame:
    """List the published forecasts of periods that are over and have no complete figure.

    Left out are sources of which no release is expected and series more than MOST_BEHIND periods
    behind the newest of their source and indicator.

    Args:
        quantiles: rows of ``forecast.quantiles``.
        index: rows of ``mart.series_index``.
        partial: incomplete figures: series_id, target_period, counted_so_far.
        newest: the day by which a period must be over: that of the newest release of any source,
            so that the same releases give the same table on any day.
        frozen: sources of which no release is expected.

    Returns:
        rows of ``forecast.nowcast``.
    """
    ours = quantiles.filter("is_published").select(
        "series_id", "target_period", "quantile", "value"
    )
    late = ours.join(_reporting(index, frozen), on="series_id").filter(
        _period_end(pl.col("target_period")) <= newest
    )
    counted = pl.col("counted_so_far")
    return (
        late.join(partial, on=IDENTITY, how="left")
        .with_columns(
            pl.max_horizontal("value", counted).alias("value"),
            pl.lit(UNPUBLISHED_TASK).alias("nowcast_task"),
            pl.lit(None, dtype=pl.Date).alias("counted_to_date"),
            pl.when(counted.is_null()).then(0.0).alias("share_covered"),
            pl.lit("published_forecast").alias("nowcast_method"),
            pl.lit(METHODS["published_forecast"]).alias("words"),
        )
        .select(NOWCAST.column_names)
    )


def together(made: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Nowcasts of a task of their own, and the others of periods that have none such."""
    return pl.concat([made, others.join(made, on=IDENTITY, how="anti")])


def _reporting(index: pl.DataFrame, frozen: Collection[str]) -> pl.DataFrame:
    """Series whose next figures are expected."""
    months = pl.col("frequency").replace_strict(
        MONTHS_PER_PERIOD, default=None, return_dtype=pl.Int64
    )
    number = pl.col("last_period").dt.year().cast(pl.Int64) * 12 + pl.col("last_period").dt.month()
    newest = number.max().over("source_id", "indicator", "frequency")
    return index.filter(
        ~pl.col("source_id").is_in(list(frozen)), (newest - number) <= MOST_BEHIND * months
    ).select("series_id", "source_id", "indicator", "unit", "frequency", "as_of_date")


def _period_end(start: pl.Expr) -> pl.Expr:
    return pl.coalesce(
        pl.when(pl.col("frequency") == frequency).then(
            start.dt.offset_by(length).dt.offset_by("-1d")
        )
        for frequency, length in PERIOD_LENGTH.items()
    )


def share_of_half(year: int) -> float:
    """January to June as a share of the year's days."""
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    return (date(year, JANUARY_TO_JUNE + 1, 1) - begin).days / (end - begin).days


def last_day_of_half(year: int) -> date:
    """The last day of June."""
    return date(year, JANUARY_TO_JUNE, 30)
