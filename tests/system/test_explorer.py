"""The explorer in a browser: its figures, links and files, by keyboard, on a phone, in print."""

from __future__ import annotations

import csv
import io
import re
import shutil
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts.labels import figure, period_words
from fcm_migration.reports.charts.scales import axis_values
from fcm_migration.reports.explorer import explorer_page
from fcm_migration.reports.pictures.naming import indicator_words
from tests.reports.explorer.editions import FORMULA, SECOND, hostile_file, revised_toy
from tests.system.browser import CONTRAST, PROGRAM, Page
from tests.toy import TOY
from tests.toy_home import FIRST

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on the PATH"),
]
NONE = "\u2013"
READY_MS, DRAW_MS = 700, 50
BOATS = "uk_small_boats/small_boat_arrivals/GBR/total/english_channel/all/all/M"
NEW = "unhcr_asylum_applications/asylum_applications_new/{code}/{origin}/all/all/all/A"
CLAIMS = "uk_asylum_claims/asylum_claims/GBR/{origin}/all/all/all/Q"
WEAK = "us_cbp_nationwide/nationwide_encounters/USA/total/all/all/all/M"
CHAD = "toy/asylum_claims/GBR/TCD/all/all/all/M"
ROWS = """
[...document.querySelectorAll('#table tbody tr')].map(row => [...row.cells].map(c => c.textContent))
"""
MEASURES = "performance.getEntriesByName('{name}').map(each => each.duration)"


def _written(published: Path, folder: Path, **given: Any) -> Path:
    file = folder / "explorer.html"
    with Connection(published) as connection:
        file.write_text(explorer_page(connection, **given), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def fcm(bundled_home: Home) -> Iterator[Connection]:
    with Connection(bundled_home.published) as connection:
        yield connection


@pytest.fixture(scope="module")
def file(bundled_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(bundled_home.published, tmp_path_factory.mktemp("explorer"))


def address(series: str, *beside: str, **others: str) -> str:
    """Return the part of a link that names a view."""
    parts = [("s", series), *(("with", other) for other in beside), *others.items()]
    return "#" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parts)


def of_series(fcm: Connection, table: str, series: str, *columns: str) -> pl.DataFrame:
    """Return the rows of a series in a table of the file, all columns or some."""
    return fcm.sql(f"SELECT * FROM {table} WHERE series_id = '{series}'").select(  # noqa: S608
        *(columns or ("*",))
    )


def opened(
    page: Page, file: Path, hash_: str = "", *, width: int = 1280, scheme: str = "light"
) -> Page:
    """Open a view anew and wait until it is drawn."""
    page.see.set_viewport_size({"width": width, "height": 900})
    page.see.emulate_media(media="screen", color_scheme="dark" if scheme == "dark" else "light")
    page.go("about:blank")
    page.events.clear()
    page.go(file.as_uri() + hash_)
    page.see.wait_for_selector("html[data-ready=yes]", timeout=20_000)
    return page


def told(page: Page, id_: str) -> str:
    return str(page.run(f"document.getElementById('{id_}').textContent"))


def settled(page: Page) -> None:
    """Wait until a choice just made is drawn."""
    page.see.wait_for_timeout(250)


def table(page: Page) -> list[list[str]]:
    """Return the rows of the table of figures, the newest first."""
    page.run("document.getElementById('figures').open = true")
    page.wait(lambda: page.run(f"{ROWS}.length > 0"), 10)
    return list(page.run(ROWS))


def saved(page: Page, button: str, folder: Path) -> Path:
    with page.see.expect_download(timeout=20_000) as waiting:
        page.see.click(f"#{button}")
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def silent(page: Page, file: Path) -> None:
    """Check that nothing was asked for but the file, and nothing said to the console."""
    asked = [one["request"]["url"] for one in page.happened("Network.requestWillBeSent")]
    strange = [url for url in asked if not url.startswith((file.as_uri(), "blob:", "about:"))]
    assert strange == []
    for kind in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
        assert page.happened(kind) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 340])
