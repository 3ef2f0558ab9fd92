"""A real server and a real browser: pages of other origins drive nothing, its own pages all."""

from __future__ import annotations

import http.client
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.guard import CLOSED, GRAPHQL, Guard, served_origins
from dagster_project.pages import Pages
from fcm_migration.archive.lock import refresh_lock
from tests.system.attacks import QUERY, SENT, open_server, script
from tests.system.browser import PROGRAM, Page, browser
from tests.system.test_serve import RUNS, Server, kill, wait_for

pytestmark = pytest.mark.system

FOREIGN = "evil.example"
MATERIALISED = """{ assetNodes(assetKeys: [{path: ["mart", "flows"]}]) {
    assetMaterializations { timestamp } } }"""
LOG = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection {
    events { ... on MessageEvent { message } } } } }"""
TERMINATE = """mutation($id: String!) { terminateRun(runId: $id) {
    __typename ... on TerminateRunFailure { message } } }"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    """One server for all tests of this file."""
    started = Server(home)
    try:
        yield started
    finally:
        kill(home)
        started.close()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of a browser for which the foreign name is this machine too."""
    if PROGRAM is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    names = f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"
    with browser(names) as opened:
        yield opened()


def nothing_happened(server: Server) -> bool:
    runs = server.ask(RUNS)["runsOrError"]["results"]
    (flows,) = server.ask(MATERIALISED)["assetNodes"]
    return runs == [] and flows["assetMaterializations"] == []


@pytest.mark.parametrize("name", [FOREIGN, "localhost", "127.0.0.1"])
def test_a_page_of_another_origin_starts_nothing(server: Server, page: Page, name: str) -> None:
    """Another site, or another server of this machine: what such a page can send is refused."""
    with open_server() as (port, _), open_server() as (other, seen):
        page.go(f"http://{name}:{port}/")
        page.run(script(f"http://127.0.0.1:{other}"))
        ended = page.run(script(f"http://127.0.0.1:{server.port}"))
    assert {(method, path) for method, path, _ in SENT.values()} <= {each[:2] for each in seen}
    for method, path, kind in SENT.values():
        assert [each for each in seen if each[:2] == (method, path) and each[2].startswith(kind)]
    assert ended["websocket"] == ended["json"] == "refused"
    assert nothing_happened(server)


def test_a_foreign_name_for_this_machine_is_not_answered(server: Server, page: Page) -> None:
    """DNS rebinding: the attacker's name points here, and its page has the origin of the UI."""
    page.go(f"http://{FOREIGN}:{server.port}/")
    assert "does not answer under that host name" in page.text()
    asked = f"fetch('/graphql{QUERY}').then(answer => answer.status)"
    assert page.run(asked) == 421
    assert nothing_happened(server)


def test_the_ui_is_shown_in_no_frame(server: Server, page: Page) -> None:
    with open_server() as (port, _):
        page.go(f"http://127.0.0.1:{port}/")
        page.events.clear()
        page.run(
            "new Promise(done => { const frame = document.createElement('iframe');"
            f"frame.onload = done; frame.src = 'http://127.0.0.1:{server.port}/';"
            "document.body.append(frame); }).then(() => 'loaded')"
        )
        page.wait(lambda: page.happened("Log.entryAdded"))
    told = [event["entry"]["text"] for event in page.happened("Log.entryAdded")]
    assert any("frame" in line.lower() for line in told), told


def test_without_a_browser_the_same_requests_start_nothing(server: Server) -> None:
    """What a page sends, written down: so that this is tested without Chromium too."""
    own = f"127.0.0.1:{server.port}"
    for method, path, kind in SENT.values():
        for host, origin in ((own, "http://evil.example"), (f"{FOREIGN}:{server.port}", None)):
            headers = {"Host": host, **({"Origin": origin} if origin else {})}
            if method == "POST":
                headers["Content-Type"] = kind
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            body = "x" if method == "POST" else None
            connection.request(method, path + QUERY, body, headers)
            assert connection.getresponse().status in (403, 421)
            connection.close()
    assert nothing_happened(server)


