"""CBP's nationwide encounters, as released. All but three figures are simulated."""

from __future__ import annotations

from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.us_cbp.nationwide_files import LANDING
from tests.sources.us_cbp_nationwide_csv import (
    AREAS_BYTES,
    AREAS_NAME,
    FOLDER,
    STATES_BYTES,
    STATES_NAME,
)

_FILES = {AREAS_NAME: AREAS_BYTES, STATES_NAME: STATES_BYTES}


def release(folder: Path) -> list[Path]:
    """Write both files of the release with data to November 2023."""
    for name, content in _FILES.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in _FILES]


def answer(request: Request) -> bytes | None:
    """Answer as cbp.gov does: the discovery page, and the files of the newest release."""
    if request.url == LANDING:
        return (FOLDER / "landing.html").read_bytes()
    folder, _, name = request.url.rpartition("/")
    return _FILES.get(name) if folder.endswith("/files/2023-12") else None
