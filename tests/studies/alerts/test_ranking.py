"""How well a score ranks, on cases whose precision and recall are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fcm_migration.studies.alerts.ranking import Ranked, ranked, sized
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope
from tests.trends.simulated_scopes import one_of, scope_of

ROWS = range(24, 60)


def case(scores: list[float], surging: list[int]) -> tuple[Scope, np.ndarray, np.ndarray, list]:  # type: ignore[type-arg]
    """Series of 40 a month; each has its score in row 36 and none elsewhere."""
    scope = scope_of(np.full((60, len(scores)), 40.0))
    score = np.full(scope.values.shape, np.nan)
    score[36] = scores
    tested = np.ones(scope.values.shape, dtype=bool)
    return scope, score, tested, [Surge(number, 36, 40, 900.0) for number in surging]


def area(scores: list[float], surging: list[int]) -> float:
    made = case(scores, surging)
    return ranked([made], {made[0].name: ROWS}).area


def test_average_precision_by_hand() -> None:
    """Of scores 9, 7, 5, 3 the surges are the first, the third and one that has no score at all.

    Recall 1/3 at precision 1, 1/3 at 1/2, 2/3 at 2/3, 2/3 at 2/4; nothing reaches the third.
    """
    assert area([9, 7, 5, 3, np.nan], [0, 2, 4]) == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_the_best_precision_of_a_recall_or_more_counts() -> None:
    """Precision 0, 1/2, 2/3, 3/4, 3/5: at every recall the best that reaches it is 3/4."""
    assert area([9, 8, 7, 6, 5], [1, 2, 3]) == pytest.approx(3 / 4)


@pytest.mark.parametrize(
    ("surging", "expected"), [([0, 1], 1.0), ([3], 1 / 4), ([0, 1, 2, 3], 1.0)]
)
def test_right_and_wrong_orders(surging: list[int], expected: float) -> None:
    assert area([9, 7, 5, 3], surging) == pytest.approx(expected)


def test_small_and_idle_series_are_not_ranked() -> None:
    scope, score, tested, surges = case([9, 7, 5, 3], [1, 3])
    scope.values[:, 0] = 19  # under the size floor: its high score is no wrong alarm
    assert ranked([(scope, score, tested, surges)], {scope.name: ROWS}).area == pytest.approx(
        1 / 2 * 1 + 1 / 2 * 2 / 3
    )
    tested[:, 2] = False
    assert ranked([(scope, score, tested, surges)], {scope.name: ROWS}).area == 1.0


def test_the_size_floor_is_that_of_the_alerts() -> None:
    assert sized(one_of([30, 19, 11, 20, 20, 20]))[:, 0].tolist() == [
        False, False, False, False, False, True,
    ]  # fmt: skip


def test_intervals_and_differences() -> None:
    random = np.random.default_rng(7)
    surging = list(range(12))
    good = case(
        np.concatenate([random.normal(2, 1, 12), random.normal(0, 1, 28)]).tolist(), surging
    )
    bad = case(random.normal(0, 1, 40).tolist(), surging)
    better, worse = (ranked([made], {made[0].name: ROWS}) for made in (good, bad))
    low, high = better.interval
    assert low < better.area < high
    difference, least, most = better.minus(worse)
    assert difference == pytest.approx(better.area - worse.area)
    assert 0 < least < difference < most
    assert better.minus(better) == (0.0, 0.0, 0.0)
    again = ranked([good], {good[0].name: ROWS})
    np.testing.assert_array_equal(again.drawn, better.drawn)
    assert isinstance(again, Ranked)
