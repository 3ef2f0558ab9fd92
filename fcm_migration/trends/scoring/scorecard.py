"""How good alerts are: recall, lead, precision and false alarms, with intervals over series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.scoring.outcomes import (
    FALSE,
    GROW,
    HIT,
    OPEN,
    REPEAT,
    Opened,
    episodes,
    reach,
)
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope

DRAWS, SEED = 1000, 20260101
# what is counted of each series
(HITS, REPEATS, GROWN, WRONG, UNDECIDED, ACTIVE, SURGES, FOUND, PROMPT, AHEAD, LARGE, LARGE_FOUND,
 AHEAD_PUBLISHED, LABELLED, LABELLED_FOUND) = range(15)  # fmt: skip
COUNTS = 15
LARGE_YEAR = 5000.0
MEASURES = (
    "recall",
    "by_onset_and_one",
    "two_before_peak",
    "two_before_peak_published",
    "recall_large",
    "recall_labelled",
    "surge_precision",
    "confirmed_precision",
    "false_per_100",
    "alerts_per_100",
)


@dataclass(frozen=True)
class Judged:
    """One rule over one window: counts by series, and what they amount to.

    Attributes:
        counts: series x COUNTS.
        figures: by name of MEASURES; NaN where nothing could be counted.
        low, high: ends of their 95 % intervals (bootstrap over series).
        leads: periods from alert to peak, of every surge found.
        delays: periods from onset to alert.
    """

    counts: Floats
    figures: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    leads: tuple[int, ...]
    delays: tuple[int, ...]


def judge(
    cases: Iterable[tuple[Scope, Bools, Bools, Sequence[Surge]]],
    windows: Mapping[str, Sequence[int]],
    lags: Mapping[str, int] | None = None,
    *,
    draw: bool = True,
) -> Judged:
    """Judge one rule.

    Args:
        cases: scope, flags (T x N), active (T x N), surges.
        windows: rows judged, by name of the scope.
        lags: whole periods from a period's end to its publication, by name of the scope.
        draw: whether intervals are drawn.

    Returns:
        the counts of all scopes together. Surges are those found by rule; labelled events decide
        what became of an episode, and are counted apart.
    """
    blocks, leads, delays = [], [], []
    for scope, flags, tested, found in cases:
        rows = windows[scope.name]
        opened = episodes(scope, flags, found, rows)
        late = 0 if lags is None else lags.get(scope.name, 0)
        block, lead, delay = _counts(scope, tested, found, opened, rows, late)
        blocks.append(block)
        leads += lead
        delays += delay
    counts = np.vstack(blocks) if blocks else np.zeros((0, COUNTS))
    low, high = _intervals(counts) if draw else ({}, {})
    return Judged(counts, measures(counts.sum(axis=0)), low, high, tuple(leads), tuple(delays))


def _counts(
    scope: Scope,
    tested: Bools,
    found: Sequence[Surge],
    opened: Sequence[Opened],
    rows: Sequence[int],
    late: int,
) -> tuple[Floats, list[int], list[int]]:
    counts = np.zeros((len(scope.series), COUNTS))
    counts[:, ACTIVE] = tested[list(rows)].sum(axis=0)
    for episode in opened:
        place = {HIT: HITS, REPEAT: REPEATS, GROW: GROWN, FALSE: WRONG, OPEN: UNDECIDED}
        counts[episode.series, place[episode.outcome]] += 1
    early, after = reach(scope.rhythm)
    two = max(1, 2 // scope.rhythm.months)
    leads, delays = [], []
    inside = set(rows)
    for surge in found:
        if surge.onset not in inside:
            continue
        own = counts[surge.series]
        starts = [
            e.row
            for e in opened
            if e.series == surge.series and surge.onset - early <= e.row <= surge.onset + after
        ]
        if surge.event_id:
            own[LABELLED] += 1
            own[LABELLED_FOUND] += bool(starts)
            continue
        own[SURGES] += 1
        own[LARGE] += surge.first_year >= LARGE_YEAR
        if not starts:
            continue
        first = min(starts)
        own[FOUND] += 1
        own[LARGE_FOUND] += surge.first_year >= LARGE_YEAR
        own[PROMPT] += first <= surge.onset + 1
        own[AHEAD] += first <= surge.peak - two
        own[AHEAD_PUBLISHED] += first + late <= surge.peak - two
        leads.append(surge.peak - first)
        delays.append(first - surge.onset)
    return counts, leads, delays


def measures(total: Floats) -> dict[str, float]:
    """MEASURES of summed counts (COUNTS, or draws x COUNTS: then arrays)."""
    t = np.moveaxis(np.asarray(total, dtype=np.float64), -1, 0)
    judged = t[HITS] + t[REPEATS] + t[GROWN] + t[WRONG]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (
            t[FOUND] / t[SURGES],
            t[PROMPT] / t[SURGES],
            t[AHEAD] / t[SURGES],
            t[AHEAD_PUBLISHED] / t[SURGES],
            t[LARGE_FOUND] / t[LARGE],
            t[LABELLED_FOUND] / t[LABELLED],
            t[HITS] / (t[HITS] + t[GROWN] + t[WRONG]),
            1.0 - t[WRONG] / judged,
            100.0 * t[WRONG] / t[ACTIVE],
            100.0 * (judged + t[UNDECIDED]) / t[ACTIVE],
        )
    return dict(zip(MEASURES, found, strict=True))


def _intervals(counts: Floats) -> tuple[dict[str, float], dict[str, float]]:
    """95 % intervals of the measures: series drawn with replacement."""
    if not len(counts):
        return dict.fromkeys(MEASURES, np.nan), dict.fromkeys(MEASURES, np.nan)
    drawn = measures(resampled(counts))
    with np.errstate(invalid="ignore"):
        ends = {
            name: np.nanpercentile(values, (2.5, 97.5))
            if np.isfinite(values).any()
            else (np.nan, np.nan)
            for name, values in drawn.items()
        }
    return (
        {name: float(pair[0]) for name, pair in ends.items()},
        {name: float(pair[1]) for name, pair in ends.items()},
    )


def resampled(counts: Floats) -> Floats:
    """Summed counts of DRAWS bootstrap samples of the series: DRAWS x columns."""
    random = np.random.default_rng(SEED)
    weights = random.multinomial(len(counts), np.full(len(counts), 1.0 / len(counts)), size=DRAWS)
    drawn: Floats = weights @ counts
    return drawn
