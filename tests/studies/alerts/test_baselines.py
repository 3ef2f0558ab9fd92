"""The rules alerts compete with: each on a series it must find, and nothing later used by any."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.arrays import Floats
from fcm_migration.studies.alerts.baselines.rules import BASELINES
from fcm_migration.studies.alerts.baselines.smoothing import LOCAL_LEVEL, cusum, ewma, one_step
from fcm_migration.trends.watch.panel import Scope
from tests.trends.panels import months_on

STEP = {"M": 1, "Q": 3, "A": 12}


def scope(values: Floats, frequency: str = "M") -> Scope:
    names = pl.DataFrame({"series_id": [f"s{n}" for n in range(values.shape[1])]})
    starts = tuple(months_on(date(2010, 1, 1), n * STEP[frequency]) for n in range(len(values)))
    return Scope("s", "origin", frequency, names, starts, values, np.nansum(values, axis=1))


def steady(periods: int = 110, series: int = 3, mean: float = 100.0) -> Floats:
    drawn = np.random.default_rng(3).negative_binomial(20, 20 / (20 + mean), (periods, series))
    return drawn.astype(np.float64)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("frequency", STEP)
def test_nothing_later_is_used(name: str, frequency: str) -> None:
    values = steady()
    values[70:73, 1] = np.nan
    baseline = BASELINES[name]
    whole = baseline.score(scope(values, frequency))
    assert whole.shape == values.shape
    assert np.isnan(whole[70:73, 1]).all()
    assert not np.isnan(whole[100:, 0]).any()
    changed = values.copy()
    changed[91:] *= 50
    for other in (baseline.score(scope(values, frequency).until(90)),
                  baseline.score(scope(changed, frequency))[:91]):  # fmt: skip
        np.testing.assert_allclose(other, whole[:91], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", BASELINES)
def test_a_surge_is_found_and_a_steady_series_mostly_is_not(name: str) -> None:
    values = steady()
    values[100:, 0] *= np.array([1.5, 2.5, 4.0, 6.0, 8.0, 9.0, 9.0, 9.0, 9.0, 9.0])
    baseline = BASELINES[name]
    flags = baseline.score(scope(values)) >= baseline.threshold
    assert flags[100:104, 0].any()
    assert flags[:100].mean() < 0.15
    assert flags[100:104, 1:].mean() < 0.3


def test_scores_by_hand() -> None:
    values = np.array([[10.0, 12.0] * 6 + [10.0, 22.0, 33.0, 44.0]]).T
    at = scope(values)
    mean, sd = np.mean(values[0:12]), np.std(values[0:12], ddof=1)
    assert BASELINES["mean + 2 sd"].score(at)[12, 0] == pytest.approx((10 - mean) / sd)
    assert BASELINES["year on year > 50 %"].score(at)[15, 0] == pytest.approx(44 / 12 - 1)
    assert BASELINES["three rises"].score(at)[15, 0] == pytest.approx(np.log(45 / 11))
    assert BASELINES["three rises"].score(at)[13, 0] == 0
    grown = np.log2((38.5 + 2) / (np.mean(values[2:14]) + 2))
    assert BASELINES["doubling"].score(at)[15, 0] == pytest.approx(grown)


def test_a_tide_is_no_rise_of_a_share() -> None:
    values = steady()
    values[100:] *= 4
    level = BASELINES["Farrington"].score(scope(values))
    share = BASELINES["Farrington, share"].score(scope(values))
    assert (level[100:103] > 1).all()
    assert np.nanmax(share[100:103]) < level[100:103].min()
    assert (share[100:103] > 1).mean() < 0.2


def test_control_charts_by_hand() -> None:
    rows = np.array([[1.0], [2.0], [np.nan], [3.0]])
    np.testing.assert_allclose(cusum(rows, 0.5)[:, 0], [0.5, 2.0, np.nan, 4.5])
    limit = np.sqrt(0.25 / 1.75)
    means = np.array([0.25, 0.6875, np.nan, 1.265625])
    np.testing.assert_allclose(ewma(rows, 0.25)[:, 0], means / limit)


def test_the_local_level_learns_how_fast_to_follow() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=300)
    z = np.column_stack([5 + noise, np.cumsum(noise)])
    mean, sd = one_step(z, LOCAL_LEVEL, 24)
    error = (z - mean)[200:]
    # noise about a level is best met by its mean, a random walk by its last value
    assert np.abs(mean[200:, 0] - 5).max() < 0.7
    np.testing.assert_allclose(mean[200:, 1], z[199:-1, 1], atol=0.6)
    np.testing.assert_allclose(sd[-1], 1.0, atol=0.15)
    assert np.abs(error / sd[200:]).mean() == pytest.approx(0.8, abs=0.15)
