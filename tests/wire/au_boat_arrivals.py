"""Boat arrivals: the simulated CSV of the fixtures; nothing is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path

FIXTURE = (
    Path(__file__).parents[1]
    / "fixtures"
    / "au_boat_arrivals"
    / "irregular_boat_arrivals_2001-02-28.csv"
)


def release(folder: Path) -> list[Path]:
    """Write one good release."""
    return [Path(shutil.copy(FIXTURE, folder / FIXTURE.name))]
