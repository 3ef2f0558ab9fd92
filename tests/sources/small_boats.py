"""Small-boat releases in the Home Office's layout, from the tidy tables in the fixtures.

Simulated figures, see tests/fixtures/uk_small_boats/README.md. A release is a mapping of sheet
names to rows of cells, so a test can break one cell and write the file again.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

from fcm_migration.sources.base import ReleaseFile
from fcm_migration.workbook import Sheet
from fcm_migration.workbook.reader import trim
from tests.sources.fake_get import FIXTURES
from tests.workbook.writers import Cell, write_ods

Sheets = dict[str, list[list[Cell]]]
NAME = "09_March_2018_Small_boats_-_time_series.ods"
FOLDER = FIXTURES / "uk_small_boats"
DAY_LABELS = [
    "Date",
    "Migrants arrived",
    "Boats arrived",
    "Boats arrived - involved in uncontrolled landings",
    "Notes",
]
WEEK_LABELS = ["Week ending", *DAY_LABELS[1:4], "Migrants prevented", "Events prevented", "Notes"]
# Rows that spreadsheets declare as repeated below the last one, to the end of the sheet.
TRAILING = 1_048_566


def sheets() -> Sheets:
    """The fixture release, sheet by sheet."""
    return _workbook(_rows("days.csv"), _rows("weeks.csv"))


def long_sheets(weeks: int) -> Sheets:
    """A release as long as a real one: from 2018 on, by a rule instead of a table."""
    days: list[list[Cell]] = [
        [datetime(2018, 1, 1) + timedelta(n), n * 7_919 % 613 + 9, n % 7, 0, None]  # noqa: DTZ001
        for n in range(7 * weeks)
    ]
    parts = [days[start : start + 7] for start in range(0, len(days), 7)]
    return _workbook(
        days,
        [
            [part[-1][0], sum(int(str(row[1])) for row in part), 21, 0, "-", "-", None]
            for part in parts
        ],
    )


def write(folder: Path, content: Sheets, name: str = NAME) -> ReleaseFile:
    """Write a release and return it as ``parse`` takes it."""
    return ReleaseFile(name, write_ods(folder / name, content, trailing_rows=TRAILING))


def as_read(content: Sheets) -> dict[str, Sheet]:
    """What the workbook reader makes of a release, without the file; a test holds the two equal."""
    width = max(len(row) for rows in content.values() for row in rows)
    return {
        name: Sheet(
            name,
            trim([tuple(map(_read, [*row, *[None] * (width - len(row))])) for row in rows]),
        )
        for name, rows in content.items()
    }


def _read(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.date().isoformat() if isinstance(cell, datetime) else str(cell)


def _workbook(days: list[list[Cell]], weeks: list[list[Cell]]) -> Sheets:
    return {
        "Cover_sheet": [
            ["Simulated: migrants crossing the English Channel in small boats"],
            ["Frequency: published weekly"],
            ["Crown copyright"],
        ],
        "Notes": [["Notes"], ["1. Simulated figures in the layout of the publisher."]],
        "SB_01": [list(DAY_LABELS), *days],
        "SB_02": [list(WEEK_LABELS), *weeks],
    }


def _rows(name: str) -> list[list[Cell]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        _, *rows = csv.reader(handle)
    return [[_moment(row[0]), *(_cell(text) for text in row[1:])] for row in rows]


def _moment(text: str) -> datetime:
    """The publisher's date cells carry a midnight."""
    return datetime.combine(date.fromisoformat(text), datetime.min.time())


def _cell(text: str) -> Cell:
    if not text:
        return None
    return int(text) if text.isdigit() else text
