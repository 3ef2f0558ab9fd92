"""The gapless panel of series, made from the harmonised flows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.periods import PERIOD_LENGTH
from fcm_migration.sources.base import Source

COVERED_BY = ("source_id", "indicator", "frequency", "period_start")

STEP = {name: PERIOD_LENGTH[name] for name in "MQA"}  # days and weeks stay in flows


def build_series(flows: pl.DataFrame, zero: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ``mart.series`` and ``mart.series_index`` from ``mart.flows``.

    A series runs from its own first published period. Where the publisher leaves out zero rows it
    runs on to the newest complete period of its source, indicator and frequency, with the absent
    ones as implied zeros (null where the source prints nothing at all for the period: no release
    covers it); elsewhere it ends with its own last period and an absent one is null. Incomplete
    periods are left out.

    Args:
        flows: rows of ``mart.flows``.
        zero: sources whose publishers leave out zero rows (``Source.absent_is_zero``).
    """
    complete = flows.filter(pl.col("frequency").is_in(list(STEP)) & ~pl.col("is_partial"))
    complete = complete.with_columns(
        pl.concat_str(SERIES_DIMENSIONS, separator="/").alias("series_id"),
        pl.col("source_id").is_in(list(zero)).alias("absent_is_zero"),
    )
    spans = _spans(complete)
    observed = complete.select("series_id", "period_start", "value", "is_suppressed")
    covered = complete.select(*COVERED_BY, pl.lit(value=True).alias("__covered")).unique()
    filled = (
        _periods(spans)
        .join(observed, on=("series_id", "period_start"), how="left")
        .join(covered, on=COVERED_BY, how="left")
        .with_columns(pl.col("is_suppressed").is_null().alias("__absent"))
    )
    implied = pl.col("__absent") & pl.col("absent_is_zero") & pl.col("__covered").is_not_null()
    series = filled.with_columns(
        pl.when(implied).then(0).otherwise(pl.col("value")).cast(pl.Int64).alias("value"),
        pl.col("is_suppressed").fill_null(value=False),
        implied.alias("is_implied_zero"),
    )
    return series.select(SERIES.column_names), _index(series, spans)


def absent_is_zero(sources: Iterable[Source]) -> list[str]:
    """Return the ids of the sources whose publishers leave out zero rows."""
    return sorted(source.source_id for source in sources if source.absent_is_zero)


def _spans(complete: pl.DataFrame) -> pl.DataFrame:
    spans = complete.group_by("series_id", *SERIES_DIMENSIONS).agg(
        pl.col("unit").first(),
        pl.col("origin_class").first(),
        pl.col("rounding").max(),
        pl.col("absent_is_zero").first(),
        pl.col("as_of_date").max(),
        pl.col("period_start").min().alias("first_period"),
        pl.col("period_start").max().alias("own_last"),
    )
    newest = pl.col("own_last").max().over("source_id", "indicator", "frequency")
    last = pl.when(pl.col("absent_is_zero")).then(newest).otherwise(pl.col("own_last"))
    return spans.with_columns(last.alias("last_period")).drop("own_last")


def _periods(spans: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for frequency, step in STEP.items():
        part = spans.filter(pl.col("frequency") == frequency)
        ranges = pl.date_ranges("first_period", "last_period", interval=step)
        parts.append(part.with_columns(ranges.alias("period_start")).explode("period_start"))
    return pl.concat(parts)


def _index(series: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    counts = series.group_by("series_id").agg(
        pl.len().cast(pl.Int64).alias("periods"),
        pl.col("is_suppressed").sum().cast(pl.Int64).alias("suppressed"),
        (pl.col("value").is_null() & ~pl.col("is_suppressed"))
        .sum()
        .cast(pl.Int64)
        .alias("missing"),
    )
    # the breaks are counted when the reviewed table is read
    counts = counts.with_columns(pl.lit(0, dtype=pl.Int64).alias("breaks"))
    return spans.join(counts, on="series_id").select(SERIES_INDEX.column_names)


def count_breaks(index: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return the index with each series' number of breaks (rows of ``meta.series_breaks``)."""
    counts = found.group_by("series_id").agg(pl.len().cast(pl.Int64).alias("breaks"))
    return (
        index.drop("breaks")
        .join(counts, on="series_id", how="left")
        .with_columns(pl.col("breaks").fill_null(0))
        .select(SERIES_INDEX.column_names)
    )
