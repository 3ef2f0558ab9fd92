"""Fits as tasks: exponential smoothing of one series, regressions of one pool.

Every fit is made at a fixed calendar period (see ``FrequencySpec``) from data up to that period, so
a fit is shared by all forecast origins up to the next one, and a panel cut later gives the same
fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.forecast.models import smoothing
from fcm_migration.forecast.models.pooled import (
    Design,
    Location,
    Quantile,
    estimate_location,
    estimate_quantile,
)
from fcm_migration.forecast.models.tasks import Task
from fcm_migration.forecast.panel import Pool
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.settings import FREQUENCY_SPECS, Settings


def fit_row(pool: Pool, row: int, every: int) -> int:
    """Return the last row up to an origin whose calendar period is one of estimation."""
    return max(row - pool.ordinal(row) % every, 0)


def smoothing_tasks(
    pool: Pool, z: Floats, cases: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Task]:
    """Return a task of smoothing for every column and row of estimation with enough periods."""
    tasks = {}
    for column, row in sorted(set(cases)):
        start = smoothing_start(pool, column, row)
        if row - start + 1 >= smoothing.SHORTEST:
            seen = np.ascontiguousarray(z[start : row + 1, column])
            tasks[column, row] = Task(smoothing.MODEL, (seen,), ())
    return tasks


def smoothing_start(pool: Pool, column: int, row: int) -> int:
    """Return the first row used by exponential smoothing estimated at a row."""
    first = int(np.flatnonzero(~np.isnan(pool.values[:, column]))[0])
    return max(first, row - pool.spec.window + 1)


def fit_smoothing(task: Task) -> Floats:
    """Return the parameters of :func:`smoothing.estimate`; empty where it failed."""
    found = smoothing.estimate(task.arrays[0])
    return np.empty(0) if found is None else found


@dataclass(frozen=True)
class Regressions:
    """Regressions estimated for a pool at one row, by horizon."""

    location: dict[int, Location]
    quantile: dict[int, Quantile]


def pooled_task(pool: Pool, row: int, horizon: int, settings: Settings) -> Task:
    """Return the task of both regressions of a pool at one row, for horizons 1 to ``horizon``."""
    known = pool.until(row)
    seasons = float(pool.spec.season)
    numbers = (
        seasons, float(horizon), settings.ridge, settings.check_ridge, settings.min_level,
        float(settings.min_pooled),
    )  # fmt: skip
    return Task("pooled", (np.ascontiguousarray(known.values), known.rounding), numbers)


def fit_pooled(task: Task) -> Floats:
    """Return the regressions of :func:`pooled_task` in one array, as :func:`unpack` reads it."""
    values, rounding = task.arrays
    season, horizon, ridge, check_ridge, min_level, min_pooled = task.numbers
    frequency = next(name for name, r in FREQUENCY_SPECS.items() if r.season == season)
    settings = Settings(
        ridge=ridge, check_ridge=check_ridge, min_level=min_level, min_pooled=int(min_pooled)
    )
    pool = Pool("", frequency, (), (), values, rounding)
    design, row = Design(pool, settings), len(values) - 1
    parts: list[Floats] = []
    for step in range(1, int(horizon) + 1):
        sizes = _sizes(design, step)
        location = estimate_location(design, row, step, ridge)
        if location is None:
            parts.append(np.full(sum(sizes[:3]), np.nan))
        else:
            parts.append(np.concatenate([location.centre, location.spread, location.residuals]))
        quantile = estimate_quantile(design, row, step, check_ridge)
        if quantile is None:
            parts.append(np.full(sum(sizes[3:]), np.nan))
        else:
            parts += [quantile.mean, quantile.deviation, quantile.coefficients.ravel()]
    return np.concatenate(parts)


def unpack(result: Floats, design: Design, horizon: int) -> Regressions:
    """Return the regressions of a task's result, without those that could not be estimated."""
    location, quantile, at = {}, {}, 0
    for step in range(1, horizon + 1):
        sizes = _sizes(design, step)
        centre, spread, residuals = _cut(result, at, sizes[:3])
        at += sum(sizes[:3])
        if np.isfinite(centre).all():
            location[step] = Location(centre, spread, residuals)
        mean, deviation, flat = _cut(result, at, sizes[3:])
        at += sum(sizes[3:])
        if np.isfinite(mean).all():
            coefficients = flat.reshape(len(QUANTILE_LEVELS), -1)
            quantile[step] = Quantile(mean, deviation, coefficients)
    return Regressions(location, quantile)


def _sizes(design: Design, step: int) -> tuple[int, ...]:
    """Return lengths of centre, spread, residual quantiles, mean, deviation and coefficients."""
    direction, state = design.location_columns(step)
    columns = design.quantile_columns(step, 0).shape[-1]
    return (
        direction.shape[-1], state.shape[-1], len(QUANTILE_LEVELS),
        columns, columns, len(QUANTILE_LEVELS) * (columns + 1),
    )  # fmt: skip


def _cut(values: Floats, at: int, sizes: Sequence[int]) -> list[Floats]:
    ends = at + np.cumsum(sizes)
    return [values[end - size : end] for end, size in zip(ends, sizes, strict=True)]


FITS = {smoothing.MODEL: fit_smoothing, "pooled": fit_pooled}
