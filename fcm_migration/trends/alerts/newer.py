"""The newest figure of every watched series, complete or not, to be named beside its alerts."""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.trends.watch.settings import FREQUENCY_SPECS, WATCHED

NEWER = ("newer_period", "newer_value", "newer_is_partial")
FIGURE = ("series_id", "period_start", "value", "is_partial")


def newest_figures(series: pl.DataFrame, flows: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the newest known figure of each watched series: series_id and :data:`NEWER`.

    Args:
        series: rows of ``mart.series``, which hold complete periods only.
        flows: rows of ``mart.flows``, of which the incomplete periods are taken.
        breaks: rows of ``meta.series_breaks``: figures of another quantity are left out.
    """
    watched = pl.col("indicator").is_in(WATCHED)
    complete = series.filter(watched).with_columns(pl.lit(value=False).alias("is_partial"))
    partial = flows.filter(
        watched & pl.col("is_partial") & pl.col("frequency").is_in(list(FREQUENCY_SPECS))
    ).with_columns(pl.concat_str(SERIES_DIMENSIONS, separator="/").alias("series_id"))
    # a period cut because it is incomplete is still a figure to name: it is marked as incomplete
    others = breaks.filter(pl.col("break_kind") != "partial")
    known = pl.concat(
        [
            without_cuts(complete.select(FIGURE), breaks),
            without_cuts(partial.select(FIGURE), others),
        ]
    )
    return (
        known.filter(pl.col("value").is_not_null())
        .sort("series_id", "period_start")
        .unique("series_id", keep="last", maintain_order=True)
        .select(
            "series_id",
            newer_period="period_start",
            newer_value=pl.col("value").cast(pl.Float64),
            newer_is_partial="is_partial",
        )
    )


def with_newer(rows: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Add :data:`NEWER` to alerts; null where the alert's own figure is the newest.

    Args:
        rows: alerts.
        newest: from :func:`newest_figures`.
    """
    later = pl.col("newer_period") > pl.col("period")
    return rows.join(newest, on="series_id", how="left", maintain_order="left").with_columns(
        pl.when(later).then(name).alias(name) for name in NEWER
    )
