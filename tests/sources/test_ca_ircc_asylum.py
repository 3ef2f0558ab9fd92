"""IRCC: the crosstab read cell by cell, withheld told from zero, no other layout accepted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest

from fcm_migration.errors import FetchError, LayoutError, SourceError
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed
from fcm_migration.sources.ca.ircc_asylum import (
    ANNUAL,
    CSV_FILE,
    CSV_URL,
    FILE,
    MONTHLY,
    SHEET,
    SOURCE,
    URL,
    from_sheets,
)
from fcm_migration.workbook import read_workbook
from tests.fault_server import FaultServer
from tests.sources.ca_ircc_asylum_workbook import (
    FIRST_ROW,
    MONTH_ROW,
    YEAR_ROW,
    Rows,
    office_csv,
    rows,
    write,
)
from tests.sources.fake_get import FakeGet, through
from tests.sources.reading import as_texts, conformed, figure, quick_client, read, same

VALUE = "claimants_persons"
CSV = office_csv().encode()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("ircc") / FILE)


@pytest.fixture(scope="session")
def release(written: Path) -> Parsed:
    return read(SOURCE, written)


@pytest.fixture(scope="session")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


def from_rows(sheet: Rows) -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts({SHEET: sheet}), FILE))


def refused(sheet: Rows) -> str:
    with pytest.raises(LayoutError) as caught:
        from_rows(sheet)
    return str(caught.value)


def at(label: str) -> int:
    """Row of the only line with this label."""
    (found,) = [index for index, row in enumerate(rows()) if label in row[:2]]
    return found


class TestFetch:
    def test_the_one_address_is_asked_for(self, tmp_path: Path, written: Path) -> None:
        body = written.read_bytes()
        get = FakeGet(tmp_path, lambda _: body)
        fetched = SOURCE.fetch(get)
        assert [(r.url, r.expect, r.min_bytes) for r in get.requests] == [(URL, "xlsx", 10_000)]
        assert [file.name for file in fetched.files] == [FILE]
        assert (fetched.complaint, fetched.notes) == (None, ())

    @pytest.mark.parametrize("workbook", [None, b"unreadable"])
    def test_without_a_readable_workbook_the_csv_serves(
        self, tmp_path: Path, workbook: bytes | None
    ) -> None:
        get = FakeGet(tmp_path, lambda r: workbook if r.url == URL else CSV)
        fetched = SOURCE.fetch(get)
        assert [file.name for file in fetched.files] == [CSV_FILE]
        assert isinstance(fetched.complaint, FetchError if workbook is None else SourceError)

    def test_an_unreadable_workbook_is_kept_where_the_csv_fails_too(self, tmp_path: Path) -> None:
        for csv in (None, b"EN_YEAR\n"):
            answers = {URL: b"unreadable", CSV_URL: csv}
            fetched = SOURCE.fetch(FakeGet(tmp_path, lambda r, a=answers: a[r.url]))
            assert [file.name for file in fetched.files] == [FILE]
            with pytest.raises(FetchError, match="404"):
                SOURCE.fetch(FakeGet(tmp_path, lambda r, c=csv: c if r.url == CSV_URL else None))

    def test_through_the_real_client(self, tmp_path: Path, release: Parsed) -> None:
        sheet = rows()
        # The real workbook is four times the least size asked for; the fixture needs filling up.
        filling = [
            [f"{number * 7_919 % 10_007} {number}" for _ in range(8)] for number in range(900)
        ]
        body = write(tmp_path / "large.xlsx", [*sheet, *filling]).read_bytes()  # type: ignore[list-item]
        path = urlsplit(URL).path
        with FaultServer(routes={path: body}) as server, quick_client(tmp_path / "d") as client:
            (file,) = SOURCE.fetch(through(client, server)).files
        answer = read(SOURCE, file.response.path)
        assert same(answer, release)

    def test_a_page_in_its_place_is_refused(self, tmp_path: Path) -> None:
        with (
            FaultServer(mode="html_page") as server,
            quick_client(tmp_path) as client,
            pytest.raises(FetchError) as caught,
        ):
            SOURCE.fetch(through(client, server))
        assert caught.value.outcome == "html_instead"


class TestParse:
    @pytest.mark.parametrize("inline", [True, False])
    def test_strings_inside_the_sheet_or_shared(
        self, tmp_path: Path, release: Parsed, inline: bool
    ) -> None:
        path = write(tmp_path / FILE, inline_strings=inline)
        assert read_workbook(path) == as_texts({SHEET: rows()})
        assert same(read(SOURCE, path), release)

    def test_every_cell_is_read_once(self, release: Parsed) -> None:
        monthly, annual = release.tables[MONTHLY.name], release.tables[ANNUAL.name]
        assert monthly.height == 11 * (12 + 7)
        assert annual.height == 11 * 2
        texts = [cell for row in rows()[FIRST_ROW : FIRST_ROW + 11] for cell in row]
        assert release.marks == {"--": texts.count("--")} == {"--": 15}
        assert release.notes == ("Publisher: Source: IRCC, July 31, 2025.",)

    def test_figures_by_month(self, release: Parsed) -> None:
        monthly = release.tables[MONTHLY.name]
        july = {"month_start_date": date(2025, 7, 1), "province": "All"}
        assert figure(monthly, VALUE, office_type="All", **july) == 12_545
        assert figure(monthly, VALUE, office_type="Airport", **july) == 1_000
        assert figure(monthly, VALUE, office_type="Border", **july) == 4_305
        assert figure(monthly, VALUE, office_type="Inland", **july) == 7_240
        first = {"month_start_date": date(2024, 1, 1), "province": "All"}
        assert figure(monthly, VALUE, office_type="All", **first) == 12_600
        assert monthly["month_start_date"].n_unique() == 19
        assert monthly["month_start_date"].max() == date(2025, 7, 1)

    def test_provinces_belong_to_the_office_below_them(self, release: Parsed) -> None:
        monthly = release.tables[MONTHLY.name]
        quebec = {"province": "Quebec", "month_start_date": date(2025, 7, 1)}
        assert figure(monthly, VALUE, office_type="Airport", **quebec) == 470
        assert figure(monthly, VALUE, office_type="Border", **quebec) == 3_605
        assert figure(monthly, VALUE, office_type="Inland", **quebec) == 1_750
        alone = monthly.filter(pl.col("office_type").is_in(["Other Offices", "All"]))
        assert alone["province"].unique().to_list() == ["All"]

    def test_withheld_is_not_zero(self, release: Parsed) -> None:
        monthly = release.tables[MONTHLY.name]
        yukon = {"office_type": "Border", "province": "Yukon"}
        january, february = date(2025, 1, 1), date(2025, 2, 1)
        assert figure(monthly, VALUE, month_start_date=january, **yukon) is None
        assert figure(monthly, "is_suppressed", month_start_date=january, **yukon) is True
        assert figure(monthly, VALUE, month_start_date=february, **yukon) == 0
        assert figure(monthly, "is_suppressed", month_start_date=february, **yukon) is False
        for frame in release.tables.values():
            assert frame[VALUE].is_null().equals(frame["is_suppressed"].rename(VALUE))
        assert not SOURCE.absent_is_zero

    def test_year_totals_stand_apart_and_the_running_one_is_marked(self, release: Parsed) -> None:
        annual = release.tables[ANNUAL.name]
        totals = annual.filter(pl.col("office_type") == "All")
        assert totals.select("claim_year", "is_year_to_date", VALUE).rows() == [
            (2024, False, 152_850),
            (2025, True, 69_810),
        ]
        inland = {"office_type": "Inland", "province": "Yukon", "claim_year": 2025}
        assert figure(annual, "is_suppressed", **inland) is True

    def test_a_year_is_whole_once_december_is_there(self) -> None:
        sheet = [row[:15] for row in rows()]
        assert from_rows(sheet).tables[ANNUAL.name]["is_year_to_date"].to_list() == [False] * 11

    def test_no_release_date_is_made_up(self) -> None:
        assert SOURCE.release_date([]) is None


class TestRefusals:
    def test_another_sheet(self) -> None:
        with pytest.raises(LayoutError) as caught:
            from_sheets(as_texts({"Asylum": rows()}), FILE)
        assert str(caught.value) == f"{FILE}: sheet missing; expected {SHEET}; got ['Asylum']"

    def test_no_row_of_months(self) -> None:
        sheet = rows()
        sheet[MONTH_ROW] = ["January" if cell == "Jan" else cell for cell in sheet[MONTH_ROW]]
        assert "no row of month names was found" in refused(sheet)
        assert "no row of month names was found" in refused(rows()[MONTH_ROW:])

    @pytest.mark.parametrize(
        ("column", "label", "expected"),
        [
            (3, "Mar", "month 2 or '2024 Total'; got Mar"),
            (3, "Feb.", "month 2 or '2024 Total'; got Feb."),
            (14, "2025 Total", "month 13 or '2024 Total'; got 2025 Total"),
            (14, "Total", "month 13 or '2024 Total'; got Total"),
            (14, "2024", "month 13 or '2024 Total'; got 2024"),
        ],
    )
    def test_a_month_or_total_out_of_place(self, column: int, label: str, expected: str) -> None:
        sheet = rows()
        sheet[MONTH_ROW][column] = label
        message = refused(sheet)
        assert f"{SHEET}, column {column + 1}: the columns are not months in order" in message
        assert message.endswith(expected)

    def test_a_year_without_its_label(self) -> None:
        for column, got in ((2, "2024 Total"), (15, "Jan")):
            sheet = rows()
            sheet[YEAR_ROW][column] = None
            assert refused(sheet).endswith(f"got {got}")

    def test_a_year_before_the_last_that_is_not_whole(self) -> None:
        for column in (13, 14):
            sheet = [[*row[:column], *row[column + 1 :]] for row in rows()]
            message = refused(sheet)
            assert "column 15: a year before the last is not complete" in message
            assert message.endswith("expected 12 months and '2024 Total'; got 12 columns")

    def test_years_that_do_not_follow_one_another(self) -> None:
        sheet = rows()
        sheet[YEAR_ROW][2], sheet[MONTH_ROW][14] = "2023", "2023 Total"
        assert refused(sheet).endswith("years are not consecutive; got [2023, 2025]")

    def test_a_running_year_without_its_total(self) -> None:
        for width in (10, 17, 22):
            message = refused([row[:width] for row in rows()])
            assert "the last column is not the running year's total" in message

    def test_months_that_do_not_make_the_year(self) -> None:
        lost = [[*row[:21], *row[22:]] for row in rows()]
        assert refused(lost).endswith("expected a gap within rounding; got ['2025: -12545']")
        sheet = rows()
        sheet[at("Total ")][14] = "152,815"
        assert refused(sheet).endswith("got ['2024: +35']")
        sheet[at("Total ")][14] = "152,820"  # 13 figures, each up to 2.5 off
        assert from_rows(sheet).tables[ANNUAL.name].height == 22

    def test_an_unknown_office(self) -> None:
        for label, name in (("Marine - Total", "Marine"), ("Online", "Online")):
            sheet = rows()
            sheet[at("Border - Total")][0] = label
            message = refused(sheet)
            assert f"{SHEET}, row {at('Border - Total') + 1}: unknown office type" in message
            assert message.endswith(f"got {name}")

    @pytest.mark.parametrize(
        "label", ["Airport - Total", "Border - Total", "Inland - Total", "Other Offices"]
    )
    def test_an_office_left_out(self, label: str) -> None:
        sheet = rows()
        del sheet[at(label)]
        message = refused(sheet)
        assert "the rows are not provinces above their office type" in message
        found = message.split("got ")[1]
        assert repr(label.removesuffix(" - Total")) not in found

    def test_no_grand_total(self) -> None:
        sheet = rows()
        del sheet[at("Total ") :]
        assert "closed by the grand total" in refused(sheet)

    def test_provinces_below_their_office(self) -> None:
        sheet = rows()
        inland = at("Inland - Total")
        sheet[inland - 2 : inland + 1] = [sheet[inland], *sheet[inland - 2 : inland]]
        assert "without an office: ['Quebec in row 12', 'Yukon in row 13']" in refused(sheet)

    @pytest.mark.parametrize(("office", "province"), [(None, None), ("Airport", "Quebec")])
    def test_a_row_with_no_label_or_two(self, office: str | None, province: str | None) -> None:
        sheet = rows()
        sheet[FIRST_ROW][:2] = [office, province]
        message = refused(sheet)
        assert f"{SHEET}, row {FIRST_ROW + 1}: a row with figures has not exactly one" in message
        assert message.endswith(f"got {[office or '', province or '']}")

    def test_a_figure_off_the_grid(self) -> None:
        sheet = rows()
        sheet[FIRST_ROW][5] = "1,531"
        message = refused(sheet)
        assert f"{SHEET}: figures are no longer rounded to 5" in message
        assert message.endswith("got [1531]")

    @pytest.mark.parametrize("text", ["-", "—", "*", "[c]", "<5", "", "n/a", "1 530", "1.530"])
    def test_an_unknown_mark(self, text: str) -> None:
        sheet = rows()
        sheet[FIRST_ROW][5] = text
        message = refused(sheet)
        assert "neither a whole number nor a declared mark" in message
        assert f"one of ['--']; got {text!r} x1" in message


class TestFlows:
    def test_schema_and_what_the_figures_are(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "indicator": "asylum_claims",
            "destination_iso3": "CAN",
            "origin_label": TOTAL,
            "population_group": "all",
            "frequency": "M",
            "rounding": 5,
            "is_derived": False,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert next(c for c in MONTHLY.columns if c.name == VALUE).unit == "persons"

    def test_each_monthly_figure_once_and_no_year_total(
        self, flows: pl.DataFrame, release: Parsed
    ) -> None:
        assert flows.height == release.tables[MONTHLY.name].height
        assert flows.select("route", "place", "period_start").is_unique().all()
        assert 152_850 not in flows["value"]
        assert 69_810 not in flows["value"]

    def test_totals_are_the_publishers_own_and_apart(self, flows: pl.DataFrame) -> None:
        july = flows.filter(pl.col("period_start") == date(2025, 7, 1))
        totals = july.filter(pl.col("place") == "all")
        assert dict(totals.select("route", "value").iter_rows()) == {
            "all": 12_545,
            "airport": 1_000,
            "land_border": 4_305,
            "inland": 7_240,
            "other_office": None,
        }
        assert figure(july, "value", route="land_border", place="Quebec") == 3_605

    def test_withheld_figures_are_flagged(self, flows: pl.DataFrame) -> None:
        hidden = flows.filter(pl.col("is_suppressed"))
        assert hidden.height == 12
        assert hidden["value"].null_count() == 12
        assert flows["value"].null_count() == 12
