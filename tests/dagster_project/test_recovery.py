"""Runs that died with their server are closed when the next one starts, and living ones never."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus as Status
from dagster._core.events import EngineEventData

from dagster_project import recovery
from dagster_project.recovery import close_dead_runs
from fcm_migration.archive.lock import held_by, refresh_lock
from fcm_migration.config import Home

Given = Callable[..., str]
GONE = {"host": "localhost", "socket": "/nowhere/at-all"}


@pytest.fixture
def given(instance: dg.DagsterInstance) -> Given:
    """Store a run as a killed server leaves it, with the process and the server it recorded."""

    def store(
        status: Status, pid: int | None = None, server: dict[str, object] | None = GONE
    ) -> str:
        tags = {} if server is None else {recovery.CODE_SERVER_TAG: json.dumps(server)}
        run = instance.create_run_for_job(job_def=nothing, status=status, tags=tags)
        if pid is not None:
            instance.report_engine_event(
                f"Started process for run (pid: {pid}).", run, EngineEventData.in_process(pid)
            )
        return run.run_id

    return store


@dg.op
def idle() -> None:
    """Do nothing."""


@dg.job
def nothing() -> None:
    """A job that is never run."""
    idle()


@pytest.fixture
def dead_pid() -> int:
    """Number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def status(instance: dg.DagsterInstance, run_id: str) -> Status:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_a_run_whose_process_is_gone_is_closed_and_says_why(
    instance: dg.DagsterInstance, empty_home: Home, given: Given, dead_pid: int
) -> None:
    """It held the queue for an hour; those that wait in it go on waiting, and may now start."""
    started, starting = given(Status.STARTED, dead_pid), given(Status.STARTING)
    cancelling, waiting = given(Status.CANCELING, dead_pid), given(Status.NOT_STARTED)
    told = close_dead_runs(instance, empty_home.root, again=False)
    assert len(told) == 3
    assert status(instance, started) is Status.FAILURE
    assert status(instance, starting) is Status.FAILURE
    assert status(instance, cancelling) is Status.CANCELED
    assert status(instance, waiting) is Status.NOT_STARTED
    (ended,) = instance.all_logs(started, of_type={dg.DagsterEventType.RUN_FAILURE})
    assert "The server that started this run is gone" in str(ended.get_dagster_event().message)
    assert close_dead_runs(instance, empty_home.root, again=False) == []


@pytest.mark.parametrize("again", [True, False])
def test_only_a_service_starts_it_again(
    instance: dg.DagsterInstance, empty_home: Home, given: Given, dead_pid: int, again: bool
) -> None:
    """Whoever opens the UI to see what happened has not asked for a refresh."""
    run_id = given(Status.STARTED, dead_pid)
    close_dead_runs(instance, empty_home.root, again=again)
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.tags["dagster/will_retry"] == str(again).lower()


def test_a_run_whose_process_lives_is_left_alone(
    instance: dg.DagsterInstance, empty_home: Home, given: Given
) -> None:
    run_id = given(Status.STARTED, os.getpid())
    assert close_dead_runs(instance, empty_home.root, again=True) == []
    assert status(instance, run_id) is Status.STARTED


def test_a_run_that_holds_the_lock_is_left_alone_whatever_its_number_says(
    instance: dg.DagsterInstance, empty_home: Home, given: Given, dead_pid: int
) -> None:
    """In another container its process cannot be seen; the others are dead all the same."""
    living, dead = given(Status.STARTED, dead_pid), given(Status.STARTED, dead_pid)
    with refresh_lock(empty_home.root, holder=f"dagster run {living}"):
        close_dead_runs(instance, empty_home.root, again=True)
    assert status(instance, living) is Status.STARTED
    assert status(instance, dead) is Status.FAILURE


def test_a_run_that_another_server_is_just_launching_is_left_alone(
    instance: dg.DagsterInstance,
    empty_home: Home,
    given: Given,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = given(Status.STARTING, server=None)
    assert close_dead_runs(instance, empty_home.root, again=True) == []
    monkeypatch.setattr(recovery, "JUST_LAUNCHED_SECONDS", 0)
    assert len(close_dead_runs(instance, empty_home.root, again=True)) == 1
    assert status(instance, run_id) is Status.FAILURE


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_a_number_given_to_another_process_is_not_the_run() -> None:
    assert recovery._process_lives(os.getpid(), time.time())
    assert not recovery._process_lives(os.getpid(), time.time() - 1_000_000)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        until = time.monotonic() + 20
        while recovery._process_lives(process.pid, time.time()) and time.monotonic() < until:
            time.sleep(0.05)  # ended, and nobody has asked for its end yet
        assert Path(f"/proc/{process.pid}").exists()
        assert not recovery._process_lives(process.pid, time.time())


def test_the_lock_says_who_holds_it(empty_home: Home) -> None:
    assert held_by(empty_home.root) is None
    with refresh_lock(empty_home.root, holder="fcm refresh"):
        assert str(held_by(empty_home.root)).startswith("fcm refresh (pid ")
    assert held_by(empty_home.root) is None
