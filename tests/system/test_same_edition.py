"""The same inputs make the same edition, to the last bit of every table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration.config import PROJECT_ROOT
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.sources import SOURCES

THREADS = (1, 4)


def refreshed(home: Path, threads: int) -> dict[str, str]:
    """Refresh from the bundled edition, offline; return the content hash of every table."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.system.cold_refresh", str(home)],
        cwd=PROJECT_ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT_ROOT),
            "POLARS_MAX_THREADS": str(threads),
            "PYTHONHASHSEED": str(threads),  # the order of sets of texts
        },
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    tables: dict[str, str] = json.loads(done.stdout)["tables"]
    return tables


@pytest.mark.system
def test_two_first_refreshes_make_the_same_edition_and_a_second_one_nothing_new(
    tmp_path: Path,
) -> None:
    one, other = (refreshed(tmp_path / f"threads_{n}", n) for n in THREADS)
    assert set(one) == set(other)
    assert set(one) >= set(warehouse_tables(SOURCES))
    assert sorted(name for name in one if one[name] != other[name]) == []

    stamps = tmp_path / f"threads_{THREADS[0]}" / "cache" / "steps"
    made = {path.stem: path.read_bytes() for path in stamps.glob("*.json")}
    again = refreshed(tmp_path / f"threads_{THREADS[0]}", THREADS[1])
    figures = {name for name in one if not name.startswith("meta.")}
    assert sorted(name for name in figures if again[name] != one[name]) == []
    remade = {path.stem for path in stamps.glob("*.json") if path.read_bytes() != made[path.stem]}
    assert remade == {"metadata"}  # which holds every look at a publisher
