"""Farrington-flexible: equal to R's on 12 series, and NaN where nothing can be computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fcm_migration.errors import UsageError
from fcm_migration.studies.alerts.baselines.farrington import Settings, farrington

FIXTURE = Path(__file__).parents[2] / "fixtures" / "farrington_flexible"
SETTINGS = {
    "nbPlugin_trend": Settings(seasons=1),
    "nbPlugin_notrend": Settings(seasons=1, trend=False),
    "muan_trend": Settings(seasons=1, method="muan"),
    "delta_trend_np4": Settings(seasons=4, method="delta"),
}


def counts() -> pl.DataFrame:
    return pl.read_csv(FIXTURE / "counts.csv.gz")


def simulated(months: int = 120, series: int = 4) -> np.ndarray:
    rng = np.random.default_rng(5)
    mean = 60 * (1 + 0.4 * np.sin(np.arange(months) / 12 * 2 * np.pi))[:, None]
    return rng.negative_binomial(5, 5 / (5 + mean), (months, series)).astype(float)


@pytest.mark.parametrize("name", SETTINGS)
def test_equals_r(name: str) -> None:
    given = counts()
    origins = given.columns[1:]
    made = farrington(given.select(origins).to_numpy().astype(float), SETTINGS[name])
    known = pl.read_csv(FIXTURE / "reference.csv.gz").filter(pl.col("settings") == name)
    months = given["period"].to_list()
    own = {
        "expected": made.expected,
        "upperbound": made.upper,
        "phi": np.where(np.isnan(made.expected), np.nan, made.phi),
        "trend": np.where(np.isnan(made.expected), np.nan, made.has_trend),
    }
    silent = known["expected"].is_null()
    assert known.height == 12 * 168
    assert silent.sum() == 30  # fewer than five in four months
    at = known["period"].map_elements(months.index, return_dtype=pl.Int64).to_numpy()
    column = known["origin_iso3"].map_elements(origins.index, return_dtype=pl.Int64).to_numpy()
    for measure, values in own.items():
        theirs = known[measure].cast(pl.Float64).to_numpy().copy()
        theirs[silent.to_numpy()] = np.nan
        np.testing.assert_allclose(values[at, column], theirs, rtol=1e-6, err_msg=measure)


def test_one_regression_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    y = simulated(62, 1)
    # a threshold no residual reaches, so that nothing is reweighted
    made = farrington(y, Settings(residual=1e6))
    back = np.arange(1, 62)  # months before the current one
    lag = 61 - back
    kept = back > 6
    assert kept.sum() == 55
    month = np.where(np.isin(back % 12, [11, 0, 1]), 0, back % 12)
    dummies = (month[:, None] == np.unique(month)).astype(float)[kept]
    x = np.column_stack([dummies, -back[kept]])
    fit = sm.GLM(y[lag[kept], 0], x, family=sm.families.Poisson()).fit(tol=1e-10)
    now = np.append((np.unique(month) == 0).astype(float), 0.0)
    assert made.has_trend[61, 0] == 1
    assert made.expected[61, 0] == pytest.approx(float(np.exp(now @ fit.params)), rel=1e-6)
    # R weighs with the last but one step, and so do we
    assert made.phi[61, 0] == pytest.approx(fit.pearson_chi2 / (55 - 11), rel=1e-4)


def test_nothing_later_is_used_and_series_stand_alone() -> None:
    y = simulated()
    whole, cut = farrington(y), farrington(y[:90])
    np.testing.assert_array_equal(whole.upper[:90], cut.upper)
    np.testing.assert_allclose(farrington(y[:, 2:3]).upper, whole.upper[:, 2:3], rtol=1e-9)
    assert np.isnan(whole.upper[:61]).all()
    assert not np.isnan(whole.upper[61:]).any()


def test_a_share_is_expected_of_the_total() -> None:
    y = simulated()
    total = np.full((120, 1), 1000.0)
    level = farrington(y)
    np.testing.assert_allclose(farrington(y, exposure=total).expected, level.expected, rtol=1e-6)
    total[100:] = 2000.0  # newer than what the regression for month 100 stands on
    shared = farrington(y, Settings(trend=False), exposure=total)
    level = farrington(y, Settings(trend=False))
    np.testing.assert_allclose(shared.expected[100], 2 * level.expected[100], rtol=1e-6)
    total[110] = 0.0
    assert np.isnan(farrington(y, exposure=total).expected[110]).all()


def test_unknown_months_are_left_out() -> None:
    y = simulated()
    y[40:45, 0] = np.nan
    y[100, 1] = np.nan
    made = farrington(y)
    assert not np.isnan(made.upper[61:, 0]).any()
    assert np.isnan(made.upper[100, 1])
    assert not np.isnan(made.upper[101:, 1]).any()
    known = ~np.isnan(y[:, 2])
    np.testing.assert_array_equal(made.upper[:, 2], farrington(y[:, 2:3]).upper[:, 0])
    assert known.all()
    y[:, 3] = np.nan
    assert np.isnan(farrington(y).upper[:, 3]).all()


def test_a_few_cases_say_nothing_and_a_start_from_zero_is_extreme() -> None:
    y = np.zeros((100, 2))
    y[90:94, 0] = 1.0
    y[95, 1] = 40.0
    made = farrington(y)
    assert np.isnan(made.score[:, 0]).all()
    assert made.score[95, 1] > 1


def test_wrong_calls() -> None:
    with pytest.raises(UsageError, match="below zero"):
        farrington(np.full((100, 1), -1.0))
    with pytest.raises(UsageError, match="seasons of a year"):
        farrington(np.ones((100, 1)), Settings(seasons=11))