def test_it_opens_from_disk_without_a_word_and_fits(
    page: Page, file: Path, width: int, scheme: str
) -> None:
    opened(page, file, width=width, scheme=scheme)
    silent(page, file)
    assert page.run("document.documentElement.scrollWidth") <= width
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")
    assert page.run(CONTRAST) == []
    assert page.run("document.querySelectorAll('#drawing-one path').length") > 10
    assert told(page, "said") == page.run("document.getElementById('drawing').ariaLabel")


def test_it_is_ready_and_draws_in_time(page: Page, file: Path, fcm: Connection) -> None:
    ready = [opened(page, file).run(MEASURES.format(name="ready"))[0] for _ in range(5)]
    assert min(ready) < READY_MS
    some = fcm.sql("SELECT DISTINCT series_id FROM forecast.published ORDER BY 1 LIMIT 30")
    for series in some.to_series():
        page.run(f"location.hash = {address(series)!r}")
        settled(page)
    times = page.run(MEASURES.format(name="draw"))
    assert len(times) >= 30
    assert statistics.median(times) < DRAW_MS


@pytest.mark.parametrize("series", [BOATS, NEW.format(code="CAN", origin="MEX"),
                                    CLAIMS.format(origin="AFG")])  # fmt: skip
def test_figures_and_bounds_are_those_of_the_file(
    page: Page, file: Path, fcm: Connection, series: str
) -> None:
    rows = table(opened(page, file, address(series, years="all")))
    frequency = series[-1]
    known = of_series(fcm, "mart.series", series).rows(named=True)
    shown = {row[0]: row for row in rows}
    assert known
    for row in known:
        cells = shown[period_words(row["period_start"], frequency)]
        assert cells[1] == (NONE if row["value"] is None else figure(row["value"]))
        assert ("withheld" in cells[2]) == row["is_suppressed"]
        assert ("which means zero" in cells[2]) == row["is_implied_zero"]
    bounds = ("median", "lower_50", "upper_50", "lower_80", "upper_80", "lower_95", "upper_95")
    ahead = of_series(fcm, "forecast.published", series)
    for row in ahead.rows(named=True):
        cells = shown[period_words(row["target_period"], frequency)]
        assert cells[3:] == [figure(row[name]) for name in bounds]


def test_source_unit_release_and_record_stand_beside(
    page: Page, file: Path, fcm: Connection
) -> None:
    opened(page, file, address(BOATS))
    text = page.text()
    day = of_series(fcm, "mart.series_index", BOATS, "as_of_date").item()
    assert f"figures as of {day.day} {day:%B %Y}" in text
    assert "people a month" in text
    ahead = of_series(fcm, "forecast.published", BOATS).filter(pl.col("model") != "nowcast")
    row = ahead.sort("horizon").row(0, named=True)
    held = round(row["coverage_80"] * row["scored_forecasts"])
    assert f"held {held} of {row['scored_forecasts']} past figures" in told(page, "record")
    alerts = of_series(fcm, "trend.alerts", BOATS).filter("opens_episode").sort("period")
    assert alerts.item(-1, "headline") in told(page, "alerts")
    assert page.run("document.querySelectorAll('#dates li').length") >= 1


def test_the_axis_is_that_of_the_charts_grammar(page: Page, file: Path) -> None:
    opened(page, file, address(BOATS, years="all"))
    written = page.run(
        "[...document.querySelectorAll('#drawing-one text')].map(text => text.textContent)"
    )
    values = [int(text.replace(",", "")) for text in written if re.fullmatch(r"[\d,]+", text)]
    top = max(value for value in values if value != 2026)
    axis = [figure(value) for value in axis_values(top)]
    assert [text for text in written if text in axis][: len(axis)] == axis


