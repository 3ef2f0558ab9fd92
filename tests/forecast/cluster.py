"""A real Dask scheduler and real workers as processes on this machine, and fits for their tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.forecast.models.tasks import Task

DIED = "FCM_TEST_DIED"


@dataclass
class Cluster:
    """Processes started here; ended by their ids."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]]

    def join(self, *, threads: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        """Start one more worker; it need not have joined yet."""
        number = len(self.workers)
        self.workers.append(
            _start(
                self.folder / f"worker_{number}.log",
                ["worker", self.address, "--host", "127.0.0.1", "--nthreads", str(threads),
                 "--no-dashboard", "--no-nanny", "--local-directory", str(self.folder)],
                {DIED: str(self.folder / "died"), **environment},
            )
        )  # fmt: skip
        return self.workers[-1]

    def wait(self, count: int) -> None:
        """Wait until so many workers have joined or are left."""
        from distributed import Client

        with Client(self.address, timeout=20, set_as_default=False) as client:
            for _ in range(400):
                if len(client.nthreads()) == count:
                    return
                time.sleep(0.05)
        raise TimeoutError(f"not {count} workers")


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A scheduler without workers on a free port of 127.0.0.1."""
    told = folder / "scheduler.json"
    scheduler = _start(
        folder / "scheduler.log",
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", str(told)],
        {},
    )  # fmt: skip
    workers: list[subprocess.Popen[bytes]] = []
    try:
        deadline = time.monotonic() + 30
        while not (told.exists() and told.read_text().rstrip().endswith("}")):
            assert scheduler.poll() is None, (folder / "scheduler.log").read_text()
            assert time.monotonic() < deadline, "the scheduler does not start"
            time.sleep(0.05)
        yield Cluster(folder, scheduler, json.loads(told.read_text())["address"], workers)
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait(20)


def _start(log: Path, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            stdout=out,
            stderr=out,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT), **environment},
        )


def halve(task: Task) -> Floats:
    """Half of the task's number, after a moment."""
    time.sleep(0.01)
    return np.array([task.numbers[0] / 2])


def halve_or_die_once(task: Task) -> Floats:
    """The same, but the first worker to come to number 50 is killed in the middle."""
    if task.numbers[0] == 50:
        try:
            Path(os.environ[DIED]).touch(exist_ok=False)
        except FileExistsError:
            return halve(task)
        os.kill(os.getpid(), signal.SIGKILL)
    return halve(task)


def kill(task: Task) -> Floats:
    """Kill the process of the task's number, or this one, and wait."""
    os.kill(int(task.numbers[0]) or os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return np.zeros(1)
