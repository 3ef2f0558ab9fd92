"""The OHSS Border Patrol workbook, laid out as the publisher does from the fixture's figures.

Sixteen sheets, header in row 1 with a line break inside "Fiscal Year", years and quantities as
numbers, the rest as texts in the sheet itself (no table of shared strings).
"""

from __future__ import annotations

import csv
from pathlib import Path

from tests.workbook.writers import Cell, write_xlsx

FIXTURES = Path(__file__).parents[1] / "fixtures" / "us_ohss_usbp"
# Column of figures.csv -> label in the sheets, in the order of the sheets.
LABELS = {
    "fiscal_year": "Fiscal\nYear",
    "month": "Month",
    "region": "Region",
    "citizenship": "Citizenship",
    "family_status": "Family Status",
    "sector": "Sector",
    "quantity": "Quantity",
}
NUMBERS = ("fiscal_year", "quantity")

Sheets = dict[str, list[list[Cell]]]


def sheets() -> Sheets:
    """Every sheet with its header; a column stands where the sheet's rows fill it."""
    with (FIXTURES / "figures.csv").open(newline="") as file:
        figures = list(csv.DictReader(file))
    book: Sheets = {}
    for row in figures:
        filled = [name for name in LABELS if row[name]]
        header: list[Cell] = [LABELS[name] for name in filled]
        rows = book.setdefault(row["sheet"], [header])
        rows.append([int(row[name]) if name in NUMBERS else row[name] for name in filled])
    return book


def write(path: Path, book: Sheets | None = None) -> Path:
    """Write the workbook, or a changed one."""
    return write_xlsx(path, sheets() if book is None else book, inline_strings=True)
