"""How often a series without a break shows one: simulated counts, and quiet stretches of real ones.

Nothing here feeds the table: it measures the rule whose constants breaks_settings declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.trends.breaks.build import levels
from fcm_migration.trends.breaks.statistic import Null, wandering
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.settings import QUIET

SIMULATED_FACTS = pl.DataFrame({"series_id": ["simulated"], "rounding": [1]})
QUIET_YEARS = 5


@dataclass(frozen=True)
class Rate:
    """False positives of one kind of series.

    Attributes:
        tested: series or stretches.
        clear: share with a statistic beyond the declared p-value.
        named: share where the change is also of a size that the table would name.
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
    """Ints without a break: Poisson around a level that wanders and a season of a third.

    Args:
        random: its source.
        number: of series.
        length: in months.
        mean: of a month.
        rho: lag-one correlation of the logarithm of the level.
        spread: its standard deviation.

    Returns:
        length x number.
    """
    latent = wandering(random, length, np.full(number, rho), 1e6) * np.sqrt(1.0 - rho**2)
    season = np.log(1.5) * np.sin(2.0 * np.pi * (np.arange(length) % 12) / 12.0)
    rate = mean * np.exp(season[:, None] + spread * latent - spread**2 / 2.0)
    counts: Floats = random.poisson(rate).astype(np.float64)
    return counts


def false_positives(stretches: Sequence[Floats], null: Null, frequency: str, grid: int) -> Rate:
    """Share of ``stretches`` (none of which has a break) in which one is found.

    Args:
        stretches: counts by period, one array a series.
        null: of that frequency.
        frequency: M or Q.
        grid: on which they are rounded.
    """
    clear = named = 0
    for y in stretches:
        scope = _alone(y, frequency, grid)
        clear += any(True for _ in levels(scope, 0, null, size=False))
        named += any(True for _ in levels(scope, 0, null))
    number = len(stretches)
    return Rate(number, clear / max(number, 1), named / max(number, 1))


def detection(stretches: Sequence[Floats], row: int, null: Null, grid: int) -> float:
    """Share of monthly ``stretches`` in which a break is named within a month of ``row``."""
    found = 0
    for y in stretches:
        named = levels(_alone(y, "M", grid), 0, null)
        found += any(abs(level.row - row) <= 1 for level in named)
    return found / max(len(stretches), 1)


def quiet_stretches(scope: Scope) -> Iterator[tuple[Floats, int]]:
    """Yield the longest stretch of each series in which no year is unlike another.

    At least five whole years, the largest yearly mean at most QUIET.high times the smallest, and
    that at least QUIET.least a month. Smaller breaks may still hide in them: what is found there
    is an upper bound of what is false.

    Yields:
        counts by period without unknown ones, and the publisher's grid.
    """
    year = scope.rhythm.year
    for column in range(len(scope.series)):
        y = scope.values[:, column]
        years, first = max(
            _longest(y, year, offset, QUIET.least * scope.rhythm.months) for offset in range(year)
        )
        if years >= QUIET_YEARS:
            grid = int(scope.facts.item(column, "rounding"))
            yield y[first : first + years * year], grid


def shuffled_years(random: np.random.Generator, y: Floats, year: int) -> Floats:
    """The same years in another order: real noise and season, with nothing that lasts."""
    years = y.reshape(-1, year)
    return years[random.permutation(len(years))].ravel()


def _longest(y: Floats, year: int, offset: int, least: float) -> tuple[int, int]:
    """Number of years and first row of the longest quiet stretch whose years begin at offset."""
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


def _alone(y: Floats, frequency: str, grid: int) -> Scope:
    facts = SIMULATED_FACTS.with_columns(rounding=pl.lit(grid))
    return Scope("simulated", "origin", frequency, facts, (), y[:, None], y)
