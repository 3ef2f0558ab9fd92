"""Results of tasks: from the cache, from processes of this machine, or from a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl

from fcm_migration import store
from fcm_migration.arrays import Floats
from fcm_migration.errors import EditionError
from fcm_migration.forecast.models.tasks import Task, Work, fit_each
from fcm_migration.forecast.settings import Settings
from fcm_migration.processes import in_processes

FITS = "fits.parquet"
RESULTS = pl.Schema({"key": pl.String(), "result": pl.List(pl.Float64())})
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def solve(
    tasks: Sequence[Task],
    fits: Mapping[str, Callable[[Task], Floats]],
    settings: Settings,
    report: Callable[[str], None] | None = None,
) -> list[Floats]:
    """Return the result of every task in order, from the cache where possible.

    Args:
        tasks: the fits to make.
        fits: by kind, a function of this package from a task to a one-dimensional array.
        settings: folder of the cache, and number of processes or address of a scheduler.
        report: called with the number of fits to make.

    Raises:
        UsageError: a scheduler is named and Dask is not installed.
        ClusterError: the scheduler or its workers cannot be used.
    """
    keys = [task.key() for task in tasks]
    known = _recall(settings.cache_dir, keys)
    todo = {key: task for key, task in zip(keys, tasks, strict=True) if key not in known}
    if report and todo:
        report(f"{len(todo)} of {len(tasks)} fits to make")
    if todo:
        work = [(fits[task.kind], task) for task in todo.values()]
        made = dict(zip(todo, _compute(work, settings, report), strict=True))
        known = {**known, **made}
        _remember(settings.cache_dir, {key: known[key] for key in dict.fromkeys(keys)})
    return [known[key] for key in keys]


def _compute(
    work: Sequence[Work], settings: Settings, report: Callable[[str], None] | None
) -> list[Floats]:
    with _one_thread_each():
        if settings.scheduler:
            from fcm_migration.forecast.models.cluster import fit_on_cluster

            return fit_on_cluster(work, settings.scheduler, report)
        if settings.workers <= 1 or len(work) < 2:
            return fit_each(work)
        size = 1 + len(work) // 64
        parts = [work[start : start + size] for start in range(0, len(work), size)]
        return [fit for part in in_processes(fit_each, parts, settings.workers) for fit in part]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Make child processes start with one BLAS thread: small matrices, and reproducible sums."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _recall(folder: Path | None, keys: Iterable[str]) -> dict[str, Floats]:
    """Return the cached results of earlier runs, by key."""
    if folder is None:
        return {}
    wanted, found = set(keys), {}
    try:
        kept = store.read_frame(folder / FITS)
    except EditionError:
        return {}  # missing or damaged: fitted again
    if kept.schema != RESULTS:
        return {}
    for key, values in kept.filter(pl.col("key").is_in(wanted)).iter_rows():
        found[key] = np.array(values, dtype=np.float64)
    return found


def _remember(folder: Path | None, results: Mapping[str, Floats]) -> None:
    """Replace the cached results of the last run by those of this one."""
    if folder is None:
        return
    frame = pl.DataFrame(
        {"key": list(results), "result": [values.tolist() for values in results.values()]},
        schema=RESULTS,
    )
    store.write_frame(frame, folder / FITS)
