"""The publisher's two real workbooks: every figure is what another reading of the file says.

The other reading takes the worksheets' XML as text, apart from this project's reader, parser and
declarations: cells by their address, fiscal years filled down, labels written out below.
"""

from __future__ import annotations

import html
import re
import zipfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import BUNDLED_DIR, REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.review import quarantined
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import TOTAL, Parsed
from fcm_migration.sources.us_cbp import sbo
from fcm_migration.sources.us_ohss.monthly import SOURCE
from fcm_migration.sources.us_ohss.monthly_grid import read_grid
from fcm_migration.workbook import read_workbook
from tests.sources.reading import figure, read

pytestmark = pytest.mark.shared_data

NAMES = {
    "july": "2024_1108_ohss_immigration-enforcement-and-legal-processes-tables-july-2024.xlsx",
    "august": "2024_1206_ohss_immigration-enforcement-and-legal-processes-tables-august-2024.xlsx",
}
MONTHS = {"july": 130, "august": 131}
CALENDAR = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# Columns C to R of the sheet of types, as the core table calls them.
TYPES = (
    *("Total Repatriations", "Total Title 8 Repatriations", "Title 8 Enforcement Repatriations"),
    *("Title 42 Expulsions", "Total Removals", "Expedited Removals"),
    *("Reinstatements of Removal Orders", "Other Removals", "Total Enforcement Returns"),
    *("Enforcement Withdrawals", "Voluntary Returns", "Voluntary Departures"),
    *("Other Enforcement Returns", "Total Administrative Returns"),
    *("Administrative Withdrawals", "Crew Members Detained"),
)
# Sheets of removals and returns by citizenship, and the type each is of.
BY_CITIZENSHIP = {
    "DHS Removals by Citizenship": "Total Removals",
    "DHS Enf Returns by Citizenship": "Total Enforcement Returns",
    "DHS Adm Returns by Citizens": "Total Administrative Returns",
}
REFERRED = {
    "SWB CF Filed by Citp": "Southwest Border",
    "Nationwide CF Filed by Citp": "Nationwide",
}
COMPLETED = {
    "SWB CF Completed by Result": "Southwest Border",
    "Nationwide CF by Result": "Nationwide",
}
Figures = dict[tuple[object, ...], int | None]


@cache
def cells(path: Path) -> dict[str, dict[str, str]]:
    """Every sheet's filled cells by address, read from the XML."""
    with zipfile.ZipFile(path) as archive:
        part = {name: archive.read(name).decode() for name in archive.namelist() if "xml" in name}
    shared = [
        html.unescape("".join(re.findall(r"<t[^>]*>([^<]*)</t>", item)))
        for item in re.findall(r"<si>(.*?)</si>", part["xl/sharedStrings.xml"], re.DOTALL)
    ]
    targets = {
        identifier: target
        for relation in re.findall(r"<Relationship [^>]*>", part["xl/_rels/workbook.xml.rels"])
        for identifier in re.findall(r' Id="([^"]+)"', relation)
        for target in re.findall(r' Target="([^"]+)"', relation)
    }
    sheets = re.findall(r'<sheet [^>]*name="([^"]+)"[^>]*r:id="([^"]+)"', part["xl/workbook.xml"])
    book = {}
    for name, identifier in sheets:
        found = re.findall(
            r'<c r="([A-Z]+\d+)"([^>]*)><v>([^<]*)</v></c>', part[f"xl/{targets[identifier]}"]
        )
        book[html.unescape(name)] = {
            address: shared[int(value)] if 't="s"' in attributes else value
            for address, attributes, value in found
        }
    return book


def rows(path: Path, name: str) -> tuple[list[str], list[tuple[int, str, list[str]]]]:
    """A sheet's labels, and year, month and figures of each row of a month or a fiscal year."""
    sheet = cells(path)[name]
    letters = [chr(ord("A") + n) for n in range(26)] + [f"A{chr(ord('A') + n)}" for n in range(26)]
    top = next(row for row in range(1, 9) if sheet.get(f"A{row}") == "Fiscal Year")
    columns = [letter for letter in letters[2:] if f"{letter}{top}" in sheet]
    labels = [sheet[f"{letter}{top}"] for letter in columns]
    year, row, found = 0, top + 1, []
    while f"B{row}" in sheet:
        year = int(sheet.get(f"A{row}", str(year))[:4])
        figures = [sheet[f"{letter}{row}"] for letter in columns]
        found.append((year, sheet[f"B{row}"], figures))
        row += 1
    return labels, found


