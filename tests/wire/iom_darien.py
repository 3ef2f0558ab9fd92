"""Panama: the simulated CSV of the fixtures; nothing is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "iom_darien" / "iom_darien_2020-10-05.csv"


def release(folder: Path) -> list[Path]:
    """Write one good release."""
    return [Path(shutil.copy(FIXTURE, folder / FIXTURE.name))]
