"""Illegal entry routes: exact counts by quarter, every name it has gone by, no other layout."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import ConformError, FetchError, LayoutError, SourceError, UnsafeFileError
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.uk_home_office.datasets import INDEX
from fcm_migration.sources.uk_home_office.irregular_migration import (
    DATASET,
    METHODS,
    OLDER,
    SOURCE,
    TABLE,
    from_sheets,
)
from tests.sources import home_office
from tests.sources.fake_get import FakeGet
from tests.sources.home_office import ASSETS, Table, csv_bytes, landing, published, sheets, table
from tests.sources.reading import conformed, figure, read, same
from tests.wire import uk_irregular_migration as wire
from tests.workbook.writers import write_xlsx

SHEET, NAME = DATASET.sheets[0], "illegal-entry-routes-to-the-uk-dataset-mar-2019.xlsx"
YEAR, QUARTER, METHOD, NATION, REGION, SEX, AGE, COUNT = range(8)
PERSONS = "detections_persons"


def rows() -> Table:
    return table(SOURCE.source_id)


def parsed(content: Table, sheet: str = SHEET) -> Parsed:
    return conformed(SOURCE, from_sheets(sheets(content, sheet), NAME))


def from_bytes(folder: Path, content: bytes, name: str = "detections.csv") -> Parsed:
    path = folder / name
    path.write_bytes(content)
    return read(SOURCE, path)


@pytest.fixture(scope="module")
def release() -> Parsed:
    return parsed(rows())


@pytest.fixture(scope="module")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


def edited(column: int, value: object, row: int = 5) -> Table:
    changed = rows()
    changed[row][column] = value  # type: ignore[call-overload]
    return changed


class TestFetch:
    def test_the_newest_workbook_is_asked_for(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, wire.answer)
        (file,) = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [(request.url, request.expect) for request in get.requests] == [
            (INDEX, "html"),
            (f"{ASSETS}/6a85c41d3d82f78d5c514551/{NAME}", "xlsx"),
        ]
        assert file.name == NAME
        assert file.response.size >= get.requests[1].min_bytes

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            ("dec-2025.xlsx", "jun-2026.xlsx"),  # not the alphabet
            ("mar-2026.xlsx", "jun-2026.xlsx"),
            ("jun-26.xlsx", "dec-2026.xlsx"),  # a year of two digits was published once
            ("jun-2025.xlsx", "jun-26.xlsx"),
            ("dec-2025.xlsx", "dec-2025-v2.xlsx"),
            ("dec-2025.ods", "mar-2026.xlsx"),
        ],
    )
    def test_the_newer_of_two_wins(self, tmp_path: Path, older: str, newer: str) -> None:
        stem = f"{ASSETS}/0a/illegal-entry-routes-to-the-uk-dataset-"
        for pair in ((older, newer), (newer, older)):
            page = landing(*(stem + end for end in pair))
            get = FakeGet(tmp_path, lambda _, page=page: page)
            SOURCE.fetch(get)  # type: ignore[misc]
            assert get.requests[1].url == stem + newer

    def test_the_name_of_before_2025(self, tmp_path: Path) -> None:
        address = (
            f"{ASSETS}/0b/irregular-migration-to-the-UK-detailed-dataset-year-ending-dec-2023.xlsx"
        )
        pages = {INDEX: landing(), OLDER: landing(address), address: b"PK"}
        get = FakeGet(tmp_path, lambda request: pages.get(request.url))
        (file,) = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [request.url for request in get.requests] == [INDEX, OLDER, address]
        assert file.name == address.rsplit("/", 1)[-1]

    def test_pages_without_it_are_refused(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, lambda request: landing() if request.url == INDEX else None)
        with pytest.raises(LayoutError, match="no page links to the workbook") as caught:
            SOURCE.fetch(get)  # type: ignore[misc]
        assert "none among 7 links" in str(caught.value)
        assert "fcm ingest uk_irregular_migration FILE" in str(caught.value)

    def test_two_addresses_of_the_newest_are_refused(self, tmp_path: Path) -> None:
        page = landing(f"{ASSETS}/1/{NAME}", f"{ASSETS}/2/{NAME}")
        with pytest.raises(LayoutError, match="stands at several addresses"):
            SOURCE.fetch(FakeGet(tmp_path, lambda _: page))  # type: ignore[misc]

    def test_a_blocked_page_is_no_missing_one(self, tmp_path: Path) -> None:
        class Blocked(FakeGet):
            def __call__(self, request):  # type: ignore[no-untyped-def]
                raise FetchError("status 403", outcome="blocked", where=request.url)

        with pytest.raises(FetchError, match="403"):
            SOURCE.fetch(Blocked(tmp_path, lambda _: None))  # type: ignore[misc]


class TestParse:
    def test_every_row_is_read_with_its_figure(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(rows()) - 1 == 437
        assert frame[PERSONS].sum() == sum(int(str(row[COUNT])) for row in rows()[1:])
        year, quarter, method, nation, _, sex, age, count = rows()[7]
        assert (year, quarter) == (2018, "2018 Q1")
        key = {"method_of_entry": method, "nationality": nation, "sex": sex, "age_group": age}
        assert figure(frame, PERSONS, quarter_start_date=date(2018, 1, 1), **key) == count
        assert (release.marks, release.notes) == ({}, ())

    def test_quarters_are_calendar_quarters(self, release: Parsed) -> None:
        starts = release.tables[TABLE.name]["quarter_start_date"].unique().sort().to_list()
        assert starts == [date(2018, month, 1) for month in (1, 4, 7, 10)] + [date(2019, 1, 1)]

    def test_layout_names_sheet_columns_and_vocabularies(self, release: Parsed) -> None:
        assert release.layout[0] == f"sheet {SHEET}"
        assert "column detections_persons: Number of detections" in release.layout
        assert [line for line in release.layout if line.startswith("method")] == [
            f"method: {method}" for method in sorted(METHODS)
        ]
        assert len(release.layout) == 1 + 8 + 4 + 4

    @pytest.mark.parametrize("sheet", DATASET.sheets)
    def test_every_name_of_the_sheet(self, release: Parsed, sheet: str) -> None:
        assert same(parsed(rows(), sheet), release)

    def test_the_workbook_and_the_csv_say_the_same(self, tmp_path: Path, release: Parsed) -> None:
        (path,) = wire.release(tmp_path)
        assert same(read(SOURCE, path), release)
        assert same(from_bytes(tmp_path, csv_bytes(rows())), release)
        packed = gzip.compress(csv_bytes(rows()))
        assert same(from_bytes(tmp_path, packed, "detections.csv.gz"), release)

    def test_the_tidy_layout_with_quarters_as_numbers(
        self, tmp_path: Path, release: Parsed
    ) -> None:
        tidy: Table = [["Date", *rows()[0]]]
        tidy += [
            ["2018-03-31", f"{row[YEAR]}.0", str(row[QUARTER])[-1], *row[2:7], f"{row[7]}.0"]
            for row in rows()[1:]
        ]
        answer = from_bytes(tmp_path, csv_bytes(tidy))
        assert same(answer, release)
        assert answer.notes == ("Columns not read: Date.",)

    def test_a_year_at_odds_with_its_quarter_is_refused(self) -> None:
        with pytest.raises(LayoutError, match="a year and its quarter disagree"):
            parsed(edited(YEAR, 2019))

    @pytest.mark.parametrize("text", ["2018 Q5", "Q1 2018", "2018", "2018 Q1 (provisional)"])
    def test_another_spelling_of_a_quarter_is_refused(self, text: str) -> None:
        with pytest.raises(LayoutError, match="no quarter"):
            parsed(edited(QUARTER, text))

    @pytest.mark.parametrize("column", range(8))
    def test_a_renamed_column_is_refused(self, column: int) -> None:
        with pytest.raises(LayoutError, match=r"header row was not found|columns are missing"):
            parsed(edited(column, "Renamed", row=0))

    @pytest.mark.parametrize(
        ("left", "right"),
        [(left, right) for left in range(2, 8) for right in range(left + 1, 8)],
    )
    def test_headings_that_changed_places_are_refused(self, left: int, right: int) -> None:
        content = rows()
        content[0][left], content[0][right] = content[0][right], content[0][left]
        with pytest.raises(SourceError):
            parsed(content)

    def test_a_column_that_stands_twice_is_refused(self) -> None:
        for label in ("Number of detections", "Age group", "Region"):
            doubled = [[*row, label if number == 0 else 1] for number, row in enumerate(rows())]
            with pytest.raises(LayoutError, match="columns stand twice"):
                parsed(doubled)

    @pytest.mark.parametrize(
        ("column", "text", "kind", "words"),
        [
            (METHOD, "Lorries", LayoutError, r"methods of entry.*\['Lorries'\]"),
            (SEX, "F", ConformError, r"sex: 1 value\(s\) outside"),
            (COUNT, "[e]", LayoutError, r"'\[e\]' x1 \(rows \[7\]\)"),
            (COUNT, "12.5", LayoutError, "12.5"),
            (COUNT, "-3", ConformError, "below 0"),
            (COUNT, "", LayoutError, "empty cells in data rows"),
            (NATION, "", LayoutError, "empty cells in data rows"),
        ],
    )
    def test_an_unknown_category_or_mark_is_refused(
        self, column: int, text: str, kind: type[SourceError], words: str
    ) -> None:
        with pytest.raises(kind, match=words):
            parsed(edited(column, text))

    def test_a_lost_quarter_is_refused(self) -> None:
        kept = [row for row in rows() if row[QUARTER] != "2018 Q3"]
        with pytest.raises(LayoutError, match=r"quarters are missing.*2018-07-01"):
            parsed(kept)
        kept = [row for row in rows() if row[QUARTER] != "2018 Q1"]
        with pytest.raises(LayoutError, match=r"quarters are missing.*2018-04-01.* first"):
            parsed(kept)
        with pytest.raises(LayoutError, match="quarters are missing"):
            parsed(rows()[:1])

    def test_a_method_lost_from_a_quarter_is_no_zero(self) -> None:
        lost = ("2018 Q4", "Recorded detections in the UK")
        kept = [row for row in rows() if (row[QUARTER], row[METHOD]) != lost]
        with pytest.raises(LayoutError, match=r"1 quarters without a label.*2018-10-01 Recorded"):
            parsed(kept)

    def test_rows_below_the_footnotes_are_refused(self) -> None:
        changed = rows()
        for gap in ([None] * 8, ["Note: revised", *[None] * 7]):
            with pytest.raises(LayoutError, match=r"between the data rows.*row 22"):
                parsed([*changed[:20], list(gap), *changed[20:]])

    def test_the_same_row_twice_is_refused(self) -> None:
        with pytest.raises(ConformError, match="stand more than once"):
            parsed([*rows(), rows()[-1]])

    def test_a_renamed_sheet_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(LayoutError, match="the dataset's sheet is not there"):
            parsed(rows(), "Data_IER_D03")
        path = write_xlsx(tmp_path / NAME, home_office.workbook(rows(), "Data_IER_D03"))
        with pytest.raises(LayoutError, match=r"sheet is not there.*Cover_sheet"):
            read(SOURCE, path)

    def test_one_file_only(self, tmp_path: Path) -> None:
        file = ReleaseFile(NAME, tmp_path / NAME)
        with pytest.raises(LayoutError, match="a release is one file"):
            SOURCE.parse([file, file])

    def test_no_release_date_is_made_up(self) -> None:
        assert SOURCE.release_date([]) is None


ALIKE: dict[str, Callable[[Table], bytes]] = {
    "byte order mark": lambda r: b"\xef\xbb\xbf" + csv_bytes(r),
    "line feeds alone": lambda r: csv_bytes(r).replace(b"\r\n", b"\n"),
    "no-break spaces": lambda r: csv_bytes(r).replace(b"Small boat ", b"Small\xc2\xa0boat "),
    "no-break space in the header": lambda r: csv_bytes(r).replace(b"of entry", b"of\xc2\xa0entry"),
    "rows reversed": lambda r: csv_bytes([r[0], *r[:0:-1]]),
    "columns reversed": lambda r: csv_bytes([row[::-1] for row in r]),
    "title above": lambda r: csv_bytes([["Irr_D01", *[""] * 7], *r]),
    "footnote below": lambda r: csv_bytes([*r, [""] * 8, ["Source: x", *[""] * 7]]),
    "thousands": lambda r: csv_bytes([*r[:5], [*r[5][:7], f"{r[5][7]}.0"], *r[6:]]),
}
REFUSED: dict[str, Callable[[Table], bytes]] = {
    "UTF-16": lambda r: csv_bytes(r).decode().encode("utf-16"),
    "cut off in a row": lambda r: csv_bytes(r)[:-40],
    "semicolons": lambda r: csv_bytes(r).replace(b",", b";"),
    "header shifted": lambda r: csv_bytes([[*r[0][1:], r[0][0]], *r[1:]]),
    "labels swapped": lambda r: csv_bytes([[*r[0][:5], r[0][6], r[0][5], r[0][7]], *r[1:]]),
    "web page": lambda _: landing(),
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("change", ALIKE.values(), ids=list(ALIKE))
def test_a_changed_file_reads_the_same(
    tmp_path: Path, release: Parsed, change: Callable[[Table], bytes]
) -> None:
    content = change(rows())
    assert content != csv_bytes(rows())
    assert same(from_bytes(tmp_path, content), release)


@pytest.mark.parametrize("change", REFUSED.values(), ids=list(REFUSED))
def test_a_changed_file_is_refused(tmp_path: Path, change: Callable[[Table], bytes]) -> None:
    with pytest.raises(SourceError):
        from_bytes(tmp_path, change(rows()))


def test_gzip_is_read_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(csv_bytes(rows()))
    for broken in (packed[:-20], packed + b"more", b"\x1f\x8bnothing", b"plain"):
        with pytest.raises(UnsafeFileError, match="gzip"):
            from_bytes(tmp_path, broken, "x.csv.gz")
    monkeypatch.setattr("fcm_migration.sources.uk_home_office.workbooks.MOST_CSV_BYTES", 1_000)
    with pytest.raises(UnsafeFileError, match="unpacks too large"):
        from_bytes(tmp_path, packed, "x.csv.gz")


def test_a_web_page_or_a_summary_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(landing())
    with pytest.raises(UnsafeFileError, match="not a ZIP container"):
        read(SOURCE, path)


class TestFlows:
    def test_schema_and_what_the_figures_are(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "indicator": "irregular_arrivals",
            "destination_iso3": "GBR",
            "place": "all",
            "population_group": "all",
            "frequency": "Q",
            "is_suppressed": False,
            "rounding": 1,
            "is_derived": True,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert flows.select("origin_label", "route", "period_start").is_unique().all()

    def test_totals_are_the_sums_of_each_breakdown(
        self, flows: pl.DataFrame, release: Parsed
    ) -> None:
        truth = release.tables[TABLE.name].group_by("quarter_start_date").agg(pl.col(PERSONS).sum())
        whole = dict(truth.iter_rows())
        total, every = pl.col("origin_label") == TOTAL, pl.col("route") == "all"
        for part in (total & every, total & ~every, ~total & every, ~total & ~every):
            sums = flows.filter(part).group_by("period_start").agg(pl.col("value").sum())
            assert dict(sums.iter_rows()) == whole

    def test_each_method_has_its_route(self, flows: pl.DataFrame) -> None:
        key = {"origin_label": TOTAL, "period_start": date(2018, 7, 1)}
        for method, route in METHODS.items():
            persons = sum(
                int(str(row[COUNT]))
                for row in rows()[1:]
                if (row[QUARTER], row[METHOD]) == ("2018 Q3", method)
            )
            assert figure(flows, "value", route=route, **key) == persons > 0

    def test_every_label_is_known(self, flows: pl.DataFrame) -> None:
        known = aliases(REFERENCE_DIR, SOURCE.country_scheme)
        assert set(flows["origin_label"]) <= set(known["label"])
        # spellings of other years stand beside today's, never within one release
        held = known.filter(pl.col("label").is_in(flows["origin_label"].to_list()))
        assert held["origin_iso3"].is_unique().all()
        pairs = dict(known.select("label", "origin_iso3").iter_rows())
        for label, code in {
            "Congo": "COG",
            "Congo (Democratic Republic)": "COD",
            "Dominica": "DMA",
            "Dominican Republic": "DOM",
            "Guinea": "GIN",
            "Guinea-Bissau": "GNB",
            "Equatorial Guinea": "GNQ",
            "Kosovo": "XKX",
            "Niger": "NER",
            "Nigeria": "NGA",
            "North Korea": "PRK",
            "South Korea": "KOR",
            "Refugee": "refugee",
            "Stateless": "stateless",
            "Not currently recorded": "unknown",
            "Other and unknown": "other",
            "Cyprus (Northern part of)": "northern_cyprus",
            "Occupied Palestinian Territories": "PSE",
        }.items():
            assert pairs[label] == code


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Parsed:
    return read(
        SOURCE, shared_data / "uk_home_office_quarterly" / "humaniverse_irregular_migration.csv"
    )


@pytest.mark.shared_data
class TestReal:
    def test_size_and_labels(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert frame.height == 10_816
        assert frame["nationality"].n_unique() == 177
        assert frame["quarter_start_date"].max() == date(2023, 10, 1)
        known = aliases(REFERENCE_DIR, SOURCE.country_scheme)
        assert set(frame["nationality"]) <= set(known["label"])

    def test_small_boats_by_year(self, real: Parsed) -> None:
        boats = SOURCE.flows(real.tables).filter(
            pl.col("route") == "english_channel", pl.col("origin_label") == TOTAL
        )
        years = boats.group_by(pl.col("period_start").dt.year()).agg(pl.col("value").sum())
        assert dict(years.iter_rows()) == {
            2018: 299,
            2019: 1_843,
            2020: 8_466,
            2021: 28_526,
            2022: 45_774,
            2023: 29_437,
        }

    def test_other_methods_of_a_year(self, real: Parsed) -> None:
        core = real.tables[TABLE.name].filter(pl.col("quarter_start_date").dt.year() == 2023)
        sums = core.group_by("method_of_entry").agg(pl.col(PERSONS).sum())
        assert dict(sums.iter_rows()) == {
            "Inadequately documented air arrivals": 3_822,
            "Recorded detections at UK ports": 328,
            "Recorded detections in the UK": 3_117,
            "Small boat arrivals": 29_437,
        }

    def test_the_real_rows_in_the_publishers_layout(self, real: Parsed, shared_data: Path) -> None:
        """The same rows laid out as the workbook's sheet, read as such."""
        path = shared_data / "uk_home_office_quarterly" / "humaniverse_irregular_migration.csv"
        header, *body = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
        rebuilt: Table = [
            list(header[1:]),
            *([row[1], f"{row[1]} Q{row[2]}", *row[3:]] for row in body),
        ]
        answer = from_sheets(sheets(rebuilt, "Data - Irr_D01"), NAME)
        assert same(conformed(SOURCE, answer), replace(real, notes=()))

    def test_the_suite_holds_and_notices_a_lost_row(self, real: Parsed) -> None:
        table = latest_table(TABLE)
        frame = published(real.tables[TABLE.name])
        today = date(2026, 9, 1)
        whole = check_table(table, frame, suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in whole if not item.success] == []
        cut = check_table(table, frame[1:], suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in cut if not item.success] == ["detections by year"]
