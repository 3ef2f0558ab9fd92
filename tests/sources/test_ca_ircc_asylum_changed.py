"""IRCC: a workbook changed in any of these ways reads the same or is refused, never otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fcm_migration.errors import SourceError
from fcm_migration.sources.base import Parsed
from fcm_migration.sources.ca.ircc_asylum import FILE, SHEET, SOURCE, from_sheets
from tests.sources.ca_ircc_asylum_workbook import FIRST_ROW, MONTH_ROW, YEAR_ROW, Rows, rows
from tests.sources.reading import as_texts, conformed, same

GRAND_TOTAL = FIRST_ROW + 10
YEAR_2025 = 15


def from_rows(sheet: Rows) -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts({SHEET: sheet}), FILE))


@pytest.fixture(scope="module")
def release() -> Parsed:
    return from_rows(rows())


def cell(row: int, column: int, edit: Callable[[str], str | None]) -> Callable[[Rows], Rows]:
    def mutate(sheet: Rows) -> Rows:
        sheet[row][column] = edit(str(sheet[row][column] or ""))
        return sheet

    return mutate


def one_row(row: int, edit: Callable[[list], list]) -> Callable[[Rows], Rows]:  # type: ignore[type-arg]
    return lambda sheet: [*sheet[:row], edit(sheet[row]), *sheet[row + 1 :]]


def below(edit: Callable[[list], list]) -> Callable[[Rows], Rows]:  # type: ignore[type-arg]
    """Change every row with figures, but not the headers."""
    return lambda s: [edit(r) if FIRST_ROW <= n <= GRAND_TOTAL else r for n, r in enumerate(s)]


def wide(edit: Callable[[list], list]) -> Callable[[Rows], Rows]:  # type: ignore[type-arg]
    """Change every row from the years down to the grand total."""
    return lambda s: [edit(r) if YEAR_ROW <= n <= GRAND_TOTAL else r for n, r in enumerate(s)]


def quarters(label: str) -> Callable[[Rows], Rows]:
    """Put a quarter's total after its last month, as a figure that would be noticed as a month's.

    The label may hold the quarter (0), its year (1) and the quarter after it (2).
    The running year ends with its seventh month, so its last quarter's total comes early.
    """

    def mutate(sheet: Rows) -> Rows:
        months = sheet[MONTH_ROW]
        years = [2024 if column < YEAR_2025 else 2025 for column in range(len(months))]
        after = [n for n, month in enumerate(months) if month in ("Mar", "Jun", "Sep", "Dec")]
        after.append(len(months) - 2)
        for n in sorted(after, reverse=True):
            quarter = ("JanFebMarAprMayJunJulAugSepOctNovDec".index(str(months[n])) // 3 + 3) // 3
            for number, row in enumerate(sheet):
                if number == MONTH_ROW:
                    row.insert(n + 1, label.format(quarter, years[n], quarter + 1))
                elif YEAR_ROW <= number <= GRAND_TOTAL:
                    row.insert(n + 1, "999,995" if number >= FIRST_ROW else None)
        return sheet

    return mutate


MUTATIONS: dict[str, tuple[Callable[[Rows], Rows], bool]] = {
    # Name: what is done to the sheet, and whether it must still be read (to the same rows).
    "shifted down": (lambda s: [["Canada"], [], *s], True),
    "title gone": (lambda s: s[2:], True),
    "blank column between labels and figures": (wide(lambda r: [*r[:2], None, *r[2:]]), True),
    "blank rows between offices": (lambda s: [*s[:7], [], *s[7:]], True),
    "more notes": (lambda s: [*s, ["Note"], ["Airport - Total", None, "5"]], True),
    "no space after Total": (cell(GRAND_TOTAL, 0, str.strip), True),
    "blank row between years and months": (lambda s: [*s[:3], [], *s[3:]], True),
    "totals of quarters": (quarters("Q{0} Total"), True),
    "totals of quarters in full": (quarters("{1} Q{0} Total"), True),
    "totals of quarters one early": (quarters("Q{2} Total"), False),
    "totals of quarters before their months": (
        wide(lambda r: [*r[:2], "Q1 Total" if "Jan" in r else None, *r[2:]]),
        False,
    ),
    "a row of quarters above the months": (
        lambda s: [*s[:3], [None, None, *["Q1"] * 3, *["Q2"] * 3], *s[3:]],
        True,
    ),
    "shifted right": (lambda s: [[None, *row] for row in s], False),
    "months shifted right": (one_row(MONTH_ROW, lambda r: [None, *r]), False),
    "months shifted left": (one_row(MONTH_ROW, lambda r: [*r[:1], *r[2:]]), False),
    "years shifted right": (one_row(YEAR_ROW, lambda r: [r[0], None, *r[1:]]), False),
    "years shifted left": (one_row(YEAR_ROW, lambda r: [r[0], *r[2:]]), False),
    "years and months swapped": (
        lambda s: [*s[:YEAR_ROW], s[MONTH_ROW], s[YEAR_ROW], *s[FIRST_ROW:]],
        False,
    ),
    "figures shifted right": (below(lambda r: [*r[:2], None, *r[2:]]), False),
    "figures shifted left": (below(lambda r: [*r[:2], *r[3:]]), False),
    "labels swapped": (below(lambda r: [r[1], r[0], *r[2:]]), False),
    "two months swapped": (wide(lambda r: [*r[:4], r[5], r[4], *r[6:]]), False),
    "two months relabelled": (one_row(MONTH_ROW, lambda r: [*r[:4], r[5], r[4], *r[6:]]), False),
    "years swapped": (wide(lambda r: [*r[:2], *r[YEAR_2025:], *r[2:YEAR_2025]]), False),
    "month dropped": (wide(lambda r: [*r[:6], *r[7:]]), False),
    "december dropped": (wide(lambda r: [*r[:13], *r[14:]]), False),
    "total before december": (wide(lambda r: [*r[:13], r[14], r[13], *r[15:]]), False),
    "last month dropped": (wide(lambda r: [*r[:21], *r[22:]]), False),
    "last total dropped": (wide(lambda r: r[:22]), False),
    "month twice": (wide(lambda r: [*r[:6], r[6], *r[6:]]), False),
    "year twice": (wide(lambda r: [*r[:YEAR_2025], *r[2:]]), False),
    "last year twice": (wide(lambda r: [*r, *r[YEAR_2025:]]), False),
    "block of rows twice": (lambda s: [*s[:7], *s[FIRST_ROW:]], False),
    "row twice": (lambda s: [*s[:6], s[5], *s[6:]], False),
    "office dropped": (lambda s: [*s[:6], *s[7:]], False),
    "cut off": (lambda s: s[:GRAND_TOTAL], False),
    "office above its provinces": (
        lambda s: [*s[:FIRST_ROW], s[6], s[4], s[5], *s[7:]],
        False,
    ),
    "office in lower case": (cell(6, 0, str.lower), False),
    "office with a dash": (cell(6, 0, lambda text: text.replace("-", "\u2013")), False),
    "no-break space in an office": (cell(6, 0, lambda text: text.replace(" ", "\xa0")), True),
    "no-break space in a month": (cell(MONTH_ROW, 3, lambda text: f"{text}\xa0"), True),
    "no-break space in a total": (cell(MONTH_ROW, 14, lambda t: t.replace(" ", "\xa0")), True),
    "year as a number": (cell(YEAR_ROW, 2, lambda text: text.strip()), True),
    "year with a decimal": (cell(YEAR_ROW, 2, lambda text: f"{text}.0"), False),
    "year to date": (cell(YEAR_ROW, YEAR_2025, lambda text: f"{text} YTD"), False),
    "label lost": (cell(5, 1, lambda _: None), False),
    "no thousands separators": (below(lambda r: [str(c or "").replace(",", "") for c in r]), True),
    "separator misplaced": (cell(4, 4, lambda _: "15,20"), False),
    "no-break space as separator": (cell(4, 4, lambda text: text.replace(",", "\xa0")), False),
    "no-break space after": (cell(4, 4, lambda text: f"{text}\xa0"), True),
    "byte order mark": (cell(4, 4, lambda text: f"\ufeff{text}"), False),
    "byte order mark in the months": (cell(MONTH_ROW, 2, lambda text: f"\ufeff{text}"), False),
    "star": (cell(4, 4, lambda _: "*"), False),
    "confidential": (cell(4, 4, lambda _: "[c]"), False),
    "one dash": (cell(4, 4, lambda _: "-"), False),
    "emptied": (cell(4, 4, lambda _: None), False),
    "footnote mark": (cell(4, 4, lambda text: f"{text}*"), False),
    "negative": (cell(4, 4, lambda _: "-5"), False),
    "decimal": (cell(4, 4, lambda text: f"{text}.5"), False),
}


@pytest.mark.parametrize(("mutate", "readable"), MUTATIONS.values(), ids=list(MUTATIONS))
def test_a_changed_workbook_reads_the_same_or_is_refused(
    release: Parsed, mutate: Callable[[Rows], Rows], readable: bool
) -> None:
    sheet = mutate(rows())
    if readable:
        assert same(from_rows(sheet), release)
        return
    with pytest.raises(SourceError):
        from_rows(sheet)
