"""One page of the Immigration and Refugee Board: its period, columns and rows.

One page a year, overwritten each quarter: counts from January to the end of that quarter, in a
table with two rows of headings. The period stands in the heading above the table, in one of three
forms met so far, and again in the heading of the pending claims.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from fcm_migration.errors import LayoutError
from fcm_migration.periods import month_number
from fcm_migration.workbook import Page, PageTable, normalise

TOTAL_LABEL = "Total"
OUTCOMES = {
    "Accepted": "accepted",
    "Rejected": "rejected",
    "Abandoned": "abandoned",
    "Withdrawn and Other": "withdrawn_and_other",
    "Withdrawn & Other": "withdrawn_and_other",
    "Total": "finalized",
}
MEASURES = (
    "referred",
    "accepted",
    "rejected",
    "abandoned",
    "withdrawn_and_other",
    "finalized",
    "pending",
)
FINALIZED, REFERRED = "Finalized", "Referred"
PENDING = re.compile(r"^Pending \(as of (\d{4})[/-](\d{2})[/-](\d{2})\)$")
MONTHS_OF_YEAR = re.compile(r"\bJanuary to ([A-Z][a-z]+) (\d{4})\b")
YEAR_AND_MONTHS = re.compile(r"\b(\d{4}) \(January to ([A-Z][a-z]+)\)")
YEAR_ALONE = re.compile(r"(?:^|[-\u2013\u2014] ?)(\d{4})$")
LEGACY = re.compile(r"\blegacy\b", re.IGNORECASE)


class PageRows(NamedTuple):
    """One page: last day of its period, (country, measure, text) of each figure, headings read."""

    through: date
    cells: list[tuple[str, str, str]]
    labels: tuple[str, ...]
    extra: tuple[str, ...]


class Heading(NamedTuple):
    """The columns of a table: where each measure stands, and the day of the pending claims."""

    columns: dict[str, int]
    as_of: date
    labels: tuple[str, ...]
    extra: tuple[str, ...]


def read_rows(page: Page, where: str) -> PageRows:
    """Read the one table of a page.

    Raises:
        LayoutError: no such table or several, a column or the period is not what it has always
            been, or the page is of claims under the system before 2012.
    """
    found = [(table, top) for table in page.tables if (top := _headings(table)) is not None]
    if len(found) != 1:
        raise LayoutError(
            "not exactly one table of claims",
            where=where,
            expected="a table with Referred, Finalized and Pending over Accepted, Rejected ...",
            got=f"{len(found)} such among {len(page.tables)} tables",
            remedy="open the page: it may have moved, or be shown by a script only",
        )
    table, top = found[0]
    if LEGACY.search(f"{page.title} {table.heading}"):
        raise LayoutError("claims under the system before 2012", where=where, got=table.heading)
    heading = _heading(table.rows[top], table.rows[top + 1], where)
    through = _period((table.heading, page.title), heading.as_of, where)
    cells = []
    for row in table.rows[top + 2 :]:
        country = normalise(row[0])
        if not country and any(normalise(cell) for cell in row):
            raise LayoutError("a row with figures and no country", where=where, got=row)
        if country:
            cells += [(country, measure, row[at]) for measure, at in heading.columns.items()]
    return PageRows(through, cells, heading.labels, heading.extra)


def _headings(table: PageTable) -> int | None:
    """Return the upper of the two rows of headings, or None where this is another table."""
    for index in range(len(table.rows) - 1):
        upper, lower = table.rows[index], table.rows[index + 1]
        if REFERRED in upper and FINALIZED in upper and "Accepted" in lower:
            return index
    return None


def _heading(upper: Sequence[str], lower: Sequence[str], where: str) -> Heading:
    """Return which column is which measure; unknown ones are reported, not read."""
    columns: dict[str, int] = {}
    labels, extra = [], []
    as_of: date | None = None
    for at in range(1, len(upper)):
        above, below = upper[at], lower[at]
        label = above if below in ("", above) else f"{above}: {below}"
        measure = _measure(above, below)
        if measure is None:
            extra.append(label)
            continue
        if measure in columns:
            raise LayoutError("a column stands twice", where=where, got=label)
        columns[measure] = at
        if found := PENDING.match(above):
            as_of, label = _day(found.groups(), where), "Pending"
        labels.append(label)
    missing = sorted(set(MEASURES) - set(columns))
    if missing or as_of is None:
        raise LayoutError(
            "columns are missing",
            where=where,
            expected=list(MEASURES),
            got=[*sorted(columns), *extra],
            lacks=missing or "the day to which claims are pending",
        )
    return Heading(columns, as_of, tuple(labels), tuple(extra))


def _measure(above: str, below: str) -> str | None:
    if above == FINALIZED:
        return OUTCOMES.get(below)
    if above == REFERRED and below in ("", above):
        return "referred"
    return "pending" if PENDING.match(above) and below in ("", above) else None


def _day(parts: Sequence[str], where: str) -> date:
    try:
        return date(*map(int, parts))
    except ValueError:
        raise LayoutError("no date", where=where, got="/".join(parts)) from None


def _period(headings: Sequence[str], as_of: date, where: str) -> date:
    """Return the last day of the period in a heading, checked against the date of the pending.

    A heading with the year alone stands over a whole year.
    """
    year = month = 0
    for heading in headings:
        if found := MONTHS_OF_YEAR.search(heading):
            year, month = int(found[2]), month_number(found[1], where)
        elif found := YEAR_AND_MONTHS.search(heading):
            year, month = int(found[1]), month_number(found[2], where)
        elif found := YEAR_ALONE.search(heading):
            year, month = int(found[1]), 12
        if year:
            break
    if not year:
        raise LayoutError(
            "no period in the heading",
            where=where,
            expected="January to September 2023, 2021 (January to December) or 2018",
            got=list(headings),
        )
    through = date(year, month, calendar.monthrange(year, month)[1])
    if through != as_of:
        raise LayoutError(
            "heading and pending claims are of different days",
            where=where,
            expected=through.isoformat(),
            got=as_of.isoformat(),
        )
    return through
