"""Claims awaiting a decision in the UK: a stock, of people and of cases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.sources.base import TOTAL, Parsed
from fcm_migration.sources.uk_home_office.awaiting_decision import (
    DATASET,
    FURTHER,
    INITIAL,
    SOURCE,
    TABLE,
    from_sheets,
)
from tests.sources.home_office import Table, as_published, published, sheets, table, workbook
from tests.sources.reading import conformed, figure, read
from tests.workbook.writers import write_xlsx

DAY, NATION, REGION, APPLICANT, STAGE, DURATION, COUNT = range(7)
COPY = "../fresh/uk_home_office_quarterly/humaniverse_awaiting_decision.csv.gz"
VINTAGES = "../fresh/uk_home_office_vintages/awaiting_decision_vintages.parquet"


def rows() -> Table:
    return table(SOURCE.source_id)


def parsed(content: Table) -> Parsed:
    return conformed(SOURCE, from_sheets(sheets(content, DATASET.sheets[0]), "release.xlsx"))


class TestParse:
    def test_spellings_of_a_stage_are_one(self) -> None:
        answer = parsed(rows())
        assert set(answer.tables[TABLE.name]["application_stage"]) == {INITIAL, FURTHER}
        met = {line for line in answer.layout if line.startswith("application stage")}
        assert "application stage: Pending Initial decision" in met
        assert len(met) == 3

    @pytest.mark.parametrize(
        ("column", "text", "words"),
        [
            (APPLICANT, "Sponsor", r"applicant types.*\['Sponsor'\]"),
            (STAGE, "Pending appeal", r"application stages.*\['Pending appeal'\]"),
            (DURATION, "More than a year", r"durations.*\['More than a year'\]"),
            (DURATION, "N/A - Further review", "a duration that is not one of its stage"),
        ],
    )
    def test_an_unknown_category_is_refused(self, column: int, text: str, words: str) -> None:
        content = rows()
        place = next(n for n, row in enumerate(content[1:], 1) if row[STAGE] == INITIAL)
        content[place][column] = text
        with pytest.raises(LayoutError, match=words):
            parsed(content)

    @pytest.mark.parametrize(
        ("column", "label"), [(APPLICANT, "Dependant"), (DURATION, "More than 6 months")]
    )
    def test_a_label_lost_from_a_quarter_is_no_zero(self, column: int, label: str) -> None:
        kept = [row for row in rows() if (row[DAY], row[column]) != ("31 Dec 2011", label)]
        with pytest.raises(LayoutError, match=f"2011-10-01 {label}"):
            parsed(kept)

    def test_further_reviews_may_end_and_have_no_hole(self) -> None:
        ended = parsed(rows()).tables[TABLE.name].filter(application_stage=FURTHER)
        assert ended["quarter_start_date"].max() == date(2012, 7, 1)
        kept = [row for row in rows() if (row[DAY], row[STAGE]) != ("31 Dec 2011", FURTHER)]
        with pytest.raises(LayoutError, match=r"quarters without Pending further.*2011-10-01"):
            parsed(kept)

    def test_rows_repeated_under_one_label_are_added_and_told(self) -> None:
        again = [*rows()[-1][:COUNT], int(str(rows()[-1][COUNT])) + 1]
        answer = parsed([*rows(), again])
        before, after = (
            part.tables[TABLE.name]["awaiting_persons"].sum() for part in (parsed(rows()), answer)
        )
        assert after == before + int(str(again[COUNT]))
        assert answer.notes == ("1 rows repeat the labels of another and were added.",)

    def test_a_row_that_stands_twice_is_refused_but_where_nationalities_are_folded(self) -> None:
        with pytest.raises(LayoutError, match="rows stand twice"):
            parsed([*rows(), rows()[-1]])
        folded = list(rows()[-1])
        folded[NATION], folded[REGION] = "British overseas citizens", "Other"
        assert parsed([*rows(), folded, folded]).notes[0].startswith("1 rows repeat")


def test_people_are_main_applicants_and_dependants_and_cases_the_former() -> None:
    flows = SOURCE.flows(parsed(rows()).tables)
    here = [row for row in rows() if row[DAY] == "31 Mar 2012" and row[STAGE] == INITIAL]
    people = sum(int(str(row[COUNT])) for row in here)
    cases = sum(int(str(row[COUNT])) for row in here if row[APPLICANT] == "Main applicant")
    assert 0 < cases < people
    key = {"origin_label": TOTAL, "period_start": date(2012, 1, 1)}
    assert figure(flows, "value", indicator="asylum_awaiting_decision", **key) == people
    assert figure(flows, "value", indicator="asylum_awaiting_decision_cases", **key) == cases


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    """The copy that others made, laid out as the publisher's workbook."""
    path = shared_data / COPY
    if not path.is_file():
        pytest.skip("the copy of Asy_D03 is not beside the publishers' real files")
    content = as_published(pl.read_csv(path, infer_schema=False))
    name = "asylum-applications-awaiting-decision-datasets-sep-2024.xlsx"
    target = tmp_path_factory.mktemp("awaiting") / name
    return read(SOURCE, write_xlsx(target, workbook(content, "Data - Asy_D03")))


