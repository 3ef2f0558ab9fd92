"""The joint distribution of the months ahead: inverse maps, correlation, and sums of draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_migration.forecast.year_totals.joint import (
    LEVEL_SCORES,
    correlation,
    narrowed,
    scores_of,
    structured,
    totals,
    values_at,
)
from fcm_migration.forecast.year_totals.settings import FARTHEST, HORIZONS, PERSISTENT

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
FANS = np.expm1(np.log1p(900.0) + np.outer(np.linspace(0.2, 0.8, HORIZONS), LEVEL_SCORES))


def test_a_fan_at_the_scores_of_its_levels_is_its_quantiles() -> None:
    assert values_at(LEVEL_SCORES, FANS[3]) == pytest.approx(FANS[3])


@given(st.floats(-3, 3), st.integers(0, HORIZONS - 1))
def test_the_score_of_a_value_is_where_it_was_taken(score: float, month: int) -> None:
    value = values_at(np.array([score]), FANS[month])
    assert scores_of(value, FANS[month : month + 1])[0] == pytest.approx(score, abs=1e-6)


def test_scores_stay_within_bounds_where_a_fan_has_no_width() -> None:
    flat = np.full((3, 7), 10.0)
    found = scores_of(np.array([0.0, 10.0, 500.0]), flat)
    assert found.tolist() == [-FARTHEST, pytest.approx(0.0, abs=1e-6), FARTHEST]


def test_a_correlation_without_a_past_is_that_of_the_settings() -> None:
    none = correlation(np.full((4, HORIZONS), np.nan), 0)
    assert none == pytest.approx(structured(PERSISTENT), abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_long_past_decides_the_correlation(share: float) -> None:
    truth = structured(share)
    drawn = np.random.default_rng(1).multivariate_normal(np.zeros(HORIZONS), truth, 4000)
    assert correlation(drawn, 4000) == pytest.approx(truth, abs=0.06)


def test_a_short_past_moves_the_correlation_a_little_and_it_stays_one() -> None:
    rng = np.random.default_rng(2)
    few = rng.standard_normal((6, HORIZONS))
    few[2:, 6:] = np.nan
    made = correlation(few, 6)
    assert np.linalg.eigvalsh(made).min() > 0
    assert np.diag(made) == pytest.approx(np.ones(HORIZONS))
    assert np.abs(made - structured(PERSISTENT)).max() < 0.45
    assert np.abs(made - structured(PERSISTENT)).max() > 0.01


def test_what_is_known_of_a_month_no_longer_moves_the_others() -> None:
    made = narrowed(structured(1.0), 0.0)
    assert made[0].tolist() == [1.0, *[0.0] * (HORIZONS - 1)]
    assert np.linalg.eigvalsh(narrowed(structured(1.0), 0.4)).min() > 0
    assert narrowed(structured(0.5), 3.0) == pytest.approx(structured(0.5))


@pytest.mark.parametrize("months", [1, 5, 12])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_sums_have_the_quantiles_of_many_random_draws(months: int, share: float) -> None:
    matrix = structured(share)[:months, :months]
    scores = np.random.default_rng(3).multivariate_normal(np.zeros(months), matrix, 300_000)
    many = np.sum([values_at(scores[:, m], FANS[m]) for m in range(months)], axis=0)
    ours = np.quantile(totals(FANS[:months], matrix), LEVELS)
    assert ours == pytest.approx(np.quantile(many, LEVELS), rel=0.025)
    assert np.array_equal(ours, np.quantile(totals(FANS[:months], matrix), LEVELS))


def test_months_that_move_together_make_a_wider_year() -> None:
    def width(share: float) -> float:
        low, high = np.quantile(totals(FANS, structured(share)), (0.1, 0.9))
        return float(high - low)

    assert width(0.0) < width(0.5) < width(1.0)
