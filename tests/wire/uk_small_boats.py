"""The small-boats workbook, the content API and the landing page. Every figure is simulated."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fcm_migration.http import Request
from fcm_migration.sources.uk_home_office.small_boats_releases import CONTENT_API, LANDING
from tests.sources.small_boats import FOLDER, NAME, long_sheets, write

ADDRESS = f"https://assets.publishing.service.gov.uk/media/0123456789abcdef01234567/{NAME}"


def release(folder: Path) -> list[Path]:
    """Write the workbook under the publisher's name, as long as a real one."""
    (folder / NAME).write_bytes(_workbook())
    return [folder / NAME]


def answer(request: Request) -> bytes | None:
    """Answer as GOV.UK does: the content API, the page, and the workbook both name."""
    if request.url == CONTENT_API:
        return (FOLDER / "content_api.json").read_bytes()
    if request.url == LANDING:
        return (FOLDER / "landing.html").read_bytes()
    return _workbook() if request.url == ADDRESS else None


@cache
def _workbook() -> bytes:
    with TemporaryDirectory() as folder:
        return write(Path(folder), long_sheets(400)).path.read_bytes()
