"""Segmented regression: right where its assumptions hold, wrong on series that move in waves."""

from __future__ import annotations

import numpy as np
import pytest

from fcm_migration.studies.segmented import FITTED, PLAIN, segmented_rates, step_p_value
from fcm_migration.trends.policies.effects import policy_effects
from tests.trends.policy_panel import event, held, only, origin_series


def test_it_finds_effects_where_nothing_happened() -> None:
    panel = held(origin_series(), event())
    made = segmented_rates(panel, policy_effects(panel))
    steps = only(made, design=PLAIN, periods_after=6, era="all")
    assert steps["tested"] >= 190  # of 200, but for fits that fail
    assert steps["false_positive_lower"] > 0.2  # 5 % is promised


def test_the_regression_is_right_where_its_assumptions_are() -> None:
    """Independent counts around a level: few false steps, and a real one is found."""
    months = np.arange(FITTED + 6) % 12 + 1
    random = np.random.default_rng(1)
    noise = random.poisson(500, size=(120, FITTED + 6)).astype(np.float64)
    false = np.mean([step_p_value(counts, months, None) <= 0.05 for counts in noise])
    assert false <= 0.2  # robust errors of 42 months are a little short, as known
    stepped = noise[0].copy()
    stepped[FITTED:] *= 1.5
    assert step_p_value(stepped, months, None) < 1e-4
    # over a control that takes the same step, nothing is left of it
    control = np.where(np.arange(FITTED + 6) >= FITTED, np.log(1.5), 0.0)
    assert step_p_value(stepped, months, control) == pytest.approx(
        step_p_value(noise[0], months, None), abs=0.2
    )


def test_a_fit_that_fails_has_no_p_value() -> None:
    months = np.arange(FITTED + 6) % 12 + 1
    assert np.isnan(step_p_value(np.zeros(FITTED + 6), months, None))
