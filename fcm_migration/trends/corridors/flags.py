"""Flags of a corridor: the same origin rising at other destinations, and seen upstream first."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.trends.corridors.explanation import (
    Seen,
    explain_record,
    explain_rising,
    explain_upstream,
)
from fcm_migration.trends.corridors.settings import RECENT_MONTHS
from fcm_migration.trends.corridors.upstream import month_number, origin_surges

RISING = ("rising_destinations", "rising_words")
UPSTREAM_FLAG = (
    "upstream_period",
    "upstream_source_id",
    "upstream_route",
    "lead_months",
    "upstream_words",
)
FINEST = ("M", "Q", "A")


def rising(corridors: pl.DataFrame, alerts: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """Return for each origin and year the destinations with a recent surge alert for it.

    A period counts from its end: a year is known when it is over. Two sources of one destination
    that count the same people (``meta.overlaps``) count once, by the finer one; figures of two
    destinations are of different arrivals, whoever publishes them.

    Returns:
        origin_iso3, window_end, frequency and :data:`RISING`; rows with none are left out.
    """
    when = ("origin_iso3", "window_end", "frequency")
    length = pl.col("frequency").replace_strict(MONTHS_PER_PERIOD, return_dtype=pl.Int64)
    asked = corridors.select(
        *when, (month_number(pl.col("window_end")) + length - 1).alias("asked")
    ).unique()
    age = pl.col("asked") - pl.col("end")
    found = asked.join(_surges(alerts), on="origin_iso3").filter((age >= 0) & (age < RECENT_MONTHS))
    several = found.filter(pl.col("destination_iso3").n_unique().over(when) > 1)
    counts = found.group_by(when).agg(
        pl.col("destination_iso3").n_unique().cast(pl.Int64).alias(RISING[0])
    )
    pairs = overlapping(overlaps)
    columns = ("destination_iso3", "seen_frequency", "seen", "source_id", "indicator")
    said = [
        (*key, explain_rising(_by_destination(part.select(columns).unique().rows(), pairs)))
        for key, part in several.group_by(when)
    ]
    schema = {name: corridors.schema[name] for name in when} | {RISING[1]: pl.String()}
    return counts.join(pl.DataFrame(said, schema=schema, orient="row"), on=when, how="left")


def _surges(alerts: pl.DataFrame) -> pl.DataFrame:
    """Return the surge alerts of origins at the five destinations, with the month each ends in."""
    return (
        origin_surges(alerts)
        .filter(pl.col("destination_iso3").is_in(FIVE))
        .select(
            "origin_iso3",
            "destination_iso3",
            "source_id",
            "indicator",
            pl.col("frequency").alias("seen_frequency"),
            pl.col("period").dt.strftime("%Y-%m").alias("seen"),
            "end",
        )
        .unique()
    )


def overlapping(overlaps: pl.DataFrame) -> frozenset[frozenset[tuple[str, str]]]:
    """Return the pairs of source and indicator that count the same people, in either order."""
    pair = ("source_id", "indicator", "other_source_id", "other_indicator")
    return frozenset(
        frozenset([(a, b), (c, d)]) for a, b, c, d in overlaps.select(pair).iter_rows()
    )


def independent(seen: Sequence[Seen], pairs: frozenset[frozenset[tuple[str, str]]]) -> list[Seen]:
    """Return one destination's sightings without those that repeat a finer source's people.

    Of each source only the newest period is kept. Sources of the same frequency and period are
    taken in the order of their names, whatever the order of ``seen``.
    """
    kept: list[Seen] = []
    newest_first = sorted(sorted(seen), key=lambda item: item[2], reverse=True)
    for item in sorted(newest_first, key=lambda item: FINEST.index(item[1])):
        who = (item[3], item[4])
        others = [(other[3], other[4]) for other in kept]
        if all(who != other and frozenset([who, other]) not in pairs for other in others):
            kept.append(item)
    return kept


def _by_destination(
    seen: Sequence[Seen], pairs: frozenset[frozenset[tuple[str, str]]]
) -> dict[str, list[Seen]]:
    """Return the independent sightings of each destination."""
    return {
        destination: independent([item for item in seen if item[0] == destination], pairs)
        for destination in {item[0] for item in seen}
    }


def upstream_first(corridors: pl.DataFrame, upstream: pl.DataFrame) -> pl.DataFrame:
    """Return for each corridor and year the newest first alert that was seen upstream earlier.

    Of several upstream sources the one with the longest lead is taken; of the same lead the last
    by name.

    Returns:
        series_id, window_end and :data:`UPSTREAM_FLAG`; rows with none are left out.
    """
    sentence = explain_upstream(explain_record(upstream))
    earlier = upstream.filter(pl.col("upstream_order") == "earlier").select(
        "origin_iso3", "destination_iso3", "period", *UPSTREAM_FLAG[:4]
    )
    age = month_number(pl.col("window_end")) - month_number(pl.col("period"))
    return (
        corridors.select("series_id", "window_end", "origin_iso3", "destination_iso3")
        .join(earlier, on=("origin_iso3", "destination_iso3"))
        .filter((age >= 0) & (age < 12))
        .sort("series_id", "window_end", "period", "lead_months", "upstream_source_id")
        .unique(("series_id", "window_end"), keep="last", maintain_order=True)
        .select("series_id", "window_end", *UPSTREAM_FLAG[:4], sentence.alias(UPSTREAM_FLAG[4]))
    )
