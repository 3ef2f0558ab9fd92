"""Releases of a table compared: newest rows, the history of each row, and revisions.

Pure functions on frames, oldest release first. A history keeps each distinct row once with the run
of releases that printed it, so it grows with what changed and not with the number of releases.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.core.tables import REVISED_PERIODS, REVISIONS

Frames = Sequence[tuple[date, pl.DataFrame]]


def accumulate(frames: Frames, rolling_by: str | None) -> list[tuple[date, pl.DataFrame]]:
    """Return what stood published after each release, in the releases' order.

    That is the release itself, except where a release holds only a moving window: values of
    ``rolling_by`` it no longer holds stand on from the release before.
    """
    standing: list[tuple[date, pl.DataFrame]] = []
    for day, frame in frames:
        if standing and rolling_by is not None and rolling_by in frame.columns:
            held = frame.get_column(rolling_by).unique()
            older = standing[-1][1].filter(~pl.col(rolling_by).is_in(held.to_list()))
            standing.append((day, pl.concat([frame, older])))
        else:
            standing.append((day, frame))
    return standing


def history_rows(frames: Frames) -> pl.DataFrame:
    """Return each distinct row with the runs of consecutive releases that print it."""
    columns = frames[0][1].columns
    if len(frames) == 1:
        day = pl.lit(frames[0][0])
        return frames[0][1].with_columns(day.alias("first_seen_date"), day.alias("last_seen_date"))
    dates = [day for day, _ in frames]
    everything = pl.concat(
        frame.with_columns(pl.lit(index, dtype=pl.Int64).alias("__release"))
        for index, (_, frame) in enumerate(frames)
    )
    release = pl.col("__release")
    spans = everything.group_by(columns).agg(
        release.min().alias("__first"), release.max().alias("__last"), pl.len().alias("__n")
    )
    unbroken = pl.col("__last") - pl.col("__first") + 1 == pl.col("__n")
    broken = spans.filter(~unbroken).select(columns)
    runs = pl.concat(
        [spans.filter(unbroken).drop("__n"), _runs(everything, broken)], how="vertical_relaxed"
    )
    when = pl.Series("when", dates, dtype=pl.Date)
    return runs.select(
        *columns,
        pl.lit(when).gather(pl.col("__first")).alias("first_seen_date"),
        pl.lit(when).gather(pl.col("__last")).alias("last_seen_date"),
    )


def _runs(everything: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return runs of rows that left and came back; consecutive releases share (number - rank)."""
    columns = rows.columns
    again = everything.join(rows, on=columns, how="semi", nulls_equal=True)
    rank = pl.col("__release").rank("ordinal").over(columns).cast(pl.Int64)
    return (
        again.with_columns((pl.col("__release") - rank).alias("__run"))
        .group_by(*columns, "__run")
        .agg(pl.col("__release").min().alias("__first"), pl.col("__release").max().alias("__last"))
        .drop("__run")
    )


def rows_as_of(history: pl.DataFrame, dates: Sequence[date], day: date) -> pl.DataFrame:
    """Return the rows that stood published on ``day``; none if there was no release yet.

    Args:
        history: a ``history.<table>``.
        dates: the dates of all the source's releases in use.
        day: the day asked for.
    """
    known = [d for d in dates if d <= day]
    release = max(known) if known else date.min
    inside = (pl.col("first_seen_date") <= release) & (pl.col("last_seen_date") >= release)
    return history.filter(inside).drop("first_seen_date", "last_seen_date")


