"""Level, share, growth, newest alert and uncertainty of each origin on each route.

A year is the 12 months (4 quarters, 1 year) that end with the newest period of a source's
destination, or a whole number of years before it. Nothing is compared or added across sources,
units, destinations or frequencies; docs/decisions/corridors.md.
"""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Table
from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.trends.corridors.flags import RISING, UPSTREAM_FLAG, rising, upstream_first
from fcm_migration.trends.corridors.levels import (
    ROUTE_YEAR,
    WITHIN,
    corridor_series,
    growth,
    newest_periods,
    with_shares,
    yearly_levels,
    years_back,
)
from fcm_migration.trends.corridors.protection import protection
from fcm_migration.trends.corridors.settings import HALF_YEAR
from fcm_migration.trends.corridors.tables import CORRIDOR_PROTECTION, CORRIDORS, UPSTREAM
from fcm_migration.trends.corridors.upstream import lead_times
from fcm_migration.trends.watch.settings import FREQUENCY_SPECS


def rank_corridors(
    series: pl.DataFrame,
    index: pl.DataFrame,
    breaks: pl.DataFrame,
    overlaps: pl.DataFrame,
    alerts: pl.DataFrame,
    quantiles: pl.DataFrame,
    decisions: pl.DataFrame | None,
) -> dict[Table, pl.DataFrame]:
    """Return ``trend.corridors``, ``trend.upstream`` and ``trend.corridor_protection``.

    Args:
        series: ``mart.series``.
        index: ``mart.series_index``.
        breaks: ``meta.series_breaks``.
        overlaps: ``meta.overlaps``.
        alerts: ``trend.alerts``.
        quantiles: rows of ``forecast.quantiles`` of the series whose forecast is shown.
        decisions: rows of ``core.unhcr_asylum_decisions`` with origin_iso3 and origin_class; None
            where the home has none.
    """
    upstream = lead_times(alerts, index)
    corridors = make_corridors(series, index, breaks, alerts, quantiles, upstream, overlaps)
    beside = protection(corridors, series, decisions)
    return {CORRIDORS: corridors, UPSTREAM: upstream, CORRIDOR_PROTECTION: beside}


def make_corridors(
    series: pl.DataFrame,
    index: pl.DataFrame,
    breaks: pl.DataFrame,
    alerts: pl.DataFrame,
    quantiles: pl.DataFrame,
    upstream: pl.DataFrame,
    overlaps: pl.DataFrame,
) -> pl.DataFrame:
    """Return ``trend.corridors``.

    Args:
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
        breaks: rows of ``meta.series_breaks``; what a cut makes another quantity is left out.
        alerts: rows of ``trend.alerts``; may have none.
        quantiles: rows of ``forecast.quantiles`` of the series whose forecast is shown.
        upstream: rows of ``trend.upstream``.
        overlaps: rows of ``meta.overlaps``.
    """
    chosen = corridor_series(index)
    mine = series.select("series_id", "period_start", "value").join(
        chosen.select("series_id"), on="series_id", how="semi"
    )
    rows = without_cuts(mine, breaks)
    ends = newest_periods(chosen)
    corridors = (
        with_shares(yearly_levels(rows, chosen, ends))
        .filter("is_country")
        .join(growth(rows, chosen), on=("series_id", "window_end"), how="left")
        .join(_alerts(alerts, chosen, ends), on=("series_id", "back"), how="left")
    )
    corridors = _ranked(_uncertain(corridors, quantiles))
    elsewhere = rising(corridors, alerts, overlaps)
    earlier = upstream_first(corridors, upstream)
    flagged = _with_flags(corridors, elsewhere, earlier).select(CORRIDORS.column_names)
    return flagged.cast(dict(polars_schema(CORRIDORS)))  # type: ignore[arg-type]


def _with_flags(
    corridors: pl.DataFrame, elsewhere: pl.DataFrame, earlier: pl.DataFrame
) -> pl.DataFrame:
    """Add the flags of origins that rise elsewhere and of those seen upstream earlier."""
    return (
        corridors.join(elsewhere, on=("origin_iso3", "window_end", "frequency"), how="left")
        .join(earlier, on=("series_id", "window_end"), how="left")
        .with_columns(
            pl.col(RISING[0]).fill_null(0),
            pl.col(RISING[1], UPSTREAM_FLAG[-1]).fill_null(""),
        )
    )


def _alerts(alerts: pl.DataFrame, chosen: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Return the newest alert of each series within each year."""
    return (
        alerts.join(chosen.select("series_id"), on="series_id", how="semi")
        .join(ends, on=WITHIN)
        .with_columns(pl.col("period").alias("period_start"))
        .with_columns(years_back())
        .sort("period", "score", "alert_id")
        .group_by("series_id", "back", maintain_order=True)
        .agg(
            pl.col("alert_id").last().alias("newest_alert_id"),
            pl.col("period").last().alias("alert_period"),
            *(
                pl.col(name).last().alias(f"alert_{name}")
                for name in ("direction", "tier", "kind", "score")
            ),
        )
    )


def _uncertain(corridors: pl.DataFrame, quantiles: pl.DataFrame) -> pl.DataFrame:
    """Add the published 80 % interval of the next period, its relative width, and that later on."""
    wanted = (0.1, 0.5, 0.9)
    names = ("lower_80", "median", "upper_80")
    published = (
        quantiles.filter(pl.col("is_published") & pl.col("quantile").is_in(wanted))
        .group_by("series_id", "horizon", "target_period", "origin_date")
        .agg(
            *(
                pl.col("value").filter(pl.col("quantile") == level).first().alias(name)
                for level, name in zip(wanted, names, strict=True)
            )
        )
    )
    width = (pl.col("upper_80") - pl.col("lower_80")) / pl.max_horizontal("median", pl.lit(1))
    wide = published.with_columns(width.alias("width"))
    next_ones = wide.filter(pl.col("horizon") == 1).select(
        "series_id",
        *names,
        window_end="origin_date",
        next_period="target_period",
        relative_width="width",
    )
    later = wide.select("series_id", "horizon", relative_width_later="width")
    half = pl.col("frequency").replace_strict(HALF_YEAR, return_dtype=pl.Int64)
    # a forecast belongs to the year that ends at its origin, which is the newest year
    found = corridors.join(next_ones, on=("series_id", "window_end"), how="left")
    found = found.with_columns(
        pl.when(pl.col("next_period").is_not_null()).then(half).alias("horizon")
    )
    return found.join(later, on=("series_id", "horizon"), how="left").drop("horizon")


def _ranked(corridors: pl.DataFrame) -> pl.DataFrame:
    """Add the ranks within route and year: 1 is the largest, ties share the better rank."""
    least = pl.col("frequency").replace_strict(
        {name: spec.least_held for name, spec in FREQUENCY_SPECS.items()}, return_dtype=pl.Int64
    )
    keys = {
        "rank_level": pl.col("level"),
        "rank_growth": pl.when(pl.col("level") >= least).then(pl.col("ratio")),
        "rank_score": pl.when(pl.col("alert_direction") == "surge").then(pl.col("alert_score")),
        "rank_uncertainty": pl.col("relative_width"),
    }
    return corridors.with_columns(
        key.rank("min", descending=True).over(ROUTE_YEAR).cast(pl.Int64).alias(name)
        for name, key in keys.items()
    )
