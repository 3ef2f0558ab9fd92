"""Fits as tasks: made at fixed periods from what was known, kept by all they depend on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fcm_migration import fingerprint, store
from fcm_migration.forecast import Settings
from fcm_migration.forecast.models import tasks
from fcm_migration.forecast.models.engine import PoolRun, plan, run_pools
from fcm_migration.forecast.models.fits import (
    FITS,
    fit_pooled,
    fit_row,
    fit_smoothing,
    pooled_task,
    smoothing_start,
    smoothing_tasks,
    unpack,
)
from fcm_migration.forecast.models.pooled import Design, estimate_location, estimate_quantile
from fcm_migration.forecast.models.solving import solve
from fcm_migration.forecast.models.tasks import Task
from fcm_migration.forecast.panel import Pool
from tests.forecast import simulated

SETTINGS = Settings(min_pooled=100, min_pool=30)
LENGTH = 48


@pytest.fixture(scope="module")
def pool() -> Pool:
    return simulated.pool_of(simulated.random_walks(3, LENGTH))


@pytest.fixture(scope="module")
def walks(pool: Pool) -> list[Task]:
    """The smoothing of three simulated walks at one row: six tasks."""
    return list(smoothing_tasks(pool, pool.filled(), [(c, 36) for c in range(3)]).values())


@pytest.fixture(scope="module")
def solved(walks: list[Task]) -> list[bytes]:
    return _bytes(solve(walks, FITS, Settings()))


def _bytes(results: Iterable[simulated.Floats]) -> list[bytes]:
    return [result.tobytes() for result in results]


@pytest.mark.parametrize(("frequency", "every"), [("M", 12), ("Q", 4), ("A", 3)])
@pytest.mark.parametrize("first", [date(2010, 1, 1), date(2011, 4, 1)])
def test_estimation_falls_in_the_same_calendar_periods_wherever_a_pool_begins(
    frequency: str, every: int, first: date
) -> None:
    begins = first.replace(month=1) if frequency == "A" else first
    days = tuple(simulated.periods(40, begins, frequency))
    pool = Pool("p", frequency, ("a",), days, np.ones((40, 1)), np.ones(1))
    for row in range(every, 40):
        at = fit_row(pool, row, every)
        assert row - every < at <= row
        assert pool.ordinal(at) % every == 0
    assert fit_row(pool, 0, every) == 0


def test_smoothing_sees_the_series_from_its_beginning_or_its_window_and_needs_eight(
    pool: Pool,
) -> None:
    values = pool.values.copy()
    values[:30, 1] = np.nan
    late = replace(pool, values=values)
    assert smoothing_start(late, 0, 40) == 0
    assert smoothing_start(late, 1, 40) == 30
    assert smoothing_start(replace(late, values=np.tile(values, (4, 1))), 0, 180) == 180 - 119
    made = smoothing_tasks(late, late.filled(), [(1, 36), (1, 37), (0, 6), (0, 7)])
    assert set(made) == {(1, 37), (0, 7)}
    seen = made[1, 37].arrays[0]
    np.testing.assert_array_equal(seen, np.log1p(values[30:38, 1]))


def test_a_pool_s_regressions_are_the_same_packed_and_unpacked() -> None:
    pool = simulated.pool_of(simulated.random_walks(4, LENGTH))
    row, horizon = 40, 3
    result = fit_pooled(pooled_task(pool, row, horizon, SETTINGS))
    found = unpack(result, Design(pool, SETTINGS), horizon)
    known = Design(pool.until(row), SETTINGS)

    def same(one: object, other: object, names: tuple[str, ...]) -> None:
        for name in names:
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()

    for step in range(1, horizon + 1):
        location = estimate_location(known, row, step, SETTINGS.ridge)
        quantile = estimate_quantile(known, row, step, SETTINGS.check_ridge)
        assert location is not None
        assert quantile is not None
        same(found.location[step], location, ("centre", "spread", "residuals"))
        same(found.quantile[step], quantile, ("mean", "deviation", "coefficients"))


def test_regressions_that_could_not_be_estimated_are_left_out() -> None:
    pool = simulated.pool_of(simulated.random_walks(4, LENGTH))
    task = pooled_task(pool, 30, 8, SETTINGS)  # 4 series x 31 months, less those ahead
    found = unpack(fit_pooled(task), Design(pool, SETTINGS), 8)
    assert set(found.location) == set(found.quantile) == set(range(1, 7))


def test_a_fit_that_does_not_converge_is_an_empty_result() -> None:
    assert fit_smoothing(Task("ses", (np.full(40, 4.8),), ())).size == 0


def test_the_cache_gives_what_was_computed_and_fits_nothing_again(
    tmp_path: Path, walks: list[Task], solved: list[bytes]
) -> None:
    settings, told = Settings(cache_dir=tmp_path / "fits"), list[str]()
    assert _bytes(solve(walks, FITS, settings, told.append)) == solved
    assert _bytes(solve(walks, FITS, settings, told.append)) == solved
    assert told == [f"{len(walks)} of {len(walks)} fits to make"]
    path = tmp_path / "fits" / "fits.parquet"
    assert set(path.parent.iterdir()) == {path, store.seal_path(path)}


def test_a_failed_fit_is_remembered_as_failed(tmp_path: Path) -> None:
    settings, told = Settings(cache_dir=tmp_path), list[str]()
    task = Task("ses", (np.zeros(40),), ())
    for _ in range(2):
        assert solve([task], FITS, settings, told.append)[0].size == 0
    assert len(told) == 1


@pytest.mark.parametrize("harm", [0, 200, -1, "a flipped bit of a result"])
def test_a_damaged_cache_file_is_made_again(
    tmp_path: Path, walks: list[Task], solved: list[bytes], harm: int | str
) -> None:
    settings = Settings(cache_dir=tmp_path)
    solve(walks, FITS, settings)
    path = tmp_path / "fits.parquet"
    whole = path.read_bytes()
    if isinstance(harm, int):
        path.write_bytes(whole[:harm])
    else:  # a file that any reader takes for whole, with other results in it
        kept = pl.read_parquet(path)
        kept.with_columns(pl.col("result").list.eval(pl.element() * 2)).write_parquet(path)
    told: list[str] = []
    assert _bytes(solve(walks, FITS, settings, told.append)) == solved
    assert told == [f"{len(walks)} of {len(walks)} fits to make"]
    assert pl.read_parquet(path).equals(pl.read_parquet(whole))


def test_a_foreign_file_in_place_of_the_cache_is_made_again(
    tmp_path: Path, walks: list[Task], solved: list[bytes]
) -> None:
    store.write_frame(pl.DataFrame({"other": [1]}), tmp_path / "fits.parquet")
    assert _bytes(solve(walks, FITS, Settings(cache_dir=tmp_path))) == solved


def _run(pool: Pool, settings: Settings) -> tuple[PoolRun, str]:
    told: list[str] = []
    (made,) = run_pools([(pool, [LENGTH - 1], 2)], settings, told.append)
    return made, next((line for line in told if "fits to make" in line), "nothing")


def test_a_changed_value_fits_that_series_and_the_pool_again_and_no_other(
    tmp_path: Path, pool: Pool
) -> None:
    settings = replace(SETTINGS, cache_dir=tmp_path)
    wanted = plan(pool, [LENGTH - 1], 2, settings)
    every = len(wanted.tasks)
    assert _run(pool, settings)[1] == f"{every} of {every} fits to make"
    before, made_again = _run(pool, settings)
    assert made_again == "nothing"
    values = pool.values.copy()
    values[30, 1] += 1  # after some rows of estimation, before others
    changed = replace(pool, values=values)
    own = sum(1 for column, row in wanted.smoothing if column == 1 and row >= 30)
    pooled = sum(1 for row in wanted.pooled if row >= 30)
    assert 0 < own + pooled < every
    after, made_again = _run(changed, settings)
    assert made_again == f"{own + pooled} of {every} fits to make"
    fresh, _ = _run(changed, SETTINGS)
    for model, logs in fresh.logs.items():
        assert logs.tobytes() == after.logs[model].tobytes()
    assert before.logs["ses"][-1, 0].tobytes() == after.logs["ses"][-1, 0].tobytes()
    assert before.logs["ses"][-1, 1].tobytes() != after.logs["ses"][-1, 1].tobytes()


def test_the_key_changes_with_everything_a_fit_depends_on(pool: Pool) -> None:
    task = pooled_task(pool, 40, 3, SETTINGS)
    moved = pool.values.copy()
    moved[3, 0] = np.nextafter(moved[3, 0], np.inf)
    others = [
        pooled_task(replace(pool, values=moved), 40, 3, SETTINGS),
        pooled_task(replace(pool, rounding=pool.rounding * 5), 40, 3, SETTINGS),
        pooled_task(replace(pool, frequency="Q"), 40, 3, SETTINGS),
        pooled_task(pool, 41, 3, SETTINGS),
        pooled_task(pool, 40, 4, SETTINGS),
        *(
            pooled_task(pool, 40, 3, replace(SETTINGS, **{name: 7}))
            for name in ("ridge", "check_ridge", "min_level", "min_pooled")
        ),
        replace(task, kind="ses"),
        replace(task, arrays=(task.arrays[0].T, task.arrays[1])),
    ]
    assert len({task.key(), *(other.key() for other in others)}) == 1 + len(others)
    assert (
        pooled_task(replace(pool, values=pool.values.copy()), 40, 3, SETTINGS).key() == task.key()
    )


def test_the_key_depends_on_the_code_that_fits_and_on_no_other() -> None:
    found = fingerprint.closure(tasks.FITS_MODULE, without=(tasks.CLUSTER_MODULE,))
    rooms = {
        "models.features", "models.pooled", "models.smoothing", "panel", "scores", "settings"
    }  # fmt: skip
    assert {f"fcm_migration.forecast.{room}" for room in rooms} <= found
    assert "fcm_migration.forecast.selection.shares" not in found
    assert "fcm_migration.forecast.backtesting.scoring" not in found
