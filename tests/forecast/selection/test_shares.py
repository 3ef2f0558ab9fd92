"""The shares of the models: by their records, smooth in the horizon, known by the origin."""

from __future__ import annotations

import numpy as np
import pytest

from fcm_migration.forecast.backtesting.records import model_frame
from fcm_migration.forecast.models.engine import MODELS, PoolRun, run_pools
from fcm_migration.forecast.selection.published import published
from fcm_migration.forecast.selection.shares import CANDIDATES, mixed, shares
from fcm_migration.forecast.settings import Settings
from tests.forecast import simulated
from tests.forecast.simulated import Floats

ROWS = tuple(range(20, 60))
LAST = ROWS[-1]
NAIVE = 100.0
SETTINGS = Settings()


def _run(ratios: dict[str, float], evidence: float = np.nan) -> PoolRun:
    """A run of two simulated series whose losses are a fixed ratio to naive's 100.

    Each model's quantiles are its place in MODELS, on the log scale.
    """
    pool = simulated.pool_of(np.full((60, 2), 500.0))
    shape = (len(ROWS), 2, 12)
    losses = {model: np.full(shape, NAIVE * ratios.get(model, 1.0)) for model in MODELS}
    for values in losses.values():
        for step in range(1, 13):
            values[len(ROWS) - step :, :, step - 1] = np.nan  # not yet observed
    logs = {model: np.full((*shape, 7), 1.0 + i) for i, model in enumerate(MODELS)}
    return PoolRun(
        pool, ROWS, 12, logs, np.full(shape, 20.0), np.full(shape, np.nan), losses,
        np.ones((len(ROWS), 12), dtype=bool), np.ones((len(ROWS), 2), dtype=bool),
        np.zeros(2, dtype=np.int64), np.full((len(ROWS), 2), evidence),
    )  # fmt: skip


def _of(run: PoolRun, model: str, row: int = LAST, settings: Settings = SETTINGS) -> Floats:
    """Shares of one model, series x horizon."""
    found = shares(run, row, settings).values[..., CANDIDATES.index(model)]
    assert (found >= 0).all()
    return found


def test_shares_sum_to_one_and_grow_with_the_record() -> None:
    plain, better = _run({}), _run({"blend": 0.8})
    for run in (plain, better):
        np.testing.assert_allclose(shares(run, LAST, SETTINGS).values.sum(axis=-1), 1.0)
    assert (_of(better, "blend") > _of(plain, "blend") + 0.1).all()
    assert (_of(better, "blend")[:, 0] > 0.9).all()
    assert (_of(_run({"blend": 1.3}), "blend")[:, 0] < 0.1).all()


def test_without_a_record_nothing_but_naive_and_it_says_so() -> None:
    run = _run({"blend": 0.5})
    assert (_of(run, "naive", ROWS[0]) == 1).all()
    last = np.full(2, ROWS[0])
    made = {ROWS[0]: published(run, [ROWS[0]], SETTINGS)[ROWS[0]]}
    assert "no earlier forecast" in model_frame(run, last, made).item(0, "reason")
    # and with every further judged origin more of the others
    grown = [float(_of(run, "blend", row)[0, 0]) for row in ROWS[:30]]
    assert grown == sorted(grown)
    assert max(np.diff(grown)) < 0.1


def test_far_ahead_naive_comes_first_and_near_the_blend() -> None:
    run = _run({})
    assert (_of(run, "blend")[:, 0] > _of(run, "naive")[:, 0]).all()
    assert (_of(run, "blend")[:, -1] < _of(run, "naive")[:, -1]).all()


def test_shares_change_little_from_one_period_to_the_next() -> None:
    """Even where the record turns within one: the best up to six, the worst from seven on."""
    run = _run({"blend": 0.7})
    run.losses["blend"][:, :, 6:] *= 2
    values = shares(run, LAST, SETTINGS).values
    assert np.abs(np.diff(values, axis=1)).max() < 0.5
    assert values[0, 0, CANDIDATES.index("blend")] > 0.8
    assert values[0, -1, CANDIDATES.index("blend")] < 0.1


def test_a_season_counts_by_its_evidence() -> None:
    none, some, full = (_run({}, evidence) for evidence in (-0.5, 0.2, 0.6))
    for step in (0, 5, 11):
        level = [float(_of(run, "seasonal_level")[0, step]) for run in (none, some, full)]
        assert level == sorted(level)
        assert level[0] < 0.1
    assert (_of(full, "seasonal_level")[:, 5] > 0.7).all()
    assert (_of(full, "seasonal_blend") < 1e-6).all()
    # next month by half of it
    assert (_of(full, "seasonal_level")[:, 0] < _of(full, "seasonal_level")[:, 5]).all()


