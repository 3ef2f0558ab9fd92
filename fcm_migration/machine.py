"""Typed errors for what the machine refuses (space, rights, memory), each with a remedy.

Libraries report the same lack in many ways. This module knows them all, so that the places where a
command, a refresh or a run of Dagster ends need to ask one question: :func:`typed`.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fcm_migration.errors import DiskError, FcmError, LimitError, MachineError, MemoryLackError

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "this user's quota on the disk is used up",
    errno.EFBIG: "a file reached the largest size that is allowed (ulimit -f)",
}
READ_ONLY = {errno.EROFS: "the file system is read-only"}
REFUSED = {
    errno.EACCES: "this user may not read or write this",
    errno.EPERM: "this user may not do this",
}
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, *READ_ONLY, *REFUSED}
PROCESSES = {
    errno.EMFILE: "too many files are open (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine",
    errno.EAGAIN: "no further process or thread may be started (ulimit -u)",
}
# messages of libraries that give no error number
TEXTS = {
    "No space left on device": errno.ENOSPC,
    "database or disk is full": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "File too large": errno.EFBIG,
    "Read-only file system": errno.EROFS,
    "readonly database": errno.EACCES,
    "unable to open database file": errno.EACCES,
    "Permission denied": errno.EACCES,
    "Too many open files": errno.EMFILE,
    "start new thread": errno.EAGAIN,
    "Resource temporarily unavailable": errno.EAGAIN,
    "memory allocation": errno.ENOMEM,
    "failed to allocate": errno.ENOMEM,
    "failed to pin block": errno.ENOMEM,
    "Cannot allocate memory": errno.ENOMEM,
    "Out of Memory": errno.ENOMEM,
    "failed to map segment": errno.ENOMEM,  # a library that does not fit below ulimit -v
}
LIBRARIES = ("_duckdb", "duckdb", "polars", "sqlite3", "sqlalchemy", "pyarrow", "pyo3_runtime")
DELETABLE = (
    "of the home, cache/, dagster_home/ and earlier editions in published/editions/ may be deleted "
    "(docs/operations.md); then run the command again, nothing else is needed"
)


@contextmanager
def lacks_are_typed(root: Callable[[], Path]) -> Iterator[None]:
    """Turn a refusal by the machine inside the block into a typed error.

    Args:
        root: gives the working home, for the free space and the remedy; asked once it is needed.

    Raises:
        DiskError: no space, or no right to read or write.
        MemoryLackError: no memory, or no further process.
    """
    try:
        yield
    except BaseException as error:
        # Polars' panics are no Exception; the signals that end a process are none either
        ordinary = isinstance(error, Exception) or type(error).__name__ == "PanicException"
        found = typed(error, root()) if ordinary else None
        if found is None or found is error:
            raise
        raise found from error


def typed(error: BaseException, root: Path) -> MachineError | None:
    """Return the typed error for a refusal by the machine; None for any other exception.

    A typed error of another kind that was caused by a full disk is told as the full disk; a limit
    that this package sets is nothing the machine lacks.
    """
    if isinstance(error, LimitError):
        return None
    for cause in _causes(error):
        if isinstance(cause, MachineError):
            return cause
        number = lacking(cause)
        if number is None:
            continue
        if number in REFUSED and isinstance(error, FcmError):
            continue  # that error says more of the one file than a missing right does
        return told(number, _place(cause), root)
    return None


def lacking(error: BaseException) -> int | None:
    """Return the error number of a refusal by the machine; None for any other exception."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    known = {*FULL, *READ_ONLY, *REFUSED, *PROCESSES, errno.ENOMEM}
    if isinstance(error, OSError) and error.errno in known:
        named = error.filename is not None  # a refused connection has a number, but no file
        return error.errno if named or error.errno not in REFUSED else None
    module = type(error).__module__.partition(".")[0]
    plain = isinstance(error, OSError | RuntimeError | ImportError) and module == "builtins"
    if plain or module in LIBRARIES:
        said = str(error)
        return next((number for text, number in TEXTS.items() if text in said), None)
    return None


def disk_number(error: BaseException) -> int | None:
    """Return the error number of a refusal by a disk; None for any other exception.

    A process with limits of its own asks this: memory, open files and the size of a file are then
    the fault of the bytes it reads, but a full disk never is.
    """
    found = (lacking(cause) for cause in _causes(error))
    return next((number for number in found if number in OF_THE_DISK), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__context__, found.__cause__]
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions


def _place(error: BaseException) -> Path | None:
    named = getattr(error, "filename", None)
    return Path(os.fsdecode(named)) if isinstance(named, str | bytes) else None


def told(number: int, place: Path | None, root: Path) -> MachineError:
    """Return the typed error for an error number, a file where it is known, and the home."""
    where = None if place is None else str(place)
    if number in FULL:
        remedy = f"make room; {DELETABLE}" if number != errno.EFBIG else "raise `ulimit -f`"
        return DiskError(FULL[number], where=where, got=_free(place, root), remedy=remedy)
    if number in READ_ONLY:
        return DiskError(
            READ_ONLY[number],
            where=where,
            remedy=f"make {root} writable, or name another home with --home or FCM_HOME",
        )
    if number in REFUSED:
        return DiskError(
            REFUSED[number],
            where=where,
            got=f"user {_user()}",
            remedy=f"give that user the right to read and write below {root}, or name another "
            "home with --home or FCM_HOME",
        )
    if number in PROCESSES:
        return MemoryLackError(
            PROCESSES[number], remedy="end other programs or raise that limit, then try again"
        )
    return MemoryLackError(
        "there is not enough memory",
        got=_memory_limit(),
        remedy="end other programs, or give this one more (ulimit -v, the container's limit), "
        "then run the command again",
    )


def _free(place: Path | None, root: Path) -> str:
    """Say how much room there is where a file should have been written, or in the home."""
    wanted = place or root
    there = next((p for p in (wanted, *wanted.parents) if p.exists()), Path("/"))
    usage = shutil.disk_usage(there)
    return f"{usage.free / 1e6:,.1f} MB free of {usage.total / 1e6:,.0f} MB at {there}"


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, in a container
        return str(os.geteuid())


def address_space() -> int | None:
    """Return the limit of this process's address space (``ulimit -v``) in bytes; None for none."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def require_address_space(needed: int) -> None:
    """Refuse to begin where the address space is limited to less than ``needed`` bytes.

    Libraries that run out of it in the middle of their work may end the process without a word.

    Raises:
        MemoryLackError: it is.
    """
    limit = address_space()
    if limit is not None and limit < needed:
        raise MemoryLackError(
            "the address space of this process is limited too tightly",
            expected=f"at least {needed / 1e6:,.0f} MB",
            got=f"{limit / 1e6:,.0f} MB",
            remedy=f"run `ulimit -v {needed // 1024}` or more in the shell that starts the command",
        )


def _memory_limit() -> str | None:
    limit = address_space()
    return None if limit is None else f"a limit of {limit / 1e6:,.0f} MB of address space"
