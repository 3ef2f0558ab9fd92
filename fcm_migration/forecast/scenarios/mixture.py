"""Quantiles to equally likely points and back: how a forecast and a declared size are joined.

The quantiles of a forecast are joined to a distribution whose log(1 + value) is linear in the
normal score between them. A size declared by its 5th percentile, median and 95th percentile is
linear in the normal score between these and never beyond the outer two (elicitation by these three
points: Keefer and Bodily 1983, Management Science 29:595).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np

from fcm_migration.arrays import Floats

RANKS = 400  # points of a forecast
NODES = 11  # points of a declared size
DECLARED = (0.05, 0.5, 0.95)


def scores(probabilities: Iterable[float]) -> Floats:
    """Standard normal quantiles of probabilities strictly between 0 and 1."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(p) for p in probabilities])


BASE_SCORES = scores((i + 0.5) / RANKS for i in range(RANKS))
NODE_SCORES = scores((i + 0.5) / NODES for i in range(NODES))
DECLARED_SCORES = scores(DECLARED)


def spread(levels: Sequence[float], quantiles: Floats) -> Floats:
    """Equally likely values (ranks) of the distribution that has these quantiles at these levels.

    Outside the outermost levels the outermost slope goes on; nothing is below zero.
    """
    known, logs = scores(levels), np.log1p(quantiles)
    values = np.interp(BASE_SCORES, known, logs)
    if len(levels) > 1:
        scored = BASE_SCORES
        below, above = scored < known[0], scored > known[-1]
        first, last = np.diff(logs)[[0, -1]] / np.diff(known)[[0, -1]]
        values[below] = logs[0] + first * (scored[below] - known[0])
        values[above] = logs[-1] + last * (scored[above] - known[-1])
    found: Floats = np.maximum(np.expm1(values), 0.0)
    return found


def nodes(declared: Sequence[float]) -> Floats:
    """Equally likely values of a factor or share; one where it is certain."""
    if declared[0] == declared[-1]:
        return np.array(declared[:1], dtype=np.float64)
    return np.interp(NODE_SCORES, DECLARED_SCORES, declared)


def quantiles(points: Floats, levels: Sequence[float], rounding: float) -> Floats:
    """Quantiles of equally likely points (any shape), none below zero, on a rounding grid."""
    found = np.quantile(np.maximum(points, 0.0), levels, method="hazen")
    snapped: Floats = np.round(found / rounding) * rounding
    return snapped
