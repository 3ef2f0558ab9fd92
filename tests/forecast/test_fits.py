"""Fitted members: statsmodels' own spread, recorded failures, a cache that cannot mislead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fcm_migration.forecast import fits
from fcm_migration.forecast.fits import Fit, Job, Member, ets_sd, fit_all, fit_series
from fcm_migration.forecast.settings import FITTED, Settings
from tests.forecast import simulated
from tests.forecast.simulated import Floats

FIRST = 2015 * 12
HORIZON = 6


def _job(z: Floats, origins: tuple[int, ...] = (58, 59), horizon: int = 6) -> Job:
    return Job(np.ascontiguousarray(z), origins, FIRST, horizon, window=120, refit_every=3)


@pytest.fixture(scope="module")
def walk() -> Floats:
    """A simulated series with season, trend and noise, as arrivals tend to look."""
    season = 0.3 * np.sin(np.arange(60) * 2 * np.pi / 12)
    z: Floats = np.log1p(simulated.random_walks(1, 60)[:, 0]) + season
    return z


@pytest.fixture(scope="module")
def fitted(walk: Floats) -> Fit:
    return fit_series(_job(walk))


def _same(one: Fit, other: Fit) -> None:
    for name in FITTED:
        assert one.mean[name].tobytes() == other.mean[name].tobytes()
        assert one.sd[name].tobytes() == other.sd[name].tobytes()


def test_ets_mean_and_spread_are_statsmodels_own(walk: Floats) -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    row = 57  # October 2019, a month of estimation
    made = fit_series(_job(walk[: row + 1], (row,), 12))
    month = pd.period_range("2015-01", periods=row + 1, freq="M")
    dated = pd.Series(walk[: row + 1], index=month)
    result = ETSModel(dated, error="add", trend="add", damped_trend=True).fit(disp=False)
    own = result.get_prediction(row + 1, row + 12)
    np.testing.assert_allclose(made.mean["damped_ets"][0], own.predicted_mean, rtol=1e-8)
    # statsmodels divides by all observations, we by those less the parameters estimated
    freedom = np.sqrt(len(result.resid) / (len(result.resid) - len(result.params)))
    theirs = np.sqrt(np.asarray(own.forecast_variance)) * freedom
    np.testing.assert_allclose(made.sd["damped_ets"][0], theirs, rtol=1e-6)


def test_the_local_level_is_the_one_of_statsmodels(walk: Floats) -> None:
    """Estimated in the first month of the year and only filtered since."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    origin = len(walk) - 1
    january = origin - origin % 12  # row 0 is a January
    made = fit_series(_job(walk, (origin,), HORIZON))
    params = UnobservedComponents(walk[: january + 1], level="local level").fit(disp=False).params
    theirs = UnobservedComponents(walk, level="local level").smooth(params).get_forecast(HORIZON)
    np.testing.assert_allclose(made.mean["local_level"][0], theirs.predicted_mean, rtol=1e-8)
    np.testing.assert_allclose(made.sd["local_level"][0], theirs.se_mean, rtol=1e-8)


def test_between_estimations_only_the_data_move(walk: Floats, fitted: Fit) -> None:
    together = fit_series(_job(walk, (57, 58, 59)))
    for name in FITTED:
        np.testing.assert_array_equal(together.mean[name][1:], fitted.mean[name])
        assert not np.array_equal(fitted.mean[name][0], fitted.mean[name][1])
    ahead = walk.copy()
    ahead[59:] += 5
    cut = fit_series(_job(ahead, (58,)))
    np.testing.assert_array_equal(cut.mean["damped_ets"][0], fitted.mean["damped_ets"][0])


def test_a_fit_that_does_not_converge_gives_no_parameters() -> None:
    def model(converged: object, params: Floats) -> Any:
        result = SimpleNamespace(params=params, mle_retvals=converged)
        return Member(lambda _z: SimpleNamespace(fit=lambda **_: result), ets_sd)

    good = np.array([0.5, 0.1])
    z = np.zeros(3)
    np.testing.assert_array_equal(fits._estimate(model({"converged": True}, good), z), good)
    assert fits._estimate(model({"converged": False}, good), z) is None
    assert fits._estimate(model(SimpleNamespace(converged=False), good), z) is None
    assert fits._estimate(model({"converged": True}, np.array([np.nan])), z) is None


def test_an_absurd_forecast_is_a_recorded_failure() -> None:
    explosive = 0.8 * np.arange(48.0)  # simulated: more than doubles every month
    made = fit_series(_job(explosive, (45, 46, 47), 12))
    assert np.isnan(made.mean["damped_ets"]).all()
    assert made.failed == 3


def test_a_series_of_seven_months_is_not_fitted(walk: Floats) -> None:
    made = fit_series(_job(walk[:7], (6,)))
    assert made.failed == len(FITTED)


def test_a_cache_hit_gives_the_same_bytes(tmp_path: Path, walk: Floats, fitted: Fit) -> None:
    settings = Settings(cache_dir=tmp_path / "fits")
    told: list[str] = []
    _same(fit_all([_job(walk)], settings, told.append)[0], fitted)
    _same(fit_all([_job(walk)], settings, told.append)[0], fitted)
    assert told == ["fitting 1 of 1 series"]
    assert [path.suffix for path in (tmp_path / "fits").iterdir()] == [".parquet"]


@pytest.mark.parametrize("kept", [0, 1, 200, -1])
def test_a_cut_short_cache_file_is_computed_again(
    tmp_path: Path, walk: Floats, fitted: Fit, kept: int
) -> None:
    settings = Settings(cache_dir=tmp_path)
    fit_all([_job(walk)], settings)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    _same(fit_all([_job(walk)], settings)[0], fitted)
    assert path.read_bytes() == whole


def test_the_key_changes_with_everything_a_fit_depends_on(walk: Floats) -> None:
    job = _job(walk)
    moved = walk.copy()
    moved[3] = np.nextafter(moved[3], 9)
    others = [
        replace(job, z=moved),
        replace(job, origins=(58,)),
        replace(job, first_month=FIRST + 1),
        replace(job, horizon=5),
        replace(job, window=60),
        replace(job, refit_every=6),
    ]
    assert len({job.key(), *(other.key() for other in others)}) == 7
    assert _job(walk.copy()).key() == job.key()
