"""Subclass 866: the CSV of the fixtures (January 2024 simulated); nothing is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path

FIXTURE = (
    Path(__file__).parents[1]
    / "fixtures"
    / "au_protection_866"
    / "au_protection_866_2024-02-20.csv"
)


def release(folder: Path) -> list[Path]:
    """Write one good release."""
    return [Path(shutil.copy(FIXTURE, folder / FIXTURE.name))]
