"""The Home Office's dataset on returns, as released. Every figure is simulated."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.uk_home_office.datasets import INDEX
from tests.sources.home_office import ASSETS, landing, table, workbook
from tests.workbook.writers import write_xlsx

_NAME = "returns-datasets-dec-2007.xlsx"
_ADDRESS = f"{ASSETS}/65d888d16efa83001ddcc596/{_NAME}"


def release(folder: Path) -> list[Path]:
    """Write the workbook with data to December 2007 under the publisher's name."""
    rows = table("uk_returns")
    return [write_xlsx(folder / _NAME, workbook(rows, "Data_Ret_D01"))]


def answer(request: Request) -> bytes | None:
    """Answer as GOV.UK does: the page of data tables, and the workbook it links to."""
    if request.url == INDEX:
        return landing(_ADDRESS)
    if request.url == _ADDRESS:
        with tempfile.TemporaryDirectory() as folder:
            return release(Path(folder))[0].read_bytes()
    return None
