"""The joint distribution of the months ahead: published fans and the correlation of their errors.

Each month ahead has its published quantiles. How months move together is learnt from past
forecasts: where in its own fan each observed figure lay, as a normal score. A Gaussian copula joins
the fans (Pinson, Madsen, Nielsen, Papaefthymiou and Kloeckl 2009, From probabilistic forecasts to
statistical scenarios of short-term wind power production).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.forecast.scores import Z_SCORES
from fcm_migration.forecast.year_totals.settings import (
    DRAWS,
    FARTHEST,
    HORIZONS,
    PERSISTENT,
    SHARE_ORIGINS,
    TRUSTED_ORIGINS,
)

LEVEL_SCORES = np.array(Z_SCORES)
TIE = 1e-9  # separates equal quantiles, so that a score is defined


def values_at(scores: Floats, fan: Floats) -> Floats:
    """Return the values of a fan at normal scores.

    Linear between the levels and beyond the outermost, in normal scores and log(1 + count).

    Args:
        scores: standard normal scores, any shape.
        fan: quantiles at QUANTILE_LEVELS.
    """
    logs = np.log1p(fan)
    inside = np.interp(scores, LEVEL_SCORES, logs)
    first, last = np.diff(logs)[[0, -1]] / np.diff(LEVEL_SCORES)[[0, -1]]
    beyond = first * np.minimum(scores - LEVEL_SCORES[0], 0.0)
    beyond = beyond + last * np.maximum(scores - LEVEL_SCORES[-1], 0.0)
    values: Floats = np.maximum(np.expm1(inside + beyond), 0.0)
    return values


def scores_of(values: Floats, fans: Floats) -> Floats:
    """Return where values lie in their fans, as normal scores within FARTHEST of zero.

    The inverse of :func:`values_at`.

    Args:
        values: counts, cases.
        fans: cases x QUANTILE_LEVELS.
    """
    logs = np.log1p(fans) + TIE * LEVEL_SCORES
    point = np.log1p(values)[:, None]
    place = np.clip((logs <= point).sum(axis=1) - 1, 0, len(LEVEL_SCORES) - 2)
    rows = np.arange(len(values))
    low, high = logs[rows, place], logs[rows, place + 1]
    step = LEVEL_SCORES[place + 1] - LEVEL_SCORES[place]
    found = LEVEL_SCORES[place] + (point[:, 0] - low) / (high - low) * step
    scores: Floats = np.clip(found, -FARTHEST, FARTHEST)
    return scores


def structured(persistent: float) -> Floats:
    """Return the correlation of errors that are partly a random walk's, HORIZONS x HORIZONS.

    The errors of a random walk h and k months ahead have the correlation root(min / max); the
    rest is each month's own.

    Args:
        persistent: share of the random walk in the variance, 0 to 1.
    """
    months = np.arange(1, HORIZONS + 1)
    walk = np.sqrt(np.minimum.outer(months, months) / np.maximum.outer(months, months))
    matrix: Floats = persistent * walk + (1.0 - persistent) * np.eye(HORIZONS)
    return matrix


def correlation(scores: Floats, origins: int) -> Floats:
    """Return the correlation of the months ahead, learnt from past scores and shrunk.

    The sample correlation about zero (a bias that months share is uncertainty that they share) is
    shrunk to :func:`structured`, whose share is itself fitted to it and shrunk to PERSISTENT. By
    how much, the number of different origins says: series of one origin share its shocks.

    Args:
        scores: past forecasts (series and origin) x HORIZONS; NaN where not known.
        origins: different origins among them.

    Returns:
        HORIZONS x HORIZONS, positive definite, ones on the diagonal.
    """
    known = np.isfinite(scores)
    filled = np.where(known, scores, 0.0)
    together = known.T.astype(np.float64) @ known
    sums = filled.T @ filled
    squares = (filled**2).T @ known
    scale = np.sqrt(squares * squares.T)
    usable = (together > 0) & (scale > 0)
    sample = np.divide(sums, scale, out=np.zeros_like(sums), where=usable)
    own = origins / (origins + SHARE_ORIGINS)
    share = own * _persistent(sample, together, usable) + (1.0 - own) * PERSISTENT
    target = structured(share)
    trust = origins / (origins + TRUSTED_ORIGINS)
    mixed = np.where(usable, trust * sample + (1.0 - trust) * target, target)
    return _positive(mixed)


def _persistent(sample: Floats, together: Floats, usable: Bools) -> float:
    """Return the share of a random walk nearest to a sample correlation, by weighted squares."""
    walk = structured(1.0)
    weight = np.where(usable, together, 0.0) * (1.0 - np.eye(HORIZONS))
    if weight.sum() == 0:
        return PERSISTENT
    return float(np.clip((weight * walk * sample).sum() / (weight * walk**2).sum(), 0.0, 1.0))


def _positive(matrix: Floats) -> Floats:
    """Return the matrix with eigenvalues of at least a thousandth, and ones on the diagonal."""
    values, vectors = np.linalg.eigh(matrix)
    made = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(made))
    positive: Floats = made / np.outer(scale, scale)
    return positive


@cache
def _points() -> Floats:
    """Return DRAWS x HORIZONS standard normal scores of a scrambled Sobol sequence, always alike.

    Owen (1998), Scrambling Sobol' and Niederreiter-Xing points.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    sequence = qmc.Sobol(HORIZONS, scramble=True, rng=np.random.default_rng(0))
    points: Floats = ndtri(np.clip(sequence.random(DRAWS), TIE, 1.0 - TIE))
    return points


def totals(fans: Floats, matrix: Floats) -> Floats:
    """Return equally likely sums of the months ahead.

    Args:
        fans: months x QUANTILE_LEVELS.
        matrix: correlation of these months.

    Returns:
        DRAWS sums.
    """
    months = len(fans)
    scores = _points()[:, :months] @ np.linalg.cholesky(matrix).T
    sums: Floats = np.sum(
        [values_at(scores[:, month], fans[month]) for month in range(months)], axis=0
    )
    return sums


def narrowed(matrix: Floats, spread: float) -> Floats:
    """Return the correlation where of the first month only a part is still uncertain.

    The rest of a month of which most days are counted moves with later months less than the whole
    month does.

    Args:
        matrix: correlation of the months ahead, none counted.
        spread: standard deviation of the first month's nowcast, in normal scores of its forecast.
    """
    made = matrix.copy()
    made[0, 1:] *= min(spread, 1.0)
    made[1:, 0] *= min(spread, 1.0)
    return made
