"""A level that moves and a season that stays: for series with a strong season and a short past.

Every period's deviation from the centred mean of a year gives a profile of the season; exponential
smoothing follows the series without it; a forecast adds the profile of its period back. Intervals
come from the errors that the same profile and level would have made in the series' own past.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.forecast.panel import Pool
from fcm_migration.forecast.scores import QUANTILE_LEVELS

WEIGHT = 0.4  # of the newest period in the level; 0.3 to 0.6 score nearly the same
YEARS = 6  # whose deviations make the profile
FEWEST_YEARS = 2
HARMONICS = 2  # waves a year of which a monthly profile is made; one to four score nearly the same
WARM = 3  # years that a level and a profile need before their errors count
ERRORS = 48  # newest errors of each horizon that make the intervals
FEWEST_ERRORS = 6
EVIDENCE_YEARS = 3
# past that is smoothed: older periods do not move the level any more
WINDOW = 144


def forecasts(pool: Pool, rows: Sequence[int], horizon: int) -> Floats:
    """Return quantiles (log1p scale) of the seasonal level at some origins.

    Every origin uses the periods up to its own alone: the profile, too, is made anew for each.

    Args:
        pool: monthly or quarterly series.
        rows: the origin rows.
        horizon: periods ahead.

    Returns:
        origins x series x horizon x QUANTILE_LEVELS; NaN where a series has too short a past, and
        everywhere for annual series.
    """
    season = pool.spec.season
    made = np.full((len(rows), len(pool.series), horizon, len(QUANTILE_LEVELS)), np.nan)
    if season == 1:
        return made
    away, filled, observed = deviations(pool.values, season), pool.filled(), ~np.isnan(pool.values)
    number = np.cumsum(observed, axis=0)
    for place, row in enumerate(rows):
        past = np.arange(max(0, row + 1 - WINDOW), row + 1)
        season_of = np.array([pool.ordinal(int(r)) % season for r in past])
        ahead = (season_of[-1] + np.arange(1, horizon + 1)) % season
        shape, years = profile(away, row, season, pool.ordinal(0))
        rest = filled[past] - shape[season_of]
        level = levels(rest)
        counted = observed[past] & (number[past] >= WARM * season)
        spread, known = half_widths(rest, level, observed[past], counted, horizon)
        usable = known & (years >= FEWEST_YEARS)
        centre = (level[-1] + shape[ahead]).T
        fan = np.concatenate(
            [-spread[..., ::-1], np.zeros_like(centre)[..., None], spread], axis=-1
        )
        made[place, usable] = (centre[..., None] + fan)[usable]
    return made


def evidence(pool: Pool, rows: Sequence[int]) -> Floats:
    """Return how much of the last years' season the profiles known before them explained.

    One less the ratio of two sums of squares over the last EVIDENCE_YEARS years of deviations: what
    the profile known a year, two, three years before left over, and all of them. Near 1 the season
    repeats itself, at 0 and below it was of no use.

    Returns:
        origins x series; NaN where less than a year can be judged, and for annual series.
    """
    season = pool.spec.season
    found = np.full((len(rows), len(pool.series)), np.nan)
    if season == 1:
        return found
    away, first = deviations(pool.values, season), pool.ordinal(0)
    before = {
        row: profile(away, row, season, first)
        for row in sorted({r - season * k for r in rows for k in range(1, EVIDENCE_YEARS + 1)})
        if row >= season
    }
    for place, row in enumerate(rows):
        left, whole = np.zeros((2, len(pool.series)))
        judged = np.zeros(len(pool.series))
        for year in range(1, EVIDENCE_YEARS + 1):
            newest = row - season // 2 - season * (year - 1)
            if row - season * year not in before:
                continue
            shape, years = before[row - season * year]
            at = np.arange(max(0, newest - season + 1), newest + 1)
            error = away[at] - shape[(first + at) % season]
            known = np.isfinite(error) & (years >= 1)
            left += np.where(known, error**2, 0.0).sum(axis=0)
            whole += np.where(known, away[at] ** 2, 0.0).sum(axis=0)
            judged += known.sum(axis=0)
        enough = (judged >= season) & (whole > 0)
        found[place, enough] = 1.0 - left[enough] / whole[enough]
    return found


def deviations(values: Floats, season: int) -> Floats:
    """Return log1p of each count less log1p of the mean of the year around it; NaN at both ends.

    The year is centred: ``season`` + 1 periods, the outermost two by half.

    Args:
        values: counts, periods x series; NaN where nothing was observed.
        season: periods a year.
    """
    weight = np.full(season + 1, 1.0 / season)
    weight[[0, -1]] /= 2
    mean = np.full_like(values, np.nan)
    half = season // 2
    for row in range(half, len(values) - half):
        mean[row] = weight @ values[row - half : row + half + 1]
    away: Floats = np.log1p(values) - np.log1p(mean)
    return away


def profile(away: Floats, row: int, season: int, first: int) -> tuple[Floats, Floats]:
    """Return the profile of the season as known at a row, and the years it rests on.

    The median deviation of the last YEARS years, by period of the year, shrunk by n / (n + 1),
    centred on zero; of monthly series smoothed by HARMONICS waves a year.

    Args:
        away: :func:`deviations`; those up to half a year before ``row`` are known at it.
        row: the origin.
        season: periods a year.
        first: place in the year of the first row, or any number of that remainder.

    Returns:
        season x series on the log scale, and the least number of years of any period, by series.
    """
    shape = np.zeros((season, away.shape[1]))
    years = np.zeros_like(shape)
    last = row - season // 2
    for back in range(season):
        newest = last - back
        known = away[list(range(newest, -1, -season))[:YEARS]]
        middle, number = _median(known)
        at = (first + newest) % season
        shape[at], years[at] = middle * number / (number + 1), number
    shape -= shape.mean(axis=0)
    if season > 2 * HARMONICS:
        turn = 2 * np.pi * np.outer(np.arange(1, HARMONICS + 1), np.arange(season)) / season
        waves = np.concatenate([np.cos(turn), np.sin(turn)]) * np.sqrt(2 / season)
        shape = waves.T @ (waves @ shape)
    return shape, years.min(axis=0)


def _median(values: Floats) -> tuple[Floats, Floats]:
    """Return median and number of the known values of each column; 0 where none is known."""
    number = (~np.isnan(values)).sum(axis=0)
    if not len(values):
        return np.zeros(values.shape[1]), number.astype(np.float64)
    ordered, columns = np.sort(values, axis=0), np.arange(values.shape[1])
    last = np.maximum(number - 1, 0)
    low, high = ordered[last // 2, columns], ordered[np.minimum(number // 2, last), columns]
    return np.where(number > 0, (low + high) / 2, 0.0), number.astype(np.float64)


def levels(rest: Floats) -> Floats:
    """Return the level after each period: exponential smoothing of the series without its season.

    Args:
        rest: periods x series on the log scale; NaN before a series begins.
    """
    level, found = rest[0], np.empty_like(rest)
    for row, newest in enumerate(rest):
        level = np.where(np.isnan(level), newest, level + WEIGHT * (newest - level))
        found[row] = level
    return found


def half_widths(
    rest: Floats, level: Floats, observed: Bools, counted: Bools, horizon: int
) -> tuple[Floats, Bools]:
    """Return how far above the median the upper quantiles lie, from the series' own past errors.

    The intervals are symmetric: quantiles of the absolute errors of the newest ERRORS origins. A
    horizon with fewer than FEWEST_ERRORS of them takes those of the horizon before, wider by the
    root of the horizon.

    Args:
        rest: periods x series without the season; NaN before a series begins.
        level: :func:`levels` of it.
        observed: periods x series, True where a count was observed.
        counted: periods x series, True where an origin's error counts.
        horizon: periods ahead.

    Returns:
        series x horizon x levels above the median, and the series that have enough errors.
    """
    shares = 2 * np.array([level for level in QUANTILE_LEVELS if level > 0.5]) - 1
    spread = np.full((rest.shape[1], horizon, len(shares)), np.nan)
    columns = np.arange(rest.shape[1])[:, None]
    for step in range(1, min(horizon, len(rest) - 1) + 1):
        error = np.abs(rest[step:] - level[:-step])
        good = (counted[:-step] & observed[step:])[-ERRORS:]
        ordered = np.sort(np.where(good, error[-ERRORS:], np.inf), axis=0)
        number = good.sum(axis=0)[:, None]
        last = np.maximum(number - 1, 0)
        place = np.clip(shares * number - 0.5, 0, last)
        low = np.floor(place).astype(np.int64)
        below, above = ordered[low, columns], ordered[np.minimum(low + 1, last), columns]
        enough = number >= FEWEST_ERRORS
        with np.errstate(invalid="ignore"):
            spread[:, step - 1] = np.where(enough, below + (above - below) * (place - low), np.nan)
    known: Bools = np.isfinite(spread[:, 0, 0])
    for step in range(2, horizon + 1):
        wider = spread[:, step - 2] * np.sqrt(step / (step - 1))
        spread[:, step - 1] = np.where(np.isnan(spread[:, step - 1]), wider, spread[:, step - 1])
    return spread, known
