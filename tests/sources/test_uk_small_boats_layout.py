"""A changed workbook gives the same tables or a refusal, never other figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.errors import ConformError, LayoutError, SourceError, UnsafeFileError
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.uk_home_office.small_boats import SOURCE, parse_sheets
from fcm_migration.workbook import read_workbook
from tests.sources.small_boats import NAME, Sheets, as_read, sheets, write

Change = Callable[[Sheets], object]


def cell(sheet: str, row: int, column: int, text: object) -> Change:
    """Write over one cell; the rows count from the header, which is 0."""

    def change(book: Sheets) -> None:
        book[sheet][row][column] = text  # type: ignore[assignment]

    return change


def rows(sheet: str, change: Callable[[list[list[object]]], list[list[object]]]) -> Change:
    """Rebuild a sheet's rows."""
    return lambda book: book.update({sheet: change(book[sheet])})  # type: ignore[arg-type, dict-item]


def columns(sheet: str, *order: int) -> Change:
    """Bring the columns, labels included, into another order."""
    return rows(sheet, lambda old: [[row[index] for index in order] for row in old])


def both(*changes: Change) -> Change:
    """Make several changes."""
    return lambda book: [change(book) for change in changes]


def hold(parsed: Parsed) -> dict[str, pl.DataFrame]:
    """Hold the tables to their declaration, as the pipeline does."""
    return {name: conform(frame, SOURCE.table(name)) for name, frame in parsed.tables.items()}


def read(folder: Path, change: Change) -> dict[str, pl.DataFrame]:
    """Write a changed release, parse it and hold it to its declaration."""
    book = sheets()
    change(book)
    return hold(SOURCE.parse([write(folder, book)]))


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    return read(tmp_path_factory.mktemp("uk-untouched"), lambda book: book)


# Row 42 of SB_01 is Sunday 11 February, the busiest day: 1305 people in 31 boats.
HARMLESS: dict[str, Change] = {
    "title rows above": rows("SB_01", lambda old: [["Simulated title"], [], *old]),
    "columns in another order": columns("SB_02", 6, 3, 1, 0, 2, 5, 4),
    "newest day first": rows("SB_01", lambda old: [old[0], *reversed(old[1:])]),
    "thousands separators": cell("SB_01", 42, 1, "1,305"),
    "figure as text between no-break spaces": cell("SB_01", 42, 1, "\N{NO-BREAK SPACE}1305 "),
    "no-break space in a label": cell("SB_02", 0, 1, "Migrants\N{NO-BREAK SPACE}arrived"),
    "dates without a midnight": cell("SB_01", 42, 0, "2018-02-11"),
    "one more sheet": lambda book: book.update({"SB_03": [["Something new"]]}),
}
REFUSED: dict[str, tuple[Change, type[SourceError], str]] = {
    "sheet renamed": (
        lambda book: book.update({"SB_1": book.pop("SB_01")}),
        LayoutError,
        r"sheets are missing.*SB_01, SB_02; got \[.*'SB_02', 'SB_1'\], without \['SB_01'\]",
    ),
    "label renamed": (
        cell("SB_01", 0, 1, "People arrived"),
        LayoutError,
        "the header row was not found",
    ),
    "header shifted against the figures": (
        rows("SB_01", lambda old: [[None, *old[0]], *old[1:]]),
        LayoutError,
        "whole number|not a date cell",
    ),
    "labels swapped": (
        both(cell("SB_01", 0, 1, "Boats arrived"), cell("SB_01", 0, 2, "Migrants arrived")),
        LayoutError,
        "more boats than people",
    ),
    "one more column": (
        rows("SB_01", lambda old: [[*old[0], "Dinghies"], *([*row, 0] for row in old[1:])]),
        LayoutError,
        "the columns are not the known ones.*Dinghies",
    ),
    "column doubled": (
        rows("SB_02", lambda old: [[*row, row[1]] for row in old]),
        LayoutError,
        "the columns are not the known ones",
    ),
    "header lower than the first days": (
        rows("SB_01", lambda old: [*old[1:4], old[0], *old[4:]]),
        LayoutError,
        "periods are missing or stand twice.*61 rows|62 rows",
    ),
    "first month dropped": (
        rows("SB_01", lambda old: [old[0], *old[32:]]),
        LayoutError,
        r"SB_01: periods are missing.*every 1 day\(s\) from 2018-01-01",
    ),
    "one day dropped": (
        rows("SB_01", lambda old: old[:20] + old[21:]),
        LayoutError,
        "2018-01-20",
    ),
    "one week dropped": (
        rows("SB_02", lambda old: old[:3] + old[4:]),
        LayoutError,
        "SB_02: periods are missing.*2018-01-21",
    ),
    "block doubled": (
        rows("SB_01", lambda old: old + old[-7:]),
        LayoutError,
        "stand twice",
    ),
    "days cut off": (rows("SB_01", lambda old: old[:40]), LayoutError, "the two sheets end apart"),
    "weeks cut off": (rows("SB_02", lambda old: old[:5]), LayoutError, "the two sheets end apart"),
    "no figures": (rows("SB_01", lambda old: old[:1]), LayoutError, "periods are missing"),
    "footnote between": (
        rows("SB_01", lambda old: [*old[:9], ["Source: nobody"], *old[9:]]),
        LayoutError,
        "SB_01: not a date cell",
    ),
    "a day without any figure at the end": (
        rows("SB_01", lambda old: [*old[:-1], [old[-1][0]]]),
        LayoutError,
        "'' x1",
    ),
    "empty row between": (
        rows("SB_02", lambda old: [*old[:4], [None], *old[4:]]),
        LayoutError,
        "SB_02: not a date cell",
    ),
    "date in words": (cell("SB_01", 9, 0, "9 January 2018"), LayoutError, "not a date cell"),
    "asterisk": (cell("SB_01", 42, 1, "*"), LayoutError, r"SB_01, Migrants arrived.*'\*' x1.*43"),
    "[y]": (cell("SB_02", 8, 4, "[y]"), LayoutError, r"SB_02, Migrants prevented.*\[y\]"),
    "[r] alone": (cell("SB_02", 8, 4, "[r]"), LayoutError, "SB_02, Migrants prevented.*'' x1"),
    "not collected, where always collected": (
        cell("SB_01", 42, 2, "-"),
        LayoutError,
        "SB_01, Boats arrived.*'-' x1",
    ),
    "empty figure": (cell("SB_01", 42, 3, None), LayoutError, "uncontrolled landings.*'' x1"),
    "decimal comma": (cell("SB_01", 42, 1, "1305,0"), LayoutError, "1305,0"),
    "broken number": (cell("SB_01", 42, 1, 1305.5), LayoutError, "1305.5"),
    "no-break space for thousands": (
        cell("SB_01", 42, 1, "1\N{NO-BREAK SPACE}305"),
        LayoutError,
        "1 305",
    ),
    "negative": (cell("SB_02", 9, 5, -14), ConformError, "prevention_events"),
}


