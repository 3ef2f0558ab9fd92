"""Asylum claims in the UK: people and applications apart, breaks no totals, no other layout."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import ConformError, LayoutError, SourceError
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed
from fcm_migration.sources.uk_home_office.asylum_claims import (
    DATASET,
    DEPENDANT,
    MAIN,
    SOURCE,
    TABLE,
    from_sheets,
)
from fcm_migration.sources.uk_home_office.datasets import INDEX
from tests.sources.fake_get import FakeGet
from tests.sources.home_office import ASSETS, Table, csv_bytes, landing, published, sheets, table
from tests.sources.reading import conformed, figure, read, same
from tests.wire import uk_asylum_claims as wire

SHEET, NAME = DATASET.sheets[0], "asylum-claims-datasets-dec-2009.xlsx"
YEAR, QUARTER, NATION, REGION, AGE, SEX, APPLICANT, UASC, PLACE, COUNT = range(10)
PERSONS = "claims_persons"


def rows() -> Table:
    return table(SOURCE.source_id)


def parsed(content: Table, sheet: str = SHEET) -> Parsed:
    return conformed(SOURCE, from_sheets(sheets(content, sheet), NAME))


def from_bytes(folder: Path, content: bytes, name: str = "claims.csv") -> Parsed:
    path = folder / name
    path.write_bytes(content)
    return read(SOURCE, path)


def edited(column: int, value: object, row: int = 5) -> Table:
    changed = rows()
    changed[row][column] = value  # type: ignore[call-overload]
    return changed


def of(content: Table, **wanted: str) -> list[int]:
    """Figures of the fixture's rows with these cells, read without the parser."""
    places = {"quarter": QUARTER, "nation": NATION, "applicant": APPLICANT}
    return [
        int(str(row[COUNT]))
        for row in content[1:]
        if all(row[places[name]] == value for name, value in wanted.items())
    ]


@pytest.fixture(scope="module")
def release() -> Parsed:
    return parsed(rows())


@pytest.fixture(scope="module")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


class TestFetch:
    def test_the_newest_workbook_is_asked_for(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, wire.answer)
        (file,) = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [(request.url, request.expect) for request in get.requests] == [
            (INDEX, "html"),
            (f"{ASSETS}/69958f76b33a4db7ff889d43/{NAME}", "xlsx"),
        ]
        assert file.name == NAME
        assert file.response.size >= get.requests[1].min_bytes

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            ("asylum-applications-datasets-dec-2024.xlsx", "asylum-claims-datasets-mar-2025.xlsx"),
            (
                "asylum-applications-datasets-sep-2024.xlsx",
                "asylum-applications-datasets-dec-2024.xlsx",
            ),
            ("asylum-claims-datasets-dec-2025.xlsx", "asylum-claims-datasets-jun-2026.xlsx"),
            # other subjects, whose names hold the words or end in a newer month
            (
                "outcome-analysis-asylum-claims-datasets-dec-2027.xlsx",
                "asylum-claims-datasets-jun-2026.xlsx",
            ),
            (
                "asylum-claims-awaiting-decision-datasets-dec-2027.xlsx",
                "asylum-claims-datasets-jun-2026.xlsx",
            ),
            ("asylum-claims-datasets-xyz-2027.xlsx", "asylum-claims-datasets-jun-2026.xlsx"),
        ],
    )
    def test_the_newer_of_two_wins(self, tmp_path: Path, older: str, newer: str) -> None:
        for pair in ((older, newer), (newer, older)):
            page = landing(*(f"{ASSETS}/0a/{name}" for name in pair))
            get = FakeGet(tmp_path, lambda _, page=page: page)
            SOURCE.fetch(get)  # type: ignore[misc]
            assert get.requests[1].url == f"{ASSETS}/0a/{newer}"

    def test_a_page_without_it_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(LayoutError, match="no page links to the workbook") as caught:
            SOURCE.fetch(FakeGet(tmp_path, lambda _: landing()))  # type: ignore[misc]
        assert "fcm ingest uk_asylum_claims FILE" in str(caught.value)


