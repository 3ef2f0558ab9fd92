r"""A web server on 127.0.0.1 that misbehaves on demand, to play a publisher in tests.

    with FaultServer(body=workbook_bytes) as server:                     # answers every path
        client.get(Request(server.url("/file.xlsx"), expect="xlsx"))

    with FaultServer(body=b"a,b\n1,2\n", mode="truncated") as server:    # one of MODES
        ...
    with FaultServer(routes={"/a.csv": b"a\n", "/b.csv": my_handler}) as server:
        ...                                                              # 404 for other paths

A route is bytes, or a callable that takes the :class:`Exchange` and returns the body to send, or
sends its own answer and returns None. ``server.requests`` lists what was asked for; ``server.mode``
may be changed between requests, also per path with ``server.modes["/a.csv"] = "reset"``.
Modes that recover (``..._then_ok``) fail ``failures`` times (default 1) on each path first.
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

Route = bytes | Callable[["Exchange"], bytes | None]

CHALLENGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    b"<body><script>window._cf_chl_opt={};</script>Checking your browser</body></html>"
)
PAGE = (
    b"<!DOCTYPE html><html><head><title>Statistics</title></head>"
    b"<body><p>The page you look for has moved.</p></body></html>"
)
# How long a silent or dripping connection is held before the server gives it up itself.
PATIENCE_SECONDS = 20.0


class Exchange:
    """One request being answered: what was asked, and how to send something odd."""

    def __init__(self, handler: BaseHTTPRequestHandler, server: FaultServer) -> None:
        parts = urlsplit(handler.path)
        self.path, self.query = parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))
        self.headers: Mapping[str, str] = dict(handler.headers.items())
        self.server = server
        self._handler = handler

    def send(
        self,
        status: int = 200,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """Send an answer; ``length`` lies about Content-Length, -1 leaves it out."""
        fields = {"Content-Type": "application/octet-stream"} | dict(headers or {})
        if "Transfer-Encoding" not in fields and length != -1:
            fields["Content-Length"] = str(len(body) if length is None else length)
        self._handler.send_response(status)
        for name, value in fields.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self.write(body)

    def write(self, data: bytes) -> None:
        """Send raw bytes at once."""
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def reset(self) -> None:
        """Drop the connection with a TCP reset instead of an orderly end."""
        linger = struct.pack("ii", 1, 0)
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._handler.connection.close()

    def hold(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait, but no longer than the server lives; True while it lives."""
        return not self.server.closing.wait(seconds)


Mode = Callable[[Exchange, bytes], None]


def _timeout(exchange: Exchange, body: bytes) -> None:
    exchange.hold()


def _drip(exchange: Exchange, body: bytes) -> None:
    """One byte at a time: each read succeeds, the whole never ends."""
    exchange.send(200, b"", length=1_000_000)
    _drop_by_drop(exchange, body * 2)


def _drip_headers(exchange: Exchange, body: bytes) -> None:
    exchange.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drop_by_drop(exchange, b"a" * 10_000)


def _drop_by_drop(exchange: Exchange, data: bytes) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    for index in range(len(data)):
        if time.monotonic() > until or not exchange.hold(0.05):
            return
        exchange.write(data[index : index + 1])


