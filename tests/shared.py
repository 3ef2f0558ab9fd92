"""What is made once for a whole test run, by whichever of its processes asks first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock


def run_folder(factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder that all processes of this test run share."""
    base = factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock and say whether it is made; leaving without an error makes it so.

    What an earlier process left half made is removed first.
    """
    made = folder.with_name(f"{folder.name}.made")
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
        yield made.exists()
        made.touch()
