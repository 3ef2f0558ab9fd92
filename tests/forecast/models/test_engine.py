"""Every member on awkward series: a forecast or none, never an absurd one; failures are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from fcm_migration.forecast import ForecastResult, Settings, forecast
from fcm_migration.forecast.models import engine
from fcm_migration.forecast.models.calibrated import Calibrated
from fcm_migration.forecast.models.engine import (
    BLEND,
    MODELS,
    PoolRun,
    classes,
    plan,
    run_pools,
    targets,
    to_counts,
)
from fcm_migration.forecast.models.fits import fit_smoothing
from fcm_migration.forecast.panel import pools
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS
from fcm_migration.forecast.selection.published import published
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
        scale = Calibrated(pool, 1, SETTINGS).scale
        for place, name in enumerate(pool.series):
            row = int(pool.last_observed()[place])
            if row < 0:
                continue
            highest = np.log1p(np.nanmax(pool.values[: row + 1, place]))
            mine = values.filter(pl.col("series_id") == name)
            # rounded up, and by a step outside the interval within
            counts = mine.get_column("value").to_numpy() - 1.5 * pool.rounding[place]
            logs = np.log1p(np.maximum(counts, 0))
            ceiling = highest + 3 * scale[row, place] * np.sqrt(mine.get_column("horizon"))
            assert (logs <= ceiling.to_numpy() + engine.ROOM).all(), name


@pytest.mark.parametrize("name", ["all_zero", "one_spike", "two_points", "one_point", "begun"])
def test_what_cannot_be_fitted_is_naive_with_its_reason(made: ForecastResult, name: str) -> None:
    rows = made.models.filter(pl.col("series_id").str.contains(name))
    assert set(rows.get_column("naive_share")) == {1.0}
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
    assert run.logs["ses"][-1].tobytes() == run.logs["naive"][-1].tobytes()
    assert run.failures[0] > 0
    made = forecast(simulated.panel({"constant": [120.0] * 40}), settings=SETTINGS).models
    assert (made.get_column("fallbacks") > 0).all()


def test_an_absurd_forecast_is_a_counted_failure() -> None:
    (run,) = run_pools([(simulated.pool_of(simulated.random_walks(2, 40)), [39], 12)], SETTINGS)
    made = plan(run.pool, [39], 12, SETTINGS)
    whole = {task.key(): fit_smoothing(task) for task in made.smoothing.values()}
    # a weight of -1 flips the level's sign at every step: what no optimiser should return
    bad = {key: np.array([-1.0, 40.0]) for (c, _), task in made.smoothing.items()
           for key in [task.key()] if c == 0}  # fmt: skip
    values, failures = engine._smoothed(made, {**whole, **bad})
    assert np.isnan(values[-1, 0]).all()
    assert np.isfinite(values[-1, 1]).all()
    assert failures[0] > failures[1] == 0


def test_the_horizon_asked_changes_no_shorter_one() -> None:
    (pool,) = pools(simulated.panel(simulated.mixed(), rounding=GRID))
    made = [run_pools([(pool, [71], horizon)], SETTINGS)[0] for horizon in (3, 12, 20)]
    assert [run.horizon for run in made] == [12, 12, 20]
    said = [published(run, [71], SETTINGS)[71].counts[:, :12] for run in made]
    np.testing.assert_array_equal(said[0], said[1])
    np.testing.assert_array_equal(said[2], said[1])


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
        # a season needs a longer past than some of these origins have
        assert known[run.fitted[index]].all() or model in engine.SEASONAL
        kept = values[known]
        assert (kept >= 0).all()
        assert (np.diff(kept, axis=-1) >= 0).all()
        np.testing.assert_array_equal(kept % GRID, 0)
        top = np.expm1(run.ceiling[index][known] + engine.ROOM)[..., None] + 2 * GRID
        assert (kept <= top).all()


def test_the_blend_is_an_average_on_the_log_scale_quantile_by_quantile(run: PoolRun) -> None:
    assert sum(BLEND.values()) == pytest.approx(1)
    expected = sum(share * run.logs[part] for part, share in BLEND.items())
    np.testing.assert_allclose(run.logs["blend"], np.asarray(expected))


def test_the_seasonal_blend_is_the_blend_around_the_seasonal_median(run: PoolRun) -> None:
    level, around, blend = (run.logs[m] for m in ("seasonal_level", "seasonal_blend", "blend"))
    known = np.isfinite(level[..., 0])
    assert known.any()
    np.testing.assert_allclose(around[known][:, MEDIAN], level[known][:, MEDIAN])
    np.testing.assert_allclose(np.diff(around[known]), np.diff(blend[known]))


def test_losses_are_those_of_the_quantiles_in_counts(run: PoolRun) -> None:
    from fcm_migration.forecast.scores import wis

    for model in ("naive", "blend"):
        values = np.stack([run.counts(run.logs[model][i], i) for i in range(len(run.rows))])
        np.testing.assert_array_equal(run.losses[model], wis(run.observed, values))


def test_quantiles_to_counts_by_hand() -> None:
    logs = np.log1p(np.array([[[-0.5, 1.2, 7.4, 7.6, 7.5, 12.4, 9e9]]]))
    made = to_counts(logs, np.log1p(np.array([[1000.0]])), np.array([5.0]))
    # the last one lies far above its ceiling: half a log above it at most
    assert made[0, 0].tolist() == [0, 0, 5, 10, 10, 10, 1650]


def test_the_outer_interval_is_wider_wherever_counts_allow() -> None:
    """Case 14: the 80 and the 95 % interval of hundreds of rows ended at the same figure."""
    same = np.log1p(np.array([[[648.0] * 3 + [700.0] + [800.0] * 3], [[0.0] * 7], [[0.4] * 7]]))
    made = to_counts(same, np.full((3, 1), 9.0), np.array([1.0, 1.0, 5.0]))
    assert made[0, 0].tolist() == [647, 648, 648, 700, 800, 800, 801]
    assert made[1, 0].tolist() == [0] * 7
    assert made[2, 0].tolist() == [0] * 7


def test_above_the_ceiling_quantiles_still_rise() -> None:
    logs = np.array([[[1.0, 2.0, 3.0, 6.9, 7.0, 7.3, 8.0]]])
    made = to_counts(logs, np.array([[6.9]]), np.array([1.0]))[0, 0]
    assert (np.diff(made) > 0).all()
    assert made[3] == 991
    assert made[-1] < np.expm1(6.9 + engine.ROOM)


def test_what_is_published_is_a_mixture_and_naive_where_nothing_is_fitted(run: PoolRun) -> None:
    values = published(run, [71], SETTINGS)[71].counts
    assert values.shape == (len(run.pool.series), 12, len(QUANTILE_LEVELS))
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
