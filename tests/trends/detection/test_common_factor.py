"""The tide: a weighted median of growth, trusted as much as there are series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_migration.trends.detection.common_factor import common_factor, growth_base, weighted_median
from fcm_migration.trends.detection.residuals import active
from fcm_migration.trends.detection.rules import growth_ratio, signals
from fcm_migration.trends.watch.panel import Scope
from tests.trends.simulated_scopes import scope_of, taught


@settings(deadline=None, max_examples=100)
@given(
    pairs=st.lists(
        st.tuples(st.integers(-50, 50), st.integers(1, 9)), min_size=1, max_size=12
    )
)  # fmt: skip
def test_a_weighted_median_is_the_median_of_values_repeated(pairs: list[tuple[int, int]]) -> None:
    repeated = np.sort(np.concatenate([[value] * weight for value, weight in pairs]))
    lower = repeated[(len(repeated) - 1) // 2]  # of an even number the lower one
    values, weights = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    assert weighted_median(values, weights) == lower


def moved(factors: list[float], levels: list[float]) -> Scope:
    """Constant series of these levels for four years, then times these factors for two months."""
    level = np.tile(np.array(levels), (50, 1))
    level[48:] *= factors
    return scope_of(level)


@pytest.mark.parametrize("number", [1, 8, 24])
def test_what_all_share_is_shrunk_where_they_are_few(number: int) -> None:
    scope = moved([3.0] * number, [100.0] * number)
    growth = growth_ratio(scope)
    made = common_factor(scope, growth, active(scope))
    assert made[49] == pytest.approx((302 / 102) ** (number / (number + 8)))
    assert made[40] == pytest.approx(1.0)
    own = signals(scope, taught(scope)).own
    np.testing.assert_allclose(own[49], growth[49] / made[49])


def test_small_series_and_a_lone_rise_do_not_make_a_tide() -> None:
    lone = moved([9.0, 1.0, 1.0, 1.0, 1.0], [100.0] * 5)
    assert common_factor(lone, growth_ratio(lone), active(lone))[49] == pytest.approx(1.0)
    small = moved([9.0] * 5, [9.9] * 5)  # under ten a month
    assert active(small)[49].all()
    assert common_factor(small, growth_ratio(small), active(small))[49] == 1.0


def test_large_series_weigh_more() -> None:
    """log(1 + 1000) twice is more than log(1 + 12) three times."""
    scope = moved([2.0, 2.0, 1.0, 1.0, 1.0], [1000.0, 1000.0, 12.0, 12.0, 12.0])
    made = common_factor(scope, growth_ratio(scope), active(scope))
    assert made[49] == pytest.approx((2002 / 1002) ** (5 / 13))


def test_a_base_is_of_the_year_before_the_recent_months() -> None:
    scope = moved([5.0], [40.0])
    np.testing.assert_array_equal(growth_base(scope)[[5, 13, 14, 49], 0], [0, 40, 40, 40])
