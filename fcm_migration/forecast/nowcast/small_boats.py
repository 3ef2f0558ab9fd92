"""The running month and week of small-boat arrivals in the UK, from the days published so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.derive import empty
from fcm_migration.forecast.nowcast.days import CANDIDATES, Days, joined_days
from fcm_migration.forecast.nowcast.rows import Nowcasts, long_rows
from fcm_migration.forecast.nowcast.running import (
    FEWEST_TARGETS,
    MONTH,
    SIMPLE,
    WEEK,
    RunningTotal,
    Task,
    method_now,
    nowcast,
    past_cases,
    stage_name,
    vintage_cases,
)
from fcm_migration.forecast.nowcast.scoring import describe_releases, summarise, with_choice
from fcm_migration.forecast.nowcast.tables import NOWCAST, NOWCAST_SCORES, SMALL_BOATS

# indicator: its column in the daily table, and the offset of its logarithms (see Days)
MEASURES = {"small_boat_arrivals": ("arrivals_persons", 5.0), "small_boats": ("boats", 1.0)}


def small_boat_nowcasts(
    flows: pl.DataFrame,
    file: pl.DataFrame,
    page: pl.DataFrame | None,
    releases: Sequence[tuple[date, pl.DataFrame]],
) -> Iterator[Nowcasts]:
    """Yield the nowcasts of each indicator's month and week, with the scores of past ones.

    Args:
        flows: rows of ``mart.flows``; the daily series names the monthly and weekly ones.
        file: newest rows of the Home Office's weekly file.
        page: newest rows of its page of the last seven days; None where the home has no such
            source.
        releases: day and rows of each release of the file, oldest first.
    """
    for indicator, (column, offset) in MEASURES.items():
        days = _days_of(file, column, "as_of_date")
        if page is not None:
            days = joined_days(days, _days_of(page, column, "as_of_date"))
        if days.is_empty():
            continue
        as_of: date = days.get_column("as_of_date").max()  # type: ignore[assignment]
        series = flows.filter(
            (pl.col("source_id") == SMALL_BOATS)
            & (pl.col("indicator") == indicator)
            & (pl.col("frequency") == "D")
        ).head(1)
        known = _series(days, offset)
        earlier = [(day, _days_of(frame, column)) for day, frame in releases]
        past = [(day, _series(part, offset)) for day, part in earlier if not part.is_empty()]
        for task in (MONTH, WEEK):
            cases = past_cases(known, task)
            rows = _rows(series, task, nowcast(known, task, cases), as_of)
            yield Nowcasts(rows, _scores(series, task, known, cases, past))


def _days_of(table: pl.DataFrame, column: str, *others: str) -> pl.DataFrame:
    return _without_gaps(table.select(*others, day="arrival_date", value=column))


def _without_gaps(days: pl.DataFrame) -> pl.DataFrame:
    """Return the newest days with a figure, back to the last day before them that has none."""
    day, known = pl.col("day"), pl.col("value").is_not_null()
    newest = day.filter(known).max()
    gap = day.filter(~known & (day < newest)).max()
    return days.filter(known & (gap.is_null() | (day > gap)))


def _series(days: pl.DataFrame, offset: float) -> Days:
    ordered = days.sort("day")
    counts = ordered.get_column("value").cast(pl.Float64).to_numpy()
    return Days(ordered.item(0, "day"), counts, offset)


def _rows(series: pl.DataFrame, task: Task, made: RunningTotal | None, as_of: date) -> pl.DataFrame:
    """Return rows of ``forecast.nowcast``; none where no period runs or too few days are known."""
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
        pl.lit(stage_name(task, task.stage(made.counted))).alias("scored_stage"),
        pl.lit(as_of).alias("as_of_date"),
    )
    return long_rows(rows, made.quantiles[None, :])


def _scores(
    series: pl.DataFrame,
    task: Task,
    known: Days,
    cases: pl.DataFrame,
    releases: Sequence[tuple[date, Days]],
) -> pl.DataFrame:
    """Return rows of ``forecast.nowcast_scores``.

    Scored are the newest release cut at each stage and, where there are several, real releases.
    """
    if cases.is_empty():
        return empty(NOWCAST_SCORES)
    identity = {
        "nowcast_task": pl.lit(task.name),
        "indicator": pl.lit(series.item(0, "indicator")),
        "unit": pl.lit(series.item(0, "unit")),
    }
    dates = [day for day, _ in releases]
    cut = with_choice(cases, CANDIDATES, SIMPLE, FEWEST_TARGETS).with_columns(
        pl.lit("today's release cut").alias("vintage_basis"),
        pl.lit(f"Home Office: {describe_releases(dates[-1:])}").alias("vintages"),
    )
    real = vintage_cases([days for _, days in releases], known, task, cases).with_columns(
        pl.lit("real releases").alias("vintage_basis"),
        pl.lit(f"Home Office: {describe_releases(dates)}").alias("vintages"),
    )
    chosen = {
        stage_name(task, counted): method_now(known, task, cases, counted)
        for counted in task.stages
    }
    scores = summarise(pl.concat([cut, real]).with_columns(**identity), SIMPLE)
    now = pl.col("stage").replace_strict(chosen, default=None, return_dtype=pl.String)
    published = (pl.col("nowcast_method") == now).fill_null(value=False)
    return scores.with_columns(published.alias("is_published")).select(NOWCAST_SCORES.column_names)
