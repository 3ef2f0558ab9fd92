"""The site in a browser: from disk and from a plain server, it asks for nothing else and fits."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page as PlaywrightPage

from fcm_migration.config import Home
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.site import write_site
from fcm_migration.reports.site.pages import PAGES
from tests.reports.site.crawling import assert_links_resolve
from tests.reports.site.test_site import MARKUP, hostile_file
from tests.system.browser import CONTRAST, PROGRAM, Page

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on the PATH"),
]
NAMES = [one.file for one in PAGES]
WIDTHS = (1280, 340)
HAITI = """
SELECT "value" FROM mart.series
WHERE series_id = 'unhcr_asylum_applications/asylum_applications_new/CAN/HTI/all/all/all/A'
ORDER BY period_start DESC LIMIT 1
"""
OPENED = "document.querySelectorAll('details').forEach(one => one.open = true)"
# elements that stick out of the page, but those in a box that scrolls
WIDER = """
[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') &&
  e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
  getComputedStyle(e).clipPath === 'none' && !e.closest('thead')
).map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 40)).slice(0, 5)
"""


@pytest.fixture(scope="module")
def site(bundled_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    write_site(bundled_home.published, folder)
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """The standard library's server of files, without its log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The address of the folder on a server that knows nothing of it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def as_on_a_phone(page: Page) -> None:
    """Show the page on a narrow screen, whatever an earlier test has set."""
    page.call("Emulation.setEmulatedMedia", media="screen", features=[])
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=340, height=900, deviceScaleFactor=1, mobile=True,
    )  # fmt: skip


def assert_silent(page: Page, url: str) -> None:
    """Open a page; fail where it asks for anything else or leaves a message."""
    page.events.clear()
    page.go(url)
    asked = {one["request"]["url"] for one in page.happened("Network.requestWillBeSent")}
    assert asked <= {url}
    for kind in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
        assert not page.happened(kind)


@pytest.mark.parametrize("way", ["disk", "server"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_for_nothing_and_links_lead_on(
    page: Page, site: Path, served: str, name: str, way: str
) -> None:
    base = site.as_uri() if way == "disk" else served
    assert_silent(page, f"{base}/{name}")
    after = PAGES[(NAMES.index(name) + 1) % len(PAGES)]
    page.see.get_by_role("navigation").get_by_role("link", name=after.name, exact=True).click()
    page.see.wait_for_url(f"{base}/{after.file}")
    current = page.run("document.querySelector('nav [aria-current=page]').textContent")
    assert current == after.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_and_can_be_read(
    page: Page, site: Path, name: str, width: int, scheme: str
) -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=900, deviceScaleFactor=1, mobile=width < 500,
    )  # fmt: skip
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", media="screen", features=features)
    page.go((site / name).as_uri())
    page.run(OPENED)
    assert page.run(WIDER) == []
    assert page.run("document.documentElement.scrollWidth") <= width
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")
    assert page.run(CONTRAST) == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(free: Page, site: Path, name: str, width: int, scheme: str) -> None:
    free.see.set_viewport_size({"width": width, "height": 900})
    free.see.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    free.go((site / name).as_uri())
    free.run(OPENED)
    assert free.broken_rules() == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_prints_light_and_without_its_navigation(page: Page, site: Path, name: str) -> None:
    page.go((site / name).as_uri())
    page.call(
        "Emulation.setEmulatedMedia",
        media="print",
        features=[{"name": "prefers-color-scheme", "value": "dark"}],
    )
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_every_link_leads_somewhere(site: Path) -> None:
    assert assert_links_resolve(site) >= len(PAGES) + 6


def test_a_file_downloads_with_the_figures_of_the_database(
    opening: Callable[..., Page], served: str, bundled_home: Home, tmp_path: Path
) -> None:
    page = opening()
    page.go(f"{served}/downloads.html")
    with Connection(bundled_home.published) as fcm:
        asked = fcm.sql("FROM main.newest_figures")
    read = {
        "newest_figures.parquet": pl.read_parquet,
        "newest_figures.csv": partial(pl.read_csv, schema=asked.schema),
    }
    for name, reader in read.items():
        with page.see.expect_download() as waiting:
            page.see.get_by_role("link", name=name, exact=True).click()
        path = tmp_path / name
        waiting.value.save_as(path)
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page.text()
        assert reader(path).equals(asked)


def test_a_journey_of_ten_steps(
    opening: Callable[..., Page], served: str, bundled_home: Home, tmp_path: Path
) -> None:
    """From the start page to a figure, its comparison, its files and the edition it is from."""
    page = opening()
    see = page.see
    with Connection(bundled_home.published) as fcm:
        edition = fcm.edition.edition_id
        ((haiti,),) = fcm.sql(HAITI).rows()

    page.go(f"{served}/index.html")  # 1: what there is, and of which edition
    assert edition in page.text()
    see.get_by_role("link", name="Canada", exact=True).click()  # 2: a country's brief
    see.wait_for_url("**/briefs/brief_CAN.html")
    see.go_back()
    menu(see, "Explorer")  # 3: every series
    see.wait_for_selector("html[data-ready=yes]")
    see.select_option("#country", label="Canada")  # 4: one of them
    see.select_option("#indicator", label="New asylum applications (people)")
    see.fill("#search", "Haiti")  # 5: an origin, by its name
    see.press("#search", "Enter")
    see.wait_for_function("() => document.querySelector('#heading').textContent.includes('Haiti')")
    assert f"{haiti:,}" in see.inner_text("#said")
    see.get_by_role("button", name="Beside the other countries").click()  # 6: compared
    see.wait_for_selector("#drawing-several svg")
    assert "people from Haiti" in see.inner_text("#heading")
    with see.expect_download() as waiting:  # 7: taken along
        see.get_by_role("button", name="Figures as CSV").click()
    waiting.value.save_as(tmp_path / "figures.csv")
    assert str(haiti) in (tmp_path / "figures.csv").read_text(encoding="utf-8-sig")
    other = opening()  # 8: sent to somebody else
    other.go(see.input_value("#link"))
    other.see.wait_for_selector("html[data-ready=yes]")
    assert other.see.inner_text("#heading") == see.inner_text("#heading")
    menu(see, "Sources")  # 9: who says so, and under which licence
    assert "UNHCR" in see.inner_text("main")
    menu(see, "Changes")  # 10: what is new in this edition
    assert "There is no earlier edition with other figures" in see.inner_text("main")


def menu(see: PlaywrightPage, name: str) -> None:
    """Go to another page of the site."""
    see.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    see.wait_for_load_state()


def test_hostile_labels_do_nothing(page: Page, published: Context, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write_site(hostile_file(published, tmp_path), folder)
    as_on_a_phone(page)
    for name in NAMES:
        assert_silent(page, (folder / name).as_uri())
        page.run(OPENED)
        assert page.run(WIDER) == []
        assert page.run("document.documentElement.scrollWidth") <= 340
        if name == "sources.html":
            assert MARKUP in page.text()  # as a text to be read
