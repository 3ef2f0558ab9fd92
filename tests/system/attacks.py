"""A page that tries to drive a server of another origin, and a server that takes anything.

The second shows that the browser really sends what the page tries: where a request arrives there
but starts nothing at Dagster's, it was refused and not merely never sent.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
PARAMETERS = {
    "selector": {
        "repositoryLocationName": "fcm_migration",
        "repositoryName": "__repository__",
        "jobName": "refresh_all",
    },
    "runConfigData": json.dumps({"resources": {"fcm": {"config": {"offline": True}}}}),
    "mode": "default",
}
MUTATION = {"query": LAUNCH, "variables": {"p": PARAMETERS}}
QUERY = "?" + urlencode({"query": LAUNCH, "variables": json.dumps({"p": PARAMETERS})})
REPORT = "/report_asset_materialization/mart/flows"
# the kinds of request, and how a server sees them: method, path, beginning of the content type
SENT = {
    "picture": ("GET", "/graphql", ""),
    "get": ("GET", "/graphql", ""),
    "text": ("POST", "/graphql", "text/plain"),
    "text_said_to_be_json": ("POST", "/graphql", "text/plain; x=application/json"),
    "form": ("POST", "/graphql", "application/x-www-form-urlencoded"),
    "multipart": ("POST", "/graphql", "multipart/form-data"),
    "json": ("OPTIONS", "/graphql", ""),  # the browser asks first
    "websocket": ("GET", "/graphql", ""),
    "report": ("POST", REPORT, ""),
}
SCRIPT = """
(async (target, query, report, body) => {
  const text = JSON.stringify(body);
  const late = () => new Promise(done => setTimeout(done, 20000, "no answer"));
  const told = promise => promise.then(a => a.type + " " + a.status, error => "refused");
  const simple = (path, rest) => told(fetch(target + path, {mode: "no-cors", ...rest}));
  const type = value => ({method: "POST", headers: {"Content-Type": value}, body: text});
  function form(encoding) {
    const made = document.createElement("form");
    const facts = {method: "post", action: target + "/graphql" + query, enctype: encoding};
    const frame = document.createElement("iframe");
    frame.name = "frame" + Math.random();
    Object.assign(made, facts, {target: frame.name});
    document.body.append(frame, made);
    const ended = new Promise(done => { frame.onload = () => done("loaded"); made.submit(); });
    return Promise.race([ended, late()]);
  }
  function picture() {
    const made = new Image();
    return new Promise(done => {
      made.onload = made.onerror = event => done(event.type);
      made.src = target + "/graphql" + query;
    });
  }
  function socket() {
    const made = new WebSocket(target.replace("http", "ws") + "/graphql", "graphql-ws");
    return new Promise(done => {
      made.onopen = () => done("open");
      made.onerror = () => done("refused");
    });
  }
  return {
    picture: await picture(),
    get: await simple("/graphql" + query, {}),
    text: await simple("/graphql" + query, type("text/plain")),
    text_said_to_be_json: await simple("/graphql", type("text/plain; x=application/json")),
    form: await form("application/x-www-form-urlencoded"),
    multipart: await form("multipart/form-data"),
    json: await told(fetch(target + "/graphql", type("application/json"))),
    websocket: await socket(),
    report: await simple(report, {method: "POST"}),
  };
})(...%s)
"""


def script(target: str) -> str:
    """Return the script that tries everything against a server; its value says how each ended."""
    return SCRIPT % json.dumps([target, QUERY, REPORT, MUTATION])


class _Handler(BaseHTTPRequestHandler):
    def _take(self) -> None:
        seen: list[Any] = self.server.seen  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        seen.append((self.command, path, self.headers.get("Content-Type", "")))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"<!doctype html><title>page</title><body>a page"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_OPTIONS = _take  # noqa: N815

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def open_server() -> Iterator[tuple[int, list[tuple[str, str, str]]]]:
    """Yield the port of a server that takes anything, and the requests it has seen."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, server.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
