"""Equally likely points of a forecast and of a declared size, and the quantiles of their mixture.

The distribution of a forecast interpolates its quantiles: log(1 + value) is linear in the standard
normal quantile between them. A size declared by its 5th percentile, median and 95th percentile is
linear in the standard normal quantile between these and never beyond the outer two (elicitation by
these three points: Keefer and Bodily 1983, Management Science 29:595).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.forecast.fan_points import middles, normal_quantiles, points

FORECAST_POINTS = 400
DECLARED_POINTS = 11  # of a declared factor or share
DECLARED_LEVELS = (0.05, 0.5, 0.95)


FORECAST_QUANTILES = middles(FORECAST_POINTS)
POINT_QUANTILES = middles(DECLARED_POINTS)
DECLARED_QUANTILES = normal_quantiles(DECLARED_LEVELS)


def forecast_points(levels: Sequence[float], quantiles: Floats) -> Floats:
    """Return equally likely values (FORECAST_POINTS of them) of a forecast with these quantiles.

    Beyond the outermost levels the outermost slope continues; no value is below zero.
    """
    values = points(levels, np.log1p(quantiles), FORECAST_QUANTILES)
    found: Floats = np.maximum(np.expm1(values), 0.0)
    return found


def declared_points(declared: Sequence[float]) -> Floats:
    """Return equally likely values of a declared size; one value where it is certain."""
    if declared[0] == declared[-1]:
        return np.array(declared[:1], dtype=np.float64)
    return np.interp(POINT_QUANTILES, DECLARED_QUANTILES, declared)


def mixture_quantiles(likely: Floats, levels: Sequence[float], rounding: float) -> Floats:
    """Return quantiles of equally likely points (any shape), rounded, none negative."""
    found = np.quantile(np.maximum(likely, 0.0), levels, method="hazen")
    snapped: Floats = np.round(found / rounding) * rounding
    return snapped
