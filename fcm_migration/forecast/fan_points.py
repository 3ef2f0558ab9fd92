"""A forecast's quantiles as equally likely points, for mixtures and sums.

Between its quantiles a forecast is taken as linear in the standard normal quantile; beyond the
outermost ones the outermost slope continues.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np

from fcm_migration.arrays import Floats


def normal_quantiles(probabilities: Iterable[float]) -> Floats:
    """Return standard normal quantiles of probabilities strictly between 0 and 1."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(p) for p in probabilities])


def middles(points: int) -> Floats:
    """Return the standard normal quantiles of that many equally likely points."""
    return normal_quantiles((i + 0.5) / points for i in range(points))


def points(levels: Sequence[float], quantiles: Floats, at: Floats) -> Floats:
    """Return the values of a forecast at some standard normal quantiles.

    Args:
        levels: probability levels, rising.
        quantiles: the forecast at the levels, on the scale on which it is linear.
        at: standard normal quantiles, e.g. :func:`middles`.
    """
    known = normal_quantiles(levels)
    values: Floats = np.interp(at, known, quantiles)
    if len(levels) > 1:
        below, above = at < known[0], at > known[-1]
        first, last = np.diff(quantiles)[[0, -1]] / np.diff(known)[[0, -1]]
        values[below] = quantiles[0] + first * (at[below] - known[0])
        values[above] = quantiles[-1] + last * (at[above] - known[-1])
    return values
