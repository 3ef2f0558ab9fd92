"""False positive rate of breaks, on simulated counts and on quiet stretches of real series.

A study of the constants in :mod:`fcm_migration.trends.breaks.settings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.trends.breaks.build import level_shifts
from fcm_migration.trends.breaks.statistic import Null, simulate_ar1
from fcm_migration.trends.detection.settings import QUIET
from fcm_migration.trends.watch.panel import Scope

SIMULATED_FACTS = pl.DataFrame({"series_id": ["simulated"], "rounding": [1]})
QUIET_YEARS = 5


@dataclass(frozen=True)
class Rate:
    """False positives of one kind of series.

    Attributes:
        tested: series or stretches.
        clear: share with a p-value at or below the declared one.
        named: share where the change is also of a size that would be published.
    """

    tested: int
    clear: float
    named: float


def simulated_counts(
    random: np.random.Generator,
    *,
    number: int,
    length: int,
    mean: float,
    rho: float,
    spread: float,
) -> Floats:
    """Return counts without a break: Poisson around an AR(1) level with a season.

    Args:
        random: random number generator.
        number: number of series.
        length: in months.
        mean: of a month.
        rho: lag-one correlation of the logarithm of the level.
        spread: its standard deviation.

    Returns:
        length x number.
    """
    latent = simulate_ar1(random, length, np.full(number, rho), 1e6) * np.sqrt(1.0 - rho**2)
    season = np.log(1.5) * np.sin(2.0 * np.pi * (np.arange(length) % 12) / 12.0)
    rate = mean * np.exp(season[:, None] + spread * latent - spread**2 / 2.0)
    counts: Floats = random.poisson(rate).astype(np.float64)
    return counts


def false_positives(stretches: Sequence[Floats], null: Null, frequency: str, rounding: int) -> Rate:
    """Return the share of ``stretches`` (none of which has a break) in which one is found.

    Args:
        stretches: counts by period, one array a series.
        null: simulated series of that frequency.
        frequency: M or Q.
        rounding: the publisher's rounding.
    """
    clear = named = 0
    for y in stretches:
        scope = _alone(y, frequency, rounding)
        clear += any(True for _ in level_shifts(scope, 0, null, size=False))
        named += any(True for _ in level_shifts(scope, 0, null))
    number = len(stretches)
    return Rate(number, clear / max(number, 1), named / max(number, 1))


def detection(stretches: Sequence[Floats], row: int, null: Null, rounding: int) -> float:
    """Return the share of monthly ``stretches`` with a break within a month of ``row``."""
    found = 0
    for y in stretches:
        named = level_shifts(_alone(y, "M", rounding), 0, null)
        found += any(abs(level.row - row) <= 1 for level in named)
    return found / max(len(stretches), 1)


def quiet_stretches(scope: Scope) -> Iterator[tuple[Floats, int]]:
    """Yield the longest stretch of each series whose years are alike.

    It has at least five whole years, the largest yearly mean is at most QUIET.high times the
    smallest, and that is at least QUIET.least a month. It may still contain small breaks, so the
    share found in it is an upper bound of the false positive rate.

    Yields:
        counts by period, all known, and the publisher's rounding.
    """
    year = scope.spec.year
    for column in range(len(scope.series)):
        y = scope.values[:, column]
        years, first = max(
            _longest(y, year, offset, QUIET.least * scope.spec.months) for offset in range(year)
        )
        if years >= QUIET_YEARS:
            rounding = int(scope.facts.item(column, "rounding"))
            yield y[first : first + years * year], rounding


def shuffled_years(random: np.random.Generator, y: Floats, year: int) -> Floats:
    """Return the same years in random order: real noise and season without lasting changes."""
    years = y.reshape(-1, year)
    return years[random.permutation(len(years))].ravel()


def _longest(y: Floats, year: int, offset: int, least: float) -> tuple[int, int]:
    """Return years and first row of the longest quiet stretch whose years begin at ``offset``."""
    number = (len(y) - offset) // year
    means = y[offset : offset + number * year].reshape(number, year).mean(axis=1)
    best = (0, 0)
    for start in range(number):
        for end in range(start + best[0] + 1, number + 1):
            low, high = means[start:end].min(), means[start:end].max()
            if not (low >= least and high <= QUIET.high * low):  # NaN is not
                break
            best = (end - start, offset + start * year)
    return best


def _alone(y: Floats, frequency: str, rounding: int) -> Scope:
    facts = SIMULATED_FACTS.with_columns(rounding=pl.lit(rounding))
    return Scope("simulated", "origin", frequency, facts, (), y[:, None], y)