class TestParse:
    def test_every_row_is_read_with_its_figure(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(rows()) - 1
        assert frame[PERSONS].sum() == sum(of(rows()))
        row = rows()[-1]
        assert (row[QUARTER], row[APPLICANT]) == ("2009 Q4", "Dependant")
        assert (
            figure(
                frame,
                PERSONS,
                quarter_start_date=date(2009, 10, 1),
                nationality=row[NATION],
                age_group=row[AGE],
                sex=row[SEX],
                applicant_type=DEPENDANT,
                claim_location=row[PLACE],
            )
            == row[COUNT]
        )
        assert (release.marks, release.notes) == ({}, ())

    def test_breaks_stay_labels_and_spellings_stay_apart(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        broken = frame.filter(pl.col("age_group") == "Total (pre-2009)")
        assert broken["quarter_start_date"].max() == date(2008, 10, 1)
        assert {"Unknown Age", "Unknown age"} <= set(frame["age_group"])
        assert {"age_group: Unknown Age", "uasc: Total (pre-2006)"} <= set(release.layout)

    @pytest.mark.parametrize("sheet", DATASET.sheets)
    @pytest.mark.parametrize("count", ["Claims", "Applications"])
    @pytest.mark.parametrize("place", ["Location of application", "Location of claim"])
    def test_every_name_of_sheet_and_columns(
        self, release: Parsed, sheet: str, count: str, place: str
    ) -> None:
        content = rows()
        content[0][COUNT], content[0][PLACE] = count, place
        assert same(parsed(content, sheet), release)

    def test_the_workbook_and_the_csv_say_the_same(self, tmp_path: Path, release: Parsed) -> None:
        (path,) = wire.release(tmp_path)
        assert same(read(SOURCE, path), release)
        packed = gzip.compress(csv_bytes(rows()))
        assert same(from_bytes(tmp_path, packed, "claims.csv.gz"), release)

    def test_numbers_with_a_point_as_statistics_packages_write_them(
        self, tmp_path: Path, release: Parsed
    ) -> None:
        tidy: Table = [["Date", *rows()[0]]]
        tidy += [["2001-03-31", f"{r[0]}.0", *r[1:COUNT], f"{r[COUNT]}.0"] for r in rows()[1:]]
        answer = from_bytes(tmp_path, csv_bytes(tidy))
        assert same(answer, release)
        assert answer.notes == ("Columns not read: Date.",)

    @pytest.mark.parametrize("text", ["Main Applicant", "Main applicants", "MAIN APPLICANT"])
    def test_every_spelling_of_a_main_applicant(self, release: Parsed, text: str) -> None:
        content = rows()
        for row in content[1:]:
            row[APPLICANT] = text if row[APPLICANT] == MAIN else "Dependants"
        answer = parsed(content)
        assert same(answer, release)
        assert f"applicant type: {text}" in answer.layout

    @pytest.mark.parametrize(
        ("column", "text", "kind", "words"),
        [
            (APPLICANT, "Sponsor", LayoutError, r"applicant types.*\['Sponsor'\]"),
            (COUNT, "[y]", LayoutError, r"'\[y\]' x1 \(rows \[7\]\)"),
            (COUNT, "14.5", LayoutError, "14.5"),
            (COUNT, "-3", ConformError, "below 0"),
            (COUNT, "", LayoutError, "empty cells in data rows"),
            (YEAR, 2002, LayoutError, "a year and its quarter disagree"),
            (QUARTER, "Q1", LayoutError, "no quarter"),
        ],
    )
    def test_an_unknown_category_or_mark_is_refused(
        self, column: int, text: object, kind: type[SourceError], words: str
    ) -> None:
        with pytest.raises(kind, match=words):
            parsed(edited(column, text))

    @pytest.mark.parametrize("column", range(10))
    def test_a_renamed_column_is_refused(self, column: int) -> None:
        with pytest.raises(LayoutError, match=r"header row was not found|columns are missing"):
            parsed(edited(column, "Renamed", row=0))

    @pytest.mark.parametrize(
        ("left", "right"),
        [(left, right) for left in range(2, 10) for right in range(left + 1, 10)],
    )
    def test_headings_that_changed_places_are_refused(self, left: int, right: int) -> None:
        content = rows()
        content[0][left], content[0][right] = content[0][right], content[0][left]
        with pytest.raises(SourceError):
            parsed(content)

    def test_both_names_of_the_count_are_refused(self) -> None:
        doubled = [[*row, "Claims" if number == 0 else 1] for number, row in enumerate(rows())]
        with pytest.raises(LayoutError, match="columns stand twice"):
            parsed(doubled)

    @pytest.mark.parametrize("quarter", ["2001 Q1", "2005 Q2"])
    def test_a_lost_quarter_is_refused(self, quarter: str) -> None:
        with pytest.raises(LayoutError, match="quarters are missing"):
            parsed([row for row in rows() if row[QUARTER] != quarter])

    def test_dependants_lost_from_a_quarter_are_no_zero(self) -> None:
        lost = ("2004 Q2", DEPENDANT)
        kept = [row for row in rows() if (row[QUARTER], row[APPLICANT]) != lost]
        with pytest.raises(LayoutError, match=r"without a label.*2004-04-01 Dependant"):
            parsed(kept)
        lost = ("2001 Q2", MAIN)
        kept = [row for row in rows() if (row[QUARTER], row[APPLICANT]) != lost]
        with pytest.raises(LayoutError, match="quarters are missing"):
            parsed(kept)

    @pytest.mark.parametrize(
        ("column", "text", "words"),
        [
            (AGE, "Total (pre-2009)", "a total of age_group beside its parts"),
            (SEX, "Total", "a total of sex beside its parts"),
            (UASC, "Total (pre-2006)", "a total of uasc beside its parts"),
        ],
    )
    def test_a_total_beside_its_parts_is_refused(self, column: int, text: str, words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            parsed(edited(column, text, row=-1))

    def test_rows_repeated_under_one_label_are_added_and_told(self, release: Parsed) -> None:
        again = [*rows()[-1][:COUNT], 7]
        answer = parsed([*rows(), again])
        before, after = (part.tables[TABLE.name][PERSONS].sum() for part in (release, answer))
        assert after == before + 7
        assert answer.tables[TABLE.name].height == release.tables[TABLE.name].height
        assert answer.notes == ("1 rows repeat the labels of another and were added.",)

    def test_a_file_whose_rows_stand_twice_is_refused(self) -> None:
        with pytest.raises(LayoutError, match=r"rows stand twice; expected at most 25"):
            parsed([*rows(), *rows()[1:]])

    def test_a_renamed_sheet_is_refused(self) -> None:
        with pytest.raises(LayoutError, match="the dataset's sheet is not there"):
            parsed(rows(), "Data_Asy_D03")


ALIKE: dict[str, Callable[[Table], bytes]] = {
    "byte order mark": lambda r: b"\xef\xbb\xbf" + csv_bytes(r),
    "no-break spaces": lambda r: csv_bytes(r).replace(b"At Port", b"At\xc2\xa0Port"),
    "rows reversed": lambda r: csv_bytes([r[0], *r[:0:-1]]),
    "columns reversed": lambda r: csv_bytes([row[::-1] for row in r]),
    "title above": lambda r: csv_bytes([["Asy_D01", *[""] * 9], *r]),
}
REFUSED: dict[str, Callable[[Table], bytes]] = {
    "UTF-16": lambda r: csv_bytes(r).decode().encode("utf-16"),
    "cut off in a row": lambda r: csv_bytes(r)[:-40],
    "header shifted": lambda r: csv_bytes([[*r[0][1:], r[0][0]], *r[1:]]),
    "web page": lambda _: landing(),
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


class TestFlows:
    def test_schema_and_what_the_figures_are(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "indicator": "asylum_claims",
            "destination_iso3": "GBR",
            "route": "all",
            "place": "all",
            "frequency": "Q",
            "is_suppressed": False,
            "rounding": 1,
            "is_derived": True,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert flows.select("origin_label", "population_group", "period_start").is_unique().all()

    def test_applications_dependants_and_people(self, flows: pl.DataFrame) -> None:
        key = {"origin_label": TOTAL, "period_start": date(2006, 4, 1)}
        main, others = (sum(of(rows(), quarter="2006 Q2", applicant=a)) for a in (MAIN, DEPENDANT))
        assert min(main, others) > 0
        wanted = {"main_applicants": main, "dependants": others, "all": main + others}
        for group, value in wanted.items():
            assert figure(flows, "value", population_group=group, **key) == value
        burma = {"origin_label": "Myanmar (Burma)", "period_start": date(2006, 4, 1)}
        value = sum(of(rows(), quarter="2006 Q2", nation="Myanmar (Burma)"))
        assert figure(flows, "value", population_group="all", **burma) == value

    def test_main_applicants_alone_are_not_everybody(self, flows: pl.DataFrame) -> None:
        first = flows.group_by("population_group").agg(pl.col("period_start").min())
        assert dict(first.iter_rows()) == {
            "main_applicants": date(2001, 1, 1),
            "dependants": date(2002, 1, 1),
            "all": date(2002, 1, 1),
        }

    def test_nationalities_add_up_to_the_total(self, flows: pl.DataFrame) -> None:
        total = pl.col("origin_label") == TOTAL
        by = ("population_group", "period_start")
        sums = flows.filter(~total).group_by(by).agg(pl.col("value").sum()).sort(by)
        assert sums.equals(flows.filter(total).select(*by, "value").sort(by))

    def test_every_label_is_known(self, flows: pl.DataFrame) -> None:
        known = dict(aliases(REFERENCE_DIR, SOURCE.country_scheme).drop("origin_class").iter_rows())
        assert set(flows["origin_label"]) <= set(known)
        assert known["Bermuda (British)"] == "BMU"
        assert known["Serbia and Montenegro"] == "former_serbia_and_montenegro"


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Parsed:
    name = "humaniverse_applications_from_rda.csv.gz"
    return read(SOURCE, shared_data / "uk_home_office_quarterly" / name)


@pytest.mark.shared_data
class TestReal:
    def test_size_span_and_labels(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert frame.height == 75_785 - 11
        assert real.notes[-1].startswith("11 rows repeat")
        starts = frame["quarter_start_date"]
        assert (starts.min(), starts.max(), starts.n_unique()) == (
            date(2001, 1, 1),
            date(2024, 7, 1),
            95,
        )
        known = aliases(REFERENCE_DIR, SOURCE.country_scheme)
        assert set(frame["nationality"]) <= set(known["label"])
        assert frame["nationality"].n_unique() == 209

    def test_people_and_applications_by_year(self, real: Parsed) -> None:
        total = SOURCE.flows(real.tables).filter(pl.col("origin_label") == TOTAL)
        years = total.group_by(
            "population_group", pl.col("period_start").dt.year().alias("year")
        ).agg(pl.col("value").sum())
        known = {
            ("main_applicants", 2001): 71_027,
            ("main_applicants", 2002): 84_132,
            ("all", 2002): 103_081,
            ("main_applicants", 2010): 17_916,
            ("all", 2022): 99_939,
            ("main_applicants", 2022): 81_130,
            ("dependants", 2022): 18_809,
        }
        for (group, year), value in known.items():
            assert figure(years, "value", population_group=group, year=year) == value
        assert years.filter(population_group="all", year=2001).is_empty()

    def test_the_suite_holds_and_notices_a_lost_row(self, real: Parsed) -> None:
        table = latest_table(TABLE)
        frame = published(real.tables[TABLE.name])
        today = date(2026, 9, 1)
        whole = check_table(table, frame, suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in whole if not item.success] == []
        cut = check_table(table, frame[1:], suites_dir=SUITES_DIR, today=today)
        failed = [item.expectation for item in cut if not item.success]
        assert failed == ["claims by year", "applications by year"]
