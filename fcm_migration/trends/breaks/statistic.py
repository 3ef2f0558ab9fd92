"""Level shift statistics with AR(1) noise, and their distribution under no shift.

A level shift at t is estimated by generalised least squares over the year before and the year from
t on, with AR(1) noise: the level shift of Chen & Liu, Joint estimation of model parameters and
outlier effects in time series, JASA 88 (1993). With white noise it is the difference of two yearly
means, with a random walk the step at t itself. The p-value of the largest statistic comes from
simulated series without a shift, because series are too short for asymptotic tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.trends.breaks.settings import NOISE, SIMULATION, Simulation

MAD_TO_SD = 1.4826  # of a normal distribution


@dataclass(frozen=True)
class Shifts:
    """Level shift statistics of N series.

    Attributes:
        statistic: T x N; level shift over its standard error. NaN without a year before and half a
            year after, or where too little of either is known.
        persistence: lag-one correlation about the moving yearly mean, N.
    """

    statistic: Floats
    persistence: Floats


@dataclass(frozen=True)
class Null:
    """Largest statistics of simulated series without a shift, by length, sorted by persistence."""

    lengths: tuple[int, ...]
    persistence: tuple[Floats, ...]
    largest: tuple[Floats, ...]
    nearest: int

    def p_value(self, statistic: float, persistence: float, length: int) -> float:
        """Return the share of the most similar simulated series that are as extreme; never 0."""
        place = min(int(np.searchsorted(self.lengths, length)), len(self.lengths) - 1)
        known, largest = self.persistence[place], self.largest[place]
        middle = int(np.searchsorted(known, persistence))
        first = min(max(middle - self.nearest // 2, 0), len(known) - self.nearest)
        alike = largest[first : first + self.nearest]
        return float((1 + (alike >= statistic).sum()) / (1 + len(alike)))


def logs(values: Floats, months: int) -> Floats:
    """Return the logarithm of counts per period of ``months`` months, with the declared offset."""
    shifted: Floats = np.log(values + NOISE.offset * months)
    return shifted


def without_season(x: Floats, year: int) -> Floats:
    """Return ``x`` less the median distance of each season to the mean of the year around it.

    Args:
        x: T x N, logarithms; NaN where unknown.
        year: periods of a year.
    """
    apart = x - _year_around(x, year)
    out = x.copy()
    for season in range(year):
        out[season::year] -= _median(apart[season::year])
    return out


def shifts(x: Floats, year: int, noise: Floats, known: float) -> Shifts:
    """Return the level shift at each period over its standard error.

    Args:
        x: T x N, logarithms without season; NaN where unknown.
        year: periods of a year.
        noise: T x N, standard deviation that counting and rounding alone give a logarithm.
        known: share of each side's periods that must be known.
    """
    apart = x - _year_around(x, year)
    sums, gaps = _spread(apart[1:] + apart[:-1]) ** 2, _spread(apart[1:] - apart[:-1]) ** 2
    seen = np.divide(sums - gaps, sums + gaps, out=np.zeros_like(sums), where=sums + gaps > 0)
    rho = np.clip(seen + NOISE.persistence_bias, 0.0, NOISE.persistence_most)
    news = np.full(x.shape, np.nan)
    news[1:] = x[1:] - rho * x[:-1]
    # about the mean of the year around them, so that a level shift does not count as noise
    scale = np.maximum(_spread(news - _year_around(news, year)), noise)
    steps = _level_shift(news, ~np.isnan(x), rho, year, known) / scale
    # a series whose level moves all the time has no break, however small its noise looks
    usual = MAD_TO_SD * _median(np.abs(steps))
    return Shifts(steps / np.maximum(usual, 1.0), seen)


def _level_shift(news: Floats, is_known: Floats, rho: Floats, year: int, known: float) -> Floats:
    length = len(news)
    rows = np.arange(length)
    first, last = np.maximum(rows - year + 1, 1), np.minimum(rows + year, length)
    there = ~np.isnan(news)
    total, count = _running(np.nan_to_num(news)), _running(there)
    after = total[last] - total[np.minimum(rows + 1, length)]
    after_count = count[last] - count[np.minimum(rows + 1, length)]
    level = 1.0 - rho
    at = there.astype(np.float64)
    ones = level**2 * (count[last] - count[first])
    cross = level * (at + level * after_count)
    step = at + level**2 * after_count - np.divide(cross**2, ones, where=ones > 0, out=cross * 0)
    answer = np.nan_to_num(news) + level * after
    answer -= np.divide(cross, ones, where=ones > 0, out=cross * 0) * (
        level * (total[last] - total[first])
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = answer / np.sqrt(step)
    figures = _running(is_known)
    before = figures[rows] - figures[np.maximum(rows - year, 0)]
    since = figures[last] - figures[rows]
    able = (rows >= year) & (rows + year // 2 <= length)
    enough = (before >= known * year) & (since >= known * (last - rows)[:, None])
    found[~(able[:, None] & enough & (step > 0.0))] = np.nan
    return found


@lru_cache(maxsize=4)
def simulated_null(
    periods_of_year: int, known: float, rules: Simulation = SIMULATION, longest: int | None = None
) -> Null:
    """Return the largest statistics of simulated series without a shift.

    Args:
        periods_of_year: 12 or 4.
        known: as for :func:`shifts`.
        rules: how many, how long, how persistent.
        longest: length in periods beyond which none is simulated.
    """
    random = np.random.default_rng([rules.seed, periods_of_year])
    lengths = [years * periods_of_year for years in rules.years]
    if longest is not None:
        enough = [length for length in lengths if length >= longest]
        lengths = [length for length in lengths if length <= min([*enough, lengths[-1]])]
    persistence, largest = [], []
    for length in lengths:
        rho = random.uniform(0.0, rules.persistence, rules.series)
        latent = simulate_ar1(random, length, rho, rules.tails)
        share = random.uniform(0.0, rules.noise, rules.series)
        spread = np.sqrt(share / (1.0 - share)) / np.sqrt(1.0 - rho**2)
        counted = latent + spread * random.standard_t(rules.tails, latent.shape)
        x = without_season(counted, periods_of_year)
        found = shifts(x, periods_of_year, np.zeros_like(x), known)
        order = np.argsort(found.persistence)
        persistence.append(found.persistence[order])
        largest.append(np.nanmax(np.abs(found.statistic), axis=0)[order])
    return Null(tuple(lengths), tuple(persistence), tuple(largest), rules.nearest)


def simulate_ar1(random: np.random.Generator, length: int, rho: Floats, tails: float) -> Floats:
    """Return AR(1) series: ``length`` x number of ``rho``."""
    start = 24  # burn-in: the first figure kept varies as much as later ones
    x = random.standard_t(tails, (start + length, len(rho)))
    x[0] /= np.sqrt(1.0 - rho**2)
    for row in range(1, len(x)):
        x[row] += rho * x[row - 1]
    kept: Floats = x[start:]
    return kept


def separate(statistic: Floats, apart: int) -> Sequence[int]:
    """Return the rows of the largest statistics, largest first, at least ``apart`` rows apart."""
    size = np.nan_to_num(np.abs(statistic))
    kept: list[int] = []
    for row in np.argsort(-size, kind="stable"):
        if size[row] == 0.0:
            break
        if all(abs(int(row) - other) >= apart for other in kept):
            kept.append(int(row))
    return kept


def _year_around(x: Floats, year: int) -> Floats:
    """Return the centred moving mean over a year, T x N."""
    rows = np.arange(len(x))
    first, last = np.maximum(rows - year // 2, 0), np.minimum(rows + year // 2 + 1, len(x))
    total, count = _running(np.nan_to_num(x)), _running(~np.isnan(x))
    number = count[last] - count[first]
    mean = np.full(x.shape, np.nan)
    np.divide(total[last] - total[first], number, out=mean, where=number > 0)
    return mean


def _running(values: Floats) -> Floats:
    """Return the sums of all rows before each row: one row more than ``values``."""
    zero = np.zeros((1, values.shape[1]))
    return np.vstack([zero, np.cumsum(values, axis=0, dtype=np.float64)])


def _spread(values: Floats) -> Floats:
    """Return the robust standard deviation (MAD) of each column."""
    spread: Floats = np.multiply(MAD_TO_SD, _median(np.abs(values - _median(values))))
    return spread


def _median(values: Floats) -> Floats:
    """Return the median of each column without NaN; 0 where nothing is known."""
    if not np.isnan(values).any():
        return np.asarray(np.median(values, axis=0), dtype=np.float64)
    ordered = np.sort(values, axis=0)  # NaN last
    number = (~np.isnan(values)).sum(axis=0)
    columns = np.arange(values.shape[1])
    low = ordered[np.maximum((number - 1) // 2, 0), columns]
    high = ordered[np.minimum(number // 2, len(values) - 1), columns]
    found: Floats = np.where(number > 0, (low + high) / 2.0, 0.0)
    return found
