"""The page of the last seven days, with the figures of 13 to 19 August 2026 as published."""

from __future__ import annotations

from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.uk_home_office.small_boats_daily_page import NAME, PAGE
from tests.sources.fake_get import FIXTURES

_BODY = (FIXTURES / "uk_small_boats_daily_page" / "last-7-days.html").read_bytes()


def release(folder: Path) -> list[Path]:
    """Write the page under the name a download gives it."""
    path = folder / NAME
    path.write_bytes(_BODY)
    return [path]


def answer(request: Request) -> bytes | None:
    """Answer as GOV.UK does: the page at its address."""
    return _BODY if request.url == PAGE else None
