"""The seasonal level: its profile, level and intervals, from earlier figures only."""

from __future__ import annotations

import numpy as np
import pytest

from fcm_migration.forecast.models import seasonal_level as module
from fcm_migration.forecast.scores import MEDIAN
from tests.forecast import simulated
from tests.forecast.simulated import Floats

WAVE = 0.8 * np.sin(2 * np.pi * np.arange(12) / 12)


def _counts(periods: int, level: float = 2000.0, noise: float = 0.0) -> Floats:
    """Two simulated series: one with a season of one wave a year, one without."""
    rng = np.random.default_rng(2)
    season = WAVE[np.arange(periods) % 12]
    steady = rng.normal(0, noise, (periods, 2))
    return np.round(level * np.exp(np.column_stack([season, np.zeros(periods)]) + steady))


def test_the_profile_is_the_season_shrunk_by_the_years_it_rests_on() -> None:
    away = module.deviations(_counts(90), 12)
    shape, years = module.profile(away, 89, 12, 0)
    # the mean of a year of counts lies above that of their logs, by a constant
    assert years.tolist() == [6.0, 6.0]
    np.testing.assert_allclose(shape[:, 0], WAVE * 6 / 7, atol=0.01)
    np.testing.assert_allclose(shape[:, 1], 0.0, atol=1e-3)


def test_a_regular_season_is_forecast_with_its_peaks() -> None:
    values = _counts(96, noise=0.05)
    made = module.forecasts(simulated.pool_of(values), [95], 12)[0]
    peak = int(np.argmax(WAVE))
    median = np.expm1(made[0, :, MEDIAN])
    assert int(np.argmax(median)) == peak
    assert median[peak] == pytest.approx(2000 * np.exp(0.8), rel=0.2)
    assert np.ptp(np.expm1(made[1, :, MEDIAN])) < 100


def test_intervals_are_symmetric_and_those_of_its_own_errors() -> None:
    rest = np.cumsum(np.random.default_rng(1).normal(0, 0.2, (80, 1)), axis=0)
    level = module.levels(rest)
    every = np.ones_like(rest, dtype=bool)
    spread, known = module.half_widths(rest, level, every, every, 3)
    assert known.all()
    for step in (1, 2, 3):
        errors = np.sort(np.abs(rest[step:] - level[:-step])[-module.ERRORS :, 0])
        by_hand = np.interp(0.8 * 48 - 0.5, np.arange(48), errors)
        assert spread[0, step - 1, 1] == pytest.approx(by_hand)
    made = module.forecasts(simulated.pool_of(_counts(96, noise=0.1)), [95], 12)[0]
    middle = made[:, :, MEDIAN, None]
    np.testing.assert_allclose(made[..., :3] - middle, -(made[..., :3:-1] - middle))
    assert (np.diff(made) > 0).all()


def test_a_horizon_without_errors_takes_those_before_it_wider() -> None:
    rest = np.random.default_rng(1).normal(0, 0.2, (40, 1))
    every = np.ones_like(rest, dtype=bool)
    counted = every.copy()
    counted[:-8] = False  # eight origins, of which the last have no error at four periods ahead
    spread, _ = module.half_widths(rest, module.levels(rest), every, counted, 4)
    assert np.isfinite(spread).all()
    np.testing.assert_allclose(spread[0, 2], spread[0, 1] * np.sqrt(3 / 2))


@pytest.mark.parametrize("frequency", ["M", "Q"])
def test_what_came_later_changes_nothing(frequency: str) -> None:
    values = simulated.seasonal(3, 90)
    row = 70
    whole, cut = (simulated.pool_of(v, frequency) for v in (values, values[: row + 1]))
    made = [module.forecasts(pool, [row], 12) for pool in (whole, cut)]
    assert np.isfinite(made[0]).all()
    assert made[0].tobytes() == made[1].tobytes()
    assert module.evidence(whole, [row]).tobytes() == module.evidence(cut, [row]).tobytes()


def test_evidence_is_high_where_a_season_repeats_and_not_where_there_is_none() -> None:
    found = module.evidence(simulated.pool_of(_counts(96, noise=0.05)), [95])[0]
    assert found[0] > 0.9
    assert found[1] < 0.2


def test_a_short_past_and_years_have_none() -> None:
    short = simulated.pool_of(_counts(40, noise=0.1))
    assert np.isnan(module.forecasts(short, [39], 12)).all()
    assert np.isnan(module.evidence(short, [11])).all()
    annual = simulated.pool_of(_counts(60), "A")
    assert np.isnan(module.forecasts(annual, [59], 2)).all()
    assert np.isnan(module.evidence(annual, [59])).all()


def test_a_gap_is_no_error_and_no_deviation() -> None:
    values = _counts(96, noise=0.05)
    values[60:63, 0] = np.nan
    made = module.forecasts(simulated.pool_of(values), [95], 12)
    assert np.isfinite(made).all()
