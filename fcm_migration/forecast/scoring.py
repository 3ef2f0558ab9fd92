"""Scores of quantile forecasts: weighted interval score, absolute error, coverage."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.forecast.settings import QUANTILES, SEASON

Floats = NDArray[np.float64]
MEDIAN = 3  # its place in QUANTILES


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
    import scoringrules

    losses = scoringrules.quantile_score(observed[..., None], quantiles, np.array(QUANTILES))
    score: Floats = 2.0 * np.mean(losses, axis=-1)
    return score


def scores(backtest: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Summarise a backtest by series, model and horizon.

    Args:
        backtest: series_id, origin, horizon, model, quantile, value, observed.
        history: series_id, period_start, value; for MASE's scale, the mean absolute change over a
            year before the first origin (Hyndman and Koehler 2006).

    Returns:
        series_id, scored_model, horizon, origins, wis, relative_wis (to naive), mae, mase and
        coverage_50, coverage_80, coverage_95.
    """
    seen = backtest.filter(pl.col("observed").is_not_null())
    keys = ["series_id", "model", "horizon", "origin"]
    wide = seen.pivot("quantile", index=[*keys, "observed"], values="value").sort(keys)
    levels = wide.select(str(q) for q in QUANTILES).to_numpy()
    observed = wide.get_column("observed").to_numpy()

    def inside(low: int, high: int) -> Floats:
        return ((observed >= levels[:, low]) & (observed <= levels[:, high])).astype(np.float64)

    cases = wide.select(keys).with_columns(
        wis=wis(observed, levels),
        mae=np.abs(observed - levels[:, MEDIAN]),
        coverage_50=inside(2, 4),
        coverage_80=inside(1, 5),
        coverage_95=inside(0, 6),
    )
    measures = ("wis", "mae", "coverage_50", "coverage_80", "coverage_95")
    means = cases.group_by("series_id", "model", "horizon").agg(
        pl.len().cast(pl.Int64).alias("origins"), *(pl.col(name).mean() for name in measures)
    )
    naive = means.filter(pl.col("model") == "naive").select(
        "series_id", "horizon", pl.col("wis").alias("naive_wis")
    )
    scale = _mase_scale(history, seen)
    joined = means.join(naive, on=["series_id", "horizon"], how="left").join(
        scale, on="series_id", how="left"
    )
    return joined.select(
        "series_id",
        pl.col("model").alias("scored_model"),
        "horizon",
        "origins",
        "wis",
        _ratio("wis", "naive_wis").alias("relative_wis"),
        "mae",
        _ratio("mae", "scale").alias("mase"),
        "coverage_50",
        "coverage_80",
        "coverage_95",
    ).sort("series_id", "scored_model", "horizon")


def _ratio(above: str, below: str) -> pl.Expr:
    return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below))


def _mase_scale(history: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    first = seen.group_by("series_id").agg(pl.col("origin").min().alias("first_origin"))
    change = (pl.col("value") - pl.col("value").shift(SEASON).over("series_id")).abs()
    return (
        history.sort("series_id", "period_start")
        .with_columns(change.alias("change"))
        .join(first, on="series_id")
        .filter(pl.col("period_start") <= pl.col("first_origin"))
        .group_by("series_id")
        .agg(pl.col("change").mean().alias("scale"))
    )
