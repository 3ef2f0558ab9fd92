"""Asylum support in the UK: a stock of people, some without a nationality."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import TOTAL, Parsed
from fcm_migration.sources.uk_home_office.asylum_support import (
    DATASET,
    NO_NATIONALITY,
    SOURCE,
    TABLE,
    from_sheets,
)
from tests.sources.home_office import Table, as_published, published, sheets, table, workbook
from tests.sources.reading import conformed, figure, read
from tests.workbook.writers import write_xlsx

DAY, NATION, SUPPORT, COUNT = 0, 1, 3, 6
COPY = "../fresh/uk_home_office_quarterly/humaniverse_support_received.csv.gz"


def rows() -> Table:
    return table(SOURCE.source_id)


def parsed(content: Table) -> Parsed:
    return conformed(SOURCE, from_sheets(sheets(content, DATASET.sheets[0]), "release.xlsx"))


def test_an_unknown_kind_of_support_is_refused() -> None:
    content = rows()
    content[4][SUPPORT] = "Section 55"
    with pytest.raises(LayoutError, match=r"support types.*\['Section 55'\]"):
        parsed(content)


def test_a_kind_of_support_lost_from_a_quarter_is_no_zero() -> None:
    kept = [row for row in rows() if (row[DAY], row[SUPPORT]) != ("31 Dec 2015", "Section 98")]
    with pytest.raises(LayoutError, match="2015-10-01 Section 98"):
        parsed(kept)


def test_people_without_a_nationality_are_in_the_total_and_of_no_country() -> None:
    flows = SOURCE.flows(parsed(rows()).tables)
    here = [row for row in rows() if row[DAY] == "30 Jun 2014"]
    nameless = [row for row in here if str(row[NATION]).startswith("N/A")]
    assert len({row[NATION] for row in nameless}) == 2
    key = {"period_start": date(2014, 4, 1)}
    for label, chosen in ((TOTAL, here), (NO_NATIONALITY, nameless)):
        value = sum(int(str(row[COUNT])) for row in chosen)
        assert figure(flows, "value", origin_label=label, **key) == value
    known = aliases(REFERENCE_DIR, SOURCE.country_scheme).filter(label=NO_NATIONALITY)
    assert known.select("origin_iso3", "origin_class").rows() == [("unknown", "unknown")]


def test_a_nationality_without_a_row_is_unknown() -> None:
    assert not SOURCE.absent_is_zero


def test_labels_that_print_dates_of_a_release_are_no_change_of_layout() -> None:
    assert not any("pre-2018" in line for line in parsed(rows()).layout)


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    """The copy that others made, laid out as the publisher's workbook."""
    path = shared_data / COPY
    if not path.is_file():
        pytest.skip("the copy of Asy_D09 is not beside the publishers' real files")
    content = as_published(pl.read_csv(path, infer_schema=False))
    name = "asylum-seekers-receipt-support-datasets-sep-2024.xlsx"
    target = tmp_path_factory.mktemp("support") / name
    return read(SOURCE, write_xlsx(target, workbook(content, "Data - Asy_D09")))


@pytest.mark.shared_data
@pytest.mark.slow
class TestReal:
    def test_size_and_span(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert frame.height == 82_377 - 77
        assert real.notes == ("77 rows repeat the labels of another and were added.",)
        starts = frame["quarter_start_date"]
        span = (starts.min(), starts.max(), starts.n_unique())
        assert span == (date(2014, 1, 1), date(2024, 7, 1), 43)

    @pytest.mark.parametrize(
        ("day", "people", "nameless"),
        [
            (date(2014, 1, 1), 31_294, 5_939),
            (date(2022, 7, 1), 100_547, 37_142),
            (date(2022, 10, 1), 110_171, 0),
            (date(2024, 7, 1), 109_024, None),
        ],
    )
    def test_people(self, real: Parsed, day: date, people: int, nameless: int | None) -> None:
        """Sums of the copy read without the parser."""
        flows = SOURCE.flows(real.tables).filter(period_start=day)
        assert figure(flows, "value", origin_label=TOTAL) == people
        without = flows.filter(origin_label=NO_NATIONALITY)["value"].sum()
        assert nameless is None or without == nameless

    def test_the_suite_holds_and_notices_a_lost_row(self, real: Parsed) -> None:
        table = latest_table(TABLE)
        frame = published(real.tables[TABLE.name])
        today = date(2026, 9, 1)
        whole = check_table(table, frame, suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in whole if not item.success] == []
        cut = check_table(table, frame[1:], suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in cut if not item.success] == ["people supported"]
