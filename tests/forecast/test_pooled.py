"""The pooled regression: it finds what is there, says nothing without enough, and never peeks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.forecast.features import prepare, seasonal
from fcm_migration.forecast.panel import Pool
from fcm_migration.forecast.pooled import Pooled
from fcm_migration.forecast.settings import Settings
from tests.forecast import simulated
from tests.forecast.simulated import Floats

ROWS, SERIES = 130, 12
SETTINGS = Settings(min_pooled=200)


def _pool(values: Floats) -> Pool:
    names = tuple(f"simulated_{i:02d}" for i in range(values.shape[1]))
    return Pool(
        "simulated", names, tuple(simulated.months(len(values))), values, np.ones(len(names))
    )


@pytest.fixture(scope="module")
def seasonal_pool() -> Pool:
    """Simulated series that share a season and differ in level and noise."""
    rng = np.random.default_rng(11)
    season = 0.6 * np.sin(np.arange(ROWS) * 2 * np.pi / 12)
    logs = rng.uniform(5, 8, SERIES) + season[:, None] + rng.normal(0, 0.1, (ROWS, SERIES))
    return _pool(np.round(np.exp(logs)))


def test_it_learns_a_season_that_naive_cannot_know(seasonal_pool: Pool) -> None:
    made, step = Pooled(seasonal_pool, SETTINGS), 3
    rows = np.arange(115, ROWS - step)
    z = np.log1p(seasonal_pool.values)
    median = np.stack([made.quantiles(int(row), step)[:, 3] for row in rows])
    own = np.abs(z[rows + step] - median).mean()
    naive = np.abs(z[rows + step] - z[rows]).mean()
    assert own < 0.5 * naive


def test_its_intervals_hold_what_they_promise(seasonal_pool: Pool) -> None:
    made, step = Pooled(seasonal_pool, SETTINGS), 1
    rows = range(95, ROWS - step)
    quantiles = np.stack([made.quantiles(row, step) for row in rows])
    observed = np.log1p(seasonal_pool.values[[row + step for row in rows]])
    inside = (observed >= quantiles[..., 1]) & (observed <= quantiles[..., 5])
    assert inside.mean() == pytest.approx(0.8, abs=0.08)
    assert (np.diff(quantiles, axis=-1) >= 0).all()


def test_too_few_rows_give_nothing_rather_than_a_guess(seasonal_pool: Pool) -> None:
    made = Pooled(seasonal_pool, Settings(min_pooled=10**6)).quantiles(120, 1)
    assert made.shape == (SERIES, 7)
    assert np.isnan(made).all()
    assert np.isnan(Pooled(seasonal_pool, SETTINGS).quantiles(2, 6)).all()


def test_nothing_after_the_origin_matters(seasonal_pool: Pool) -> None:
    row, step = 118, 6
    before = Pooled(seasonal_pool, SETTINGS).quantiles(row, step)
    future = seasonal_pool.values.copy()
    future[row + 1 :] = 1e7
    after = Pooled(replace(seasonal_pool, values=future), SETTINGS).quantiles(row, step)
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("step", [1, 12, 13])
def test_seasonal_growth_is_that_of_years_seen_in_full(step: int) -> None:
    z = np.arange(60.0) ** 2 / 1000
    pool = _pool(np.expm1(z)[:, None])
    found = seasonal(prepare(pool), step)
    scale = prepare(pool).scale
    row, first = 50, 1 + (step - 1) // 12
    past = [row - 12 * j for j in range(first, first + 5) if row - 12 * j >= 0]
    growth = sum(z[t + step] - z[t] for t in past) / (len(past) + 3)
    assert found[row, 0, 0] == pytest.approx(growth / scale[row, 0])


def test_features_are_finite_whatever_the_series() -> None:
    series = simulated.mixed(2, 60)
    series["late"] = [None] * 50 + [5.0] * 10
    values = np.array([[np.nan if v is None else v for v in s] for s in series.values()]).T
    made = prepare(_pool(values))
    assert np.isfinite(made.direction).all()
    assert np.isfinite(made.state).all()
    assert np.abs(made.direction).max() <= 5
