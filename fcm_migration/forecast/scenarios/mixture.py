"""Equally likely points of a forecast and of a declared size, and the quantiles of their mixture.

The distribution of a forecast interpolates its quantiles: log(1 + value) is linear in the standard
normal quantile between them. A size declared by its 5th percentile, median and 95th percentile is
linear in the standard normal quantile between these and never beyond the outer two (elicitation by
these three points: Keefer and Bodily 1983, Management Science 29:595).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np

from fcm_migration.arrays import Floats

FORECAST_POINTS = 400
DECLARED_POINTS = 11  # of a declared factor or share
DECLARED_LEVELS = (0.05, 0.5, 0.95)


def normal_quantiles(probabilities: Iterable[float]) -> Floats:
    """Return standard normal quantiles of probabilities strictly between 0 and 1."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(p) for p in probabilities])


FORECAST_QUANTILES = normal_quantiles((i + 0.5) / FORECAST_POINTS for i in range(FORECAST_POINTS))
POINT_QUANTILES = normal_quantiles((i + 0.5) / DECLARED_POINTS for i in range(DECLARED_POINTS))
DECLARED_QUANTILES = normal_quantiles(DECLARED_LEVELS)


def forecast_points(levels: Sequence[float], quantiles: Floats) -> Floats:
    """Return equally likely values (FORECAST_POINTS of them) of a forecast with these quantiles.

    Beyond the outermost levels the outermost slope continues; no value is below zero.
    """
    known, logs = normal_quantiles(levels), np.log1p(quantiles)
    values = np.interp(FORECAST_QUANTILES, known, logs)
    if len(levels) > 1:
        below, above = known[0] > FORECAST_QUANTILES, known[-1] < FORECAST_QUANTILES
        first, last = np.diff(logs)[[0, -1]] / np.diff(known)[[0, -1]]
        values[below] = logs[0] + first * (FORECAST_QUANTILES[below] - known[0])
        values[above] = logs[-1] + last * (FORECAST_QUANTILES[above] - known[-1])
    found: Floats = np.maximum(np.expm1(values), 0.0)
    return found


def declared_points(declared: Sequence[float]) -> Floats:
    """Return equally likely values of a declared size; one value where it is certain."""
    if declared[0] == declared[-1]:
        return np.array(declared[:1], dtype=np.float64)
    return np.interp(POINT_QUANTILES, DECLARED_QUANTILES, declared)


def mixture_quantiles(points: Floats, levels: Sequence[float], rounding: float) -> Floats:
    """Return quantiles of equally likely points (any shape), rounded, none negative."""
    found = np.quantile(np.maximum(points, 0.0), levels, method="hazen")
    snapped: Floats = np.round(found / rounding) * rounding
    return snapped
