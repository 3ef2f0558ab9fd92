"""Episodes of alerts and their outcomes: the counting rules of every evaluation.

Only the first period of an episode counts, and for evaluation an episode that lasts is issued again
every half-year, so that an alarm that never stops is not credited with every surge.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.trends.scoring.settings import CONFIRMED, WINDOW
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.settings import FrequencySpec

HIT, REPEAT, GROW, FALSE, OPEN = range(5)
NAMES = ("hit", "repeat", "grow", "false", "open")


@dataclass(frozen=True)
class Episode:
    """One episode: its series, the row in which it opened, and its outcome (see NAMES)."""

    series: int
    row: int
    outcome: int


def episode_rows(flags: Bools, spec: FrequencySpec, *, reissued: bool = True) -> Ints:
    """Return the row in which the episode of each flagged period opened; -1 where none is.

    Args:
        flags: T x N.
        spec: says how many periods without a flag an episode may contain, and after how many
            periods it is issued again.
        reissued: whether an episode that lasts counts as a new one every half-year, as evaluations
            count it; False for the true beginning, which people are told.
    """
    opened = np.full(flags.shape, -1, dtype=np.int64)
    current = np.full(flags.shape[1], -1, dtype=np.int64)
    last = np.full(flags.shape[1], -1_000_000, dtype=np.int64)
    for row in range(len(flags)):
        on = flags[row]
        fresh = on & (row - last > spec.gap + 1)
        if reissued:
            fresh |= on & (row - current >= spec.cut)
        current[fresh] = row
        last[on] = row
        opened[row, on] = current[on]
    return opened


def episodes(
    scope: Scope, flags: Bools, found: Sequence[Surge], rows: Collection[int] | None = None
) -> list[Episode]:
    """Return every episode that opened in ``rows`` (by default any row), with its outcome.

    hit: it opened from half a year before to a quarter after the onset of a surge; repeat: later,
    up to the peak; grow: the mean of the next half-year is at least 1.5 times that of the year
    before, and its sum at least 60; open: less than a quarter has been printed of that half-year;
    else false.
    """
    opened = episode_rows(flags, scope.spec)
    starts = np.argwhere(opened == np.arange(len(flags))[:, None])
    by_series: dict[int, list[Surge]] = {}
    for surge in found:
        by_series.setdefault(surge.series, []).append(surge)
    kept = set(range(len(flags)) if rows is None else rows)
    return [
        Episode(int(series), int(row), _outcome(scope, int(series), int(row), by_series))
        for row, series in starts
        if row in kept
    ]


def _outcome(scope: Scope, series: int, row: int, found: dict[int, list[Surge]]) -> int:
    early, late = reach(scope.spec)
    known = found.get(series, [])
    if any(surge.onset - early <= row <= surge.onset + late for surge in known):
        return HIT
    if any(surge.onset + late < row <= surge.peak for surge in known):
        return REPEAT
    # what came after is judged by printed figures alone: a row left out proves nothing
    own = scope.values[:, series].copy()
    own[row + 1 :] = scope.printed[row + 1 :, series]
    return later_growth(own, row, scope.spec)


def later_growth(own: Floats, row: int, spec: FrequencySpec) -> int:
    """Return GROW if the half-year after ``row`` is well above the year before; FALSE or OPEN."""
    half, quarter = max(1, spec.year // 2), max(1, spec.year // 4)
    after, before = own[row + 1 : row + 1 + half], own[max(row - spec.year, 0) : row]
    after, before = after[~np.isnan(after)], before[~np.isnan(before)]  # withheld is not nobody
    if len(after) < quarter:
        return OPEN
    base = before.mean() if len(before) else 0.0
    grown = after.mean() >= CONFIRMED.growth * base and after.sum() >= CONFIRMED.size
    return GROW if grown else FALSE


def reach(spec: FrequencySpec) -> tuple[int, int]:
    """Return how many periods before and after an onset an episode may open to have found it."""
    return WINDOW.before // spec.months, WINDOW.after // spec.months
