"""A headless Chromium, driven through its DevTools protocol: pages, their scripts, what is seen."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
START_SECONDS, ANSWER_SECONDS = 60, 120


class Page:
    """One page of the browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection, self.number = connection, 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer to one command; what happened meanwhile is kept in ``events``."""
        self.number += 1
        sent = {"id": self.number, "method": method, "params": parameters}
        self.connection.send(json.dumps(sent))
        while True:
            message = json.loads(self.connection.recv(timeout=ANSWER_SECONDS))
            if message.get("id") == self.number:
                assert "error" not in message, message
                return dict(message["result"])
            self.events.append(message)

    def run(self, script: str) -> Any:
        """Return the value of an expression of the page, waited for where it is a promise."""
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def go(self, url: str) -> None:
        """Open an address."""
        self.call("Page.navigate", url=url)
        self.wait(lambda: self.run("document.readyState") == "complete")

    def wait(self, what: Callable[[], Any], seconds: float = ANSWER_SECONDS) -> None:
        """Wait until something holds; fail where it does not in time."""
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, self.text()
            time.sleep(0.3)

    def text(self) -> str:
        """Return the text of the page as a person sees it."""
        return str(self.run("document.body ? document.body.innerText : ''"))

    def click(self, words: str) -> None:
        """Click the first button or link of these words, once it can be clicked."""
        find = (
            "[...document.querySelectorAll('button, a')].find("
            f"e => e.innerText.trim() === {json.dumps(words)} && !e.disabled)"
        )
        self.wait(lambda: self.run(f"!!{find}"))
        self.run(f"{find}.click()")

    def happened(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of all events of a kind so far."""
        self.run("0")  # takes in what has arrived
        return [event["params"] for event in self.events if event.get("method") == method]

    def picture(self, path: Path) -> None:
        """Store what is seen as PNG."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


@contextmanager
def browser(folder: Path, *flags: str) -> Iterator[Page]:
    """Yield the one page of a browser with a profile of its own.

    Args:
        folder: an empty folder for the profile.
        flags: more arguments of Chromium, such as ``--host-resolver-rules=...``.
    """
    assert PROGRAM is not None
    command = [
        PROGRAM,
        "--headless=new",
        "--disable-gpu",
        "--no-first-run",
        "--disable-dev-shm-usage",
        "--window-size=1500,1000",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        "--no-sandbox",  # it starts neither as root nor in most containers; the pages are our own
        *flags,
        "about:blank",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = folder / "DevToolsActivePort"
        until = time.monotonic() + START_SECONDS
        while not (told.exists() and told.read_text().count("\n")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        address = f"http://127.0.0.1:{told.read_text().splitlines()[0]}/json"
        with urllib.request.urlopen(address, timeout=30) as answer:
            (target,) = [each for each in json.load(answer) if each["type"] == "page"]
        with connect(target["webSocketDebuggerUrl"], max_size=None) as connection:
            yield Page(connection)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
