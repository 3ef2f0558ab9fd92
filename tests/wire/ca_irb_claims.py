"""IRB: the two pages of the fixtures (countries simulated), and a landing page to them."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.ca.irb_claims import LANDING

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ca_irb_claims"
PAGES = ("RPDStat2022.aspx", "RPDStat2023.aspx")


def release(folder: Path) -> list[Path]:
    """Write one good release: a whole year and nine months of the next."""
    return [Path(shutil.copy(FIXTURES / name, folder / name)) for name in PAGES]


def answer(request: Request) -> bytes | None:
    """Answer as the publisher does."""
    if request.url == LANDING:
        return (FIXTURES / "landing.html").read_bytes()
    name = request.url.rsplit("/", 1)[-1]
    return (FIXTURES / name).read_bytes() if name in PAGES else None
