"""Folder of this process for DuckDB's temporary files.

It lies in the user's cache folder (or the system's folder for temporary files), never in the
working home: a question may not use up the space that the next edition needs. It is removed when
the process ends; what a killed process left is removed by the next one that asks, which finds the
lock of its folder free.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from fcm_migration.config import APPLICATION
from fcm_migration.errors import LinkError
from fcm_migration.folders import remove

# DuckDB takes what follows it in a path for options when it names the write-ahead log
ODD = "?"
QUOTA = 4_000_000_000  # bytes
SHARE = 4  # of the free space, no more than one part in so many
LOCK = ".lock"
NO_SPILLING = {"temp_directory": "", "max_temp_directory_size": "0B"}


def spill_settings() -> dict[str, str]:
    """Return DuckDB's settings for temporary files: this process's folder, and its quota.

    DuckDB shares one instance between the connections of a process to one file and refuses
    different settings, so they are the same for the whole life of the process.
    """
    return _settings(os.getpid())  # a forked child needs a folder of its own


@cache
def _settings(pid: int) -> dict[str, str]:
    for base in _bases():
        try:
            folder = _claim(base, pid)
            quota = min(QUOTA, shutil.disk_usage(folder).free // SHARE)
        except OSError:
            continue  # full, read-only, or not ours: the next one
        return {"temp_directory": str(folder), "max_temp_directory_size": f"{quota}B"}
    return NO_SPILLING


def _bases() -> list[Path]:
    from platformdirs import user_cache_path

    mine = f"{APPLICATION}-{os.getuid() if sys.platform != 'win32' else 'spill'}"
    return [
        user_cache_path(APPLICATION, appauthor=False) / "spill",
        Path(tempfile.gettempdir()) / mine,
    ]


def _claim(base: Path, pid: int) -> Path:
    """Make a folder of this process's own below ``base``, after the dead ones' are removed.

    Raises:
        OSError: it cannot be made there, or the base belongs to somebody else.
    """
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    _must_be_ours(base)
    with FileLock(base / LOCK, timeout=10):
        _remove_dead(base)
        folder = base / f"{pid}-{secrets.token_hex(4)}"
        held = FileLock(folder.with_suffix(LOCK))
        held.acquire()
        folder.mkdir(mode=0o700)
    atexit.register(_leave, folder, held, pid)
    return folder


def _must_be_ours(base: Path) -> None:
    """Raise unless the folder is a real one of this user: others may write to a shared parent."""
    if sys.platform == "win32":
        return
    found = base.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{base} belongs to somebody else")


def _remove_dead(base: Path) -> None:
    """Remove the folders of processes that have ended: nobody holds their locks."""
    for path in base.glob(f"*-*{LOCK}"):
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        _remove(path.with_suffix(""))
        lock.release()


def _leave(folder: Path, held: FileLock, pid: int) -> None:
    if os.getpid() != pid:
        return  # a forked child has inherited this call, not the folder
    _remove(folder)
    held.release()


def leave() -> None:
    """Remove this process's folder now, before an end that runs no exit handlers."""
    if _settings.cache_info().currsize:
        folder = _settings(os.getpid())["temp_directory"]
        if folder:
            _remove(Path(folder))


def _remove(folder: Path) -> None:
    """Remove a folder of temporary files and its lock; what cannot be removed stays."""
    for path in (folder, folder.with_suffix(LOCK)):
        with suppress(OSError, LinkError):
            remove(path, folder.parent)
