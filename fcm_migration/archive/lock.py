"""The lock that allows one refresh at a time across processes, with a note of its holder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from fcm_migration.errors import BusyError

SLICE_SECONDS = 1.0  # between two looks at who holds the lock
POLL_SECONDS = 0.1
NOTE_SECONDS = 0.5


def _silent(_message: str) -> None:
    """Report nothing."""


@contextmanager
def refresh_lock(
    root: Path,
    *,
    holder: str,
    wait_seconds: float = 0,
    report: Callable[[str], None] = _silent,
) -> Iterator[None]:
    """Hold the home's lock, or raise BusyError naming the process that does.

    The operating system releases the lock when its holder dies, so a killed refresh needs no
    manual step; the note of the holder only serves the messages.

    Args:
        root: root of the working home.
        holder: who asks, in words for others.
        wait_seconds: how long to wait for the lock; an exception raised meanwhile, such as that of
            a signal, ends the wait.
        report: is told whom the wait is for, again where that changes, and when it is over.
    """
    root.mkdir(parents=True, exist_ok=True)
    note = root / "refresh.holder.json"
    lock = FileLock(root / "refresh.lock")
    _acquire(lock, note, wait_seconds, report)
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note.unlink(missing_ok=True)  # of a killed holder; a link there is not followed
        with note.open("x") as file:
            json.dump({"holder": holder, "pid": os.getpid(), "since": since}, file)
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _acquire(
    lock: FileLock, note: Path, wait_seconds: float, report: Callable[[str], None]
) -> None:
    began, told = time.monotonic(), ""
    while True:
        left = began + wait_seconds - time.monotonic()
        if _taken(lock, max(0, min(left, SLICE_SECONDS))):
            break
        other = _holder_or_taken(lock, note)
        if other is None:
            break
        if left <= 0:
            waited = f"; {_words(wait_seconds)} were waited" if wait_seconds else ""
            raise BusyError(
                f"another refresh is running{waited}",
                where=str(note.parent),
                got=other,
                remedy="wait for it to end, then run the command again",
            )
        if other != told:
            told = other
            report(
                f"another refresh is running: {other}. "
                f"Waiting for it to end, at most {_words(wait_seconds)}."
            )
    if told:
        report(f"the other refresh ended after {_words(time.monotonic() - began)}: this one begins")


def _words(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def held_by(root: Path) -> str | None:
    """Return who holds the home's lock, in words; None where nobody does."""
    path = root / "refresh.lock"
    if not path.exists():
        return None
    lock = FileLock(path)
    other = None if _taken(lock, 0) else _holder_or_taken(lock, root / "refresh.holder.json")
    if other is None:
        lock.release()
    return other


@dataclass(frozen=True)
class Holder:
    """Who holds the home's lock."""

    holder: str
    pid: int
    since: datetime | None


def holder_of(root: Path) -> Holder | None:
    """Return who holds the home's lock; None where nobody does.

    For whoever only looks: a lock that is free is not taken, not even for a moment, unless a killed
    holder left its note behind.
    """
    try:
        held = json.loads((root / "refresh.holder.json").read_text(encoding="utf-8"))
        found = Holder(str(held["holder"]), int(held["pid"]), datetime.fromisoformat(held["since"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        found = Holder("a holder whose note cannot be read", 0, None)
    return found if _is_locked(root / "refresh.lock") else None


def _is_locked(path: Path) -> bool:
    """Return whether a process has a file locked; needs no right to write to it."""
    try:
        import fcntl  # not on Windows, where only taking the lock tells
    except ImportError:
        return held_by(path.parent) is not None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _taken(lock: FileLock, seconds: float) -> bool:
    try:
        lock.acquire(timeout=seconds, poll_interval=POLL_SECONDS)
    except Timeout:
        return False
    return True


def _holder_or_taken(lock: FileLock, note: Path) -> str | None:
    """Return in words who holds the lock; None where it became free meanwhile and is taken.

    The lock is taken before its note is written, and a killed holder leaves its note behind. So a
    note of a process that lives is waited for, a moment long. Where none comes, the holder may have
    ended just then; so the lock is tried again each time.
    """
    until = time.monotonic() + NOTE_SECONDS
    while True:
        found, is_alive = _noted(note)
        if is_alive:
            return found
        if _taken(lock, 0):
            return None
        if time.monotonic() > until:
            return found
        time.sleep(NOTE_SECONDS / 20)


def _noted(note: Path) -> tuple[str, bool]:
    """Return what a note says in words, and whether its process lives on this machine."""
    try:
        held = json.loads(note.read_text())
        found, pid = f"{held['holder']} (pid {held['pid']}) since {held['since']}", int(held["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return "a holder that left no note", False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return found, True
    except (OSError, OverflowError):
        return found, False
    return found, True