def revisions(table: Table, frames: Frames) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the cells in which each release differs from the one before it.

    Args:
        table: the declaration; its measures are compared under its key, by its period. Rows of
            periods that the earlier release marks incomplete are no revisions but completions.
        frames: what stood after each release (see :func:`accumulate`), oldest first.

    Returns:
        rows for ``meta.revisions`` (one per measure and pair of releases) and for
        ``meta.revised_periods`` (one per measure, pair and period in which something changed).
    """
    summaries, details = [], []
    if table.period is not None:
        for (earlier, before), (later, after) in pairwise(frames):
            for measure in table.measures:
                detail, summary = _compare(table, measure, before, after)
                stamp = (
                    pl.lit(table.source_id).alias("source_id"),
                    pl.lit(table.name).alias("table_name"),
                    pl.lit(measure).alias("measure"),
                    pl.lit(later).alias("as_of_date"),
                    pl.lit(earlier).alias("previous_as_of_date"),
                    pl.lit(later == frames[-1][0]).alias("is_newest"),
                )
                details.append(detail.with_columns(stamp))
                summaries.append(summary.with_columns(stamp))
    return _all(summaries, REVISIONS), _all(details, REVISED_PERIODS)


def _all(parts: Sequence[pl.DataFrame], table: Table) -> pl.DataFrame:
    kept = [part.select(table.column_names) for part in parts]
    return pl.concat([empty(table), *kept], how="vertical_relaxed")


def _compare(
    table: Table, measure: str, before: pl.DataFrame, after: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes of one measure between two releases, by period and in total."""
    counted = _cells_compared(table, measure, before, after)
    revised = pl.col("changed") | pl.col("appeared") | pl.col("vanished")
    counts = [
        pl.col(name).sum().cast(pl.Int64)
        for name in ("compared", "changed", "appeared", "vanished", "added", "completed")
    ]
    change = [
        pl.col("difference").filter("compared").sum().cast(pl.Int64).alias("net_change"),
        pl.col("difference").filter("compared").abs().max().fill_null(0).alias("largest_change"),
    ]
    detail = (
        counted.group_by("period_start")
        .agg(*counts, *change, (revised | pl.col("completed")).any().alias("__revised"))
        .filter(pl.col("__revised"))
        .sort("period_start")
    )
    summary = counted.select(
        *counts,
        *change,
        pl.col("period_start").filter(revised).min().alias("first_revised_period"),
        pl.col("period_start").filter(revised).max().alias("last_revised_period"),
    ).with_columns(_share().alias("revised_pct"))
    return detail, summary


def _cells_compared(
    table: Table, measure: str, before: pl.DataFrame, after: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per cell of either release, marked changed, appeared, vanished or added."""
    period = _period(table.column(table.period or ""))
    joined = (
        _cells(before, table, measure, "before")
        .join(_cells(after, table, measure, "after"), on=table.key, how="full", coalesce=True)
        .with_columns(period.alias("period_start"))
    )
    known = before.select(period.alias("p")).get_column("p")
    covered = pl.col("period_start").is_between(known.min(), known.max())
    covered = covered.fill_null(value=False)  # nothing was covered by a table without rows
    open_ = pl.col("period_start").is_in(_open_periods(before, table, period))
    was, now = pl.col("__before").is_not_null(), pl.col("__after").is_not_null()
    differs = pl.col("before").ne_missing(pl.col("after"))
    difference = pl.col("after").fill_null(0) - pl.col("before").fill_null(0)
    return joined.with_columns(
        (was & now & differs & ~open_).alias("changed"),
        (~was & now & covered & ~open_).alias("appeared"),
        (was & ~now & ~open_).alias("vanished"),
        (~was & now & ~covered).alias("added"),
        (was & now & ~open_).alias("compared"),
        (open_ & (differs | (was != now))).alias("completed"),
        difference.alias("difference"),
    )


def _open_periods(frame: pl.DataFrame, table: Table, period: pl.Expr) -> list[date]:
    """Return the periods that a release marks incomplete; none where its table has no mark."""
    if table.partial is None or table.partial not in frame.columns:
        return []
    rows = frame.filter(pl.col(table.partial))
    return rows.select(period.alias("period")).get_column("period").unique().to_list()


def _share() -> pl.Expr:
    """Return the share of settled cells, printed by at least one of two releases, that differ."""
    revised = pl.col("changed") + pl.col("appeared") + pl.col("vanished")
    cells = pl.col("compared") + pl.col("appeared") + pl.col("vanished")
    return pl.when(cells > 0).then(100.0 * revised / cells).otherwise(0.0)


def _cells(frame: pl.DataFrame, table: Table, measure: str, name: str) -> pl.DataFrame:
    return frame.select(
        *table.key, pl.col(measure).alias(name), pl.lit(value=True).alias(f"__{name}")
    )


def _period(column: Column) -> pl.Expr:
    """Return the period as a date: a year is its first of January."""
    period = pl.col(column.name)
    return period if column.dtype == "date" else pl.date(period, 1, 1)
