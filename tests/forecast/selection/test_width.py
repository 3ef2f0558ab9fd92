"""How wide intervals are: as wide as past ones would have had to be, by pool and by series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.forecast.models.engine import MODELS, PoolRun
from fcm_migration.forecast.scores import INTERVALS, MEDIAN, Z_SCORES
from fcm_migration.forecast.selection import width as module
from fcm_migration.forecast.selection.shares import CANDIDATES, mixed, window
from tests.forecast import simulated
from tests.forecast.simulated import Floats

ONLY_NAIVE = np.eye(len(CANDIDATES))[CANDIDATES.index("naive")]


def _narrow(width: float, frequency: str = "Q") -> PoolRun:
    """Normal targets under naive intervals of ``width`` times their standard deviation."""
    rng = np.random.default_rng(8)
    series, rows = 200, 80
    pool = simulated.pool_of(np.full((rows, series), 1000.0), frequency)
    shape = (rows, series, 1)
    came = np.round(np.expm1(np.log1p(1000) + rng.normal(0, 0.3, shape)))
    quantiles = np.log1p(1000) + width * 0.3 * np.array(Z_SCORES)
    logs = {model: np.broadcast_to(quantiles, (*shape, 7)).copy() for model in MODELS}
    return PoolRun(
        pool, tuple(range(rows)), 1, logs, np.full(shape, 20.0), came,
        {model: np.ones(shape) for model in MODELS}, np.ones((rows, 1), dtype=bool),
        np.ones((rows, series), dtype=bool), np.zeros(series, dtype=np.int64),
        np.full((rows, series), np.nan),
    )  # fmt: skip


def _shares(run: PoolRun) -> Floats:
    return np.broadcast_to(ONLY_NAIVE, (len(run.pool.series), run.horizon, len(CANDIDATES)))


def _wide(run: PoolRun, row: int) -> Floats:
    """Counts of the one step, widened: series x levels."""
    logs = mixed(run, row, _shares(run))
    return run.counts(module.widen(run, row, _shares(run), logs), row)[:, 0]


def _factors(run: PoolRun, row: int) -> Floats:
    columns, places = np.arange(len(run.pool.series)), window(run, row, 1)
    past = mixed(run, places, _shares(run)[:, 0], 1)
    return module._factors(run, places, columns, 1, past)


@pytest.mark.parametrize("width", [0.6, 1.6])
def test_coverage_moves_towards_nominal_where_intervals_are_too_narrow_or_too_wide(
    width: float,
) -> None:
    run, row = _narrow(width), 78
    made, raw = _wide(run, row), run.counts(run.logs["naive"][row], row)[:, 0]
    came = run.observed[row, :, 0]
    for percent, low, high in INTERVALS:
        before, after = (((came >= q[:, low]) & (came <= q[:, high])).mean() for q in (raw, made))
        if abs(before - percent / 100) > 0.055:
            assert abs(after - percent / 100) < abs(before - percent / 100), percent
    np.testing.assert_array_equal(made[:, MEDIAN], raw[:, MEDIAN])


def test_a_widening_moves_the_upper_side_by_less_and_narrowing_both_alike() -> None:
    fan = np.array([Z_SCORES])
    wide = module.widened(fan, np.full(3, 0.5), 0.1)[0]
    assert wide[0] == pytest.approx(Z_SCORES[0] * np.exp(0.5))
    assert wide[-1] == pytest.approx(Z_SCORES[-1] * np.exp(0.05))
    narrow = module.widened(fan, np.full(3, -0.3), 0.1)[0]
    np.testing.assert_allclose(narrow, np.array(Z_SCORES) * np.exp(-0.3))
    assert (np.diff(wide) > 0).all()


@pytest.mark.parametrize("width", [0.0, 1e-3, 1.0, 50.0])
def test_widening_never_leaves_its_bounds(width: float) -> None:
    run = _narrow(width)
    for row in (5, 30, 79):
        factors = _factors(run, row)
        assert (factors >= 2 * module.NARROWEST).all()
        assert (factors <= 2 * module.WIDEST).all()


def test_a_series_that_misses_more_than_its_pool_is_wider() -> None:
    run = _narrow(1.0)
    observed = run.observed.copy()
    observed[:, 0] = 5000.0  # always missed
    observed[:, 1] = 1000.0  # never
    factors = _factors(replace(run, observed=observed), 70)
    others = np.median(factors[2:], axis=0)
    assert (factors[0] > others + 0.03).all()
    assert (factors[1] <= others).all()
    assert factors[1, 0] < others[0] - 0.03


def test_misses_not_yet_seen_widen_nothing() -> None:
    run, row = _narrow(0.6), 40
    before = _factors(run, row)
    later = run.observed.copy()
    later[row:] = 1e9  # the target of row 40 is row 41
    after = _factors(replace(run, observed=later), row)
    assert after.tobytes() == before.tobytes()
    assert not np.array_equal(_factors(replace(run, observed=later), row + 1), before)


def test_without_a_judged_origin_nothing_is_widened() -> None:
    run = _narrow(0.6)
    logs = mixed(run, 0, _shares(run))
    np.testing.assert_array_equal(module.widen(run, 0, _shares(run), logs), logs)
