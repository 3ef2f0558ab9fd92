"""UNHCR's population as the API pages it. Every figure is simulated."""

from __future__ import annotations

from pathlib import Path

from fcm_migration.http import Request
from tests.sources import unhcr_pages


def release(folder: Path) -> list[Path]:
    """Write one good download, page by page."""
    content = unhcr_pages.bodies(unhcr_pages.POPULATION)
    return [file.path for file in unhcr_pages.write(folder, content)]


def answer(request: Request) -> bytes | None:
    """Give the page that is asked for."""
    return unhcr_pages.answer(unhcr_pages.POPULATION, request)
