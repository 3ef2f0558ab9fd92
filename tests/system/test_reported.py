"""Real servers on a home that the command refreshed: all of it is known, sensors tick, runs run."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from tests.system.test_serve import processes
from tests.system.test_services import Services, wait_for
from tests.toy import write_release
from tests.toy_home import FIRST, give, rows, toy_context

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc to see what runs"),
]
WHERE = {"repositoryLocationName": "fcm_migration", "repositoryName": "__repository__"}
NODES = """{ assetNodes { assetKey { path } isMaterializable staleStatus
    assetMaterializations(limit: 1) { runId description } } }"""
START = """mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) {
    __typename ... on PythonError { message } } }"""
TICKS = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) {
    ... on Sensor { sensorState { ticks(limit: 5) { status skipReason error { message } } } } } }"""
RUNS = """{ runsOrError { ... on Runs { results {
    runId jobName status tags { key value } } } } }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The toy's home, refreshed as the command line does it, with both services."""
    context = toy_context(tmp_path)
    give(context, FIRST)
    refresh(context)
    made = Services(context)
    try:
        made.start_web()
        made.start("daemon", "--only", "daemon")
        yield made
    finally:
        for pid in processes(f"{context.home.root}\0"):
            os.kill(pid, signal.SIGKILL)
        for process in made.started.values():
            process.wait()


def ask(services: Services, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    url = f"http://127.0.0.1:{services.port}/graphql"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)["data"]


def unknown(services: Services) -> set[str]:
    """Assets that Dagster calls never materialised."""
    return {
        "/".join(node["assetKey"]["path"])
        for node in ask(services, NODES)["assetNodes"]
        if node["isMaterializable"] and not node["assetMaterializations"]
    }


def statuses(services: Services) -> dict[str, dict[str, Any]]:
    return {run["runId"]: run for run in ask(services, RUNS)["runsOrError"]["results"]}


def ticks(services: Services, name: str) -> list[dict[str, Any]]:
    """Return the newest looks of a sensor that are over, newest first."""
    found = ask(services, TICKS, s={**WHERE, "sensorName": name})
    every = found["sensorOrError"]["sensorState"]["ticks"]
    return [tick for tick in every if tick["status"] != "STARTED"]


def put(context: Context) -> None:
    """Put a newer release into the inbox, as a person does, a minute ago."""
    folder = context.home.inbox / "toy"
    path = write_release(folder, "2024-05-01", rows("9"))
    moment = time.time() - 60
    os.utime(path, (moment, moment))


def test_what_the_command_made_is_known_and_a_file_of_the_inbox_starts_a_run(
    services: Services,
) -> None:
    by_hand = {"published/briefs", "published/site"}  # pages that the command does not write
    wait_for(lambda: unknown(services) == by_hand, "all assets are materialised")
    nodes = {"/".join(n["assetKey"]["path"]): n for n in ask(services, NODES)["assetNodes"]}
    made = {name: node for name, node in nodes.items() if node["assetMaterializations"]}
    assert {node["staleStatus"] for node in made.values()} == {"FRESH"}
    (flows,) = made["mart/flows"]["assetMaterializations"]
    assert flows == {"runId": "", "description": "Made by `fcm refresh`, reported."}
    assert statuses(services) == {}

    for name in ("inbox", "reported", "failed_runs"):
        started = ask(services, START, s={**WHERE, "sensorName": name})
        assert started["startSensor"]["__typename"] == "Sensor"
    wait_for(lambda: ticks(services, "inbox"), "the inbox is looked at")
    assert ticks(services, "inbox")[-1]["status"] == "SKIPPED", ticks(services, "inbox")
    wait_for(lambda: statuses(services), "the edition of the command gets its pages")
    (pages,) = statuses(services).values()
    assert pages["jobName"] == "write_pages"
    wait_for(lambda: statuses(services)[pages["runId"]]["status"] == "SUCCESS", "pages stand")
    assert unknown(services) == set()
    put(services.context)
    wait_for(lambda: len(statuses(services)) == 2, "the file starts a run")
    (run,) = (r for r in statuses(services).values() if r["jobName"] != "write_pages")
    assert run["jobName"] == "refresh_toy"
    assert {"key": "inbox", "value": "toy_2024-05-01.csv"} in run["tags"]
    wait_for(lambda: statuses(services)[run["runId"]]["status"] == "SUCCESS", "the run succeeds")
    assert not (services.context.home.inbox / "toy" / "toy_2024-05-01.csv").exists()
    assert len(services.context.archive.snapshots("toy")) == 2
    assert unknown(services) == set()

    with urllib.request.urlopen(
        f"http://127.0.0.1:{services.port}/reports/brief_five_countries.html", timeout=30
    ) as page:
        assert "sandbox" in str(page.headers.get_all("content-security-policy"))
        assert b"<html" in page.read()

    given = {"selector": {**WHERE, "jobName": "refresh_all"}, "runConfigData": "{}",
             "mode": "default"}  # fmt: skip
    launched = ask(services, LAUNCH, p=given)["launchRun"]["run"]["runId"]
    wait_for(lambda: statuses(services)[launched]["status"] == "SUCCESS", "a run of a person")
    assert len(statuses(services)) == 3  # and the file was taken once
