"""First surge alerts at the five destinations, and whether they were seen upstream first."""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.trends.corridors.settings import FRESH_MONTHS, MOST_MONTHS, UPSTREAM_SOURCES
from fcm_migration.trends.corridors.tables import UPSTREAM

WHO = ("source_id", "indicator", "destination_iso3", "origin_iso3", "frequency")


def month_number(day: pl.Expr) -> pl.Expr:
    """Return months since year 0, so that differences are months."""
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)


def origin_surges(alerts: pl.DataFrame) -> pl.DataFrame:
    """Return the surge alerts of single countries of origin, with first and last month.

    Args:
        alerts: rows of ``trend.alerts``.

    Returns:
        the rows with ``begin`` and ``end`` (month numbers, see :func:`month_number`).
    """
    months = pl.col("frequency").replace_strict(MONTHS_PER_PERIOD, return_dtype=pl.Int64, default=1)
    begin = month_number(pl.col("period"))
    return alerts.filter(
        (pl.col("direction") == "surge")
        & pl.col("origin_iso3").str.contains("^[A-Z]{3}$")
        & (pl.col("place") == "all")
    ).with_columns(begin.alias("begin"), (begin + months - 1).alias("end"))


def lead_times(alerts: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Return ``trend.upstream``: each first alert at one of the five, for each upstream source.

    Only origins that the upstream source follows at that time are compared. Of several upstream
    alerts the nearest counts (of two as near the earlier): looking backwards only would find a
    lead wherever there is one by chance.

    Args:
        alerts: rows of ``trend.alerts``.
        index: rows of ``mart.series_index``.
    """
    surges = _widest(origin_surges(alerts), index)
    timely = pl.col("frequency").is_in(["M", "Q"])
    is_upstream = pl.col("source_id").is_in(UPSTREAM_SOURCES)
    here = _first(
        surges.filter(timely & pl.col("destination_iso3").is_in(FIVE)), "destination_iso3"
    )
    there = _first(surges.filter(is_upstream & (pl.col("frequency") == "M")), "source_id")
    there = there.select(
        "origin_iso3",
        upstream_source_id="source_id",
        upstream_alert_id="alert_id",
        upstream_route="route",
        upstream_period="period",
        there="begin",
        there_public="public_from",
    )
    asked = here.join(_followed(index), on="origin_iso3").filter(
        (pl.col("begin") >= pl.col("follows_from") + FRESH_MONTHS)
        & (pl.col("begin") <= pl.col("follows_to"))
    )
    near = _nearest(asked, there)
    return (
        asked.join(near, on=("alert_id", "upstream_source_id"), how="left")
        .with_columns(_order().alias("upstream_order"))
        .select(UPSTREAM.column_names)
        .cast(dict(polars_schema(UPSTREAM)))  # type: ignore[arg-type]
    )


def _order() -> pl.Expr:
    """Return whether upstream came earlier, in the same period, later, or not at all."""
    lead = pl.col("lead_months")
    return (
        pl.when(lead.is_null())
        .then(pl.lit("none"))
        .when(lead > 0)
        .then(pl.lit("earlier"))
        .when(lead < 0)
        .then(pl.lit("later"))
        .otherwise(pl.lit("same"))
    )


def _nearest(asked: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Return the upstream alert nearest to each alert, with its lead in months and in days."""
    lead = (
        pl.when(pl.col("there") < pl.col("begin"))
        .then(pl.col("begin") - pl.col("there"))
        .when(pl.col("there") > pl.col("end"))
        .then(pl.col("end") - pl.col("there"))
        .otherwise(0)
    )
    return (
        asked.select("alert_id", "origin_iso3", "upstream_source_id", "begin", "end", "public_from")
        .join(there, on=("origin_iso3", "upstream_source_id"))
        .with_columns(
            lead.alias("lead_months"),
            (pl.col("public_from") - pl.col("there_public"))
            .dt.total_days()
            .alias("public_lead_days"),
        )
        .filter(pl.col("lead_months").abs() <= MOST_MONTHS)
        .sort(pl.col("lead_months").abs(), "there")
        .unique(("alert_id", "upstream_source_id"), keep="first", maintain_order=True)
        .drop("begin", "end", "there", "origin_iso3", "public_from", "there_public")
    )


def _widest(alerts: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Drop alerts of single routes where the source also has a series of all routes."""
    whole = index.filter((pl.col("route") == "all") & (pl.col("place") == "all")).select(WHO)
    of_whole = alerts.join(whole.unique(), on=WHO, how="semi").filter(pl.col("route") == "all")
    return pl.concat([of_whole, alerts.join(whole, on=WHO, how="anti")])


def _first(surges: pl.DataFrame, who: str) -> pl.DataFrame:
    """Return the first alert of each origin and destination (or source), and after each long gap.

    Of several in one month the one of the finest frequency is kept.
    """
    per = ("origin_iso3", who)
    before = pl.col("begin") - pl.col("begin").shift(1).over(per)
    rank = pl.col("frequency").replace_strict({"M": 0, "Q": 1, "A": 2}, return_dtype=pl.Int64)
    return (
        surges.sort(*per, "begin", rank, "series_id")
        .unique((*per, "begin"), keep="first", maintain_order=True)
        .filter(before.is_null() | (before > FRESH_MONTHS))
    )


def _followed(index: pl.DataFrame) -> pl.DataFrame:
    """Return the origins that each upstream source follows by month, with first and last month."""
    mine = index.filter(
        pl.col("source_id").is_in(UPSTREAM_SOURCES)
        & (pl.col("frequency") == "M")
        & (pl.col("place") == "all")
    )
    return mine.group_by("origin_iso3", upstream_source_id="source_id").agg(
        month_number(pl.col("first_period")).min().alias("follows_from"),
        month_number(pl.col("last_period")).max().alias("follows_to"),
    )
