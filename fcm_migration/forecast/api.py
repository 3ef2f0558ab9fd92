"""Forecast and backtest a panel: pools in, long frames out."""

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
from fcm_migration.forecast.backtest.records import (
    forecast_frame,
    mark_shocks,
    model_frame,
    past_cases,
    target,
)
from fcm_migration.forecast.backtest.scoring import origin_scores, pool_scores, series_scores
from fcm_migration.forecast.models.engine import MODELS, PoolRun, run_pools
from fcm_migration.forecast.panel import Pool, pools
from fcm_migration.forecast.selection.choice import choose, published
from fcm_migration.forecast.settings import LEVELS, QUANTILES, Settings

Report = Callable[[str], None]
PUBLISHED = "published"
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
TRACK = (
    "series_id", "origin_date", "horizon", "target_period", "model", *LEVELS, "observed_value",
    "is_shock",
)  # fmt: skip


@dataclass(frozen=True)
class ForecastResult:
    """Frames for the tables of this schema; ``track`` holds the backtested part of the record."""

    quantiles: pl.DataFrame
    scores: pl.DataFrame
    pool_scores: pl.DataFrame
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
    """Forecast from past origins with what was known then.

    Args:
        panel: the long panel (see the package).
        origins: first days of the origin periods.
        horizon: periods ahead, up to 24.
        settings: how.
        report: told what is happening.

    Returns:
        series_id, origin, horizon, target_period, model, quantile, value and observed (null where
        the target is not observed yet); every model and ``published``.

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
    for run, (pool, rows, _) in zip(run_pools(wanted, settings, report), wanted, strict=True):
        parts += _backtest_frames(run, rows, _alive(pool, rows), settings)
    return pl.concat(parts).sort("series_id", "model", "origin", "horizon", "quantile")


def forecast(
    panel: pl.DataFrame,
    *,
    settings: Settings,
    breaks: pl.DataFrame | None = None,
    report: Report | None = None,
) -> ForecastResult:
    """Forecast every series from its last observed period, with its track record.

    A pool without a single figure (every one withheld) has no forecast.

    Args:
        panel: the long panel (see the package).
        settings: how.
        breaks: rows of ``meta.series_breaks``; windows and splits are scored apart.
        report: told what is happening.
    """
    wanted = []
    for pool in pools(panel):
        last, rhythm = pool.last_observed(), pool.rhythm
        if (last < 0).all():
            continue
        newest = int(last.max())
        first = max(newest - rhythm.horizon - rhythm.track_record + 1, rhythm.season - 1)
        judged = set(range(first, newest))
        own = {int(row) for row in last if row >= 0}
        wanted.append((pool, sorted(judged | own), rhythm.horizon))
    parts: dict[str, list[pl.DataFrame]] = {
        "quantiles": [empty(tables.QUANTILES)],
        "scores": [empty(tables.SCORES)],
        "pool_scores": [empty(tables.POOL_SCORES)],
        "origin_scores": [empty(tables.ORIGIN_SCORES)],
        "models": [empty(tables.MODELS)],
    }
    tracks = []
    for run, (pool, rows, _) in zip(run_pools(wanted, settings, report), wanted, strict=True):
        last = pool.last_observed()
        choices = {row: choose(run, row, settings) for row in rows}
        made = {row: published(run, row, choice) for row, choice in choices.items()}
        parts["quantiles"].append(forecast_frame(run, last, choices, made))
        parts["models"].append(model_frame(run, last, choices))
        cases = past_cases(run, choices, made, _alive(pool, rows))
        cases = mark_shocks(last_origins(cases, pool.rhythm.track_record), breaks)
        history = panel.filter(pl.col("pool") == pool.name)
        parts["scores"].append(series_scores(cases, history, pool.rhythm.season))
        dense = cases.filter(pl.col("is_fitted"))
        parts["pool_scores"].append(pool_scores(dense))
        parts["origin_scores"].append(origin_scores(dense))
        published_cases = cases.filter(pl.col("scored_model") == PUBLISHED)
        tracks.append(published_cases.rename({"observed": "observed_value"}).select(TRACK))
    track = pl.concat(tracks) if tracks else pl.DataFrame(schema=dict.fromkeys(TRACK, pl.Int64))
    return ForecastResult(
        track=track, **{name: pl.concat(frames) for name, frames in parts.items()}
    )


def _alive(pool: Pool, rows: Sequence[int]) -> Bools:
    """Origins x series: the series has begun and has not ended by that period."""
    seen = ~np.isnan(pool.values)
    begun = np.maximum.accumulate(seen, axis=0)
    ended = ~np.maximum.accumulate(seen[::-1], axis=0)[::-1]
    alive: Bools = (begun & ~ended)[list(rows)]
    return alive


def _backtest_frames(
    run: PoolRun, rows: Sequence[int], alive: Bools, settings: Settings
) -> list[pl.DataFrame]:
    index = [run.rows.index(row) for row in rows]
    arrays = {model: run.counts(run.logs[model][index], index) for model in MODELS}
    arrays[PUBLISHED] = np.stack([published(run, row, choose(run, row, settings)) for row in rows])
    origins = [run.pool.periods[row] for row in rows]
    return [
        _long(run.pool, origins, model, values, run.observed[index], alive)
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
    """Unroll origins x series x horizon x quantiles; what does not apply is left out."""
    o, s, h, q = np.indices(values.shape).reshape(4, -1)
    keep = np.isfinite(values.ravel()) & alive[o, s]
    o, s, h, q = o[keep], s[keep], h[keep], q[keep]
    frame = pl.DataFrame(
        {
            "series_id": pl.Series(pool.series, dtype=pl.String).gather(s),
            "origin": pl.Series(list(origins), dtype=pl.Date).gather(o),
            "horizon": (h + 1).astype(np.int64),
            "model": pl.repeat(model, len(o), dtype=pl.String, eager=True),
            "quantile": np.array(QUANTILES)[q],
            "value": values.ravel()[keep],
            "observed": observed[o, s, h],
        }
    )
    return frame.with_columns(
        pl.col("observed").fill_nan(None),
        target(pool.frequency, "origin").alias("target_period"),
    ).select(BACKTEST.names())


def last_origins(cases: pl.DataFrame, count: int) -> pl.DataFrame:
    """Keep the last origins of each series and horizon, the same ones for every model.

    A model that began to apply late has fewer of them, not older ones than naive is scored on.
    """
    rank = pl.col("origin_date").rank("dense", descending=True).over("series_id", "horizon")
    return cases.filter(rank <= count)
