"""What is published: the blend unless the record says otherwise, as wide as the record asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fcm_migration.forecast.backtesting.records import model_frame
from fcm_migration.forecast.models.engine import MODELS, PoolRun, run_pools
from fcm_migration.forecast.scores import INTERVALS, MEDIAN, QUANTILE_LEVELS, Z_SCORES
from fcm_migration.forecast.selection import choice as module
from fcm_migration.forecast.selection.choice import CANDIDATES, Choice, choose, published
from fcm_migration.forecast.settings import Settings
from tests.forecast import simulated
from tests.forecast.simulated import Floats

ROWS = tuple(range(20, 60))
LAST = ROWS[-1]
NAIVE = 100.0
SETTINGS = Settings()


def _run(ratios: dict[str, float], observed: Floats | None = None) -> PoolRun:
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
    came = np.full(shape, np.nan) if observed is None else observed
    return PoolRun(
        pool, ROWS, 12, logs, np.full(shape, 20.0), came, losses,
        np.ones((len(ROWS), 12), dtype=bool), np.ones((len(ROWS), 2), dtype=bool),
        np.zeros(2, dtype=np.int64),
    )  # fmt: skip


def _models(made: Choice) -> list[list[str]]:
    return [[CANDIDATES[place] for place in row] for row in made.models.tolist()]


def _reasons(run: PoolRun, row: int = LAST) -> list[str]:
    last = np.full(len(run.pool.series), row)
    frame = model_frame(run, last, {row: choose(run, row, SETTINGS)})
    return frame.get_column("reason").to_list()


def test_the_blend_is_published_where_it_is_as_good_as_any() -> None:
    run = _run({"blend": 0.8, "naive_blend": 0.79})
    made = choose(run, LAST, SETTINGS)
    # beyond six months naive is displaced by clear evidence, and then by the best
    assert _models(made) == [["blend", "blend", "naive_blend"]] * 2
    np.testing.assert_allclose(made.relative[:, :2], 80.5 / 100.5)
    assert made.judged == (24, 24, 24)
    assert "blend: relative WIS 0.80 over 24 earlier origins" in _reasons(run)[0]


def test_naive_is_published_where_it_is_best_and_says_so() -> None:
    run = _run({model: 1.3 for model in MODELS if model != "naive"})
    assert _models(choose(run, LAST, SETTINGS)) == [["naive"] * 3] * 2
    assert set(_reasons(run)) == {
        "naive: nothing clearly beat it over 24 earlier origins, its own record and its pool's "
        "together"
    }
    made = published(run, LAST, choose(run, LAST, SETTINGS))
    assert (made == np.round(np.expm1(1.0 + MODELS.index("naive")))).all()


@pytest.mark.parametrize(("ratio", "model"), [(0.985, "blend"), (0.95, "ses")])
def test_another_must_be_better_by_the_margin(ratio: float, model: str) -> None:
    made = _models(choose(_run({"ses": ratio}), LAST, SETTINGS))
    assert made[0][0] == model
    assert made[0][2] == "naive"


def test_in_a_pool_too_small_for_a_regression_naive_is_displaced_by_clear_evidence_only() -> None:
    for ratio, model in ((0.93, "naive"), (0.85, "ses")):
        run = _run({"ses": ratio})
        run.regressed[:] = False
        assert _models(choose(run, LAST, SETTINGS))[0] == [model] * 3


def test_each_stretch_of_horizons_is_chosen_alone() -> None:
    run = _run({"blend": 0.9})
    run.losses["ses"][:, :, 3:6] = 50
    assert _models(choose(run, LAST, SETTINGS))[0] == ["blend", "ses", "blend"]


def test_losses_whose_target_lies_after_the_origin_decide_nothing() -> None:
    row, run = 50, _run({"ses": 0.8})
    before = choose(run, row, SETTINGS)
    for step in range(1, 13):
        late = [i for i, r in enumerate(ROWS) if r + step > row]
        run.losses["ses"][late, :, step - 1] = 1e9
    after = choose(run, row, SETTINGS)
    assert after.models.tobytes() == before.models.tobytes()
    assert after.relative.tobytes() == before.relative.tobytes()
    assert _models(choose(run, LAST, SETTINGS)) != _models(before)


def test_with_too_few_judged_origins_naive_is_published_and_says_so() -> None:
    run = _run({"blend": 0.5})
    assert _models(choose(run, ROWS[11], SETTINGS))[0][0] == "naive"
    assert _models(choose(run, ROWS[14], SETTINGS))[0][0] == "blend"
    made = choose(run, ROWS[0], SETTINGS)
    assert _models(made) == [["naive"] * 3] * 2
    assert np.isnan(made.relative).all()
    assert "too few earlier forecasts" in _reasons(run, ROWS[0])[0]


def test_a_series_with_a_record_of_its_own_weighs_it_against_the_pool_s() -> None:
    run = _run({"blend": 0.9})
    run.losses["naive_ses"][:, 1] = 45  # for this series only
    made = choose(run, LAST, SETTINGS)
    assert [row[0] for row in _models(made)] == ["naive_ses", "naive_ses"]
    # n / (n + 24) of its own: the other series takes it from the pool, less surely
    assert made.relative[1, 0] < made.relative[0, 0]
    strong = replace(SETTINGS, shrink=0.0)
    assert [row[0] for row in _models(choose(run, LAST, strong))] == ["blend", "naive_ses"]


def test_a_sparse_series_stays_naive_and_does_not_vote() -> None:
    run = _run({"blend": 0.8})
    run.fitted[:, 1] = False
    run.losses["blend"][:, 1] = 1e9
    assert [row[0] for row in _models(choose(run, LAST, SETTINGS))] == ["blend", "naive"]


def test_a_series_without_a_year_of_its_own_is_not_given_last_year() -> None:
    run = _run({"naive_seasonal": 0.5})
    run.logs["naive_seasonal"][:, 1, 0] = np.nan
    made = choose(run, LAST, SETTINGS)
    assert _models(made)[0] == ["naive_seasonal"] * 3
    assert _models(made)[1] == ["naive", "naive_seasonal", "naive_seasonal"]
    assert np.isfinite(published(run, LAST, made)).all()


def _narrow(width: float) -> PoolRun:
    """Normal targets under naive intervals of ``width`` times their standard deviation."""
    rng = np.random.default_rng(8)
    series, rows = 200, 80
    pool = simulated.pool_of(np.full((rows, series), 1000.0))
    shape = (rows, series, 1)
    came = np.round(np.expm1(np.log1p(1000) + rng.normal(0, 0.3, shape)))
    quantiles = np.log1p(1000) + width * 0.3 * np.array(Z_SCORES)
    logs = {model: np.broadcast_to(quantiles, (*shape, 7)).copy() for model in MODELS}
    return PoolRun(
        pool, tuple(range(rows)), 1, logs, np.full(shape, 20.0), came,
        {model: np.ones(shape) for model in MODELS}, np.ones((rows, 1), dtype=bool),
        np.ones((rows, series), dtype=bool), np.zeros(series, dtype=np.int64),
    )  # fmt: skip


@pytest.mark.parametrize("width", [0.6, 1.6])
def test_coverage_moves_towards_nominal_where_intervals_are_too_narrow_or_too_wide(
    width: float,
) -> None:
    run, row = _narrow(width), 78
    models = np.full((200, 1), CANDIDATES.index("naive"))
    made = published(run, row, Choice(models, np.full((200, 1), np.nan), (24,)))[:, 0]
    raw = run.counts(run.logs["naive"][row], row)[:, 0]
    came = run.observed[row, :, 0]
    for percent, low, high in INTERVALS:
        before, after = (((came >= q[:, low]) & (came <= q[:, high])).mean() for q in (raw, made))
        if abs(before - percent / 100) > 0.055:
            assert abs(after - percent / 100) < abs(before - percent / 100), percent
    np.testing.assert_array_equal(made[:, MEDIAN], raw[:, MEDIAN])


@pytest.mark.parametrize("width", [0.0, 1e-3, 1.0, 50.0])
def test_widening_never_leaves_its_bounds(width: float) -> None:
    run = _narrow(width)
    models = np.full(200, CANDIDATES.index("naive"))
    for row in (5, 30, 79):
        factors = module._factors(run, row, 1, models)
        assert (factors >= module.NARROWEST).all()
        assert (factors <= module.WIDEST).all()
    wide = module._widened(np.array([Z_SCORES]), np.full(3, module.WIDEST))[0]
    assert wide[0] == pytest.approx(Z_SCORES[0] * np.exp(0.5))
    assert wide[-1] == pytest.approx(Z_SCORES[-1] * np.exp(0.25))
    assert (np.diff(wide) > 0).all()


def test_misses_not_yet_seen_widen_nothing() -> None:
    run, row = _narrow(0.6), 40
    models = np.full(200, CANDIDATES.index("naive"))
    before = module._factors(run, row, 1, models)
    later = run.observed.copy()
    later[row:] = 1e9  # the target of row 40 is row 41
    after = module._factors(replace(run, observed=later), row, 1, models)
    assert after.tobytes() == before.tobytes()
    assert module._factors(replace(run, observed=later), row + 1, 1, models)[0] != before[0]


def test_a_pool_with_a_strong_season_publishes_what_knows_it() -> None:
    """End to end, on a pool too small for a regression and one that is not."""
    for number, settings in ((6, Settings(min_pooled=10**6)), (10, Settings(min_pooled=200))):
        pool = simulated.pool_of(simulated.seasonal(number, 90))
        (run,) = run_pools([(pool, [89], 3)], settings)
        made = choose(run, 89, settings)
        known = {CANDIDATES[place] for place in made.models.ravel()}
        assert known <= {"naive_seasonal", "blend", "naive_blend", "damped_ets"}
        assert (made.relative < 0.95).all()
        values = published(run, 89, made)
        assert values.shape == (number, 3, len(QUANTILE_LEVELS))
