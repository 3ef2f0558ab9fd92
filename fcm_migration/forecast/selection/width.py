"""Width of the published intervals, adapted to how often past ones held.

Where the pool's intervals have lately missed more than they should, they are widened; a series that
has missed more or less often than its pool, beyond that.
"""

from __future__ import annotations

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.forecast.models.engine import PoolRun, to_counts
from fcm_migration.forecast.scores import INTERVALS, MEDIAN
from fcm_migration.forecast.selection.shares import mixed, window

LEAK, NARROWEST, WIDEST = 0.8, -0.35, 0.5
OWN_GAIN = 0.3  # log widening for each share of targets that a series missed beyond its pool
OWN_SHRINK = 24.0  # judged origins that its own misses must have to weigh as much as its pool's


def widen(run: PoolRun, row: int, shares: Floats, logs: Floats) -> Floats:
    """Return the quantiles of an origin, its intervals widened or narrowed by the judged origins.

    Args:
        run: the pool's forecasts.
        row: the origin.
        shares: series x horizon x CANDIDATES.
        logs: their mixture at the origin, series x horizon x QUANTILE_LEVELS.
    """
    wide = logs.copy()
    columns = np.flatnonzero(run.fitted[run.rows.index(row)])
    for step in range(1, run.horizon + 1):
        places = window(run, row, step)
        if not places or not len(columns):
            continue
        past = mixed(run, places, shares[:, step - 1], step)[:, columns]
        factors = _factors(run, places, columns, step, past)
        upward = run.pool.spec.upward
        wide[columns, step - 1] = widened(logs[columns, step - 1], factors, upward)
    return wide


def _factors(run: PoolRun, places: list[int], columns: Ints, step: int, logs: Floats) -> Floats:
    """Return by how much each of INTERVALS is widened (log), by series.

    Adaptive conformal inference: after every judged origin whose target is known,
    f <- LEAK f + gain (share missed - nominal), within bounds (Gibbs and Candes 2021, Adaptive
    conformal inference under distribution shift; without leak and bounds it costs more in score
    than it gains). It starts from zero at the first judged origin, so it does not depend on what
    else is computed. To that comes a series' own part: what it missed beyond its pool in all
    judged origins, the less the fewer these are.

    Args:
        run: the pool's forecasts.
        places: the judged origins.
        columns: the series.
        step: periods ahead.
        logs: what would have been published, origins x series x QUANTILE_LEVELS.
    """
    observed = run.observed[places, :, step - 1][:, columns]
    used = run.fitted[places][:, columns] & np.isfinite(observed)
    ceiling, rounding = run.ceiling[places, :, step - 1][:, columns], run.pool.rounding[columns]
    factors, spec = np.zeros(len(INTERVALS)), run.pool.spec
    for at in np.flatnonzero(used.any(axis=1)):
        made = _counts(widened(logs[at], factors, spec.upward), ceiling[at], rounding)
        for level, (percent, _, _) in enumerate(INTERVALS):
            missed = 1.0 - _inside(observed[at], made, level)[used[at]].mean()
            moved = LEAK * factors[level] + spec.gain * (missed - (1 - percent / 100))
            factors[level] = np.clip(moved, NARROWEST, WIDEST)
    number = used.sum(axis=0)
    weight = number / (number + OWN_SHRINK)
    made = _counts(widened(logs, factors, spec.upward), ceiling, rounding)
    own = np.empty((len(weight), len(INTERVALS)))
    for level in range(len(INTERVALS)):
        missed = used & ~_inside(observed, made, level)
        share = missed.sum(axis=0) / np.maximum(number, 1)
        whole = missed.sum() / max(used.sum(), 1)
        own[:, level] = OWN_GAIN * weight * (share - whole)
    both: Floats = np.clip(factors + own, NARROWEST * 2, WIDEST * 2)
    return both


def _counts(logs: Floats, ceiling: Floats, rounding: Floats) -> Floats:
    """Return :func:`to_counts` of one horizon: ... x series x QUANTILE_LEVELS."""
    return to_counts(logs[..., None, :], ceiling[..., None], rounding)[..., 0, :]


def _inside(observed: Floats, counts: Floats, level: int) -> Bools:
    _, low, high = INTERVALS[level]
    inside: Bools = (observed >= counts[..., low]) & (observed <= counts[..., high])
    return inside


def widened(logs: Floats, factors: Floats, upward: float) -> Floats:
    """Return quantiles (last axis) moved away from the median, or nearer to it.

    A widening moves the upper side by less, narrowing moves both alike.

    Args:
        logs: ... x QUANTILE_LEVELS.
        factors: log widening of each of INTERVALS, for all or by series.
        upward: share of a widening applied to the upper side.
    """
    stretch = np.ones((*factors.shape[:-1], logs.shape[-1]))
    for level, (_, low, high) in enumerate(INTERVALS):
        stretch[..., low] = np.exp(factors[..., level])
        factor = factors[..., level]
        stretch[..., high] = np.exp(np.where(factor > 0, upward * factor, factor))
    middle = logs[..., MEDIAN : MEDIAN + 1]
    moved: Floats = middle + (logs - middle) * stretch
    return moved
