"""OHSS, CBP and IRCC: files changed at random read the same or are refused, never otherwise.

The changes are accidents of layout and marks. A row that goes missing and a figure that becomes
another valid figure are no such accidents: only comparing releases and totals can tell them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_migration.errors import SourceError
from fcm_migration.sources import ca_ircc_asylum, us_cbp_sbo, us_ohss_usbp
from fcm_migration.sources.base import Parsed
from tests.sources import ca_ircc_asylum_workbook, us_cbp_sbo_file, us_ohss_usbp_workbook
from tests.sources.reading import as_texts, conformed, read, same
from tests.sources.us_cbp_sbo_file import COUNT

Grid = list[list]  # type: ignore[type-arg]
Change = tuple[str, int, int, str]

TOKENS = ("*", "[c]", "[x]", "..", "-", "n/a", "", "1,23", "12.5", "\ufeff10", "1 0", "Total")


def blank_row(grid: Grid, row: int, column: int, token: str) -> None:
    grid.insert(row, [])


def blank_column(grid: Grid, row: int, column: int, token: str) -> None:
    for line in grid:
        line.insert(column, None)


def row_twice(grid: Grid, row: int, column: int, token: str) -> None:
    grid.insert(row, list(grid[row]))


def column_twice(grid: Grid, row: int, column: int, token: str) -> None:
    for line in grid:
        line[column:column] = line[column : column + 1]


def row_shifted_right(grid: Grid, row: int, column: int, token: str) -> None:
    grid[row].insert(column, None)


def row_shifted_left(grid: Grid, row: int, column: int, token: str) -> None:
    del grid[row][column : column + 1]


def column_lost(grid: Grid, row: int, column: int, token: str) -> None:
    for line in grid:
        del line[column : column + 1]


def no_break_spaces(grid: Grid, row: int, column: int, token: str) -> None:
    grid[row] = [c.replace(" ", "\xa0") if isinstance(c, str) else c for c in grid[row]]


CHANGES: dict[str, Callable[[Grid, int, int, str], None]] = {
    change.__name__: change
    for change in (
        blank_row,
        blank_column,
        row_twice,
        column_twice,
        row_shifted_right,
        row_shifted_left,
        column_lost,
        no_break_spaces,
    )
}
changes = st.lists(
    st.tuples(
        st.sampled_from([*CHANGES, "token"]),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.sampled_from(TOKENS),
    ),
    min_size=1,
    max_size=3,
)


def apply(grid: Grid, todo: list[Change], figures: Callable[[Grid, int, int], bool]) -> Grid:
    """Carry out each change somewhere; a token only where a figure stands."""
    for name, row, column, token in todo:
        line = row % len(grid)
        place = column % max(map(len, grid))
        if name != "token":
            CHANGES[name](grid, line, place, token)
        elif place < len(grid[line]) and figures(grid, line, place):
            grid[line][place] = token
    return grid


def never_otherwise(
    make: Callable[[], Grid],
    reading: Callable[[Grid], Parsed],
    figures: Callable[[Grid, int, int], bool],
) -> None:
    """Hold many changed files to the rule; both outcomes must be met, or nothing was tried."""
    truth, met = reading(make()), set()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(todo=changes)
    def hold(todo: list[Change]) -> None:
        try:
            answer = reading(apply(make(), todo, figures))
        except SourceError:
            met.add("refused")
            return
        met.add("same")
        assert same(answer, truth)

    hold()
    assert met == {"same", "refused"}


@pytest.mark.parametrize("sheet", ["Monthly Rgn and Citp", "Annual Sector"])
def test_ohss(sheet: str) -> None:
    def reading(grid: Grid) -> Parsed:
        book = us_ohss_usbp_workbook.sheets() | {sheet: grid}
        return conformed(us_ohss_usbp.SOURCE, us_ohss_usbp.from_sheets(as_texts(book), "x"))

    never_otherwise(
        lambda: us_ohss_usbp_workbook.sheets()[sheet],
        reading,
        lambda grid, row, place: isinstance(grid[row][place], int),
    )


def test_ircc() -> None:
    def reading(grid: Grid) -> Parsed:
        texts = as_texts({ca_ircc_asylum.SHEET: grid})
        return conformed(ca_ircc_asylum.SOURCE, ca_ircc_asylum.from_sheets(texts, "x"))

    never_otherwise(
        ca_ircc_asylum_workbook.rows, reading, lambda _, row, place: row > 3 and place > 1
    )


def test_cbp(tmp_path: Path) -> None:
    def reading(grid: Grid) -> Parsed:
        path = tmp_path / us_cbp_sbo_file.NAME
        cells = [[f'"{cell or ""}"' for cell in row] for row in grid]
        path.write_bytes(us_cbp_sbo_file.text_of(cells))
        return read(us_cbp_sbo.SOURCE, path)

    never_otherwise(
        us_cbp_sbo_file.table, reading, lambda _, row, place: row > 0 and place == COUNT
    )
