"""The IRCC crosstab at its one address; which figures are published says the fixture's README."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fcm_migration.http import Request
from fcm_migration.sources.ca.ircc_asylum import FILE, URL
from tests.sources.ca_ircc_asylum_workbook import rows, write


def release(folder: Path) -> list[Path]:
    """Write the workbook under the publisher's name."""
    (folder / FILE).write_bytes(_workbook())
    return [folder / FILE]


def answer(request: Request) -> bytes | None:
    """The workbook, and nothing else."""
    return _workbook() if request.url == URL else None


@cache
def _workbook() -> bytes:
    """The fixture's sheet and filling below its notes: the real one is large, less is refused."""
    sheet = rows()
    for number in range(900):
        sheet.append([f"{number * 7_919 % 10_007} {number}" for _ in range(8)])
    with TemporaryDirectory() as folder:
        return write(Path(folder) / FILE, sheet).read_bytes()
