"""The Home Office's dataset on claims awaiting a decision. Every figure is simulated."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.uk_home_office.datasets import INDEX
from tests.sources.home_office import ASSETS, landing, table, workbook
from tests.workbook.writers import write_xlsx

_NAME = "asylum-claims-awaiting-decision-datasets-sep-2013.xlsx"
_ADDRESS = f"{ASSETS}/69958f39b33a4db7ff889d42/{_NAME}"


def release(folder: Path) -> list[Path]:
    """Write the workbook with data to September 2013 under the publisher's name."""
    rows = table("uk_awaiting_decision")
    return [write_xlsx(folder / _NAME, workbook(rows, "Data_Asy_D03"))]


def answer(request: Request) -> bytes | None:
    """Answer as GOV.UK does: the page of data tables, and the workbook it links to."""
    if request.url == INDEX:
        return landing(_ADDRESS)
    if request.url == _ADDRESS:
        with tempfile.TemporaryDirectory() as folder:
            return release(Path(folder))[0].read_bytes()
    return None
