"""The series that are forecast, in pools of one source, indicator and frequency."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.marts.series import STEP
from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.sources.base import Source


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
        .select("series_id", "pool", "frequency", "period_start", "value", "rounding")
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
