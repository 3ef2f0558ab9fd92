"""Corridors: level, share, growth, newest alert and uncertainty of each origin on each route.

A year is the 12 months (4 quarters, 1 year) that end with the newest period of a source's
destination, or a whole number of years before it. Nothing is compared or added across sources,
units, destinations or frequencies; docs/decisions/corridors.md.
"""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.trends.corridors.flags import RISING, UPSTREAM_FLAG, rising, upstream_first
from fcm_migration.trends.corridors.tables import CORRIDORS
from fcm_migration.trends.corridors.upstream import month_number
from fcm_migration.trends.watch.panel import ORIGIN_CLASSES
from fcm_migration.trends.watch.settings import RHYTHMS, WATCHED

YEARS = 10  # how many years each corridor is followed back
LARGEST = 3  # countries of origin whose share is told
HALF_YEAR = {"M": 6, "Q": 2, "A": 1}
FACTS = (
    "series_id",
    "source_id",
    "indicator",
    "unit",
    "destination_iso3",
    "origin_iso3",
    "route",
    "frequency",
    "as_of_date",
)
WITHIN = ("source_id", "indicator", "destination_iso3", "frequency")
ROUTE_YEAR = (*WITHIN, "route", "back")


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
        quantiles: rows of ``forecast.quantiles``.
        upstream: rows of ``trend.upstream``.
        overlaps: rows of ``meta.overlaps``.
    """
    chosen = _chosen(index)
    rows = without_cuts(
        series.select("series_id", "period_start", "value").join(
            chosen.select("series_id"), on="series_id", how="semi"
        ),
        breaks,
    )
    ends = _newest(chosen)
    years = _years(rows, chosen, ends)
    corridors = (
        _shares(years)
        .filter("is_country")
        .join(_growth(rows, chosen), on=("series_id", "window_end"), how="left")
    )
    corridors = corridors.join(_alerts(alerts, chosen, ends), on=("series_id", "back"), how="left")
    corridors = _ranked(_uncertain(corridors, quantiles))
    elsewhere = rising(corridors, alerts, overlaps)
    flagged = upstream_first(corridors, upstream)
    corridors = corridors.join(
        elsewhere, on=("origin_iso3", "window_end", "frequency"), how="left"
    ).join(flagged, on=("series_id", "window_end"), how="left")
    return (
        corridors.with_columns(
            pl.col(RISING[0]).fill_null(0),
            pl.col(RISING[1]).fill_null(""),
            pl.col(UPSTREAM_FLAG[-1]).fill_null(""),
        )
        .select(CORRIDORS.column_names)
        .cast(dict(polars_schema(CORRIDORS)))  # type: ignore[arg-type]
    )


def _chosen(index: pl.DataFrame) -> pl.DataFrame:
    """Series by origin of what is watched, totals and classes that are no country among them.

    UNHCR's figure into all destinations together is no corridor.
    """
    watched = (
        pl.col("indicator").is_in([*WATCHED, "transit_entries"])
        & (pl.col("place") == "all")
        & (pl.col("population_group") == "all")
        & (pl.col("destination_iso3") != "all")
        & pl.col("frequency").is_in(list(RHYTHMS))
    )
    return index.filter(watched).select(
        *FACTS,
        (pl.col("origin_iso3") == "total").alias("is_total"),
        pl.col("origin_class").is_in(ORIGIN_CLASSES).alias("is_country"),
        "last_period",
        pl.col("frequency")
        .replace_strict(MONTHS_PER_PERIOD, return_dtype=pl.Int64)
        .alias("length"),
    )


def _newest(chosen: pl.DataFrame) -> pl.DataFrame:
    """The newest period of each source, indicator, destination and frequency."""
    return chosen.group_by(WITHIN).agg(pl.col("last_period").max().alias("newest"))


def _back() -> pl.Expr:
    """Whole years a period lies before the newest one: 0 for the newest year."""
    months = month_number(pl.col("newest")) - month_number(pl.col("period_start"))
    return (months // 12).alias("back")


def _years(rows: pl.DataFrame, chosen: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """One row per series and year in which anything is known: its level and the one before."""
    summed = (
        rows.join(chosen, on="series_id")
        .join(ends, on=WITHIN)
        .with_columns(_back())
        .group_by(*FACTS, "is_total", "is_country", "length", "newest", "back")
        .agg(pl.col("value").sum().alias("level"), pl.col("value").count().alias("known"))
        .filter((pl.col("known") > 0) & (pl.col("back") <= YEARS))
        .with_columns((12 // pl.col("length") - pl.col("known").cast(pl.Int64)).alias("unknown"))
    )
    before = summed.select(
        "series_id",
        pl.col("back") - 1,
        level_year_before="level",
        unknown_before="unknown",
    )
    is_known = (pl.col("unknown") == 0) & (pl.col("unknown_before") == 0)
    return (
        summed.filter(pl.col("back") < YEARS)
        .join(before, on=("series_id", "back"), how="left")
        .with_columns(
            pl.col("newest").dt.offset_by(pl.format("-{}y", "back")).alias("window_end"),
            (pl.col("back") == 0).alias("is_newest"),
            pl.when(is_known & (pl.col("level_year_before") > 0))
            .then(pl.col("level") / pl.col("level_year_before"))
            .alias("yearly_ratio"),
            pl.col("unknown").alias("unknown_periods"),
        )
    )


def _shares(years: pl.DataFrame) -> pl.DataFrame:
    """Add each row's share of its route and destination, and the route's concentration.

    The published total is the whole; where there is none, the sum of every origin that is known
    throughout the year.
    """
    is_known = pl.col("unknown") == 0
    parts = years.filter(~pl.col("is_total"))
    published = years.filter(pl.col("is_total") & is_known).select(*ROUTE_YEAR, printed="level")
    whole = (
        parts.group_by(ROUTE_YEAR)
        .agg(pl.when(is_known.all()).then(pl.col("level").sum()).alias("summed"))
        .join(published, on=ROUTE_YEAR, how="left")
        .select(*ROUTE_YEAR, pl.coalesce("printed", "summed").alias("whole"))
    )
    every_route = whole.filter(pl.col("route") == "all").select(
        *WITHIN, "back", pl.col("whole").alias("whole_destination")
    )
    # sorted: the last bits of a sum of fractions depend on the order in which they are added
    part = (pl.col("level") / pl.col("level").sum()).sort(descending=True)
    spread = (
        parts.filter("is_country")
        .group_by(ROUTE_YEAR)
        .agg(
            pl.when(pl.col("level").sum() > 0).then((part**2).sum()).alias("hhi"),
            pl.when(pl.col("level").sum() > 0).then(part.head(LARGEST).sum()).alias("top3_share"),
        )
    )
    joined = (
        parts.join(whole, on=ROUTE_YEAR, how="left")
        .join(every_route, on=(*WITHIN, "back"), how="left")
        .join(spread, on=ROUTE_YEAR, how="left")
    )
    return joined.with_columns(
        *(
            pl.when(is_known & (pl.col(of) > 0) & (pl.col("level") <= pl.col(of)))
            .then(pl.col("level") / pl.col(of))
            .alias(name)
            for name, of in (("route_share", "whole"), ("destination_share", "whole_destination"))
        ),
        *(pl.col(name).clip(0.0, 1.0) for name in ("hhi", "top3_share")),
    )


def _growth(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Recent level over the year before it, as alerts have it (design of the rule: 2 added)."""
    parts = []
    for frequency, rhythm in RHYTHMS.items():
        mine = rows.join(chosen.filter(frequency=frequency), on="series_id", how="semi")
        value = pl.col("value").cast(pl.Float64)
        recent = value.rolling_mean(rhythm.recent).over("series_id")
        before = value.rolling_mean(rhythm.year).shift(rhythm.recent).over("series_id")
        ratio = (recent + 2.0) / (before + 2.0)
        parts.append(
            mine.sort("series_id", "period_start").select(
                "series_id", ratio.alias("ratio"), window_end="period_start"
            )
        )
    return pl.concat(parts)


def _alerts(alerts: pl.DataFrame, chosen: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """The newest alert of each series within each year."""
    return (
        alerts.join(chosen.select("series_id"), on="series_id", how="semi")
        .join(ends, on=WITHIN)
        .with_columns(pl.col("period").alias("period_start"))
        .with_columns(_back())
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
    """Add the published 80 % interval of the next period, and how wide it is then and later."""
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
    # a forecast belongs to the year that ends where it starts, which is the newest one
    found = corridors.join(next_ones, on=("series_id", "window_end"), how="left")
    found = found.with_columns(
        pl.when(pl.col("next_period").is_not_null()).then(half).alias("horizon")
    )
    return found.join(later, on=("series_id", "horizon"), how="left").drop("horizon")


def _ranked(corridors: pl.DataFrame) -> pl.DataFrame:
    """Add the places within the route and year; 1 is the largest, ties share the better place."""
    least = pl.col("frequency").replace_strict(
        {name: rhythm.least_held for name, rhythm in RHYTHMS.items()}, return_dtype=pl.Int64
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
