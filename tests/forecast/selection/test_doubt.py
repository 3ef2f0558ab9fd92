"""A newest figure far outside its own history is doubted as often as such figures passed."""

from __future__ import annotations

import numpy as np
import pytest

from fcm_migration.forecast.models.engine import run_pools
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS, Z_SCORES
from fcm_migration.forecast.selection.doubt import doubted, doubts, jumps
from fcm_migration.forecast.selection.published import published
from fcm_migration.forecast.settings import Settings
from tests.forecast import simulated
from tests.forecast.simulated import Floats

SETTINGS = Settings(min_pooled=10**6)


def _around(level: float, periods: int, series: int, seed: int = 4) -> Floats:
    """Simulated counts around a level."""
    return np.round(np.random.default_rng(seed).normal(level, level / 25, (periods, series)))


def test_one_zero_at_the_end_does_not_turn_a_year_of_forecasts_into_ten() -> None:
    """Case 04: three earlier zeros of the pool were followed by about 500."""
    values = _around(500, 120, 20)
    values[-1, 0] = 0
    for column, row in ((3, 40), (7, 70), (11, 95)):
        values[row, column] = 0
    (run,) = run_pools([(simulated.pool_of(values), [119], 12)], SETTINGS)
    made = published(run, [119], SETTINGS)[119]
    assert made.doubt[0] == pytest.approx(0.8)  # three passed, with one case of each kind assumed
    assert (made.doubt[1:] == 0).all()
    fan = made.counts[0]
    assert (fan[:, -2] >= 450).all()  # a return to 500 lies within 8 in 10
    assert (fan[:, MEDIAN] >= 250).all()
    assert (fan[:, 0] < 100).all()  # and zero is not excluded
    quiet = made.counts[5]
    assert ((quiet[:, MEDIAN] > 450) & (quiet[:, MEDIAN] < 550)).all()


def test_where_such_figures_lasted_the_newest_one_stands() -> None:
    values = _around(500, 120, 20)
    for column, row in ((3, 40), (7, 70), (11, 95)):
        values[row:, column] = 0
    values[-1, 0] = 0
    (run,) = run_pools([(simulated.pool_of(values), [119], 12)], SETTINGS)
    made = published(run, [119], SETTINGS)[119]
    assert made.doubt[0] == pytest.approx(0.2)
    assert (made.counts[0][:3, MEDIAN] < 250).all()


def test_upward_and_downward_jumps_are_counted_apart_and_ordinary_moves_not_at_all() -> None:
    values = _around(500, 120, 4)
    values[60, 1] = 9000
    values[80, 2] = 0
    found = jumps(simulated.pool_of(values))
    assert np.argwhere(found.up).tolist() == [[60, 1]]
    assert np.argwhere(found.down).tolist() == [[80, 2]]
    assert not found.lasted[60, 1]
    assert not found.lasted[80, 2]
    walk = jumps(simulated.pool_of(simulated.random_walks(6, 120)))
    assert (walk.up | walk.down).mean() < 0.01


def test_small_series_say_nothing_of_large_ones() -> None:
    """From zero to thirty passes mostly; a fall of a large series is another thing."""
    values = np.zeros((120, 12))
    values[:, 6:] = _around(5000, 120, 6)
    for column in range(6):
        values[30 + 10 * column, column] = 30
    values[119, 0] = 30
    values[119, 6] = 30_000
    found = doubts(jumps(simulated.pool_of(values)), 119)
    assert found[0] == pytest.approx(7 / 8)
    assert found[6] == pytest.approx(0.5)


def test_what_came_later_changes_no_doubt() -> None:
    values = _around(500, 120, 6)
    values[60, 1] = values[90, 2] = 0
    whole = jumps(simulated.pool_of(values))
    for row in (60, 61, 90):
        cut = jumps(simulated.pool_of(values[: row + 1]))
        np.testing.assert_array_equal(doubts(cut, row), doubts(whole, row))
    assert doubts(whole, 60)[1] == pytest.approx(0.5)  # nothing like it had been seen
    assert doubts(whole, 90)[2] == pytest.approx(2 / 3)


def test_the_mixture_has_the_quantiles_of_both_by_their_weights() -> None:
    low = np.log1p(10) + 0.1 * np.array(Z_SCORES)
    high = np.log1p(500) + 0.1 * np.array(Z_SCORES)
    made = doubted(low[None, None], high[None, None], np.array([0.3]))[0, 0]
    # of .7 and .3: the median is the lower one's at .5 / .7, the 90 % quantile the upper's at 2 / 3
    assert made[MEDIAN] == pytest.approx(np.log1p(10) + 0.1 * 0.566, abs=0.01)
    assert made[QUANTILE_LEVELS.index(0.9)] == pytest.approx(np.log1p(500) + 0.1 * 0.431, abs=0.01)
    assert (np.diff(made) > 0).all()
    same = doubted(low[None, None], high[None, None], np.array([0.0]))[0, 0]
    np.testing.assert_array_equal(same, low)
    unknown = doubted(low[None, None], np.full((1, 1, 7), np.nan), np.array([0.3]))[0, 0]
    np.testing.assert_array_equal(unknown, low)
