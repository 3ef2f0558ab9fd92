"""The rules on hand-made series: each condition of an alert just met, and just missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from fcm_migration.trends.detection.rules import Signals, adjusted_p_values, signals
from fcm_migration.trends.detection.settings import RULES
from fcm_migration.trends.watch.panel import Scope
from tests.trends.simulated_scopes import negative_binomial, one_of, scope_of, taught

NAN = float("nan")


def judged(*parts: tuple[float, int] | Sequence[float], alpha: float = 0.03) -> Signals:
    scope = one_of(*parts)
    return signals(scope, taught(scope, alpha))


def alerts(*parts: tuple[float, int] | Sequence[float], alpha: float = 0.03) -> list[int]:
    """Rows of a single series in which an alert is raised."""
    return np.flatnonzero(judged(*parts, alpha=alpha).alert[:, 0]).tolist()


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.lists(
            st.tuples(
                st.one_of(st.just(NAN), st.sampled_from([0.001, 0.01, 0.04, 0.2, 1.0]),
                          st.floats(0.0, 1.0)),
                st.booleans(),
            ),
            min_size=5, max_size=5,
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_adjusted_p_values_are_those_of_statsmodels(rows: list[list[tuple[float, bool]]]) -> None:
    p = np.array([[value for value, _ in row] for row in rows])
    tested = np.array([[on for _, on in row] for row in rows])
    made = adjusted_p_values(p, tested)
    for row in range(len(p)):
        used = tested[row] & ~np.isnan(p[row])
        assert np.isnan(made[row, ~used]).all()
        if used.any():
            peer = multipletests(p[row, used], method="fdr_bh")[1]
            np.testing.assert_allclose(made[row, used], peer, rtol=1e-12)


class TestLowerTier:
    def test_two_months_at_twice_the_year_before(self) -> None:
        assert alerts((100, 48), [201, 201]) == []  # 203 / 102
        assert alerts((100, 48), [203, 203]) == [49]  # 205 / 102

    def test_growth_that_chance_makes_often_is_none(self) -> None:
        found = judged((100, 48), [203, 203], alpha=0.5)
        assert found.growth[49, 0] >= RULES.growth
        assert found.p[49, 0] > RULES.p_value
        assert not found.alert.any()

    @pytest.mark.parametrize(("year_ago", "rows"), [(180, [49]), (190, [])])
    def test_a_figure_must_beat_that_of_a_year_ago(self, year_ago: float, rows: list[int]) -> None:
        """232/182 is above 1.25, 232/192 is not; both have doubled beside the year before."""
        months = [100.0] * 48
        months[37] = year_ago
        found = judged(months, [230, 230])
        assert found.growth[49, 0] >= RULES.growth
        assert np.flatnonzero(found.alert[:, 0]).tolist() == rows

    def test_the_smallest_figures_are_left_out(self) -> None:
        assert alerts((7, 48), [20, 20, 20]) == [50]
        assert alerts((7, 48), [20, 19, 20]) == []  # 59 in three months
        assert alerts((7, 48), [21, 20, 19]) == []  # 60, but 19 in the month itself

    def test_one_month_far_above_is_enough_if_it_is_rare(self) -> None:
        quick = judged((100, 48), [254])  # 256 / 102
        assert quick.growth[48, 0] < RULES.growth
        assert quick.q[48, 0] <= RULES.quick_discovery
        assert quick.alert[48, 0]
        assert alerts((100, 48), [252]) == []  # 254 / 102 is under 2.5

    def test_the_quick_path_needs_a_smaller_adjusted_p_value_than_the_upper_tier(self) -> None:
        found = judged((100, 48), [270], alpha=0.5)
        assert RULES.quick_discovery < found.q[48, 0] <= RULES.false_discovery
        assert not found.alert.any()
        lasting = judged((100, 48), [270, 270], alpha=0.5)  # doubled: enough without it
        assert RULES.quick_discovery < lasting.q[49, 0] <= RULES.false_discovery
        assert lasting.alert[49, 0]
        assert not lasting.strong[49, 0]  # one in twenty quiet months is as surprising

    def test_a_figure_keeps_most_of_the_quarter_before(self) -> None:
        assert alerts((100, 48), [400, 400, 265])[-1] == 50
        assert alerts((100, 48), [400, 400, 255])[-1] == 49  # .65 of 400 is 260

    def test_what_grew_as_much_at_that_time_in_three_years_is_its_season(self) -> None:
        """Each July is ten times the months before, and each year a third above the last."""
        years = [50 * 1.33**year for year in range(8)]
        months = [level * (10 if month == 6 else 1) for level in years for month in range(12)]
        rows = alerts(months)
        assert rows  # until three years have shown it, it alarms
        assert {row % 12 for row in rows} <= {6, 7}
        assert max(rows) < 12 * 4 + 6  # growth is first known in the second July
        once_more = months.copy()
        once_more[12 * 7 + 6] *= 3
        assert 12 * 7 + 6 in alerts(once_more)  # far more than the season is an alert again

    def test_a_steady_season_never_alarms(self) -> None:
        months = [50.0 * (10 if month == 6 else 1) for _ in range(8) for month in range(12)]
        assert [row for row in alerts(months) if row >= 24] == []


class TestUpperTier:
    def test_it_is_part_of_the_lower_one(self) -> None:
        values = negative_binomial(np.full((96, 30), 40.0), 0.4, 4)
        values[60:, :15] *= 3
        scope = scope_of(values)
        found = signals(scope, taught(scope, 0.2))
        assert found.strong.sum() > 20
        assert (found.alert & ~found.strong).sum() > 5
        assert not (found.strong & ~found.alert).any()
        assert (found.q[found.strong] <= RULES.false_discovery).all()

    def test_small_figures_need_three_times_the_year_before(self) -> None:
        twice = judged((15, 48), [36, 36])  # 38/17
        assert twice.q[49, 0] <= RULES.false_discovery
        assert twice.alert[49, 0]
        assert not twice.strong.any()
        thrice = judged((15, 48), [51, 51])  # 53/17 is over three
        assert thrice.strong[49, 0]
        large = judged((28, 48), [62, 62])  # 64/30, and at least 60
        assert large.growth[49, 0] < RULES.small_growth
        assert large.strong[49, 0]

    def test_one_of_many_needs_a_smaller_p_value(self) -> None:
        """The same rise beside thirty series that stand still is no longer sure."""
        values = np.full((50, 31), 100.0)
        values[48:, 0] = 230
        alone = scope_of(values[:, :1])
        many = scope_of(values)
        one, among = signals(alone, taught(alone, 0.1)), signals(many, taught(many, 0.1))
        assert one.p[49, 0] == among.p[49, 0]
        assert one.strong[49, 0]
        assert among.alert[49, 0]
        assert not among.strong[49, 0]


class TestBuildUp:
    def test_a_large_series_may_grow_slowly(self) -> None:
        found = judged((2000, 48), [3600, 3600, 3600], alpha=2.0)
        assert found.p[50, 0] > RULES.p_value
        assert found.growth[50, 0] < RULES.growth
        assert np.flatnonzero(found.build_up[:, 0]).tolist() == [50]
        assert found.alert[50, 0]
        assert not found.strong.any()

    def test_each_of_its_conditions(self) -> None:
        def rows(*parts: tuple[float, int] | Sequence[float]) -> list[int]:
            return np.flatnonzero(judged(*parts, alpha=2.0).build_up[:, 0]).tolist()

        assert rows((2000, 48), [3400, 3400, 3400]) == []  # 1.7 times
        assert rows((1600, 48), [2900, 2900, 2900]) == []  # under 3 000 a month
        assert rows((2000, 48), [4000, 4000, 3700]) == [50]
        assert rows((2000, 48), [4000, 4000, 3500]) == []  # not held: under .9 of 4 000
        year_ago = [2000.0] * 48
        year_ago[36:39] = [2200.0] * 3
        assert rows(year_ago, [3800, 3800, 3800]) == []  # 1.73 times the same quarter

    def test_a_spring_of_every_year_is_none(self) -> None:
        """Three months of thrice the level, and each year 1.8 times the last."""
        months = [
            500 * 1.8**year * (3 if month in (3, 4, 5) else 1)
            for year in range(8)
            for month in range(12)
        ]
        rows = np.flatnonzero(judged(months, alpha=2.0).build_up[:, 0]).tolist()
        assert rows  # until three years have shown it
        assert max(rows) < 12 * 4


class TestDrops:
    def fallen(self, *parts: tuple[float, int] | Sequence[float]) -> list[int]:
        scope = one_of(*parts)
        found = signals(scope, taught(scope), drops=True)
        assert found.drops
        return np.flatnonzero(found.alert[:, 0]).tolist()

    def test_they_mirror_rises(self) -> None:
        assert self.fallen((200, 48), [98, 98]) == [49]  # 100/202
        assert self.fallen((200, 48), [101, 101]) == []  # 103/202
        assert alerts((200, 48), [98, 98]) == []
        assert self.fallen((100, 48), [254, 254]) == []

    def test_the_level_before_must_be_large(self) -> None:
        assert self.fallen((24, 48), [2, 2]) == [48, 49]  # the first month by the quick path
        assert self.fallen((19, 48), [2, 2]) == []

    def test_what_recovers_is_none(self) -> None:
        assert 50 in self.fallen((200, 48), [40, 40, 60])
        assert 50 not in self.fallen((200, 48), [40, 40, 65])  # .65 of 65 is above 40

    def test_what_fell_as_much_at_that_time_in_three_years_is_its_season(self) -> None:
        """Each July is a third of the months around it, and each year a quarter below the last."""
        years = [9000 * 0.75**year for year in range(8)]
        months = [level * (0.35 if month == 6 else 1) for level in years for month in range(12)]
        rows = self.fallen(months)
        assert {row % 12 for row in rows} == {6}
        assert max(rows) < 12 * 4 + 6
        once_more = months.copy()
        once_more[12 * 7 + 6] /= 5
        assert 12 * 7 + 6 in self.fallen(once_more)

    def test_nobody_at_all_is_a_fall_too(self) -> None:
        assert 49 in self.fallen((200, 48), [0, 0])

    def test_a_large_fall_is_sure(self) -> None:
        scope = one_of((200, 48), [20, 20])
        found = signals(scope, taught(scope), drops=True)
        assert found.strong[49, 0]
        assert found.residual[49, 0] < 0
        assert found.growth[49, 0] < 0.5
        assert not found.build_up.any()


class TestWithheld:
    def test_a_withheld_month_is_no_alert_and_does_not_end_one(self) -> None:
        found = judged((100, 48), [300, 300, NAN, 300, 300])
        assert np.flatnonzero(found.alert[:, 0]).tolist() == [48, 49, 51, 52]
        assert np.isnan(found.residual[50, 0])
        assert np.isnan(found.p[50, 0])
        assert not found.active[50, 0]
        # the means of what is known: 300, over ten months at 100 and two at 300
        assert found.growth[51, 0] == pytest.approx(302 / (1600 / 12 + 2))

    @pytest.mark.parametrize("drops", [False, True])
    @pytest.mark.parametrize("months", [1, 6, 11])
    def test_a_constant_series_that_is_withheld_never_moves(self, months: int, drops: bool) -> None:
        scope = one_of((100, 40), (NAN, months), (100, 30))
        found = signals(scope, taught(scope), drops=drops)
        assert not found.alert.any()
        known = ~np.isnan(found.growth)
        np.testing.assert_allclose(found.growth[known], 1.0)
        mean = found.expected[13:]
        np.testing.assert_allclose(mean[~np.isnan(mean)], 100.0)
        # a year of which less than half is known says nothing
        assert np.isnan(mean).any() == (months > 6)

    def test_zero_is_a_figure(self) -> None:
        scope = one_of((100, 40), (0, 6), (100, 30))
        assert signals(scope, taught(scope), drops=True).alert[41:46].any()

    def test_a_whole_year_withheld_leaves_nothing_to_compare_with(self) -> None:
        scope = one_of((100, 40), (NAN, 13), (100, 30))
        found = signals(scope, taught(scope))
        assert np.isnan(found.growth[54, 0])
        assert not found.strong.any()
        assert not found.alert.any()


class TestOtherRhythms:
    def test_quarters(self) -> None:
        def rows(last: float) -> list[int]:
            scope = one_of((100, 16), [last], frequency="Q")
            return np.flatnonzero(signals(scope, taught(scope)).alert[:, 0]).tolist()

        assert rows(203) == [16]
        assert rows(201) == []
        for figure, expected in ((49.0, []), (51.0, [16])):
            small = one_of((20, 16), [figure], frequency="Q")
            found = np.flatnonzero(signals(small, taught(small)).alert[:, 0]).tolist()
            assert found == expected

    def test_years(self) -> None:
        scope = one_of((150, 6), [199.0], frequency="A")
        assert not signals(scope, taught(scope)).alert.any()
        scope = one_of((150, 6), [320.0], frequency="A")
        found = signals(scope, taught(scope))
        assert np.flatnonzero(found.alert[:, 0]).tolist() == [6]
        assert found.growth[6, 0] == pytest.approx(322 / 152)


def test_other_columns_do_not_change_a_series_but_for_the_adjusted_p_value() -> None:
    values = negative_binomial(np.full((80, 6), 60.0), 0.2, 9)
    values[60:, 0] *= 4
    scope = scope_of(values)
    order = [3, 0, 5, 1, 4, 2]
    turned: Scope = replace(
        scope, values=values[:, order], facts=scope.facts[order]
    )  # fmt: skip
    one, other = signals(scope, taught(scope)), signals(turned, taught(scope))
    for name in ("alert", "strong", "p", "q", "growth", "own"):
        np.testing.assert_array_equal(getattr(one, name)[:, order], getattr(other, name))
    np.testing.assert_allclose(one.common, other.common)


class TestFamily:
    @pytest.mark.parametrize("drops", [False, True])
    def test_a_series_with_nobody_is_a_test_of_a_fall_and_none_of_a_rise(self, drops: bool) -> None:
        moves = np.array([100.0] * 48 + ([48.0, 48.0] if drops else [203.0, 203.0]))
        silent = np.array([100.0] * 24 + [0.0] * 26)  # active, and nobody for two years
        silent[30] = 60.0
        scope = scope_of(np.column_stack([*[moves] * 3, *[silent] * 27]))
        found = signals(scope, taught(scope, 0.05), drops=drops)
        assert found.active[49].all()
        assert np.isfinite(found.q[49, 3:]).all() == drops
        assert (found.q[49, 0] == pytest.approx(found.p[49, 0])) != drops


class TestNoContradiction:
    def test_a_figure_below_the_expected_is_no_surge(self) -> None:
        """A rise that is over: the month stands below the year before, whatever else holds."""
        found = judged((4000, 36), (12000, 11), [9000])
        assert found.expected[47, 0] > 9000
        assert not found.beyond[47, 0]
        assert not found.alert[47, 0]

    @pytest.mark.parametrize("drops", [False, True])
    def test_alerts_lie_beyond_what_is_expected(self, drops: bool) -> None:
        figures = negative_binomial(np.full((120, 40), 80.0), 0.6, 7).astype(float)
        scope = scope_of(figures)
        found = signals(scope, taught(scope, 0.03), drops=drops)
        sign = -1 if drops else 1
        assert found.alert.any()
        assert (sign * (figures - found.expected) > 0)[found.alert].all()
        assert (sign * (found.growth - 1) > 0)[found.alert].all()
