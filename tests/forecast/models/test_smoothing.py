"""Exponential smoothing: statsmodels' own forecast and spread, and failures that say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fcm_migration.forecast.models.smoothing import PARAMETERS, estimate, forecast
from tests.forecast import simulated
from tests.forecast.simulated import Floats

HORIZON = 12


@pytest.fixture(scope="module")
def walk() -> Floats:
    """A simulated series with season, trend and noise, as arrivals tend to look."""
    season = 0.3 * np.sin(np.arange(60) * 2 * np.pi / 12)
    z: Floats = np.log1p(simulated.random_walks(1, 60)[:, 0]) + season
    return z


@pytest.fixture(scope="module")
def estimated(walk: Floats) -> Floats:
    found = estimate(walk)
    assert found is not None
    assert len(found) == PARAMETERS
    return found


def test_mean_and_spread_are_statsmodels_own(walk: Floats, estimated: Floats) -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    dated = pd.Series(walk, index=pd.period_range("2015-01", periods=len(walk), freq="M"))
    result = ETSModel(dated, error="add").fit(disp=False)
    own = result.get_prediction(len(walk), len(walk) + HORIZON - 1)
    mean, sd = forecast(walk[:, None], estimated[None], HORIZON)
    np.testing.assert_allclose(mean[0], own.predicted_mean, rtol=1e-8)
    # statsmodels divides by all observations, we by those less the parameters estimated
    freedom = np.sqrt(len(walk) / (len(walk) - len(result.params)))
    theirs = np.sqrt(np.asarray(own.forecast_variance)) * freedom
    np.testing.assert_allclose(sd[0], theirs, rtol=1e-6)


def test_series_are_filtered_side_by_side_each_from_its_own_beginning(
    walk: Floats, estimated: Floats
) -> None:
    late = walk.copy()
    late[:20] = np.nan
    both = np.stack([estimated, estimated * np.array([0.5, 1.0])])
    mean, sd = forecast(np.column_stack([late, walk]), both, HORIZON)
    for place, z in enumerate((late[20:], walk)):
        alone = forecast(z[:, None], both[place][None], HORIZON)
        np.testing.assert_array_equal(mean[place], alone[0][0])
        np.testing.assert_array_equal(sd[place], alone[1][0])


@pytest.mark.parametrize("z", [np.zeros(40), np.full(40, 4.8), np.r_[np.zeros(39), 1e300]],
                         ids=["zero", "constant", "overflow"])  # fmt: skip
def test_what_does_not_converge_gives_no_parameters_and_no_warning(z: Floats) -> None:
    assert estimate(z) is None
