"""The panel: pools side by side, gaps refused, levels and scales from the past alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.arrays import Floats, Ints
from fcm_migration.errors import UsageError
from fcm_migration.forecast.panel import (
    LIKE_SERIES,
    Pool,
    means,
    movement,
    pools,
    scales,
    unseen_movement,
    weights,
)
from fcm_migration.forecast.settings import SIZES
from tests.forecast import simulated


def test_pools_stand_side_by_side_in_order_with_nan_where_nothing_was_observed() -> None:
    early = simulated.panel({"b": [1, 2, 3, 4]}, pool="one", rounding=10)
    late = simulated.panel({"a": [7, None]}, pool="one", first=date(2015, 3, 1))
    other = simulated.panel({"c": [5, 6]}, pool="another", first=date(2020, 1, 1))
    another, one = pools(pl.concat([early, late, other]))
    assert (another.name, another.series) == ("another", ("simulated_c",))
    assert one.series == ("simulated_a", "simulated_b")
    assert one.periods == tuple(simulated.months(4))
    np.testing.assert_array_equal(one.values, [[np.nan, 1], [np.nan, 2], [7, 3], [np.nan, 4]])
    np.testing.assert_array_equal(one.rounding, [1, 10])
    np.testing.assert_array_equal(one.last_observed(), [2, 3])


@pytest.mark.parametrize(
    ("frequency", "days", "season", "horizon"),
    [
        ("M", [date(2019, 10, 1), date(2019, 11, 1), date(2019, 12, 1)], 12, 12),
        ("Q", [date(2019, 10, 1), date(2020, 1, 1), date(2020, 4, 1)], 4, 4),
        ("A", [date(2019, 1, 1), date(2020, 1, 1), date(2021, 1, 1)], 1, 2),
    ],
)
def test_periods_are_those_of_the_frequency(
    frequency: str, days: list[date], season: int, horizon: int
) -> None:
    (pool,) = pools(simulated.panel({"a": [1, 2, 3]}, first=days[0], frequency=frequency))
    assert pool.periods == tuple(days)
    assert (pool.spec.season, pool.spec.horizon) == (season, horizon)
    # numbered by the calendar, so that a pool beginning later estimates in the same periods
    assert [pool.ordinal(row) for row in range(3)] == [
        day.year * season + (day.month - 1) * season // 12 for day in days
    ]


def test_a_pool_of_two_frequencies_is_refused() -> None:
    both = [simulated.panel({name: [1, 2]}, frequency=name) for name in ("M", "Q")]
    with pytest.raises(UsageError, match="one frequency") as caught:
        list(pools(pl.concat(both)))
    assert "['M', 'Q']" in str(caught.value)
    weekly = simulated.panel({"a": [1, 2]}).with_columns(frequency=pl.lit("W"))
    with pytest.raises(UsageError, match="one frequency"):
        list(pools(weekly))


def test_a_missing_period_is_filled_from_before_it_and_never_from_after() -> None:
    (pool,) = pools(simulated.panel({"a": [None, 9, None, None, 99], "b": [1, 1, 1, 1, 1]}))
    np.testing.assert_array_equal(
        pool.filled()[:, 0], [np.nan, np.log(10), np.log(10), np.log(10), np.log(100)]
    )


def test_a_pool_cut_at_a_row_holds_what_was_known_then() -> None:
    (pool,) = pools(simulated.panel({"a": [1, 2, 3]}))
    cut = pool.until(1)
    assert cut.periods == pool.periods[:2]
    np.testing.assert_array_equal(cut.values[:, 0], [1, 2])


@pytest.mark.parametrize("frequency", ["M", "Q", "A"])
def test_a_gap_and_a_period_twice_are_refused_by_name(frequency: str) -> None:
    series = {"a": [1, 2, 3], "b": [1, 2, 3]}
    whole = simulated.panel(series, frequency=frequency)
    hole = whole.filter(~((pl.col("series_id") == "simulated_a") & (pl.col("value") == 2)))
    with pytest.raises(UsageError, match="1 series with a gap") as caught:
        list(pools(hole))
    assert "simulated_a" in str(caught.value)
    with pytest.raises(UsageError, match="2 series with a gap or a period twice"):
        list(pools(pl.concat([whole, whole])))


def test_a_quarter_that_begins_in_another_month_is_refused() -> None:
    right = simulated.panel({"a": [1, 2, 3]}, frequency="Q")
    wrong = simulated.panel({"b": [1, 2]}, first=date(2015, 2, 1), frequency="Q")
    with pytest.raises(UsageError, match="simulated_b"):
        list(pools(pl.concat([right, wrong])))


def test_missing_columns_are_named() -> None:
    with pytest.raises(UsageError, match="rounding"):
        list(pools(simulated.panel({"a": [1, 2]}).drop("rounding")))


def test_means_take_observed_periods_only() -> None:
    values = np.array([[2.0], [np.nan], [4.0], [8.0]])
    np.testing.assert_allclose(means(values, 2)[:, 0], [2, 2, 4, 6])
    np.testing.assert_allclose(means(values, 24)[:, 0], [2, 2, 3, 14 / 3])


def test_a_period_above_its_own_level_weighs_more_within_bounds() -> None:
    level = np.full((4, 1), 90.0)
    values = np.array([[90.0], [190.0], [1e6], [np.nan]])
    np.testing.assert_allclose(weights(values, level, 10)[:, 0], [1, 2, 4, 0.1])


def test_scale_of_a_still_series_is_its_floor() -> None:
    values = np.full((30, 1), 100.0)
    scale = scales(np.log1p(values), values, np.array([10.0]), 12)
    np.testing.assert_allclose(scale, 0.6 * np.sqrt(0.35**2 + 1 / 110))


def test_scale_follows_the_last_moves_and_one_jump_counts_at_most_three() -> None:
    values = np.full((4, 1), 100.0)
    values[2:] = 1e9
    scale = scales(np.log1p(values), values, np.array([1.0]), 12)
    floor = 0.6 * np.sqrt(0.35**2 + 1 / (values[:3].mean() + 1))
    assert scale[2, 0] == pytest.approx(0.4 * 0.1 * 3 + floor)
    assert scale[3, 0] < scale[2, 0]


def _with_newcomers() -> tuple[Floats, Pool]:
    """Twelve annual walks of 20 years, a large one begun 2 years ago and a small one 1 year ago."""
    values = np.full((20, 14), np.nan)
    values[:, :12] = simulated.random_walks(12, 20, sd=0.2, level=3000)
    values[18:, 12] = [300, 600]
    values[19:, 13] = [1.0]
    return values, simulated.pool_of(values, "A")


def _sizes(values: Floats) -> Ints:
    return np.digitize(means(values, 2), SIZES)


def test_a_new_series_lacks_what_longer_ones_of_its_size_have_moved() -> None:
    values, pool = _with_newcomers()
    size = _sizes(values)
    added, moved = unseen_movement(pool, size), movement(pool.filled())
    alike = size[19, :12] == size[19, 12]
    assert alike.sum() >= LIKE_SERIES
    assert added[19, 12] == pytest.approx(0.9 * moved[19, :12][alike].mean())
    # none is as small as the other: it takes all of them, and has seen no change yet
    assert added[19, 13] == pytest.approx(moved[19, :12].mean())
    assert not added[4:, :12].any()  # long enough from the fifth year on
    assert not added[:18, 12].any()  # not yet begun


def test_what_a_new_series_lacks_is_known_at_its_origin() -> None:
    """Later periods, later series and series that have ended change nothing: the same bytes."""
    values, _ = _with_newcomers()
    later = np.full((23, 17), np.nan)
    later[:20, :14] = values
    later[20:, :14] = 1e6
    later[21:, 14:] = 5.0
    later = later[:, [14, *range(7), 15, *range(7, 14), 16]]  # between the others
    whole = unseen_movement(simulated.pool_of(later, "A"), _sizes(later))
    begun = [*range(1, 8), *range(9, 16)]
    cut = unseen_movement(simulated.pool_of(values, "A"), _sizes(values))
    np.testing.assert_array_equal(whole[:20, begun], cut)


def test_nothing_is_taken_for_typical_where_longer_series_are_few() -> None:
    values, _ = _with_newcomers()
    few = values[:, 12 - LIKE_SERIES + 1 :]
    assert not unseen_movement(simulated.pool_of(few, "A"), _sizes(few))[5:].any()
