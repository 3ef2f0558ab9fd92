"""Episodes of alerts, and what became of each: the counting rules by which alerts are judged.

Only the first period of an episode is credited, and an episode is issued again after half a year:
an alarm that is always on finds nothing and is wrong all the time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.settings import CONFIRMED, WINDOW, Rhythm

HIT, REPEAT, GROW, FALSE, OPEN = range(5)
NAMES = ("hit", "repeat", "grow", "false", "open")


@dataclass(frozen=True)
class Opened:
    """One episode: which series, in which row it opened, and what became of it (see NAMES)."""

    series: int
    row: int
    outcome: int


def episode_rows(flags: Bools, rhythm: Rhythm) -> Ints:
    """Row in which the episode of each flagged period opened; -1 where nothing is flagged.

    Args:
        flags: T x N.
        rhythm: periods without a flag an episode may hold, and after how many it is cut.
    """
    opened = np.full(flags.shape, -1, dtype=np.int64)
    current = np.full(flags.shape[1], -1, dtype=np.int64)
    last = np.full(flags.shape[1], -1_000_000, dtype=np.int64)
    for row in range(len(flags)):
        on = flags[row]
        fresh = on & ((row - last > rhythm.gap + 1) | (row - current >= rhythm.cut))
        current[fresh] = row
        last[on] = row
        opened[row, on] = current[on]
    return opened


def episodes(
    scope: Scope, flags: Bools, found: Sequence[Surge], rows: Collection[int] | None = None
) -> list[Opened]:
    """Every episode that opened in ``rows`` (all of them by default), judged.

    hit: it opened from half a year before to a quarter after the onset of a surge; repeat: later,
    up to its peak; grow: the mean of the next half-year is at least half as much again as that of
    the year before, and its sum at least 60; open: less than a quarter of what followed is known;
    else false.
    """
    opened = episode_rows(flags, scope.rhythm)
    starts = np.argwhere(opened == np.arange(len(flags))[:, None])
    by_series: dict[int, list[Surge]] = {}
    for surge in found:
        by_series.setdefault(surge.series, []).append(surge)
    kept = set(range(len(flags)) if rows is None else rows)
    return [
        Opened(int(series), int(row), _outcome(scope, int(series), int(row), by_series))
        for row, series in starts
        if row in kept
    ]


def _outcome(scope: Scope, series: int, row: int, found: dict[int, list[Surge]]) -> int:
    early, late = reach(scope.rhythm)
    known = found.get(series, [])
    if any(surge.onset - early <= row <= surge.onset + late for surge in known):
        return HIT
    if any(surge.onset + late < row <= surge.peak for surge in known):
        return REPEAT
    own = scope.values[:, series]
    return followed(own, row, scope.rhythm)


def followed(own: Floats, row: int, rhythm: Rhythm) -> int:
    """Whether the half-year after ``row`` stayed above the year before it: GROW, FALSE or OPEN."""
    half, quarter = max(1, rhythm.year // 2), max(1, rhythm.year // 4)
    after, before = own[row + 1 : row + 1 + half], own[max(row - rhythm.year, 0) : row]
    after, before = after[~np.isnan(after)], before[~np.isnan(before)]  # withheld is not nobody
    if len(after) < quarter:
        return OPEN
    base = before.mean() if len(before) else 0.0
    grown = after.mean() >= CONFIRMED.growth * base and after.sum() >= CONFIRMED.size
    return GROW if grown else FALSE


def reach(rhythm: Rhythm) -> tuple[int, int]:
    """Periods before and after an onset in which an episode must open to have found it."""
    return WINDOW.before // rhythm.months, WINDOW.after // rhythm.months
