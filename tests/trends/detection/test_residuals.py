"""Surprise, its dispersion and its p-values, beside statsmodels and simulated quiet series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.families import NegativeBinomial

from fcm_migration.trends.detection.residuals import (
    Calibration,
    active,
    calibrations,
    deviance_residual,
    dispersion,
    expected_level,
    p_values,
)
from fcm_migration.trends.detection.settings import BANDS, PRIOR_ALPHA
from fcm_migration.trends.watch.rolling import mean_of
from tests.trends.simulated_scopes import negative_binomial, one_of, scope_of

NOTHING = np.empty(0)
QUIET_YEARS = 14


@settings(deadline=None, max_examples=100)
@given(
    count=st.integers(0, 10**5), mean=st.floats(1.0, 1e5), alpha=st.sampled_from([0.03, 0.2, 1.5])
)
def test_surprise_is_the_signed_deviance_residual(count: int, mean: float, alpha: float) -> None:
    y, mu = np.array([float(count)]), np.array([mean])
    made = deviance_residual(y, mu, np.array([alpha]))
    peer = NegativeBinomial(alpha=alpha).resid_dev(y, mu)
    np.testing.assert_allclose(made, peer, rtol=1e-6, atol=2e-5)  # both lose digits near the mean
    assert np.sign(made[0]) in (np.sign(count - mean), 0.0)


def test_a_figure_as_expected_is_no_surprise_and_a_withheld_one_none_at_all() -> None:
    made = deviance_residual(np.array([50.0, np.nan]), np.array([50.0, 50.0]), np.array([0.1, 0.1]))
    np.testing.assert_array_equal(made, [0.0, np.nan])


@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("own", [0, 37, 4000])
def test_p_values_fall_as_surprise_rises(drops: bool, own: int) -> None:
    drawn = np.sort(np.random.default_rng(1).normal(size=own))
    z = np.linspace(-12, 12, 400)
    p = p_values(z, Calibration(NOTHING, drawn, drawn), drops=drops)
    assert (p > 0).all()
    assert (p <= 1).all()
    steps = np.diff(p[::-1] if drops else p)
    assert (steps <= 1e-12).all()
    assert p.min() < 0.01 < 0.9 < p.max()


def test_a_p_value_counts_own_periods_and_the_declared_ones() -> None:
    """Of 300 own quiet periods 30 are as surprising; 5 % of the declared 200 are (z = 1.8)."""
    own = np.sort(np.concatenate([np.full(270, 0.5), np.full(30, 1.8)]))
    p = p_values(np.array([1.8, np.nan]), Calibration(NOTHING, own, NOTHING))
    assert p[0] == pytest.approx((30 + 0.05 * 200) / 500)
    assert np.isnan(p[1])


def quiet(alpha: float, mean: float = 150.0, series: int = 60, seed: int = 3) -> np.ndarray:
    return negative_binomial(np.full((12 * QUIET_YEARS, series), mean), alpha, seed)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.25])
def test_quiet_series_are_as_surprising_as_their_p_values_say(alpha: float) -> None:
    """5 % of them, and 10 %, once the source has taught for years.

    4 320 series-months; their baselines share months, so the standard error (.0033 at 5 % if they
    did not) is taken as twice that, and three of them are allowed.
    """
    scope = scope_of(quiet(alpha))
    known = calibrations([scope])
    z = deviance_residual(
        scope.values, expected_level(scope), dispersion(expected_level(scope), known[2023], 1)
    )  # fmt: skip
    rows = [row for row, period in enumerate(scope.periods) if period.year >= 2018]
    p = np.vstack([p_values(z[row], known[scope.periods[row].year]) for row in rows])
    assert active(scope)[rows].all()
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert (p <= 0.10).mean() == pytest.approx(0.10, abs=0.03)
    down = np.vstack(
        [p_values(z[row], known[scope.periods[row].year], drops=True) for row in rows]
    )  # fmt: skip
    assert (down <= 0.05).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.25])
def test_dispersion_of_simulated_series_is_recovered(alpha: float) -> None:
    """Within a third: the logarithm of a skewed count and the baseline's own error add a little."""
    scope = scope_of(quiet(alpha))
    band = int(np.searchsorted(BANDS, 150.0, side="right"))
    last = scope.periods[-1].year
    assert calibrations([scope])[last].alpha[band] == pytest.approx(alpha, rel=1 / 3)


def test_a_band_without_enough_pairs_keeps_the_declared_dispersion() -> None:
    scope = scope_of(quiet(0.5, series=2)[:30])  # 2 x 11 pairs before 2012
    np.testing.assert_array_equal(calibrations([scope])[2012].alpha, PRIOR_ALPHA)


def test_a_year_is_calibrated_on_the_years_before_it_alone() -> None:
    values = quiet(0.2, series=20)
    scope = scope_of(values)
    other = values.copy()
    other[5 * 12 :] = other[5 * 12 :] * 7 + 3  # from January 2015 on
    changed = replace(scope, values=other)
    before, after = calibrations([scope]), calibrations([changed])
    for year in range(2010, 2016):
        np.testing.assert_array_equal(before[year].alpha, after[year].alpha)
        np.testing.assert_array_equal(before[year].surges, after[year].surges)
        np.testing.assert_array_equal(before[year].drops, after[year].drops)
    assert not np.array_equal(before[2017].surges, after[2017].surges)
    assert not np.array_equal(before[2017].alpha, after[2017].alpha)


def test_a_period_is_quiet_only_once_the_year_after_it_is_over() -> None:
    scope = scope_of(quiet(0.1, series=1)[:48])  # 2010 to 2013
    known = calibrations([scope])
    assert [len(known[year].surges) for year in (2010, 2011, 2012)] == [0, 0, 0]
    growth = mean_of(scope.values, 12)[24:36, 0] / mean_of(scope.values, 12, lag=1)[12:24, 0]
    assert ((growth > 0.67) & (growth < 1.5)).all()  # all of 2011 was quiet, as 2012 showed
    assert len(known[2013].surges) == len(known[2013].drops) == 12


def test_longer_periods_vary_less_and_are_sized_by_the_month() -> None:
    known = Calibration(np.arange(1.0, 8.0), NOTHING, NOTHING)
    mean = np.array([5.0, 10.0, 29.9, 5000.0, np.nan])
    np.testing.assert_array_equal(dispersion(mean, known, 1), [1, 2, 2, 7, 1])
    np.testing.assert_allclose(dispersion(3 * mean, known, 3), np.array([1, 2, 2, 7, 1]) * 2 / 3)


def test_few_people_in_two_years_are_not_tested() -> None:
    scope = one_of((0.0, 24), [49.0, 0.0, 1.0, np.nan], (0.0, 24))
    tested = active(scope)[:, 0]
    assert not tested[:26].any()
    assert tested[26]
    assert not tested[27]  # withheld
    assert tested[28:48].all()
    assert not tested[49:].any()  # the 49 are more than two years ago
