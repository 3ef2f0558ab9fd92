"""Features of the pooled regressions: one row per series and period, from its past alone.

Every feature is causal: row t uses rows up to t only, and means across series use the series
observed at t, so that a pool cut at t gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.forecast.panel import Pool, means, scales

OWN_YEARS, POOL_YEARS, SHRINK = 5, 8, 3.0
LIMIT = 5.0  # features are clipped at this many of the series' own scales


@dataclass(frozen=True)
class Features:
    """Periods x series (x features): direction for the centre, state for the spread."""

    z: Floats
    scale: Floats
    direction: Floats
    state: Floats
    season: int


def gaps(season: int) -> tuple[int, ...]:
    """Return the lengths (periods) of the past means that a value's distance is measured from."""
    wanted = {3, season // 2, season, 2 * season, 5 * season}
    return tuple(sorted(length for length in wanted if length > 1))


def prepare(pool: Pool) -> Features:
    """Return the features that do not depend on the horizon."""
    z = pool.filled()
    season = pool.spec.season
    scale = scales(z, pool.values, pool.rounding, season)
    change = np.zeros_like(z)
    change[1:] = np.nan_to_num(np.diff(z, axis=0))
    lengths = gaps(season)
    away = [np.nan_to_num(z - means(z, length)) for length in lengths]
    alive = ~np.isnan(pool.values)
    own = [change, _lagged(change, 1), _lagged(change, 2), *away]
    common = [_across(change / scale, alive)]
    common += [_lagged(common[0], 1)]
    near, year = away[0], away[lengths.index(season)] if season > 1 else away[-1]
    common += [_across(gap / scale, alive) for gap in (near, year)]
    scaled = [column / scale for column in own]
    direction = np.stack([*scaled, *(np.broadcast_to(c[:, None], z.shape) for c in common)], -1)
    return Features(z, scale, np.clip(direction, -LIMIT, LIMIT), _state(pool, z, change), season)


def seasonal(features: Features, step: int) -> Floats:
    """Return own and pooled growth of past years over the horizon, in scales (last axis: 2)."""
    z, scale = features.z, features.scale
    growth = np.full_like(z, np.nan)
    if step < len(z):
        growth[:-step] = z[step:] - z[:-step]
    first = 1 + (step - 1) // features.season  # the newest year with fully observed growth
    years = [_lagged(growth, features.season * j, np.nan) for j in range(first, first + POOL_YEARS)]
    own = _shrunk(np.stack(years[:OWN_YEARS]))
    relative = [year / scale for year in years]
    pooled = _shrunk(np.stack([_across(year, ~np.isnan(year)) for year in relative]))
    both = np.stack([own / scale, np.broadcast_to(pooled[:, None], z.shape)], -1)
    return np.clip(both, -LIMIT, LIMIT)


def _state(pool: Pool, z: Floats, change: Floats) -> Floats:
    """Return volatility and size of a series: the features its spread may depend on."""
    season = pool.spec.season
    year, two = means(pool.values, season), means(pool.values, 2 * season)
    moves = np.clip(np.abs(change), 0, 3)
    fast, middle, slow = (_smoothed(moves, memory) for memory in (0.7, 0.9, 0.97))
    tiny = 0.02
    columns = (
        np.log((fast + tiny) / (slow + tiny)),
        np.log(middle + tiny),
        np.log1p(year),
        np.log1p(two),
        1.0 / np.sqrt(year + pool.rounding),
        np.log((np.expm1(np.nan_to_num(z)) + pool.rounding) / (year + pool.rounding)),
        moves,
    )
    return np.stack(columns, -1)


def _smoothed(moves: Floats, memory: float) -> Floats:
    level = np.zeros_like(moves)
    for row in range(1, len(moves)):
        level[row] = memory * level[row - 1] + (1 - memory) * moves[row]
    return level


def _lagged(values: Floats, rows: int, missing: float = 0.0) -> Floats:
    lagged = np.full_like(values, missing)
    if rows < len(values):
        lagged[rows:] = values[: len(values) - rows]
    return lagged


def _across(values: Floats, alive: Bools) -> Floats:
    """Return the mean over the series observed, period by period (the same bytes if cut later)."""
    return np.array([v[a].mean() if a.any() else 0.0 for v, a in zip(values, alive, strict=True)])


def _shrunk(years: Floats) -> Floats:
    """Return the mean over the known years, shrunk to zero while they are few."""
    known = ~np.isnan(years)
    shrunk: Floats = np.nan_to_num(years).sum(axis=0) / (known.sum(axis=0) + SHRINK)
    return shrunk
