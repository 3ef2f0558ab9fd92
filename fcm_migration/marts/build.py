"""From core tables to the harmonised ones: flows, then the gapless panel of series.

Pure functions on frames; :mod:`fcm_migration.refresh` reads and writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.columns import SERIES_DIMENSIONS
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.errors import LayoutError
from fcm_migration.marts.countries import resolve
from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.periods import PERIOD_LENGTH
from fcm_migration.sources.base import DRAFT_FLOWS, RELEASED_DRAFT, Source

COVERED_BY = ("source_id", "indicator", "frequency", "period_start")
STEP = {name: PERIOD_LENGTH[name] for name in "MQA"}  # days and weeks stay in flows


@dataclass(frozen=True)
class Harmonised:
    """One source's rows for ``mart.flows`` and the labels nobody has reviewed yet."""

    flows: pl.DataFrame
    unresolved: pl.DataFrame


def harmonise(source: Source, core: Mapping[str, pl.DataFrame], known: pl.DataFrame) -> Harmonised:
    """Return a source's figures under harmonised names, with release and provenance in each row.

    Args:
        source: the source.
        core: its latest core tables, which carry as_of_date, snapshot_id and obtained.
        known: the reviewed aliases of the source's country scheme.

    Raises:
        LayoutError: the source's ``flows`` does not return the schema it promises.
    """
    if source.flows_across_releases:
        draft = _promised(source, source.flows(core), RELEASED_DRAFT)
    else:
        drafts = [_draft(source, part, *release) for release, part in _by_release(core)]
        draft = pl.concat(drafts) if drafts else pl.DataFrame(schema=RELEASED_DRAFT)
    resolved, unresolved = resolve(draft, known)
    resolved = merge_labels(resolved)
    units = pl.DataFrame(
        {"indicator": [i.indicator for i in INDICATORS], "unit": [i.unit for i in INDICATORS]}
    )
    flows = resolved.join(units, on="indicator", how="left").with_columns(
        pl.lit(source.source_id).alias("source_id")
    )
    return Harmonised(
        flows.select(FLOWS.column_names),
        unresolved.select(pl.lit(source.source_id).alias("source_id"), "label", "rows", "closest"),
    )


def merge_labels(resolved: pl.DataFrame) -> pl.DataFrame:
    """Add up figures whose labels stand for one origin ("Unknown" and "Not stated").

    The sum is withheld where any part is, null where a part has no figure, and marked as ours
    (``is_derived``).
    """
    key = [name for name in (*SERIES_DIMENSIONS, "period_start") if name in resolved.columns]
    several = pl.len().over(key) > 1
    twice = resolved.filter(several)
    if twice.is_empty():
        return resolved
    summed = twice.group_by(key, maintain_order=True).agg(
        pl.when(pl.col("value").is_not_null().all()).then(pl.col("value").sum()).alias("value"),
        pl.col("is_suppressed").any(),
        pl.lit(value=True).alias("is_derived"),
        pl.col("is_partial").any(),
        *(
            pl.col(name).first()
            for name in resolved.columns
            if name not in (*key, "value", "is_suppressed", "is_derived", "is_partial")
        ),
    )
    return pl.concat([resolved.filter(~several), summed.select(resolved.columns)])


def _by_release(
    core: Mapping[str, pl.DataFrame],
) -> Iterable[tuple[tuple[object, str, str], dict[str, pl.DataFrame]]]:
    """Yield the rows of each release; there are several only where releases are moving windows."""
    keys = ("as_of_date", "snapshot_id", "obtained")
    releases = pl.concat(frame.select(keys) for frame in core.values()).unique().sort(keys)
    for as_of, snapshot_id, obtained in releases.iter_rows():
        part = {
            name: frame.filter(pl.col("snapshot_id") == snapshot_id) for name, frame in core.items()
        }
        yield (as_of, snapshot_id, obtained), part


def _draft(
    source: Source,
    part: Mapping[str, pl.DataFrame],
    as_of: object,
    snapshot_id: str,
    obtained: str,
) -> pl.DataFrame:
    return _promised(source, source.flows(part), DRAFT_FLOWS).with_columns(
        pl.lit(as_of, dtype=pl.Date).alias("as_of_date"),
        pl.lit(snapshot_id).alias("snapshot_id"),
        pl.lit(obtained).alias("obtained"),
    )


def _promised(source: Source, frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    if frame.schema != schema:
        raise LayoutError(
            "flows() did not return the promised schema",
            where=source.source_id,
            expected=dict(schema),
            got=dict(frame.schema),
        )
    return frame


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


def model_panel(
    series: pl.DataFrame,
    index: pl.DataFrame,
    breaks: pl.DataFrame,
    *,
    modelled: Collection[str],
    crossed: Collection[str],
) -> pl.DataFrame:
    """Return the series that are forecast, one row per series and period.

    Columns: series_id, pool, frequency, period_start, value, rounding (the publisher's step).
    A pool holds the series of one source, indicator and frequency; sources that are context
    (``is_modelled``) have none. Series broken down by two dimensions at once are left out unless
    their source asks for them. Figures that a break makes another quantity (rows of
    ``meta.series_breaks`` with treatment cut) are left out.

    Args:
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
        breaks: rows of ``meta.series_breaks``.
        modelled: sources whose series are forecast (``Source.is_modelled``).
        crossed: those whose series broken down by two dimensions at once are forecast too.
    """
    names = [*modelled, *SPLICE_SOURCES]
    chosen = (
        index.filter(pl.col("frequency").is_in(list(STEP)) & pl.col("source_id").is_in(names))
        .with_columns(
            _depth().alias("depth"),
            pl.concat_str("source_id", "indicator", "frequency", separator="/").alias("pool"),
        )
        .filter((pl.col("depth") <= 1) | pl.col("source_id").is_in(list(crossed)))
    )
    panel = (
        series.drop("frequency")
        .join(chosen.select("series_id", "pool", "frequency", "rounding"), on="series_id")
        .select(
            "series_id",
            "pool",
            "frequency",
            "period_start",
            "value",
            "rounding",
        )
        .sort("series_id", "period_start")
    )
    return without_cuts(panel, breaks)


def modelled(sources: Iterable[Source]) -> dict[str, list[str]]:
    """Return the ids of the sources that are forecast, as :func:`model_panel` takes them."""
    own = [source for source in sources if source.is_modelled]
    return {
        "modelled": sorted(source.source_id for source in own),
        "crossed": sorted(source.source_id for source in own if source.models_crossed),
    }


def _depth() -> pl.Expr:
    """Return the number of dimensions by which a series is broken down."""
    broken = {
        name: (pl.col(name) != whole).cast(pl.Int64)
        for name, whole in (
            ("origin_iso3", "total"),
            ("route", "all"),
            ("place", "all"),
            ("population_group", "all"),
        )
    }
    # a dimension that never varies within a source and indicator (the Channel) breaks nothing down
    varies = pl.col("route").n_unique().over("source_id", "indicator") > 1
    broken["route"] = broken["route"] * varies.cast(pl.Int64)
    return pl.sum_horizontal(broken.values())
