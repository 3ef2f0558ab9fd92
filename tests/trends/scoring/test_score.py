"""The score: four parts, each between nothing and all of its points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.trends.detection.rules import Signals, signals
from fcm_migration.trends.scoring.score import parts
from tests.trends.simulated_scopes import negative_binomial, one_of, scope_of, taught


def made_of(z: list[float], growth: float, own: float, *, drops: bool = False) -> Signals:
    """Signals of one series with these figures, the rest of no matter."""
    scope = one_of((50, len(z)))
    found = signals(scope, taught(scope), drops=drops)
    column = np.array(z)[:, None]
    ratio = np.ones_like(column)
    return replace(found, residual=column, growth=growth * ratio, own=own * ratio)


def test_parts_by_hand() -> None:
    """Three of six points of surprise, one of three doublings, two of three months, half a one."""
    found = made_of([0.0, 1.9, 3.0], 2.0, 2.0**0.5)
    made = parts(one_of((50, 3)), found)
    assert made.residual[2, 0] == pytest.approx(40 * 3 / 6)
    assert made.growth[2, 0] == pytest.approx(30 / 3)
    assert made.persistence[2, 0] == pytest.approx(20 * 2 / 3)
    assert made.own[2, 0] == pytest.approx(10 * 0.5 / 3)
    assert made.score[2, 0] == pytest.approx(20 + 10 + 40 / 3 + 5 / 3)


def test_all_and_none_of_the_points() -> None:
    most = parts(one_of((50, 3)), made_of([9.0, 9.0, 9.0], 100.0, 100.0)).score
    assert most[2, 0] == pytest.approx(100)
    least = parts(one_of((50, 3)), made_of([-1.0, -9.0, 0.0], 0.2, 0.2)).score
    np.testing.assert_array_equal(least[:, 0], [0, 0, 0])


def test_drops_are_scored_as_rises_of_the_inverse() -> None:
    scope = one_of((50, 3))
    up = parts(scope, made_of([1.0, 2.0, 4.0], 3.0, 1.7))
    down = parts(scope, made_of([-1.0, -2.0, -4.0], 1 / 3.0, 1 / 1.7, drops=True))
    np.testing.assert_allclose(up.score, down.score)
    for name in ("residual", "growth", "persistence", "own"):
        np.testing.assert_allclose(getattr(up, name), getattr(down, name))


def test_it_rises_with_the_figure_and_stays_between_its_ends() -> None:
    values = negative_binomial(np.full((72, 40), 80.0), 0.1, 8)
    values[-1] = np.linspace(0, 2000, 40)
    values[-2] = values[-3] = 80.0
    values[48:60] = 80.0
    values[60:69] = 80.0
    scope = scope_of(values)
    made = parts(scope, signals(scope, taught(scope))).score
    known = made[~np.isnan(made)]
    assert (known >= 0).all()
    assert (known <= 100).all()
    assert (np.diff(made[-1]) >= 0).all()
    assert made[-1, 0] < 10 < 60 < made[-1, -1]


def test_a_withheld_period_has_no_score() -> None:
    scope = one_of((50, 40), [float("nan"), 200.0])
    made = parts(scope, signals(scope, taught(scope))).score
    assert np.isnan(made[40, 0])
    assert made[41, 0] > 30