def test_a_link_restores_its_view(opening: Callable[..., Page], file: Path, page: Page) -> None:
    opened(page, file)
    page.see.select_option("#country", label="Australia")
    settled(page)
    page.see.select_option("#indicator", label="New asylum applications (people)")
    settled(page)
    page.see.fill("#search", "cote d")
    page.see.select_option("#origin", label="Côte d'Ivoire")
    settled(page)
    page.see.click("#countries")
    settled(page)
    page.see.check("#measure-index")
    page.see.select_option("#years", "20")
    settled(page)
    link = page.run("document.getElementById('link').value")
    assert page.run("location.href") == link
    other = opening()
    other.go(link)
    other.see.wait_for_selector("html[data-ready=yes]", timeout=20_000)
    for each in ("heading", "said", "compared", "dates"):
        assert told(other, each) == told(page, each)
    drawing = "document.querySelector('#drawing-several svg').outerHTML"
    assert other.run(drawing) == page.run(drawing)
    assert other.run("document.getElementById('measure-index').checked")


@pytest.mark.parametrize(
    "hash_",
    [
        "#s=<script>alert(1)</script>&asof=x&as=__proto__&years=-1&with=constructor",
        "#s=%E0%A4%A&with=%00&as=toString",
        "#" + "&".join(["with=" + quote(BOATS, safe="")] * 50),
        "#s=" + "A" * 100_000,
        "#javascript:alert(1)",
    ],
)
def test_hostile_addresses_are_harmless(page: Page, file: Path, hash_: str) -> None:
    opened(page, file, hash_)
    silent(page, file)
    assert told(page, "heading") == "Small boat arrivals, United Kingdom"
    if "s=" in hash_[:4]:
        assert "not in this edition" in told(page, "notice")


def test_keys_alone_lead_everywhere(page: Page, file: Path) -> None:
    opened(page, file)
    keys = page.see.keyboard
    focus = "document.activeElement.id"

    def go_to(id_: str) -> None:
        for _ in range(40):
            if page.run(focus) == id_:
                return
            keys.press("Tab")
        raise AssertionError(f"no key leads to {id_}")

    go_to("skip")
    before = page.run("location.hash")
    keys.press("Enter")
    assert page.run(focus) == "heading"
    assert page.run("location.hash") == before
    page.run("document.getElementById('country').focus()")
    keys.type("Canada")
    settled(page)
    go_to("indicator")
    keys.type("New asylum applications (p")
    settled(page)
    go_to("search")
    keys.type("mexi")
    keys.press("ArrowDown")
    assert page.run(focus) == "origin"
    keys.press("ArrowDown")
    settled(page)
    assert told(page, "heading") == "New asylum applications, Canada, from Mexico"
    go_to("cursor")
    before = told(page, "read")
    keys.press("ArrowLeft")
    settled(page)
    assert told(page, "read") != before
    assert page.run("document.getElementById('cursor').ariaValueText") == told(page, "read")
    page.run("document.querySelector('#figures summary').focus()")
    keys.press("Enter")
    page.wait(lambda: page.run(f"{ROWS}.length > 0"), 10)
    go_to("countries")
    keys.press("Enter")
    settled(page)
    assert page.run("document.querySelectorAll('#compared li').length") == 4
    go_to("measure-figures")
    keys.press("ArrowDown")
    settled(page)
    assert page.run("document.getElementById('measure-rate').checked")
    assert "for every 100,000 inhabitants" in told(page, "said")


