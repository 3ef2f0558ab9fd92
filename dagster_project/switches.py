"""Turning schedules on and off through the instance. When they run is said in ``schedules.py``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import dagster as dg

from dagster_project.schedules import schedules
from dagster_project.web import WORKSPACE
from fcm_migration.sources import SOURCES

if TYPE_CHECKING:
    from dagster._core.remote_representation.external import RemoteSchedule

HEARTBEAT_SECONDS = 45  # as long as the webserver lets its code server live without a sign
Wish = Literal["on", "off", "untouched-on"]


def switch(instance: dg.DagsterInstance, wish: Wish) -> list[str]:
    """Turn schedules on or off; return the names of those that changed.

    Takes some seconds: the definitions are loaded in a code server, as Dagster does.

    Args:
        instance: Dagster's instance; a server of it that runs now sees the change.
        wish: ``on`` and ``off`` are for all of them; ``untouched-on`` turns on those that nobody
            has ever switched, and leaves one that a person has stopped as it is.
    """
    from dagster._core.scheduler.instigation import InstigatorStatus

    changed = []
    with _loaded(instance) as known:
        for schedule in known:
            stored = instance.get_instigator_state(
                schedule.get_remote_origin_id(), schedule.selector_id
            )
            was_switched = stored is not None and stored.status is not (
                InstigatorStatus.DECLARED_IN_CODE
            )
            if wish == "untouched-on" and was_switched:
                continue
            if schedule.get_current_instigator_state(stored).is_running == (wish != "off"):
                continue
            if wish == "off":
                instance.stop_schedule(
                    schedule.get_remote_origin_id(), schedule.selector_id, schedule
                )
            else:
                instance.start_schedule(schedule)
            changed.append(schedule.name)
    return changed


def running(instance: dg.DagsterInstance) -> list[str]:
    """Return the names of the schedules that are on; without loading the definitions."""
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.scheduler.instigation import InstigatorStatus

    states = instance.all_instigator_state(
        instigator_type=InstigatorType.SCHEDULE, instigator_statuses={InstigatorStatus.RUNNING}
    )
    return sorted({state.instigator_name for state in states} & set(_names()))


def words(instance: dg.DagsterInstance) -> str:
    """Say how many schedules are on, and how to change that."""
    on, every = running(instance), len(_names())
    command = "python -m dagster_project --schedules"
    if not on:
        return (
            f"All {every} schedules are off: nothing is fetched until you start a run. "
            f"Turn them on in the UI (Automation) or with `{command} on`."
        )
    return (
        f"{len(on)} of {every} schedules are on and refresh by themselves while the server runs. "
        f"Turn them off in the UI (Automation) or with `{command} off`."
    )


def _names() -> list[str]:
    return [schedule.name for schedule in schedules(SOURCES)]


@contextmanager
def _loaded(instance: dg.DagsterInstance) -> Iterator[list[RemoteSchedule]]:
    """The schedules as webserver and daemon know them, with the same names and origins."""
    from dagster._core.remote_representation.grpc_server_registry import GrpcServerRegistry
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster._grpc.constants import GrpcServerCommand

    code_server = GrpcServerRegistry(
        instance_ref=instance.get_ref(),
        server_command=GrpcServerCommand.API_GRPC,
        heartbeat_ttl=HEARTBEAT_SECONDS,
        startup_timeout=instance.code_server_process_startup_timeout,
        wait_for_processes_on_shutdown=True,  # none is left behind
        log_level="WARNING",
    )
    target = WorkspaceFileTarget(paths=[str(WORKSPACE)])
    with (
        code_server,
        WorkspaceProcessContext(instance, target, grpc_server_registry=code_server) as process,
    ):
        yield [
            schedule
            for location in process.create_request_context().code_locations
            for repository in location.get_repositories().values()
            for schedule in repository.get_schedules()
        ]
