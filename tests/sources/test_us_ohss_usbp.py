"""OHSS: the workbook found, every sheet read in fiscal time, and no other layout accepted."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import ConformError, FetchError, LayoutError, SourceError
from fcm_migration.periods import fiscal_month_start
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed
from fcm_migration.sources.us_ohss.usbp import ANNUAL, LANDING, MONTHLY, SOURCE, from_sheets
from fcm_migration.workbook import read_workbook
from tests.fault_server import FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.reading import as_texts, conformed, figure, quick_client, read, same
from tests.sources.us_ohss_usbp_workbook import FIXTURES, Sheets, sheets, write

PAGE = (FIXTURES / "landing.html").read_bytes()
NAME = "KHSM Encounters (USBP) fy23m04.xlsx"
ADDRESS = (
    "https://ohss.dhs.gov/sites/default/files/2025-02/"
    "KHSM%20Encounters%20%28USBP%29%20fy23m04.xlsx?v=2"
)
BREAKDOWNS = {
    "count",
    "citizenship",
    "region",
    "family_status",
    "sector",
    "region_citizenship",
    "region_family_status",
    "region_sector",
}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("ohss") / NAME)


@pytest.fixture(scope="session")
def release(written: Path) -> Parsed:
    return read(SOURCE, written)


@pytest.fixture(scope="session")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


def from_book(book: Sheets) -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts(book), NAME))


def refused(book: Sheets, kind: type[SourceError] = LayoutError) -> str:
    """The message with which a changed workbook is refused."""
    with pytest.raises(kind) as caught:
        from_book(book)
    return str(caught.value)


class TestFetch:
    def test_the_border_patrol_workbook_is_chosen(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, lambda request: {LANDING: PAGE, ADDRESS: b"PK"}.get(request.url))
        (file,) = SOURCE.fetch(get).files
        assert [(r.url, r.expect) for r in get.requests] == [(LANDING, "html"), (ADDRESS, "xlsx")]
        assert get.requests[1].min_bytes == 100_000
        assert file.name == NAME
        assert file.response.path.read_bytes() == b"PK"

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            # the month in the name is the calendar's: fy25m11 is November 2024
            ("2025-02/KHSM%20(USBP)%20fy25m11.xlsx", "2025-03/KHSM%20(USBP)%20fy25m01.xlsx"),
            ("2025-03/KHSM%20(USBP)%20fy24m09.xlsx", "2025-02/KHSM%20(USBP)%20fy25m11.xlsx"),
            # one release uploaded again
            ("2025-02/KHSM%20(USBP)%20fy25m11.xlsx", "2025-02/KHSM%20(USBP)%20fy25m11_0.xlsx"),
            ("2025-02/KHSM%20(USBP)%20fy25m11_9.xlsx", "2025-04/KHSM%20(USBP)%20fy25m11.xlsx"),
            # a name without a month: the folder tells
            ("2025-02/usbp.xlsx", "2025-03/usbp.xlsx"),
        ],
    )
    def test_the_newest_of_several_is_taken(self, tmp_path: Path, older: str, newer: str) -> None:
        site = "https://ohss.dhs.gov/sites/default/files"
        for pair in ((older, newer), (newer, older), (older, newer, newer)):
            links = "".join(f'<a href="{site}/{path}">USBP</a>' for path in pair)
            get = FakeGet(tmp_path, lambda _, links=links: f"<html>{links}".encode())  # type: ignore[misc]
            SOURCE.fetch(get)  # type: ignore[misc]
            assert get.requests[1].url == f"{site}/{newer}"

    def test_a_month_in_the_text_of_the_link_counts_too(self, tmp_path: Path) -> None:
        links = (
            '<a href="/a.xlsx">CBP Encounters - USBP - November 2024</a>'
            '<a href="/b.xlsx">CBP Encounters - USBP - June 2024</a><a href="/a.xlsx">USBP</a>'
        )
        get = FakeGet(tmp_path, lambda _: f"<html>{links}".encode())
        SOURCE.fetch(get)  # type: ignore[misc]
        assert get.requests[1].url == "https://ohss.dhs.gov/a.xlsx"

    def test_no_link_and_two_alike_are_refused(self, tmp_path: Path) -> None:
        none = PAGE.replace(b"USBP", b"other")
        two = PAGE.replace(b"28OFO%29", b"28USBP%29%20again")
        for page, words in ((none, "none among 5 links"), (two, "fy23m04.xlsx', 'https://")):
            get = FakeGet(tmp_path, lambda _, page=page: page)  # type: ignore[misc]
            with pytest.raises(LayoutError, match="newer than all others") as caught:
                SOURCE.fetch(get)
            assert words in str(caught.value)
            assert "fcm ingest us_ohss_usbp" in str(caught.value)
            assert len(get.requests) == 1

    def test_through_the_real_client(self, tmp_path: Path, release: Parsed) -> None:
        book = sheets()
        # A real workbook is ten times the least size asked for; the fixture needs filling up.
        noise = random.Random(1)  # noqa: S311
        book["Filling"] = [[noise.random() for _ in range(10)] for _ in range(1_500)]
        body = write(tmp_path / "large.xlsx", book).read_bytes()
        routes = {"/khsm/cbp-encounters": PAGE, ADDRESS.split("?")[0].split(".gov")[1]: body}
        with FaultServer(routes=routes) as server, quick_client(tmp_path / "down") as client:
            (file,) = SOURCE.fetch(through(client, server)).files
        answer = read(SOURCE, file.response.path)
        assert same(answer, release)
        assert answer.notes == ("Sheets not read: Filling.",)

    def test_a_workbook_far_too_small_is_refused(self, tmp_path: Path, written: Path) -> None:
        body = written.read_bytes()
        routes = {"/khsm/cbp-encounters": PAGE, ADDRESS.split("?")[0].split(".gov")[1]: body}
        with (
            FaultServer(routes=routes) as server,
            quick_client(tmp_path / "down") as client,
            pytest.raises(FetchError) as caught,
        ):
            SOURCE.fetch(through(client, server))
        assert caught.value.outcome == "too_small"


class TestParse:
    def test_a_file_and_its_texts_are_read_alike(self, written: Path) -> None:
        assert read_workbook(written) == as_texts(sheets())

    def test_every_row_of_the_sixteen_sheets_is_read_once(self, release: Parsed) -> None:
        rows = {name: len(lines) - 1 for name, lines in sheets().items()}
        assert len(rows) == 16
        for table, span in ((MONTHLY, "Monthly"), (ANNUAL, "Annual")):
            frame = release.tables[table.name]
            assert frame.height == sum(n for name, n in rows.items() if name.startswith(span))
            assert set(frame["breakdown"]) == BREAKDOWNS
        assert release.marks == {}
        assert release.notes == ()

    def test_months_are_fiscal_not_calendar(self, release: Parsed) -> None:
        count = release.tables[MONTHLY.name].filter(pl.col("breakdown") == "count")
        assert count.select("fiscal_year", "month_start_date", "encounters_events").rows() == [
            (2022, date(2022, 9, 1), 208_560),
            (2023, date(2022, 10, 1), 206_900),
            (2023, date(2022, 11, 1), 209_500),
            (2023, date(2022, 12, 1), 224_020),
            (2023, date(2023, 1, 1), 131_720),
        ]

    def test_annual_sheets_keep_fiscal_years(self, release: Parsed) -> None:
        annual = release.tables[ANNUAL.name]
        assert figure(annual, "encounters_events", breakdown="count", fiscal_year=2023) == 2_063_690
        key = {"breakdown": "region_sector", "fiscal_year": 2022, "sector": "Del Rio, TX"}
        assert figure(annual, "encounters_events", **key) == 480_930
        assert figure(annual, "region", **key) == "Southwest Land Border"

    def test_a_combination_that_rounds_to_zero_is_absent(self, release: Parsed) -> None:
        months = release.tables[MONTHLY.name].filter(
            pl.col("breakdown") == "region_citizenship",
            pl.col("citizenship") == "Venezuela",
            pl.col("region") == "Northern Land Border",
        )["month_start_date"]
        assert months.to_list() == [date(2022, 11, 1), date(2022, 12, 1), date(2023, 1, 1)]
        assert release.tables[MONTHLY.name]["encounters_events"].min() == 10
        assert SOURCE.absent_is_zero

    def test_title_rows_and_moved_columns_change_nothing(self, release: Parsed) -> None:
        book = sheets()
        for name, rows in book.items():
            turned = [list(reversed(row)) for row in rows]
            book[name] = [["Encounters"], [], *turned]
        assert same(from_book(book), release)

    @pytest.mark.parametrize("name", ["Monthly Rgn and Citp", "Annual Count"])
    def test_a_missing_or_renamed_sheet_is_refused(self, name: str) -> None:
        book = sheets()
        book[f"{name}s"] = book.pop(name)
        words = f"expected {sorted(sheets())}; got {sorted(book)}, without ['{name}']"
        assert f"sheets are missing; {words}" in refused(book)

    def test_a_renamed_column_is_refused(self) -> None:
        book = sheets()
        book["Monthly Count"][0][2] = "Encounters"
        message = refused(book)
        assert "sheet 'Monthly Count': the header row was not found" in message
        assert "'Fiscal Year', 'Month', 'Encounters'" in message

    @pytest.mark.parametrize("label", ["Sector", "Quantity"])
    def test_a_further_column_is_refused(self, label: str) -> None:
        book = sheets()
        book["Annual Region"] = [
            [*row, label if number == 0 else 10] for number, row in enumerate(book["Annual Region"])
        ]
        assert "Annual Region: the columns are not the known ones" in refused(book)

    def test_a_calendar_or_unknown_month_is_refused(self) -> None:
        for label in ("10 October", "October", "01 Oktober"):
            book = sheets()
            book["Monthly Count"][2][1] = label
            message = refused(book)
            assert "month labels are not the known ones" in message
            assert f"got ['{label}']" in message

    def test_a_figure_off_the_grid_is_refused(self) -> None:
        book = sheets()
        book["Annual Sector"][1][2] = 480_931
        message = refused(book)
        assert "Annual Sector: figures are no longer rounded to 10" in message
        assert "got [480931]" in message

    @pytest.mark.parametrize("text", ["*", "[c]", "--", "", "1.5", "FY23", "1 000"])
    def test_a_text_that_is_no_figure_is_refused(self, text: str) -> None:
        book = sheets()
        book["Monthly Region"][3][3] = text
        message = refused(book)
        assert "Monthly Region: 1 texts that are neither a whole number nor a declared" in message
        assert f"got {text!r} x1 (rows [4])" in message

    @pytest.mark.parametrize("sheet", ["Monthly Family Status", "Annual Count", "Monthly Count"])
    def test_a_period_left_out_of_a_sheet_is_refused(self, sheet: str) -> None:
        book = sheets()
        book[sheet] = [row for row in book[sheet] if row[0] != 2022]
        message = refused(book)
        assert "1 periods are missing from sheets" in message
        start = "2022-09-01" if sheet.startswith("Monthly") else "2022-01-01"
        assert f"{sheet.split(' ', 1)[1].lower().replace(' ', '_')} {start}" in message

    def test_a_month_left_out_of_all_sheets_is_refused(self) -> None:
        book = {
            name: [row for row in rows if row[1] != "03 December"]
            for name, rows in sheets().items()
        }
        message = refused(book)
        assert "8 periods are missing" in message
        assert "'count 2022-12-01'" in message

    def test_headers_without_rows_are_refused(self) -> None:
        book = {name: rows[:1] for name, rows in sheets().items()}
        assert "periods are missing" in refused(book)

    @pytest.mark.parametrize(
        ("sheet", "column", "text", "words"),
        [
            ("Monthly Region", 2, "Southern Border", "region: 1 value(s) outside the declared"),
            ("Annual Family Status", 1, "Families", "family_status: 1 value(s) outside"),
            ("Annual Count", 1, -10, "encounters_events: 1 value(s) below 0"),
        ],
    )
    def test_an_unknown_category_is_refused_by_the_declaration(
        self, sheet: str, column: int, text: str | int, words: str
    ) -> None:
        book = sheets()
        book[sheet][1][column] = text
        assert words in refused(book, ConformError)

    def test_no_release_date_is_made_up(self) -> None:
        assert SOURCE.release_date([]) is None


class TestFlows:
    def test_schema_and_what_the_figures_are(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "indicator": "border_encounters",
            "destination_iso3": "USA",
            "frequency": "M",
            "is_suppressed": False,
            "rounding": 10,
            "is_derived": False,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert MONTHLY.columns[-1].unit == "events"

    def test_each_series_has_one_figure_a_month(self, flows: pl.DataFrame) -> None:
        key = ["origin_label", "route", "place", "population_group", "period_start"]
        assert flows.select(key).is_unique().all()

    def test_totals_are_the_publishers_own_and_apart(self, flows: pl.DataFrame) -> None:
        september = {"origin_label": TOTAL, "place": "all", "period_start": date(2022, 9, 1)}
        of = {"route": "all", "population_group": "all"}
        assert figure(flows, "value", **september, **of) == 208_560
        of = {"route": "southwest_land_border", "population_group": "all"}
        assert figure(flows, "value", **september, **of) == 207_600
        of = {"route": "all", "population_group": "unaccompanied_children"}
        assert figure(flows, "value", **september, **of) == 11_540
        assert flows.filter(pl.col("origin_label") == "All").is_empty()

    def test_a_sector_is_not_counted_by_region_again(
        self, flows: pl.DataFrame, release: Parsed
    ) -> None:
        swanton = flows.filter(pl.col("place") == "Swanton, VT")
        assert swanton["route"].unique().to_list() == ["all"]
        assert swanton["value"].to_list() == [240, 330, 400, 420, 370]
        monthly = release.tables[MONTHLY.name]
        by_region = monthly.filter(pl.col("breakdown") == "region_sector")
        assert flows.height == monthly.height - by_region.height

    def test_origins_by_region_and_in_all(self, flows: pl.DataFrame) -> None:
        key = {"origin_label": "Venezuela", "period_start": date(2023, 1, 1)}
        assert figure(flows, "value", route="all", **key) == 2_380
        assert figure(flows, "value", route="northern_land_border", **key) == 30


def test_fiscal_months_of_a_whole_year() -> None:
    frame = pl.DataFrame({"fiscal_year": [2000] * 12, "month": [10, 11, 12, *range(1, 10)]})
    starts = frame.select(fiscal_month_start(pl.col("fiscal_year"), pl.col("month"))).to_series()
    assert starts.to_list() == [
        *[date(1999, month, 1) for month in (10, 11, 12)],
        *[date(2000, month, 1) for month in range(1, 10)],
    ]
