"""Scores: the weighted interval score is the published one, and summaries say what they claim."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_migration.forecast.scoring import scores, wis
from fcm_migration.forecast.settings import QUANTILES
from tests.forecast import simulated

LEVELS = np.array(QUANTILES)


def test_wis_by_hand() -> None:
    # 50 %: 40..60, 80 %: 20..80, 95 %: 10..90, median 50, observed 100
    quantiles = np.array([10.0, 20, 40, 50, 60, 80, 90])
    half = 20 + 2 / 0.5 * 40
    eighty = 60 + 2 / 0.2 * 20
    most = 80 + 2 / 0.05 * 10
    expected = (0.5 * 50 + 0.25 * half + 0.1 * eighty + 0.025 * most) / 3.5
    assert wis(np.array([100.0]), quantiles[None])[0] == pytest.approx(expected)


@given(
    st.lists(st.floats(0, 1e5), min_size=7, max_size=7).map(sorted),
    st.floats(0, 1e5),
)
def test_wis_is_twice_the_mean_quantile_loss(quantiles: list[float], observed: float) -> None:
    q = np.array(quantiles)
    pinball = np.where(observed >= q, LEVELS * (observed - q), (1 - LEVELS) * (q - observed))
    assert wis(np.array(observed), q) == pytest.approx(2 * pinball.mean(), abs=1e-7)


def test_wis_keeps_its_shape_and_is_nan_where_nothing_was_observed() -> None:
    observed = np.array([[[5.0], [np.nan]]])
    quantiles = np.broadcast_to(np.arange(7.0), (1, 2, 1, 7))
    made = wis(observed, quantiles)
    assert made.shape == observed.shape
    np.testing.assert_array_equal(np.isnan(made), np.isnan(observed))


def _cases(model: str, quantiles: list[float], observed: list[float | None]) -> pl.DataFrame:
    origins = simulated.months(len(observed), date(2017, 1, 1))
    return pl.DataFrame(
        [
            ("simulated_a", origin, 1, model, level, value, seen)
            for origin, seen in zip(origins, observed, strict=True)
            for level, value in zip(QUANTILES, quantiles, strict=True)
        ],
        schema=["series_id", "origin", "horizon", "model", "quantile", "value", "observed"],
        orient="row",
    )


def test_the_summary_is_relative_to_naive_scaled_by_the_year_and_skips_what_is_unseen() -> None:
    wide = [0.0, 20, 40, 50, 60, 80, 100]
    narrow = [50.0] * 7
    observed = [50.0, 70.0, 90.0, 120.0, None]
    cases = pl.concat([_cases("naive", wide, observed), _cases("sharp", narrow, observed)])
    # two years before the first origin, each month 10 above the year before; a jump after it
    history = simulated.panel({"a": [100.0] * 12 + [110.0] * 12 + [120.0] + [9999.0] * 5})
    made = scores(cases, history.select("series_id", "period_start", "value"))
    naive, sharp = made.sort("scored_model").iter_rows(named=True)
    assert [row["origins"] for row in (naive, sharp)] == [4, 4]
    assert (naive["coverage_50"], naive["coverage_80"], naive["coverage_95"]) == (0.25, 0.5, 0.75)
    assert (sharp["coverage_50"], sharp["coverage_95"]) == (0.25, 0.25)
    assert naive["relative_wis"] == pytest.approx(1)
    assert sharp["relative_wis"] == pytest.approx(sharp["wis"] / naive["wis"])
    assert sharp["wis"] == pytest.approx((0 + 20 + 40 + 70) / 4)  # a point's WIS is its error
    assert sharp["mae"] == pytest.approx(32.5)
    assert sharp["mase"] == pytest.approx(32.5 / 10)


def test_a_naive_without_error_gives_no_ratio_rather_than_infinity() -> None:
    cases = pl.concat(
        [_cases("naive", [50.0] * 7, [50.0] * 3), _cases("other", [40.0] * 7, [50.0] * 3)]
    )
    still = simulated.panel({"a": [50.0] * 30}).select("series_id", "period_start", "value")
    made = scores(cases, still)
    assert made.get_column("relative_wis").to_list() == [None, None]
    assert made.get_column("mase").to_list() == [None, None]
