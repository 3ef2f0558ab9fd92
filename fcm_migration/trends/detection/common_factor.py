"""What the series of a scope have in common: the tide, as one factor a period."""

from __future__ import annotations

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of
from fcm_migration.trends.watch.settings import COMMON


def common_factor(scope: Scope, growth: Floats, tested: Bools) -> Floats:
    """Weighted median of the growth of active series, shrunk towards none where they are few.

    exp(median of log growth, weights log(1 + baseline)) over series with a baseline of at least
    10 a month, its logarithm times n / (n + 8).

    Returns:
        one factor a period; 1 where no series counts.
    """
    base = (growth_base(scope) / scope.rhythm.months).astype(np.float64)
    used = tested & (base >= COMMON.least) & ~np.isnan(growth)
    factor = np.ones(len(growth))
    for row in np.flatnonzero(used.any(axis=1)):
        chosen = used[row]
        logs = np.log(growth[row, chosen])
        number = int(chosen.sum())
        middle = weighted_median(logs, np.log1p(base[row, chosen]))
        factor[row] = np.exp(middle * number / (number + COMMON.shrinkage))
    return factor


def growth_base(scope: Scope) -> Floats:
    """Mean of the year before the recent periods; 0 where there is none."""
    return np.nan_to_num(mean_of(scope.values, scope.rhythm.year, lag=scope.rhythm.recent))


def weighted_median(values: Floats, weights: Floats) -> float:
    """The value at which half of the weight is reached."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2.0)])
