"""Counting, on a case small enough to be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.trends.scoring.scorecard import (
    ACTIVE,
    FOUND,
    GROWN,
    HITS,
    LABELLED,
    LABELLED_FOUND,
    LARGE,
    LARGE_FOUND,
    MEASURES,
    REPEATS,
    SURGES,
    UNDECIDED,
    WRONG,
    Judged,
    judge,
    measures,
    resampled,
)
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope
from tests.trends.simulated_scopes import scope_of

MONTHS, WINDOW = 96, range(24, 96)
SURGES_FOUND = (
    Surge(0, 36, 44, 9000.0),  # found at its onset
    Surge(1, 36, 39, 800.0),  # found three months later, at its peak
    Surge(2, 50, 60, 6000.0),  # missed
    Surge(3, 60, 70, 700.0),  # found two months early
    Surge(3, 10, 20, 700.0),  # before the window
)
LABELLED_ONES = (Surge(4, 40, 50, 100.0, "found"), Surge(5, 40, 50, 9000.0, "missed"))
# series: rows of alerts, and what becomes of each
ALERTS = {
    0: [36, 37, 42],  # hit; the same; issued again after half a year: repeat
    1: [39],  # hit
    2: [30],  # false: twenty months before
    3: [58, 80],  # hit, false
    4: [41],  # hit of a labelled event
    6: [50],  # grown
    7: [94],  # open
    8: [10],  # before the window
}


def case() -> tuple[Scope, np.ndarray, np.ndarray]:
    values = np.full((MONTHS, 9), 30.0)
    values[51:57, 6] = 90
    flags = np.zeros(values.shape, dtype=bool)
    for series, rows in ALERTS.items():
        flags[rows, series] = True
    tested = np.ones(values.shape, dtype=bool)
    tested[:, 8] = False
    return scope_of(values), flags, tested


def judged(*surges: Surge, late: int = 0) -> Judged:
    scope, flags, tested = case()
    return judge([(scope, flags, tested, surges)], {scope.name: WINDOW}, {scope.name: late})


def test_counts_by_hand() -> None:
    total = judged(*SURGES_FOUND, *LABELLED_ONES).counts.sum(axis=0)
    by_hand = {
        ACTIVE: 8 * 72, HITS: 4, REPEATS: 1, WRONG: 2, GROWN: 1, UNDECIDED: 1, SURGES: 4, FOUND: 3,
        LARGE: 2, LARGE_FOUND: 1, LABELLED: 2, LABELLED_FOUND: 1,
    }  # fmt: skip
    assert {name: int(total[name]) for name in by_hand} == by_hand


def test_figures_by_hand() -> None:
    made = judged(*SURGES_FOUND, *LABELLED_ONES)
    by_hand = {
        "recall": 3 / 4,
        "by_onset_and_one": 2 / 4,
        "two_before_peak": 2 / 4,
        "two_before_peak_published": 2 / 4,
        "recall_large": 1 / 2,
        "recall_labelled": 1 / 2,
        "surge_precision": 4 / (4 + 1 + 2),
        "confirmed_precision": 1 - 2 / 8,
        "false_per_100": 100 * 2 / 576,
        "alerts_per_100": 100 * 9 / 576,
    }
    assert tuple(by_hand) == MEASURES
    assert made.figures == pytest.approx(by_hand)
    assert sorted(made.leads) == [0, 8, 12]
    assert sorted(made.delays) == [-2, 0, 3]


def test_publication_takes_its_time() -> None:
    """Eight months before the peak, and twelve; published seven or eleven months later."""
    published = "two_before_peak_published"
    figures = [judged(*SURGES_FOUND, late=late).figures for late in (6, 7, 10, 11)]
    assert [each[published] for each in figures] == [2 / 4, 1 / 4, 1 / 4, 0]
    assert {each["two_before_peak"] for each in figures} == {2 / 4}


def test_labelled_events_are_apart_from_surges() -> None:
    """They decide what became of an episode and are found or missed; recall is of surges alone."""
    without, beside = judged(*SURGES_FOUND), judged(*SURGES_FOUND, *LABELLED_ONES)
    same = ("recall", "by_onset_and_one", "two_before_peak", "recall_large", "alerts_per_100")
    for name in same:
        assert without.figures[name] == beside.figures[name]
    assert without.counts[:, WRONG].sum() == beside.counts[:, WRONG].sum() + 1
    assert np.isnan(without.figures["recall_labelled"])


def test_intervals_hold_their_figures_and_are_the_same_every_time() -> None:
    first, again = (judged(*SURGES_FOUND, *LABELLED_ONES) for _ in range(2))
    assert first.low == again.low
    assert first.high == again.high
    for name, figure in first.figures.items():
        assert first.low[name] <= figure <= first.high[name], name
        assert first.low[name] < first.high[name], name


def test_series_are_drawn_and_not_periods() -> None:
    """Ten series of which one holds every false alarm: it is left out of (9/10)^10 of the draws."""
    counts = np.zeros((10, 15))
    counts[:, ACTIVE] = 50
    counts[0, WRONG] = 5
    drawn = resampled(counts)
    assert (drawn[:, ACTIVE] == 500).all()
    share = (drawn[:, WRONG] == 0).mean()
    assert share == pytest.approx(0.9**10, abs=0.05)
    assert set(np.unique(drawn[:, WRONG] % 5)) == {0}


def test_scopes_are_added_series_by_series() -> None:
    scope, flags, tested = case()
    other = replace(scope, name="other")
    cases = [(scope, flags, tested, SURGES_FOUND), (other, flags, tested, SURGES_FOUND)]
    both = judge(cases, {scope.name: WINDOW, "other": WINDOW})
    assert both.counts.shape == (18, 15)
    assert both.figures == pytest.approx(judged(*SURGES_FOUND).figures, nan_ok=True)
    assert judge(cases, {scope.name: WINDOW, "other": []}).counts.sum() == pytest.approx(
        judged(*SURGES_FOUND).counts.sum()
    )


def test_nothing_to_count_has_no_figure() -> None:
    nothing = judge([], {})
    assert nothing.counts.shape == (0, 15)
    assert all(np.isnan(value) for value in nothing.figures.values())
    assert all(np.isnan(value) for value in nothing.low.values())
    assert np.isnan(measures(np.zeros(15))["false_per_100"])  # no active period: unknown, not none


def test_without_draws_there_are_no_intervals() -> None:
    scope, flags, tested = case()
    made = judge([(scope, flags, tested, SURGES_FOUND)], {scope.name: WINDOW}, draw=False)
    assert (made.low, made.high) == ({}, {})
