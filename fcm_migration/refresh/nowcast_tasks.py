"""The nowcast tasks on a home: frames out of it, rows of the two tables back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration import store
from fcm_migration.arrays import Floats
from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.derive import empty
from fcm_migration.core.build import latest_table, read_as_of, release_dates
from fcm_migration.forecast.nowcast.build import (
    half_years,
    last_day_of_half,
    long_rows,
    share_of_half,
    together,
    unpublished,
)
from fcm_migration.forecast.nowcast.days import CANDIDATES, Days, joined_days
from fcm_migration.forecast.nowcast.half_years import (
    CORRIDOR,
    RATIOS,
    TOTAL,
    half_year_pairs,
    learn,
    nowcast_years,
    published_method,
    score_rows,
)
from fcm_migration.forecast.nowcast.running import (
    FEWEST_TARGETS,
    MONTH,
    SIMPLE,
    WEEK,
    Nowcast,
    Task,
    method_now,
    nowcast,
    past_cases,
    stage_name,
    vintage_cases,
)
from fcm_migration.forecast.nowcast.scoring import releases_in_words, summarise, with_choice
from fcm_migration.forecast.nowcast.tables import HALF_TASK, NOWCAST, NOWCAST_SCORES
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.nowcast_reference import (
    FIVE,
    INDICATOR,
    RATIOS_FILE,
    SCORES_FILE,
    UNIT,
    read_reference,
)
from fcm_migration.sources.base import Source
from fcm_migration.sources.uk_home_office.small_boats import DAILY
from fcm_migration.sources.uk_home_office.small_boats import SOURCE as BOATS
from fcm_migration.sources.uk_home_office.small_boats_daily_page import SOURCE as PAGE
from fcm_migration.sources.unhcr.asylum_applications import SOURCE as APPLICATIONS

# Indicator: its column in the daily table, and the offset of its logs (see Days).
MEASURES = {"small_boat_arrivals": ("arrivals_persons", 5.0), "small_boats": ("boats", 1.0)}


@dataclass(frozen=True)
class Made:
    """Rows of the two tables."""

    nowcast: pl.DataFrame
    scores: pl.DataFrame


def nowcasts(context: Context) -> Made:
    """Every task of which the home has the sources."""
    flows = store.read(context.home.table("mart", "flows"), FLOWS).with_columns(
        pl.concat_str(SERIES_DIMENSIONS, separator="/").alias("series_id")
    )
    parts = [Made(empty(NOWCAST), empty(NOWCAST_SCORES))]
    if BOATS in context.sources:
        parts += list(_boats(context, flows))
    if APPLICATIONS in context.sources:
        parts.append(_halves(context, flows.filter("is_partial")))
    own = pl.concat(part.nowcast for part in parts)
    return Made(
        together(own, _unpublished(context, flows)), pl.concat(part.scores for part in parts)
    )


def _boats(context: Context, flows: pl.DataFrame) -> Iterator[Made]:
    releases = [
        (day, read_as_of(context.home, BOATS, DAILY, day))
        for day in release_dates(context.home, BOATS)
    ]
    for indicator, (column, offset) in MEASURES.items():
        days = _days(context, column)
        if days.is_empty():
            continue
        daily = (pl.col("indicator") == indicator) & (pl.col("frequency") == "D")
        series = flows.filter((pl.col("source_id") == BOATS.source_id) & daily).head(1)
        known = _series(days, offset)
        file_day = releases[-1][0]
        then = [
            (day, _series(frame.select(day="arrival_date", value=column), offset))
            for day, frame in releases
        ]
        for task in (MONTH, WEEK):
            cases = past_cases(known, task)
            made = nowcast(known, task, cases)
            as_of: date = days.get_column("as_of_date").max()  # type: ignore[assignment]
            rows = _running_rows(series, task, made, as_of)
            yield Made(rows, _running_scores(series, task, known, cases, then, file_day))


def _days(context: Context, column: str) -> pl.DataFrame:
    """Day, value and as_of_date: the weekly file, then what the page shows after it."""

    def read(source: Source) -> pl.DataFrame:
        table = latest_table(source.tables[0])
        frame = store.read(context.home.table("core", table.name), table)
        return frame.select(
            pl.col("arrival_date").alias("day"), value=column, as_of_date="as_of_date"
        )

    file = read(BOATS)
    return joined_days(file, read(PAGE)) if PAGE in context.sources else file


def _series(days: pl.DataFrame, offset: float) -> Days:
    ordered = days.sort("day")
    counts = ordered.get_column("value").cast(pl.Float64).to_numpy()
    return Days(ordered.item(0, "day"), counts, offset)


def _running_rows(
    series: pl.DataFrame, task: Task, made: Nowcast | None, as_of: date
) -> pl.DataFrame:
    if made is None:
        return empty(NOWCAST)
    last = pl.lit(made.begin).dt.offset_by(f"{made.counted - 1}d")
    rows = series.with_columns(pl.lit(task.frequency).alias("frequency")).select(
        pl.concat_str(SERIES_DIMENSIONS, separator="/").alias("series_id"),
        pl.lit(task.name).alias("nowcast_task"),
        "source_id",
        "indicator",
        "unit",
        "frequency",
        pl.lit(made.begin).alias("target_period"),
        pl.lit(int(made.counted_sum), dtype=pl.Int64).alias("counted_so_far"),
        last.alias("counted_to_date"),
        pl.lit(made.counted / made.length).alias("share_covered"),
        pl.lit(made.method).alias("nowcast_method"),
        pl.lit(as_of).alias("as_of_date"),
    )
    return long_rows(rows, made.quantiles[None, :])


def _running_scores(
    series: pl.DataFrame,
    task: Task,
    known: Days,
    cases: pl.DataFrame,
    releases: list[tuple[date, Days]],
    file_day: date,
) -> pl.DataFrame:
    """Scores of the past cut at each stage, and of real releases where there are several."""
    if cases.is_empty():
        return empty(NOWCAST_SCORES)
    said = {
        "nowcast_task": pl.lit(task.name),
        "indicator": pl.lit(series.item(0, "indicator")),
        "unit": pl.lit(series.item(0, "unit")),
    }
    cut = with_choice(cases, CANDIDATES, SIMPLE, FEWEST_TARGETS).with_columns(
        pl.lit("today's release cut").alias("vintage_basis"),
        pl.lit(f"Home Office: {releases_in_words([file_day])}").alias("vintages"),
    )
    real = vintage_cases([days for _, days in releases], known, task, cases).with_columns(
        pl.lit("real releases").alias("vintage_basis"),
        pl.lit(f"Home Office: {releases_in_words([day for day, _ in releases])}").alias("vintages"),
    )
    chosen = {
        stage_name(task, counted): method_now(known, task, cases, counted)
        for counted in task.stages
    }
    scores = summarise(pl.concat([cut, real]).with_columns(**said), SIMPLE)
    now = pl.col("stage").replace_strict(chosen, default=None, return_dtype=pl.String)
    published = (pl.col("nowcast_method") == now).fill_null(value=False)
    return scores.with_columns(published.alias("is_published")).select(NOWCAST_SCORES.column_names)


def _halves(context: Context, partial: pl.DataFrame) -> Made:
    table = APPLICATIONS.tables[0]
    releases = [
        (day, read_as_of(context.home, APPLICATIONS, table, day))
        for day in release_dates(context.home, APPLICATIONS)
    ]
    pairs = half_year_pairs(releases)
    reference = read_reference(context.reference_dir, RATIOS_FILE, RATIOS)
    own = learn(pairs)
    seen = own.get_column("figures_year").unique().to_list()
    ratios = pl.concat([own, reference.filter(~pl.col("figures_year").is_in(seen))])
    scores = score_rows(pairs, FIVE, task=HALF_TASK, indicator=INDICATOR, unit=UNIT)
    if scores.get_column("last_target_period").n_unique() == 0:
        scores = read_reference(context.reference_dir, SCORES_FILE, NOWCAST_SCORES)
    parts = [
        _half_rows(year, rows, ratios, scores)
        for (year,), rows in half_years(partial, APPLICATIONS.source_id, INDICATOR).group_by(
            pl.col("period_start").dt.year(), maintain_order=True
        )
    ]
    return Made(pl.concat([empty(NOWCAST), *parts]), scores)


def _half_rows(
    year: object, rows: pl.DataFrame, ratios: pl.DataFrame, scores: pl.DataFrame
) -> pl.DataFrame:
    whole = int(str(year))
    scoped = rows.with_columns(
        pl.when(pl.col("origin_iso3") == "total")
        .then(pl.lit(TOTAL))
        .otherwise(pl.lit(CORRIDOR))
        .alias("scope"),
        pl.col("value").alias("half"),
        pl.lit(None, dtype=pl.Int64).alias("year_before"),
    )
    made = nowcast_years(scoped, ratios.filter(pl.col("figures_year") < whole))
    methods = {scope: published_method(scores, scope) for scope in (CORRIDOR, TOTAL)}
    named = scoped.select(
        "series_id",
        pl.lit(HALF_TASK).alias("nowcast_task"),
        "source_id",
        "indicator",
        "unit",
        "frequency",
        pl.col("period_start").alias("target_period"),
        pl.col("half").alias("counted_so_far"),
        pl.lit(last_day_of_half(whole)).alias("counted_to_date"),
        pl.lit(share_of_half(whole)).alias("share_covered"),
        pl.col("scope").replace_strict(methods).alias("nowcast_method"),
        "as_of_date",
    )
    chosen = named.get_column("nowcast_method")
    levels: Floats = np.stack([made[name][at] for at, name in enumerate(chosen)])
    return long_rows(named, levels)


def _unpublished(context: Context, flows: pl.DataFrame) -> pl.DataFrame:
    newest: date = flows.get_column("as_of_date").max()  # type: ignore[assignment]
    partial = flows.filter("is_partial").select(
        "series_id",
        pl.col("period_start").alias("target_period"),
        pl.col("value").alias("counted_so_far"),
    )
    frozen = [s.source_id for s in context.sources if s.cadence.stale_after_days is None]
    quantiles = store.read(context.home.table("forecast", "quantiles"), QUANTILES)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    return unpublished(quantiles, index, partial, newest, frozen)
