"""Removing, moving and taking files inside one folder without following any link.

Every path is taken apart below a folder that the caller names, and each folder on the way is opened
without following links. So nothing outside that folder is read, moved or removed, even where a link
takes the place of a folder between the look and the deed. The folder named must not be a link
either; where the folders above it lie is its owner's affair.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from fcm_migration.errors import LinkError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO without a writer would block the open; a terminal would become the controlling one.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Identity(NamedTuple):
    """Identity of a file and its state: it differs between files, and after each write."""

    device: int
    inode: int
    size: int
    modified_ns: int


@contextmanager
def opened(folder: Path, within: Path, *, create: bool = False) -> Iterator[int]:
    """Yield a handle of ``folder``, which is ``within`` or lies below it.

    Raises:
        LinkError: a folder on the way is a link, or no folder.
        FileNotFoundError: there is no such folder, and none is to be created.
    """
    place = within
    if create:
        within.mkdir(parents=True, exist_ok=True)
    handle = _open_folder(place, None)
    try:
        for part in folder.relative_to(within).parts:
            place = place / part
            if create:
                _make(part, handle)
            inner = _open_folder(place, handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _make(name: str, parent: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)


def _open_folder(place: Path, parent: int | None) -> int:
    try:
        return os.open(place if parent is None else place.name, _FOLDER, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _is_link(place) from None
        raise


def _is_link(place: Path) -> LinkError:
    return LinkError(
        "a link, or no folder, lies where a folder of the working home belongs; nothing was taken, "
        "moved or deleted through it",
        where=str(place),
        remedy="put a folder in its place; to keep data on another disk, mount that disk here or "
        "move the whole home there (--home, FCM_HOME)",
    )


def names(folder: Path, within: Path) -> list[str]:
    """Return the names in a folder, sorted; none where there is no such folder.

    Raises:
        LinkError: a folder on the way is a link.
    """
    try:
        with opened(folder, within) as handle, os.scandir(handle) as found:
            return sorted(entry.name for entry in found)
    except FileNotFoundError:
        return []


def remove(path: Path, within: Path) -> bool:
    """Remove a file, a link or a whole folder; return whether there was one.

    A link is removed itself; what it points to is left alone, inside a folder too.

    Raises:
        LinkError: a folder on the way is a link.
    """
    try:
        with opened(path.parent, within) as parent:
            if stat.S_ISDIR(os.lstat(path.name, dir_fd=parent).st_mode):
                shutil.rmtree(path.name, dir_fd=parent)
            else:
                os.unlink(path.name, dir_fd=parent)
    except FileNotFoundError:
        return False
    return True


def remove_ending(root: Path, suffix: str, *, without: str) -> int:
    """Remove every file below a folder whose name ends so; return how many there were.

    The folder named ``without`` in it is left out.
    """
    found = 0
    for place, inner, files, handle in os.fwalk(root, follow_symlinks=False):
        if Path(place) == root and without in inner:
            inner.remove(without)
        for name in files:
            if name.endswith(suffix):
                os.unlink(name, dir_fd=handle)
                found += 1
    return found


def refuse_links(root: Path, *, without: frozenset[str]) -> None:
    """Make sure that no folder of a home, down to the second level, is a link to another.

    Args:
        root: the home.
        without: names below it that are left out.

    Raises:
        LinkError: naming the link.
    """
    for entry in _scanned(root):
        if entry.name in without:
            continue
        for place in (entry, *(_scanned(entry) if entry.is_dir(follow_symlinks=False) else ())):
            if place.is_symlink() and place.is_dir():
                raise _is_link(Path(place.path))


def _scanned(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []


def move(path: Path, target: Path, within: Path, *, same: Identity) -> None:
    """Move a file to another folder of the same root, which is made where it is missing.

    Args:
        path: the file.
        target: where it goes; what has that name already is not replaced.
        within: the folder that holds both.
        same: what :func:`copy` said of the file: it moves only if it is still that one.

    Raises:
        LinkError: a folder on the way is a link, or another file lies there now.
        FileExistsError: there is a file of that name.
    """
    with opened(path.parent, within) as here, opened(target.parent, within, create=True) as there:
        if _exists(target.name, there):
            raise FileExistsError(errno.EEXIST, "there is a file of that name", str(target))
        if _identity(os.lstat(path.name, dir_fd=here)) != same:
            raise LinkError(
                "the file changed while it was read",
                where=path.name,
                remedy="nothing, if it is complete now: the next refresh takes it",
            )
        try:
            os.rename(path.name, target.name, src_dir_fd=here, dst_dir_fd=there)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # another disk is mounted in one of the two places
            with _regular(path.name, here) as source:
                _copy(source, target.name, there)
            os.unlink(path.name, dir_fd=here)


def write_text(path: Path, text: str, within: Path) -> None:
    """Write a new text file beside others; one of that name is replaced, a link not followed."""
    remove(path, within)
    with opened(path.parent, within) as parent:
        new = os.open(path.name, _NEW, 0o666, dir_fd=parent)
        with os.fdopen(new, "w", encoding="utf-8") as file:
            file.write(text)


def _exists(name: str, parent: int) -> bool:
    """Return whether a folder holds anything of that name, a broken link too."""
    try:
        os.lstat(name, dir_fd=parent)
    except FileNotFoundError:
        return False
    return True


def copy(path: Path, target: Path, within: Path, *, most_bytes: int | None = None) -> Identity:
    """Copy the bytes of a regular file to a new file, and return the file's identity.

    Only the owner of the new file can read it.

    The source is opened without following a link; it must be a regular file with one name only,
    since a second name may have been given to it by somebody who could not read it.

    Args:
        path: the file, below ``within``.
        target: the file to make, anywhere.
        within: the folder that ``path`` must lie in.
        most_bytes: a larger file is not copied, which is no error; None for no limit.

    Raises:
        LinkError: it is a link, of either kind, or not a regular file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with sole(path, within) as (source, found):
        if most_bytes is None or found.size <= most_bytes:
            _copy(source, str(target), None)
    return found


@contextmanager
def sole(path: Path, within: Path) -> Iterator[tuple[int, Identity]]:
    """Yield a handle and the identity of a regular file with one name only.

    Raises:
        LinkError: it is a link, of either kind, or not a regular file.
    """
    with opened(path.parent, within) as parent, _regular(path.name, parent) as source:
        if (found := os.fstat(source)).st_nlink > 1:
            raise LinkError(
                "the file has a second name elsewhere (a hard link), so it may be somebody else's",
                where=path.name,
                remedy="put a copy there instead of a link",
            )
        yield source, _identity(found)


def _identity(found: os.stat_result) -> Identity:
    return Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@contextmanager
def _regular(name: str, parent: int) -> Iterator[int]:
    """Yield a handle of a regular file, opened without following a link or waiting."""
    try:
        handle = os.open(name, _FILE, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
            raise _not_regular(name, parent) from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _not_regular(name, parent)
        yield handle
    finally:
        os.close(handle)


def _not_regular(name: str, parent: int) -> LinkError:
    mode = os.lstat(name, dir_fd=parent).st_mode
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return LinkError(
        "not a regular file",
        where=name,
        got=kinds.get(stat.S_IFMT(mode), "a device or a folder"),
        remedy="put the file itself there",
    )


def _copy(source: int, name: str, parent: int | None) -> None:
    new = os.open(name, _NEW, 0o600, dir_fd=parent)
    with os.fdopen(new, "wb") as writer, os.fdopen(os.dup(source), "rb") as reader:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())
