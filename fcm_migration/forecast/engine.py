"""One pool from its history to forecasts at any set of origins, and what would be published.

At every origin each member forecasts with what was known then; which one is published is decided,
stretch of horizons by stretch of horizons, by the pool's own earlier forecasts whose targets had
been observed by that origin. Nothing looks ahead: a pool cut at the origin gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fcm_migration.forecast.calibrated import Calibrated
from fcm_migration.forecast.fits import SHORTEST, Fit, Job, fit_all
from fcm_migration.forecast.panel import Pool
from fcm_migration.forecast.pooled import Pooled
from fcm_migration.forecast.scoring import wis
from fcm_migration.forecast.settings import BANDS, FITTED, SEASON, Z_SCORES, Settings

Floats = NDArray[np.float64]
Report = Callable[[str], None]
SIMPLE = ("naive", "seasonal_naive")
AVERAGES = {
    "naive_seasonal": ("naive", "seasonal_naive"),
    "naive_ets": ("naive", "damped_ets"),
    "naive_ets_pooled": ("naive", "damped_ets", "pooled"),
}
MODELS = (*SIMPLE, *FITTED, "pooled", *AVERAGES)
DENSE_MONTHS, DENSE_MEAN, DENSE_ZEROS = 36, 20.0, 0.2
SPARSE_MEAN, SPARSE_ZEROS = 5.0, 0.4


@dataclass(frozen=True)
class Choice:
    """What is published for one stretch of horizons at one origin, and why."""

    model: str
    reason: str


@dataclass
class PoolRun:
    """Forecasts of one pool.

    Attributes:
        pool: the pool.
        rows: the origin rows computed, rising.
        values: by model, origins x series x horizon x quantiles, in counts; NaN where a model does
            not apply.
        losses: WIS of ``values``, NaN where the target is not observed.
        fitted: origins x series, True where fitted members apply (dense and short series).
        failures: fits replaced by naive, by series.
    """

    pool: Pool
    rows: tuple[int, ...]
    values: dict[str, Floats]
    losses: dict[str, Floats]
    fitted: NDArray[np.bool_]
    failures: NDArray[np.int64]
    settings: Settings

    def choose(self, row: int) -> list[Choice]:
        """What is published at an origin, for each of BANDS, by earlier origins alone."""
        return [self._choose(row, low, high) for low, high in BANDS]

    def _choose(self, row: int, low: int, high: int) -> Choice:
        ratios = {model: self._log_ratio(model, row, low, high) for model in MODELS[1:]}
        origins = max((count for _, count in ratios.values()), default=0)
        if not origins:
            return Choice("naive", "naive: no earlier forecast of this pool has been judged yet")
        # a model that stood in as naive throughout (its ratio is 1 exactly) has nothing to say
        known = {m: r for m, (r, count) in ratios.items() if count and r != 0.0}
        if not known:
            return Choice("naive", "naive: no other model could be estimated")
        passing = {model: r for model, r in known.items() if r < np.log(self._gate(model))}
        best = min(passing or known, key=lambda model: known[model])
        figure = f"relative WIS {np.exp(known[best]):.2f} over {origins} earlier origins"
        if not passing:
            return Choice("naive", f"naive: nothing clearly beat it (best: {best}, {figure})")
        return Choice(best, f"{best}: {figure} of this pool, calibrated naive being 1")

    def _gate(self, model: str) -> float:
        average = model in AVERAGES
        return self.settings.gate_average if average else self.settings.gate_single

    def _log_ratio(self, model: str, row: int, low: int, high: int) -> tuple[float, int]:
        """Mean log ratio of a model's WIS to naive's over judged origins, and their number."""
        parts, origins = [], 0
        for step in range(low, min(high, self.losses[model].shape[2]) + 1):
            judged = [
                i
                for i, r in enumerate(self.rows)
                if row - step - self.settings.judged < r <= row - step
            ]
            mine = self.losses[model][judged, :, step - 1]
            base = self.losses["naive"][judged, :, step - 1]
            both = np.isfinite(mine) & np.isfinite(base) & self.fitted[judged]
            used = both.any(axis=0)
            if not used.any():
                continue
            own = np.where(both, mine, 0).sum(axis=0)[used] / both.sum(axis=0)[used]
            other = np.where(both, base, 0).sum(axis=0)[used] / both.sum(axis=0)[used]
            # half a grid step, so that a series without error does not decide alone
            half = self.pool.grid[used] / 2
            parts.append(np.log((own + half) / (other + half)).mean())
            origins = max(origins, len(judged))
        return (float(np.mean(parts)), origins) if parts else (0.0, 0)

    def published(self, row: int) -> tuple[Floats, list[list[str]]]:
        """Published values (series x horizon x quantiles) and their models (series x band)."""
        index = self.rows.index(row)
        choices = self.choose(row)
        values = self.values["naive"][index].copy()
        models = [["naive"] * len(BANDS) for _ in self.pool.series]
        for band, ((low, high), choice) in enumerate(zip(BANDS, choices, strict=True)):
            chosen = self.values[choice.model][index][:, low - 1 : high]
            # a series without a year of its own has no value of a year before: it stays naive
            where = self.fitted[index] & np.isfinite(chosen).all(axis=(1, 2))
            values[where, low - 1 : high] = chosen[where]
            for series in np.flatnonzero(where):
                models[series][band] = choice.model
        return values, models


def run_pool(
    pool: Pool,
    rows: Sequence[int],
    horizon: int,
    settings: Settings,
    report: Report | None = None,
) -> PoolRun:
    """Forecast a pool at the given origin rows and at the earlier ones that judge them."""
    earliest = max(SHORTEST - 1, min(rows) - settings.judged - horizon + 1)
    every = tuple(sorted({*rows, *range(earliest, max(rows) + 1)}))
    dense = np.array([fits_apply(pool, row) for row in every])
    calibrated = Calibrated(pool, horizon, settings)
    logs = {model: _every(partial(calibrated.quantiles, model), every, horizon) for model in SIMPLE}
    fitted, failures = _fitted(pool, every, dense, horizon, settings, report)
    applies = dense[:, :, None, None]
    fitted["pooled"] = np.where(
        applies, _every(Pooled(pool, settings).quantiles, every, horizon), np.nan
    )
    for model, made in fitted.items():
        logs[model] = np.where(np.isnan(made) & applies, logs["naive"], made)
    for model, parts in AVERAGES.items():
        logs[model] = np.mean([logs[part] for part in parts], axis=0)
    ceiling = _ceilings(pool, every, calibrated.scale, horizon)
    values = {model: _to_counts(logs[model], ceiling, pool.grid) for model in MODELS}
    losses = {model: _losses(pool, every, values[model]) for model in MODELS}
    return PoolRun(pool, every, values, losses, dense, failures, settings)


def fits_apply(pool: Pool, row: int) -> NDArray[np.bool_]:
    """Which series are dense or short enough at a row for fitted members, by the past alone."""
    return np.array([name in ("dense", "short") for name in classes(pool, row)])


def classes(pool: Pool, row: int) -> list[str]:
    """Class of every series at a row: dense, short, sparse or too_short."""
    found = []
    for column in range(len(pool.series)):
        past = pool.values[: row + 1, column]
        past = past[~np.isnan(past)]
        recent = past[-DENSE_MONTHS:]
        mean = past[-2 * SEASON :].mean() if len(past) else 0.0
        zeros = float((recent == 0).mean()) if len(recent) else 1.0
        if len(past) < SHORTEST:
            found.append("too_short")
        elif mean < SPARSE_MEAN or zeros >= SPARSE_ZEROS:
            found.append("sparse")
        elif mean >= DENSE_MEAN and zeros < DENSE_ZEROS:
            found.append("dense" if len(past) >= DENSE_MONTHS else "short")
        else:
            found.append("sparse")
    return found


def _every(quantiles: Callable[[int, int], Floats], rows: Sequence[int], horizon: int) -> Floats:
    """Quantiles of every row and step: rows x series x horizon x QUANTILES."""
    steps = range(1, horizon + 1)
    return np.stack([np.stack([quantiles(row, step) for step in steps], 1) for row in rows])


def _fitted(
    pool: Pool,
    rows: Sequence[int],
    dense: NDArray[np.bool_],
    horizon: int,
    settings: Settings,
    report: Report | None,
) -> tuple[dict[str, Floats], NDArray[np.int64]]:
    """Quantiles (log scale) of the fitted members; NaN where they do not apply or failed."""
    shape = (len(rows), len(pool.series), horizon, len(Z_SCORES))
    logs = {model: np.full(shape, np.nan) for model in FITTED}
    failures = np.zeros(len(pool.series), dtype=np.int64)
    columns = [c for c in range(len(pool.series)) if dense[:, c].any()]
    jobs = [_job(pool, c, [r for r, d in zip(rows, dense[:, c], strict=True) if d], horizon,
                 settings) for c in columns]  # fmt: skip
    for column, fit in zip(columns, fit_all(jobs, settings, report), strict=True):
        where = np.flatnonzero(dense[:, column])
        failures[column] = fit.failed
        for model in FITTED:
            logs[model][where, column] = _normal(fit, model)
    return logs, failures


def _normal(fit: Fit, model: str) -> Floats:
    spread: Floats = fit.mean[model][..., None] + fit.sd[model][..., None] * np.array(Z_SCORES)
    return spread


def _job(pool: Pool, column: int, origins: Sequence[int], horizon: int, settings: Settings) -> Job:
    z = pool.filled()[:, column]
    first = int(np.flatnonzero(~np.isnan(z))[0])
    start = pool.months[first]
    last = max(origins)
    return Job(
        np.ascontiguousarray(z[first : last + 1]),
        tuple(row - first for row in origins),
        start.year * 12 + start.month - 1,
        horizon,
        settings.window,
        settings.refit_every,
    )


def _ceilings(pool: Pool, rows: Sequence[int], scale: Floats, horizon: int) -> Floats:
    """No quantile (log scale) above the highest value so far times exp(3 sigma sqrt(h))."""
    highest = np.maximum.accumulate(np.nan_to_num(np.log1p(pool.values)), axis=0)
    steps = np.sqrt(np.arange(1, horizon + 1))
    return np.stack([highest[r][:, None] + 3.0 * scale[r][:, None] * steps for r in rows])


def _to_counts(logs: Floats, ceiling: Floats, grid: Floats) -> Floats:
    """Quantiles in counts: capped, never negative, on the publisher's grid, never crossing."""
    step = grid[None, :, None, None]
    counts = np.expm1(np.minimum(logs, ceiling[..., None]))
    snapped = np.maximum(np.round(counts / step), 0.0) * step
    ordered: Floats = np.maximum.accumulate(snapped, axis=-1)
    return ordered


def _losses(pool: Pool, rows: Sequence[int], values: Floats) -> Floats:
    observed = targets(pool, rows, values.shape[2])
    return wis(observed, values)


def targets(pool: Pool, rows: Sequence[int], horizon: int) -> Floats:
    """Observed counts (origins x series x horizon); NaN where not (yet) observed."""
    padded = np.vstack([pool.values, np.full((horizon, pool.values.shape[1]), np.nan)])
    return np.stack([padded[row + 1 : row + 1 + horizon].T for row in rows])
