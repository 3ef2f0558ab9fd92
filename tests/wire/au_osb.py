"""Operation Sovereign Borders: three pages of the fixtures and a newsroom that links to them."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.au.osb import LANDING

FIXTURES = Path(__file__).parents[1] / "fixtures" / "au_osb"
PAGES = (
    "Operation-Sovereign-Borders-Monthly-Update-May-2024.aspx",
    "operation-sovereign-borders-monthly-update-July-2022-26-08-2022.aspx",
    "Operation-Sovereign-Borders-Monthly-Update-December-2018.aspx",
)


def release(folder: Path) -> list[Path]:
    """Write one good release: updates of three months."""
    return [Path(shutil.copy(FIXTURES / name, folder / name)) for name in PAGES]


def answer(request: Request) -> bytes | None:
    """Answer as the publisher does."""
    if request.url == LANDING:
        return (FIXTURES / "landing.html").read_bytes()
    name = request.url.rsplit("/", 1)[-1]
    return (FIXTURES / name).read_bytes() if name in PAGES else None
