"""Pooled regressions: they find known effects, need enough rows, and use no later figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.forecast.models import pooled
from fcm_migration.forecast.models.features import prepare, seasonal
from fcm_migration.forecast.models.pooled import (
    Design,
    estimate_location,
    estimate_quantile,
    location_quantiles,
    quantile_quantiles,
)
from fcm_migration.forecast.panel import Pool
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS
from fcm_migration.forecast.settings import Settings
from tests.forecast import simulated
from tests.forecast.simulated import Floats

ROWS, SERIES, ESTIMATED = 130, 12, 105
SETTINGS = Settings(min_pooled=200)
KINDS = ("location", "quantile")


@pytest.fixture(scope="module")
def pool() -> Pool:
    return simulated.pool_of(simulated.seasonal(SERIES, ROWS))


def _quantiles(pool: Pool, kind: str, step: int, rows: range, settings: Settings = SETTINGS,
               ) -> Floats:  # fmt: skip
    """Forecasts at some rows from one estimation before them."""
    known, design = Design(pool.until(ESTIMATED), settings), Design(pool, settings)
    if kind == "location":
        location = estimate_location(known, ESTIMATED, step, settings.ridge)
        assert location is not None
        return np.stack([location_quantiles(design, location, row, step) for row in rows])
    quantile = estimate_quantile(known, ESTIMATED, step, settings.check_ridge)
    assert quantile is not None
    return np.stack([quantile_quantiles(design, quantile, row, step) for row in rows])


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_a_season_that_naive_cannot_know(pool: Pool, kind: str) -> None:
    step, z = 3, np.log1p(pool.values)
    rows = range(ESTIMATED, ROWS - step)
    median = _quantiles(pool, kind, step, rows)[..., MEDIAN]
    came, last = z[[row + step for row in rows]], z[list(rows)]
    assert np.abs(came - median).mean() < 0.55 * np.abs(came - last).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_its_intervals_hold_what_they_promise_and_do_not_cross(pool: Pool, kind: str) -> None:
    rows = range(ESTIMATED, ROWS - 1)
    quantiles = _quantiles(pool, kind, 1, rows)
    observed = np.log1p(pool.values[[row + 1 for row in rows]])
    inside = (observed >= quantiles[..., 1]) & (observed <= quantiles[..., 5])
    assert inside.mean() == pytest.approx(0.8, abs=0.1)
    assert (np.diff(quantiles, axis=-1) >= 0).all()


def test_too_few_rows_give_nothing_rather_than_a_guess(pool: Pool) -> None:
    few = Design(pool.until(120), Settings(min_pooled=10**6))
    assert estimate_location(few, 120, 1, 1.0) is None
    assert estimate_quantile(few, 120, 1, 0.5) is None
    early = Design(pool.until(2), SETTINGS)
    assert estimate_location(early, 2, 6, 1.0) is None
    assert estimate_quantile(early, 2, 6, 0.5) is None


def test_series_below_the_least_level_teach_nothing(pool: Pool) -> None:
    small = np.hstack([pool.values, np.tile([[3.0], [8.0]], (ROWS // 2, 2))])
    both = simulated.pool_of(small)
    one, other = Design(pool, SETTINGS), Design(both, SETTINGS)
    found, same = one.learnt_from(120, 2), other.learnt_from(120, 2)
    assert found is not None
    assert same is not None
    assert same[1][:, :SERIES].tobytes() == found[1].tobytes()
    assert not same[1][:, SERIES:].any()


def test_only_rows_whose_target_had_been_observed_are_learnt_from(pool: Pool) -> None:
    for step in (1, 6, 12):
        found = Design(pool, SETTINGS).learnt_from(120, step)
        assert found is not None
        assert found[0].stop - 1 + step == 120


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [1, 12])
def test_nothing_after_the_row_matters(pool: Pool, kind: str, step: int) -> None:
    rows = range(ESTIMATED, ESTIMATED + 5)
    before = _quantiles(pool, kind, step, rows)
    future = pool.values.copy()
    future[rows[-1] + 1 :] = 1e7
    after = _quantiles(replace(pool, values=future), kind, step, rows)
    assert before.tobytes() == after.tobytes()


def test_the_check_loss_is_as_low_as_that_of_quantreg() -> None:
    """The same rows, no ridge: within 1 % of statsmodels' at every level."""
    from statsmodels.regression.quantile_regression import QuantReg

    rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 3))
    y = 0.3 + x @ np.array([0.8, -0.4, 0.0]) + (1 + 0.5 * np.abs(x[:, 0])) * rng.standard_t(4, 600)
    ours = pooled._check_loss(x, y, np.ones(600), 0.0)
    design = np.column_stack([np.ones(600), x])

    def loss(slopes: Floats, level: float) -> float:
        error = y - design @ slopes
        return float(np.mean(np.maximum(level * error, (level - 1) * error)))

    for place, level in enumerate(QUANTILE_LEVELS):
        theirs = np.asarray(QuantReg(y, design).fit(q=level).params)
        assert loss(ours[place], level) <= 1.01 * loss(theirs, level)


def test_the_location_scale_regression_recovers_the_coefficients_of_a_simulation() -> None:
    """Centre and spread known, one case in fifty an outlier, no ridge to speak of."""
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(6000), rng.normal(size=(6000, 2))])
    centre, spread = np.array([0.2, 1.0, -0.5]), np.array([0.0, 0.0, 0.4])
    noise = rng.normal(size=6000)
    noise[::50] = 20
    y = x @ centre + np.exp(x @ spread) * noise
    weight = np.ones(6000)
    found = pooled._huber(x, y, weight, 1e-9)
    np.testing.assert_allclose(found, centre, atol=0.06)
    size = np.log(np.abs(y - x @ found) + pooled.SMALLEST)
    np.testing.assert_allclose(pooled._ridge(x, size, weight, 1e-9)[1:], spread[1:], atol=0.06)
    # plain least squares is drawn away by the outliers
    assert np.abs(pooled._ridge(x, y, weight, 1e-9) - centre).max() > 0.3


@pytest.mark.parametrize("frequency", ["M", "Q", "A"])
@pytest.mark.parametrize("step", [1, 4, 12, 13])
def test_seasonal_growth_is_that_of_years_seen_in_full(frequency: str, step: int) -> None:
    z = np.arange(60.0) ** 2 / 1000
    pool = simulated.pool_of(np.expm1(z)[:, None], frequency)
    features, season = prepare(pool), pool.spec.season
    found = seasonal(features, step)
    row, first = 50, 1 + (step - 1) // season
    past = [row - season * j for j in range(first, first + 5) if row - season * j >= 0]
    assert all(t + step <= row for t in past)
    growth = sum(z[t + step] - z[t] for t in past) / (len(past) + 3)
    expected = np.clip(growth / features.scale[row, 0], -5, 5)
    assert found[row, 0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("frequency", ["M", "Q", "A"])
def test_features_are_finite_whatever_the_series(frequency: str) -> None:
    series = simulated.mixed(2, 60)
    series["late"] = [None] * 50 + [5.0] * 10
    series["never"] = [None] * 60
    values = np.array([[np.nan if v is None else v for v in s] for s in series.values()]).T
    made = prepare(simulated.pool_of(values, frequency))
    assert np.isfinite(made.direction).all()
    assert np.isfinite(made.state).all()
    assert np.abs(made.direction).max() <= 5
