"""Intervals out of pooled past errors: nothing from after the origin, and near nominal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

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
