"""Forecast and backtest a panel: pools in, long frames out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.catalog.derive import empty
from fcm_migration.errors import UsageError
from fcm_migration.forecast import tables
from fcm_migration.forecast.engine import MODELS, Choice, PoolRun, classes, run_pool, targets
from fcm_migration.forecast.panel import Pool, pools
from fcm_migration.forecast.scoring import scores
from fcm_migration.forecast.settings import BANDS, QUANTILES, Settings

Floats = NDArray[np.float64]
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


@dataclass(frozen=True)
class ForecastResult:
    """Frames for ``forecast.quantiles``, ``forecast.scores`` and ``forecast.models``."""

    quantiles: pl.DataFrame
    scores: pl.DataFrame
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
        origins: first days of the origin months.
        horizon: months ahead, up to 24.
        settings: how.
        report: told what is happening.

    Returns:
        series_id, origin, horizon, target_period, model, quantile, value and observed (null where
        the target is not observed yet); every model and ``published``.

    Raises:
        UsageError: no series is observed at any of the origins.
    """
    parts = []
    for pool in pools(panel):
        rows = [pool.months.index(day) for day in origins if day in pool.months]
        alive = _alive(pool, rows)
        if rows and alive.any():
            run = run_pool(pool, rows, horizon, settings, report)
            parts.append(_backtest_frame(run, rows, alive, horizon))
    if not parts:
        raise UsageError(
            "no series is observed at these origins", got=f"{min(origins)} to {max(origins)}"
        )
    return pl.concat(parts).sort("series_id", "model", "origin", "horizon", "quantile")


def forecast(
    panel: pl.DataFrame,
    *,
    horizon: int,
    settings: Settings,
    report: Report | None = None,
) -> ForecastResult:
    """Forecast every series from its last observed month, with its track record.

    A pool without a single figure (every one withheld) has no forecast.
    """
    quantiles, models, tests = [], [], []
    for pool in pools(panel):
        last = pool.last_observed()
        if (last < 0).all():
            continue
        if report:
            report(f"{pool.name}: {len(pool.series)} series")
        newest = int(last.max())
        first_judged = newest - horizon - settings.track_record + 1
        judged = list(range(max(first_judged, 11), newest))
        own = sorted({int(row) for row in last if row >= 0})
        run = run_pool(pool, [*judged, *own], horizon, settings, report)
        quantiles.append(_forecast_frame(run, last, horizon))
        models.append(_model_frame(run, last))
        if judged:
            frame = _backtest_frame(run, judged, _alive(pool, judged), horizon)
            tests.append(_last_origins(frame, settings.track_record))
    history = panel.select("series_id", "period_start", "value")
    return ForecastResult(
        pl.concat(quantiles) if quantiles else empty(tables.QUANTILES),
        scores(pl.concat(tests), history) if tests else empty(tables.SCORES),
        pl.concat(models) if models else empty(tables.MODELS),
    )


def _alive(pool: Pool, rows: Sequence[int]) -> NDArray[np.bool_]:
    """Origins x series: the series has begun and has not ended by that month."""
    seen = ~np.isnan(pool.values)
    begun = np.maximum.accumulate(seen, axis=0)
    ended = ~np.maximum.accumulate(seen[::-1], axis=0)[::-1]
    alive: NDArray[np.bool_] = (begun & ~ended)[list(rows)]
    return alive


def _backtest_frame(
    run: PoolRun, rows: Sequence[int], alive: NDArray[np.bool_], horizon: int
) -> pl.DataFrame:
    index = [run.rows.index(row) for row in rows]
    observed = targets(run.pool, rows, horizon)
    arrays = {model: run.values[model][index] for model in MODELS}
    arrays[PUBLISHED] = np.stack([run.published(row)[0] for row in rows])
    origins = [run.pool.months[row] for row in rows]
    parts = [
        _long(run.pool, origins, model, values, observed, alive) for model, values in arrays.items()
    ]
    return pl.concat(parts)


def _long(
    pool: Pool,
    origins: Sequence[date],
    model: str,
    values: Floats,
    observed: Floats,
    alive: NDArray[np.bool_],
) -> pl.DataFrame:
    """Unroll origins x series x horizon x quantiles; what does not apply is left out."""
    shape = values.shape
    o, s, h, q = np.indices(shape).reshape(4, -1)
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
        pl.col("observed").fill_nan(None), _target().alias("target_period")
    ).select(BACKTEST.names())


def _target() -> pl.Expr:
    return pl.col("origin").dt.offset_by(pl.format("{}mo", pl.col("horizon")))


def _forecast_frame(run: PoolRun, last: NDArray[np.int64], horizon: int) -> pl.DataFrame:
    parts = []
    for row in sorted({int(r) for r in last if r >= 0}):
        mine = (last == row)[None, :]
        index = run.rows.index(row)
        nothing = np.full((1, len(run.pool.series), horizon), np.nan)
        _, models = run.published(row)
        published = pl.DataFrame(
            [
                (series, h, model)
                for series, chosen in zip(run.pool.series, models, strict=True)
                for (low, high), model in zip(BANDS, chosen, strict=True)
                for h in range(low, min(high, horizon) + 1)
            ],
            schema={"series_id": pl.String, "horizon": pl.Int64, "chosen": pl.String},
            orient="row",
        )
        for model in MODELS:
            values = run.values[model][index][None]
            frame = _long(run.pool, [run.pool.months[row]], model, values, nothing, mine)
            parts.append(frame.join(published, on=["series_id", "horizon"], how="left"))
    made = pl.concat(parts)
    return made.select(
        "series_id",
        pl.col("origin").alias("origin_date"),
        "horizon",
        "target_period",
        "model",
        "quantile",
        pl.col("value").cast(pl.Int64),  # on the publisher's grid, so whole
        (pl.col("model") == pl.col("chosen")).alias("is_published"),
    )


def _model_frame(run: PoolRun, last: NDArray[np.int64]) -> pl.DataFrame:
    rows = [
        item
        for row in sorted({int(r) for r in last if r >= 0})
        for item in _model_rows(run, row, np.flatnonzero(last == row))
    ]
    names = (
        "series_id", "horizon_from", "horizon_to", "pool", "series_class", "observations",
        "imputed", "model", "reason", "fallbacks",
    )  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row")


def _model_rows(
    run: PoolRun, row: int, columns: NDArray[np.int64]
) -> Iterable[tuple[str | int, ...]]:
    kinds, choices = classes(run.pool, row), run.choose(row)
    _, models = run.published(row)
    for column in columns:
        past = run.pool.values[: row + 1, column]
        begun = int(np.flatnonzero(~np.isnan(past))[0])
        missing = int(np.isnan(past[begun:]).sum())
        for band, (low, high) in enumerate(BANDS):
            reason = _reason(kinds[column], choices[band], models[column][band])
            yield (
                run.pool.series[column], low, high, run.pool.name, kinds[column],
                int((~np.isnan(past)).sum()), missing, models[column][band], reason,
                int(run.failures[column]),
            )  # fmt: skip


def _reason(kind: str, choice: Choice, published: str) -> str:
    if kind not in ("dense", "short"):
        return f"naive: nothing is fitted to a {kind.replace('_', ' ')} series"
    if published != choice.model:
        return f"naive: too short for {choice.model}, the choice of its pool"
    return choice.reason


def _last_origins(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    """Keep, for each series, model and horizon, the last origins whose target is observed."""
    seen = frame.filter(pl.col("observed").is_not_null())
    rank = pl.col("origin").rank("dense", descending=True).over("series_id", "model", "horizon")
    return seen.filter(rank <= count)
