"""OHSS: a workbook changed in any of these ways reads the same or is refused, never otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fcm_migration.errors import SourceError
from fcm_migration.sources.base import Parsed
from fcm_migration.sources.us_ohss.usbp import SOURCE, from_sheets
from tests.sources.reading import as_texts, conformed, same
from tests.sources.us_ohss_usbp_workbook import Sheets, sheets


def from_book(book: Sheets) -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts(book), "changed.xlsx"))


@pytest.fixture(scope="module")
def release() -> Parsed:
    return from_book(sheets())


def change(name: str, edit: Callable[[list[list]], list[list]]) -> Callable[[Sheets], None]:  # type: ignore[type-arg]
    def mutate(book: Sheets) -> None:
        book[name] = edit(book[name])

    return mutate


def cell(name: str, row: int, column: int, edit: Callable[[str], str]) -> Callable[[Sheets], None]:
    def mutate(book: Sheets) -> None:
        book[name][row][column] = edit(str(book[name][row][column]))

    return mutate


M, CITP = "Monthly Citizenship", "Monthly Rgn and Citp"
MUTATIONS: dict[str, tuple[Callable[[Sheets], None], bool]] = {
    # Name: what is done to the workbook, and whether it must still be read (to the same rows).
    "header shifted down": (change(M, lambda rows: [[], [None], *rows]), True),
    "header shifted right": (change(M, lambda rows: [[None, *row] for row in rows]), True),
    "header alone shifted right": (change(M, lambda r: [[None, *r[0]], *r[1:]]), False),
    "labels swapped": (change(M, lambda r: [[r[0][3], *r[0][1:3], r[0][0]], *r[1:]]), False),
    "labels of categories swapped": (
        change(CITP, lambda r: [[*r[0][:2], r[0][3], r[0][2], r[0][4]], *r[1:]]),
        False,
    ),
    "rows in another order": (change(M, lambda r: [r[0], *reversed(r[1:])]), True),
    "blank row inside": (change(M, lambda rows: [*rows[:4], [], *rows[4:]]), False),
    "note below": (change(M, lambda rows: [*rows, ["Note"]]), False),
    "sheet cut off": (change(M, lambda rows: rows[:-4]), False),
    "block twice": (change(M, lambda rows: [*rows, *rows[1:]]), False),
    "block of another year twice": (
        change(M, lambda r: [*r, *[[2022, *row[1:]] for row in r[1:] if row[1] == "12 September"]]),
        False,
    ),
    "thousands separators": (cell(M, 2, 3, lambda text: f"{int(text):,}"), True),
    "decimal comma": (cell(M, 2, 3, lambda text: f"{text},0"), False),
    "spaces as separators": (cell(M, 2, 3, lambda text: f"{text[:-3]}\u202f{text[-3:]}"), False),
    "no-break space after": (cell(M, 2, 3, lambda text: f"{text}\xa0"), True),
    "no-break space in the header": (cell(M, 0, 0, lambda _: "Fiscal\xa0Year"), True),
    "no-break space in a label": (cell(CITP, 1, 2, lambda t: t.replace(" ", "\xa0")), True),
    "no-break space in the month": (cell(M, 1, 1, lambda t: t.replace(" ", "\xa0")), False),
    "byte order mark in the header": (cell(M, 0, 0, lambda text: f"\ufeff{text}"), False),
    "byte order mark before a figure": (cell(M, 2, 3, lambda text: f"\ufeff{text}"), False),
    "star": (cell(M, 2, 3, lambda _: "*"), False),
    "confidential": (cell(M, 2, 3, lambda _: "[c]"), False),
    "emptied": (cell(M, 2, 3, lambda _: ""), False),
    "footnote mark": (cell(M, 2, 3, lambda text: f"{text}¹"), False),
    "exponent": (cell(M, 2, 3, lambda text: f"{int(text):.1E}"), False),
    "year as text": (cell(M, 1, 0, str), True),
    "year to date": (cell(M, 1, 0, lambda text: f"{text} (FYTD)"), False),
    "year far off": (cell(M, 1, 0, lambda _: "9999999"), False),
}


@pytest.mark.parametrize(("mutate", "readable"), MUTATIONS.values(), ids=list(MUTATIONS))
def test_a_changed_workbook_reads_the_same_or_is_refused(
    release: Parsed, mutate: Callable[[Sheets], None], readable: bool
) -> None:
    book = sheets()
    mutate(book)
    if readable:
        assert same(from_book(book), release)
        return
    with pytest.raises(SourceError):
        from_book(book)
