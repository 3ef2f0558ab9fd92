"""The choice of what is published and its reason, and the shape of every quantile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.forecast.engine import MODELS, PoolRun, classes, run_pool, targets
from fcm_migration.forecast.panel import Pool, pools
from fcm_migration.forecast.settings import BANDS, Settings
from tests.forecast import simulated

ROWS = tuple(range(20, 50))
SETTINGS = Settings(judged=24)
NAIVE = 100.0


def _run(ratios: dict[str, float]) -> PoolRun:
    """A run of two simulated series whose losses are a fixed ratio to naive's 100."""
    values = np.full((60, 2), 500.0)
    names = ("simulated_a", "simulated_b")
    pool = Pool("simulated", names, tuple(simulated.months(60)), values, np.ones(2))
    shape = (len(ROWS), 2, 12)
    losses = {model: np.full(shape, NAIVE * ratios.get(model, 1.0)) for model in MODELS}
    made = {m: np.full((*shape, 7), float(i)) for i, m in enumerate(MODELS)}
    fitted = np.ones((len(ROWS), 2), dtype=bool)
    return PoolRun(pool, ROWS, made, losses, fitted, np.zeros(2, dtype=np.int64), SETTINGS)


def test_naive_is_published_when_nothing_beats_it_and_says_so() -> None:
    run = _run({"damped_ets": 1.3, "naive_ets": 1.02, "pooled": 1.2})
    for choice in run.choose(49):
        assert choice.model == "naive"
        assert "naive: nothing clearly beat it (best: " in choice.reason
    values, models = run.published(49)
    assert models == [["naive"] * 3] * 2
    assert (values == MODELS.index("naive")).all()


def test_the_best_that_clears_its_gate_is_published_with_its_figure() -> None:
    run = _run({"naive_ets": 0.95, "naive_ets_pooled": 0.97})
    choice = run.choose(49)[0]
    assert choice.model == "naive_ets"
    assert "relative WIS 0.95 over 24 earlier origins" in choice.reason


@pytest.mark.parametrize(
    ("model", "ratio", "published"),
    [
        ("naive_ets", 0.98, True),
        ("naive_ets", 0.995, False),
        ("damped_ets", 0.95, False),
        ("damped_ets", 0.85, True),
    ],
)
def test_a_single_member_must_win_by_more_than_an_average(
    model: str, ratio: float, published: bool
) -> None:
    assert (_run({model: ratio}).choose(49)[0].model == model) is published


def test_each_stretch_of_horizons_is_chosen_alone() -> None:
    run = _run({})
    run.losses["naive_ets"][:, :, 3:6] = 80
    assert [choice.model for choice in run.choose(49)] == ["naive", "naive_ets", "naive"]
    values, models = run.published(49)
    assert models[0] == ["naive", "naive_ets", "naive"]
    assert (values[:, 3:6] == MODELS.index("naive_ets")).all()
    assert (values[:, 6:] == MODELS.index("naive")).all()


def test_losses_whose_target_lies_after_the_origin_decide_nothing() -> None:
    row = 40
    run = _run({"naive_ets": 0.8})
    for low, high in BANDS:
        for step in range(low, high + 1):
            late = [i for i, r in enumerate(ROWS) if r + step > row]
            run.losses["naive_ets"][late, :, step - 1] = 1e9
    assert [choice.model for choice in run.choose(row)] == ["naive_ets"] * 3
    assert run.choose(45)[0].model == "naive"


def test_a_model_that_stood_in_as_naive_throughout_is_not_called_the_best() -> None:
    assert "best: damped_ets, relative WIS 1.30" in _run({"damped_ets": 1.3}).choose(49)[0].reason
    assert _run({}).choose(49)[0].reason == "naive: no other model could be estimated"


def test_with_no_earlier_forecast_naive_is_published_and_says_so() -> None:
    choice = _run({"naive_ets": 0.5}).choose(ROWS[0])[0]
    assert choice.model == "naive"
    assert "no earlier forecast" in choice.reason


