"""OHSS monthly tables: the workbook found, nine sheets in fiscal time, no other layout accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.core.vintages import history_rows
from fcm_migration.errors import LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.us_ohss.monthly import (
    LANDING,
    OF_RESULT,
    OF_TYPE,
    SOURCE,
    from_sheets,
)
from fcm_migration.sources.us_ohss.monthly_layouts import LEFT_OUT, SHEETS
from fcm_migration.sources.us_ohss.monthly_tables import CREDIBLE_FEAR, REPATRIATIONS
from fcm_migration.workbook import read_workbook
from tests.sources.fake_get import FakeGet
from tests.sources.home_office import published
from tests.sources.reading import as_texts, conformed, figure, read, same
from tests.sources.us_ohss_monthly_workbook import (
    EXPELLED,
    FIXTURES,
    MONTHS,
    NAME,
    NAMED,
    Sheets,
    count,
    sheets,
    write,
)

PAGE = (FIXTURES / "landing.html").read_bytes()
SITE = "https://ohss.dhs.gov/sites/default/files"
STEM = "ohss_immigration-enforcement-and-legal-processes-tables"
TYPES, REMOVED, ASKED = "DHS Repats by Type", "DHS Removals by Citizenship", "SWB CF Filed by Citp"
EVENTS, CASES = "repatriations_events", "screenings_cases"


@pytest.fixture(scope="module")
def release() -> Parsed:
    return from_book(sheets())


@pytest.fixture(scope="module")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


def from_book(book: Sheets) -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts(book), NAME))


def month_of(number: int) -> date:
    """The first day of a month counted from October 2013."""
    return date(2013 + (9 + number) // 12, (9 + number) % 12 + 1, 1)


class TestFetch:
    def test_the_newest_workbook_is_chosen(self, tmp_path: Path) -> None:
        address = f"{SITE}/2016-05/{NAME}"
        get = FakeGet(tmp_path, lambda request: {LANDING: PAGE, address: b"PK"}.get(request.url))
        assert SOURCE.fetch is not None
        (file,) = SOURCE.fetch(get).files
        assert [(r.url, r.expect) for r in get.requests] == [(LANDING, "html"), (address, "xlsx")]
        assert get.requests[1].min_bytes == 100_000
        assert file.name == NAME

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            # the month of the data goes before the day of the release and the order of the links
            (f"24-1011_{STEM}-june-2024", f"2024_1108_{STEM}-july-2024"),
            (f"2025_0116_{STEM}-november-2024", f"2024_1206_{STEM}-january-2025"),
            # one release put up again
            (f"24-1011_{STEM}-june-2024", f"24-1011_{STEM}-june-2024_2"),
            (f"24-1011_{STEM}-june-2024_9", f"24-1101_{STEM}-june-2024"),
            (f"24-1011_{STEM}-june-2024", f"24-1011_{STEM}-june-2024_0"),
        ],
    )
    def test_of_several_the_newest_data_are_taken(
        self, tmp_path: Path, older: str, newer: str
    ) -> None:
        assert SOURCE.fetch is not None
        for pair in ((older, newer), (newer, older), (older, newer, newer)):
            links = "".join(f'<a href="{SITE}/{name}.xlsx">Tables</a>' for name in pair)
            get = FakeGet(tmp_path, lambda _, links=links: f"<html>{links}".encode())  # type: ignore[misc]
            SOURCE.fetch(get)
            assert get.requests[1].url == f"{SITE}/{newer}.xlsx"

    def test_no_link_and_two_alike_are_refused(self, tmp_path: Path) -> None:
        none = PAGE.replace(b".xlsx", b".csv")
        two = PAGE.replace(b'<a href="/khsm', f'<a href="/a/{NAME}">x</a><a href="/khsm'.encode())
        assert SOURCE.fetch is not None
        for page, words in ((none, "none among 5 links"), (two, f"/a/{NAME}', 'https://")):
            get = FakeGet(tmp_path, lambda _, page=page: page)  # type: ignore[misc]
            with pytest.raises(LayoutError, match="newer data than all others") as caught:
                SOURCE.fetch(get)
            assert words in str(caught.value)
            assert "fcm ingest us_ohss_monthly" in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "day"),
        [
            (f"2024_1206_{STEM}-august-2024.xlsx", date(2024, 12, 6)),
            (f"24-1011_{STEM}-june-2024_2.xlsx", date(2024, 10, 11)),
            (f"2024_1399_{STEM}-june-2024.xlsx", None),
            ("tables.xlsx", None),
        ],
    )
    def test_the_name_states_the_day_of_release(self, name: str, day: date | None) -> None:
        assert SOURCE.release_date([ReleaseFile(name, Path(name))]) == day


class TestParse:
    def test_a_file_and_its_texts_are_read_alike(self, tmp_path: Path, release: Parsed) -> None:
        path = write(tmp_path / NAME)
        assert read_workbook(path) == as_texts(sheets())
        assert same(read(SOURCE, path), release)

    def test_every_month_of_every_column_is_a_row(self, release: Parsed) -> None:
        repatriations, screenings = (release.tables[t.name] for t in SOURCE.tables)
        assert repatriations.height == MONTHS * (16 + 3 + 3 * 12)
        assert screenings.height == MONTHS * (11 + 12 + 2 * 4)
        for frame in (repatriations, screenings):
            months = frame["month_start_date"].unique().sort().to_list()
            assert months == [month_of(number) for number in range(MONTHS)]
        assert release.notes == ()

    def test_a_fiscal_year_begins_in_october_of_the_year_before(self, release: Parsed) -> None:
        spans = (
            release.tables[REPATRIATIONS.name]
            .group_by("fiscal_year")
            .agg(
                pl.col("month_start_date").min().alias("first"),
                pl.col("month_start_date").max().alias("last"),
            )
            .sort("fiscal_year")
        )
        assert spans.rows() == [
            (2014, date(2013, 10, 1), date(2014, 9, 1)),
            (2015, date(2014, 10, 1), date(2015, 9, 1)),
            (2016, date(2015, 10, 1), date(2016, 2, 1)),
        ]

    def test_a_figure_is_the_cell_under_its_label(self, release: Parsed) -> None:
        repatriations, screenings = (release.tables[t.name] for t in SOURCE.tables)
        for number in (0, 5, 28):
            month = {"month_start_date": month_of(number)}
            for kind, name in ((1, "Total Removals"), (3, "Total Administrative Returns")):
                of = {"breakdown": "citizenship", "repatriation_type": name, "citizenship": "India"}
                exact = count(kind, NAMED.index("India"), number)
                assert figure(repatriations, EVENTS, **of, **month) == (exact + 5) // 10 * 10
            of = {"region": "Nationwide", "stage": "Referred", "citizenship": "All Other"}
            exact = count(5, len(NAMED), number)
            assert figure(screenings, CASES, **of, **month) == (exact + 5) // 10 * 10

    def test_not_applicable_is_neither_zero_nor_a_figure(self, release: Parsed) -> None:
        frame = release.tables[REPATRIATIONS.name]
        expelled = frame.filter(pl.col("repatriation_type") == "Title 42 Expulsions")
        known = expelled.drop_nulls(EVENTS)["month_start_date"].to_list()
        assert known == [month_of(number) for number in EXPELLED]
        withdrawn = frame.filter(pl.col("repatriation_type") == "Administrative Withdrawals")
        known = withdrawn.drop_nulls(EVENTS)["month_start_date"].to_list()
        assert known == [month_of(number) for number in range(12, 24)]
        # with the totals of the fiscal years in which no month has a figure
        assert release.marks == {"X": (MONTHS - len(EXPELLED)) + 1 + (MONTHS - 12) + 2}

    def test_the_two_kinds_of_withdrawal_are_told_apart(self, release: Parsed) -> None:
        frame = release.tables[REPATRIATIONS.name]
        key = {"month_start_date": month_of(14)}
        ours = [
            figure(frame, EVENTS, repatriation_type=name, **key)
            for name in ("Enforcement Withdrawals", "Administrative Withdrawals")
        ]
        printed = sheets()[TYPES]
        row = next(r for r in printed[18:] if r[1] == "December")
        assert ours == [row[11], row[16]]
        assert ours[0] != ours[1]

    def test_other_numbers_of_footnotes_change_nothing(self, release: Parsed) -> None:
        book = sheets()
        book[TYPES][2][6], book[TYPES][3][5] = "DHS Removals12", "Title 42 Expulsions"
        assert same(from_book(book), release)

    def test_sheets_left_out_are_known_and_others_are_reported(self) -> None:
        assert len(SHEETS) + len(LEFT_OUT) == 35
        assert not set(SHEETS) & LEFT_OUT
        book = {**sheets(), "New Table": [["New"]]}
        assert from_book(book).notes == ("Sheets not read and not known: New Table.",)

    def test_a_whole_fiscal_year_may_be_the_last(self) -> None:
        frame = from_book(sheets(months=24)).tables[REPATRIATIONS.name]
        assert frame["month_start_date"].max() == date(2015, 9, 1)


Edit = Callable[[Sheets], object]


def put(sheet: str, row: int, column: int, cell: object) -> Edit:
    def edit(book: Sheets) -> None:
        book[sheet][row][column] = cell  # type: ignore[assignment]

    return edit


def raised(sheet: str, row: int, column: int, more: int) -> Edit:
    def edit(book: Sheets) -> None:
        cell = book[sheet][row][column]
        assert isinstance(cell, int)
        book[sheet][row][column] = cell + more

    return edit


def without_column(sheet: str, label: str, header: int = 2) -> Edit:
    def edit(book: Sheets) -> None:
        place = book[sheet][header].index(label)
        book[sheet] = [[c for n, c in enumerate(r) if n != place] for r in book[sheet]]

    return edit


def without_row(sheet: str, number: int) -> Edit:
    return lambda book: book[sheet].pop(number)


# Rows of a sheet with one header row: back link, title, header, 2014 Total, October ...
# The sheet of types has its headings before the header.
REFUSED: dict[str, tuple[Edit, str]] = {
    "sheet renamed": (
        lambda book: book.update({"Removals": book.pop(REMOVED)}),
        f"without ['{REMOVED}']",
    ),
    "another table": (put(REMOVED, 1, 0, "DHS Returns"), "title is not the known one"),
    "title of another span": (
        put(REMOVED, 1, 0, "DHS Removals by Selected Citizenship: Fiscal Years 2013 to 2016 YTD"),
        "the years and months its title states",
    ),
    "title of another month": (
        put(
            REMOVED,
            1,
            0,
            "DHS Removals by Selected Citizenship: Fiscal Years 2014 to 2016 YTD (March 2016)",
        ),
        "expected 2014 to 2016, March 2016; got 2014 to 2016, February 2016",
    ),
    "header renamed": (put(REMOVED, 2, 1, "Period"), "the header row was not found"),
    "column without label": (put(REMOVED, 2, 4, None), "stand twice or have no label"),
    "column twice": (put(REMOVED, 2, 4, "Mexico"), "stand twice or have no label"),
    "label of a total": (put(REMOVED, 2, 4, "All"), "a citizenship named like a total"),
    "no total": (put(REMOVED, 2, 2, "Peru"), "expected citizenships and Total, Other"),
    "no rest": (put(REMOVED, 2, 13, "Peru"), "expected citizenships and Total, Other"),
    "a new total": (put(ASKED, 2, 4, "Total"), "expected 10 citizenships and All Other"),
    "citizenship lost": (without_column(REMOVED, "Honduras"), "do not add up to All"),
    "citizenship lost without total": (
        without_column(ASKED, "Honduras"),
        "expected 10 citizenships and All Other",
    ),
    "type lost": (without_column(TYPES, "Other Removals", 3), "the columns are not the known"),
    "type renamed": (put(TYPES, 3, 12, "Voluntary Return"), "the columns are not the known ones"),
    "heading moved": (
        lambda book: book[TYPES][2].insert(0, None),
        "the columns are not the known ones",
    ),
    "heading lost": (put(TYPES, 2, 15, None), "stand twice or have no label"),
    "headings lost": (without_row(TYPES, 2), "stand twice or have no label"),
    "result renamed": (
        put("Nationwide CF by Result", 2, 3, "Positive"),
        "the columns are not the known ones",
    ),
    "labels of totals swapped": (
        lambda book: book[REMOVED].__setitem__(
            2, ["Fiscal Year", "Month", NAMED[0], "Total", *NAMED[1:], "Other"]
        ),
        "do not add up to All",
    ),
    "month lost": (without_row(REMOVED, 6), "expected December, without the year; got January"),
    "month lost within the sheet of types": (without_row(TYPES, 9), "years and months are not in"),
    "month twice": (
        lambda book: book[REMOVED].insert(6, list(book[REMOVED][5])),
        "years and months are not in their order",
    ),
    "first month lost": (without_row(REMOVED, 4), "expected October, without the year"),
    "newest month lost": (
        without_row(REMOVED, 34),
        "expected 2014 to 2016, February 2016; got 2014 to 2016, January 2016",
    ),
    "fiscal year lost": (
        lambda book: book.update({REMOVED: book[REMOVED][:16] + book[REMOVED][29:]}),
        "expected 2015 Total; got 2016 YTD Total",
    ),
    "calendar order": (put(REMOVED, 4, 1, "January"), "expected October, without the year"),
    "year beside a month": (put(REMOVED, 4, 0, 2014), "years and months are not in their order"),
    "another year": (put(REMOVED, 3, 0, 2013), "expected 2014 Total; got 2013 Total"),
    "no year": (put(REMOVED, 3, 0, None), "expected 2014 Total; got Total"),
    "running year unmarked": (put(REMOVED, 29, 0, 2016), "the last fiscal year is cut short"),
    "rows after a blank row": (
        lambda book: book[REMOVED].insert(8, []),
        "figures below the end of the table",
    ),
    "no rows": (lambda book: book.update({REMOVED: book[REMOVED][:3]}), "cut short"),
    "off the grid": (raised(REMOVED, 5, 13, 1), "figures are no longer rounded to 10"),
    "figure changed": (raised(REMOVED, 5, 5, 500), "do not add up to the fiscal year"),
    "year changed": (raised(REMOVED, 3, 5, 500), "do not add up to the fiscal year"),
    "figure and year changed": (
        lambda book: (raised(REMOVED, 3, 5, 500)(book), raised(REMOVED, 5, 5, 500)(book)),
        "the columns do not add up to All",
    ),
    "total differs from the sheet of types": (
        lambda book: (raised(REMOVED, 3, 2, 10)(book), raised(REMOVED, 5, 2, 10)(book)),
        "1 totals differ from those of the sheet of types",
    ),
    "types do not add up": (
        lambda book: (raised(TYPES, 4, 2, 100)(book), raised(TYPES, 6, 2, 100)(book)),
        "the columns do not add up to Total Repatriations",
    ),
    "mark where none is": (put(REMOVED, 5, 5, "X"), "neither a whole number nor a declared mark"),
    "unknown mark": (put(TYPES, 5, 5, "NA"), "neither a whole number nor a declared mark"),
    "withheld": (put(TYPES, 5, 5, "D"), "neither a whole number nor a declared mark"),
    "dash": (put(REMOVED, 5, 5, "-"), "neither a whole number nor a declared mark"),
    "empty": (put(REMOVED, 5, 5, None), "neither a whole number nor a declared mark"),
    "year not applicable, months known": (put(TYPES, 4, 5, "X"), "do not add up to the fiscal"),
}


@pytest.mark.parametrize(("edit", "words"), REFUSED.values(), ids=list(REFUSED))
def test_another_layout_is_refused(edit: Edit, words: str) -> None:
    book = sheets()
    edit(book)
    with pytest.raises(LayoutError) as caught:
        from_book(book)
    assert words in str(caught.value)


def test_a_month_that_all_sheets_lost_is_refused() -> None:
    book = {name: [row for row in rows if row[1:2] != ["March"]] for name, rows in sheets().items()}
    with pytest.raises(LayoutError, match="years and months are not in their order"):
        from_book(book)


def test_sheets_of_two_releases_are_refused() -> None:
    book = {**sheets(), REMOVED: sheets(months=28)[REMOVED]}
    with pytest.raises(LayoutError, match="do not end with the same month"):
        from_book(book)


class TestFlows:
    def test_schema_and_what_the_figures_are(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "destination_iso3": "USA",
            "place": "all",
            "population_group": "all",
            "frequency": "M",
            "is_suppressed": False,
            "rounding": 10,
            "is_derived": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert set(flows["indicator"]) == {
            *OF_TYPE.values(),
            *OF_RESULT.values(),
            "credible_fear_referrals",
        }
        assert flows["value"].null_count() == 0

    def test_each_series_has_one_figure_a_month(self, flows: pl.DataFrame) -> None:
        key = ["indicator", "origin_label", "route", "period_start"]
        assert flows.select(key).is_unique().all()

    def test_totals_are_the_publishers_own(self, flows: pl.DataFrame, release: Parsed) -> None:
        core = release.tables[REPATRIATIONS.name]
        for name, indicator in OF_TYPE.items():
            of = {"breakdown": "type", "repatriation_type": name}
            key = {"indicator": indicator, "origin_label": TOTAL, "period_start": month_of(8)}
            printed = figure(core, EVENTS, month_start_date=month_of(8), **of)
            assert figure(flows, "value", **key) == printed

    def test_the_rest_of_the_citizenships_makes_the_total(self, flows: pl.DataFrame) -> None:
        """It is one origin: without it a sum over origins would fall short of the total."""
        assert set(flows["origin_label"]) == {TOTAL, *NAMED, "Other", "All Other"}
        removals = flows.filter(indicator="removals")
        is_total = pl.col("origin_label") == TOTAL
        sums = removals.group_by("period_start").agg(
            parts=pl.col("value").filter(~is_total).sum(),
            total=pl.col("value").filter(is_total).sum(),
        )
        assert sums.height > 12
        assert ((sums["parts"] - sums["total"]).abs() <= 60).all()

    def test_months_without_expulsions_have_no_row(self, flows: pl.DataFrame) -> None:
        expelled = flows.filter(pl.col("indicator") == "title_42_expulsions")
        assert expelled["period_start"].to_list() == [month_of(number) for number in EXPELLED]

    def test_the_southwest_border_is_a_route_without_a_total_of_referrals(
        self, flows: pl.DataFrame
    ) -> None:
        southwest = flows.filter(pl.col("route") == "southwest_land_border")
        referrals = southwest.filter(pl.col("indicator") == "credible_fear_referrals")
        assert set(referrals["origin_label"]) == {*NAMED, "All Other"}
        assert set(southwest["indicator"]) == {*OF_RESULT.values(), "credible_fear_referrals"}


class TestReleases:
    """A second release: a month more, and another tenth citizenship of enforcement returns."""

    def test_a_citizenship_that_lost_its_column_stays_in_the_history(self) -> None:
        frames = [
            (date(2016, 4, 8), from_book(sheets(28, "Guyana")).tables[REPATRIATIONS.name]),
            (date(2016, 5, 6), from_book(sheets()).tables[REPATRIATIONS.name]),
        ]
        history = history_rows(frames)
        of = pl.col("citizenship") == "Guyana"
        gone = history.filter(of & (pl.col("repatriation_type") == "Total Enforcement Returns"))
        assert gone.height == 28
        assert set(gone["last_seen_date"]) == {date(2016, 4, 8)}
        assert frames[1][1].filter(of).is_empty()

    def test_the_suites_hold_for_the_simulated_release(self, release: Parsed) -> None:
        for table in (REPATRIATIONS, CREDIBLE_FEAR):
            frame = published(release.tables[table.name])
            found = check_table(
                latest_table(table), frame, suites_dir=SUITES_DIR, today=date(2016, 6, 1)
            )
            failed = {item.expectation for item in found if not item.success}
            # the simulated years are not those that the publisher prints
            assert {name for name in failed if not name.endswith("by fiscal year")} == set()
