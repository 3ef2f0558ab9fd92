"""Placebo dates: how far the series of a source move where no policy is known.

A move is the mean of some periods after a date over that of three before (two quarters), relative
to that of the other active origins where there are enough. A change is an effect if few placebo
moves are as large. After Abadie, Diamond and Hainmueller 2010 (JASA 105:493), in time as in space;
p-values as Phipson and Smyth 2010 (Stat. Appl. Genet. Mol. Biol. 9:39), so never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
import polars as pl

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.periods import MONTHS_PER_PERIOD, PERIODS_PER_YEAR
from fcm_migration.trends.policies.events import Policy, first_period
from fcm_migration.trends.watch.panel import Scope

SEED = 20230325
SIGNIFICANCE = 0.05
BEFORE = {"M": 3, "Q": 2}  # periods averaged before
HORIZONS = {"M": (3, 6), "Q": (2, 4)}  # and after
LEAST_MEAN = 100.0  # smallest mean of a year; series below it are too noisy
ACTIVE_MEAN = 10.0  # smallest mean of an origin in the control
LEAST_CONTROLS = 5
NEAR_YEARS = 3  # placebo dates lie within so many years of the date judged
# number of placebo dates: with fewer than ENOUGH more distant ones are added; LEAST are required
ENOUGH, LEAST, MOST = 100, 60, 1000
PANDEMIC = (date(2019, 10, 1), date(2020, 12, 1))  # six months after these dates hold March 2020


@dataclass(frozen=True)
class DonorPool:
    """Series of one source side by side, from which placebo dates are drawn.

    Attributes:
        name: source/indicator/destination/route/frequency; route * is every series.
        frequency: M or Q.
        series: names, one per column of ``values``.
        periods: first days, one per row.
        values: counts; NaN where withheld or not reported.
        has_control: moves are measured over the other series' (origins of one route).
    """

    name: str
    frequency: str
    series: tuple[str, ...]
    periods: tuple[date, ...]
    values: Floats
    has_control: bool


@dataclass(frozen=True)
class Moves:
    """Moves of a pool at every date, for one number of periods after; all periods x series.

    Attributes:
        after: periods averaged after the date.
        before_mean: mean of the periods before; NaN where one is missing.
        after_mean: mean of the periods after.
        control: mean log move of the other active series; 0 without a control.
        controls: how many they are.
        change: log move less that of the control; NaN where unknown.
        level: mean of the year before.
        eligible: may serve as a placebo date.
    """

    after: int
    before_mean: Floats
    after_mean: Floats
    control: Floats
    controls: Ints
    change: Floats
    level: Floats
    eligible: Bools


@dataclass(frozen=True)
class Drawn:
    """Placebo dates: log moves, with row and column of each in the pool."""

    change: Floats
    rows: Ints
    columns: Ints


def origin_pool(scope: Scope) -> DonorPool:
    """Return the origins of one route, each of which is measured over the others."""
    name = scope.name.rsplit("/", 1)[0]
    return DonorPool(
        name, scope.frequency, scope.series, scope.periods, scope.values, has_control=True
    )


def whole_pool(scopes: Sequence[Scope]) -> DonorPool:
    """Return every series of a source, indicator, destination and frequency, without a control.

    Args:
        scopes: the scopes that hold them; not empty.
    """
    source, indicator, destination, _, frequency, _ = scopes[0].name.split("/")
    periods = sorted({day for scope in scopes for day in scope.periods})
    row = {day: number for number, day in enumerate(periods)}
    values = np.full((len(periods), sum(len(scope.series) for scope in scopes)), np.nan)
    names: list[str] = []
    for scope in scopes:
        rows = [row[day] for day in scope.periods]
        values[rows, len(names) : len(names) + len(scope.series)] = scope.values
        names += scope.series
    name = "/".join((source, indicator, destination, "*", frequency))
    return DonorPool(name, frequency, tuple(names), tuple(periods), values, has_control=False)


def moves(pool: DonorPool, after: int, known: Iterable[Policy], index: pl.DataFrame) -> Moves:
    """Return the move of every series at every date, from its periods before and after alone.

    Args:
        pool: the series.
        after: periods averaged after.
        known: all policies. Where one reaches a series, dates near it are no placebos, and windows
            that contain it are no control.
        index: ``mart.series_index``, which says what a policy reaches.
    """
    before, year = BEFORE[pool.frequency], PERIODS_PER_YEAR[pool.frequency]
    before_mean = _means(pool.values, before, -before)
    after_mean = _means(pool.values, after, 0)
    level = _means(pool.values, year, -year)
    near, inside = _around(pool, after, known, index)
    with np.errstate(invalid="ignore"):
        move = np.log((after_mean + 1) / (before_mean + 1))
        active = (level >= ACTIVE_MEAN) & np.isfinite(move) & ~inside
        large = level >= LEAST_MEAN
    control, controls = np.zeros_like(move), np.zeros(move.shape, dtype=np.int64)
    if pool.has_control:
        controls = active.sum(axis=1, keepdims=True) - active
        summed = np.where(active, move, 0.0)
        others = summed.sum(axis=1, keepdims=True) - summed
        enough = controls >= LEAST_CONTROLS
        control = np.where(enough, others / np.maximum(controls, 1), np.nan)
    change = move - control
    pandemic = np.array([PANDEMIC[0] <= day <= PANDEMIC[1] for day in pool.periods])
    eligible = large & np.isfinite(change) & ~near & ~pandemic[:, None]
    return Moves(
        after, before_mean, after_mean, control, controls.astype(np.int64), change, level, eligible
    )


def draw(pool: DonorPool, found: Moves, row: int) -> Drawn:
    """Return the placebo dates around a row: within three years, or further if too few.

    At most :data:`MOST`, drawn at random with the pool's name as seed; none if the whole record
    holds fewer than :data:`LEAST`.
    """
    rows, columns = np.nonzero(found.eligible)
    distance = np.abs(rows - row)
    year = PERIODS_PER_YEAR[pool.frequency]
    reach = NEAR_YEARS * year
    while (distance <= reach).sum() < ENOUGH and reach < len(pool.periods):
        reach += year
    chosen = np.flatnonzero(distance <= reach)
    if len(chosen) < LEAST:
        chosen = chosen[:0]
    elif len(chosen) > MOST:
        random = generator(pool.name, str(found.after), str(row))
        chosen = np.sort(random.choice(chosen, MOST, replace=False))
    rows, columns = rows[chosen], columns[chosen]
    return Drawn(found.change[rows, columns], rows, columns)


def as_large(change: float, placebos: Floats) -> int:
    """Return how many placebo moves are at least as large as a change, either way."""
    return int((np.abs(placebos) >= abs(change)).sum())


def p_value(count: int, placebos: int) -> float:
    """Return the two-sided p-value of a change that ``count`` of the placebo moves reach."""
    return (count + 1) / (placebos + 1)


def limit(placebos: Floats) -> float:
    """Return the absolute log move above which p is at most :data:`SIGNIFICANCE`.

    NaN with fewer than 19 placebos, for which no p is that small.
    """
    rank = int(SIGNIFICANCE * (len(placebos) + 1))
    if rank < 1:
        return float("nan")
    return float(np.partition(np.abs(placebos), -rank)[-rank])


def generator(*names: str) -> np.random.Generator:
    """Return a random generator seeded by names, so that draws are reproducible."""
    return np.random.default_rng([SEED, *(crc32(name.encode()) for name in names)])


def _means(values: Floats, count: int, offset: int) -> Floats:
    """Return the mean of ``count`` rows from ``offset`` rows away; NaN if one is missing."""
    made = np.full(values.shape, np.nan)
    if len(values) >= count:
        windows = np.lib.stride_tricks.sliding_window_view(values, count, axis=0).mean(axis=-1)
        rows = np.arange(len(windows)) - offset
        inside = (rows >= 0) & (rows < len(values))
        made[rows[inside]] = windows[inside]
    return made


def _around(
    pool: DonorPool, after: int, known: Iterable[Policy], index: pl.DataFrame
) -> tuple[Bools, Bools]:
    """Flag dates near a policy that reaches the series, and windows that contain its start."""
    near = np.zeros(pool.values.shape, dtype=np.bool_)
    inside = near.copy()
    before = BEFORE[pool.frequency]
    chosen = index.filter(pl.col("series_id").is_in(pool.series))
    for policy in known:
        row = row_of(pool, first_period(policy.day, pool.frequency))
        reached = policy.reached(chosen)
        columns = [number for number, name in enumerate(pool.series) if name in reached]
        near[_rows(row - after - before, row + after + before + 1), columns] = True
        # a policy that reaches every series also moves the control, so it needs no exclusion
        if policy.direction != "none" and len(columns) < len(pool.series):
            inside[_rows(row - after + 1, row + before), columns] = True
    return near, inside


def row_of(pool: DonorPool, day: date) -> int:
    """Return the row of a period; it may lie beyond either end of the record."""
    first = pool.periods[0]
    months = (day.year - first.year) * 12 + day.month - first.month
    return months // MONTHS_PER_PERIOD[pool.frequency]


def _rows(first: int, end: int) -> slice:
    return slice(max(first, 0), max(end, 0))
