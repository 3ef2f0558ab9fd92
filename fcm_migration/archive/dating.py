"""Check that a release's contents can have been public on the date it bears.

Three things are compared with the date: the periods and events the release holds, the day its
document was created, and the day its document was last saved. What cannot be (figures of a month
that was not over, a document that did not exist) is refused; what is merely unlikely is suspect
and waits for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

import polars as pl

from fcm_migration import store
from fcm_migration.archive.model import Snapshot
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import DateError, SuspectError
from fcm_migration.sources.base import Source
from fcm_migration.workbook import Document

# A publisher's day may differ from UTC's, and a file may be saved again on the day after the date
# it is named by (ICE's detention statistics of 24 September 2025 were).
ZONE = timedelta(days=1)
# From the last save of a workbook to its publication: at most 17 days in all real workbooks seen.
SLACK_DAYS = 31
# The interval of a source that declares none.
INTERVAL_DAYS = 92

Length = Literal["day", "month", "quarter", "year", "fiscal_year", "year_from"]
# Columns of core tables that name a period, by what one is. A year may be running when it is
# published, and so may a month where its table says so; everything else is over by then.
PERIODS: Mapping[str, Length] = {
    "arrival_date": "day",
    "week_ending_date": "day",
    "period_through_date": "day",
    "month_start_date": "month",
    "period_start_date": "month",
    "quarter_start_date": "quarter",
    "year": "year",
    "claim_year": "year",
    "fiscal_year": "fiscal_year",
    "financial_year_start_date": "year_from",
}
# Columns that say of a year whether its figures stop before its end.
RUNNING_MARKS = ("is_year_to_date", "is_partial")


@dataclass(frozen=True)
class Reach:
    """How far one column of a table reaches: the last of its periods to begin and to end.

    ``begins`` is the first day of the newest period, None where the column holds no value; ``ends``
    is the last day of the newest period that must be over, None where there is none.
    """

    table: str
    column: str
    begins: date | None
    ends: date | None

    def to_json(self) -> list[str | None]:
        """Return the reach as JSON text."""
        days = [day.isoformat() if day else None for day in (self.begins, self.ends)]
        return [self.table, self.column, *days]

    @classmethod
    def from_json(cls, data: Sequence[str | None]) -> Reach:
        """Return the reach that :meth:`to_json` wrote down."""
        begins, ends = (date.fromisoformat(day) if day else None for day in data[2:])
        return cls(data[0] or "", data[1] or "", begins, ends)


def reaches(source: Source, paths: Mapping[str, Path]) -> tuple[Reach, ...]:
    """Return how far periods and events reach in each table of a release, given as Parquet."""
    found = []
    for table in source.tables:
        frame = store.read(paths[table.name], table)
        for column in table.columns:
            length = _length(table, column)
            if length is None:
                continue
            begins, ends = _span(column, length)
            may_run = table.may_run or length in ("year", "fiscal_year", "year_from")
            over = _ends_of_complete(table, ends) if may_run else ends
            asked = [begins.max().alias("begins"), over.max().alias("ends")]
            found.append(Reach(table.name, column.name, *frame.select(asked).row(0)))
    return tuple(found)


def check_date(
    source: Source, snapshot: Snapshot, held: Iterable[Reach], document: Document | None
) -> None:
    """Compare the date of a release with its periods and with the dates in its document.

    Raises:
        DateError: on that day the release cannot have been public.
        SuspectError: the date is far from the document's; a person may accept it.
    """
    for reach in held:
        late = max((day for day in (reach.ends, reach.begins) if day is not None), default=date.min)
        if late > snapshot.as_of:
            raise _too_early(source, snapshot, reach, late)
    if document is not None:
        _check_document(source, snapshot, document)


def _length(table: Table, column: Column) -> Length | None:
    """Return the length of the periods a column names; None where it names none.

    Besides the declared period, every date of an event counts as a day.
    """
    if column.name == table.period:
        return PERIODS.get(column.name, "day" if column.dtype == "date" else "year")
    return "day" if column.dtype == "date" and column.name not in PERIODS else None


def _span(column: Column, length: Length) -> tuple[pl.Expr, pl.Expr]:
    """Return first and last day of each row's period."""
    value = pl.col(column.name)
    if length == "year":
        return pl.date(value, 1, 1), pl.date(value, 12, 31)
    if length == "fiscal_year":  # of the United States: from October, named by the year it ends in
        return pl.date(value - 1, 10, 1), pl.date(value, 9, 30)
    every = {"day": "1d", "month": "1mo", "quarter": "3mo", "year_from": "1y"}[length]
    return value, value.dt.offset_by(every).dt.offset_by("-1d")


def _ends_of_complete(table: Table, ends: pl.Expr) -> pl.Expr:
    """Return the last days of the years that the publisher itself calls complete."""
    for mark in RUNNING_MARKS:
        if mark in table.column_names:
            return ends.filter(~pl.col(mark))
    return ends.filter(pl.lit(value=False))


def _too_early(source: Source, snapshot: Snapshot, reach: Reach, late: date) -> DateError:
    what = f"{reach.table} holds a period ({reach.column}) that begins on {reach.begins}"
    if reach.begins is not None and reach.begins <= snapshot.as_of:
        what += f" and ends on {late}"
    remedy = (
        f"state the day it was published: fcm ingest {source.source_id} FILE --as-of YYYY-MM-DD"
    )
    if late > snapshot.obtained_at.date():
        remedy = "look at the file: it holds a period that was not over when it came"
    return DateError(
        f"{what}, though the release is dated {snapshot.as_of.isoformat()}",
        where=f"{source.source_id}, release {snapshot.snapshot_id}",
        expected=f"a release of {late.isoformat()} or later",
        remedy=remedy,
    )


def _check_document(source: Source, snapshot: Snapshot, document: Document) -> None:
    """Refuse a date before the document was created; doubt one far from its last save.

    A workbook that somebody opened and saved again bears a later save than the publisher's, so a
    date close to its creation is believed too. A publisher that corrects a file keeps the date of
    its page: there, the last save may be up to one release interval later.
    """
    day = snapshot.as_of
    created, saved = _day(document.created), _day(document.saved)
    if created is not None and day < created - ZONE:
        raise DateError(
            f"the document was created on {created.isoformat()}, after the date of the release, "
            f"{day.isoformat()}",
            where=f"{source.source_id}, release {snapshot.snapshot_id}",
            expected=f"a date from {created.isoformat()}",
            remedy=_state(source, created),
        )
    usual = timedelta(days=(source.cadence.interval_days or INTERVAL_DAYS) + SLACK_DAYS)
    early = usual if snapshot.as_of_basis == "publisher" else ZONE
    if saved is None or saved - early <= day <= saved + usual:
        return
    if created is not None and day <= created + usual:
        return  # saved again by somebody, or by the publisher for a later page
    raise SuspectError(
        f"the document was last saved on {saved.isoformat()}, "
        f"{abs((saved - day).days)} days {'after' if saved > day else 'before'} the date of the "
        f"release, {day.isoformat()}",
        where=f"{source.source_id}, release {snapshot.snapshot_id}",
        expected=f"a date from {saved.isoformat()} to {(saved + usual).isoformat()}",
        remedy=f"{_state(source, saved)}; or, if the date is right: fcm review "
        f"{snapshot.snapshot_id} --accept --by NAME --reason WHY --until YYYY-MM-DD",
    )


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _state(source: Source, day: date) -> str:
    return (
        f"if the document's own date is right: fcm ingest {source.source_id} FILE "
        f"--as-of {day.isoformat()}"
    )
