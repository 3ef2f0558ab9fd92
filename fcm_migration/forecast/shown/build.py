"""Select the forecasts that are shown: of series still reported in their newest release.

Everything here follows from the content of the releases, never from the calendar of the reader: the
same releases show the same series on any day. How old a figure is on the day of the edition, and
whether a forecast's period is over, is computed in the view ``forecast.published``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.forecast.nowcast.tables import UNPUBLISHED_TASK
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.periods import MONTHS_PER_PERIOD, period_end, period_name

# How many whole calendar months may lie between the end of a series' last known period and the
# newest release of its source: the longest regular delay of a publisher here, with room for a
# period that is withheld or late. A series further behind is no longer reported, and what a model
# says of the time since is no forecast.
# M: Canada's months come out after 83 days, and its newest three may be withheld.
# Q: the Home Office's quarters come out after two to four months, and one may be withheld.
# A: UNHCR completes a year by the middle of the next, so until then the newest complete year is up
#    to 17 months old; a series without that year has stopped.
MOST_MONTHS = {"M": 6, "Q": 6, "A": 18}
NOWCAST_MODEL = "nowcast"
NAMES = {"M": "monthly", "Q": "quarterly", "A": "annual"}


def not_shown(quantiles: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Return the series whose forecast is not shown, and why: ``forecast.not_shown``.

    Args:
        quantiles: rows of ``forecast.quantiles``; ``origin_date`` is the last known period.
        index: rows of ``mart.series_index``.
    """
    released = pl.col("as_of_date").max().over("source_id").alias("newest_release_date")
    known = index.select("series_id", "source_id", "frequency", released)
    most = pl.col("frequency").replace_strict(MOST_MONTHS, return_dtype=pl.Int64)
    made = (
        quantiles.filter("is_published")
        .select("series_id", "origin_date")
        .unique()
        .join(known, on="series_id")
        .with_columns(
            period_end("origin_date").alias("last_figure_date"), most.alias("most_months")
        )
        .with_columns(_months_after().alias("age_months"))
    )
    too_old = made.filter(pl.col("age_months") > pl.col("most_months")).sort("series_id")
    if too_old.is_empty():
        return empty(NOT_SHOWN)
    reasons = [_reason(row) for row in too_old.iter_rows(named=True)]
    return too_old.with_columns(pl.Series("reason", reasons, dtype=pl.String)).select(
        NOT_SHOWN.column_names
    )


def shown(quantiles: pl.DataFrame, hidden: pl.DataFrame) -> pl.DataFrame:
    """Return the published quantiles of the series whose forecast is shown.

    Args:
        quantiles: rows of ``forecast.quantiles``.
        hidden: rows of ``forecast.not_shown``.
    """
    return quantiles.filter("is_published").join(hidden, on="series_id", how="anti")


def with_nowcasts(published: pl.DataFrame, nowcast: pl.DataFrame) -> pl.DataFrame:
    """Return published quantiles in which a period that has a nowcast has the nowcast's quantiles.

    This is what is published of a period, wherever forecasts are shown, kept or used further; the
    view ``forecast.published`` says the same in SQL. Methods that start from the last complete
    period know nothing of the days already counted.

    Args:
        published: rows of ``forecast.quantiles`` that are published, such as :func:`shown` returns.
        nowcast: rows of ``forecast.nowcast``.

    Returns:
        the same rows with ``value`` of the nowcast where there is one, ``model`` NOWCAST_MODEL
        where a method of its own made it (a period not yet published keeps the model's name), and
        one more column: counted_so_far, null where nothing of the period is counted.
    """
    keys = ["series_id", "target_period", "quantile"]
    own = nowcast.select(
        *keys, "counted_so_far", "nowcast_task", pl.col("value").alias("nowcast_value")
    )
    has_method = pl.col("nowcast_task") != UNPUBLISHED_TASK
    return (
        published.join(own, on=keys, how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("nowcast_value", "value").alias("value"),
            pl.when(has_method).then(pl.lit(NOWCAST_MODEL)).otherwise("model").alias("model"),
        )
        .drop("nowcast_value", "nowcast_task")
    )


def _months_after() -> pl.Expr:
    """Return the whole calendar months between the last known period and the newest release."""
    release, period = pl.col("newest_release_date"), pl.col("origin_date")
    length = pl.col("frequency").replace_strict(MONTHS_PER_PERIOD, return_dtype=pl.Int64)
    years = release.dt.year().cast(pl.Int64) - period.dt.year().cast(pl.Int64)
    months = release.dt.month().cast(pl.Int64) - period.dt.month().cast(pl.Int64)
    return 12 * years + months - length


def _reason(row: Mapping[str, Any]) -> str:
    """Return why a series is not shown, in words."""
    last = period_name(row["origin_date"], row["frequency"])
    return (
        f"The last figure is of {last}. The newest release of its source "
        f"({row['newest_release_date']}) came {row['age_months']} months after the end of that "
        f"period; forecasts of {NAMES[row['frequency']]} series are shown up to "
        f"{row['most_months']} months after it."
    )
