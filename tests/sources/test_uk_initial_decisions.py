"""Initial decisions in the UK: people and cases apart, the resettled in neither."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.sources.base import TOTAL, Parsed
from fcm_migration.sources.uk_home_office.initial_decisions import DATASET, SOURCE, from_sheets
from fcm_migration.sources.uk_home_office.initial_decisions_table import (
    ASYLUM,
    RESETTLEMENT,
    TABLE,
)
from fcm_migration.sources.uk_home_office.labels import DEPENDANT, MAIN
from tests.sources.home_office import Table, as_published, published, sheets, table, workbook
from tests.sources.reading import conformed, figure, read
from tests.workbook.writers import write_xlsx

QUARTER, NATION, CASE, GROUP, OUTCOME, AGE, APPLICANT, UASC, HOST, COUNT = (
    *(1, 2, 4, 5, 6, 7),
    *(9, 10, 11, 12),
)
COPY = "../fresh/uk_home_office_quarterly/humaniverse_decisions_resettlement.csv.gz"
VINTAGES = "../fresh/uk_home_office_vintages/decisions_resettlement_vintages.parquet"


def rows() -> Table:
    return table(SOURCE.source_id)


def parsed(content: Table) -> Parsed:
    return conformed(SOURCE, from_sheets(sheets(content, DATASET.sheets[0]), "release.xlsx"))


def total_of(chosen: Callable[[list[object]], bool]) -> int:
    """Sum of the fixture's rows that are chosen, read without the parser."""
    return sum(int(str(row[COUNT])) for row in rows()[1:] if chosen(list(row)))


@pytest.fixture(scope="module")
def flows() -> pl.DataFrame:
    return SOURCE.flows(parsed(rows()).tables)


class TestParse:
    def test_a_layout_without_resettlement(self) -> None:
        content = [
            [cell for place, cell in enumerate(row) if place not in (CASE, HOST)]
            for row in rows()
            if row[CASE] != RESETTLEMENT
        ]
        answer = parsed(content)
        frame = answer.tables[TABLE.name]
        assert frame["case_type"].unique().to_list() == [ASYLUM]
        assert frame["host_country"].unique().to_list() == ["Asylum case - N/A"]
        whole = parsed(rows()).tables[TABLE.name].filter(case_type=ASYLUM)
        assert frame.equals(whole)
        assert "refugees_resettled" not in set(SOURCE.flows(answer.tables)["indicator"])

    @pytest.mark.parametrize("column", [CASE, HOST])
    def test_a_lost_column_is_not_taken_for_asylum(self, column: int) -> None:
        content = [[*row[:column], *row[column + 1 :]] for row in rows()]
        with pytest.raises(LayoutError, match="an outcome of the other type of case"):
            parsed(content)

    @pytest.mark.parametrize(
        ("column", "text", "words"),
        [
            (CASE, "Family Case", r"case types.*\['Family Case'\]"),
            (CASE, RESETTLEMENT, "an outcome of the other type of case"),
            (HOST, "Egypt", "an outcome of the other type of case"),
            (GROUP, "Allowed", r"case outcome groups.*\['Allowed'\]"),
            (APPLICANT, "Sponsor", r"applicant types.*\['Sponsor'\]"),
        ],
    )
    def test_an_unknown_category_is_refused(self, column: int, text: str, words: str) -> None:
        content = rows()
        content[5][column] = text
        with pytest.raises(LayoutError, match=words):
            parsed(content)

    @pytest.mark.parametrize(
        ("column", "text", "words"),
        [
            (AGE, "Total (pre-2009)", "a total of age_group beside its parts"),
            (UASC, "Total (pre-2006)", "a total of uasc beside its parts"),
            (OUTCOME, "Total (pre-2010)", "a total of case_outcome beside its parts"),
        ],
    )
    def test_a_total_beside_its_parts_is_refused(self, column: int, text: str, words: str) -> None:
        content = rows()
        newest = [row for row in content[1:] if row[QUARTER] == "2010 Q4" and row[CASE] == ASYLUM]
        newest[0][column] = text
        with pytest.raises(LayoutError, match=words):
            parsed(content)

    @pytest.mark.parametrize(
        ("quarter", "column", "label"),
        [("2004 Q2", APPLICANT, DEPENDANT), ("2005 Q3", GROUP, "Withdrawn")],
    )
    def test_a_label_lost_from_a_quarter_is_no_zero(
        self, quarter: str, column: int, label: str
    ) -> None:
        kept = [row for row in rows() if (row[QUARTER], row[column]) != (quarter, label)]
        with pytest.raises(LayoutError, match=f"quarters without a label.*{label}"):
            parsed(kept)