JUNK = (
    "",
    "..",
    ":",
    "x",
    "NA",
    "null",
    "<5",
    "1.305",
    "1 305",
    "1'305",
    "1e3",
    "#N/A",
    "\N{EN DASH}",
)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_matter_changes_nothing(
    tmp_path: Path, untouched: dict[str, pl.DataFrame], name: str
) -> None:
    tables = read(tmp_path, HARMLESS[name])
    assert tables.keys() == untouched.keys()
    assert all(tables[key].equals(untouched[key]) for key in untouched)


@pytest.mark.parametrize("name", REFUSED)
def test_what_matters_is_refused_by_name(name: str) -> None:
    change, kind, words = REFUSED[name]
    book = sheets()
    change(book)
    with pytest.raises(kind, match=words) as caught:
        hold(parse_sheets(as_read(book), NAME))
    assert type(caught.value) is kind


@pytest.mark.parametrize("junk", JUNK)
def test_no_number_column_takes_junk(junk: str) -> None:
    for sheet, columns_of_numbers in {"SB_01": (1, 2, 3), "SB_02": (1, 2, 3, 4, 5)}.items():
        for column in columns_of_numbers:
            for row in (1, 5, -1):
                book = sheets()
                book[sheet][row][column] = junk
                with pytest.raises(LayoutError, match="neither a whole number nor a declared"):
                    parse_sheets(as_read(book), NAME)


def test_sheets_are_as_the_reader_gives_them(tmp_path: Path) -> None:
    """What the refusals above are tested on is what the workbook reader hands over."""
    assert read_workbook(write(tmp_path, sheets()).path) == as_read(sheets())


def test_a_refusal_by_way_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"SB_01, Migrants arrived.*\[y\]"):
        read(tmp_path, cell("SB_01", 42, 1, "[y]"))


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, sheets())
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnsafeFileError, match="ZIP container is broken or cut off"):
        SOURCE.parse([file])


def test_two_files_are_not_one_release(tmp_path: Path) -> None:
    file = write(tmp_path, sheets())
    with pytest.raises(LayoutError, match="a release is one file"):
        SOURCE.parse([file, ReleaseFile(f"v2 {NAME}", file.path)])
