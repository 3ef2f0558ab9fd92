"""The nowcast tables, from frames of the marts, the forecasts and the newest releases.

:mod:`small_boats` nowcasts the running month and week, :mod:`applications` UNHCR's year from its
first half, :mod:`unpublished` lists forecasts of periods that are over and not yet published. What
was measured is in docs/decisions/nowcasts.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.forecast.nowcast.applications import application_nowcasts
from fcm_migration.forecast.nowcast.rows import Nowcasts
from fcm_migration.forecast.nowcast.small_boats import small_boat_nowcasts
from fcm_migration.forecast.nowcast.tables import (
    APPLICATIONS,
    NOWCAST,
    NOWCAST_SCORES,
    SMALL_BOATS,
    SMALL_BOATS_PAGE,
)
from fcm_migration.forecast.nowcast.unpublished import unpublished

Releases = Sequence[tuple[date, pl.DataFrame]]


def make_nowcasts(
    flows: pl.DataFrame,
    quantiles: pl.DataFrame,
    index: pl.DataFrame,
    *,
    latest: Mapping[str, pl.DataFrame],
    releases: Mapping[str, Releases],
    reference: Mapping[str, pl.DataFrame],
    frozen: Collection[str],
) -> Nowcasts:
    """Return every nowcast whose source is given, and the scores of past nowcasts.

    Args:
        flows: rows of ``mart.flows``.
        quantiles: rows of ``forecast.quantiles`` of the series whose forecast is shown.
        index: rows of ``mart.series_index``.
        latest: newest rows of SMALL_BOATS and SMALL_BOATS_PAGE, by source; a source may be absent.
        releases: day and rows of each release of SMALL_BOATS and APPLICATIONS, oldest first, by
            source; a source may be absent.
        reference: REFERENCE_FILES, by name; needed with APPLICATIONS only.
        frozen: sources that expect no release.
    """
    flows = flows.with_columns(pl.concat_str(SERIES_DIMENSIONS, separator="/").alias("series_id"))
    partial = flows.filter("is_partial")
    parts = [Nowcasts(empty(NOWCAST), empty(NOWCAST_SCORES))]
    if SMALL_BOATS in latest:
        parts += small_boat_nowcasts(
            flows, latest[SMALL_BOATS], latest.get(SMALL_BOATS_PAGE), releases[SMALL_BOATS]
        )
    if APPLICATIONS in releases:
        parts.append(application_nowcasts(partial, releases[APPLICATIONS], reference))
    newest: date = flows.get_column("as_of_date").max()  # type: ignore[assignment]
    counted = counted_parts(partial)
    own = pl.concat(part.nowcast for part in parts)
    return Nowcasts(
        preferring(own, unpublished(quantiles, index, counted, newest, frozen)),
        pl.concat(part.scores for part in parts),
    )


def counted_parts(partial: pl.DataFrame) -> pl.DataFrame:
    """Return what is counted so far of incomplete periods.

    Of flows only: the stock in the middle of a year is no part of the stock at its end, which may
    be smaller.

    Args:
        partial: rows of ``mart.flows`` of incomplete periods, with series_id.

    Returns:
        series_id, target_period and counted_so_far.
    """
    stocks = [indicator.indicator for indicator in INDICATORS if indicator.kind == "stock"]
    return partial.filter(~pl.col("indicator").is_in(stocks)).select(
        "series_id", target_period="period_start", counted_so_far="value"
    )


def preferring(own: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return nowcasts of a task of their own, and the others of periods that have none."""
    return pl.concat([own, others.join(own, on=("series_id", "target_period"), how="anti")])