class TestFlows:
    def test_decisions_are_grants_and_refusals(self, flows: pl.DataFrame) -> None:
        def asylum(row: list[object], *groups: str) -> bool:
            return row[QUARTER] == "2006 Q2" and row[CASE] == ASYLUM and row[GROUP] in groups

        grants = ("Grant of Protection", "Grant of Other Leave")
        wanted = {
            "asylum_initial_decisions": total_of(lambda r: asylum(r, *grants, "Refused")),
            "asylum_initial_grants": total_of(lambda r: asylum(r, *grants)),
            "asylum_initial_protection": total_of(lambda r: asylum(r, grants[0])),
            "asylum_withdrawals": total_of(lambda r: asylum(r, "Withdrawn")),
            "asylum_initial_decisions_cases": total_of(
                lambda r: asylum(r, *grants, "Refused") and r[APPLICANT] == MAIN
            ),
        }
        assert len(set(wanted.values())) == len(wanted)
        key = {"origin_label": TOTAL, "period_start": date(2006, 4, 1)}
        for indicator, value in wanted.items():
            assert figure(flows, "value", indicator=indicator, **key) == value

    def test_people_begin_with_dependants_and_cases_before(self, flows: pl.DataFrame) -> None:
        first = dict(flows.group_by("indicator").agg(pl.col("period_start").min()).iter_rows())
        assert first["asylum_initial_decisions"] == date(2002, 1, 1)
        assert first["asylum_initial_decisions_cases"] == date(2001, 1, 1)

    def test_quarters_without_anybody_resettled_are_zero(self, flows: pl.DataFrame) -> None:
        resettled = flows.filter(indicator="refugees_resettled").sort(
            "origin_label", "period_start"
        )
        assert resettled["origin_label"].unique().sort().to_list() == [
            TOTAL,
            "Congo (Democratic Republic)",
            "Myanmar (Burma)",
        ]
        total = resettled.filter(origin_label=TOTAL)
        assert total["period_start"].dt.month().to_list() == [1, 4, 7, 10]
        assert total["value"].to_list()[1:3] == [0, 0]
        assert total["value"].sum() == total_of(lambda row: row[CASE] == RESETTLEMENT)


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    """The copy that others made, laid out as the publisher's workbook."""
    path = shared_data / COPY
    if not path.is_file():
        pytest.skip("the copy of Asy_D02 is not beside the publishers' real files")
    content = as_published(pl.read_csv(path, infer_schema=False))
    name = tmp_path_factory.mktemp("decisions") / "asylum-applications-datasets-sep-2024.xlsx"
    return read(SOURCE, write_xlsx(name, workbook(content, "Data - Asy_D02")))


@pytest.mark.shared_data
@pytest.mark.slow
class TestReal:
    def test_size_and_span(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert (frame.height, real.notes) == (125_009, ())
        starts = frame["quarter_start_date"]
        span = (starts.min(), starts.max(), starts.n_unique())
        assert span == (date(2001, 1, 1), date(2024, 7, 1), 95)

    def test_people_and_cases_by_year(self, real: Parsed) -> None:
        """Sums of the copy read without the parser."""
        total = SOURCE.flows(real.tables).filter(pl.col("origin_label") == TOTAL)
        years = total.group_by("indicator", pl.col("period_start").dt.year().alias("year")).agg(
            pl.col("value").sum()
        )
        known = {
            ("asylum_initial_decisions_cases", 2001): 120_949,
            ("asylum_initial_decisions", 2002): 103_452,
            ("asylum_initial_decisions", 2022): 23_870,
            ("asylum_initial_decisions", 2023): 94_706,
            ("asylum_initial_decisions_cases", 2023): 75_124,
            ("asylum_initial_grants", 2023): 63_008,
            ("asylum_withdrawals", 2023): 26_301,
            ("refugees_resettled", 2020): 823,
            ("refugees_resettled", 2021): 17_979,
        }
        for (indicator, year), value in known.items():
            assert figure(years, "value", indicator=indicator, year=year) == value
        assert years.filter(indicator="asylum_initial_decisions", year=2001).is_empty()

    def test_another_copy_of_the_release_says_the_same(
        self, real: Parsed, shared_data: Path
    ) -> None:
        """Summed by others, with quarters named by their last day."""
        path = shared_data / VINTAGES
        if not path.is_file():
            pytest.skip("the releases of Asy_D02 are not beside the publishers' real files")
        other = (
            pl.read_parquet(path)
            .filter(vintage="2025-01-20")
            .group_by(
                pl.col("Date").str.to_date().dt.truncate("1q").alias("quarter_start_date"),
                pl.col("Nationality").alias("nationality"),
                pl.col("Case type").alias("case_type"),
                pl.col("Case outcome group").alias("case_outcome_group"),
                pl.col("Applicant type").alias("applicant_type"),
            )
            .agg(pl.col("n").sum().cast(pl.Int64).alias("outcomes_persons"))
        )
        by = other.columns[:-1]
        ours = real.tables[TABLE.name].group_by(by).agg(pl.col("outcomes_persons").sum())
        assert ours.sort(by).equals(other.sort(by))

    def test_the_suite_holds_and_notices_a_lost_row(self, real: Parsed) -> None:
        table = latest_table(TABLE)
        frame = published(real.tables[TABLE.name])
        today = date(2026, 9, 1)
        whole = check_table(table, frame, suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in whole if not item.success] == []
        cut = check_table(table, frame[1:], suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in cut if not item.success]
