"""False positives of the ratio and of segmented regression, where nothing happened (simulated)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fcm_migration.studies.segmented import FITTED, PLAIN, segmented_rates, step_p_value
from fcm_migration.trends.policies.effects import policy_effects
from fcm_migration.trends.policies.false_positives import false_positives, split_half
from fcm_migration.trends.policies.placebos import DonorPool, Drawn
from tests.trends.policy_panel import event, held, only, origin_series

NEAR = "ratio, placebos near the date"


def test_the_ratio_holds_what_it_promises_and_a_regression_does_not() -> None:
    panel = held(origin_series(), event())
    effects = policy_effects(panel)
    made = false_positives(panel, effects)
    ratio = only(made, design=NEAR, periods_after=6, era="all")
    assert ratio["tested"] == 1000
    assert ratio["false_positive_share"] <= 0.07
    assert ratio["false_positive_lower"] < 0.05 < ratio["false_positive_upper"]
    steps = only(segmented_rates(panel, effects), design=PLAIN, periods_after=6, era="all")
    assert steps["tested"] >= 190  # of 200, but for fits that fail
    assert steps["false_positive_lower"] > 0.2  # 5 % is promised
    parts = made.filter(design=NEAR, periods_after=6).filter(pl.col("era") != "all")
    assert parts["tested"].sum() == ratio["tested"]
    weighted = (parts["tested"] * parts["false_positive_share"]).sum() / ratio["tested"]
    assert weighted == pytest.approx(ratio["false_positive_share"])


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


def test_halves_are_judged_by_each_other() -> None:
    """Of two series one moves ten times as much: the other's limits call it every time."""
    random = np.random.default_rng(0)
    rows = np.repeat(np.arange(100), 2)
    columns = np.tile([0, 1], 100)
    change = random.uniform(0.1, 0.2, 200) * np.where(columns == 1, 10, 1)
    pool = DonorPool("simulated", "M", ("a", "b"), (), np.empty((100, 2)), has_control=False)
    called = split_half(pool, Drawn(change, rows, columns), reach=30)
    np.testing.assert_array_equal(called, (columns == 1).astype(np.float64))
    few = split_half(pool, Drawn(change, rows, columns), reach=5)  # at most 11 dates: no limit
    assert np.isnan(few).all()
