"""The panel: pools side by side, gaps refused, levels and scales from the past alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.errors import UsageError
from fcm_migration.forecast.panel import means, pools, scales
from tests.forecast import simulated


def test_pools_stand_side_by_side_in_order_with_nan_where_nothing_was_observed() -> None:
    early = simulated.panel({"b": [1, 2, 3, 4]}, pool="one", grid=10)
    late = simulated.panel({"a": [7, None]}, pool="one", first=date(2015, 3, 1))
    other = simulated.panel({"c": [5, 6]}, pool="another", first=date(2020, 1, 1))
    another, one = pools(pl.concat([early, late, other]))
    assert (another.name, another.series) == ("another", ("simulated_c",))
    assert one.series == ("simulated_a", "simulated_b")
    assert one.months == tuple(simulated.months(4))
    np.testing.assert_array_equal(one.values, [[np.nan, 1], [np.nan, 2], [7, 3], [np.nan, 4]])
    np.testing.assert_array_equal(one.grid, [1, 10])
    np.testing.assert_array_equal(one.last_observed(), [2, 3])


def test_a_missing_month_is_filled_from_before_it_and_never_from_after() -> None:
    (pool,) = pools(simulated.panel({"a": [None, 9, None, None, 99], "b": [1, 1, 1, 1, 1]}))
    np.testing.assert_array_equal(
        pool.filled()[:, 0], [np.nan, np.log(10), np.log(10), np.log(10), np.log(100)]
    )


def test_a_pool_cut_at_a_row_holds_what_was_known_then() -> None:
    (pool,) = pools(simulated.panel({"a": [1, 2, 3]}))
    cut = pool.until(1)
    assert cut.months == pool.months[:2]
    np.testing.assert_array_equal(cut.values[:, 0], [1, 2])


def test_a_gap_and_a_month_twice_are_refused_by_name() -> None:
    whole = simulated.panel({"a": [1, 2, 3], "b": [1, 2, 3]})
    hole = whole.filter(
        ~((pl.col("series_id") == "simulated_a") & (pl.col("value") == 2)),
    )
    with pytest.raises(UsageError, match="1 series with a gap") as caught:
        list(pools(hole))
    assert "simulated_a" in str(caught.value)
    with pytest.raises(UsageError, match="2 series with a gap or a month twice"):
        list(pools(pl.concat([whole, whole])))


def test_missing_columns_are_named() -> None:
    with pytest.raises(UsageError, match="grid"):
        list(pools(simulated.panel({"a": [1, 2]}).drop("grid")))


def test_means_take_observed_months_only() -> None:
    values = np.array([[2.0], [np.nan], [4.0], [8.0]])
    np.testing.assert_allclose(means(values, 2)[:, 0], [2, 2, 4, 6])
    np.testing.assert_allclose(means(values, 24)[:, 0], [2, 2, 3, 14 / 3])


def test_scale_of_a_still_series_is_its_floor() -> None:
    z = np.log1p(np.full((30, 1), 100.0))
    scale = scales(z, np.full((30, 1), 100.0), np.array([10.0]))
    np.testing.assert_allclose(scale, 0.6 * np.sqrt(0.35**2 + 1 / 110))


def test_scale_follows_the_last_moves_and_one_jump_counts_at_most_three() -> None:
    values = np.full((4, 1), 100.0)
    values[2:] = 1e9
    scale = scales(np.log1p(values), values, np.array([1.0]))
    floor = 0.6 * np.sqrt(0.35**2 + 1 / (values[:3].mean() + 1))
    assert scale[2, 0] == pytest.approx(0.4 * 0.1 * 3 + floor)
    assert scale[3, 0] < scale[2, 0]
