"""Folders that a person asked for by name: written whole, beside their place, and put into it.

Such a folder holds a note that names every file in it. A folder is replaced only where its note
says that it was written here, and where it holds nothing else: what a person put there stays.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fcm_migration import folders, store
from fcm_migration.config import check_name
from fcm_migration.errors import UsageError

MADE_BY = "fcm-migration"
OLD = ".old"  # of the folder that is being replaced, where two cannot be exchanged
_HERE = -100  # AT_FDCWD of renameat2(2)
_EXCHANGE = 2  # RENAME_EXCHANGE


def check_folder(path: Path, note: str) -> None:
    """Make sure that a folder can be put there.

    Args:
        path: where it belongs.
        note: name of the file in it that says what was written.

    Raises:
        UsageError: its parent is missing, a file has the name, or the folder there was not written
            by this module or holds files of somebody else.
    """
    check_name(path)
    real = Path(os.path.realpath(path))
    if not real.parent.is_dir():
        raise UsageError("no such folder", where=str(path), got=str(real.parent))
    if not real.exists():
        return
    if not real.is_dir():
        raise UsageError("this is no folder", where=str(path), expected="the name of a folder")
    found = _files(real)
    if not found:
        return
    known = _noted(real / note)
    if known is None:
        raise UsageError(
            "the folder was not written by this command and is never replaced",
            where=str(path),
            expected=f"a new or an empty folder, or one with its own {note}",
            remedy="name another folder",
        )
    if strange := sorted(found - known - {note}):
        raise UsageError(
            "the folder holds files that this command did not write, which it never removes",
            where=str(path),
            got=", ".join(strange[:3]) + (" and others" if len(strange) > 3 else ""),
            remedy="move them elsewhere, or name another folder",
        )


def write_folder(
    path: Path, files: Mapping[str, bytes], note: str, about: Mapping[str, object]
) -> None:
    """Write a folder of these files, in place of what was written there before.

    A reader of the folder sees the old one or the new one, where the file system can exchange two
    folders; elsewhere there is none for a moment. Files of the old one do not stay.

    Args:
        path: where it belongs; a link is followed.
        files: content by name, with ``/`` between folders.
        note: name of the file that says what was written.
        about: what else the note says.

    Raises:
        UsageError: as :func:`check_folder`.
    """
    check_folder(path, note)
    real = Path(os.path.realpath(path))
    _remove_left_parts(real)
    part = _part(real, os.getpid())
    try:
        for name, content in files.items():
            _write(part / name, content)
        hashes = {name: store.sha256(content) for name, content in files.items()}
        said = store.json_text({**about, "made_by": MADE_BY, "files": hashes})
        _write(part / note, said.encode())
        if real.is_dir():
            part.chmod(real.stat().st_mode & 0o7777)
        for folder in {part, *((part / name).parent for name in files)}:
            store.fsync_folder(folder)
        _put(part, real)
        store.fsync_folder(real.parent)
    finally:
        folders.remove(part, part.parent)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _files(folder: Path) -> set[str]:
    """Return the names of all files and links below a folder, and of empty folders."""
    found = set()
    for place, inner, names in os.walk(folder):
        here = Path(place)
        own = [here / name for name in names]
        own += [here / name for name in inner if (here / name).is_symlink()]
        if not names and not inner and here != folder:
            own.append(here)
        found |= {path.relative_to(folder).as_posix() for path in own}
    return found


def _noted(note: Path) -> set[str] | None:
    """Return the files that a note names; None where it is no note of this module."""
    try:
        said = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("made_by") != MADE_BY:
        return None
    files = said.get("files")
    return set(files) if isinstance(files, dict) else None


def _part(real: Path, pid: int) -> Path:
    return real.with_name(f".{real.name}.{pid}{store.PART}")


def _remove_left_parts(real: Path) -> None:
    """Remove what commands that were killed have left beside the place."""
    pattern = re.compile(rf"\.{re.escape(real.name)}\.([0-9]+)({re.escape(store.PART)}|{OLD})")
    for name in folders.names(real.parent, real.parent):
        found = pattern.fullmatch(name)
        if found is not None and not _is_running(int(found[1])):
            folders.remove(real.with_name(name), real.parent)


def _is_running(pid: int) -> bool:
    if pid == os.getpid():
        return False  # an earlier process of the same number
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OverflowError:  # no number of a process
        return False
    except OSError:  # somebody else's
        return True
    return True


def _put(part: Path, real: Path) -> None:
    """Put a folder in place; the old one, if there is one, then has the name of the part."""
    try:
        part.rename(real)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    else:
        return
    if _exchanged(part, real):
        return
    old = _part(real, os.getpid()).with_suffix(OLD)
    real.rename(old)
    try:
        part.rename(real)
    except OSError:
        old.rename(real)
        raise
    with suppress(OSError):
        folders.remove(old, old.parent)


def _exchanged(part: Path, real: Path) -> bool:
    """Let two folders change places in one step; return whether this system can."""
    import ctypes

    try:
        done = ctypes.CDLL(None).renameat2(
            _HERE, os.fsencode(part), _HERE, os.fsencode(real), _EXCHANGE
        )
    except (OSError, AttributeError):
        return False
    return bool(done == 0)
