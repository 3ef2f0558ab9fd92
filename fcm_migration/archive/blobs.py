"""Publishers' bytes below ``blobs/``, named by their sha256."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcm_migration import store
from fcm_migration.archive.model import Incoming, SnapshotFile


def path_of(root: Path, sha256: str) -> Path:
    """Return where the bytes with this sha256 lie below the archive's folder."""
    return root / "blobs" / sha256[:2] / sha256


def is_whole(path: Path) -> bool:
    """Return whether a file holds the bytes that its name says."""
    try:
        return store.sha256_file(path) == path.name
    except OSError:  # gone, or the disk cannot give it
        return False


def keep(root: Path, item: Incoming) -> SnapshotFile:
    """Copy a file into the archive unless its bytes are there undamaged; return its description."""
    sha256 = store.sha256_file(item.path)
    target = path_of(root, sha256)
    if not is_whole(target):
        if target.exists():
            store.say_damaged(target, "is restored: the same bytes came again")
        store.write_atomically(target, lambda part: shutil.copyfile(item.path, part))
    return SnapshotFile(
        item.name, sha256, target.stat().st_size, item.url, item.retrieved_at, item.headers
    )
