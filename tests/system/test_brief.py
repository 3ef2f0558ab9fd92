"""Briefs in a browser: nothing leaves the page, nothing overflows, and the print is clean."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from fcm_migration.catalog.columns import FIVE
from fcm_migration.config import Home
from fcm_migration.reports.brief import write_brief
from tests.system.browser import CONTRAST, PROGRAM, Page

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on the PATH"),
]
MOST_PAGES = 6
WIDTHS = (1280, 390)
PRINTED_PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module", params=[*FIVE, None], ids=[*FIVE, "all"])
def brief(
    request: pytest.FixtureRequest,
    bundled_home: Home,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    target = tmp_path_factory.mktemp("briefs") / "brief.html"
    (written,) = write_brief(bundled_home.published, request.param, target)
    return written


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_brief_asks_for_nothing_and_fits(
    page: Page, brief: Path, width: int, scheme: str
) -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=900, deviceScaleFactor=1, mobile=width < 500,
    )  # fmt: skip
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", media="screen", features=features)
    page.events.clear()
    page.go(brief.as_uri())
    asked = [one["request"]["url"] for one in page.happened("Network.requestWillBeSent")]
    assert set(asked) <= {brief.as_uri()}
    assert not page.happened("Log.entryAdded")
    assert not page.happened("Runtime.consoleAPICalled")
    assert page.run("document.documentElement.scrollWidth") <= width
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")
    assert page.run(CONTRAST) == []
    shown = "[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width)"
    assert page.run(f"{shown}.length") > 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing(free: Page, brief: Path, width: int, scheme: str) -> None:
    free.see.set_viewport_size({"width": width, "height": 900})
    free.see.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    free.go(brief.as_uri())
    assert free.broken_rules() == []


def test_axe_would_find_a_fault(free: Page, tmp_path: Path) -> None:
    poor = tmp_path / "poor.html"
    poor.write_text("<p style='color:#ccc'>pale</p><img src='x.png'>", encoding="utf-8")
    free.go(poor.as_uri())
    rules = " ".join(free.broken_rules())
    assert "color-contrast" in rules
    assert "image-alt" in rules


def test_a_brief_prints_light_and_short_from_a_dark_screen(page: Page, brief: Path) -> None:
    page.call(
        "Emulation.setEmulatedMedia",
        media="",
        features=[{"name": "prefers-color-scheme", "value": "dark"}],
    )
    page.go(brief.as_uri())
    printed = page.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    pages = len(PRINTED_PAGE.findall(base64.b64decode(printed["data"])))
    assert 1 <= pages <= MOST_PAGES
    page.call(
        "Emulation.setEmulatedMedia",
        media="print",
        features=[{"name": "prefers-color-scheme", "value": "dark"}],
    )
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--chart-ink').trim()"
    assert page.run(ink) == "#16191D"


def test_the_command_prints_a_pdf(bundled_home: Home, tmp_path: Path) -> None:
    page, printed = write_brief(
        bundled_home.published, "Canada", tmp_path / "canada.html", is_pdf=True
    )
    assert page.name == "canada.html"
    content = printed.read_bytes()
    assert content.startswith(b"%PDF-")
    assert 1 <= len(PRINTED_PAGE.findall(content)) <= MOST_PAGES
