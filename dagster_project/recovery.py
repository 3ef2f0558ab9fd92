"""Runs whose server is gone: closed when a server starts, so that they hold up no queue.

A run that dies with its machine stays "started" in Dagster's storage, and Dagster asks nobody
whether its process still lives. Only evidence of a living run keeps it open: the home's refresh
lock held in its name, its process, or a code server that is executing it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from fcm_migration.archive.lock import held_by

UNFINISHED = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
CODE_SERVER_TAG = ".dagster/grpc_info"
RETRIES_TAG = "dagster/max_retries"
JUST_LAUNCHED_SECONDS = 60  # nothing is recorded yet of a run that another server is launching now
CLOCK_SECONDS = 5  # how far the two clocks compared in `_process_lives` may lie apart
PROC = Path("/proc")
WHY = (
    "The server that started this run is gone, and the run with it: nobody holds the refresh lock "
    "in its name, its process does not exist and no code server knows it. What was published "
    "before stays in use."
)
AGAIN = "It is started again."
NOT_AGAIN = "It is not started again by itself: use Re-execute, or wait for the next schedule."


def close_dead_runs(instance: dg.DagsterInstance, root: Path, *, again: bool) -> list[str]:
    """Close the runs whose server is gone; return a sentence about each.

    A run that was being cancelled ends as cancelled, every other one as failed, with the reason in
    its event log. Runs in the queue are not touched, nor is a run that lives: another server of the
    same home may be executing it.

    Args:
        instance: Dagster's instance.
        root: root of the working home, where the refresh lock lies.
        again: whether the daemon may start failed ones again (``run_retries`` of dagster.yaml).
    """
    lock_holder = held_by(root)
    told = []
    for record in instance.get_run_records(filters=RunsFilter(statuses=UNFINISHED)):
        run = record.dagster_run
        if _lives(instance, record, lock_holder):
            continue
        if run.status is DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, WHY)
        else:
            if not again:
                instance.add_run_tags(run.run_id, {RETRIES_TAG: "0"})
            instance.report_run_failed(run, f"{WHY} {AGAIN if again else NOT_AGAIN}")
        told.append(f"Run {run.run_id[:8]} ({run.job_name}) ended with its server: closed.")
    return told


def _lives(instance: dg.DagsterInstance, record: RunRecord, lock_holder: str | None) -> bool:
    run = record.dagster_run
    if lock_holder is not None and run.run_id in lock_holder:
        return True
    if any(_process_lives(pid, moment) for pid, moment in _processes(instance, run.run_id)):
        return True
    if CODE_SERVER_TAG in run.tags:
        return _is_executed_by(json.loads(run.tags[CODE_SERVER_TAG]), run)
    return time.time() - record.update_timestamp.timestamp() < JUST_LAUNCHED_SECONDS


def _processes(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[int, float]]:
    """Yield the processes a run recorded, each with the moment at which it did."""
    for entry in instance.all_logs(run_id, of_type={DagsterEventType.ENGINE_EVENT}):
        event = entry.dagster_event
        recorded = event.engine_event_data.metadata.get("pid") if event else None
        if recorded is not None:
            yield int(str(recorded.value)), entry.timestamp


def _process_lives(pid: int, moment: float) -> bool:
    """Whether the process that had this number at that moment is still there (Linux).

    A number is given again to other processes, so one that began later is another one. Where there
    is no /proc, the lock and the code server must tell.
    """
    try:
        stat = (PROC / str(pid) / "stat").read_text()
        booted = next(
            int(line.split()[1])
            for line in (PROC / "stat").read_text().splitlines()
            if line.startswith("btime ")
        )
    except (OSError, StopIteration):
        return False
    # the name, in parentheses, may hold spaces; state is the first field after it, start the 20th
    fields = stat.rpartition(")")[2].split()
    began = booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return fields[0] not in "ZX" and began <= moment + CLOCK_SECONDS


def _is_executed_by(server: dict[str, object], run: DagsterRun) -> bool:
    """Whether the code server that launched a run answers, and says that it executes it."""
    from dagster._core.errors import DagsterUserCodeUnreachableError
    from dagster._grpc.client import DagsterGrpcClient
    from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
    from dagster._serdes import deserialize_value

    client = DagsterGrpcClient(
        host=str(server["host"]),
        port=int(str(server["port"])) if "port" in server else None,
        socket=str(server["socket"]) if "socket" in server else None,
    )
    try:
        answer = client.can_cancel_execution(
            CanCancelExecutionRequest(run_id=run.run_id), timeout=5
        )
    except DagsterUserCodeUnreachableError:
        return False
    return deserialize_value(answer, CanCancelExecutionResult).can_cancel
