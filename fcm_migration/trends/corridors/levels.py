"""Level, share, concentration and growth of each corridor, by year.

A year is the 12 months (4 quarters, 1 year) that end with the newest period of a source's
destination, or a whole number of years before it.
"""

from __future__ import annotations

import polars as pl

from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.trends.corridors.settings import LARGEST, YEARS
from fcm_migration.trends.corridors.upstream import month_number
from fcm_migration.trends.watch.panel import COUNTRY_CLASSES, IDENTITY
from fcm_migration.trends.watch.settings import FREQUENCY_SPECS, WATCHED

FACTS = (*(name for name in IDENTITY if name != "place"), "as_of_date")
WITHIN = ("source_id", "indicator", "destination_iso3", "frequency")
ROUTE_YEAR = (*WITHIN, "route", "back")


def corridor_series(index: pl.DataFrame) -> pl.DataFrame:
    """Return the watched series by origin, with totals and origins that are no countries.

    UNHCR's figures for all destinations together are no corridors and are left out.
    """
    watched = (
        pl.col("indicator").is_in([*WATCHED, "transit_entries"])
        & (pl.col("place") == "all")
        & (pl.col("population_group") == "all")
        & (pl.col("destination_iso3") != "all")
        & pl.col("frequency").is_in(list(FREQUENCY_SPECS))
    )
    return index.filter(watched).select(
        *FACTS,
        (pl.col("origin_iso3") == "total").alias("is_total"),
        pl.col("origin_class").is_in(COUNTRY_CLASSES).alias("is_country"),
        "last_period",
        pl.col("frequency")
        .replace_strict(MONTHS_PER_PERIOD, return_dtype=pl.Int64)
        .alias("length"),
    )


def newest_periods(chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the newest period of each source, indicator, destination and frequency."""
    return chosen.group_by(WITHIN).agg(pl.col("last_period").max().alias("newest"))


def years_back() -> pl.Expr:
    """Return the whole years between a period and the newest one: 0 in the newest year."""
    months = month_number(pl.col("newest")) - month_number(pl.col("period_start"))
    return (months // 12).alias("back")


def yearly_levels(rows: pl.DataFrame, chosen: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Return the level of each series and year with a known figure, and that of the year before."""
    summed = (
        rows.join(chosen, on="series_id")
        .join(ends, on=WITHIN)
        .with_columns(years_back())
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


def with_shares(years: pl.DataFrame) -> pl.DataFrame:
    """Add each series' share of its route and destination, and the route's concentration.

    Shares are of the published total; where there is none, of the sum of all origins, if all are
    known throughout the year.
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
    joined = (
        parts.join(whole, on=ROUTE_YEAR, how="left")
        .join(every_route, on=(*WITHIN, "back"), how="left")
        .join(_concentration(parts), on=ROUTE_YEAR, how="left")
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


def _concentration(parts: pl.DataFrame) -> pl.DataFrame:
    """Return Herfindahl-Hirschman index and share of the largest origins by route and year."""
    # sorted: the last bits of a sum of fractions depend on the order in which they are added
    part = (pl.col("level") / pl.col("level").sum()).sort(descending=True)
    has_any = pl.col("level").sum() > 0
    return (
        parts.filter("is_country")
        .group_by(ROUTE_YEAR)
        .agg(
            pl.when(has_any).then((part**2).sum()).alias("hhi"),
            pl.when(has_any).then(part.head(LARGEST).sum()).alias("top3_share"),
        )
    )


def growth(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the recent level over the year before it, as for alerts (2 added to both)."""
    parts = []
    for frequency, spec in FREQUENCY_SPECS.items():
        mine = rows.join(chosen.filter(frequency=frequency), on="series_id", how="semi")
        value = pl.col("value").cast(pl.Float64)
        recent = value.rolling_mean(spec.recent).over("series_id")
        before = value.rolling_mean(spec.year).shift(spec.recent).over("series_id")
        ratio = (recent + 2.0) / (before + 2.0)
        parts.append(
            mine.sort("series_id", "period_start").select(
                "series_id", ratio.alias("ratio"), window_end="period_start"
            )
        )
    return pl.concat(parts)
