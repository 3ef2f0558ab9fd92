"""A web hook and a mail server on 127.0.0.1 that record what they are sent, to play receivers."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class _Served:
    """A server on a free port, served while the context lasts."""

    server: socketserver.BaseServer

    def __enter__(self) -> Self:
        self.closing = threading.Event()
        self._thread = threading.Thread(
            target=self.server.serve_forever, args=(0.002,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])  # type: ignore[index]


class Hook(_Served):
    """Answers POSTs with ``statuses`` in turn, then 204; 0 drips headers without end.

    ``received``: JSON bodies of the answers 2xx; ``asked``: headers of every request.
    """

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[dict[str, Any]] = []
        self.asked: list[Mapping[str, str]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.asked.append(dict(self.headers.items()))
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = hook.statuses.pop(0) if hook.statuses else 204
                if not status:
                    self._drip()
                    return
                if status < 300:  # before the answer: whoever gets that may look at once
                    hook.received.append(json.loads(body))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                raise AssertionError("a redirect was followed")

            def _drip(self) -> None:
                self.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
                while not hook.closing.wait(0.02):
                    self.wfile.write(b"a")

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class Mailbox(_Served):
    """A mail server for one message at a time; ``refuse`` names a command it answers with 550.

    ``messages``: what came, as text; ``commands``: the first words of all lines.
    """

    def __init__(self, *, refuse: str = "", login: bool = False) -> None:
        self.messages: list[str] = []
        self.commands: list[str] = []
        self.refuse = refuse
        box = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 stub")
                while line := self.rfile.readline().decode().strip():
                    verb = line.split(":")[0].split()[0].upper()
                    box.commands.append(line)
                    if box.refuse and line.upper().startswith(box.refuse):
                        self._say("550 no, and here is your-secret-user")
                    elif verb == "EHLO":
                        self._say("250-stub\r\n250 AUTH PLAIN" if login else "250 stub")
                    elif verb == "AUTH":
                        self._say("235 welcome")
                    elif verb == "DATA":
                        self._say("354 go on")
                        self._take()
                    elif verb == "QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say("250 fine")

            def _say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

            def _take(self) -> None:
                lines: list[str] = []
                while (line := self.rfile.readline().decode()) != ".\r\n":
                    lines.append(line)
                box.messages.append("".join(lines))
                self._say("250 taken")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
