"""UNHCR's retired monthly export as a person would bring it. Every figure is simulated."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.sources.fake_get import FIXTURES

NAME = "simulated_2012-06-15.csv"


def release(folder: Path) -> list[Path]:
    """Write one good export."""
    return [Path(shutil.copy(FIXTURES / "unhcr_monthly" / NAME, folder / NAME))]
