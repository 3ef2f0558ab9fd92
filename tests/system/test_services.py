"""Webserver, daemon and runs on a real PostgreSQL, killed in turn: nothing is lost.

The daemon and the webserver are started apart, as ``deploy/`` starts them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRun, DagsterRunStatus
from dagster._core.storage.tags import SCHEDULE_NAME_TAG, SCHEDULED_EXECUTION_TIME_TAG

from dagster_project import storage
from dagster_project.recovery import _processes
from dagster_project.serve import instance_of, prepare
from fcm_migration.publish.editions import verify
from fcm_migration.publish.query import connect
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from tests.system.postgres import postgres
from tests.system.test_serve import processes
from tests.toy import write_release
from tests.toy_home import rows

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc to see what runs"),
]
pytest.importorskip("dagster_postgres", reason="the extra `postgres` is not installed")
MINUTE = timedelta(minutes=1)
SUCCESS, STARTED = DagsterRunStatus.SUCCESS, DagsterRunStatus.STARTED
LONGEST_SECONDS = 600  # for one thing to happen, on a machine that does much else


class Services:
    """The two services of one home, each with all processes that it started."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.environment = prepare(context.home)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> None:
        """Start a service in a session of its own; what it says goes to a file."""
        log = (self.context.home.root.parent / f"{name}.log").open("ab")
        with log:
            self.started[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.system.toy_server", *arguments],
                env={**self.environment, "FCM_TEST_SERVICE": f"{name} of {self.context.home.root}"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_daemon(self) -> None:
        """Start the daemon with its schedules on, by the command that deploy/ has."""
        self.start("daemon", "--only", "daemon", "--service")

    def start_web(self) -> None:
        """Start the webserver and wait for its answer."""
        self.start("web", "web", "--port", str(self.port))
        wait_for(self.answers, "the webserver answers")

    def answers(self) -> bool:
        """Whether the webserver answers."""
        try:
            url = f"http://127.0.0.1:{self.port}/server_info"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self, name: str) -> None:
        """Kill every process of a service at once, its runs among them."""
        for pid in processes(f"FCM_TEST_SERVICE={name} of {self.context.home.root}\0"):
            os.kill(pid, signal.SIGKILL)
        self.started[name].wait()


def wait_for(what: Callable[[], object], words: str) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while not what():
        assert time.monotonic() < until, f"waited in vain until {words}"
        time.sleep(0.5)


def scheduled(instance: dg.DagsterInstance) -> dict[datetime, list[DagsterRun]]:
    """Return the runs by the minute at which their schedule fired, retries included."""
    found: dict[datetime, list[DagsterRun]] = {}
    for run in instance.get_runs():
        if run.tags.get(SCHEDULE_NAME_TAG) == "minutely":
            found.setdefault(
                datetime.fromisoformat(run.tags[SCHEDULED_EXECUTION_TIME_TAG]), []
            ).append(run)
    return found


def first(instance: dg.DagsterInstance, status: DagsterRunStatus) -> DagsterRun | None:
    """Return the latest run of a status that the schedule started; sensors start some, too."""
    found = [
        run
        for run in instance.get_runs()
        if run.status is status and run.tags.get(SCHEDULE_NAME_TAG) == "minutely"
    ]
    return found[0] if found else None


def is_done(instance: dg.DagsterInstance, minute: datetime) -> bool:
    """Whether what fired at a minute has been run to a good end, be it by a retry."""
    return any(run.status is SUCCESS for run in scheduled(instance).get(minute, []))


def stop_the_schedule(instance: dg.DagsterInstance) -> None:
    """Turn the schedule of every minute off."""
    for state in instance.all_instigator_state():
        if state.name == "minutely":
            instance.stop_schedule(state.instigator_origin_id, state.selector_id, None)


def bring(context: Context, day: str, last: str) -> None:
    """Put a release into the inbox."""
    path = write_release(context.home.root.parent / "brought", day, rows(last))
    target = context.home.inbox / "toy" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def newest(context: Context) -> str:
    """Read the published file; return the newest release that it holds."""
    with connect(context.home.root) as connection:
        found = connection.sql("SELECT max(as_of_date) FROM core.toy_claims").item()
    return str(found)


@pytest.fixture
def services(own_home: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    # where the code location looks for it
    shutil.copytree(own_home.reference_dir, own_home.home.root.parent / "reference")
    with postgres() as server:
        monkeypatch.setenv(storage.VARIABLE, server.url)
        made = Services(own_home)
        try:
            yield made
        finally:
            for name in made.started:
                made.kill(name)


def test_the_schedule_catches_up_whatever_is_killed(services: Services) -> None:
    context = services.context
    bring(context, "2024-05-01", "3")
    with instance_of(context.home) as instance:
        services.start_daemon()
        services.start_web()
        wait_for(lambda: first(instance, STARTED), "the schedule fires")
        begun = min(scheduled(instance))

        # the daemon, with the run it has begun: the next daemon closes and repeats it, and makes
        # up by one run for the minutes that passed
        services.kill("daemon")
        missed = datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE
        assert services.answers()
        time.sleep(max(0.0, (missed - datetime.now(UTC)).total_seconds() + 1))
        services.start_daemon()
        wait_for(lambda: max(scheduled(instance)) >= missed, "the schedule fires again")
        caught_up = min(minute for minute in scheduled(instance) if minute >= missed)
        wait_for(lambda: is_done(instance, begun), "the run that died is repeated")
        assert newest(context) == "2024-05-01"

        # the webserver: runs go on without it, and it finds them all again
        services.kill("web")
        wait_for(lambda: is_done(instance, caught_up), "what was missed is made up for")
        services.start_web()

        # the process of a run: the daemon notices and starts it again
        bring(context, "2024-05-15", "4")
        wait_for(lambda: first(instance, STARTED), "another run is going on")
        victim = first(instance, STARTED)
        assert victim is not None
        stop_the_schedule(instance)  # or the repeated run would wait behind those of later minutes
        wait_for(lambda: list(_processes(instance, victim.run_id)), "the run names its process")
        os.kill(next(_processes(instance, victim.run_id))[0], signal.SIGKILL)
        its = datetime.fromisoformat(victim.tags[SCHEDULED_EXECUTION_TIME_TAG])
        wait_for(lambda: is_done(instance, its), "the run whose process died is repeated")
        assert newest(context) == "2024-05-15"

        fired = sorted(scheduled(instance))
        wait_for(lambda: all(is_done(instance, at) for at in fired), "every minute has its run")
        after = [minute for minute in fired if minute >= caught_up]
        assert after == [caught_up + n * MINUTE for n in range(len(after))]  # none was left out
    services.kill("web")
    services.kill("daemon")
    assert verify(context.home.published_dir).rows > 0
    assert not refresh(context).is_new  # it is the edition that a refresh by hand gives
