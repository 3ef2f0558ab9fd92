"""CBP's southwest border file and the page that links to it; see the fixture's README."""

from __future__ import annotations

from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.us_cbp.sbo import LANDING
from tests.sources.us_cbp_sbo_file import BYTES, FOLDER, NAME

ADDRESS = f"https://www.cbp.gov/sites/default/files/2023-12/{NAME}"


def release(folder: Path) -> list[Path]:
    """Write the file under the publisher's name."""
    (folder / NAME).write_bytes(BYTES)
    return [folder / NAME]


def answer(request: Request) -> bytes | None:
    """The discovery page, and the newest file it links to."""
    if request.url == LANDING:
        return (FOLDER / "landing.html").read_bytes()
    return BYTES if request.url == ADDRESS else None
