"""The OHSS monthly tables and the page that links to them. Every figure is simulated."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fcm_migration.http import Request
from fcm_migration.sources.us_ohss.monthly import LANDING
from tests.sources.us_ohss_monthly_workbook import FIXTURES, NAME, sheets, write

ADDRESS = f"https://ohss.dhs.gov/sites/default/files/2016-05/{NAME}"


def release(folder: Path) -> list[Path]:
    """Write the workbook under the publisher's name."""
    (folder / NAME).write_bytes(_workbook())
    return [folder / NAME]


def answer(request: Request) -> bytes | None:
    """The landing page, and the workbook it links to."""
    if request.url == LANDING:
        return (FIXTURES / "landing.html").read_bytes()
    return _workbook() if request.url == ADDRESS else None


@cache
def _workbook() -> bytes:
    """The sheets and one of noise: the real workbook is large, and less is refused."""
    book, noise = sheets(), random.Random(1)  # noqa: S311
    book["Filling"] = [[noise.random() for _ in range(10)] for _ in range(1_500)]
    with TemporaryDirectory() as folder:
        return write(Path(folder) / NAME, book).read_bytes()
