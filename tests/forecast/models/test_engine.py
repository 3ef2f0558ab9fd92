"""Every member on awkward series: a forecast or none, never an absurd one; failures are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from fcm_migration.forecast import ForecastResult, Settings, forecast
from fcm_migration.forecast.models.engine import (
    AVERAGES,
    MODELS,
    PoolRun,
    classes,
    run_pools,
    targets,
    to_counts,
)
from fcm_migration.forecast.panel import pools, scales
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.selection.choice import choose, published
from tests.forecast import simulated

LENGTHS, GRID = {"M": 38, "Q": 26, "A": 26}, 5.0
ALONE = ("constant", "all_zero", "all_nan", "two_points", "thousandfold", "to_zero")
SETTINGS = Settings(min_pooled=60, min_pool=30)
FREQUENCIES = ("M", "Q", "A")


def awkward(length: int) -> dict[str, list[float | None]]:
    """What makes a member fail: each on purpose."""
    walk = [float(v) for v in simulated.random_walks(1, length)[:, 0] // GRID * GRID + 100]
    gap: list[float | None] = [*walk]
    gap[length - 12 : length - 9] = [None] * 3
    gap[length - 1] = None
    return {
        "constant": [120.0] * length,
        "all_zero": [0.0] * length,
        "one_spike": [0.0] * 5 + [5000.0] + [0.0] * (length - 6),
        "gap": gap,
        "all_nan": [None] * length,
        "two_points": [None] * (length - 2) + [40.0, 400.0],
        "one_point": [None] * (length - 1) + [40.0],
        "thousandfold": [*walk[:-1], walk[-1] * 1000],
        "thousandfold_lately": [*walk[:-4], *(value * 1000 for value in walk[-4:])],
        "to_zero": [*walk[:-3], 0.0, 0.0, 0.0],
        "explosive": [float(v) for v in np.round(20 * np.exp(0.2 * np.arange(length)))],
    }


@pytest.fixture(scope="module", params=FREQUENCIES)
def panel(request: pytest.FixtureRequest) -> pl.DataFrame:
    """The awkward beside three walks; each of them in a pool by itself; a pool of one period."""
    frequency = request.param
    length = LENGTHS[frequency]
    series, walks = awkward(length), simulated.random_walks(3, length)
    together = {**series, **{f"walk_{i}": walks[:, i].tolist() for i in range(3)}}
    parts = [simulated.panel(together, pool="together", rounding=GRID, frequency=frequency)]
    parts += [
        simulated.panel(
            {f"{name}_alone": series[name]},
            pool=f"{name}_alone",
            rounding=GRID,
            frequency=frequency,
        )
        for name in ALONE
    ]
    parts.append(simulated.panel({"begun": [7.0]}, pool="begun", frequency=frequency))
    return pl.concat(parts)


@pytest.fixture(scope="module")
def made(panel: pl.DataFrame) -> ForecastResult:
    return forecast(panel, settings=SETTINGS)


def test_every_series_with_a_figure_is_forecast_and_no_other(
    panel: pl.DataFrame, made: ForecastResult
) -> None:
    known = set(panel.filter(pl.col("value").is_not_null()).get_column("series_id"))
    assert {name for name in known if "all_nan" in name} == set()
    published = made.quantiles.filter("is_published")
    assert set(published.get_column("series_id")) == known
    assert set(made.models.get_column("series_id")) == known
    frequency = panel.get_column("frequency")[0]
    horizon = {"M": 12, "Q": 4, "A": 2}[frequency]
    each = published.group_by("series_id").agg(pl.len(), pl.col("horizon").max())
    assert set(each.get_column("len")) == {horizon * len(QUANTILE_LEVELS)}
    assert set(each.get_column("horizon")) == {horizon}


def test_no_quantile_is_absurd_negative_crossing_or_off_the_grid(
    panel: pl.DataFrame, made: ForecastResult
) -> None:
    values = made.quantiles.join(panel.select("series_id", "rounding").unique(), on="series_id")
    assert values.get_column("value").min() == 0
    assert values.filter(pl.col("value") % pl.col("rounding") != 0).is_empty()
    steps = values.sort("quantile").select(
        pl.col("value").diff().over("series_id", "model", "horizon")
    )
    assert steps.to_series().drop_nulls().min() == 0
    for pool in pools(panel):
        season = pool.spec.season
        scale = scales(pool.filled(), pool.values, pool.rounding, season)
        for place, name in enumerate(pool.series):
            row = int(pool.last_observed()[place])
            if row < 0:
                continue
            highest = np.log1p(np.nanmax(pool.values[: row + 1, place]))
            mine = values.filter(pl.col("series_id") == name)
            counts = mine.get_column("value").to_numpy() - pool.rounding[place] / 2  # rounded up
            logs = np.log1p(np.maximum(counts, 0))
            ceiling = highest + 3 * scale[row, place] * np.sqrt(mine.get_column("horizon"))
            assert (logs <= ceiling.to_numpy() + 1e-9).all(), name


@pytest.mark.parametrize("name", ["all_zero", "one_spike", "two_points", "one_point", "begun"])
def test_what_cannot_be_fitted_is_naive_with_its_reason(made: ForecastResult, name: str) -> None:
    rows = made.models.filter(pl.col("series_id").str.contains(name))
    assert set(rows.get_column("model")) == {"naive"}
    assert rows.get_column("reason").str.contains("nothing is fitted to a").all()
    assert set(rows.get_column("fallbacks")) == {0}


def test_zero_is_forecast_as_zero_a_constant_as_itself_an_end_as_an_end(
    made: ForecastResult,
) -> None:
    medians = made.quantiles.filter((pl.col("quantile") == 0.5) & pl.col("is_published"))

    def of(name: str) -> set[int]:
        mine = medians.filter(pl.col("series_id").str.contains(rf"^simulated_{name}(_alone)?$"))
        return set(mine.get_column("value"))

    assert of("all_zero") == {0}
    assert all(80 <= value <= 180 for value in of("constant"))  # others of its pool explode
    assert max(of("to_zero")) < 60  # it had been at some 400
    assert of("one_spike") == {0}


def test_a_fit_that_did_not_converge_is_counted_and_naive_stands_in() -> None:
    """Of a constant no smoothing converges: a failure of the fit itself, not a patched one."""
    pool = simulated.pool_of(np.full((40, 1), 120.0))
    (run,) = run_pools([(pool, [39], 12)], SETTINGS)
    for model in ("ses", "damped_ets"):
        assert run.logs[model][-1].tobytes() == run.logs["naive"][-1].tobytes()
    assert run.failures[0] > 0
    made = forecast(simulated.panel({"constant": [120.0] * 40}), settings=SETTINGS).models
    assert (made.get_column("fallbacks") > 0).all()


def test_an_absurd_forecast_is_a_counted_failure() -> None:
    explosive = np.round(20 * np.exp(0.8 * np.arange(40.0)))[:, None]
    walk = simulated.random_walks(1, 40)
    (run,) = run_pools([(simulated.pool_of(np.hstack([explosive, walk])), [39], 12)], SETTINGS)
    assert run.failures[0] > 0
    np.testing.assert_array_equal(run.logs["damped_ets"][-1, 0], run.logs["naive"][-1, 0])
    assert not np.array_equal(run.logs["damped_ets"][-1, 1], run.logs["naive"][-1, 1])


def test_an_annual_pool_needs_no_smoothing_and_counts_no_failure() -> None:
    pool = simulated.pool_of(simulated.random_walks(4, 30), "A")
    (run,) = run_pools([(pool, [29], 2)], SETTINGS)
    assert run.failures.tolist() == [0] * 4
    assert run.logs["ses"].tobytes() == run.logs["naive"].tobytes()
    assert not np.array_equal(run.logs["pooled"], run.logs["naive"])


@pytest.fixture(scope="module")
def run() -> PoolRun:
    (pool,) = pools(simulated.panel(simulated.mixed(), rounding=GRID))
    (made,) = run_pools([(pool, [70, 71], 6)], SETTINGS)
    return made


@pytest.mark.parametrize("model", MODELS)
def test_each_member_by_itself_is_ordered_on_the_grid_capped_and_never_negative(
    run: PoolRun, model: str
) -> None:
    for index in range(len(run.rows)):
        values = run.counts(run.logs[model][index], index)
        known = np.isfinite(values).all(axis=(1, 2))
        assert known[run.fitted[index]].all()
        kept = values[known]
        assert (kept >= 0).all()
        assert (np.diff(kept, axis=-1) >= 0).all()
        np.testing.assert_array_equal(kept % GRID, 0)
        top = np.expm1(run.ceiling[index][known])[..., None] + GRID / 2
        assert (kept <= top).all()


def test_averages_are_taken_on_the_log_scale_quantile_by_quantile(run: PoolRun) -> None:
    for model, parts in AVERAGES.items():
        assert sum(parts.values()) == pytest.approx(1)
        expected = sum(share * run.logs[part] for part, share in parts.items())
        np.testing.assert_allclose(run.logs[model], np.asarray(expected))


def test_losses_are_those_of_the_quantiles_in_counts(run: PoolRun) -> None:
    from fcm_migration.forecast.scores import wis

    for model in ("naive", "blend"):
        values = np.stack([run.counts(run.logs[model][i], i) for i in range(len(run.rows))])
        np.testing.assert_array_equal(run.losses[model], wis(run.observed, values))


def test_quantiles_to_counts_by_hand() -> None:
    logs = np.log1p(np.array([[[-0.5, 1.2, 7.4, 7.6, 7.5, 12.4, 9e9]]]))
    made = to_counts(logs, np.log1p(np.array([[1000.0]])), np.array([5.0]))
    assert made[0, 0].tolist() == [0, 0, 5, 10, 10, 10, 1000]


def test_what_is_published_is_the_chosen_model_between_its_widened_ends(run: PoolRun) -> None:
    choice = choose(run, 71, SETTINGS)
    values = published(run, 71, choice)
    assert values.shape == (len(run.pool.series), 6, len(QUANTILE_LEVELS))
    assert np.isfinite(values).all()
    sparse = ~run.fitted[-1]
    raw = run.counts(run.logs["naive"][-1], len(run.rows) - 1)
    np.testing.assert_array_equal(values[sparse], raw[sparse])


@pytest.mark.parametrize(("frequency", "dense"), [("M", 36), ("Q", 12), ("A", 5)])
def test_classes_by_the_past_alone(frequency: str, dense: int) -> None:
    series: dict[str, list[float | None]] = {
        "dense": [100.0] * 50,
        "short": [None] * (51 - dense) + [100.0] * (dense - 1),
        "sparse": [0.0, 0.0, 30.0, 0.0, 0.0] * 10,
        "risen": [0.0] * 48 + [300.0, 400.0],
        "too_short": [None] * 46 + [100.0] * 4,
        "never": [None] * 50,
    }
    (pool,) = pools(simulated.panel(series, frequency=frequency))
    found = dict(zip(pool.series, classes(pool)[49].tolist(), strict=True))
    assert found == {
        "simulated_dense": "dense",
        "simulated_short": "too_short" if frequency == "A" else "short",
        "simulated_sparse": "sparse",
        "simulated_risen": "dense",
        "simulated_too_short": "too_short",
        "simulated_never": "too_short",
    }
    later = replace(pool, values=np.where(np.arange(50)[:, None] > 40, 1e6, pool.values))
    np.testing.assert_array_equal(classes(later)[:41], classes(pool)[:41])


def test_targets_are_nan_beyond_the_last_period() -> None:
    (pool,) = pools(simulated.panel({"a": [1, 2, 3]}))
    np.testing.assert_array_equal(targets(pool, [1, 2], 2), [[[3, np.nan]], [[np.nan, np.nan]]])
