"""The lock that allows one refresh at a time across processes, with a note of its holder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from fcm_migration.errors import BusyError


@contextmanager
def refresh_lock(root: Path, *, holder: str, timeout_seconds: float = 0) -> Iterator[None]:
    """Hold the home's lock, or raise BusyError naming the process that does.

    The operating system releases the lock when its holder dies, so a killed refresh needs no
    manual step; the note of the holder only serves the error message.
    """
    root.mkdir(parents=True, exist_ok=True)
    note = root / "refresh.holder.json"
    lock = FileLock(root / "refresh.lock", timeout=timeout_seconds)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            "another refresh is running",
            where=str(root),
            got=_read_holder(note),
            remedy="wait for it to end, then run the command again",
        ) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note.write_text(json.dumps({"holder": holder, "pid": os.getpid(), "since": since}))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def held_by(root: Path) -> str | None:
    """Return who holds the home's lock, in words; None where nobody does."""
    path = root / "refresh.lock"
    if not path.exists():
        return None
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return _read_holder(root / "refresh.holder.json")
    lock.release()
    return None


def _read_holder(note: Path) -> str:
    try:
        held = json.loads(note.read_text())
        return f"{held['holder']} (pid {held['pid']}) since {held['since']}"
    except (OSError, LookupError, TypeError, ValueError):
        return "a holder that left no note"
