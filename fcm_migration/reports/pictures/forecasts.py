"""Pictures of published forecasts: past figures, the fan ahead, and how good such forecasts were.

A picture is drawn from the tables of the working home (Dagster's metadata) or from the published
file (pages); both give the same figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.build import NOWCAST_MODEL
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES, SCORES, TRACK_RECORD
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS
from fcm_migration.marts.tables import SERIES
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts import Mark, Series, SoFar, headline, series_chart
from fcm_migration.reports.charts.labels import PERIOD
from fcm_migration.reports.pictures.marks import marks_of
from fcm_migration.reports.pictures.naming import (
    Names,
    country_names,
    known_publishers,
    publishers,
    title_of,
    unit_words,
)
from fcm_migration.reports.pictures.picture import BEST_DRAWN, Picture, picture

PAST_PERIODS = 60
POLICIES = "policy_events.csv"
COLUMNS = ("lower_95", "lower_80", "lower_50", "median", "upper_50", "upper_80", "upper_95")


def forecast_picture(context: Context) -> Picture | None:
    """Draw a forecast that is shown, of a total with the newest data.

    The running period is the nowcast's. None where no forecast of a total is shown.
    """
    quantiles, hidden, nowcast, series, scores, track, breaks = (
        store.read(context.home.table(table.layer, table.name), table)
        for table in (QUANTILES, NOT_SHOWN, NOWCAST, SERIES, SCORES, TRACK_RECORD, SERIES_BREAKS)
    )
    published = with_nowcasts(shown(quantiles, hidden), nowcast)
    candidates = series.join(published, on="series_id", how="semi")
    if candidates.filter(pl.col("origin_iso3") == "total").is_empty():
        return None
    chosen = pl.col("series_id") == best_drawn(candidates)
    past = series.filter(chosen).sort("period_start")
    first = past.row(0, named=True)
    record = recorded(scores.filter(chosen), track.filter(chosen))
    ahead = widened(published.filter(chosen)).join(record, on="horizon", how="left")
    counted = nowcast.filter(chosen).select("counted_so_far", "counted_to_date").drop_nulls()
    policies = read_declared(context.reference(POLICIES), POLICY_EVENTS)
    drawn = forecast_series(
        first, country_names(context), publishers(first, known_publishers(context)), past, ahead,
        counted.unique().rows(),
        marks_of(first, policies, breaks, first_drawn(past)),
        context.today,
    )  # fmt: skip
    return picture(series_chart(drawn), drawn.past.get_column("value").to_list())


def widened(quantiles: pl.DataFrame) -> pl.DataFrame:
    """Return a row per period of the published quantiles of one series, with COLUMNS."""
    wide = quantiles.pivot("quantile", index=["target_period", "horizon", "model"], values="value")
    names = {str(level): name for level, name in zip(QUANTILE_LEVELS, COLUMNS, strict=True)}
    return wide.rename(names).sort("target_period")


def recorded(scores: pl.DataFrame, track: pl.DataFrame) -> pl.DataFrame:
    """Return the record of one series' forecasts by horizon.

    Args:
        scores: its rows of ``forecast.scores``.
        track: its rows of ``forecast.track_record``.
    """
    since = track.filter(pl.col("record_kind") == "backtest").group_by("horizon")
    own = scores.filter(pl.col("scored_model") == "published").select(
        "horizon", pl.col("origins").alias("scored_forecasts"), "coverage_80", "relative_wis"
    )
    return own.join(
        since.agg(pl.col("origin_date").min().alias("record_since")), on="horizon", how="left"
    )


def best_drawn(series: pl.DataFrame) -> str:
    """Choose the series to draw: a total, monthly before quarterly, the newest, the largest."""
    totals = series.filter(pl.col("origin_iso3") == "total")
    rank = pl.col("frequency").replace_strict(
        {name: -place for place, name in enumerate(BEST_DRAWN)}, return_dtype=pl.Int64
    )
    newest = (
        totals.sort("period_start")
        .group_by("series_id")
        .agg(
            rank.first().alias("rank"), pl.col("period_start").max(), pl.col("value").tail(12).sum()
        )
    )
    order = ("rank", "period_start", "value", "series_id")
    return str(newest.sort(order).get_column("series_id")[-1])


def first_drawn(past: pl.DataFrame) -> date:
    """Return the first day of the periods that are drawn."""
    day: date = past.get_column("period_start").tail(PAST_PERIODS)[0]
    return day


def forecast_series(
    about: Mapping[str, Any],
    names: Names,
    publisher: str,
    past: pl.DataFrame,
    ahead: pl.DataFrame,
    counted: Sequence[tuple[int, date]],
    marks: tuple[Mark, ...] = (),
    today: date | None = None,
) -> Series:
    """Return a series with its forecast, to be drawn.

    Args:
        about: dimensions of ``mart.series``, with unit and as_of_date.
        names: of countries, by code.
        publisher: who published the figures.
        past: period_start and value, oldest first.
        ahead: a row per period: target_period, horizon, model, the columns in COLUMNS, and the
            record of such forecasts: scored_forecasts, coverage_80, record_since, relative_wis.
        counted: what is counted so far of the first period, with the day it was counted to.
        marks: policies and breaks.
        today: the day of the edition or the refresh.
    """
    known = past.select("period_start", "value", pl.lit(value=False).alias("is_provisional"))
    so_far = SoFar(*counted[0], ahead.item(0, "target_period")) if counted else None
    label, unit = title_of(about, names), unit_words(about)
    made = Series(
        label, label, unit, about["frequency"], publisher, about["as_of_date"],
        known.tail(PAST_PERIODS), ahead, today, so_far, marks,
        remarks=tuple(record(ahead, about["frequency"])),
    )  # fmt: skip
    return made.titled(f"{label}: {headline(made, short=False)}")


def record(ahead: pl.DataFrame, frequency: str) -> list[str]:
    """Return how good such forecasts were one period ahead, and furthest ahead, in sentences."""
    own = ahead.filter(pl.col("model") != NOWCAST_MODEL)
    scored = own.filter(pl.col("scored_forecasts") > 0)
    rows = [*scored.head(1).rows(named=True), *scored[1:].tail(1).rows(named=True)]
    return [_recorded(row, frequency) for row in rows] or ["No such forecast could be scored yet."]


def _recorded(row: Mapping[str, Any], frequency: str) -> str:
    horizon, many = row["horizon"], row["scored_forecasts"]
    ahead = f"{horizon} {PERIOD[frequency]}{'s' if horizon > 1 else ''} ahead"
    held = round(row["coverage_80"] * many)
    return (
        f"Record, {ahead}: the 8 in 10 range held {held} of {many} past "
        f"figure{'s' if many > 1 else ''}; {_against(row['relative_wis'])}."
    )


def _against(score: float | None) -> str:
    """Return how forecasts compare with the last figure repeated.

    ``score`` is their weighted interval score divided by that of the last figure repeated, with
    intervals from past errors.
    """
    if score is None:
        return "its error cannot be compared with that of repeating the last figure"
    percent = round(100 * abs(1 - score))
    if percent == 0:
        return "errors as large as from repeating the last figure"
    size = "smaller" if score < 1 else "larger"
    return f"errors {percent}% {size} than from repeating the last figure"
