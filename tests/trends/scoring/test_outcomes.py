"""Outcomes of episodes, each on figures made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from fcm_migration.arrays import Bools
from fcm_migration.trends.scoring.outcomes import (
    FALSE,
    GROW,
    HIT,
    OPEN,
    REPEAT,
    Episode,
    episode_rows,
    episodes,
    later_growth,
    reach,
)
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.settings import FREQUENCY_SPECS
from tests.trends.simulated_scopes import one_of, scope_of

NAN = float("nan")
M, Q, A = FREQUENCY_SPECS["M"], FREQUENCY_SPECS["Q"], FREQUENCY_SPECS["A"]


def flagged(text: str) -> Bools:
    """One series: ``x`` where an alert is raised."""
    return np.array([[letter == "x"] for letter in text])


def opened(text: str, frequency: str = "M") -> list[int]:
    return [int(row) for row in episode_rows(flagged(text), FREQUENCY_SPECS[frequency])[:, 0]]


class TestEpisodes:
    def test_a_gap_of_two_months_is_within_one(self) -> None:
        assert opened(".x..x.") == [-1, 1, -1, -1, 1, -1]
        assert opened(".x...x") == [-1, 1, -1, -1, -1, 5]

    def test_it_is_issued_again_after_half_a_year(self) -> None:
        assert opened("xxxxxxxx") == [0] * 6 + [6, 6]
        assert opened("x..x..x") == [0, -1, -1, 0, -1, -1, 6]

    def test_an_alarm_that_is_always_on_starts_once_a_half_year(self) -> None:
        rows = opened("x" * 60)
        assert sorted(set(rows)) == list(range(0, 60, 6))

    def test_quarters_and_years(self) -> None:
        assert opened("xx.xxx", "Q") == [0, 0, -1, 3, 3, 5]
        assert opened("x.xx", "A") == [0, -1, 2, 3]

    def test_series_do_not_touch_one_another(self) -> None:
        both = np.hstack([flagged("xx....x"), flagged("..x...x")])
        np.testing.assert_array_equal(
            episode_rows(both, M).T, [[0, 0, -1, -1, -1, -1, 6], [-1, -1, 2, -1, -1, -1, 6]]
        )


def judged(
    scope: Scope, rows: Sequence[int], surge: Surge | None, kept: Sequence[int] | None = None
) -> list[tuple[int, int]]:
    flags = np.zeros(scope.values.shape, dtype=bool)
    flags[list(rows), 0] = True
    found = episodes(scope, flags, [] if surge is None else [surge], kept)
    return [(e.row, e.outcome) for e in found]


class TestOutcomes:
    """Thirty a month, and from row 36 on nothing more unless said otherwise."""

    FLAT = one_of((30, 60))
    SURGE = Surge(0, 36, 44, 5000.0)

    @pytest.mark.parametrize(
        ("row", "outcome"),
        [(29, FALSE), (30, HIT), (36, HIT), (39, HIT), (40, REPEAT), (44, REPEAT), (45, FALSE)],
    )
    def test_a_hit_is_near_an_onset_and_a_repeat_before_the_peak(
        self, row: int, outcome: int
    ) -> None:
        assert judged(self.FLAT, [row], self.SURGE) == [(row, outcome)]

    def test_the_first_period_alone_is_credited(self) -> None:
        """It opened too early; that it was on at the onset earns nothing."""
        assert judged(self.FLAT, range(29, 35), self.SURGE) == [(29, FALSE)]
        assert judged(self.FLAT, range(29, 37), self.SURGE) == [(29, FALSE), (35, HIT)]

    def test_the_surge_of_another_series_is_none(self) -> None:
        scope = scope_of(np.full((60, 2), 30.0))
        flags = np.zeros((60, 2), dtype=bool)
        flags[36] = True
        assert episodes(scope, flags, [self.SURGE]) == [Episode(0, 36, HIT), Episode(1, 36, FALSE)]

    def test_growth_that_lasts_half_a_year_is_confirmed(self) -> None:
        """Against the year before the alert, the period of the alert itself left out."""
        assert judged(one_of((30, 37), (45, 12)), [36], None) == [(36, GROW)]
        assert judged(one_of((30, 37), (44, 12)), [36], None) == [(36, FALSE)]
        assert judged(one_of((30, 36), [900], (30, 12)), [36], None) == [(36, FALSE)]

    def test_growth_of_a_few_is_not(self) -> None:
        assert judged(one_of((1, 37), (9, 12)), [36], None) == [(36, FALSE)]  # 54 in half a year
        assert judged(one_of((1, 37), (10, 12)), [36], None) == [(36, GROW)]

    def test_too_young_to_be_judged(self) -> None:
        assert judged(one_of((30, 39)), [36], None) == [(36, OPEN)]
        assert judged(one_of((30, 40)), [36], None) == [(36, FALSE)]
        assert judged(one_of((30, 37), (60, 3)), [36], None) == [(36, GROW)]

    def test_rows_outside_the_window_are_left_out_but_keep_their_episodes(self) -> None:
        """An episode that opened before the window does not open again at its first row."""
        assert judged(self.FLAT, range(34, 40), None, range(36, 60)) == []
        assert judged(self.FLAT, range(34, 42), None, range(36, 60)) == [(40, FALSE)]

    def test_withheld_periods_are_not_nobody(self) -> None:
        """Half of each year withheld: what is known of it still decides."""
        grown = [NAN, 60.0, NAN, 60.0, NAN, 60.0]
        assert judged(one_of((30, 37), grown, (60, 6)), [36], None) == [(36, GROW)]
        level = [30.0, NAN] * 6
        assert judged(one_of((30, 24), level, [90.0], (40, 6)), [36], None) == [(36, FALSE)]
        assert judged(one_of((30, 37), (NAN, 6)), [36], None) == [(36, OPEN)]


def test_reach_and_follow_up_in_other_rhythms() -> None:
    assert [reach(spec) for spec in (M, Q, A)] == [(6, 3), (2, 1), (0, 0)]
    assert later_growth(np.array([100.0] * 6 + [150.0, 150.0]), 5, Q) == GROW
    assert later_growth(np.array([100.0] * 6 + [150.0, 140.0]), 5, Q) == FALSE
    assert later_growth(np.array([100.0] * 6), 5, Q) == OPEN
    assert later_growth(np.array([100.0, 300.0, 150.0]), 1, A) == GROW
    assert later_growth(np.array([100.0, 300.0, 149.0]), 1, A) == FALSE