def month_of(fiscal_year: int, month: str) -> date:
    number = CALENDAR.index(month) + 1
    return date(fiscal_year - 1 if number > 9 else fiscal_year, number, 1)


def of_months(path: Path, name: str, labels: tuple[str, ...] | None = None) -> Figures:
    """The figures of the months of a sheet by fiscal year, month and label; X is None."""
    printed, body = rows(path, name)
    return {
        (year, month_of(year, month), label): None if text == "X" else int(text)
        for year, month, figures in body
        if month != "Total"
        for label, text in zip(labels or printed, figures, strict=True)
    }


def total_as_all(label: object) -> object:
    return "All" if label == "Total" else label


@pytest.fixture(scope="module", params=["july", "august"])
def release(request: pytest.FixtureRequest, shared_data: Path) -> tuple[str, Path, Parsed]:
    path = workbook(shared_data, request.param)
    return request.param, path, read(SOURCE, path)


def workbook(shared_data: Path, month: str) -> Path:
    path = shared_data.parent / "fresh" / "us_ohss_monthly_tables" / NAMES[month]
    if not path.is_file():
        pytest.skip("the OHSS monthly tables are not at ../shared/fresh")
    return path


def test_every_figure_of_repatriations(release: tuple[str, Path, Parsed]) -> None:
    month, path, parsed = release
    expected: Figures = {}
    for (year, day, name), value in of_months(path, "DHS Repats by Type", TYPES).items():
        expected["type", year, day, name, "All", "All"] = value
    for sheet, kind in BY_CITIZENSHIP.items():
        for (year, day, name), value in of_months(path, sheet).items():
            expected["citizenship", year, day, kind, total_as_all(name), "All"] = value
    for (year, day, name), value in of_months(path, "DHS Removals by Arrest Agcy").items():
        key = ("arresting_agency", year, day, "Total Removals", "All", total_as_all(name))
        expected[key] = value
    frame = parsed.tables["us_ohss_monthly_repatriations"]
    assert {row[:-1]: row[-1] for row in frame.rows()} == expected
    assert frame.height == len(expected) == 55 * MONTHS[month]


def test_every_figure_of_credible_fear(release: tuple[str, Path, Parsed]) -> None:
    month, path, parsed = release
    expected: Figures = {}
    for sheet, region in REFERRED.items():
        for (year, day, name), value in of_months(path, sheet).items():
            key = ("citizenship", year, day, region, "Referred", "All", total_as_all(name))
            expected[key] = value
    for sheet, region in COMPLETED.items():
        for (year, day, name), value in of_months(path, sheet).items():
            expected["result", year, day, region, "Completed", total_as_all(name), "All"] = value
    frame = parsed.tables["us_ohss_monthly_credible_fear"]
    assert {row[:-1]: row[-1] for row in frame.rows()} == expected
    assert frame.height == len(expected) == 31 * MONTHS[month]


def test_marks_and_sheets(release: tuple[str, Path, Parsed]) -> None:
    month, path, parsed = release
    _, body = rows(path, "DHS Repats by Type")
    marked = sum(figures.count("X") for _, _, figures in body)
    assert parsed.marks == {"X": marked} == {"X": {"july": 161, "august": 163}[month]}
    assert parsed.notes == ()
    assert len(cells(path)) == 35


# Read off the workbook of August 2024 with a spreadsheet library: the row "Total" of a fiscal year.
PRINTED = {
    ("repatriations", 2014): 568_250,
    ("repatriations", 2020): 608_400,
    ("repatriations", 2023): 1_200_140,
    ("repatriations", 2024): 736_620,
    ("removals", 2014): 404_700,
    ("removals", 2019): 347_240,
    ("removals", 2023): 177_770,
    ("removals", 2024): 315_480,
    ("enforcement_returns", 2024): 335_960,
    ("administrative_returns", 2024): 85_180,
    ("title_42_expulsions", 2020): 206_790,
    ("title_42_expulsions", 2023): 579_080,
    ("credible_fear_referrals", 2014): 50_170,
    ("credible_fear_referrals", 2023): 149_680,
    ("credible_fear_referrals", 2024): 169_040,
}


