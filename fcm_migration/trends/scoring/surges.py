"""Ex-post surges, used only to evaluate alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.scoring.settings import SURGE
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted


@dataclass(frozen=True)
class Surge:
    """A rise that lasted.

    Attributes:
        series: column of the scope.
        onset: first row in which the data show it (T0).
        peak: row of the largest figure within a year and a half of the onset.
        first_year: sum of the year from the onset on.
        event_id: name of a labelled event; empty for one found by rule.
    """

    series: int
    onset: int
    peak: int
    first_year: float
    event_id: str = ""


def surges(scope: Scope, *, size: float = SURGE.size) -> list[Surge]:
    """Return the surges of every series of a scope.

    A run of periods in which the mean of the next year is at least three times that of the year
    before (one added to both) and the next year's sum is at least ``size`` (annualised; half a
    year must be known). The onset is the first period, within half a year of the run's largest
    ratio, with a figure of twice the mean before (at least 10 a month) that holds for a quarter.
    Runs with a gap of at most two months are one.

    Args:
        scope: monthly, quarterly or annual series.
        size: smallest sum of the year.
    """
    y = np.nan_to_num(scope.values)
    before, after = _years(scope)
    with np.errstate(invalid="ignore"):
        ratio = (after + 1.0) / (before + 1.0)
        large = (ratio >= SURGE.growth) & (after * scope.spec.year >= size)
    found = []
    for column in np.flatnonzero(large.any(axis=0)):
        for first, last in _runs(large[:, column], scope.spec.gap):
            top = first + int(np.nanargmax(ratio[first : last + 1, column]))
            found.append(_surge(scope, y, int(column), top, float(before[top, column])))
    return found


def at(scope: Scope, series: int, onset: date, peak: date, event_id: str) -> Surge | None:
    """Return a labelled event as a surge; None if it lies outside the scope's periods."""
    if not scope.periods[0] <= onset <= scope.periods[-1]:
        return None
    begun = [p <= onset for p in scope.periods].count(True) - 1
    top = [p <= peak for p in scope.periods].count(True) - 1
    year = np.nan_to_num(scope.values[begun : begun + scope.spec.year, series]).sum()
    return Surge(series, begun, max(begun, top), float(year), event_id)


def _years(scope: Scope) -> tuple[Floats, Floats]:
    """Return the means of the year before each period and of the year from it on, each T x N.

    Unknown periods are left out of both; NaN where less than half of the year from it is known.
    """
    year, y = scope.spec.year, scope.values
    before = mean_of(y, year, lag=1)
    rows = np.arange(len(y))
    ends = np.minimum(rows + year, len(y))
    total, number = (
        np.vstack([np.zeros((1, y.shape[1])), np.cumsum(part, axis=0)])
        for part in (np.nan_to_num(y), ~np.isnan(y))
    )
    known = number[ends] - number[rows]
    after = (total[ends] - total[rows]) / np.maximum(known, 1.0)
    return before, np.where(known >= max(1, year // 2), after, np.nan)


def _runs(flags: Bools, gap: int) -> Iterator[tuple[int, int]]:
    """Yield first and last row of each run of flags; gaps of at most ``gap`` rows are bridged."""
    rows = np.flatnonzero(flags)
    breaks = np.flatnonzero(np.diff(rows) > gap + 1)
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(rows) - 1]])
    for first, last in zip(firsts, lasts, strict=True):
        yield int(rows[first]), int(rows[last])


def _surge(scope: Scope, y: Floats, column: int, top: int, before: float) -> Surge:
    """Return the surge of a run: its onset, at twice the level before and held for a quarter."""
    spec = scope.spec
    half, quarter = max(1, spec.year // 2), max(1, 3 // spec.months)
    doubled = 2.0 * max(before, SURGE.base * spec.months)
    own = y[:, column]
    held = mean_of(np.vstack([scope.values[:, [column]], np.full((quarter, 1), np.nan)]), quarter)
    held = shifted(held, 1 - quarter)[
        : len(own), 0
    ]  # mean of each quarter from its first period on
    onset = top
    for row in range(max(top - half, 0), min(top + half, len(own) - 1) + 1):
        if own[row] >= doubled and held[row] >= doubled:
            onset = row
            break
    reach = spec.year + half
    peak = onset + int(np.argmax(own[onset : onset + reach]))
    return Surge(column, onset, peak, float(own[onset : onset + spec.year].sum()))
