"""Accidents of layout, each by name: a function that changes a release, or says it cannot.

A figure that becomes another valid figure, and a row that goes missing, are no such accidents:
only comparing releases and printed totals can tell them. A whole year that goes missing is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.torture.books import ABSENT, BOM, Book, Grid, Release

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MONTH = re.compile(rf"(?<![a-z])({'|'.join(MONTHS)})[a-z]*\.?(?![a-z])", re.IGNORECASE)
Period = tuple[int, ...]
NUMBER = re.compile(r"-?\d+(,\d{3})*")
WIDE_SPACES = ("\xa0", "\u202f", "\u2007")
SEPARATORS = (",", " ", "\xa0", "\u202f", ".", "'", "\u2019")
MARKS = ("*", "..", "-", ":", "n/a", "NA", "[c]", "[x]", "--", "<5", "\u2026", "#REF!", "(s)", "?")
TEXTS = (
    "twelve",
    "12.5",
    "1e3",
    "NaN",
    "1,23",
    "12 persons",
    "0x10",
    "\u00bd",
    "Total",
    "True",
    "",
)
JSON_TEXTS = (*TEXTS, None, True, 12.5, [12], {"n": 12})


@dataclass
class Place:
    """A table of a release that is to be changed: its file, its name, its cells."""

    book: Book
    name: str

    @property
    def grid(self) -> Grid:
        """The cells."""
        return self.book.tables[self.name]

    @property
    def width(self) -> int:
        """Cells of the widest row."""
        return max(map(len, self.grid))

    @property
    def top(self) -> int:
        """The header: the first row about as full as any."""
        filled = [sum(cell not in ("", None) for cell in row) for row in self.grid]
        return next(n for n, count in enumerate(filled) if 10 * count >= 6 * max(filled))

    @property
    def has_header(self) -> bool:
        """False for text whose first row holds figures."""
        header = self.grid[self.top]
        return self.book.kind not in ("text", "zip") or not any(map(is_number, header))


@dataclass(frozen=True)
class Accident:
    """What a mutation may need: the release to change, a chance, marks the source declares."""

    release: Release
    chance: Random
    declared: frozenset[str] = frozenset()

    def place(self, *kinds: str) -> Place | None:
        """One table, mostly the largest; None where no file is of these kinds."""
        places = [
            Place(book, name)
            for book in self.release.books.values()
            if not kinds or book.kind in kinds
            for name, grid in book.tables.items()
            if len(grid) > 1
        ]
        if not places:
            return None
        if self.chance.random() < 0.4:
            return max(places, key=lambda place: len(place.grid))
        return self.chance.choice(places)


def is_number(cell: Any) -> bool:
    """Whether a whole number stands in a cell."""
    if isinstance(cell, bool) or cell is None or cell is ABSENT:
        return False
    return isinstance(cell, int) or (
        isinstance(cell, str) and NUMBER.fullmatch(cell.strip()) is not None
    )


def numbers(place: Place) -> list[tuple[int, int]]:
    """Row and column of every whole number below the header."""
    first = place.top + 1 if place.has_header else 0
    return [
        (line, column)
        for line, row in enumerate(place.grid[first:], first)
        for column, cell in enumerate(row)
        if is_number(cell)
    ]


def unchanged(accident: Accident) -> bool:
    """Nothing: taking a release apart and writing it again changes no figure."""
    return bool(accident.release.books)


def header_shifted(accident: Accident) -> bool:
    """Rows or a column before the header."""
    place = accident.place("text", "zip", "workbook", "page")
    if place is None:
        return False
    kind = accident.chance.choice(["blank rows", "title", "column"])
    if kind == "column":
        for row in place.grid:
            row.insert(0, "")
        return True
    first: list[Any] = ["A title of the publisher"] if kind == "title" else [""]
    for _ in range(accident.chance.randint(1, 3)):
        place.grid.insert(0, first + [""] * (place.width - 1))
    return True


def sheet_renamed(accident: Accident) -> bool:
    """A sheet, a member of a ZIP, the list of a page or a heading gets another name."""
    place = accident.place("workbook", "zip", "json", "page")
    if place is None:
        return False
    changed = accident.chance.choice([" (2)", "_old", "2"])
    if place.book.kind == "page":
        return _heading_renamed(place.book, accident.chance, changed)
    if place.book.kind == "json" and place.book.around is None:
        return False
    place.book.tables = {
        (name + changed if name == place.name else name): grid
        for name, grid in place.book.tables.items()
    }
    return True


def _heading_renamed(book: Book, chance: Random, changed: str) -> bool:
    number = chance.randrange(len(book.around) - 1)
    renamed, count = re.subn(r"(</h[1-6]>)", rf"{changed}\1", book.around[number], count=1)
    book.around[number] = renamed
    return count > 0


def sheets_swapped(accident: Accident) -> bool:
    """Two sheets, members or tables change names."""
    place = accident.place("workbook", "zip", "page")
    if place is None or len(place.book.tables) < 2:
        return False
    one, other = accident.chance.sample(list(place.book.tables), 2)
    tables = place.book.tables
    tables[one], tables[other] = tables[other], tables[one]
    return True


def columns_swapped(accident: Accident) -> bool:
    """Two columns change places, headings and all."""
    place = accident.place()
    if place is None or place.width < 2 or not place.has_header:
        return False
    one, other = accident.chance.sample(range(place.width), 2)
    for row in place.grid:
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    return True


def column_twice(accident: Accident) -> bool:
    """A column stands twice: beside itself or at the end, at times with other figures."""
    place = accident.place("text", "zip", "workbook", "page", "json")
    if place is None:
        return False
    column = accident.chance.randrange(place.width)
    beside, altered = accident.chance.random() < 0.5, accident.chance.random() < 0.5
    for number, row in enumerate(place.grid):
        if column < len(row):
            cell = row[column]
            if altered and number > place.top and is_number(cell):
                cell = type(cell)(int(str(cell).replace(",", "")) + 1)
            row.insert(column + 1 if beside else len(row), cell)
    return True


def column_lost(accident: Accident) -> bool:
    """A column is gone, heading and all."""
    place = accident.place()
    if place is None:
        return False
    column = accident.chance.randrange(place.width)
    for row in place.grid:
        del row[column : column + 1]
    return True


def year_dropped(accident: Accident) -> bool:
    """Everything of one year between the first and the last is gone from every file."""
    return _dropped(accident, lambda period: period[:1], list(places(accident.release)))


def period_dropped(accident: Accident) -> bool:
    """Everything of one month, quarter or day between the first and the last is gone from a table.

    Where a table prints nothing finer than a year, a year of that table alone.
    """
    place = accident.place()
    return place is not None and _dropped(accident, lambda period: period, [place])


def places(release: Release) -> Iterator[Place]:
    """Every table of a release that has more than one row."""
    for book in release.books.values():
        yield from (Place(book, name) for name, grid in book.tables.items() if len(grid) > 1)


def _dropped(accident: Accident, part: Callable[[Period], Period], among: Sequence[Place]) -> bool:
    known = sorted({part(period) for period in periods_of(among)})
    if len(known) < 3:
        return False
    lose_period(among, accident.chance.choice(known[1:-1]))
    return True


def periods_of(among: Sequence[Place]) -> list[Period]:
    """Every period printed in some tables, in order; as (year,) where a year is printed alone."""
    found = (dated[1].values() for place in among if (dated := _periods(place)) is not None)
    return sorted({period for periods in found for period in periods})


def lose_period(among: Sequence[Place], lost: Period) -> None:
    """Take a period, or a whole year given as (year,), out of some tables."""
    for place in among:
        dated = _periods(place)
        if dated is None:
            continue
        rows, dates = dated
        gone = {number for number, period in dates.items() if period[: len(lost)] == lost}
        if rows:
            place.grid[:] = [row for n, row in enumerate(place.grid) if n not in gone]
        else:
            place.grid[:] = [[c for n, c in enumerate(row) if n not in gone] for row in place.grid]


def _periods(place: Place) -> tuple[bool, dict[int, Period]] | None:
    """Whether rows (or columns) are of a period each, and of which."""
    if not place.has_header:
        return None
    header = [str(cell).lower() for cell in place.grid[place.top]]
    body = list(enumerate(place.grid))[place.top + 1 :]
    years, months = (_dated(body, header, what) for what in (YEAR, MONTH))
    if years is not None:
        columns = (years,) if months is None else (years, months)
        texts = {n: " ".join(str(row[c]) for c in columns if c < len(row)) for n, row in body}
        fiscal = header[years].startswith("fiscal")
        return True, {n: period(text, fiscal=fiscal) for n, text in texts.items()}
    for line in (place.top, place.top - 1):
        above = place.grid[line] if line >= 0 else []
        if sum(bool(YEAR.search(str(cell))) for cell in above) < 2:
            continue
        below = place.grid[place.top] if line < place.top else [""] * len(above)
        dates, year = {}, ""
        for column, cell in enumerate(above):
            year = str(cell) if YEAR.search(str(cell)) else year
            text = f"{year} {below[column] if column < len(below) else ''}"
            if YEAR.search(text) and (line < place.top or YEAR.search(str(cell))):
                dates[column] = period(text)
        return False, dates
    return None


def _dated(
    body: Sequence[tuple[int, list[Any]]], header: Sequence[str], what: re.Pattern[str]
) -> int | None:
    """A column of which nine cells in ten hold a year, or a month; one that says so goes first."""
    found = [
        column
        for column in range(len(header))
        if 10 * sum(column < len(row) and bool(what.search(str(row[column]))) for _, row in body)
        >= 9 * max(1, len(body))
    ]
    named = [column for column in found if re.search("year|date|month", header[column])]
    return next(iter([*named, *found]), None)


def period(text: str, *, fiscal: bool = False) -> Period:
    """Year, month and day named in a text, as far as it names them; () where it names no year."""
    year, month = YEAR.search(text), MONTH.search(text)
    if year is None:
        return ()
    if iso := re.search(r"(\d{4})-(\d\d)(?:-(\d\d))?(?!\d)", text):
        return tuple(int(number) for number in iso.groups() if number)
    if quarter := re.search(r"Q([1-4])", text):
        return int(year[0]), 3 * int(quarter[1]) - 2
    if month is None:
        return (int(year[0]),)
    number = MONTHS.index(month[1].lower()) + 1
    day = re.match(r"(\d{1,2}) ", text)
    start = int(year[0]) - (fiscal and number >= 10)
    return (start, number, int(day[1])) if day else (start, number)


def thousands_separators(accident: Accident) -> bool:
    """The large numbers of a column are written in groups of three."""
    place = accident.place()
    if place is None:
        return False
    large = [
        (line, column)
        for line, column in numbers(place)
        if len(str(place.grid[line][column]).replace(",", "").strip("-")) > 3
    ]
    if not large:
        return False
    chosen = accident.chance.choice(large)[1]
    separator = accident.chance.choice(SEPARATORS)
    for line, column in large:
        if column == chosen:
            number = int(str(place.grid[line][column]).replace(",", ""))
            place.grid[line][column] = f"{number:,}".replace(",", separator)
    return True


def marks(accident: Accident) -> bool:
    """A mark the source does not declare where a number stands."""
    return _instead(accident, [mark for mark in MARKS if mark not in accident.declared])


def text_for_number(accident: Accident) -> bool:
    """A text, or what is no whole number, where a number stands."""
    return _instead(accident, [t for t in TEXTS if t not in accident.declared])


def other_type_for_number(accident: Accident) -> bool:
    """Another JSON value than a whole number where one stands."""
    return _instead(accident, [t for t in JSON_TEXTS if not isinstance(t, str)], "json")


def _instead(accident: Accident, texts: list[Any], *kinds: str) -> bool:
    place = accident.place(*kinds)
    cells = numbers(place) if place else []
    if place is None or not cells:
        return False
    line, column = accident.chance.choice(cells)
    place.grid[line][column] = accident.chance.choice(texts)
    return True


def no_break_spaces(accident: Accident) -> bool:
    """No-break spaces for the spaces of a row, a column or all, or around what stands there."""
    place = accident.place()
    if place is None:
        return False
    space = accident.chance.choice(WIDE_SPACES)
    around = accident.chance.random() < 0.5
    line = accident.chance.choice([place.top, accident.chance.randrange(len(place.grid))])
    column = accident.chance.randrange(place.width)
    whole = accident.chance.choice(["row", "column", "all"])
    for n, row in enumerate(place.grid):
        for m, cell in enumerate(row):
            hit = whole == "all" or (n == line if whole == "row" else m == column)
            is_key = n == 0 and place.book.kind in ("json", "parquet")
            if hit and isinstance(cell, str) and cell and not is_key:
                row[m] = f"{space}{cell}{space}" if around else cell.replace(" ", space)
    return True


def byte_order_mark(accident: Accident) -> bool:
    """A byte order mark is put before the text, or taken away."""
    name = _any_file(accident, "text", "json", "page")
    if name is None:
        return False
    content = accident.release.books[name].content()
    accident.release.raw[name] = content[3:] if content.startswith(BOM) else BOM + content
    return True


def utf_16(accident: Accident) -> bool:
    """The text is saved as UTF-16, with or without its mark."""
    name = _any_file(accident, "text", "json", "page")
    if name is None:
        return False
    text = accident.release.books[name].content().decode("utf-8-sig")
    encoding = accident.chance.choice(["utf-16", "utf-16-le", "utf-16-be"])
    accident.release.raw[name] = text.encode(encoding)
    return True


def truncated(accident: Accident) -> bool:
    """The file ends at some byte, but not where a line of delimited text ends.

    A file cut there is a shorter file: only the length announced by the publisher's server, the
    release before and printed totals can tell.
    """
    name = _any_file(accident)
    if name is None:
        return False
    content = accident.release.books[name].content()
    end = accident.chance.randrange(len(content))
    if accident.release.books[name].kind == "text":
        while end and b"\n" in content[end - 1 : end + 2]:
            end -= 1
    accident.release.raw[name] = content[:end]
    return True


def _any_file(accident: Accident, *kinds: str) -> str | None:
    names = [n for n, b in accident.release.books.items() if not kinds or b.kind in kinds]
    return accident.chance.choice(names) if names else None


def row_twice(accident: Accident) -> bool:
    """A row of the body stands twice running."""
    place = accident.place()
    if place is None or len(place.grid) - place.top < 2:
        return False
    line = accident.chance.randrange(place.top + 1, len(place.grid))
    place.grid.insert(line, list(place.grid[line]))
    return True


def blank_row(accident: Accident) -> bool:
    """An empty row somewhere."""
    place = accident.place("text", "zip", "workbook", "page")
    if place is None:
        return False
    place.grid.insert(accident.chance.randrange(len(place.grid)), [""] * place.width)
    return True


def blank_column(accident: Accident) -> bool:
    """An empty column somewhere."""
    place = accident.place("text", "zip", "workbook", "page")
    if place is None:
        return False
    column = accident.chance.randrange(place.width)
    for row in place.grid:
        row.insert(column, "")
    return True


def row_shifted(accident: Accident) -> bool:
    """The cells of one row move by one, to the right or to the left, from somewhere on."""
    place = accident.place("text", "zip", "workbook", "page")
    if place is None:
        return False
    row = accident.chance.choice(place.grid)
    column = accident.chance.randrange(place.width)
    if accident.chance.random() < 0.5:
        row.insert(column, "")
    else:
        del row[column : column + 1]
    fits = place.book.kind != "workbook" and "" not in accident.declared
    if fits and accident.chance.random() < 0.5:
        row[:] = (row + [""] * place.width)[: place.width]  # of the width of the others
    return True


Mutation = Callable[[Accident], bool]
MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        unchanged,
        header_shifted,
        sheet_renamed,
        sheets_swapped,
        columns_swapped,
        column_twice,
        column_lost,
        year_dropped,
        period_dropped,
        thousands_separators,
        marks,
        no_break_spaces,
        byte_order_mark,
        utf_16,
        truncated,
        text_for_number,
        other_type_for_number,
        row_twice,
        row_shifted,
        blank_row,
        blank_column,
    )
}
