"""Until when a figure is likely to be revised: measured on the releases held here, or declared.

Measured where two releases of a source can be compared: at every age of a figure, the share that
differs from today's. Declared where they cannot: for some months after publication, for series
whose reviewed entry says that the publisher revises them (a standing rule of kind ``partial``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from fcm_migration.periods import DAYS_OF_MONTH, period_end
from fcm_migration.trends.watch.settings import REVISED


def measured_window(past: Iterable[tuple[date, pl.DataFrame]], newest: pl.DataFrame) -> int | None:
    """Return the age in days up to which most figures of a source were revised later.

    Figures are put in classes of their age in months when a release printed them. The window ends
    before the first class in which a smaller share than REVISED.share differs from the newest
    release.

    Args:
        past: day and watched panel of each release of the source but the newest.
        newest: its newest watched panel.

    Returns:
        days from a period's end; 0 where even the youngest are seldom revised, None where fewer
        than REVISED.fewest figures can be compared.
    """
    parts = [_compared(day, panel, newest) for day, panel in past]
    if not parts:
        return None
    classes = (
        pl.concat(parts)
        .group_by("age")
        .agg(pl.len().alias("figures"), pl.col("changed").mean().alias("share"))
        .filter((pl.col("figures") >= REVISED.fewest) & (pl.col("age") >= 0))
        .sort("age")
    )
    if classes.is_empty():
        return None
    months = 0
    for age, share in classes.select("age", "share").iter_rows():
        if share < REVISED.share:
            break
        months = age + 1
    return round(months * DAYS_OF_MONTH)


def _compared(day: date, panel: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Return age in months and whether it was changed, of each figure of a release."""
    keys = ["series_id", "period_start"]
    own = panel.filter(~pl.col("is_total")).select(*keys, "frequency", "value")
    now = newest.filter(~pl.col("is_total")).select(*keys, now="value")
    both = own.join(now, on=keys).drop_nulls(["value", "now"])
    age = (pl.lit(day) - period_end()).dt.total_days() / DAYS_OF_MONTH
    return both.filter((pl.col("value") > 0) | (pl.col("now") > 0)).select(
        age.floor().cast(pl.Int64).alias("age"), (pl.col("value") != pl.col("now")).alias("changed")
    )


def with_revised_until(
    rows: pl.DataFrame, breaks: pl.DataFrame, windows: Mapping[str, int | None]
) -> pl.DataFrame:
    """Add revised_until to alerts: the last day on which a revision is likely, null for none.

    Args:
        rows: alerts with public_from.
        breaks: rows of ``meta.series_breaks``.
        windows: days from a period's end by source, from :func:`measured_window`.
    """
    known = {name: days for name, days in windows.items() if days is not None}
    standing = (
        breaks.filter((pl.col("break_kind") == "partial") & pl.col("break_first_date").is_null())
        .get_column("series_id")
        .unique()
    )
    days = pl.col("source_id").replace_strict(known, default=None, return_dtype=pl.Int64)
    measured = pl.when(days > 0).then(period_end("period") + pl.duration(days=days))
    declared = pl.when(pl.col("series_id").is_in(standing.implode())).then(
        pl.col("public_from").dt.offset_by(f"{REVISED.declared_months}mo")
    )
    until = pl.when(days.is_not_null()).then(measured).otherwise(declared)
    return rows.with_columns(until.cast(pl.Date).alias("revised_until"))