@pytest.mark.parametrize(("key", "printed"), PRINTED.items())
def test_months_make_the_fiscal_years_that_are_printed(
    shared_data: Path, key: tuple[str, int], printed: int
) -> None:
    """Twelve months and a year, rounded to 10 each, cannot differ by more than 65."""
    flows = SOURCE.flows(read(SOURCE, workbook(shared_data, "august")).tables)
    indicator, year = key
    of_year = flows.filter(
        pl.col("indicator") == indicator,
        pl.col("origin_label") == TOTAL,
        pl.col("route") == "all",
        pl.col("period_start").dt.offset_by("3mo").dt.year() == year,
    )
    assert abs(of_year["value"].sum() - printed) <= 65


def test_a_month_by_citizenship(shared_data: Path) -> None:
    """July 2024 as the release of August prints it, read off the file."""
    flows = SOURCE.flows(read(SOURCE, workbook(shared_data, "august")).tables)
    known = {
        ("removals", TOTAL): 29_200,
        ("removals", "Guatemala"): 5_460,
        ("removals", "Venezuela"): 100,
        ("enforcement_returns", "Canada"): 3_260,
        ("administrative_returns", "Philippines"): 2_150,
        ("credible_fear_referrals", "Colombia"): 2_130,
        ("credible_fear_positive", TOTAL): 5_090,
    }
    for (indicator, origin), value in known.items():
        key = {"indicator": indicator, "origin_label": origin, "route": "all"}
        assert figure(flows, "value", period_start=date(2024, 7, 1), **key) == value


def test_the_workbook_counts_encounters_as_cbp_does(shared_data: Path) -> None:
    """The sheet of southwest encounters, which is left out, against CBP's own file of 2025."""
    title = "CBP SW Border Encounters by Agency and Selected Citizenship"
    book = read_workbook(workbook(shared_data, "august"), sheets=["SWB Encounters by Citizenship"])
    grid = read_grid(book["SWB Encounters by Citizenship"], title)
    total = dict(zip(grid.months, map(int, grid.columns["Total CBP", "Total"]), strict=True))
    (path,) = (shared_data / sbo.SOURCE.source_id).iterdir()
    cbp = (
        read(sbo.SOURCE, path)
        .tables[sbo.TABLE.name]
        .group_by("month_start_date")
        .agg(pl.col("encounters_events").sum())
    )
    theirs = {day: value for day, value in cbp.rows() if day in total}
    assert (total[date(2024, 8, 1)], theirs[date(2024, 8, 1)]) == (107_470, 107_473)
    apart = [total[day] - value for day, value in theirs.items()]
    assert len(apart) == 35
    # October 2021 to August 2024: the same figures, rounded to 10
    assert (min(apart), max(apart)) == (-4, 5)


def context(root: Path) -> Context:
    return Context(
        Home(root),
        datetime(2026, 11, 29, 12, tzinfo=UTC),
        (SOURCE,),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=BUNDLED_DIR,
        workers=1,
    )


@pytest.mark.slow
def test_both_releases_in_any_order_make_one_history(shared_data: Path, tmp_path: Path) -> None:
    """No check of the suites is broken, and the order does not matter."""
    made = []
    for order in (("july", "august"), ("august", "july")):
        home = context(tmp_path / order[0])
        for month in order:
            outcome = ingest(home, SOURCE, [workbook(shared_data, month)])
            assert outcome.outcome == "ok", outcome.detail
        settled = settle_source(home, SOURCE)
        assert settled.set_aside == ()
        assert quarantined(home) == []
        made.append({name: stored.content_hash for name, stored in settled.stored.items()})
    assert made[0] == made[1]
    assert {"history.us_ohss_monthly_repatriations", "core.us_ohss_monthly_credible_fear"} <= set(
        made[0]
    )
