"""Free space, and how much each folder of a home takes."""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path

from fcm_migration.status.model import DiskStatus

LOW_BYTES = 1_000_000_000  # a refresh writes its tables and an edition beside those in place
SECONDS = 0.4  # of counting


def disk_of(root: Path) -> DiskStatus:
    """Return free space and the bytes below each folder of a home; links are not followed.

    A file with several names (the published file and its edition) counts once, for the first
    folder that has it.
    """
    usage = shutil.disk_usage(root)
    until, seen = time.monotonic() + SECONDS, set[tuple[int, int]]()
    folders: dict[str, int] = {}
    for path in sorted(root.iterdir()):
        folders[path.name] = _size(path, seen, until)
    is_complete = time.monotonic() < until
    return DiskStatus(
        usage.free, usage.total, LOW_BYTES, sum(folders.values()), folders, is_complete
    )


def _size(path: Path, seen: set[tuple[int, int]], until: float) -> int:
    """Return the bytes of a file, or of what lies below a folder, not yet counted."""
    total, waiting = 0, [str(path)]
    while waiting and time.monotonic() < until:
        here = waiting.pop()
        try:
            facts = os.lstat(here)
            if stat.S_ISDIR(facts.st_mode):
                waiting += [entry.path for entry in os.scandir(here)]
                continue
        except OSError:
            continue
        if (facts.st_dev, facts.st_ino) not in seen:
            seen.add((facts.st_dev, facts.st_ino))
            total += facts.st_size
    return total
