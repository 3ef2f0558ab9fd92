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
    """Content hash of every table of a first refresh of the bundled edition, offline."""
    home.mkdir()
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
def test_two_first_refreshes_make_the_same_edition(tmp_path: Path) -> None:
    one, other = (refreshed(tmp_path / f"threads_{n}", n) for n in THREADS)
    assert set(one) == set(other)
    assert set(one) >= set(warehouse_tables(SOURCES))
    assert sorted(name for name in one if one[name] != other[name]) == []
