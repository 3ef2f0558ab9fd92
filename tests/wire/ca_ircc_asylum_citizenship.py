"""IRCC by citizenship: the simulated file of the fixtures, at the publisher's one address."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.ca.ircc_asylum_citizenship import FILE, URL

FIXTURE = Path(__file__).parents[1] / "fixtures" / "ca_ircc_asylum_citizenship" / FILE


def release(folder: Path) -> list[Path]:
    """Write one good release."""
    return [Path(shutil.copy(FIXTURE, folder / FILE))]


def answer(request: Request) -> bytes | None:
    """Answer as the publisher does."""
    return FIXTURE.read_bytes() if request.url == URL else None
