"""False positives of the ratio where nothing happened (simulated), and that they are measured."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fcm_migration.trends.policies.effects import policy_effects
from fcm_migration.trends.policies.false_positives import false_positives, split_half
from fcm_migration.trends.policies.placebos import DonorPool, Drawn
from tests.trends.policy_panel import event, held, only, origin_series

NEAR = "ratio, placebos near the date"


def test_the_ratio_holds_what_it_promises() -> None:
    panel = held(origin_series(), event())
    made = false_positives(panel, policy_effects(panel))
    ratio = only(made, design=NEAR, periods_after=6, era="all")
    assert ratio["tested"] == 1000
    assert ratio["false_positive_share"] <= 0.07
    assert ratio["false_positive_lower"] < 0.05 < ratio["false_positive_upper"]
    parts = made.filter(design=NEAR, periods_after=6).filter(pl.col("era") != "all")
    assert parts["tested"].sum() == ratio["tested"]
    weighted = (parts["tested"] * parts["false_positive_share"]).sum() / ratio["tested"]
    assert weighted == pytest.approx(ratio["false_positive_share"])


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
