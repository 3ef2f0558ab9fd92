"""Frontex: one workbook of simulated detections, and the page that links to it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.frontex.ibc import LANDING
from tests.sources.frontex_ibc_workbook import FOLDER, NAME, book
from tests.workbook.writers import write_xlsx

ADDRESS = (
    "https://www.frontex.europa.eu/assets/Migratory_routes/2026/"
    "Monthly_detections_of_IBC_2026_09_02.xlsx"
)


def release(folder: Path) -> list[Path]:
    """Write the workbook under the publisher's name."""
    return [write_xlsx(folder / NAME, book())]


def answer(request: Request) -> bytes | None:
    """The landing page, and the newest workbook it links to."""
    if request.url == LANDING:
        return (FOLDER / "landing.html").read_bytes()
    if request.url == ADDRESS:
        with tempfile.TemporaryDirectory() as folder:
            return release(Path(folder))[0].read_bytes()
    return None
