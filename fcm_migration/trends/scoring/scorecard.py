"""Scorecard of a rule: recall, lead, precision and false alarms, with intervals over series."""

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
    Episode,
    episodes,
    reach,
)
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope

DRAWS, SEED = 1000, 20260101
# columns of the counts of each series
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
    """One rule over one window: counts by series, and the measures made of them.

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
    """Return the scorecard of one rule.

    Args:
        cases: scope, flags (T x N), active (T x N), surges.
        windows: rows evaluated, by name of the scope.
        lags: whole periods from a period's end to its publication, by name of the scope.
        draw: whether intervals are computed.

    Returns:
        the scorecard of all scopes together. Measures of surges are of those found by rule;
        labelled events count in the outcomes of episodes, and have measures of their own.
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
    opened: Sequence[Episode],
    rows: Sequence[int],
    late: int,
) -> tuple[Floats, list[int], list[int]]:
    """Return the counts of one scope (series x COUNTS), leads to peaks and delays from onsets."""
    counts = np.zeros((len(scope.series), COUNTS))
    counts[:, ACTIVE] = tested[list(rows)].sum(axis=0)
    for episode in opened:
        place = {HIT: HITS, REPEAT: REPEATS, GROW: GROWN, FALSE: WRONG, OPEN: UNDECIDED}
        counts[episode.series, place[episode.outcome]] += 1
    early, after = reach(scope.spec)
    leads, delays = [], []
    inside = set(rows)
    for surge in found:
        if surge.onset not in inside:
            continue
        starts = [
            e.row
            for e in opened
            if e.series == surge.series and surge.onset - early <= e.row <= surge.onset + after
        ]
        first = min(starts, default=None)
        _count_surge(counts[surge.series], surge, first, max(1, 2 // scope.spec.months), late)
        if first is not None and not surge.event_id:
            leads.append(surge.peak - first)
            delays.append(first - surge.onset)
    return counts, leads, delays


def _count_surge(own: Floats, surge: Surge, first: int | None, two: int, late: int) -> None:
    """Count one surge of a series.

    Args:
        own: counts of the series (COUNTS), changed in place.
        surge: the surge.
        first: row of the first episode that found it; None if none did.
        two: periods of two months, at least 1.
        late: periods from a period's end to its publication.
    """
    if surge.event_id:
        own[LABELLED] += 1
        own[LABELLED_FOUND] += first is not None
        return
    is_large = surge.first_year >= LARGE_YEAR
    own[SURGES] += 1
    own[LARGE] += is_large
    if first is None:
        return
    own[FOUND] += 1
    own[LARGE_FOUND] += is_large
    own[PROMPT] += first <= surge.onset + 1
    own[AHEAD] += first <= surge.peak - two
    own[AHEAD_PUBLISHED] += first + late <= surge.peak - two


def measures(total: Floats) -> dict[str, float]:
    """Return the MEASURES of summed counts (COUNTS, or draws x COUNTS: then arrays)."""
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
    """Return both ends of the measures' 95 % intervals (bootstrap over series)."""
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
    """Return the summed counts of DRAWS bootstrap samples of the series: DRAWS x columns."""
    random = np.random.default_rng(SEED)
    weights = random.multinomial(len(counts), np.full(len(counts), 1.0 / len(counts)), size=DRAWS)
    drawn: Floats = weights @ counts
    return drawn
