"""A headless Chromium, driven by Playwright: pages, their scripts, what is seen and asked for."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page as PlaywrightPage
from playwright.sync_api import sync_playwright

# Debian's; Playwright's own would be a download of its own
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
ANSWER_SECONDS = 120
WIDE = {"width": 1500, "height": 1000}
# what the page did, by the names of the DevTools protocol
EVENTS = (
    "Network.requestWillBeSent",
    "Network.responseReceived",
    "Network.webSocketCreated",
    "Log.entryAdded",
    "Runtime.consoleAPICalled",
    "Runtime.exceptionThrown",
)

# text darker or lighter than its ground by less than WCAG's 4.5:1; SVG text has its own unit test
CONTRAST = r"""
(() => {
  const light = c => { const v = c / 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const parts = c => c.match(/[\d.]+/g).map(Number);
  const bright = c => { const [r, g, b] = parts(c); return .2126 * light(r) + .7152 * light(g) + .0722 * light(b); };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (parts(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [bright(getComputedStyle(e).color), bright(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(e.textContent.trim().slice(0, 40));
  }
  return poor;
})()
"""  # noqa: E501 (a script of the page)


class Page:
    """One page of the browser.

    ``see`` is Playwright's own page. Scripts run through the DevTools protocol: a strict policy of
    the page forbids Playwright's way of evaluating a text.
    """

    def __init__(self, page: PlaywrightPage) -> None:
        self.see = page
        self.session = page.context.new_cdp_session(page)
        self.events: list[tuple[str, dict[str, Any]]] = []
        for name in EVENTS:
            self.session.on(name, self._noted(name))
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def _noted(self, name: str) -> Callable[[dict[str, Any]], None]:
        return lambda event: self.events.append((name, event))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer to one command of the protocol."""
        return dict(self.session.send(method, parameters))

    def run(self, script: str) -> Any:
        """Return the value of an expression of the page, waited for where it is a promise."""
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def go(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self.see.goto(url, timeout=1000 * ANSWER_SECONDS)

    def wait(self, what: Callable[[], Any], seconds: float = ANSWER_SECONDS) -> None:
        """Wait until something holds; fail where it does not in time."""
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, self.text()
            self.see.wait_for_timeout(300)

    def text(self) -> str:
        """Return the text of the page as a person sees it."""
        return str(self.run("document.body ? document.body.innerText : ''"))

    def click(self, words: str) -> None:
        """Click the first button or link of these words, once it can be clicked."""
        self.see.locator("button, a").filter(has_text=words).locator("visible=true").first.click(
            timeout=1000 * ANSWER_SECONDS
        )

    def happened(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of all events of a kind so far."""
        self.run("0")  # takes in what has arrived
        return [event for name, event in self.events if name == method]

    def broken_rules(self) -> list[str]:
        """Return the rules of accessibility that axe-core finds broken, each with where."""
        found = Axe().run(self.see).response["violations"]
        return [
            f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:3])}"
            for rule in found
        ]


@contextmanager
def browser(*flags: str) -> Iterator[Callable[..., Page]]:
    """Yield what opens pages, each in a profile of its own, of one browser.

    It takes ``may_evaluate``: whether to set the pages' own policies aside, as axe-core needs it;
    what policies forbid is then not seen.

    Args:
        flags: more arguments of Chromium, such as ``--host-resolver-rules=...``.
    """
    assert PROGRAM is not None
    with sync_playwright() as playwright:
        # it starts neither as root nor in most containers with its sandbox; the pages are our own
        opened = playwright.chromium.launch(
            executable_path=PROGRAM, args=["--no-sandbox", "--disable-dev-shm-usage", *flags]
        )

        def page(*, may_evaluate: bool = False) -> Page:
            return Page(opened.new_context(viewport=WIDE, bypass_csp=may_evaluate).new_page())

        try:
            yield page
        finally:
            opened.close()
