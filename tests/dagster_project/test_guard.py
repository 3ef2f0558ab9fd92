"""Requests that may pass the guard before Dagster's webserver, over HTTP and websockets."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

from dagster_project.guard import HEADERS, POLICY, Guard, served_origins
from fcm_migration.errors import UsageError

PORT = 3000
HERE = "localhost:3000"
PUBLIC = "fcm.example.org"
JSON = {"content-type": "application/json"}
OWN = {"origin": "http://localhost:3000"}
PAGE = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
OWN_POLICY = b"script-src 'self'"


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """The application behind the guard: it answers everything."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"Content-Security-Policy", OWN_POLICY), (b"X-Frame-Options", b"ALLOW")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"passed"})


def ask(
    kind: str, target: str, headers: dict[str, str] | list[tuple[str, str]], host: str = HERE
) -> list[Any]:
    """Return the messages sent in answer to a request, GET, POST, ... or WEBSOCKET."""
    path, _, query = target.partition("?")
    given = [("host", host), *(headers.items() if isinstance(headers, dict) else headers)]
    scope: dict[str, Any] = {
        "type": "websocket" if kind == "WEBSOCKET" else "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given],
    }
    if kind != "WEBSOCKET":
        scope["method"] = kind
    answer: list[Any] = []

    async def send(message: Any) -> None:
        answer.append(message)

    async def receive() -> Any:
        raise AssertionError("the guard reads no body")

    asyncio.run(Guard(behind, served_origins(PORT, [PUBLIC]))(scope, receive, send))
    return answer


def status(*request: Any, **more: Any) -> int:
    """Return the status of an answer: 101 where a websocket was accepted, 403 where it was not."""
    first = ask(*request, **more)[0]
    known = {"websocket.accept": 101, "websocket.close": 403}
    return known.get(first["type"]) or int(first["status"])


@pytest.mark.parametrize(
    ("kind", "target", "headers", "host"),
    [
        ("GET", "/", {}, HERE),
        ("GET", "/runs/1?x=y", {"sec-fetch-site": "same-origin"}, "127.0.0.1:3000"),
        ("GET", "/_next/static/a.js", {"sec-fetch-site": "same-origin"}, "[::1]:3000"),
        ("GET", "/runs", {"sec-fetch-site": "none"}, HERE),  # typed by a person
        ("GET", "/assets", PAGE, HERE),  # a link in a mail, or the end of a login elsewhere
        ("GET", "/graphql", {"accept": "text/html"}, HERE),  # the page to write queries on
        ("POST", "/graphql", {**OWN, **JSON}, HERE),
        ("POST", "/graphql?op=A", {**OWN, "content-type": "Application/JSON; charset=UTF-8"}, HERE),
        ("POST", "/graphql", JSON, HERE),  # a program: no page is without an origin
        ("POST", "/graphql", {"origin": f"https://{PUBLIC}", **JSON}, PUBLIC),
        ("POST", "/graphql", {"origin": f"https://{PUBLIC}", **JSON}, f"{PUBLIC.upper()}:443"),
        ("WEBSOCKET", "/graphql", OWN, HERE),
        ("WEBSOCKET", "/graphql", {"origin": f"https://{PUBLIC}"}, PUBLIC),
    ],
)  # fmt: skip
def test_what_the_ui_sends_passes(
    kind: str, target: str, headers: dict[str, str], host: str
) -> None:
    assert status(kind, target, headers, host=host) in (200, 101)


@pytest.mark.parametrize("kind", ["GET", "POST", "WEBSOCKET"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:3000", "localhost:3001", "localhost", "fcm.example.org:3000",
     "localhost:3000.evil.example", "", "127.0.0.1.nip.io:3000", "10.0.0.1:3000"],
)  # fmt: skip
def test_no_other_host_name_is_answered(kind: str, host: str) -> None:
    """A name of an attacker may point to this machine (DNS rebinding): its pages then share it."""
    assert status(kind, "/graphql", JSON, host=host) == (403 if kind == "WEBSOCKET" else 421)


def test_a_host_given_twice_or_not_at_all_is_not_answered() -> None:
    assert status("GET", "/", [("host", HERE)]) == 421
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    assert asyncio.run(_first_status(scope)) == 421


async def _first_status(scope: Any) -> int:
    answer: list[Any] = []

    async def send(message: Any) -> None:
        answer.append(message)

    await Guard(behind, served_origins(PORT))(scope, lambda: asyncio.sleep(0), send)
    return int(answer[0]["status"])


@pytest.mark.parametrize("kind", ["GET", "POST", "WEBSOCKET"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://localhost:3000", "http://localhost:8080",
     "http://127.0.0.1:3000", f"https://{PUBLIC}", "http://localhost:3000.evil.example", "file://"],
)  # fmt: skip
def test_pages_of_another_origin_may_do_nothing(kind: str, origin: str) -> None:
    assert status(kind, "/graphql", {"origin": origin, **JSON}) == 403