def test_a_sparse_series_stays_naive_and_does_not_vote() -> None:
    run = _run({"naive_ets": 0.8})
    run.fitted[:, 1] = False
    run.losses["naive_ets"][:, 1] = 1e9
    values, models = run.published(49)
    assert models == [["naive_ets"] * 3, ["naive"] * 3]
    assert (values[1] == MODELS.index("naive")).all()


def test_a_series_too_short_for_the_choice_stays_naive() -> None:
    run = _run({"seasonal_naive": 0.5})
    run.values["seasonal_naive"][:, 1, 0] = np.nan  # a month for which it has no year before
    values, models = run.published(49)
    assert models == [["seasonal_naive"] * 3, ["naive", "seasonal_naive", "seasonal_naive"]]
    assert np.isfinite(values).all()


@pytest.fixture(scope="module")
def mixed() -> PoolRun:
    (pool,) = pools(simulated.panel(simulated.mixed(), grid=5))
    settings = Settings(judged=4, min_pooled=60)
    return run_pool(pool, [70, 71], 6, settings)


@pytest.mark.parametrize("model", MODELS)
def test_quantiles_are_ordered_on_the_grid_capped_and_never_negative(
    mixed: PoolRun, model: str
) -> None:
    values = mixed.values[model]
    known = ~np.isnan(values).all(axis=(2, 3))
    assert known.any()
    made = values[known]
    assert np.isfinite(made).all()
    assert (made >= 0).all()
    assert (np.diff(made, axis=-1) >= 0).all()
    np.testing.assert_array_equal(made % 5, 0)
    # no series goes beyond its highest month by more than three of its scales a root month
    highest = np.nanmax(mixed.pool.values, axis=0)
    assert (values[-1][known[-1]].max(axis=(1, 2)) <= (highest[known[-1]] + 1) * 1000).all()


def test_a_quantile_beyond_the_ceiling_is_brought_down_to_it() -> None:
    steep = np.exp(np.linspace(3, 14, 60))  # simulated: half as much again every two months
    still = np.full(60, 1000.0)
    frame = simulated.panel({"steep": np.round(steep).tolist(), "still": still.tolist()})
    (pool,) = pools(frame)
    run = run_pool(pool, [59], 12, Settings(judged=2))
    from fcm_migration.forecast.panel import scales

    scale = scales(pool.filled(), pool.values, pool.grid)[59]
    ceiling = np.log1p(pool.values.max(axis=0)) + 3 * scale * np.sqrt(12)
    for model in MODELS:
        made = run.values[model][-1]
        assert (np.log1p(np.nanmax(made, axis=(1, 2))) <= ceiling + 1e-3).all(), model


def test_a_failed_fit_becomes_naive_and_is_counted() -> None:
    explosive = np.round(20 * np.exp(0.8 * np.arange(40.0))).tolist()
    walk = simulated.random_walks(1, 40)[:, 0].tolist()
    (pool,) = pools(simulated.panel({"explosive": explosive, "walk": walk}))
    run = run_pool(pool, [39], 12, Settings(judged=2))
    assert run.failures[0] > 0
    np.testing.assert_array_equal(run.values["damped_ets"][-1, 0], run.values["naive"][-1, 0])


def test_classes_by_the_past_alone() -> None:
    series: dict[str, list[float | None]] = {
        "dense": [100.0] * 50,
        "sparse": [0.0, 0.0, 30.0, 0.0, 0.0] * 10,
        "tiny": [2.0] * 50,
        "short": [None] * 30 + [100.0] * 20,
        "too_short": [None] * 45 + [100.0] * 5,
    }
    (pool,) = pools(simulated.panel(series))
    found = dict(zip(pool.series, classes(pool, 49), strict=True))
    assert found == {
        "simulated_dense": "dense",
        "simulated_sparse": "sparse",
        "simulated_tiny": "sparse",
        "simulated_short": "short",
        "simulated_too_short": "too_short",
    }
    later = replace(pool, values=np.where(np.arange(50)[:, None] > 40, 1e6, pool.values))
    assert classes(later, 40) == classes(pool, 40)


def test_targets_are_nan_beyond_the_last_month() -> None:
    (pool,) = pools(simulated.panel({"a": [1, 2, 3]}))
    np.testing.assert_array_equal(targets(pool, [1, 2], 2), [[[3, np.nan]], [[np.nan, np.nan]]])
