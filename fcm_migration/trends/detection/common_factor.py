"""Common factor of a scope: the growth that its series share, one figure a period."""

from __future__ import annotations

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.detection.settings import COMMON_FACTOR
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of


def common_factor(scope: Scope, growth: Floats, tested: Bools) -> Floats:
    """Return the weighted median growth of a scope's active series, T; 1 where none counts.

    It is exp(median of log growth, weighted by log(1 + mean of the year before)) over the series
    with a mean of at least COMMON_FACTOR.least a month. The logarithm is multiplied by
    n / (n + COMMON_FACTOR.shrinkage), so that few series give a factor near 1.
    """
    base = (growth_base(scope) / scope.spec.months).astype(np.float64)
    used = tested & (base >= COMMON_FACTOR.least) & ~np.isnan(growth)
    factor = np.ones(len(growth))
    for row in np.flatnonzero(used.any(axis=1)):
        chosen = used[row]
        logs = np.log(growth[row, chosen])
        number = int(chosen.sum())
        middle = weighted_median(logs, np.log1p(base[row, chosen]))
        factor[row] = np.exp(middle * number / (number + COMMON_FACTOR.shrinkage))
    return factor


def growth_base(scope: Scope) -> Floats:
    """Return the mean of the year before the recent periods, T x N; 0 where there is none."""
    return np.nan_to_num(mean_of(scope.values, scope.spec.year, lag=scope.spec.recent))


def weighted_median(values: Floats, weights: Floats) -> float:
    """Return the smallest value at which half of the total weight is reached."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2.0)])