def test_rates_and_indices_are_computed_from_the_file(
    page: Page, file: Path, fcm: Connection
) -> None:
    one, two = NEW.format(code="CAN", origin="total"), NEW.format(code="NZL", origin="total")
    known = {
        code: of_series(fcm, "mart.series", NEW.format(code=code, origin="total")).drop_nulls(
            "value"
        )
        for code in ("CAN", "NZL")
    }
    values = {
        code: dict(rows.select(pl.col("period_start").dt.year(), "value").iter_rows())
        for code, rows in known.items()
    }
    counted = fcm.sql("SELECT country_code, year, population_persons FROM mart.population")
    people = {(code, year): count for code, year, count in counted.iter_rows()}
    rows = {row[0]: row for row in table(opened(page, file, address(one, two, **{"as": "rate"})))}
    expected = 100_000 * values["NZL"][2019] / people["NZL", 2019]
    assert float(rows["2019"][4]) == pytest.approx(expected, rel=0.005)
    assert rows["2019"][3] == figure(values["NZL"][2019])
    base = min(year for year in values["CAN"] if values["CAN"][year] and values["NZL"].get(year))
    rows = {row[0]: row for row in table(opened(page, file, address(one, two, **{"as": "index"})))}
    assert f"index ({base} = 100)" in told(page, "said")
    assert rows[str(base)][2] == rows[str(base)][4] == "100"
    expected = 100 * values["CAN"][2019] / values["CAN"][base]
    assert float(rows["2019"][2].replace(",", "")) == pytest.approx(expected, rel=0.01)


def test_different_counts_share_no_scale(page: Page, file: Path) -> None:
    events = "us_cbp_nationwide/nationwide_encounters/USA/total/all/all/all/M"
    opened(page, file, address(BOATS, events))
    for measure in ("figures", "rate"):
        assert page.run(f"document.getElementById('measure-{measure}').disabled")
    assert page.run("document.getElementById('measure-index').checked")
    assert "count different things" in told(page, "said")
    assert "never added" in told(page, "compare-note")
    labels = page.run("[...document.querySelectorAll('#drawing-several text')].length")
    assert labels > 8
    # another frequency is not drawn beside it, and that is said
    opened(page, file, address(BOATS, NEW.format(code="CAN", origin="total")))
    assert "another frequency" in told(page, "compare-note")
    assert page.run("document.getElementById('drawing-several').hidden")


def test_lines_are_told_apart_without_colour(page: Page, file: Path) -> None:
    codes = ("USA", "CAN", "GBR", "AUS", "NZL")
    first, *others = (NEW.format(code=code, origin="total") for code in codes)
    opened(page, file, address(first, *others))
    dashes = page.run(
        "[...document.querySelectorAll('#drawing-several .mark-line path')]"
        ".map(path => path.getAttribute('stroke-dasharray')).filter(Boolean)"
    )
    assert len(set(dashes)) == 5
    text = page.run("document.querySelector('#drawing-several svg').textContent")
    for name in ("United States", "Canada", "United Kingdom", "Australia", "New Zealand"):
        assert f"{name}:" in text or name.split()[0] in text


def test_the_files_open(page: Page, file: Path, fcm: Connection, tmp_path: Path) -> None:
    opened(page, file, address(BOATS, years="all"))
    made = saved(page, "csv", tmp_path).read_bytes()
    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"))))
    rows_known = of_series(fcm, "mart.series", BOATS, "period_start", "value").iter_rows()
    known = {str(day): value for day, value in rows_known}
    found = {row["period_start"]: int(row["Figure"]) for row in rows if row["Figure"]}
    assert {day: found[day] for day in known} == known
    assert {row["series_id"] for row in rows} == {BOATS}
    assert {row["unit"] for row in rows} == {"people a month"}
    drawing = saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    assert "var(" not in drawing
    assert "rgb(11, 95, 165)" in drawing
    assert "Small boat arrivals" in drawing
    assert "figures as of" in drawing
    other = opened(page, file)
    other.go((tmp_path / next(tmp_path.glob("*.svg")).name).as_uri())
    assert other.run("document.documentElement.tagName") == "svg"
    opened(page, file, address(BOATS))
    picture = saved(page, "png", tmp_path).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(picture[16:20], "big") > 1500
    assert len(picture) > 20_000


