"""Scores of quantile forecasts: weighted interval score, errors of the median, coverage."""

from __future__ import annotations

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.forecast.settings import INTERVALS, MEDIAN, QUANTILES

TAIL = [QUANTILES.index(0.9), QUANTILES.index(0.975)]
MEASURES = ("wis", "mae", "tail")
COVERAGES = tuple(f"coverage_{percent}" for percent, _, _ in INTERVALS)


def losses(observed: Floats, quantiles: Floats) -> Floats:
    """Quantile loss of every level; shape of ``quantiles``, NaN where nothing was observed."""
    import scoringrules

    lost: Floats = scoringrules.quantile_score(observed[..., None], quantiles, np.array(QUANTILES))
    return lost


def wis(observed: Floats, quantiles: Floats) -> Floats:
    """Weighted interval score of the 50, 80 and 95 % intervals and the median.

    (|y - m| / 2 + sum of alpha/2 * IS_alpha) / (K + 1/2): Bracher, Ray, Gneiting and Reich (2021),
    Evaluating epidemic forecasts in an interval format. It is twice the mean quantile loss, and so
    it is computed: the weighted_interval_score of scoringrules 0.10 without numba puts the median
    itself where its distance from the observation belongs.

    Args:
        observed: counts, any shape; NaN where nothing was observed.
        quantiles: the same shape and one more axis for QUANTILES.

    Returns:
        scores in the unit of the counts, NaN where nothing was observed.
    """
    score: Floats = 2.0 * np.mean(losses(observed, quantiles), axis=-1)
    return score


def judged(cases: pl.DataFrame, quantiles: Floats) -> pl.DataFrame:
    """Add each case's scores: wis, mae, tail, squared error and what was inside.

    Args:
        cases: one row per forecast, with ``observed``.
        quantiles: cases x QUANTILES, in counts.
    """
    observed = cases.get_column("observed").to_numpy().astype(np.float64)
    lost = losses(observed, quantiles)
    error = observed - quantiles[:, MEDIAN]
    inside = {
        f"coverage_{percent}": (observed >= quantiles[:, low]) & (observed <= quantiles[:, high])
        for percent, low, high in INTERVALS
    }
    return cases.with_columns(
        wis=2.0 * lost.mean(axis=-1),
        mae=np.abs(error),
        tail=lost[:, TAIL].mean(axis=-1),
        squared=error**2,
        **{name: values.astype(np.float64) for name, values in inside.items()},
    )


def series_scores(cases: pl.DataFrame, history: pl.DataFrame, season: int) -> pl.DataFrame:
    """Scores by series, model and horizon.

    Args:
        cases: series_id, scored_model, horizon, origin_date and what :func:`judged` adds.
        history: series_id, period_start, value; for the scales of MASE (Hyndman and Koehler 2006:
            mean absolute change over a season) and RMSSE (the M5 competition: mean squared change
            over a period), both before the first origin.
        season: periods of a year.
    """
    means = cases.group_by("series_id", "scored_model", "horizon").agg(
        pl.len().cast(pl.Int64).alias("origins"),
        pl.col(*MEASURES, "squared", *COVERAGES).mean(),
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
        *COVERAGES,
    ).sort("series_id", "scored_model", "horizon")


def _ratio(above: str, below: str) -> pl.Expr:
    return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below))


def _scales(history: pl.DataFrame, first: pl.DataFrame, season: int) -> pl.DataFrame:
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
    """Geometric means over series relative to naive, and coverage, by model, horizon and window.

    Args:
        cases: pool, series_id, scored_model, origin_date, horizon, grid, is_shock and what
            :func:`judged` adds; dense and short series only.
    """
    windows = {
        "all": pl.lit(value=True),
        "shock": pl.col("is_shock"),
        "calm": ~pl.col("is_shock"),
    }
    parts = []
    for window, chosen in windows.items():
        keys = ["pool", "scored_model", "horizon"]
        means = (
            cases.filter(chosen)
            .group_by(*keys, "series_id")
            .agg(
                pl.len().cast(pl.Int64).alias("targets"),
                pl.col("grid").first(),
                pl.col(*MEASURES, *COVERAGES).mean(),
            )
        )
        naive = means.filter(pl.col("scored_model") == "naive").select(
            "pool", "horizon", "series_id", *(pl.col(m).alias(f"naive_{m}") for m in MEASURES)
        )
        half = pl.col("grid") / 2
        ratios = [
            ((pl.col(m) + half) / (pl.col(f"naive_{m}") + half)).log().mean().exp()
            .alias(f"relative_{m}_mean")
            for m in MEASURES
        ]  # fmt: skip
        weight = pl.col("targets") / pl.col("targets").sum()
        parts.append(
            means.join(naive, on=["pool", "horizon", "series_id"])
            .sort(*keys, "series_id")  # a sum of floats depends on its order
            .group_by(*keys, maintain_order=True)
            .agg(
                pl.len().cast(pl.Int64).alias("series"),
                pl.col("targets").sum().alias("all_targets"),
                *ratios,
                *((pl.col(name) * weight).sum().clip(0, 1) for name in COVERAGES),
            )
            .select(
                *keys,
                pl.lit(window).alias("window"),
                "series",
                pl.col("all_targets").alias("targets"),
                *(f"relative_{m}_mean" for m in MEASURES),
                *COVERAGES,
            )
        )
    order = ["pool", "scored_model", "horizon", "window"]
    return pl.concat(parts).select(
        *order, "series", "targets", "relative_wis_mean", "relative_mae_mean",
        "relative_tail_mean", *COVERAGES,
    ).sort(order)  # fmt: skip


def origin_scores(cases: pl.DataFrame) -> pl.DataFrame:
    """Score what would have been published at each origin relative to naive, over series.

    Args:
        cases: as for :func:`pool_scores`.
    """
    keys = ["pool", "origin_date", "horizon", "series_id"]
    naive = cases.filter(pl.col("scored_model") == "naive").select(
        *keys, pl.col("wis").alias("naive_wis")
    )
    half = pl.col("grid") / 2
    return (
        cases.filter(pl.col("scored_model") == "published")
        .join(naive, on=keys)
        .sort(keys)
        .group_by(keys[:3], maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("series"),
            pl.col("is_shock").any(),
            ((pl.col("wis") + half) / (pl.col("naive_wis") + half)).log().mean().exp()
            .alias("relative_wis_mean"),
            pl.col(*COVERAGES).mean(),
        )
    )  # fmt: skip
