"""One sheet of the OHSS monthly tables: title, one or two header rows, years of months, notes.

A row "Total" with the fiscal year opens each year; its months follow in fiscal order (October to
September) without the year. The year that is still running is labelled "2024 YTD" and may end
early. Below stand footnotes, one cell each. Labels carry the number of their footnote ("Title 42
Expulsions6"), which may change and is left off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fcm_migration.errors import LayoutError
from fcm_migration.periods import FISCAL_START, MONTHS
from fcm_migration.workbook import Row, Sheet, find_header, normalise

YEAR, MONTH, TOTAL_ROW = "Fiscal Year", "Month", "Total"
FIRST_YEAR = 2014
FISCAL_MONTHS = (*MONTHS[FISCAL_START - 1 :], *MONTHS[: FISCAL_START - 1])
_YEAR_LABEL = re.compile(r"(\d{4})( YTD)?")
_FOOTNOTE = re.compile(r"(?<=[A-Za-z)])\d{1,2}$")
_SPAN = re.compile(r"(.+): Fiscal Years (\d{4}) to (\d{4})(?: YTD)?(?: \(([A-Z][a-z]+) (\d{4})\))?")


@dataclass(frozen=True)
class Grid:
    """The figures of a sheet as texts.

    Attributes:
        columns: heading and label of each column of figures, and its texts, one for each row.
        years: fiscal year of each row.
        months: first day of each row's month; None in a row with the total of a fiscal year.
        first_row: the sheet's row of the first of them.
    """

    columns: dict[tuple[str, str], list[str]]
    years: list[int]
    months: list[date | None]
    first_row: int

    @property
    def last_month(self) -> date:
        """Return the first day of the newest month."""
        return max(month for month in self.months if month is not None)


def read_grid(sheet: Sheet, title: str) -> Grid:
    """Read the sheet whose title is ``title``, up to ": Fiscal Years".

    Raises:
        LayoutError: the title, its span of years or its newest month, the header, the order of
            years and months or the end of the table is not what it has always been.
    """
    where = f"sheet {sheet.name!r}"
    top = find_header(sheet, [YEAR, MONTH])
    header = [normalise(cell) for cell in sheet.rows[top]]
    titled, span = _title(sheet.rows[:top], title, where)
    places = _columns(header, sheet.rows[titled + 1 : top], where)
    body = _body(sheet.rows[top + 1 :], header.index(MONTH), top + 2, where)
    years, months = _calendar(
        [normalise(row[header.index(YEAR)]) for row in body],
        [normalise(row[header.index(MONTH)]) for row in body],
        top + 2,
        where,
    )
    grid = Grid(
        {name: [row[place].strip() for row in body] for name, place in places.items()},
        years,
        months,
        top + 2,
    )
    _refuse_other_span(grid, span, where)
    return grid


def _title(above: Sequence[Row], title: str, where: str) -> tuple[int, re.Match[str]]:
    """Return the row of the title, which is the last one above the header or its headings."""
    for row, cells in enumerate(above):
        found = _SPAN.fullmatch(normalise(cells[0])) if cells else None
        if found is not None and found[1] == title:
            if len(above) - row > 2:
                break
            return row, found
    raise LayoutError(
        "the sheet's title is not the known one, or not right above its header",
        where=where,
        expected=f"{title}: Fiscal Years {FIRST_YEAR} to YEAR YTD (MONTH YEAR)",
        got=[normalise(cell) for cells in above for cell in cells if cell][:4],
    )


def _columns(
    header: Sequence[str], headings: Sequence[Row], where: str
) -> dict[tuple[str, str], int]:
    """Return the place of each column of figures; a heading holds until the next one."""
    heading = ""
    found: dict[tuple[str, str], int] = {}
    for place, cell in enumerate(header):
        if headings and (text := normalise(headings[0][place])):
            heading = _FOOTNOTE.sub("", text)
        if cell in (YEAR, MONTH):
            if heading:
                raise LayoutError("a heading over the year or month", where=where, got=heading)
            continue
        name = (heading, _FOOTNOTE.sub("", cell))
        if name in found or not cell:
            raise LayoutError(
                "columns stand twice or have no label", where=where, got=list(header)[:20]
            )
        found[name] = place
    if list(header).count(YEAR) != 1 or list(header).count(MONTH) != 1:
        raise LayoutError("columns stand twice", where=where, got=list(header)[:20])
    return found


def _body(rows: Sequence[Row], month: int, first_row: int, where: str) -> list[Row]:
    """Return the rows above the first one without a month; below it stand notes only."""
    named = [bool(row[month].strip()) for row in rows]
    end = named.index(False) if False in named else len(named)
    for number, row in enumerate(rows[end:], first_row + end):
        if sum(bool(cell.strip()) for cell in row) > 1:
            raise LayoutError(
                "figures below the end of the table",
                where=f"{where}, row {number}",
                expected="notes, one cell each",
                got=[cell for cell in row if cell][:6],
            )
    return list(rows[:end])


def _calendar(
    years: Sequence[str], months: Sequence[str], first_row: int, where: str
) -> tuple[list[int], list[date | None]]:
    """Return fiscal year and month of each row; refuse any order but the publisher's."""
    found: list[int] = []
    starts: list[date | None] = []
    year, position, is_running = FIRST_YEAR - 1, len(FISCAL_MONTHS), False
    for number, (label, month) in enumerate(zip(years, months, strict=True), first_row):
        is_total = position == len(FISCAL_MONTHS)
        year, position = (year + 1, 0) if is_total else (year, position + 1)
        stated = _YEAR_LABEL.fullmatch(label)
        is_year = stated is not None and int(stated[1]) == year
        expected = TOTAL_ROW if is_total else FISCAL_MONTHS[position - 1]
        if month != expected or (not is_year if is_total else label != ""):
            raise LayoutError(
                "fiscal years and months are not in their order",
                where=f"{where}, row {number}",
                expected=f"{year} {TOTAL_ROW}" if is_total else f"{expected}, without the year",
                got=f"{label} {month}".strip(),
            )
        if stated is not None:
            is_running = stated[2] is not None
        found.append(year)
        starts.append(None if is_total else _start(year, month))
    if position == 0 or not found or (position < len(FISCAL_MONTHS) and not is_running):
        raise LayoutError(
            "the last fiscal year is cut short",
            where=where,
            expected="twelve months, or fewer of a year marked YTD",
            got=f"{position} months of {year}",
        )
    return found, starts


def _start(fiscal_year: int, month: str) -> date:
    number = MONTHS.index(month) + 1
    return date(fiscal_year - (number >= FISCAL_START), number, 1)


def _refuse_other_span(grid: Grid, span: re.Match[str], where: str) -> None:
    """Refuse a table that does not reach from the first to the last year and month it states."""
    first, last = min(grid.years), max(grid.years)
    held = f"{MONTHS[grid.last_month.month - 1]} {grid.last_month.year}"
    stated = f"{span[4]} {span[5]}" if span[4] else held
    if (int(span[2]), int(span[3]), stated) != (first, last, held):
        raise LayoutError(
            "the table does not hold the years and months its title states",
            where=where,
            expected=f"{span[2]} to {span[3]}, {stated}",
            got=f"{first} to {last}, {held}",
        )
