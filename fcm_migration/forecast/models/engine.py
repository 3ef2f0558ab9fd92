"""Forecasts of every model for whole pools at any set of forecast origins.

At every origin each model uses only what was known then: a panel cut at the origin gives the same
bytes. The fits of all pools are planned first, so that they run in parallel and none is made twice;
the rest is arithmetic on whole pools.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.forecast.models import seasonal_level, smoothing
from fcm_migration.forecast.models.calibrated import Calibrated
from fcm_migration.forecast.models.fits import (
    FITS,
    fit_row,
    pooled_task,
    smoothing_start,
    smoothing_tasks,
    unpack,
)
from fcm_migration.forecast.models.pooled import Design, location_quantiles, quantile_quantiles
from fcm_migration.forecast.models.solving import solve
from fcm_migration.forecast.models.tasks import Task
from fcm_migration.forecast.panel import Pool, means
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS, Z_SCORES, wis
from fcm_migration.forecast.settings import FEWEST, Settings

Report = Callable[[str], None]
SIMPLE = ("naive", "seasonal_naive")
FITTED = (smoothing.MODEL, "pooled", "pooled_quantiles")
# weights of an average on the log scale, quantile by quantile
BLEND = {"pooled": 0.3, "pooled_quantiles": 0.5, "ses": 0.1, "naive": 0.1}
SEASONAL = ("seasonal_level", "seasonal_blend")
MODELS = (*SIMPLE, *FITTED, "blend", *SEASONAL)
SPARSE_MEAN = 10.0  # a series with a lower mean of two years is sparse, and nothing is fitted
ROOM = 0.5  # log; how far quantiles may rise above their ceiling
CYCLES = 3  # years of history that make a series dense


@dataclass(frozen=True)
class PoolRun:
    """Forecasts of one pool by every model.

    Attributes:
        pool: the pool.
        rows: the origin rows, rising.
        horizon: periods ahead; at least those of the frequency.
        logs: by model, origins x series x horizon x quantiles, on the log1p scale; NaN where a
            model does not apply.
        ceiling: highest log value a quantile may take, origins x series x horizon.
        observed: observed counts (origins x series x horizon); NaN where not (yet) observed.
        losses: WIS of each model in counts (origins x series x horizon), NaN where the target is
            not observed.
        regressed: origins x horizon, True where the pooled regressions could be estimated.
        fitted: origins x series, True where fitted models apply (dense and short series).
        failures: fits replaced by naive, by series.
        evidence: share of the season explained out of sample, origins x series; NaN where unknown.
    """

    pool: Pool
    rows: tuple[int, ...]
    horizon: int
    logs: dict[str, Floats]
    ceiling: Floats
    observed: Floats
    losses: dict[str, Floats]
    regressed: Bools
    fitted: Bools
    failures: Ints
    evidence: Floats

    def counts(self, logs: Floats, index: int | Sequence[int], step: int | None = None) -> Floats:
        """Return quantiles in counts at one origin or several, of all horizons or one ``step``."""
        ceiling = self.ceiling[index]
        if step is not None:
            ceiling = ceiling[..., step - 1 : step]
        return to_counts(logs, ceiling, self.pool.rounding)


@dataclass(frozen=True)
class Plan:
    """The fits needed before one pool can be forecast."""

    pool: Pool
    rows: tuple[int, ...]
    horizon: int
    fitted: Bools
    smoothing: dict[tuple[int, int], Task]
    pooled: dict[int, Task]

    @property
    def tasks(self) -> list[Task]:
        """All fits of the pool as tasks."""
        return [*self.pooled.values(), *self.smoothing.values()]


def run_pools(
    wanted: Sequence[tuple[Pool, Sequence[int], int]],
    settings: Settings,
    report: Report | None = None,
) -> list[PoolRun]:
    """Return forecasts of each pool at its origins and at the earlier ones used for selection.

    Args:
        wanted: pools with their origin rows and the periods ahead. A run has at least those of its
            frequency: what is said of a period does not depend on how far ahead is asked.
        settings: how forecasts are made.
        report: called with progress messages.
    """
    plans = [plan(pool, rows, horizon, settings) for pool, rows, horizon in wanted]
    tasks = [task for made in plans for task in made.tasks]
    solved = dict(zip((t.key() for t in tasks), solve(tasks, FITS, settings, report), strict=True))
    runs = []
    for made in plans:
        if report:
            report(f"{made.pool.name}: {len(made.pool.series)} series")
        runs.append(run(made, solved, settings))
    return runs


def plan(pool: Pool, rows: Sequence[int], horizon: int, settings: Settings) -> Plan:
    """Return the fits needed at a pool's origins and at the earlier ones used for selection."""
    spec, horizon = pool.spec, max(horizon, pool.spec.horizon)
    earliest = max(FEWEST[pool.frequency] - 1, min(rows) - spec.judged - horizon + 1)
    every = tuple(sorted({*rows, *range(earliest, max(rows) + 1)}))
    fitted = fits_apply(pool)[list(every)]
    z = pool.filled()
    cases = {
        (int(column), fit_row(pool, row, spec.smoothed_every))
        for row, applies in zip(every, fitted, strict=True)
        for column in np.flatnonzero(applies)
        if spec.smoothed_every
    }
    estimated = {fit_row(pool, row, spec.estimated_every) for row in every}
    pooled = {row: pooled_task(pool, row, horizon, settings) for row in sorted(estimated)}
    return Plan(
        pool, every, horizon, fitted, smoothing_tasks(pool, z, cases),
        pooled if fitted.any() else {},
    )  # fmt: skip


