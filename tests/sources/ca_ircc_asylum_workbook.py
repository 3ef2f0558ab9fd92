"""The IRCC crosstab, laid out as the publisher does from the fixture's figures.

One sheet, every cell a text: a title, the years above the months (merged there, so only the first
cell holds one), provinces in column B above their office type in column A, each year's total after
its months, "Total " with a space at its end, and notes below.
"""

from __future__ import annotations

import csv
from pathlib import Path

from tests.workbook.writers import Cell, write_xlsx

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ca_ircc_asylum"
SHEET = "Asylum Claimants - Office Type"
YEARS = ("simulated_2024.csv", "published_2025.csv")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Positions in the sheet as written here, for the tests that change a cell.
YEAR_ROW, MONTH_ROW, FIRST_ROW = 2, 3, 4

Rows = list[list[Cell]]


def rows() -> Rows:
    """The sheet's cells, blanks included."""
    tables = [_read(name) for name in YEARS]
    years: list[Cell] = ["Claim Office Type and Province/Territory of Claim", None]
    months: list[Cell] = [None, None]
    for name, table in zip(YEARS, tables, strict=True):
        labels = table[0][2:]
        years += [name.removesuffix(".csv")[-4:], *[None] * (len(labels) - 1)]
        months += labels
    sheet: Rows = [["Asylum claimants, written for the tests"], [], years, months]
    for first, second in zip(tables[0][1:], tables[1][1:], strict=True):
        assert first[:2] == second[:2]
        sheet.append([*_label(*first[:2]), *map(_shown, first[2:] + second[2:])])
    sheet += [[], [], ["* Notes written for the tests.\n\nOne cell, two lines."], []]
    return [*sheet, ["Source: IRCC, July 31, 2025"]]


def write(path: Path, sheet: Rows | None = None, *, inline_strings: bool = False) -> Path:
    """Write the workbook, or a changed one."""
    content = {SHEET: rows() if sheet is None else sheet}
    return write_xlsx(path, content, inline_strings=inline_strings)


def office_csv() -> str:
    """The tab-separated file of the same figures, without totals.

    The name of the column of office types is a guess, and so is where Other Offices stand.
    """
    lines = [
        "EN_YEAR\tEN_QUARTER\tEN_MONTH\tFR_ANNEE\tFR_TRIMESTRE\tFR_MOIS\tEN_PROVINCE_TERRITORY\t"
        "FR_PROVINCE\tEN_CLAIM_OFFICE_TYPE\tFR_BUREAU\tTOTAL"
    ]
    for name in YEARS:
        header, *body = _read(name)
        year = name.removesuffix(".csv")[-4:]
        for office, province, *figures in body:
            whole = office == "Other Offices"
            if province == "All" and not whole:
                continue
            place = "Not stated" if whole else province
            for month, shown in zip(header[2:], figures, strict=True):
                if "Total" in month:
                    continue
                quarter = f"Q{(MONTHS.index(month) + 3) // 3}"
                when = f"{year}\t{quarter}\t{month}"
                count = _shown(shown)
                lines.append(f"{when}\t{when}\t{place}\t{place}\t{office}\t-\t{count}")
    return "\n".join(lines) + "\n"


def _read(name: str) -> list[list[str]]:
    with (FIXTURES / name).open(newline="") as file:
        return list(csv.reader(file))


def _label(office: str, province: str) -> list[Cell]:
    if province != "All":
        return [None, province]
    if office == "All":
        return ["Total ", None]
    return [office if office == "Other Offices" else f"{office} - Total", None]


def _shown(figure: str) -> str:
    return f"{int(figure):,}" if figure.isdigit() else figure
