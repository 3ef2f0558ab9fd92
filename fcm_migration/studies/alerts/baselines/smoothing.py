"""One-step forecasts of exponential smoothing and control charts, for many series at once.

Parameters are the best of a fixed set for the periods before each: least squares of the one-step
errors, which is maximum likelihood given the first state. A numerical search for each series and
year would take minutes and change little; forecasts do it, with the same recursion
(:mod:`fcm_migration.forecast.models.smoothing`).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from fcm_migration.arrays import Floats

ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DAMPED_ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)
BETA_SHARES = (0.05, 0.2, 0.5)  # beta over alpha
DAMPINGS = (0.8, 0.9, 0.98)
LOCAL_LEVEL = np.array([(alpha, 0.0, 0.0) for alpha in ALPHAS])
# with beta zero a damped trend that starts at zero is the local level
DAMPED = np.vstack(
    [
        LOCAL_LEVEL,
        [(a, a * share, phi) for a, share, phi in product(DAMPED_ALPHAS, BETA_SHARES, DAMPINGS)],
    ]
)


def one_step(z: Floats, parameters: Floats, start: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each period's forecast from the periods before it.

    Args:
        z: periods x series, log scale; NaN where unknown (the state is carried on).
        parameters: candidates x (alpha, beta, phi).
        start: known periods before the first forecast.

    Returns:
        two arrays periods x series; NaN until ``start`` periods are known.
    """
    alpha, beta, phi = (column[:, None] for column in parameters.T)
    periods, series = z.shape
    level = np.full((len(parameters), series), np.nan)
    trend, squares = np.zeros_like(level), np.zeros_like(level)
    known, columns = np.zeros(series), np.arange(series)
    mean, sd = np.full(z.shape, np.nan), np.full(z.shape, np.nan)
    for t in range(periods):
        ahead = level + phi * trend
        best = np.argmin(squares, axis=0)
        able = known >= start
        spread = np.sqrt(squares[best, columns] / np.maximum(known - 1.0, 1.0))
        mean[t], sd[t] = (
            np.where(able, ahead[best, columns], np.nan),
            np.where(able, spread, np.nan),
        )
        seen = ~np.isnan(z[t])
        first = seen & (known == 0)
        error = np.where(seen & ~first, z[t] - ahead, 0.0)
        level = np.where(first, z[t], np.where(seen, ahead + alpha * error, level))
        trend = np.where(seen & ~first, phi * trend + beta * error, trend)
        squares += error**2
        known += seen
    return mean, sd


def ewma(residuals: Floats, weight: float) -> Floats:
    """Return the exponentially weighted mean of standardised residuals over its standard deviation.

    Args:
        residuals: periods x series; where one is NaN the mean is carried on and the result NaN.
        weight: of the newest residual. The limit is the long-run sqrt(weight / (2 - weight)).
    """
    mean, made = np.zeros(residuals.shape[1]), np.full(residuals.shape, np.nan)
    for t, row in enumerate(residuals):
        seen = ~np.isnan(row)
        mean = np.where(seen, weight * np.nan_to_num(row) + (1.0 - weight) * mean, mean)
        made[t] = np.where(seen, mean / np.sqrt(weight / (2.0 - weight)), np.nan)
    return made


def cusum(residuals: Floats, slack: float) -> Floats:
    """Return the one-sided cumulative sum of standardised residuals beyond a slack, at least 0.

    Args:
        residuals: periods x series; where one is NaN the sum is carried on and the result NaN.
        slack: excess over expectation that does not count (k).
    """
    total, made = np.zeros(residuals.shape[1]), np.full(residuals.shape, np.nan)
    for t, row in enumerate(residuals):
        seen = ~np.isnan(row)
        total = np.where(seen, np.maximum(0.0, total + np.nan_to_num(row) - slack), total)
        made[t] = np.where(seen, total, np.nan)
    return made
