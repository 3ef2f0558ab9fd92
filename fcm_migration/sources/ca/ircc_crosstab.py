"""Cells of IRCC's crosstab with their month, office and province.

Provinces stand in rows above their office type, months in columns with each year's total after its
December, or after the newest month; totals of quarters may stand among the months and are no
months. Nothing is guessed: a row or column out of place is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fcm_migration.errors import LayoutError
from fcm_migration.periods import MONTHS
from fcm_migration.workbook import Sheet, normalise

SHEET = "Asylum Claimants - Office Type"
ALL = "All"
# Office type in the sheet -> route in the flows.
OFFICES = {
    "Airport": "airport",
    "Border": "land_border",
    "Inland": "inland",
    "Other Offices": "other_office",
    ALL: "all",
}
ABBREVIATIONS = {name[:3]: number for number, name in enumerate(MONTHS, 1)}
YEAR_TOTAL = re.compile(r"^(\d{4}) Total$")
YEAR = re.compile(r"^(\d{4})$")
QUARTER_TOTAL = re.compile(
    r"^(?:\d{4} )?(?:Total )?(?:Q|Quarter )([1-4])(?: \d{4})?(?: Total)?$", re.I
)
MOST_ROWS_BETWEEN = 2  # the years stand this many rows above the months, at most


class Period(NamedTuple):
    """Meaning of one column of the crosstab: a month (1 to 12), or a year's total (month 0)."""

    column: int
    year: int
    month: int


class Line(NamedTuple):
    """Meaning of one row of the crosstab."""

    row: int
    office: str
    province: str


def read_crosstab(sheet: Sheet) -> list[tuple[Line, Period, str]]:
    """Return every cell with a figure, as text, with the meaning of its row and column.

    Raises:
        LayoutError: header or row labels are not what they have always been.
    """
    top, periods = _periods(sheet)
    return [
        (line, period, sheet.rows[line.row][period.column])
        for line in _lines(sheet, top + 1)
        for period in periods
    ]


def _periods(sheet: Sheet) -> tuple[int, list[Period]]:
    """Return the row of month names and the meaning of each of its columns."""
    for index, row in enumerate(sheet.rows):
        labels = [normalise(cell) for cell in row]
        if index > 0 and "Jan" in labels:
            return index, _read_periods(_years_above(sheet, index), labels)
    raise LayoutError("no row of month names was found", where=SHEET, expected="Jan Feb Mar ...")


def _years_above(sheet: Sheet, months: int) -> list[str]:
    """Return the row of years: the one above the months, or above their quarters."""
    above = range(months - 1, max(-1, months - 1 - MOST_ROWS_BETWEEN), -1)
    rows = [[normalise(cell) for cell in sheet.rows[index]] for index in above]
    return next((row for row in rows if any(map(YEAR.match, row))), rows[0])


def has_quarters(sheet: Sheet) -> bool:
    """Return whether there are quarterly totals among the months."""
    top, _ = _periods(sheet)
    return any(QUARTER_TOTAL.match(normalise(cell)) for cell in sheet.rows[top])


def _read_periods(years: Sequence[str], labels: Sequence[str]) -> list[Period]:
    periods: list[Period] = []
    year, expected = 0, 1
    for column, label in enumerate(labels):
        if found := YEAR.match(years[column]):
            _closed(year, expected, column)
            year, expected = int(found.group(1)), 1
        if not label:
            continue
        if quarter := QUARTER_TOTAL.match(label):
            _refuse_quarter(int(quarter[1]), expected, column)
            continue
        total = YEAR_TOTAL.match(label)
        month = 0 if total else ABBREVIATIONS.get(label, -1)
        if (total and int(total.group(1)) != year) or (not total and month != expected):
            raise LayoutError(
                "the columns are not months in order, then the year's total",
                where=f"{SHEET}, column {column + 1}",
                expected=f"month {expected} or '{year} Total'",
                got=label,
            )
        periods.append(Period(column, year, month))
        expected += 1
    if periods[-1].month != 0:
        raise LayoutError("the last column is not the running year's total", where=SHEET)
    seen = [period.year for period in periods if period.month == 0]
    if seen != list(range(seen[0], seen[-1] + 1)):
        raise LayoutError("years are not consecutive", where=SHEET, got=seen)
    return periods


def _refuse_quarter(quarter: int, next_month: int, column: int) -> None:
    """Refuse the total of a quarter that does not stand after a month of it."""
    if next_month == 1 or quarter != (next_month + 1) // 3:
        raise LayoutError(
            "the total of a quarter is out of place",
            where=f"{SHEET}, column {column + 1}",
            expected="after a month of the quarter",
            got=f"Q{quarter} after month {next_month - 1}",
        )


def _closed(year: int, expected: int, column: int) -> None:
    """Refuse a year followed by another that is not twelve months and their total."""
    if year and expected != len(MONTHS) + 2:
        raise LayoutError(
            "a year before the last is not complete",
            where=f"{SHEET}, column {column + 1}",
            expected=f"12 months and '{year} Total'",
            got=f"{expected - 1} columns",
        )


def _lines(sheet: Sheet, first: int) -> list[Line]:
    """Return the meaning of each row: provinces belong to the office label below them."""
    lines: list[Line] = []
    waiting: list[tuple[int, str]] = []
    for index in range(first, len(sheet.rows)):
        office, province, *figures = (normalise(cell) for cell in sheet.rows[index])
        if (office and province) or (not office and not province and any(figures)):
            raise LayoutError(
                "a row with figures has not exactly one label",
                where=f"{SHEET}, row {index + 1}",
                expected="an office type in column A or a province in column B",
                got=[office, province],
            )
        if office.endswith(" - Total"):
            name = _office(office.removesuffix(" - Total"), index)
            lines += [Line(row, name, place) for row, place in waiting]
            lines.append(Line(index, name, ALL))
            waiting = []
        elif office == "Total":
            lines.append(Line(index, ALL, ALL))
            break
        elif office:
            lines.append(Line(index, _office(office, index), ALL))
        elif province:
            waiting.append((index, province))
    found = {line.office for line in lines}
    if waiting or found != set(OFFICES):
        raise LayoutError(
            "the rows are not provinces above their office type, closed by the grand total",
            where=SHEET,
            expected=sorted(OFFICES),
            got=f"{sorted(found)}, provinces without an office: "
            f"{[f'{place} in row {row + 1}' for row, place in waiting]}",
        )
    return lines


def _office(label: str, row: int) -> str:
    if label not in OFFICES:
        raise LayoutError(
            "unknown office type",
            where=f"{SHEET}, row {row + 1}",
            expected=sorted(OFFICES),
            got=label,
        )
    return label
