"""Reading a workbook in the limited child process, against fastexcel in this process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, compare
from fcm_migration.workbook import read_workbook
from tests.workbook.writers import write_xlsx


def run(*, quick: bool, folder: Path) -> Iterator[Row]:
    """Yield one row for each number of rows."""
    repeats = 1 if quick else 5
    for rows in (200,) if quick else (1_000, 10_000, 100_000):
        cells = [["Simulated origin", "Month", "Count"]]
        cells += [
            [f"origin {i % 200}", f"2020-{i % 12 + 1:02d}", str(i % 977)] for i in range(rows)
        ]
        path = write_xlsx(folder / f"simulated_{rows}.xlsx", {"Data": cells})
        times = compare(partial(read_workbook, path), partial(_in_process, path), repeats)
        yield Row("workbook", f"{rows:,} rows", "limited child", "fastexcel", *times, repeats)


def _in_process(path: Path) -> None:
    import fastexcel

    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string")
    sheet.to_arrow().to_pylist()
