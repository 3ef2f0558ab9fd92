"""Fits on a scheduler and two worker processes: the same bytes, or an error that says why not."""

from __future__ import annotations

import platform
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import ClusterError, UsageError
from fcm_migration.forecast import ForecastResult, Settings, forecast
from fcm_migration.forecast.models import cluster as engine
from fcm_migration.forecast.models.tasks import Task, Work
from tests.forecast import cluster, simulated

pytestmark = pytest.mark.slow

pytest.importorskip("distributed", reason="Dask is not installed (the extra cluster)")

NUMBERS = [float(number) for number in range(200)]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    """A scheduler and two workers, one of them with two threads."""
    with cluster.running(tmp_path_factory.mktemp("cluster")) as found:
        found.join()
        found.join(threads=2)
        found.wait(2)
        yield found


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    """A scheduler without a worker."""
    with cluster.running(tmp_path_factory.mktemp("lonely")) as found:
        yield found


def _work(fit: object, numbers: list[float]) -> list[Work]:
    return [(fit, Task("test", (), (number,))) for number in numbers]  # type: ignore[misc]


def _bytes(made: ForecastResult) -> dict[str, str]:
    return {part.name: store.content_hash(getattr(made, part.name)) for part in fields(made)}


def test_one_process_two_processes_and_the_cluster_give_the_same_bytes(
    two: cluster.Cluster,
) -> None:
    quarters = [date(2014 + i // 4, i % 4 * 3 + 1, 1) for i in range(28)]
    walks = simulated.random_walks(3, 28)
    panel = pl.DataFrame(
        {
            "series_id": [f"simulated_{i}" for i in range(3) for _ in quarters],
            "pool": "simulated",
            "frequency": "Q",
            "period_start": quarters * 3,
            "value": walks.T.ravel(),
            "rounding": 1.0,
        }
    )
    told: list[str] = []
    settings = Settings(min_pooled=36, min_pool=20)
    one = forecast(panel, settings=settings, report=told.append)
    assert int(told[0].split()[0]) > 10  # fits; smoothing and regressions
    assert one.quantiles.get_column("series_id").n_unique() == 3
    assert _bytes(forecast(panel, settings=replace(settings, workers=2))) == _bytes(one)
    told.clear()
    there = replace(settings, scheduler=two.address)
    assert _bytes(forecast(panel, settings=there, report=told.append)) == _bytes(one)
    assert f"fitting on 3 threads of workers at {two.address}" in told


@pytest.mark.torture
def test_a_worker_killed_in_the_middle_changes_nothing(two: cluster.Cluster) -> None:
    two.join()
    two.wait(3)
    made = engine.fit_on_cluster(_work(cluster.halve_or_die_once, NUMBERS), two.address)
    assert (two.folder / "died").exists()
    assert [fit.tolist() for fit in made] == [[number / 2] for number in NUMBERS]
    assert [worker.poll() for worker in two.workers].count(-9) == 1
    two.wait(2)


@pytest.mark.torture
def test_workers_that_calculate_otherwise_or_have_other_code_are_refused_before_any_fit(
    two: cluster.Cluster, tmp_path: Path
) -> None:
    changed, missing = tmp_path / "changed", tmp_path / "missing"
    shutil.copytree(PROJECT_ROOT / "fcm_migration", changed / "fcm_migration")
    smoothing = changed / "fcm_migration" / "forecast" / "models" / "smoothing.py"
    smoothing.write_text(smoothing.read_text().replace("SHORTEST = 8", "SHORTEST = 9"))
    (missing / "fcm_migration").mkdir(parents=True)
    (missing / "fcm_migration" / "__init__.py").touch()
    odd = []
    try:
        if platform.machine() == "x86_64":
            odd.append(two.join(OPENBLAS_CORETYPE="Prescott"))
            two.wait(3)
            with pytest.raises(ClusterError, match="1 of 3 workers compute other results"):
                engine.fit_on_cluster(_work(cluster.kill, [0.0]), two.address)
        odd += [two.join(PYTHONPATH=str(changed)), two.join(PYTHONPATH=str(missing))]
        two.wait(2 + len(odd))
        with pytest.raises(ClusterError, match="workers do not have the same code") as given:
            engine.fit_on_cluster(_work(cluster.kill, [0.0]), two.address)
    finally:
        for worker in odd:
            worker.kill()
            worker.wait(20)
    assert engine.identity()[0] in str(given.value.expected)
    assert f"{len(odd)} of {2 + len(odd)} workers" in str(given.value)
    assert "ModuleNotFoundError" in str(given.value.got)
    assert "same version" in str(given.value.remedy)
    two.wait(2)


def test_a_worker_that_joins_late_is_asked_too() -> None:
    with pytest.raises(ClusterError, match="joined late"):
        engine.fit_chunk(("other", engine.arithmetic()), _work(cluster.kill, [0.0]))


def test_a_scheduler_that_is_not_there_or_says_nothing_is_an_error_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert engine.CONNECT_S <= 5
    monkeypatch.setattr(engine, "CONNECT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(ClusterError, match="cannot be reached"):
            engine.fit_on_cluster(_work(cluster.halve, [1.0]), address)
    with pytest.raises(ClusterError, match="cannot be reached") as given:
        engine.fit_on_cluster(_work(cluster.halve, [1.0]), address)  # closed by now
    assert time.monotonic() - begun < 8
    assert given.value.exit_code == 7


@pytest.mark.parametrize("address", ["carrier-pigeon://127.0.0.1:9", "tls://127.0.0.1:9"])
def test_an_address_that_is_none_is_wrong_usage(address: str) -> None:
    with pytest.raises(UsageError, match="no scheduler has such an address"):
        engine.fit_on_cluster([], address)


def test_without_dask_a_scheduler_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match="Dask is not installed"):
        engine.fit_on_cluster([], "tcp://127.0.0.1:9")


def test_without_workers_fits_are_given_up(
    lonely: cluster.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "JOIN_S", 0.5)
    with pytest.raises(ClusterError, match="no worker is there"):
        engine.fit_on_cluster(_work(cluster.halve, [1.0]), lonely.address)
    monkeypatch.setattr(engine, "ASK_S", 0.2)
    monkeypatch.setattr(engine, "ALONE_S", 0.5)
    lonely.join()
    lonely.wait(1)
    with pytest.raises(ClusterError, match="no worker is there"):
        engine.fit_on_cluster(_work(cluster.kill, [0.0]), lonely.address)


def test_a_scheduler_lost_in_the_middle_is_an_error(
    lonely: cluster.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    lonely.join()
    lonely.wait(1)
    with pytest.raises(ClusterError, match="the scheduler was lost"):
        engine.fit_on_cluster(_work(cluster.kill, [float(lonely.scheduler.pid)]), lonely.address)


@pytest.mark.torture
def test_small_tasks_travel_together_and_large_ones_alone() -> None:
    small = [(cluster.halve, Task("s", (np.zeros(120),), (float(i),))) for i in range(3000)]
    large = [(cluster.halve, Task("l", (np.zeros((180, 200)),), (float(i),))) for i in range(5)]
    work: list[Work] = [*large, *small]
    parts = list(engine.chunks(work, threads=2))
    assert [item for part in parts for item in part] == work
    assert [len(part) for part in parts[:5]] == [1] * 5
    assert len(parts) <= 5 + 3000 / 50
    few = list(engine.chunks(work[5:69], threads=8))
    assert len(few) == 64  # no thread idles while another has fifty
