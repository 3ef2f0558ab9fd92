"""A release is refused if its contents cannot have been public on its date."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.archive.dating import PERIODS, RUNNING_MARKS, check_date, reaches
from fcm_migration.archive.model import Basis, Snapshot
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import DateError, SuspectError
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source
from fcm_migration.workbook import Document
from tests.toy import TOY

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def source_of(table: Table, interval: int | None = 30) -> Source:
    return dataclasses.replace(
        TOY, tables=(table,), cadence=Cadence("monthly", "7 3 * * *", 100, interval)
    )


def table_of(period: Column, *others: Column, may_run: bool = False) -> Table:
    return Table("core", "toy", "Toy.", "period", (period, *others), (period.name,),
                 source_id="toy", period=period.name, may_run=may_run)  # fmt: skip


def snapshot_of(day: date, basis: Basis = "stated") -> Snapshot:
    name = f"{day.isoformat()}_000000000000"
    return Snapshot("toy", name, day, basis, "inbox", NOW, "", "x", ())


def judged(tmp_path: Path, table: Table, rows: dict[str, list[object]], day: date) -> None:
    path = tmp_path / "toy.parquet"
    store.write_frame(pl.DataFrame(rows, schema=polars_schema(table)), path)
    source = source_of(table)
    check_date(source, snapshot_of(day), reaches(source, {"toy": path}), None)


@pytest.mark.parametrize(
    ("name", "newest", "first_day_possible"),
    [
        ("arrival_date", date(2018, 3, 11), date(2018, 3, 11)),
        ("week_ending_date", date(2018, 3, 11), date(2018, 3, 11)),
        ("period_through_date", date(2025, 9, 30), date(2025, 9, 30)),
        ("month_start_date", date(2025, 7, 1), date(2025, 7, 31)),
        ("month_start_date", date(2024, 2, 1), date(2024, 2, 29)),
        ("quarter_start_date", date(2023, 10, 1), date(2023, 12, 31)),
        # a year may be published while it runs, never before it begins
        ("year", 2023, date(2023, 1, 1)),
        ("claim_year", 2025, date(2025, 1, 1)),
        ("fiscal_year", 2033, date(2032, 10, 1)),
        ("financial_year_start_date", date(2024, 7, 1), date(2024, 7, 1)),
    ],
)
def test_no_release_is_older_than_the_periods_it_holds(
    tmp_path: Path, name: str, newest: object, first_day_possible: date
) -> None:
    period = Column(name, "integer" if isinstance(newest, int) else "date", "Period.")
    table = table_of(period)
    judged(tmp_path, table, {name: [newest]}, first_day_possible)
    eve = date.fromordinal(first_day_possible.toordinal() - 1)
    with pytest.raises(DateError, match=f"toy holds a period .{name}") as caught:
        judged(tmp_path, table, {name: [newest]}, eve)
    assert f"a release of {first_day_possible} or later" in str(caught.value)
    has_come = first_day_possible <= NOW.date()
    advice = "fcm ingest toy FILE --as-of" if has_come else "not over when it came"
    assert advice in str(caught.value)


def test_a_running_month_is_possible_where_its_table_says_so(tmp_path: Path) -> None:
    table = table_of(Column("month_start_date", "date", "Month."), may_run=True)
    rows: dict[str, list[object]] = {"month_start_date": [date(2026, 3, 1)]}
    judged(tmp_path, table, rows, date(2026, 3, 1))
    with pytest.raises(DateError, match="begins on 2026-03-01, though"):
        judged(tmp_path, table, rows, date(2026, 2, 28))


def test_a_year_that_the_publisher_calls_complete_must_be_over(tmp_path: Path) -> None:
    mark = Column("is_year_to_date", "boolean", "Running.")
    table = table_of(Column("claim_year", "integer", "Year."), mark)
    running: dict[str, list[object]] = {
        "claim_year": [2024, 2025],
        "is_year_to_date": [False, True],
    }
    judged(tmp_path, table, running, date(2025, 8, 20))
    whole: dict[str, list[object]] = {"claim_year": [2024, 2025], "is_year_to_date": [False, False]}
    with pytest.raises(DateError, match="ends on 2025-12-31"):
        judged(tmp_path, table, whole, date(2025, 8, 20))


def test_no_event_lies_after_the_release(tmp_path: Path) -> None:
    """Missing Migrants: the year runs, but no incident of tomorrow is known today."""
    incident = Column("incident_date", "date", "Day.", nullable=True)
    table = table_of(Column("year", "integer", "Year."), incident)
    rows: dict[str, list[object]] = {
        "year": [2025, 2025],
        "incident_date": [date(2025, 9, 15), None],
    }
    judged(tmp_path, table, rows, date(2025, 9, 15))
    with pytest.raises(DateError, match="incident_date"):
        judged(tmp_path, table, rows, date(2025, 9, 14))


def test_a_table_without_rows_fits_any_day(tmp_path: Path) -> None:
    judged(tmp_path, table_of(Column("year", "integer", "Year.")), {"year": []}, date(2000, 1, 1))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
def test_the_length_of_every_period_is_declared(source: Source) -> None:
    """A new source whose period has another name must say how long one is."""
    for table in source.tables:
        assert table.period is None or table.period in PERIODS
        assert not set(RUNNING_MARKS) & set(table.column_names) or table.period == "claim_year"


def document(created: str | None, saved: str | None) -> Document:
    moments = [
        datetime.fromisoformat(f"{day}T20:46:35Z") if day else None for day in (created, saved)
    ]
    return Document(*moments)


OHSS = document("2025-01-16", "2025-01-16")
AGAIN = document("2025-01-16", "2026-11-23")  # somebody opened it and saved it again
TEMPLATE = document("2018-03-05", "2025-06-03")  # Frontex fills in one file year after year


@pytest.mark.parametrize(
    ("says", "day", "basis", "error", "words"),
    [
        (OHSS, date(2025, 1, 16), "stated", None, ""),
        (OHSS, date(2025, 1, 15), "stated", None, ""),  # the evening of the day, west of Greenwich
        (OHSS, date(2025, 1, 20), "stated", None, ""),
        (OHSS, date(2025, 1, 14), "stated", DateError, "created on 2025-01-16, after the date"),
        (OHSS, date(2025, 9, 30), "stated", SuspectError, "--as-of 2025-01-16"),
        (AGAIN, date(2025, 1, 16), "stated", None, ""),
        (AGAIN, date(2025, 9, 30), "stated", SuspectError, "419 days after the date"),
        (AGAIN, date(2026, 11, 23), "stated", None, ""),
        (TEMPLATE, date(2025, 6, 18), "publisher", None, ""),
        (TEMPLATE, date(2020, 1, 1), "stated", SuspectError, "last saved on 2025-06-03"),
        # a publisher that corrects a file keeps the date of its page
        (document("2023-11-21", "2023-11-30"), date(2023, 11, 23), "publisher", None, ""),
        (document(None, "2025-10-19"), date(2025, 10, 22), "stated", None, ""),
        (document(None, "2025-10-19"), date(2025, 9, 1), "stated", SuspectError, "48 days after"),
        (document("2025-10-19", None), date(2025, 10, 22), "stated", None, ""),
    ],
)
def test_the_date_is_compared_with_the_documents_own(
    tmp_path: Path,
    says: Document,
    day: date,
    basis: Basis,
    error: type[Exception] | None,
    words: str,
) -> None:
    path = tmp_path / "toy.parquet"
    store.write_frame(pl.DataFrame({"year": [2010]}), path)
    source = source_of(table_of(Column("year", "integer", "Year.")))
    held = reaches(source, {"toy": path})
    if error is None:
        check_date(source, snapshot_of(day, basis), held, says)
        return
    with pytest.raises(error, match=words) as caught:
        check_date(source, snapshot_of(day, basis), held, says)
    assert "fcm ingest toy FILE --as-of" in str(caught.value)