def test_the_ui_launches_a_run_and_shows_its_log_while_it_runs(
    server: Server, page: Page, home: Path
) -> None:
    """Nothing that the UI asks for is refused, nor stopped by the headers that are added."""
    page.events.clear()
    page.go(f"http://localhost:{server.port}/assets/archive/iom_darien")
    with refresh_lock(home, holder="this test"):
        page.click("Materialize")
        page.wait(lambda: "Launched run" in page.text())
        page.click("View")
        # the line reaches the page over the websocket, while the run waits
        page.wait(lambda: "another refresh is running: this test (pid " in page.text())
    page.wait(lambda: "RUN_SUCCESS" in page.text())
    sockets = page.happened("Network.webSocketCreated")
    assert {each["url"] for each in sockets} == {f"ws://localhost:{server.port}/graphql"}
    for place in ("/", "/asset-groups", "/automation", "/runs", "/graphql"):
        page.go(f"http://localhost:{server.port}{place}")
        page.wait(lambda: len(page.text()) > 100)
    answers = [event["response"] for event in page.happened("Network.responseReceived")]
    assert len(answers) > 50
    assert [(each["url"], each["status"]) for each in answers if each["status"] >= 400] == []
    told = [event["entry"] for event in page.happened("Log.entryAdded")]
    assert [each["text"] for each in told if each["level"] == "error"] == []
    assert page.happened("Runtime.exceptionThrown") == []


def test_a_run_that_is_cancelled_waits_no_longer(server: Server, home: Path) -> None:
    def log() -> str:
        return json.dumps(server.ask(LOG, id=run))

    with refresh_lock(home, holder="this test"):
        run = server.launch("refresh_all")
        wait_for(lambda: "another refresh is running: this test (pid " in log(), 120)
        assert server.status(run) == "STARTED"
        assert server.ask(TERMINATE, id=run)["terminateRun"]["__typename"] == "TerminateRunSuccess"
        wait_for(lambda: server.status(run) == "CANCELED", 30)


def test_the_program_alone_is_not_served_to_a_network(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dagster_project.web", "--host", "0.0.0.0"]  # noqa: S104
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 2
    assert "--behind-proxy NAME" in done.stderr
    alone = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    done = subprocess.run(command[:3], capture_output=True, text=True, env=alone, timeout=120)
    assert done.returncode == 2
    assert "python -m dagster_project --only ui" in done.stderr


def test_the_private_calls_of_dagster_are_those_reviewed() -> None:
    from dagster_webserver import app

    made = inspect.signature(app.create_app_from_workspace_process_context)
    assert str(made) == (
        "(workspace_process_context: dagster._core.workspace.context.IWorkspaceProcessContext, "
        "path_prefix: str = '', live_data_poll_rate: int | None = None, **kwargs) -> "
        "starlette.applications.Starlette"
    )
    served = inspect.signature(dg.DagsterInstance.optimize_for_webserver)
    assert list(served.parameters) == ["self", "statement_timeout", "pool_recycle", "max_overflow"]


def test_what_the_webserver_answers_is_what_was_reviewed(tmp_path: Path) -> None:
    """A path that is new may change something by GET: look at it, then name it here."""
    from dagster._core.workspace.context import WorkspaceProcessContext

    from dagster_project.web import guarded

    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        WorkspaceProcessContext(instance, None) as process,
    ):
        guard = guarded(process, served_origins(3000), tmp_path / "reports")
        assert isinstance(guard, Guard)
        assert isinstance(guard.app, Pages)
        routes: list[Any] = list(guard.app.app.routes)  # type: ignore[attr-defined]
    static = [route for route in routes if str(route.name).endswith("_static")]
    dynamic = {
        (route.path, *sorted(getattr(route, "methods", ["WEBSOCKET"])))
        for route in routes
        if route not in static
    }
    posted = {path for path, *methods in dynamic if "POST" in methods} - {GRAPHQL}
    assert all(path.startswith(CLOSED) for path in posted)
    assert dynamic - {(path, "POST") for path in posted} == {
        ("/graphql", "GET", "HEAD", "POST"),
        ("/graphql", "WEBSOCKET"),
        ("/server_info", "GET", "HEAD"),
        ("/dagit_info", "GET", "HEAD"),
        ("/logs/{path:path}", "GET", "HEAD"),
        ("/notebook", "GET", "HEAD"),
        ("/dagit/notebook", "GET", "HEAD"),
        ("/download_debug/{run_id:str}", "GET", "HEAD"),
        ("/{path:path}", "GET", "HEAD"),
        ("/", "GET", "HEAD"),
    }
