"""Returns from the UK: events, in three groups that are never added."""

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
from fcm_migration.sources.uk_home_office.returns import (
    DATASET,
    GROUPS,
    SOURCE,
    TABLE,
    from_sheets,
)
from tests.sources.home_office import Table, as_published, published, sheets, table, workbook
from tests.sources.reading import conformed, figure, read
from tests.workbook.writers import write_xlsx

QUARTER, NATION, GROUP, COUNT = 1, 2, 3, 5
COPY = "../fresh/uk_home_office_quarterly/humaniverse_returns.csv.gz"


def rows() -> Table:
    return table(SOURCE.source_id)


def parsed(content: Table) -> Parsed:
    return conformed(SOURCE, from_sheets(sheets(content, DATASET.sheets[0]), "release.xlsx"))


def test_an_unknown_group_is_refused() -> None:
    content = rows()
    content[4][GROUP] = "Deported"
    with pytest.raises(LayoutError, match=r"return type groups.*\['Deported'\]"):
        parsed(content)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lost_from_a_quarter_is_no_zero(group: str) -> None:
    kept = [row for row in rows() if (row[QUARTER], row[GROUP]) != ("2005 Q3", group)]
    with pytest.raises(LayoutError, match=f"2005-07-01 {group}"):
        parsed(kept)


@pytest.mark.parametrize(("group", "indicator"), GROUPS.items())
def test_each_group_is_an_indicator(group: str, indicator: str) -> None:
    flows = SOURCE.flows(parsed(rows()).tables)
    value = sum(
        int(str(row[COUNT])) for row in rows() if (row[QUARTER], row[GROUP]) == ("2006 Q2", group)
    )
    key = {"origin_label": TOTAL, "period_start": date(2006, 4, 1)}
    assert figure(flows, "value", indicator=indicator, **key) == value


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    """The copy that others made, laid out as the publisher's workbook."""
    path = shared_data / COPY
    if not path.is_file():
        pytest.skip("the copy of Ret_D01 is not beside the publishers' real files")
    content = as_published(pl.read_csv(path, infer_schema=False))
    target = tmp_path_factory.mktemp("returns") / "returns-datasets-dec-2023.xlsx"
    return read(SOURCE, write_xlsx(target, workbook(content, "Data - Ret_D01")))


@pytest.mark.shared_data
@pytest.mark.slow
class TestReal:
    def test_size_and_span(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert (frame.height, real.notes) == (53_403, ())
        starts = frame["quarter_start_date"]
        span = (starts.min(), starts.max(), starts.n_unique())
        assert span == (date(2004, 1, 1), date(2023, 10, 1), 80)

    def test_returns_by_year(self, real: Parsed) -> None:
        """Sums of the copy read without the parser."""
        total = SOURCE.flows(real.tables).filter(pl.col("origin_label") == TOTAL)
        years = total.group_by("indicator", pl.col("period_start").dt.year().alias("year")).agg(
            pl.col("value").sum()
        )
        known = {
            ("returns_enforced", 2004): 21_425,
            ("returns_enforced", 2023): 6_393,
            ("returns_voluntary", 2023): 19_253,
            ("refused_entry_departures", 2023): 24_587,
        }
        for (indicator, year), value in known.items():
            assert figure(years, "value", indicator=indicator, year=year) == value

    def test_the_suite_holds_and_notices_a_lost_row(self, real: Parsed) -> None:
        table = latest_table(TABLE)
        frame = published(real.tables[TABLE.name])
        today = date(2026, 9, 1)
        whole = check_table(table, frame, suites_dir=SUITES_DIR, today=today)
        assert [item.expectation for item in whole if not item.success] == []
        cut = check_table(table, frame[1:], suites_dir=SUITES_DIR, today=today)
        assert len([item.expectation for item in cut if not item.success]) == 1