def test_a_page_on_the_readers_own_machine_is_another_origin_for_the_public_name() -> None:
    for origin in ("http://localhost:3000", f"http://{PUBLIC}", f"https://{PUBLIC}:8443"):
        assert status("POST", "/graphql", {"origin": origin, **JSON}, host=PUBLIC) == 403
    twice = [("origin", f"https://{PUBLIC}"), ("origin", "https://evil.example")]
    assert status("WEBSOCKET", "/graphql", twice, host=PUBLIC) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "new-word"])
def test_another_page_may_link_and_nothing_else(site: str) -> None:
    other = {"sec-fetch-site": site}
    assert status("GET", "/assets", {**PAGE, **other}) == 200
    for headers in (
        other,  # a picture, a script, a request without an origin
        {**PAGE, **other, "sec-fetch-dest": "iframe"},
        {**PAGE, **other, "sec-fetch-mode": "no-cors"},
    ):
        assert status("GET", "/logs/a/b/err", headers) == 403
    assert status("POST", "/graphql", {**JSON, **PAGE, **other}) == 403
    assert status("WEBSOCKET", "/graphql", {**PAGE, **other}) == 403


@pytest.mark.parametrize(
    "sent",
    ["", "text/plain", "text/plain; x=application/json", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=application/json", "application/graphql",
     "application/json, text/plain", "application/jsonx"],
)  # fmt: skip
def test_graphql_takes_only_json(sent: str) -> None:
    """What a page may send without asking first is none of JSON."""
    assert status("POST", "/graphql?query=mutation", {**OWN, "content-type": sent}) == 415


def test_json_beside_another_content_type_is_not_json() -> None:
    twice = [("content-type", "application/json"), ("content-type", "text/plain")]
    assert status("POST", "/graphql", twice) == 415


@pytest.mark.parametrize(
    ("kind", "target", "code"),
    [
        ("GET", "/graphql?query=mutation{launchRun}", 405),
        ("HEAD", "/graphql", 405),
        ("PUT", "/graphql", 405),
        ("OPTIONS", "/graphql", 405),  # the question before a request of another origin
        ("POST", "/graphql/", 405),
        ("POST", "//graphql", 405),
        ("POST", "/GRAPHQL", 405),
        ("POST", "/server_info", 405),
        ("DELETE", "/runs/1", 405),
        ("POST", "/report_asset_materialization/mart/flows", 404),
        ("POST", "/report_asset_check/mart/flows", 404),
        ("POST", "/report_asset_observation/mart/flows", 404),
        ("GET", "/report_asset_observation/mart/flows", 404),
        ("GET", "/notebook?path=/etc/a.ipynb", 404),
        ("GET", "/dagit/notebook?path=/etc/a.ipynb", 404),
        ("WEBSOCKET", "/other", 403),
    ],
)
def test_nothing_else_can_be_asked(kind: str, target: str, code: int) -> None:
    assert status(kind, target, {**OWN, **JSON}) == code


def test_every_answer_forbids_frames_and_the_policy_behind_stays() -> None:
    for host in (HERE, "evil.example"):
        headers = ask("GET", "/", {}, host=host)[0]["headers"]
        told = {name.lower(): value for name, value in headers}
        policies = [value for name, value in headers if name.lower() == HEADERS[0][0]]
        assert POLICY.encode() in policies
        assert (OWN_POLICY in policies) == (host == HERE)
        assert told[b"x-content-type-options"] == b"nosniff"
        assert told[b"cross-origin-resource-policy"] == b"same-origin"
        frames = [value for name, value in headers if name.lower() == b"x-frame-options"]
        assert frames == [b"DENY"]


def test_what_is_no_request_passes() -> None:
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    asyncio.run(Guard(app, {})({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert passed == ["lifespan"]


def test_names_that_a_proxy_stands_for() -> None:
    own = served_origins(80)
    assert own["localhost"] == own["localhost:80"] == "http://localhost"
    names = ["FCM.example.org", "http://plain.example.org:80", "https://[2001:db8::1]:8443"]
    assert list(served_origins(PORT, names).items())[3:] == [
        ("fcm.example.org", "https://fcm.example.org"),
        ("fcm.example.org:443", "https://fcm.example.org"),
        ("plain.example.org", "http://plain.example.org"),
        ("plain.example.org:80", "http://plain.example.org"),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ]


@pytest.mark.parametrize(
    "name", ["", "*", "*.example.org", "a/b", "https://a/b", "user@a", "ftp://a", "a b", "a:port"]
)
def test_a_name_that_is_none_is_said(name: str) -> None:
    with pytest.raises(UsageError, match="no host name that a proxy can stand for"):
        served_origins(PORT, [name])


def test_the_guard_does_not_load_dagster() -> None:
    code = "import sys, dagster_project.guard; print([m for m in sys.modules if 'dagster' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['dagster_project', 'dagster_project.guard']"


def test_dagster_s_webserver_is_the_one_reviewed() -> None:
    """Another may have other paths and private calls: run tests/system/test_web.py first."""
    assert version("dagster-webserver") == "1.13.27"
