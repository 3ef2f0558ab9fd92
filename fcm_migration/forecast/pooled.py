"""A pooled regression: what follows a month, learnt from all series of a pool at once.

The change over the months to come, in units of how much its own series moves, is regressed on
recent changes, distance from own levels, past seasons and the pool's common movement (a Huber
loss with a ridge); the size of the residual on the series' state; quantiles are those of the
pool's own scaled residuals. One regression per horizon, estimated twice a year, from rows whose
target had been observed by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fcm_migration.forecast.calibrated import weighted_quantiles
from fcm_migration.forecast.features import prepare, seasonal
from fcm_migration.forecast.panel import Pool, means, weights
from fcm_migration.forecast.settings import QUANTILES, SEASON, Settings

Floats = NDArray[np.float64]
HUBER, ROUNDS = 1.0, 8
SMALLEST, WIDEST = 0.05, 1.5


@dataclass(frozen=True)
class Regression:
    """One estimated regression: centre, spread and the quantiles of its scaled residuals."""

    centre: Floats
    spread: Floats
    residuals: Floats


class Pooled:
    """A pool prepared once; regressions are estimated when an origin first needs them."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._settings = settings
        self._features = prepare(pool)
        self._calendar = pool.months[0].year * 12 + pool.months[0].month - 1
        level = means(pool.values, 2 * SEASON)
        self._weight = weights(pool.values, level, settings.min_level)
        self._observed = ~np.isnan(pool.values)
        self._usable = self._observed & (level >= settings.min_level)
        self._columns: dict[int, tuple[Floats, Floats]] = {}
        self._estimated: dict[tuple[int, int], Regression | None] = {}

    def quantiles(self, row: int, step: int) -> Floats:
        """Quantiles (log scale, series x QUANTILES) of a forecast made at a row; NaN if none."""
        z, scale = self._features.z[row], self._features.scale[row]
        estimated = row - (self._calendar + row) % self._settings.pooled_refit_every
        key = (estimated, step)
        if key not in self._estimated:
            self._estimated[key] = self._estimate(estimated, step)
        found = self._estimated[key]
        if found is None:
            return np.full((len(z), len(QUANTILES)), np.nan)
        direction, state = self._design(step)
        centre = (direction[row] * found.centre).sum(axis=-1)
        spread = _spread(state[row], found.spread)
        made: Floats = z[:, None] + scale[:, None] * (
            centre[:, None] + spread[:, None] * found.residuals
        )
        return made

    def _design(self, step: int) -> tuple[Floats, Floats]:
        if step not in self._columns:
            direction = np.concatenate(
                [self._features.direction, seasonal(self._features, step)], axis=-1
            )
            one = np.ones((*direction.shape[:-1], 1))
            state = np.concatenate([one, self._features.state, np.abs(direction)], axis=-1)
            self._columns[step] = (np.concatenate([one, direction], axis=-1), state)
        return self._columns[step]

    def _estimate(self, row: int, step: int) -> Regression | None:
        first, last = max(0, row - self._settings.memory), row - step
        if last < first:
            return None
        past = slice(first, last + 1)
        ahead = slice(first + step, last + step + 1)
        used = self._usable[past] & self._observed[ahead]
        if used.sum() < self._settings.min_pooled:
            return None
        z, scale = self._features.z, self._features.scale
        change = ((z[ahead] - z[past]) / scale[past])[used]
        direction, state = (matrix[past][used] for matrix in self._design(step))
        weight = self._weight[past][used]
        centre = _huber(direction, change, weight, self._settings.ridge)
        residual = change - (direction * centre).sum(axis=-1)
        size = np.log(np.abs(residual) + SMALLEST)
        spread = _ridge(state, size, weight, self._settings.ridge)
        relative = residual / _spread(state, spread)
        return Regression(centre, spread, weighted_quantiles(relative, weight))


def _spread(state: Floats, coefficients: Floats) -> Floats:
    """Size of the residual to be expected, up to a factor that the residuals' quantiles hold."""
    logs = (state[..., 1:] * coefficients[1:]).sum(axis=-1)
    centred = logs + coefficients[0]
    spread: Floats = np.exp(np.clip(centred, -WIDEST, WIDEST))
    return spread


def _huber(x: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Weighted Huber regression by reweighted least squares."""
    coefficients = _ridge(x, y, weight, ridge)
    for _ in range(ROUNDS):
        residual = np.abs(y - (x * coefficients).sum(axis=-1))
        robust = weight * np.minimum(1.0, HUBER / np.maximum(residual, 1e-9))
        coefficients = _ridge(x, y, robust, ridge)
    return coefficients


def _ridge(x: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Weighted least squares with a ridge on all standardised columns but the first (ones)."""
    total = weight.sum()
    mean = (weight[:, None] * x).sum(axis=0) / total
    deviation = np.sqrt((weight[:, None] * (x - mean) ** 2).sum(axis=0) / total)
    deviation[deviation < 1e-9] = np.inf  # a column that never varies says nothing
    standard = (x - mean) / deviation
    middle = (weight * y).sum() / total
    gram = (standard * weight[:, None]).T @ standard / total + ridge * np.eye(x.shape[1])
    slopes = np.linalg.solve(gram, (standard * weight[:, None]).T @ (y - middle) / total)
    coefficients: Floats = slopes / deviation
    coefficients[0] = middle - (coefficients[1:] * mean[1:]).sum()
    return coefficients
