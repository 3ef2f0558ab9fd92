"""UNHCR's nowcast as the API gives it. Every figure is simulated."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcm_migration.http import Request
from tests.sources.fake_get import FIXTURES

_PAGE = FIXTURES / "unhcr_nowcasting" / "page-001.json"


def release(folder: Path) -> list[Path]:
    """Write one good snapshot of one page."""
    return [Path(shutil.copy(_PAGE, folder / _PAGE.name))]


def answer(request: Request) -> bytes | None:
    """Give the only page."""
    asked = request.url.endswith("/population/v1/nowcasting/")
    return _PAGE.read_bytes() if asked and dict(request.params).get("page") == "1" else None
