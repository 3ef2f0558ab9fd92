"""The small-boats workbook, the content API and the landing page. Every figure is simulated."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fcm_migration.http import Request
from fcm_migration.sources.uk_home_office.small_boats_releases import CONTENT_API, LANDING
from tests.sources.small_boats import FOLDER, NAME, long_sheets, write

# A release as long as a real one is not of the fixture's date: its last day is 31 August 2025.
WEEKS, LATE = 400, "05_September_2025_Small_boats_-_time_series.ods"
ADDRESS = f"https://assets.publishing.service.gov.uk/media/0123456789abcdef01234567/{LATE}"


def release(folder: Path) -> list[Path]:
    """Write the workbook under the publisher's name, as long as a real one."""
    (folder / LATE).write_bytes(_workbook())
    return [folder / LATE]


def answer(request: Request) -> bytes | None:
    """Answer as GOV.UK does: the content API, the page, and the workbook both name."""
    if request.url == CONTENT_API:
        return _late("content_api.json")
    if request.url == LANDING:
        return _late("landing.html")
    return _workbook() if request.url == ADDRESS else None


def _late(name: str) -> bytes:
    return (FOLDER / name).read_bytes().replace(NAME.encode(), LATE.encode())


@cache
def _workbook() -> bytes:
    with TemporaryDirectory() as folder:
        return write(Path(folder), long_sheets(WEEKS)).path.read_bytes()
