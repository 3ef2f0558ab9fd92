"""Figures for the pictures of alerts: which alerts, their series, how many there were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from fcm_migration.periods import period_end
from fcm_migration.trends.detection.residuals import expected_level
from fcm_migration.trends.watch.panel import scopes, watched_panel

SHOWN = 6  # alerts of the first picture
RECENT = {"M": 3, "Q": 2, "A": 1}  # newest periods of a source, by frequency
CURRENT_DAYS = 548  # a source that ends so much earlier than the newest one says nothing on today
YEARS = {"M": 5, "Q": 8, "A": 15}  # drawn of a series
COUNTED_YEARS = 10  # drawn of the numbers
SPAN = ("source_id", "indicator", "destination_iso3", "frequency")
MOVEMENT = ["destination_iso3", "origin_iso3", "route", "place"]


def top_alerts(
    alerts: pl.DataFrame, series: pl.DataFrame, direction: str = "surge"
) -> list[dict[str, Any]]:
    """Return the rows of the alerts to draw, highest score first; each series by its newest alert.

    A movement that several sources show is drawn once, from the one that is published most often.
    Sources that ended long before the newest one are left out.
    """
    newest = [
        series.filter(frequency=name).group_by(SPAN).agg(
            pl.col("period_start").unique().top_k(number).min().alias("recent_from"),
            pl.col("period_start").max().alias("newest"),
        )
        for name, number in RECENT.items()
    ]  # fmt: skip
    ends = pl.concat(newest).with_columns(period_end("newest").alias("ends"))
    ends = ends.filter(pl.col("ends") >= pl.col("ends").max() - pl.duration(days=CURRENT_DAYS))
    return (
        alerts.filter(pl.col("is_headlined") & (pl.col("direction") == direction))
        .join(ends, on=SPAN, how="inner")
        .filter(pl.col("period") >= pl.col("recent_from"))
        .sort("period", "series_id")
        .unique("series_id", keep="last", maintain_order=True)
        .sort(pl.col("frequency").cast(pl.Enum(list(RECENT))), -pl.col("score"), "series_id")
        .unique(MOVEMENT, keep="first", maintain_order=True)
        .sort("score", "series_id", descending=[True, False])
        .head(SHOWN)
        .to_dicts()
    )


def histories(
    chosen: Sequence[dict[str, Any]], series: pl.DataFrame, index: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return the series behind alerts as detection sees them: period_start, value, expected.

    Args:
        chosen: rows of ``trend.alerts``.
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.

    Returns:
        by series_id, the last years of each; null where a figure is withheld or lacks a year of
        history.
    """
    spans = pl.DataFrame([{name: row[name] for name in SPAN} for row in chosen])
    near = index.join(spans.unique(), on=SPAN, how="semi")
    wanted = {row["series_id"] for row in chosen}
    drawn = {}
    for scope in scopes(watched_panel(series, near)):
        expected = expected_level(scope)
        for column, name in enumerate(scope.series):
            if name in wanted:
                drawn[name] = pl.DataFrame(
                    {
                        "period_start": scope.periods,
                        "value": scope.values[:, column],
                        "expected": expected[:, column],
                    }
                ).fill_nan(None).tail(YEARS[scope.frequency] * scope.spec.year)  # fmt: skip
    return drawn


def alert_counts(alerts: pl.DataFrame, direction: str = "surge") -> pl.DataFrame:
    """Return the number of alerts of the last years by destination, frequency, period and kind."""
    own = alerts.filter(direction=direction)
    if own.is_empty():
        return pl.DataFrame(schema={"destination_iso3": pl.String()})
    last = own.get_column("period").max()
    first = pl.lit(last).dt.offset_by(f"-{COUNTED_YEARS}y")
    own = own.filter(pl.col("period") > first)
    by = own.group_by("destination_iso3", "frequency").len()
    most = by.sort("destination_iso3", "len", "frequency", descending=[False, True, False])
    most = most.unique("destination_iso3", keep="first", maintain_order=True)
    return (
        own.join(most, on=["destination_iso3", "frequency"], how="semi")
        .group_by("destination_iso3", "frequency", "period", "kind")
        .agg(pl.len().cast(pl.Int64).alias("number"))
        .sort("destination_iso3", "period", "kind")
    )
