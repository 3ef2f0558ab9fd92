"""Print a page as PDF with Chromium, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from fcm_migration.errors import UsageError
from fcm_migration.outfile import write_bytes

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
)  # fmt: skip
SECONDS = 120
BY_HAND = "open the HTML file in any browser and print it to a file"


def find_browser() -> str:
    """Return the path of a browser that prints.

    Raises:
        UsageError: none is found.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise UsageError(
        "no browser was found that could print the brief as PDF",
        expected=f"one of {', '.join(BROWSERS)} on the PATH",
        remedy=f"install Chromium, or {BY_HAND}",
    )


def print_pdf(page: Path, target: Path) -> None:
    """Print a page of this package as PDF; it has no script and loads nothing.

    Raises:
        UsageError: no browser is found, or it does not print.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="fcm-brief-") as folder:
        made = Path(folder) / "brief.pdf"
        command = [
            browser, "--headless", "--disable-gpu", "--no-pdf-header-footer",
            "--disable-extensions", "--disable-background-networking", "--no-first-run",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium has none for root
        try:
            done = subprocess.run(  # noqa: S603 (a browser from the PATH, with a file of ours)
                [*command, page.resolve().as_uri()],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _not_printed(browser, f"nothing after {SECONDS} seconds") from error
        if done.returncode or not made.exists():
            lines = done.stderr.strip().splitlines()
            raise _not_printed(browser, lines[-1] if lines else f"exit code {done.returncode}")
        write_bytes(target, made.read_bytes())


def _not_printed(browser: str, got: str) -> UsageError:
    return UsageError(
        "the browser did not print the brief as PDF; the HTML file is written",
        where=browser,
        got=got,
        remedy=BY_HAND,
    )
