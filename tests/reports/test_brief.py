"""A brief says what the published file says, and nothing that a label smuggles in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.wording import MEASURES, ROUTES, measure_words
from fcm_migration.config import Home
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish.brief_words import SAID, THREEFOLD, age_words, change_on, period_words
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.brief import brief_file, brief_page, pdf, write_brief, write_briefs
from fcm_migration.reports.brief.reading import country_code
from fcm_migration.reports.charts.labels import figure
from tests.reports.brief_html import assert_well_made, parsed

MARKUP = "<script>alert(1)</script>"
TURNED = "\u202eevil\u202c"
FORMULA = '=HYPERLINK("https://x.example")'
QUOTED = "\" onload='alert(1)' x=\""


@pytest.fixture(scope="module")
def fcm(published: Context) -> Iterator[Connection]:
    with Connection(published.home.published) as connection:
        yield connection


@pytest.fixture(scope="module")
def page(fcm: Connection) -> str:
    return brief_page(fcm, ("GBR",), is_all=False)


def test_the_page_is_alone_harmless_and_in_order(page: str, fcm: Connection) -> None:
    assert_well_made(page)
    assert_well_made(brief_page(fcm, ("GBR", "CAN"), is_all=True))


def test_each_figure_is_that_of_the_file(page: str, fcm: Connection) -> None:
    root = parsed(page)
    said = [one.text for one in root.every("p", data_view="sentences")]
    assert said == fcm.sql("SELECT sentence FROM brief.sentences").to_series().to_list()
    shown = [row.cells() for row in root.every("tr", data_view="corridors")]
    rows = fcm.sql("FROM brief.corridors").rows(named=True)
    assert [cells[0] for cells in shown] == [row["origin"] for row in rows]
    for cells, row in zip(shown, rows, strict=True):
        assert cells[1].startswith(figure(row["last_12_months"]))
        before = row["twelve_months_before"]
        assert cells[2] == ("not known" if before is None else figure(before))
        assert ("not known" in cells[1]) == bool(row["unknown_periods"])
        assert cells[6] == f"{figure(row['next_lower_80'])} to {figure(row['next_upper_80'])}"
    text = root.every("main")[0].text
    main = fcm.sql("FROM brief.main_series").row(0, named=True)
    assert f"{main['value']:,} people, {main['change_words']}" in text
    assert f"{main['year_to_date']:,} people, +27%" in text
    record = [row.cells() for row in root.every("tr", data_view="forecast_record")]
    known = fcm.sql("SELECT * FROM brief.forecast_record WHERE horizon IN (1, 2, 3, 6, 9, 12)")
    assert [cells[1] for cells in record] == [
        f"{row['held']} of {row['scored_forecasts']}" for row in known.rows(named=True)
    ]


def test_what_is_not_known_is_said_and_never_a_nought(page: str) -> None:
    text = parsed(page).every("main")[0].text
    assert "There is no earlier edition with other figures to compare this one with" in text
    assert "No figures on protection are held." in text
    assert "Nothing can be said about what policies did." in text
    assert "Old figures" in text
    assert "11 months before this edition" in text


def test_briefs_are_written_for_whom_there_are_figures_and_no_old_one_stays(
    published: Context, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(published.home.published_dir, home.published_dir)
    old = home.reports / "brief_NZL.html"
    old.parent.mkdir()
    old.write_text("of an earlier edition", encoding="utf-8")
    made = write_briefs(home)
    assert [path.name for path in made.written] == ["brief_GBR.html", "brief_five_countries.html"]
    assert not old.exists()
    assert made.left_out == tuple(
        f"{code}: the edition has no figure" for code in FIVE if code != "GBR"
    )
    (sentences,) = made.sentences.values()
    assert sentences[0] in made.written[0].read_text(encoding="utf-8")
    assert sorted(path.name for path in home.reports.iterdir()) == sorted(
        path.name for path in made.written
    )


def test_a_country_without_figures_is_refused_alone_and_named_among_others(
    fcm: Connection, published: Context
) -> None:
    with pytest.raises(UsageError, match="no figure to make a brief of"):
        brief_page(fcm, ("NZL",), is_all=False)
    together = brief_page(fcm, ("NZL", "GBR"), is_all=True)
    assert "There is no figure of NZL in this edition" in together
    with pytest.raises(UsageError, match=r"no brief of this country.*GBR"):
        brief_file(published.home.published, "Atlantis")


@pytest.mark.parametrize("given", ["NZL", "nzl", "NZ", " new zealand "])
def test_a_country_is_named_as_people_name_it(given: str) -> None:
    assert country_code(given, {"NZL": "New Zealand"}) == "NZL"


def test_hostile_labels_stay_text(published: Context, tmp_path: Path) -> None:
    file = tmp_path / "fcm_migration.duckdb"
    shutil.copyfile(published.home.published, file)
    file.chmod(0o600)
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE meta.countries SET country_name = ? || country_code", [MARKUP])
        connection.execute(
            "UPDATE meta.sources SET title = ?, publisher = ?, attribution = ?, "
            "landing_url = 'javascript:alert(1)'",
            [TURNED, QUOTED, FORMULA],
        )
    for code in ("GBR", None):
        (written,) = write_brief(file, code, tmp_path / "brief.html")
        page = written.read_text(encoding="utf-8")
        assert_well_made(page)
        assert "<script" not in page
        assert "javascript:" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;" in page
        assert QUOTED.split()[0] in parsed(page).text


def test_an_edition_from_before_there_were_briefs_is_named(
    published: Context, tmp_path: Path
) -> None:
    file = tmp_path / "fcm_migration.duckdb"
    shutil.copyfile(published.home.published, file)
    file.chmod(0o600)
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP SCHEMA brief CASCADE")
    with pytest.raises(EditionError, match="older than briefs"):
        write_brief(file, "GBR", tmp_path / "brief.html")


def test_without_a_browser_nothing_is_written_and_the_way_is_said(
    published: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"no browser was found.*open the HTML file"):
        write_brief(published.home.published, "GBR", tmp_path / "brief.html", is_pdf=True)
    assert not list(tmp_path.iterdir())


def test_a_browser_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / pdf.BROWSERS[0]
    browser.write_text("#!/bin/sh\necho 'no display' >&2\nexit 3\n", encoding="utf-8")
    browser.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    page = tmp_path / "brief.html"
    page.write_text("<p>", encoding="utf-8")
    with pytest.raises(UsageError, match=r"did not print.*no display"):
        pdf.print_pdf(page, tmp_path / "brief.pdf")


def test_a_series_is_named_as_headlines_name_it(fcm: Connection) -> None:
    """The SQL of the words and :func:`.measure_words` say the same of every watched measure."""
    names = dict(fcm.sql("SELECT country_code, country_name FROM meta.countries").iter_rows())
    checked = 0
    for row in fcm.sql(SAID).rows(named=True):
        if row["indicator"] in MEASURES:
            assert row["what"] == measure_words(
                row["indicator"], destination=row["destination_iso3"], origin="total",
                route=row["route"], place="all", names=names,
            )  # fmt: skip
            checked += 1
    assert checked >= len(MEASURES) * len(ROUTES)


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [
        (44, 100, "down 56% on 2024 (100)"),
        (1000, 1052, "down 4.9% on 2024 (1,052)"),
        (299, 100, "up 199% on 2024 (100)"),
        (int(THREEFOLD * 100), 100, "3.0 times 2024 (100)"),
        (1001, 1000, "about the same as in 2024 (1,000)"),
        (5, 0, "after none in 2024"),
        (0, 5, "down from 5 in 2024"),
        (5, None, None),
    ],
)
def test_changes_are_said_as_people_say_them(value: int, before: int | None, said: str) -> None:
    sql = change_on(str(value), "NULL::BIGINT" if before is None else str(before), "'2024'")
    assert duckdb.sql(f"SELECT {sql}").fetchall() == [(said,)]


def test_periods_and_ages_in_words() -> None:
    asked = [
        (period_words("DATE '2024-07-01'", f"'{frequency}'"), said)
        for frequency, said in (("M", "July 2024"), ("Q", "the third quarter of 2024"))
    ]
    asked += [
        (age_words(str(months)), said)
        for months, said in (
            (0, "less than a month"), (1, "1 month"), (23, "23 months"), (24, "2 years"),
            (37, "3 years and 1 month"), (46, "3 years and 10 months"),
        )
    ]  # fmt: skip
    for sql, said in asked:
        assert duckdb.sql(f"SELECT {sql}").fetchall() == [(said,)]
