"""Forecasts and backtests of a panel, as long frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Bools, Floats
from fcm_migration.catalog.derive import empty
from fcm_migration.errors import UsageError
from fcm_migration.forecast import tables
from fcm_migration.forecast.backtesting.records import (
    PUBLISHED,
    forecast_frame,
    mark_shocks,
    model_frame,
    past_cases,
    target,
)
from fcm_migration.forecast.backtesting.scoring import (
    origin_scores,
    pool_scores,
    series_scores,
    unfitted_scores,
)
from fcm_migration.forecast.composition import MODELS as COMPOSITION
from fcm_migration.forecast.models.engine import MODELS, PoolRun, run_pools
from fcm_migration.forecast.panel import Pool, pools
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.selection.published import published
from fcm_migration.forecast.settings import Settings

Report = Callable[[str], None]
BACKTEST = pl.Schema(
    {
        "series_id": pl.String(),
        "origin": pl.Date(),
        "horizon": pl.Int64(),
        "target_period": pl.Date(),
        "model": pl.String(),
        "quantile": pl.Float64(),
        "value": pl.Float64(),
        "observed": pl.Float64(),
    }
)
# fields of ForecastResult, track aside
RESULT_TABLES = {
    "quantiles": tables.QUANTILES,
    "scores": tables.SCORES,
    "pool_scores": tables.POOL_SCORES,
    "unfitted_scores": tables.UNFITTED_SCORES,
    "origin_scores": tables.ORIGIN_SCORES,
    "models": COMPOSITION,
}
TRACK = (
    "series_id", "origin_date", "horizon", "target_period", "model", *LEVEL_COLUMNS,
    "observed_value", "is_shock",
)  # fmt: skip


@dataclass(frozen=True)
class ForecastResult:
    """Frames for the tables of this schema; ``track`` is the backtested part of the record."""

    quantiles: pl.DataFrame
    scores: pl.DataFrame
    pool_scores: pl.DataFrame
    unfitted_scores: pl.DataFrame
    origin_scores: pl.DataFrame
    track: pl.DataFrame
    models: pl.DataFrame


def backtest(
    panel: pl.DataFrame,
    *,
    origins: Sequence[date],
    horizon: int,
    settings: Settings,
    report: Report | None = None,
) -> pl.DataFrame:
    """Return forecasts of every model from past origins, made from data up to each origin.

    Args:
        panel: the long panel (see the package).
        origins: first days of the origin periods.
        horizon: periods ahead, up to 24.
        settings: how forecasts are made.
        report: called with progress messages.

    Returns:
        series_id, origin, horizon, target_period, model, quantile, value and observed (null where
        the target is not observed yet); for every model and ``published``.

    Raises:
        UsageError: no series is observed at any of the origins.
    """
    wanted = []
    for pool in pools(panel):
        rows = [pool.periods.index(day) for day in origins if day in pool.periods]
        if rows and _alive(pool, rows).any():
            wanted.append((pool, rows, horizon))
    if not wanted:
        raise UsageError(
            "no series is observed at these origins", got=f"{min(origins)} to {max(origins)}"
        )
    parts = []
    for run, (_, rows, _) in zip(run_pools(wanted, settings, report), wanted, strict=True):
        parts += _backtest_frames(run, rows, horizon, settings)
    return pl.concat(parts).sort("series_id", "model", "origin", "horizon", "quantile")


def forecast(
    panel: pl.DataFrame,
    *,
    settings: Settings,
    breaks: pl.DataFrame | None = None,
    report: Report | None = None,
) -> ForecastResult:
    """Return forecasts of every series from its last observed period, and their track record.

    A pool without any figure has no forecast.

    Args:
        panel: the long panel (see the package).
        settings: how forecasts are made.
        breaks: rows of ``meta.series_breaks``; targets in windows or splits are scored separately.
        report: called with progress messages.
    """
    wanted = [item for pool in pools(panel) if (item := _origins(pool))]
    parts: dict[str, list[pl.DataFrame]] = {
        name: [empty(table)] for name, table in RESULT_TABLES.items()
    }
    tracks = []
    for run, (pool, rows, _) in zip(run_pools(wanted, settings, report), wanted, strict=True):
        last = pool.last_observed()
        made = published(run, rows, settings)
        parts["quantiles"].append(forecast_frame(run, last, made))
        parts["models"].append(model_frame(run, last, made))
        cases = past_cases(run, made, _alive(pool, rows))
        cases = mark_shocks(last_origins(cases, pool.spec.track_record), breaks)
        history = panel.filter(pl.col("pool") == pool.name)
        parts["scores"].append(series_scores(cases, history, pool.spec.season))
        dense = cases.filter(pl.col("is_fitted"))
        parts["pool_scores"].append(pool_scores(dense))
        parts["unfitted_scores"].append(unfitted_scores(cases))
        parts["origin_scores"].append(origin_scores(dense))
        published_cases = cases.filter(pl.col("scored_model") == PUBLISHED)
        tracks.append(published_cases.rename({"observed": "observed_value"}).select(TRACK))
    track = pl.concat(tracks) if tracks else pl.DataFrame(schema=dict.fromkeys(TRACK, pl.Int64))
    return ForecastResult(track=track, **{name: pl.concat(part) for name, part in parts.items()})


def _origins(pool: Pool) -> tuple[Pool, list[int], int] | None:
    """Return the origin rows of a pool and its horizon; None where every figure is withheld.

    Origins are the last observed row of each series and the earlier ones that are scored.
    """
    last, spec = pool.last_observed(), pool.spec
    if (last < 0).all():
        return None
    newest = int(last.max())
    first = max(newest - spec.horizon - spec.track_record + 1, spec.season - 1)
    own = {int(row) for row in last if row >= 0}
    return pool, sorted(set(range(first, newest)) | own), spec.horizon


def _alive(pool: Pool, rows: Sequence[int]) -> Bools:
    """Return origins x series, True where the series has begun and not ended by that period."""
    seen = ~np.isnan(pool.values)
    begun = np.maximum.accumulate(seen, axis=0)
    ended = ~np.maximum.accumulate(seen[::-1], axis=0)[::-1]
    alive: Bools = (begun & ~ended)[list(rows)]
    return alive


def _backtest_frames(
    run: PoolRun, rows: Sequence[int], horizon: int, settings: Settings
) -> list[pl.DataFrame]:
    index = [run.rows.index(row) for row in rows]
    arrays = {model: run.counts(run.logs[model][index], index) for model in MODELS}
    made = published(run, rows, settings)
    arrays[PUBLISHED] = np.stack([made[row].counts for row in rows])
    origins, alive = [run.pool.periods[row] for row in rows], _alive(run.pool, rows)
    return [
        _long(run.pool, origins, model, values[:, :, :horizon], run.observed[index], alive)
        for model, values in arrays.items()
    ]


def _long(
    pool: Pool,
    origins: Sequence[date],
    model: str,
    values: Floats,
    observed: Floats,
    alive: Bools,
) -> pl.DataFrame:
    """Return the long frame of origins x series x horizon x quantiles, without missing ones."""
    o, s, h, q = np.indices(values.shape).reshape(4, -1)
    keep = np.isfinite(values.ravel()) & alive[o, s]
    o, s, h, q = o[keep], s[keep], h[keep], q[keep]
    frame = pl.DataFrame(
        {
            "series_id": pl.Series(pool.series, dtype=pl.String).gather(s),
            "origin": pl.Series(list(origins), dtype=pl.Date).gather(o),
            "horizon": (h + 1).astype(np.int64),
            "model": pl.repeat(model, len(o), dtype=pl.String, eager=True),
            "quantile": np.array(QUANTILE_LEVELS)[q],
            "value": values.ravel()[keep],
            "observed": observed[o, s, h],
        }
    )
    return frame.with_columns(
        pl.col("observed").fill_nan(None),
        target(pool.frequency, "origin").alias("target_period"),
    ).select(BACKTEST.names())


def last_origins(cases: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return the cases of the last origins of each series and horizon, the same for every model.

    A model that began to apply late has fewer origins, never older ones than naive is scored on.
    """
    rank = pl.col("origin_date").rank("dense", descending=True).over("series_id", "horizon")
    return cases.filter(rank <= count)
