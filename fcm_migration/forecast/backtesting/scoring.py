"""Scores of past forecasts by case, by series, by pool and by origin."""

from __future__ import annotations

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.forecast.scores import (
    COVERAGE_COLUMNS,
    MEDIAN,
    QUANTILE_LEVELS,
    coverage,
    quantile_losses,
)

TAIL = [QUANTILE_LEVELS.index(0.9), QUANTILE_LEVELS.index(0.975)]
MEASURES = ("wis", "mae", "tail")
POOL_KEYS = ("pool", "scored_model", "horizon")
CLASS_KEYS = ("pool", "series_class", "horizon")
ORIGIN_KEYS = ("pool", "origin_date", "horizon")


def scored(cases: pl.DataFrame, quantiles: Floats) -> pl.DataFrame:
    """Return the cases with their scores: wis, mae, tail, squared and COVERAGE_COLUMNS.

    Args:
        cases: one row per forecast, with ``observed``.
        quantiles: cases x QUANTILE_LEVELS, in counts.
    """
    observed = cases.get_column("observed").to_numpy().astype(np.float64)
    losses = quantile_losses(observed, quantiles)
    error = observed - quantiles[:, MEDIAN]
    return cases.with_columns(
        wis=2.0 * losses.mean(axis=-1),
        mae=np.abs(error),
        tail=losses[:, TAIL].mean(axis=-1),
        squared=error**2,
        **coverage(observed, quantiles),
    )


def series_scores(cases: pl.DataFrame, history: pl.DataFrame, season: int) -> pl.DataFrame:
    """Return mean scores by series, model and horizon: rows of ``forecast.scores``.

    Args:
        cases: series_id, scored_model, horizon, origin_date and the columns of :func:`scored`.
        history: series_id, period_start, value; for the scales of MASE (Hyndman and Koehler 2006:
            mean absolute change over a season) and RMSSE (the M5 competition: mean squared change
            over a period), both before the first origin.
        season: periods per year.
    """
    means = cases.group_by("series_id", "scored_model", "horizon").agg(
        pl.len().cast(pl.Int64).alias("origins"),
        pl.col(*MEASURES, "squared", *COVERAGE_COLUMNS).mean(),
    )
    naive = means.filter(pl.col("scored_model") == "naive").select(
        "series_id", "horizon", pl.col("wis").alias("naive_wis"), pl.col("tail").alias("naive_tail")
    )
    first = cases.group_by("series_id").agg(pl.col("origin_date").min())
    joined = means.join(naive, on=["series_id", "horizon"], how="left").join(
        _scales(history, first, season), on="series_id", how="left"
    )
    return joined.select(
        "series_id",
        "scored_model",
        "horizon",
        "origins",
        "wis",
        _ratio("wis", "naive_wis").alias("relative_wis"),
        "mae",
        _ratio("mae", "mase_scale").alias("mase"),
        _ratio("squared", "rmsse_scale").sqrt().alias("rmsse"),
        _ratio("tail", "naive_tail").alias("relative_tail"),
        *COVERAGE_COLUMNS,
    ).sort("series_id", "scored_model", "horizon")


def _ratio(above: str, below: str) -> pl.Expr:
    return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below))


def _scales(history: pl.DataFrame, first: pl.DataFrame, season: int) -> pl.DataFrame:
    """Return the scales of MASE and RMSSE by series, from periods up to its first origin."""

    def change(periods: int) -> pl.Expr:
        return pl.col("value") - pl.col("value").shift(periods).over("series_id")

    return (
        history.sort("series_id", "period_start")
        .with_columns(yearly=change(season).abs(), squares=change(1) ** 2)
        .join(first, on="series_id")
        .filter(pl.col("period_start") <= pl.col("origin_date"))
        .group_by("series_id")
        .agg(
            pl.col("yearly").mean().alias("mase_scale"),
            pl.col("squares").mean().alias("rmsse_scale"),
        )
    )