def _truncated_chunked(exchange: Exchange, body: bytes) -> None:
    exchange.send(200, b"", {"Transfer-Encoding": "chunked"})
    half = body[: len(body) // 2]
    exchange.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")


def _chunked(exchange: Exchange, body: bytes) -> None:
    exchange.send(200, b"", {"Transfer-Encoding": "chunked"})
    exchange.write(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(60_000_000), 1)


def _gzip_bomb(exchange: Exchange, body: bytes) -> None:
    exchange.send(200, _bomb(), {"Content-Encoding": "gzip"})


def _oversized(exchange: Exchange, body: bytes) -> None:
    """More than any cap, without saying so beforehand."""
    exchange.send(200, b"", length=-1)
    for _ in range(2_000):
        exchange.write(body[:1] * 65_536)


def _redirect_loop(exchange: Exchange, body: bytes) -> None:
    exchange.send(302, headers={"Location": exchange.path})


def _status(status: int, body: bytes = b"", **headers: str) -> Mode:
    """Name headers with _ for -."""
    return lambda exchange, _: exchange.send(status, body, _fields(headers))


def _plain(change: Callable[[bytes], bytes] = bytes, **headers: str) -> Mode:
    return lambda exchange, body: exchange.send(200, change(body), _fields(headers))


def _fields(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


def _then_ok(fault: Mode) -> Mode:
    def answer(exchange: Exchange, body: bytes) -> None:
        if exchange.server.asked[exchange.path] <= exchange.server.failures:
            fault(exchange, body)
        else:
            exchange.send(200, body)

    return answer


MODES: dict[str, Mode] = {
    "ok": _plain(),
    "ok_chunked": _chunked,
    "ok_gzip": _plain(gzip.compress, content_encoding="gzip"),
    "ok_until_close": lambda exchange, body: exchange.send(200, body, length=-1),
    "timeout": _timeout,
    "timeout_then_ok": _then_ok(_timeout),
    "reset": lambda exchange, _: exchange.reset(),
    "reset_then_ok": _then_ok(lambda exchange, _: exchange.reset()),
    "slow_drip": _drip,
    "slow_drip_headers": _drip_headers,
    "truncated": lambda exchange, body: exchange.send(
        200, body[: len(body) // 2], length=len(body)
    ),
    "truncated_then_ok": _then_ok(
        lambda exchange, body: exchange.send(200, body[: len(body) // 2], length=len(body))
    ),
    "truncated_chunked": _truncated_chunked,
    "truncated_until_close": lambda exchange, body: exchange.send(
        200, body[: len(body) // 2], length=-1
    ),
    "truncated_gzip": _plain(lambda body: gzip.compress(body)[:-9], content_encoding="gzip"),
    "challenge": _status(200, CHALLENGE, content_type="text/html"),
    "challenge_503": _status(503, CHALLENGE, content_type="text/html"),
    "html_page": _status(200, PAGE, content_type="text/html"),
    "401": _status(401),
    "403": _status(403, PAGE, content_type="text/html"),
    "404": _status(404, PAGE, content_type="text/html"),
    "410": _status(410),
    "418": _status(418),
    "429_then_ok": _then_ok(_status(429, Retry_After="1")),
    "429_soon_then_ok": _then_ok(_status(429, Retry_After="0")),
    "429": _status(429, Retry_After="0"),
    "429_long": _status(429, Retry_After="86400"),
    "500_then_ok": _then_ok(_status(500)),
    "500": _status(500),
    "503_date_then_ok": _then_ok(_status(503, Retry_After="Mon, 23 Nov 2020 08:00:00 GMT")),
    "wrong_content_type": _plain(content_type="text/html; charset=shift_jis"),
    "gzip_lie": _plain(content_encoding="gzip"),
    "gzip_trailing": _plain(lambda body: gzip.compress(body) + b"tail", content_encoding="gzip"),
    "odd_encoding": _plain(content_encoding="br"),
    "gzip_bomb": _gzip_bomb,
    "redirect_loop": _redirect_loop,
    "redirect_private": _status(302, location="http://10.0.0.1/file"),
    "redirect_metadata": _status(302, location="http://169.254.169.254/latest"),
    "redirect_other_host": _status(302, location="http://elsewhere.example/file"),
    "redirect_file": _status(302, location="file:///etc/passwd"),
    "redirect_garbage": _status(302, location="http://[::1"),
    "redirect_credentials": _status(302, location="http://user:word@127.0.0.1/file"),
    "redirect_without_address": _status(302),
    "304": _status(304),
    "empty": _plain(lambda _: b""),
    "other_file_type": _plain(lambda _: b"%PDF-1.7\n" + b"x" * 500),
    "oversized": _oversized,
    "oversized_declared": lambda exchange, body: exchange.send(200, body, length=10**12),
}


class FaultServer:
    """A threaded server on a free port of 127.0.0.1; a context manager."""

    def __init__(
        self,
        body: bytes = b"",
        *,
        mode: str = "ok",
        routes: Mapping[str, Route] | None = None,
        failures: int = 1,
    ) -> None:
        self.body, self.mode, self.failures = body, mode, failures
        self.modes: dict[str, str] = {}
        self.routes = dict(routes or {})
        self.requests: list[Exchange] = []
        self.asked: Counter[str] = Counter()
        self.closing = threading.Event()
        self._only_routes = routes is not None
        self._http = _Listener(("127.0.0.1", 0), self._handler_class())
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True
        )

    @property
    def host(self) -> str:
        """Name to put into ``allowed_hosts``."""
        return "127.0.0.1"

    def url(self, path: str = "/file") -> str:
        """Absolute address of a path on this server."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{path}"

    def __enter__(self) -> Self:
        if self.mode == "gzip_bomb":
            _bomb()  # takes longer to make than a test's client waits
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _answer(self, exchange: Exchange) -> None:
        self.requests.append(exchange)
        self.asked[exchange.path] += 1
        route: Route | None = self.routes.get(exchange.path)
        if route is None and self._only_routes:
            exchange.send(404, PAGE, {"Content-Type": "text/html"})
            return
        body = route(exchange) if callable(route) else self.body if route is None else route
        if body is not None:
            MODES[self.modes.get(exchange.path, self.mode)](exchange, body)

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        fault_server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                try:
                    fault_server._answer(Exchange(self, fault_server))
                except (ConnectionError, ValueError):
                    # The client has hung up, or the exchange closed the connection itself.
                    self.close_connection = True

            def finish(self) -> None:
                try:
                    super().finish()
                except (ConnectionError, ValueError):
                    return

            def log_message(self, *_: Any) -> None:
                return

        return Handler


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        return