def run(plan: Plan, solved: Mapping[str, Floats], settings: Settings) -> PoolRun:
    """Return the forecasts of a planned pool from its finished fits."""
    pool, rows, horizon = plan.pool, plan.rows, plan.horizon
    calibrated = Calibrated(pool, horizon, settings)
    steps = range(1, horizon + 1)
    logs = {
        model: np.stack(
            [np.stack([calibrated.quantiles(model, row, h) for h in steps], 1) for row in rows]
        )
        for model in SIMPLE
    }
    made, failures = _pooled(plan, solved, settings), np.zeros(len(pool.series), dtype=np.int64)
    regressed: Bools = np.any(np.isfinite(made["pooled"][..., 0]), axis=1)
    made[smoothing.MODEL], failed = _smoothed(plan, solved)
    failures += failed
    applies = plan.fitted[:, :, None, None]
    for model, values in made.items():
        stand_in = logs["pooled"] if model == "pooled_quantiles" else logs["naive"]
        logs[model] = np.where(applies, np.where(np.isnan(values), stand_in, values), np.nan)
    logs["blend"] = np.asarray(sum(share * logs[part] for part, share in BLEND.items()))
    level = np.where(applies, seasonal_level.forecasts(pool, rows, horizon), np.nan)
    logs["seasonal_level"] = level
    logs["seasonal_blend"] = _moved(logs["blend"], level)
    ceiling = _ceilings(pool, rows, calibrated.scale, horizon)
    observed = targets(pool, rows, horizon)
    losses = {
        model: wis(observed, to_counts(values, ceiling, pool.rounding))
        for model, values in logs.items()
    }
    return PoolRun(
        pool, rows, horizon, logs, ceiling, observed, losses, regressed, plan.fitted, failures,
        seasonal_level.evidence(pool, rows),
    )  # fmt: skip


def _moved(fan: Floats, centre: Floats) -> Floats:
    """Return a fan around the median of another one."""
    moved: Floats = fan + (centre - fan)[..., MEDIAN : MEDIAN + 1]
    return moved


def _smoothed(plan: Plan, solved: Mapping[str, Floats]) -> tuple[Floats, Ints]:
    """Return quantiles of exponential smoothing (log scale, NaN where it failed) and failures."""
    pool, z = plan.pool, plan.pool.filled()
    shape = (len(plan.rows), len(pool.series), plan.horizon, len(QUANTILE_LEVELS))
    made, failures = np.full(shape, np.nan), np.zeros(len(pool.series), dtype=np.int64)
    for index, row in enumerate(plan.rows if plan.smoothing else ()):
        at = fit_row(pool, row, pool.spec.smoothed_every)
        applies = np.flatnonzero(plan.fitted[index]).tolist()
        tasks = {c: plan.smoothing.get((c, at)) for c in applies}
        found = {c: solved[task.key()] for c, task in tasks.items() if task is not None}
        good = [c for c, parameters in found.items() if len(parameters)]
        failures[[c for c in found if c not in good]] += 1
        if not good:
            continue
        starts = np.array([smoothing_start(pool, c, at) for c in good])
        seen = z[starts.min() : row + 1, good].copy()
        seen[np.arange(len(seen))[:, None] < (starts - starts.min())] = np.nan
        mean, sd = smoothing.forecast(seen, np.stack([found[c] for c in good]), plan.horizon)
        highest = np.nanmax(seen, axis=0)[:, None]
        absurd = (mean > highest + 3.0) | (mean < -1.0) | ~np.isfinite(mean + sd)
        # within the horizon of the frequency a fit is used completely or not at all
        fine = ~absurd[:, : pool.spec.horizon].any(axis=1)
        spread = mean[..., None] + sd[..., None] * np.array(Z_SCORES)
        spread[np.maximum.accumulate(absurd, axis=1)] = np.nan
        made[index, np.array(good)[fine]] = spread[fine]
        failures[np.array(good)[~fine]] += 1
    return made, failures


