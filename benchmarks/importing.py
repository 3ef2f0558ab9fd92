"""Loading the code location, against loading Dagster alone; a fresh process each time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, compare

ROOT = Path(__file__).resolve().parents[1]


def run(*, quick: bool, folder: Path) -> Iterator[Row]:
    """Yield one row; aim: at most 1.5."""
    repeats = 1 if quick else 7
    ours, peer = "import dagster_project.definitions", "import dagster"
    times = compare(
        lambda: _load(ours, folder), lambda: _load(peer, folder), repeats, warm=not quick
    )
    yield Row("import", "fresh process", ours, peer, *times, repeats)


def _load(statement: str, folder: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {statement}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