def test_axe_finds_nothing(opening: Callable[..., Page], file: Path) -> None:
    free = opening(may_evaluate=True)
    codes = ("USA", "CAN", "GBR", "AUS", "NZL")
    first, *others = (NEW.format(code=code, origin="total") for code in codes)
    for width, scheme, hash_ in ((1280, "light", ""), (390, "dark", address(first, *others))):
        table(opened(free, file, hash_, width=width, scheme=scheme))
        assert free.broken_rules() == []


def test_it_prints_light_from_a_dark_screen(page: Page, file: Path) -> None:
    opened(page, file, scheme="dark")
    page.see.emulate_media(media="print", color_scheme="dark")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--chart-ink').trim()"
    assert page.run(ink) == "#16191D"
    assert page.run("getComputedStyle(document.querySelector('.choice')).display") == "none"


def test_an_earlier_release_is_shown_as_it_stood(
    page: Page, published: Context, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = revised_toy(published, tmp_path_factory.mktemp("revised"))
    file = _written(home.home.published, tmp_path_factory.mktemp("asof"), sources=[TOY])
    opened(page, file, address(CHAD))
    page.see.select_option("#release", FIRST)
    settled(page)
    assert f"asof={FIRST}" in page.run("location.hash")
    assert "has 1 of these figures otherwise" in told(page, "said")
    assert "2 then, 7 now" in told(page, "said")
    newest, *others = table(page)
    assert newest[1:] == ["2", "7", "5", "revised since"]
    assert {row[4] for row in others} <= {"", "not printed, which means zero"}
    link = page.run("location.hash")
    said = told(page, "said")
    made = saved(page, "csv", tmp_path_factory.mktemp("csv")).read_bytes().decode("utf-8-sig")
    (row, *_rows) = csv.DictReader(io.StringIO(made))
    assert (row["as_of_date_shown"], row["as_of_date_newest"]) == (FIRST, SECOND)
    assert told(opened(page, file, link), "said") == said
    page.see.click("#largest")
    settled(page)
    assert "is no longer shown. A comparison is of the newest releases." in told(page, "notice")
    assert "asof" not in page.run("location.hash")
    opened(page, file, address(CHAD, asof="1999-01-01"))
    assert "not in this page" in told(page, "notice")


def test_periods_before_the_window_are_no_revisions(page: Page, file: Path) -> None:
    """The last five years of an earlier release begin before those of the newest."""
    events = "us_cbp_nationwide/nationwide_encounters/USA/total/all/all/all/M"
    opened(page, file, address(events, asof="2023-11-14", years="5"))
    rows = table(page)
    then = [row for row in rows if row[1] != NONE]
    assert len(then) == 48
    assert all(row[2] != NONE for row in then)
    changed = [row for row in rows if row[4] == "revised since"]
    said = told(page, "said")
    assert f"has {len(changed)} of these" in said if changed else "changed none of these 48" in said


def test_hostile_labels_stay_text(
    page: Page, published: Context, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    edition = hostile_file(published, tmp_path_factory.mktemp("hostile"))
    file = _written(edition, tmp_path, sources=[TOY])
    opened(page, file, address(CHAD))
    silent(page, file)
    table(page)
    assert page.run("document.querySelectorAll('img').length") == 0
    assert "onerror" in told(page, "heading")
    assert page.run("document.title") != "harmed"
    assert page.run("document.querySelectorAll('#facts a').length") == 0
    page.see.click("#largest")
    settled(page)
    made = saved(page, "csv", tmp_path).read_bytes().decode("utf-8-sig")
    (head, *_rows) = list(csv.reader(io.StringIO(made)))
    assert any(cell.startswith(f"'{FORMULA[:10]}") for cell in head)
    assert not any(cell.startswith(("=", "+", "@")) for cell in head)


def test_without_scripts_it_says_so(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert 'id="waiting">The figures are being unpacked. This page needs scripts' in text


def _parts(fcm: Connection, *series: str) -> list[str]:
    """Return words of every part of the series' keys that narrows them."""
    names = dict(fcm.sql("SELECT country_code, country_name FROM meta.countries").iter_rows())
    found = []
    for key in series:
        _source, indicator, destination, origin, *details, _frequency = key.split("/")
        narrow = [one for one in (destination, origin, *details) if one not in ("total", "all")]
        said = [names.get(one, one.replace("_", " ")) for one in narrow]
        found += [indicator_words(indicator), *said]
    return found


LAND = "us_cbp_sbo/land_border_encounters/USA/{origin}/southwest_land_border/all/{group}/M"


@pytest.mark.parametrize(
    "series",
    [
        [NEW.format(code=code, origin="HTI") for code in ("CAN", "USA")],
        [NEW.format(code="CAN", origin=origin) for origin in ("NGA", "HTI", "IND")],
        [LAND.format(origin=origin, group="all") for origin in ("MEX", "total")],
        [LAND.format(origin="total", group=group) for group in ("family_units", "single_adults")],
        [NEW.format(code="CAN", origin="HTI"), NEW.format(code="USA", origin="NGA")],
    ],
)
def test_a_comparison_names_every_part_of_its_series(
    page: Page, file: Path, fcm: Connection, tmp_path: Path, series: list[str]
) -> None:
    opened(page, file, address(*series))
    parts = [words.lower() for words in _parts(fcm, *series)]
    heading, said = told(page, "heading"), told(page, "said")
    made = saved(page, "csv", tmp_path)
    columns = " ".join(next(csv.reader(io.StringIO(made.read_bytes().decode("utf-8-sig")))))
    drawing = saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    label = page.run("document.getElementById('drawing').ariaLabel")
    for words in parts:
        for text in (heading, said, label, columns, drawing):
            assert words in text.lower()
        assert re.sub(r"[^a-z0-9]+", "-", words) in made.name.lower()
        assert words in told(page, "read").lower()
    if any("/total/" in one for one in series) and any("/MEX/" in one for one in series):
        assert heading.endswith(": Mexico and all origins together")


def test_one_series_alone_has_no_scale_to_choose(page: Page, file: Path) -> None:
    opened(page, file, address(BOATS, **{"as": "index"}))
    assert "as=" not in page.run("location.hash")
    assert "add a second series" in told(page, "notice")
    assert "Add a second series to choose a scale." in told(page, "compare-note")
    one, two = (NEW.format(code=code, origin="total") for code in ("CAN", "NZL"))
    opened(page, file, address(one, two, **{"as": "rate"}))
    assert "as=rate" in page.run("location.hash")
    page.see.click("#compared button")
    settled(page)
    assert "as=" not in page.run("location.hash")
    assert page.run("document.getElementById('measure-figures').checked")
    for measure in ("rate", "index"):
        assert page.run(f"document.getElementById('measure-{measure}').disabled")


def test_what_is_read_off_has_its_unit(page: Page, file: Path, fcm: Connection) -> None:
    one, two = (NEW.format(code=code, origin="total") for code in ("CAN", "NZL"))
    for measure, unit in (
        ("figures", "people a year"),
        ("rate", "people for every 100,000 inhabitants"),
        ("index", "index ("),
    ):
        opened(page, file, address(one, two, **{"as": measure}))
        assert re.match(rf"\d{{4}}, {re.escape(unit)}", told(page, "read"))
        assert unit in told(page, "said").split(". ")[1]
    opened(page, file, address(NEW.format(code="CAN", origin="MEX")))
    keys = page.see.locator("#cursor")
    keys.press("End")
    settled(page)
    assert re.search(r"forecast [\d,]+ people a year", told(page, "read"))
    assert re.search(r"[\d,]+ people a year in the middle", told(page, "said"))
    events = "us_cbp_nationwide/nationwide_encounters/USA/total/all/all/all/M"
    opened(page, file, address(events, asof="2023-11-14"))
    assert re.search(r"[\d,]+ events in the release of 14 November 2023", told(page, "read"))
    assert "are of the newest release only" in told(page, "said")


def test_old_figures_and_forecasts_that_are_over_are_said(
    page: Page, file: Path, fcm: Connection, tmp_path: Path
) -> None:
    over = fcm.sql(
        "SELECT p.series_id, s.freshness FROM forecast.published p JOIN meta.status s "
        "USING (source_id) WHERE p.destination_iso3 = 'GBR' AND s.freshness = 'stale' "
        "GROUP BY ALL HAVING bool_and(p.target_is_over) ORDER BY 1 LIMIT 1"
    ).item(0, 0)
    opened(page, file, address(over))
    assert re.fullmatch(
        r"▲ The newest (complete )?figure is \d+ months old; newer ones are overdue\.",
        told(page, "age"),
    )
    end = of_series(fcm, "forecast.published", over)["target_period"].max()
    assert end is not None
    drawing = saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    for text in (told(page, "said"), drawing):
        assert "No forecast of the time to come: the forecast ends in" in text
        assert "which is over" in text
        assert "newer ones are overdue" in text
        assert "Forecast for" not in text
    fresh = NEW.format(code="CAN", origin="MEX")
    opened(page, file, address(fresh))
    assert told(page, "age") == ""
    assert "No forecast of the time to come" not in told(page, "said")


def test_inhabitants_of_another_year_are_said(
    page: Page, file: Path, fcm: Connection, tmp_path: Path
) -> None:
    one, two = (NEW.format(code=code, origin="total") for code in ("CAN", "NZL"))
    counted = fcm.sql("FROM mart.population").filter(pl.col("country_code").is_in(["CAN", "NZL"]))
    last = counted["year"].max()
    shown = of_series(fcm, "mart.series", one)["period_start"].max()
    assert shown is not None
    assert shown.year > last
    opened(page, file, address(one, two, **{"as": "rate"}))
    words = rf"Inhabitants: World Bank, as of [^;]+; those of {last} are used for [^.]*{shown.year}"
    assert re.search(words, told(page, "said"))
    assert "Source of the inhabitants" in told(page, "facts")
    assert f"inhabitants of {last}" in table(page)[0][-1]
    assert f"inhabitants of {last}" in told(page, "read")
    made = saved(page, "csv", tmp_path).read_bytes().decode("utf-8-sig")
    row = list(csv.DictReader(io.StringIO(made)))[-1]
    people = counted.filter(country_code="CAN", year=last)["population_persons"].item()
    assert row["inhabitants, Canada"] == str(people)
    assert row["inhabitants_year, Canada"] == str(last)
    assert "World Bank" in row["inhabitants_source"]
    assert row["inhabitants_as_of"] == str(counted["as_of_date"].max())
    assert "people for every 100,000 inhabitants" in row["unit"]
    figures = {name: value for name, value in row.items() if name.startswith("Canada, ")}
    counted_, rate = figures.values()
    assert float(rate) == round(100_000 * int(counted_) / people, 2)
    opened(page, file, address(one, two))
    assert "inhabitants" not in saved(page, "csv", tmp_path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def weak_file(bundled_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an edition in which one record was made weak by hand, and another strong."""
    folder = tmp_path_factory.mktemp("weak")
    copy = folder / "published.duckdb"
    shutil.copyfile(bundled_home.published, copy)
    with duckdb.connect(str(copy)) as connection:
        for series, held in ((WEAK, 9 / 24), (BOATS, 20 / 24)):
            connection.execute(
                "UPDATE computed.forecast_published SET coverage_80 = ?, scored_forecasts = 24, "
                "record_since = DATE '2021-01-01', relative_wis = 0.9, beats_benchmark = true "
                "WHERE series_id = ? AND model <> 'nowcast'",
                [held, series],
            )
    return _written(copy, folder)


def test_a_weak_record_warns(page: Page, weak_file: Path, tmp_path: Path) -> None:
    words = "the range meant for 8 in 10 held 9 of 24 past figures: do not rely on it."
    opened(page, weak_file, address(WEAK))
    assert words in told(page, "said")
    assert words in saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    opened(page, weak_file, address(BOATS))
    assert "20 of 24" in page.text()
    assert "do not rely on it" not in page.text()


def test_a_drawing_explains_itself(page: Page, file: Path, tmp_path: Path) -> None:
    opened(page, file, address(BOATS))
    drawing = saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    shown = page.run("[...document.querySelectorAll('#key li')].map(item => item.textContent)")
    assert len(shown) > 5
    for words in (*shown, "Forecast and alerts computed by fcm-migration, not official."):
        assert words in drawing
    assert "Source of the figures: UK Home Office, figures as of" in drawing
    assert re.search(r"Edition,? .*\d{1,2} \w+ \d{4}", drawing)
    assert "var(" not in drawing
    # a comparison has no forecast to explain
    one, two = (NEW.format(code=code, origin="total") for code in ("CAN", "NZL"))
    opened(page, file, address(one, two))
    drawing = saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    assert "forecast, middle" not in drawing
    assert "not official" in drawing


def test_an_incomplete_period_says_so(page: Page, file: Path, fcm: Connection) -> None:
    ahead = of_series(fcm, "forecast.published", BOATS).filter(model="nowcast")
    counted, day = ahead.select("counted_so_far", "counted_to_date").row(0)
    opened(page, file, address(BOATS))
    last = of_series(fcm, "mart.series", BOATS).drop_nulls("value")["period_start"].max()
    assert told(page, "read").startswith(f"{last:%B %Y}:")
    page.see.locator("#cursor").press("ArrowRight")
    settled(page)
    expected = f"{counted:,} people counted to {day.day} {day:%B %Y}; the month is not complete"
    assert expected in told(page, "read")
    rows = {row[0]: row for row in table(page)}
    assert f"to {day.day} {day:%B %Y}; the month is not complete" in rows[f"{day:%B %Y}"][2]


def test_origins_are_found_by_codes_and_other_names(page: Page, file: Path) -> None:
    opened(page, file, address(NEW.format(code="CAN", origin="HTI")))
    for typed, name in (
        ("Turkey", "T\u00fcrkiye"), ("ivory coast", "C\u00f4te d'Ivoire"), ("Burma", "Myanmar"),
        ("swaziland", "Eswatini"), ("MEX", "Mexico"), ("UK", "United Kingdom"),
        ("usa", "United States"), ("drc", "Democratic Republic of the Congo"),
    ):  # fmt: skip
        page.see.fill("#search", typed)
        page.see.locator("#search").press("Enter")
        settled(page)
        chosen = page.run("document.getElementById('origin').selectedOptions[0].textContent")
        assert chosen == name
        assert f"from {chosen}" in told(page, "heading")
    page.see.fill("#search", "xyzzy")
    page.see.locator("#search").press("Enter")
    assert told(page, "found") == f"None found; {chosen} stays chosen"


def test_the_largest_origins_are_places_and_say_when(page: Page, file: Path) -> None:
    opened(page, file, address(NEW.format(code="CAN", origin="HTI")))
    page.see.click("#largest")
    settled(page)
    assert re.search(r"The largest other origins by the figures of \d{4}", told(page, "notice"))
    heading = told(page, "heading").lower()
    for group in ("unknown", "other", "all origins"):
        assert group not in heading
    opened(page, file, address(BOATS))
    page.see.click("#countries")
    settled(page)
    assert told(page, "notice") == "No other country counts this: small boat arrivals."
    order = "document.querySelector('#notice').compareDocumentPosition({0}) & 4"
    assert page.run(order.format("document.querySelector('#heading')")) == 4
    box = page.see.locator("#notice").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 800  # in view, although the button is far below the heading