def _pooled(plan: Plan, solved: Mapping[str, Floats], settings: Settings) -> dict[str, Floats]:
    """Return quantiles (log scale) of both pooled regressions, NaN where not estimated."""
    pool, horizon = plan.pool, plan.horizon
    shape = (len(plan.rows), len(pool.series), horizon, len(QUANTILE_LEVELS))
    made = {"pooled": np.full(shape, np.nan), "pooled_quantiles": np.full(shape, np.nan)}
    if not plan.pooled:
        return made
    design = Design(pool, settings)
    known = {row: unpack(solved[task.key()], design, horizon) for row, task in plan.pooled.items()}
    for index, row in enumerate(plan.rows):
        found = known[fit_row(pool, row, pool.spec.estimated_every)]
        for step, location in found.location.items():
            made["pooled"][index, :, step - 1] = location_quantiles(design, location, row, step)
        for step, quantile in found.quantile.items():
            made["pooled_quantiles"][index, :, step - 1] = quantile_quantiles(
                design, quantile, row, step
            )
    return made


def fits_apply(pool: Pool) -> Bools:
    """Return rows x series, True where fitted models apply, from the past alone."""
    return np.isin(classes(pool), ("dense", "short"))


def classes(pool: Pool) -> NDArray[np.str_]:
    """Return the class of every series at every row: dense, short, sparse or too_short.

    The share of zeros does not matter: a new country of origin is zero until it rises, and that is
    when the other series of the pool help most.
    """
    season = pool.spec.season
    observed = np.cumsum(~np.isnan(pool.values), axis=0)
    sparse = means(pool.values, 2 * season) < SPARSE_MEAN
    long = observed >= max(CYCLES * season, FEWEST[pool.frequency])
    found: NDArray[np.str_] = np.where(long, "dense", "short")
    found = np.where(sparse, "sparse", found)
    return np.where(observed < FEWEST[pool.frequency], "too_short", found)


def _ceilings(pool: Pool, rows: Sequence[int], scale: Floats, horizon: int) -> Floats:
    """Return the highest quantile allowed (log scale): the maximum so far plus 3 sigma sqrt(h)."""
    highest = np.maximum.accumulate(np.nan_to_num(np.log1p(pool.values)), axis=0)
    steps = np.sqrt(np.arange(1, horizon + 1))
    return np.stack([highest[r][:, None] + 3.0 * scale[r][:, None] * steps for r in rows])


def to_counts(logs: Floats, ceiling: Floats, rounding: Floats) -> Floats:
    """Return quantiles in counts: never negative, rounded as published, never crossing.

    Above the ceiling a quantile rises ever less, by ROOM (log) at most. The outer interval is wider
    than the one within by a rounding step at least, except at zero.

    Args:
        logs: ... x series x horizon x QUANTILE_LEVELS on the log1p scale.
        ceiling: the same without the last axis.
        rounding: the publisher's rounding step, by series.
    """
    step = rounding[:, None, None]
    above = logs - ceiling[..., None]
    if (above > 0).any():
        logs = np.where(above > 0, logs - above - ROOM * np.expm1(-above / ROOM), logs)
    snapped = np.maximum(np.round(np.expm1(logs) / step), 0.0) * step
    ordered: Floats = np.maximum.accumulate(snapped, axis=-1)
    low, high, grid = ordered[..., 1], ordered[..., -2], step[..., 0]
    ordered[..., 0] = np.where(low > 0, np.minimum(ordered[..., 0], low - grid), ordered[..., 0])
    ordered[..., -1] = np.where(
        high > 0, np.maximum(ordered[..., -1], high + grid), ordered[..., -1]
    )
    return ordered


def targets(pool: Pool, rows: Sequence[int], horizon: int) -> Floats:
    """Return observed counts (origins x series x horizon); NaN where not (yet) observed."""
    padded = np.vstack([pool.values, np.full((horizon, pool.values.shape[1]), np.nan)])
    return np.stack([padded[row + 1 : row + 1 + horizon].T for row in rows])
