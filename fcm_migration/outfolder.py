"""Folders that a person asked for by name, written whole or not at all.

A folder is written beside its place and exchanged with the one there in one step, so that a reader
finds the old one or the new one and an interrupted command leaves the old one. Only a folder that
this package wrote, with nothing of anybody else's in it, is ever replaced: the file ``.fcm-folder``
inside says what it is and which files it was written with.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fcm_migration import folders, store
from fcm_migration.config import check_name
from fcm_migration.errors import UsageError

NOTE = ".fcm-folder"
EXAMPLES = 3
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD


def check_folder(path: Path, marker: str) -> None:
    """Make sure that a folder can be put there: nothing is, or an empty folder, or one of ours.

    Args:
        path: where the folder belongs.
        marker: what the folder is, such as ``export``; one of another kind is not replaced.

    Raises:
        UsageError: something else is there, or the folder it belongs in is missing.
    """
    check_name(path)
    real = Path(os.path.realpath(path))
    if not real.parent.is_dir():
        raise UsageError("no such folder", where=str(path), got=str(real.parent))
    if Path.cwd().is_relative_to(real):
        raise UsageError(
            "the folder you are in cannot be replaced", where=str(path), remedy="name one inside it"
        )
    if real.exists() and not real.is_dir():
        raise UsageError("this is no folder", where=str(path), expected="the name of a folder")
    found = set(_files(real))
    if not found:
        return
    made, ours = _note(real)
    if made != marker:
        raise UsageError(
            "a folder is there that this command did not write, and it is not replaced",
            where=str(path),
            expected="no folder, an empty one, or one that this command wrote",
            remedy="name another folder, or move that one away",
        )
    if strange := sorted(found - ours - {NOTE}):
        raise UsageError(
            "files that this command did not write are in the folder, which is not replaced",
            where=str(path),
            got=f"{len(strange)} of them, such as {', '.join(strange[:EXAMPLES])}",
            remedy="move them elsewhere, or name another folder",
        )


def write_folder(path: Path, write_to: Callable[[Path], object], *, marker: str) -> None:
    """Let a function fill a folder, and put it in place once it is complete.

    A link is followed; rights of an earlier folder stay.

    Args:
        path: where the folder belongs.
        write_to: fills the empty folder it is given.
        marker: what the folder is; only one of the same kind is replaced.

    Raises:
        UsageError: no folder can be put there (:func:`check_folder`).
    """
    check_folder(path, marker)
    real = Path(os.path.realpath(path))
    _clean(real)
    part = real.with_name(f".{real.name}.{os.getpid()}{store.PART}")
    part.mkdir()
    try:
        with _held(part):
            write_to(part)
            (part / NOTE).write_text(
                json.dumps({"made": marker, "files": sorted(_files(part))}), encoding="utf-8"
            )
            _make_durable(part)
            check_folder(path, marker)  # writing may have taken minutes
            if real.exists():
                shutil.copymode(real, part)
            _put_in_place(part, real)
    finally:
        folders.remove(part, part.parent)  # what was not finished, or the folder replaced
    store.fsync_folder(real.parent)


def _note(folder: Path) -> tuple[str, set[str]]:
    """Return what a folder of ours says it is, and its files; nothing for any other folder."""
    try:
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return str(found["made"]), {str(name) for name in found["files"]}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return "", set()


def _files(folder: Path) -> Iterator[str]:
    """Yield everything in a folder that is no folder itself, by its path in it; links too."""
    for place, inner, files in os.walk(folder):
        links = [name for name in inner if (Path(place) / name).is_symlink()]
        yield from (str((Path(place) / name).relative_to(folder)) for name in (*files, *links))


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder that is being written; it ends with the process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _clean(real: Path) -> None:
    """Remove half-written folders of this name that killed commands left; others' stay."""
    for name in folders.names(real.parent, real.parent):
        if name.startswith(f".{real.name}.") and name.endswith(store.PART):
            place = real.with_name(name)
            with suppress(OSError), _held(place):
                folders.remove(place, place.parent)


def _make_durable(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for name in files:
            with (Path(place) / name).open("rb+") as file:
                os.fsync(file.fileno())
        store.fsync_folder(Path(place))


def _put_in_place(part: Path, real: Path) -> None:
    """Give a folder its name; the one that had it, if any, takes the other's."""
    if not real.exists() or not any(real.iterdir()):
        part.rename(real)  # POSIX lets an empty folder be renamed over
    elif not _exchanged(part, real):
        aside = real.with_name(f"{part.name}.old{store.PART}")
        real.rename(aside)
        try:
            part.rename(real)
        except BaseException:
            aside.rename(real)
            raise
        aside.rename(part)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders exchange their names in one step; return whether the system can do that."""
    if sys.platform != "linux":
        return False
    import ctypes

    try:
        rename = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
