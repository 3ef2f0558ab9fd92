"""Real servers: they start nothing unasked, end whole, and forget no run that died with one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fcm_migration.archive.lock import held_by

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc to see what still runs"),
]
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
RUNS = "{ runsOrError { ... on Runs { results { runId } } } }"


def processes(marker: str) -> list[int]:
    """Processes whose environment names the marker (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue  # it has just ended
    return [pid for pid in found if pid != os.getpid()]


class Server:
    """A server of a home on a free port, up to the word that its UI answers."""

    def __init__(self, home: Path, *flags: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "dagster_project", "--port", str(self.port), *flags]
        environment = {**os.environ, "FCM_HOME": str(home)}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.stderr, self.said = self.process.stderr, ""
        while "The UI is at" not in self.said:
            assert self.process.poll() is None, self.said
            self.said += self.stderr.readline()

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the answer of the UI's own interface."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def launch(self, job: str) -> str:
        """Launch a job that asks no publisher; return the run's number."""
        selector = {
            "repositoryLocationName": "fcm_migration",
            "repositoryName": "__repository__",
            "jobName": job,
        }
        config = {"resources": {"fcm": {"config": {"offline": True}}}}
        given = {"selector": selector, "runConfigData": json.dumps(config), "mode": "default"}
        return str(self.ask(LAUNCH, p=given)["launchRun"]["run"]["runId"])

    def status(self, run_id: str) -> str:
        """Return what Dagster believes of a run."""
        return str(self.ask(STATUS, id=run_id)["runOrError"]["status"])

    def close(self) -> None:
        """Let go of the pipe of a server that was killed."""
        self.process.wait()
        self.stderr.close()


def kill(home: Path) -> None:
    """Kill every process of a home at once, as a power cut does."""
    for pid in processes(str(home)):
        os.kill(pid, signal.SIGKILL)


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds; fail where it does not in time."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.5)


Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers of one home; none of them is left at the end."""
    started: list[Server] = []

    def start(*flags: str) -> Server:
        started.append(Server(tmp_path, *flags))
        return started[-1]

    try:
        yield start
    finally:
        kill(tmp_path)
        for server in started:
            server.close()


def test_two_signals_end_webserver_and_daemon(tmp_path: Path, serve: Serve) -> None:
    server = serve()
    assert len(processes(str(tmp_path))) >= 3
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    server.stderr.read()
    assert server.process.wait(timeout=60) == 0
    # a code server ends by itself once nobody asks it any more
    wait_for(lambda: processes(str(tmp_path)) == [], 40)


def test_a_killed_server_takes_webserver_and_daemon_along(tmp_path: Path, serve: Serve) -> None:
    """They run in sessions of their own, so nothing else would end them."""
    server = serve()
    server.process.kill()
    server.close()
    # a code server ends by itself once nobody asks it any more
    wait_for(lambda: processes(str(tmp_path)) == [], 60)


def test_a_run_that_died_with_its_server_holds_up_no_other(tmp_path: Path, serve: Serve) -> None:
    """It stayed started for an hour, and every schedule waited for it."""
    first = serve()
    dead = first.launch("refresh_all")
    wait_for(lambda: dead in str(held_by(tmp_path)), 120)
    assert first.status(dead) == "STARTED"
    kill(tmp_path)
    second = serve()
    assert f"Run {dead[:8]} (refresh_all) ended with its server" in second.said
    assert second.status(dead) == "FAILURE"
    following = second.launch("refresh_all")
    wait_for(lambda: second.status(following) == "STARTED", 90)
    # nor is a living one taken for dead by another server of the same home
    third = serve()
    assert "ended with its server" not in third.said
    assert third.status(following) == "STARTED"
    # and nobody who opens the UI has asked for the dead one again
    assert len(third.ask(RUNS)["runsOrError"]["results"]) == 2


def test_opening_the_ui_starts_nothing_and_a_service_turns_the_schedules_on(
    tmp_path: Path, serve: Serve
) -> None:
    assert "schedules and sensors are off: nothing is fetched until you start a run" in serve().said
    kill(tmp_path)
    said = serve("--service").said
    assert "Turned on: " in said
    assert "daily" in said
