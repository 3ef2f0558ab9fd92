"""Turning schedules and sensors on and off through the instance.

When they run is said in ``schedules.py`` and ``sensors.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import dagster as dg

from dagster_project.schedules import schedules
from dagster_project.sensors import NAMES
from dagster_project.web import WORKSPACE
from fcm_migration.sources import SOURCES

if TYPE_CHECKING:
    from dagster._core.remote_representation.external import RemoteSchedule, RemoteSensor

HEARTBEAT_SECONDS = 45  # as long as the webserver lets its code server live without a sign
Wish = Literal["on", "off", "untouched-on"]


def switch(instance: dg.DagsterInstance, wish: Wish) -> list[str]:
    """Turn schedules and sensors on or off; return the names of those that changed.

    Takes some seconds: the definitions are loaded in a code server, as Dagster does.

    Args:
        instance: Dagster's instance; a server of it that runs now sees the change.
        wish: ``on`` and ``off`` are for all of them; ``untouched-on`` turns on those that nobody
            has ever switched, and leaves one that a person has stopped as it is.
    """
    from dagster._core.scheduler.instigation import InstigatorStatus

    changed = []
    with _loaded(instance) as known:
        for each in known:
            stored = instance.get_instigator_state(each.get_remote_origin_id(), each.selector_id)
            was_switched = stored is not None and stored.status is not (
                InstigatorStatus.DECLARED_IN_CODE
            )
            if wish == "untouched-on" and was_switched:
                continue
            if each.get_current_instigator_state(stored).is_running == (wish != "off"):
                continue
            _turn(instance, each, is_on=wish != "off")
            changed.append(each.name)
    return changed


def _turn(instance: dg.DagsterInstance, one: RemoteSchedule | RemoteSensor, *, is_on: bool) -> None:
    from dagster._core.remote_representation.external import RemoteSchedule

    if isinstance(one, RemoteSchedule):
        if is_on:
            instance.start_schedule(one)
        else:
            instance.stop_schedule(one.get_remote_origin_id(), one.selector_id, one)
    elif is_on:
        instance.start_sensor(one)
    else:
        instance.stop_sensor(one.get_remote_origin_id(), one.selector_id, one)


def running(instance: dg.DagsterInstance) -> list[str]:
    """Return the names of what is on; without loading the definitions."""
    from dagster._core.scheduler.instigation import InstigatorStatus

    states = instance.all_instigator_state(instigator_statuses={InstigatorStatus.RUNNING})
    return sorted({state.instigator_name for state in states} & set(_names()))


def words(instance: dg.DagsterInstance) -> str:
    """Say how many schedules and sensors are on, and how to change that."""
    on, every = len(running(instance)), f"{len(_names())} schedules and sensors"
    command = "python -m dagster_project --schedules"
    if not on:
        return (
            f"All {every} are off: nothing is fetched until you start a run. "
            f"Turn them on in the UI (Automation) or with `{command} on`."
        )
    return (
        f"{on} of {every} are on and refresh by themselves while the server runs. "
        f"Turn them off in the UI (Automation) or with `{command} off`."
    )


def _names() -> list[str]:
    return [*(schedule.name for schedule in schedules(SOURCES)), *NAMES]


@contextmanager
def _loaded(instance: dg.DagsterInstance) -> Iterator[list[RemoteSchedule | RemoteSensor]]:
    """Yield what the webserver and the daemon know, under the same names and origins."""
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
        repositories = [
            repository
            for location in process.create_request_context().code_locations
            for repository in location.get_repositories().values()
        ]
        found: list[RemoteSchedule | RemoteSensor] = []
        for repository in repositories:
            found += [*repository.get_schedules(), *repository.get_sensors()]
        yield found
