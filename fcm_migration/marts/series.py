"""The gapless panel of series, made from the harmonised flows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.marts.tables import HELD_SCOPE, SERIES, SERIES_INDEX
from fcm_migration.periods import PERIOD_LENGTH
from fcm_migration.sources.base import Source

BREAKDOWN = "__breakdown"  # by which of these a series is broken down: origin, route, place, group
COVERED_BY = ("source_id", "indicator", "frequency", BREAKDOWN, "period_start")

STEP = {name: PERIOD_LENGTH[name] for name in "MQA"}  # days and weeks stay in flows


def build_series(
    flows: pl.DataFrame, zero: Collection[str], held: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ``mart.series`` and ``mart.series_index`` from ``mart.flows``.

    A series runs from its own first published period. Where the publisher leaves out zero rows it
    runs on to the newest complete period of its source, indicator, frequency and breakdown, with
    the absent ones as implied zeros (null where no release covers the period: the source prints
    nothing for it that is broken down in this way); elsewhere it ends with its own last period and
    an absent one is null. Incomplete periods are left out.

    Where rows are held back under a label nobody has reviewed, an absent origin may be that label:
    its period is null and ``is_held_back``, in the scope (indicator, destination, route, place,
    group, frequency and period) of the label only.

    Args:
        flows: rows of ``mart.flows``.
        zero: sources whose publishers leave out zero rows (``Source.absent_is_zero``).
        held: rows of ``meta.held_back``.
    """
    complete = flows.filter(pl.col("frequency").is_in(list(STEP)) & ~pl.col("is_partial"))
    complete = complete.with_columns(
        pl.concat_str(SERIES_DIMENSIONS, separator="/").alias("series_id"),
        pl.col("source_id").is_in(list(zero)).alias("absent_is_zero"),
        _breakdown(),
    )
    mark = pl.lit(value=True).alias("__held")
    held = held.filter(~pl.col("is_partial")).select(*HELD_SCOPE, "period_start", mark).unique()
    spans = _until_held(_spans(complete), held)
    nothing = pl.col("value").is_null() & ~pl.col("is_suppressed")
    unknown = nothing & pl.col("__held").is_not_null() & (pl.col("origin_class") != "total")
    reported = pl.col("__covered").is_not_null() & ~unknown
    implied = pl.col("__absent") & pl.col("absent_is_zero") & reported
    series = _filled(spans, complete, held).with_columns(
        pl.when(implied).then(0).otherwise(pl.col("value")).cast(pl.Int64).alias("value"),
        implied.alias("is_implied_zero"),
        unknown.alias("is_held_back"),
    )
    return series.select(SERIES.column_names), _index(series, spans)


def _filled(spans: pl.DataFrame, complete: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Return every period of every series, with its figure where there is one.

    ``__absent``: no row; ``__covered``: the source prints figures of this kind for the period;
    ``__held``: rows of its scope are held back.
    """
    observed = complete.select("series_id", "period_start", "value", "is_suppressed")
    covered = complete.select(*COVERED_BY, pl.lit(value=True).alias("__covered")).unique()
    return (
        _periods(spans)
        .join(observed, on=("series_id", "period_start"), how="left")
        .join(covered, on=COVERED_BY, how="left")
        .join(held, on=(*HELD_SCOPE, "period_start"), how="left")
        .with_columns(
            pl.col("is_suppressed").is_null().alias("__absent"),
            pl.col("is_suppressed").fill_null(value=False),
        )
    )


def absent_is_zero(sources: Iterable[Source]) -> list[str]:
    """Return the ids of the sources whose publishers leave out zero rows."""
    return sorted(source.source_id for source in sources if source.absent_is_zero)


def _breakdown() -> pl.Expr:
    wholes = {"origin_iso3": "total", "route": "all", "place": "all", "population_group": "all"}
    parts = [(pl.col(name) != whole).cast(pl.String) for name, whole in wholes.items()]
    return pl.concat_str(parts, separator="/").alias(BREAKDOWN)


def _spans(complete: pl.DataFrame) -> pl.DataFrame:
    spans = complete.group_by("series_id", *SERIES_DIMENSIONS, BREAKDOWN).agg(
        pl.col("unit").first(),
        pl.col("origin_class").first(),
        pl.col("rounding").max(),
        pl.col("absent_is_zero").first(),
        pl.col("as_of_date").max(),
        pl.col("period_start").min().alias("first_period"),
        pl.col("period_start").max().alias("own_last"),
    )
    newest = pl.col("own_last").max().over("source_id", "indicator", "frequency", BREAKDOWN)
    last = pl.when(pl.col("absent_is_zero")).then(newest).otherwise(pl.col("own_last"))
    return spans.with_columns(last.alias("last_period")).drop("own_last")


def _until_held(spans: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Extend a series through the periods after its end in which its figures may be held back."""
    ends = (pl.col("last_period").dt.offset_by(step) for step in STEP.values())
    following = pl.coalesce(
        pl.when(pl.col("frequency") == name).then(end) for name, end in zip(STEP, ends, strict=True)
    )
    for _ in range(held.get_column("period_start").n_unique()):
        longer = spans.with_columns(following.alias("period_start")).join(
            held, on=(*HELD_SCOPE, "period_start"), how="left", maintain_order="left"
        )
        if longer.get_column("__held").null_count() == longer.height:
            break
        goes_on = pl.col("__held").is_not_null() & (pl.col("origin_class") != "total")
        last = pl.when(goes_on).then("period_start").otherwise("last_period")
        spans = longer.with_columns(last.alias("last_period")).drop("period_start", "__held")
    return spans


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
        pl.col("is_held_back").sum().cast(pl.Int64).alias("held_back"),
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
