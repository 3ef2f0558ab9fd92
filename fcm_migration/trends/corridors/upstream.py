"""Which first surge alerts at one of the five were seen upstream first, later, or not at all."""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.trends.corridors.tables import UPSTREAM

UPSTREAM_SOURCES = ("frontex_ibc", "iom_darien")
FRESH_MONTHS = 12  # an alert is a first one where none was raised for so long before it
MOST_MONTHS = 7  # the longest lead met on real series (docs/decisions/corridors.md)
WHO = ("source_id", "indicator", "destination_iso3", "origin_iso3", "frequency")


def month_number(day: pl.Expr) -> pl.Expr:
    """Months since year 0, so that differences are months."""
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)


def origin_surges(alerts: pl.DataFrame) -> pl.DataFrame:
    """Surge alerts about one country of origin, with the month they begin and end in.

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
    """Return ``trend.upstream``: each first alert at one of the five beside each upstream source.

    Only origins that the upstream source follows at that time are compared. Of several upstream
    alerts the nearest counts, the earlier of two as near: looking backwards only would find a lead
    wherever there is one by chance.

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
        there_public="as_of",
    )
    asked = here.join(_followed(index), on="origin_iso3").filter(
        (pl.col("begin") >= pl.col("follows_from") + FRESH_MONTHS)
        & (pl.col("begin") <= pl.col("follows_to"))
    )
    near = _nearest(asked, there)
    order = (
        pl.when(pl.col("lead_months").is_null())
        .then(pl.lit("none"))
        .when(pl.col("lead_months") > 0)
        .then(pl.lit("earlier"))
        .when(pl.col("lead_months") < 0)
        .then(pl.lit("later"))
        .otherwise(pl.lit("same"))
    )
    return (
        asked.join(near, on=("alert_id", "upstream_source_id"), how="left")
        .with_columns(order.alias("upstream_order"))
        .select(UPSTREAM.column_names)
        .cast(dict(polars_schema(UPSTREAM)))  # type: ignore[arg-type]
    )


def _nearest(asked: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """The upstream alert nearest to each alert asked about, with its lead in months and in days."""
    lead = (
        pl.when(pl.col("there") < pl.col("begin"))
        .then(pl.col("begin") - pl.col("there"))
        .when(pl.col("there") > pl.col("end"))
        .then(pl.col("end") - pl.col("there"))
        .otherwise(0)
    )
    return (
        asked.select("alert_id", "origin_iso3", "upstream_source_id", "begin", "end", "as_of")
        .join(there, on=("origin_iso3", "upstream_source_id"))
        .with_columns(
            lead.alias("lead_months"),
            (pl.col("as_of") - pl.col("there_public")).dt.total_days().alias("public_lead_days"),
        )
        .filter(pl.col("lead_months").abs() <= MOST_MONTHS)
        .sort(pl.col("lead_months").abs(), "there")
        .unique(("alert_id", "upstream_source_id"), keep="first", maintain_order=True)
        .drop("begin", "end", "there", "origin_iso3", "as_of", "there_public")
    )


def _widest(alerts: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Leave out alerts on a part of a destination's routes where all of them are followed too."""
    whole = index.filter((pl.col("route") == "all") & (pl.col("place") == "all")).select(WHO)
    of_whole = alerts.join(whole.unique(), on=WHO, how="semi").filter(pl.col("route") == "all")
    return pl.concat([of_whole, alerts.join(whole, on=WHO, how="anti")])


def _first(surges: pl.DataFrame, who: str) -> pl.DataFrame:
    """First alert of each origin at each destination (or source), and after each long silence.

    Of several in one month the finest frequency stands for them.
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
    """Origins each upstream source follows by month, and from when to when."""
    mine = index.filter(
        pl.col("source_id").is_in(UPSTREAM_SOURCES)
        & (pl.col("frequency") == "M")
        & (pl.col("place") == "all")
    )
    return mine.group_by("origin_iso3", upstream_source_id="source_id").agg(
        month_number(pl.col("first_period")).min().alias("follows_from"),
        month_number(pl.col("last_period")).max().alias("follows_to"),
    )


def record_words(upstream: pl.DataFrame) -> dict[str, str]:
    """How often each upstream source came first in the record, in words."""
    said = {}
    for (source,), part in sorted(
        upstream.group_by("upstream_source_id"), key=lambda item: str(item[0][0])
    ):
        counts = dict(part.group_by("upstream_order").len().iter_rows())
        n = {order: int(counts.get(order, 0)) for order in ("earlier", "same", "later", "none")}
        said[str(source)] = (
            f"Of {part.height} first alerts at one of the five for origins it follows, {source} "
            f"had one earlier in {n['earlier']}, in the same period in {n['same']}, later in "
            f"{n['later']}, and none within {MOST_MONTHS} months in {n['none']}."
        )
    return said