@pytest.mark.shared_data
@pytest.mark.slow
class TestReal:
    def test_size_and_span(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert frame.height == 35_092 - 50
        assert real.notes == ("50 rows repeat the labels of another and were added.",)
        starts = frame["quarter_start_date"]
        span = (starts.min(), starts.max(), starts.n_unique())
        assert span == (date(2010, 4, 1), date(2024, 7, 1), 58)

    @pytest.mark.parametrize(
        ("day", "people", "cases"),
        [
            (date(2021, 10, 1), 100_564, 81_978),
            (date(2023, 4, 1), 175_457, 134_046),
            (date(2023, 10, 1), 128_786, 95_252),
            (date(2024, 7, 1), 133_409, 97_170),
        ],
    )
    def test_people_and_cases(self, real: Parsed, day: date, people: int, cases: int) -> None:
        """The control totals: 128,786 people and 95,252 cases on 31 December 2023."""
        flows = SOURCE.flows(real.tables)
        key = {"origin_label": TOTAL, "period_start": day}
        assert figure(flows, "value", indicator="asylum_awaiting_decision", **key) == people
        assert figure(flows, "value", indicator="asylum_awaiting_decision_cases", **key) == cases

    def test_another_copy_of_the_release_says_the_same(
        self, real: Parsed, shared_data: Path
    ) -> None:
        """Summed by others, with quarters named by their last day."""
        path = shared_data / VINTAGES
        if not path.is_file():
            pytest.skip("the releases of Asy_D03 are not beside the publishers' real files")
        other = (
            pl.read_parquet(path)
            .filter(vintage="2025-01-20")
            .group_by(
                pl.col("Date").str.to_date().dt.truncate("1q").alias("quarter_start_date"),
                pl.col("Nationality").alias("nationality"),
                pl.col("Applicant type").alias("applicant_type"),
                pl.col("Application stage")
                .str.to_lowercase()
                .replace({INITIAL.lower(): INITIAL, FURTHER.lower(): FURTHER})
                .alias("application_stage"),
            )
            .agg(pl.col("n").sum().cast(pl.Int64).alias("awaiting_persons"))
        )
        by = other.columns[:-1]
        ours = real.tables[TABLE.name].group_by(by).agg(pl.col("awaiting_persons").sum())
        assert ours.sort(by).equals(other.sort(by))

    def test_the_suite_holds_and_notices_a_lost_row(self, real: Parsed) -> None:
        table = latest_table(TABLE)
        frame = published(real.tables[TABLE.name])
        today = date(2026, 9, 1)
        whole = check_table(table, frame, suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in whole if not item.success] == []
        initial = frame.filter(application_stage=INITIAL)[1:]
        cut = check_table(table, initial, suites_dir=SUITES_DIR, today=today)
        failed = [item.expectation for item in cut if not item.success]
        assert "people awaiting an initial decision" in failed
