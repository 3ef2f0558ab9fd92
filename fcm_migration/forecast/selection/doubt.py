"""Weight given to the forecast made before a newest figure that is far outside its history.

A zero after years around 500 may be the beginning of something or a gap at the publisher. What
followed such figures before, in series of like size of the pool, says how likely each is: from zero
to ten is common and passes, from thousands to hundreds is neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.forecast.fan_points import middles, points
from fcm_migration.forecast.models.calibrated import weighted_quantiles
from fcm_migration.forecast.panel import Pool, means, scales
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.settings import SIZES

YEARS = 2  # of own history that a figure is compared with
FEWEST = 8  # periods of it
FAR = 4.0  # own scales beyond all of it
LASTED, PASSED = 1.0, 1.0  # cases of each kind that are assumed before any is seen
POINTS = middles(200)


@dataclass(frozen=True)
class Jumps:
    """Figures far outside their own history.

    Attributes:
        up: periods x series, True where a figure was far above all before it.
        down: the same below.
        lasted: True where the next figure was nearer to the jump than to the figure before it.
        known: True where that is known.
        size: size class (SIZES) of the two years before.
    """

    up: Bools
    down: Bools
    lasted: Bools
    known: Bools
    size: Ints


def jumps(pool: Pool) -> Jumps:
    """Return the jumps of a pool, each found without later figures (``lasted`` uses one more)."""
    z, season = pool.filled(), pool.spec.season
    scale = scales(z, pool.values, pool.rounding, season)
    past = np.where(np.isnan(pool.values), np.nan, z)
    up, down = (np.zeros(z.shape, dtype=np.bool_) for _ in range(2))
    for row in range(1, len(z)):
        before = past[max(0, row - YEARS * season) : row]
        long = (~np.isnan(before)).sum(axis=0) >= min(FEWEST, YEARS * season)
        highest = np.where(np.isnan(before), -np.inf, before).max(axis=0)
        lowest = np.where(np.isnan(before), np.inf, before).min(axis=0)
        far = FAR * scale[row - 1]
        with np.errstate(invalid="ignore"):
            up[row] = long & (past[row] > highest + far)
            down[row] = long & (past[row] < lowest - far)
    lasted, known = (np.zeros(z.shape, dtype=np.bool_) for _ in range(2))
    with np.errstate(invalid="ignore"):
        lasted[1:-1] = np.abs(past[2:] - past[1:-1]) < np.abs(past[2:] - past[:-2])
    known[1:-1] = ~np.isnan(past[2:]) & ~np.isnan(past[:-2])
    size = np.zeros(z.shape, dtype=np.int64)
    size[1:] = np.digitize(means(pool.values, YEARS * season), SIZES)[:-1]
    return Jumps(up, down, lasted, known, size)


def doubts(found: Jumps, row: int) -> Floats:
    """Return how likely the newest figure of each series is to pass; 0 where it is no jump.

    The share of earlier jumps in the same direction, of series of like size in the pool, known by
    then, that had passed a period later, with a case of each kind assumed.
    """
    doubt = np.zeros(found.up.shape[1])
    for kind in (found.up, found.down):
        for size in np.unique(found.size[row, kind[row]]):
            # the one after was known by ``row``
            earlier = (kind & found.known & (found.size == size))[:row]
            passed = (earlier & ~found.lasted[:row]).sum() + PASSED
            mine = kind[row] & (found.size[row] == size)
            doubt[mine] = passed / (earlier.sum() + LASTED + PASSED)
    return doubt


def doubted(logs: Floats, before: Floats, doubt: Floats) -> Floats:
    """Return the mixture of the forecast from the newest figure and the one made before it.

    Args:
        logs: quantiles (log scale) as the newest figure stands, series x horizon x levels.
        before: those of the same periods from the origin before.
        doubt: probability of the latter, by series.
    """
    made = logs.copy()
    for column in np.flatnonzero(doubt > 0):
        for step in range(logs.shape[1]):
            if not np.isfinite(before[column, step]).all():
                continue
            both = [points(QUANTILE_LEVELS, fan[column, step], POINTS) for fan in (logs, before)]
            weight = np.repeat([1 - doubt[column], doubt[column]], len(POINTS))
            made[column, step] = weighted_quantiles(np.concatenate(both), weight)
    return made
