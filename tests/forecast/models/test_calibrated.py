"""Intervals out of pooled past errors: nothing from after the origin, and near nominal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from fcm_migration.forecast.models.calibrated import MEMBERS, Calibrated, weighted_quantiles
from fcm_migration.forecast.panel import Pool
from fcm_migration.forecast.scores import QUANTILE_LEVELS, Z_SCORES
from fcm_migration.forecast.settings import Settings
from tests.forecast import simulated

MONTHS = 170


@pytest.fixture(scope="module")
def walks() -> Pool:
    return simulated.pool_of(simulated.random_walks(20, MONTHS))


@pytest.mark.parametrize("member", MEMBERS)
def test_only_errors_whose_target_was_observed_by_the_origin_count(
    walks: Pool, member: str
) -> None:
    row, step = 100, 6
    before = Calibrated(walks, step, Settings()).quantiles(member, row, step)
    future = walks.values.copy()
    future[row + 1 :] *= 1000
    after = Calibrated(replace(walks, values=future), step, Settings())
    np.testing.assert_array_equal(after.quantiles(member, row, step), before)
    # the newest observed target is used: without it the quantiles are others
    newest = walks.values.copy()
    newest[row] *= 3
    changed = Calibrated(replace(walks, values=newest), step, Settings())
    origin = row - step
    np.testing.assert_array_equal(changed.scale[: origin + 1], after.scale[: origin + 1])
    spread = (changed.quantiles(member, row, step) - changed.centre(member, row, step)[:, None]) / (
        changed.scale[row][:, None]
    )
    unchanged = (before - after.centre(member, row, step)[:, None]) / after.scale[row][:, None]
    assert np.abs(spread - unchanged).max() > 1e-6


@pytest.mark.parametrize("member", MEMBERS)
def test_a_past_drift_is_no_forecast(member: str) -> None:
    """The median is the last value (or that of a year before), however a pool has grown."""
    growth = np.exp(np.linspace(0, 3, MONTHS))[:, None]
    pool = simulated.pool_of(simulated.random_walks(3, MONTHS) * growth)
    made = Calibrated(pool, 6, Settings())
    median = made.quantiles(member, 150, 6)[:, QUANTILE_LEVELS.index(0.5)]
    np.testing.assert_array_equal(median, made.centre(member, 150, 6))


@pytest.mark.parametrize("step", [1, 6])
def test_coverage_of_a_random_walk_is_near_nominal(walks: Pool, step: int) -> None:
    made = Calibrated(walks, step, Settings())
    rows = range(90, MONTHS - step)
    quantiles = np.stack([made.quantiles("naive", row, step) for row in rows])
    observed = np.log1p(walks.values[[row + step for row in rows]])
    for low, high, nominal, margin in ((2, 4, 0.5, 0.06), (1, 5, 0.8, 0.06), (0, 6, 0.95, 0.03)):
        inside = (observed >= quantiles[..., low]) & (observed <= quantiles[..., high])
        assert inside.mean() == pytest.approx(nominal, abs=margin)


def test_small_series_are_calibrated_by_small_ones() -> None:
    rng = np.random.default_rng(7)
    large = np.round(2000 * np.exp(rng.normal(0, 0.01, (90, 6)).cumsum(axis=0)))
    small = rng.poisson(4, (90, 6)).astype(np.float64)
    made = Calibrated(simulated.pool_of(np.hstack([large, small])), 1, Settings()).quantiles(
        "naive", 88, 1
    )
    width = made[:, -1] - made[:, 0]
    assert width[:6].max() < 0.2
    assert width[6:].min() > 1.0
    alone = Calibrated(simulated.pool_of(small), 1, Settings()).quantiles("naive", 88, 1)
    np.testing.assert_allclose(made[6:], alone)


def test_without_enough_errors_the_interval_is_a_random_walk_of_the_own_scale() -> None:
    pool = simulated.pool_of(simulated.random_walks(2, 12))
    source = Calibrated(pool, 4, Settings())
    made = source.quantiles("naive", 11, 4)
    expected = source.centre("naive", 11, 4)[:, None] + 2 * source.scale[11][:, None] * np.array(
        Z_SCORES
    )
    np.testing.assert_allclose(made, expected)


def test_seasonal_naive_takes_the_newest_same_month_already_seen() -> None:
    values = np.arange(30.0)[:, None]
    source = Calibrated(simulated.pool_of(values), 14, Settings())
    assert source.centre("seasonal_naive", 25, 1)[0] == np.log1p(14)
    assert source.centre("seasonal_naive", 25, 12)[0] == np.log1p(25)
    assert source.centre("seasonal_naive", 25, 13)[0] == np.log1p(14)
    assert np.isnan(source.centre("seasonal_naive", 5, 1)[0])


def test_weighted_quantiles_of_equal_weights_are_hazens() -> None:
    values = np.random.default_rng(3).normal(size=101)
    expected = np.quantile(values, QUANTILE_LEVELS, method="hazen")
    np.testing.assert_allclose(weighted_quantiles(values, np.full(101, 2.0)), expected)
    doubled = weighted_quantiles(np.array([0.0, 1.0]), np.array([1.0, 3.0]))
    assert doubled[3] == pytest.approx((0.5 - 0.125) / (0.625 - 0.125))


def test_levels_beyond_the_outermost_error_lie_on_a_normal_tail() -> None:
    """Ten errors reach from 5 to 95 %: 2.5 and 97.5 % lie beyond them, the rest between them."""
    values = np.array([-4.0, -2, -1, -0.5, -0.1, 0.1, 0.4, 1, 2, 6])
    made = weighted_quantiles(values, np.ones(10))
    inner = np.quantile(values, QUANTILE_LEVELS[1:6], method="hazen")
    np.testing.assert_allclose(made[1:6], inner, atol=1e-12)
    reach = norm.ppf(0.025) / norm.ppf(0.05)
    assert made[0] == pytest.approx(made[3] + reach * (-4 - made[3]), rel=1e-5)
    assert made[6] == pytest.approx(made[3] + reach * (6 - made[3]), rel=1e-5)


def test_a_heavy_outermost_error_does_not_end_two_intervals() -> None:
    """Its mid-point lies inside the 80 % interval, which then ends beyond it."""
    values, weights = np.arange(20.0), np.r_[np.ones(19), 8.0]
    made = weighted_quantiles(values, weights)
    assert 19 < made[5] < made[6]
    edge = 1 - 4 / 27
    np.testing.assert_allclose(
        (made[5:] - made[3]) / (19 - made[3]), norm.ppf([0.9, 0.975]) / norm.ppf(edge), rtol=1e-5
    )


def test_one_error_is_its_own_quantile_at_every_level() -> None:
    np.testing.assert_array_equal(weighted_quantiles(np.array([3.0]), np.ones(1)), [3.0] * 7)


@given(
    st.lists(
        st.tuples(st.floats(-50, 50), st.floats(0.1, 4)), min_size=1, max_size=30
    )
)  # fmt: skip
def test_weighted_quantiles_never_cross(errors: list[tuple[float, float]]) -> None:
    values, weights = np.array(errors).T
    made = weighted_quantiles(values, weights)
    assert np.isfinite(made).all()
    assert (np.diff(made) >= -1e-9).all()


def test_a_new_series_is_given_the_width_of_longer_ones() -> None:
    """In a pool of one kind, an interval must not be narrower because its series is new."""
    values = simulated.random_walks(60, 24, sd=0.5)
    values[:22, 50:] = np.nan  # two years seen by the origin
    made = Calibrated(simulated.pool_of(values, "A"), 1, Settings())
    width = made.quantiles("naive", 23, 1)[:, 5] - made.quantiles("naive", 23, 1)[:, 1]
    assert np.median(width[50:]) == pytest.approx(np.median(width[:50]), rel=0.15)


def test_most_of_what_comes_to_new_series_lies_inside() -> None:
    """The 80 % interval of series with one or two years holds about 80 %."""
    values = simulated.random_walks(400, 60, sd=0.6)
    values[:57, 100:] = np.nan
    made = Calibrated(simulated.pool_of(values, "A"), 1, Settings())
    inside = []
    for row in (57, 58):
        quantiles = made.quantiles("naive", row, 1)[100:]
        came = np.log1p(values[row + 1, 100:])
        inside.append((came >= quantiles[:, 1]) & (came <= quantiles[:, 5]))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)