def pool_scores(cases: pl.DataFrame) -> pl.DataFrame:
    """Return scores by pool, model, horizon and window: rows of ``forecast.pool_scores``.

    Relative scores are geometric means over series relative to naive.

    Args:
        cases: pool, series_id, scored_model, origin_date, horizon, rounding, is_shock and the
            columns of :func:`scored`; dense and short series only.
    """
    windows = {
        "all": pl.lit(value=True),
        "shock": pl.col("is_shock"),
        "calm": ~pl.col("is_shock"),
    }
    parts = [
        _window_scores(cases.filter(chosen)).with_columns(pl.lit(window).alias("window"))
        for window, chosen in windows.items()
    ]
    order = [*POOL_KEYS, "window"]
    relative = [f"relative_{measure}_mean" for measure in MEASURES]
    columns = [*order, "series", "targets", *relative, *COVERAGE_COLUMNS]
    return pl.concat(parts).select(columns).sort(order)


def _window_scores(cases: pl.DataFrame) -> pl.DataFrame:
    """Return series, targets, relative scores and coverage by POOL_KEYS."""
    means = cases.group_by(*POOL_KEYS, "series_id").agg(
        pl.len().cast(pl.Int64).alias("targets"),
        pl.col("rounding").first(),
        pl.col(*MEASURES, *COVERAGE_COLUMNS).mean(),
    )
    naive = means.filter(pl.col("scored_model") == "naive").select(
        "pool", "horizon", "series_id", *(pl.col(m).alias(f"naive_{m}") for m in MEASURES)
    )
    weight = pl.col("targets") / pl.col("targets").sum()
    return (
        means.join(naive, on=["pool", "horizon", "series_id"])
        .sort(*POOL_KEYS, "series_id")  # a sum of floats depends on its order
        .group_by(*POOL_KEYS, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("series"),
            pl.col("targets").sum().alias("all_targets"),
            *(_relative(measure) for measure in MEASURES),
            *((pl.col(name) * weight).sum().clip(0, 1) for name in COVERAGE_COLUMNS),
        )
        .rename({"all_targets": "targets"})
    )


def _relative(measure: str) -> pl.Expr:
    """Return the geometric mean over rows of a score relative to naive (half a step added)."""
    half = pl.col("rounding") / 2
    ratio = (pl.col(measure) + half) / (pl.col(f"naive_{measure}") + half)
    return ratio.log().mean().exp().alias(f"relative_{measure}_mean")


def unfitted_scores(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the published scores of series without a fit: rows of ``forecast.unfitted_scores``.

    Args:
        cases: pool, series_id, scored_model, series_class, origin_date, horizon, is_fitted and the
            columns of :func:`scored`.
    """
    return (
        cases.filter(pl.col("scored_model") == "published", ~pl.col("is_fitted"))
        .sort(*CLASS_KEYS, "series_id", "origin_date")  # a sum of floats depends on its order
        .group_by(CLASS_KEYS, maintain_order=True)
        .agg(
            pl.col("series_id").n_unique().cast(pl.Int64).alias("series"),
            pl.len().cast(pl.Int64).alias("targets"),
            pl.col("wis", *COVERAGE_COLUMNS).mean(),
        )
    )


def origin_scores(cases: pl.DataFrame) -> pl.DataFrame:
    """Return published forecasts' scores by pool, origin and horizon: ``forecast.origin_scores``.

    Args:
        cases: as for :func:`pool_scores`.
    """
    keys = [*ORIGIN_KEYS, "series_id"]
    naive = cases.filter(pl.col("scored_model") == "naive").select(
        *keys, pl.col("wis").alias("naive_wis")
    )
    return (
        cases.filter(pl.col("scored_model") == "published")
        .join(naive, on=keys)
        .sort(keys)
        .group_by(ORIGIN_KEYS, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("series"),
            pl.col("is_shock").any(),
            _relative("wis"),
            pl.col(*COVERAGE_COLUMNS).mean(),
        )
    )