def test_what_came_after_the_origin_changes_nothing() -> None:
    run, row = _run({"blend": 0.9}), ROWS[30]
    before = shares(run, row, SETTINGS).values
    for step in range(1, 13):
        late = [i for i, r in enumerate(ROWS) if r + step > row]
        run.losses["ses"][late, :, step - 1] = 1e-9
    np.testing.assert_array_equal(shares(run, row, SETTINGS).values, before)
    assert not np.array_equal(shares(run, LAST, SETTINGS).values, before)


def test_a_series_own_record_weighs_more_the_longer_it_is() -> None:
    run = _run({"blend": 0.9})
    run.losses["ses"][:, 1] = 45  # for this series only
    with_pool = _of(run, "ses")[:, 0]
    alone = _of(run, "ses", settings=Settings(shrink=0.0))[:, 0]
    # the other takes it from the pool, by half
    assert alone[0] < with_pool[0] < with_pool[1] < alone[1]


def test_a_sparse_series_stays_naive_and_does_not_vote() -> None:
    run = _run({"blend": 0.8})
    expected = _of(run, "blend")[0]
    run.fitted[:, 1] = False
    run.losses["blend"][:, 1] = 1e9
    np.testing.assert_array_equal(_of(run, "naive")[1], 1.0)
    np.testing.assert_allclose(_of(run, "blend")[0], expected)


def test_a_model_that_an_origin_lacks_has_no_share() -> None:
    run = _run({"seasonal_level": 0.5}, 0.5)
    run.logs["seasonal_level"][-1, 1, 3] = np.nan
    found = _of(run, "seasonal_level")
    assert found[1, 3] == 0
    assert found[0, 3] > 0.5
    values = shares(run, LAST, SETTINGS).values
    np.testing.assert_allclose(values.sum(axis=-1), 1.0)
    assert np.isfinite(mixed(run, len(ROWS) - 1, values)).all()
    # an earlier origin without it gives the share to naive
    run.logs["seasonal_level"][5] = np.nan
    past = mixed(run, [5], values[:, 0], 1)
    filled = dict(run.logs, seasonal_level=np.where(
        np.isnan(run.logs["seasonal_level"]), run.logs["naive"], run.logs["seasonal_level"]
    ))  # fmt: skip
    by_hand = sum(values[0, 0, place] * filled[m][5, 0, 0] for place, m in enumerate(CANDIDATES))
    np.testing.assert_allclose(past[0, 0], by_hand)


def test_reasons_name_the_models_by_share() -> None:
    run = _run({"blend": 0.7})
    made = {LAST: published(run, [LAST], SETTINGS)[LAST]}
    frame = model_frame(run, np.full(2, LAST), made)
    assert frame.height == 2 * 12
    reason = frame.item(0, "reason")
    assert reason.split(":")[0].split(", ")[0].endswith("% blend")
    assert "by the scores of 24 earlier origins" in reason


def test_a_pool_with_a_strong_season_is_forecast_by_what_knows_it() -> None:
    """End to end, on a pool too small for a regression and one that is not."""
    for number, settings in ((6, Settings(min_pooled=10**6)), (10, Settings(min_pooled=200))):
        pool = simulated.pool_of(simulated.seasonal(number, 100))
        (run,) = run_pools([(pool, [99], 3)], settings)
        found = shares(run, 99, settings).values[:, 2]
        knowing = [CANDIDATES.index(m) for m in CANDIDATES if m.startswith("seasonal")]
        knowing += [CANDIDATES.index("blend")] if number == 10 else []
        assert (found[:, knowing].sum(axis=-1) > 0.9).all()


@pytest.mark.parametrize("seed", [3, 5])
def test_a_regular_season_with_empty_winters_comes_back(seed: int) -> None:
    """Case 05: from a December of zero, next June was forecast at a twentieth of its summers."""
    rng = np.random.default_rng(seed)
    season = np.array([0, 0, 40, 120, 260, 430, 500, 410, 250, 130, 40, 0])
    values = np.tile(season, 9)[:, None] * rng.normal(1, 0.04, (108, 1))
    pool = simulated.pool_of(np.round(values))
    (run,) = run_pools([(pool, [107], 12)], SETTINGS)
    june = published(run, [107], SETTINGS)[107].counts[0, 5]
    assert 380 <= june[3] <= 480
    assert june[1] > 250
    assert june[-2] < 800
